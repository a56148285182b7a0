package rule

import (
	"maps"
	"math"
	"math/bits"
	"slices"
)

// Dispatch finds, among many conditions on the customer, those that are not
// false, without evaluating each. Where a condition cannot be true or unknown
// unless a field has one of some values (==, in, a boolean field, and what and
// and or make of them), the other values rule it out: for each such field and
// value there is a bitmap over the conditions that are left. What is left is
// evaluated, in order.
//
// It is immutable and may be shared; a Search belongs to one goroutine.
type Dispatch struct {
	programs []*Program
	fields   []ruledOut
}

// ruledOut is what one field of the customer leaves of the conditions.
type ruledOut struct {
	slot  int
	kind  Kind
	texts map[string]leftOver // by value, the conditions it leaves
	bits  map[int64]leftOver
	other leftOver // the conditions left by any other value
}

// leftOver is a set of conditions, and the first word that holds any.
type leftOver struct {
	words []uint64
	first int
}

func newLeftOver(words []uint64) leftOver {
	l := leftOver{words: words}
	for l.first < len(words) && words[l.first] == 0 {
		l.first++
	}
	return l
}

// Search is one customer's way through a Dispatch. The zero Search is ready
// for Begin.
type Search struct {
	env   *Env
	left  [][]uint64 // of each field that rules something out
	first int        // word before which they leave nothing
}

// Limits of what is ruled out by value: conditions that would need more
// values, and fields whose bitmaps would need more memory, are left to
// evaluation.
const (
	maxDispatchValues = 1000
	maxDispatchWords  = 1 << 21 // 16 MiB a field
)

// NewDispatch prepares conditions of one vocabulary that look at the customer
// alone, in order. A nil program is a condition that is always true. Cost:
// linear in the programs and in values × conditions / 64.
func NewDispatch(programs []*Program) *Dispatch {
	d := &Dispatch{programs: programs}
	needs := make([]map[int]values, len(programs))
	slots := map[int]Kind{}
	for i, p := range programs {
		if p == nil {
			continue
		}
		needs[i] = needed(p.root, p.share)
		for slot, v := range needs[i] {
			slots[slot] = v.kind
		}
	}
	for _, slot := range slices.Sorted(maps.Keys(slots)) {
		if f, ok := newRuledOut(slot, slots[slot], needs); ok {
			d.fields = append(d.fields, f)
		}
	}
	return d
}

func newRuledOut(slot int, kind Kind, needs []map[int]values) (ruledOut, bool) {
	f := ruledOut{slot: slot, kind: kind, texts: map[string]leftOver{}, bits: map[int64]leftOver{}}
	words := (len(needs) + 63) / 64
	other := make([]uint64, words)
	all := map[Value]bool{}
	for i, need := range needs {
		v, asks := need[slot]
		if !asks {
			other[i/64] |= 1 << (i % 64)
		}
		maps.Copy(all, v.set)
	}
	if len(all)*words > maxDispatchWords {
		return f, false
	}
	for x := range all {
		left := slices.Clone(other)
		for i, need := range needs {
			if need[slot].set[x] {
				left[i/64] |= 1 << (i % 64)
			}
		}
		if kind == String {
			f.texts[x.str] = newLeftOver(left)
		} else {
			f.bits[x.num] = newLeftOver(left)
		}
	}
	f.other = newLeftOver(other)
	return f, true
}

// values are the values of a field outside of which a condition is false. A
// field that is null rules nothing out: the condition may be unknown.
type values struct {
	kind Kind
	set  map[Value]bool
}

