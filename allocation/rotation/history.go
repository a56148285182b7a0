package rotation

// history is what a ledger remembers so that [Ledger.Bound] can say which theorem
// covers everything that happened. It depends on outcomes alone, never on which
// method recorded them, so that folding recorded outcomes rebuilds it.
type history struct {
	outcomes int64  // customers given, voided ones included
	largest  Credit // V: the largest debit, or size·Unit if that is more, or what SetLargest promised
	reached  Credit // the largest |credit| there has been

	// Of outcomes since the last disturbance in which the winner was not the one
	// owed most: the most anybody was owed, and the furthest a winner was ahead.
	free  bool
	tau   Credit
	sigma Credit
	// Twice what the last disturbance left above the envelope of Largest, and
	// above that of a window of one customer.
	above [2]Credit
	// The largest bound (twice) that was in force before the last disturbance.
	held Credit

	disturbed bool  // some credit has moved other than by an outcome
	present   bool  // every outcome had all accounts for entrants, with weight
	steady    bool  // moreover with the same size and weights, by earliest deadline
	size      int64 // of the outcomes, while steady
}

func newHistory() history { return history{present: true, steady: true} }

// opened notes a new account: whoever comes after the first outcome was not
// present from the start.
func (h *history) opened() {
	if h.outcomes > 0 {
		h.present, h.steady = false, false
	}
}

func (h *history) extreme(c Credit) {
	if c = c.abs(); h.reached.less(c) {
		h.reached = c
	}
}

// note records an outcome, with shares handed out and the winner not yet charged.
func (l *Ledger) note(t *turn, winner int, byDeadline bool) {
	h := &l.history
	if c := l.credits[t.entrants[winner].Account]; c.less(t.most) {
		h.free = true
		h.tau = larger(h.tau, t.most)
		h.sigma = larger(h.sigma, c.neg())
	}
	h.largest = larger(h.largest, larger(t.debit, sizeCredit(t.size)))
	if h.present && (t.idle || len(t.entrants) != l.open) {
		h.present, h.steady = false, false
	}
	if h.steady {
		h.steady = l.sameAsFirst(t) && (byDeadline || l.dueFirst(t, winner))
	}
	h.outcomes++
}

// sameAsFirst reports whether size and weights are those of the first outcome.
func (l *Ledger) sameAsFirst(t *turn) bool {
	h := &l.history
	if h.outcomes == 0 {
		h.size = t.size
		l.first = make([]int64, len(l.accounts))
		for _, e := range t.entrants {
			l.first[e.Account] = e.Weight
		}
		return true
	}
	if h.size != t.size {
		return false
	}
	var differ int64
	first := l.first
	for i := range t.entrants {
		differ |= first[t.entrants[i].Account] ^ t.entrants[i].Weight
	}
	return differ == 0
}

// dueFirst reports whether rule Deadline could have chosen the winner, whatever
// the preference among ties.
func (l *Ledger) dueFirst(t *turn, winner int) bool {
	c := l.credits[t.entrants[winner].Account]
	d := newDeadlines(t.debit, l.horizon())
	if t.equal || !t.most.less(t.debit) || t.most.less(d.release) {
		return c == t.most
	}
	// While steady nobody is owed anything without a share, so somebody takes part.
	return l.released(t, d, winner) && l.compareDeadlines(t, d, winner, l.deadline(t)) == 0
}
