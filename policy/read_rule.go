package policy

import (
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

func (r *reader) rules(d *Document) read {
	return func(n *node, path string) {
		r.each(n, path, "rules are a list, each rule with a dash", func(n *node, path string) {
			d.Rules = append(d.Rules, r.rule(n, path))
		})
	}
}

func (r *reader) rule(n *node, path string) Rule {
	var out Rule
	r.group(n, path, "a rule", keys{
		"name":         r.text(&out.Name),
		"id":           r.text(&out.ID),
		"from":         r.date(&out.From),
		"until":        r.date(&out.Until),
		"when":         r.expression(&out.When),
		"eligible":     r.expression(&out.Eligible),
		"available":    r.text(&out.Available),
		"caps":         r.caps(&out.Caps),
		"pick":         r.text(&out.Pick),
		"reason":       r.text(&out.Reason),
		"if_none":      r.ifNone(&out.IfNone),
		"weight":       r.expression(&out.Weight),
		"weight_null":  r.weightNull(&out.WeightNull),
		"weight_range": r.pairOf(&out.WeightRange, "[0.5, 2]"),
		"ramp":         r.ramp(&out.Ramp),
		"size":         r.expression(&out.Size),
		"size_range":   r.pairOf(&out.SizeRange, "[0.2, 5]"),
		"typical":      r.amount(&out.Typical),
		"prefer":       r.expression(&out.Prefer),
		"window":       r.amount(&out.Window),
	})
	return out
}

// ifNone reads one word for all reasons, or a word for each.
func (r *reader) ifNone(dst *IfNone) read {
	return func(n *node, path string) {
		if n.kind != aMap {
			var all string
			r.text(&all)(n, path)
			*dst = IfNone{all, all, all}
			return
		}
		r.group(n, path, "if_none", keys{
			"not_eligible": r.text(&dst.NotEligible),
			"away":         r.text(&dst.Away),
			"full":         r.text(&dst.Full),
		})
	}
}

// weightNull reads refuse, mean or a number, which it keeps as text.
func (r *reader) weightNull(dst *string) read {
	return func(n *node, path string) {
		switch {
		case n.kind == aNumber:
			var x float64
			before := len(r.f.list)
			r.amount(&x)(n, path)
			if len(r.f.list) == before {
				*dst = strconv.FormatFloat(x, 'f', -1, 64)
			}
		case n.kind == aNull:
			r.f.at(n, path, "weight_null is refuse, mean or a number", "refuse, which leaves out reps whose weight is not known")
		default:
			r.text(dst)(n, path)
		}
	}
}

// pairOf reads [low, high].
func (r *reader) pairOf(dst **Range, example string) read {
	return func(n *node, path string) {
		what := lastWord(path) + " is two numbers in brackets, like " + example
		if n.kind == aList && len(n.items) != 2 || n.scalar() {
			r.f.at(n, path, what, example)
			return
		}
		var both []float64
		before := len(r.f.list)
		r.each(n, path, what, func(n *node, path string) {
			both = append(both, 0)
			r.number(&both[len(both)-1])(n, path)
		})
		if len(r.f.list) == before && len(both) == 2 {
			*dst = &Range{both[0], both[1]}
		}
	}
}

func (r *reader) ramp(dst **Ramp) read {
	return func(n *node, path string) {
		ramp := &Ramp{}
		r.group(n, path, "ramp", keys{"since": r.expression(&ramp.Since), "steps": r.steps(&ramp.Steps)})
		*dst = ramp
	}
}

var daysText = regexp.MustCompile(`^(0|[1-9][0-9]{0,4})d$`)

// steps reads {0d: 25%, 30d: 60%, 90d: 100%}.
func (r *reader) steps(dst *Steps) read {
	return func(n *node, path string) {
		r.named(n, path, "steps are days and shares, like {0d: 25%, 90d: 100%}", func(name string, n *node, path string) {
			if !daysText.MatchString(name) {
				maybe := "write days like 30d"
				if _, err := strconv.Atoi(name); err == nil {
					maybe = name + "d"
				}
				r.f.key(path, fmt.Sprintf("%q is no number of days", name), maybe)
				return
			}
			days, _ := strconv.Atoi(strings.TrimSuffix(name, "d"))
			*dst = append(*dst, Step{AfterDays: days, Share: r.share(n, path)})
		})
		slices.SortStableFunc(*dst, func(a, b Step) int { return a.AfterDays - b.AfterDays })
	}
}

// share reads 25% or 0.25.
func (r *reader) share(n *node, path string) float64 {
	if percent, ok := strings.CutSuffix(n.text, "%"); ok && n.kind == aText && decimalText.MatchString(percent) {
		x, _ := strconv.ParseFloat(percent, 64)
		share, _ := new(big.Rat).Quo(ratOf(decimalOf(x)), ratOf("100")).Float64()
		if share < 0 || share > 1 {
			r.f.at(n, path, fmt.Sprintf("a share is from 0%% to 100%%; here is %s", n.text), "")
			return 0
		}
		return share
	}
	var x float64
	before := len(r.f.list)
	r.number(&x)(n, path)
	if len(r.f.list) == before && (x < 0 || x > 1) {
		r.f.at(n, path, fmt.Sprintf("a share is from 0 to 1, or a percentage; here is %s", n.text), n.text+"%")
		return 0
	}
	return x
}
