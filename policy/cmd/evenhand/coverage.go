package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/evenhand/evenhand/allocation/effort"
)

// segmentFields are the columns of the segments that are to be covered.
var segmentFields = []string{"name", "customers", "visits", "minutes", "travel"}

// covered is how many reps it takes, as JSON.
type covered struct {
	Reps        int64            `json:"reps"`
	Exact       float64          `json:"exact"`
	Round       string           `json:"round"`
	Utilisation float64          `json:"utilisation"`
	Visits      float64          `json:"visits"`
	Load        float64          `json:"load"`     // hours, or visits with --calls
	Capacity    float64          `json:"capacity"` // of a rep
	Segments    []coveredSegment `json:"segments"`
}

type coveredSegment struct {
	Name        string  `json:"name"`
	Customers   int64   `json:"customers"`
	Visits      float64 `json:"visits"`
	Load        float64 `json:"load"`
	Share       float64 `json:"share"`
	Exact       float64 `json:"exact"`
	Reps        int64   `json:"reps,omitempty"`
	Utilisation float64 `json:"utilisation,omitempty"`
}

// cover counts the reps that it takes to cover the segments.
func (r *resourcesCommand) cover(c console) error {
	w, err := r.workload()
	if err != nil {
		return err
	}
	s := r.file("sizing", r.Sizing)
	names, lines, err := readSegments(s, r.Map, w, c)
	if err != nil {
		return err
	}
	size, err := w.Size()
	if err != nil {
		var e *effort.Error
		if errors.As(err, &e) && len(e.Rows) > 0 {
			return usage("sizing %s:\nline %d: %w", s.name(), lines[e.Rows[0]], inEffort(err))
		}
		return usage("--hours: %w\nMaybe less for --non-selling or --travel", inEffort(err))
	}
	out := covered{size.Reps, size.Exact, r.Round, size.Utilisation, size.Visits, size.Load, size.Capacity, nil}
	for i, seg := range size.Segments {
		out.Segments = append(out.Segments, coveredSegment{names[i], w.Segments[i].Customers, seg.Visits, seg.Load, seg.Share, seg.Exact, seg.Reps, seg.Utilisation})
	}
	if r.Format == "json" {
		return printJSON(c.out, out)
	}
	out.print(c.out, w)
	return nil
}

// workload is what the flags say of a rep's year.
func (r *resourcesCommand) workload() (*effort.Workload, error) {
	w := &effort.Workload{Hours: r.Hours, Calls: r.Calls, Separate: r.Separate}
	switch {
	case r.Hours <= 0 && r.Calls <= 0:
		return nil, usage("--sizing needs what a rep does in a year: --hours or --calls\nMaybe --hours 1920 --non-selling 30%%")
	case r.Hours > 0 && r.Calls > 0:
		return nil, usage("--hours and --calls are two measures of a rep's year\nMaybe leave one away")
	case r.Calls > 0 && (r.NonSelling != "" || r.Travel != ""):
		return nil, usage("--non-selling and --travel are parts of --hours; --calls has them in it\nMaybe --hours 1920")
	}
	var err error
	for _, part := range []struct {
		flag, text string
		to         *float64
	}{{"non-selling", r.NonSelling, &w.NonSelling}, {"travel", r.Travel, &w.Travel}} {
		if part.text == "" {
			continue
		}
		if *part.to, err = parsePart(part.flag, part.text); err != nil {
			return nil, err
		}
	}
	w.Round, err = effort.ParseRounding(r.Round)
	return w, err
}

// readSegments reads the segments into the workload. All rows that cannot be
// used are named.
func readSegments(s source, given []string, w *effort.Workload, c console) (names []string, lines []int, err error) {
	needed := []string{"name", "customers", "visits"}
	if w.Calls == 0 {
		needed = append(needed, "minutes")
	}
	t, m, err := readEffortTable(s, c, given, segmentFields, needed)
	if err != nil {
		return nil, nil, err
	}
	var faults []error
	for i := range t.Rows {
		row := &t.Rows[i]
		r := &repReader{row: row, m: m}
		var seg effort.Segment
		if row.Fault != "" {
			r.faults = append(r.faults, errors.New(row.Fault))
		} else {
			seg = readSegment(r, w.Calls == 0)
		}
		for _, err := range r.faults {
			faults = append(faults, fmt.Errorf("line %d: %w", row.Line, err))
		}
		names, lines, w.Segments = append(names, r.text("name")), append(lines, row.Line), append(w.Segments, seg)
	}
	if err := errors.Join(faults...); err != nil {
		return nil, nil, usage("sizing %s:\n%w", s.name(), err)
	}
	if len(w.Segments) == 0 {
		return nil, nil, usage("sizing %s: there is no segment in it\nMaybe another file is meant, or its rows are missing", s.name())
	}
	noteColumns(c, s, m, nil)
	return names, lines, nil
}

func readSegment(r *repReader, timed bool) (seg effort.Segment) {
	if r.text("name") == "" {
		r.faults = append(r.faults, errors.New("the name is blank"))
	}
	if n := r.whole("customers"); n != nil {
		seg.Customers = *n
	} else if r.m.cell(r.row, "customers") == nil {
		r.fault("customers", errors.New("it is blank"))
	}
	seg.Visits = r.needed("visits")
	if timed {
		seg.Minutes = r.needed("minutes")
		seg.Travel, _ = r.number("travel")
	}
	if seg.Customers < 0 || seg.Visits < 0 || seg.Minutes < 0 || seg.Travel < 0 {
		r.faults = append(r.faults, errors.New("a number is below 0"))
	}
	return seg
}

// print writes the size for people.
func (out covered) print(w io.Writer, asked *effort.Workload) {
	unit := "hours"
	if asked.Calls > 0 {
		unit = "visits"
	}
	head := []string{"segment", ">customers", ">visits"}
	if asked.Calls == 0 {
		head = append(head, ">hours")
	}
	head = append(head, ">share", ">reps")
	if asked.Separate {
		head = append(head, ">whole", ">busy")
	}
	g := grid{head: head}
	for _, seg := range out.Segments {
		cells := []string{visible(clip(seg.Name)), count(seg.Customers), shortly(seg.Visits)}
		if asked.Calls == 0 {
			cells = append(cells, shortly(seg.Load))
		}
		cells = append(cells, percent(seg.Share), fmt.Sprintf("%.2f", seg.Exact))
		if asked.Separate {
			cells = append(cells, count(seg.Reps), percent(seg.Utilisation))
		}
		g.row(cells...)
	}
	g.print(w)
	rounded := "rounded " + out.Round
	if out.Round == "nearest" {
		rounded = "rounded"
	}
	switch {
	case asked.Separate:
		rounded += " segment by segment"
	case out.Exact == float64(out.Reps):
		rounded = "evenly"
	}
	fmt.Fprintf(w, "\n%s %s a year at %s a rep are %.2f reps: %s, %s.\n", shortly(out.Load), unit, shortly(out.Capacity), out.Exact, plural(int(out.Reps), "rep"), rounded)
	if out.Reps > 0 {
		fmt.Fprintf(w, "Their selling time is used to %s.", percent(out.Utilisation))
		if out.Utilisation > 1 {
			fmt.Fprintf(w, " %s %s are not covered.", shortly(out.Load-out.Capacity*float64(out.Reps)), unit)
		}
		fmt.Fprintln(w)
	}
}

// shortly writes a number without decimals where it has none.
func shortly(x float64) string {
	if x == float64(int64(x)) {
		return count(int64(x))
	}
	return money(x)
}
