package solve

import (
	"fmt"
	"slices"
)

// Customer is everything about one customer.
type Customer struct {
	Reps       []int32 // eligible reps, ascending
	Scores     []int64 // one per rep
	Units      int64   // 0 leaves him out
	Unassigned int64   // or Never
}

// Customer returns a customer as he is now. The lists must not be modified.
func (s *Solver) Customer(i int) Customer {
	c := Customer{Units: s.problem.units(i), Unassigned: s.problem.unassigned(i)}
	if row, ok := s.changed[i]; ok {
		c.Reps, c.Scores = row.reps, row.scores
	} else {
		c.Reps, c.Scores = s.problem.row(i)
	}
	return c
}

// SetCustomer changes a customer: pairs, units, what staying unassigned is
// worth. The next Solve places him anew and moves others as far as that calls
// for. The solver keeps c's lists.
//
// Errors are those of NewSolver, and nothing is then changed.
func (s *Solver) SetCustomer(i int, c Customer) error {
	if i < 0 || i >= s.problem.Customers() {
		return &Error{Kind: ErrInput, Customers: []int{i}, Detail: fmt.Sprintf("there is no customer %d among %d", i, s.problem.Customers())}
	}
	if len(c.Reps) != len(c.Scores) {
		return &Error{Kind: ErrInput, Customers: []int{i}, Detail: fmt.Sprintf("customer %d has %d reps but %d scores", i, len(c.Reps), len(c.Scores))}
	}
	if err := checkCustomer(i, c.Reps, c.Units, s.problem.Reps()); err != nil {
		return err
	}
	size := s.size
	size.units -= uint64(s.problem.units(i))
	size.customer(c.Scores, c.Units, c.Unassigned)
	if err := size.check(s.problem.Reps()); err != nil {
		return err
	}
	s.size = size
	before := s.problem.units(i)
	s.remember(i, c)
	if s.network != nil {
		row := s.groups.row(i)
		s.network.withdraw(row, before)
		s.network.setRow(s.ownRow(i), c)
	}
	return nil
}

// SetScore changes what one pair is worth.
func (s *Solver) SetScore(i int, rep int32, score int64) error {
	if i < 0 || i >= s.problem.Customers() {
		return &Error{Kind: ErrInput, Customers: []int{i}, Detail: fmt.Sprintf("there is no customer %d among %d", i, s.problem.Customers())}
	}
	c := s.Customer(i)
	k, ok := slices.BinarySearch(c.Reps, rep)
	if !ok {
		return &Error{Kind: ErrInput, Customers: []int{i}, Reps: []int{int(rep)}, Detail: fmt.Sprintf("customer %d may not go to rep %d", i, rep)}
	}
	c.Scores = slices.Clone(c.Scores)
	c.Scores[k] = score
	return s.SetCustomer(i, c)
}

// SetBounds changes a rep's minimum and maximum.
func (s *Solver) SetBounds(rep int32, least, most int64) error {
	if rep < 0 || int(rep) >= s.problem.Reps() {
		return &Error{Kind: ErrInput, Reps: []int{int(rep)}, Detail: fmt.Sprintf("there is no rep %d among %d", rep, s.problem.Reps())}
	}
	if err := checkRep(int(rep), least, most); err != nil {
		return err
	}
	s.problem.Min[rep], s.problem.Max[rep] = least, most
	return nil
}

// Problem returns the problem as it is now, all changes included. Cost: O(pairs)
// once something was changed.
func (s *Solver) Problem() *Problem {
	p := s.problem
	p.Max, p.Min = slices.Clone(p.Max), slices.Clone(p.Min)
	p.Units, p.Unassigned = slices.Clone(p.Units), slices.Clone(p.Unassigned)
	if len(s.changed) == 0 {
		return &p
	}
	p.Start, p.Rep, p.Score = []int{0}, nil, nil
	for i := range s.problem.Customers() {
		c := s.Customer(i)
		p.Append(c.Reps, c.Scores)
	}
	return &p
}

// remember keeps a change for Customer and Problem.
func (s *Solver) remember(i int, c Customer) {
	if !s.owned {
		units, unassigned := make([]int64, s.problem.Customers()), make([]int64, s.problem.Customers())
		for k := range units {
			units[k], unassigned[k] = s.problem.units(k), s.problem.unassigned(k)
		}
		s.problem.Units, s.problem.Unassigned = units, unassigned
		s.changed = make(map[int]changedRow)
		s.owned = true
	}
	s.problem.Units[i], s.problem.Unassigned[i] = c.Units, c.Unassigned
	s.changed[i] = changedRow{c.Reps, c.Scores}
}

// ownRow returns a row that is this customer's alone: his, or a new one if he
// had equals at the beginning.
func (s *Solver) ownRow(i int) int32 {
	g := &s.groups
	if row := g.row(i); g.rowOf == nil || int(row) >= g.rows {
		return row
	}
	g.rowOf[i] = int32(len(s.network.units))
	s.network.addRow()
	return g.rowOf[i]
}

// withdraw takes units of a row away, pending ones first.
func (n *network) withdraw(row int32, units int64) {
	reps, _ := n.row(row)
	n.total -= units
	n.units[row] -= units
	units -= n.takeFrom(n.none, row, units)
	units -= n.takeFrom(n.ground, row, units)
	for _, r := range reps {
		if units == 0 {
			return
		}
		units -= n.takeFrom(r, row, units)
	}
}

func (n *network) takeFrom(node, row int32, units int64) int64 {
	taken := int64(0)
	for i := len(n.members[node]) - 1; i >= 0 && taken < units; i-- {
		if h := n.members[node][i]; h.row == row {
			part := min(units-taken, h.units)
			n.take(node, i, part)
			taken += part
		}
	}
	return taken
}

func (n *network) addRow() {
	n.units, n.outside, n.cand = append(n.units, 0), append(n.outside, 0), append(n.cand, candidates{})
}

// setRow gives an empty row a customer's pairs and units, which are pending.
func (n *network) setRow(row int32, c Customer) {
	if n.changed == nil {
		n.changed = make(map[int32]changedRow)
	}
	n.changed[row] = changedRow{c.Reps, c.Scores}
	n.units[row], n.outside[row] = c.Units, c.Unassigned
	n.total, n.several = n.total+c.Units, n.several || c.Units > 1
	n.refresh(row)
	if c.Units > 0 {
		n.put(n.none, holding{key: minusInfinity, units: c.Units, row: row})
	}
}

// rebase brings prices back to where the ground's is 0, before many solutions
// in a row have raised them so far that sums might not fit.
func (n *network) rebase() {
	base := n.price[n.ground]
	if slices.Max(n.price[:n.none]) < tooDear {
		return
	}
	for v := range n.price[:n.none] {
		n.price[v] -= base
	}
	n.refreshAll()
	n.forgetKeys()
}
