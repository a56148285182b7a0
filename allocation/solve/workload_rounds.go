package solve

// hardening is where the search is in a cycle of penalties. In the beginning penalties are so soft
// that nearly everybody is where cost and priced effort are least; they harden
// slowly, so that loads come right by the moves that cost least; and when nobody
// is over his capacity any more they go up and down for a while around what keeps
// it so. Each cycle is slower than the one before.
type hardening struct {
	hard      float64 // penalties, as a share of the usual ones
	slow      float64 // rounds for each step in hardness
	waited    int     // rounds since the last one
	lingering int     // rounds left at the end of a cycle
}

const (
	softest    = 0.02
	quiteHard  = 1    // enough, when nobody is over
	veryHard   = 4    // from there on steps are large
	hardest    = 1e5  // enough anyhow
	harder     = 1.05 // a step
	muchHarder = 1.3  // a large one; before the first round, all are
	firstSlow  = 3
	slower     = 1.1 // from cycle to cycle
	linger     = 100 // rounds at the end of a cycle, as many times as slow

	kickNear     = 5  // a customer moves to one of so many nearest reps
	penaltyEvery = 20 // rounds, at the end of a cycle
)

// begin gives each customer to the rep where cost and priced effort are least,
// and hardens quickly.
func (s *chains) begin() {
	for i := range s.near {
		if len(s.near[i]) == 0 {
			return // stopped
		}
		s.put(&s.near[i][0])
	}
	for s.soften(); !s.hardEnough() && !s.stopped(); {
		s.harden(muchHarder)
	}
	s.slow = firstSlow
	s.soften()
}

// soften begins a cycle.
func (s *chains) soften() {
	s.hard, s.waited = softest, 0
	s.harden(1)
}

// harden multiplies penalties, and mends what that leads to.
func (s *chains) harden(by float64) {
	s.hard = float64(s.hard * by)
	mean := int64(0)
	reps := s.desk[:len(s.desk)-1]
	for r := range reps {
		mean += reps[r].price / int64(len(reps))
	}
	for r := range reps {
		usual := reps[r].price + mean/10 + 1
		reps[r].penalty = 1 + int64(min(float64(s.highest), float64(s.hard*float64(usual))))
	}
	for i := range s.near {
		s.push(int32(i))
	}
	s.descend()
}

func (s *chains) hardEnough() bool { return s.hard >= quiteHard && s.over == 0 || s.hard >= hardest }

// round moves a customer at random and mends what that leads to; what is worse,
// penalties included, is undone. (Iterated local search.)
func (s *chains) round() {
	s.trail = s.trail[:0]
	before := s.fined()
	s.kick()
	s.descend()
	if s.fined() > before {
		s.undo()
	}
	if s.lingering > 0 {
		s.lingers()
		return
	}
	if s.waited++; float64(s.waited) < s.slow {
		return
	}
	s.waited = 0
	if s.hard < veryHard {
		s.harden(harder)
	} else {
		s.harden(muchHarder)
	}
	if s.hardEnough() {
		s.lingering = int(linger * s.slow)
	}
}

// lingers is a round of those at the end of a cycle.
func (s *chains) lingers() {
	if s.lingering%penaltyEvery == 0 {
		s.adaptPenalties()
	}
	if s.lingering--; s.lingering == 0 {
		s.slow = float64(s.slow * slower)
		s.soften()
	}
}

func (s *chains) kick() {
	customer := int32(s.random.below(len(s.seat)))
	near := s.near[customer]
	if to := near[s.random.below(min(kickNear, len(near)))].pair; to != s.seat[customer].pair {
		s.move(customer, to)
	}
}

// adaptPenalties raises the penalties of reps who are over their capacity; when
// nobody is, it lowers all, so that the search may pass through allocations
// that are a little over.
func (s *chains) adaptPenalties() {
	for r := range s.desk[:len(s.desk)-1] {
		switch d := &s.desk[r]; {
		case s.over == 0:
			d.penalty -= d.penalty / 33
		case d.load > d.capacity:
			d.penalty = min(s.highest, d.penalty+d.penalty/10+1)
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
