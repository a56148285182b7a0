package rotation

import (
	"fmt"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// A world is a history drawn by rapid: a few reps, a few tables of weights, and
// customers that name who could take them. Each customer costs three draws, so
// that ten thousand histories are cheap.
type world struct {
	n         int
	maxSize   int64
	customers []customer
}

type customer struct {
	size     int64
	entrants []Entrant
	rank     []int32
}

// even draws about evenly from lo to hi. rapid's own ranges prefer their lower end,
// which finds edge cases and shrinks well but makes short histories of small sets;
// a draw of 0 is still lo.
func even(lo, hi int64) *rapid.Generator[int64] {
	return rapid.Map(rapid.Uint64(), func(x uint64) int64 {
		return lo + int64(x*0x9E3779B97F4A7C15>>1)%(hi-lo+1)
	})
}

// mixed is even half of the time and rapid's own range otherwise.
func mixed(lo, hi int64) *rapid.Generator[int64] {
	return rapid.OneOf(rapid.Int64Range(lo, hi), even(lo, hi))
}

type worldOptions struct {
	minReps, maxReps int   // default 2..8
	maxWeight        int64 // default 100
	unit             bool  // every size 1
	everybody        bool  // every set is all reps
	fixed            bool  // one table of weights
	equal            bool  // every weight 1
	ranked           bool  // with preferences
}

func drawWorld(t *rapid.T, o worldOptions) world {
	if o.maxReps == 0 {
		o.minReps, o.maxReps = 2, 8
	}
	if o.maxWeight == 0 {
		o.maxWeight = 100
	}
	w := world{n: int(even(int64(o.minReps), int64(o.maxReps)).Draw(t, "reps")), maxSize: 1}
	if !o.unit {
		w.maxSize = rapid.SampledFrom([]int64{1, 2, 7, 100, 1_000_003}).Draw(t, "largest size")
	}
	tables := make([][]int64, 3)
	for k := range tables {
		tables[k] = make([]int64, w.n)
		for i := range w.n {
			tables[k][i] = 1
			if !o.equal {
				tables[k][i] = mixed(1, o.maxWeight).Draw(t, "weight")
			}
		}
		if o.fixed {
			tables = tables[:1]
			break
		}
	}
	length := int(even(1, 60).Draw(t, "customers"))
	for range length {
		c := customer{size: even(1, w.maxSize).Draw(t, "size")}
		mask := 1<<w.n - 1
		if !o.everybody {
			mask = int(even(1, int64(mask)).Draw(t, "set"))
		}
		table := tables[even(0, int64(len(tables)-1)).Draw(t, "weights")]
		for i := range w.n {
			if mask>>i&1 == 1 {
				c.entrants = append(c.entrants, Entrant{Account(i), table[i]})
			}
		}
		if o.ranked {
			seed := rapid.Uint32().Draw(t, "preference")
			c.rank = make([]int32, len(c.entrants))
			for i := range c.rank {
				c.rank[i] = int32(seed >> (3 * i) & 7)
			}
		}
		w.customers = append(w.customers, c)
	}
	return w
}

// ledger opens the world's reps as A, B, C …
func (w world) ledger() *Ledger { return lettered(w.n) }

func lettered(n int) *Ledger {
	l := New()
	for i := range n {
		l.Open(string(rune('A' + i)))
	}
	return l
}

func mustPick(t fataler, l *Ledger, sel Selection, c customer) int {
	t.Helper()
	i, err := l.Pick(sel, c.size, c.entrants, c.rank)
	if err != nil {
		t.Fatalf("a customer that can be given is given: %v", err)
	}
	return i
}

type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// scale is V in units: the largest debit so far, and at least the largest size.
func (w world) scale(l *Ledger) Credit { return larger(l.history.largest, sizeCredit(w.maxSize)) }

func drawSelection(t *rapid.T) Selection {
	s := Selection{Rule: Rule(rapid.IntRange(0, 2).Draw(t, "rule"))}
	if s.Rule == Window {
		s.Tau = 500 * rapid.Int64Range(0, 6).Draw(t, "tau")
		s.Sigma = 500 * rapid.Int64Range(0, 6).Draw(t, "sigma")
	}
	return s
}

func maxAbs(l *Ledger) (most Credit) {
	for _, c := range l.credits {
		most = larger(most, c.abs())
	}
	return most
}

func creditSum(l *Ledger) (sum Credit) {
	for _, c := range l.credits {
		sum = sum.add(c)
	}
	return sum
}

// atMost reports m·c ≤ d·v, the way to compare with a bound of v·d/m without
// dividing.
func atMost(c Credit, m int64, v Credit, d int64) bool {
	left := new(big.Int).Mul(c.Units(), big.NewInt(m))
	return left.Cmp(new(big.Int).Mul(v.Units(), big.NewInt(d))) <= 0
}

func snapshotOf(t fataler, l *Ledger) string {
	t.Helper()
	b, err := l.MarshalJSON()
	if err != nil {
		t.Fatalf("a ledger can always be written: %v", err)
	}
	return string(b)
}

// letters are reps by letter, with weight 1.
func letters(set string) []Entrant { return weighted(set, nil) }

func weighted(set string, weights []int64) []Entrant {
	entrants := make([]Entrant, len(set))
	for i, r := range set {
		entrants[i] = Entrant{Account(r - 'A'), 1}
		if weights != nil {
			entrants[i].Weight = weights[i]
		}
	}
	return entrants
}

// play gives customers to lettered sets and returns the winners' letters.
func play(t *testing.T, l *Ledger, sel Selection, sets ...[]Entrant) string {
	t.Helper()
	var out []byte
	for _, set := range sets {
		out = append(out, 'A'+byte(set[mustPick(t, l, sel, customer{1, set, nil})].Account))
	}
	return string(out)
}

func repeat(times int, sets ...[]Entrant) (all [][]Entrant) {
	for range times {
		all = append(all, sets...)
	}
	return all
}

func wantCredits(t *testing.T, l *Ledger, want ...string) {
	t.Helper()
	for i, w := range want {
		r, ok := new(big.Rat).SetString(w)
		if !ok {
			t.Fatalf("bad figure %q", w)
		}
		if got := l.Credit(Account(i)).Rat(); got.Cmp(r) != 0 {
			t.Errorf("credit of %s is %s and should be exactly %s", l.ID(Account(i)), got.RatString(), w)
		}
	}
}

func both(f func(Rule)) { f(Largest); f(Deadline) }

func describe(c customer) string {
	return fmt.Sprintf("size %d, entrants %v, ranks %v", c.size, c.entrants, c.rank)
}
