package main

import (
	"fmt"
	"io"
	"os"
	"time"
)

// progress says on standard error how far a long run has come: for the first
// time after a second, then once a second.
type progress struct {
	w     io.Writer // nil: silent
	total int
	done  int
	next  time.Time
	clock func() time.Time
	shown bool
}

const progressEvery = time.Second

// newProgress is silent unless wanted or w is a terminal.
func newProgress(w io.Writer, total int, wanted bool, clock func() time.Time) *progress {
	p := &progress{total: total, clock: clock, next: clock().Add(progressEvery)}
	if wanted || isTerminal(w) {
		p.w = w
	}
	return p
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// step counts n customers.
func (p *progress) step(n int) {
	p.done += n
	if p.w == nil {
		return
	}
	now := p.clock()
	if now.Before(p.next) {
		return
	}
	p.next, p.shown = now.Add(progressEvery), true
	fmt.Fprintf(p.w, "\r%s of %s customers", count(p.done), count(p.total))
}

// end leaves the line, so that what follows begins on its own.
func (p *progress) end() {
	if p.shown {
		fmt.Fprintln(p.w)
	}
}
