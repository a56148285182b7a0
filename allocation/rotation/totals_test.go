package rotation

import (
	"encoding/json"
	"errors"
	"math/bits"
	"testing"

	"pgregory.net/rapid"
)

// 80 % of customers can be taken by A alone, the others by A or B: levelling
// gives B nearly all he can take, a share per customer gives him half of it.
func TestTotalsLevelsScenarioE(t *testing.T) {
	l := NewTotals()
	a, b := l.Open("A", 0), l.Open("B", 0)
	for i := range 600 {
		entrants := []Entrant{{a, 1}}
		if i%5 == 4 {
			entrants = append(entrants, Entrant{b, 1})
		}
		if _, err := l.Pick(1, entrants, nil); err != nil {
			t.Fatal(err)
		}
	}
	_, gotA := l.Load(a)
	_, gotB := l.Load(b)
	if gotA != 480 || gotB != 120 {
		t.Errorf("A %d, B %d of 600; want 480 and 120", gotA, gotB)
	}
}

func TestPropertyTotals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 6).Draw(t, "n")
		l := NewTotals()
		entrants := make([]Entrant, n)
		for i := range entrants {
			entrants[i] = Entrant{l.Open(string(rune('a'+i)), 0), rapid.Int64Range(1, 9).Draw(t, "weight")}
		}
		most := int64(0)
		for range rapid.IntRange(1, 60).Draw(t, "customers") {
			size := rapid.Int64Range(1, 20).Draw(t, "size")
			most = max(most, size)
			if _, err := l.Pick(size, entrants, nil); err != nil {
				t.Fatal(err)
			}
			for _, i := range entrants {
				for _, j := range entrants {
					li, _ := l.Load(i.Account)
					lj, _ := l.Load(j.Account)
					h1, l1 := bits.Mul64(uint64(li), uint64(j.Weight))
					h2, l2 := bits.Mul64(uint64(max(0, lj-most)), uint64(i.Weight))
					if h1 < h2 || h1 == h2 && l1 < l2 {
						t.Fatalf("with everybody eligible, nobody's load for his weight is below another's without his largest customer: %d/%d, %d/%d", li, i.Weight, lj, j.Weight)
					}
				}
			}
		}
		text, err := json.Marshal(l)
		if err != nil {
			t.Fatal(err)
		}
		var back Totals
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatal(err)
		}
		again, _ := json.Marshal(&back)
		if string(again) != string(text) {
			t.Fatalf("a snapshot read back gives the same bytes:\n%s\n%s", text, again)
		}
		i, err := l.Pick(3, entrants, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Void(3, entrants[i].Account); err != nil {
			t.Fatal(err)
		}
		undone, _ := json.Marshal(l)
		if string(undone) != string(text) {
			t.Fatalf("a void restores the state before the customer:\n%s\n%s", text, undone)
		}
	})
}

func TestTotalsRefuses(t *testing.T) {
	l := NewTotals()
	a := l.Open("A", 0)
	if _, err := l.Pick(1, []Entrant{{a, 0}}, nil); !errors.Is(err, ErrNobody) {
		t.Errorf("nobody has a weight: %v", err)
	}
	if _, err := l.Pick(0, []Entrant{{a, 1}}, nil); !errors.Is(err, ErrSize) {
		t.Errorf("size 0: %v", err)
	}
	if err := l.Void(1, a); !errors.Is(err, ErrNotGiven) {
		t.Errorf("nothing to void: %v", err)
	}
	var back Totals
	for _, text := range []string{`{"ids":["a","a"],"loads":[1,2],"customers":[1,1]}`, `{"ids":["a"],"loads":[],"customers":[1]}`, `{"ids":["a"],"loads":[-1],"customers":[1]}`, `[]`} {
		if err := json.Unmarshal([]byte(text), &back); !errors.Is(err, ErrSnapshot) {
			t.Errorf("snapshot %s: %v", text, err)
		}
	}
}
