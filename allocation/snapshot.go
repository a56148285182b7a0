package allocation

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/evenhand/evenhand/allocation/rotation"
)

// savedState is the state as a snapshot holds it. Equal states give equal
// bytes. The fields of waiting customers are left out: they are read from
// their entries, so that erasing them has one place.
type savedState struct {
	Version   int                   `json:"v"`
	Now       time.Time             `json:"now,omitzero"`
	Policy    string                `json:"policy,omitempty"`
	PolicySeq uint64                `json:"policy_seq,omitempty"`
	Source    string                `json:"source,omitempty"`
	Caps      []savedCount          `json:"caps,omitempty"`
	Roster    uint64                `json:"roster,omitempty"`
	RoomAt    uint64                `json:"room_at,omitempty"`
	Followed  uint64                `json:"followed,omitempty"`
	Reps      []savedMember         `json:"reps,omitempty"` // by row
	Customers []savedCustomer       `json:"customers,omitempty"`
	Rotations map[string]savedTurns `json:"rotations,omitempty"`
	Tables    map[string]savedTable `json:"tables,omitempty"`
}

type savedCount struct {
	capSpec
	Since uint64           `json:"since,omitempty"`
	Rows  []tally          `json:"rows,omitempty"`
	Teams map[string]tally `json:"teams,omitempty"`
}

type savedMember struct {
	Rep    Rep    `json:"rep"`
	Open   int64  `json:"open,omitempty"`
	Work   int64  `json:"work,omitempty"`
	Served uint64 `json:"served,omitempty"`
}

type savedCustomer struct {
	Kind     string    `json:"kind"`
	ID       string    `json:"id"`
	Episode  int       `json:"episode"`
	Status   Status    `json:"status"`
	Row      int       `json:"row"`
	Rule     string    `json:"rule,omitempty"`
	Units    int64     `json:"units"`
	Holdings []holding `json:"holdings,omitempty"`
	Decision uint64    `json:"decision"`
	At       time.Time `json:"at"`
	Since    time.Time `json:"since,omitzero"`
	Fault    string    `json:"fault,omitempty"` // set aside
}

type savedTurns struct {
	Ledger   *rotation.Ledger   `json:"ledger"`
	Totals   *rotation.Totals   `json:"totals,omitempty"`
	Began    int                `json:"began,omitempty"`
	Accounts []rotation.Account `json:"accounts"`
	Scale    int                `json:"scale,omitempty"`
	Missed   []int64            `json:"missed,omitempty"`
	Closed   []closedAccount    `json:"closed,omitempty"`
}

type savedTable struct {
	Version uint64  `json:"version"`
	Weights []int64 `json:"weights"`
}

// encode writes the state for a snapshot. Cost: O(reps + open customers).
func (s *state) encode() ([]byte, error) {
	saved := savedState{
		Version: formatVersion, Now: s.now, Policy: s.policyHash, PolicySeq: s.policySeq, Source: s.source,
		Roster: s.roster.version, RoomAt: s.roomAt, Followed: s.followed,
		Rotations: map[string]savedTurns{}, Tables: map[string]savedTable{},
	}
	for i, n := range s.caps {
		c := savedCount{capSpec: s.capSpecs[i]}
		if n != nil {
			c.Since, c.Rows = n.since, trimTallies(n.rows)
			for team, t := range n.teams {
				if t.Units == 0 && len(t.Given) == 0 {
					continue
				}
				if c.Teams == nil {
					c.Teams = map[string]tally{}
				}
				c.Teams[team] = *t
			}
		}
		saved.Caps = append(saved.Caps, c)
	}
	for i := range s.roster.members {
		m := &s.roster.members[i]
		saved.Reps = append(saved.Reps, savedMember{m.rep, m.open, m.work, m.served})
	}
	for _, c := range s.customers {
		v := savedCustomer{
			c.ref.Kind, c.ref.ID, c.episode, c.status, c.row, c.rule, c.units, c.holdings, c.decision, c.at, c.since, "",
		}
		if c.status == StatusUnassigned {
			v.Fault = c.fault.Error()
		}
		saved.Customers = append(saved.Customers, v)
	}
	slices.SortFunc(saved.Customers, func(a, b savedCustomer) int {
		if n := strings.Compare(a.Kind, b.Kind); n != 0 {
			return n
		}
		return strings.Compare(a.ID, b.ID)
	})
	for id, t := range s.rotations {
		saved.Rotations[id] = savedTurns{t.ledger, t.totals, t.began, t.accounts, t.scale, t.missed, t.closed}
	}
	for id, t := range s.tables {
		saved.Tables[id] = savedTable{t.version, t.weights}
	}
	text, err := json.Marshal(&saved)
	if err != nil {
		return nil, fmt.Errorf("encode snapshot at entry %d: %w", s.head.Version, err)
	}
	return text, nil
}

// trimTallies leaves out rows at the end that count nothing: looking at a cap
// makes room for them, and looking must not change the state.
func trimTallies(rows []tally) []tally {
	n := len(rows)
	for n > 0 && rows[n-1].Units == 0 && len(rows[n-1].Given) == 0 {
		n--
	}
	return rows[:n]
}

