package policy

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/evenhand/evenhand/allocation/calendar"
	"github.com/evenhand/evenhand/policy/rule"
)

// This file makes the fields of Go structs fields of a document, as if it
// declared them itself.

var (
	shiftsType  = reflect.TypeFor[[]calendar.Shift]()
	timeOffType = reflect.TypeFor[[]calendar.Span]()
)

// structured is what a document has from Go structs.
type structured struct {
	fields [2][]string // by side
	kpis   []string
}

// declareStructs adds the fields of the types to the document. It is not ok
// when there is one that it cannot add.
func (d *Document) declareStructs(o options, f *faults) (added structured, ok bool) {
	before := len(f.list)
	for side, t := range o.types {
		if t == nil {
			continue
		}
		s, err := rule.StructOf(t)
		if err != nil {
			f.goType(t.String(), err)
			continue
		}
		for i := range s.Fields {
			if err := d.declareStructField(rule.Side(side), &s.Fields[i], &added); err != nil {
				f.goType(s.Fields[i].Go, err)
			}
		}
	}
	return added, len(f.list) == before
}

// advise names the Go type wherever the advice is to declare a field.
func (o options) advise(f *faults) {
	for _, e := range f.list {
		rest, undeclared := strings.CutPrefix(e.Maybe, "declare it under fields: {")
		if !undeclared {
			continue
		}
		t := o.types[rule.Customer]
		if strings.HasPrefix(rest, "rep:") {
			t = o.types[rule.Rep]
		}
		if t != nil {
			e.Maybe = fmt.Sprintf("add it to the Go type %s, or %s", t, e.Maybe)
		}
	}
}

// goType complains about a Go type: the document has no place for it.
func (f *faults) goType(name string, err error) {
	message, maybe := splitAdvice(err)
	f.add(&rule.Error{File: name, Message: message, Maybe: maybe})
}

func (d *Document) declareStructField(side rule.Side, f *rule.StructField, added *structured) error {
	kpi, isKPI := f.KPI()
	special := false
	if side == rule.Rep {
		var err error
		if special, err = repOnly(f); err != nil {
			return err
		}
	}
	switch {
	case special:
	case isKPI && side == rule.Customer:
		return errors.New("only a rep has KPIs\nMaybe give it another name, with a tag")
	case isKPI:
		if !slices.Contains(d.KPIs, kpi) {
			d.KPIs, added.kpis = append(d.KPIs, kpi), append(added.kpis, kpi)
		}
	case f.Kind == rule.Null:
		return f.Unreadable()
	default:
		return d.declareStructValue(side, f, added)
	}
	return nil
}

// declareStructValue declares what rules read as lead.NAME or rep.NAME, unless
// it is there already.
func (d *Document) declareStructValue(side rule.Side, f *rule.StructField, added *structured) error {
	core, own, full := coreCustomer, &d.Fields.Customer, cmp.Or(d.Customer, "customer")+"."+f.Name
	if side == rule.Rep {
		core, own, full = coreRep, &d.Fields.Rep, "rep."+f.Name
	}
	if i := slices.IndexFunc(core, func(c rule.Field) bool { return c.Name == f.Name }); i >= 0 {
		switch {
		case !fits(f.Kind, core[i].Kind):
			return fmt.Errorf("%s is a core field and always of type %s; a Go %s cannot be read as one\nMaybe give it another name, with a tag", full, core[i].Kind, f.Type)
		case f.Missing != rule.KeepNull && f.Missing != core[i].Missing:
			return fmt.Errorf("%s is a core field; what it is when it is missing cannot be declared\nMaybe settle it in the rule: (%s ?? …)", full, full)
		}
		return nil
	}
	if have, declared := (*own)[f.Name]; declared {
		kind, err := rule.ParseKind(have.Type)
		if err != nil {
			return nil // the document's mistake, which is told in its place
		}
		if !fits(f.Kind, kind) || f.Missing != rule.KeepNull && f.Missing != missingWords[have.Missing] {
			return fmt.Errorf("%s is declared otherwise by the document's fields, as %s\nMaybe delete it there", full, kind)
		}
		return nil
	}
	if *own == nil {
		*own = map[string]Field{}
	}
	missing := [...]string{rule.KeepNull: "", rule.Zero: "zero", rule.Refuse: "refuse"}
	(*own)[f.Name] = Field{Type: f.Kind.String(), Missing: missing[f.Missing]}
	added.fields[side] = append(added.fields[side], f.Name)
	return nil
}

// repOnly says whether a field is one that a desk knows of a rep and rules do
// not, and refuses what looks like one.
func repOnly(f *rule.StructField) (bool, error) {
	want := map[string]reflect.Type{"shifts": shiftsType, "time_off": timeOffType}[f.Name]
	switch {
	case f.Name == openField:
		return false, fmt.Errorf("a rep's open units are what the desk counts\nMaybe leave it out with the tag `evenhand:\"-\"`, and give allocation.Opening what he has when you begin")
	case want != nil && f.Type != want:
		return false, fmt.Errorf("%s is a %s, not a %s\nMaybe calendar.ParseShifts or calendar.ParseSpans, which read them from text", f.Name, want, f.Type)
	case f.Type == shiftsType && want == nil:
		return false, fmt.Errorf("a rep's working hours are called shifts\nMaybe the tag `evenhand:\"shifts\"`")
	case f.Type == timeOffType && want == nil:
		return false, fmt.Errorf("a rep's time off is called time_off\nMaybe the tag `evenhand:\"time_off\"`")
	}
	return want != nil, nil
}

// fits reports whether every value of a kind can be read as another.
func fits(kind, as rule.Kind) bool {
	return kind == as || kind == rule.Int && (as == rule.Number || as == rule.String)
}

// dropUnread takes out of the document what only a Go struct declared and
// nothing reads: a struct may change in what the policy does not look at
// without changing the policy. It reports whether there was any.
func (c *compiler) dropUnread(added structured) bool {
	read := c.mentioned()
	dropped := false
	for side, own := range []map[string]Field{c.d.Fields.Customer, c.d.Fields.Rep} {
		for _, name := range added.fields[side] {
			if !read[name] && own[name].Missing != "refuse" {
				delete(own, name)
				dropped = true
			}
		}
	}
	for _, name := range added.kpis {
		if !read[name] {
			c.d.KPIs = slices.DeleteFunc(c.d.KPIs, func(kpi string) bool { return kpi == name })
			dropped = true
		}
	}
	return dropped
}

// mentioned are the names that some expression may read, or that a test gives a
// value.
func (c *compiler) mentioned() map[string]bool {
	out := map[string]bool{}
	add := func(names []string) {
		for _, name := range names {
			out[name] = true
		}
	}
	for _, p := range c.programs.all() {
		reads := p.Reads()
		add(reads.Customer)
		add(reads.Rep)
		add(reads.KPIs)
	}
	for _, l := range c.d.Let {
		add(identifier.FindAllString(l.Expression, -1))
	}
	for i := range c.d.Tests {
		t := &c.d.Tests[i]
		for _, rep := range t.Reps {
			add(sortedKeys(rep))
			kpis, _ := rep["kpi"].(map[string]any)
			add(sortedKeys(kpis))
		}
		add(sortedKeys(t.Customer))
		for _, one := range t.Customers {
			add(sortedKeys(one.Customer))
		}
	}
	return out
}
