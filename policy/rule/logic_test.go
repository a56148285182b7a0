package rule

import (
	"strings"
	"testing"

	"github.com/expr-lang/expr"
	"pgregory.net/rapid"
)

// logicWorld is theWorld with nothing filled in, and a table that trees know.
func logicWorld(t testing.TB) *Vocabulary {
	t.Helper()
	v, err := NewVocabulary("lead")
	must(t, err)
	for name, k := range map[string]Kind{"test": Bool, "vip": Bool, "country": String, "industry": String, "employees": Int, "score": Int, "value": Number, "tags": StringList} {
		_, err := v.Declare(Customer, Field{Name: name, Kind: k})
		must(t, err)
	}
	for name, k := range map[string]Kind{"active": Bool, "region": String, "open": Int, "capacity": Int, "skills": StringList} {
		_, err := v.Declare(Rep, Field{Name: name, Kind: k})
		must(t, err)
	}
	_, err = v.DeclareKPI("win_rate")
	must(t, err)
	named, err := NewTable("industry", Exact, []Column{{"owner", String}})
	must(t, err)
	must(t, named.Add("steel", "ana"))
	must(t, v.DeclareTable("named", named))
	return v
}

// env turns the reference's facts into records.
func (w facts) env(t testing.TB, v *Vocabulary) *Env {
	t.Helper()
	sides := map[string]map[string]any{"lead": {}, "rep": {}}
	for name, x := range w {
		word, field, _ := strings.Cut(name, ".")
		sides[word][field] = x
	}
	customer, err := v.Record(Customer, sides["lead"])
	must(t, err)
	rep, err := v.Record(Rep, sides["rep"])
	must(t, err)
	return &Env{Customer: customer, Rep: rep, Now: theNow}
}

// compiled draws an expression that compiles: a generated one can be too
// large, or fail whatever the data, and is then refused.
func compiled(t *rapid.T, v *Vocabulary, kind Kind, source string) *Program {
	p, err := v.Compile(Text{Source: source}, Want{Kind: kind})
	if err != nil {
		for _, allowed := range []string{"always", "parts", "deeper", "bytes"} {
			if strings.Contains(err.Error(), allowed) {
				t.Skip("the drawn expression is refused whatever the data: too large, or always failing")
			}
		}
		t.Fatalf("every well-typed expression compiles, but not\n%v", err)
	}
	return p
}

func TestConditionMeansWhatTheReferenceSays(t *testing.T) {
	v := logicWorld(t)
	rapid.Check(t, func(rt *rapid.T) {
		g := generator{rt}
		tree := g.condition(3)
		w := g.facts(false)
		p := compiled(rt, v, Bool, tree.String())
		got, want := p.Truth(w.env(t, v)), tree.mean(w)
		if u, ok := want.(unknown); ok {
			if got.Truth != Unknown || string(got.Cause.Reason) != u.reason || u.name != "" && got.Cause.Name != u.name {
				rt.Fatalf("an unknown leaf that matters makes the whole unknown, and the first in source order is the reason:\n%s\n%v\ngot %v because %v, want unknown because %v", tree, w, got.Truth, got.Cause, u)
			}
			return
		}
		if got.Truth != truthOf(want.(bool)) || got.Cause != (Cause{}) {
			rt.Fatalf("a condition answers as three-valued logic says:\n%s\n%v\ngot %v because %v, want %v", tree, w, got.Truth, got.Cause, want)
		}
	})
}

func TestNumberMeansWhatTheReferenceSays(t *testing.T) {
	v := logicWorld(t)
	rapid.Check(t, func(rt *rapid.T) {
		g := generator{rt}
		tree, kind := g.number(3), Number
		if g.pick("kind", 2) == 0 {
			tree, kind = g.whole(3), Int
		}
		w := g.facts(false)
		p := compiled(rt, v, kind, tree.String())
		got, cause := p.Value(w.env(t, v))
		want := tree.mean(w)
		if u, ok := want.(unknown); ok {
			if !got.IsNull() || string(cause.Reason) != u.reason {
				rt.Fatalf("a number with a missing or failing operand is unknown:\n%s\n%v\ngot %v because %v, want unknown because %v", tree, w, got, cause, u)
			}
			return
		}
		if got.Any() != want && !(got.Number() == 0 && toFloat(want) == 0) {
			rt.Fatalf("a number is computed exactly as the reference does:\n%s\n%v\ngot %v (%v), want %v", tree, w, got, cause, want)
		}
	})
}

