package tabular

import "strings"

// Key is how a column's name is compared: without regard to case and outer
// spaces, spaces and dashes being underscores. "Lead Source", "lead-source"
// and "lead_source" have one key.
func Key(name string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' {
			return '_'
		}
		return r
	}, strings.ToLower(strings.TrimSpace(name)))
}
