package solve

import (
	"fmt"
	"math/bits"
)

// CheckLevel proves that an allocation assigns as many customers as can be and
// that its loads are level, as Level means it, or says what would be better
// (ErrCertificate). It shares nothing with Level but the check of the input and
// the comparison of ratios.
//
// If loads were not level, moving one customer each along a chain of reps, so
// that the first of them gains one and the last loses one, would make them more
// so: the possible loads are M-convex (K. Murota and A. Frank). It looks for such
// chains.
//
// Cost: O(pairs + reps³/64), and reps²/8 bytes.
func CheckLevel(p *Problem, reps []int32, weight []int64) error {
	if err := p.checkFair("CheckLevel"); err != nil {
		return err
	}
	weight, err := p.weights(weight)
	if err != nil {
		return err
	}
	load, err := checkPlaced(p, reps)
	if err != nil {
		return err
	}
	for r, n := range load {
		if n > 0 && weight[r] == 0 {
			return refute("rep %d has weight 0 and %d customers", r, n)
		}
	}
	c := newLevelChains(p, reps, weight)
	for r := range int32(p.Reps()) {
		if weight[r] == 0 || load[r] == p.Max[r] {
			continue
		}
		for _, from := range c.reach(r) {
			if c.open[from] {
				return &Error{Kind: ErrCertificate, Reps: []int{int(r), int(from)}, Detail: fmt.Sprintf("rep %d could have one more, since rep %d may get somebody who is unassigned", r, from)}
			}
			if from != r && load[from] > 0 && moreLevel(load[r], weight[r], load[from], weight[from]) {
				return &Error{Kind: ErrCertificate, Reps: []int{int(r), int(from)}, Detail: fmt.Sprintf("rep %d has %d and rep %d %d; one of them could be moved", r, load[r], from, load[from])}
			}
		}
	}
	return nil
}

// moreLevel reports whether loads a and b, of weights v and w, were more level
// with a+1 and b−1: the smaller ratio is then larger, or as large and the other
// one is larger.
func moreLevel(a, v, b, w int64) bool {
	least, most := ordered(ratio{a, v}, ratio{b, w})
	thenLeast, thenMost := ordered(ratio{a + 1, v}, ratio{b - 1, w})
	if c := thenLeast.compare(least); c != 0 {
		return c > 0
	}
	return thenMost.compare(most) > 0
}

type ratio struct{ num, den int64 }

func (r ratio) compare(s ratio) int { return compareRatios(r.num, r.den, s.num, s.den) }

func ordered(r, s ratio) (least, most ratio) {
	if r.compare(s) <= 0 {
		return r, s
	}
	return s, r
}

// levelChains say from whom a rep could take a customer.
type levelChains struct {
	from [][]uint64 // per rep: a set of reps who have a customer who may go to him
	open []bool     // per rep: an unassigned customer may go to him
}

func newLevelChains(p *Problem, reps []int32, weight []int64) *levelChains {
	c := &levelChains{from: make([][]uint64, p.Reps()), open: make([]bool, p.Reps())}
	for r := range c.from {
		c.from[r] = make([]uint64, (p.Reps()+63)/64)
	}
	for i, owner := range reps {
		list, _ := p.row(i)
		for _, r := range list {
			switch {
			case weight[r] == 0 || p.units(i) == 0:
			case owner == Unassigned:
				c.open[r] = true
			default:
				c.from[r][owner/64] |= 1 << (owner % 64)
			}
		}
	}
	return c
}

// reach returns everybody who begins a chain that ends with a rep, himself
// included.
func (c *levelChains) reach(rep int32) []int32 {
	seen := make([]uint64, len(c.from[rep]))
	seen[rep/64] |= 1 << (rep % 64)
	list := []int32{rep}
	for at := 0; at < len(list); at++ {
		for word, set := range c.from[list[at]] {
			for set &^= seen[word]; set != 0; set &= set - 1 {
				o := int32(word*64 + bits.TrailingZeros64(set))
				seen[word] |= 1 << (o % 64)
				list = append(list, o)
			}
		}
	}
	return list
}
