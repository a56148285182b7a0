package allocation

import (
	"context"
	"fmt"
	"maps"
	"math/big"
	"reflect"
	"slices"
	"time"
)

// What tests outside the package use of the tests inside it.
var (
	MachinePolicy = machinePolicy
	Monday        = monday
)

// ReplayConfig is a replaying desk on a store that can compile machine policies.
func ReplayConfig(store Store, policies ...*Policy) Config {
	d := &testDesk{store: store, policies: map[string]*Policy{}}
	for _, p := range policies {
		d.policies[p.Name] = p
	}
	return d.config(policies[0])
}

// StateText folds a desk's ledger and returns the state as a snapshot has it.
func StateText(ctx context.Context, store Store, desk string) (string, error) {
	s, err := loadState(ctx, store, desk, 0)
	if err != nil {
		return "", err
	}
	text, err := s.encode()
	return string(text), err
}

// Queued is how many requests wait for their turn.
func Queued(d *Desk) int { return len(d.queue) }

// Memory is what a desk has in memory besides the fold of its ledger and what
// follows from it: two desks on equal ledgers with equal memories do the same.
type Memory struct {
	Drained    uint64
	DrainedAt  time.Time
	Wake       time.Time
	WakeKnown  bool
	SnapshotAt uint64
}

// Recall returns a desk's memory, and its state as a snapshot would have it.
func Recall(ctx context.Context, d *Desk) (m Memory, state string, err error) {
	err = d.submit(ctx, func(g *group) error {
		m = Memory{g.s.live.drained, g.s.live.drainedAt, d.wake, d.wakeKnown, d.snapshotAt}
		text, err := g.s.encode()
		state = string(text)
		return err
	})
	return m, state, err
}

// Remember gives a desk that was just opened the memory of another.
func Remember(ctx context.Context, d *Desk, m Memory) error {
	return d.submit(ctx, func(g *group) error {
		g.s.live.drained, g.s.live.drainedAt = m.Drained, m.DrainedAt
		d.wake, d.wakeKnown, d.snapshotAt = m.Wake, m.WakeKnown, m.SnapshotAt
		return nil
	})
}

// Fork returns a store that goes on from the contents of this one. Nothing may
// be erased in either.
func (s *MemoryStore) Fork() *MemoryStore {
	fork := NewMemoryStore()
	s.mu.RLock()
	defer s.mu.RUnlock()
	for name, d := range s.desks {
		fork.desks[name] = &memoryDesk{
			turn: make(chan struct{}, 1), dropped: d.dropped,
			entries: slices.Clip(d.entries), links: slices.Clip(d.links), snapshots: slices.Clip(d.snapshots),
			keys: maps.Clone(d.keys), timers: maps.Clone(d.timers),
		}
	}
	return fork
}

// Differs says how the ledgers of a desk in two stores differ; empty if they do
// not. Timers are left out.
func (s *MemoryStore) Differs(other *MemoryStore, desk string) string {
	a, b := s.desks[desk], other.desks[desk]
	switch {
	case !slices.EqualFunc(a.entries, b.entries, func(x, y Entry) bool { return reflect.DeepEqual(x, y) }):
		return fmt.Sprintf("entries: %v and %v", a.entries, b.entries)
	case !slices.Equal(a.links, b.links):
		return fmt.Sprintf("links: %v and %v", a.links, b.links)
	case !maps.Equal(a.keys, b.keys):
		return fmt.Sprintf("keys: %v and %v", a.keys, b.keys)
	case !slices.EqualFunc(a.snapshots, b.snapshots, func(x, y Snapshot) bool { return reflect.DeepEqual(x, y) }):
		return fmt.Sprintf("snapshots: %+v and %+v", a.snapshots, b.snapshots)
	}
	return ""
}

// TimerOf returns when a desk asked to be advanced; zero for never.
func (s *MemoryStore) TimerOf(desk string) time.Time { return s.desks[desk].timers["waiting"] }

// CreditSums returns what the credits of each rotation sum to.
func CreditSums(ctx context.Context, d *Desk) (sums map[string]*big.Int, err error) {
	err = d.submit(ctx, func(g *group) error {
		sums = map[string]*big.Int{}
		for id, t := range g.s.rotations {
			sum := new(big.Int)
			for _, a := range t.accounts {
				if a != noAccount && t.totals == nil {
					sum.Add(sum, t.ledger.Credit(a).Units())
				}
			}
			sums[id] = sum
		}
		return nil
	})
	return sums, err
}

// Decider is the part of a desk that decides, in memory, for benchmarks of
// other packages' policies.
type Decider struct {
	s   *state
	now time.Time
	n   int
}

// NewDecider binds a policy to reps.
func NewDecider(p *Policy, reps []Rep, now time.Time) (*Decider, error) {
	d := &Decider{newState(), now, 0}
	if err := d.fold(&event{Entry: Entry{Event: EventPolicySet}, details: details{Policy: p.Hash, CapKeys: p.capSpecs()}}); err != nil {
		return nil, err
	}
	if err := d.s.bind(p); err != nil {
		return nil, err
	}
	return d, d.fold(&event{Entry: Entry{Event: EventRepsSet}, details: details{Reps: reps}})
}

func (d *Decider) fold(e *event) error {
	e.Seq, e.At = d.s.head.Version+1, d.now
	return d.s.fold(e)
}

// Read types a customer.
func (d *Decider) Read(c *Customer) (Subject, error) { return d.s.live.matcher.ReadCustomer(c) }

// Decide walks a customer through the policy and returns the rep's row, or −1.
func (d *Decider) Decide(subject Subject) (int, error) {
	out, err := d.s.allocate(subject, d.now, nil)
	return out.row, err
}

// Candidates is how many reps the last decision was made among.
func (d *Decider) Candidates() int { return len(d.s.live.walk.rows) }

// Give decides and takes the decision into the state; every customer is
// released as soon as the next 100 are given, so that the caps are not full.
func (d *Decider) Give(subject Subject) (int, error) {
	out, err := d.s.allocate(subject, d.now, nil)
	if err != nil || out.row < 0 {
		return out.row, err
	}
	name := func(n int) string { return fmt.Sprint("L", n%200) }
	if d.n++; d.n > 100 {
		if err := d.fold(&event{Entry: Entry{Event: EventReleased, Kind: "lead", Customer: name(d.n - 100)}}); err != nil {
			return 0, err
		}
	}
	e := &event{Entry: Entry{Event: EventAssigned, Kind: "lead", Customer: name(d.n), Episode: 1, Status: StatusAssigned, Rep: d.s.roster.members[out.row].rep.ID}}
	e.Turn, e.Caps, e.taken, e.Units = out.turn, out.caps, out.taken, out.units
	return out.row, d.fold(e)
}

// ByPlan reports whether a plan made an entry of a customer.
func ByPlan(entry Entry) bool {
	e, err := decode(entry)
	return err == nil && e.Planned != nil
}

// PlannedEntries is how many entries a planned entry says follow it.
func PlannedEntries(entry Entry) (int, error) {
	e, err := decode(entry)
	if err != nil {
		return 0, err
	}
	return e.Plan.Recorded, nil
}
