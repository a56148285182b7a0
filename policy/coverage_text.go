package policy

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Summary is the coverage on one line.
func (v *Coverage) Summary() string {
	rules, ofRules, outcomes, ofOutcomes := v.Covered()
	text := fmt.Sprintf("coverage %d%%: %d of %d rules placed somebody, %d of %d outcomes of conditions were seen", v.Percent(), rules, ofRules, outcomes, ofOutcomes)
	if v.File != "" {
		text = v.File + ": " + text
	}
	return text
}

// String is the summary, and below it each rule and each leaf.
func (v *Coverage) String() string {
	var b strings.Builder
	b.WriteString(v.Summary() + "\n")
	for i := range v.Rules {
		r := &v.Rules[i]
		fmt.Fprintf(&b, "  rule %q: %s\n", r.Name, r.reached())
		writeLeaves(&b, r.Leaves)
	}
	if len(v.Caps) > 0 {
		b.WriteString("  caps of the desk\n")
		writeLeaves(&b, v.Caps)
	}
	return b.String()
}

func (r *RuleCoverage) reached() string {
	switch {
	case r.Placed == 0 && r.PassedOver == 0:
		return "never reached"
	case r.Placed == 0:
		return fmt.Sprintf("placed nobody, passed over %d", r.PassedOver)
	case r.PassedOver == 0:
		return fmt.Sprintf("placed %d", r.Placed)
	}
	return fmt.Sprintf("placed %d, passed over %d", r.Placed, r.PassedOver)
}

// leafWidth is how much of a leaf's text stands in a line of the report.
const leafWidth = 60

func writeLeaves(b *strings.Builder, leaves []LeafCoverage) {
	keys, texts := 0, 0
	for i := range leaves {
		keys = max(keys, utf8.RuneCountInString(leaves[i].where()))
		texts = max(texts, utf8.RuneCountInString(leaves[i].short()))
	}
	for i := range leaves {
		l := &leaves[i]
		fmt.Fprintf(b, "    %-*s  %-*s  %s\n", keys, l.where(), texts, l.short(), l.seen())
	}
}

// where is the key that the leaf is in, and the cap of an only.
func (l *LeafCoverage) where() string {
	if l.Cap != "" {
		return l.Key + " of " + l.Cap
	}
	return l.Key
}

// short is the leaf's text on one line, cut.
func (l *LeafCoverage) short() string {
	text := strings.Join(strings.Fields(l.Text), " ")
	if runes := []rune(text); len(runes) > leafWidth {
		return string(runes[:leafWidth-1]) + "…"
	}
	return text
}

// seen says which of its answers a leaf was seen to give, and which are still
// wanted.
func (l *LeafCoverage) seen() string {
	var seen, wanted []string
	for _, one := range []struct {
		word         string
		seen, wanted bool
	}{{"true", l.True, true}, {"false", l.False, true}, {"unknown", l.Unknown, l.Missing}} {
		switch {
		case one.seen:
			seen = append(seen, one.word)
		case one.wanted:
			wanted = append(wanted, one.word)
		}
	}
	switch {
	case len(seen) == 0:
		return "never asked"
	case len(wanted) == 0:
		return strings.Join(seen, ", ")
	}
	return strings.Join(seen, ", ") + "; never " + strings.Join(wanted, ", never ")
}
