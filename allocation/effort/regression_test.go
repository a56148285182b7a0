package effort

import (
	"errors"
	"math"
	"testing"
)

// Promise: limits of groups are kept. A's second unit brings as much as B's
// first; A's group has no room for it.
func TestTiesKeepToGroups(t *testing.T) {
	a, err := Tabulate(0, []int64{0, 5, 8})
	if err != nil {
		t.Fatal(err)
	}
	b, err := Tabulate(0, []int64{0, 3, 6})
	if err != nil {
		t.Fatal(err)
	}
	p := &Problem{Budget: 2, Groups: []Group{{0, 1}}, Items: []Item{{Response: a, Max: NoLimit}, {Response: b, Max: NoLimit, Group: -1}}}
	got, err := Allocate(p)
	if err != nil {
		t.Fatal(err)
	}
	if got.Items[0].Units != 1 || got.Items[1].Units != 1 || Check(p, got) != nil {
		t.Errorf("one unit each, since A's group takes one; got %+v, %v", got, Check(p, got))
	}
}

// Promise: within its Deviation a response is the curve. This one turns at 0.8,
// within its first unit, and its second unit still brings more than its first.
func TestTurnsWithinTheFirstUnit(t *testing.T) {
	c, err := NewCurve("adbudg", 1, 65, 1.125, math.Pow(10, 1.125))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Sample(c, Window{To: 5, Scale: 1e6}); !errors.Is(err, ErrShape) {
		t.Errorf("returns that grow from the first unit to the second are refused; got %v", err)
	}
	for to := int64(1); to < 8; to++ {
		r, err := Sample(c, Window{To: to, Scale: 1e6, Envelope: true})
		if err != nil {
			t.Fatal(err)
		}
		for x := range to + 1 {
			curve := c.At(float64(x)) * 1e6
			if math.Abs(float64(r.Actual(x))-curve) > float64(r.Deviation)+1 || float64(r.Value(x)) < curve-float64(r.Deviation)-1 || r.Deviation > 10 {
				t.Errorf("to %d: %d units return %g on the curve; response %d, actual %d, deviation %d", to, x, curve, r.Value(x), r.Actual(x), r.Deviation)
			}
		}
	}
}
