package rule

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestBars names the part that keeps a rep from every customer.
func TestBars(t *testing.T) {
	v := theWorld(t)
	rep := map[string]any{"teams": []string{"field"}, "skills": []string{}, "capacity": 0}
	for _, c := range []struct{ source, part string }{
		{`"field" in rep.teams`, ""},
		{`"inside" in rep.teams`, `"inside" in rep.teams`},
		{`lead.score > 5 and "inside" in rep.teams`, `"inside" in rep.teams`},
		{`lead.score > 5 or "inside" in rep.teams`, ""},
		{`not (lead.score > 5 or "field" in rep.teams)`, `"field" in rep.teams`},
		{`"field" in rep.teams and rep.capacity > 0`, `rep.capacity > 0`},
		{`lead.industry in rep.skills`, `lead.industry in rep.skills`},
		{`lead.industry not in rep.skills`, ""},
		{`lead.region == rep.region`, `lead.region == rep.region`},
		{`lead.region == (rep.region ?? "north")`, ""},
		{`(lead.region == rep.region) ?? true`, ""},
		{`lead.industry in rep.skills or lead.region == rep.region`, `lead.industry in rep.skills or lead.region == rep.region`},
		{`lead.vip ? "inside" in rep.teams : lead.industry in rep.skills`, `lead.vip ? "inside" in rep.teams : lead.industry in rep.skills`},
		{`lead.vip ? "inside" in rep.teams : "field" in rep.teams`, ""},
		{`mine`, `rep.region == lead.region`},
		{`lead.owner == rep.id`, ""},
		{`now > rep.hired_at`, `now > rep.hired_at`},
	} {
		p := condition(t, v, c.source)
		part, barred := p.Bars(env(t, v, nil, rep).Rep)
		if part != c.part || barred != (c.part != "") {
			t.Errorf("%s: want %q, got %q (%v)", c.source, c.part, part, barred)
		}
	}
}

// TestBarredRepsAreNeverIn holds Bars to the interpreter: a barred rep gets no
// customer of any kind at any time.
func TestBarredRepsAreNeverIn(t *testing.T) {
	bars := 0
	rapid.Check(t, func(rt *rapid.T) {
		g := generator{rt}
		v := drawVocabulary(rt)
		w := &writer{generator: g, v: v}
		p, err := v.Compile(Text{Source: w.expression(Bool, 1+g.pick("depth", 4))}, Want{Kind: Bool})
		if err != nil {
			return // too large, or failing whatever the data
		}
		rep := drawRecord(g, v, Rep)
		part, barred := p.Bars(rep)
		if !barred {
			return
		}
		bars++
		for range 5 {
			e := &Env{Customer: drawRecord(g, v, Customer), Rep: rep, Now: theNow.Add(time.Duration(g.pick("hours", 48)) * time.Hour)}
			if p.Truth(e).Truth == True {
				rt.Fatalf("a rep who is barred is in for no customer:\n%s\nbarred by %s\nlead %v\nrep %v", p.Source(), part, e.Customer, e.Rep)
			}
		}
	})
	if bars == 0 {
		t.Fatal("some reps are barred, but none was drawn")
	}
}
