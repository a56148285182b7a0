package policy

import (
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/calendar"
	"github.com/evenhand/evenhand/allocation/pick"
	"github.com/evenhand/evenhand/allocation/rotation"
	"github.com/evenhand/evenhand/policy/rule"
)

// rules compiles the rules in order.
func (c *compiler) rules() {
	if len(c.d.Rules) == 0 {
		c.need("", "rules", "the policy has no rules", "begin with rules: and one entry: - {name: everyone, pick: rotate}")
	}
	names, ids := map[string]bool{}, map[string]string{}
	for i := range c.d.Rules {
		if c.f.full() {
			return
		}
		in, path := &c.d.Rules[i], item("rules", i)
		id := c.ruleID(path, in)
		switch {
		case in.Name == "":
			c.need(path, "name", "the rule has no name", "name: enterprise")
		case names[in.Name]:
			c.f.path(join(path, "name"), fmt.Sprintf("there are two rules with the name %q", in.Name), "give one of them another name")
		case id != "" && ids[id] != "":
			c.f.path(path, fmt.Sprintf("rule %q has the ID %s, which rule %q has", in.Name, id, ids[id]), "give it an id of its own: id: "+id+"-2")
		}
		c.readable(join(path, "name"), in.Name)
		names[in.Name], ids[id] = true, in.Name
		c.out.Rules = append(c.out.Rules, c.rule(i, path, id, in))
	}
	c.checkDeskScope()
}

var idText = regexp.MustCompile(`^[\p{L}\p{M}\p{Nd}_.-]+$`)

func (c *compiler) ruleID(path string, in *Rule) string {
	id := in.ID
	if id == "" {
		id = slug(in.Name)
		if id == "" && in.Name != "" {
			c.f.path(join(path, "name"), fmt.Sprintf("the name %q has no letters to make an ID of", in.Name), "add an id: id: rule-1")
		}
		return id
	}
	if !idText.MatchString(id) || len(id) > allocation.MaxID {
		c.f.path(join(path, "id"), fmt.Sprintf("%q is no ID: letters, digits, hyphens, underscores and dots, at most %d bytes", id, allocation.MaxID), slug(id))
	}
	return id
}

// rule compiles one rule: its words, its expressions, its numbers.
func (c *compiler) rule(i int, path, id string, in *Rule) allocation.Rule {
	out := allocation.Rule{
		ID: id, Name: in.Name, Pick: in.Pick, Reason: in.Reason,
		From: c.instant(join(path, "from"), in.From), Until: c.instant(join(path, "until"), in.Until),
	}
	if out.Pick == "" {
		out.Pick = "rotate"
	}
	if _, known := pick.Lookup(out.Pick); !known {
		c.oneOf(join(path, "pick"), in.Pick, pick.Names()...)
		out.Pick = ""
	}
	if !out.From.IsZero() && !out.Until.IsZero() && !out.From.Before(out.Until) {
		c.f.path(join(path, "until"), fmt.Sprintf("the rule is never in force: it ends (%s) before it has begun (%s)", in.Until, in.From), "a later until; it is the first day on which the rule no longer holds")
	}
	out.Available = word(c, join(path, "available"), in.Available, words[allocation.Availability]{
		{"on_shift", allocation.OnShift}, {"not_away", allocation.NotAway}, {"any", allocation.AnyAvailable}})
	out.IfNone = c.ifNone(join(path, "if_none"), in.IfNone)
	out.Caps = c.caps(join(path, "caps"), "rule:"+id, i, in.Caps)
	p := rulePrograms{
		when:     c.expression(join(path, "when"), in.When, rule.Want{Kind: rule.Bool, Scope: rule.CustomerOnly, Key: "when"}),
		eligible: c.expression(join(path, "eligible"), in.Eligible, rule.Want{Kind: rule.Bool, Key: "eligible"}),
		weight:   c.expression(join(path, "weight"), in.Weight, rule.Want{Kind: rule.Number, Key: "weight"}),
		size:     c.expression(join(path, "size"), in.Size, rule.Want{Kind: rule.Number, Scope: rule.CustomerOnly, Key: "size"}),
		prefer:   c.expression(join(path, "prefer"), in.Prefer, rule.Want{Kind: rule.Number, Key: "prefer"}),
	}
	if in.Ramp != nil {
		p.since = c.expression(join(path, "ramp.since"), in.Ramp.Since, rule.Want{Kind: rule.Time, Scope: rule.RepOnly, Key: "since"})
	}
	c.programs.rules = append(c.programs.rules, p)
	c.goTogether(path, out.Pick, in)
	c.fairness(path, in, &out)
	if p.weight != nil {
		reads := p.weight.Reads()
		out.WeightByRep = reads.RepOnly() && !reads.RepField(openField)
	}
	return out
}

