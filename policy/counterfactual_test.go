package policy

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/calendar"
	"pgregory.net/rapid"
)

// whatIfWorld is a desk of a few reps under a random policy with what happened
// on it, so that it can happen again with one thing otherwise.
type whatIfWorld struct {
	rules   []string // YAML without what a test changes
	sized   bool     // customers count by lead.value
	head    string
	limits  map[string]string // expression by cap
	weights map[string]string // by rule
	prefers map[string]string // by rule
	reps    []allocation.Rep
	work    map[string]int64
	history []allocation.Customer
	gone    map[string]bool // of the history, released at once
	probe   allocation.Customer
	at      time.Time
}

// document is the policy's text.
func (w *whatIfWorld) document() string {
	text := w.head + strings.Join(w.rules, "")
	for name, expression := range w.limits {
		text = strings.ReplaceAll(text, "LIMIT("+name+")", "'"+expression+"'")
	}
	for rule, expression := range w.weights {
		text = strings.ReplaceAll(text, "WEIGHT("+rule+")", "'"+expression+"'")
	}
	for rule, expression := range w.prefers {
		text = strings.ReplaceAll(text, "PREFER("+rule+")", "'"+expression+"'")
	}
	return text
}

var whatIfWhens = []string{
	"", "", "", "lead.score > 10", `lead.region == "n"`, `lead.industry in ["steel", "food"]`, "has(lead.source)",
	`lead.score >= 5 and lead.region != "s"`, `not (lead.region == "n") or lead.score < 3`, `lead.score > 100`,
}

var whatIfEligibles = []string{
	"", "", `"field" in rep.teams`, "lead.industry in rep.skills", "rep.region == lead.region", `rep.level in ["a", "b"]`,
	`rep.level != "a"`, "rep.kpi.win_rate > 0.5", "rep.open < 2", "rep.id == lead.owner", "rep.vip", "not rep.vip and lead.score > 2",
	`rep.region == lead.region or "field" in rep.teams`, `rep.level == "a" and rep.region == "n"`, "rep.grade >= lead.score",
	`rep.open < 3 and rep.grade < 8 and rep.grade > 2`,
}

func drawWhatIfWorld(t *rapid.T) *whatIfWorld {
	oneOf := func(label string, options ...string) string { return rapid.SampledFrom(options).Draw(t, label) }
	often := func(label string, of int) bool { return rapid.IntRange(1, of).Draw(t, label) == of }
	w := &whatIfWorld{
		limits: map[string]string{}, weights: map[string]string{}, prefers: map[string]string{},
		work: map[string]int64{}, gone: map[string]bool{},
		at: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC),
	}
	w.head = "evenhand: 1\nname: p\ncustomer: lead\nfields:\n  lead: {}\n  rep: {level: string, vip: bool, grade: int, points: int, tier: string}\nkpis: [win_rate, conversion]\n"
	w.head += oneOf("rotation", "", "", "", "rotation: {scope: desk}\n", "rotation: {share: totals, on_return: calibrate}\n", "rotation: {on_return: calibrate}\n")
	w.sized = often("sized", 3)
	w.head += w.drawCaps(t, "caps:\n", "d", "  ")
	w.head += "rules:\n"
	for i := range rapid.IntRange(1, 4).Draw(t, "rules") {
		w.rules = append(w.rules, w.drawRule(t, fmt.Sprintf("r%d", i), strings.Contains(w.head, "totals")))
	}
	if often("fallback", 4) {
		w.rules = append(w.rules, "fallback: [{rep: b}, {rep: c}]\n")
	}
	for i := range rapid.IntRange(2, 5).Draw(t, "reps") {
		w.reps = append(w.reps, drawWhatIfRep(t, string(rune('a'+i))))
	}
	for i := range w.reps {
		if often("work", 2) {
			w.work[w.reps[i].ID] = rapid.Int64Range(1, 3).Draw(t, "units")
		}
	}
	for i := range rapid.IntRange(2, 8).Draw(t, "customers") {
		c := w.drawCustomer(t, fmt.Sprintf("h%d", i))
		w.history = append(w.history, c)
		w.gone[c.ID] = often("gone", 3)
	}
	w.probe = w.drawCustomer(t, "probe")
	return w
}

