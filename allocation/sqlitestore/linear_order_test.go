package sqlitestore_test

import (
	"bytes"
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/evenhand/evenhand/allocation"
)

// This file asks porcupine whether a history is linearizable: whether all its
// operations, each at one moment between its call and its return, give the
// answers that the specification gives.
//
// Searching for the moments takes exponential time when dozens of operations
// are in flight at once, so the order is found first, and porcupine is asked
// about that order. The ledger says in which order the operations were recorded,
// and no more is taken from it: what each of them did and answered is the
// specification's to say. An operation that records nothing comes as soon as
// its answer is right, one that records something as late as it can. A wrong
// order can only make porcupine say no.
//
// Small histories are also searched by porcupine alone, without the ledger.

// input is what porcupine is told of an operation.
type input struct {
	*call
	place   int  // in the order found; -1 for any
	dropped bool // nobody knows whether it happened, and the ledger says it did not
}

// at is a state of the specification and how many operations led to it.
type at struct {
	spec *spec
	n    int
}

func linearModel(begin *spec) porcupine.Model {
	return porcupine.Model{
		Init: func() any { return at{spec: begin} },
		Step: func(state, in, out any) (bool, any) {
			s, i, a := state.(at), in.(*input), out.(*answer)
			if i.place >= 0 && i.place != s.n {
				return false, s
			}
			next := at{s.spec, s.n + 1}
			if i.place < 0 {
				next.n = 0 // places do not matter, and alike states shall be equal
			}
			if i.dropped {
				return true, next
			}
			var want answer
			want, next.spec = i.replay(s.spec)
			return a.unknown || want.equal(*a), next
		},
		Equal: func(a, b any) bool {
			x, y := a.(at), b.(at)
			return x.n == y.n && (x.spec == y.spec || x.spec.same(y.spec))
		},
		Hash: func(state any) uint64 {
			s := state.(at)
			return uint64(s.n)<<32 | uint64(s.spec.version)
		},
		DescribeOperation: func(in, out any) string {
			return fmt.Sprintf("%v → %v", in.(*input).operation, *out.(*answer))
		},
		DescribeState: func(state any) string { return state.(at).spec.String() },
	}
}

func (s *spec) String() string {
	return fmt.Sprintf("version %d, open %d of %d, waiting %d", s.version, s.open, s.capacity, s.waiting)
}

// replay is step for an operation of which the answer is known. The waiting
// list is drained at the next request, whatever else comes of that one: an
// answer may be the one after it.
func (c *call) replay(s *spec) (answer, *spec) {
	want, next := s.step(&c.operation)
	if c.answer.unknown || want.equal(c.answer) {
		return want, next
	}
	if drained := s.advanced(); drained != s {
		if then, next := drained.step(&c.operation); then.equal(c.answer) {
			return then, next
		}
	}
	return want, next
}

// order is the search for an order.
type order struct {
	h     *history
	slots map[int]*call // who made an entry, as he was told or as the ledger names him
	fixed map[*call]bool
	state *spec

	pending []*call // called, and not in the order yet
	done    map[*call]int
	since   map[*call]int // how long the order was when it was called
	found   []*call
	path    []*spec // path[i] is the state before found[i]
	most    int     // pending at once
	sum     int     // of the numbers pending at each call
}

// move is a transfer as the ledger names it.
type move struct{ customer, rep string }

// broken says why a history has no order.
type broken struct {
	call   *call // whose return cannot be reached; nil when it is about the ledger
	reason string
}

func (b *broken) Error() string { return b.reason }

