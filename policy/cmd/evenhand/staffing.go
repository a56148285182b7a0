package main

import (
	"fmt"
	"io"

	"github.com/evenhand/evenhand/allocation/effort"
)

// staffing is how many reps are worth their cost.
type staffing struct {
	Reps         int64     `json:"reps"`
	PerRep       int64     `json:"per_rep"`
	Cost         float64   `json:"cost_of_a_rep"`
	Contribution float64   `json:"contribution"`
	Profit       float64   `json:"profit"`
	Next         float64   `json:"next"`           // what one more would contribute, cost not counted
	Price        float64   `json:"price"`          // what one more would bring beyond his cost, where the payroll is in the way
	Most         int64     `json:"most,omitempty"` // reps that the payroll pays for
	Around       []staffed `json:"around"`
}

// staffed is one number of reps.
type staffed struct {
	Reps         int64   `json:"reps"`
	Contribution float64 `json:"contribution"`
	Cost         float64 `json:"cost"`
	Profit       float64 `json:"profit"`
}

// mostReps is where the search for a size ends.
const mostReps = 1_000_000

// hire finds how many reps are worth their cost. Curves have to be sampled for
// as many as there will be, so it begins with few and doubles.
func (d *division) hire(r *resourcesCommand) (err error) {
	if d.budget, err = parseAmount("per-rep", r.PerRep); err != nil {
		return err
	}
	cost, err := parseMoney("cost", r.Cost)
	if err != nil {
		return err
	}
	f := &effort.Force{PerRep: d.budget.n, Max: effort.NoLimit}
	d.force = &staffing{PerRep: f.PerRep, Cost: cost}
	if r.Payroll != "" {
		payroll, err := parseMoney("payroll", r.Payroll)
		if err != nil {
			return err
		}
		if cost == 0 {
			return usage("--payroll pays for any number of reps who cost nothing\nMaybe --cost 90000")
		}
		f.Max = int64(payroll / cost)
		d.force.Most = f.Max
	}
	if d.budget.n == 0 {
		return usage("--per-rep %s: a rep who brings nothing is never worth his cost\nMaybe --per-rep 1500h", r.PerRep)
	}
	for reps := int64(16); ; reps *= 2 {
		if reps > mostReps || reps*f.PerRep > effort.MaxUnits {
			return usage("--cost %s: more than %s reps would be worth it, and the curves say no more\nMaybe a max for each item", r.Cost, count(reps/2))
		}
		size, err := d.size(r, f, reps, cost)
		if err != nil {
			return err
		}
		if size.Reps+4 <= reps || size.Reps == f.Max {
			return d.staff(f, size)
		}
	}
}

// size finds the number of reps on curves that are sampled for so many.
func (d *division) size(r *resourcesCommand, f *effort.Force, reps int64, cost float64) (*effort.Size, error) {
	var err error
	if d.scale, err = d.items.sample(reps*f.PerRep, r.Envelope); err != nil {
		return nil, err
	}
	if err := d.limits(r); err != nil {
		return nil, err
	}
	f.Problem, f.Cost = d.problem, int64(cost*d.scale+0.5)
	size, err := f.Size()
	return size, d.refused(err)
}

func (d *division) staff(f *effort.Force, size *effort.Size) error {
	d.problem.Budget, d.result = size.Reps*f.PerRep, size.Allocation
	s := d.force
	s.Reps, s.Contribution, s.Profit = size.Reps, d.real(size.Allocation.Total), d.real(size.Profit)
	s.Next, s.Price = d.real(size.Next), d.real(size.Price)
	around, err := f.Around(size, 3)
	for _, a := range around {
		s.Around = append(s.Around, staffed{a.Reps, d.real(a.Contribution), d.real(a.Cost), d.real(a.Profit)})
	}
	return err
}

// print says how many, and what a few more and fewer come to.
func (s *staffing) print(w io.Writer, unit amount) {
	sum := alike(s.Contribution)
	fmt.Fprintf(w, "%s of %s each: they contribute %s and cost %s, which leaves %s.\n", plural(int(s.Reps), "rep"), unit.of(s.PerRep), sum(s.Contribution), sum(s.Cost*float64(s.Reps)), sum(s.Profit))
	switch {
	case s.Price > 0:
		fmt.Fprintf(w, "The payroll is in the way: one more rep would contribute %s, %s more than his cost. So %s more payroll would bring %s.\n", sum(s.Next), sum(s.Price), sum(s.Cost), sum(s.Next))
	case s.Price < 0:
		fmt.Fprintf(w, "The minimums take so many: the last rep contributes %s less than his cost.\n", sum(-s.Price))
	default:
		fmt.Fprintf(w, "One more rep would contribute %s, and costs %s.\n", sum(s.Next), sum(s.Cost))
	}
	g := grid{head: []string{">reps", ">contribution", ">cost", ">profit", ""}}
	for _, a := range s.Around {
		mark := ""
		if a.Reps == s.Reps {
			mark = "<"
		}
		g.row(count(a.Reps), sum(a.Contribution), sum(a.Cost), sum(a.Profit), mark)
	}
	g.print(w)
	fmt.Fprintln(w)
}