func (w *whatIfWorld) drawCaps(t *rapid.T, head, prefix, indent string) string {
	var b strings.Builder
	for i := range rapid.IntRange(0, 2).Draw(t, "caps") {
		if i == 0 {
			b.WriteString(head)
		}
		name := fmt.Sprintf("%s-cap%d", prefix, i)
		w.limits[name] = rapid.SampledFrom([]string{"rep.capacity", "1", "2", `rep.tier == "a" ? 1 : 3`}).Draw(t, "limit")
		kind := rapid.SampledFrom([]string{
			"open: LIMIT(%s)", "assigned: LIMIT(%s), per: day", "assigned: LIMIT(%s), per: 36h", "open: LIMIT(%s), each: team",
			`open: LIMIT(%s), only: lead.score > 4`, `assigned: LIMIT(%s), per: hour, only: 'lead.region == "n"'`,
		}).Draw(t, "cap")
		fmt.Fprintf(&b, "%s- {name: %s, %s}\n", indent, name, fmt.Sprintf(kind, name))
	}
	return b.String()
}

func (w *whatIfWorld) drawRule(t *rapid.T, id string, totals bool) string {
	oneOf := func(label string, options ...string) string { return rapid.SampledFrom(options).Draw(t, label) }
	var b strings.Builder
	fmt.Fprintf(&b, "  - name: %s\n", id)
	line := func(key, value string) {
		if value != "" {
			fmt.Fprintf(&b, "    %s: %s\n", key, value)
		}
	}
	quoted := func(expression string) string {
		if expression == "" {
			return ""
		}
		return "'" + expression + "'"
	}
	line("when", quoted(oneOf("when", whatIfWhens...)))
	pick := oneOf("pick", "rotate", "rotate", "rotate", "best", "least_open", "most_available", "first", "none")
	line("pick", pick)
	if pick == "none" {
		line("reason", "spam")
		return b.String()
	}
	line("eligible", quoted(oneOf("eligible", whatIfEligibles...)))
	line("available", oneOf("available", "", "", "not_away", "any"))
	line("if_none", oneOf("if_none", "", "", "", "wait", "fallback", "{away: wait}", "{not_eligible: fallback, full: next}"))
	b.WriteString(w.drawCaps(t, "    caps:\n", id, "      "))
	if pick == "best" {
		w.prefers[id] = oneOf("prefer", "rep.kpi.conversion", "rep.points", "rep.kpi.conversion * lead.score")
		line("prefer", "PREFER("+id+")")
	}
	if pick == "rotate" {
		if w.weights[id] = oneOf("weight", "", "rep.kpi.conversion", "rep.points + lead.score", "rep.points"); w.weights[id] != "" {
			line("weight", "WEIGHT("+id+")")
			line("weight_null", oneOf("weight_null", "", "mean", "0.25"))
			line("weight_range", oneOf("weight_range", "", "", "[0.5, 2]"))
		}
		if !totals {
			if w.prefers[id] = oneOf("prefer", "", "", "rep.points"); w.prefers[id] != "" {
				line("prefer", "PREFER("+id+")")
				line("window", oneOf("window", "0", "0.5", "1"))
			}
		}
		if w.sized {
			line("size", "lead.value")
			line("typical", "2.5")
		}
	}
	return b.String()
}

func drawWhatIfRep(t *rapid.T, id string) allocation.Rep {
	often := func(label string, of int) bool { return rapid.IntRange(1, of).Draw(t, label) == of }
	r := allocation.Rep{ID: id, Fields: map[string]any{}, KPI: map[string]float64{}}
	r.Inactive = often("inactive", 8)
	r.Region = rapid.SampledFrom([]string{"", "n", "s"}).Draw(t, "region")
	r.Teams = rapid.SampledFrom([][]string{nil, {"field"}, {"inside"}, {"field", "inside"}}).Draw(t, "teams")
	r.Skills = rapid.SampledFrom([][]string{nil, {"steel"}, {"food", "steel"}}).Draw(t, "skills")
	if often("capacity", 2) {
		capacity := rapid.Int64Range(0, 4).Draw(t, "units")
		r.Capacity = &capacity
	}
	if often("win rate", 2) {
		r.KPI["win_rate"] = rapid.SampledFrom([]float64{0, 0.25, 0.5, 0.75, 1}).Draw(t, "rate")
	}
	if often("conversion", 2) {
		r.KPI["conversion"] = rapid.SampledFrom([]float64{0, 0.25, 0.5, 0.75, 1}).Draw(t, "rate")
	}
	if often("tier", 2) {
		r.Fields["tier"] = rapid.SampledFrom([]string{"a", "b"}).Draw(t, "of")
	}
	if !often("points", 4) {
		r.Fields["points"] = rapid.Int64Range(0, 9).Draw(t, "of")
	}
	if often("level", 2) {
		r.Fields["level"] = rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "of")
	}
	if often("vip", 2) {
		r.Fields["vip"] = rapid.Bool().Draw(t, "is")
	}
	if !often("grade", 4) {
		r.Fields["grade"] = rapid.Int64Range(0, 9).Draw(t, "of")
	}
	if often("shifts", 4) {
		r.Shifts, _ = calendar.ParseShifts(rapid.SampledFrom([]string{"Mon-Fri 12:00-17:00", "Mon-Fri 08:00-10:00"}).Draw(t, "hours"))
	}
	if often("time off", 6) {
		r.TimeOff, _ = calendar.ParseSpans("2026-03-01..2026-03-03", time.UTC)
	}
	return r
}