// findOrder returns an order, or why there is none.
func findOrder(h *history, begin *spec) (*order, *broken) {
	o := &order{h: h, slots: map[int]*call{}, fixed: map[*call]bool{}, done: map[*call]int{}, since: map[*call]int{}, state: begin}
	o.readSlots()
	type moment struct {
		time int64
		call *call
		end  bool
	}
	var moments []moment
	for _, c := range h.calls {
		moments = append(moments, moment{c.called, c, false})
		if !c.answer.unknown {
			moments = append(moments, moment{c.returned, c, true})
		}
	}
	slices.SortFunc(moments, func(a, b moment) int { return cmp.Compare(a.time, b.time) })
	flying := 0
	for _, m := range moments {
		if m.end {
			flying--
			if b := o.reach(m.call); b != nil {
				return o, b
			}
			continue
		}
		flying++
		if m.call.answer.unknown {
			flying-- // it may be in flight for ever, but no client waits for it
		}
		o.most, o.sum = max(o.most, flying), o.sum+flying
		o.pending, o.since[m.call] = append(o.pending, m.call), len(o.found)
		o.settle(m.call)
	}
	return o, o.finish()
}

// readSlots finds whose the ledger's entries are.
func (o *order) readSlots() {
	byID, byMove := map[int]*call{}, map[move]*call{}
	for _, c := range o.h.calls {
		byID[c.id] = c
		if c.kind == doTransfer {
			byMove[move{customerID(c.customer), repID(int(c.rep))}] = c
		}
		o.answered(c, c.kind, c.answer)
	}
	for _, e := range o.h.entries {
		if _, known := o.slots[int(e.Seq)]; known {
			continue
		}
		c := byID[nameOf(e)]
		if e.Event == allocation.EventTransferred && member(e.Body, "via") != "plan" {
			c = byMove[move{e.Customer, e.Rep}]
		}
		if c != nil {
			o.slots[int(e.Seq)], o.fixed[c] = c, true
		}
	}
}

// answered notes the entries that a client was told of as made for him.
func (o *order) answered(c *call, k kind, a answer) {
	if a.decision.seq > 0 && !a.decision.repeated && k != doExplain {
		if _, taken := o.slots[a.decision.seq]; !taken {
			o.slots[a.decision.seq] = c
		}
		o.fixed[c] = true
	}
	if a.planned != nil {
		for i := range a.planned.recorded {
			o.slots[a.decision.seq+1+i] = c
		}
	}
	for i := range a.parts {
		o.answered(c, c.parts[i].kind, a.parts[i])
	}
}

// nameOf is the number of the operation that made an entry; 0 for none.
func nameOf(e allocation.Entry) int {
	switch e.Event {
	case allocation.EventReleased:
		return numberAfter(e.Reason, "o")
	case allocation.EventVoided:
		return numberAfter(member(e.Body, "note"), "o")
	case allocation.EventRepChanged:
		return numberAfter(member(e.Body, "name"), "o")
	case allocation.EventAssigned, allocation.EventWaiting, allocation.EventUnassigned:
		if by := numberAfter(member(e.Body, "request"), "o"); by > 0 {
			return by
		}
		at, err := time.Parse(time.RFC3339Nano, member(e.Body, "claimed"))
		if err != nil {
			return 0
		}
		return int(at.Sub(epoch) / time.Microsecond)
	}
	return 0
}

func numberAfter(text, prefix string) int {
	n, err := strconv.Atoi(strings.TrimPrefix(text, prefix))
	if err != nil || !strings.HasPrefix(text, prefix) {
		return 0
	}
	return n
}

// member is the first text of a name in JSON that holds no escapes.
func member(body []byte, name string) string {
	_, after, found := bytes.Cut(body, []byte(`"`+name+`":"`))
	if !found {
		return ""
	}
	value, _, _ := bytes.Cut(after, []byte(`"`))
	return string(value)
}

// settle takes an operation that records nothing as soon as its answer is
// right.
func (o *order) settle(c *call) bool {
	if o.fixed[c] || c.answer.unknown {
		return false
	}
	want, next := c.replay(o.state)
	if next != o.state || !want.equal(c.answer) {
		return false
	}
	o.take(c, next)
	return true
}

