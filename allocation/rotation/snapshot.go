package rotation

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"unicode/utf8"
)

// snapshotVersion changes when the meaning of a snapshot does.
const snapshotVersion = 1

// The JSON form of a ledger. Credits are decimal strings of units; a field that
// is zero is left out, so that equal ledgers have equal bytes.
type snapshot struct {
	Version  int               `json:"rotation"`
	Accounts []accountSnapshot `json:"accounts"`
	History  historySnapshot   `json:"history"`
	Check    string            `json:"check"` // of everything before it
}

type accountSnapshot struct {
	ID        string `json:"id,omitempty"`
	RawID     []byte `json:"raw_id,omitempty"` // an ID that is not valid UTF-8
	Closed    bool   `json:"closed,omitempty"`
	Credit    string `json:"credit,omitempty"`
	Got       string `json:"got,omitempty"`
	Customers int64  `json:"customers,omitempty"`
	Adjusted  string `json:"adjusted,omitempty"`
	First     int64  `json:"first,omitempty"`
}

type historySnapshot struct {
	Outcomes  int64  `json:"outcomes,omitempty"`
	Largest   string `json:"largest,omitempty"`
	Reached   string `json:"reached,omitempty"`
	Free      bool   `json:"free,omitempty"`
	Tau       string `json:"tau,omitempty"`
	Sigma     string `json:"sigma,omitempty"`
	Above     string `json:"above,omitempty"`
	AboveOne  string `json:"above_one,omitempty"`
	Held      string `json:"held,omitempty"`
	Disturbed bool   `json:"disturbed,omitempty"`
	Present   bool   `json:"present,omitempty"`
	Steady    bool   `json:"steady,omitempty"`
	Size      int64  `json:"size,omitempty"`
}

// MarshalJSON writes the whole ledger. Equal states give equal bytes; the bytes
// end in a digest, so that damage is noticed. Cost: O(accounts).
func (l *Ledger) MarshalJSON() ([]byte, error) {
	h := &l.history
	s := snapshot{
		Version:  snapshotVersion,
		Accounts: make([]accountSnapshot, len(l.accounts)),
		History: historySnapshot{
			Outcomes: h.outcomes, Largest: units(h.largest), Reached: units(h.reached),
			Free: h.free, Tau: units(h.tau), Sigma: units(h.sigma),
			Above: units(h.above[0]), AboveOne: units(h.above[1]), Held: units(h.held),
			Disturbed: h.disturbed, Present: h.present, Steady: h.steady,
		},
	}
	for i, a := range l.accounts {
		s.Accounts[i] = accountSnapshot{
			Closed: !a.open, Credit: units(l.credits[i]), Got: units(a.got),
			Customers: a.customers, Adjusted: units(a.adjusted),
		}
		if utf8.ValidString(a.id) {
			s.Accounts[i].ID = a.id
		} else {
			s.Accounts[i].RawID = []byte(a.id)
		}
		if h.steady && h.outcomes > 0 {
			s.Accounts[i].First = l.first[i]
		}
	}
	if h.steady {
		s.History.Size = h.size
	}
	check, err := s.digest()
	if err != nil {
		return nil, err
	}
	s.Check = check
	return json.Marshal(s)
}

// digest is the check of a snapshot, over its bytes without the check.
func (s snapshot) digest() (string, error) {
	s.Check = ""
	body, err := json.Marshal(s)
	if err != nil {
		return "", fmt.Errorf("rotation: %w: %w", ErrSnapshot, err)
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:8]), nil
}

// UnmarshalJSON replaces the ledger by a snapshot that MarshalJSON wrote. It
// refuses, with ErrSnapshot and the ledger unchanged, what is damaged: a digest
// that does not fit, an unknown version or field, an ID twice, credits that do
// not sum to zero, a figure out of its range. Cost: O(accounts·log accounts).
func (l *Ledger) UnmarshalJSON(data []byte) error {
	var s snapshot
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&s); err != nil {
		return fmt.Errorf("rotation: %w: %w", ErrSnapshot, err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return fmt.Errorf("rotation: %w: something follows it", ErrSnapshot)
	}
	if s.Version != snapshotVersion {
		return fmt.Errorf("rotation: %w: version %d is not %d\nMaybe it was written by another release", ErrSnapshot, s.Version, snapshotVersion)
	}
	check, err := s.digest()
	if err != nil {
		return err
	}
	if check != s.Check {
		return fmt.Errorf("rotation: %w: its digest is %s and should be %s\nMaybe it was edited or cut; fold the ledger from an earlier snapshot", ErrSnapshot, check, s.Check)
	}
	restored, err := s.restore()
	if err != nil {
		return fmt.Errorf("rotation: %w: %w", ErrSnapshot, err)
	}
	*l = *restored
	return nil
}

