package rule

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// TestDispatchFindsWhatEvaluatingFinds compares, for drawn conditions on the
// customer, the search with evaluating each in order.
func TestDispatchFindsWhatEvaluatingFinds(t *testing.T) {
	ruled := 0
	rapid.Check(t, func(rt *rapid.T) {
		g := generator{rt}
		v := drawVocabulary(rt)
		w := &writer{generator: g, v: v, only: []Side{Customer}}
		programs := []*Program{nil}[:g.pick("without a condition", 2)]
		for range 1 + g.pick("conditions", 150) {
			source := w.whenLike(1 + g.pick("depth", 3))
			p, err := v.Compile(Text{Source: source}, Want{Kind: Bool, Scope: CustomerOnly})
			if err == nil {
				programs = append(programs, p)
			}
		}
		d := NewDispatch(programs)
		ruled += len(d.fields)
		var s Search
		for range 4 {
			e := &Env{Customer: drawRecord(g, v, Customer), Now: theNow}
			d.Begin(&s, e)
			from := 0
			for {
				at, truth := d.Next(&s, from)
				want, wantTruth := len(programs), False
				for i := from; i < len(programs); i++ {
					if x := programs[i].answer(e); x != False {
						want, wantTruth = i, x
						break
					}
				}
				if at != want || truth != wantTruth {
					rt.Fatalf("the next condition that is not false is found, unknowns included: from %d got %d (%v), want %d (%v)", from, at, truth, want, wantTruth)
				}
				if from = at + 1; at == len(programs) {
					break
				}
			}
		}
	})
	if ruled == 0 {
		t.Fatal("no drawn condition rules anything out")
	}
}

// whenLike draws conditions as policies have them: many equalities.
func (w *writer) whenLike(depth int) string {
	k := []Kind{String, Int, Number}[w.pick("kind", 3)]
	if depth > 0 {
		switch w.pick("when", 4) {
		case 0:
			return "(" + w.whenLike(depth-1) + w.one(" and ", " or ") + w.whenLike(depth-1) + ")"
		case 1:
			return w.expression(Bool, depth)
		}
	}
	switch w.pick("leaf", 5) {
	case 0:
		return w.one("", "not ") + "lead.c10"
	case 1:
		return "(" + w.field(k) + " in " + w.literal(map[Kind]Kind{String: StringList, Int: IntList, Number: NumberList}[k]) + ")"
	case 2:
		return "(" + w.field(String) + " in vips)"
	case 3:
		return "(" + w.literal(k) + " == " + w.field(k) + ")"
	}
	return "(" + w.field(k) + " == " + w.literal(k) + ")"
}

// BenchmarkDispatch is the search for the first match, which is the last of
// all conditions: two fields, as many values as conditions.
func BenchmarkDispatch(b *testing.B) {
	for _, n := range []int{10, 100, 2000} {
		v := theWorld(b)
		var programs []*Program
		for i := range n {
			source := fmt.Sprintf(`lead.country == "c%d" and lead.industry in ["i%d", "j%d"] and lead.score > 10`, i%45, i/45, i/45)
			p, err := v.Compile(Text{Source: source}, Want{Kind: Bool, Scope: CustomerOnly})
			must(b, err)
			programs = append(programs, p)
		}
		e := env(b, v, map[string]any{"country": fmt.Sprintf("c%d", (n-1)%45), "industry": fmt.Sprintf("j%d", (n-1)/45), "score": 11}, nil)
		d := NewDispatch(programs)
		var s Search
		b.Run(fmt.Sprintf("dispatch/rules=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				d.Begin(&s, e)
				if at, truth := d.Next(&s, 0); at != n-1 || truth != True {
					b.Fatalf("the last condition is the first match, not %d", at)
				}
			}
		})
		b.Run(fmt.Sprintf("one_by_one/rules=%d", n), func(b *testing.B) {
			for b.Loop() {
				for _, p := range programs {
					if p.Truth(e).Truth == True {
						break
					}
				}
			}
		})
	}
}
