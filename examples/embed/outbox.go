package main

import (
	"context"
	"errors"
	"log"
	"time"

	"github.com/evenhand/evenhand/allocation"
)

// The ledger is the outbox: whatever changes an owner is an entry, and the
// table outbox remembers up to which entry the CRM has been told. An entry is
// marked after the CRM took it, so that it is told at least once; and the
// entry's number, which only grows, lets it ignore what it knows.

// Run does what no request does, until ctx ends: it tells the CRM of changes,
// and the desk of time passing.
func (s *Service) Run(ctx context.Context) {
	ticks := time.NewTicker(5 * time.Second)
	defer ticks.Stop()
	for {
		if err := errors.Join(s.Tick(ctx), s.Deliver(ctx)); err != nil && ctx.Err() == nil {
			log.Print(err) // the next round tries again
		}
		select {
		case <-ctx.Done():
			return
		case <-s.news:
		case <-ticks.C:
		}
	}
}

// Tick gives those who wait away when there is room, a shift begins or a cap's
// window ends. The timers that are due, of every desk in the file, say which
// desks have something to do; this service has one.
func (s *Service) Tick(ctx context.Context) error {
	due, err := s.store.Due(ctx, s.clock(), 1)
	if err != nil || len(due) == 0 {
		return err
	}
	return s.desk.Advance(ctx, s.clock())
}

// Deliver tells the CRM of every entry it has not been told of, in order.
func (s *Service) Deliver(ctx context.Context) error {
	var seen uint64
	if err := s.store.DB().QueryRowContext(ctx, "SELECT seen FROM outbox").Scan(&seen); err != nil {
		return err
	}
	for entry, err := range s.store.Entries(ctx, "default", seen, 0) {
		if err != nil {
			return err
		}
		if owner, changed := ownerAfter(entry); changed {
			if err := s.crm.SetOwner(ctx, Ownership{Lead: entry.Customer, Owner: owner, Version: entry.Seq}); err != nil {
				return err
			}
			if _, err := s.store.DB().ExecContext(ctx, "UPDATE outbox SET seen = ?", entry.Seq); err != nil {
				return err
			}
		}
	}
	return nil
}

// ownerAfter says whom an entry makes the owner, if it says anything of it.
func ownerAfter(e allocation.Entry) (owner string, changed bool) {
	switch e.Event {
	case allocation.EventAssigned, allocation.EventTransferred, allocation.EventWaiting, allocation.EventUnassigned:
		return e.Rep, true // nobody, when the lead waits
	case allocation.EventVoided:
		return "", true
	}
	return "", false
}
