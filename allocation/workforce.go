package allocation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/evenhand/evenhand/allocation/pick"
)

// Limits of what is taken over.
const (
	maxUnits = 1_000_000         // of one customer
	maxWork  = 1_000_000_000_000 // of one rep
)

// Opening is what a desk takes over from the time before it: work the reps
// already have, and credit they brought along.
type Opening struct {
	// At is when the roster is set, for a replaying desk.
	At time.Time
	// Owned customers are open from the start: they can be released,
	// transferred and voided. They count toward stock caps that count
	// everything, and move no credit.
	Owned []Owned
	// Work holds, by rep ID, units that are open but belong to no customer the
	// desk will hear of. They count toward stock caps that count everything, the
	// rep's and his teams'. Setting it again replaces it.
	Work map[string]int64
	// Credit holds opening balances: positive for a rep who is owed customers.
	// What the balances of a rotation do not sum to zero by is taken from all
	// of its accounts evenly.
	Credit []OpeningCredit
}

// Owned is a customer whom a rep has already.
type Owned struct {
	Kind, ID string // Kind defaults to the policy's word
	Rep      string
	Units    int64 // defaults to 1
}

// OpeningCredit is a rep's balance in the rotation of a rule. Amount is in
// customers, or in size units where the rule has a size; thousandths count.
type OpeningCredit struct {
	Rule   string // rule ID; any rotating rule when the scope is the desk
	Rep    string
	Amount float64
}

// SetReps makes the roster what is given: new reps are added, changed ones
// change, and those who are absent become inactive and keep what they have. A
// roster that is the same already adds no entry. Bad reps are refused
// together, each named, and nothing changes.
//
// Cost: O(reps).
func (d *Desk) SetReps(ctx context.Context, reps []Rep, opening ...Opening) error {
	if len(opening) > 1 {
		return badInput("SetReps takes one Opening, not %d", len(opening))
	}
	var from Opening
	if len(opening) == 1 {
		from = opening[0]
	}
	reps, err := recordedReps(reps)
	if err != nil {
		return err
	}
	return d.submit(ctx, func(g *group) error { return g.setReps(reps, from) })
}

// recordedReps returns reps as the ledger will give them back.
func recordedReps(reps []Rep) ([]Rep, error) {
	out := make([]Rep, len(reps))
	var faults []error
	for i := range reps {
		var err error
		// A fault that check knows is worded better there.
		if err = reps[i].check(); err == nil {
			out[i], err = reps[i].asRecorded()
		} else {
			out[i], err = reps[i], nil
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("rep %q: %w", reps[i].ID, err))
		}
	}
	if err := errors.Join(faults...); err != nil {
		return nil, badInput("%w", err)
	}
	return out, nil
}

// SetRep adds or changes one rep. Cost: that of the rep, and of the managers
// above him.
func (d *Desk) SetRep(ctx context.Context, rep Rep, at ...time.Time) error {
	reps, err := recordedReps([]Rep{rep})
	if err != nil {
		return err
	}
	rep = reps[0]
	return d.submit(ctx, func(g *group) error {
		roster := append(g.s.roster.superiors(&rep), rep)
		if err := g.checkReps(roster, []Rep{rep}); err != nil {
			return err
		}
		if row, known := g.s.roster.row(rep.ID); known && sameRep(&g.s.roster.members[row].rep, &rep) {
			return nil
		}
		return g.changeRoster(at, &event{Entry: Entry{Event: EventRepChanged, Rep: rep.ID}, details: details{Reps: []Rep{rep}}})
	})
}

// RemoveRep makes a rep inactive. His open customers stay with him, and his
// credit is kept for when he returns.
func (d *Desk) RemoveRep(ctx context.Context, id string, at ...time.Time) error {
	return d.submit(ctx, func(g *group) error {
		row, known := g.s.roster.row(id)
		if !known {
			return unknownRep(id)
		}
		if g.s.roster.members[row].rep.Inactive {
			return nil
		}
		return g.changeRoster(at, &event{Entry: Entry{Event: EventRepRemoved, Rep: id}, details: details{Absent: []string{id}}})
	})
}

