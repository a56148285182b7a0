package policy

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/evenhand/evenhand/policy/rule"
)

// reader turns nodes into a Document. It checks shapes only, that a list is a
// list and a number a number; what the values mean is checked by compile, so
// that a Document made in Go is held to the same.
type reader struct {
	f *faults
	// word is what the document calls a customer: a key of `fields`.
	word string
}

// read reads the value at a path.
type read func(n *node, path string)

// keys says what a group of keys may hold.
type keys map[string]read

// group reads a map whose keys are known. what names it in messages: "a rule".
func (r *reader) group(n *node, path, what string, known keys) {
	if !r.is(n, path, aMap, what+" is a group of keys, each with a colon and a value") {
		return
	}
	seen := map[string]bool{}
	for _, p := range n.pairs {
		if r.f.full() {
			return
		}
		at := join(path, p.key)
		r.remember(at, p)
		switch {
		case seen[p.key]:
			r.f.key(at, fmt.Sprintf("%s stands here twice", p.key), "delete one of the two")
			continue
		case known[p.key] == nil:
			n.partial = n.partial || slices.Contains(reserved[what], p.key)
			r.unknownKey(p, at, what, known)
			continue
		}
		seen[p.key] = true
		known[p.key](p.value, at)
	}
}

// named reads a map whose keys are names that the author chose.
func (r *reader) named(n *node, path, what string, each func(name string, n *node, path string)) {
	if !r.is(n, path, aMap, what) {
		return
	}
	seen := map[string]bool{}
	for _, p := range n.pairs {
		if r.f.full() {
			return
		}
		at := join(path, p.key)
		r.remember(at, p)
		if seen[p.key] {
			r.f.key(at, fmt.Sprintf("%s stands here twice", p.key), "delete one of the two")
			continue
		}
		seen[p.key] = true
		each(p.key, p.value, at)
	}
}

// each reads the items of a list.
func (r *reader) each(n *node, path, what string, one read) {
	if !r.is(n, path, aList, what) {
		return
	}
	for i, v := range n.items {
		if r.f.full() {
			return
		}
		at := item(path, i)
		if r.f.origin != nil {
			r.f.origin.values[at] = v
		}
		one(v, at)
	}
}

// remember notes where a key and its value stand. Of a key that stands twice
// the second place is kept: it is the one to point at.
func (r *reader) remember(path string, p pair) {
	if r.f.origin != nil {
		r.f.origin.keys[path], r.f.origin.values[path] = p.at, p.value
	}
}

// is complains, and returns false, when a value is not of the kind.
func (r *reader) is(n *node, path string, kind nodeKind, what string) bool {
	switch {
	case n.kind == kind:
		return true
	case n.kind == aBroken:
	case n.kind == aNull:
		r.f.at(n, path, fmt.Sprintf("%s is empty: %s", lastWord(path), what), "delete the key, or give it a value")
	case kind == aList && n.scalar():
		r.f.at(n, path, fmt.Sprintf("%s; here is %s", what, n.kind.called()), "put it in brackets: ["+n.text+"]")
	default:
		maybe := r.kindAdvice(n, kind)
		if path == "" && maybe == "" {
			maybe = "another file is meant; a policy begins with evenhand: 1"
		}
		r.f.at(n, path, fmt.Sprintf("%s; here is %s", what, n.kind.called()), maybe)
	}
	return false
}

// kindAdvice tells apart a list without its dashes from a group without its
// colons.
func (r *reader) kindAdvice(n *node, kind nodeKind) string {
	switch {
	case kind == aList && n.kind == aMap:
		return "begin each entry with a dash and a space: - " + firstKey(n) + ": …"
	case kind == aMap && n.kind == aList:
		return "take the dashes or brackets away"
	case kind == aMap && (strings.HasSuffix(n.text, ".csv") || strings.HasSuffix(n.text, ".txt")):
		return "{file: " + n.text + "}"
	case kind == aMap && strings.Contains(n.text, ":"):
		return "put a space behind the colon"
	case kind == aMap && strings.Contains(n.text, " = "):
		return "write a colon and a space in place of =, as in evenhand: 1"
	}
	return ""
}

func firstKey(n *node) string {
	if len(n.pairs) > 0 {
		return n.pairs[0].key
	}
	return "name"
}

// lastWord names what a path leads to.
func lastWord(path string) string {
	if key := lastKey(path); key != "" {
		return key
	}
	if path == "" {
		return "the document"
	}
	return "an entry of " + lastKey(parentPath(path))
}

// unknownKey finds the reason that a key is not known.
func (r *reader) unknownKey(p pair, path, what string, known keys) {
	if slices.Contains(reserved[what], p.key) {
		r.f.key(path, fmt.Sprintf("%s is not yet in this version", p.key), "leave it out for now")
		return
	}
	maybe := ""
	before, after, equals := strings.Cut(p.key, "=")
	if before = strings.TrimSpace(before); equals && known[before] != nil {
		maybe = before + ": " + strings.TrimSpace(after)
		r.misspelt(strings.TrimSuffix(path, p.key)+before, p.value)
	} else if what == "fields" {
		maybe = r.word + ", the word this policy uses for a customer, or rep"
	} else if p.key == r.word && known["customer"] != nil {
		maybe = "customer"
		r.misspelt(strings.TrimSuffix(path, p.key)+maybe, p.value)
	} else if home := homes[p.key]; home != "" && home != what {
		maybe = p.key + " belongs in " + home
	} else if near, ok := rule.Nearest(p.key, slices.Collect(maps.Keys(known))); ok {
		maybe = near
		r.misspelt(strings.TrimSuffix(path, p.key)+near, p.value)
	} else if meant := synonyms[p.key]; known[meant] != nil {
		maybe = meant
		r.misspelt(strings.TrimSuffix(path, p.key)+meant, p.value)
	} else {
		maybe = "one of " + strings.Join(slices.Sorted(maps.Keys(known)), ", ")
	}
	r.f.key(path, fmt.Sprintf("%s has no key %q", what, p.key), maybe)
}

// misspelt notes that a key which is not there is there under another name,
// so that nobody complains that it is missing.
func (r *reader) misspelt(path string, value *node) {
	if r.f.origin != nil && r.f.origin.values[path] == nil {
		r.f.origin.values[path] = value
	}
}

// reserved are the keys that have a meaning in a later version of the format,
// by what they stand in.
var reserved = map[string][]string{
	"a policy":             laterKeys,
	"a rule":               laterKeys,
	"a customer of a test": {"release", "void", "return", "transfer", "claim"},
}

var laterKeys = []string{"pools", "offer", "sla", "roles", "waiting", "split", "relax"}

// synonyms are the keys that people coming from elsewhere try first.
var synonyms = map[string]string{
	"if": "when", "condition": "when", "conditions": "when", "criteria": "when", "match": "when", "filter": "eligible",
	"who": "eligible", "reps": "eligible", "assignees": "eligible", "strategy": "pick", "method": "pick", "assign": "pick",
	"limits": "caps", "limit": "caps", "capacity": "caps", "quota": "caps", "otherwise": "if_none", "else": "if_none",
	"variables": "let", "define": "let", "definitions": "let", "default": "fallback", "default_owner": "fallback",
	"tz": "timezone", "version": "evenhand", "max": "assigned", "period": "per", "stock": "open", "flow": "assigned",
	"start": "from", "starts": "from", "end": "until", "ends": "until", "to": "until", "shares": "weight", "code": "reason",
	"at": "now", "now": "at", "skip": "todo", "pending": "todo", "owner": "rep", "forbid": "not", "never": "not",
}

// homes says where a key belongs that stands somewhere else.
var homes = func() map[string]string {
	out := map[string]string{}
	for home, words := range map[string]string{
		"a rule":     "when eligible available pick reason if_none weight weight_null weight_range ramp size size_range typical prefer window id from until",
		"a policy":   "timezone week_starts holidays fields kpis lists tables let units rotation rules fallback tests customer",
		"rotation":   "scope share on_return manual",
		"expect":     "status not",
		"a cap":      "open assigned per zone each only",
		"on_return":  "grant longer_than",
		"a table":    "key columns",
		"ramp":       "since steps",
		"the policy": "caps",
	} {
		for word := range strings.FieldsSeq(words) {
			out[word] = home
		}
	}
	return out
}()

// text reads a word or a sentence.
func (r *reader) text(dst *string) read {
	return func(n *node, path string) {
		switch {
		case n.kind == aText && r.f.origin == nil:
			*dst = n.text // this package wrote it
		case n.kind == aText:
			*dst = strings.TrimSpace(n.text)
			if *dst == "" {
				r.f.at(n, path, lastWord(path)+" is empty", "delete the key, or give it a value")
			}
		case n.kind == aNumber || n.kind == aBool:
			r.f.at(n, path, fmt.Sprintf("%s is a text; YAML reads this as %s", lastWord(path), n.kind.called()), `put it in quotes: "`+n.text+`"`)
		default:
			r.is(n, path, aText, lastWord(path)+" is a text")
		}
	}
}

// date reads a day or a time. A bare year is a number to YAML and no day.
func (r *reader) date(dst *string) read {
	return func(n *node, path string) {
		if n.kind == aNumber && r.f.origin != nil {
			maybe := rule.Meant(rule.Time, n.text)
			if len(n.text) == 4 {
				maybe = n.text + "-01-01"
			}
			r.f.at(n, path, fmt.Sprintf("%s is a date; %s is only a number", lastWord(path), n.text), maybe)
			return
		}
		r.text(dst)(n, path)
	}
}

// texts reads a list of texts.
func (r *reader) texts(dst *[]string) read {
	return func(n *node, path string) {
		r.each(n, path, lastWord(path)+" is a list of texts", func(n *node, path string) {
			var s string
			r.text(&s)(n, path)
			if s == "" && r.f.origin != nil {
				s = brokenExpression
			}
			*dst = append(*dst, s)
		})
	}
}

// expression reads a rule text. A number or true or false is one, too.
func (r *reader) expression(dst *string) read {
	return func(n *node, path string) {
		switch {
		case n.kind == aBroken:
			*dst = brokenExpression
		case n.kind == aList || n.kind == aMap:
			*dst = brokenExpression
			what := "an expression is expected here; YAML reads this as " + n.kind.called()
			if r.f.origin != nil && n.style == flow {
				r.f.at(n, path, what, quoteAdvice(r.f.origin.rest(n.at)))
				return
			}
			maybe := "put the whole expression in single quotes"
			if n.kind == aList {
				maybe = "join the conditions by and, in one expression"
			}
			r.f.at(n, path, what, maybe)
		case n.kind == aNull || strings.TrimSpace(n.text) == "":
			*dst = brokenExpression
			r.f.at(n, path, lastWord(path)+" is empty", "delete the key, or write an expression behind the colon")
		case n.style == plain && n.text[0] == '%' && r.f.origin != nil:
			*dst = brokenExpression
			r.f.at(n, path, "in YAML a value cannot begin with %", quoteAdvice(n.text))
		case n.style == plain && strings.Contains(n.text, ": ") && r.f.origin != nil:
			// Inside of { } the parser behind readYAML lets this pass; no other
			// reader of YAML does.
			*dst = brokenExpression
			r.f.at(n, path, "in YAML a colon with a space behind it begins a new key", quoteAdvice(n.text))
		case r.cutByComment(n, path):
			*dst = brokenExpression
		default:
			*dst = tidy(n.text)
		}
	}
}

// brokenExpression stands for an expression, or an entry of a list, that was
// complained about, so that nothing complains that it is missing. No text of a
// document can hold the character.
const brokenExpression = "\x00"

// cutByComment reports an unquoted expression that a # cut in the middle of a
// text or a bracket: the part that is left has one that does not close.
func (r *reader) cutByComment(n *node, path string) bool {
	if r.f.origin == nil || n.style != plain || !openQuote(n.text) && !openBracket(n.text) {
		return false
	}
	rest := r.f.origin.rest(n.at)
	if !strings.HasPrefix(rest, n.text) || !strings.HasPrefix(strings.TrimLeft(rest[len(n.text):], " "), "#") {
		return false
	}
	r.f.at(n, path, "in YAML a # behind a space begins a comment; the expression ends before it", quoteAdvice(rest))
	return true
}

var decimalText = regexp.MustCompile(`^[-+]?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)

// number reads a decimal number.
func (r *reader) number(dst *float64) read {
	return func(n *node, path string) {
		if n.kind == aText || n.kind == aNumber {
			if x, ok := r.decimal(n, path); ok {
				*dst = x
			}
			return
		}
		r.is(n, path, aNumber, lastWord(path)+" is a number")
	}
}

// amount reads a number of money or customers, where 9.000 is refused: it is
// nine to some readers and nine thousand to others.
func (r *reader) amount(dst *float64) read {
	return func(n *node, path string) {
		if r.f.origin != nil && ambiguousThousands.MatchString(n.text) {
			r.f.at(n, path, fmt.Sprintf("%s may be read as %s or as %s", n.text, strings.TrimRight(strings.TrimRight(n.text, "0"), "."), strings.Replace(n.text, ".", "", 1)),
				"write "+strings.Replace(n.text, ".", "", 1)+", or "+n.text+"0")
			return
		}
		r.number(dst)(n, path)
		if *dst < 0 || *dst == 0 && lastKey(path) == "typical" && n.kind == aNumber && decimalText.MatchString(n.text) {
			least := "it cannot be below 0"
			if lastKey(path) == "typical" {
				least = "it must be above 0"
			}
			r.f.at(n, path, fmt.Sprintf("%s is %s; %s", lastWord(path), n.text, least), "")
			*dst = 0
		}
	}
}

var ambiguousThousands = regexp.MustCompile(`^[1-9][0-9]{0,2}\.[0-9]{3}$`)

// decimal reads the number that a value is written as.
func (r *reader) decimal(n *node, path string) (float64, bool) {
	s := n.text
	switch {
	case n.kind == aText && decimalText.MatchString(s) && n.style == quoted:
		r.f.at(n, path, fmt.Sprintf("%s is a number; in quotes it is a text", lastWord(path)), "take the quotes away: "+s)
	case thousands.MatchString(s):
		r.f.at(n, path, fmt.Sprintf("%s is a number and %s is not written as one", lastWord(path), s), "write it without separators: "+strings.NewReplacer(",", "", "'", "", "_", "", " ", "").Replace(s))
	case strings.HasSuffix(s, "%"):
		r.f.at(n, path, fmt.Sprintf("%s is not a percentage", lastWord(path)), "write it as a fraction, 0.5 for 50%")
	case strings.Count(s, ",") == 1 && decimalText.MatchString(strings.Replace(s, ",", ".", 1)):
		r.f.at(n, path, fmt.Sprintf("%s is a number and %s is not written as one", lastWord(path), s), "use a point: "+strings.Replace(s, ",", ".", 1))
	case commaMissing.MatchString(s):
		number, _, _ := strings.Cut(s, " ")
		r.f.at(n, path, fmt.Sprintf("%s is a number, and behind %s follows something else", lastWord(path), number), "a comma is missing behind "+number)
	case !decimalText.MatchString(s):
		r.f.at(n, path, fmt.Sprintf("%s is a number; %q is none", lastWord(path), s), "write digits, with a point before decimals: 1250 or 0.5")
	default:
		x, err := strconv.ParseFloat(s, 64)
		if err != nil {
			r.f.at(n, path, fmt.Sprintf("%s is too large", s), "")
			return 0, false
		}
		return x, true
	}
	return 0, false
}

// commaMissing is a number and the next key of a group in { }.
var commaMissing = regexp.MustCompile(`^[-+]?[0-9.]+ +["'A-Za-z][^:]*:`)

var thousands = regexp.MustCompile(`^[0-9]{1,3}([,' _][0-9]{3})+$`)

// whole reads a whole number.
func (r *reader) whole(dst *int64) read {
	return func(n *node, path string) {
		var x float64
		before := len(r.f.list)
		r.number(&x)(n, path)
		if len(r.f.list) == before && (x != float64(int64(x)) || x < 0 || x > 1e12) {
			r.f.at(n, path, fmt.Sprintf("%s is a whole number from 0 to 1000000000000; here is %s", lastWord(path), n.text), "")
			return
		}
		*dst = int64(x)
	}
}
