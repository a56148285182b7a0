package main

import "slices"

// fault is one thing that could have been done wrong, and the test that must
// notice.
type fault struct {
	name  string
	edits []edit
	dir   string   // of the package whose tests are run, from the root
	test  string   // the test that notices
	flags []string // of the test binary
	env   []string
}

// edit replaces a text that stands once in a file.
type edit struct{ file, old, new string }

const (
	desk      = "allocation"
	sqlite    = "allocation/sqlitestore"
	stores    = "allocation/storetest"
	turns     = "allocation/rotation"
	splits    = "allocation/apportion"
	hours     = "allocation/calendar"
	efforts   = "allocation/effort"
	solving   = "allocation/solve"
	rules     = "policy/rule"
	documents = "policy"
	command   = "policy/cmd/evenhand"
)

// faults are all of them.
var faults = slices.Concat(oneByOne, batch)

// oneByOne are those of a desk that decides one customer after the other, and of
// what it is made of, grouped by the promise they break.
var oneByOne = []fault{
	// Durable, idempotent.
	{
		name: "a failed append is answered as done",
		edits: []edit{{"allocation/desk.go", `	if err != nil {
		return err
	}
	if after.Link`, `	if err != nil {
		return nil
	}
	if after.Link`}},
		dir: desk, test: "TestFaultyStore",
	},
	{
		name: "acknowledged before it is durable",
		edits: []edit{
			{"allocation/desk.go", `		batch, err = g.batch()
		after =`, `		batch, err = g.batch()
		for _, r := range requests {
			select {
			case <-r.done:
			default:
				close(r.done)
			}
		}
		after =`},
			{"allocation/desk.go", `	for _, r := range requests {
		close(r.done)
	}
}`, `}`},
		},
		dir: desk, test: "TestNobodyIsAnsweredBeforeTheAppend",
	},
	{
		name: "a repeated request is decided again",
		edits: []edit{{"allocation/assign.go", `	} else if recorded != nil {
		return g.repeated(recorded, c)
	}
	return g.decide(c, ref, &event{Entry: Entry{Episode: 1}})`, `	} else if recorded != nil && c.Key != "" {
		return g.repeated(recorded, c)
	}
	return g.decide(c, ref, &event{Entry: Entry{Episode: 1}})`}},
		dir: desk, test: "TestRepeatsInFlightAreOneDecision",
	},
	{
		name: "the duplicate within one append is not seen",
		edits: []edit{{"allocation/group.go", `	if k, ok := g.keys[name]; ok {
		return k.Seq, k.Seq != 0, nil
	}`, ``}},
		dir: desk, test: "TestRequestsTogether",
	},
	{
		name: "after a failed commit decided again without looking up",
		edits: []edit{{"allocation/desk.go", `		if kept, err := d.holds(ctx, store, *doubtful); kept || err != nil {
			return Batch{}, err
		}
`, ``}},
		dir: desk, test: "TestLostReplyAppliesOnce",
	},
	{
		name: "after a failed commit the state in memory is kept",
		edits: []edit{{"allocation/desk.go", `		d.state = nil
		if failed.note(err) {`, `		if failed.note(err) {`}},
		dir: desk, test: "TestFaultyStore",
	},
	{
		name:  "a key that was used for another customer answers",
		edits: []edit{{"allocation/assign.go", `	if e.ref() != ref {`, `	if false {`}},
		dir:   desk, test: "TestRequestKeys",
	},
	{
		name: "a transaction that is rolled back is remembered",
		edits: []edit{{"allocation/desk.go", `		d.state = nil
		close(r.done)`, `		close(r.done)`}},
		dir: desk, test: "TestAssignViaRollsBack",
	},
	{
		name: "Verify does not look up where keys point",
		edits: []edit{{"allocation/keys.go", `		fits := got == want
`, `		fits := got == want || got <= upTo
`}},
		dir: desk, test: "TestVerifySeesEveryKey",
	},
	{
		name:  "a snapshot is opened without its seal being looked at",
		edits: []edit{{"allocation/seal.go", `	if string(line) != sealMark+hex.EncodeToString(want) {`, `	if len(line) != len(sealMark+hex.EncodeToString(want)) {`}},
		dir:   desk, test: "TestSealSeesEveryByte",
	},
	{
		name: "a snapshot one entry early",
		edits: []edit{
			{"allocation/group.go", `	broken   error  //`, `	early    []byte
	broken   error  //`},
			{"allocation/group.go", `	e.At, e.Live = at, g.live
`, `	e.At, e.Live = at, g.live
	g.early, _ = g.s.encode()
`},
			{"allocation/group.go", `	text, err := g.s.encode()
	if err != nil {
		return err
	}
	b.Snapshot`, `	text := g.early
	b.Snapshot`},
		},
		dir: desk, test: "TestDeskKeepsItsPromises",
	},
	{
		name: "a hash over a map's order",
		edits: []edit{{"policy/source.go", `d.KPIs = slices.Sorted(slices.Values(d.KPIs))`, `kpis := map[string]bool{}
	for _, k := range d.KPIs {
		kpis[k] = true
	}
	d.KPIs = slices.Collect(maps.Keys(kpis))`},
			{"policy/source.go", `import (`, `import (
	"maps"`}},
		dir: documents, test: "TestFormattingKeepsTheHash|TestHashIsPinned",
	},
	{
		name: "a snapshot in a map's order",
		edits: []edit{{"allocation/snapshot.go", `	slices.SortFunc(saved.Customers, func(a, b savedCustomer) int {
		if n := strings.Compare(a.Kind, b.Kind); n != 0 {
			return n
		}
		return strings.Compare(a.ID, b.ID)
	})
	for id`, `	_ = strings.Compare
	for id`}},
		dir: desk, test: "TestDeskKeepsItsPromises",
	},
	{
		name:  "the chain leaves the rep out",
		edits: []edit{{"allocation/entry.go", `e.Kind, e.Customer, e.Rep, e.Rule,`, `e.Kind, e.Customer, e.Rule,`}},
		dir:   desk, test: "TestLinkCoversEveryColumn",
	},
	{
		name:  "the machine's clock in place of the recorded one",
		edits: []edit{{"allocation/assign.go", `out, err = g.s.allocate(subject, at, nil)`, `out, err = g.s.allocate(subject, time.Now().UTC(), nil)`}},
		dir:   desk, test: "TestPolicyStages",
	},
	{
		name:  "a request far ahead of the clock is taken",
		edits: []edit{{"allocation/group.go", `at.After(clock.Add(maxAhead))`, `at.After(clock.Add(maxAhead + time.Hour))`}},
		dir:   desk, test: "TestTimes",
	},
	{
		name:  "a replay takes a time that went back",
		edits: []edit{{"allocation/group.go", `	case g.d.cfg.Replay == ReplayStrict:`, `	case false:`}},
		dir:   desk, test: "TestTimes",
	},
	{
		name: "one request that panics fails those beside it",
		edits: []edit{{"allocation/set_aside.go", `g.fail(&poison{g.target, fault{fmt.Errorf("evenhand: the request could not be decided: %v", p), g.deciding}})`,
			`g.fail(fmt.Errorf("evenhand: the request could not be decided: %v", p))`}},
		dir: desk, test: "TestOnePanicSparesThoseBesideIt",
	},

	// Caps.
	{
		name: "caps checked before the serial section",
		edits: []edit{
			{"allocation/roster.go", `	open     int64  // units`, `	before   int64
	open     int64  // units`},
			{"allocation/load.go", `	d.state.head = head
`, `	d.state.head = head
	for i := range d.state.roster.members {
		d.state.roster.members[i].before = d.state.roster.members[i].open
	}
`},
			{"allocation/live.go", `		return s.roster.members[row].open
	}`, `		return s.roster.members[row].before
	}`},
		},
		dir: desk, test: "TestWaitingListDrainsInOrderWhenRoomAppears",
	},
	{
		name:  "a cap lets one too many through",
		edits: []edit{{"allocation/allocate.go", `		return "", w.l.used(w.s, c, row, "", w.now)+adds > limit`, `		return "", w.l.used(w.s, c, row, "", w.now)+adds > limit+1`}},
		dir:   desk, test: "TestDeskKeepsItsPromises",
	},
	{
		name:  "a transfer passes the receiver's caps",
		edits: []edit{{"allocation/by_hand.go", `refusal != nil && !force {`, `refusal != nil && !force && moving == nil {`}},
		dir:   desk, test: "TestTransferMovesThePlaceAndObeysCaps",
	},
	{
		name: "a transfer does not count on the receiver",
		edits: []edit{{"allocation/state.go", `	c := s.openCustomer(e, row)
	c.decision, c.at = old`, `	c := s.openCustomer(e, row)
	s.addOpen(row, -c.units)
	c.decision, c.at = old`}},
		dir: desk, test: "TestTransferMovesThePlaceAndObeysCaps",
	},
	{
		name: "a void forgets the flow cap",
		edits: []edit{{"allocation/state.go", `			n.undo(h)
`, ``}},
		dir: desk, test: "TestVoidGivesEverythingBack",
	},
	{
		name: "a release gives flow room back",
		edits: []edit{{"allocation/counts.go", `	if !c.Flow {
		c.of(h.Row, h.Team).Units -= units
	}`, `	if !c.Flow {
		c.of(h.Row, h.Team).Units -= units
	} else {
		c.undo(h)
	}`}},
		dir: desk, test: "TestDeskKeepsItsPromises",
	},
	{
		name: "a window off by an hour",
		edits: []edit{{"allocation/calendar/per.go", `		from, _ := p.days(reached(t.Unix(), loc).day(), weekStarts)
		return instant(first(midnight(from), loc), loc)`, `		from, _ := p.days(reached(t.Unix(), loc).day(), weekStarts)
		return instant(first(midnight(from), loc)+3600, loc)`}},
		dir: hours, test: "TestWindowsOfKnownDays",
	},
	{
		name:  "a rolling window that forgets too early",
		edits: []edit{{"allocation/live.go", `		return now.Add(-d).UnixMicro() + 1`, `		return now.Add(-d).UnixMicro() + 1_000_000`}},
		dir:   desk, test: "TestRollingCapFreesToTheMicrosecond",
	},
	{
		name:  "a cap per team asks for the rep",
		edits: []edit{{"allocation/allocate.go", `		if w.l.used(w.s, c, row, team, w.now)-w.own`, `		if w.l.used(w.s, c, row, "", w.now)-w.own`}},
		dir:   desk, test: "TestTeamCapCountsWhatTheTeamHas",
	},
	{
		name:  "a cap whose condition is unknown is passed",
		edits: []edit{{"allocation/allocate.go", `w.m.Applies(c) != False`, `w.m.Applies(c) == True`}},
		dir:   desk, test: "TestCapOfUnknownConditionCounts",
	},

	// Waiting.
	{
		name: "the last to wait is served first",
		edits: []edit{{"allocation/state.go", `	if n := a.since.Compare(b.since); n != 0 {
		return n
	}
	if n`, `	if n := b.since.Compare(a.since); n != 0 {
		return n
	}
	if n`}},
		dir: desk, test: "TestWaitingListDrainsInOrderWhenRoomAppears",
	},
	{
		name: "a blocked customer blocks those behind him",
		edits: []edit{{"allocation/waiting.go", `			blocked[c.signature] = true
			continue`, `			break`}},
		dir: desk, test: "TestBlockedCustomerBlocksNobodyBehindHim",
	},
	{
		name: "a new request goes before those who wait",
		edits: []edit{{"allocation/waiting.go", `	return g.drain(at)
}

// passTime`, `	return nil
}

// passTime`}},
		dir: desk, test: "TestTimersOfWaitingCustomers",
	},

	// Fair.
	{
		name:  "weights not normalised per customer",
		edits: []edit{{"allocation/rotation/pick.go", `	t.debit = l.split(t, sizeCredit(t.size))`, `	t.debit = l.split(t, sizeCredit(t.size).mulSmall(t.total))`}},
		dir:   turns, test: "TestProperty13.*",
	},
	{
		name: "ties by the order of the list",
		edits: []edit{
			{"allocation/rotation/largest.go", `		if credits[a] == most && place[a] < lowest {
			best, lowest = i, place[a]
		}`, `		if credits[a] == most && best < 0 && place[a] < lowest {
			best = i
		}`}},
		dir: turns, test: "TestTiesIgnoreTheOrderOfTheList",
	},
	{
		name:  "the winner is charged the size, not what was handed out",
		edits: []edit{{"allocation/rotation/pick.go", `l.credits[w].sub(t.debit)`, `l.credits[w].sub(sizeCredit(t.size))`}},
		dir:   turns, test: "TestProperty01.*",
	},
	{
		name: "credit accrues in absence",
		edits: []edit{{"allocation/rotation/pick.go", `	l.credits[w] = l.credits[w].sub(t.debit)
`, `	l.credits[w] = l.credits[w].sub(t.debit)
	for a := range l.credits {
		absent := true
		for _, e := range t.entrants {
			absent = absent && int(e.Account) != a
		}
		if absent && l.accounts[a].open {
			share := t.debit.divSmall(uint64(len(l.credits)))
			l.credits[a] = l.credits[a].add(share)
			l.credits[w] = l.credits[w].sub(share)
		}
	}
`}},
		dir: turns, test: "TestProperty10.*",
	},
	{
		name:  "deadlines that forget the others",
		edits: []edit{{"allocation/rotation/deadline.go", `	return uint64(2*accounts - 2)`, `	return uint64(4 * accounts)`}},
		dir:   turns, test: "TestProperty05.*",
	},
	{
		name: "a weight range clamped in one pass",
		edits: []edit{{"allocation/rotation/clamp.go", `	for w.hold() {
	}`, `	w.hold()`}},
		dir: turns, test: "TestProperty30.*",
	},
	{
		name: "a void gives no credit back",
		edits: []edit{{"allocation/state.go", `	return s.undoTurn(e.Turn, row, e.Prior)`, `	_ = row
	return nil`}},
		dir: desk, test: "TestVoidGivesEverythingBack",
	},
	{
		name:  "a bound stated half as wide",
		edits: []edit{{"allocation/rotation/bound.go", `	b.Total = floorHalf(larger(l.past(), next))`, `	b.Total = floorHalf(floorHalf(larger(l.past(), next)))`}},
		dir:   turns, test: "TestProperty29.*",
	},
	{
		name: "remainders given from the first row on",
		edits: []edit{{"allocation/apportion/hamilton.go", `		return a > b
	}
	return s.before(i, j)`, `		return i < j
	}
	return s.before(i, j)`}},
		dir: splits, test: "TestProperty23.*",
	},

	// Explained, three-valued.
	{
		name: "explained in the state after the decision",
		edits: []edit{{"allocation/explain.go", `	return e.Seq - 1
}`, `	return e.Seq
}`}},
		dir: desk, test: "TestPolicyStages",
	},
	{
		name: "not unknown is true",
		edits: []edit{{"policy/rule/truth.go", `	case False:
		return True
	}
	return Unknown
}

// joinTruth`, `	}
	return True
}

// joinTruth`}},
		dir: rules, test: "TestFastPathAndReferenceInterpreterAgree", flags: []string{"-rapid.checks=5000"},
	},
	{
		name: "an unknown condition matches",
		edits: []edit{{"allocation/allocate.go", `		*unknown = append(*unknown, r.ID)
		return outcome{}, onward`, `		*unknown = append(*unknown, r.ID)`}},
		dir: documents, test: "Example_desk",
	},
	{
		name: "what is missing counts as zero",
		edits: []edit{{"policy/rule/eval.go", `		return Value{why: whyKPI, str: n.name}
	}
	return Value{why: whyMissing, str: n.name}`, `		return Value{why: whyKPI, str: n.name}
	}
	return Value{kind: n.kind}`}},
		dir: rules, test: "TestConditionMeansWhatTheReferenceSays",
	},
	{
		name:  "erasing keeps the salt",
		edits: []edit{{"allocation/memory.go", `			e.Fields, e.Salt = nil, nil`, `			e.Fields = nil`}},
		dir:   desk, test: "TestMemoryStore",
	},

	// Stores.
	{
		name:  "SQLite without an fsync per commit",
		edits: []edit{{"allocation/sqlitestore/conn.go", `{"synchronous", "FULL", "2"},`, `{"synchronous", "OFF", "0"},`}},
		dir:   sqlite, test: "TestEveryConnectionIsDurable",
	},
	{
		name:  "SQLite lets a new key replace an old one",
		edits: []edit{{"allocation/sqlitestore/append.go", `			ins = insertKeys`, `			ins = pointKeys`}},
		dir:   sqlite, test: "TestStore",
	},
	{
		name: "two desks share their keys in the store",
		edits: []edit{{"allocation/memory.go", `	d := s.desks[desk]
	if d == nil {`, `	d := s.desks[desk]
	for _, d = range s.desks {
		break
	}
	if d == nil {`}},
		dir: desk, test: "TestMemoryStore",
	},
	{
		name: "a refused batch leaves its entries",
		edits: []edit{{"allocation/memory.go", `	if err := d.refuses(batch); err != nil {
		return`, `	if err := d.refuses(batch); err != nil {
		for _, e := range batch.Entries {
			d.entries = append(d.entries, copyEntry(e))
		}
		return`}},
		dir: desk, test: "TestMemoryStore",
	},
	{
		name: "a bad row is dropped in silence",
		edits: []edit{{"policy/cmd/evenhand/rejects.go", `	for _, r := range rejected {
		cells`, `	for _, r := range rejected[:0] {
		cells`}},
		dir: command, test: "TestNothingIsLost",
	},
	// A developer's own structs.
	{
		name: "a nil pointer in a struct is zero",
		edits: []edit{{"policy/rule/struct.go", `return nil, nil
		}
		return read(target(v))`, `return read(reflect.Zero(t.Elem()))
		}
		return read(target(v))`}},
		dir: documents, test: "TestAStructIsReadAsACustomerByHand",
	},
	{
		name:  "a struct that grows is a new policy",
		edits: []edit{{"policy/load.go", `c.dropUnread(added)`, `c.dropUnread(structured{}) && len(added.kpis) > 0`}},
		dir:   documents, test: "TestStructsAreRecordedWithThePolicy",
	},
	{
		name: "the CRM is marked as told before it is",
		edits: []edit{{"examples/embed/outbox.go", `if owner, changed`, `if _, err := s.store.DB().ExecContext(ctx, "UPDATE outbox SET seen = ?", entry.Seq); err != nil {
			return err
		}
		if owner, changed`}},
		dir: "examples/embed", test: "TestWebhooksTwiceAndARestart",
	},

	// Cut-over and shadow.
	{
		name:  "what the CRM corrects replaces the decision",
		edits: []edit{{"allocation/keys.go", `		return via != ""`, `		return true`}},
		dir:   desk, test: "TestReconcileIsExplained",
	},
	{
		name:  "the CRM undoes what the desk did since",
		edits: []edit{{"allocation/reconcile.go", `!last.At.Before(crm.AsOf)`, `last.At.After(crm.AsOf.AddDate(1, 0, 0))`}},
		dir:   desk, test: "TestReconcileIsExplained",
	},
	{
		name:  "whom the CRM moves counts under no cap any more",
		edits: []edit{{"allocation/reconcile.go", `kept = append(kept, counted{Cap: i})`, `continue`}},
		dir:   desk, test: "TestReconcileKeepsStockCaps",
	},
	{
		name:  "a shadow follows twice what another process followed last",
		edits: []edit{{"allocation/shadow.go", `if e.Seq <= done {`, `if e.Seq < done {`}},
		dir:   desk, test: "TestTwoProcessesFollow",
	},
	{
		name:  "a snapshot of a shadow forgets where it stood",
		edits: []edit{{"allocation/snapshot.go", `Followed: s.followed`, `Followed: 0`}},
		dir:   desk, test: "TestPropertyShadowOfTheSamePolicy",
	},
	{
		name:  "a shadow asks to be woken",
		edits: []edit{{"allocation/group.go", `if g.d.shadow {`, `if g.d.shadow && g.live == 0 {`}},
		dir:   desk, test: "TestPropertyShadowOfTheSamePolicy",
	},
	{
		name:  "a transfer moves whom the shadow gave to somebody else",
		edits: []edit{{"allocation/shadow.go", `c.status == StatusAssigned && g.s.roster.members[c.row].rep.ID == rep`, `c.status == StatusAssigned`}},
		dir:   desk, test: "TestShadowFreesItsOwnPlace",
	},
	{
		name: "the fields of who was erased and decided in one append stay in memory",
		edits: []edit{{"allocation/group.go", `			c.forgetFields()
`, ``}},
		dir: desk, test: "TestErasedAndDecidedInOneAppend",
	},
	{
		name:  "the day after an absence is off, too",
		edits: []edit{{"policy/cmd/evenhand/internal/ical/spans.go", `e.end.Date.DaysSince(e.Start.Date))`, `e.end.Date.DaysSince(e.Start.Date)+1)`}},
		dir:   command + "/internal/ical", test: "TestSpans",
	},
}
