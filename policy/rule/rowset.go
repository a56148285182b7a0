package rule

import (
	"math/bits"
	"slices"
)

// blockWords is how many words of a set are worked on at a time: 4,096 rows,
// 512 bytes, so that a whole rule is evaluated within the first-level cache.
const blockWords = 64

// rowset is a set of rows of the roster, one bit each, row 0 the lowest of
// the first word. What lies beyond its end is not in it.
type rowset []uint64

func (s *rowset) add(row int) {
	for row/64 >= len(*s) {
		*s = append(*s, 0)
	}
	(*s)[row/64] |= 1 << (row % 64)
}

func (s rowset) remove(row int) {
	if row/64 < len(s) {
		s[row/64] &^= 1 << (row % 64)
	}
}

func (s *rowset) put(row int, in bool) {
	if in {
		s.add(row)
	} else {
		s.remove(row)
	}
}

func (s rowset) has(row int) bool { return row/64 < len(s) && s[row/64]&(1<<(row%64)) != 0 }

// from is the words of a block that begins at a word: n of them, or fewer
// where the set ends.
func (s rowset) from(word, n int) []uint64 {
	if word >= len(s) {
		return nil
	}
	return s[word:min(word+n, len(s))]
}

// keep takes out of acc what is not in words, and reports whether anything is
// left.
func keep(acc, words []uint64) bool {
	n := min(len(acc), len(words))
	head, words := acc[:n], words[:n]
	var left uint64
	for i, w := range words {
		x := head[i] & w
		head[i] = x
		left |= x
	}
	clear(acc[n:])
	return left != 0
}

// drop takes out of acc what is in words, and reports whether anything is
// left.
func drop(acc, words []uint64) bool {
	n := min(len(acc), len(words))
	head, words := acc[:n], words[:n]
	var left uint64
	for i, w := range words {
		x := head[i] &^ w
		head[i] = x
		left |= x
	}
	for _, w := range acc[n:] {
		left |= w
	}
	return left != 0
}

// keepAll is keep for several sets, in one pass over acc for every three.
func keepAll(acc []uint64, word int, sets []rowset) bool {
	for len(sets) > 3 {
		keepThree(acc, sets[0].from(word, len(acc)), sets[1].from(word, len(acc)), sets[2].from(word, len(acc)))
		sets = sets[3:]
	}
	last := sets[len(sets)-1].from(word, len(acc))
	if len(sets) == 1 {
		return keep(acc, last)
	}
	return keepThree(acc, sets[0].from(word, len(acc)), sets[len(sets)-2].from(word, len(acc)), last)
}

func keepThree(acc, a, b, c []uint64) bool {
	n := min(len(acc), len(a), len(b), len(c))
	head, a, b, c := acc[:n], a[:n], b[:n], c[:n]
	var left uint64
	for i := range head {
		x := head[i] & a[i] & b[i] & c[i]
		head[i] = x
		left |= x
	}
	clear(acc[n:])
	return left != 0
}

// appendRows appends the rows in words, which begin at a word of the roster.
func appendRows(dst []int, word int, words []uint64) []int {
	for i, w := range words {
		if w == 0 {
			continue
		}
		n := bits.OnesCount64(w)
		dst = slices.Grow(dst, n)
		out := dst[len(dst) : len(dst)+n]
		for k, base := 0, (word+i)*64; k < len(out); k++ {
			out[k] = base + bits.TrailingZeros64(w)
			w &= w - 1
		}
		dst = dst[:len(dst)+n]
	}
	return dst
}

// appendCommon appends the rows that are in each of some sets, four at most, in
// one pass over them.
func appendCommon(dst []int, sets []rowset) []int {
	a, b, c, d := sets[0], sets[0], sets[0], sets[0] // a set too few: the first once more
	switch len(sets) {
	case 4:
		d = sets[3]
		fallthrough
	case 3:
		c = sets[2]
		fallthrough
	case 2:
		b = sets[1]
	}
	n := min(len(a), len(b), len(c), len(d))
	a, b, c, d = a[:n], b[:n], c[:n], d[:n]
	for i, w := range a {
		w &= b[i] & c[i] & d[i]
		if w == 0 {
			continue
		}
		if cap(dst)-len(dst) < 64 {
			dst = slices.Grow(dst, 64)
		}
		for base := i * 64; w != 0; w &= w - 1 {
			dst = append(dst, base+bits.TrailingZeros64(w))
		}
	}
	return dst
}
