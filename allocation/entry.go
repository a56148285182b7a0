package allocation

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"
)

// Event names what a ledger entry records. The names are part of the ledger's
// format and never change their meaning.
type Event string

// The events of a ledger. Those marked "later" are reserved: a ledger written
// by this version never holds them.
const (
	EventRepsSet       Event = "reps_set"       // the roster was replaced; holds the differences
	EventRepChanged    Event = "rep_changed"    // one rep was added or changed
	EventRepRemoved    Event = "rep_removed"    // one rep became inactive; open customers stay
	EventPolicySet     Event = "policy_set"     // the policy in force from here on, as text
	EventWeightsSet    Event = "weights_set"    // a change of a rule's table of weights
	EventAssigned      Event = "assigned"       // a rep received the customer
	EventWaiting       Event = "waiting"        // nobody has room now
	EventUnassigned    Event = "unassigned"     // nobody receives the customer
	EventTransferred   Event = "transferred"    // an open customer moved to another rep
	EventReleased      Event = "released"       // the work ended; room is free again
	EventVoided        Event = "voided"         // the assignment is undone, credit and flow included
	EventGranted       Event = "granted"        // a rep was given credit, taken pro rata from the others
	EventCalibrated    Event = "calibrated"     // a returning rep's credit was set to the mean
	EventAccountClosed Event = "account_closed" // a rotation account was settled
	EventReconciled    Event = "reconciled"     // drift against the CRM was corrected
	EventErased        Event = "erased"         // a customer's fields were erased
	EventPlanned       Event = "planned"        // a plan was committed: the entries of its customers follow
	EventPooled        Event = "pooled"         // later
	EventOffered       Event = "offered"        // later
	EventAccepted      Event = "accepted"       // later
	EventDeclined      Event = "declined"       // later
	EventExpired       Event = "expired"        // later
	EventClaimed       Event = "claimed"        // later
	EventReturned      Event = "returned"       // later
	EventReclaimed     Event = "reclaimed"      // later
)

// Entry is one line of a desk's ledger as a store keeps it. The named fields
// are there for people and for SQL; Body holds the whole event as canonical
// JSON and is what a desk folds. Entries are never changed, with one
// exception: erasing a customer empties Fields and Salt.
type Entry struct {
	Seq      uint64    // position in the desk's ledger: 1, 2, 3, … without gaps
	At       time.Time // recorded time, UTC, whole microseconds; never decreases within a desk
	Event    Event
	Kind     string // the customer's kind; empty for events that concern no customer
	Customer string // the customer's ID; empty likewise
	Episode  int    // 1 for a customer's first episode; 0 for events that concern no customer
	Rep      string // rep ID; empty when none. Of released, voided and erased: who had the customer
	Rule     string // rule ID; empty when none
	Status   Status // the customer's status after the entry; empty when it concerns no customer
	Reason   string // stable reason code; empty when there is nothing to say
	Body     []byte // the event as JSON; never empty
	Fields   []byte // the customer's fields that the policy can read, as JSON; nil when none or erased
	Salt     []byte // 16 random bytes that Digest was made with; nil when there are no fields or they were erased
	Digest   []byte // SHA-256 of Salt and Fields; stays after erasure
}

// fieldsDigest is what the hash chain holds in place of a customer's fields,
// so that erasing them leaves the chain intact. The salt keeps anybody from
// finding erased values by trying likely ones.
func fieldsDigest(salt, fields []byte) []byte {
	h := sha256.New()
	h.Write(salt)
	h.Write(fields)
	return h.Sum(nil)
}

// Link returns the hash-chain link of a batch that follows the link prev. It
// covers every column of every entry but Fields and Salt, for which Digest
// stands in. Cost: one SHA-256 over the batch.
func Link(prev [32]byte, entries []Entry) [32]byte {
	h := sha256.New()
	h.Write(prev[:])
	var number [8]byte
	writeInt := func(n uint64) {
		binary.BigEndian.PutUint64(number[:], n)
		h.Write(number[:])
	}
	writeBytes := func(b []byte) {
		writeInt(uint64(len(b)))
		h.Write(b)
	}
	for i := range entries {
		e := &entries[i]
		writeInt(e.Seq)
		writeInt(uint64(e.At.UnixMicro()))
		writeInt(uint64(e.Episode))
		for _, s := range []string{string(e.Event), e.Kind, e.Customer, e.Rep, e.Rule, string(e.Status), e.Reason} {
			writeBytes([]byte(s))
		}
		writeBytes(e.Body)
		writeBytes(e.Digest)
	}
	var link [32]byte
	h.Sum(link[:0])
	return link
}

// String renders the entry in one line for logs and test failures. Do not
// parse it.
func (e Entry) String() string {
	s := fmt.Sprintf("#%d %s %s", e.Seq, e.At.Format(time.RFC3339), e.Event)
	if e.Customer != "" {
		s += fmt.Sprintf(" %s/%s.%d", e.Kind, e.Customer, e.Episode)
	}
	if e.Rep != "" {
		s += " -> " + e.Rep
	}
	if e.Rule != "" {
		s += " by " + e.Rule
	}
	if e.Reason != "" {
		s += " (" + e.Reason + ")"
	}
	return s
}
