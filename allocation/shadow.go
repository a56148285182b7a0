package allocation

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// ShadowConfig says which desk a shadow follows, and what it decides by. Live,
// Name, Policy, Compile and Store are those of the shadow's whole life.
type ShadowConfig struct {
	// Live names the desk that is followed. Defaults to "default".
	Live string
	// Name tells the shadows of one desk apart. At most 200 bytes with Live.
	Name string
	// Policy that decides along. Required.
	Policy *Policy
	// Compile is that of Config. Required.
	Compile func(source []byte) (*Policy, error)
	// Store keeps both desks.
	Store Store
	// After is the version of the live ledger after which the shadow decides
	// along. It takes over what the live desk had there: reps, open work, owners,
	// and who waited; credit begins at zero. Defaults to 0, the beginning. Only
	// the first opening of a shadow looks at it.
	After uint64
	// SnapshotEvery and Entropy are those of Config.
	SnapshotEvery int
	Entropy       io.Reader
}

// Shadow is a desk that decides along with another one under its own policy, to
// be compared with it. It reads the other's ledger and writes a ledger of its
// own beside it, in the same store under ShadowDesk; the live desk is never
// touched, and need not know.
//
// What was asked of the live desk is asked of the shadow at the same recorded
// time: customers are decided anew, and what people did is done there, too.
// Where the shadow gave a customer to somebody else than the live desk,
//
//   - his end or void frees and gives back the shadow's own place and credit;
//   - a transfer, or a change of owner in the CRM, moves him only from the rep
//     from whom it took him: it answered a decision that the shadow did not make;
//   - a manual assignment of somebody whom the shadow has placed already is left
//     out, for the same reason.
//
// The shadow sees of a customer the fields that the live policy reads, for no
// others are in the ledger. It looks at those who wait when the live ledger
// grows, and sets no timers. A customer whose fields were erased before they were
// followed, and one whom the live desk set aside, is taken over as the live desk
// has him. What is erased later is erased here when that is followed: follow once
// more before a shadow is left alone.
//
// Customers whom a plan placed are decided one by one here, as if each had been
// asked about.
//
// A shadow under the policy of the live desk, from the beginning and with nothing
// erased before and nothing planned, decides as it does, entry by entry.
type Shadow struct {
	cfg  ShadowConfig
	desk *Desk
	now  time.Time // of the entry that is followed; owned by the desk's serial section
	read uint64    // version of the live ledger up to which everything is done
}

// ShadowDesk is the name of a shadow's desk.
func ShadowDesk(live, name string) string { return live + "~shadow/" + name }

// OpenShadow opens a shadow, or goes on with one where it stood. A shadow that
// was begun under another policy is refused with ErrInput.
func OpenShadow(ctx context.Context, cfg ShadowConfig) (*Shadow, error) {
	if cfg.Live == "" {
		cfg.Live = "default"
	}
	switch {
	case cfg.Policy == nil || cfg.Compile == nil:
		return nil, badInput("a shadow needs Policy and Compile")
	case strings.TrimSpace(cfg.Name) == "":
		return nil, badInput("the shadow has no name")
	}
	s := &Shadow{cfg: cfg}
	desk, err := Open(ctx, Config{
		Desk: ShadowDesk(cfg.Live, cfg.Name), Store: cfg.Store, Compile: s.compile,
		Clock: func() time.Time { return s.now }, SnapshotEvery: cfg.SnapshotEvery, Entropy: cfg.Entropy,
	})
	if err != nil {
		return nil, err
	}
	desk.shadow, s.desk = true, desk
	if err := s.begin(ctx); err != nil {
		desk.Close()
		return nil, err
	}
	return s, nil
}

func (s *Shadow) compile(source []byte) (*Policy, error) {
	if string(source) == string(s.cfg.Policy.Source) {
		return s.cfg.Policy, nil
	}
	return s.cfg.Compile(source)
}

// Close ends the shadow. It does not close the store.
func (s *Shadow) Close() error { return s.desk.Close() }

