package rule

import "strings"

// Asked is a field and the texts that a condition compares it with.
type Asked struct {
	Name  string // without the word for its side
	Slot  int
	Texts []string
}

// Asked lists the texts that the program compares the fields of one side with,
// by == or in, with ?? or without, in source order. Lists of the document are
// not written out.
func (p *Program) Asked(on Side) []Asked {
	var out []Asked
	add := func(field, text *node) {
		if field.op == opElse {
			field = field.a
		}
		if field.op != opField || field.side != on || text.op != opConst || text.named != nil {
			return
		}
		var texts []string
		switch text.kind {
		case String:
			texts = []string{text.value.str}
		case StringList:
			texts = text.value.list.strs
		}
		if len(texts) > 0 {
			_, name, _ := strings.Cut(field.name, ".")
			out = append(out, Asked{name, field.slot, texts})
		}
	}
	var walk func(*node)
	walk = func(n *node) {
		if n.op == opCompare && (n.relation == equal || n.relation == memberOf) {
			add(n.a, n.b)
			add(n.b, n.a)
		}
		for child := range n.children {
			walk(child)
		}
	}
	walk(p.root)
	return out
}
