package rule

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// writer draws well-typed expressions as text, over every operator and
// function there is. What they mean is the interpreter's affair.
type writer struct {
	generator
	v        *Vocabulary
	elements []Kind // of # in the predicates around
	only     []Side // sides that may be read; none: both
}

// of draws an expression that reads one side alone.
func (w *writer) of(on Side, k Kind, depth int) string {
	before := w.only
	w.only = []Side{on}
	defer func() { w.only = before }()
	return w.expression(k, depth)
}

func (w *writer) one(options ...string) string { return options[w.pick("option", len(options))] }

// field draws a field of a kind, of either side.
func (w *writer) field(k Kind) string {
	var names []string
	sides := []Side{Customer, Rep}
	if w.only != nil {
		sides = w.only
	}
	for _, on := range sides {
		for _, f := range w.v.Fields(on) {
			if f.Kind == k {
				names = append(names, w.v.word(on)+"."+f.Name)
			}
		}
	}
	if k == Number && slices.Contains(sides, Rep) {
		names = append(names, "rep.kpi.win_rate")
	}
	return w.one(names...)
}

func (w *writer) literal(k Kind) string {
	switch k {
	case Bool:
		return w.one("true", "false")
	case Int:
		return strconv.FormatInt(wholes[w.pick("whole", len(wholes))], 10)
	case Number:
		return strconv.FormatFloat(numbers[w.pick("number", len(numbers))], 'e', -1, 64)
	case String:
		return strconv.Quote(words[w.pick("word", len(words))])
	case Time:
		return w.one(`date("2026-01-31")`, `date("2025-06-01T12:00:00")`, "now")
	case Duration:
		return w.one(`duration("30d")`, `duration("36h")`, `duration("-1d")`)
	}
	parts := make([]string, 1+w.pick("length", 3))
	for i := range parts {
		parts[i] = w.literal(k.element())
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// expression draws one of a kind.
func (w *writer) expression(k Kind, depth int) string {
	if n := len(w.elements); n > 0 && w.elements[n-1] == k && w.pick("element", 3) == 0 {
		return "#"
	}
	if depth <= 0 {
		if k == Duration || w.pick("simple", 4) == 0 {
			return w.literal(k)
		}
		return w.field(k)
	}
	sub := func(k Kind) string { return w.expression(k, depth-1) }
	if w.pick("any kind", 8) == 0 {
		if w.pick("else", 2) == 0 && k != Duration {
			return "(" + w.field(k) + " ?? " + sub(k) + ")"
		}
		return "(" + sub(Bool) + " ? " + sub(k) + " : " + sub(k) + ")"
	}
	switch k {
	case Bool:
		return w.condition(depth)
	case Int:
		switch w.pick("int", 6) {
		case 0:
			return "len(" + sub([]Kind{String, StringList, IntList, NumberList}[w.pick("of", 4)]) + ")"
		case 1:
			return "int(round(" + sub(Number) + "))"
		case 2:
			return w.one("min", "max") + "(" + sub(Int) + ", " + sub(Int) + ")"
		case 3:
			return "sum(" + sub(IntList) + ")"
		case 4:
			return w.predicate("count", depth)
		}
		return "(" + sub(Int) + w.one(" + ", " - ", " * ", " % ") + sub(Int) + ")"
	case Number:
		switch w.pick("number", 5) {
		case 0:
			return w.one("abs", "floor", "ceil", "round", "float") + "(" + sub(Number) + ")"
		case 1:
			return w.one("days", "hours") + "(" + sub(Duration) + ")"
		case 2:
			return "sum(" + sub(NumberList) + ")"
		}
		return "(" + sub(Number) + w.one(" + ", " - ", " * ", " / ", " ** ") + sub([]Kind{Int, Number}[w.pick("with", 2)]) + ")"
	case String:
		switch w.pick("text", 4) {
		case 0:
			return w.one("lower", "upper", "trim") + "(" + sub(String) + ")"
		case 1:
			return "string(" + sub(Int) + ")"
		case 2:
			return w.one("named", "postal") + "[" + sub(String) + "].owner"
		}
		return "(" + sub(String) + " + " + sub(String) + ")"
	case Time:
		return "(" + sub(Time) + w.one(" + ", " - ") + sub(Duration) + ")"
	case Duration:
		return "(" + sub(Time) + " - " + sub(Time) + ")"
	}
	return w.field(k)
}

func (w *writer) condition(depth int) string {
	sub := func(k Kind) string { return w.expression(k, depth-1) }
	if w.only == nil && w.pick("across", 3) == 0 {
		return w.across(depth)
	}
	switch w.pick("condition", 14) {
	case 0, 1, 2:
		return "(" + sub(Bool) + w.one(" and ", " or ") + sub(Bool) + ")"
	case 3:
		return "(not " + sub(Bool) + ")"
	case 4:
		return "has(" + sub([]Kind{String, Int, Number, Time, StringList}[w.pick("has", 5)]) + ")"
	case 5:
		return w.predicate(w.one("any", "all", "none", "one"), depth)
	case 6:
		return "(" + sub(String) + w.one(" contains ", " startsWith ", " endsWith ") + sub(String) + ")"
	case 7:
		return "(" + sub(String) + " matches " + w.one(`"^s"`, `"e+$"`, `"[A-Z]"`) + ")"
	case 8:
		return "(" + sub(Int) + " in 0..7)"
	case 9, 10:
		k := []Kind{String, Int, Number}[w.pick("in", 3)]
		list := map[Kind]Kind{String: StringList, Int: IntList, Number: NumberList}[k]
		items := w.expression(list, 0)
		if k == String && w.pick("named", 4) == 0 {
			items = "vips"
		}
		if w.pick("written out", 4) == 0 {
			items = "[" + sub(k) + ", " + sub(k) + "]"
		}
		return "(" + sub(k) + w.one(" in ", " not in ") + items + ")"
	case 11:
		if w.only != nil {
			return "has(named[" + sub(String) + "])"
		}
		return w.one("mine", "big")
	}
	k := []Kind{String, Int, Number, Time, Duration, Bool}[w.pick("compare", 6)]
	if k == Bool {
		return "(" + sub(Bool) + w.one(" == ", " != ") + sub(Bool) + ")"
	}
	return "(" + sub(k) + w.one(" == ", " != ", " < ", " <= ", " > ", " >= ") + sub(k) + ")"
}

// across draws a relation between a value of the rep and one of the customer.
func (w *writer) across(depth int) string {
	a, b := Customer, Rep
	if w.pick("rep first", 2) == 0 {
		a, b = b, a
	}
	depth = min(depth-1, w.pick("depth", 3))
	switch w.pick("relation", 3) {
	case 0:
		k := []Kind{String, Int, Number}[w.pick("in", 3)]
		list := map[Kind]Kind{String: StringList, Int: IntList, Number: NumberList}[k]
		return "(" + w.of(a, k, depth) + w.one(" in ", " not in ") + w.of(b, list, depth) + ")"
	case 1:
		return "(" + w.of(a, String, depth) + w.one(" startsWith ", " contains ", " endsWith ") + w.of(b, String, depth) + ")"
	}
	k := []Kind{String, Int, Number, Time, Bool}[w.pick("compare", 5)]
	op := w.one(" == ", " != ", " < ", " <= ", " > ", " >= ")
	if k == Bool {
		op = w.one(" == ", " != ")
	}
	return "(" + w.of(a, k, depth) + op + w.of(b, k, depth) + ")"
}

func (w *writer) predicate(word string, depth int) string {
	if len(w.elements) == maxNested {
		return map[bool]string{true: "1", false: "true"}[word == "count"]
	}
	list := []Kind{StringList, IntList, NumberList}[w.pick("items", 3)]
	items := w.expression(list, 0)
	w.elements = append(w.elements, list.element())
	body := w.expression(Bool, min(depth-1, 2))
	w.elements = w.elements[:len(w.elements)-1]
	return word + "(" + items + ", " + body + ")"
}

// drawVocabulary draws fields of every kind for both sides.
func drawVocabulary(t *rapid.T) *Vocabulary {
	v, err := NewVocabulary("lead")
	must(t, err)
	for on, word := range []string{"c", "r"} {
		for k := Bool; k <= NumberList; k++ {
			for i := range rapid.IntRange(1, 2).Draw(t, "fields") {
				f := Field{Name: fmt.Sprintf("%s%d%d", word, k, i), Kind: k}
				if k != Time && rapid.IntRange(0, 3).Draw(t, "zero") == 0 {
					f.Missing = Zero
				}
				_, err := v.Declare(Side(on), f)
				must(t, err)
			}
		}
	}
	_, err = v.DeclareKPI("win_rate")
	must(t, err)
	must(t, v.DeclareList("vips", []string{"steel", "DE", ""}))
	for name, match := range map[string]Match{"named": Exact, "postal": LongestPrefix} {
		table, err := NewTable("key", match, []Column{{"owner", String}})
		must(t, err)
		must(t, table.Add("ste", "steel"))
		must(t, table.Add("steel", "DE"))
		must(t, table.Add("food", nil))
		must(t, v.DeclareTable(name, table))
	}
	must(t, v.Let("mine", Text{Source: "rep.r50 == lead.c50"}))
	must(t, v.Let("big", Text{Source: "lead.c30 >= 7 or mine"}))
	return v
}

// drawRecord draws a record in which values often meet and are often missing.
func drawRecord(g generator, v *Vocabulary, on Side) Record {
	r := v.NewRecord(on)
	for slot := range r {
		if g.pick("missing", 4) > 0 {
			r[slot] = drawValue(g, v, on, slot)
		}
	}
	return r
}

func drawValue(g generator, v *Vocabulary, on Side, slot int) Value {
	k := Number // a KPI
	for _, f := range v.Fields(on) {
		if s, _ := v.Slot(on, f.Name); s == slot {
			k = f.Kind
		}
	}
	if k.element() != Null {
		l := &list{}
		for range g.pick("length", 4) {
			switch x := drawOf(g, k.element()); k {
			case StringList:
				l.strs = append(l.strs, x.str)
			case IntList:
				l.ints = append(l.ints, x.num)
			default:
				l.nums = append(l.nums, x.float())
			}
		}
		return Value{kind: k, list: l}
	}
	return drawOf(g, k)
}

func drawOf(g generator, k Kind) Value {
	switch k {
	case Bool:
		return BoolValue(g.pick("flag", 2) == 1)
	case Int:
		return IntValue(wholes[g.pick("whole", len(wholes))] - int64(g.pick("less", 2)))
	case Number:
		x := numbers[g.pick("number", len(numbers))]
		return NumberValue(x * float64(1-2*g.pick("sign", 2)))
	case Time:
		return TimeValue(theNow.Add(time.Duration(g.pick("days", 40)-20) * 12 * time.Hour))
	}
	return StringValue(words[g.pick("word", len(words))])
}

// pairs is how many pairs of a customer and a rep the index is compared on:
// EVENHAND_PAIRS, 50,000 unless it is set.
func pairs(t testing.TB) int {
	n := 50_000
	if s := os.Getenv("EVENHAND_PAIRS"); s != "" {
		var err error
		n, err = strconv.Atoi(s)
		must(t, err)
	}
	return n
}

// TestIndexMeansWhatTheInterpreterMeans draws vocabularies, rosters that
// change, customers and expressions, and compares every pair.
func TestIndexMeansWhatTheInterpreterMeans(t *testing.T) {
	compared, unknowns := 0, 0
	ways := map[how]int{}
	for compared < pairs(t) {
		rapid.Check(t, func(rt *rapid.T) {
			g := generator{rt}
			v := drawVocabulary(rt)
			w := &writer{generator: g, v: v}
			var programs []*Program
			for range 1 + g.pick("programs", 4) {
				p, err := v.Compile(Text{Source: w.expression(Bool, 1+g.pick("depth", 4))}, Want{Kind: Bool})
				if err == nil { // too large, or failing whatever the data, otherwise
					programs = append(programs, p)
				}
			}
			world := newIndexWorld(g, v, programs)
			for range 1 + g.pick("rounds", 3) {
				world.mutate()
				for range 1 + g.pick("customers", 3) {
					e := &Env{Customer: drawRecord(g, v, Customer), Now: theNow.Add(time.Duration(g.pick("hours", 48)) * time.Hour)}
					n, u := world.compare(rt, e)
					compared, unknowns = compared+n, unknowns+u
				}
			}
			for i := range programs {
				for _, l := range world.index.Plan(i).lookups {
					ways[l.how]++
				}
			}
		})
	}
	t.Logf("%d pairs compared, %d of them unknown; look-ups by way: %v", compared, unknowns, ways)
	for way := lookOnce; way <= lookEach; way++ {
		if ways[way] == 0 || unknowns == 0 {
			t.Fatalf("every way of looking up is drawn, and unknown answers are, but way %d is not", way)
		}
	}
}

// indexWorld is an index and the roster it holds, on two places.
type indexWorld struct {
	generator
	v        *Vocabulary
	programs []*Program
	index    *Index
	reader   *Reader
	rows     []int
	roster   map[int]Record
}

func newIndexWorld(g generator, v *Vocabulary, programs []*Program) *indexWorld {
	x := NewIndex(programs)
	return &indexWorld{generator: g, v: v, programs: programs, index: x, reader: x.NewReader(), roster: map[int]Record{}}
}

// mutate sets some rows, new ones and old, and changes single values.
func (w *indexWorld) mutate() {
	for range w.pick("sets", 40) {
		row := w.pick("row", 60)
		if w.pick("far", 4) == 0 {
			row += 64*blockWords - 30 // in the next block, or just before it
		}
		if w.roster[row] == nil {
			w.rows = append(w.rows, row)
		}
		rep := drawRecord(w.generator, w.v, Rep)
		w.index.Set(row, append(Record(nil), rep...))
		w.roster[row] = rep
	}
	for range w.pick("values", 40) {
		if len(w.rows) == 0 {
			return
		}
		row := w.rows[w.pick("which", len(w.rows))]
		slot := w.pick("slot", len(w.roster[row]))
		value := drawValue(w.generator, w.v, Rep, slot)
		w.index.SetValue(row, slot, value)
		w.roster[row][slot] = value
	}
}

func (w *indexWorld) compare(t *rapid.T, e *Env) (compared, unknowns int) {
	for i, p := range w.programs {
		plan := w.index.Plan(i)
		all := make([]uint64, len(w.index.reps)+1)
		for n := range all {
			all[n] = math.MaxUint64
		}
		yes, no := append(rowset(nil), all...), append(rowset(nil), all...)
		w.reader.Narrow(plan, e, yes)
		w.reader.begin(e)
		w.reader.narrow(plan.no, no)
		listed := w.reader.Append(plan, e, nil)
		if got := appendRows(nil, 0, yes); fmt.Sprint(got) != fmt.Sprint(listed) {
			t.Fatalf("the list of reps is the set of reps:\n%s\nset %v\nlist %v", p.Source(), got, listed)
		}
		in := 0
		for _, row := range w.rows {
			e.Rep = w.roster[row]
			want := p.Truth(e).Truth
			got := truthIn(yes.has(row), no.has(row))
			if got != want || w.reader.Has(plan, e, row) != (want == True) {
				t.Fatalf("the index answers as the interpreter does, unknowns included:\n%s\nlead %v\nrep %v (row %d)\nindex %v, interpreter %v", p.Source(), e.Customer, e.Rep, row, got, want)
			}
			compared++
			if want == Unknown {
				unknowns++
			}
			if want == True {
				in++
			}
		}
		if in != len(listed) {
			t.Fatalf("a row that was never set is in no answer:\n%s\n%v", p.Source(), listed)
		}
	}
	return compared, unknowns
}

func truthIn(yes, no bool) Truth {
	switch {
	case yes && no:
		return Truth(99)
	case yes:
		return True
	case no:
		return False
	}
	return Unknown
}
