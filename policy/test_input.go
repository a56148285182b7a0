package policy

import (
	"cmp"
	"fmt"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/calendar"
	"github.com/evenhand/evenhand/policy/rule"
)

// This file turns the reps and customers of a test, which checkTests found
// right, into those that a desk takes.

// arrivals are a test's customers in order, each with his path in the document.
func (c *compiler) arrivals(path string, t *Test) []arrival {
	at := c.testStart(path, t)
	if t.Customers == nil {
		return []arrival{{path, c.customer(t.Customer, 1, at), t.Expect}}
	}
	var out []arrival
	for i, one := range t.Customers {
		path := item(join(path, "customers"), i)
		if one.At != "" {
			at = c.instant(join(path, "at"), one.At)
		}
		out = append(out, arrival{path, c.customer(one.Customer, i+1, at), one.Expect})
	}
	return out
}

// arrival is one customer of a test on his way to the desk.
type arrival struct {
	path     string
	customer allocation.Customer
	expect   Expect
}

func (c *compiler) customer(values map[string]any, place int, at time.Time) allocation.Customer {
	out := allocation.Customer{At: at, Fields: map[string]any{}}
	for name, raw := range values {
		out.Fields[name] = raw
	}
	out.ID = cmp.Or(c.testID(rule.Customer, values), fmt.Sprintf("customer-%d", place))
	out.Kind, _ = values["kind"].(string)
	return out
}

// roster are a test's reps, and what they have open already.
func (c *compiler) roster(t *Test) (reps []allocation.Rep, open map[string]int64) {
	open = map[string]int64{}
	for _, values := range t.Reps {
		rep := c.rep(values)
		reps = append(reps, rep)
		if units, _ := c.v.Coerce(rule.Rep, openField, values[openField]); units.Int() > 0 {
			open[rep.ID] = units.Int()
		}
	}
	return reps, open
}

func (c *compiler) rep(values map[string]any) allocation.Rep {
	get := func(name string) rule.Value {
		v, _ := c.v.Coerce(rule.Rep, name, values[name])
		return v
	}
	out := repOf(get)
	out.KPI, out.Fields = map[string]float64{}, map[string]any{}
	if shifts, ok := values["shifts"].(string); ok {
		out.Shifts, _ = calendar.ParseShifts(shifts)
	}
	if away, ok := values["time_off"].(string); ok {
		out.TimeOff, _ = calendar.ParseSpans(away, c.repZone(out.Timezone))
	}
	kpis, _ := values["kpi"].(map[string]any)
	for name := range kpis {
		if x, err := c.v.Coerce(rule.Rep, "kpi."+name, kpis[name]); err == nil && !x.IsNull() {
			out.KPI[name] = x.Number()
		}
	}
	for name := range c.d.Fields.Rep {
		if values[name] != nil {
			out.Fields[name] = values[name]
		}
	}
	return out
}

// repZone is the zone of a rep's days off: his own, or the desk's.
func (c *compiler) repZone(name string) *time.Location {
	if zone, err := calendar.LoadZone(name); name != "" && err == nil {
		return zone
	}
	return c.zone
}
