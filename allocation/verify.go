package allocation

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
)

// Verify follows a desk's hash chain from its beginning and checks every entry
// against it, the fields that were not erased against their digests, the keys
// against the entries they belong to, and the snapshots' seals. A nil error
// means that nothing was changed, added or taken out since it was written, by
// anybody who did not also rewrite every later link; and that no repeated
// request is decided anew. What it does not see: a snapshot that somebody
// rewrote together with its seal, which VerifySnapshots finds, and that the end
// was cut off together with its links, for which a Head must be kept elsewhere.
//
// The desk may go on working meanwhile. Verify refuses with ErrCompacted when
// the beginning was dropped. Cost: the whole ledger, one Lookup for each
// customer and key, and memory for them (about 150 bytes each).
func Verify(ctx context.Context, store Store, desk string) error {
	v := &verification{ctx: ctx, store: store, desk: desk, keys: newKeyring()}
	if err := v.readSeals(); err != nil {
		return err
	}
	for {
		more, err := v.follow()
		if err != nil {
			return err
		}
		behind, err := v.behind()
		if err != nil {
			return err
		}
		if behind == 0 {
			break
		}
		if !more {
			return fmt.Errorf("%w: ledger entry %d stands behind the end of the chain", ErrLedger, behind)
		}
	}
	for version := range v.seals {
		if version <= v.head.Version {
			return fmt.Errorf("%w: the snapshot at entry %d is at no link of the chain", ErrLedger, version)
		}
	}
	return v.keys.check(ctx, store, desk, v.head.Version)
}

// verification is how far Verify has come.
type verification struct {
	ctx   context.Context
	store Store
	desk  string
	head  Head // everything up to here is as it was written
	keys  *keyring
	seals map[uint64][32]byte // links that the snapshots say they are at, not met yet
}

// readSeals checks the snapshots' seals and keeps the links they stand at.
func (v *verification) readSeals() error {
	v.seals = map[uint64][32]byte{}
	for snapshot, err := range snapshots(v.ctx, v.store, v.desk) {
		if err != nil {
			return err
		}
		if _, err := unseal(snapshot); err != nil {
			return fmt.Errorf("%w: %w", ErrLedger, err)
		}
		v.seals[snapshot.Version] = snapshot.Link
	}
	return nil
}

// follow checks what the chain has beyond the head, and reports whether there
// was anything.
func (v *verification) follow() (more bool, err error) {
	var batch []Entry
	for head, err := range v.store.Links(v.ctx, v.desk) {
		if err != nil {
			return more, err
		}
		if head.Version <= v.head.Version {
			continue
		}
		more = true
		if batch, err = v.read(batch[:0], head.Version); err != nil {
			return more, err
		}
		if Link(v.head.Link, batch) != head.Link {
			return more, fmt.Errorf("%w: ledger entries %d to %d are not those that were recorded: their hash does not fit the chain",
				ErrLedger, v.head.Version+1, head.Version)
		}
		if link, sealed := v.seals[head.Version]; sealed && link != head.Link {
			return more, fmt.Errorf("%w: the snapshot at entry %d is that of another ledger: its link does not fit the chain", ErrLedger, head.Version)
		}
		delete(v.seals, head.Version)
		v.head = head
	}
	return more, nil
}

// read returns the entries from the head to a version.
func (v *verification) read(batch []Entry, upTo uint64) ([]Entry, error) {
	for entry, err := range v.store.Entries(v.ctx, v.desk, v.head.Version, upTo) {
		if err != nil {
			return nil, err
		}
		if entry.Fields != nil && !bytes.Equal(entry.Digest, fieldsDigest(entry.Salt, entry.Fields)) {
			return nil, fmt.Errorf("%w: ledger entry %d: the customer's fields are not those that were recorded", ErrLedger, entry.Seq)
		}
		if err := v.keys.note(&entry); err != nil {
			return nil, err
		}
		batch = append(batch, entry)
	}
	return batch, nil
}

// behind returns the first entry behind the head; 0 when there is none.
func (v *verification) behind() (uint64, error) {
	for entry, err := range v.store.Entries(v.ctx, v.desk, v.head.Version, 0) {
		return entry.Seq, err
	}
	return 0, nil
}

// snapshots yields a desk's snapshots, the newest first.
func snapshots(ctx context.Context, store Store, desk string) iter.Seq2[Snapshot, error] {
	return func(yield func(Snapshot, error) bool) {
		for below := ^uint64(0); ; {
			snapshot, err := store.Snapshot(ctx, desk, below)
			if err == nil && snapshot.Version == 0 || !yield(snapshot, err) || err != nil {
				return
			}
			below = snapshot.Version - 1
		}
	}
}

// VerifySnapshots folds a desk's ledger from its beginning and compares with
// every snapshot on the way, byte for byte: a desk that opens from a snapshot
// is then the desk that its ledger makes. It returns how many snapshots there
// were. Where the beginning was dropped it starts from the oldest snapshot.
//
// A snapshot that another version of this package wrote may differ although
// nothing is wrong. Cost: the whole ledger, and one encoding of the state for
// each snapshot.
func VerifySnapshots(ctx context.Context, store Store, desk string) (checked int, err error) {
	var taken []Snapshot // newest first
	for snapshot, err := range snapshots(ctx, store, desk) {
		if err != nil {
			return 0, err
		}
		taken = append(taken, snapshot)
	}
	s := newState()
	for _, want := range slices.Backward(taken) {
		if s, err = foldOnto(ctx, store, desk, s, want); err != nil {
			return checked, err
		}
		text, err := s.encode()
		if err != nil {
			return checked, err
		}
		written, err := unseal(want)
		if err != nil {
			return checked, fmt.Errorf("%w: %w", ErrLedger, err)
		}
		if !bytes.Equal(text, written) {
			return checked, fmt.Errorf("%w: the snapshot at entry %d is not what the entries before it make:\nsnapshot %s\nentries  %s",
				ErrLedger, want.Version, written, text)
		}
		checked++
	}
	return checked, nil
}

// foldOnto folds the entries up to a snapshot's version; when they were dropped
// it takes the snapshot itself.
func foldOnto(ctx context.Context, store Store, desk string, s *state, snapshot Snapshot) (*state, error) {
	for entry, err := range store.Entries(ctx, desk, s.head.Version, snapshot.Version) {
		if errors.Is(err, ErrCompacted) && s.head.Version == 0 {
			return restore(snapshot)
		}
		if err != nil {
			return nil, err
		}
		if err := s.foldEntry(entry); err != nil {
			return nil, err
		}
	}
	return s, nil
}
