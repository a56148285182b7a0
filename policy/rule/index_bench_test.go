package rule

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"
)

// The compared ways of one question: which reps is this rule true for? Each
// gives the same list, and a benchmark that finds nobody measures nothing.

// benchRoster is the same reps in every form that is compared.
type benchRoster struct {
	records []Record
	structs []benchRep
	columns benchColumns
	lead    map[string]any
	e       *Env
}

type benchRep struct {
	Active   bool     `expr:"active"`
	Region   string   `expr:"region"`
	Level    string   `expr:"level"`
	Skills   []string `expr:"skills"`
	Open     int      `expr:"open"`
	Capacity int      `expr:"capacity"`
	Rating   float64  `expr:"rating"`
}

// benchColumns is the roster as arrays with interned values: what one writes
// by hand who knows the rule beforehand. Skills are bits of one word.
type benchColumns struct {
	active         []bool
	region, level  []int32
	skills         []uint64
	open, capacity []int32
	rating         []float64
	numbers        map[string]int32
}

func (c *benchColumns) intern(s string) int32 {
	n, ok := c.numbers[s]
	if !ok {
		n = int32(len(c.numbers))
		c.numbers[s] = n
	}
	return n
}

// newBenchRoster draws n reps in regions regions, with 3 of 30 skills each,
// nine in ten of them active.
func newBenchRoster(b testing.TB, v *Vocabulary, n, regions int) *benchRoster {
	random := rand.New(rand.NewPCG(1, uint64(n)))
	r := &benchRoster{columns: benchColumns{numbers: map[string]int32{}}}
	skill := func(i int) string { return fmt.Sprintf("skill%02d", i) }
	for i := range n {
		rep := benchRep{
			Active: random.IntN(10) > 0, Region: fmt.Sprintf("region%d", random.IntN(regions)), Level: fmt.Sprintf("%06d", random.IntN(n)),
			Open: random.IntN(30), Capacity: 20 + random.IntN(20), Rating: random.Float64() * 10,
		}
		var skills uint64
		for range 3 {
			s := random.IntN(30)
			if skills>>s&1 == 0 {
				rep.Skills = append(rep.Skills, skill(s))
			}
			skills |= 1 << s
		}
		c := &r.columns
		c.active, c.region, c.level = append(c.active, rep.Active), append(c.region, c.intern(rep.Region)), append(c.level, c.intern(rep.Level))
		c.skills, c.rating = append(c.skills, skills), append(c.rating, rep.Rating)
		c.open, c.capacity = append(c.open, int32(rep.Open)), append(c.capacity, int32(rep.Capacity))
		r.structs = append(r.structs, rep)
		record, err := v.Record(Rep, map[string]any{
			"id": fmt.Sprint(i), "active": rep.Active, "region": rep.Region, "level": rep.Level, "skills": rep.Skills,
			"open": rep.Open, "capacity": rep.Capacity, "rating": rep.Rating, "hired_at": theNow.Add(-time.Duration(random.IntN(1000)) * 24 * time.Hour),
		})
		must(b, err)
		r.records = append(r.records, record)
	}
	r.lead = map[string]any{"region": "region0", "industry": "skill07", "country": "000042", "value": 2.5, "score": 28, "employees": 3}
	r.e = env(b, v, r.lead, nil)
	return r
}

func (r *benchRoster) index(programs ...*Program) *Index {
	x := NewIndex(programs)
	for row, rep := range r.records {
		x.Set(row, append(Record(nil), rep...))
	}
	return x
}

// benchRule is a rule and the two loops one would write for it by hand.
type benchRule struct {
	name, source string
	regions      func(reps int) int
	columns      func(c *benchColumns, dst []int) []int
	structs      func(reps []benchRep, dst []int) []int
}

func few(int) int { return 20 }

