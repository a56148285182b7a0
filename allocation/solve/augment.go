package solve

// augment moves units from the sources to the sinks along tight moves,
// depth first. A holding from which no sink was found is not tried again in the
// same phase, so that a phase costs one look at each; what it misses by that,
// because the way led through a node that was then on the path, is left to the
// next one.
func (s *search) augment() {
	clear(s.next)
	clear(s.across)
	s.nextRep = 0
	for v := range s.excess {
		if e := s.excess[v]; e > 0 {
			moved := s.push(int32(v), e)
			s.excess[v] -= moved
			s.augments += moved
		}
	}
}

// push moves up to amount units from a node on to a sink, and returns how many
// it could.
func (s *search) push(v int32, amount int64) int64 {
	if s.excess[v] < 0 {
		moved := min(amount, -s.excess[v])
		s.excess[v] += moved
		return moved
	}
	moved := s.pushAcross(v, amount)
	if moved == amount {
		return moved
	}
	s.onPath[v] = true
	moved += s.pushArcs(v, amount-moved)
	for moved < amount && s.next[v] < len(s.members[v]) {
		i := s.next[v]
		h := &s.members[v][i]
		if h.key > s.price[v] {
			s.next[v]++ // it loses anywhere else
			continue
		}
		held := h.units
		units := s.pushRow(v, *h, min(held, amount-moved))
		s.take(v, i, units)
		moved += units
		if units < held && moved < amount {
			s.next[v]++
		}
	}
	s.onPath[v] = false
	return moved
}

// pushAcross moves what can go to a sink in one move, before push goes any
// deeper: it keeps paths short.
func (s *search) pushAcross(v int32, amount int64) int64 {
	moved := int64(0)
	for moved < amount && s.across[v] < len(s.members[v]) {
		i := s.across[v]
		h := s.members[v][i]
		if h.key > s.price[v] {
			s.across[v]++
			continue
		}
		gain := s.gain(v, &h)
		c := &s.cand[h.row]
		units, second := int64(0), s.beyond(h.row)
		for k, to := range c.node {
			g := c.score[k] - s.price[to]
			if to != v {
				second = max(second, g)
			}
			if g == gain && s.excess[to] < 0 {
				units += s.move(h.row, to, c.score[k], min(h.units, amount-moved)-units)
			}
		}
		if v != s.none {
			s.members[v][i].key = h.score - second
		}
		s.take(v, i, units)
		moved += units
		if units < h.units {
			s.across[v]++
		}
	}
	return moved
}

// pushArcs uses the arcs between the reps and the ground.
func (s *search) pushArcs(v int32, amount int64) int64 {
	switch {
	case v < s.ground:
		if s.onPath[s.ground] || s.price[v] != s.price[s.ground] {
			return 0
		}
		moved := s.push(s.ground, min(amount, s.max[v]-s.flow[v]))
		s.flow[v] += moved
		return moved
	case v == s.ground:
		return s.pushFromGround(amount)
	}
	return 0
}

func (s *search) pushFromGround(amount int64) int64 {
	moved := int64(0)
	for ; s.nextRep < int32(s.reps); s.nextRep++ {
		r := s.nextRep
		if s.onPath[r] || s.price[r] != s.price[s.ground] {
			continue
		}
		units := s.push(r, min(amount-moved, s.flow[r]-s.min[r]))
		s.flow[r] -= units
		if moved += units; moved == amount {
			break
		}
	}
	return moved
}

// pushRow moves up to amount units of a holding to wherever they gain as much
// and lead on to a sink. It leaves taking them away to its caller.
func (s *search) pushRow(v int32, h holding, amount int64) int64 {
	gain := s.gain(v, &h)
	moved := int64(0)
	c := &s.cand[h.row]
	for k, to := range c.node {
		if !s.onPath[to] && c.score[k]-s.price[to] == gain {
			if moved += s.move(h.row, to, c.score[k], amount-moved); moved == amount {
				return moved
			}
		}
	}
	if s.beyond(h.row) < gain {
		return moved
	}
	reps, scores := s.row(h.row)
	for k, to := range reps {
		if !s.onPath[to] && scores[k]-s.price[to] == gain {
			if moved += s.move(h.row, to, scores[k], amount-moved); moved == amount {
				return moved
			}
		}
	}
	return moved
}

func (s *search) move(row, to int32, score, amount int64) int64 {
	units := s.push(to, amount)
	if units > 0 {
		s.put(to, holding{key: s.price[to], score: score, units: units, row: row})
	}
	return units
}
