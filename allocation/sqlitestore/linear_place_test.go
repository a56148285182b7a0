package sqlitestore_test

import (
	"math/bits"
	"slices"
)

// choose finds the rule that places a customer and the reps it may place him
// with; waiting is to be not placed.
func (s *spec) choose(number int16) (rule string, among uint8, placed bool) {
	tier := tierOf(int(number))
	if tier == big {
		if among := s.under(number, field, false); among != 0 {
			return "big", among, true
		}
	}
	if tier == spam {
		return "spam", 0, true
	}
	among = s.under(number, all, true)
	return "rest", among, among != 0
}

// under is which of the reps have room for a customer.
func (s *spec) under(number int16, among uint8, inRest bool) uint8 {
	for rep := range reps {
		if s.isFull(number, rep, inRest) {
			among &^= 1 << rep
		}
	}
	return among
}

func (s *spec) isFull(number int16, rep int, inRest bool) bool {
	units := unitsOf(int(number))
	return s.open[rep]+units > s.capacity[rep] ||
		tierOf(int(number)) == promo && s.given[rep] >= promos ||
		inRest && s.rest[rep]+units > restLimit(s.capacity[rep])
}

func restLimit(capacity int16) int16 { return max(capacity-2, 0) }

// place decides a customer who holds nothing, and records it.
func (s *spec) place(number int16, round int8, episode int) recorded {
	rule, among, placed := s.choose(number)
	c := s.customer(number)
	c.rep, c.rule, c.sharers, c.inRest, c.given, c.key = -1, -1, 0, false, [reps]int8{}, 0
	d := decision{rule: rule, rep: -1, episode: episode}
	switch {
	case !placed:
		d.status, d.reason = "waiting", "full"
	case rule == "spam":
		d.status, d.reason = "unassigned", "spam"
	default:
		d.status = "assigned"
		c.rule, c.sharers = 0, among
		if rule == "rest" {
			c.rule, c.inRest = 1, true
			s.table(among)
		}
		d.rep = s.turn(int(c.rule), among)
	}
	s.version++
	d.seq = s.version
	c.latest, c.status, c.last = recorded{d, round}, d.status, s.version
	s.hold(number, &c, d.rep)
	if d.status == "waiting" {
		s.wait(number)
	}
	s.put(number, c)
	return c.latest
}

// table records the weights that differ from those the ledger has. Weights that
// are all the same are written with the decision.
func (s *spec) table(among uint8) {
	same, first := true, int64(0)
	for rep := range reps {
		if among&(1<<rep) == 0 {
			continue
		}
		if w := weights[1][rep]; first == 0 {
			first = w
		} else if w != first {
			same = false
		}
	}
	if !same && among&^s.tabled != 0 {
		s.version++
		s.tabled |= among
	}
}

// hold counts a customer on a rep.
func (s *spec) hold(number int16, c *customer, rep int8) {
	c.rep = rep
	if rep < 0 {
		return
	}
	units := unitsOf(int(number))
	s.open[rep] += units
	if c.inRest {
		s.rest[rep] += units
	}
	if tierOf(int(number)) == promo {
		s.given[rep]++
		c.given[rep]++
	}
}

// vacate ends what a customer holds: his place with a rep, or in the list. What
// he counts for by the day stays.
func (s *spec) vacate(number int16) {
	c := s.customer(number)
	switch c.status {
	case "assigned":
		units := unitsOf(int(number))
		s.open[c.rep] -= units
		if c.inRest {
			s.rest[c.rep] -= units
		}
	case "waiting":
		i := slices.Index(s.waiting, number)
		s.waiting = slices.Concat(s.waiting[:i], s.waiting[i+1:])
	}
}

func (s *spec) wait(number int16) {
	at := len(s.waiting)
	if s.ordered {
		at, _ = slices.BinarySearch(s.waiting, number)
	}
	s.waiting = slices.Concat(s.waiting[:at], []int16{number}, s.waiting[at:])
}

// unit is Q of the reference: the credit of one customer.
const unit = 4096 * 232_792_560 // 4096·lcm(1..22)

// shares splits one customer by weight, each share rounded half up on its own;
// the debit is what was handed out.
func shares(rule int, among uint8) (share [reps]int64, debit int64) {
	var total int64
	for rep := range reps {
		if among&(1<<rep) != 0 {
			total += weights[rule][rep]
		}
	}
	for rep := range reps {
		if among&(1<<rep) != 0 {
			share[rep] = (2*unit*weights[rule][rep] + total) / (2 * total)
			debit += share[rep]
		}
	}
	return share, debit
}

// turn gives everybody his share and picks by Deadline: whoever is owed a whole
// customer, most first; else, of those owed 1/K, who would be soonest; else
// whoever is owed most. The lowest number wins ties.
func (s *spec) turn(rule int, among uint8) int8 {
	share, debit := shares(rule, among)
	s.opened[rule] |= among
	credit := &s.credit[rule]
	most := -1
	for rep := range reps {
		credit[rep] += share[rep]
		if among&(1<<rep) != 0 && (most < 0 || credit[rep] > credit[most]) {
			most = rep
		}
	}
	winner := most
	if k := horizon(s.opened[rule]); credit[most] < debit {
		soonest := -1
		for rep := range reps {
			if among&(1<<rep) == 0 || k*credit[rep] < debit {
				continue
			}
			if soonest < 0 || less((k-1)*debit-k*credit[rep], share[soonest], (k-1)*debit-k*credit[soonest], share[rep]) {
				soonest = rep
			}
		}
		if soonest >= 0 {
			winner = soonest
		}
	}
	credit[winner] -= debit
	s.got[rule][winner]++
	return int8(winner)
}

// horizon is K of rule Deadline.
func horizon(accounts uint8) int64 { return max(2, 2*int64(bits.OnesCount8(accounts))-2) }

// less is a·b < c·d for b and d above 0.
func less(a, b, c, d int64) bool {
	if (a < 0) != (c < 0) {
		return a < 0
	}
	negative := a < 0
	if negative {
		a, c = -c, -a
		b, d = d, b
	}
	h1, l1 := bits.Mul64(uint64(a), uint64(b))
	h2, l2 := bits.Mul64(uint64(c), uint64(d))
	return h1 < h2 || h1 == h2 && l1 < l2
}
