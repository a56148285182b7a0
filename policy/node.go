package policy

// node is one value of a document, whether it was written as YAML or as JSON.
type node struct {
	kind  nodeKind
	style style
	text  string // of a scalar, as it was meant: quotes and folding undone
	at    place
	items []*node // of a list
	pairs []pair  // of a map, in the order written
	// partial says that some keys were complained about and left out.
	partial bool
}

type pair struct {
	key   string
	at    place
	value *node
}

// place is a position in a document, both counted from 1; the zero place is
// nowhere. Columns count characters.
type place struct{ line, column int }

type nodeKind uint8

const (
	aNull nodeKind = iota
	aText
	aNumber // the text is as written: 9.000 is not 9
	aBool
	aList
	aMap
	aBroken // was complained about already
)

// called is what people call the kind.
func (k nodeKind) called() string {
	return [...]string{"nothing", "text", "a number", "true or false", "a list", "a group of keys", "something unreadable"}[k]
}

// style is how a scalar was written.
type style uint8

const (
	plain style = iota
	quoted
	block // | or >
	flow  // a list in [ ] or a map in { }
)

func (n *node) scalar() bool { return n.kind == aText || n.kind == aNumber || n.kind == aBool }
