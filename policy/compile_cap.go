package policy

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/calendar"
	"github.com/evenhand/evenhand/policy/rule"
)

// caps compiles the caps at a path and returns their indexes. owner is the
// rule's ID, or "desk".
func (c *compiler) caps(path, owner string, ruleIndex int, caps []Cap) []int {
	var out []int
	seen := map[string]bool{}
	for i, in := range caps {
		at := item(path, i)
		switch {
		case in.Name == "":
			c.need(at, "name", "the cap has no name", "name: daily")
		case seen[in.Name]:
			c.f.path(join(at, "name"), fmt.Sprintf("there are two caps with the name %q here", in.Name), "give one of them another name")
		}
		c.readable(join(at, "name"), in.Name)
		seen[in.Name] = true
		out = append(out, len(c.out.Caps))
		limit := c.limit(at, in)
		compiled := c.cap(at, owner, ruleIndex, in)
		compiled.LimitByRep = limit != nil && limit.Reads().RepOnly()
		c.out.Caps = append(c.out.Caps, compiled)
		c.programs.caps = append(c.programs.caps, capPrograms{
			limit: limit,
			only:  c.expression(join(at, "only"), in.Only, rule.Want{Kind: rule.Bool, Scope: rule.CustomerOnly, Key: "only"}),
		})
	}
	return out
}

func (c *compiler) limit(path string, in Cap) *rule.Program {
	key, source := "open", in.Open
	if in.Open == "" {
		key, source = "assigned", in.Assigned
	}
	return c.expression(join(path, key), source, rule.Want{Kind: rule.Number, Scope: rule.RepOnly, Key: key})
}

func (c *compiler) cap(path, owner string, ruleIndex int, in Cap) allocation.Cap {
	out := allocation.Cap{Name: in.Name, Rule: ruleIndex, Flow: in.Assigned != "", Only: in.Only != ""}
	out.RepZone = word(c, join(path, "zone"), in.Zone, words[bool]{{"desk", false}, {"rep", true}})
	out.Team = word(c, join(path, "each"), in.Each, words[bool]{{"rep", false}, {"team", true}})
	c.checkCap(path, in)
	c.notBelowZero(join(path, "open"), in.Open)
	c.notBelowZero(join(path, "assigned"), in.Assigned)
	if in.Per != "" {
		per, err := calendar.ParsePer(in.Per)
		if err != nil {
			c.f.path(join(path, "per"), fmt.Sprintf("%q is no period: hour, day, week, month, or a duration such as 36h or 7d, up to 366d", in.Per), perAdvice(in.Per, err))
		}
		out.Per = per
		if _, rolling := per.Rolling(); rolling && in.Zone != "" {
			c.f.path(join(path, "zone"), fmt.Sprintf("zone has no effect: the last %s are the same in every zone", in.Per), "delete it, or use per: day")
		}
	}
	out.Key = capKey(owner, out, in.Only)
	return out
}

// notBelowZero refuses a number that somebody wrote with a minus sign where
// there is no less than nothing. Policies that a ledger holds already are read
// as they are.
func (c *compiler) notBelowZero(path, source string) {
	if c.f.origin == nil || !strings.HasPrefix(source, "-") || !decimalText.MatchString(source) {
		return
	}
	if strings.Trim(source, "-0.") != "" {
		c.f.path(path, fmt.Sprintf("%s is %s; it cannot be below 0", lastKey(path), source), strings.TrimPrefix(source, "-"))
	}
}

// perAdvice knows the words that people use for periods.
func perAdvice(s string, err error) string {
	for _, known := range [...]struct{ word, per string }{
		{"daily", "day"}, {"days", "day"}, {"weekly", "week"}, {"weeks", "week"}, {"monthly", "month"}, {"months", "month"}, {"hourly", "hour"}, {"hours", "hour"},
	} {
		if strings.EqualFold(s, known.word) {
			return known.per
		}
	}
	_, maybe := splitAdvice(err)
	return maybe
}

// checkCap checks what goes together in a cap.
func (c *compiler) checkCap(path string, in Cap) {
	switch {
	case in.Open == "" && in.Assigned == "":
		c.f.path(path, "the cap has no limit", "add open: 30 (units open at once), or assigned: 10 with per: day")
	case in.Open != "" && in.Assigned != "":
		c.f.key(join(path, "assigned"), "a cap limits either what is open or what is assigned, not both", "make two caps of it")
	case in.Assigned != "" && in.Per == "":
		c.need(path, "per", "the cap does not say per which period", "add per: day")
	case in.Open != "" && in.Per != "":
		c.f.key(join(path, "per"), "per has no effect: open counts what is open now, not what was given", "use assigned instead of open")
	case in.Open != "" && in.Zone != "":
		c.f.key(join(path, "zone"), "zone has no effect: open counts what is open now, in no window", "delete it")
	}
	if in.Zone == "rep" && in.Each == "team" {
		c.f.path(join(path, "zone"), "a team's reps may be in several zones; a cap for each team counts in the desk's", "zone: desk")
	}
}

// capKey is the identity of what a cap counts: two policies whose caps have
// the same key share the count. The limit is not part of it, so that a changed
// limit keeps the count.
func capKey(owner string, c allocation.Cap, only string) string {
	kind, per, zone, each := "stock", "", "", "rep"
	if c.Flow {
		kind, per, zone = "flow", c.Per.String(), "desk"
	}
	if c.RepZone {
		zone = "rep"
	}
	if c.Team {
		each = "team"
	}
	if _, rolling := c.Per.Rolling(); rolling {
		zone = ""
	}
	if only != "" {
		only = strconv.Quote(tidy(only))
	}
	return strings.Join([]string{owner, strconv.Quote(c.Name), kind, per, zone, each, only}, "/")
}
