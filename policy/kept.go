package policy

import "github.com/evenhand/evenhand/policy/rule"

// kept is a number that depends on the rep alone, by row, worked out when he
// changes.
type kept struct {
	program *rule.Program
	open    bool // reads the rep's open units, which change by themselves
	values  []keptValue
}

type keptValue struct {
	x     float64
	known bool
}

func (k *kept) set(row int, rep rule.Record) {
	for row >= len(k.values) {
		k.values = append(k.values, keptValue{})
	}
	x, known := number(k.program, &rule.Env{Rep: rep})
	k.values[row] = keptValue{x, known}
}

// get is the number of a row that was set.
func (k *kept) get(row int) (float64, bool) { return k.values[row].x, k.values[row].known }
