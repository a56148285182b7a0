package rule

import (
	"cmp"
	"slices"
)

// column is a value that depends on the rep alone, mostly a field, and the
// indexes over it that some rule asks for.
type column struct {
	node  *node
	slots []int // of the rep's record that it reads

	longest int // text or list there ever was
	steps   int // the most that working one out has taken

	// Each is nil unless it is wanted.
	byValue   *postings         // reps by the whole value
	byElement *postings         // reps by the elements of a list
	byNumber  *ordering[int64]  // reps by the order of a number or a time
	byText    *ordering[string] // reps by the order of a text
	known     rowset            // reps for whom there is a value
	numbers   []uint32          // by row: the value's number in byValue; nil unless wanted
}

// value works the column out for a rep. It is exact whatever it costs: what it
// cost is kept, and compared with what a leaf may spend when the leaf is bound.
func (c *column) value(rep Record) Value {
	if c.node.op == opField && c.node.slot < len(rep) && rep[c.node.slot].kind == c.node.kind {
		return rep[c.node.slot]
	}
	const plenty = 1 << 60
	f := frame{env: &Env{Rep: rep}, steps: plenty}
	x := c.node.eval(&f)
	c.steps = max(c.steps, plenty-f.steps)
	return x
}

// update moves a row from the value it had to the value it has. before is nil
// for a rep who is new.
func (c *column) update(row, reps int, before, after Record) {
	var old Value
	if before != nil {
		old = c.value(before)
	}
	x := c.value(after)
	if before != nil && old.Equal(x) {
		return
	}
	c.known.put(row, x.kind != Null)
	switch {
	case x.list != nil:
		c.longest = max(c.longest, x.list.len())
	case x.kind == String:
		c.longest = max(c.longest, len(x.str))
	}
	if c.byValue != nil {
		c.updateValue(row, reps, &old, &x)
	}
	if c.byElement != nil {
		c.updateElements(row, reps, &old, &x)
	}
	if c.byNumber != nil {
		reorder(c.byNumber, row, &old, &x, (*Value).sortKey)
	}
	if c.byText != nil {
		reorder(c.byText, row, &old, &x, func(x *Value) string { return x.str })
	}
}

func (c *column) updateValue(row, reps int, old, x *Value) {
	if old.kind != Null {
		c.byValue.remove(row, reps, old)
	}
	var id uint32
	if x.kind != Null {
		id = c.byValue.add(row, reps, x)
	}
	if c.numbers != nil {
		for row >= len(c.numbers) {
			c.numbers = append(c.numbers, 0)
		}
		c.numbers[row] = id
	}
}

func (c *column) updateElements(row, reps int, old, x *Value) {
	had, has := elements(old), elements(x)
	for i := range had {
		if _, still := slices.BinarySearchFunc(has, had[i], compareElements); !still {
			c.byElement.remove(row, reps, &had[i])
		}
	}
	for i := range has {
		if _, before := slices.BinarySearchFunc(had, has[i], compareElements); !before {
			c.byElement.add(row, reps, &has[i])
		}
	}
}

// elements is the distinct elements of a list in some fixed order; none of
// null.
func elements(x *Value) []Value {
	if x.list == nil {
		return nil
	}
	out := make([]Value, 0, x.list.len())
	for i := range x.list.len() {
		if e := x.at(i); e.kind != Null {
			out = append(out, e)
		}
	}
	slices.SortFunc(out, compareElements)
	return slices.CompactFunc(out, Value.Equal)
}

func compareElements(a, b Value) int {
	return cmp.Or(cmp.Compare(a.num, b.num), cmp.Compare(a.str, b.str))
}

func reorder[K int64 | string](o *ordering[K], row int, old, x *Value, key func(*Value) K) {
	switch {
	case old.kind == Null && x.kind != Null:
		o.add(row, key(x))
	case old.kind != Null && x.kind == Null:
		o.remove(row)
	case x.kind != Null:
		o.move(row, key(x))
	}
}

// sortKey orders values of one kind as their numbers are ordered.
func (v *Value) sortKey() int64 {
	if v.kind != Number {
		return v.num
	}
	return v.num ^ int64(uint64(v.num>>63)>>1) // the bits of negative doubles fall as they rise
}
