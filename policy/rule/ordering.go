package rule

import (
	"cmp"
	"math/bits"
	"slices"
)

// Limits on an ordered index: maxBuckets bits a rep, and the reps of one
// bucket looked at one by one.
const (
	maxBuckets  = 128
	minToDivide = 8
)

// ordering is the reps by the order of a value: buckets of neighbouring values,
// and for each the set of reps in all buckets before it. A comparison is the
// set before one bucket, and the reps of that bucket one by one.
//
// Cost: a change flips one bit for each bucket between the old value and the
// new, 128 at most. Memory: a key and up to 128 bits a rep.
type ordering[K cmp.Ordered] struct {
	keys    []K // by row
	known   rowset
	n       int
	buckets []bucket[K] // by rising from; the first also takes keys below its own
}

// bucket holds the reps whose key is at or above from, and below the from of
// the next bucket.
type bucket[K cmp.Ordered] struct {
	from   K
	lo, hi K // no key is outside; a bucket that lost reps may be narrower
	n      int
	before rowset // who is in an earlier bucket
}

// bucketOf is the bucket that a key belongs to.
func (o *ordering[K]) bucketOf(k K) int {
	i, found := slices.BinarySearchFunc(o.buckets, k, func(b bucket[K], k K) int { return cmp.Compare(b.from, k) })
	if found {
		return i
	}
	return max(0, i-1)
}

// add puts in a row that is not there.
func (o *ordering[K]) add(row int, k K) {
	for row >= len(o.keys) {
		var zero K
		o.keys = append(o.keys, zero)
	}
	o.keys[row] = k
	o.known.add(row)
	o.n++
	if o.buckets == nil {
		o.buckets = []bucket[K]{{from: k, lo: k, hi: k}}
	}
	i := o.bucketOf(k)
	for j := i + 1; j < len(o.buckets); j++ {
		o.buckets[j].before.add(row)
	}
	o.enter(i, k)
}

// remove takes out a row that is there.
func (o *ordering[K]) remove(row int) {
	i := o.bucketOf(o.keys[row])
	o.known.remove(row)
	o.n--
	o.buckets[i].n--
	for j := i + 1; j < len(o.buckets); j++ {
		o.buckets[j].before.remove(row)
	}
	var zero K
	o.keys[row] = zero
}

// move gives a row that is there another key.
func (o *ordering[K]) move(row int, k K) {
	i, j := o.bucketOf(o.keys[row]), o.bucketOf(k)
	o.keys[row] = k
	for b := i + 1; b <= j; b++ {
		o.buckets[b].before.remove(row)
	}
	for b := j + 1; b <= i; b++ {
		o.buckets[b].before.add(row)
	}
	o.buckets[i].n--
	o.enter(j, k)
}

// enter counts a key into a bucket, and divides a bucket that has grown large.
func (o *ordering[K]) enter(i int, k K) {
	b := &o.buckets[i]
	if b.n == 0 {
		b.lo, b.hi = k, k
	}
	b.n++
	b.from, b.lo, b.hi = min(b.from, k), min(b.lo, k), max(b.hi, k)
	if b.n > max(minToDivide, 2*o.n/maxBuckets) && b.lo != b.hi {
		o.divide(i)
		if len(o.buckets) > maxBuckets {
			o.join()
		}
	}
}

// divide cuts a bucket in two at its middle key. Reps who share one key stay
// together.
func (o *ordering[K]) divide(i int) {
	b := &o.buckets[i]
	rows := o.rowsOf(i)
	keys := make([]K, len(rows))
	for n, row := range rows {
		keys[n] = o.keys[row]
	}
	slices.Sort(keys)
	b.lo, b.hi = keys[0], keys[len(keys)-1]
	if b.lo == b.hi {
		return
	}
	at := keys[len(keys)/2]
	if at == b.lo {
		n, _ := slices.BinarySearchFunc(keys, at, func(k, at K) int {
			if k <= at {
				return -1
			}
			return 1
		})
		at = keys[n]
	}
	below, _ := slices.BinarySearch(keys, at)
	upper := bucket[K]{from: at, lo: at, hi: b.hi, n: b.n - below, before: slices.Clone(b.before)}
	for _, row := range rows {
		if o.keys[row] < at {
			upper.before.add(row)
		}
	}
	b.hi, b.n = keys[below-1], below
	o.buckets = slices.Insert(o.buckets, i+1, upper)
}

