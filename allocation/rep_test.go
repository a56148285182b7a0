package allocation

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/evenhand/evenhand/allocation/calendar"
	"pgregory.net/rapid"
)

func TestRepAsJSON(t *testing.T) {
	shifts, err := calendar.ParseShifts("Mon-Fri 09:00-17:30; Sat 10:00-14:00")
	if err != nil {
		t.Fatal(err)
	}
	berlin, err := calendar.LoadZone("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	off, err := calendar.ParseSpans("2026-03-01..2026-03-14", berlin)
	if err != nil {
		t.Fatal(err)
	}
	ana := Rep{ID: "ana", Teams: []string{"field"}, Capacity: new(int64(0)), Timezone: "Europe/Berlin", Shifts: shifts, TimeOff: off,
		HiredAt: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), KPI: map[string]float64{"win_rate": 0.25}, Fields: map[string]any{"level": "junior"}}
	text, err := json.Marshal(ana)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"id":"ana","teams":["field"],"capacity":0,"timezone":"Europe/Berlin","hired_at":"2026-01-01T00:00:00Z",` +
		`"kpi":{"win_rate":0.25},"fields":{"level":"junior"},"shifts":"Mon,Tue,Wed,Thu,Fri 09:00-17:30; Sat 10:00-14:00",` +
		`"time_off":"2026-02-28T23:00:00Z..2026-03-14T23:00:00Z"}`
	if string(text) != want {
		t.Errorf("the ledger's form of a rep:\n got %s\nwant %s", text, want)
	}
	var back Rep
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if again, _ := json.Marshal(back); string(again) != string(text) {
		t.Errorf("reading a rep back changes him:\n%s\n%s", text, again)
	}
}

// TestSetRepRefusesTheCirclesThatSetRepsRefuses gives managers one rep at a
// time and holds the answer to that of the whole roster at once.
func TestSetRepRefusesTheCirclesThatSetRepsRefuses(t *testing.T) {
	refused := 0
	rapid.Check(t, func(rt *rapid.T) {
		d := openTest(t, NewMemoryStore(), (&fakePolicy{Policy: Policy{Rules: []Rule{{}}}}).policy("managers"))
		defer d.Close()
		roster := map[string]Rep{}
		for range rapid.IntRange(1, 15).Draw(rt, "changes") {
			name := func(label string) string {
				return rapid.SampledFrom([]string{"a", "b", "c", "d", "boss"}).Draw(rt, label)
			}
			rep := Rep{ID: name("rep"), Manager: name("manager"), Inactive: rapid.IntRange(0, 3).Draw(rt, "inactive") == 0}
			var whole []Rep
			for id, other := range roster {
				if id != rep.ID && !other.Inactive {
					whole = append(whole, other)
				}
			}
			want := checkRoster(append(whole, rep))
			got := d.SetRep(ctx, rep, monday)
			if (got == nil) != (want == nil) {
				rt.Fatalf("one rep is refused when the whole roster would be: %+v gives %v, and with everybody %v", rep, got, want)
			}
			if got == nil {
				roster[rep.ID] = rep
			} else {
				refused++
			}
		}
	})
	if refused == 0 {
		t.Fatal("no drawn circle was refused")
	}
}