// needed is, for each field of the customer that rules a condition out, the
// values that do not. share is the steps that a leaf may spend: one that could
// spend them all is unknown then, not false, and rules nothing out.
func needed(n *node, share int) map[int]values {
	switch n.op {
	case opAnd:
		out := needed(n.a, share)
		for slot, v := range needed(n.b, share) {
			if w, both := out[slot]; !both || len(v.set) < len(w.set) {
				out[slot] = v
			}
		}
		return out
	case opOr:
		out, other := map[int]values{}, needed(n.b, share)
		for slot, v := range needed(n.a, share) {
			if w, both := other[slot]; both && len(v.set)+len(w.set) <= maxDispatchValues {
				set := maps.Clone(v.set)
				maps.Copy(set, w.set)
				out[slot] = values{v.kind, set}
			}
		}
		return out
	case opNot:
		if n.a.op == opLeaf && n.a.a.op == opField {
			return neededValues(n.a.a, BoolValue(false))
		}
	case opLeaf:
		return neededByLeaf(n.a, share)
	}
	return map[int]values{}
}

func neededByLeaf(n *node, share int) map[int]values {
	switch {
	case n.op == opField:
		return neededValues(n, BoolValue(true))
	case n.op == opCompare && n.relation == equal && n.a.op == opField && n.b.op == opConst:
		return neededValues(n.a, n.b.value)
	case n.op == opCompare && n.relation == equal && n.b.op == opField && n.a.op == opConst:
		return neededValues(n.b, n.a.value)
	case n.op == opCompare && n.relation == memberOf && n.a.op == opField && n.b.op == opConst:
		longest := Value{str: string(make([]byte, MaxString))}
		if items := n.b.value; items.list.len() <= maxDispatchValues && cost2(&longest, &items) <= share {
			return neededValues(n.a, elementsOfList(items)...)
		}
	case n.op == opInNamed && n.a.op == opField && len(n.named.values) <= maxDispatchValues && 1+MaxString/64 <= share:
		return neededValues(n.a, elementsOfList(StringsValue(n.named.values))...)
	}
	return map[int]values{}
}

func neededValues(field *node, xs ...Value) map[int]values {
	if field.side != Customer {
		return map[int]values{}
	}
	v := values{field.kind, make(map[Value]bool, len(xs))}
	for _, x := range xs {
		v.set[x] = true
	}
	return map[int]values{field.slot: v}
}

func elementsOfList(x Value) []Value {
	out := make([]Value, x.list.len())
	for i := range out {
		out[i] = x.at(i)
	}
	return out
}

// Begin turns to a customer. The environment is kept until the next Begin.
// Cost: one look-up for each field that rules something out; no allocation
// once the Search has been used.
func (d *Dispatch) Begin(s *Search, env *Env) {
	s.env, s.left, s.first = env, s.left[:0], 0
	for i := range d.fields {
		f := &d.fields[i]
		if f.slot >= len(env.Customer) || env.Customer[f.slot].kind != f.kind {
			continue // unknown: nothing is ruled out
		}
		x := &env.Customer[f.slot]
		left, known := f.bits[x.num]
		if f.kind == String {
			left, known = f.texts[x.str]
		}
		if !known {
			left = f.other
		}
		s.left = append(s.left, left.words)
		s.first = max(s.first, left.first)
	}
}

// Next is the first condition from the given one on that is not false, and
// whether it is true or unknown; without one it is the number of conditions,
// and False. Cost: a word of each field's bitmap for 64 conditions, and an
// evaluation for each condition that is not ruled out.
func (d *Dispatch) Next(s *Search, from int) (int, Truth) {
	for word := max(from/64, s.first); word*64 < len(d.programs); word++ {
		left := uint64(math.MaxUint64)
		if word == from/64 {
			left <<= from % 64
		}
		for _, words := range s.left {
			left &= words[word]
		}
		for ; left != 0; left &= left - 1 {
			i := word*64 + bits.TrailingZeros64(left)
			if i >= len(d.programs) {
				break
			}
			if t := d.programs[i].answer(s.env); t != False {
				return i, t
			}
		}
	}
	return len(d.programs), False
}

// answer is Truth without the cause. A nil program is true.
func (p *Program) answer(env *Env) Truth {
	if p == nil {
		return True
	}
	f := frame{env: env, share: p.share}
	return p.root.truth(&f)
}