func (g *group) changeRoster(at []time.Time, e *event) error {
	var asked time.Time
	if len(at) > 0 {
		asked = at[0]
	}
	now, err := g.time(asked)
	if err != nil {
		return err
	}
	if g.s.live != nil {
		if err := g.begin(now); err != nil {
			return err
		}
	}
	return g.emit(now, e)
}

// superiors is the active reps above a rep, from his manager up, as far as it
// goes and each once: the only ones with whom he can form a circle.
func (r *roster) superiors(rep *Rep) []Rep {
	var above []Rep
	seen := map[string]bool{rep.ID: true}
	for id := rep.Manager; id != "" && !seen[id]; {
		seen[id] = true
		row, known := r.row(id)
		if !known || r.members[row].rep.Inactive {
			break
		}
		above = append(above, r.members[row].rep)
		id = r.members[row].rep.Manager
	}
	return above
}

// checkReps refuses a roster that contradicts itself, and reps that the
// policy cannot read.
func (g *group) checkReps(roster, changed []Rep) error {
	faults := []error{checkRoster(roster)}
	if g.s.live != nil {
		for i := range changed {
			if err := g.s.live.matcher.CheckRep(&changed[i]); err != nil {
				faults = append(faults, faultsOf(changed[i].ID, err)...)
			}
			m := member{rep: changed[i]}
			if m.rep.check() != nil {
				continue // named already
			}
			if err := m.place(g.s.live.policy); err != nil {
				faults = append(faults, fmt.Errorf("rep %q: %w", changed[i].ID, err))
			}
		}
	}
	if err := errors.Join(faults...); err != nil {
		return badInput("%w", err)
	}
	return nil
}

func (g *group) setReps(reps []Rep, from Opening) error {
	if err := g.checkReps(reps, reps); err != nil {
		return err
	}
	e := &event{Entry: Entry{Event: EventRepsSet}}
	keep := map[string]bool{}
	for _, rep := range reps {
		keep[rep.ID] = true
		if row, known := g.s.roster.row(rep.ID); !known || !sameRep(&g.s.roster.members[row].rep, &rep) {
			e.Reps = append(e.Reps, rep)
		}
	}
	slices.SortFunc(e.Reps, func(a, b Rep) int { return strings.Compare(a.ID, b.ID) })
	for i := range g.s.roster.members {
		if rep := &g.s.roster.members[i].rep; !keep[rep.ID] && !rep.Inactive {
			e.Absent = append(e.Absent, rep.ID)
		}
	}
	slices.Sort(e.Absent)
	if err := g.openingState(e, from, keep); err != nil {
		return err
	}
	owned, err := g.checkOwned(from.Owned, keep)
	if err != nil {
		return err
	}
	if len(e.Reps)+len(e.Absent)+len(e.Work)+len(e.Credits) > 0 {
		if err := g.changeRoster([]time.Time{from.At}, e); err != nil {
			return err
		}
	}
	return g.takeOver(owned)
}

