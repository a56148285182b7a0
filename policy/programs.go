package policy

import (
	"maps"
	"slices"
	"strconv"

	"github.com/evenhand/evenhand/policy/rule"
)

// programs are a policy's compiled expressions and what they read. They are
// immutable and shared by every matcher of the policy. A nil program is an
// expression that the document leaves out.
type programs struct {
	v     *rule.Vocabulary
	kind  string // of a customer that names none
	units *rule.Program
	rules []rulePrograms
	caps  []capPrograms

	customer []field // read by some expression, or declared missing: refuse
	check    []field // declared by the document and read by nothing
	rep      []field // all of a rep's
	kpis     []field
	open     int // the slot of rep.open
	dispatch *rule.Dispatch
}

type rulePrograms struct{ when, eligible, weight, since, size, prefer *rule.Program }

type capPrograms struct{ limit, only *rule.Program }

// field is a field and its slot; key is its name as a JSON key.
type field struct {
	name string
	slot int
	key  string
}

// all yields every expression that takes part in decisions.
func (p *programs) all() []*rule.Program {
	out := []*rule.Program{p.units}
	for _, r := range p.rules {
		out = append(out, r.when, r.eligible, r.weight, r.since, r.size, r.prefer)
	}
	for _, c := range p.caps {
		out = append(out, c.limit, c.only)
	}
	return slices.DeleteFunc(out, func(p *rule.Program) bool { return p == nil })
}

// bind works out what has to be read of customers and reps.
func (p *programs) bind(v *rule.Vocabulary, d *Document, word string) {
	p.v, p.kind = v, word
	read := map[string]bool{}
	for _, program := range p.all() {
		for _, name := range program.Reads().Customer {
			read[name] = true
		}
	}
	for name, f := range d.Fields.Customer {
		if f.Missing == "refuse" {
			read[name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(read)) {
		p.customer = append(p.customer, p.field(rule.Customer, name))
	}
	for _, name := range sortedKeys(d.Fields.Customer) {
		if !read[name] && !isCore(coreCustomer, name) {
			p.check = append(p.check, p.field(rule.Customer, name))
		}
	}
	for _, f := range v.Fields(rule.Rep) {
		if f.Name != openField {
			p.rep = append(p.rep, p.field(rule.Rep, f.Name))
		}
	}
	for _, name := range v.KPIs() {
		p.kpis = append(p.kpis, p.field(rule.Rep, "kpi."+name))
	}
	p.open, _ = v.Slot(rule.Rep, openField)
	whens := make([]*rule.Program, len(p.rules))
	for i, r := range p.rules {
		whens[i] = r.when
	}
	p.dispatch = rule.NewDispatch(whens)
}

func (p *programs) field(side rule.Side, name string) field {
	slot, _ := p.v.Slot(side, name)
	return field{name, slot, strconv.Quote(name)}
}

// features tells the desk what cannot matter.
func (c *compiler) features() {
	for _, p := range c.programs.all() {
		c.out.ReadsNow = c.out.ReadsNow || p.Reads().Now
	}
	open := func(p *rule.Program) bool { return p != nil && p.Reads().RepField(openField) }
	for _, r := range c.programs.rules {
		c.out.ReadsOpen = c.out.ReadsOpen || open(r.when) || open(r.eligible)
	}
	for _, cap := range c.programs.caps {
		c.out.ReadsOpen = c.out.ReadsOpen || open(cap.limit) || open(cap.only)
	}
}
