package allocation

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strconv"
	"strings"
)

// Limits on what the page of a plan shows; the rest is in the other exports.
const (
	pageReps = 100
	pageRows = 1000
)

//go:embed plan_page.html
var pageText string

var pageTemplate = template.Must(template.New("plan").Parse(pageText))

// WriteHTML writes the plan as one page that needs nothing else: what it does
// and proves in sentences, what each rep has before and after in a picture and
// what his places cost, and the first 1,000 customers, those who get
// another rep first.
func (p *Plan) WriteHTML(w io.Writer) error { return pageTemplate.Execute(w, p.page()) }

// page is what the template shows.
type page struct {
	*Plan
	Lines    []string // what the plan does
	Recorded uint64   // the planned entry; 0 without
	Bars     []bar
	Height   int
	MoreReps int
	Parts    []pagePart
	First    []pageRow
	MoreRows int
}

// bar is a rep in the picture: lengths are of pageWidth.
type bar struct {
	Rep                   string
	Y                     int
	Before, After         int64
	BeforeWide, AfterWide float64
	Limit                 string
	LimitAt               float64 // −1 without
}

// pagePart is the prices of a part.
type pagePart struct {
	Rule, Goal string
	Rotates    bool
	Proves     bool
	Sentence   string
	Reps       []pageRep
	More       int
}

type pageRep struct {
	Rep, Room, Load, Entitled, Price, Displaced string
	Scarce                                      bool
	Needs                                       string  // of scarce places: what one more would do
	Wide                                        float64 // the price, of 100
}

type pageRow struct{ Customer, Does, Rule, Score, Why string }

const (
	pageWidth = 560.0 // of a full bar
	barHeight = 22
)

func (p *Plan) page() *page {
	out := &page{Plan: p, Lines: strings.SplitAfter(strings.TrimSpace(p.String()), "\n")[:1]}
	if p.commit != nil && p.commit.done != nil {
		out.Recorded = p.commit.done.Seq
	}
	for i := range p.Parts {
		out.Parts = append(out.Parts, p.pagePart(&p.Parts[i]))
	}
	out.bars()
	for _, changes := range []bool{true, false} {
		for i := range p.Rows {
			if row := &p.Rows[i]; (row.Rep != row.From) == changes && len(out.First) < pageRows {
				out.First = append(out.First, p.pageRow(row))
			}
		}
	}
	out.MoreRows = len(p.Rows) - len(out.First)
	return out
}

func (o *page) bars() {
	longest := int64(1)
	for _, r := range o.Reps {
		longest = max(longest, r.Before, r.After, r.Limit)
	}
	for i, r := range o.Reps {
		if i == pageReps {
			o.MoreReps = len(o.Reps) - pageReps
			break
		}
		wide := func(units int64) float64 { return pageWidth * float64(max(0, units)) / float64(longest) }
		b := bar{Rep: r.Rep, Y: i * barHeight, Before: r.Before, After: r.After, BeforeWide: wide(r.Before), AfterWide: wide(r.After), LimitAt: -1}
		if r.Limit >= 0 {
			b.Limit, b.LimitAt = " of "+strconv.FormatInt(r.Limit, 10), wide(r.Limit)
		}
		o.Bars = append(o.Bars, b)
	}
	o.Height = len(o.Bars)*barHeight + 4
}

func (p *Plan) pagePart(part *PlanPart) pagePart {
	out := pagePart{Rule: p.ruleName(part.Rule), Goal: part.Goal, Rotates: part.Goal == GoalRotation, Proves: part.Goal != GoalInOrder,
		Sentence: part.sentence(p.ruleName(part.Rule))}
	dearest := int64(1)
	for _, r := range part.Reps {
		dearest = max(dearest, r.Price)
	}
	for i, r := range part.Reps {
		if i == pageReps {
			out.More = len(part.Reps) - pageReps
			break
		}
		x := pageRep{Rep: r.Rep, Room: "no limit", Load: strconv.FormatInt(r.Load, 10), Entitled: fmt.Sprintf("%.2f", r.Entitled),
			Price: part.amount(r.Price), Displaced: r.Displaced, Scarce: r.Scarce, Needs: part.brings(), Wide: 100 * float64(max(0, r.Price)) / float64(dearest)}
		if r.Room >= 0 {
			x.Room = strconv.FormatInt(r.Room, 10)
		}
		out.Reps = append(out.Reps, x)
	}
	return out
}

func (p *Plan) pageRow(row *PlanRow) pageRow {
	out := pageRow{Customer: row.Customer, Rule: p.ruleName(row.Rule), Does: string(row.Status)}
	switch {
	case row.Fault != "":
		out.Why = row.Fault
	case row.Status != StatusAssigned:
		out.Why = sentence(row.Reason)
	case row.From == "":
		out.Does = "→ " + row.Rep
	case row.From == row.Rep:
		out.Does = "stays with " + row.Rep
	default:
		out.Does = row.From + " → " + row.Rep
	}
	if row.Status == StatusAssigned {
		out.Why = row.Reason
	}
	if row.Part >= 0 && row.Status == StatusAssigned && p.Parts[row.Part].Goal != GoalInOrder {
		out.Score = p.Parts[row.Part].amount(row.Score)
	}
	return out
}