func (o *order) take(c *call, next *spec) {
	o.done[c] = len(o.found)
	o.found, o.path = append(o.found, c), append(o.path, o.state)
	o.pending = slices.DeleteFunc(o.pending, func(p *call) bool { return p == c })
	changed := next != o.state
	o.state = next
	if changed {
		for _, p := range slices.Clone(o.pending) {
			o.settle(p)
		}
	}
}

// reach goes on until an operation that returns is in the order.
func (o *order) reach(c *call) *broken {
	for {
		if _, done := o.done[c]; done {
			return nil
		}
		if !o.fixed[c] {
			// It records nothing itself, but the waiting list may be drained
			// for it.
			want, next := c.replay(o.state)
			drained := o.state.advanced()
			if want.equal(c.answer) && (next == o.state || next.version == drained.version && o.mayDrain(drained)) {
				o.take(c, next)
				continue
			}
		}
		if b := o.advance(); b != nil {
			return &broken{c, fmt.Sprintf("%v was answered\n\t%v\nand since it was called the desk as specified would have said%s\n%s", c.operation, c.answer, o.said(c), b.reason)}
		}
	}
}

// said is what the specification would have answered since an operation was
// called.
func (o *order) said(c *call) string {
	text, last := "", ""
	for _, s := range append(o.path[o.since[c]:len(o.path):len(o.path)], o.state) {
		want, _ := c.replay(s)
		if now := want.String(); now != last {
			text, last = text+"\n\t"+now, now
		}
	}
	return text
}

// advance takes the operation that recorded the ledger's next entry.
func (o *order) advance() *broken {
	if c := o.witness(); c != nil {
		o.take(c, o.state.advanced())
		return nil
	}
	c, seq := o.following()
	if c == nil {
		return &broken{reason: "the ledger has no further entry"}
	}
	if place, done := o.done[c]; done {
		return &broken{c, fmt.Sprintf("entry %d, %v, is by %v once more, which is done already (%d of the order)", seq, o.h.entries[seq-1], c.operation, place)}
	}
	if !slices.Contains(o.pending, c) {
		return &broken{c, fmt.Sprintf("entry %d is by %v, which was called only later", seq, c.operation)}
	}
	want, next := c.replay(o.state)
	switch {
	case !c.answer.unknown && !want.equal(c.answer):
		return &broken{c, fmt.Sprintf("at entry %d, %v was answered\n\t%v\nand the desk as specified would say\n\t%v", seq, c.operation, c.answer, want)}
	case next.version < seq:
		return &broken{c, fmt.Sprintf("entry %d is by %v, which records nothing as specified: %v", seq, c.operation, want)}
	}
	o.take(c, next)
	return nil
}

// following is the operation that recorded an entry next, and the entry. Those
// before it come from the waiting list, or are a table of weights.
func (o *order) following() (*call, int) {
	for seq := o.state.version + 1; seq <= len(o.h.entries); seq++ {
		if c := o.slots[seq]; c != nil {
			return c, seq
		}
	}
	return nil, 0
}

// mayDrain reports whether the waiting list may be drained for an operation that
// records nothing: not if the one that follows was told what was so before.
func (o *order) mayDrain(drained *spec) bool {
	c, _ := o.following()
	if drained == o.state || c == nil || c.answer.unknown {
		return drained != o.state
	}
	want, _ := drained.step(&c.operation)
	return want.equal(c.answer)
}

// witness finds an operation that recorded nothing and saw the waiting list
// drained before the next one was recorded.
func (o *order) witness() *call {
	drained := o.state.advanced()
	if !o.mayDrain(drained) {
		return nil
	}
	for _, c := range o.pending {
		if c.answer.unknown || o.fixed[c] {
			continue
		}
		if want, next := drained.step(&c.operation); next == drained && want.equal(c.answer) {
			return c
		}
	}
	return nil
}

