package allocation

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/evenhand/evenhand/allocation/calendar"
)

// TestPlanOfWhatTheDeskKnows: a plan leaves alone whose work has ended and whom
// the policy cannot read, and places who waits or was left without a rep.
func TestPlanOfWhatTheDeskKnows(t *testing.T) {
	p := &fakePolicy{
		Policy: Policy{Rules: []Rule{{Pick: "best", HasPrefer: true, IfNone: IfNone{Full: Wait}}}, Caps: []Cap{{Name: "book", Rule: -1}}},
		limit:  []func(*Rep) (int64, bool){func(r *Rep) (int64, bool) { return *r.Capacity, true }},
		prefer: []func(*Rep, fakeFields) (float64, bool){func(r *Rep, f fakeFields) (float64, bool) { v, known := r.KPI["rate"]; return v, known }},
		eligible: []func(*Rep, int64, fakeFields) Truth{func(_ *Rep, _ int64, f fakeFields) Truth {
			return Truth(int(f.num("fits")))
		}},
	}
	d := openTest(t, NewMemoryStore(), p.policy("p"))
	ctx := context.Background()
	ana, bo, cy := Rep{ID: "ana", Capacity: new(int64(1)), KPI: map[string]float64{"rate": 0.5}}, Rep{ID: "bo", Capacity: new(int64(0))}, Rep{ID: "cy", Capacity: new(int64(0))}
	d.must(d.SetReps(ctx, []Rep{ana, bo, cy}, Opening{At: monday}))
	d.assign("open", monday, "fits", 1)
	d.assign("waits", monday, "fits", 1)
	d.assign("nobody", monday, "fits", 0)
	d.assign("void", monday, "fits", 1)
	d.must(d.Void(ctx, "void", "duplicate", At(monday)))
	d.assign("won", monday, "fits", 1)
	d.must(d.Release(ctx, "won", Won, At(monday)))
	away, err := calendar.ParseSpans("2026-03-02..2026-03-03", time.UTC)
	d.must(err)
	bo.Capacity, cy.Capacity, cy.TimeOff = new(int64(2)), new(int64(9)), away
	customer := func(id string, fields ...any) Customer {
		c := Customer{ID: id, Fields: map[string]any{"fits": 1}}
		for i := 0; i < len(fields); i += 2 {
			c.Fields[fields[i].(string)] = fields[i+1]
		}
		return c
	}
	// Room appears while nobody looks: the desk itself would give it to who waits.
	state := func(o PlanOptions) string {
		o.At = monday
		var lines []string
		for _, row := range mustPlan(d, []Customer{customer("open"), customer("waits"), customer("nobody"), customer("void"), customer("won"), customer("new"), customer("bad", "bad", 1), customer("odd", "panics", 1), customer("")}, o).Rows {
			lines = append(lines, strings.TrimSpace(fmt.Sprintln(row.Customer, row.Status, row.Rep+"|"+row.Reason, row.Fault)))
		}
		return strings.Join(lines, "\n")
	}
	full := `open assigned ana|
waits waiting |full
nobody waiting |full
void voided |closed
won released |closed
new waiting |full
bad unassigned |failed field bad is bad
odd unassigned |failed it panicked: boom
unassigned |failed the customer's ID is empty`
	if got := state(PlanOptions{}); got != full {
		t.Errorf("with everybody full:\n%s\nwant:\n%s", got, full)
	}
	d.must(d.Release(ctx, "waits", Lost, At(monday)))
	d.must(d.SetReps(ctx, []Rep{ana, bo, cy}, Opening{At: monday}))
	room := strings.NewReplacer("waits waiting |full", "waits released |closed", "nobody waiting |full", "nobody assigned bo|", "new waiting |full", "new assigned bo|").Replace(full)
	if got := state(PlanOptions{}); got != room {
		t.Errorf("with room at bo, whose rate is unknown, and cy away:\n%s\nwant:\n%s", got, room)
	}
}
