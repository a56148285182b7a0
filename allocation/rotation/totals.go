package rotation

import (
	"encoding/json"
	"fmt"
	"math/bits"
)

// Totals levels totals among whoever can take each customer: it gives to the
// entrant with the least load for his weight, load being the sizes he was
// given so far. It is for those who want everybody to end with the same,
// whoever was able to take what.
//
// No deviation from a share per customer is bounded, in either direction; what
// is known is that with equal weights the largest load is at most
// ⌈log₂ n⌉ + 1 times what the best foresight could have reached (Azar, Naor and
// Rom, "The competitiveness of on-line assignments", 1995). A rep who comes
// back from an absence receives everything until he has caught up, unless he is
// calibrated: [Totals.Calibrate]. Not safe for concurrent use.
type Totals struct {
	loads     []int64
	ids       []string
	customers []int64
	index     map[string]Account
}

// NewTotals starts with nobody.
func NewTotals() *Totals { return &Totals{index: map[string]Account{}} }

// Open returns the account of a rep, opened with the given load if he has none.
// Cost: O(1).
func (t *Totals) Open(id string, load int64) Account {
	if a, ok := t.index[id]; ok {
		return a
	}
	a := Account(len(t.ids))
	t.index[id] = a
	t.ids, t.loads, t.customers = append(t.ids, id), append(t.loads, load), append(t.customers, 0)
	return a
}

// ID returns the ID under which an account was opened, "" if it never was.
func (t *Totals) ID(a Account) string {
	if a < 0 || int(a) >= len(t.ids) {
		return ""
	}
	return t.ids[a]
}

// Load returns what an account was given, in size units, with what opening and
// calibration put in its place; and how many customers. It, and every method
// below but Pick, is for accounts that Open returned and panics for others.
func (t *Totals) Load(a Account) (load, customers int64) { return t.loads[a], t.customers[a] }

// Mean is the mean load of some accounts, rounded down; 0 of none.
func (t *Totals) Mean(accounts []Account) int64 {
	if len(accounts) == 0 {
		return 0
	}
	sum := int64(0)
	for _, a := range accounts {
		sum += t.loads[a]
	}
	return sum / int64(len(accounts))
}

// Pick gives one customer to the entrant with the least load for his weight
// and returns his index. Ties go by rank (nil: none; lower is better), then to
// the larger weight, then to the lowest ID. Errors wrap ErrSize, ErrWeight,
// ErrNobody, ErrPlaces or ErrFull. Cost: O(len(entrants)), no allocation.
func (t *Totals) Pick(size int64, entrants []Entrant, rank []int32) (int, error) {
	if rank != nil && len(rank) != len(entrants) {
		return -1, fmt.Errorf("rotation: %w: %d ranks for %d entrants", ErrPlaces, len(rank), len(entrants))
	}
	winner := -1
	for i, e := range entrants {
		if e.Account < 0 || int(e.Account) >= len(t.ids) {
			return -1, fmt.Errorf("rotation: %w: %d was never opened", ErrAccount, e.Account)
		}
		if e.Weight < 0 || e.Weight > MaxWeight {
			return -1, fmt.Errorf("rotation: %w: %d of %q", ErrWeight, e.Weight, t.ids[e.Account])
		}
		if e.Weight > 0 && (winner < 0 || t.before(entrants, rank, i, winner)) {
			winner = i
		}
	}
	if winner < 0 {
		return -1, fmt.Errorf("rotation: %w", ErrNobody)
	}
	return winner, t.Apply(size, entrants[winner].Account)
}

// before reports whether entrant i comes before entrant j.
func (t *Totals) before(entrants []Entrant, rank []int32, i, j int) bool {
	a, b := entrants[i], entrants[j]
	aHi, aLo := bits.Mul64(uint64(t.loads[a.Account]), uint64(b.Weight))
	bHi, bLo := bits.Mul64(uint64(t.loads[b.Account]), uint64(a.Weight))
	switch {
	case aHi != bHi:
		return aHi < bHi
	case aLo != bLo:
		return aLo < bLo
	case rank != nil && rank[i] != rank[j]:
		return rank[i] < rank[j]
	case a.Weight != b.Weight:
		return a.Weight > b.Weight
	}
	return t.ids[a.Account] < t.ids[b.Account]
}

// Apply adds a customer to an account's load.
func (t *Totals) Apply(size int64, a Account) error {
	if size < 1 || size > MaxSize {
		return fmt.Errorf("rotation: %w: %d is not within 1..%d", ErrSize, size, int64(MaxSize))
	}
	if t.loads[a] > 1<<62-size {
		return fmt.Errorf("rotation: %w: the load of %q is %d", ErrFull, t.ids[a], t.loads[a])
	}
	t.loads[a] += size
	t.customers[a]++
	return nil
}

// Void takes a customer off an account's load. A load that calibration set
// lower than what is taken off becomes 0.
func (t *Totals) Void(size int64, a Account) error {
	if t.customers[a] == 0 {
		return fmt.Errorf("rotation: %w: %q has no customer to give back", ErrNotGiven, t.ids[a])
	}
	t.loads[a] = max(0, t.loads[a]-size)
	t.customers[a]--
	return nil
}

// Calibrate sets an account's load to the mean of others.
func (t *Totals) Calibrate(a Account, others []Account) {
	if len(others) > 0 {
		t.loads[a] = t.Mean(others)
	}
}

type savedTotals struct {
	IDs       []string `json:"ids"`
	Loads     []int64  `json:"loads"`
	Customers []int64  `json:"customers"`
}

// MarshalJSON writes a snapshot. Equal states give equal bytes.
func (t *Totals) MarshalJSON() ([]byte, error) {
	return json.Marshal(savedTotals{t.ids, t.loads, t.customers})
}

// UnmarshalJSON reads a snapshot. Errors wrap ErrSnapshot.
func (t *Totals) UnmarshalJSON(text []byte) error {
	var saved savedTotals
	if err := json.Unmarshal(text, &saved); err != nil {
		return fmt.Errorf("rotation: %w: %w", ErrSnapshot, err)
	}
	if len(saved.IDs) != len(saved.Loads) || len(saved.IDs) != len(saved.Customers) {
		return fmt.Errorf("rotation: %w: %d accounts, %d loads, %d counts", ErrSnapshot, len(saved.IDs), len(saved.Loads), len(saved.Customers))
	}
	*t = Totals{ids: saved.IDs, loads: saved.Loads, customers: saved.Customers, index: map[string]Account{}}
	for i, id := range t.ids {
		if _, twice := t.index[id]; twice || t.loads[i] < 0 || t.customers[i] < 0 {
			return fmt.Errorf("rotation: %w: account %q", ErrSnapshot, id)
		}
		t.index[id] = Account(i)
	}
	return nil
}