var benchRules = []benchRule{{
	name: "eligible", source: eligibility, regions: few,
	columns: func(c *benchColumns, dst []int) []int {
		// The most selective test first, every array indexed without a
		// bounds check.
		region, skill := c.numbers["region0"], uint64(1)<<7
		active, skills, open, capacity := c.active[:len(c.region)], c.skills[:len(c.region)], c.open[:len(c.region)], c.capacity[:len(c.region)]
		for i, of := range c.region {
			if of == region && skills[i]&skill != 0 && active[i] && open[i] < capacity[i] {
				dst = append(dst, i)
			}
		}
		return dst
	},
	structs: func(reps []benchRep, dst []int) []int {
		for i := range reps {
			if r := &reps[i]; r.Active && r.Region == "region0" && hasSkill(r.Skills, "skill07") && r.Open < r.Capacity {
				dst = append(dst, i)
			}
		}
		return dst
	},
}, {
	name: "ternary", source: `lead.score > 20 ? (rep.region == lead.region and rep.active or lead.industry in rep.skills and rep.rating > 9) : rep.open < lead.employees`, regions: few,
	columns: func(c *benchColumns, dst []int) []int {
		region, skill := c.numbers["region0"], uint64(1)<<7
		active, skills, rating := c.active[:len(c.region)], c.skills[:len(c.region)], c.rating[:len(c.region)]
		for i, of := range c.region {
			if of == region && active[i] || skills[i]&skill != 0 && rating[i] > 9 {
				dst = append(dst, i)
			}
		}
		return dst
	},
	structs: func(reps []benchRep, dst []int) []int {
		for i := range reps {
			if r := &reps[i]; r.Region == "region0" && r.Active || hasSkill(r.Skills, "skill07") && r.Rating > 9 {
				dst = append(dst, i)
			}
		}
		return dst
	},
}, {
	name: "two ranges", source: `rep.rating > lead.value and rep.open < lead.employees and rep.region == lead.region`, regions: few,
	columns: func(c *benchColumns, dst []int) []int {
		region := c.numbers["region0"]
		rating, open := c.rating[:len(c.region)], c.open[:len(c.region)]
		for i, of := range c.region {
			if of == region && open[i] < 3 && rating[i] > 2.5 {
				dst = append(dst, i)
			}
		}
		return dst
	},
	structs: func(reps []benchRep, dst []int) []int {
		for i := range reps {
			if r := &reps[i]; r.Rating > 2.5 && r.Open < 3 && r.Region == "region0" {
				dst = append(dst, i)
			}
		}
		return dst
	},
}, {
	name: "unselective range", source: `rep.rating > lead.value`, regions: few,
	columns: func(c *benchColumns, dst []int) []int {
		for i, x := range c.rating {
			if x > 2.5 {
				dst = append(dst, i)
			}
		}
		return dst
	},
	structs: func(reps []benchRep, dst []int) []int {
		for i := range reps {
			if reps[i].Rating > 2.5 {
				dst = append(dst, i)
			}
		}
		return dst
	},
}, {
	name: "posting list", source: `rep.level == lead.country and rep.active`, regions: few,
	columns: func(c *benchColumns, dst []int) []int {
		level := c.intern("000042")
		active := c.active[:len(c.level)]
		for i, of := range c.level {
			if of == level && active[i] {
				dst = append(dst, i)
			}
		}
		return dst
	},
	structs: func(reps []benchRep, dst []int) []int {
		for i := range reps {
			if r := &reps[i]; r.Level == "000042" && r.Active {
				dst = append(dst, i)
			}
		}
		return dst
	},
}, {
	name: "one conjunct left", source: eligibility + ` and rep.rating * lead.value > rep.open / 2`, regions: few,
	columns: func(c *benchColumns, dst []int) []int {
		region, skill := c.numbers["region0"], uint64(1)<<7
		for i, of := range c.region {
			if of == region && c.skills[i]&skill != 0 && c.active[i] && c.open[i] < c.capacity[i] && c.rating[i]*2.5 > float64(c.open[i])/2 {
				dst = append(dst, i)
			}
		}
		return dst
	},
	structs: func(reps []benchRep, dst []int) []int {
		for i := range reps {
			if r := &reps[i]; r.Active && r.Region == "region0" && hasSkill(r.Skills, "skill07") && r.Open < r.Capacity && r.Rating*2.5 > float64(r.Open)/2 {
				dst = append(dst, i)
			}
		}
		return dst
	},
}}

func hasSkill(skills []string, s string) bool {
	for _, have := range skills {
		if have == s {
			return true
		}
	}
	return false
}

