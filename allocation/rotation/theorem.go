package rotation

import "math/big"

// Theorem names the reason why a [Bound] holds.
type Theorem uint8

const (
	// FromState: from today's credits, whatever came before (bound B·V + C).
	FromState Theorem = iota
	// FromZero: any entrants, any weights, any sizes, credits never adjusted.
	FromZero
	// EverybodyWindow: everybody an entrant every time, within a window of one
	// customer: H_⌊n/2⌋ (H_k = 1 + 1/2 + … + 1/k).
	EverybodyWindow
	// EverybodyLargest: everybody an entrant every time, always to whoever is owed
	// most: H_n - 1.
	EverybodyLargest
	// Chairman: everybody an entrant every time with the same weights and size, by
	// deadline: 1 - 1/(2n-2), the best that any rule can do (Tijdeman 1980).
	Chairman
)

var theoremNames = [...]string{
	FromState:        "state bound",
	FromZero:         "any entrants, from zero",
	EverybodyWindow:  "everybody present, window of one customer",
	EverybodyLargest: "everybody present, largest credit",
	Chairman:         "everybody present, fixed weights and size (Tijdeman)",
}

// String is a short description for reports.
func (t Theorem) String() string {
	if int(t) < len(theoremNames) {
		return theoremNames[t]
	}
	return "unknown theorem"
}

// coefficient is B of the theorems in which everybody is present.
func (t Theorem) coefficient(n int) *big.Rat {
	switch {
	case n < 2:
		return new(big.Rat)
	case t == Chairman:
		return big.NewRat(int64(2*n-3), int64(2*n-2))
	case t == EverybodyLargest:
		return new(big.Rat).Sub(harmonic(n), big.NewRat(1, 1))
	}
	return harmonic(n / 2)
}

// harmonic is H_n exactly. Adding in halves keeps the numbers short for as long
// as possible; H_1000 has 433 digits and takes well under a millisecond.
func harmonic(n int) *big.Rat {
	num, den := harmonicParts(1, n)
	return new(big.Rat).SetFrac(num, den)
}

func harmonicParts(from, to int) (num, den *big.Int) {
	if from == to {
		return big.NewInt(1), big.NewInt(int64(from))
	}
	mid := (from + to) / 2
	a, b := harmonicParts(from, mid)
	c, d := harmonicParts(mid+1, to)
	num = a.Mul(a, d)
	return num.Add(num, c.Mul(c, b)), b.Mul(b, d)
}
