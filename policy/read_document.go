package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// document reads a whole document. The table is the format: which keys there
// are and what reads them.
func (r *reader) document(n *node) *Document {
	d := &Document{}
	r.word = r.customerWord(n)
	var version int64
	r.group(n, "", "a policy", keys{
		"evenhand":    r.version(&version),
		"name":        r.text(&d.Name),
		"customer":    r.text(&d.Customer),
		"timezone":    r.text(&d.Timezone),
		"week_starts": r.text(&d.WeekStarts),
		"holidays":    r.holidays(d),
		"fields":      r.fields(&d.Fields),
		"kpis":        r.texts(&d.KPIs),
		"lists":       r.lists(d),
		"tables":      r.tables(d),
		"let":         r.lets(d),
		"units":       r.expression(&d.Units),
		"caps":        r.caps(&d.Caps),
		"rotation":    func(n *node, path string) { r.rotation(n, path, &d.Rotation) },
		"rules":       r.rules(d),
		"fallback":    r.fallback(d),
		"tests":       r.tests(d),
	})
	d.Evenhand = int(version)
	if n.kind == aMap && !hasKey(n, "evenhand") && !hasKey(n, "Evenhand") {
		r.f.path("", "the policy does not say which version of the format it is in", "begin with evenhand: 1")
	}
	return d
}

func hasKey(n *node, key string) bool {
	return slices.ContainsFunc(n.pairs, func(p pair) bool { return p.key == key })
}

// customerWord looks ahead: the keys of `fields` depend on it.
func (r *reader) customerWord(n *node) string {
	for _, p := range n.pairs {
		if p.key == "customer" && p.value.kind == aText && p.value.text != "" {
			return p.value.text
		}
	}
	return "customer"
}

func (r *reader) version(dst *int64) read {
	return func(n *node, path string) {
		if n.kind == aNumber && n.text != "1" {
			r.f.at(n, path, fmt.Sprintf("version %s of the format is not known here", n.text), "evenhand: 1")
			*dst = 1
			return
		}
		r.whole(dst)(n, path)
	}
}

func (r *reader) holidays(d *Document) read {
	return func(n *node, path string) {
		d.Holidays = &Holidays{}
		r.group(n, path, "holidays", keys{"file": r.text(&d.Holidays.File)})
	}
}

func (r *reader) fields(dst *Fields) read {
	return func(n *node, path string) {
		dst.Customer, dst.Rep = map[string]Field{}, map[string]Field{}
		r.group(n, path, "fields", keys{r.word: r.fieldsOf(dst.Customer), "rep": r.fieldsOf(dst.Rep)})
	}
}

func (r *reader) fieldsOf(dst map[string]Field) read {
	return func(n *node, path string) {
		r.named(n, path, "here stand fields, each with a colon and its type", func(name string, n *node, path string) {
			dst[name] = r.field(n, path)
		})
	}
}

// field reads `int`, `[string]` or {type: int, missing: zero}.
func (r *reader) field(n *node, path string) Field {
	var f Field
	if n.kind == aMap {
		r.group(n, path, "a field", keys{"type": r.fieldType(&f.Type), "missing": r.wordOrNull(&f.Missing)})
		if !hasKey(n, "type") {
			f.Type = brokenExpression
			r.f.path(path, "the field has no type", "{type: string}")
		}
		return f
	}
	r.fieldType(&f.Type)(n, path)
	return f
}

// fieldType reads a type; [string] is a list to YAML.
func (r *reader) fieldType(dst *string) read {
	return func(n *node, path string) {
		if n.kind == aList && len(n.items) == 1 && n.items[0].kind == aText {
			*dst = "[" + n.items[0].text + "]"
			return
		}
		*dst = brokenExpression
		if n.kind == aList {
			r.f.at(n, path, "a list field names the type of its items", "[string]")
			return
		}
		r.text(dst)(n, path)
	}
}

