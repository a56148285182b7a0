package apportion

// huntingtonHill has d(k) = sqrt(k(k+1)) (Hill 1911, Huntington 1921): quotas
// are rounded at the geometric mean, and every row with a weight gets one
// before any gets a second. No transfer of a unit between two rows would make
// their weights per unit relatively closer.
//
// The squares are compared, in 256 bits.
var huntingtonHill = divisor{
	compare: func(w, k, v, l uint64) int {
		if k == 0 && l == 0 {
			return compareUint(w, v)
		}
		return product(w, w).times(product(l, l+1)).compare(product(v, v).times(product(k, k+1)))
	},
	round: func(q share) uint64 {
		// The quota is over/den, below 2^127/den, and is rounded up above
		// sqrt(whole(whole+1)).
		over := product(q.whole, q.den).plus(wide{0, q.rem})
		mean := product(q.whole, q.whole+1).times(product(q.den, q.den))
		if over.times(over).compare(mean) > 0 {
			return q.whole + 1
		}
		return q.whole
	},
}