// openingState checks the opening work and credit, and adds to e what is new.
func (g *group) openingState(e *event, from Opening, known map[string]bool) error {
	var faults []error
	for _, id := range sortedKeys(from.Work) {
		units := from.Work[id]
		switch row, there := g.s.roster.row(id); {
		case !known[id]:
			faults = append(faults, fmt.Errorf("opening work of rep %q, who is not in the roster", id))
		case units < 0 || units > maxWork:
			faults = append(faults, fmt.Errorf("opening work of rep %q is %d; it must be within 0 to %d", id, units, int64(maxWork)))
		case !there || g.s.roster.members[row].work != units:
			if e.Work == nil {
				e.Work = map[string]int64{}
			}
			e.Work[id] = units
		}
	}
	seen := map[string]bool{}
	for _, c := range from.Credit {
		if key := c.Rule + "\x00" + c.Rep; seen[key] {
			faults = append(faults, fmt.Errorf("opening credit of rep %q in rule %q is given twice", c.Rep, c.Rule))
			continue
		} else {
			seen[key] = true
		}
		if g.s.live != nil && g.s.live.policy.Share == ShareTotals {
			faults = append(faults, fmt.Errorf("opening credit of rep %q: the policy levels totals, which have no credit", c.Rep))
			continue
		}
		if !known[c.Rep] {
			faults = append(faults, fmt.Errorf("opening credit of rep %q, who is not in the roster", c.Rep))
			continue
		}
		id, scale, err := g.s.rotationFor(c.Rule)
		if err != nil {
			faults = append(faults, fmt.Errorf("opening credit of rep %q: %w", c.Rep, err))
			continue
		}
		if _, begun := g.s.rotations[id]; begun {
			continue // the balances were set, or customers have been shared since
		}
		amount, err := thousandths(c.Amount, scale)
		if err != nil {
			faults = append(faults, fmt.Errorf("opening credit of rep %q: %w", c.Rep, err))
		}
		e.Credits = append(e.Credits, creditSet{Rotation: id, Rep: c.Rep, Amount: amount})
	}
	slices.SortFunc(e.Credits, func(a, b creditSet) int {
		return strings.Compare(a.Rotation+"\x00"+a.Rep, b.Rotation+"\x00"+b.Rep)
	})
	if err := errors.Join(faults...); err != nil {
		return badInput("%w", err)
	}
	return nil
}

// checkOwned settles the defaults of the customers whom reps have already, and
// refuses those that cannot be.
func (g *group) checkOwned(given []Owned, known map[string]bool) ([]Owned, error) {
	owned := slices.Clone(given)
	var faults []error
	for i := range owned {
		o := &owned[i]
		if o.Kind == "" && g.s.live != nil {
			o.Kind = g.s.live.policy.Kind
		}
		if o.Units == 0 {
			o.Units = 1
		}
		if err := checkName("the customer's ID", o.ID); err != nil {
			faults = append(faults, err)
		}
		if !known[o.Rep] {
			faults = append(faults, fmt.Errorf("customer %q is owned by rep %q, who is not in the roster", o.ID, o.Rep))
		}
		if err := checkKind(o.Kind); err != nil {
			faults = append(faults, fmt.Errorf("customer %q: %w", o.ID, err))
		}
		if o.Units < 0 || o.Units > maxUnits {
			faults = append(faults, fmt.Errorf("customer %q takes %d units; it must be within 0 to %d", o.ID, o.Units, maxUnits))
		}
	}
	slices.SortFunc(owned, func(a, b Owned) int { return strings.Compare(a.Kind+"\x00"+a.ID, b.Kind+"\x00"+b.ID) })
	if err := errors.Join(faults...); err != nil {
		return nil, badInput("%w", err)
	}
	return owned, nil
}

// takeOver opens the customers whom reps have already. Those the desk knows
// are left as they are.
func (g *group) takeOver(owned []Owned) error {
	for _, o := range owned {
		ref := CustomerRef{Kind: o.Kind, ID: o.ID}
		if last, err := g.last(ref); err != nil {
			return err
		} else if last != nil {
			continue
		}
		e := &event{
			Entry: Entry{Event: EventReconciled, Kind: o.Kind, Customer: o.ID, Episode: 1, Rep: o.Rep,
				Status: StatusAssigned, Reason: ReasonOpening},
			details: details{Via: viaOpening, Units: o.Units},
		}
		if err := g.emit(g.s.now, e); err != nil {
			return err
		}
	}
	return nil
}

