package allocation

import (
	"strings"
	"testing"
	"time"

	"github.com/evenhand/evenhand/.ci/budget"
)

// smallLedger is a ledger with most events, for seeds.
func smallLedger(t tester) *testDesk {
	p := machinePolicy("strict", 3, 2, Wait)
	d := openTest(t, NewMemoryStore(), p)
	d.must(d.SetReps(ctx, []Rep{{ID: "ana", Role: "a", KPI: map[string]float64{"w": 1}}, {ID: "bo", Role: "a", KPI: map[string]float64{"w": 3}}, {ID: "sam"}},
		Opening{At: monday, Owned: []Owned{{ID: "K1", Rep: "ana"}}}))
	for i, id := range []string{"L1", "L2", "L3", "L4", "L5", "L6"} {
		d.assign(id, monday.Add(time.Duration(i)*time.Hour), "size", i)
	}
	d.must(d.Void(ctx, "L4", "duplicate"))
	d.must(d.Release(ctx, "L5", Won))
	d.must(d.Transfer(ctx, "K1", "bo", Force()))
	d.must(d.Grant(ctx, "rest", "ana", 1, "gift"))
	d.must(d.CloseAccount(ctx, "rest", "bo", "left"))
	return d
}

// FuzzEntry folds entries that may hold anything: the fold refuses what it
// cannot make sense of, and never panics.
func FuzzEntry(f *testing.F) {
	d := smallLedger(f)
	for _, e := range d.entries() {
		f.Add(string(e.Event), e.Customer, e.Rep, string(e.Status), e.Body)
	}
	for _, body := range []string{
		`{"v":1,"fault":"boom"}`, `{"v":1,"units":-9223372036854775808}`, `{"v":1e999999}`, `{"v":1,"since":"99999-01-01T00:00:00Z"}`,
		`{"v":1,"caps":[{"cap":-1}]}`, `{"v":1,"turn":{"rotation":"","size":1000000000000000000,"among":"////"}}`, strings.Repeat("[", 20_000),
	} {
		for _, event := range []Event{EventUnassigned, EventAssigned, EventWaiting, EventTransferred, EventVoided} {
			f.Add(string(event), "L1", "ana", "", []byte(body))
		}
	}
	loaded, err := loadState(ctx, d.store, "test", 0)
	if err != nil {
		f.Fatal(err)
	}
	text, err := loaded.encode()
	if err != nil {
		f.Fatal(err)
	}
	snapshot := Snapshot{Version: loaded.head.Version, State: text}
	f.Fuzz(func(t *testing.T, event, customer, rep, status string, body []byte) {
		var s *state
		var err error
		budget.Within(t, len(event)+len(customer)+len(rep)+len(status)+len(body), func() {
			if s, err = restore(snapshot); err != nil {
				t.Fatal(err)
			}
			for i := range 2 {
				entry := Entry{Seq: snapshot.Version + 1 + uint64(i), At: monday.AddDate(1, 0, 0), Event: Event(event),
					Kind: "lead", Customer: customer, Episode: 1, Rep: rep, Status: Status(status), Body: body}
				if err = s.foldEntry(entry); err != nil {
					return
				}
			}
		})
		if err != nil {
			if strings.Contains(err.Error(), "cannot be folded") {
				t.Fatalf("the fold refuses and does not panic: %v", err)
			}
			return
		}
		if _, err := s.encode(); err != nil {
			t.Fatalf("what was folded can be written as a snapshot: %v", err)
		}
	})
}

// FuzzSnapshot reads snapshots that may hold anything.
func FuzzSnapshot(f *testing.F) {
	d := smallLedger(f)
	f.Add([]byte(d.folded()))
	f.Add([]byte(`{"v":1}`))
	for _, status := range []Status{StatusUnassigned, StatusWaiting, StatusReleased, "x"} {
		f.Add([]byte(`{"v":1,"customers":[{"kind":"lead","id":"P","row":99,"status":"` + status + `","fault":"boom"}]}`))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var s *state
		var err error
		budget.Within(t, len(text), func() { s, err = restore(Snapshot{Version: 7, State: text}) })
		if err != nil {
			return
		}
		once, err := s.encode()
		if err != nil {
			t.Fatal(err)
		}
		again, err := restore(Snapshot{Version: 7, State: once})
		if err != nil {
			t.Fatalf("a snapshot that was read can be written and read again: %v", err)
		}
		if twice, err := again.encode(); err != nil || string(twice) != string(once) {
			t.Fatalf("equal states give equal bytes:\n%s\n%s", once, twice)
		}
	})
}
