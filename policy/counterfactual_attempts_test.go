package policy

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/evenhand/evenhand/allocation"
)

// attempt is one single change.
type attempt struct {
	name   string
	world  *whatIfWorld
	change func(*whatIfDesk) error
}

// attempts are single changes of every kind that Explain looks for, found
// without looking at the rules' outcome.
func (w *whatIfWorld) attempts(rep string) []attempt {
	ctx := context.Background()
	var out []attempt
	try := func(name string, change func(*whatIfDesk) error) { out = append(out, attempt{name, w, change}) }
	field := func(name string, change func(*allocation.Rep)) {
		r := w.rep(rep)
		change(&r)
		try(name, w.setRep(r))
	}
	field("active", func(r *allocation.Rep) { r.Inactive = false })
	field("on shift and not away", func(r *allocation.Rep) { r.Shifts, r.TimeOff = nil, nil })
	for name := range w.limits {
		for _, limit := range []string{"1", "2", "3", "5", "1000"} {
			try("cap "+name+" of "+limit, w.setPolicy(func(o *whatIfWorld) { o.limits[name] = forRep(rep, limit, o.limits[name]) }))
		}
	}
	for id := range w.rules {
		rule := fmt.Sprintf("r%d", id)
		for _, amount := range []float64{0.001, 0.5, 1, 3, 10, 1000} {
			try(fmt.Sprintf("a grant of %v in %s", amount, rule), func(d *whatIfDesk) error {
				return d.Grant(ctx, rule, rep, amount, "what if", allocation.At(w.at))
			})
		}
	}
	text := w.document()
	eligible := func(name string) bool { return strings.Contains(eligibleLines(text), name) }
	if eligible("rep.region") {
		for _, v := range []string{"n", "s", "w", "x"} {
			field("rep.region "+v, func(r *allocation.Rep) { r.Region = v })
		}
	}
	if eligible("rep.teams") {
		field("rep.teams with field", func(r *allocation.Rep) { r.Teams = append(slices.Clone(r.Teams), "field") })
		field("rep.teams without", func(r *allocation.Rep) { r.Teams = nil })
	}
	if eligible("rep.skills") {
		for _, v := range []string{"steel", "food", "wood"} {
			field("rep.skills with "+v, func(r *allocation.Rep) { r.Skills = append(slices.Clone(r.Skills), v) })
		}
	}
	if eligible("rep.vip") {
		field("rep.vip", func(r *allocation.Rep) { r.Fields["vip"] = true })
		field("not rep.vip", func(r *allocation.Rep) { r.Fields["vip"] = false })
	}
	if eligible("rep.level") {
		for _, v := range []string{"a", "b", "c", "z"} {
			field("rep.level "+v, func(r *allocation.Rep) { r.Fields["level"] = v })
		}
	}
	if eligible("rep.kpi.win_rate") {
		for _, v := range []float64{0.4, 0.51} {
			field(fmt.Sprint("rep.kpi.win_rate ", v), func(r *allocation.Rep) { r.KPI["win_rate"] = v })
		}
	}
	if eligible("rep.grade") {
		for v := range int64(12) {
			field(fmt.Sprint("rep.grade ", v), func(r *allocation.Rep) { r.Fields["grade"] = v })
		}
	}
	for f, values := range map[string][]any{
		"score": {0.0, 2.5, 3.0, 4.5, 6.0, 10.5, 101.0}, "region": {"n", "s", "w", "x"}, "industry": {"steel", "food", "wood", "x"}, "source": {"web"},
		"owner": {"a", "b", "c", "d", "e"},
	} {
		if !whenOrEligible(text, "lead."+f) {
			continue
		}
		for _, v := range values {
			other := w.clone()
			other.probe.Fields[f] = v
			out = append(out, attempt{fmt.Sprintf("lead.%s %v", f, v), other, nil})
		}
	}
	return out
}

func eligibleLines(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if strings.HasPrefix(strings.TrimSpace(line), "eligible:") {
			b.WriteString(line)
		}
	}
	return b.String()
}

func whenOrEligible(text, field string) bool {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if (strings.HasPrefix(line, "when:") || strings.HasPrefix(line, "eligible:")) && strings.Contains(line, field) {
			return true
		}
	}
	return false
}
