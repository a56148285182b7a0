package allocation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Record is what a CRM has of one customer.
type Record struct {
	Kind, ID string    // Kind defaults to the policy's word
	Owner    string    // rep ID; empty when nobody owns him
	Closed   bool      // the work has ended: Owner and Units then say nothing
	Units    int64     // what he takes of capacity; defaults to what the desk has, 1 where it has nothing
	Since    time.Time // since when it is so, where the CRM tells; recorded as it is
}

// CRM is what a CRM has of a desk's customers, and what is to be done with it.
type CRM struct {
	Records []Record
	// Complete says that the records name every open customer, owned or not:
	// whoever else the desk has, open or not yet placed, has been closed there. Without it such
	// customers are listed and left alone.
	Complete bool
	// Unowned says that whoever has no owner in the records was taken from the
	// rep who has him here. Without it such customers are listed and left alone:
	// most often the CRM has not yet been told whom the desk gave them to.
	Unowned bool
	// AsOf is when the CRM wrote the records. What the desk recorded of a
	// customer at that time or later is newer than they are, and stands. The
	// zero time takes the records to be the newest there is.
	AsOf time.Time
	// Preview only compares: nothing is recorded.
	Preview bool
	// At is when it happens, for a replaying desk.
	At time.Time
}

// Codes of drift. They are the reasons of the entries that correct it.
const (
	DriftOwner    = "owner_changed"    // open here and there, with different reps
	DriftUnits    = "units_changed"    // open here and there with one rep, in different units
	DriftUnowned  = "owner_removed"    // open here with a rep, there with nobody
	DriftClosed   = "closed_outside"   // open, waiting or set aside here, closed there
	DriftMissing  = "not_in_crm"       // open, waiting or set aside here, not named there
	DriftOpened   = "opened_outside"   // open there; the desk has never seen him
	DriftReopened = "reopened_outside" // open there, released or voided here
	DriftGiven    = "given_outside"    // with a rep there; here he waits, or went to nobody
)

// Drift is one customer of whom the CRM and the ledger differ.
type Drift struct {
	Code     string    `json:"code"`
	Kind     string    `json:"kind"`
	Customer string    `json:"customer"`
	Status   Status    `json:"status,omitempty"` // by the ledger; empty when it does not know him
	Rep      string    `json:"rep,omitempty"`    // by the ledger: who has him open
	Owner    string    `json:"owner,omitempty"`  // by the CRM
	Had      int64     `json:"had,omitempty"`    // units by the ledger
	Units    int64     `json:"units,omitempty"`  // units by the CRM
	Since    time.Time `json:"since,omitzero"`   // by the CRM
	Seq      uint64    `json:"seq,omitempty"`    // the entry that corrects it; 0 when none does
}

// Reconciliation is what came of comparing a CRM with the ledger. All lists are
// by ID, then kind.
type Reconciliation struct {
	Drift []Drift `json:"drift"`
	Left  []Drift `json:"left,omitempty"`  // left alone: not named, without Complete, or with no owner, without Unowned
	Newer []Drift `json:"newer,omitempty"` // left alone: they differ, but the ledger is newer
	// Compacted are left alone, too: open there, and closed here so long ago that
	// their entries were compacted away.
	Compacted []Drift `json:"compacted,omitempty"`
}