func (w *whatIfWorld) drawCustomer(t *rapid.T, id string) allocation.Customer {
	often := func(label string, of int) bool { return rapid.IntRange(1, of).Draw(t, label) == of }
	c := allocation.Customer{ID: id, At: w.at, Fields: map[string]any{}}
	put := func(field string, values ...any) {
		if !often("no "+field, 4) {
			c.Fields[field] = rapid.SampledFrom(values).Draw(t, field)
		}
	}
	put("score", 1.0, 4.0, 7.0, 11.0)
	put("region", "n", "s", "w")
	put("industry", "steel", "food", "wood")
	put("source", "web")
	put("owner", "a", "b", "z")
	put("value", 1.0, 2.5, 9.0)
	return c
}

// whatIfDesk is a world's desk just before the probe.
type whatIfDesk struct {
	*allocation.Desk
	config allocation.Config
	holder map[string]string // of open customers
}

// open lets everything happen up to the probe.
func (w *whatIfWorld) open(t *rapid.T, store allocation.Store) *whatIfDesk {
	ctx := context.Background()
	p := compile(t, w.document(), nil)
	d := &whatIfDesk{holder: map[string]string{}}
	var err error
	d.config = allocation.Config{Desk: "d", Policy: p, Compile: Compile, Store: store, Replay: allocation.ReplayStrict, Clock: func() time.Time { return w.at }}
	if d.Desk, err = allocation.Open(ctx, d.config); err != nil {
		t.Fatal(err)
	}
	if err := d.SetReps(ctx, w.reps, allocation.Opening{At: w.at.Add(-2 * time.Hour), Work: w.work}); err != nil {
		t.Fatal(err)
	}
	for i, c := range w.history {
		c.At = w.at.Add(-time.Hour + time.Duration(i)*time.Minute)
		out, err := d.Assign(ctx, c)
		switch {
		case err != nil:
			t.Fatal(err)
		case out.Status == allocation.StatusWaiting:
			if err := d.Void(ctx, c.ID, "waits", allocation.At(c.At)); err != nil {
				t.Fatal(err)
			}
		case out.Status == allocation.StatusAssigned && w.gone[c.ID]:
			if err := d.Release(ctx, c.ID, allocation.Won, allocation.At(c.At)); err != nil {
				t.Fatal(err)
			}
		case out.Status == allocation.StatusAssigned:
			d.holder[c.ID] = out.Rep
		}
	}
	return d
}

// decide lets everything happen with the probe at its end.
func (w *whatIfWorld) decide(t *rapid.T, change func(d *whatIfDesk) error) (allocation.Decision, *whatIfDesk, error) {
	d := w.open(t, allocation.NewMemoryStore())
	defer d.Close()
	if change != nil {
		if err := change(d); err != nil {
			return allocation.Decision{}, nil, err
		}
	}
	out, err := d.Assign(context.Background(), w.probe)
	return out, d, err
}

// clone is a world that can be changed.
func (w *whatIfWorld) clone() *whatIfWorld {
	c := *w
	c.limits, c.weights, c.prefers = maps.Clone(w.limits), maps.Clone(w.weights), maps.Clone(w.prefers)
	c.work, c.reps = maps.Clone(w.work), slices.Clone(w.reps)
	c.probe.Fields = maps.Clone(w.probe.Fields)
	return &c
}