// finish takes what nobody waited for, and looks whether the ledger holds more
// than was asked for.
func (o *order) finish() *broken {
	for c, _ := o.following(); c != nil; c, _ = o.following() {
		if b := o.advance(); b != nil {
			return b
		}
	}
	if o.state.version < len(o.h.entries) {
		o.state = o.state.advanced() // for somebody of whom nobody knows
	}
	if o.state.version != len(o.h.entries) {
		return &broken{reason: fmt.Sprintf("the ledger ends at entry %d, the specification at %d", len(o.h.entries), o.state.version)}
	}
	return nil
}

// operations is a history for porcupine, in the order found. Those that are in
// no order happened to nobody's knowledge, or did not.
func (o *order) operations() []porcupine.Operation {
	var out []porcupine.Operation
	for place, c := range o.found {
		out = append(out, operationOf(c, &input{call: c, place: place}))
	}
	for _, c := range o.pending {
		out = append(out, operationOf(c, &input{call: c, place: len(out), dropped: true}))
	}
	return out
}

func operationOf(c *call, in *input) porcupine.Operation {
	return porcupine.Operation{ClientId: c.client, Input: in, Call: c.called, Output: &c.answer, Return: c.returned}
}

// linearizable returns an order that porcupine agrees with, or why there is
// none.
func linearizable(h *history) (*order, *broken) {
	begin := newSpec(h.capacities(), 2, h.still)
	o, b := findOrder(h, begin)
	if b == nil && !porcupine.CheckOperations(linearModel(begin), o.operations()) {
		b = &broken{reason: "porcupine says no to the order of the ledger"}
	}
	return o, b
}

// searched is porcupine's own verdict, without the ledger and its order.
func searched(h *history, timeout time.Duration) porcupine.CheckResult {
	var all []porcupine.Operation
	for _, c := range h.calls {
		all = append(all, operationOf(c, &input{call: c, place: -1}))
	}
	return porcupine.CheckOperationsTimeout(linearModel(newSpec(h.capacities(), 2, h.still)), all, timeout)
}

// shown is how many operations before a failure are shown.
const shown = 40

// describe tells in words how far the order came, and lets porcupine draw it.
func (o *order) describe(t testing.TB, b *broken) string {
	var text strings.Builder
	from := max(0, len(o.found)-shown)
	fmt.Fprintf(&text, "%d operations could be put in order; the last of them:\n", len(o.found))
	for i, c := range o.found[from:] {
		fmt.Fprintf(&text, "\t%d. client %d, %d to %d: %v → %v\n", from+i+1, c.client, c.called, c.returned, c.operation, c.answer)
	}
	fmt.Fprintf(&text, "then %v; the ledger goes on:\n", o.state)
	for seq := o.state.version; seq < min(o.state.version+5, len(o.h.entries)); seq++ {
		fmt.Fprintf(&text, "\t%v\n", o.h.entries[seq])
	}
	fmt.Fprintf(&text, "in flight:\n")
	for _, c := range o.pending {
		if c.answer.unknown && !o.fixed[c] {
			continue // it did not happen
		}
		fmt.Fprintf(&text, "\tclient %d, since %d: %v → %v\n", c.client, c.called, c.operation, c.answer)
	}
	begin := o.state
	var part []porcupine.Operation
	if len(o.found) > 0 {
		begin = o.path[from]
	}
	for i, c := range o.found[from:] {
		part = append(part, operationOf(c, &input{call: c, place: i}))
	}
	if b.call != nil {
		if _, done := o.done[b.call]; !done {
			part = append(part, operationOf(b.call, &input{call: b.call, place: len(part)}))
		}
	}
	verdict, info := porcupine.CheckOperationsVerbose(linearModel(begin), part, 10*time.Second)
	path := filepath.Join(t.ArtifactDir(), "history.html")
	if err := porcupine.VisualizePath(linearModel(begin), info, path); err != nil {
		fmt.Fprintf(&text, "no drawing: %v\n", err)
	}
	fmt.Fprintf(&text, "porcupine on these and the one that failed: %s; drawn in %s\n", verdict, path)
	return text.String()
}
