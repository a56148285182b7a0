package allocation

import (
	"bytes"
	"context"
	"errors"
	"fmt"
)

// Verify follows a desk's hash chain from its beginning and checks every entry
// against it, and the fields that were not erased against their digests. A nil
// error means that nothing was changed, added or taken out since it was written,
// by anybody who did not also rewrite every later link. That the end was cut off
// together with its links cannot be seen from the ledger alone: keep a Head
// elsewhere to see it. It refuses with
// ErrCompacted when the beginning was dropped. Cost: the whole ledger.
func Verify(ctx context.Context, store Store, desk string) error {
	var link [32]byte
	var batch []Entry
	from := uint64(0)
	for head, err := range store.Links(ctx, desk) {
		if err != nil {
			return err
		}
		batch = batch[:0]
		for entry, err := range store.Entries(ctx, desk, from, head.Version) {
			if err != nil {
				return err
			}
			if entry.Fields != nil && !bytes.Equal(entry.Digest, fieldsDigest(entry.Salt, entry.Fields)) {
				return fmt.Errorf("ledger entry %d: the customer's fields are not those that were recorded", entry.Seq)
			}
			batch = append(batch, entry)
		}
		link = Link(link, batch)
		if link != head.Link {
			return fmt.Errorf("ledger entries %d to %d are not those that were recorded: their hash does not fit the chain", from+1, head.Version)
		}
		from = head.Version
	}
	for entry, err := range store.Entries(ctx, desk, from, 0) {
		if err != nil {
			return err
		}
		return fmt.Errorf("ledger entry %d stands behind the end of the chain", entry.Seq)
	}
	return nil
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
	var snapshots []Snapshot // newest first
	for below := ^uint64(0); ; {
		snapshot, err := store.Snapshot(ctx, desk, below)
		if err != nil {
			return 0, err
		}
		if snapshot.Version == 0 {
			break
		}
		snapshots = append(snapshots, snapshot)
		below = snapshot.Version - 1
	}
	s := newState()
	for i := len(snapshots) - 1; i >= 0; i-- {
		want := snapshots[i]
		if s, err = foldOnto(ctx, store, desk, s, want); err != nil {
			return checked, err
		}
		text, err := s.encode()
		if err != nil {
			return checked, err
		}
		if !bytes.Equal(text, want.State) {
			return checked, fmt.Errorf("the snapshot at entry %d is not what the entries before it make:\nsnapshot %s\nentries  %s", want.Version, want.State, text)
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
