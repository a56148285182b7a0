package rule

// Reader asks an Index questions. It belongs to one goroutine and holds the
// room that answering needs, so that answering allocates nothing once it has
// been used.
type Reader struct {
	index *Index
	env   Env
	turn  uint64 // counts the questions
	found []found
	dense []rowset // room for conjunction
	rest  []*set
}

// NewReader makes a reader of the index.
func (x *Index) NewReader() *Reader {
	most := 0
	for _, p := range x.plans {
		most = max(most, len(p.lookups))
	}
	return &Reader{index: x, found: make([]found, most)}
}

// Hold keeps the index as it is until Release, for a reader of another
// goroutine than the one that changes it. Changes wait meanwhile.
func (r *Reader) Hold() { r.index.mu.RLock() }

// Release ends Hold.
func (r *Reader) Release() { r.index.mu.RUnlock() }

// begin turns to a new question. The environment's rep plays no part.
func (r *Reader) begin(env *Env) {
	r.turn++
	r.env = Env{Customer: env.Customer, Now: env.Now}
}

// Narrow takes out of words, one bit a row, every row for whose rep the plan's
// condition is not true. The environment's rep plays no part. Cost: for each
// part of the condition one operation on 64 reps at a time, or one for each
// rep in the shortest list that a part looks up; and the interpreter's for
// what is left to it, for the reps still in.
func (r *Reader) Narrow(p *Plan, env *Env, words []uint64) {
	r.begin(env)
	r.narrow(p.yes, words)
}

func (r *Reader) narrow(s *set, words []uint64) {
	rows, list := s.few(r)
	dense, rest := r.conjunction(s, list)
	if list != nil {
		keepFew(r, rows, dense, rest, words)
		return
	}
	for word := 0; word < len(words); word += blockWords {
		r.block(dense, rest, word, words[word:min(word+blockWords, len(words))])
	}
}

// conjunction takes a set apart into the bitmaps that every member is in, the
// bitmap of all reps if there is no other, and the sets that remain; one that
// was dealt with is left out.
func (r *Reader) conjunction(s, but *set) (dense []rowset, rest []*set) {
	operands := s.of
	if s.op != setBoth {
		r.rest = append(r.rest[:0], s)
		operands = r.rest
	}
	dense, rest = r.dense[:0], r.rest[:0]
	for _, o := range operands {
		if o == but {
			continue
		}
		if words, ok := o.bitmap(r); ok {
			dense = append(dense, words)
		} else {
			rest = append(rest, o)
		}
	}
	if len(dense) == 0 {
		dense = append(dense, r.index.reps)
	}
	r.dense, r.rest = dense, rest
	return dense, rest
}

// block narrows one block of the roster, and reports whether anybody is left.
func (r *Reader) block(dense []rowset, rest []*set, word int, acc []uint64) bool {
	if !keepAll(acc, word, dense) {
		return false
	}
	for _, s := range rest {
		if !s.narrow(r, word, acc) {
			return false
		}
	}
	return true
}

// keepFew is narrow where nobody outside of rows, which are sorted, is in the
// set.
func keepFew(r *Reader, rows []uint32, dense []rowset, rest []*set, words []uint64) {
	done := 0 // words
	for i := 0; i < len(rows); {
		word := int(rows[i] / 64)
		if word >= len(words) {
			break
		}
		var in uint64
		for ; i < len(rows) && int(rows[i]/64) == word; i++ {
			if bit := rows[i] % 64; words[word]>>bit&1 != 0 && r.inAll(int(rows[i]), dense, rest) {
				in |= 1 << bit
			}
		}
		clear(words[done:word])
		words[word] = in
		done = word + 1
	}
	clear(words[done:])
}

// inAll reports whether a rep is in every one of some sets.
func (r *Reader) inAll(row int, dense []rowset, rest []*set) bool {
	for _, words := range dense {
		if !words.has(row) {
			return false
		}
	}
	for _, s := range rest {
		if !s.has(r, row) {
			return false
		}
	}
	return true
}

// Append appends the rows of all reps for whom the plan's condition is true,
// ascending. Cost as Narrow.
func (r *Reader) Append(p *Plan, env *Env, dst []int) []int {
	r.begin(env)
	rows, list := p.yes.few(r)
	dense, rest := r.conjunction(p.yes, list)
	if list != nil {
		for _, row := range rows {
			if r.inAll(int(row), dense, rest) {
				dst = append(dst, int(row))
			}
		}
		return dst
	}
	if len(rest) == 0 && len(dense) <= 4 {
		return appendCommon(dst, dense)
	}
	var room [blockWords]uint64
	for word := 0; word < len(dense[0]); word += blockWords {
		acc := room[:copy(room[:], dense[0][word:])]
		if r.block(dense, rest, word, acc) {
			dst = appendRows(dst, word, acc)
		}
	}
	return dst
}

// Has reports whether the plan's condition is true for one rep.
func (r *Reader) Has(p *Plan, env *Env, row int) bool {
	r.begin(env)
	return r.index.reps.has(row) && p.yes.has(r, row)
}
