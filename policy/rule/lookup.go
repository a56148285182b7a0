package rule

import (
	"math/bits"
	"slices"
)

// lookup answers one leaf of a rule for all reps at once, or says that the
// interpreter has to. It is the same for every customer; what it finds for one
// of them is in a Reader.
type lookup struct {
	how  how
	node *node // the leaf, or a larger part for lookOnce and lookEach

	column   *column  // the rep's value
	probe    *node    // the value it is compared with, which does not depend on the rep
	relation relation // as written
	repFirst bool     // the column is the left operand
	orEqual  bool     // for lookBelow
	deny     bool     // the leaf says the opposite of the look-up

	share int // steps the leaf may spend
	at    int // place in a Reader
}

// how is the way of a look-up.
type how uint8

const (
	lookOnce      how = iota // the part does not depend on the rep
	lookEqual                // column == probe
	lookHolds                // probe in column
	lookAmong                // column in probe
	lookPrefixOf             // probe startsWith column
	lookBeginning            // column startsWith probe
	lookBelow                // column < probe, column <= probe
	lookPerValue             // the leaf depends on one field of the rep: the interpreter, once for each value
	lookEach                 // the interpreter, for each rep
)

func (h how) cost() setCost {
	switch h {
	case lookOnce:
		return costNothing
	case lookBelow:
		return costRange
	case lookPerValue:
		return costPerValue
	case lookEach:
		return costInterpret
	}
	return costFound
}

// found is what a look-up found for one customer. Its slices belong to the
// index, or are room that the next customer uses again.
type found struct {
	turn  uint64 // of the Reader, when it was found
	each  bool   // the interpreter has to be asked
	truth Truth  // lookOnce

	scope rowset   // reps for whom the leaf is true or false
	rows  []uint32 // reps for whom it is true, unless words has them
	words rowset

	sure, maybe rowset // lookBelow
	number      int64
	text        string

	roomRows  []uint32
	roomWords rowset
	memo      []uint64 // lookPerValue: by the value's number, 4 × turn + truth
}

// in is what the look-up finds for the customer at hand, looked up when it is
// first needed.
func (l *lookup) in(r *Reader) *found {
	f := &r.found[l.at]
	if f.turn != r.turn {
		f.turn = r.turn
		l.find(r, f)
	}
	return f
}

func (l *lookup) find(r *Reader, f *found) {
	f.each = l.how == lookEach || l.how == lookPerValue
	switch l.how {
	case lookOnce:
		r.env.Rep = nil
		f.truth = l.ask(r)
		return
	case lookEach, lookPerValue:
		return
	}
	var room Value
	x, spent := l.value(r, &room)
	if spent+l.column.steps+l.worst(x) > l.share {
		f.each = true // the leaf may spend all it has, and then order decides
		return
	}
	f.scope, f.rows, f.words = nil, nil, nil
	f.sure, f.maybe = nil, nil
	if x.kind == Null {
		return // unknown for every rep
	}
	f.scope = l.column.known
	l.search(f, x)
}

// value is what the column is compared with, and the steps that took. Most
// often that is a field of the customer, which needs no evaluation.
func (l *lookup) value(r *Reader, room *Value) (x *Value, steps int) {
	if p := l.probe; p.op == opField && p.slot < len(r.env.Customer) && r.env.Customer[p.slot].kind == p.kind {
		return &r.env.Customer[p.slot], 0
	}
	frame := frame{env: &r.env, steps: l.share, share: l.share}
	r.env.Rep = nil
	*room = l.probe.eval(&frame)
	return room, l.share - frame.steps
}

// worst is the most steps that the leaf's own operation can take for any rep.
func (l *lookup) worst(x *Value) int {
	if !l.node.a.heavy {
		return 0
	}
	switch l.how {
	case lookHolds:
		return 1 + l.column.longest*(1+len(x.str)/256)/4
	case lookAmong:
		if x.list == nil {
			return 0
		}
		longest := l.column.longest
		return 1 + x.list.len()*(1+longest/256)/4
	}
	return 1 + (len(x.str)+l.column.longest)/64
}

// search looks a value up. Cost: O(1) for one value, a prefix or a comparison
// of numbers each; O(words) where several lists are put together.
func (l *lookup) search(f *found, x *Value) {
	c := l.column
	switch l.how {
	case lookEqual:
		f.take(c.byValue.of(x))
	case lookHolds:
		f.take(c.byElement.of(x))
	case lookAmong:
		f.begin()
		for i := range x.list.len() {
			element := x.at(i)
			f.join(c.byValue.of(&element))
		}
		f.settle()
	case lookPrefixOf:
		f.begin()
		for n := 0; n <= min(len(x.str), c.longest); n++ {
			prefix := Value{kind: String, str: x.str[:n]}
			f.join(c.byValue.of(&prefix))
		}
		f.settle()
	case lookBeginning:
		f.words = beginning(c.byText, x.str, f.roomWords[:0])
		f.roomWords = f.words
	case lookBelow:
		if c.byText != nil && x.kind == String {
			f.text = x.str
			f.sure, f.maybe = c.byText.below(f.text, l.orEqual)
			return
		}
		f.number = x.sortKey()
		f.sure, f.maybe = c.byNumber.below(f.number, l.orEqual)
	}
}

