package rule

import (
	"testing"

	"github.com/evenhand/evenhand/.ci/budget"
)

// eligibility is the condition that speed is promised for.
const eligibility = `rep.active and rep.region == lead.region and lead.industry in rep.skills and rep.open < rep.capacity`

func benchmarkTruth(b *testing.B, source string) {
	v := theWorld(b)
	p := condition(b, v, source)
	e := env(b, v, map[string]any{"region": "north", "industry": "steel", "tags": "a; b; c", "name": "Acme GmbH", "domain": "acme.com", "value": 2.5},
		map[string]any{"active": true, "region": "north", "skills": "food; steel", "open": 3, "capacity": 5, "hired_at": "2025-01-01"})
	if p.Truth(e).Truth != True {
		b.Fatalf("the benchmark's condition holds, or it measures nothing: %v", p.Truth(e))
	}
	b.ReportAllocs()
	for b.Loop() {
		p.Truth(e)
	}
}

func BenchmarkEligible(b *testing.B) { benchmarkTruth(b, eligibility) }

func BenchmarkTableLookup(b *testing.B) { benchmarkTruth(b, `named[lead.domain].owner == "ana"`) }

func BenchmarkArithmetic(b *testing.B) {
	benchmarkTruth(b, `rep.open * 2 + 1 < rep.capacity * 3 and lead.value / 2 > 1`)
}

func BenchmarkPredicate(b *testing.B) { benchmarkTruth(b, `any(lead.tags, # == "c")`) }

func BenchmarkTime(b *testing.B) { benchmarkTruth(b, `days(now - rep.hired_at) > 90`) }

func BenchmarkReferenceInterpreter(b *testing.B) {
	v := theWorld(b)
	p := condition(b, v, eligibility)
	e := env(b, v, map[string]any{"region": "north", "industry": "steel"},
		map[string]any{"active": true, "region": "north", "skills": "food; steel", "open": 3, "capacity": 5})
	b.ReportAllocs()
	for b.Loop() {
		p.Value(e)
	}
}

func BenchmarkCompile(b *testing.B) {
	v := theWorld(b)
	b.ReportAllocs()
	for b.Loop() {
		condition(b, v, eligibility)
	}
}

// TestEvaluationAllocatesNothing holds for every expression that makes no
// text and no list.
func TestEvaluationAllocatesNothing(t *testing.T) {
	v := theWorld(t)
	e := env(t, v, map[string]any{"region": "north", "industry": "steel", "domain": "acme.com", "tags": "a; b"},
		map[string]any{"active": true, "region": "north", "skills": "food; steel", "open": 3, "capacity": 5})
	for _, source := range []string{
		eligibility, "enterprise or rep.active", `named[lead.domain].owner == "ana"`, "lead.domain in freemail",
		`any(lead.tags, # == "b")`, "rep.kpi.win_rate > 0.5 or not has(lead.country)", "(lead.score ?? 1) / rep.open > 0.1", `lead.industry matches "^st"`,
	} {
		p := condition(t, v, source)
		if n := testing.AllocsPerRun(100, func() { p.Truth(e) }); n != 0 && !budget.Race {
			t.Errorf("evaluating allocates nothing, but %s allocates %v times", source, n)
		}
	}
}
