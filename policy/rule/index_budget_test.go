package rule

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

// TestIndexKeepsToTheBudget draws rules of many costly leaves over long lists
// and texts, where a leaf that spends its share is unknown: for the index too.
func TestIndexKeepsToTheBudget(t *testing.T) {
	spent := 0
	checkUntil(t, func() bool { return spent > 0 }, func(rt *rapid.T) {
		g := generator{rt}
		v := theWorld(rt)
		leaf := []string{
			"lead.name in rep.skills", "rep.level in lead.tags", "lead.name startsWith rep.level", "lead.name not in rep.teams",
			"(lead.name in lead.tags ? lead.name : lead.country) in rep.skills", "rep.level startsWith (lead.name + lead.country)",
			"((lead.name in lead.tags ? lead.name : lead.country) ?? \"a\") in rep.skills",
		}[g.pick("leaf", 7)]
		source := strings.Join(slices.Repeat([]string{leaf}, []int{1, 30, 70}[g.pick("leaves", 3)]), []string{" and ", " or "}[g.pick("join", 2)])
		p := compiled(rt, v, Bool, source)
		world := newIndexWorld(g, v, []*Program{p})
		long := func(n int) string { return strings.Repeat("a", n) }
		text := func() Value { return StringValue(long([]int{1, 300, 4000}[g.pick("text", 3)])) }
		texts := func() Value {
			var list []string
			for i := range []int{0, 10, 500, 1000}[g.pick("list", 4)] {
				list = append(list, fmt.Sprint(i))
			}
			return StringsValue(append(list[:min(len(list), MaxList-1)], long(300)))
		}
		put := func(r Record, on Side, name string, x Value) {
			slot, _ := v.Slot(on, name)
			r[slot] = x
		}
		for row := range 5 {
			rep := v.NewRecord(Rep)
			put(rep, Rep, "skills", texts())
			put(rep, Rep, "teams", texts())
			put(rep, Rep, "level", text())
			world.rows, world.roster[row] = append(world.rows, row), rep
			world.index.Set(row, append(Record(nil), rep...))
		}
		customer := v.NewRecord(Customer)
		put(customer, Customer, "name", text())
		put(customer, Customer, "country", text())
		put(customer, Customer, "tags", texts())
		_, unknowns := world.compare(rt, &Env{Customer: customer, Now: theNow})
		spent += unknowns
	})
	if spent == 0 {
		t.Fatal("some drawn leaf spends its share")
	}
}

// TestReadersNeverSeeHalfAChange keeps two fields equal in every record, and
// asks for reps in whom they differ while another goroutine changes them.
func TestReadersNeverSeeHalfAChange(t *testing.T) {
	v := theWorld(t)
	differ := condition(t, v, `rep.region == lead.region and rep.level != lead.region or rep.region != lead.region and rep.level == lead.region`)
	index := NewIndex([]*Program{differ})
	rep := func(word string) Record { return env(t, v, nil, map[string]any{"region": word, "level": word}).Rep }
	for row := range 200 {
		index.Set(row, rep(words[1+row%3]))
	}
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			r := index.NewReader()
			e := env(t, v, map[string]any{"region": "steel"}, nil)
			for {
				select {
				case <-stop:
					return
				default:
				}
				r.Hold()
				half := r.Append(index.Plan(0), e, nil)
				r.Release()
				if len(half) > 0 {
					t.Errorf("a reader sees all of a rep's change or nothing of it, but rows %v are half changed", half)
					return
				}
			}
		})
	}
	for n := range 3000 {
		index.Set(n*7%200, rep(words[1+n%3]))
	}
	close(stop)
	readers.Wait()
}

// TestRuleThatDoublesIsLeftToTheInterpreter holds what is made of a rule to a
// size, however its conditions nest.
func TestRuleThatDoublesIsLeftToTheInterpreter(t *testing.T) {
	v := theWorld(t)
	source := "rep.region == lead.region"
	for range 20 {
		source = "(" + source + " ? rep.level == lead.country : lead.industry in rep.skills)"
	}
	index := NewIndex([]*Program{condition(t, v, source)})
	if n := index.Plan(0).yes.parts(); n > 2*maxParts {
		t.Errorf("a rule becomes %d sets at most, but here they are %d", 2*maxParts, n)
	}
}