func (w *whatIfWorld) rep(id string) allocation.Rep {
	i := slices.IndexFunc(w.reps, func(r allocation.Rep) bool { return r.ID == id })
	r := w.reps[i]
	r.KPI, r.Fields = maps.Clone(r.KPI), maps.Clone(r.Fields)
	return r
}

// setRep is a change made just before the probe.
func (w *whatIfWorld) setRep(r allocation.Rep) func(*whatIfDesk) error {
	return func(d *whatIfDesk) error { return d.SetRep(context.Background(), r, w.at) }
}

// setPolicy puts another policy into force just before the probe.
func (w *whatIfWorld) setPolicy(change func(*whatIfWorld)) func(*whatIfDesk) error {
	other := w.clone()
	change(other)
	return func(d *whatIfDesk) error {
		p, err := compileWhatIf(other.document())
		if err != nil {
			return err
		}
		return d.SetPolicy(context.Background(), p, w.at)
	}
}

func compileWhatIf(text string) (*allocation.Policy, error) {
	document, err := Parse("policy.yaml", []byte(text), nil)
	if err != nil {
		return nil, fmt.Errorf("%w\nin\n%s", err, text)
	}
	return document.Compile()
}

func forRep(id, value, otherwise string) string {
	return fmt.Sprintf(`rep.id == "%s" ? %s : (%s)`, id, value, otherwise)
}

// make is a Change really made: what it does to the desk just before the probe,
// or to the probe.
func (w *whatIfWorld) make(t *rapid.T, rep string, c allocation.Change) (world *whatIfWorld, change func(*whatIfDesk) error) {
	ctx := context.Background()
	r := w.rep(rep)
	switch c.Cause {
	case allocation.CauseActive:
		r.Inactive = false
		return w, w.setRep(r)
	case allocation.CauseShift, allocation.CauseTimeOff:
		r.Shifts, r.TimeOff = nil, nil
		return w, w.setRep(r)
	case allocation.CauseCap:
		return w, w.setPolicy(func(o *whatIfWorld) { o.limits[c.Cap] = forRep(rep, fmt.Sprint(c.Limit), o.limits[c.Cap]) })
	case allocation.CauseWeight:
		return w, w.setPolicy(func(o *whatIfWorld) { o.weights[c.Rule] = forRep(rep, c.Amount, o.weights[c.Rule]) })
	case allocation.CausePrefer:
		return w, w.setPolicy(func(o *whatIfWorld) { o.prefers[c.Rule] = forRep(rep, c.Amount, o.prefers[c.Rule]) })
	case allocation.CauseField:
		setWhatIfField(t, &r, strings.TrimPrefix(c.Field, "rep."), c.Raw)
		return w, w.setRep(r)
	case allocation.CauseOpen:
		return w, func(d *whatIfDesk) error { return w.reduceOpen(d, rep, *c.Open) }
	case allocation.CauseCredit:
		return w, func(d *whatIfDesk) error {
			var amount float64
			fmt.Sscan(c.Amount, &amount)
			return d.Grant(ctx, c.Rule, rep, amount, "what if", allocation.At(w.at))
		}
	case allocation.CauseCustomerField:
		other := w.clone()
		other.probe.Fields[strings.TrimPrefix(c.Field, "lead.")] = c.Raw
		return other, nil
	case allocation.CauseTime:
		other := w.clone()
		other.probe.At = *c.At
		return other, nil
	}
	t.Fatalf("a change of cause %q has no meaning", c.Cause)
	return nil, nil
}

func setWhatIfField(t *rapid.T, r *allocation.Rep, field string, raw any) {
	texts, _ := raw.([]string)
	text, _ := raw.(string)
	switch field {
	case "teams":
		r.Teams = texts
	case "skills":
		r.Skills = texts
	case "region":
		r.Region = text
	case "kpi.win_rate":
		r.KPI["win_rate"] = raw.(float64)
	case "capacity":
		units := raw.(int64)
		r.Capacity = &units
	case "level", "vip", "grade":
		r.Fields[field] = raw
	default:
		t.Fatalf("no policy of this test reads rep.%s", field)
	}
}

