package rule

import "testing"

// TestLooseElses finds each ?? that takes less than it seems to.
func TestLooseElses(t *testing.T) {
	v := theWorld(t)
	for _, c := range []struct{ source, whole, last string }{
		{`lead.value / lead.employees ?? 1`, `(lead.value / lead.employees) ?? 1`, `lead.value / (lead.employees ?? 1)`},
		{`rep.capacity * 2 ?? 10`, `(rep.capacity * 2) ?? 10`, `rep.capacity * (2 ?? 10)`},
		{`1 + (lead.score - rep.open ?? 0)`, `(lead.score - rep.open) ?? 0`, `lead.score - (rep.open ?? 0)`},
		{`lead.value / (lead.employees + 1) ?? max(1, 2)`, `(lead.value / (lead.employees + 1)) ?? max(1, 2)`, `lead.value / ((lead.employees + 1) ?? max(1, 2))`},
		{`(lead.value / lead.employees) ?? 1`, "", ""},
		{`lead.value / (lead.employees ?? 1)`, "", ""},
		{`lead.value / ( lead.employees ?? 1 )`, "", ""},
		{`lead.value / (lead.employees ?? 1) / (lead.score ?? 2)`, "", ""},
		{`max(lead.score ?? 1, 2)`, "", ""},
	} {
		p, err := v.Compile(Text{Source: c.source, File: "p.yaml", Line: 3, Column: 7}, Want{Kind: Number})
		must(t, err)
		found := p.LooseElses()
		switch {
		case c.whole == "" && len(found) == 0:
		case c.whole == "" || len(found) != 1 || found[0].Whole != c.whole || found[0].Last != c.last || found[0].Line != 3:
			t.Errorf("%s: want %q or %q, got %+v", c.source, c.whole, c.last, found)
		}
	}
}

// TestWordsCompile holds the list of functions and operators to the checker:
// each example is right, and every function has its line.
func TestWordsCompile(t *testing.T) {
	v := theWorld(t)
	for _, w := range append(Functions(), Operators()...) {
		if _, err := v.Compile(Text{Source: w.Example}, Want{}); err != nil {
			t.Errorf("%s: the example of the vocabulary is right, but\n%v", w.Name, err)
		}
		if w.Doc == "" {
			t.Errorf("%s: every function and operator says what it gives", w.Name)
		}
	}
}