// begin finds where the shadow stands, and where it is new takes over what the
// live desk had.
func (s *Shadow) begin(ctx context.Context) error {
	fresh := false
	if err := s.desk.submit(ctx, func(g *group) error {
		fresh = g.s.policyHash == ""
		return s.stand(g)
	}); err != nil || !fresh || s.cfg.After == 0 {
		return err
	}
	live, err := loadState(ctx, s.cfg.Store, s.cfg.Live, s.cfg.After)
	if err != nil {
		return err
	}
	if live.head.Version < s.cfg.After {
		return badInput("the ledger of desk %q ends at entry %d, before entry %d", s.cfg.Live, live.head.Version, s.cfg.After)
	}
	if err := live.readWaiting(ctx, s.cfg.Store, s.cfg.Live); err != nil {
		return err
	}
	return s.desk.submit(ctx, func(g *group) error {
		if g.s.policyHash == "" { // else another process was faster
			s.now, g.live = live.now, s.cfg.After
			if err := g.takeOverDesk(s.cfg.Policy, live); err != nil {
				return err
			}
		}
		return s.stand(g)
	})
}

// stand notes where the shadow stands.
func (s *Shadow) stand(g *group) error {
	if g.s.policyHash != "" && g.s.policyHash != s.cfg.Policy.Hash {
		return badInput("shadow %q of desk %q was begun under another policy\nMaybe another name", s.cfg.Name, s.cfg.Live)
	}
	s.read = g.s.followed
	return nil
}

// takeOverDesk makes a desk that has nothing yet what another one was.
func (g *group) takeOverDesk(p *Policy, live *state) error {
	if err := g.setPolicy(p); err != nil {
		return err
	}
	var reps []Rep
	from := Opening{Work: map[string]int64{}}
	for i := range live.roster.members {
		m := &live.roster.members[i]
		reps = append(reps, m.rep)
		from.Work[m.rep.ID] = m.work
	}
	for _, c := range live.customers {
		if c.status == StatusAssigned {
			from.Owned = append(from.Owned, Owned{Kind: c.ref.Kind, ID: c.ref.ID, Rep: live.roster.members[c.row].rep.ID, Units: c.units})
		}
	}
	if err := g.setReps(reps, from); err != nil {
		return err
	}
	for i, c := range live.waiting {
		// An error is of his fields: he is not decided, and Compare says so.
		_ = g.apply(i+1, func() error {
			_, err := g.decide(customerFromFields(c.ref, c.fields), c.ref, &event{Entry: Entry{Episode: 1}, details: details{Since: c.since}})
			return err
		})
		if g.broken != nil {
			return g.broken
		}
	}
	return nil
}

// followTogether is how many entries are followed in one append.
const followTogether = 256

// Follow does what the live ledger has grown by, and returns the version it is
// then at. What was done is durable: after a crash it goes on there. It may be
// called again and again beside the live desk, as by whoever reads its entries
// as an outbox, or once over its whole history. Cost: one decision for each
// customer, and an append for 256 entries.
func (s *Shadow) Follow(ctx context.Context) (uint64, error) {
	var some []*event
	for entry, err := range s.cfg.Store.Entries(ctx, s.cfg.Live, s.read, 0) {
		if err != nil {
			return s.read, err
		}
		e, err := decode(entry)
		if err != nil {
			return s.read, fmt.Errorf("%w: %w", ErrLedger, err)
		}
		// What is erased is erased from the whole append: it has to end there.
		if some = append(some, e); len(some) == followTogether || e.Event == EventErased {
			if err := s.followAll(ctx, some); err != nil {
				return s.read, err
			}
			some = nil
		}
	}
	return s.read, s.followAll(ctx, some)
}

// followAll follows entries in one append. Those that the shadow has followed
// already, here or in another process, are left out; those that left no trace
// in its ledger change nothing when they are followed again.
func (s *Shadow) followAll(ctx context.Context, events []*event) error {
	if len(events) == 0 {
		return nil
	}
	err := s.desk.submit(ctx, func(g *group) error {
		done := g.s.followed
		for i, e := range events {
			if e.Seq <= done {
				continue
			}
			s.now, g.live = e.At, e.Seq
			if g.s.policyHash == "" {
				if err := g.setPolicy(s.cfg.Policy); err != nil {
					return err
				}
			}
			if err := g.ready(); err != nil {
				return err
			}
			err := g.apply(i+1, func() error { return g.follow(e) })
			switch {
			case g.broken != nil:
				return g.broken
			case err != nil && e.Reps != nil: // without them nothing that follows makes sense
				return err
			}
			// Any other error is of one request: a customer whom the policy
			// cannot read, or a rep without credit here. Compare names whom the
			// shadow did not decide.
		}
		return nil
	})
	if err == nil {
		s.read = events[len(events)-1].Seq
	}
	return err
}

