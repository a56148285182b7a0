package apportion

import (
	"fmt"
	"math/bits"
)

// MaxQuotaSteps is how many units QuotaMethod is willing to hand out one by
// one; it refuses more with ErrTooLarge. At that number it takes seconds.
const MaxQuotaSteps = 10_000_000

// splitQuotaMethod is the quota method of Balinski and Young (The Quota
// Method of Apportionment, 1975): unit h goes to the row with the highest
// weight/(k+1) among those whose quota of h exceeds the k that they have. So
// no part ever exceeds its quota rounded up; that none falls below it rounded
// down is their theorem. It is the only such method that is also house
// monotone and, between rows that may take the unit, consistent.
//
// There is no known short cut, as there is for divisor methods. But after as
// many units as the weights in lowest terms add up to, every part equals its
// quota and the sequence begins again, so whole laps are not walked.
func splitQuotaMethod(s *sheet) ([]uint64, error) {
	if s.least != nil {
		return nil, &Error{Kind: ErrMethod, Detail: "quota takes no minimums and maximums",
			Maybe: "use hamilton, which stays in quota, or webster, which is house monotone"}
	}
	var lap uint64
	for _, w := range s.weight {
		lap += w
	}
	parts := make([]uint64, len(s.weight))
	if lap == 0 {
		return parts, nil
	}
	steps := s.total % lap
	if steps > MaxQuotaSteps {
		return nil, &Error{Kind: ErrTooLarge,
			Detail: fmt.Sprintf("quota would hand out %d units one by one, and takes at most %d", steps, MaxQuotaSteps),
			Maybe:  "use hamilton, which stays in quota, or webster, which is house monotone"}
	}
	s.walkLap(parts, lap, steps)
	for i, w := range s.weight {
		parts[i] += s.total / lap * w
	}
	return parts, nil
}

// walkLap hands out the first steps units of a lap, steps < lap. A row waits
// until its quota exceeds what it has, and is then ready until it is served.
func (s *sheet) walkLap(parts []uint64, lap, steps uint64) {
	ready := rowHeap{first: func(i, j int) bool {
		if c := dHondt.compare(s.weight[i], parts[i], s.weight[j], parts[j]); c != 0 {
			return c > 0
		}
		return s.before(i, j)
	}}
	from := make([]uint64, len(parts)) // the unit for which a waiting row is ready
	waiting := rowHeap{first: func(i, j int) bool { return from[i] < from[j] }}
	ready.fill(where(len(parts), func(i int) bool { return s.weight[i] > 0 }))
	for h := uint64(1); h <= steps; h++ {
		for len(waiting.rows) > 0 && from[waiting.rows[0]] <= h {
			ready.push(waiting.rows[0])
			waiting.settleTop(false)
		}
		i := ready.rows[0]
		ready.settleTop(false)
		parts[i]++
		from[i] = firstAbove(parts[i], lap, s.weight[i])
		waiting.push(i)
	}
}

// firstAbove is the smallest h with h × weight ÷ lap > part, for part ≤ weight.
func firstAbove(part, lap, weight uint64) uint64 {
	p := product(part, lap)
	quo, _ := bits.Div64(p.hi, p.lo, weight)
	return quo + 1
}