// take is what one value's posting holds.
func (f *found) take(p *posting) { f.rows, f.words = p.rows, p.words }

// begin, join and settle put the postings of several values together.
func (f *found) begin() { f.roomRows, f.roomWords = f.roomRows[:0], f.roomWords[:0] }

func (f *found) join(p *posting) {
	f.roomRows = append(f.roomRows, p.rows...)
	for i, w := range p.words {
		if i == len(f.roomWords) {
			f.roomWords = append(f.roomWords, p.words[i:]...)
			break
		}
		f.roomWords[i] |= w
	}
}

func (f *found) settle() {
	if len(f.roomWords) == 0 {
		slices.Sort(f.roomRows)
		f.roomRows = slices.Compact(f.roomRows)
		f.rows = f.roomRows
		return
	}
	for _, row := range f.roomRows {
		f.roomWords.add(int(row))
	}
	f.words = f.roomWords
}

// narrow takes out of acc the reps for whom the look-up does not say want.
func (l *lookup) narrow(r *Reader, word int, acc []uint64, want Truth) bool {
	f := l.in(r)
	switch {
	case l.how == lookOnce:
		if f.truth == want {
			return true
		}
		clear(acc)
		return false
	case f.each:
		return l.askEach(r, f, word, acc, want)
	case want == True:
		return l.keepYes(f, word, acc)
	}
	if !keep(acc, f.scope.from(word, len(acc))) {
		return false
	}
	if f.words != nil {
		return drop(acc, f.words.from(word, len(acc)))
	}
	var room [blockWords]uint64
	yes := room[:copy(room[:], acc)]
	l.keepYes(f, word, yes)
	return drop(acc, yes)
}

func (l *lookup) keepYes(f *found, word int, acc []uint64) bool {
	switch {
	case l.how == lookBelow && l.column.byText != nil && l.column.node.kind == String:
		return l.column.byText.keepBelow(word, acc, f.sure, f.maybe, f.text, l.orEqual)
	case l.how == lookBelow:
		return l.column.byNumber.keepBelow(word, acc, f.sure, f.maybe, f.number, l.orEqual)
	case f.words != nil:
		return keep(acc, f.words.from(word, len(acc)))
	}
	return keepRows(acc, word, f.rows)
}

// keepRows is keep for a list of rows.
func keepRows(acc []uint64, word int, rows []uint32) bool {
	i, _ := slices.BinarySearch(rows, uint32(word*64))
	var left uint64
	for n := range acc {
		var w uint64
		for ; i < len(rows) && int(rows[i]/64) == word+n; i++ {
			w |= 1 << (rows[i] % 64)
		}
		acc[n] &= w
		left |= acc[n]
	}
	return left != 0
}

// askEach asks the interpreter about every rep still in.
func (l *lookup) askEach(r *Reader, f *found, word int, acc []uint64, want Truth) bool {
	var left uint64
	for i, w := range acc {
		for open := w; open != 0; open &= open - 1 {
			bit := bits.TrailingZeros64(open)
			if l.askAbout(r, f, (word+i)*64+bit) != want {
				w &^= 1 << bit
			}
		}
		acc[i] = w
		left |= w
	}
	return left != 0
}

// askAbout asks the interpreter about one rep, or remembers what it said of
// another with the same value.
func (l *lookup) askAbout(r *Reader, f *found, row int) Truth {
	r.env.Rep = r.index.records[row]
	if l.how != lookPerValue {
		return l.ask(r)
	}
	id := l.column.numbers[row]
	for int(id) >= len(f.memo) {
		f.memo = append(f.memo, 0)
	}
	if f.memo[id]>>2 != r.turn {
		f.memo[id] = r.turn<<2 | uint64(l.ask(r))
	}
	return Truth(f.memo[id] & 3)
}

// ask asks the interpreter about the rep in the Reader's environment.
func (l *lookup) ask(r *Reader) Truth {
	f := frame{env: &r.env, share: l.share}
	t := l.node.truth(&f)
	if l.deny {
		return t.negated()
	}
	return t
}

// has reports whether the look-up says want of one rep.
func (l *lookup) has(r *Reader, row int, want Truth) bool {
	f := l.in(r)
	switch {
	case l.how == lookOnce:
		return f.truth == want
	case f.each:
		return l.askAbout(r, f, row) == want
	case !f.scope.has(row):
		return false
	}
	return l.yes(f, row) == (want == True)
}

// yes is the look-up's answer about a rep within its scope.
func (l *lookup) yes(f *found, row int) bool {
	switch {
	case l.how == lookBelow && l.column.byText != nil && l.column.node.kind == String:
		key := l.column.byText.keys[row]
		return key < f.text || l.orEqual && key == f.text
	case l.how == lookBelow:
		key := l.column.byNumber.keys[row]
		return key < f.number || l.orEqual && key == f.number
	case f.words != nil:
		return f.words.has(row)
	}
	_, in := slices.BinarySearch(f.rows, uint32(row))
	return in
}

// few is the reps for whom the look-up says want, when it knows them as a
// list.
func (l *lookup) few(r *Reader, want Truth) (rows []uint32, ok bool) {
	f := l.in(r)
	switch {
	case l.how == lookOnce:
		return nil, f.truth != want
	case f.each || want != True || l.how == lookBelow || f.words != nil:
		return nil, false
	}
	return f.rows, true
}
