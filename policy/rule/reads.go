package rule

import (
	"maps"
	"slices"
	"strings"
)

// Reads is what an expression can look at, let names included. All names are
// sorted and come once.
type Reads struct {
	// Customer and Rep are the names of the fields, KPIs as "kpi.NAME".
	Customer, Rep []string
	// CustomerSlots and RepSlots are their slots, ascending.
	CustomerSlots, RepSlots []int
	// KPIs are the names after "rep.kpi.".
	KPIs []string
	// Lists, Tables and Lets of the document.
	Lists, Tables, Lets []string
	// Now says that the time of the decision is read.
	Now bool
}

// RepField reports whether the rep's field of this name is read.
func (r Reads) RepField(name string) bool { return slices.Contains(r.Rep, name) }

// CustomerField reports whether the customer's field of this name is read.
func (r Reads) CustomerField(name string) bool { return slices.Contains(r.Customer, name) }

// RepOnly reports that neither the customer nor the time is read: the answer
// holds until the rep changes.
func (r Reads) RepOnly() bool { return len(r.Customer) == 0 && !r.Now }

// CustomerOnly reports that neither the rep nor the time is read: the answer
// is the same for every rep.
func (r Reads) CustomerOnly() bool { return len(r.Rep) == 0 && !r.Now }

// Reads says what the program can look at. The slices must not be changed.
func (p *Program) Reads() Reads { return p.reads }

// readsOf collects what a checked expression can look at.
func readsOf(v *Vocabulary, root *node) Reads {
	sides := [2]map[string]int{{}, {}}
	kpis, lists, tables, lets := map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	var r Reads
	done := map[*let]bool{}
	var walk func(*node)
	walk = func(n *node) {
		switch n.op {
		case opField:
			_, name, _ := strings.Cut(n.name, ".")
			sides[n.side][name] = n.slot
			if n.kpi {
				kpis[strings.TrimPrefix(name, "kpi.")] = true
			}
		case opNow:
			r.Now = true
		case opLookup, opHasRow:
			tables[v.tableName(n.table)] = true
		case opLet:
			lets[n.let.name] = true
			if done[n.let] {
				return
			}
			done[n.let] = true
		}
		if n.named != nil {
			lists[n.named.name] = true
		}
		for child := range n.children {
			walk(child)
		}
	}
	walk(root)
	r.Customer, r.CustomerSlots = namesAndSlots(sides[Customer])
	r.Rep, r.RepSlots = namesAndSlots(sides[Rep])
	r.KPIs, r.Lists = slices.Sorted(maps.Keys(kpis)), slices.Sorted(maps.Keys(lists))
	r.Tables, r.Lets = slices.Sorted(maps.Keys(tables)), slices.Sorted(maps.Keys(lets))
	return r
}

func namesAndSlots(m map[string]int) ([]string, []int) {
	return slices.Sorted(maps.Keys(m)), slices.Sorted(maps.Values(m))
}

// tableName is the name a table was declared under.
func (v *Vocabulary) tableName(t *Table) string {
	for _, name := range slices.Sorted(maps.Keys(v.tables)) {
		if v.tables[name] == t {
			return name
		}
	}
	return ""
}
