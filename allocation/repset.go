package allocation

import (
	"iter"
	"math/bits"
)

// RepSet is a set of reps by their rows in the roster, one bit each. The zero
// value is empty. Cost of every method: O(rows/64), but Add, Remove and Has,
// which are O(1).
type RepSet struct{ words []uint64 }

// Reset empties the set and makes room for rows 0 to rows−1.
func (s *RepSet) Reset(rows int) {
	n := (rows + 63) / 64
	if cap(s.words) < n {
		s.words = make([]uint64, n)
		return
	}
	s.words = s.words[:n]
	clear(s.words)
}

// Add puts a row into the set.
func (s *RepSet) Add(row int) {
	for row/64 >= len(s.words) {
		s.words = append(s.words, 0)
	}
	s.words[row/64] |= 1 << (row % 64)
}

// Remove takes a row out of the set.
func (s *RepSet) Remove(row int) {
	if row/64 < len(s.words) {
		s.words[row/64] &^= 1 << (row % 64)
	}
}

// Has reports whether the row is in the set.
func (s *RepSet) Has(row int) bool {
	return row/64 < len(s.words) && s.words[row/64]&(1<<(row%64)) != 0
}

// put adds a row or removes it.
func (s *RepSet) put(row int, in bool) {
	if in {
		s.Add(row)
	} else {
		s.Remove(row)
	}
}

// Len returns how many rows are in the set.
func (s *RepSet) Len() int {
	n := 0
	for _, w := range s.words {
		n += bits.OnesCount64(w)
	}
	return n
}

// Empty reports whether no row is in the set.
func (s *RepSet) Empty() bool {
	for _, w := range s.words {
		if w != 0 {
			return false
		}
	}
	return true
}

// CopyFrom makes the set equal to from.
func (s *RepSet) CopyFrom(from *RepSet) { s.words = append(s.words[:0], from.words...) }

// Keep removes the rows that are not in other, and reports whether any are
// left.
func (s *RepSet) Keep(other *RepSet) (left bool) {
	n := min(len(s.words), len(other.words))
	head, words := s.words[:n], other.words[:n]
	var any uint64
	for i, w := range words {
		w &= head[i]
		head[i] = w
		any |= w
	}
	clear(s.words[n:])
	return any != 0
}

// All yields the rows in rising order. The row at hand may be removed.
func (s *RepSet) All() iter.Seq[int] {
	return func(yield func(int) bool) {
		for i, w := range s.words {
			for ; w != 0; w &= w - 1 {
				if !yield(i*64 + bits.TrailingZeros64(w)) {
					return
				}
			}
		}
	}
}

// Words returns the bits, row 0 the lowest of the first word. The caller may
// change them in place.
func (s *RepSet) Words() []uint64 { return s.words }
