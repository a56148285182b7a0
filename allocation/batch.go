package allocation

import (
	"fmt"
	"time"
	"unicode/utf8"
)

// maxKeyName is the longest name of a key, in bytes.
const maxKeyName = 1024

// Check returns why no store would append the batch after this head, or nil.
// It looks at the batch alone; whether a new key is taken only the store can
// tell. Stores call it first, so that all of them refuse the same batches:
//
//   - entries whose Seq does not follow the head or leaves a gap, without a
//     body, or with a time that is not whole microseconds of the years 1 to
//     9999;
//   - entries without a chain link;
//   - a key whose name is longer than 1,024 bytes or not UTF-8, or that points
//     to no entry of the ledger;
//   - a timer whose time is not whole microseconds of the years 1 to 9999;
//   - a snapshot that is not of the version and link after the batch.
//
// Cost: linear in the batch, without allocation.
func (b Batch) Check(head Head) error {
	after := head
	for i := range b.Entries {
		e := &b.Entries[i]
		switch {
		case e.Seq != after.Version+1:
			return fmt.Errorf("evenhand: entry %d of the batch has Seq %d where %d follows.\nMaybe the batch was made for an older head; make it anew from the head that fn is given", i, e.Seq, after.Version+1)
		case len(e.Body) == 0:
			return fmt.Errorf("evenhand: entry %d of the batch, Seq %d, has no body", i, e.Seq)
		case !storableTime(e.At):
			return fmt.Errorf("evenhand: entry %d of the batch, Seq %d, has time %v, not whole microseconds of the years 1 to 9999.\nMaybe truncate it with At.Truncate(time.Microsecond)", i, e.Seq, e.At)
		}
		after.Version = e.Seq
	}
	if len(b.Entries) > 0 {
		if b.Link == ([32]byte{}) {
			return fmt.Errorf("evenhand: the batch has %d entries and no chain link.\nMaybe set Link to allocation.Link(head.Link, entries)", len(b.Entries))
		}
		after.Link = b.Link
	}
	for _, k := range b.Keys {
		switch {
		case len(k.Name) > maxKeyName || !utf8.ValidString(k.Name):
			return fmt.Errorf("evenhand: key %.40q is of %d bytes, where UTF-8 of at most %d is allowed", k.Name, len(k.Name), maxKeyName)
		case k.Seq == 0 || k.Seq > after.Version:
			return fmt.Errorf("evenhand: key %.40q points to entry %d of a ledger that ends at %d", k.Name, k.Seq, after.Version)
		}
	}
	for _, t := range b.Timers {
		if !t.At.IsZero() && !storableTime(t.At) {
			return fmt.Errorf("evenhand: timer %.40q has time %v, not whole microseconds of the years 1 to 9999.\nMaybe truncate it with At.Truncate(time.Microsecond)", t.Name, t.At)
		}
	}
	if s := b.Snapshot; s != nil && (s.Version != after.Version || s.Link != after.Link || s.Version == 0) {
		return fmt.Errorf("evenhand: the batch ends at version %d and its snapshot is of version %d, link equal: %t.\nMaybe take the snapshot after the last entry of the batch", after.Version, s.Version, s.Link == after.Link)
	}
	return nil
}

// storableTime says whether every store can give the time back as it is.
func storableTime(t time.Time) bool {
	year := t.UTC().Year()
	return t.Nanosecond()%1000 == 0 && year >= 1 && year <= 9999
}
