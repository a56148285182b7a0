package solve

import (
	"context"
	"fmt"
	"math"
	"slices"
)

// Unlimited, as a limit, allows any number.
const Unlimited = math.MaxInt64

// Continuity says who has which customer now, what it is worth that he stays,
// and how much may change.
//
// A customer who has an owner and is not with him afterwards has moved, also if
// he is then unassigned, and also if the problem does not list his owner. Who
// has no owner, or no units, never moves.
//
// The limits are what they say: 0 allows nothing. Use Unlimited to allow all.
type Continuity struct {
	// Owner is the rep of each customer at present, Unassigned for none.
	Owner []int32

	// Bonus is what it is worth, beside the score, that a customer stays with
	// his owner: any integers. Defaults to 0 for each.
	Bonus []int64

	// Locked customers stay: the problem has to list their owner. Defaults to
	// none.
	Locked []bool

	// MaxMoves is how many customers may move in all.
	MaxMoves int64

	// Value is what each customer counts in MaxValue: 0 or more. Defaults to
	// no limit by value.
	Value []int64

	// MaxValue is how much Value may move in all. It is looked at only if
	// there is Value.
	MaxValue int64

	// MaxLost is how many customers may move away from each rep. Defaults to
	// any number.
	MaxLost []int64

	// MaxGained is how many customers who have another owner each rep may
	// get. Defaults to any number.
	MaxGained []int64

	// Tries is how many more solutions may be tried to close the gap that the
	// prices of moves and value leave, if they do; negative for none.
	// Defaults to as many as take about half a second, at most 1,000.
	Tries int
}

// Kept is an allocation within the limits of a Continuity, what no allocation
// within them exceeds, and the prices that prove it.
//
// A price is what one more of a limit brings at most, in 1/Scale of a score: it
// is 0 where the limit does not bind.
type Kept struct {
	// Rep is the rep of each customer, or Unassigned.
	Rep []int32

	// Load, Lost and Gained are how many customers each rep has, how many
	// moved away from him, and how many came to him from others.
	Load, Lost, Gained []int64

	// Total is the sum of the scores and bonuses, what staying unassigned is
	// worth included. Bonus is the part of it that are bonuses.
	Total, Bonus int64

	// Moves and MovedValue are how many customers moved, and their Value.
	Moves, MovedValue int64

	// Bound is what no allocation within the limits exceeds, by the prices.
	Bound int64

	// Optimal says that no allocation within the limits is worth more than
	// Total. Where Bound is larger, the prices alone do not prove it, and the
	// solver has tried what is between.
	Optimal bool

	// Scale is the number of parts of a score in which prices are: 1 if
	// fractions of a score are not needed.
	Scale int64

	// Price is what a place of each rep costs, as in Solution.
	Price []int64

	// MovePrice and ValuePrice are the prices of one more move, and of a unit
	// more of moved value; LostPrice and GainedPrice those of one more
	// customer that a rep may lose or gain.
	MovePrice, ValuePrice  int64
	LostPrice, GainedPrice []int64

	// NextMove is what MaxMoves + 1 would bring.
	NextMove NextMove
}

// NextMove is what one more move would add: the largest total with MaxMoves + 1
// less that with MaxMoves, if Exact; and otherwise at most so much to Total.
type NextMove struct {
	Gain  int64
	Exact bool
}

// Gap is how much more than Total an allocation within the limits could be worth
// at most: 0 when this one is known to be optimal.
func (k *Kept) Gap() int64 {
	if k.Optimal {
		return 0
	}
	return k.Bound - k.Total
}

// SolveContinuity finds the allocation with the largest sum of scores and
// bonuses of those within the limits.
//
// Limits per rep, locks and bonuses alone are solved exactly. A limit on all
// moves, or on their value, is not: the allocation is then within Gap of the
// best, which is 0 as a rule, certified either way.
//
// Customers count as moves one by one, so that each has one unit, or none.
//
// Errors are *Error: ErrInput, ErrTooLarge; ErrInfeasible, with the customers
// and reps that prove that nothing is within the limits; ErrNotFound if nothing
// was found within limits on moves and on value that each can be kept alone.
// When the context ends first, it returns the best allocation so far with its
// Gap, and no error; or the context's error if there is none yet. Otherwise the
// same problem gives the same allocation, on any machine.
//
// Cost: some ten solutions of the problem without limits.
func SolveContinuity(ctx context.Context, p *Problem, c *Continuity, o Options) (*Kept, error) {
	if _, err := p.check(); err != nil {
		return nil, err
	}
	if err := c.check(p); err != nil {
		return nil, err
	}
	s, err := newStaying(p, c)
	if err != nil {
		return nil, err
	}
	return s.solve(ctx, o)
}

