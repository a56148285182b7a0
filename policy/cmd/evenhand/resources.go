package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/evenhand/evenhand/allocation/effort"
)

// resourcesCommand divides effort with diminishing returns, and says how many
// reps are worth their cost or how many coverage takes.
type resourcesCommand struct {
	Items   string `arg:"" optional:"" help:"Who effort is given to, a row each: CSV, JSON Lines or a JSON array; - is standard input."`
	Budget  string `placeholder:"AMOUNT" help:"What there is to divide, such as 12000h or 40 reps."`
	Points  string `placeholder:"FILE" help:"Curves as points: name, effort, sales."`
	History string `placeholder:"FILE" help:"What was done and what came of it: name, effort, sales, a row for each month or account. Curves are fitted to it."`
	Groups  string `placeholder:"FILE" help:"Limits of groups: group, min, max."`

	Curve    string `placeholder:"KIND" help:"Kind of curve where the items do not say: adbudg, power, exponential or log. Default: for history the one that fits best."`
	Envelope bool   `help:"Take curves whose returns grow at first, too, and search for the best division. Default: they are refused."`
	Move     string `placeholder:"AMOUNT" help:"The most that goes to other items than now: 10% of what they have, or an amount. Not together with --groups."`

	PerRep  string `placeholder:"AMOUNT" help:"Instead of --budget: how many reps are worth their cost, each bringing so much, such as 1500h."`
	Cost    string `placeholder:"MONEY" help:"With --per-rep: what a rep costs, in the unit of the returns."`
	Payroll string `placeholder:"MONEY" help:"With --per-rep: the most that all reps may cost."`

	Sizing     string  `placeholder:"FILE" help:"Instead of items: how many reps it takes to cover segments: name, customers, visits (a year), minutes (a visit) and travel (minutes)."`
	Hours      float64 `placeholder:"N" help:"With --sizing: hours that a rep works in a year."`
	NonSelling string  `placeholder:"PART" help:"With --sizing: the part of them for other work, such as 30%."`
	Travel     string  `placeholder:"PART" help:"With --sizing: the part of them for travel, where the segments have none."`
	Calls      float64 `placeholder:"N" help:"With --sizing, instead of hours: visits that a rep makes in a year."`
	Round      string  `enum:"up,nearest,down" default:"up" placeholder:"up|nearest|down" help:"With --sizing: what becomes of a part of a rep. Default: ${default}."`
	Separate   bool    `help:"With --sizing: each segment has reps of its own. Default: all reps visit all segments."`

	Format    string   `enum:"text,json" default:"text" placeholder:"text|json" help:"Format of the result. Default: ${default}."`
	Out       string   `placeholder:"FILE" help:"Also write the recommended effort as CSV, one line for each item."`
	Chart     string   `placeholder:"FILE" help:"Also draw the curves with what is and what is recommended: .svg or .html."`
	Map       []string `sep:"none" placeholder:"FIELD=COLUMN" help:"Column of the items that fills a field of another name, such as current=Hours. May be repeated."`
	Delimiter string   `placeholder:"CHAR" help:"What separates the cells of CSV: one character, or tab. Default: a comma; tab in .tsv files."`
}

// Help is what follows the flags' summary.
func (resourcesCommand) Help() string {
	return `Examples:

  evenhand resources territories.csv --budget 12000h --history months.csv --chart curves.html
  evenhand resources products.csv --budget 500000EUR --move 10% --out budget.csv
  evenhand resources territories.csv --history months.csv --per-rep 1500h --cost 90000
  evenhand resources --sizing segments.csv --hours 1920 --non-selling 30% --travel 25%

The file of items has a row for each territory, segment, product or account: name; if there are such columns, group, min, max, current (what it has now) and margin (of sales, to make contribution of them); and its curve, in one of four ways:

  curve and its parameters: power, exponential and log have a, b and base, adbudg has low, high, c and d;
  none, half, now, more, saturation: the sales expected without effort, with half of the current, with the current, with half as much again, and with all that could help;
  points: rows of --points, with straight lines between;
  history: rows of --history, to which a curve is fitted by least squares.

The budget is divided so that the total is largest: exactly, and proved by the marginal returns, since nobody's next hour brings more than anybody's last. Where returns grow at first, as in a curve shaped like an S, and --envelope allows it, the best division is searched, and the result says how much more there could be, mostly nothing. The price of the budget is what one more unit would bring. Nothing is sent anywhere and nothing is changed. History shows what went together, which is not always what effort causes.

If a row cannot be used, all such rows are named, nothing is written, and the exit status is 2.`
}