// join makes one of the two neighbours that have fewest reps.
func (o *ordering[K]) join() {
	least := 1
	for i := 2; i < len(o.buckets); i++ {
		if o.buckets[i-1].n+o.buckets[i].n < o.buckets[least-1].n+o.buckets[least].n {
			least = i
		}
	}
	a, b := &o.buckets[least-1], &o.buckets[least]
	switch {
	case a.n == 0:
		a.lo, a.hi = b.lo, b.hi
	case b.n > 0:
		a.lo, a.hi = min(a.lo, b.lo), max(a.hi, b.hi)
	}
	a.n += b.n
	o.buckets = slices.Delete(o.buckets, least, least+1)
}

func (o *ordering[K]) rowsOf(i int) []int {
	within := slices.Clone(o.upTo(i))
	drop(within, o.buckets[i].before)
	return appendRows(make([]int, 0, o.buckets[i].n), 0, within)
}

// upTo is who is in a bucket or an earlier one.
func (o *ordering[K]) upTo(i int) rowset {
	if i+1 < len(o.buckets) {
		return o.buckets[i+1].before
	}
	return o.known
}

// below says who has a key below k, or at most k: everybody in sure, and of
// the others in maybe those whose own key says so.
func (o *ordering[K]) below(k K, orEqual bool) (sure, maybe rowset) {
	if len(o.buckets) == 0 {
		return nil, nil
	}
	i := o.bucketOf(k)
	b := &o.buckets[i]
	switch {
	case b.n == 0 || b.lo > k || b.lo == k && !orEqual:
		return b.before, b.before
	case b.hi < k || b.hi == k && orEqual:
		return o.upTo(i), o.upTo(i)
	}
	return b.before, o.upTo(i)
}

// keepBelow narrows acc, whose first word is at a word of the roster, to those
// whom below names.
func (o *ordering[K]) keepBelow(word int, acc []uint64, sure, maybe rowset, k K, orEqual bool) bool {
	certain, possible := sure.from(word, len(acc)), maybe.from(word, len(acc))
	var left uint64
	for i, w := range acc {
		var in, open uint64
		if i < len(certain) {
			in = w & certain[i]
		}
		if i < len(possible) {
			open = w & possible[i] &^ in
		}
		for base := (word + i) * 64; open != 0; open &= open - 1 {
			bit := bits.TrailingZeros64(open)
			if key := o.keys[base+bit]; key < k || orEqual && key == k {
				in |= 1 << bit
			}
		}
		acc[i] = in
		left |= in
	}
	return left != 0
}

// beginning is who has a key that begins with a text: those at or above it
// and below the next text that does not begin with it. The set is written over
// room.
func beginning(o *ordering[string], prefix string, room rowset) rowset {
	out := append(room, o.known...)
	if end, bounded := afterPrefix(prefix); bounded {
		sure, maybe := o.below(end, false)
		o.keepBelow(0, out, sure, maybe, end, false)
	}
	sure, maybe := o.below(prefix, false)
	for word := 0; word < len(out); word += blockWords {
		var block [blockWords]uint64
		acc := out[word:min(word+blockWords, len(out))]
		below := block[:copy(block[:], acc)]
		o.keepBelow(word, below, sure, maybe, prefix, false)
		drop(acc, below)
	}
	return out
}

// afterPrefix is the first text after all that begin with a prefix; there is
// none after the empty prefix.
func afterPrefix(prefix string) (string, bool) {
	for i := len(prefix) - 1; i >= 0; i-- {
		if prefix[i] < 0xff {
			return prefix[:i] + string([]byte{prefix[i] + 1}), true
		}
	}
	return "", false
}
