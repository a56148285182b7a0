package policy

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"pgregory.net/rapid"
)

// TestIndexedMatcherAnswersAsTheReferenceDoes draws policies, rosters that
// change and customers, and compares every answer of the matcher that desks
// use with that of the one that evaluates.
func TestIndexedMatcherAnswersAsTheReferenceDoes(t *testing.T) {
	compared := 0
	rapid.Check(t, func(rt *rapid.T) {
		d := drawDocument(rt)
		p, err := d.Compile()
		if err != nil {
			rt.Fatalf("a drawn document is right: %v", err)
		}
		fast, slow := p.NewMatcher(), p.NewReference()
		rows := 0
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			switch rapid.IntRange(0, 3).Draw(rt, "step") {
			case 0, 1:
				row := rapid.IntRange(0, rows).Draw(rt, "row")
				rep := drawRep(rt, row)
				a, b := fast.SetRep(row, &rep), slow.SetRep(row, &rep)
				if a != nil || b != nil {
					rt.Fatalf("a drawn rep is right: %v, %v", a, b)
				}
				rows = max(rows, row+1)
			case 2:
				if rows > 0 {
					row, units := rapid.IntRange(0, rows-1).Draw(rt, "row"), rapid.Int64Range(0, 6).Draw(rt, "open")
					fast.SetOpen(row, units)
					slow.SetOpen(row, units)
				}
			case 3:
				compared += compareMatchers(rt, p, fast, slow, rows)
			}
		}
	})
	if compared == 0 {
		t.Fatal("no answer was compared")
	}
}

func drawRep(t *rapid.T, row int) allocation.Rep {
	word := func(label string) string {
		return rapid.SampledFrom([]string{"", "north", "south"}).Draw(t, label)
	}
	r := allocation.Rep{ID: fmt.Sprint("rep", row), Region: word("region"), Country: word("country"), Inactive: rapid.Bool().Draw(t, "inactive")}
	if rapid.Bool().Draw(t, "capacity known") {
		capacity := rapid.Int64Range(0, 5).Draw(t, "capacity")
		r.Capacity = &capacity
	}
	if rapid.Bool().Draw(t, "win rate known") {
		r.KPI = map[string]float64{"win_rate": rapid.SampledFrom([]float64{-1, 0, 0.25, 3}).Draw(t, "win rate")}
	}
	if rapid.Bool().Draw(t, "hired known") {
		r.HiredAt = noon.Add(-time.Duration(rapid.IntRange(0, 60).Draw(t, "days")) * 24 * time.Hour)
	}
	return r
}

// compareMatchers compares all answers about one drawn customer.
func compareMatchers(t *rapid.T, p *allocation.Policy, fast, slow allocation.Matcher, rows int) int {
	c := allocation.Customer{ID: "L", Region: rapid.SampledFrom([]string{"", "north", "south"}).Draw(t, "region")}
	c.Country = rapid.SampledFrom([]string{"", "NO", "DE"}).Draw(t, "country")
	c.Fields = map[string]any{"employees": rapid.SampledFrom([]int{0, 200, 2000}).Draw(t, "employees")}
	if rapid.Bool().Draw(t, "score known") {
		score := rapid.SampledFrom([]float64{5, 20}).Draw(t, "score")
		c.Score, c.Value = &score, &score
	}
	subject, err := fast.ReadCustomer(&c)
	if err != nil {
		t.Fatalf("a drawn customer is right: %v", err)
	}
	same, err := slow.ReadCustomer(&c)
	if err != nil {
		t.Fatalf("a drawn customer is right: %v", err)
	}
	now := noon.Add(time.Duration(rapid.IntRange(0, 40).Draw(t, "now")) * 24 * time.Hour)
	a, b := fast.Match(subject, now), slow.Match(same, now)
	compared := 0
	check := func(what string, x, y any) {
		compared++
		if x != y {
			t.Fatalf("the matcher answers as the reference does: %s is %v, and %v by the reference", what, x, y)
		}
	}
	pair := func(x any, known bool) string { return fmt.Sprint(x, known) }
	for from := 0; from <= len(p.Rules); from++ {
		i, truth := a.Next(from)
		j, other := b.Next(from)
		check(fmt.Sprint("the rule from ", from), pair(i, truth == allocation.True), pair(j, other == allocation.True))
	}
	for i := range p.Rules {
		var x, y allocation.RepSet
		for row := range rows {
			x.Add(row)
			y.Add(row)
		}
		a.Eligible(i, &x)
		b.Eligible(i, &y)
		check("who is eligible", fmt.Sprint(slices.Collect(x.All())), fmt.Sprint(slices.Collect(y.All())))
		for row := range rows {
			check("weight", pair(a.Weight(i, row)), pair(b.Weight(i, row)))
			check("prefer", pair(a.Prefer(i, row)), pair(b.Prefer(i, row)))
		}
	}
	for c := range p.Caps {
		for row := range rows {
			check("limit", pair(a.Limit(c, row)), pair(b.Limit(c, row)))
		}
	}
	return compared
}