// restore builds the ledger and checks what must hold of every ledger, so that
// even a snapshot with a forged digest cannot make later arithmetic overflow.
func (s snapshot) restore() (*Ledger, error) {
	if len(s.Accounts) > MaxAccounts {
		return nil, fmt.Errorf("%d accounts are more than %d", len(s.Accounts), MaxAccounts)
	}
	l := New()
	var sum Credit
	for i, a := range s.Accounts {
		if err := l.restoreAccount(a); err != nil {
			return nil, fmt.Errorf("account %d: %w", i, err)
		}
		sum = sum.add(l.credits[i])
	}
	if sum != (Credit{}) {
		return nil, fmt.Errorf("credits sum to %s and not to 0", sum)
	}
	if err := l.restoreHistory(s.History); err != nil {
		return nil, fmt.Errorf("history: %w", err)
	}
	if l.history.steady && l.history.outcomes > 0 {
		l.first = make([]int64, len(s.Accounts))
		for i, a := range s.Accounts {
			l.first[i] = a.First
		}
	}
	return l, nil
}

func (l *Ledger) restoreAccount(a accountSnapshot) error {
	id := a.ID
	if a.RawID != nil {
		id = string(a.RawID)
	}
	if _, twice := l.index[id]; twice && !a.Closed {
		return fmt.Errorf("%w: %q", ErrTwice, id)
	}
	var r unitReader
	acc := account{
		id: id, open: !a.Closed, customers: a.Customers,
		got: r.read(a.Got, Credit{}, maxMoved), adjusted: r.read(a.Adjusted, maxMoved.neg(), maxMoved),
	}
	credit := r.read(a.Credit, maxCredit.neg(), maxCredit)
	switch {
	case r.err != nil:
		return r.err
	case a.Customers < 0 || a.Customers > maxOutcomes || a.First < 0 || a.First > MaxWeight:
		return fmt.Errorf("customers %d or first weight %d out of range", a.Customers, a.First)
	case a.Closed && credit != Credit{}:
		return fmt.Errorf("%q is closed and has the credit %s", id, credit)
	}
	n := Account(len(l.accounts))
	l.accounts, l.credits = append(l.accounts, acc), append(l.credits, credit)
	l.place, l.seen = append(l.place, -1), append(l.seen, 0)
	if acc.open {
		l.index[id] = n
		l.pending = append(l.pending, n)
		l.open++
	}
	return nil
}

func (l *Ledger) restoreHistory(s historySnapshot) error {
	var r unitReader
	h := history{
		outcomes: s.Outcomes,
		largest:  r.read(s.Largest, Credit{}, maxDebit), reached: r.read(s.Reached, Credit{}, maxCredit),
		free: s.Free, tau: r.read(s.Tau, Credit{}, maxFree), sigma: r.read(s.Sigma, Credit{}, maxFree),
		above: [2]Credit{r.read(s.Above, Credit{}, maxBound), r.read(s.AboveOne, Credit{}, maxBound)}, held: r.read(s.Held, Credit{}, maxBound),
		disturbed: s.Disturbed, present: s.Present, steady: s.Steady, size: s.Size,
	}
	switch {
	case r.err != nil:
		return r.err
	case s.Outcomes < 0 || s.Outcomes > maxOutcomes || s.Size < 0 || s.Size > MaxSize:
		return fmt.Errorf("outcomes %d or size %d out of range", s.Outcomes, s.Size)
	case s.Steady && !s.Present || s.Present && s.Disturbed:
		return fmt.Errorf("steady, present and disturbed contradict each other")
	}
	for i, c := range l.credits {
		if h.reached.less(c.abs()) {
			return fmt.Errorf("the credit %s of %q is beyond the largest ever reached, %s", c, l.accounts[i].id, h.reached)
		}
	}
	l.history = h
	return nil
}

var (
	maxFree  = Credit{hi: 1 << 37} // a credit and a debit
	maxBound = Credit{hi: 1 << 61}
)

// units writes a credit, and zero as nothing.
func units(c Credit) string {
	if c == (Credit{}) {
		return ""
	}
	return c.Units().String()
}

// unitReader reads credits and keeps the first error.
type unitReader struct{ err error }

func (r *unitReader) read(text string, least, most Credit) Credit {
	if text == "" || r.err != nil {
		return Credit{}
	}
	c, err := parseUnits(text)
	if err == nil && (c.less(least) || most.less(c)) {
		err = fmt.Errorf("%s units are out of range", text)
	}
	r.err = err
	return c
}