// wordOrNull reads a word where `null` is one of the words.
func (r *reader) wordOrNull(dst *string) read {
	return func(n *node, path string) {
		if n.kind == aNull && n.text == "null" {
			*dst = "null"
			return
		}
		r.text(dst)(n, path)
	}
}

func (r *reader) lists(d *Document) read {
	return func(n *node, path string) {
		d.Lists = map[string]List{}
		r.named(n, path, "here stand lists, each with a name, a colon and {file: …} or [ … ]", func(name string, n *node, path string) {
			var l List
			if n.kind == aList {
				l.Values = []string{}
				r.texts(&l.Values)(n, path)
			} else {
				r.group(n, path, "a list", keys{"file": r.text(&l.File)})
			}
			d.Lists[name] = l
		})
	}
}

func (r *reader) tables(d *Document) read {
	return func(n *node, path string) {
		d.Tables = map[string]Table{}
		r.named(n, path, "here stand tables, each with a name, a colon and {file: …, key: …, columns: …}", func(name string, n *node, path string) {
			t := Table{Columns: map[string]string{}}
			r.group(n, path, "a table", keys{
				"file":    r.text(&t.File),
				"key":     r.text(&t.Key),
				"match":   r.text(&t.Match),
				"columns": r.columns(t.Columns),
			})
			d.Tables[name] = t
		})
	}
}

func (r *reader) columns(dst map[string]string) read {
	return func(n *node, path string) {
		r.named(n, path, "here stand columns, each with a name, a colon and its type", func(name string, n *node, path string) {
			var kind string
			r.fieldType(&kind)(n, path)
			dst[name] = kind
		})
	}
}

func (r *reader) lets(d *Document) read {
	return func(n *node, path string) {
		r.named(n, path, "here stand names, each with a colon and an expression", func(name string, n *node, path string) {
			l := Let{Name: name}
			r.expression(&l.Expression)(n, path)
			d.Let = append(d.Let, l)
		})
	}
}

func (r *reader) caps(dst *[]Cap) read {
	return func(n *node, path string) {
		r.each(n, path, "caps are a list, each entry with a dash", func(n *node, path string) {
			var c Cap
			r.group(n, path, "a cap", keys{
				"name":     r.text(&c.Name),
				"open":     r.expression(&c.Open),
				"assigned": r.expression(&c.Assigned),
				"per":      r.text(&c.Per),
				"zone":     r.text(&c.Zone),
				"each":     r.text(&c.Each),
				"only":     r.expression(&c.Only),
			})
			*dst = append(*dst, c)
		})
	}
}

func (r *reader) fallback(d *Document) read {
	return func(n *node, path string) {
		if n.kind == aText {
			r.f.at(n, path, "fallback is a list, each entry like {rep: sam}; here is text", "[{rep: "+n.text+"}]")
			return
		}
		r.each(n, path, "fallback is a list, each entry like {rep: sam}", func(n *node, path string) {
			var b Fallback
			if n.kind == aText {
				r.f.at(n, path, "a fallback says what it names", "{rep: "+n.text+"}")
				return
			}
			r.group(n, path, "a fallback", keys{"rep": r.text(&b.Rep)})
			d.Fallback = append(d.Fallback, b)
		})
	}
}

func (r *reader) rotation(n *node, path string, dst *Rotation) {
	r.group(n, path, "rotation", keys{
		"scope":     r.text(&dst.Scope),
		"share":     r.text(&dst.Share),
		"on_return": func(n *node, path string) { r.onReturn(n, path, &dst.OnReturn) },
		"manual":    r.text(&dst.Manual),
	})
}

// onReturn reads freeze, calibrate or {grant: time_off, …}.
func (r *reader) onReturn(n *node, path string, dst *OnReturn) {
	if n.kind != aMap {
		r.text(&dst.Kind)(n, path)
		return
	}
	var grant string
	r.group(n, path, "on_return", keys{
		"grant":       r.text(&grant),
		"longer_than": r.text(&dst.LongerThan),
		"max":         r.whole(&dst.Max),
	})
	dst.Kind = "grant"
	if grant != "time_off" {
		r.f.path(join(path, "grant"), "a grant is for time off", "{grant: time_off}")
	}
}

