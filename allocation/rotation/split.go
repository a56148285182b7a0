package rotation

import "math/bits"

// splitter divides one amount among weights: the share of weight w is
// amount·w/total, rounded half up, each share on its own.
//
// Rounding each share on its own (and charging the winner with the sum of what
// was handed out) is what keeps equal weights at equal shares for any number of
// reps. Rounding cumulatively would hit the amount exactly and let the rounding
// unit decide every tie.
//
// With amount = quo·total + rem, the share is quo·w + ⌊(rem·w + ⌊total/2⌋)/total⌋.
// The second division is by a number fixed for the whole split, so it multiplies
// by a reciprocal computed once (Möller and Granlund, "Improved division by
// invariant integers", IEEE Trans. Computers 60(2), 2011, algorithm 4), exact for
// every input. rem and half are kept shifted left with the divisor, so that the
// loop does no shifting.
//
// Nothing overflows: amount < 2^127, total < 2^60, w ≤ total, so quo·w ≤ amount,
// and rem·w + total/2 < total·(w+1) has a high word below the divisor.
type splitter struct {
	quoHi, quoLo uint64
	rem, half    uint64 // shifted left with divisor
	divisor      uint64 // total, shifted left until its top bit is set
	inverse      uint64 // ⌊(2^128-1)/divisor⌋ - 2^64
}

// narrowAmount is the amount below which shares are worked out in 64 bits.
const narrowAmount = 1 << 62

// newSplitter needs amount ≥ 0 and total > 0.
func newSplitter(amount Credit, total uint64) splitter {
	quoHi, r := uint64(amount.hi)/total, uint64(amount.hi)%total
	quoLo, rem := bits.Div64(r, amount.lo, total)
	shift := uint(bits.LeadingZeros64(total))
	divisor := total << shift
	inverse, _ := bits.Div64(^divisor, ^uint64(0), divisor)
	return splitter{quoHi, quoLo, rem << shift, (total / 2) << shift, divisor, inverse}
}

// share is amount·w/total, rounded half up.
func (s *splitter) share(w uint64) Credit {
	hi, lo := bits.Mul64(s.rem, w)
	lo, carry := bits.Add64(lo, s.half, 0)
	hi += carry

	q, frac := bits.Mul64(s.inverse, hi)
	frac, carry = bits.Add64(frac, lo, 0)
	q += hi + carry + 1
	r := lo - q*s.divisor
	if r > frac {
		q--
		r += s.divisor
	}
	if r >= s.divisor {
		q++
	}

	hi, lo = bits.Mul64(s.quoLo, w)
	lo, carry = bits.Add64(lo, q, 0)
	return Credit{int64(hi + s.quoHi*w + carry), lo}
}

// fill writes each entrant's share of the amount and returns their sum.
func fill(shares []Credit, amount Credit, total uint64, entrants []Entrant) (sum Credit) {
	s := newSplitter(amount, total)
	for i := range entrants {
		shares[i] = s.share(uint64(entrants[i].Weight))
		sum = sum.add(shares[i])
	}
	return sum
}

// fillNarrow is fill for an amount below 2^62, which is the common case.
//
// The factor ⌊amount·2^s/total⌋ with 2·total ≤ 2^s < 2^64·total/amount puts
// w·factor/2^s within a half below amount·w/total, so what is left over, which
// fits a word, says whether the quotient needs one more.
func fillNarrow(shares []uint64, amount, total uint64, entrants []Entrant) (sum uint64) {
	s := uint(bits.Len64(total)) + 1
	factor, _ := bits.Div64(amount>>(64-s), amount<<s, total)
	half, up := total/2, (64-s)&63
	shares = shares[:len(entrants)]
	for i := range entrants {
		w := uint64(entrants[i].Weight)
		q, _ := bits.Mul64(factor, w<<up)
		_, short := bits.Sub64(amount*w+half-q*total, total, 0)
		q += 1 - short
		shares[i] = q
		sum += q
	}
	return sum
}