// restore reads a snapshot; the zero Snapshot gives the empty state.
func restore(snapshot Snapshot) (*state, error) {
	s := newState()
	if snapshot.Version == 0 {
		return s, nil
	}
	text, err := unseal(snapshot)
	if err != nil {
		return nil, err
	}
	var saved savedState
	if err := json.Unmarshal(text, &saved); err != nil {
		return nil, fmt.Errorf("snapshot at entry %d cannot be read: %w", snapshot.Version, err)
	}
	if saved.Version != formatVersion {
		return nil, fmt.Errorf("snapshot at entry %d: format %d is not known to this version, which knows %d",
			snapshot.Version, saved.Version, formatVersion)
	}
	s.head = Head{Version: snapshot.Version, Link: snapshot.Link}
	s.loaded = snapshot.Version
	s.now, s.policyHash, s.policySeq, s.source = saved.Now, saved.Policy, saved.PolicySeq, saved.Source
	s.roomAt, s.followed = saved.RoomAt, saved.Followed
	for _, c := range saved.Caps {
		s.capSpecs = append(s.capSpecs, c.capSpec)
		s.caps = append(s.caps, c.restore())
	}
	for _, m := range saved.Reps {
		row := s.roster.put(m.Rep)
		s.roster.members[row] = member{rep: m.Rep, open: m.Open, served: m.Served}
		s.roster.setWork(row, m.Work)
		s.gaveAt = max(s.gaveAt, m.Served)
	}
	s.roster.version = saved.Roster
	if err := saved.check(); err != nil {
		return nil, fmt.Errorf("snapshot at entry %d is damaged: %w", snapshot.Version, err)
	}
	s.restoreCustomers(saved.Customers)
	for id, t := range saved.Rotations {
		s.rotations[id] = &turns{t.Ledger, t.Totals, t.Began, t.Accounts, t.Scale, t.Missed, t.Closed}
	}
	for id, t := range saved.Tables {
		s.tables[id] = &weightTable{t.Version, t.Weights}
	}
	return s, nil
}

// check refuses a snapshot whose parts do not fit together.
func (v *savedState) check() error {
	rows := map[string]bool{}
	for i := range v.Reps {
		if id := v.Reps[i].Rep.ID; rows[id] {
			return fmt.Errorf("rep %q is there twice", id)
		}
		rows[v.Reps[i].Rep.ID] = true
	}
	for _, c := range v.Customers {
		switch c.Status {
		case StatusAssigned, StatusWaiting, StatusUnassigned:
		default:
			return fmt.Errorf("customer %q has the status %q", c.ID, c.Status)
		}
		if c.Status == StatusAssigned && (c.Row < 0 || c.Row >= len(v.Reps)) {
			return fmt.Errorf("customer %q is with rep %d of %d", c.ID, c.Row, len(v.Reps))
		}
		for _, h := range c.Holdings {
			if h.Row < 0 || h.Row >= len(v.Reps) {
				return fmt.Errorf("customer %q counts for rep %d of %d", c.ID, h.Row, len(v.Reps))
			}
		}
	}
	for id, t := range v.Rotations {
		if t.Ledger == nil || len(t.Accounts) > len(v.Reps) || t.Scale < 0 || t.Scale > 4 {
			return fmt.Errorf("rotation %q", id)
		}
		for row, a := range t.Accounts {
			if a != noAccount && t.accountID(a) != v.Reps[row].Rep.ID {
				return fmt.Errorf("rotation %q: account %d is not that of rep %q", id, a, v.Reps[row].Rep.ID)
			}
		}
	}
	return nil
}

// accountID returns the ID behind an account; empty when there is none.
func (t *savedTurns) accountID(a rotation.Account) string {
	if t.Totals != nil {
		return t.Totals.ID(a)
	}
	return t.Ledger.ID(a)
}

func (c *savedCount) restore() *count {
	if c.Book {
		return nil
	}
	n := newCount(c.capSpec, c.Since)
	n.rows = c.Rows
	for team, t := range c.Teams {
		n.teams[team] = &t
	}
	return n
}

func (s *state) restoreCustomers(saved []savedCustomer) {
	for _, v := range saved {
		c := &customer{
			ref: CustomerRef{Kind: v.Kind, ID: v.ID}, episode: v.Episode, status: v.Status, row: v.Row, rule: v.Rule,
			units: v.Units, holdings: v.Holdings, decision: v.Decision, at: v.At, since: v.Since,
		}
		s.customers[c.ref] = c
		switch c.status {
		case StatusWaiting:
			s.waiting = append(s.waiting, c)
		case StatusUnassigned:
			c.fault = errors.New(v.Fault)
		}
	}
	slices.SortFunc(s.waiting, compareWaiting)
}

// rotationIDs returns the desk's rotations in order.
func (s *state) rotationIDs() []string { return sortedKeys(s.rotations) }