func TestOrderOfOperandsNeverMatters(t *testing.T) {
	v := logicWorld(t)
	rapid.Check(t, func(rt *rapid.T) {
		g := generator{rt}
		tree := g.condition(4)
		w := g.facts(false).env(t, v)
		other := tree.write(func() bool { return g.pick("swap", 2) == 1 })
		p, q := compiled(rt, v, Bool, tree.String()), compiled(rt, v, Bool, other)
		if a, b := p.Truth(w).Truth, q.Truth(w).Truth; a != b {
			rt.Fatalf("swapping the operands of and, or changes nothing:\n%s is %v\n%s is %v", tree, a, other, b)
		}
	})
}

func TestFastPathAndReferenceInterpreterAgree(t *testing.T) {
	v := logicWorld(t)
	rapid.Check(t, func(rt *rapid.T) {
		g := generator{rt}
		tree := g.condition(4)
		e := g.facts(false).env(t, v)
		p := compiled(rt, v, Bool, tree.String())
		fast := p.Truth(e)
		x, cause := p.Value(e)
		if slow := verdictOf(x, nil).Truth; fast.Truth != slow || fast.Cause != cause {
			rt.Fatalf("truth and eval give one answer and one cause:\n%s\ntruth: %v because %v\neval: %v because %v", tree, fast.Truth, fast.Cause, slow, cause)
		}
		if traced := p.Trace(e); traced.Verdict != fast {
			rt.Fatalf("a trace has the answer that was given without it:\n%s\ntruth: %v\ntrace: %v", tree, fast, traced.Verdict)
		}
	})
}

// checkUntil checks a property, and then on fixed draws until enough has come up:
// a short run may draw too little.
func checkUntil(t *testing.T, enough func() bool, prop func(*rapid.T)) {
	t.Helper()
	rapid.Check(t, prop)
	fixed := rapid.Custom(func(t *rapid.T) bool { prop(t); return true })
	for seed := 0; seed < 500 && !enough(); seed++ {
		fixed.Example(seed)
	}
}

// TestRulesMeanWhatExprMeans runs generated conditions in expr's own machine.
// Records are complete, and what rules call unknown is left out: there expr
// wraps, divides into infinity or stops.
func TestRulesMeanWhatExprMeans(t *testing.T) {
	v := logicWorld(t)
	compared := 0
	checkUntil(t, func() bool { return compared > 0 }, func(rt *rapid.T) {
		g := generator{rt}
		tree := g.condition(3)
		w := g.facts(true)
		p := compiled(rt, v, Bool, tree.String())
		e := w.env(t, v)
		trace := p.Trace(e)
		for _, l := range trace.Leaves {
			if l.Cause.Reason != "" {
				return
			}
		}
		if strings.Contains(tree.String(), "named[") || strings.Contains(tree.String(), "??") || strings.Contains(tree.String(), "has(") {
			return
		}
		machine, err := expr.Compile(tree.String(), expr.Env(exprEnv(w)), expr.AsBool())
		if err != nil {
			rt.Fatalf("what compiles here compiles in expr:\n%s\n%v", tree, err)
		}
		want, err := expr.Run(machine, exprEnv(w))
		if err != nil {
			return
		}
		compared++
		if got := p.Truth(e).Truth; got != truthOf(want.(bool)) {
			rt.Fatalf("where both have an answer, rules answer as expr does:\n%s\n%v\ngot %v, expr %v", tree, w, got, want)
		}
	})
	if compared == 0 {
		t.Fatal("no generated condition was compared with expr")
	}
}

// exprEnv is the facts as nested maps.
func exprEnv(w facts) map[string]any {
	lead, rep, kpi := map[string]any{}, map[string]any{}, map[string]any{}
	for name, x := range w {
		word, field, _ := strings.Cut(name, ".")
		switch {
		case strings.HasPrefix(field, "kpi."):
			kpi[strings.TrimPrefix(field, "kpi.")] = x
		case word == "lead":
			lead[field] = x
		default:
			rep[field] = x
		}
	}
	rep["kpi"] = kpi
	return map[string]any{"lead": lead, "rep": rep}
}
