package allocation

import (
	"bytes"
	"encoding/json"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// machinePolicy is a policy with most of what a policy can have.
func machinePolicy(name string, book, daily int64, wait Otherwise) *Policy {
	p := &fakePolicy{Policy: Policy{
		Manual:   ManualCapsAndCredit,
		OnReturn: OnReturn{Kind: ReturnGrant, Max: 3},
		Rules: []Rule{
			{ID: "big", HasSize: true, SizeScale: 2, SizeLow: 20, SizeHigh: 500, Typical: 100, HasWeight: true, WeightByRep: true,
				IfNone: IfNone{Full: wait, Away: wait}, Caps: []int{2}},
			{ID: "picky", Pick: "best", HasPrefer: true, Available: NotAway},
			{ID: "rest", HasWeight: true, WeightNull: WeightNull{Kind: NullMean}, WeightRange: &WeightRange{Low: 500_000, High: 2_000_000},
				IfNone: IfNone{Full: wait, Away: wait}},
		},
		Caps: []Cap{
			{Name: "book", Rule: -1},
			{Name: "daily", Rule: -1, Flow: true, Per: mustPer("day")},
			{Name: "big week", Rule: 0, Flow: true, Per: mustPer("72h")},
			{Name: "team", Rule: -1, Team: true},
		},
		Fallback: []string{"sam"},
	}}
	p.when = []func(fakeFields, time.Time) Truth{
		func(f fakeFields, _ time.Time) Truth { return truth(f.num("size") > 2) },
		func(f fakeFields, _ time.Time) Truth { return truth(f.num("size") == 2) },
		nil,
	}
	p.eligible = []func(*Rep, int64, fakeFields) Truth{nil,
		func(r *Rep, _ int64, _ fakeFields) Truth { return truth(r.Role == "a") },
		func(r *Rep, _ int64, f fakeFields) Truth { return truth(r.Role == "a" || f.num("size") == 0) },
	}
	p.weight = []func(*Rep, fakeFields) (float64, bool){
		func(r *Rep, _ fakeFields) (float64, bool) { return r.KPI["w"], true },
		nil,
		func(r *Rep, f fakeFields) (float64, bool) { w, ok := r.KPI["w"]; return w + f.num("size"), ok },
	}
	p.prefer = []func(*Rep, fakeFields) (float64, bool){nil,
		func(r *Rep, _ fakeFields) (float64, bool) { w, ok := r.KPI["w"]; return w, ok }}
	p.size = []func(fakeFields) (float64, bool){func(f fakeFields) (float64, bool) { return f.num("size"), f.num("size") > 0 }}
	p.units = func(f fakeFields) (int64, error) { return 1 + int64(f.num("size"))/4, nil }
	p.limit = []func(*Rep) (int64, bool){constLimit(book), constLimit(daily), constLimit(2), constLimit(3 * book)}
	return p.policy(name)
}

func TestSameInputSameLedger(t *testing.T) {
	run := func(order []string) []byte {
		p := machinePolicy("same", 3, 2, Wait)
		d := openTest(t, NewMemoryStore(), p)
		var team []Rep
		for _, id := range order {
			team = append(team, Rep{ID: id, Role: "a", KPI: map[string]float64{"w": float64(len(id))}, Teams: []string{"x"}})
		}
		d.must(d.SetReps(ctx, team, Opening{At: monday}))
		for i := range 60 {
			d.assign(fmt.Sprintf("L%02d", i), monday.Add(time.Duration(i)*time.Hour), "size", i%7, "b", 1, "a", 2)
			if i%3 == 2 {
				d.must(d.Release(ctx, fmt.Sprintf("L%02d", i-2), Won, At(monday.Add(time.Duration(i)*time.Hour))))
			}
		}
		var b bytes.Buffer
		for _, e := range d.entries() {
			text, err := json.Marshal(e)
			d.must(err)
			b.Write(text)
		}
		return b.Bytes()
	}
	want := run([]string{"ana", "bo", "cyril", "dee", "sam"})
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for procs, order := range [][]string{{"sam", "dee", "cyril", "bo", "ana"}, {"bo", "sam", "ana", "cyril", "dee"}, {"dee", "ana", "sam", "bo", "cyril"}} {
		runtime.GOMAXPROCS(1 << procs)
		if got := run(order); !bytes.Equal(got, want) {
			t.Errorf("the order of the reps in the input and the number of processors must not change a byte of the ledger:\n%s", cmp.Diff(string(want), string(got)))
		}
	}
}
