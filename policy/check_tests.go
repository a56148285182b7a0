package policy

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/evenhand/evenhand/allocation/calendar"
	"github.com/evenhand/evenhand/policy/rule"
)

// MaxTestCustomers is how many customers one test may have.
const MaxTestCustomers = 500

// checkTests types the document's tests: fields exist and hold what they are
// declared to, what is expected can be, and time does not run backwards.
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
		start, ids := c.testStart(path, t), c.testReps(path, t)
		if t.Customers != nil {
			c.testCustomers(path, t, start, ids)
			continue
		}
		if t.Customer == nil {
			c.need(path, "customer", "the test has no customer", "customer: {id: L1}")
		}
		c.testValues(join(path, "customer"), rule.Customer, c.word, t.Customer)
		if t.Expect.IsZero() {
			c.need(path, "expect", "the test expects nothing", "expect: {rep: ana}")
		}
		c.testExpect(join(path, "expect"), t.Expect, ids)
	}
}

// testCustomers checks the customers of a test with several.
func (c *compiler) testCustomers(path string, t *Test, last time.Time, ids []string) {
	if t.Customer != nil || !t.Expect.IsZero() {
		c.f.key(join(path, "customers"), "the test has customers beside a customer", "put him among the customers, with what is expected of him")
	}
	if len(t.Customers) == 0 {
		c.need(path, "customers", "the test has no customer", "customers: [{customer: {id: L1}, expect: {rep: ana}}]")
		return
	}
	if len(t.Customers) > MaxTestCustomers {
		c.f.key(join(path, "customers"), fmt.Sprintf("the test has %d customers; the limit is %d", len(t.Customers), MaxTestCustomers), "evenhand run, which decides files of customers")
		return
	}
	expects := false
	for i := range t.Customers {
		one, at := &t.Customers[i], item(join(path, "customers"), i)
		if one.Customer == nil {
			c.need(at, "customer", "here is no customer", "{customer: {id: L1}, expect: {rep: ana}}")
		}
		c.testValues(join(at, "customer"), rule.Customer, c.word, one.Customer)
		c.testExpect(join(at, "expect"), one.Expect, ids)
		expects = expects || !one.Expect.IsZero()
		when := c.instant(join(at, "at"), one.At)
		if !when.IsZero() && when.Before(last) {
			c.f.path(join(at, "at"), fmt.Sprintf("he comes at %s, before the one above him at %s", one.At, last.Format("2006-01-02T15:04:05Z07:00")), "put the customers in the order in which they come")
		} else if !when.IsZero() {
			last = when
		}
	}
	if !expects {
		c.need(path, "expect", "the test expects nothing", "add expect: {rep: ana} to one of its customers")
	}
}

// testStart is when a test begins; the zero time when it is no date.
func (c *compiler) testStart(path string, t *Test) time.Time {
	return c.instant(join(path, "now"), cmp.Or(t.Now, "2026-01-01"))
}

func (c *compiler) testReps(path string, t *Test) []string {
	if len(t.Reps) == 0 {
		c.need(path, "reps", "the test has no reps", "reps: [{id: ana}]")
	}
	var ids []string
	for i, rep := range t.Reps {
		at := item(join(path, "reps"), i)
		id := c.testID(rule.Rep, rep)
		switch {
		case rep == nil:
			continue // complained about when it was read
		case rep["id"] == nil:
			c.f.path(at, "the rep has no id", "{id: ana}")
		case id != "" && slices.Contains(ids, id):
			c.f.path(join(at, "id"), fmt.Sprintf("rep %q is in the list twice", id), "give one of them another id")
		}
		ids = append(ids, id)
		c.testValues(at, rule.Rep, "rep", rep)
		for _, name := range []string{openField, "capacity"} {
			if units, _ := c.v.Coerce(rule.Rep, name, rep[name]); units.Int() < 0 {
				c.f.path(join(at, name), fmt.Sprintf("%s is %d; it cannot be negative", name, units.Int()), "")
			}
		}
	}
	return ids
}

// testID is the ID among a customer's or rep's fields, a number's digits too;
// "" when there is none.
func (c *compiler) testID(side rule.Side, values map[string]any) string {
	id, err := c.v.Coerce(side, "id", values["id"])
	if err != nil || id.IsNull() {
		return ""
	}
	return id.Str()
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
func (c *compiler) testExpect(path string, e Expect, ids []string) {
	c.testRep(join(path, "rep"), e.Rep, ids)
	for i, id := range e.Not {
		at := item(join(path, "not"), i)
		c.testRep(at, id, ids)
		if id == e.Rep && id != "" {
			c.f.path(at, fmt.Sprintf("rep %q is expected and excluded", id), "take him out of one of the two")
		}
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
	mayHaveRep := word(c, join(path, "status"), e.Status, words[bool]{{"assigned", true}, {"waiting", false}, {"pooled", false}, {"unassigned", false}})
	if e.Rep != "" && !mayHaveRep {
		c.f.path(join(path, "status"), fmt.Sprintf("rep %q is expected, and status is %s", e.Rep, e.Status), "delete one of the two")
	}
	if e.Reason != "" && !reasonText.MatchString(e.Reason) {
		c.f.path(join(path, "reason"), fmt.Sprintf("%q is no reason code: small letters, digits and underscores", e.Reason), "")
	}
}

// testRep refuses a rep whom the test does not have.
func (c *compiler) testRep(path, id string, ids []string) {
	if id != "" && id != brokenExpression && !slices.Contains(ids, id) {
		near, _ := rule.Nearest(id, ids)
		c.f.path(path, fmt.Sprintf("the test has no rep %q", id), near)
	}
}
