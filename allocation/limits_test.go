package allocation

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// Each limit holds to the byte, and its message gives both numbers.
func TestLimits(t *testing.T) {
	d := openTest(t, NewMemoryStore(), rotating())
	d.must(d.SetReps(ctx, reps("ana", "bo"), Opening{At: monday}))
	d.assign("L", monday)
	x := func(n int) string { return strings.Repeat("x", n) }
	customer := func(c Customer) error {
		c.At = monday
		_, err := d.Assign(ctx, c)
		return err
	}
	rep := func(n int) Rep {
		const frame = len(`{"id":"cem","name":""}`)
		return Rep{ID: "cem", Name: x(n - frame)}
	}
	for _, c := range []struct {
		name  string
		limit int
		do    func(n int) error
		want  string
	}{
		{"ID", MaxID, func(n int) error { return customer(Customer{ID: x(n)}) }, "the customer's ID has 257 bytes; the limit is 256"},
		{"kind", MaxID, func(n int) error { return customer(Customer{ID: "K", Kind: x(n)}) }, "the customer's kind has 257 bytes; the limit is 256"},
		{"key", MaxID, func(n int) error { return customer(Customer{ID: "Y", Key: x(n)}) }, "the request's key has 257 bytes; the limit is 256"},
		{"fields", MaxFields, func(n int) error {
			return customer(Customer{ID: fmt.Sprint("F", n), Fields: map[string]any{"a": x(n - len(`{"a":""}`))}})
		}, "the fields that the policy reads have 1048577 bytes as JSON; the limit is 1048576"},
		{"note of a void", MaxNote, func(n int) error { return d.Void(ctx, "L", x(n), At(monday)) }, "the note has 1025 bytes; the limit is 1024"},
		{"note of a grant", MaxNote, func(n int) error { return d.Grant(ctx, "r1", "ana", 1, x(n), At(monday)) }, "the note has 1025 bytes; the limit is 1024"},
		{"outcome", MaxID, func(n int) error { return d.Release(ctx, "L", Outcome(x(n)), At(monday)) }, "the outcome has 257 bytes; the limit is 256"},
		{"rep", MaxRep, func(n int) error { return d.SetRep(ctx, rep(n), monday) }, "he has 65537 bytes as JSON; the limit is 65536"},
		{"desk", MaxID, func(n int) error {
			cfg := d.config(nil)
			cfg.Desk = x(n)
			desk, err := Open(ctx, cfg)
			if err == nil {
				err = desk.Close()
			}
			return err
		}, "the desk's name has 257 bytes; the limit is 256"},
	} {
		before := d.folded()
		if err := c.do(c.limit + 1); !errors.Is(err, ErrInput) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: what is one over the limit is refused with %q; got %v", c.name, c.want, err)
		}
		if d.folded() != before {
			t.Errorf("%s: what is refused changes nothing", c.name)
		}
		if err := c.do(c.limit); err != nil {
			t.Errorf("%s: what is at the limit is taken; got %v", c.name, err)
		}
	}
	many := make([]Rep, MaxReps+1)
	if err := checkRoster(many); err == nil || err.Error() != "the roster has 100001 reps; the limit is 100000" {
		t.Errorf("a roster beyond the limit is refused; got %v", err)
	}
	if err := d.Void(ctx, "L", "\xff"); !errors.Is(err, ErrInput) {
		t.Errorf("a note is UTF-8; got %v", err)
	}
}
