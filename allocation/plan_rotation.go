package allocation

import (
	"errors"
	"math"
	"slices"

	"github.com/evenhand/evenhand/allocation/rotation"
	"github.com/evenhand/evenhand/allocation/solve"
)

// This file plans rotations in which every customer counts the same. What a rep
// is entitled to is his credit and the sum of his shares, as online: of each
// customer, in their order, each rep who could have him gets a share by weight,
// and who is at his room by then gets none.

// entitlements is what the reps of a part are entitled to.
type entitlements struct {
	customers []float64            // by rep, credit included
	credit    bool                 // somebody has some
	entrants  [][]rotation.Entrant // by customer: who shares him; Account is the rep's place
}

// entitle works entitlements out. Cost: O(pairs).
func (q *planPart) entitle(o *rooms) *entitlements {
	e := &entitlements{customers: make([]float64, len(q.reps))}
	for n := range q.customers {
		e.entrants = append(e.entrants, q.sharing(o, n, e.customers))
	}
	for r, row := range q.reps {
		credit := q.creditOf(row)
		e.credit = e.credit || credit.Sign() != 0
		// Rounded, so that what adds up to a whole customer is one.
		e.customers[r] = math.Round((e.customers[r]+credit.Float64())*1e9) / 1e9
	}
	return e
}

// sharing splits a customer among those who have room for their share.
func (q *planPart) sharing(o *rooms, n int, shared []float64) []rotation.Entrant {
	var entrants []rotation.Entrant
	for _, pair := range q.of(n) {
		entrants = append(entrants, rotation.Entrant{Account: rotation.Account(pair.rep), Weight: pair.weight})
	}
	for {
		total := int64(0)
		for _, e := range entrants {
			total += e.Weight
		}
		all := len(entrants)
		entrants = slices.DeleteFunc(entrants, func(e rotation.Entrant) bool {
			room := o.room[e.Account]
			return room != noLimit && shared[e.Account]+float64(e.Weight)/float64(total) > float64(room)+1e-9
		})
		if len(entrants) == all {
			for _, e := range entrants {
				shared[e.Account] += float64(e.Weight) / float64(total)
			}
			return entrants
		}
	}
}

// creditOf is a rep's credit in the rule's rotation, where it counts.
func (q *planPart) creditOf(row int) rotation.Credit {
	t := q.p.s.rotations[q.p.s.live.rotations[q.rule]]
	if q.p.o.NoCredit || t == nil || row >= len(t.accounts) || t.accounts[row] == noAccount {
		return rotation.Credit{}
	}
	return t.ledger.Credit(t.accounts[row])
}

// sequence gives the customers out in their order so that nobody is ever a
// customer from what he is entitled to; see solve.Sequence. It is for
// rotations that begin even and prefer nobody, and reports whether it was
// possible and placed as many as can be.
func (q *planPart) sequence(o *rooms, e *entitlements, most int64) (allotment, bool, error) {
	if e.credit || q.r.HasPrefer || len(o.partial) > 0 || q.anyStays() {
		return nil, false, nil
	}
	winners, err := solve.Sequence(q.p.ctx, e.shares(len(q.reps)), solve.Options{Progress: q.told})
	if err != nil {
		return nil, false, err
	}
	a := make(allotment, len(q.customers))
	got := make([]int64, len(q.reps))
	for n, rep := range winners {
		a[n] = -1
		if rep >= 0 {
			a[n] = q.pairWith(n, rep)
			got[rep]++
		}
	}
	for r := range got {
		if got[r] > o.room[r] {
			return nil, false, nil
		}
	}
	q.fill(o, a, make([]int64, len(q.pairs)))
	return a, a.placed() == most, nil
}

// shares is the entitlements for package solve.
func (e *entitlements) shares(reps int) *solve.Entitlements {
	out := &solve.Entitlements{Start: []int{0}, Weight: make([]int64, reps)}
	for _, entrants := range e.entrants {
		for _, entrant := range entrants {
			out.Rep, out.PairWeight = append(out.Rep, int32(entrant.Account)), append(out.PairWeight, entrant.Weight)
		}
		out.Start = append(out.Start, len(out.Rep))
	}
	return out
}

func (a allotment) placed() (n int64) {
	for _, i := range a {
		if i >= 0 {
			n++
		}
	}
	return n
}

// rotate is the optimisation of a rotation: in sequence where that is possible,
// and otherwise within a window of what everybody is entitled to.
func (q *planPart) rotate(v *valueGoal, e *entitlements) (allotment, error) {
	free, err := v.transport()
	if err != nil {
		return nil, err
	}
	if q.p.plan.Stopped {
		return q.unrotated(v, free)
	}
	a, done, err := q.sequence(v.rooms, e, v.proof.most)
	if err != nil && q.p.ctx.Err() != nil {
		q.p.plan.Stopped = true
		return q.unrotated(v, free)
	}
	if done || err != nil {
		return a, err
	}
	v.proof, v.window = proof{}, &window{e.customers, q.narrowest()}
	v.least, v.most = make([]int64, len(q.reps)), make([]int64, len(q.reps))
	return v.allot()
}

// unrotated keeps the caps in an allocation for which there was no time to rotate.
func (q *planPart) unrotated(v *valueGoal, free allotment) (allotment, error) {
	return q.within(v.rooms, func() (allotment, error) {
		if a := free; a != nil {
			free = nil
			return a, nil
		}
		return v.transport()
	}, v.net, v.score)
}

// narrowest is the window that is tried first.
func (q *planPart) narrowest() int64 {
	switch {
	case q.p.o.Within != nil:
		return *q.p.o.Within
	case q.r.HasPrefer:
		return max(1, q.r.Selection.Tau/1000)
	}
	return 0
}

// window is how far from his entitlement a rep may end. 0 is between its floor
// and its ceiling.
type window struct {
	entitled []float64
	within   int64
}

// of is the least and the most that a rep may get.
func (w *window) of(r int, room int64) (least, most int64) {
	entitled := w.entitled[r]
	low, high := math.Floor(entitled), math.Ceil(entitled)
	if w.within > 0 {
		low, high = math.Ceil(entitled-float64(w.within)), math.Floor(entitled+float64(w.within))
	}
	least, most = int64(max(0, low)), int64(max(0, high))
	return min(least, room), min(max(least, most), room)
}

// windowed is transport with everybody's load within a window of his
// entitlement: the narrowest, from the one that is asked for, in which as many
// are placed as without.
func (v *valueGoal) windowed() (allotment, error) {
	free, err := v.best(v.problem(-v.big))
	if err != nil {
		return nil, err
	}
	if !v.proof.known {
		v.proof.most = v.mostPlaced(free)
	}
	for ; ; v.widen() {
		if q := v.q; q.p.ctx.Err() != nil { // then without a window
			q.p.plan.Stopped, v.window, v.least, v.most = true, nil, nil, nil
			return v.accept(free), nil
		}
		p := v.problem(-v.big)
		for r := range v.q.reps {
			v.least[r], v.most[r] = v.window.of(r, v.rooms.room[r])
		}
		p.Min, p.Max = v.least, v.most
		s, err := v.best(p)
		switch {
		case err == nil && s.placed() >= free.placed():
			return v.accept(s), nil
		case v.q.p.ctx.Err() != nil:
		case err != nil && !errors.Is(err, solve.ErrInfeasible) && !errors.Is(err, solve.ErrNotFound):
			return nil, err
		}
	}
}

func (v *valueGoal) widen() {
	v.window.within = max(1, 2*v.window.within)
	if v.proof.known {
		v.proof.outdated, v.proof.price = true, nil
	}
}