// Reconcile makes the desk's open customers those that the CRM has. Each
// difference becomes one reconciled entry, all in one append: afterwards a rep
// has open what the CRM says, and the same records show no drift any more. Give
// AsOf when they are used again later, after the desk has decided more.
//
// What the CRM says has happened, so caps are not obeyed: who is above one
// receives nothing until he is below. A customer keeps the stock caps he counts
// under, his new owner's in place of the old one's; one who is new here counts
// toward those that count everything. No flow cap counts him and no credit
// moves: nobody's turn was taken. Voiding him later gives back the credit of
// the desk's own decision, which still stands.
//
// Wrong records are refused together, each named by its place from 1 on, and
// nothing changes: an owner who is not in the roster, a customer twice.
//
// Cost: O(records + open customers), and a look-up for each record that the
// desk does not have open.
func (d *Desk) Reconcile(ctx context.Context, crm CRM) (*Reconciliation, error) {
	var out *Reconciliation
	err := d.submit(ctx, func(g *group) (err error) {
		out, err = g.reconcile(crm)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (g *group) reconcile(crm CRM) (*Reconciliation, error) {
	if err := g.ready(); err != nil {
		return nil, err
	}
	records, err := g.checkRecords(crm.Records)
	if err != nil {
		return nil, err
	}
	now := g.s.now
	if !crm.Preview {
		if now, err = g.at(options{at: crm.At}); err != nil {
			return nil, err
		}
	}
	all, err := g.drift(records)
	if err != nil {
		return nil, err
	}
	out := &Reconciliation{}
	for i := range all {
		d := &all[i]
		last, err := g.last(d.ref())
		switch {
		case errors.Is(err, ErrCompacted):
			out.Compacted = append(out.Compacted, *d)
			continue
		case err != nil:
			return nil, err
		case last != nil && !crm.AsOf.IsZero() && !last.At.Before(crm.AsOf):
			out.Newer = append(out.Newer, *d)
			continue
		case d.Code == DriftMissing && !crm.Complete, d.Code == DriftUnowned && !crm.Unowned:
			out.Left = append(out.Left, *d)
			continue
		case !crm.Preview:
			if err := g.correct(now, d, last); err != nil {
				return nil, err
			}
		}
		out.Drift = append(out.Drift, *d)
	}
	return out, nil
}

func (d *Drift) ref() CustomerRef { return CustomerRef{Kind: d.Kind, ID: d.Customer} }

// checkRecords settles the defaults of records, and refuses those that cannot
// be.
func (g *group) checkRecords(given []Record) (map[CustomerRef]*Record, error) {
	records := slices.Clone(given)
	byRef := make(map[CustomerRef]*Record, len(records))
	var faults []error
	for i := range records {
		r := &records[i]
		if r.Kind == "" {
			r.Kind = g.s.live.policy.Kind
		}
		ref := CustomerRef{Kind: r.Kind, ID: r.ID}
		if err := g.checkRecord(r, byRef[ref] != nil); err != nil {
			faults = append(faults, fmt.Errorf("record %d: %w", i+1, err))
		}
		byRef[ref] = r
	}
	if err := errors.Join(faults...); err != nil {
		return nil, badInput("%w", err)
	}
	return byRef, nil
}

func (g *group) checkRecord(r *Record, twice bool) error {
	if err := checkName("the customer's ID", r.ID); err != nil {
		return err
	}
	if err := checkKind(r.Kind); err != nil {
		return fmt.Errorf("customer %q: %w", r.ID, err)
	}
	year := r.Since.UTC().Year()
	switch _, known := g.s.roster.row(r.Owner); {
	case twice:
		return fmt.Errorf("%s %q is there twice", r.Kind, r.ID)
	case !r.Closed && r.Owner != "" && !known:
		return fmt.Errorf("%s %q is owned by rep %q, who is not in the roster", r.Kind, r.ID, r.Owner)
	case r.Units < 0 || r.Units > maxUnits:
		return fmt.Errorf("%s %q takes %d units; it must be within 0 to %d", r.Kind, r.ID, r.Units, maxUnits)
	case year < 1 || year > 9999:
		return fmt.Errorf("%s %q: the year %d is not within 1 to 9999", r.Kind, r.ID, year)
	}
	return nil
}

// drift compares records with the state.
func (g *group) drift(records map[CustomerRef]*Record) ([]Drift, error) {
	var all []Drift
	for ref, r := range records {
		d, err := g.driftOf(ref, r)
		if err != nil {
			return nil, err
		}
		if d.Code != "" {
			all = append(all, d)
		}
	}
	for ref, c := range g.s.customers {
		if records[ref] == nil {
			d := Drift{Code: DriftMissing, Kind: ref.Kind, Customer: ref.ID}
			g.s.place(&d, c)
			all = append(all, d)
		}
	}
	slices.SortFunc(all, func(a, b Drift) int {
		if n := strings.Compare(a.Customer, b.Customer); n != 0 {
			return n
		}
		return strings.Compare(a.Kind, b.Kind)
	})
	return all, nil
}

// driftOf compares one record with the state; without a code there is none.
func (g *group) driftOf(ref CustomerRef, r *Record) (Drift, error) {
	d := Drift{Kind: ref.Kind, Customer: ref.ID, Owner: r.Owner, Units: r.Units, Since: r.Since}
	if r.Closed {
		d.Owner, d.Units = "", 0
	}
	if c := g.s.customers[ref]; c != nil {
		g.s.place(&d, c)
	} else if d.Owner != "" { // whoever is neither here nor there is none of our business
		switch last, err := g.last(ref); {
		case errors.Is(err, ErrCompacted):
			d.Status = StatusReleased // or voided; of no matter
		case err != nil:
			return d, err
		case last != nil:
			d.Status = last.Status
		}
	}
	d.Code = driftCode(&d, r.Closed)
	return d, nil
}

// place says what the ledger has of a customer whom the desk holds.
func (s *state) place(d *Drift, c *customer) {
	d.Status = c.status
	if c.status == StatusAssigned {
		d.Rep, d.Had = s.roster.members[c.row].rep.ID, c.units
		if d.Units == 0 {
			d.Units = c.units
		}
	}
}

// driftCode names how the CRM and the ledger differ; empty when they do not.
func driftCode(d *Drift, closed bool) string {
	open := d.Rep != ""
	switch {
	case closed && d.Status != "":
		return DriftClosed
	case closed:
		return ""
	case open && d.Owner == "":
		return DriftUnowned
	case open && d.Owner != d.Rep:
		return DriftOwner
	case open && d.Units != d.Had:
		return DriftUnits
	case open || d.Owner == "":
		return ""
	case d.Status == "":
		return DriftOpened
	case d.Status == StatusReleased || d.Status == StatusVoided:
		return DriftReopened
	}
	return DriftGiven
}

// correct records one drift. last is the customer's last entry.
func (g *group) correct(now time.Time, d *Drift, last *event) error {
	c := g.s.customers[d.ref()]
	var e *event
	switch d.Code {
	case DriftOwner, DriftUnits:
		row, _ := g.s.roster.row(d.Owner)
		e = last.follow(EventReconciled, StatusAssigned, d.Code)
		e.From, e.Rep, e.Units, e.Caps = d.Rep, d.Owner, d.Units, g.s.capsKept(c, row)
	case DriftOpened, DriftReopened, DriftGiven:
		e = g.placedOutside(d, c, last)
	default:
		status := StatusReleased
		if d.Code == DriftUnowned {
			status = StatusUnassigned
		}
		e = last.follow(EventReconciled, status, d.Code)
		e.Holdings = g.s.flowsOf(c)
	}
	e.Claimed = d.Since.UTC().Truncate(time.Microsecond)
	if err := g.emit(now, e); err != nil {
		return err
	}
	d.Seq = e.Seq
	return nil
}

// placedOutside is a decision that was not the desk's. c is the customer if he
// waits or was set aside, last his last entry if there is one.
func (g *group) placedOutside(d *Drift, c *customer, last *event) *event {
	e := &event{
		Entry: Entry{Event: EventReconciled, Kind: d.Kind, Customer: d.Customer, Episode: 1, Rep: d.Owner,
			Status: StatusAssigned, Reason: d.Code},
		details: details{Via: viaReconciled, Units: max(1, d.Units)},
	}
	if last != nil {
		e.Episode, e.Prior = last.Episode, last.decisionSeq()
	}
	if d.Code == DriftReopened {
		e.Episode++
	}
	if c != nil && string(c.fields) != "{}" {
		e.Fields = c.fields // what the policy reads when he is transferred
	}
	d.Units = e.Units
	return e
}

// capsKept are the stock caps that an open customer counts under, as they count
// for the rep in a row. Flow caps are not among them: the desk gave that rep
// nothing.
func (s *state) capsKept(c *customer, row int) []counted {
	var kept []counted
	for _, h := range c.holdings {
		i, n := s.countOf(h)
		switch {
		case n == nil || n.Flow || slices.ContainsFunc(kept, func(k counted) bool { return k.Cap == i }):
		case !n.Team:
			kept = append(kept, counted{Cap: i})
		default:
			for _, team := range s.roster.members[row].rep.Teams {
				kept = append(kept, counted{Cap: i, Team: team})
			}
		}
	}
	return kept
}

// foldReconciled opens a customer whom a rep has without the desk's doing, or
// corrects what the ledger has of one. A correction leaves the decision as it
// was.
func (s *state) foldReconciled(e *event) error {
	old := s.customers[e.ref()]
	s.forgetCustomer(e.ref())
	s.roomAt = e.Seq
	if e.Status != StatusAssigned {
		return nil
	}
	row, known := s.roster.row(e.Rep)
	if !known {
		return fmt.Errorf("rep %q is not in the roster", e.Rep)
	}
	c := s.openCustomer(e, row)
	if e.Via == "" {
		if old == nil || old.status != StatusAssigned {
			return fmt.Errorf("%s is not open", e.ref())
		}
		c.decision, c.at, c.rule = old.decision, old.at, old.rule
		c.holdings = s.flowsOf(old)
	}
	return s.countUnder(c, e)
}

// Sentence says how the CRM and the ledger differ, for people.
func (d *Drift) Sentence() string {
	return fmt.Sprintf("%s %s %s; %s", d.Kind, d.Customer, d.outside(), d.inside())
}

func (d *Drift) outside() string {
	since := ""
	if !d.Since.IsZero() {
		since = " since " + d.Since.Format(minuteForm)
	}
	switch d.Code {
	case DriftClosed:
		return "is closed in the CRM" + since
	case DriftUnowned:
		return "has no owner in the CRM" + since
	case DriftUnits:
		return fmt.Sprintf("takes %d of capacity by the CRM%s", d.Units, since)
	case DriftMissing:
		return "is not named by the CRM"
	}
	return "is with " + d.Owner + " in the CRM" + since
}

func (d *Drift) inside() string {
	switch {
	case d.Code == DriftUnits:
		return fmt.Sprintf("the desk counts %d for %s", d.Had, d.Rep)
	case d.Status == "":
		return "the desk does not know it"
	case d.Status == StatusAssigned:
		return "the desk has it with " + d.Rep
	case d.Status == StatusWaiting:
		return "at the desk it waits"
	case d.Status == StatusUnassigned:
		return "at the desk it is with nobody"
	}
	return "the desk has it as " + string(d.Status)
}

// Outside is what the CRM said of a customer when it was compared with the
// ledger.
type Outside struct {
	Code  string    `json:"code"` // one of the codes of drift
	Owner string    `json:"owner,omitempty"`
	Units int64     `json:"units,omitempty"`
	Since time.Time `json:"since,omitzero"` // by the CRM, where it told
	At    time.Time `json:"at"`             // when it was recorded
	Seq   uint64    `json:"seq"`
}

// outside reads out of a reconciled entry what the CRM said; nil for one who
// was taken over from before the desk.
func (e *event) outside() *Outside {
	if e.Via == viaOpening {
		return nil
	}
	o := &Outside{Code: e.Reason, Since: e.Claimed, At: e.At, Seq: e.Seq}
	if e.Status == StatusAssigned {
		o.Owner, o.Units = e.Rep, e.Units
	}
	return o
}

// Sentence is for people: "the CRM says its owner is bo since …".
func (o *Outside) Sentence() string {
	what := "its owner is " + o.Owner
	switch o.Code {
	case DriftUnits:
		what = fmt.Sprintf("it takes %d of capacity", o.Units)
	case DriftClosed:
		what = "it is closed"
	case DriftUnowned:
		what = "it has no owner"
	case DriftMissing:
		return "the CRM does not name it any more: it is closed, as of " + o.At.UTC().Format(minuteForm)
	}
	if o.Since.IsZero() {
		return fmt.Sprintf("the CRM says %s, as of %s", what, o.At.UTC().Format(minuteForm))
	}
	return fmt.Sprintf("the CRM says %s since %s", what, o.Since.UTC().Format(minuteForm))
}

const minuteForm = "2006-01-02 15:04 MST"