// reduceOpen takes open units from a rep: first of his customers, then of what
// he had from the start.
func (w *whatIfWorld) reduceOpen(d *whatIfDesk, rep string, to int64) error {
	ctx := context.Background()
	report, err := d.Report(ctx)
	if err != nil {
		return err
	}
	open := int64(0)
	for _, r := range report.Reps {
		if r.Rep == rep {
			open = r.Open
		}
	}
	work := maps.Clone(w.work)
	for less := open - to; less > 0 && work[rep] > 0; less-- {
		work[rep]--
		open--
	}
	if err := d.SetReps(ctx, w.reps, allocation.Opening{At: w.at, Work: map[string]int64{rep: work[rep]}}); err != nil {
		return err
	}
	for _, c := range w.history {
		if open <= to {
			return nil
		}
		if d.holder[c.ID] != rep {
			continue
		}
		if err := d.Release(ctx, c.ID, allocation.Won, allocation.At(w.at)); err != nil {
			return err
		}
		open--
	}
	if open > to {
		return fmt.Errorf("rep %s has %d open units, not %d", rep, open, to)
	}
	return nil
}

// whatIfDecisions is how many decisions are questioned: EVENHAND_WHATIF, 100
// unless it is set.
func whatIfDecisions(t *testing.T) {
	checks := "100"
	if s := os.Getenv("EVENHAND_WHATIF"); s != "" {
		checks = s
	}
	old := flag.Lookup("rapid.checks").Value.String()
	if err := flag.Set("rapid.checks", checks); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = flag.Set("rapid.checks", old) })
}

// attemptsEach is how many single changes are tried for a rep for whom there is
// said to be none.
const attemptsEach = 5

// TestEveryCounterfactualIsTrue: whatever Explain says would have given a rep
// the customer is really done to the same desk, and the same customer then goes
// to him. Where it says that nothing would have, none of many single changes of
// the kinds it looks for does.
func TestEveryCounterfactualIsTrue(t *testing.T) {
	whatIfDecisions(t)
	counts := map[allocation.Cause]int{}
	var decisions, reps, none, attempts int
	rapid.Check(t, func(t *rapid.T) {
		w := drawWhatIfWorld(t)
		out, d, err := w.decide(t, nil)
		if err != nil {
			t.Fatal(err)
		}
		x, err := allocation.Explain(context.Background(), d.config, allocation.CustomerRef{Kind: "lead", ID: "probe"})
		if err != nil {
			t.Fatalf("%v\n%s", err, w.document())
		}
		decisions++
		for _, c := range x.Counterfactuals {
			reps++
			for _, change := range c.Changes {
				counts[change.Cause]++
				world, do := w.make(t, c.Rep, change)
				got, _, err := world.decide(t, do)
				if err != nil {
					t.Fatalf("%s should go to %s after %+v, but that cannot be done: %v\n%s", x.Decision.Customer, c.Rep, change, err, w.show())
				}
				anyRule := change.Cause == allocation.CauseOpen // what is released counts under caps of rules, too
				if got.Rep != c.Rep || got.Status != allocation.StatusAssigned || got.Rule != change.Rule && !anyRule {
					t.Fatalf("a change that Explain states gives the rep the customer: after %+v the customer goes to %q by rule %q (%s %s), not to %q; before, to %q by %q\n%s\n%s",
						change, got.Rep, got.Rule, got.Status, got.Reason, c.Rep, out.Rep, out.Rule, x, w.show())
				}
			}
			if len(c.Changes) > 0 {
				continue
			}
			none++
			for _, a := range rapid.Permutation(w.attempts(c.Rep)).Draw(t, "attempts")[:attemptsEach] {
				attempts++
				got, _, err := a.world.decide(t, a.change)
				if err == nil && got.Rep == c.Rep {
					t.Fatalf("Explain states that no single change would give %q the customer, but this does: %s, by rule %q\n%s\n%s", c.Rep, a.name, got.Rule, x, w.show())
				}
			}
		}
	})
	t.Logf("%d decisions; %d reps who did not get the customer, %d of them by no single change, by %d attempts; changes made: %v", decisions, reps, none, attempts, counts)
}

func (w *whatIfWorld) show() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\nwork %v\n", w.document(), w.work)
	for i := range w.reps {
		text, _ := w.reps[i].MarshalJSON()
		fmt.Fprintf(&b, "%s\n", text)
	}
	for _, c := range append(slices.Clone(w.history), w.probe) {
		fmt.Fprintf(&b, "%s %v gone %v\n", c.ID, c.Fields, w.gone[c.ID])
	}
	return b.String()
}