func (c *compiler) ifNone(path string, in IfNone) allocation.IfNone {
	known := words[allocation.Otherwise]{
		{"next", allocation.TryNext}, {"fallback", allocation.TryFallback}, {"wait", allocation.Wait}}
	if in.NotEligible == in.Away && in.Away == in.Full {
		all := word(c, path, in.Away, known)
		return allocation.IfNone{NotEligible: all, Away: all, Full: all}
	}
	return allocation.IfNone{
		NotEligible: word(c, join(path, "not_eligible"), in.NotEligible, known),
		Away:        word(c, join(path, "away"), in.Away, known),
		Full:        word(c, join(path, "full"), in.Full, known),
	}
}

var reasonText = regexp.MustCompile(`^[a-z0-9_]+$`)

// goTogether reports keys that have no effect beside the others: whoever wrote
// them believes that they have.
func (c *compiler) goTogether(path, how string, in *Rule) {
	given := func(key, value string) bool { return value != "" }
	noEffect := func(key string, present bool, why, maybe string) {
		if present {
			c.f.key(join(path, key), fmt.Sprintf("%s has no effect: %s", key, why), maybe)
		}
	}
	switch how {
	case "":
		return
	case "none":
		why := "pick: none gives the customer to nobody"
		noEffect("eligible", given("eligible", in.Eligible), why, "delete it, or move the condition to when")
		noEffect("available", in.Available != "", why, "delete it")
		noEffect("caps", len(in.Caps) > 0, why, "delete it")
		noEffect("if_none", in.IfNone != IfNone{}, why, "delete it")
	}
	if how != "rotate" {
		why := "only pick: rotate keeps turns; this rule has pick: " + how
		for _, k := range rotationKeys(in) {
			noEffect(k.key, k.present, why, "use pick: rotate, or delete it")
		}
	}
	if how != "rotate" && how != "best" {
		noEffect("prefer", in.Prefer != "", "pick: "+how+" has an order of its own", "use pick: best, or delete it")
	}
	c.checkReason(path, how, in.Reason)
	if how == "best" && in.Prefer == "" {
		c.need(path, "prefer", "pick: best does not say which rep is best", "add prefer: rep.kpi.win_rate, or another number")
	}
	if how == "rotate" {
		c.rotationNeeds(path, in, noEffect)
	}
}

// rotationKeys are the keys of a rule that only a rotation reads.
func rotationKeys(in *Rule) []struct {
	key     string
	present bool
} {
	return []struct {
		key     string
		present bool
	}{
		{"weight", in.Weight != ""}, {"weight_null", in.WeightNull != ""}, {"weight_range", in.WeightRange != nil},
		{"ramp", in.Ramp != nil}, {"size", in.Size != ""}, {"size_range", in.SizeRange != nil},
		{"typical", in.Typical != 0}, {"window", in.Window != 0},
	}
}

func (c *compiler) checkReason(path, how, reason string) {
	switch {
	case how == "none" && reason == "":
		c.need(path, "reason", "pick: none needs a reason code", "add reason: spam")
	case how != "none" && reason != "":
		c.f.key(join(path, "reason"), "reason has no effect: only pick: none gives one", "delete it, or use pick: none")
	case reason != "" && (!reasonText.MatchString(reason) || len(reason) > allocation.MaxID):
		maybe := strings.ReplaceAll(slug(reason), "-", "_")
		if !reasonText.MatchString(maybe) {
			maybe = "spam"
		}
		c.f.path(join(path, "reason"), fmt.Sprintf("%q is no reason code: small letters, digits and underscores", reason), maybe)
	}
}

func (c *compiler) rotationNeeds(path string, in *Rule, noEffect func(key string, present bool, why, maybe string)) {
	noEffect("weight_null", in.WeightNull != "" && in.Weight == "" && in.Ramp == nil, "the rule has no weight", "add weight, or delete it")
	noEffect("weight_range", in.WeightRange != nil && in.Weight == "", "the rule has no weight", "add weight, or delete it")
	noEffect("size_range", in.SizeRange != nil && in.Size == "", "the rule has no size", "add size, or delete it")
	noEffect("typical", in.Typical != 0 && in.Size == "", "the rule has no size", "add size, or delete it")
	noEffect("window", in.Window != 0 && in.Prefer == "", "the rule has no prefer that could decide within it", "add prefer: rep.kpi.win_rate, or delete it")
	if in.SizeRange != nil && in.Size != "" && in.Typical == 0 {
		c.need(path, "typical", "size_range is in multiples of typical, and there is no typical", "add typical: 9000, the size of an ordinary customer")
	}
}