// Run prints the result on standard output.
func (r *resourcesCommand) Run(ctx context.Context, c console) error {
	if err := r.check(); err != nil {
		return err
	}
	if r.Sizing != "" {
		return r.cover(c)
	}
	f, curves, err := r.read(c)
	if err != nil {
		return err
	}
	d := &division{items: f}
	if r.Budget != "" {
		err = d.divide(r)
	} else {
		err = d.hire(r)
	}
	if err != nil {
		return err
	}
	if err := effort.Check(d.found.Problem, d.result); err != nil {
		return err // it never is
	}
	if err := ctx.Err(); err != nil {
		return errors.New("interrupted; nothing was written")
	}
	noteColumns(c, f.source, f.columns, nil)
	for _, file := range []*pointsFile{curves.points, curves.history} {
		if file != nil && len(file.unused()) > 0 {
			c.note("%s %s: no item is called %s", file.source.what, file.source.name(), list(file.unused()))
		}
	}
	if err := r.write(d, c); err != nil {
		return err
	}
	if r.Format == "json" {
		return printJSON(c.out, d.json())
	}
	d.print(c.out)
	return nil
}

// check refuses flags that do not go together.
func (r *resourcesCommand) check() error {
	ways := 0
	for _, flag := range []string{r.Budget, r.PerRep, r.Sizing} {
		if flag != "" {
			ways++
		}
	}
	switch {
	case ways == 0 && r.Items == "":
		return usage("nothing is asked: the file of items is missing, or --sizing\nMaybe evenhand resources items.csv --budget 12000h")
	case ways == 0:
		return usage("what is there to divide? --budget is missing, or --per-rep\nMaybe --budget 12000h")
	case ways > 1:
		return usage("--budget, --per-rep and --sizing are three questions\nMaybe ask one at a time")
	case r.Sizing != "" && r.Items != "":
		return usage("--sizing takes the place of items: %s is one file too many\nMaybe evenhand resources --sizing %s", r.Items, r.Sizing)
	case r.Sizing == "" && r.Items == "":
		return usage("the file of items is missing\nMaybe evenhand resources items.csv --budget 12000h")
	case r.PerRep != "" && r.Cost == "":
		return usage("--per-rep needs --cost: what is a rep worth hiring for?\nMaybe --cost 90000")
	case r.PerRep == "" && (r.Cost != "" || r.Payroll != ""):
		return usage("--cost and --payroll belong to --per-rep\nMaybe --per-rep 1500h")
	case r.Move != "" && (r.Groups != "" || r.PerRep != ""):
		return usage("--move does not go together with --groups or --per-rep\nMaybe a min and max for each item instead")
	case r.Sizing != "" && (r.Out != "" || r.Chart != ""):
		return usage("--sizing has no curves to draw and no items to write: leave --out and --chart away\nMaybe --format json")
	}
	return r.checkStdin()
}

func (r *resourcesCommand) checkStdin() error {
	stdin := 0
	for _, path := range []string{r.Items, r.Points, r.History, r.Groups} {
		if path == "-" {
			stdin++
		}
	}
	if stdin > 1 {
		return usage("%d of items, --points, --history and --groups are standard input\nMaybe name a file for all but one", stdin)
	}
	if r.Chart != "" && !strings.HasSuffix(r.Chart, ".svg") && !strings.HasSuffix(r.Chart, ".html") {
		return usage("--chart %s: its name does not say what to draw (.svg, .html)\nMaybe %s.svg", r.Chart, trimExtension(r.Chart))
	}
	return nil
}

func (r *resourcesCommand) file(what, path string) source {
	return source{what: what, path: path, format: "auto", delimiter: r.Delimiter}
}

// read reads the items and whatever their curves come from.
func (r *resourcesCommand) read(c console) (*itemsFile, *curveFiles, error) {
	curves := &curveFiles{kind: r.Curve, envelope: r.Envelope}
	if r.Curve != "" && effort.Parameters(r.Curve) == nil {
		return nil, nil, usage("--curve %q is none of %s%s", clip(r.Curve), strings.Join(effort.Kinds(), ", "), maybe(r.Curve, effort.Kinds()))
	}
	var err error
	for _, from := range []struct {
		what, path string
		to         **pointsFile
	}{{"points", r.Points, &curves.points}, {"history", r.History, &curves.history}} {
		if from.path == "" {
			continue
		}
		if *from.to, err = readPoints(r.file(from.what, from.path), c); err != nil {
			return nil, nil, err
		}
	}
	f, err := readItems(r.file("items", r.Items), r.Map, curves, c)
	return f, curves, err
}

// write writes the files that are asked for: all of them, or none.
func (r *resourcesCommand) write(d *division, c console) error {
	var written []*output
	for _, file := range []struct {
		path  string
		write func(io.Writer) error
	}{{r.Out, d.writeCSV}, {r.Chart, func(w io.Writer) error { return d.draw(w, strings.HasSuffix(r.Chart, ".html")) }}} {
		if file.path == "" {
			continue
		}
		out, err := createOutput(file.path, c.out)
		if err != nil {
			return err
		}
		defer out.discard()
		if err := file.write(out); err != nil {
			return fmt.Errorf("writing %s: %w", file.path, err)
		}
		written = append(written, out)
	}
	for _, out := range written {
		if err := out.commit(); err != nil {
			return err
		}
	}
	return nil
}

func printJSON(w io.Writer, v any) error {
	text, err := indented(v)
	if err != nil {
		return err
	}
	_, err = w.Write(text)
	return err
}