// sameRep compares what the ledger would hold of two reps.
func sameRep(a, b *Rep) bool {
	x, errA := json.Marshal(a)
	y, errB := json.Marshal(b)
	return errA == nil && errB == nil && string(x) == string(y)
}

// SetPolicy puts another policy in force. A policy with the hash of the one in
// force adds no entry. Reps whose fields the new policy cannot read are
// refused together, each named, and nothing changes.
func (d *Desk) SetPolicy(ctx context.Context, p *Policy, at ...time.Time) error {
	if p == nil {
		return badInput("SetPolicy needs a policy")
	}
	return d.submit(ctx, func(g *group) error { return g.setPolicy(p, at...) })
}

// setPolicy records a policy and binds it. What was due under the last one is
// settled first.
func (g *group) setPolicy(p *Policy, at ...time.Time) error {
	if p == nil {
		return nil
	}
	if p.Hash == g.s.policyHash {
		if g.s.live != nil {
			return nil
		}
		g.d.policies[p.Hash] = p // the ledger's policy, which could not be compiled here
		return g.s.bind(p)
	}
	if err := g.readable(p); err != nil {
		return err
	}
	var asked time.Time
	if len(at) > 0 {
		asked = at[0]
	}
	now, err := g.time(asked)
	if err != nil {
		return err
	}
	g.d.policies[p.Hash] = p
	if now.IsZero() {
		// A replay learns the time from its first request.
		g.d.unrecorded = p
		return g.s.bind(p)
	}
	if g.s.live != nil && g.d.unrecorded == nil {
		if err := g.begin(now); err != nil {
			return err
		}
	}
	return g.recordPolicy(p, now)
}

// recordPolicy puts a policy into the ledger and binds it.
func (g *group) recordPolicy(p *Policy, now time.Time) error {
	err := g.emit(now, &event{
		Entry:   Entry{Event: EventPolicySet},
		details: details{Policy: p.Hash, Name: p.Name, Source: string(p.Source), CapKeys: p.capSpecs()},
	})
	if err != nil {
		return err
	}
	if err := g.s.bind(p); err != nil {
		return g.fail(err)
	}
	return nil
}

// readable refuses a policy that cannot read the reps there are.
func (g *group) readable(p *Policy) error {
	var faults []error
	for i := range p.Rules {
		if _, known := pick.Lookup(p.Rules[i].Pick); !known {
			faults = append(faults, fmt.Errorf("rule %q: pick %q is not a strategy; there are %q", p.Rules[i].ID, p.Rules[i].Pick, pick.Names()))
		}
	}
	matcher := p.NewMatcher()
	for i := range g.s.roster.members {
		if m := &g.s.roster.members[i]; !m.rep.Inactive {
			if err := matcher.CheckRep(&m.rep); err != nil {
				faults = append(faults, faultsOf(m.rep.ID, err)...)
			}
		}
	}
	if err := errors.Join(faults...); err != nil {
		return badInput("policy %q cannot be put in force: %w", p.Name, err)
	}
	return nil
}

// countsOpen reports whether a cap counts every open unit of a rep: nothing is
// then kept apart for it.
func (c *Cap) countsOpen() bool { return !c.Flow && !c.Team && c.countsEverything() }

// countsEverything reports whether no customer is left out of a cap's count.
// Under such a cap opening work counts, too, although it is no customer.
func (c *Cap) countsEverything() bool { return !c.Only && c.Rule < 0 }

// capSpecs is what folding needs to know of the policy's caps.
func (p *Policy) capSpecs() []capSpec {
	specs := make([]capSpec, len(p.Caps))
	for i := range p.Caps {
		c := &p.Caps[i]
		specs[i] = capSpec{
			Key: c.Key, Flow: c.Flow, Team: c.Team,
			Book: c.countsOpen(),
		}
		if d, rolling := c.Per.Rolling(); c.Flow && rolling {
			specs[i].Roll = int64(d / time.Second)
		}
	}
	return specs
}