// BenchmarkIndex compares, for each rule: the index; the best loop over
// columns; a loop over structs; the interpreter; and expr's machine, run for
// each rep.
func BenchmarkIndex(b *testing.B) {
	for _, rule := range benchRules {
		for _, n := range []int{1_000, 10_000, 100_000} {
			name := fmt.Sprintf("%s/reps=%d/", strings.ReplaceAll(rule.name, " ", "_"), n)
			v := theWorld(b)
			r := newBenchRoster(b, v, n, rule.regions(n))
			if !strings.Contains(rule.source, "lead.country") {
				r.e.Now = theNow
			}
			p := condition(b, v, rule.source)
			index := r.index(p)
			reader, dst := index.NewReader(), make([]int, 0, n)
			want := fmt.Sprint(rule.structs(r.structs, nil))
			if got := fmt.Sprint(reader.Append(index.Plan(0), r.e, nil)); got != want || got != fmt.Sprint(rule.columns(&r.columns, nil)) || got != fmt.Sprint(r.interpret(p, nil)) {
				b.Fatalf("%s: every way gives one list: index %.200s, structs %.200s", name, got, want)
			}
			run := func(way string, fn func()) {
				b.Run(name+way, func(b *testing.B) {
					b.ReportAllocs()
					for b.Loop() {
						fn()
					}
				})
			}
			run("index", func() { dst = reader.Append(index.Plan(0), r.e, dst[:0]) })
			run("columns", func() { dst = rule.columns(&r.columns, dst[:0]) })
			run("structs", func() { dst = rule.structs(r.structs, dst[:0]) })
			run("interpreter", func() { dst = r.interpret(p, dst[:0]) })
			machine := r.machine(b, rule.source)
			run("expr", func() { dst = machine(dst[:0]) })
		}
	}
}

func (r *benchRoster) interpret(p *Program, dst []int) []int {
	e := *r.e
	for row, rep := range r.records {
		e.Rep = rep
		if p.Truth(&e).Truth == True {
			dst = append(dst, row)
		}
	}
	return dst
}

// benchEnv is what expr's machine sees: structs, which it reads fastest.
type benchEnv struct {
	Lead benchLead `expr:"lead"`
	Rep  benchRep  `expr:"rep"`
}

type benchLead struct {
	Region    string  `expr:"region"`
	Industry  string  `expr:"industry"`
	Country   string  `expr:"country"`
	Value     float64 `expr:"value"`
	Score     int     `expr:"score"`
	Employees int     `expr:"employees"`
}

func (r *benchRoster) machine(b *testing.B, source string) func(dst []int) []int {
	program, err := expr.Compile(source, expr.Env(benchEnv{}), expr.AsBool())
	must(b, err)
	e := &benchEnv{Lead: benchLead{Region: "region0", Industry: "skill07", Country: "000042", Value: 2.5, Score: 28, Employees: 3}}
	var machine vm.VM
	return func(dst []int) []int {
		for i := range r.structs {
			e.Rep = r.structs[i]
			out, err := machine.Run(program, e)
			if err != nil {
				b.Fatal(err)
			}
			if out.(bool) {
				dst = append(dst, i)
			}
		}
		return dst
	}
}

// BenchmarkIndexUpdate is what a rep's change costs: a field of low
// cardinality, one of high, an ordered one, and his open units.
func BenchmarkIndexUpdate(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000} {
		v := theWorld(b)
		r := newBenchRoster(b, v, n, 20)
		var programs []*Program
		for _, rule := range benchRules {
			programs = append(programs, condition(b, v, rule.source))
		}
		index := r.index(programs...)
		for _, field := range []struct {
			name   string
			values []Value
		}{
			{"region", []Value{StringValue("region3"), StringValue("region4")}},
			{"level", []Value{StringValue("000001"), StringValue("000077")}},
			{"rating", []Value{NumberValue(0.5), NumberValue(9.5)}},
			{"open", []Value{IntValue(1), IntValue(2)}},
			{"skills", []Value{StringsValue([]string{"skill01", "skill02"}), StringsValue([]string{"skill01", "skill03"})}},
		} {
			slot, _ := v.Slot(Rep, field.name)
			i := 0 // goes on from run to run: no change may be to the value there is
			b.Run(fmt.Sprintf("%s/reps=%d", field.name, n), func(b *testing.B) {
				for b.Loop() {
					i++
					index.SetValue(i*7919%n, slot, field.values[i/n%2])
				}
			})
		}
	}
}

// BenchmarkIndexMemory reports what the index over 100,000 reps holds for each
// rule, the reps' own records not counted.
func BenchmarkIndexMemory(b *testing.B) {
	const n = 100_000
	v := theWorld(b)
	r := newBenchRoster(b, v, n, 20)
	for _, rule := range benchRules {
		b.Run(strings.ReplaceAll(rule.name, " ", "_"), func(b *testing.B) {
			var before, after runtime.MemStats
			for b.Loop() {
				runtime.GC()
				runtime.ReadMemStats(&before)
				index := NewIndex([]*Program{condition(b, v, rule.source)})
				for row, rep := range r.records {
					index.Set(row, rep)
				}
				runtime.GC()
				runtime.ReadMemStats(&after)
				runtime.KeepAlive(index)
			}
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/n, "bytes/rep")
		})
	}
}
