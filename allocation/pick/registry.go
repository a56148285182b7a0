package pick

import (
	"maps"
	"slices"
)

// strategies is the table of all strategies by the name a policy uses.
var strategies = map[string]Strategy{
	"rotate":         rotate,
	"best":           best,
	"least_open":     leastOpen,
	"most_available": mostAvailable,
	"first":          first,
	"none":           none,
}

// Lookup returns a strategy by name.
func Lookup(name string) (Strategy, bool) {
	s, ok := strategies[name]
	return s, ok
}

// Names returns the names of all strategies, sorted.
func Names() []string { return slices.Sorted(maps.Keys(strategies)) }
