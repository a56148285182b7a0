package rule

import (
	"path"
	"slices"
	"strings"
)

// Nearest finds the candidate that word was probably meant to be, for
// "Maybe …" lines. A difference of case alone always matches; otherwise the
// Damerau–Levenshtein distance (optimal string alignment: insert, delete,
// replace, swap neighbours) may be at most a third of the longer word's
// letters, at least one. Of equally near candidates the first in byte order
// wins, so that the answer does not depend on the order given. The cost is
// O(len(word)·len(candidate)) for each candidate.
func Nearest(word string, candidates []string) (string, bool) {
	best, bestDistance := "", -1
	for _, c := range candidates {
		d, ok := slipDistance(word, c)
		if !ok {
			continue
		}
		if bestDistance < 0 || d < bestDistance || d == bestDistance && c < best {
			best, bestDistance = c, d
		}
	}
	return best, bestDistance >= 0
}

// NearestFile is Nearest for the names of files. Of two names that end alike
// what stands before counts: every .csv is half like every other.
func NearestFile(name string, candidates []string) (string, bool) {
	extension := path.Ext(name)
	var alike []string
	for _, c := range candidates {
		if path.Ext(c) == extension {
			alike = append(alike, strings.TrimSuffix(c, extension))
		}
	}
	if near, ok := Nearest(strings.TrimSuffix(name, extension), alike); ok {
		return near + extension, true
	}
	return Nearest(name, slices.DeleteFunc(slices.Clone(candidates), func(c string) bool { return path.Ext(c) == extension }))
}

// slipDistance is how far two words are apart, and whether that is near
// enough to be a slip of the same hand.
func slipDistance(word, candidate string) (int, bool) {
	if word == "" || candidate == "" {
		return 0, false
	}
	if plain(word) == plain(candidate) {
		return 0, true
	}
	a, b := []rune(strings.ToLower(word)), []rune(strings.ToLower(candidate))
	if len(a) > 64 || len(b) > 64 {
		return 0, false
	}
	d := alignment(a, b)
	allowed := max(1, max(len(a), len(b))/3)
	if len(a) < 3 && len(b) < 3 {
		allowed = 0
	}
	return d, d <= allowed
}

// plain drops what people forget: case, underscores and hyphens.
func plain(s string) string { return joints.Replace(strings.ToLower(s)) }

var joints = strings.NewReplacer("_", "", "-", "", " ", "")

// alignment is the optimal string alignment distance of a and b.
func alignment(a, b []rune) int {
	before, last := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(row[j-1]+1, last[j]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