// sizeScale is how many decimals of a size are kept.
const sizeScale = 2

// fairness reads the numbers of a rotation, each into the integers that the
// ledger counts in.
func (c *compiler) fairness(path string, in *Rule, out *allocation.Rule) {
	out.HasWeight, out.HasPrefer, out.HasSize = in.Weight != "", in.Prefer != "", in.Size != ""
	c.notBelowZero(join(path, "weight"), in.Weight)
	c.notBelowZero(join(path, "size"), in.Size)
	out.WeightNull = c.weightNull(join(path, "weight_null"), in.WeightNull)
	out.WeightRange = c.weightRange(join(path, "weight_range"), in.WeightRange)
	out.Ramp = c.ramp(join(path, "ramp"), in.Ramp)
	if out.HasSize {
		out.SizeScale = sizeScale
		c.sizes(path, in, out)
	}
	if in.Window != 0 {
		tau := scaled(in.Window, 1000)
		if out.HasSize {
			tau = scaled(in.Window, 100_000)
		}
		if !(in.Window > 0) || tau < 0 || tau > rotation.MaxMilli {
			c.f.path(join(path, "window"), fmt.Sprintf("window is %s; it must be from 0 to 1000000000", decimalOf(in.Window)), "")
			return
		}
		out.Selection = rotation.Selection{Rule: rotation.Window, Tau: max(tau, 1)}
	}
}

func (c *compiler) sizes(path string, in *Rule, out *allocation.Rule) {
	const most = 1_000_000_000_000
	out.Typical = scaled(in.Typical, 100)
	if in.Typical != 0 && (out.Typical < 1 || out.Typical > most) {
		c.f.path(join(path, "typical"), fmt.Sprintf("typical is %s; it must be from 0.01 to 10000000000", decimalOf(in.Typical)), "")
		return
	}
	if in.SizeRange == nil || in.Typical == 0 {
		return
	}
	low, high := in.SizeRange.Low, in.SizeRange.High
	if !within(low, 0, 1) || !within(high, 1, 1e12) {
		c.f.path(join(path, "size_range"), fmt.Sprintf("size_range is [%s, %s]; it goes from at most 1 to at least 1, the typical size", decimalOf(low), decimalOf(high)), "[0.2, 5]")
		return
	}
	out.SizeLow, out.SizeHigh = scaledProduct(low, in.Typical, 100), scaledProduct(high, in.Typical, 100)
	if low > 0 {
		out.SizeLow = max(out.SizeLow, 1)
	}
	if out.SizeHigh > most {
		c.f.path(join(path, "size_range"), "the largest size is above 10000000000", "use larger units for size and typical, such as thousands")
	}
}

func (c *compiler) weightNull(path, s string) allocation.WeightNull {
	switch s {
	case "", "refuse":
		return allocation.WeightNull{Kind: allocation.NullRefuse}
	case "mean":
		return allocation.WeightNull{Kind: allocation.NullMean}
	}
	x, err := strconv.ParseFloat(s, 64)
	switch {
	case err != nil || !decimalText.MatchString(s):
		c.oneOf(path, s, "refuse", "mean", "a number")
	case !within(x, 0, 1e6):
		c.f.path(path, fmt.Sprintf("weight_null is %s; a weight is from 0 to 1000000", s), "")
	}
	return allocation.WeightNull{Kind: allocation.NullValue, Value: scaled(x, 1_000_000)}
}

func (c *compiler) weightRange(path string, in *Range) *allocation.WeightRange {
	if in == nil {
		return nil
	}
	if !within(in.Low, 0, 1) || !within(in.High, 1, 1e6) {
		c.f.path(path, fmt.Sprintf("weight_range is [%s, %s]; it goes from at most 1 to at least 1, the equal share", decimalOf(in.Low), decimalOf(in.High)), "[0.5, 2]")
		return nil
	}
	return &allocation.WeightRange{Low: scaled(in.Low, 1_000_000), High: scaled(in.High, 1_000_000)}
}

