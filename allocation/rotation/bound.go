package rotation

import (
	"fmt"
	"math/big"
)

// Bound says how far any credit of a ledger has been from zero and can get, and
// why: no credit was or will be outside ±Total while customers are given by the
// selection asked about, no size exceeds V, nothing is adjusted, and (for the
// theorems that say so) everybody stays present.
//
// It is the tightest of the known theorems that the ledger's own history allows,
// and holds for the integers on the ledger with no tolerance.
type Bound struct {
	Theorem Theorem
	// N is the number of open accounts.
	N int
	// B is the theorem's coefficient, exactly, in multiples of V.
	B *big.Rat
	// V is the largest debit so far, or what SetLargest promised: a size and at
	// most half a unit for each entrant. Before the first customer it is one size
	// unit.
	V Credit
	// C is what must be added to B·V to cover the whole history; 0 unless
	// something was adjusted or a looser rule was in use.
	C Credit
	// Total is ⌊B·V⌋ + C.
	Total Credit
	// CNow is c of the state bound from today's credits for the selection asked
	// about, rounded up to a unit.
	CNow Credit
	// FromNow bounds the future alone: no credit will leave ±FromNow.
	FromNow Credit
	// Reached is the largest credit, or debt, since the start: at most Total.
	Reached Credit
}

// String is one line for a report.
func (b Bound) String() string {
	return fmt.Sprintf("%s of at most %s reached (%s·%s + %s; %s; n = %d)",
		b.Reached, b.Total, decimal(b.B), b.V, b.C, b.Theorem, b.N)
}

func decimal(r *big.Rat) string {
	if r.IsInt() {
		return r.Num().String()
	}
	return r.FloatString(4)
}

// Used is Reached as a part of Total, 0..1, for display; 0 when Total is 0.
func (b Bound) Used() float64 {
	if b.Total == (Credit{}) {
		return 0
	}
	f, _ := new(big.Rat).SetFrac(b.Reached.Units(), b.Total.Units()).Float64()
	return f
}

// Bound states the bound for customers given by a selection; a selection that
// Pick would refuse is read as Deadline.
// Cost: O(accounts·log accounts), and exact harmonic numbers where they apply.
func (l *Ledger) Bound(sel Selection) Bound {
	if sel.check() != nil {
		sel = Selection{}
	}
	h := &l.history
	v := h.scale()
	mine := envelope{l.open, v, sel.beta2(l.open, v)}
	now := l.excess(mine)
	b := Bound{N: l.open, V: v, CNow: half(now), Reached: h.reached}
	if t, ok := l.everybody(sel, v); ok {
		b.Theorem, b.B = t, t.coefficient(b.N)
		b.Total = floorMul(b.B, v)
		b.FromNow = smaller(b.Total, floorHalf(mine.one().add(now)))
		return b
	}
	next := l.next(sel, now)
	b.B = mine.coefficient()
	b.Total = floorHalf(larger(l.past(), next))
	b.FromNow = floorHalf(next)
	b.C = b.Total.sub(floorMul(b.B, v))
	if !h.disturbed && b.C == (Credit{}) {
		b.Theorem = FromZero
	}
	return b
}

// everybody is the theorem for a ledger in which all accounts took part in every
// outcome, if the history and the selection asked about allow one.
func (l *Ledger) everybody(sel Selection, v Credit) (Theorem, bool) {
	h := &l.history
	if !h.present || h.disturbed {
		return 0, false
	}
	tau, sigma := h.tau, h.sigma
	if sel.Rule == Window {
		tau, sigma = larger(tau, milliFloor(sel.Tau)), larger(sigma, milliFloor(sel.Sigma))
	}
	switch {
	case h.steady && sel.Rule == Deadline:
		return Chairman, true
	case !h.free && sel.Rule == Largest:
		return EverybodyLargest, true
	case !v.less(tau) && sigma == Credit{}:
		return EverybodyWindow, true
	}
	return 0, false
}

// past is twice the bound that covers everything up to now. The excess that the
// last disturbance left is known for two envelopes; the one of a window of one
// customer may be used when the outcomes since took at least that much freedom.
func (l *Ledger) past() Credit {
	h := &l.history
	v := h.scale()
	var beta2 Credit
	if h.free {
		beta2 = windowBeta(l.open, v, h.tau, h.sigma)
	}
	return larger(h.held, l.since(beta2, v))
}

// since is twice the bound from the last disturbance on, with freedom beta2.
func (l *Ledger) since(beta2, v Credit) Credit {
	h := &l.history
	bound := envelope{l.open, v, beta2}.one().add(h.above[0])
	one := larger(beta2, windowBeta(l.open, v, v, Credit{}))
	return smaller(bound, envelope{l.open, v, one}.one().add(h.above[1]))
}

// next is twice the bound for the future: from today's state by the selection
// alone, or with the history by the freest of both, whichever is less.
func (l *Ledger) next(sel Selection, now Credit) Credit {
	h := &l.history
	v := h.scale()
	beta2 := sel.beta2(l.open, v)
	fresh := envelope{l.open, v, beta2}.one().add(now)
	if h.free {
		beta2 = larger(beta2, windowBeta(l.open, v, h.tau, h.sigma))
	}
	return smaller(fresh, l.since(beta2, v))
}

// scale is V, or one size unit when there was nothing yet.
func (h *history) scale() Credit {
	if h.largest == (Credit{}) {
		return sizeCredit(1)
	}
	return h.largest
}

// beta2 is the 2β of a selection.
func (s Selection) beta2(n int, v Credit) Credit {
	switch s.Rule {
	case Largest:
		return Credit{}
	case Window:
		return windowBeta(n, v, milliFloor(s.Tau), milliFloor(s.Sigma))
	}
	return windowBeta(n, v, v, Credit{})
}

// coefficient is f(1)/v.
func (e envelope) coefficient() *big.Rat {
	return new(big.Rat).SetFrac(e.one().Units(), e.v.mulSmall(2).Units())
}

// floorMul is ⌊b·v⌋ for b ≥ 0. Credits are whole units, so a credit that is at
// most b·v is at most that.
func floorMul(b *big.Rat, v Credit) Credit {
	n := new(big.Int).Mul(b.Num(), v.Units())
	return creditFromBig(n.Quo(n, b.Denom()))
}

func floorHalf(c Credit) Credit { return c.divSmall(2) }

// half is ⌈c/2⌉.
func half(c Credit) Credit { return c.add(creditOf(1)).divSmall(2) }
