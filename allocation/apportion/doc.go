// Package apportion splits a whole total among rows in proportion to weights:
// a team's quota among its reps, a budget in cents among territories, seats
// among states. The parts are integers and add up to the total exactly.
//
//	parts, err := apportion.Split(apportion.Hamilton, 1000, []int64{50, 25, 25})
//
// Everything is exact: integers compared by cross-multiplication in 128 or 256
// bits, no floating-point, no square roots. Fractions as weights are turned
// into integers by Weights. The package is pure and uses the standard library
// only.
//
// # Which method
//
// The quota (fair share) of a row is total × weight ÷ sum of weights. A method
// stays in quota if every part is the quota rounded down or up. It is house
// monotone if nobody loses when the total grows, and population monotone if a
// row whose weight grows never loses to one whose weight shrinks. Balinski and
// Young proved that no method is both in quota and population monotone.
//
//	Hamilton        in quota. Largest remainders; the least sum of |part − quota|. For one-off splits of money or units.
//	Webster         house and population monotone; hardly ever leaves quota. For splits that will be repeated.
//	HuntingtonHill  the same; favours small rows a little. The US House since 1941.
//	DHondt          the same monotone; favours large rows, may exceed quota.
//	Adams           the same monotone; favours small rows, may fall short of quota.
//	QuotaMethod     in quota and house monotone (Balinski and Young 1975). Slow on totals with many digits.
//	MinChange       in quota, with as few moves as possible away from a previous split. A method of Problem.
//
// As a rotation (who is next?) the divisor methods are poor: they are good at
// totals and drift by several customers at prefixes. Package rotation is for
// that.
//
// # Rules that hold for every method
//
//   - Ties go to the row with the lower TieRank, then to the earlier row. So
//     without ties the order of rows does not matter, and with distinct
//     TieRanks it never does.
//   - A row of weight 0 gets its minimum, which is 0 unless set.
//   - A negative total gives the negative of the split of its magnitude;
//     minimums and maximums then bound the magnitudes.
//   - Minimums and maximums bound the quota first: the quotas become
//     λ × weight, held between minimum and maximum, with the one λ that makes
//     them add up to the total. A minimum is thus a floor, not a gift on top.
//
// # What holds which
//
//	problem.go         Problem and Split: one split, its checks, its sign
//	method.go          Method: the table of methods and their names
//	hamilton.go        largest remainders
//	webster.go         d(k) = k + 1/2 (Sainte-Laguë)
//	huntingtonhill.go  d(k) = sqrt(k(k+1)) (equal proportions)
//	dhondt.go          d(k) = k + 1 (Jefferson)
//	adams.go           d(k) = k (smallest divisors)
//	quotamethod.go     Balinski and Young's quota method
//	minchange.go       MinChange: a new split near the previous one
//	divisor.go         the engine of the four divisor methods
//	fairshare.go       quotas, exactly, under minimums and maximums
//	quota.go           Quota: the report that sets parts beside quotas
//	groups.go          SplitGroups: two levels, teams and then their reps
//	weights.go         Weights: decimals and fractions to integers
//	wide.go            128- and 256-bit products
//	errors.go          Error and the kinds of error
//
// A new divisor method is a file with one divisor value and a line in the
// table of method.go; any other new method is a file with a function of a
// sheet and the same line.
package apportion
