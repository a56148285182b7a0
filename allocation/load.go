package allocation

import (
	"context"
	"fmt"
	"iter"
)

// load folds the ledger from its newest snapshot.
func (d *Desk) load(ctx context.Context) error {
	s, err := loadState(ctx, d.cfg.Store, d.cfg.Desk, 0)
	if err != nil {
		return err
	}
	if err := s.readWaiting(ctx, d.cfg.Store, d.cfg.Desk); err != nil {
		return err
	}
	d.state, d.snapshotAt, d.wakeKnown = s, s.loaded, false
	return nil
}

// loadState folds a desk's ledger up to a version; 0 means to its end. The
// fields of customers who wait are left out where a snapshot leaves them out:
// those who waited in the past may be compacted away.
func loadState(ctx context.Context, store Store, desk string, version uint64) (*state, error) {
	upTo := version
	if version == 0 {
		upTo = ^uint64(0)
	}
	snapshot, err := store.Snapshot(ctx, desk, upTo)
	if err != nil {
		return nil, err
	}
	s, err := restore(snapshot)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrLedger, err)
	}
	if s.head.Version == version && version != 0 {
		return s, nil
	}
	for entry, err := range store.Entries(ctx, desk, s.head.Version, version) {
		if err != nil {
			return nil, err
		}
		if err := s.foldEntry(entry); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// foldEntry folds an entry of a store. Whatever is wrong with it, the error
// names the entry.
func (s *state) foldEntry(entry Entry) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: ledger entry %d (%s) cannot be folded: %v", ErrLedger, entry.Seq, entry.Event, p)
		}
	}()
	e, err := decode(entry)
	if err == nil {
		err = s.fold(e)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrLedger, err)
	}
	return nil
}

// catchUp folds what other processes appended, and makes the state ready to
// decide under the ledger's policy.
func (d *Desk) catchUp(head Head, tail iter.Seq2[Entry, error]) error {
	for entry, err := range tail {
		if err != nil {
			return err
		}
		if err := d.state.foldEntry(entry); err != nil {
			return err
		}
		d.wakeKnown = false // whoever appended it set the timer, too
		if l := d.state.live; l != nil && entry.At.Before(l.drainedAt) {
			l.drained = 0 // by a clock behind ours: whoever waits since then was not looked at
		}
	}
	if d.state.head.Version != head.Version {
		return fmt.Errorf("%w: folded to entry %d, the ledger is at %d", ErrConflict, d.state.head.Version, head.Version)
	}
	d.state.head = head
	if d.unrecorded != nil {
		if d.state.policyHash == "" {
			return d.state.bind(d.unrecorded)
		}
		d.unrecorded = nil // recorded since, here or elsewhere
	}
	if d.state.policyHash == "" || d.state.live != nil && d.state.live.policy.Hash == d.state.policyHash {
		return nil
	}
	p, err := d.policyOf(d.state)
	if d.unbound = err; err != nil {
		d.state.live = nil // requests that need a policy are refused; a new policy can be set
		return nil
	}
	return d.state.bind(p)
}

// policyOf returns the policy in force in a state.
func (d *Desk) policyOf(s *state) (*Policy, error) {
	if p := d.policies[s.policyHash]; p != nil {
		return p, nil
	}
	p, err := d.cfg.policyOf(s)
	if err != nil {
		return nil, err
	}
	d.policies[s.policyHash] = p
	return p, nil
}

// policyOf turns the recorded policy of a state back into a Policy.
func (cfg *Config) policyOf(s *state) (*Policy, error) {
	if cfg.Policy != nil && cfg.Policy.Hash == s.policyHash {
		return cfg.Policy, nil
	}
	if cfg.Compile == nil {
		return nil, fmt.Errorf("the ledger's policy %.12s, set by entry %d, is not the one given, and Config.Compile is missing\nMaybe Compile: policy.Compile",
			s.policyHash, s.policySeq)
	}
	p, err := cfg.Compile([]byte(s.source))
	if err != nil {
		return nil, fmt.Errorf("the policy of entry %d cannot be compiled: %w", s.policySeq, err)
	}
	return p, nil
}
