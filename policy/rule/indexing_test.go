package rule

import (
	"slices"
	"testing"
)

func TestIndexingSaysWhatIsLeftAndHowToWriteIt(t *testing.T) {
	v := theWorld(t)
	for _, c := range []struct{ source, way, hint string }{
		{"rep.active", "kept for each rep", ""},
		{"rep.open + 1 < rep.capacity", "kept for each rep", ""},
		{"lead.vip", "once for each customer", ""},
		{"rep.region == lead.region", "looked up by value", ""},
		{"mine", "looked up by value", ""},
		{"lower(rep.region) != lower(lead.region)", "looked up by value", ""},
		{"rep.id == named[lead.domain].owner", "looked up by value", ""},
		{"rep.level in lead.tags", "looked up by value", ""},
		{"lead.industry in rep.skills", "looked up by the elements of the list", ""},
		{"lead.postal startsWith rep.region", "looked up by prefix", ""},
		{"rep.region startsWith lead.region", "looked up by prefix", ""},
		{"rep.rating >= lead.value", "looked up in order", ""},
		{`rep.hired_at < now - duration("90d")`, "looked up in order", ""},
		{"days(now - rep.hired_at) > 90", "left to the interpreter, once for each value", `rep.hired_at < now - duration("90d")`},
		{`now - rep.hired_at >= duration("2w")`, "left to the interpreter, once for each value", `rep.hired_at <= now - duration("2w")`},
		{"rep.rating * lead.value > rep.open", "left to the interpreter", "what depends on the rep alone on one side of >, and the rest on the other"},
		{"rep.region contains lead.region", "left to the interpreter, once for each value", "a list and in, or startsWith"},
		{"any(rep.skills, # == lead.industry)", "left to the interpreter", "lead.industry in rep.skills"},
	} {
		p := condition(t, v, c.source)
		got := p.Indexing()[0]
		if got.Way != c.way || got.Hint != c.hint || got.Left != (c.way[:4] == "left") {
			t.Errorf("%s: got %q, %v, %q; want %q, %q", c.source, got.Way, got.Left, got.Hint, c.way, c.hint)
		}
		if c.hint == "" || c.hint[:4] == "what" || c.hint[:4] == "a li" {
			continue
		}
		if better := condition(t, v, c.hint).Indexing()[0]; better.Left {
			t.Errorf("what a hint proposes is looked up, but %s is %s", c.hint, better.Way)
		}
	}
}

func TestRuledOutByNamesTheFieldsThatDispatch(t *testing.T) {
	v := theWorld(t)
	p := condition(t, v, `lead.country == "DE" and (lead.vip or lead.score > 10) and lead.email_domain in freemail and not lead.test`)
	want := []string{"lead.country", "lead.email_domain", "lead.test"}
	if got := p.RuledOutBy(); !slices.Equal(got, want) {
		t.Errorf("the fields whose values can rule the condition out are %v, not %v", want, got)
	}
}
