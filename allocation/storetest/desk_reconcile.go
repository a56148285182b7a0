package storetest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/evenhand/evenhand/allocation"
)

// reconcile brings what a CRM says of most customers, some of it different. The
// same records must show no drift right afterwards.
func (w *deskWorld) reconcile(s step) {
	crm := allocation.CRM{At: w.pass(s.n[0]), Complete: s.n[1]%3 == 0, Unowned: s.n[2]%2 == 0, Preview: s.n[1]%4 == 1, Records: w.records(s)}
	if s.n[2]%3 == 0 {
		crm.AsOf = w.clock.Add(-time.Duration(s.n[2]%5) * time.Hour)
	}
	d := w.at(s).desk
	got, err := d.Reconcile(context.Background(), crm)
	want, word := w.model.reconcile(crm, w.clock)
	w.answered("reconcile", err, word)
	if err != nil || word != "" {
		return
	}
	if drift := describeDrift(got); drift != want {
		w.fail("reconcile: what differs must be\n%s\nand is\n%s", want, drift)
	}
	if crm.Preview {
		return
	}
	crm.Preview = true
	again, err := d.Reconcile(context.Background(), crm)
	if err != nil || len(again.Drift) > 0 {
		w.fail("reconcile again: the same records must show no drift, and show %v, error %v", describeDrift(again), err)
	}
}

func describeDrift(r *allocation.Reconciliation) (text string) {
	for i, list := range [][]allocation.Drift{r.Drift, r.Left, r.Newer, r.Compacted} {
		for _, d := range list {
			text += fmt.Sprintf("%d %s %s/%s %d\n", i, d.Code, d.Kind, d.Customer, d.Seq)
		}
	}
	return text
}

// records draws what a CRM has: mostly what the desk has.
func (w *deskWorld) records(s step) []allocation.Record {
	var records []allocation.Record
	add := func(ref modelRef, owner string, n [5]uint16) {
		r := allocation.Record{Kind: ref.kind, ID: ref.id, Owner: owner}
		switch n[0] % 16 {
		case 0, 1:
			r.Owner = w.knownRep(n[1])
		case 2:
			r.Closed = true
		case 3:
			r.Owner = ""
		case 4:
			r.Units = 1 + int64(n[1]%3)
		case 5:
			return
		}
		if n[2]%3 == 0 {
			r.Since = w.clock.Add(-time.Duration(n[2]) * time.Second)
		}
		records = append(records, r)
	}
	m := w.model
	for i, c := range m.held {
		add(c.modelRef, repName(c.rep), s.mix(i))
	}
	for i, c := range m.waiting {
		add(c.modelRef, "", s.mix(1000+i))
	}
	for i := range int(s.n[3]) % 4 { // closed here, or asked for never
		n := s.mix(2000 + i)
		ref := w.fresh()
		if n[3]%2 == 0 {
			ref = w.refs[int(n[3]>>1)%len(w.refs)]
		}
		if !slices.ContainsFunc(records, func(r allocation.Record) bool { return r.Kind == ref.kind && r.ID == ref.id }) {
			add(ref, w.knownRep(n[4]), n)
		}
	}
	switch s.n[4] % 32 {
	case 0:
		records = append(records, allocation.Record{ID: "L1", Owner: "zoe"})
	case 1:
		records = append(records, allocation.Record{ID: "twice"}, allocation.Record{ID: "twice"})
	}
	return records
}

// knownRep is a rep the desk knows; nobody when it knows none.
func (w *deskWorld) knownRep(n uint16) string {
	if len(w.model.rows) == 0 {
		return ""
	}
	return repName(w.model.rows[int(n)%len(w.model.rows)])
}

// reconcile makes what is open what the records say, and returns what differed.
func (m *deskModel) reconcile(crm allocation.CRM, clock time.Time) (string, string) {
	records := map[modelRef]allocation.Record{}
	for _, r := range crm.Records {
		ref := modelRef{cmp.Or(r.Kind, "lead"), r.ID}
		if _, twice := records[ref]; twice || r.Owner == "zoe" {
			return "", "input"
		}
		records[ref] = r
	}
	now := m.now
	if !crm.Preview {
		var err string
		if now, err = m.settleTime(crm.At, clock); err != "" {
			return "", err
		}
		m.begin(now)
	}
	refs := sortedRefs(records)
	for ref, c := range m.customers {
		if _, named := records[ref]; !named && c.state != "" {
			refs = append(refs, ref)
		}
	}
	slices.SortFunc(refs, func(a, b modelRef) int { return cmp.Or(cmp.Compare(a.id, b.id), cmp.Compare(a.kind, b.kind)) })
	out := &allocation.Reconciliation{}
	for _, ref := range refs {
		c := m.customers[ref]
		r, named := records[ref]
		d := allocation.Drift{Kind: ref.kind, Customer: ref.id, Code: driftOf(c, r, named)}
		switch {
		case d.Code == "":
		case c != nil && c.last <= m.dropped:
			d.Code = allocation.DriftReopened
			out.Compacted = append(out.Compacted, d)
		case c != nil && !crm.AsOf.IsZero() && !c.lastAt.Before(crm.AsOf):
			out.Newer = append(out.Newer, d)
		case !named && !crm.Complete, d.Code == allocation.DriftUnowned && !crm.Unowned:
			out.Left = append(out.Left, d)
		default:
			if !crm.Preview {
				d.Seq = m.correct(now, ref, d.Code, r)
				m.tally.count("drift: " + d.Code)
			}
			out.Drift = append(out.Drift, d)
		}
	}
	return describeDrift(out), ""
}

