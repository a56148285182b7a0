package policy

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// noon is the time of most tests.
var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// matcherDocument reads fields of every kind, of both sides.
const matcherDocument = slipHeader + `
fields:
  lead:
    employees: int
    price: number
    urgent: bool
    called_at: time
    products: [string]
    years: [int]
    rates: [number]
    level: {type: int, missing: zero}
    must: {type: string, missing: refuse}
    unread: int
  rep: {grade: {type: int, missing: refuse}, langs: [string]}
kpis: [win_rate]
units: 'lead.kind == "request" ? 2 : lead.level'
caps:
  - {name: book, open: rep.capacity}
  - {name: daily, assigned: 7.9, per: day, only: lead.source == "web"}
  - {name: odd, open: rep.grade - 5}
rules:
  - name: everything
    when: 'lead.urgent and lead.employees > 10 and lead.called_at < now and "a" in lead.products and 2024 in lead.years and any(lead.rates, # > 0.5)'
    eligible: rep.active and rep.region == lead.region and lead.industry in rep.skills and rep.open < rep.capacity
    weight: rep.kpi.win_rate
    ramp: {since: rep.hired_at, steps: {0d: 50%, 9d: 100%}}
    size: lead.price
    prefer: lead.value - rep.grade
  - {name: tagged, when: '"vip" in lead.tags and lead.must != ""'}
  - {name: rest}
`

func newTestMatcher(t testing.TB) (*allocation.Policy, allocation.Matcher) {
	t.Helper()
	p := compile(t, matcherDocument, nil)
	return p, p.NewMatcher()
}

