package policy

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/calendar"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

type crmBase struct {
	ID        int64
	CreatedAt time.Time
}

type crmLead struct {
	crmBase
	Industry  string
	Score     int
	Employees *int
	Plan      sql.NullString
	Budget    float32 `evenhand:"budget_eur"`
	Partner   bool
	Products  []string
	Contract  *big.Int // has a MarshalText
	Notes     string
	Internal  map[string]any `evenhand:"-"`
}

type crmSeller struct {
	ID       string
	Teams    []string
	Capacity uint16
	Active   *bool
	Zone     string   `evenhand:"timezone"`
	WinRate  *float64 `evenhand:"kpi.win_rate"`
	Level    int
	Products []string
	Shifts   []calendar.Shift
	TimeOff  []calendar.Span
	Salary   int `evenhand:"-"`
}

const crmRules = `evenhand: 1
name: crm
customer: lead
%s
caps:
  - {name: book, open: rep.capacity}
rules:
  - name: large
    when: lead.employees >= 100 and lead.plan == "pro"
    eligible: 'rep.level >= 2 and any(lead.products, # in rep.products)'
    prefer: rep.kpi.win_rate
  - name: rest
    when: lead.score > 10 or lead.budget_eur > 0 or lead.partner or has(lead.contract)
`

func crmDocument(t testing.TB, fields string, opts ...Option) *Document {
	t.Helper()
	d, err := Parse("crm.yaml", fmt.Appendf(nil, crmRules, fields), nil, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func compiled(t testing.TB, d *Document) *allocation.Policy {
	t.Helper()
	p, err := d.Compile()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A typo in a rule over a Go struct is an error with its place and the field
// that was meant, also when no rule reads that one.
func TestATypoOverAStructIsAnError(t *testing.T) {
	text := strings.Replace(fmt.Sprintf(crmRules, ""), "lead.employees", "lead.employes", 1)
	_, err := Parse("crm.yaml", []byte(text), nil, WithCustomer[crmLead](), WithRep[*crmSeller]())
	want := `crm.yaml:9:11: the lead has no field "employes"
  |     when: lead.employes >= 100 and lead.plan == "pro"
  |           ^^^^^^^^^^^^^
Maybe lead.employees`
	if err == nil || err.Error() != want {
		t.Errorf("the error is\n%v\nwant\n%s", err, want)
	}
	text = strings.Replace(fmt.Sprintf(crmRules, ""), "lead.employees", "lead.internal", 1)
	text = strings.Replace(text, "rep.level", "rep.salary", 1)
	_, err = Parse("crm.yaml", []byte(text), nil, WithCustomer[crmLead](), WithRep[crmSeller]())
	for _, want := range []string{
		"the lead has no field \"internal\"", "Maybe add it to the Go type policy.crmLead, or declare it under fields: {lead: {internal: string}}",
		"the rep has no field \"salary\"", "Maybe add it to the Go type policy.crmSeller, or declare it under fields: {rep: {salary: string}}",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("of fields with the tag -, the error does not say %q:\n%v", want, err)
		}
	}
}

// What rules read of a struct is in the policy's source, as if the document
// declared it; what they do not read is not.
func TestStructsAreRecordedWithThePolicy(t *testing.T) {
	declared := `fields:
  lead: {employees: int, plan: string, budget_eur: number, partner: bool, products: [string], contract: string}
  rep: {level: int, products: [string]}
kpis: [win_rate]`
	byHand := compiled(t, crmDocument(t, declared))
	byStruct := compiled(t, crmDocument(t, "", WithCustomer[crmLead](), WithRep[crmSeller]()))
	if string(byStruct.Source) != string(byHand.Source) || byStruct.Hash != byHand.Hash {
		t.Errorf("fields by structs give the source\n%s\nby the document\n%s", byStruct.Source, byHand.Source)
	}
	both := compiled(t, crmDocument(t, declared, WithCustomer[crmLead](), WithRep[crmSeller]()))
	if both.Hash != byHand.Hash {
		t.Error("fields that document and struct declare alike change the policy's hash")
	}
	type grown struct {
		crmLead
		Mood string
	}
	if p := compiled(t, crmDocument(t, "", WithCustomer[grown](), WithRep[crmSeller]())); p.Hash != byHand.Hash {
		t.Error("a field that no rule reads changes the policy's hash")
	}
	type strict struct {
		crmLead
		Mood string `evenhand:"mood,missing=refuse"`
	}
	if p := compiled(t, crmDocument(t, "", WithCustomer[strict](), WithRep[crmSeller]())); p.Hash == byHand.Hash {
		t.Error("a field that must not be missing does not change the policy's hash")
	}
}

// A decision is explained, and the desk goes on, from the ledger alone: by a
// process that knows no struct and has no file of the policy.
func TestADecisionByStructsIsExplainedWithoutThem(t *testing.T) {
	ctx := context.Background()
	store := allocation.NewMemoryStore()
	monday := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	cfg := allocation.Config{Compile: Compile, Store: store, Clock: func() time.Time { return monday }}
	first := cfg
	first.Policy = compiled(t, crmDocument(t, "", WithCustomer[crmLead](), WithRep[crmSeller]()))
	desk, err := allocation.Open(ctx, first)
	if err != nil {
		t.Fatal(err)
	}
	rep, err := RepOf(crmSeller{ID: "ana", Capacity: 5, Level: 3, Products: []string{"press"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := desk.SetReps(ctx, []allocation.Rep{rep}); err != nil {
		t.Fatal(err)
	}
	lead := crmLead{crmBase: crmBase{ID: 7}, Employees: new(200), Plan: sql.NullString{String: "pro", Valid: true}, Products: []string{"press"}}
	c, err := CustomerOf(&lead)
	if err != nil {
		t.Fatal(err)
	}
	if d, err := desk.Assign(ctx, c); err != nil || d.Rep != "ana" || d.Rule != "large" {
		t.Fatalf("lead 7 goes to %q by rule %q, want ana by large (%v)", d.Rep, d.Rule, err)
	}
	desk.Close()

	desk, err = allocation.Open(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer desk.Close()
	x, err := desk.Explain(ctx, "7")
	if err != nil || x.Decision.Rep != "ana" {
		t.Errorf("the decision cannot be made again from the ledger alone: %v", err)
	}
	lead.ID = 8
	if c, err = CustomerOf(lead); err != nil {
		t.Fatal(err)
	}
	if d, err := desk.Assign(ctx, c); err != nil || d.Rep != "ana" {
		t.Errorf("the desk does not go on by the recorded policy: %v %v", d, err)
	}
}

// A struct is read as the customer that somebody would have filled in by hand.
func TestAStructIsReadAsACustomerByHand(t *testing.T) {
	m := compiled(t, crmDocument(t, "", WithCustomer[crmLead](), WithRep[crmSeller]())).NewMatcher()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SampledFrom([]string{"", "steel", "pro", "ünï"})
		lead := crmLead{
			crmBase:  crmBase{ID: rapid.Int64Range(1, 1<<60).Draw(t, "id")},
			Industry: text.Draw(t, "industry"), Score: rapid.IntRange(-5, 99).Draw(t, "score"),
			Employees: rapid.Ptr(rapid.IntRange(0, 500), true).Draw(t, "employees"),
			Plan:      sql.NullString{String: text.Draw(t, "plan"), Valid: rapid.Bool().Draw(t, "has plan")},
			Budget:    float32(rapid.IntRange(0, 100).Draw(t, "budget")) / 10, Partner: rapid.Bool().Draw(t, "partner"),
			Products: rapid.SliceOfN(text, 0, 3).Draw(t, "products"),
			Notes:    strings.Repeat("x", 5000), // nobody reads it, so nobody refuses it
		}
		if rapid.Bool().Draw(t, "has contract") {
			lead.Contract = big.NewInt(42)
		}
		hand := allocation.Customer{
			ID: fmt.Sprint(lead.ID), Industry: lead.Industry, Score: new(float64(lead.Score)),
			Fields: map[string]any{"partner": lead.Partner, "budget_eur": fmt.Sprint(lead.Budget)},
		}
		if lead.Employees != nil {
			hand.Fields["employees"] = *lead.Employees
		}
		if lead.Plan.Valid && lead.Plan.String != "" {
			hand.Fields["plan"] = lead.Plan.String
		}
		if lead.Products != nil {
			hand.Fields["products"] = slices.Clone(lead.Products)
		}
		if lead.Contract != nil {
			hand.Fields["contract"] = "42"
		}
		c, err := CustomerOf(lead)
		if err != nil {
			t.Fatalf("%+v cannot be read: %v", lead, err)
		}
		read := func(c allocation.Customer) string {
			s, err := m.ReadCustomer(&c)
			if err != nil {
				t.Fatalf("the desk refuses %+v: %v", c, err)
			}
			return c.ID + string(s.AppendFields(nil))
		}
		if got, want := read(c), read(hand); got != want {
			t.Fatalf("a struct is read as\n%s\nand the same by hand as\n%s", got, want)
		}
	})
}

func TestRepOf(t *testing.T) {
	shifts, err := calendar.ParseShifts("Mon-Fri 09:00-17:00")
	if err != nil {
		t.Fatal(err)
	}
	skills := []string{"press"}
	s := crmSeller{ID: "ana", Teams: []string{"field"}, Capacity: 40, Zone: "Europe/Berlin", WinRate: new(0.4), Level: 2, Products: skills, Shifts: shifts, Salary: 9}
	got, err := RepOf(&s)
	if err != nil {
		t.Fatal(err)
	}
	skills[0] = "changed by the caller"
	want := allocation.Rep{
		ID: "ana", Teams: []string{"field"}, Capacity: new(int64(40)), Timezone: "Europe/Berlin", Shifts: shifts,
		KPI: map[string]float64{"win_rate": 0.4}, Fields: map[string]any{"level": int64(2), "products": []any{"press"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the rep differs (-want +got)\n%s", diff)
	}
	s.Active, s.WinRate = new(false), nil
	if got, err = RepOf(s); err != nil || !got.Inactive || len(got.KPI) != 0 {
		t.Errorf("a false pointer in Active is inactive, and a nil KPI missing, but got %+v, %v", got, err)
	}
}

type mute struct{}

func (mute) MarshalText() ([]byte, error) { return nil, errors.New("no text") }

// What cannot be read is told with the field's Go name, all of it at once.
func TestStructsThatCannotBeDeclared(t *testing.T) {
	type base struct{ Region string }
	type seller struct {
		Open    int
		Shifts  string
		Hours   []calendar.Shift
		Vacancy []calendar.Span
	}
	for _, c := range []struct {
		option Option
		fields string
		want   []string
	}{
		{WithCustomer[int](), "", []string{"int: a struct is wanted, not int"}},
		{WithCustomer[struct {
			Area     string    `evenhand:"stage"`
			HiredAt  time.Time `evenhand:"hired,missing=zero"`
			Quantity int       `evenhand:"quantity,missing=never"`
			Win      string    `evenhand:"kpi.win"`
			Odd      int       `evenhand:"not a name"`
		}](), "", []string{".HiredAt: a time has no zero", `.Quantity: the tag's option "missing=never"`, ".Win: a KPI is a number, not a string", `.Odd: "not a name" is not a name`}},
		{WithCustomer[struct {
			Area  string `evenhand:"stage"`
			Stage string
		}](), "", []string{`.Area and `, `.Stage are both "stage" to rules`}},
		{WithCustomer[struct {
			Score   string
			Value   []string
			Raw     []byte
			Age     time.Duration
			Address struct{ Street string }
			Level   string
			base
		}](), "fields: {lead: {level: int}}", []string{
			".Score: lead.score is a core field and always of type number; a Go string cannot be read as one",
			".Value: lead.value is a core field", ".Raw: rules cannot read a []uint8", ".Age: rules cannot read a time.Duration", ".Address: rules cannot read",
			".Level: lead.level is declared otherwise by the document's fields, as int",
		}},
		{WithCustomer[struct {
			Win   int  `evenhand:"kpi.win"`
			Score *int `evenhand:"score,missing=zero"`
			ID    int  `evenhand:"id,missing=refuse"` // it never is
		}](), "", []string{
			".Win: only a rep has KPIs", ".Score: lead.score is a core field; what it is when it is missing cannot be declared\nMaybe settle it in the rule: (lead.score ?? …)",
		}},
		{WithRep[seller](), "", []string{
			"seller.Open: a rep's open units are what the desk counts", "seller.Shifts: shifts is a []calendar.Shift, not a string",
			"seller.Hours: a rep's working hours are called shifts", "seller.Vacancy: a rep's time off is called time_off",
		}},
	} {
		_, err := Parse("p.yaml", fmt.Appendf(nil, "evenhand: 1\nname: n\ncustomer: lead\n%s\nrules: [{name: all}]\n", c.fields), nil, c.option)
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("the error does not say %q:\n%v", want, err)
			}
		}
	}
	for _, v := range []any{
		nil, 5, (*crmLead)(nil), struct{ M mute }{}, struct{ N *mute }{&mute{}}, struct{ ID bool }{true},
		struct{ A map[string]int }{map[string]int{}}, struct{ L []*string }{[]*string{nil}},
	} {
		if c, err := CustomerOf(v); err == nil {
			t.Errorf("%T is read as the customer %v", v, c)
		} else if strings.Contains(fmt.Sprintf("%T", v), "{ ") && !strings.Contains(err.Error(), "}.") {
			t.Errorf("the error for %T names no field: %v", v, err)
		}
	}
	if _, err := RepOf(struct{ Capacity float64 }{1.5}); err == nil || !strings.Contains(err.Error(), ".Capacity: ") {
		t.Errorf("a capacity of 1.5 is read, or its error names no field: %v", err)
	}
}

func BenchmarkCustomerOf(b *testing.B) {
	lead := crmLead{crmBase: crmBase{ID: 7}, Industry: "steel", Employees: new(200), Plan: sql.NullString{String: "pro", Valid: true}, Products: []string{"press", "mill"}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := CustomerOf(&lead); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRepOf(b *testing.B) {
	seller := crmSeller{ID: "ana", Teams: []string{"field"}, Capacity: 40, Zone: "Europe/Berlin", WinRate: new(0.4), Level: 2, Products: []string{"press"}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := RepOf(&seller); err != nil {
			b.Fatal(err)
		}
	}
}
