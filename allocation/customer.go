package allocation

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits on what a request may carry. The package's doc lists them all.
const (
	MaxID     = 256      // bytes of an ID, a kind, an outcome, a request key or a desk's name
	MaxNote   = 1 << 10  // bytes of the caller's words on a void, a grant or a closed account
	MaxFields = 1 << 20  // bytes of the fields the policy reads of one customer, as JSON
	MaxRep    = 64 << 10 // bytes of one rep, as JSON
	MaxReps   = 100_000  // reps of one desk, those who left included
)

// Customer is what is allocated: a lead, an account, an opportunity or a
// service request. Only ID is required. A field left at its zero value is
// absent, which rules see as null; lists are then empty.
//
// The named fields are the core fields, always there in rules. Fields holds
// the caller's own, by the names the policy declares; it may hold core fields
// too (a CSV row does), and a named field that is set wins over it.
type Customer struct {
	ID   string // required, at most 256 bytes
	Kind string // defaults to the policy's word, such as "lead"

	Name        string
	EmailDomain string // the part after the @ of the contact's address, lower case
	Domain      string // the company's own domain
	Country     string
	Region      string
	City        string
	Postal      string
	Industry    string
	Source      string
	Segment     string
	Territory   string
	Owner       string   // rep ID of the owner so far
	Value       *float64 // money
	Score       *float64
	CreatedAt   time.Time
	Tags        []string

	Fields map[string]any

	// Key makes the request idempotent: the same key gets the recorded
	// decision again. Defaults to kind, ID and episode.
	Key string
	// At is the time the request says it happened. A live desk only checks
	// that it is not more than five minutes ahead of the clock and records its
	// own time; a replaying desk takes it as the time of the decision.
	At time.Time
}

// Field returns a field's value by the name rules use, and nil when it is
// absent. Core fields are string, float64, time.Time or []string.
func (c *Customer) Field(name string) any {
	var v any
	switch name {
	case "id":
		return c.ID
	case "kind":
		return c.Kind
	case "name":
		v = text(c.Name)
	case "email_domain":
		v = text(c.EmailDomain)
	case "domain":
		v = text(c.Domain)
	case "country":
		v = text(c.Country)
	case "region":
		v = text(c.Region)
	case "city":
		v = text(c.City)
	case "postal":
		v = text(c.Postal)
	case "industry":
		v = text(c.Industry)
	case "source":
		v = text(c.Source)
	case "segment":
		v = text(c.Segment)
	case "territory":
		v = text(c.Territory)
	case "owner":
		v = text(c.Owner)
	case "value":
		v = number(c.Value)
	case "score":
		v = number(c.Score)
	case "created_at":
		v = instant(c.CreatedAt)
	case "tags":
		v = list(c.Tags)
	}
	if v == nil {
		v = c.Fields[name]
	}
	return v
}

func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func number(f *float64) any {
	if f == nil {
		return nil
	}
	return *f
}

func instant(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}

func list(s []string) any {
	if s == nil {
		return nil
	}
	return s
}

// checkKind refuses kinds; a slash would make two customers one in the names of
// keys.
func checkKind(kind string) error {
	if err := checkName("the customer's kind", kind); err != nil {
		return err
	}
	if strings.Contains(kind, "/") {
		return fmt.Errorf("the customer's kind %q holds a slash", kind)
	}
	return nil
}

// checkNote refuses words that no ledger should hold.
func checkNote(note string) error {
	switch {
	case len(note) > MaxNote:
		return badInput("the note has %d bytes; the limit is %d", len(note), MaxNote)
	case !utf8.ValidString(note):
		return badInput("the note is not valid UTF-8")
	}
	return nil
}

// checkName refuses IDs, kinds and keys that a ledger could not hold or that
// nobody could read.
func checkName(what, s string) error {
	switch {
	case s == "":
		return fmt.Errorf("%s is empty", what)
	case len(s) > MaxID:
		return fmt.Errorf("%s has %d bytes; the limit is %d", what, len(s), MaxID)
	case !utf8.ValidString(s):
		return fmt.Errorf("%s is not UTF-8 text", what)
	}
	for _, r := range s {
		if r < ' ' || r == 0x7f {
			return fmt.Errorf("%s holds an invisible character, such as a tab or a line break (%U)", what, r)
		}
	}
	return nil
}
