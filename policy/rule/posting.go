package rule

import "slices"

// posting is the reps that have one value: a sorted list of rows while they
// are few, a bitmap when they are many. A field with as many values as reps
// thus costs a few bytes a rep, and one with few values a bit for each.
type posting struct {
	n     int
	rows  []uint32 // while words is nil
	words rowset
}

// denseFrom is the number of rows from which a posting is a bitmap: where
// looking at each row begins to take longer than looking at each word.
func denseFrom(reps int) int { return max(16, reps/64) }

// add puts a row in. reps is how many there are in all.
func (p *posting) add(row, reps int) {
	p.n++
	if p.words != nil {
		p.words.add(row)
		return
	}
	i, _ := slices.BinarySearch(p.rows, uint32(row))
	p.rows = slices.Insert(p.rows, i, uint32(row))
	if p.n > denseFrom(reps) {
		for _, r := range p.rows {
			p.words.add(int(r))
		}
		p.rows = nil
	}
}

// remove takes a row out. A bitmap becomes a list again well below the number
// at which a list becomes a bitmap, so that one rep cannot make it swing.
func (p *posting) remove(row, reps int) {
	p.n--
	if p.words == nil {
		if i, found := slices.BinarySearch(p.rows, uint32(row)); found {
			p.rows = slices.Delete(p.rows, i, i+1)
		}
		return
	}
	p.words.remove(row)
	if p.n < denseFrom(reps)/4 {
		var rows []int
		for _, r := range appendRows(rows, 0, p.words) {
			p.rows = append(p.rows, uint32(r))
		}
		p.words = nil
	}
}

// postings are the reps by value: of a field, or of the elements of a list.
// Values are told apart by text, or by the bits of anything else.
type postings struct {
	texts map[string]uint32
	bits  map[int64]uint32
	lists []posting // by the value's number; 0 is no value
	free  []uint32  // numbers of values that nobody has any more
}

func newPostings() *postings {
	return &postings{texts: map[string]uint32{}, bits: map[int64]uint32{}, lists: make([]posting, 1)}
}

// number finds the number of a value, 0 when nobody has it. The value is not
// null and not a list.
func (p *postings) number(x *Value) uint32 {
	if x.kind == String {
		return p.texts[x.str]
	}
	return p.bits[x.num]
}

// of is the reps who have a value.
func (p *postings) of(x *Value) *posting { return &p.lists[p.number(x)] }

func (p *postings) add(row, reps int, x *Value) uint32 {
	id := p.number(x)
	if id == 0 {
		id = p.newNumber(x)
	}
	p.lists[id].add(row, reps)
	return id
}

func (p *postings) newNumber(x *Value) uint32 {
	var id uint32
	if n := len(p.free); n > 0 {
		id, p.free = p.free[n-1], p.free[:n-1]
	} else {
		id = uint32(len(p.lists))
		p.lists = append(p.lists, posting{})
	}
	if x.kind == String {
		p.texts[x.str] = id
	} else {
		p.bits[x.num] = id
	}
	return id
}

func (p *postings) remove(row, reps int, x *Value) {
	id := p.number(x)
	p.lists[id].remove(row, reps)
	if p.lists[id].n > 0 {
		return
	}
	p.lists[id] = posting{}
	p.free = append(p.free, id)
	if x.kind == String {
		delete(p.texts, x.str)
	} else {
		delete(p.bits, x.num)
	}
}
