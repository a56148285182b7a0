package effort

import (
	"fmt"
	"math"
	"math/big"
)

// Segment is customers who are to be visited alike.
type Segment struct {
	Customers int64
	// Visits a year to each, minutes of each visit, and minutes of travel to
	// it: 0 or more, taken to four decimals.
	Visits, Minutes, Travel float64
}

// Workload is the question how many reps it takes to cover the segments: the
// build-up method of W. J. Talley (1961). It asks what coverage takes, not what
// it brings; Force asks that.
type Workload struct {
	Segments []Segment
	// Hours is what a rep works in a year. NonSelling and Travel are the parts
	// of it that go into other work and into travel, 0 to 1, together below 1;
	// where segments have a travel of their own, it is counted there. Taken to
	// four decimals.
	Hours, NonSelling, Travel float64
	// Calls, if above 0, is how many visits a rep makes in a year; then time
	// is not looked at.
	Calls float64
	// Round says how a part of a rep is rounded. Defaults to RoundUp.
	Round Rounding
	// Separate gives each segment reps of its own, rounded each. Defaults to
	// reps who visit all segments.
	Separate bool
}

// Rounding says what becomes of a part of a rep.
type Rounding uint8

const (
	// RoundUp covers everything: nobody has more work than time.
	RoundUp Rounding = iota
	// RoundNearest leaves less than half a rep's work undone, or half a rep idle.
	RoundNearest
	// RoundDown leaves nobody idle: what is over is not covered.
	RoundDown
)

// roundings is the table of names, in the order of the constants.
var roundings = []string{RoundUp: "up", RoundNearest: "nearest", RoundDown: "down"}

func (r Rounding) String() string {
	if int(r) < len(roundings) {
		return roundings[r]
	}
	return fmt.Sprintf("Rounding(%d)", uint8(r))
}

// ParseRounding reads up, nearest or down. The error is ErrInput.
func ParseRounding(name string) (Rounding, error) {
	for r, n := range roundings {
		if n == name {
			return Rounding(r), nil
		}
	}
	return 0, refused(ErrInput, "there is no rounding %q", name).maybe("up, nearest or down")
}

// Coverage is the answer to a Workload.
type Coverage struct {
	Segments []Covered
	// Visits a year in all, and Load and Capacity: what they take and what one
	// rep has, in hours, or in visits where Calls was given.
	Visits, Load, Capacity float64
	// Exact is the load over the capacity; Reps is it rounded, or the sum of
	// the segments' reps where these are separate.
	Exact float64
	Reps  int64
	// Utilisation is the load over what the reps have: 1 is all of it, above 1
	// is more than there is; 0 without reps.
	Utilisation float64
}

// Covered is one segment of a Coverage.
type Covered struct {
	Visits, Load float64
	Share        float64 // of the load, 0 to 1
	Exact        float64 // reps
	// Reps and Utilisation of the segment's own reps; 0 where reps visit all.
	Reps        int64
	Utilisation float64
}

// Size counts how many reps the segments take. It computes in fractions, so
// that what divides evenly is rounded nowhere. The error is ErrInput, and its
// Rows are segments.
func (w *Workload) Size() (*Coverage, error) {
	if err := w.check(); err != nil {
		return nil, err
	}
	capacity := w.capacity()
	if capacity.Sign() <= 0 {
		return nil, refused(ErrInput, "a rep has no time to sell: %g hours, of which %g%% are other work and %g%% travel", w.Hours, 100*w.NonSelling, 100*w.Travel)
	}
	loads, total, visits := make([]*big.Rat, len(w.Segments)), new(big.Rat), new(big.Rat)
	for i, s := range w.Segments {
		loads[i] = w.load(s)
		total.Add(total, loads[i])
		visits.Add(visits, s.visits())
	}
	c := &Coverage{Visits: number(visits), Load: number(total), Capacity: number(capacity), Exact: number(over(total, capacity))}
	for i, s := range w.Segments {
		v := Covered{Visits: number(s.visits()), Load: number(loads[i]), Exact: number(over(loads[i], capacity))}
		if total.Sign() > 0 {
			v.Share = number(over(loads[i], total))
		}
		if w.Separate {
			v.Reps = w.Round.of(over(loads[i], capacity))
			v.Utilisation = utilisation(loads[i], capacity, v.Reps)
			c.Reps += v.Reps
		}
		c.Segments = append(c.Segments, v)
	}
	if !w.Separate {
		c.Reps = w.Round.of(over(total, capacity))
	}
	c.Utilisation = utilisation(total, capacity, c.Reps)
	return c, nil
}

func (w *Workload) check() error {
	for _, n := range []struct {
		name  string
		value float64
	}{{"hours", w.Hours}, {"part of other work", w.NonSelling}, {"part of travel", w.Travel}, {"visits of a rep", w.Calls}} {
		if !(n.value >= 0 && n.value <= 1e9) {
			return refused(ErrInput, "the %s: %v", n.name, n.value)
		}
	}
	for i, s := range w.Segments {
		if s.Customers < 0 || s.Customers > MaxUnits {
			return refused(ErrInput, "%d customers", s.Customers).rows(i)
		}
		for _, n := range []float64{s.Visits, s.Minutes, s.Travel} {
			if !(n >= 0 && n <= 1e9) {
				return refused(ErrInput, "visits, minutes or travel of %v", n).rows(i)
			}
		}
	}
	return nil
}

// capacity is what a rep has: hours, or visits.
func (w *Workload) capacity() *big.Rat {
	if w.Calls > 0 {
		return decimal(w.Calls)
	}
	part := new(big.Rat).SetInt64(1)
	part.Sub(part, decimal(w.NonSelling))
	part.Sub(part, decimal(w.Travel))
	return part.Mul(part, decimal(w.Hours))
}

// load is what a segment takes: hours, or visits.
func (w *Workload) load(s Segment) *big.Rat {
	if w.Calls > 0 {
		return s.visits()
	}
	minutes := new(big.Rat).Add(decimal(s.Minutes), decimal(s.Travel))
	minutes.Mul(minutes, s.visits())
	return minutes.Quo(minutes, big.NewRat(60, 1))
}

func (s Segment) visits() *big.Rat {
	return new(big.Rat).Mul(new(big.Rat).SetInt64(s.Customers), decimal(s.Visits))
}

// of rounds a number of reps.
func (r Rounding) of(reps *big.Rat) int64 {
	x := new(big.Rat).Set(reps)
	switch r {
	case RoundUp: // the whole part of what is just not one more
		x.Add(x, new(big.Rat).SetFrac64(1, 1))
		x.Sub(x, new(big.Rat).SetFrac(big.NewInt(1), reps.Denom()))
	case RoundNearest:
		x.Add(x, big.NewRat(1, 2))
	}
	return new(big.Int).Quo(x.Num(), x.Denom()).Int64()
}

func utilisation(load, capacity *big.Rat, reps int64) float64 {
	if reps == 0 {
		return 0
	}
	return number(over(load, new(big.Rat).Mul(capacity, new(big.Rat).SetInt64(reps))))
}

// decimal is a number to four decimals, exactly.
func decimal(x float64) *big.Rat { return big.NewRat(int64(math.Round(x*1e4)), 1e4) }

func over(a, b *big.Rat) *big.Rat { return new(big.Rat).Quo(a, b) }

func number(x *big.Rat) float64 {
	f, _ := x.Float64()
	return f
}
