package allocation_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/policy"
	"github.com/google/go-cmp/cmp"
)

var updateMessages = flag.Bool("update-messages", false, "write what the desk says now into testdata/messages.txt; read the difference before committing it")

const messagesFile = "testdata/messages.txt"

// messagesPolicy has room for one customer a rep.
const messagesPolicy = `
evenhand: 1
name: messages
customer: lead
fields: {lead: {employees: int, plan: {type: string, missing: refuse}}, rep: {quota: int}}
kpis: [win_rate]
units: lead.employees ?? 1
caps: [{name: book, open: rep.capacity ?? 5}, {name: unknown, open: 'rep.role == "guest" ? rep.quota : 9'}]
rules:
  - {name: everyone, id: all, when: lead.plan != "none", eligible: rep.kpi.win_rate > 0.1}
  - {name: best, id: best, pick: first}
`

// TestMessages pins what a desk says when it refuses or fails, as whoever runs
// sales reads it in the CRM that the desk is part of.
func TestMessages(t *testing.T) {
	p, err := policy.Parse("policy.yaml", []byte(messagesPolicy), nil)
	if err != nil {
		t.Fatal(err)
	}
	compiled, err := p.Compile()
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	config := allocation.Config{Policy: compiled, Compile: policy.Compile, Store: allocation.NewMemoryStore(), Clock: func() time.Time { return now }}
	desk, err := allocation.Open(ctx, config)
	if err != nil {
		t.Fatal(err)
	}
	defer desk.Close()
	rep := func(id string) allocation.Rep {
		return allocation.Rep{ID: id, Role: "rep", Capacity: new(int64(1)), KPI: map[string]float64{"win_rate": 0.5}}
	}
	guest, away := rep("guest"), rep("away")
	guest.Role, away.Inactive = "guest", true
	if err := desk.SetReps(ctx, []allocation.Rep{rep("ana"), rep("bo"), guest, away}); err != nil {
		t.Fatal(err)
	}
	lead := func(id string) allocation.Customer {
		return allocation.Customer{ID: id, Fields: map[string]any{"plan": "gold"}}
	}
	assigned := func(c allocation.Customer) error {
		_, err := desk.Assign(ctx, c)
		return err
	}
	planned := func(customers ...allocation.Customer) error {
		_, err := desk.Plan(ctx, customers, allocation.PlanOptions{})
		return err
	}
	byHand := func(c allocation.Customer, rep string) error {
		_, err := desk.AssignTo(ctx, c, rep)
		return err
	}
	explained := func(id string, opts ...allocation.Option) error {
		_, err := desk.Explain(ctx, id, opts...)
		return err
	}
	if err := errors.Join(byHand(lead("L-1"), "ana"), byHand(lead("L-2"), "bo"), desk.Release(ctx, "L-2", allocation.Won)); err != nil {
		t.Fatal(err)
	}
	keyed, other := lead("L-5"), lead("L-9")
	keyed.Key, other.Key = "form-7", "form-7"
	wrong, large := lead("L-8"), lead("L-8")
	wrong.Fields = map[string]any{"plan": "gold", "employees": "1,200"}
	large.Fields = map[string]any{"plan": "gold", "employees": int64(-1)}
	bare := allocation.Customer{ID: "L-8"}
	negative, circular := rep("cy"), rep("ana")
	negative.Capacity = new(int64(-3))
	circular.Manager = "ana"
	blank, control, slash := lead(""), lead("L\t8"), lead("L-8")
	slash.Kind = "a/b"
	closed, err := allocation.Open(ctx, allocation.Config{Policy: compiled, Compile: policy.Compile, Store: allocation.NewMemoryStore()})
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	empty, err := allocation.Open(ctx, allocation.Config{Store: allocation.NewMemoryStore()})
	if err != nil {
		t.Fatal(err)
	}
	defer empty.Close()
	strict := config
	strict.Store, strict.Replay = allocation.NewMemoryStore(), allocation.ReplayStrict
	replay, err := allocation.Open(ctx, strict)
	if err != nil {
		t.Fatal(err)
	}
	defer replay.Close()
	if err := replay.SetReps(ctx, []allocation.Rep{rep("ana")}, allocation.Opening{At: now}); err != nil {
		t.Fatal(err)
	}
	early := lead("L-1")
	early.At = now.AddDate(0, 0, -1)

	recorded, _ := keyedDay(t)
	verified := func(tamper func(*tampered)) error {
		s := tampered{Store: recorded}
		tamper(&s)
		return allocation.Verify(ctx, s, "test")
	}

	var said strings.Builder
	for _, c := range []struct {
		what string
		err  error
	}{
		{"a customer without an ID", assigned(blank)},
		{"a customer with a tab in his ID", assigned(control)},
		{"a kind with a slash", assigned(slash)},
		{"a customer with a value that is none", assigned(wrong)},
		{"a customer without a field that is declared missing: refuse", assigned(bare)},
		{"a customer who takes less than nothing", assigned(large)},
		{"a key that another customer used", second(assigned(keyed), assigned(other))},
		{"a customer nobody knows", desk.Release(ctx, "L-7", allocation.Won)},
		{"an explanation of a customer nobody knows", explained("L-7")},
		{"a customer of another kind", explained("L-1", allocation.Kind("account"))},
		{"a rep nobody knows", byHand(lead("L-3"), "dora")},
		{"a rep who is not active", byHand(lead("L-3"), "away")},
		{"a rep at his cap", byHand(lead("L-3"), "ana")},
		{"a rep whose limit is not known", byHand(lead("L-3"), "guest")},
		{"a transfer of a closed customer", desk.Transfer(ctx, "L-2", "ana")},
		{"a transfer to a rep at his cap", desk.Transfer(ctx, "L-1", "bo")},
		{"a transfer to nobody", desk.Transfer(ctx, "L-1", "dora")},
		{"credit in a rule that does not rotate", desk.Grant(ctx, "best", "ana", 1, "")},
		{"credit in a rule that is not there", desk.Grant(ctx, "al", "ana", 1, "")},
		{"credit for a rep nobody knows", desk.Grant(ctx, "all", "dora", 1, "")},
		{"credit for a rep who never took part", desk.Grant(ctx, "all", "guest", 1, "")},
		{"a rep removed who is not there", desk.RemoveRep(ctx, "dora")},
		{"reps that cannot be used", desk.SetReps(ctx, []allocation.Rep{negative, circular, rep("bo"), rep("bo")})},
		{"records of a CRM that cannot be used", func() error {
			_, err := desk.Reconcile(ctx, allocation.CRM{Records: []allocation.Record{
				{ID: "L-1", Owner: "ana"}, {ID: "L-2", Owner: "dora"}, {ID: "L-1", Closed: true}, {Owner: "bo"}, {ID: "L-3", Owner: "bo", Units: -1},
			}})
			return err
		}()},
		{"time ahead of the clock", desk.Advance(ctx, now.Add(time.Hour))},
		{"time before the ledger's", func() error { _, err := replay.Assign(ctx, early); return err }()},
		{"a plan of a customer who is named twice", planned(lead("L-20"), lead("L-21"), lead("L-20"))},
		{"a plan asked about a customer who is not in it", func() error {
			plan, err := desk.Plan(ctx, nil, allocation.PlanOptions{})
			if err == nil {
				_, err = plan.Explain("L-1")
			}
			return err
		}()},
		{"a plan that was read from a file asked why", func() error { _, err := new(allocation.Plan).Explain("L-1"); return err }()},
		{"a desk without a policy", func() error { _, err := empty.Assign(ctx, lead("L-1")); return err }()},
		{"a desk that is closed", closed.Release(ctx, "L-1", allocation.Won)},
		{"no policy to put in force", desk.SetPolicy(ctx, nil)},
		{"a desk whose name nobody can type", func() error {
			_, err := allocation.Open(ctx, allocation.Config{Desk: "a\nb", Store: allocation.NewMemoryStore()})
			return err
		}()},
		{"a ledger that lost a key", verified(func(s *tampered) {
			s.lookup = func(key string, seq uint64, found bool) (uint64, bool) { return seq, found && key != "r/webhook-3" }
		})},
		{"a ledger with a key that points elsewhere", verified(func(s *tampered) {
			s.lookup = func(key string, seq uint64, found bool) (uint64, bool) {
				if key == "c/lead/L3" {
					return 2, true
				}
				return seq, found
			}
		})},
		{"a snapshot with a byte changed", verified(func(s *tampered) {
			s.snapshot = func(snapshot allocation.Snapshot) allocation.Snapshot {
				snapshot.State = bytes.Replace(snapshot.State, []byte("ana"), []byte("eva"), 1)
				return snapshot
			}
		})},
	} {
		if c.err == nil {
			t.Errorf("%s must be refused", c.what)
			continue
		}
		said.WriteString("=== " + c.what + "\n>>>\n" + c.err.Error() + "\n")
	}
	if *updateMessages {
		if err := os.WriteFile(messagesFile, []byte(said.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pinned, err := os.ReadFile(messagesFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(pinned), said.String()); diff != "" {
		t.Errorf("what the desk says changed (-pinned +now):\n%s", diff)
	}
}

// second is the error of the second of two steps.
func second(first, then error) error {
	if first != nil {
		return errors.Join(first, errors.New("the step before failed"))
	}
	return then
}
