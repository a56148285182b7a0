package rule

import (
	"fmt"
	"sync"
)

// Index holds a roster so that rules find the reps for whom they are true
// without looking at each: see "How a rule becomes bitmaps" in the package's
// documentation. Rows are dense from 0; a row that was never set is no rep and
// never in an answer.
//
// One goroutine changes an index. It may use a Reader of its own beside that
// without further ado; a Reader of any other goroutine has to Hold the index
// while it looks.
type Index struct {
	mu      sync.RWMutex
	records []Record
	reps    rowset
	n       int    // rows, set or not
	before  Record // room for SetValue

	plans   []*Plan
	marks   map[string]*mark
	columns map[string]*column
	all     []changing
	bySlot  map[int][]changing
}

// changing is what follows a rep's change: a column or a mark.
type changing interface {
	update(row, reps int, before, after Record)
}

// NewIndex makes an index over an empty roster for some conditions of one
// vocabulary. A nil program is a condition that is always true. Cost: linear
// in the programs.
func NewIndex(programs []*Program) *Index {
	x := &Index{marks: map[string]*mark{}, columns: map[string]*column{}, bySlot: map[int][]changing{}}
	for _, p := range programs {
		x.plans = append(x.plans, x.plan(p))
	}
	return x
}

// Plan is the plan of the i-th program that NewIndex was given.
func (x *Index) Plan(i int) *Plan { return x.plans[i] }

// Rows is one more than the highest row that was set.
func (x *Index) Rows() int { return x.n }

// Record is a row's record, nil where no rep was set. It must not be changed.
func (x *Index) Record(row int) Record {
	if row >= len(x.records) {
		return nil
	}
	return x.records[row]
}

// Set gives a row a new record, which the index keeps. Readers that Hold the
// index see all of the change or nothing of it. Cost: for each field that
// differs and that some rule reads, an evaluation of the parts that depend on
// the rep alone, and moving one bit in each index over it.
func (x *Index) Set(row int, rep Record) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.grow(row)
	before := x.records[row]
	x.records[row] = rep
	x.reps.add(row)
	for _, c := range x.all {
		c.update(row, x.n, before, rep)
	}
}

// SetValue changes one value of a row that was set.
func (x *Index) SetValue(row, slot int, v Value) {
	x.mu.Lock()
	defer x.mu.Unlock()
	rep := x.records[row]
	if rep[slot].Equal(v) {
		return
	}
	x.before = append(x.before[:0], rep...)
	rep[slot] = v
	for _, c := range x.bySlot[slot] {
		c.update(row, x.n, x.before, rep)
	}
}

func (x *Index) grow(row int) {
	for row >= len(x.records) {
		x.records = append(x.records, nil)
	}
	x.n = len(x.records)
}

// follow registers what depends on slots of a rep's record.
func (x *Index) follow(c changing, slots []int) {
	x.all = append(x.all, c)
	for _, slot := range slots {
		x.bySlot[slot] = append(x.bySlot[slot], c)
	}
}

// column finds or makes the column of a node that depends on the rep alone.
func (x *Index) column(n *node) *column {
	key := fmt.Sprint(n.kind, " ", n.source())
	c := x.columns[key]
	if c == nil {
		c = &column{node: n, slots: repSlots(n)}
		x.columns[key] = c
		x.follow(c, c.slots)
	}
	return c
}

// mark finds or makes the mark of a structure that depends on the
// rep alone.
func (x *Index) mark(n *node, share int) *mark {
	key := written(n)
	if heavyPlaces(n) > 0 {
		key = fmt.Sprint(share, " ", key)
	}
	c := x.marks[key]
	if c == nil {
		c = &mark{node: n, share: share, slots: repSlots(n)}
		x.marks[key] = c
		x.follow(c, c.slots)
	}
	return c
}