// follow does on this desk what an entry of the one it follows stands for.
func (g *group) follow(e *event) error {
	now, err := g.at(options{})
	if err != nil {
		return err
	}
	kind := []Option{Kind(e.Kind)}
	switch e.Event {
	case EventRepsSet, EventRepChanged, EventRepRemoved:
		return g.followRoster(e)
	case EventAssigned, EventWaiting, EventUnassigned:
		return g.followDecision(now, e)
	case EventTransferred:
		if g.heldBy(e.ref(), e.From) {
			return g.transfer(e.Customer, e.Rep, append(kind, Force()))
		}
	case EventReleased:
		return g.release(e.Customer, Outcome(e.Reason), kind)
	case EventVoided:
		return g.void(e.Customer, e.Note, kind)
	case EventGranted, EventAccountClosed:
		row, known := g.s.roster.row(e.Rep)
		if known && e.Reason != reasonTimeOff { // that is the desk's own doing, there and here
			return g.settle(&event{
				Entry:   Entry{Event: e.Event, Rep: e.Rep},
				details: details{Rotation: e.Rotation, Amount: e.Amount, Note: e.Note},
			}, row, options{})
		}
	case EventReconciled:
		return g.followReconciled(now, e)
	case EventErased:
		return g.eraseFields(e.Customer, kind)
	}
	return nil // of policies, weights and returns the desk has its own
}

// heldBy says whether a customer is open with a rep.
func (g *group) heldBy(ref CustomerRef, rep string) bool {
	c := g.s.customers[ref]
	return c != nil && c.status == StatusAssigned && g.s.roster.members[c.row].rep.ID == rep
}

func (g *group) followRoster(e *event) error {
	if err := g.checkReps(nil, e.Reps); err != nil {
		return err
	}
	own := map[string]bool{}
	p := g.s.live.policy
	for i := range p.Rules {
		if id := rotationID(p, &p.Rules[i]); p.Rules[i].Pick == "rotate" && p.Share != ShareTotals && g.s.rotations[id] == nil {
			own[id] = true
		}
	}
	credits := slices.DeleteFunc(slices.Clone(e.Credits), func(c creditSet) bool { return !own[c.Rotation] })
	return g.changeRoster(nil, &event{
		Entry:   Entry{Event: e.Event, Rep: e.Rep},
		details: details{Reps: e.Reps, Absent: e.Absent, Work: e.Work, Credits: credits},
	})
}

// followDecision asks this desk what the other one was asked.
func (g *group) followDecision(now time.Time, e *event) error {
	c := customerFromFields(e.ref(), e.Fields)
	erased := e.Digest != nil && e.Fields == nil
	var err error
	switch {
	case e.Via == viaWaiting: // who waits here is this desk's own affair
	case erased || e.Fault != "":
		if e.Status == StatusAssigned && g.s.customers[e.ref()] == nil {
			return g.placeAs(now, e)
		}
	case e.Via == viaManual:
		_, err = g.assignTo(c, e.Rep, []Option{Force()})
	case e.Via == viaReassign && g.known(e.ref()):
		_, err = g.reassign(c)
	default:
		_, err = g.assign(c)
	}
	return err
}

// known says whether the desk has ever seen a customer.
func (g *group) known(ref CustomerRef) bool {
	_, found, _ := g.lookup(customerKey(ref)) // an error breaks the group
	return found
}

// followReconciled does what the CRM said, as far as it concerns what this desk
// decided.
func (g *group) followReconciled(now time.Time, e *event) error {
	open := g.s.customers[e.ref()]
	switch {
	case e.Via == viaOpening:
		return g.takeOver([]Owned{{Kind: e.Kind, ID: e.Customer, Rep: e.Rep, Units: e.Units}})
	case e.Via != "":
		if open == nil || open.status != StatusAssigned {
			return g.placeAs(now, e)
		}
	case e.Status == StatusAssigned:
		if g.heldBy(e.ref(), e.From) {
			return g.placeAs(now, e)
		}
	case open != nil:
		last, err := g.last(e.ref())
		if err != nil {
			return err
		}
		return g.correct(now, &Drift{Code: e.Reason, Kind: e.Kind, Customer: e.Customer, Since: e.Claimed}, last)
	}
	return nil
}

// placeAs makes a customer open with the rep whom an entry names, as a CRM's
// record would.
func (g *group) placeAs(now time.Time, e *event) error {
	d, err := g.driftOf(e.ref(), &Record{Kind: e.Kind, ID: e.Customer, Owner: e.Rep, Units: e.Units, Since: e.Claimed})
	if err != nil || d.Code == "" {
		return err
	}
	last, err := g.last(e.ref())
	if err != nil {
		return err
	}
	return g.correct(now, &d, last)
}