// tests reads the tests; their values are typed by compile.
func (r *reader) tests(d *Document) read {
	return func(n *node, path string) {
		r.each(n, path, "tests are a list, each entry with a dash", func(n *node, path string) {
			var t Test
			r.group(n, path, "a test", keys{
				"name":      r.text(&t.Name),
				"todo":      r.todo(&t.Todo),
				"now":       r.date(&t.Now),
				"reps":      r.testReps(&t.Reps),
				"customer":  r.values(&t.Customer),
				"expect":    r.expect(&t.Expect),
				"customers": r.testCustomers(&t.Customers),
			})
			d.Tests = append(d.Tests, t)
		})
	}
}

// todo reads why a test is still to do, or true.
func (r *reader) todo(dst *string) read {
	return func(n *node, path string) {
		switch {
		case n.kind != aBool:
			r.text(dst)(n, path)
		case strings.EqualFold(n.text, "true"):
			*dst = "true"
		}
	}
}

func (r *reader) testReps(dst *[]map[string]any) read {
	return func(n *node, path string) {
		r.each(n, path, "reps are a list", func(n *node, path string) {
			var rep map[string]any
			r.values(&rep)(n, path)
			*dst = append(*dst, rep)
		})
	}
}

func (r *reader) testCustomers(dst *[]TestCustomer) read {
	return func(n *node, path string) {
		*dst = []TestCustomer{}
		r.each(n, path, "customers are a list, each entry with a dash", func(n *node, path string) {
			var c TestCustomer
			r.group(n, path, "a customer of a test", keys{
				"at":       r.date(&c.At),
				"customer": r.values(&c.Customer),
				"expect":   r.expect(&c.Expect),
			})
			*dst = append(*dst, c)
		})
	}
}

// values reads the fields of one customer or rep.
func (r *reader) values(dst *map[string]any) read {
	return func(n *node, path string) { *dst, _ = r.raw(n, path, aMap).(map[string]any) }
}

func (r *reader) expect(dst *Expect) read {
	return func(n *node, path string) {
		r.group(n, path, "expect", keys{
			"rep":    r.text(&dst.Rep),
			"not":    r.textOrTexts(&dst.Not),
			"rule":   r.text(&dst.Rule),
			"status": r.text(&dst.Status),
			"reason": r.text(&dst.Reason),
		})
	}
}

// textOrTexts reads a list of texts, or one without its brackets.
func (r *reader) textOrTexts(dst *[]string) read {
	return func(n *node, path string) {
		if !n.scalar() {
			r.texts(dst)(n, path)
			return
		}
		var one string
		if r.text(&one)(n, path); one != "" {
			*dst = []string{one}
		}
	}
}

// raw reads a value of any shape as plain Go: maps, lists, texts, numbers as
// float64 or int64, booleans, nil.
func (r *reader) raw(n *node, path string, kind nodeKind) any {
	if kind != aNull && !r.is(n, path, kind, lastWord(path)+" is "+kind.called()) {
		return nil
	}
	switch n.kind {
	case aMap:
		out := map[string]any{}
		r.named(n, path, "", func(name string, n *node, path string) { out[name] = r.raw(n, path, aNull) })
		return out
	case aList:
		out := []any{}
		r.each(n, path, "", func(n *node, path string) { out = append(out, r.raw(n, path, aNull)) })
		return out
	case aBool:
		return strings.EqualFold(n.text, "true")
	case aNumber:
		var x float64
		r.number(&x)(n, path)
		if x == float64(int64(x)) && !strings.ContainsAny(n.text, ".eE") {
			return int64(x)
		}
		return x
	case aText:
		return n.text
	}
	return nil
}

// sortedKeys are a map's keys in byte order.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
