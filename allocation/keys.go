package allocation

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
)

// Names of keys.
func customerKey(ref CustomerRef) string { return "c/" + ref.Kind + "/" + ref.ID }
func requestKey(key string) string       { return "r/" + key }

// keyring is what the keys of a desk have to be by its entries.
type keyring struct {
	seqs    map[string]uint64
	waiting map[CustomerRef]waitingKey
}

// waitingKey is the request key of a customer who waits: it will follow him to
// the entry that decides him.
type waitingKey struct {
	episode int
	key     string
}

func newKeyring() *keyring {
	return &keyring{map[string]uint64{}, map[CustomerRef]waitingKey{}}
}

// note takes in the next entry.
func (k *keyring) note(e *Entry) error {
	var body struct {
		Request string `json:"request"`
		Via     string `json:"via"`
	}
	if err := json.Unmarshal(e.Body, &body); err != nil {
		return fmt.Errorf("%w: ledger entry %d (%s): body cannot be read: %w", ErrLedger, e.Seq, e.Event, err)
	}
	if body.Request != "" {
		k.seqs[requestKey(body.Request)] = e.Seq
	}
	if e.Customer == "" {
		return nil
	}
	ref := CustomerRef{Kind: e.Kind, ID: e.Customer}
	k.seqs[customerKey(ref)] = e.Seq
	if e.Event == EventErased {
		return nil // he goes on waiting
	}
	if w, waited := k.waiting[ref]; waited && w.episode == e.Episode && e.Event.decides(body.Via) {
		k.seqs[requestKey(w.key)] = e.Seq
	}
	delete(k.waiting, ref)
	if e.Event == EventWaiting && body.Request != "" {
		k.waiting[ref] = waitingKey{e.Episode, body.Request}
	}
	return nil
}

// decides reports whether an entry of an event holds a decision. One that was
// reconciled does when it says how the customer came there; else it corrects a
// decision, which stands.
func (e Event) decides(via string) bool {
	switch e {
	case EventAssigned, EventWaiting, EventUnassigned:
		return true
	case EventReconciled:
		return via != ""
	}
	return false
}

// check looks every key up.
func (k *keyring) check(ctx context.Context, store Store, desk string, upTo uint64) error {
	for _, name := range sortedKeys(k.seqs) {
		want := k.seqs[name]
		got, found, err := store.Lookup(ctx, desk, name)
		if err != nil {
			return err
		}
		if !found {
			return fmt.Errorf("%w: the key of %s, entry %d, is missing: a repeated request would be decided anew\nMaybe restore a copy", ErrLedger, keyOf(name), want)
		}
		fits := got == want
		if got > upTo { // set since by a desk that goes on working, or damaged
			if fits, err = keyFits(ctx, store, desk, name, got); err != nil {
				return err
			}
		}
		if !fits {
			return fmt.Errorf("%w: the key of %s points to entry %d, and belongs to entry %d: a repeated request would get another answer\nMaybe restore a copy", ErrLedger, keyOf(name), got, want)
		}
	}
	return nil
}

// keyFits reports whether a key may point to an entry, as far as the entry
// alone tells.
func keyFits(ctx context.Context, store Store, desk, name string, seq uint64) (bool, error) {
	for entry, err := range store.Entries(ctx, desk, seq-1, seq) {
		if err != nil {
			return false, err
		}
		e, err := decode(entry)
		if err != nil {
			return false, fmt.Errorf("%w: %w", ErrLedger, err)
		}
		followed := strings.HasPrefix(name, requestKey("")) && e.Event.decides(e.Via)
		return name == customerKey(e.ref()) || name == requestKey(e.Request) || followed, nil
	}
	return false, nil // there is no such entry
}

// keyOf says whose key a name is.
func keyOf(name string) string {
	if request, ok := strings.CutPrefix(name, requestKey("")); ok {
		return fmt.Sprintf("request %q", request)
	}
	return strings.TrimPrefix(name, "c/")
}
