package allocation

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestPropertyPlanLevels compares with every allocation: as many as can be are
// placed, and what reps then have is as even as can be.
func TestPropertyPlanLevels(t *testing.T) {
	checkPlans(t, func(t *rapid.T) {
		b := drawRotation(t, false, true)
		how := rapid.SampledFrom([]string{"least_open", "most_available", "first"}).Draw(t, "pick")
		r := &b.fake.Rules[0]
		r.Pick, r.HasWeight = how, false
		for i := range b.reps {
			b.reps[i].Capacity = new(int64(b.reps[i].KPI["cap0"]))
		}
		b.open(t)
		for i := range rapid.IntRange(0, 4).Draw(t, "before") {
			if _, err := b.desk.Assign(context.Background(), b.drawCustomer(t, fmt.Sprint("old", i), 1)); err != nil {
				t.Fatal(err)
			}
		}
		b.customers = b.customers[:min(len(b.customers), 6)]
		s := b.view(t)
		begin := make([]int64, len(b.reps))
		for i, rep := range b.reps {
			row, _ := s.roster.row(rep.ID)
			switch how {
			case "least_open":
				begin[i] = s.roster.members[row].open
			case "most_available":
				begin[i] = s.roster.members[row].open - *rep.Capacity
			}
		}
		plan := mustPlan(b.desk, b.customers, PlanOptions{At: monday})
		got, placed := slices.Clone(begin), 0
		for _, row := range plan.Rows {
			if row.Status == StatusAssigned {
				got[slices.IndexFunc(b.reps, func(r Rep) bool { return r.ID == row.Rep })]++
				placed++
			}
		}
		most, level := b.mostLevel(s, begin)
		// Who cannot get anybody plays no part, wherever he begins.
		if slices.Sort(got); placed != most || !slices.Equal(got, level) {
			t.Fatalf("%s: %d placed, loads %v; %d can be, at %v\n%s", how, placed, got, most, level, asJSON(t, plan))
		}
	})
}

// mostLevel tries every allocation.
func (b *backlog) mostLevel(s *state, begin []int64) (most int, level []int64) {
	load := slices.Clone(begin)
	var try func(k, placed int)
	try = func(k, placed int) {
		if k == len(b.customers) {
			sorted := slices.Sorted(slices.Values(load))
			if level == nil || placed > most || placed == most && slices.Compare(sorted, level) > 0 {
				most, level = placed, sorted
			}
			return
		}
		try(k+1, placed)
		for i, rep := range b.reps {
			row, _ := s.roster.row(rep.ID)
			room := int64(rep.KPI["cap0"]) - s.roster.members[row].open
			if b.customers[k].Fields["fit0"+rep.ID] == 1 && load[i]-begin[i] < room {
				load[i]++
				try(k+1, placed+1)
				load[i]--
			}
		}
	}
	try(0, 0)
	return most, level
}
