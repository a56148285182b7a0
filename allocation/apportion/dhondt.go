package apportion

// dHondt has d(k) = k + 1 (Jefferson 1792, D'Hondt 1878): quotas are rounded
// down by a common divisor. It favours large rows and splits no coalition to
// its advantage; a part may exceed the quota by more than 1, and is never
// below the quota rounded down.
var dHondt = linear(1, 1, func(q share) uint64 { return q.whole })