func (c *compiler) ramp(path string, in *Ramp) []allocation.RampStep {
	if in == nil {
		return nil
	}
	if in.Since == "" {
		c.need(path, "since", "the ramp does not say since when days count", "since: rep.hired_at")
	}
	var out []allocation.RampStep
	before := len(c.f.list)
	for _, s := range in.Steps {
		if !within(s.Share, 0, 1) || s.AfterDays < 0 {
			c.f.path(join(path, "steps"), fmt.Sprintf("the step %dd: %s is not a share from 0 to 1", s.AfterDays, decimalOf(s.Share)), "")
		}
		if len(out) > 0 && out[len(out)-1].AfterDays >= s.AfterDays {
			c.f.path(join(path, "steps"), fmt.Sprintf("the steps are not in rising order of days at %dd", s.AfterDays), "")
		}
		out = append(out, allocation.RampStep{AfterDays: s.AfterDays, PPM: scaled(s.Share, 1_000_000)})
	}
	if len(c.f.list) == before && (len(out) == 0 || out[0].AfterDays != 0) {
		c.need(path, "steps", "the ramp has no steps", "steps: {0d: 25%, 30d: 60%, 90d: 100%}")
		if len(out) > 0 {
			c.f.path(join(path, "steps"), "the first step is not at 0d; before it a rep would receive nothing", "begin with 0d: 25%, or with 0d: 0% if that is meant")
		}
	}
	return out
}

// checkDeskScope refuses a desk-wide rotation whose rules count differently:
// their credits could not be added.
func (c *compiler) checkDeskScope() {
	if c.out.Scope != allocation.ScopeDesk {
		return
	}
	first := -1
	for i := range c.d.Rules {
		switch in := &c.d.Rules[i]; {
		case c.out.Rules[i].Pick != "rotate":
		case first < 0:
			first = i
		case tidy(in.Size) != tidy(c.d.Rules[first].Size):
			c.f.path(join(item("rules", i), "size"), fmt.Sprintf("with scope: desk all rules share one credit; rule %q and rule %q do not count customers by the same size", c.d.Rules[first].Name, in.Name),
				"give both the same size, or use scope: rule")
		}
	}
}

// instant reads a date, from the first moment of its day in the desk's zone,
// or an RFC 3339 time.
func (c *compiler) instant(path, s string) time.Time {
	if s == "" {
		return time.Time{}
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t
	}
	date, err := calendar.ParseDate(s)
	if err != nil {
		message, maybe := fmt.Sprintf("%q is no date", s), "write it like 2026-01-31, or 2026-01-31T09:00:00Z"
		if strings.Count(s, "-") == 2 && strings.IndexFunc(s, unicode.IsLetter) < 0 && len(s) == 10 && s[4] == '-' {
			message, maybe = fmt.Sprintf("there is no day %s", s), "the last day of the month is meant"
		}
		var bad *calendar.SyntaxError
		if meant := rule.Meant(rule.Time, s); meant != "" {
			maybe = meant
		}
		if errors.As(err, &bad) && bad.Maybe != "" {
			maybe = bad.Maybe
		}
		c.f.path(path, message, maybe)
		return time.Time{}
	}
	return date.In(c.zone)
}

// within is false for what is no number.
func within(x, low, high float64) bool { return x >= low && x <= high }

// scaled is x × unit, rounded half to even on x's shortest decimal, so that
// 0.285 × 100 is 28 on every machine. Infinite and not-a-number give -1.
func scaled(x float64, unit int64) int64 {
	return roundRat(new(big.Rat).Mul(ratOf(decimalOf(x)), big.NewRat(unit, 1)))
}

func scaledProduct(x, y float64, unit int64) int64 {
	product := new(big.Rat).Mul(ratOf(decimalOf(x)), ratOf(decimalOf(y)))
	return roundRat(product.Mul(product, big.NewRat(unit, 1)))
}

// roundRat rounds half to even; what an int64 cannot hold becomes the largest.
func roundRat(x *big.Rat) int64 {
	twice := new(big.Int).Lsh(x.Num(), 1)
	n, rest := new(big.Int).DivMod(twice.Add(twice, x.Denom()), new(big.Int).Lsh(x.Denom(), 1), new(big.Int))
	if rest.Sign() == 0 && n.Bit(0) == 1 {
		n.Sub(n, big.NewInt(1))
	}
	if !n.IsInt64() {
		return 1<<63 - 1
	}
	return n.Int64()
}

// ratOf is the exact value of a decimal text, −1 when it is none.
func ratOf(s string) *big.Rat {
	if x, ok := new(big.Rat).SetString(s); ok {
		return x
	}
	return big.NewRat(-1, 1)
}

// decimalOf is the shortest decimal that means x.
func decimalOf(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }
