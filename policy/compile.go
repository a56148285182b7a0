package policy

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/calendar"
	"github.com/evenhand/evenhand/policy/rule"
)

// compiler turns a Document into a Policy. It goes on after a fault, so that
// all of them are reported at once.
type compiler struct {
	d    *Document
	f    *faults
	word string // for a customer
	zone *time.Location
	v    *rule.Vocabulary
	// broken names could not be declared; blind says that even the customer's
	// word could not. What uses them is not judged.
	broken   map[string]bool
	blind    bool
	contents contents // of lists, tables and holidays, in one writing
	programs *programs
	placed   []placed // every compiled expression, for the lint
	out      *allocation.Policy
}

// placed is a compiled expression and where it stands.
type placed struct {
	path    string
	key     string // when, eligible, …
	base    int    // what to add to the lines that the program knows
	program *rule.Program
}

// Compile checks the document and makes a policy of it. The error is a
// rule.Errors with everything that is wrong: by line and column for a document
// that Parse read, by path (rules[2].eligible) for one made in Go.
//
// Cost: linear in the document and its files.
func (d *Document) Compile() (*allocation.Policy, error) {
	c := d.compiler(&faults{origin: d.origin})
	c.compile()
	if err := c.f.err(); err != nil {
		return nil, err
	}
	return c.out, nil
}

func (d *Document) compiler(f *faults) *compiler {
	return &compiler{
		d: d, f: f, zone: time.UTC, broken: map[string]bool{},
		contents: contents{lists: map[string][]string{}, tables: map[string]string{}},
		programs: &programs{}, out: &allocation.Policy{},
	}
}

// compile walks the document from top to bottom: names first, then the
// expressions that use them, then what the whole amounts to.
func (c *compiler) compile() {
	c.header()
	c.declare()
	c.readHolidays()
	c.notBelowZero("units", c.d.Units)
	c.programs.units = c.expression("units", c.d.Units, rule.Want{Kind: rule.Int, Scope: rule.CustomerOnly, Key: "units"})
	c.rotation()
	c.caps("caps", "desk", -1, c.d.Caps)
	c.rules()
	c.fallback()
	c.checkTests()
	if len(c.f.list) > 0 {
		return
	}
	c.features()
	c.programs.bind(c.v, c.d, c.word)
	c.out.Source, c.out.Hash = c.source()
	programs := c.programs
	c.out.NewMatcher = func() allocation.Matcher { return newIndexed(programs) }
	c.out.NewReference = func() allocation.Matcher { return newMatcher(programs) }
}

// header reads what stands for the whole policy.
func (c *compiler) header() {
	d := c.d
	if d.Evenhand != 0 && d.Evenhand != 1 {
		c.f.path("evenhand", fmt.Sprintf("version %d of the format is not known here", d.Evenhand), "evenhand: 1")
	}
	if d.Name == "" {
		c.need("", "name", "the policy has no name", "name: inbound-leads")
	}
	c.readable("name", d.Name)
	c.word = d.Customer
	if c.word == "" {
		c.word = "customer"
	}
	c.out.Name, c.out.Kind = d.Name, c.word
	if d.Timezone != "" {
		zone, err := calendar.LoadZone(d.Timezone)
		if err != nil {
			c.fail("timezone", err)
		} else {
			c.zone = zone
		}
	}
	c.out.Zone = c.zone
	c.out.WeekStarts = c.weekday(d.WeekStarts)
}

var weekdays = []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}

func (c *compiler) weekday(s string) time.Weekday {
	if s == "" {
		return time.Monday
	}
	i := slices.Index(weekdays, s)
	if i < 0 {
		c.oneOf("week_starts", s, weekdays...)
		return time.Monday
	}
	return time.Weekday(i)
}

// rotation reads how turns are counted.
func (c *compiler) rotation() {
	r := c.d.Rotation
	c.out.Scope = word(c, "rotation.scope", r.Scope, words[allocation.Scope]{
		{"rule", allocation.ScopeRule}, {"desk", allocation.ScopeDesk}})
	c.out.Share = word(c, "rotation.share", r.Share, words[allocation.Share]{
		{"per_customer", allocation.SharePerCustomer}, {"totals", allocation.ShareTotals}})
	c.out.Manual = word(c, "rotation.manual", r.Manual, words[allocation.Manual]{
		{"caps", allocation.ManualCaps}, {"caps_and_credit", allocation.ManualCapsAndCredit}})
	c.out.OnReturn = c.onReturn(r.OnReturn)
	if c.out.Share == allocation.ShareTotals && r.OnReturn.Kind != "calibrate" {
		c.f.path("rotation.share", "share: totals needs on_return: calibrate; otherwise a rep who comes back from time off receives every customer until the totals are level",
			"add on_return: calibrate, or use share: per_customer")
	}
}

func (c *compiler) onReturn(r OnReturn) allocation.OnReturn {
	const path = "rotation.on_return"
	out := allocation.OnReturn{Max: r.Max}
	out.Kind = word(c, path, r.Kind, words[allocation.ReturnKind]{
		{"freeze", allocation.ReturnFreeze}, {"calibrate", allocation.ReturnCalibrate}, {"grant", allocation.ReturnGrant}})
	if r.Kind != "grant" && (r.LongerThan != "" || r.Max != 0) {
		c.f.path(path, "longer_than and max go with a grant", "{grant: time_off, longer_than: 2d, max: 10}")
	}
	if r.Max < 0 {
		c.f.path(join(path, "max"), fmt.Sprintf("max is %d; it cannot be negative", r.Max), "")
	}
	if r.LongerThan != "" {
		out.LongerThan = c.duration(join(path, "longer_than"), r.LongerThan)
	}
	return out
}

func (c *compiler) duration(path, s string) time.Duration {
	per, err := calendar.ParsePer(s)
	length, rolling := per.Rolling()
	if err != nil || !rolling {
		c.f.path(path, fmt.Sprintf("%q is no length of time", s), "write it like 2d or 36h, up to 366d")
	}
	return length
}

func (c *compiler) fallback() {
	for i, b := range c.d.Fallback {
		path := join(item("fallback", i), "rep")
		switch {
		case b.Rep == "":
			c.f.path(item("fallback", i), "a fallback names a rep", "{rep: sam}")
		case !c.readable(path, b.Rep):
		case slices.Contains(c.out.Fallback, b.Rep):
			c.f.path(path, fmt.Sprintf("rep %s stands in fallback twice", b.Rep), "delete one of the two")
		}
		c.out.Fallback = append(c.out.Fallback, b.Rep)
	}
}

// expression compiles the text at a path; nil when there is none, or none that
// can be judged.
func (c *compiler) expression(path, source string, want rule.Want) *rule.Program {
	if source == "" || source == brokenExpression || c.f.full() || c.mentionsBroken(source) {
		return nil
	}
	text, base := c.text(path, source)
	p, err := c.v.Compile(text, want)
	if err != nil {
		c.failRule(path, err, base)
		return nil
	}
	c.placed = append(c.placed, placed{path, want.Key, base, p})
	return p
}

// text is the expression with its place: in the document if it came from one
// and still is what it was, or else under its path. base is what to add to
// line numbers.
func (c *compiler) text(path, source string) (text rule.Text, base int) {
	source = tidy(source)
	if c.f.origin != nil {
		if n := c.f.origin.values[path]; n != nil && tidy(n.text) == source && n.at.line > 0 {
			return rule.Text{
				Source: source, File: c.f.origin.name, Line: 1, Column: n.at.column,
				Document: c.f.origin.excerpt(n.at.line),
			}, n.at.line - 1
		}
	}
	return rule.Text{Source: source, File: path}, 0
}

// failRule reports what is wrong with an expression.
func (c *compiler) failRule(path string, err error, base int) {
	var all rule.Errors
	if !errors.As(err, &all) {
		c.fail(path, err)
		return
	}
	for _, e := range all {
		moved := *e
		moved.Line += base
		if moved.Line == 0 {
			moved.File = path
		}
		c.f.add(&moved)
	}
}

