package policy

import (
	"fmt"
	"io/fs"
	"os"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/evenhand/evenhand/allocation"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
	"time"
)

// inbound is the example document and its files, to be changed by tests.
func inbound(t testing.TB) (text string, files fstest.MapFS) {
	t.Helper()
	files = fstest.MapFS{}
	dir := os.DirFS("testdata/inbound")
	names, err := fs.Glob(dir, "*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		data, err := fs.ReadFile(dir, name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = &fstest.MapFile{Data: data}
	}
	return string(files["inbound.yaml"].Data), files
}

// compile parses and compiles, and fails the test when it cannot.
func compile(t interface {
	Helper()
	Fatalf(string, ...any)
}, text string, files fs.FS) *allocation.Policy {
	t.Helper()
	d, err := Parse("policy.yaml", []byte(text), files)
	if err != nil {
		t.Fatalf("%v\nin\n%s", err, text)
	}
	p, err := d.Compile()
	if err != nil {
		t.Fatalf("%v\nin\n%s", err, text)
	}
	return p
}

// samePolicy compares what two policies do, as far as data tells.
func samePolicy(a, b *allocation.Policy) string {
	return cmp.Diff(a, b,
		cmpopts.IgnoreFields(allocation.Policy{}, "NewMatcher", "NewReference", "Holidays"),
		cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() }),
		cmp.Exporter(func(reflect.Type) bool { return true }))
}

// drawRule draws a rule that is right.
func drawRule(t *rapid.T, name string) Rule {
	r := Rule{Name: name}
	oneOf := func(label string, options ...string) string { return rapid.SampledFrom(options).Draw(t, label) }
	r.ID = oneOf("id", "", "id-of-"+slug(name))
	r.When = oneOf("when", "", "lead.score > 10", "big and lead.country in vips", `lead.name == "a:  b"`, "has(named[lead.domain])")
	r.From = oneOf("from", "", "2026-01-01", "2026-01-01T08:00:00+01:00")
	r.Until = oneOf("until", "", "2027-01-01")
	r.Pick = oneOf("pick", "", "rotate", "best", "least_open", "most_available", "first", "none")
	if r.Pick == "none" {
		r.Reason = oneOf("reason", "spam", "not_now_2")
		return r
	}
	r.Eligible = oneOf("eligible", "", "rep.active and lead.region == rep.region", "(rep.open < 3) ?? false")
	r.Available = oneOf("available", "", "on_shift", "not_away", "any")
	r.IfNone = IfNone{oneOf("not_eligible", "", "next", "fallback", "wait"), oneOf("away", "", "next", "wait"), oneOf("full", "", "wait")}
	r.Caps = drawCaps(t, rapid.IntRange(0, 2).Draw(t, "caps of the rule"))
	if r.Pick == "best" {
		r.Prefer = "rep.kpi.win_rate"
	}
	if r.Pick == "" || r.Pick == "rotate" {
		drawRotation(t, &r, oneOf)
	}
	return r
}

func drawRotation(t *rapid.T, r *Rule, oneOf func(string, ...string) string) {
	r.Prefer = oneOf("prefer", "", "rep.kpi.win_rate", "lead.value * 2")
	if r.Prefer != "" {
		r.Window = rapid.SampledFrom([]float64{0, 0.001, 1, 2.5}).Draw(t, "window")
	}
	if r.Weight = oneOf("weight", "", "2", "rep.kpi.win_rate", "lead.score + 1"); r.Weight != "" {
		r.WeightNull = oneOf("weight_null", "", "refuse", "mean", "0.25")
		if rapid.Bool().Draw(t, "weight_range") {
			r.WeightRange = &Range{0.5, 2}
		}
	}
	if rapid.Bool().Draw(t, "ramp") {
		r.Ramp = &Ramp{Since: "rep.hired_at", Steps: Steps{{0, 0.285}, {30, 1}}}
	}
	if r.Size = oneOf("size", "", "lead.value"); r.Size != "" {
		r.Typical = rapid.SampledFrom([]float64{0, 0.01, 9000, 1234.56}).Draw(t, "typical")
		if r.Typical != 0 {
			r.SizeRange = &Range{rapid.SampledFrom([]float64{0, 0.2, 1}).Draw(t, "low"), 5}
		}
	}
}

func drawCaps(t *rapid.T, n int) []Cap {
	var out []Cap
	for i := range n {
		c := Cap{Name: fmt.Sprintf("cap %d", i), Each: rapid.SampledFrom([]string{"", "rep", "team"}).Draw(t, "each")}
		c.Only = rapid.SampledFrom([]string{"", `lead.source == "referral"`, "big"}).Draw(t, "only")
		if rapid.Bool().Draw(t, "stock") {
			c.Open = rapid.SampledFrom([]string{"rep.capacity", "30", "rep.open + 1"}).Draw(t, "open")
		} else {
			c.Assigned = rapid.SampledFrom([]string{"5", "rep.active ? 10 : 20"}).Draw(t, "assigned")
			c.Per = rapid.SampledFrom([]string{"hour", "day", "week", "month", "36h", "7d"}).Draw(t, "per")
			if c.Each != "team" && !strings.ContainsAny(c.Per, "0123456789") {
				c.Zone = rapid.SampledFrom([]string{"", "desk", "rep"}).Draw(t, "zone")
			}
		}
		out = append(out, c)
	}
	return out
}

// drawDocument draws a document that is right, as a Go program would make it.
func drawDocument(t *rapid.T) *Document {
	oneOf := func(label string, options ...string) string { return rapid.SampledFrom(options).Draw(t, label) }
	d := &Document{
		Name: oneOf("name", "inbound", "Anfragen: \"neu\"", "线索"), Customer: "lead",
		Timezone: oneOf("timezone", "", "UTC", "Europe/Berlin"), WeekStarts: oneOf("week", "", "monday", "sunday"),
		KPIs:  []string{"win_rate"},
		Units: oneOf("units", "", "1", `lead.kind == "request" ? 2 : 1`),
		Lists: map[string]List{"vips": {Values: []string{"NO", "SE", " a, \"b\" "}}},
		Tables: map[string]Table{"named": {File: "named.csv", Key: "domain",
			Match: oneOf("match", "", "exact", "longest_prefix"), Columns: map[string]string{"owner": "string", "seats": "int"}}},
		Let:      Lets{{"huge", "lead.employees > 1000"}, {"big", "huge or lead.employees > 100"}},
		Caps:     drawCaps(t, rapid.IntRange(0, 3).Draw(t, "caps")),
		Rotation: Rotation{Share: oneOf("share", "", "per_customer"), Manual: oneOf("manual", "", "caps", "caps_and_credit")},
		Files:    slipFiles,
	}
	d.Fields.Customer = map[string]Field{"employees": {"int", oneOf("missing", "", "null", "zero", "refuse")}}
	switch oneOf("on_return", "", "freeze", "calibrate", "grant") {
	case "calibrate":
		d.Rotation.OnReturn.Kind = "calibrate"
	case "grant":
		d.Rotation.OnReturn = OnReturn{"grant", oneOf("longer_than", "", "2d"), int64(rapid.IntRange(0, 10).Draw(t, "max"))}
	}
	if rapid.Bool().Draw(t, "holidays") {
		d.Holidays = &Holidays{"holidays.csv"}
	}
	for i := range rapid.IntRange(1, 4).Draw(t, "rules") {
		d.Rules = append(d.Rules, drawRule(t, fmt.Sprintf("Rule %d", i)))
	}
	if rapid.Bool().Draw(t, "fallback") {
		d.Fallback = []Fallback{{"sam"}, {"kim"}}
	}
	return d
}
