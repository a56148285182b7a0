package allocation

import (
	"cmp"
	"reflect"
	"slices"
	"time"
)

// planPlaces holds a plan against what the desk is now: is every rep still
// there, and is there room under every cap? It counts on paper and changes
// nothing.
type planPlaces struct {
	c *commit
	s *state
	m Matching
	t time.Time

	claims  map[claimed]*claim
	order   []*claim
	refused map[int]string    // rows that no longer hold, with the reason
	same    map[knownRep]bool // the rep is as the plan knew him
}

// knownRep is a rep, by his row of the roster, as a planner knew him.
type knownRep struct {
	maker *planner
	row   int
}

// claimed is what one cap counts for one rep, or one team.
type claimed struct {
	cap, row int // row is −1 for a team
	team     string
}

// claim is what a plan takes of it.
type claim struct {
	used   int64   // when all who go are gone, and nobody has come
	comers []comer // in the order of parts, then rows
}

// comer is a row that takes some of it.
type comer struct {
	k     int // of the plan
	takes int64
	limit int64 // that his rep has
}

func newPlanPlaces(c *commit, s *state, now time.Time) *planPlaces {
	return &planPlaces{
		c: c, s: s, m: s.live.matcher.Match(nil, now), t: now,
		claims: map[claimed]*claim{}, refused: map[int]string{}, same: map[knownRep]bool{},
	}
}

// fit tells rows that hold from those that do not. All who go leave first, since
// one may come to the place that another leaves. Then they come in the order in
// which the plan placed them. Whoever finds no room is refused; he does then not
// leave his own place, where that may be too much for others.
func (p *planPlaces) fit(rows []int) (good, bad []int) {
	placed := slices.Clone(rows)
	slices.SortStableFunc(placed, func(a, b int) int { return cmp.Compare(p.c.plan.Rows[a].Part, p.c.plan.Rows[b].Part) })
	for _, k := range placed {
		if reason := p.unable(k); reason != "" {
			p.refused[k] = reason
			continue
		}
		p.count(k, 1)
	}
	for again := true; again; {
		again = false
		for _, claim := range p.order {
			for _, k := range p.over(claim) {
				p.refused[k] = ReasonFull
				p.count(k, -1)
				again = true
			}
		}
	}
	for _, k := range rows {
		if p.refused[k] == "" {
			good = append(good, k)
		} else {
			bad = append(bad, k)
		}
	}
	return good, bad
}

// over are those who come and find no room beside those before them. Who has more
// than his caps allow and gets nobody may keep it.
func (p *planPlaces) over(c *claim) (over []int) {
	used := c.used
	for _, comer := range c.comers {
		switch {
		case p.refused[comer.k] != "":
		case used+comer.takes > comer.limit:
			over = append(over, comer.k)
		default:
			used += comer.takes
		}
	}
	return over
}

// unable says why the rep of a row cannot take anybody, whatever room he has.
func (p *planPlaces) unable(k int) string {
	row := p.c.plan.rows[k].row
	if row < 0 {
		return ""
	}
	now := &p.s.roster.members[row].rep
	if now.Inactive {
		return ReasonInactive
	}
	if !p.unchanged(k, now) {
		return ReasonRepChanged
	}
	return p.noLimit(k)
}

// unchanged reports whether the rep of a row is as the plan knew him.
func (p *planPlaces) unchanged(k int, now *Rep) bool {
	at := knownRep{p.c.maker(k), p.c.plan.rows[k].row}
	then := &at.maker.s.roster
	if then.version == p.s.roster.version {
		return true
	}
	same, looked := p.same[at]
	if !looked {
		same = reflect.DeepEqual(*now, then.members[at.row].rep)
		p.same[at] = same
	}
	return same
}

// noLimit says so when a limit of a row's rep is unknown now.
func (p *planPlaces) noLimit(k int) string {
	if p.c.plan.Rows[k].Reason == ReasonFallback {
		return ""
	}
	for _, c := range p.caps(k) {
		if _, known := p.m.Limit(c.Cap, p.c.plan.rows[k].row); !known {
			return ReasonNoLimit
		}
	}
	return ""
}

// caps are those that a row takes room of, the rep's open work included.
func (p *planPlaces) caps(k int) []counted {
	caps := p.c.plan.rows[k].caps
	for c := range p.s.capSpecs {
		if p.s.capSpecs[c].Book {
			caps = append(caps[:len(caps):len(caps)], counted{Cap: c})
		}
	}
	return caps
}

// count lets a row's customer come to his rep, and leave the one he has; with −1
// he is refused, and takes his own place again. Fallback comes after all others:
// it ignores caps.
func (p *planPlaces) count(k int, sign int64) {
	row, units := &p.c.plan.rows[k], p.c.plan.Rows[k].Units
	if row.row < 0 || p.c.plan.Rows[k].Reason == ReasonFallback {
		return
	}
	if sign > 0 {
		for _, c := range p.caps(k) {
			limit, _ := p.m.Limit(c.Cap, row.row)
			claim := p.claim(c.Cap, row.row, c.Team)
			claim.comers = append(claim.comers, comer{k, p.s.capSpecs[c.Cap].takes(units), limit})
		}
	}
	if row.from >= 0 {
		p.leave(p.s.customers[p.c.plan.ref(k)], -sign)
	}
}

// leave gives back what an open customer holds; with 1 he takes it again.
func (p *planPlaces) leave(c *customer, sign int64) {
	for i := range p.s.capSpecs {
		if p.s.capSpecs[i].Book {
			p.claim(i, c.row, "").used += sign * c.units
		}
	}
	for _, h := range c.holdings {
		if i, n := p.s.countOf(h); n != nil && !n.Flow {
			p.claim(i, h.Row, h.Team).used += sign * c.units
		}
	}
}

// claim finds what a plan takes of a cap, for a rep or one of his teams.
func (p *planPlaces) claim(cap, row int, team string) *claim {
	at := claimed{cap, row, team}
	if team != "" {
		at.row = -1
	}
	c := p.claims[at]
	if c == nil {
		c = &claim{used: p.s.live.used(p.s, cap, row, team, p.t)}
		p.claims[at] = c
		p.order = append(p.order, c)
	}
	return c
}
