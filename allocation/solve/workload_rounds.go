package solve

// How a round disturbs, and how penalties follow what it leads to.
const (
	kickNear     = 5  // a customer moves to one of so many nearest reps
	penaltyEvery = 20 // rounds; a quarter of it until an allocation is found
)

// round moves a customer at random and mends what that leads to; what is worse,
// penalties included, is undone. (Iterated local search.)
func (s *chains) round(n int) {
	s.before = append(s.before[:0], s.at...)
	cost := s.fined()
	s.kick()
	s.descend()
	if s.fined() > cost {
		for customer, pair := range s.before {
			if s.at[customer] != pair {
				s.move(int32(customer), pair)
			}
		}
	}
	if n%penaltyEvery == 0 || !s.found() && n%(penaltyEvery/4) == 0 {
		s.adaptPenalties()
	}
}

func (s *chains) kick() {
	customer := int32(s.random.below(len(s.at)))
	near := s.near[customer]
	to := near[s.random.below(min(kickNear, len(near)))]
	if to == s.at[customer] {
		return
	}
	from := s.rep[s.at[customer]]
	s.move(customer, to)
	s.push(customer)
	s.pushAll(from)
	s.pushAll(s.rep[to])
}

// adaptPenalties raises the penalties of reps who are over their capacity; when
// nobody is, it lowers all, so that the search may pass through allocations
// that are a little over.
func (s *chains) adaptPenalties() {
	for r := range s.penalty[:len(s.penalty)-1] {
		switch {
		case s.over == 0:
			s.penalty[r] = max(1, s.penalty[r]*98/100)
		case s.load[r] > s.capacity[r]:
			s.penalty[r] = min(s.highest, s.penalty[r]*107/100+1)
		}
	}
}

// random is xorshift64*: small, and the same on every machine.
type random uint64

func newRandom(seed uint64) random { return random(seed*2862933555777941757 + 3037000493 | 1) }

// below returns a number from 0 to n−1.
func (r *random) below(n int) int {
	x := uint64(*r)
	x ^= x >> 12
	x ^= x << 25
	x ^= x >> 27
	*r = random(x)
	return int((x * 2685821657736338717 >> 32) * uint64(n) >> 32)
}