func (c *Continuity) check(p *Problem) error {
	for _, list := range []struct {
		name       string
		length, of int
	}{
		{"Owner", len(c.Owner), p.Customers()},
		{"Bonus", lengthOr(c.Bonus, p.Customers()), p.Customers()},
		{"Locked", lengthOr(c.Locked, p.Customers()), p.Customers()},
		{"Value", lengthOr(c.Value, p.Customers()), p.Customers()},
		{"MaxLost", lengthOr(c.MaxLost, p.Reps()), p.Reps()},
		{"MaxGained", lengthOr(c.MaxGained, p.Reps()), p.Reps()},
	} {
		if list.length != list.of {
			return &Error{Kind: ErrInput, Detail: fmt.Sprintf("%s has %d entries and needs %d", list.name, list.length, list.of)}
		}
	}
	if err := c.checkLimits(); err != nil {
		return err
	}
	return c.checkCustomers(p)
}

// lengthOr is the length of a list that may be left out.
func lengthOr[T any](list []T, n int) int {
	if list == nil {
		return n
	}
	return len(list)
}

func (c *Continuity) checkLimits() error {
	if c.MaxMoves < 0 || c.Value != nil && c.MaxValue < 0 {
		return &Error{Kind: ErrInput, Detail: fmt.Sprintf("MaxMoves is %d and MaxValue %d; limits are 0 or more", c.MaxMoves, c.MaxValue), Maybe: "use Unlimited to allow any number"}
	}
	for _, list := range [][]int64{c.MaxLost, c.MaxGained} {
		if r := slices.IndexFunc(list, func(n int64) bool { return n < 0 }); r >= 0 {
			return &Error{Kind: ErrInput, Reps: []int{r}, Detail: fmt.Sprintf("rep %d has a limit of %d; limits are 0 or more", r, list[r]), Maybe: "use Unlimited to allow any number"}
		}
	}
	return nil
}

func (c *Continuity) checkCustomers(p *Problem) error {
	var strangers []int // locked, and not listed with their owners
	value, bonus := uint64(0), uint64(0)
	for i, owner := range c.Owner {
		if owner < Unassigned || int(owner) >= p.Reps() {
			return &Error{Kind: ErrInput, Customers: []int{i}, Detail: fmt.Sprintf("customer %d has the owner %d, and there are %d reps", i, owner, p.Reps())}
		}
		if p.units(i) > 1 {
			return &Error{Kind: ErrInput, Customers: []int{i}, Detail: fmt.Sprintf("customer %d has %d units; moves are counted by customer, so that each has at most one", i, p.units(i))}
		}
		bonus = min(bonus+absolute(c.bonus(i)), 1<<62)
		if c.Value != nil {
			if c.Value[i] < 0 {
				return &Error{Kind: ErrInput, Customers: []int{i}, Detail: fmt.Sprintf("customer %d has the value %d; values are 0 or more", i, c.Value[i])}
			}
			value = min(value+uint64(c.Value[i]), 1<<62)
		}
		if c.locked(i) && p.units(i) > 0 && !listed(p, i, owner) {
			strangers = append(strangers, i)
		}
	}
	if value > 1<<52 {
		return &Error{Kind: ErrTooLarge, Detail: "the values add up to more than 2^52", Maybe: "divide all values and MaxValue by the same number, and round"}
	}
	if bonus > 1<<60 {
		return &Error{Kind: ErrTooLarge, Detail: "the bonuses add up to more than 2^60", Maybe: "divide all scores and bonuses by the same number, and round"}
	}
	if strangers != nil {
		return &Error{Kind: ErrInput, Customers: strangers, Detail: fmt.Sprintf("%s: locked, and the owner is not among the reps they may go to", list("customer", strangers)), Maybe: "unlock them, or list their owners"}
	}
	return nil
}

// listed reports whether a customer may go to a rep.
func listed(p *Problem, customer int, rep int32) bool {
	reps, _ := p.row(customer)
	_, ok := slices.BinarySearch(reps, rep)
	return ok
}

func (c *Continuity) locked(customer int) bool { return c.Locked != nil && c.Locked[customer] }

func (c *Continuity) bonus(customer int) int64 {
	if c.Bonus == nil {
		return 0
	}
	return c.Bonus[customer]
}

func (c *Continuity) value(customer int) int64 {
	if c.Value == nil {
		return 0
	}
	return c.Value[customer]
}

func (c *Continuity) maxLost(rep int) int64 {
	if c.MaxLost == nil {
		return Unlimited
	}
	return c.MaxLost[rep]
}

func (c *Continuity) maxGained(rep int) int64 {
	if c.MaxGained == nil {
		return Unlimited
	}
	return c.MaxGained[rep]
}

// moves reports whether a customer has moved if he is with the given rep.
func (c *Continuity) moves(p *Problem, customer int, rep int32) bool {
	return c.Owner[customer] != Unassigned && c.Owner[customer] != rep && p.units(customer) > 0
}

// worth is what a customer's being with a rep, or Unassigned, adds to the total.
func (c *Continuity) worth(p *Problem, customer int, rep int32) int64 {
	score, _ := pairScore(p, customer, rep)
	if rep != Unassigned && rep == c.Owner[customer] {
		score += c.bonus(customer)
	}
	return score * p.units(customer)
}
