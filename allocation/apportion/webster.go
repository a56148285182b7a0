package apportion

// webster has d(k) = k + 1/2 (Webster 1832, Sainte-Laguë 1910), here doubled:
// quotas are rounded to the nearest integer by a common divisor. It favours
// neither large nor small rows.
var webster = linear(2, 1, func(q share) uint64 {
	if q.rem > q.den-q.rem {
		return q.whole + 1
	}
	return q.whole
})
