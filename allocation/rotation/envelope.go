package rotation

import "slices"

// envelope is the family of limits f(k) that the sum of any k credits obeys: with
// n accounts and no debit above v,
//
//	f(k) = v·k(n-k)/2 + β·min(k, n-k),   f(0) = f(n) = 0,
//
// where β says how much freedom the outcomes took: 0 if every turn went to
// whoever was owed most. Everything is kept twice as large, in whole units; with
// v < 2^81, β ≤ 2^101, n ≤ 2^20 and credits within 2^100 it stays below 2^126.
type envelope struct {
	n     int
	v     Credit
	beta2 Credit // 2β
}

// windowBeta is the 2β of a window: nobody owed more than tau while the turn is
// free, nobody chosen who is more than sigma ahead. With an odd number of
// accounts the middle sets leave v/2 more room.
func windowBeta(n int, v, tau, sigma Credit) Credit {
	room := v
	if n%2 == 1 {
		room = v.mulSmall(2)
	}
	return larger(Credit{}, larger(tau.mulSmall(2).sub(room), sigma.mulSmall(2)))
}

// twice is 2·f(k).
func (e envelope) twice(k int) Credit {
	return e.v.mulSmall(uint64(k) * uint64(e.n-k)).add(e.beta2.mulSmall(uint64(min(k, e.n-k))))
}

// one is 2·f(1), the limit of a single credit.
func (e envelope) one() Credit {
	if e.n < 2 {
		return Credit{}
	}
	return e.twice(1)
}

// excess is twice the c of the state bound: how far today's credits stand above
// the envelope, max(0, max over k of (sum of the k largest - f(k))).
func (l *Ledger) excess(e envelope) Credit {
	credits := make([]Credit, 0, l.open)
	for i, a := range l.accounts {
		if a.open {
			credits = append(credits, l.credits[i])
		}
	}
	slices.SortFunc(credits, func(a, b Credit) int { return b.Cmp(a) })
	var sum, most Credit
	for i, c := range credits {
		sum = sum.add(c.mulSmall(2))
		if k := i + 1; k < e.n {
			most = larger(most, sum.sub(e.twice(k)))
		}
	}
	return most
}
