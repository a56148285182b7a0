package solve

import (
	"cmp"
	"context"
	"fmt"
	"slices"
)

// Picking is how reps take turns in picking customers.
type Picking struct {
	// Order is who picks first; each rep once. Defaults to the order of their
	// numbers.
	Order []int32

	// Weight is what each rep is entitled to, 0 to 10^12: whoever has had the
	// least picks per weight picks next, by Order among equals. Who has weight
	// 0 picks never. Defaults to 1 for each, which is round-robin.
	Weight []int64
}

// Picked is who picked whom.
type Picked struct {
	Rep   []int32 // per customer, or Unassigned if nobody with room may get him
	Picks []int32 // the customers in the order in which they were picked
}

// Pick lets the reps pick in turns. Each takes, of the customers left who may go
// to him, the one with his highest score, the lowest number among equals, until
// he is full (Max) or none are left for him.
//
// Nobody then envies another by more than one customer, by his own scores; see
// CheckEnvy for what exactly that means. The total is not the largest: for
// that, use Solve, or SolveEntitled for the largest that is still fair in
// numbers.
//
// Scores have to be 0 or more. The problem must have no minimums and no customer
// of several units, and what staying unassigned is worth is not looked at.
//
// Errors are *Error: ErrInput, ErrTooLarge; or the context's when it is
// cancelled. Cost: O(pairs · log customers + customers · log reps).
//
// Source: M. Chakraborty, A. Igarashi, W. Suksompong and Y. Zick, Weighted
// Envy-Freeness in Indivisible Item Allocation, ACM TEAC 9 (2021), by the
// divisor method of Adams; for equal weights, round-robin.
func Pick(ctx context.Context, p *Problem, how Picking) (*Picked, error) {
	if err := p.checkValued("Pick"); err != nil {
		return nil, err
	}
	weight, err := p.weights(how.Weight)
	if err != nil {
		return nil, err
	}
	queue, err := how.queue(weight)
	if err != nil {
		return nil, err
	}
	s := &picker{Picked: Picked{Rep: make([]int32, p.Customers())}, least: queue}
	for i := range s.Rep {
		s.Rep[i] = Unassigned
	}
	s.rank(p)
	return &s.Picked, s.run(ctx, p.Max)
}

// queue is who is next.
func (how *Picking) queue(weight []int64) (*least, error) {
	order := how.Order
	if order == nil {
		for r := range int32(len(weight)) {
			order = append(order, r)
		}
	}
	rank := make([]int32, len(weight))
	for r := range rank {
		rank[r] = -1
	}
	for at, r := range order {
		if r < 0 || int(r) >= len(weight) || rank[r] >= 0 {
			return nil, &Error{Kind: ErrInput, Reps: []int{int(r)}, Detail: fmt.Sprintf("Order names rep %d, who does not exist or was named before", r)}
		}
		rank[r] = int32(at)
	}
	if len(order) != len(weight) {
		return nil, &Error{Kind: ErrInput, Detail: fmt.Sprintf("Order names %d of %d reps", len(order), len(weight)), Maybe: "give those who must not pick the weight 0"}
	}
	var reps []int32
	for _, r := range order {
		if weight[r] > 0 {
			reps = append(reps, r)
		}
	}
	return newLeast(reps, rank, weight), nil
}

type picker struct {
	Picked
	*least
	columns
	next []int // per rep: the best customer not yet looked at
}

// rank sorts each rep's customers, the best first.
func (s *picker) rank(p *Problem) {
	s.columns = newColumns(p.Start, p.Rep, p.Reps(), func(customer, _ int) bool { return p.units(customer) > 0 })
	type choice struct {
		score    int64
		customer int32
	}
	var choices []choice
	for r := range int32(p.Reps()) {
		choices = choices[:0]
		for k := s.start[r]; k < s.start[r+1]; k++ {
			choices = append(choices, choice{p.Score[s.pair[k]], s.customer[k]})
		}
		slices.SortFunc(choices, func(a, b choice) int {
			return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.customer, b.customer))
		})
		for k, c := range choices {
			s.customer[s.start[r]+k] = c.customer
		}
	}
	s.pair = nil // no longer in this order
	s.next = slices.Clone(s.start[:p.Reps()])
}

func (s *picker) run(ctx context.Context, room []int64) error {
	for len(s.heap) > 0 {
		if len(s.Picks)%1024 == 0 && ctx.Err() != nil {
			return fmt.Errorf("solve: stopped after %d picks: %w", len(s.Picks), ctx.Err())
		}
		r := s.heap[0]
		for s.next[r] < s.start[r+1] && s.Rep[s.customer[s.next[r]]] != Unassigned {
			s.next[r]++
		}
		if s.next[r] == s.start[r+1] || s.count[r] == room[r] {
			s.drop()
			continue
		}
		c := s.customer[s.next[r]]
		s.Rep[c] = r
		s.Picks = append(s.Picks, c)
		s.counted()
	}
	return nil
}

// checkValued refuses what checkFair refuses, and scores below 0.
func (p *Problem) checkValued(name string) error {
	if err := p.checkFair(name); err != nil {
		return err
	}
	for i := range p.Customers() {
		reps, scores := p.row(i)
		for k, s := range scores {
			if s < 0 {
				return &Error{Kind: ErrInput, Customers: []int{i}, Reps: []int{int(reps[k])}, Detail: fmt.Sprintf("customer %d has score %d with rep %d; %s needs scores of 0 or more", i, s, reps[k], name), Maybe: "leave the pair out"}
			}
		}
	}
	return nil
}

// checkFair refuses what the fair ways cannot heed.
func (p *Problem) checkFair(name string) error {
	if _, err := p.check(); err != nil {
		return err
	}
	for i := range p.Customers() {
		if p.units(i) > 1 {
			return &Error{Kind: ErrInput, Customers: []int{i}, Detail: fmt.Sprintf("customer %d has %d units; %s places customers one by one", i, p.units(i), name), Maybe: "list him once for each unit"}
		}
	}
	for r := range p.Max {
		if p.min(r) > 0 {
			return &Error{Kind: ErrInput, Reps: []int{r}, Detail: fmt.Sprintf("rep %d has minimum %d; %s takes no minimums", r, p.min(r), name), Maybe: "use SolveEntitled, which does"}
		}
	}
	return nil
}

// weights checks weights of reps; none are 1 for each.
func (p *Problem) weights(given []int64) ([]int64, error) {
	if given == nil {
		return slices.Repeat([]int64{1}, p.Reps()), nil
	}
	if len(given) != p.Reps() {
		return nil, &Error{Kind: ErrInput, Detail: fmt.Sprintf("%d reps but %d weights", p.Reps(), len(given))}
	}
	for r, w := range given {
		if w < 0 || w > maxWeight {
			return nil, &Error{Kind: ErrInput, Reps: []int{r}, Detail: fmt.Sprintf("rep %d has weight %d; from 0 to 10^12", r, w)}
		}
	}
	return given, nil
}