func subjectOf(t testing.TB, m allocation.Matcher, c allocation.Customer) allocation.Subject {
	t.Helper()
	s, err := m.ReadCustomer(&c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func capacity(n int64) *int64 { return &n }

// reps are one rep who may receive and some who may not, each for one reason.
func testReps() []allocation.Rep {
	good := allocation.Rep{
		ID: "ana", Region: "south", Skills: []string{"steel"}, Capacity: capacity(3), HiredAt: noon.AddDate(0, 0, -5),
		KPI: map[string]float64{"win_rate": 0.25}, Fields: map[string]any{"grade": 7},
	}
	away, elsewhere, unskilled, unknown := good, good, good, good
	away.ID, away.Inactive = "bo", true
	elsewhere.ID, elsewhere.Region = "cem", "north"
	unskilled.ID, unskilled.Skills = "dee", nil
	unknown.ID, unknown.Region = "eve", ""
	return []allocation.Rep{good, away, elsewhere, unskilled, unknown}
}

var fullCustomer = allocation.Customer{
	ID: "L1", Region: "south", Industry: "steel", Source: "web", Value: ptr(100.5),
	Fields: map[string]any{
		"employees": 12, "price": "9.5", "urgent": true, "called_at": "2026-03-01", "products": []any{"a", "b"},
		"years": []any{2024}, "rates": []any{0.75}, "must": "x",
	},
}

func ptr(x float64) *float64 { return &x }

func TestMatcherAnswers(t *testing.T) {
	_, m := newTestMatcher(t)
	var among allocation.RepSet
	for row, r := range testReps() {
		if err := m.SetRep(row, &r); err != nil {
			t.Fatal(err)
		}
		among.Add(row)
	}
	b := m.Match(subjectOf(t, m, fullCustomer), noon)
	if got := b.When(0); got != allocation.True {
		t.Errorf("when: want true, got %v: %+v", got, b.Why(allocation.PartWhen, 0, 0))
	}
	if got := b.When(1); got != allocation.False {
		t.Errorf("a tag that an absent list does not have: want false, got %v", got)
	}
	if got := b.When(2); got != allocation.True {
		t.Errorf("a rule without when: want true, got %v", got)
	}
	b.Eligible(0, &among)
	if got := slices.Collect(among.All()); !slices.Equal(got, []int{0}) {
		t.Errorf("eligible: want row 0 alone, got %v", got)
	}
	b.Eligible(2, &among)
	if among.Len() != 1 {
		t.Errorf("a rule without eligible removes nobody; %d are left of 1", among.Len())
	}
	checkNumbers(t, b)
}

func checkNumbers(t *testing.T, b allocation.Matching) {
	t.Helper()
	if x, ok := b.Weight(0, 0); x != 0.25 || !ok {
		t.Errorf("weight: want 0.25, got %v %v", x, ok)
	}
	if _, ok := b.Weight(2, 0); ok {
		t.Error("a rule without a weight has a known one")
	}
	if x, ok := b.Prefer(0, 0); x != 93.5 || !ok {
		t.Errorf("prefer: want 93.5, got %v %v", x, ok)
	}
	if x, ok := b.Size(0); x != 9.5 || !ok {
		t.Errorf("size: want 9.5, got %v %v", x, ok)
	}
	if at, ok := b.RampStart(0, 0); !ok || !at.Equal(noon.AddDate(0, 0, -5)) {
		t.Errorf("ramp start: want 2026-02-25 12:00, got %v %v", at, ok)
	}
	if n, err := b.Units(); n != 0 || err != nil {
		t.Errorf("units of an absent level that is declared missing: zero: want 0, got %v %v", n, err)
	}
	for cap, want := range []int64{3, 7, 2} {
		if n, ok := b.Limit(cap, 0); n != want || !ok {
			t.Errorf("limit of cap %d: want %d, got %d %v", cap, want, n, ok)
		}
	}
	if got := [...]allocation.Truth{b.Applies(0), b.Applies(1)}; got != [...]allocation.Truth{allocation.True, allocation.True} {
		t.Errorf("applies: want true and true, got %v", got)
	}
}

func TestOpenIsTheDesksOwnCount(t *testing.T) {
	_, m := newTestMatcher(t)
	rep := testReps()[0]
	rep.Fields = map[string]any{"grade": 7, "open": 99}
	s := subjectOf(t, m, fullCustomer)
	eligible := func() bool {
		var among allocation.RepSet
		among.Add(4)
		m.Match(s, noon).Eligible(0, &among)
		return !among.Empty()
	}
	if err := m.SetRep(4, &rep); err != nil || !eligible() {
		t.Errorf("a rep begins with no open units, whatever his fields say: error %v, eligible %v", err, eligible())
	}
	m.SetOpen(4, 3)
	if eligible() {
		t.Error("a rep with 3 of 3 open is eligible under rep.open < rep.capacity")
	}
	if err := m.SetRep(4, &rep); err != nil || eligible() {
		t.Errorf("a changed rep loses his count of open units: error %v", err)
	}
	m.SetOpen(4, 2)
	if !eligible() {
		t.Error("a rep with 2 of 3 open is not eligible under rep.open < rep.capacity")
	}
}

func TestUnknownNumbers(t *testing.T) {
	_, m := newTestMatcher(t)
	rep := testReps()[0]
	rep.Capacity, rep.KPI, rep.HiredAt, rep.Fields = nil, nil, time.Time{}, map[string]any{"grade": 1}
	if err := m.SetRep(0, &rep); err != nil {
		t.Fatal(err)
	}
	b := m.Match(subjectOf(t, m, allocation.Customer{ID: "L", Kind: "request", Fields: map[string]any{"must": "x", "price": 0}}), noon)
	for name, known := range map[string]func() bool{
		"weight without a KPI":         func() bool { _, ok := b.Weight(0, 0); return ok },
		"prefer without a value":       func() bool { _, ok := b.Prefer(0, 0); return ok },
		"size of zero":                 func() bool { _, ok := b.Size(0); return ok },
		"ramp without hired_at":        func() bool { _, ok := b.RampStart(0, 0); return ok },
		"limit without capacity":       func() bool { _, ok := b.Limit(0, 0); return ok },
		"limit below zero":             func() bool { _, ok := b.Limit(2, 0); return ok },
		"when of absent fields (true)": func() bool { return b.When(0) != allocation.Unknown },
		"only of an absent field":      func() bool { return b.Applies(1) != allocation.Unknown },
	} {
		if known() {
			t.Errorf("%s is known", name)
		}
	}
	if n, err := b.Units(); n != 2 || err != nil {
		t.Errorf("units of a request: want 2, got %d %v", n, err)
	}
	over := subjectOf(t, m, allocation.Customer{ID: "L", Fields: map[string]any{"must": "x", "level": 1_000_001}})
	if _, err := m.Match(over, noon).Units(); err == nil || !strings.Contains(err.Error(), "from 0 to 1000000") {
		t.Errorf("units above the limit: %v", err)
	}
}

func TestWhy(t *testing.T) {
	_, m := newTestMatcher(t)
	for row, r := range testReps() {
		if err := m.SetRep(row, &r); err != nil {
			t.Fatal(err)
		}
	}
	b := m.Match(subjectOf(t, m, fullCustomer), noon)
	got := b.Why(allocation.PartEligible, 0, 2)
	want := allocation.Finding{
		Truth:  allocation.False,
		Source: "rep.active and rep.region == lead.region and lead.industry in rep.skills and rep.open < rep.capacity",
		Leaves: []allocation.Leaf{{
			Text: "rep.region == lead.region", Truth: allocation.False,
			Values: []allocation.Value{{Name: "rep.region", Text: `"north"`}, {Name: "lead.region", Text: `"south"`}},
		}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("why a rep of another region is not eligible (-want +got):\n%s", diff)
	}
	got = b.Why(allocation.PartEligible, 0, 4)
	if got.Truth != allocation.Unknown || got.Reason != "missing_field" || len(got.Leaves) != 1 || got.Leaves[0].Values[0].Text != "nothing" {
		t.Errorf("why a rep without a region is not eligible: %+v", got)
	}
	if got := b.Why(allocation.PartWeight, 0, 0); got.Truth != allocation.True || got.Reason != "" {
		t.Errorf("a known weight is explained as %+v", got)
	}
	low := testReps()[0]
	low.Fields = map[string]any{"grade": 1}
	if err := m.SetRep(0, &low); err != nil {
		t.Fatal(err)
	}
	got = b.Why(allocation.PartLimit, 2, 0)
	if got.Truth != allocation.Unknown || got.Reason != "rule_error" || !strings.Contains(got.Leaves[len(got.Leaves)-1].Detail, "-4 and cannot be negative") {
		t.Errorf("a negative limit is explained as %+v", got)
	}
	if got := b.Why(allocation.PartWhen, 2, 0); got.Truth != allocation.True || got.Leaves != nil {
		t.Errorf("a rule without when is explained as %+v", got)
	}
}

func TestWhyOfEveryPart(t *testing.T) {
	_, m := newTestMatcher(t)
	rep := testReps()[0]
	if err := m.SetRep(0, &rep); err != nil {
		t.Fatal(err)
	}
	b := m.Match(subjectOf(t, m, fullCustomer), noon)
	for part, want := range map[allocation.Part]struct {
		index  int
		source string
		truth  allocation.Truth
	}{
		allocation.PartWhen:      {1, `"vip" in lead.tags and lead.must != ""`, allocation.False},
		allocation.PartEligible:  {0, "rep.active and rep.region == lead.region and lead.industry in rep.skills and rep.open < rep.capacity", allocation.True},
		allocation.PartWeight:    {0, "rep.kpi.win_rate", allocation.True},
		allocation.PartRampStart: {0, "rep.hired_at", allocation.True},
		allocation.PartPrefer:    {0, "lead.value - rep.grade", allocation.True},
		allocation.PartSize:      {0, "lead.price", allocation.True},
		allocation.PartOnly:      {1, `lead.source == "web"`, allocation.True},
		allocation.PartLimit:     {0, "rep.capacity", allocation.True},
		allocation.PartUnits:     {0, `lead.kind == "request" ? 2 : lead.level`, allocation.True},
	} {
		got := b.Why(part, want.index, 0)
		if got.Source != want.source || got.Truth != want.truth || got.Reason != "" {
			t.Errorf("why of part %d: want %+v, got %+v", part, want, got)
		}
	}
}

func TestBadFieldsAreAllNamed(t *testing.T) {
	_, m := newTestMatcher(t)
	_, err := m.ReadCustomer(&allocation.Customer{ID: "L", Value: ptr(math.NaN()), Fields: map[string]any{
		"employees": "many", "unread": "no number", "called_at": "yesterday", "undeclared": func() {}, "city": 7.5,
	}})
	for _, want := range []string{"lead.employees", "lead.unread", "lead.called_at", "lead.value", "lead.must"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("a bad field is not named: %s in %v", want, err)
		}
	}
	for _, not := range []string{"undeclared", "city"} {
		if strings.Contains(err.Error(), not) {
			t.Errorf("a field that the policy knows nothing of is refused: %s in %v", not, err)
		}
	}
	bad := allocation.Rep{ID: "ana", KPI: map[string]float64{"win_rate": math.Inf(1)}, Fields: map[string]any{"langs": 3.5}}
	err = m.CheckRep(&bad)
	for _, want := range []string{"rep.grade", "rep.langs", "rep.kpi.win_rate"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("a bad field is not named: %s in %v", want, err)
		}
	}
	good := testReps()[0]
	if err := m.SetRep(0, &good); err != nil {
		t.Fatal(err)
	}
	if err := m.SetRep(0, &bad); err == nil {
		t.Error("a bad rep is set")
	}
	if x, ok := m.Match(subjectOf(t, m, fullCustomer), noon).Weight(0, 0); x != 0.25 || !ok {
		t.Errorf("a bad rep changed the row: weight %v %v", x, ok)
	}
}

// drawCustomer draws a customer with any fields, in the forms callers use.
func drawCustomer(t *rapid.T) allocation.Customer {
	text := rapid.SampledFrom([]string{"", "steel", "web", "grün <b>&", "a\"b\\c\u2028\n"})
	c := allocation.Customer{
		ID: rapid.SampledFrom([]string{"L1", "ü/2"}).Draw(t, "id"), Kind: rapid.SampledFrom([]string{"", "lead", "request"}).Draw(t, "kind"),
		Region: text.Draw(t, "region"), Industry: text.Draw(t, "industry"), Source: text.Draw(t, "source"),
		Fields: map[string]any{"must": "m", "undeclared": "kept out"},
	}
	if rapid.Bool().Draw(t, "has value") {
		c.Value = ptr(rapid.Float64Range(-1e300, 1e300).Draw(t, "value"))
	}
	if rapid.Bool().Draw(t, "has tags") {
		c.Tags = rapid.SliceOfN(rapid.SampledFrom([]string{"vip", "<&>", "é"}), 0, 3).Draw(t, "tags")
	}
	maybe := func(name string, draw func() any) {
		if rapid.Bool().Draw(t, "has "+name) {
			c.Fields[name] = draw()
		}
	}
	maybe("employees", func() any { return rapid.Int64().Draw(t, "employees") })
	maybe("price", func() any { return rapid.Float64Range(-1e12, 1e12).Draw(t, "price") })
	maybe("urgent", func() any { return rapid.Bool().Draw(t, "urgent") })
	maybe("called_at", func() any {
		return time.UnixMicro(rapid.Int64Range(-6e16, 2e17).Draw(t, "called_at")).In(time.FixedZone("", 3600))
	})
	maybe("products", func() any { return rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b<"}), 0, 3).Draw(t, "products") })
	maybe("years", func() any { return rapid.SliceOfN(rapid.Int64(), 0, 3).Draw(t, "years") })
	maybe("rates", func() any { return rapid.SliceOfN(rapid.Float64Range(-9, 9), 0, 3).Draw(t, "rates") })
	maybe("level", func() any { return rapid.IntRange(0, 9).Draw(t, "level") })
	maybe("unread", func() any { return 5 })
	return c
}

// What a ledger keeps of a customer is what the policy reads of him: read back,
// it gives the same answers and the same bytes.
func TestAppendFieldsReadsBack(t *testing.T) {
	_, m := newTestMatcher(t)
	rapid.Check(t, func(t *rapid.T) {
		c := drawCustomer(t)
		s, err := m.ReadCustomer(&c)
		if err != nil {
			t.Fatalf("a good customer is refused: %v", err)
		}
		text := s.AppendFields([]byte("before"))
		if !strings.HasPrefix(string(text), "before{") {
			t.Fatalf("AppendFields does not append: %s", text)
		}
		text = text[len("before"):]
		fields := map[string]any{}
		decoder := json.NewDecoder(strings.NewReader(string(text)))
		decoder.UseNumber()
		if err := decoder.Decode(&fields); err != nil {
			t.Fatalf("the fields are not JSON: %v in %s", err, text)
		}
		for name, value := range fields {
			if name == "undeclared" || name == "unread" || name == "id" || value == nil {
				t.Fatalf("the fields hold %s = %v, which the policy does not read or which is null", name, value)
			}
		}
		back, err := m.ReadCustomer(&allocation.Customer{Fields: fields})
		if err != nil {
			t.Fatalf("fields that AppendFields wrote are refused: %v in %s", err, text)
		}
		if again := back.AppendFields(nil); string(again) != string(text) {
			t.Fatalf("fields that were read back are other bytes:\n%s\n%s", text, again)
		}
		for i, value := range s.(*subject).record {
			if !value.Equal(back.(*subject).record[i]) {
				t.Fatalf("a value that was read back differs: %v and %v in %s", value, back.(*subject).record[i], text)
			}
		}
		if sorted := sortedKeys(fields); !keysInOrder(string(text), sorted) {
			t.Fatalf("keys are not sorted: %s", text)
		}
	})
}

// keysInOrder reports whether keys stand in a JSON object in the order given.
func keysInOrder(text string, names []string) bool {
	d := json.NewDecoder(strings.NewReader(text))
	_, _ = d.Token()
	for _, want := range names {
		name, err := d.Token()
		var value any
		if err != nil || name != want || d.Decode(&value) != nil {
			return false
		}
	}
	return true
}

func TestFeatures(t *testing.T) {
	for _, c := range []struct {
		body      string
		now, open bool
	}{
		{"rules: [{name: a}]\n", false, false},
		{"rules: [{name: a, when: lead.created_at < now}]\n", true, false},
		{"let: {late: lead.created_at < now}\nrules: [{name: a, when: late}]\n", true, false},
		{"rules: [{name: a, eligible: rep.open < 3}]\n", false, true},
		{"rules: [{name: a, weight: rep.open}]\n", false, false},
		{"caps: [{name: c, open: rep.open}]\nrules: [{name: a}]\n", false, true},
	} {
		p := compile(t, slipHeader+c.body, nil)
		if p.ReadsNow != c.now || p.ReadsOpen != c.open {
			t.Errorf("%s: want now %v, open %v; got %v, %v", c.body, c.now, c.open, p.ReadsNow, p.ReadsOpen)
		}
	}
	for weight, want := range map[string]bool{"rep.kpi.w": true, "2": true, "rep.open": false, "lead.value": false, "days(now - rep.hired_at)": false} {
		p := compile(t, slipHeader+"kpis: [w]\nrules: [{name: a, weight: "+weight+"}]\n", nil)
		if p.Rules[0].WeightByRep != want {
			t.Errorf("weight: %s depends on the rep alone: want %v", weight, want)
		}
	}
}

// One policy may be shared by any number of desks; run with -race.
func TestMatchersOfOnePolicyAreIndependent(t *testing.T) {
	p, _ := newTestMatcher(t)
	var all sync.WaitGroup
	for desk := range 4 {
		all.Go(func() {
			m := p.NewMatcher()
			rep := testReps()[0]
			rep.Fields = map[string]any{"grade": desk}
			if err := m.SetRep(0, &rep); err != nil {
				t.Error(err)
				return
			}
			c := fullCustomer
			s, err := m.ReadCustomer(&c)
			if err != nil {
				t.Error(err)
				return
			}
			for range 100 {
				if x, _ := m.Match(s, noon).Prefer(0, 0); x != 100.5-float64(desk) {
					t.Errorf("a matcher answers for another desk's rep: %v", x)
				}
			}
		})
	}
	all.Wait()
}

func TestMatchingDoesNotAllocate(t *testing.T) {
	_, m := newTestMatcher(t)
	var all, among allocation.RepSet
	for row, r := range testReps() {
		if err := m.SetRep(row, &r); err != nil {
			t.Fatal(err)
		}
		all.Add(row)
	}
	s := subjectOf(t, m, fullCustomer)
	allocs := testing.AllocsPerRun(100, func() {
		among.CopyFrom(&all)
		b := m.Match(s, noon)
		b.When(1)
		b.Eligible(0, &among)
		b.Weight(0, 0)
		b.Prefer(0, 0)
		b.Size(0)
		b.Limit(0, 0)
		b.Applies(1)
	})
	if allocs != 0 {
		t.Errorf("matching a customer allocates %v times", allocs)
	}
}

func BenchmarkMatch(b *testing.B) {
	_, m := newTestMatcher(b)
	var all, among allocation.RepSet
	good := testReps()[0]
	for row := range 1000 {
		if err := m.SetRep(row, &good); err != nil {
			b.Fatal(err)
		}
		all.Add(row)
	}
	s := subjectOf(b, m, fullCustomer)
	b.ReportAllocs()
	for b.Loop() {
		among.CopyFrom(&all)
		matching := m.Match(s, noon)
		matching.When(0)
		matching.Eligible(0, &among)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/rep")
}

func BenchmarkReadCustomer(b *testing.B) {
	_, m := newTestMatcher(b)
	c := fullCustomer
	b.ReportAllocs()
	for b.Loop() {
		if _, err := m.ReadCustomer(&c); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	text, files := inbound(b)
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := Parse("policy.yaml", []byte(text), files); err != nil {
			b.Fatal(err)
		}
	}
}
