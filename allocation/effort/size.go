package effort

// Force is the question how many reps to have: each brings units of effort and
// costs something, and what the items return is what the reps contribute.
type Force struct {
	// Problem says what effort returns; its Budget is not looked at. Returns
	// are contributions: sales times margin, in one unit with Cost.
	Problem Problem
	PerRep  int64 // units of effort that a rep brings, above 0
	Cost    int64 // of a rep, in scaled returns, 0 or more
	// Max is the most reps: what a budget of money pays for, say. NoLimit is
	// none. Min defaults to none.
	Min, Max int64
}

// Size is how many reps to have.
type Size struct {
	Reps       int64
	Allocation *Allocation // of their effort
	Profit     int64       // contribution less cost
	// Next is what one more rep would contribute, and Last what the last one
	// does, without their cost.
	Next, Last int64
	// Price is what one more rep would bring beyond his cost: above 0 only
	// where Max is in the way, and then it is the price of that limit. Below 0
	// where Min forces reps who cost more than they contribute: then it is what
	// the last of them loses. Else 0.
	Price int64
}

// Staffing is one number of reps with what it comes to.
type Staffing struct {
	Reps                       int64
	Contribution, Cost, Profit int64
}

// Size hires as long as the next rep contributes more than he costs. Since
// returns diminish, what n reps contribute does so, too, and the first number at
// which that is no longer so is the best one.
//
// Cost: that of Allocate times log reps. Errors: those of Allocate.
func (f *Force) Size() (*Size, error) {
	most, err := f.bounds()
	if err != nil {
		return nil, err
	}
	reps := lowest(f.least(), most, func(n int64) bool {
		return err != nil || f.gain(n+1, &err) <= f.Cost
	})
	s := &Size{Reps: reps, Next: f.gain(reps+1, &err)}
	if reps > f.least() || reps > 0 && f.feasible(reps-1) {
		s.Last = f.gain(reps, &err)
	}
	if err != nil {
		return nil, err
	}
	if s.Allocation, err = f.allocate(reps); err != nil {
		return nil, err
	}
	s.Profit = s.Allocation.Total - reps*f.Cost
	switch {
	case reps == most && s.Next > f.Cost:
		s.Price = s.Next - f.Cost
	case reps == f.least() && reps > 0 && f.feasible(reps-1) && s.Last < f.Cost:
		s.Price = s.Last - f.Cost
	}
	return s, nil
}

// Around is the profit of n reps fewer to n more than so many, as far as there
// is an allocation for so few: what the curves themselves return, found by Search
// with so many nodes where they are not the responses.
func (f *Force) Around(reps, n int64, nodes int) ([]Staffing, error) {
	var all []Staffing
	for at := max(0, reps-n); at <= reps+n; at++ {
		if !f.feasible(at) {
			continue
		}
		profit, err := f.real(at, nodes)
		if err != nil {
			return nil, err
		}
		all = append(all, Staffing{at, profit + at*f.Cost, at * f.Cost, profit})
	}
	return all, nil
}

// bounds checks the question, and bounds the answer: more reps than take every
// item to its maximum bring nothing.
func (f *Force) bounds() (int64, error) {
	if f.PerRep <= 0 || f.PerRep > MaxUnits || f.Cost < 0 || f.Cost > MaxReturn || f.Min < 0 || f.Min > f.Max {
		return 0, refused(ErrInput, "%d units and a cost of %d for a rep, and %d to %d reps", f.PerRep, f.Cost, f.Min, f.Max)
	}
	with := f.Problem
	with.Budget = MaxReturn
	if err := with.check(); err != nil {
		return 0, err
	}
	var units int64
	for i := range f.Problem.Items {
		_, hi := f.Problem.bounds(i)
		units = min(units+hi, MaxReturn)
	}
	most := min(f.Max, (units+f.PerRep-1)/f.PerRep)
	least := f.least()
	if least > f.Max {
		return 0, refused(ErrInfeasible, "the minimums take %d reps, and there may be %d", least, f.Max)
	}
	most = max(most, least)
	if f.Cost > 0 && most > MaxReturn/f.Cost || most >= MaxReturn/f.PerRep {
		return 0, refused(ErrTooLarge, "%d reps", most)
	}
	return most, nil
}

// least is the fewest reps: those that the minimums take, or Min.
func (f *Force) least() int64 {
	units := f.Problem.least()
	return max(f.Min, (units+f.PerRep-1)/f.PerRep)
}

func (f *Force) feasible(reps int64) bool { return f.Problem.least() <= reps*f.PerRep }

// gain is what the n-th rep contributes.
func (f *Force) gain(n int64, err *error) int64 {
	with, errWith := f.allocate(n)
	without, errWithout := f.allocate(n - 1)
	if errWith != nil || errWithout != nil {
		*err = errWith
		if errWith == nil {
			*err = errWithout
		}
		return 0
	}
	return with.Total - without.Total
}

func (f *Force) allocate(reps int64) (*Allocation, error) {
	p := f.Problem
	p.Budget = reps * f.PerRep
	return Allocate(&p)
}

// Search is Size where responses are envelopes: reps as what the curves
// themselves return tells, each number by Search with so many nodes. From the
// answer of Size it looks up and down as long as the envelopes leave room for
// something better, so that nothing better is possible unless a search ran out
// of nodes. It returns the number, and the largest number it looked at.
//
// Cost: that of Search, for each number looked at.
func (f *Force) Search(nodes int) (reps, looked int64, err error) {
	s, err := f.Size()
	if err != nil {
		return 0, 0, err
	}
	most, err := f.bounds()
	if err != nil {
		return 0, 0, err
	}
	reps, looked = s.Reps, s.Reps
	profit, err := f.real(reps, nodes)
	for _, step := range []int64{1, -1} {
		for n := s.Reps + step; err == nil && n >= f.least() && n <= most; n += step {
			a, errAt := f.allocate(n)
			if err = errAt; err != nil || a.Total-n*f.Cost <= profit {
				break
			}
			looked = max(looked, n)
			at, errAt := f.real(n, nodes)
			if err = errAt; err == nil && at > profit {
				reps, profit = n, at
			}
		}
	}
	return reps, looked, err
}

// real is the profit of n reps on the curves themselves.
func (f *Force) real(n int64, nodes int) (int64, error) {
	p := f.Problem
	p.Budget = n * f.PerRep
	found, err := Search(&p, nodes)
	if err != nil {
		return 0, err
	}
	return found.Allocation.Actual - n*f.Cost, nil
}
