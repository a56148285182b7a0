package rule

import "slices"

// set is a set of reps as an expression over the sets that an Index holds: the
// reps for whom a part of a rule is true, or those for whom it is false.
// Three-valued logic is in how sets are made of sets, see indexer; here there
// is nothing but "in" and "not in".
type set struct {
	op   setOp
	of   []*set // both, either: operands, cheapest first; without: two
	cost setCost

	mark   *mark
	lookup *lookup
	want   Truth // of the mark or the look-up: True or False
}

type setOp uint8

const (
	setAll setOp = iota
	setNone
	setBoth    // in every operand
	setEither  // in some operand
	setWithout // in the first and not in the second
	setMark    // a mark says want
	setLookup  // a test says want
)

// setCost ranks sets by what a rep costs: operands are looked at cheapest
// first, so that what is dear is asked only of reps who are still in.
type setCost uint8

const (
	costNothing   setCost = iota // decided for all reps at once
	costBit                      // a bit is looked at
	costFound                    // a value is looked up first
	costRange                    // some keys are compared
	costPerValue                 // the interpreter, once for each value of a field
	costInterpret                // the interpreter, for each rep
)

// narrow takes out of acc, the words of the roster from a word on, the reps
// who are not in the set, and reports whether any are left. acc has
// blockWords words at most.
func (s *set) narrow(r *Reader, word int, acc []uint64) bool {
	switch s.op {
	case setMark:
		return keep(acc, s.mark.rows(s.want).from(word, len(acc)))
	case setLookup:
		return s.lookup.narrow(r, word, acc, s.want)
	case setBoth:
		for _, operand := range s.of {
			if !operand.narrow(r, word, acc) {
				return false
			}
		}
		return true
	case setEither:
		return s.narrowEither(r, word, acc)
	case setWithout:
		if !s.of[0].narrow(r, word, acc) {
			return false
		}
		var room [blockWords]uint64
		out := room[:copy(room[:], acc)]
		s.of[1].narrow(r, word, out)
		return drop(acc, out)
	case setAll:
		return true
	}
	clear(acc)
	return false
}

// narrowEither asks each operand only about the reps that no earlier one has.
func (s *set) narrowEither(r *Reader, word int, acc []uint64) bool {
	var room, in [blockWords]uint64
	found := in[:len(acc)]
	for _, operand := range s.of {
		some := room[:copy(room[:], acc)]
		operand.narrow(r, word, some)
		for i, w := range some {
			found[i] |= w
		}
		if !drop(acc, some) {
			break
		}
	}
	copy(acc, found)
	return slices.Max(acc) != 0
}

// has reports whether one rep is in the set.
func (s *set) has(r *Reader, row int) bool {
	switch s.op {
	case setMark:
		return s.mark.rows(s.want).has(row)
	case setLookup:
		return s.lookup.has(r, row, s.want)
	case setBoth:
		for _, operand := range s.of {
			if !operand.has(r, row) {
				return false
			}
		}
		return true
	case setEither:
		for _, operand := range s.of {
			if operand.has(r, row) {
				return true
			}
		}
		return false
	case setWithout:
		return s.of[0].has(r, row) && !s.of[1].has(r, row)
	}
	return s.op == setAll
}

// few is a short list of rows outside of which nobody is in the set, and the
// set that is this list, if some part of the set is one: the owner of an
// account, a postal code. Then only those need looking at.
func (s *set) few(r *Reader) (rows []uint32, list *set) {
	switch s.op {
	case setNone:
		return nil, s
	case setLookup:
		if rows, ok := s.lookup.few(r, s.want); ok {
			return rows, s
		}
	case setBoth:
		for _, operand := range s.of {
			if some, found := operand.few(r); found != nil && (list == nil || len(some) < len(rows)) {
				rows, list = some, found
			}
		}
	case setWithout:
		return s.of[0].few(r)
	}
	return rows, list
}

// bitmap is the set itself where the index, or a look-up, has it as a bitmap.
func (s *set) bitmap(r *Reader) (rowset, bool) {
	switch {
	case s.op == setMark:
		return s.mark.rows(s.want), true
	case s.op != setLookup || s.want != True || s.lookup.how == lookOnce || s.lookup.how == lookBelow:
		return nil, false
	}
	f := s.lookup.in(r)
	return f.words, !f.each && f.words != nil
}

func (c *mark) rows(want Truth) rowset {
	if want == True {
		return c.yes
	}
	return c.no
}

// bothOf and eitherOf make a set of sets: nested ones of the same kind become
// one, what decides nothing falls away, the cheapest come first.
func bothOf(operands ...*set) *set   { return joined(setBoth, setAll, setNone, operands) }
func eitherOf(operands ...*set) *set { return joined(setEither, setNone, setAll, operands) }

func joined(op, neutral, decisive setOp, operands []*set) *set {
	s := &set{op: op}
	for _, o := range operands {
		switch o.op {
		case decisive:
			return o
		case neutral:
		case op:
			s.of = append(s.of, o.of...)
		default:
			s.of = append(s.of, o)
		}
	}
	switch len(s.of) {
	case 0:
		return &set{op: neutral}
	case 1:
		return s.of[0]
	}
	slices.SortStableFunc(s.of, func(a, b *set) int { return int(a.cost) - int(b.cost) })
	s.cost = s.of[len(s.of)-1].cost
	return s
}

func withoutOf(a, b *set) *set {
	switch {
	case a.op == setNone || b.op == setNone:
		return a
	case b.op == setAll:
		return &set{op: setNone}
	}
	return &set{op: setWithout, of: []*set{a, b}, cost: max(a.cost, b.cost)}
}

// parts counts the sets that a set is made of, each as often as it is looked
// at.
func (s *set) parts() int {
	n := 1
	for _, o := range s.of {
		n += o.parts()
		if n > 1<<20 {
			break
		}
	}
	return n
}
