package allocation

import (
	"bytes"
	"context"
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
