package rule

import (
	"testing"
	"time"
)

// theWorld is the vocabulary that most tests speak: the core fields, two
// KPIs, a list, two tables and some let names.
func theWorld(t testingT) *Vocabulary {
	t.Helper()
	v, err := NewVocabulary("lead")
	must(t, err)
	declare := func(on Side, fields ...Field) {
		for _, f := range fields {
			_, err := v.Declare(on, f)
			must(t, err)
		}
	}
	declare(Customer,
		Field{Name: "id", Kind: String, Missing: Refuse}, Field{Name: "kind", Kind: String},
		Field{Name: "name", Kind: String}, Field{Name: "email_domain", Kind: String},
		Field{Name: "domain", Kind: String}, Field{Name: "country", Kind: String},
		Field{Name: "region", Kind: String}, Field{Name: "postal", Kind: String},
		Field{Name: "industry", Kind: String}, Field{Name: "source", Kind: String},
		Field{Name: "owner", Kind: String}, Field{Name: "employees", Kind: Int},
		Field{Name: "score", Kind: Int}, Field{Name: "value", Kind: Number},
		Field{Name: "expected_value", Kind: Number, Missing: Zero},
		Field{Name: "test", Kind: Bool}, Field{Name: "vip", Kind: Bool, Missing: Zero},
		Field{Name: "created_at", Kind: Time}, Field{Name: "tags", Kind: StringList},
		Field{Name: "amounts", Kind: NumberList}, Field{Name: "years", Kind: IntList})
	declare(Rep,
		Field{Name: "id", Kind: String, Missing: Refuse}, Field{Name: "level", Kind: String},
		Field{Name: "region", Kind: String}, Field{Name: "teams", Kind: StringList},
		Field{Name: "skills", Kind: StringList}, Field{Name: "capacity", Kind: Int},
		Field{Name: "open", Kind: Int, Missing: Zero}, Field{Name: "active", Kind: Bool, Missing: Zero},
		Field{Name: "hired_at", Kind: Time}, Field{Name: "rating", Kind: Number})
	for _, kpi := range []string{"win_rate", "attainment"} {
		_, err := v.DeclareKPI(kpi)
		must(t, err)
	}
	must(t, v.DeclareList("freemail", []string{"gmail.com", "web.de"}))
	named, err := NewTable("domain", Exact, []Column{{"owner", String}, {"tier", Int}})
	must(t, err)
	must(t, named.Add("acme.com", "ana", 1))
	must(t, named.Add("solo.io", nil, 2))
	must(t, v.DeclareTable("named", named))
	postal, err := NewTable("prefix", LongestPrefix, []Column{{"territory", String}})
	must(t, err)
	must(t, postal.Add("1", "east"))
	must(t, postal.Add("10", "berlin"))
	must(t, v.DeclareTable("postal", postal))
	must(t, v.Let("enterprise", Text{Source: "lead.employees >= 1000"}))
	must(t, v.Let("mine", Text{Source: "rep.region == lead.region"}))
	return v
}

// testingT is a test or one draw of a property.
type testingT interface {
	Helper()
	Fatal(...any)
}

func must(t testingT, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// theNow is the recorded time of every test.
var theNow = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// env is an environment of the world from raw values.
func env(t testing.TB, v *Vocabulary, customer, rep map[string]any) *Env {
	t.Helper()
	read := func(on Side, raw map[string]any) Record {
		full := map[string]any{"id": "x"}
		for k, x := range raw {
			full[k] = x
		}
		r, err := v.Record(on, full)
		must(t, err)
		return r
	}
	return &Env{Customer: read(Customer, customer), Rep: read(Rep, rep), Now: theNow}
}

// condition compiles a condition over both sides.
func condition(t testing.TB, v *Vocabulary, source string) *Program {
	t.Helper()
	p, err := v.Compile(Text{Source: source}, Want{Kind: Bool, Key: "eligible"})
	if err != nil {
		t.Fatalf("%s\n%v", source, err)
	}
	return p
}
