package rotation

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/evenhand/evenhand/.ci/budget"
)

// storied is a ledger in which everything has happened at least once.
func storied(t fataler) *Ledger {
	l := New()
	for _, id := range []string{"bo", "ana", "chi", "\xff\xfe", ""} {
		l.Open(id)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%v", err)
		}
	}
	all := []Entrant{{0, 3}, {1, 2}, {2, 1}, {3, 1}, {4, 7}}
	for range 9 {
		mustPick(t, l, Selection{}, customer{5, all, nil})
	}
	must(l.Void(5, all, 4))
	must(l.Grant(0, 1234, all[1:]))
	must(l.Close(2, all[:2]))
	l.Open("chi")
	must(l.Apply(3, []Entrant{{0, 0}, {1, 1}, {5, 4}}, 0))
	mustPick(t, l, Selection{Rule: Window, Tau: 9000, Sigma: 2000}, customer{2, all[:2], []int32{2, 1}})
	return l
}

func steadyLedger(t fataler) *Ledger {
	l := lettered(3)
	for range 4 {
		mustPick(t, l, Selection{}, customer{1, weighted("ABC", []int64{5, 1, 1}), nil})
	}
	return l
}

func TestSnapshotsComeBack(t *testing.T) {
	for _, l := range []*Ledger{New(), lettered(2), steadyLedger(t), storied(t)} {
		text := snapshotOf(t, l)
		var back Ledger
		if err := json.Unmarshal([]byte(text), &back); err != nil {
			t.Fatalf("what a ledger wrote can be read: %v\n%s", err, text)
		}
		if again := snapshotOf(t, &back); again != text {
			t.Errorf("and says the same:\n%s\n%s", text, again)
		}
		for id, a := range l.index {
			if b, ok := back.Lookup(id); !ok || b != a {
				t.Errorf("%q has its account: %d, not %d", id, a, b)
			}
		}
		if a, b := l.Open("new"), back.Open("new"); a != b {
			t.Errorf("both go on alike: %d, %d", a, b)
		}
	}
}

// Any change of one byte is refused or changes nothing.
func TestDamagedSnapshotsAreRefused(t *testing.T) {
	text := snapshotOf(t, storied(t))
	for i := range len(text) {
		for _, b := range []byte{'0', '7', '-', '"', ' ', text[i] ^ 1} {
			damaged := text[:i] + string(b) + text[i+1:]
			l := lettered(1)
			switch err := l.UnmarshalJSON([]byte(damaged)); {
			case err == nil && snapshotOf(t, l) != text:
				t.Fatalf("byte %d as %q is noticed:\n%s", i, b, damaged)
			case err != nil && (!errors.Is(err, ErrSnapshot) || l.Len() != 1):
				t.Fatalf("a refusal is ErrSnapshot and leaves the ledger alone: %v", err)
			}
		}
	}
	for _, cut := range []string{"", "{}", "null", text[:len(text)/2], text + "{}", strings.Replace(text, `"rotation":1`, `"rotation":2`, 1)} {
		if err := New().UnmarshalJSON([]byte(cut)); !errors.Is(err, ErrSnapshot) {
			t.Errorf("%.40q is refused, not %v", cut, err)
		}
	}
}

// With the digest made right, what must hold of every ledger is checked all the same.
func TestForgedSnapshotsAreRefused(t *testing.T) {
	for name, forge := range map[string]func(s *snapshot){
		"credits that do not sum to zero": func(s *snapshot) { s.Accounts[0].Credit = "5" },
		"an ID twice":                     func(s *snapshot) { s.Accounts[1].ID = s.Accounts[0].ID },
		"a credit never reached":          func(s *snapshot) { s.History.Reached = "1" },
		"a negative bound":                func(s *snapshot) { s.History.Held = "-1" },
		"a huge bound":                    func(s *snapshot) { s.History.Above = "9" + strings.Repeat("0", 50) },
		"an odd figure":                   func(s *snapshot) { s.History.Tau = "+1" },
		"negative outcomes":               func(s *snapshot) { s.History.Outcomes = -1 },
		"negative customers":              func(s *snapshot) { s.Accounts[0].Customers = -1 },
		"steady but not present":          func(s *snapshot) { s.History.Present = false },
		"closed with credit":              func(s *snapshot) { s.Accounts[0].Closed = true },
	} {
		var s snapshot
		if err := json.Unmarshal([]byte(snapshotOf(t, steadyLedger(t))), &s); err != nil {
			t.Fatal(err)
		}
		forge(&s)
		s.Check, _ = s.digest()
		text, _ := json.Marshal(s)
		if err := New().UnmarshalJSON(text); !errors.Is(err, ErrSnapshot) {
			t.Errorf("%s is refused, not %v", name, err)
		}
	}
}

func FuzzSnapshot(f *testing.F) {
	for _, l := range []*Ledger{New(), steadyLedger(f), storied(f)} {
		f.Add([]byte(snapshotOf(f, l)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		// The digest would stop nearly everything; make it right to get further.
		var s snapshot
		if json.Unmarshal(data, &s) == nil {
			if s.Check, _ = s.digest(); s.Check != "" {
				data, _ = json.Marshal(s)
			}
		}
		var l *Ledger
		var err error
		budget.Within(t, len(data), func() {
			l = New()
			err = l.UnmarshalJSON(data)
		})
		if err != nil {
			return
		}
		text := snapshotOf(t, l)
		back := New()
		if err := back.UnmarshalJSON([]byte(text)); err != nil || snapshotOf(t, back) != text {
			t.Fatalf("what is accepted is written and read again: %v\n%s", err, text)
		}
		if creditSum(l) != (Credit{}) {
			t.Fatalf("no ledger is accepted whose credits do not sum to zero")
		}
		var entrants []Entrant
		for i, a := range l.accounts {
			if a.open {
				entrants = append(entrants, Entrant{Account(i), int64(1 + i)})
			}
		}
		budget.Within(t, len(data), func() { _, err = l.Clone().Pick(Selection{}, MaxSize, entrants, nil) })
		if _, err := l.Pick(Selection{}, MaxSize, entrants, nil); err == nil && creditSum(l) != (Credit{}) {
			t.Fatalf("nor one that a pick breaks")
		}
		if b := l.Bound(Selection{Rule: Window, Tau: MaxMilli, Sigma: MaxMilli}); b.Total.Sign() < 0 {
			t.Fatalf("nor one whose bound overflows: %s", b)
		}
	})
}

func FuzzClamp(f *testing.F) {
	f.Add(int64(100), int64(40), int64(10), int64(500_000), int64(1_500_000))
	f.Add(int64(MaxWeight), int64(1), int64(MaxWeight-1), int64(0), int64(One+1))
	f.Fuzz(func(t *testing.T, a, b, c, lo, hi int64) {
		var got []int64
		var err error
		budget.Within(t, 5*8, func() { got, err = Clamp([]int64{a, b, c}, lo, hi) })
		if err != nil {
			return
		}
		again, err := Clamp(got, lo, hi)
		if err != nil || again[0] != got[0] || again[1] != got[1] || again[2] != got[2] {
			t.Fatalf("what is within the range stays: %v, %v (%v)", got, again, err)
		}
	})
}
