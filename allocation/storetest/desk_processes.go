package storetest

import (
	"context"
	"slices"

	"github.com/evenhand/evenhand/allocation"
)

// This file is what happens to the processes of a desk and to its store: they
// crash, fail, and share the store with others.

func (w *deskWorld) reopen(s step) {
	p := w.at(s)
	if err := p.desk.Close(); err != nil {
		w.fail("close: %v", err)
	}
	w.openDesk(p, s.n[1])
}

// crash leaves a desk without a word. Its goroutine sleeps until the end of
// the run, and nobody hears of it.
func (w *deskWorld) crash(s step) {
	p := w.at(s)
	w.abandoned = append(w.abandoned, p.desk)
	if s.n[2]%2 == 0 { // the process dies, and its handle on the store with it
		w.exits = append(w.exits, p.exit)
		p.enter(w)
	}
	w.openDesk(p, s.n[1])
}

// crashInAppend ends the process between deciding and appending, or between
// the append and the answer. The caller hears nothing and asks the next
// process.
func (w *deskWorld) crashInAppend(s step) {
	p, ref, f := w.at(s), w.fresh(), deskFields{size: 1, known: true}
	at := w.model.now
	if w.replay == allocation.ReplayOff {
		at = w.clock
	}
	fault := []Fault{CrashesBefore, CrashesAfter}[s.n[3]%2]
	p.store.Then(fault)
	_, err := p.desk.Assign(context.Background(), customerOf(ref, f, "", at))
	w.answered("assign while the process "+fault.String(), err, "not durable")
	w.abandoned = append(w.abandoned, p.desk)
	p.store.Restart()
	w.openDesk(p, s.n[1])
	if w.failed() {
		return
	}
	if fault == CrashesAfter {
		w.model.assign(ref, f, "", at, w.clock) // it is there, though nobody was told
	}
	w.assignOne(p.desk, ref, f, "", at)
}

// failingAppend has one append fail, or its reply lost: the desk finds out by
// itself.
func (w *deskWorld) failingAppend(s step) {
	p := w.at(s)
	fault := []Fault{FailsBefore, FailsAfter, Conflicts}[s.n[3]%3]
	at, ref, f := w.pass(s.n[0]), w.fresh(), fieldsFrom(s.n[1])
	before := w.model.seq
	want, word := w.model.assign(ref, f, "", at, w.clock)
	if w.model.seq > before {
		p.store.Then(fault)
	}
	got, err := p.desk.Assign(context.Background(), customerOf(ref, f, "", at))
	w.decided("assign while an append "+fault.String(), got, err, want, word)
}

// assignVia makes an append through a store of the caller's, which may take it
// back: then nobody was ever decided.
func (w *deskWorld) assignVia(s step) {
	p, ref, f := w.at(s), w.fresh(), deskFields{size: 1, known: true}
	at := w.model.now
	if w.replay == allocation.ReplayOff {
		at = w.clock
	}
	if s.n[3]%2 == 0 {
		_, err := p.desk.AssignVia(context.Background(), NewFaulty(p.inner, FailsBefore), customerOf(ref, f, "", at))
		w.answered("assign in a transaction that is rolled back", err, "not durable")
	}
	got, err := p.desk.AssignVia(context.Background(), p.inner, customerOf(ref, f, "", at))
	want, word := w.model.assign(ref, f, "", at, w.clock)
	w.decided("assign in the caller's transaction", got, err, want, word)
}

// otherProcess brings a second process, or ends it.
func (w *deskWorld) otherProcess(s step) {
	if len(w.processes) == 2 {
		p := w.processes[1]
		if err := p.desk.Close(); err != nil {
			w.fail("close: %v", err)
		}
		w.exits = append(w.exits, p.exit)
		w.processes = w.processes[:1]
		return
	}
	p := &deskProcess{}
	p.enter(w)
	w.openDesk(p, s.n[1])
	w.processes = append(w.processes, p)
}

// compact drops what is not needed any more, after everything was checked that
// needs it.
func (w *deskWorld) compact(s step) {
	if w.audit(s); w.failed() {
		return
	}
	m := w.model
	upTo := m.seq - uint64(s.n[1])%(1+m.seq/2)
	got, err := w.at(s).desk.Compact(context.Background(), upTo)
	if err != nil {
		w.fail("compact up to %d: %v", upTo, err)
		return
	}
	for _, c := range slices.Concat(m.held, m.waiting) {
		if got >= c.decision.seq {
			w.fail("compacting up to %d drops the decision of %s, entry %d", got, c.modelRef, c.decision.seq)
		}
	}
	if got > upTo {
		w.fail("compacting up to %d drops entries up to %d", upTo, got)
	}
	if got > m.dropped {
		w.tally.count("compacted")
		m.dropped = got
	}
}