// fail reports an error of another package, whose last line may be advice.
func (c *compiler) fail(path string, err error) {
	message, maybe := splitAdvice(err)
	c.f.path(path, message, maybe)
}

// splitAdvice takes the advice off an error's text.
func splitAdvice(err error) (message, maybe string) {
	message, maybe, _ = strings.Cut(err.Error(), "\nMaybe ")
	return message, maybe
}

// readable refuses names and IDs that a ledger could not hold or that nobody
// could read.
func (c *compiler) readable(path, s string) bool {
	switch {
	case len(s) > allocation.MaxID:
		c.f.path(path, fmt.Sprintf("%s has %d bytes; the limit is %d", wordFor(path), len(s), allocation.MaxID), "")
	case !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl):
		c.f.path(path, fmt.Sprintf("%s %q holds a character that cannot be read", wordFor(path), s), "")
	default:
		return true
	}
	return false
}

// need complains about a key that is missing from the group at a path, unless
// the key stands there and was complained about, or the group itself was.
func (c *compiler) need(path, key, message, maybe string) {
	if o := c.f.origin; o != nil {
		if group := o.values[path]; group != nil && (group.kind != aMap || group.partial) {
			return
		}
		if n := o.values[join(path, key)]; n != nil {
			if n.kind == aList && len(n.items) == 0 || n.kind == aMap && len(n.pairs) == 0 {
				c.f.key(join(path, key), message, maybe)
			}
			return
		}
	} else {
		path = join(path, key)
	}
	c.f.path(path, message, maybe)
}

var identifier = regexp.MustCompile(`[\p{L}_][\p{L}\p{Nd}_]*`)

// mentionsBroken reports whether a text uses a name that could not be
// declared.
func (c *compiler) mentionsBroken(source string) bool {
	if c.blind {
		return true
	}
	return slices.ContainsFunc(identifier.FindAllString(source, -1), func(name string) bool { return c.broken[name] })
}

// words are the words of a key, the default first.
type words[T any] []struct {
	word  string
	value T
}

// word reads one of some words; "" is the default.
func word[T any](c *compiler, path, s string, known words[T]) T {
	if s == "" {
		return known[0].value
	}
	names := make([]string, len(known))
	for i, k := range known {
		if k.word == s {
			return k.value
		}
		names[i] = k.word
	}
	c.oneOf(path, s, names...)
	return known[0].value
}

// oneOf complains about a word that is none of the known ones.
func (c *compiler) oneOf(path, s string, known ...string) {
	list := strings.Join(known[:len(known)-1], ", ") + " or " + known[len(known)-1]
	near, _ := rule.Nearest(s, known)
	if meant := otherWords[strings.ToLower(strings.ReplaceAll(s, "-", "_"))]; slices.Contains(known, meant) {
		near = meant
	}
	c.f.path(path, fmt.Sprintf("%s is %s, not %q", wordFor(path), list, s), near)
}

// otherWords are the words that people coming from elsewhere try first.
var otherWords = map[string]string{
	"round_robin": "rotate", "roundrobin": "rotate", "rotation": "rotate", "fair": "rotate", "highest": "best", "top": "best",
	"least_busy": "least_open", "load_balance": "least_open", "nobody": "none", "discard": "none", "owner": "first",
	"queue": "wait", "hold": "wait", "continue": "next", "skip": "next", "default": "fallback",
	"always": "any", "everybody": "any", "working": "on_shift", "working_hours": "on_shift", "online": "on_shift",
	"average": "mean", "ignore": "refuse", "0": "zero", "keep": "freeze", "prefix": "longest_prefix", "credit": "caps_and_credit",
	"person": "rep", "user": "rep", "global": "desk",
}

// wordFor names a path's key in a sentence.
func wordFor(path string) string {
	if key := lastKey(path); key != "" {
		return key
	}
	return path
}

// slug makes an ID of a name: letters and digits in lower case, everything
// else a hyphen.
func slug(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r):
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	return strings.TrimRight(b.String(), "-")
}
