package apportion

// adams has d(k) = k (J. Q. Adams 1832): quotas are rounded up by a common
// divisor, and every row with a weight gets one before any gets a second. It
// favours small rows; a part is never above the quota rounded up and may fall
// short of the quota by more than 1.
var adams = linear(1, 0, func(q share) uint64 {
	if q.rem > 0 {
		return q.whole + 1
	}
	return q.whole
})
