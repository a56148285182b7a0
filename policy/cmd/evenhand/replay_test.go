package main

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/evenhand/evenhand/allocation"
)

func drawArrivals(t *rapid.T) []*arrival {
	day := func(n int) time.Time { return time.Date(2026, 3, n, 0, 0, 0, 0, time.UTC) }
	var arrivals []*arrival
	for i := range rapid.IntRange(0, 12).Draw(t, "arrivals") {
		at := rapid.IntRange(1, 6).Draw(t, "at")
		a := &arrival{customer: allocation.Customer{ID: fmt.Sprint("c", i%8), At: day(at)}}
		if rapid.Bool().Draw(t, "closes") {
			a.closes = day(rapid.IntRange(at, 8).Draw(t, "close"))
		}
		arrivals = append(arrivals, a)
	}
	return arrivals
}

func TestStepsAreInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		arrivals := drawArrivals(t)
		in := &intake{at: 0}
		in.sortArrivals(arrivals)
		steps := stepsOf(arrivals)
		arrived := map[*arrival]bool{}
		closed := 0
		for i, s := range steps {
			if i > 0 && s.at.Before(steps[i-1].at) {
				t.Fatalf("property: time never goes back; step %d at %v after %v", i, s.at, steps[i-1].at)
			}
			if s.phase == arriving {
				arrived[s.a] = true
				continue
			}
			closed++
			if !arrived[s.a] {
				t.Fatalf("property: nobody closes before arriving; step %d closes %s", i, s.a.customer.ID)
			}
			for _, before := range steps[:i] {
				if s.phase == closing && before.phase == arriving && before.at.Equal(s.at) {
					t.Fatalf("property: closings come before arrivals of the same moment; step %d at %v", i, s.at)
				}
			}
		}
		want := 0
		for _, a := range arrivals {
			if !a.closes.IsZero() {
				want++
			}
		}
		if len(arrived) != len(arrivals) || closed != want {
			t.Fatalf("property: everybody arrives and closes once; %d of %d, %d of %d", len(arrived), len(arrivals), closed, want)
		}
	})
}

func TestStepsTakenTogether(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		arrivals := drawArrivals(t)
		for i := range rapid.SampledFrom([]int{0, 600}).Draw(t, "more") {
			arrivals = append(arrivals, &arrival{customer: allocation.Customer{ID: fmt.Sprint("m", i), At: time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)}})
		}
		in := &intake{at: 0}
		in.sortArrivals(arrivals)
		for rest := stepsOf(arrivals); len(rest) > 0; {
			n := together(rest)
			if n < 1 || n > mostTogether {
				t.Fatalf("property: 1 to %d steps share an append; %d", mostTogether, n)
			}
			within := map[*arrival]bool{}
			for _, s := range rest[:n] {
				if within[s.a] {
					t.Fatalf("property: nobody arrives and closes in one append; %s", s.a.customer.ID)
				}
				within[s.a] = true
			}
			if n < min(len(rest), mostTogether) && !within[rest[n].a] {
				t.Fatalf("property: an append ends early only before a closing of one who arrives in it; it ends before %s", rest[n].a.customer.ID)
			}
			rest = rest[n:]
		}
	})
}

func TestSortIgnoresTheFilesOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var arrivals []*arrival
		for i := range rapid.IntRange(0, 10).Draw(t, "n") {
			arrivals = append(arrivals, &arrival{customer: allocation.Customer{
				ID: fmt.Sprint("c", i), At: time.Date(2026, 3, rapid.IntRange(1, 3).Draw(t, "day"), 0, 0, 0, 0, time.UTC)}})
		}
		shuffled := rapid.Permutation(arrivals).Draw(t, "shuffled")
		in := &intake{at: 0}
		in.sortArrivals(arrivals)
		in.sortArrivals(shuffled)
		for i := range arrivals {
			if arrivals[i] != shuffled[i] {
				t.Fatalf("property: order is by time, then ID, whatever the file's order; place %d", i)
			}
		}
	})
}

func TestOrderColumns(t *testing.T) {
	in := &intake{at: -1}
	var arrivals []*arrival
	for _, cell := range []any{"10", nil, "b", "9", "-1", "a", "9"} {
		arrivals = append(arrivals, &arrival{customer: allocation.Customer{ID: fmt.Sprint(len(arrivals))}, sort: []any{cell}})
	}
	in.sortArrivals(arrivals)
	got := ""
	for _, a := range arrivals {
		got += a.customer.ID
	}
	if want := "1436052"; got != want { // blank, -1, 9, 9, 10, a, b
		t.Errorf("order %s, want %s: blanks first, numbers by value, then text, equals as in the file", got, want)
	}
}

func TestReason(t *testing.T) {
	err := fmt.Errorf("%w: %w", allocation.ErrInput, errors.New("customer \"L-1\": lead.employees: \"many\" is not a whole number\nMaybe 12"))
	a := &arrival{customer: allocation.Customer{ID: "L-1", At: time.Date(2026, 3, 9, 0, 0, 0, 0, time.UTC)}}
	r := &replay{floor: time.Date(2026, 3, 10, 8, 0, 0, 0, time.UTC), progress: &progress{total: 8000}}
	if got, want := r.reason(err, a), `lead.employees: "many" is not a whole number; Maybe 12`; got != want {
		t.Errorf("reason %q, want %q", got, want)
	}
	late := fmt.Errorf("%w: too early", allocation.ErrTime)
	if got, want := r.reason(late, a), "it arrives at 2026-03-09, and the store has decisions up to 2026-03-10 08:00:00: it comes too late to be replayed there"; got != want {
		t.Errorf("reason %q, want %q", got, want)
	}
	r.repeated = 1234
	for kept, want := range map[bool]string{
		true:  "stopped after 1,234 of 8,000 customers: interrupted\nMaybe run the same command again: what was decided is in the store, and it goes on from there",
		false: "stopped after 1,234 of 8,000 customers: interrupted\nMaybe with --store FILE: decisions are kept there, and the same command goes on where it stopped",
	} {
		r.kept = kept
		if got := r.stopped(fmt.Errorf("x: %w", context.Canceled)).Error(); got != want {
			t.Errorf("stopped: %q, want %q", got, want)
		}
	}
}
