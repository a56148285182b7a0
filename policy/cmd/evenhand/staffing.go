package main

import (
	"fmt"
	"io"
	"slices"

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
	Last         float64   `json:"last"`           // what the last one contributes; 0 where there cannot be one less
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
		if err := d.force.sample(d, r, f, reps); err != nil {
			return err
		}
		size, looked, err := f.Search(nodes)
		if err != nil {
			return d.refused(err)
		}
		if max(looked, size)+4 <= reps { // three more are shown
			return d.staff(f, size)
		}
	}
}

// sample makes the problem of curves that are sampled for so many reps.
func (s *staffing) sample(d *division, r *resourcesCommand, f *effort.Force, reps int64) (err error) {
	if d.scale, err = d.items.sample(reps*f.PerRep, r.Envelope); err != nil {
		return err
	}
	if err := d.limits(r); err != nil {
		return err
	}
	f.Problem, f.Cost = d.problem, int64(s.Cost*d.scale+0.5)
	return nil
}

// staff divides the effort of so many reps, and of a few more and fewer.
func (d *division) staff(f *effort.Force, reps int64) error {
	if err := d.solve(reps * f.PerRep); err != nil {
		return err
	}
	s := d.force
	s.Reps = reps
	around, err := f.Around(reps, 3, nodes)
	if err != nil {
		return d.refused(err)
	}
	for _, a := range around {
		s.Around = append(s.Around, staffed{a.Reps, d.real(a.Contribution), d.real(a.Cost), d.real(a.Profit)})
	}
	at := slices.IndexFunc(s.Around, func(a staffed) bool { return a.Reps == reps })
	s.Contribution, s.Profit = s.Around[at].Contribution, s.Around[at].Profit
	s.Next = s.Around[at+1].Contribution - s.Contribution
	if at > 0 {
		s.Last = s.Contribution - s.Around[at-1].Contribution
	}
	if reps == f.Max {
		s.Price = max(0, s.Next-s.Cost) // of the payroll
	}
	return nil
}

// print says how many, and what a few more and fewer come to.
func (s *staffing) print(w io.Writer, unit amount, straightened bool) {
	sum := alike(s.Contribution)
	fmt.Fprintf(w, "%s of %s each: they contribute %s and cost %s, which leaves %s.\n", plural(int(s.Reps), "rep"), unit.of(s.PerRep), sum(s.Contribution), sum(s.Cost*float64(s.Reps)), sum(s.Profit))
	switch {
	case s.Price > 0:
		fmt.Fprintf(w, "The payroll is in the way: one more rep would contribute %s, %s more than his cost. So %s more payroll would bring %s.\n", sum(s.Next), sum(s.Price), sum(s.Cost), sum(s.Next))
	case s.Last < s.Cost && s.Around[0].Reps < s.Reps && !straightened:
		fmt.Fprintf(w, "The minimums take so many: the last rep contributes %s, and costs %s.\n", sum(s.Last), sum(s.Cost))
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
