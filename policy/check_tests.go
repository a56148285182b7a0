package policy

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/evenhand/evenhand/allocation/calendar"
	"github.com/evenhand/evenhand/policy/rule"
)

// checkTests types the document's tests: fields exist and hold what they are
// declared to, and what is expected can be.
func (c *compiler) checkTests() {
	names := map[string]bool{}
	for i := range c.d.Tests {
		t, path := &c.d.Tests[i], item("tests", i)
		switch {
		case t.Name == "":
			c.need(path, "name", "the test has no name", "name: owner wins")
		case names[t.Name]:
			c.f.path(join(path, "name"), fmt.Sprintf("there are two tests with the name %q", t.Name), "give one of them another name")
		}
		names[t.Name] = true
		c.instant(join(path, "now"), t.Now)
		ids := c.testReps(path, t)
		if t.Customer == nil {
			c.need(path, "customer", "the test has no customer", "customer: {id: L1}")
		}
		c.testValues(join(path, "customer"), rule.Customer, c.word, t.Customer)
		c.testExpect(join(path, "expect"), path, t, ids)
	}
}

func (c *compiler) testReps(path string, t *Test) []string {
	if len(t.Reps) == 0 {
		c.need(path, "reps", "the test has no reps", "reps: [{id: ana}]")
	}
	var ids []string
	for i, rep := range t.Reps {
		at := item(join(path, "reps"), i)
		id, _ := rep["id"].(string)
		switch {
		case rep == nil:
			continue // complained about when it was read
		case rep["id"] == nil:
			c.f.path(at, "the rep has no id", "{id: ana}")
		case slices.Contains(ids, id):
			c.f.path(join(at, "id"), fmt.Sprintf("rep %q is in the list twice", id), "give one of them another id")
		}
		ids = append(ids, id)
		c.testValues(at, rule.Rep, "rep", rep)
	}
	return ids
}

// testValues types the fields of one customer or rep.
func (c *compiler) testValues(path string, side rule.Side, word string, values map[string]any) {
	for _, name := range sortedKeys(values) {
		at := join(path, name)
		if side == rule.Rep && c.testCalendar(at, name, values[name]) {
			continue
		}
		if name == "kpi" && side == rule.Rep {
			kpis, ok := values[name].(map[string]any)
			if !ok {
				c.f.path(at, "kpi is a group of numbers", "kpi: {win_rate: 0.3}")
			}
			for _, kpi := range sortedKeys(kpis) {
				c.testValue(join(at, kpi), side, word, "kpi."+kpi, kpis[kpi])
			}
			continue
		}
		c.testValue(at, side, word, name, values[name])
	}
}

// testCalendar reads the two things about a rep that rules do not see.
func (c *compiler) testCalendar(path, name string, raw any) bool {
	text, isText := raw.(string)
	var err error
	switch name {
	case "shifts":
		_, err = calendar.ParseShifts(text)
	case "time_off":
		_, err = calendar.ParseSpans(text, c.zone)
	default:
		return false
	}
	switch {
	case !isText:
		c.f.path(path, name+" is a text", map[string]string{
			"shifts": `"Mon-Fri 09:00-17:30"`, "time_off": `"2026-03-01..2026-03-14"`}[name])
	case err != nil:
		c.fail(path, err)
	}
	return true
}

func (c *compiler) testValue(path string, side rule.Side, word, name string, raw any) {
	_, err := c.v.Coerce(side, name, raw)
	var bad *rule.ValueError
	switch {
	case err == nil || c.broken[name]:
	case errors.As(err, &bad) && bad.Kind == rule.Null && strings.HasPrefix(name, "kpi."):
		near, _ := rule.Nearest(strings.TrimPrefix(name, "kpi."), c.v.KPIs())
		c.f.key(path, fmt.Sprintf("there is no %s.%s", word, name), near)
	case errors.As(err, &bad) && bad.Kind == rule.Null:
		c.f.key(path, fmt.Sprintf("there is no field %s.%s", word, name), bad.Maybe)
	case errors.As(err, &bad):
		c.f.path(path, fmt.Sprintf("%s.%s: %s", word, name, bad.Problem), bad.Maybe)
	default:
		c.fail(path, err)
	}
}

// testExpect checks that what a test expects can be.
func (c *compiler) testExpect(path, test string, t *Test, ids []string) {
	e := t.Expect
	if e == (Expect{}) {
		c.need(test, "expect", "the test expects nothing", "expect: {rep: ana}")
		return
	}
	if e.Rep != "" && !slices.Contains(ids, e.Rep) {
		near, _ := rule.Nearest(e.Rep, ids)
		c.f.path(join(path, "rep"), fmt.Sprintf("the test has no rep %q", e.Rep), near)
	}
	if e.Rule != "" {
		var known []string
		for _, r := range c.out.Rules {
			known = append(known, r.Name, r.ID)
		}
		if !slices.Contains(known, e.Rule) {
			near, _ := rule.Nearest(e.Rule, known)
			c.f.path(join(path, "rule"), fmt.Sprintf("the policy has no rule %q", e.Rule), near)
		}
	}
	word(c, join(path, "status"), e.Status, words[bool]{{"assigned", true}, {"waiting", true}, {"pooled", true}, {"unassigned", true}})
	if e.Reason != "" && !reasonText.MatchString(e.Reason) {
		c.f.path(join(path, "reason"), fmt.Sprintf("%q is no reason code: small letters, digits and underscores", e.Reason), "")
	}
}
