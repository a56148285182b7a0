package main

import (
	"fmt"
	"io"
	"slices"

	"github.com/evenhand/evenhand/allocation/effort"
)

// print writes the division for people.
func (d *division) print(w io.Writer) {
	if d.force != nil {
		d.force.print(w, d.budget, d.grows())
	}
	d.printItems(w)
	d.printTotals(w)
	d.printPrices(w)
	d.printCurves(w)
}

// unit names one of what is divided.
func (d *division) unit() string { return d.budget.unit }

func (d *division) printItems(w io.Writer) {
	head := []string{"name"}
	grouped := slices.ContainsFunc(d.items.items, func(it *item) bool { return it.group != "" })
	if grouped {
		head = append(head, "group")
	}
	if d.items.hasCurrent {
		head = append(head, ">current", ">recommended", ">change", ">next "+d.unit()+" brings", ">expected now", ">then")
	} else {
		head = append(head, ">recommended", ">next "+d.unit()+" brings", ">expected")
	}
	g := grid{head: head}
	sales := alike(d.items.now(), d.real(d.result.Actual))
	for i := range d.result.Items {
		l := d.line(i)
		cells := []string{visible(clip(l.Name))}
		if grouped {
			cells = append(cells, visible(clip(l.Group)))
		}
		if d.items.hasCurrent {
			cells = append(cells, count(l.Current), count(l.Recommended), withSign(count(l.Change)), money(l.Next), sales(l.Now), sales(l.Expected))
		} else {
			cells = append(cells, count(l.Recommended), money(l.Next), sales(l.Expected))
		}
		g.row(cells...)
	}
	g.print(w)
	fmt.Fprintln(w)
}

func (d *division) printTotals(w io.Writer) {
	a := d.result
	total := d.real(a.Actual)
	sales := alike(d.items.now(), total)
	if d.items.hasCurrent {
		now := d.items.now()
		more := ""
		if now > 0 {
			more = ", or " + withSign(percent((total-now)/now))
		}
		fmt.Fprintf(w, "Expected: %s now with %s, %s with %s: %s%s.\n", sales(now), d.budget.of(d.items.current()), sales(total), d.budget.of(a.Used), withSign(sales(total-now)), more)
		if a.Moved > 0 && a.Used == d.items.current() {
			fmt.Fprintf(w, "So %s.\n", moved(d.budget, a.Moved))
		}
	} else {
		fmt.Fprintf(w, "Expected: %s with %s.\n", sales(total), d.budget.of(a.Used))
	}
	if gap := d.found.Gap(); gap > 0 {
		fmt.Fprintf(w, "Curves grow at first: no division returns more than %s, which is %s more than this one.\n", sales(d.real(d.found.Bound)), money(d.real(gap)))
	}
}

func moved(unit amount, n int64) string {
	if n == 1 {
		return unit.of(n) + " changes hands"
	}
	return unit.of(n) + " change hands"
}

func (d *division) printPrices(w io.Writer) {
	a := d.result
	left := d.problem.Budget - a.Used
	switch {
	case d.price > 0 && d.loss > 0:
		fmt.Fprintf(w, "One more %s brings %s; one %s less costs %s.\n", d.unit(), money(d.real(d.price)), d.unit(), money(d.real(d.loss)))
	case d.price > 0:
		fmt.Fprintf(w, "One more %s brings %s.\n", d.unit(), money(d.real(d.price)))
	case left > 0:
		fmt.Fprintf(w, "%s left over: within the limits, no further %s brings anything.\n", d.budget.of(left), d.unit())
	default:
		fmt.Fprintf(w, "One more %s would bring nothing.\n", d.unit())
	}
	for g, name := range d.groups {
		switch price := d.real(a.GroupPrice[g]); {
		case price > 0:
			fmt.Fprintf(w, "%s is at its maximum of %s: to raise that by one %s would bring %s.\n", visible(clip(name)), d.budget.of(d.problem.Groups[g].Max), d.unit(), money(price))
		case price < 0:
			fmt.Fprintf(w, "%s is held at its minimum of %s: to lower that by one %s would bring %s.\n", visible(clip(name)), d.budget.of(d.problem.Groups[g].Min), d.unit(), money(-price))
		}
	}
	if a.MovePrice > 0 {
		fmt.Fprintf(w, "The limit on moves, %s, is used up: to move one more brings %s.\n", d.budget.of(*d.problem.Moves), money(d.real(a.MovePrice)))
	}
	for i, it := range d.items.items {
		switch l := d.line(i); {
		case l.Bound > 0 && l.Recommended == it.max:
			fmt.Fprintf(w, "%s is at its maximum: one more %s there would bring %s, %s more than it costs elsewhere.\n", visible(clip(l.Name)), d.unit(), money(l.Next), money(l.Bound))
		case l.Bound < 0 && l.Recommended == it.min:
			fmt.Fprintf(w, "%s is held at its minimum: the last %s there brings %s, %s less than elsewhere.\n", visible(clip(l.Name)), d.unit(), money(l.Last), money(-l.Bound))
		}
	}
	switch {
	case !d.grows():
		fmt.Fprintf(w, "Proved: nobody's next %s brings more than it costs, and nobody's last one less.\n", d.unit())
	case d.found.Gap() == 0:
		fmt.Fprintf(w, "Proved: curves grow at first, and a search of %s shows that no division returns more.\n", plural(d.found.Nodes, "case"))
	}
}

// printCurves says how good the curves are that were made of something.
func (d *division) printCurves(w io.Writer) {
	g := grid{head: []string{"name", "curve", "", ">typical error", ">R²"}}
	for _, it := range d.items.items {
		curve, ok := it.curve.(*effort.Parametric)
		if !ok || it.fit == nil {
			continue
		}
		from := it.origin
		if it.origin == "fitted" {
			from = fmt.Sprintf("fitted to %s", plural(it.rows, "row"))
		}
		typical, r2 := money(it.fit.RMS*it.margin), fmt.Sprintf("%.3f", it.fit.R2)
		if it.origin == "judged" && len(it.fit.Residuals) < 2 {
			typical, r2 = "", "" // the curve passes through all that was judged
		}
		g.row(visible(clip(it.name)), curve.String(), from, typical, r2)
	}
	if len(g.cells) > 0 {
		fmt.Fprintln(w)
		g.print(w)
	}
	for i, it := range d.items.items {
		if units := d.result.Items[i].Units; it.seen > 0 && float64(units) > it.seen {
			fmt.Fprintf(w, "%s: %s are beyond all that its history has seen, %s at most, and the curve is a guess there. A max for it keeps to what is known.\n", visible(clip(it.name)), d.budget.of(units), shortly(it.seen))
		}
	}
}