func sortedRefs(records map[modelRef]allocation.Record) (refs []modelRef) {
	for ref := range records {
		refs = append(refs, ref)
	}
	return refs
}

// driftOf says how a record and a customer differ.
func driftOf(c *modelCustomer, r allocation.Record, named bool) string {
	here, there := "", r.Owner
	if c != nil {
		here = string(c.state)
	}
	switch {
	case !named:
		return allocation.DriftMissing
	case r.Closed && here != "":
		return allocation.DriftClosed
	case r.Closed:
		return ""
	}
	if c == nil || c.state != allocation.StatusAssigned {
		switch {
		case there == "":
			return ""
		case c == nil:
			return allocation.DriftOpened
		case c.lastStatus == allocation.StatusReleased || c.lastStatus == allocation.StatusVoided:
			return allocation.DriftReopened
		}
		return allocation.DriftGiven
	}
	switch {
	case there == "":
		return allocation.DriftUnowned
	case there != repName(c.rep):
		return allocation.DriftOwner
	case r.Units != 0 && r.Units != c.units:
		return allocation.DriftUnits
	}
	return ""
}

// correct makes one customer what a record says of him.
func (m *deskModel) correct(now time.Time, ref modelRef, code string, r allocation.Record) uint64 {
	c := m.customers[ref]
	switch code {
	case allocation.DriftOwner, allocation.DriftUnits:
		m.moveOutside(now, c, code, r)
	case allocation.DriftOpened, allocation.DriftReopened, allocation.DriftGiven:
		if c == nil {
			c = &modelCustomer{modelRef: ref, rep: -1, episode: 1}
			m.customers[ref] = c
		}
		m.placeOutside(now, c, code, r)
	default:
		status := allocation.StatusReleased
		if code == allocation.DriftUnowned {
			status = allocation.StatusUnassigned
		}
		m.leave(c)
		m.follow(now, c, allocation.EventReconciled, status, code, repName(c.lastRep))
	}
	return c.last
}

// moveOutside gives an open customer another rep or other units. He keeps the
// stock caps he counts under, and no flow cap counts him once more.
func (m *deskModel) moveOutside(now time.Time, c *modelCustomer, code string, r allocation.Record) {
	to, rule, units := repNumber(r.Owner), c.rule, cmp.Or(r.Units, c.units)
	var counts []countUnder
	var flows []*modelHolding
	for i, n := range m.counts {
		if n == nil {
			continue
		}
		held := slices.DeleteFunc(slices.Clone(c.holdings), func(h *modelHolding) bool { return h.count != n })
		switch {
		case n.flow:
			flows = append(flows, held...)
		case len(held) > 0 && n.team:
			for _, team := range m.reps[to].rep.Teams {
				counts = append(counts, countUnder{i, team})
			}
		case len(held) > 0:
			counts = append(counts, countUnder{i, ""})
		}
	}
	m.leave(c)
	c.holdings = flows
	m.follow(now, c, allocation.EventReconciled, allocation.StatusAssigned, code, r.Owner)
	m.hold(c, to, rule, units)
	m.countUnder(c, counts, now)
}

// placeOutside is a decision that was not the desk's.
func (m *deskModel) placeOutside(now time.Time, c *modelCustomer, code string, r allocation.Record) {
	key, fields := "", deskFields{}
	if c.state == allocation.StatusWaiting {
		fields = c.fields
		if c.decision.episode == c.episode {
			key = c.key
		}
	}
	m.leave(c)
	if code == allocation.DriftReopened {
		c.episode++
	}
	rep := repNumber(r.Owner)
	d := &modelDecision{status: allocation.StatusAssigned, rep: rep, reason: code, at: now, episode: c.episode, opening: true, fields: fields}
	d.seq = m.emit(now, expectedEntry{event: allocation.EventReconciled, customer: c.modelRef, episode: c.episode, rep: r.Owner, status: d.status, reason: code})
	c.decided(d)
	m.name(key, c, d)
	c.key = ""
	m.hold(c, rep, "", max(1, r.Units))
}
