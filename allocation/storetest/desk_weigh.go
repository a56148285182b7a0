package storetest

import (
	"cmp"
	"slices"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/rotation"
)

// This file is how the model weighs those who could take a customer, and what
// it asks of a rotation.

// weigh gives the candidates their weights in millionths and leaves out those
// who have none.
func (m *deskModel) weigh(rule int, f deskFields, reps []int) ([]int, []int64) {
	r := &m.plan.Rules[rule]
	weights := make([]int64, len(reps))
	if r.Pick != "rotate" || !r.HasWeight {
		for i := range weights {
			weights[i] = 1_000_000
		}
		return reps, weights
	}
	var sum, positive int64
	for i, rep := range reps {
		weights[i] = -1
		if w, known := m.plan.rules[rule].weight(&m.reps[rep].rep, f); known {
			weights[i] = int64(w * 1e6)
		}
		if weights[i] > 0 {
			sum, positive = sum+weights[i], positive+1
		}
	}
	unknown := int64(-1)
	switch {
	case r.WeightNull.Kind == allocation.NullValue:
		unknown = r.WeightNull.Value
	case r.WeightNull.Kind == allocation.NullMean && positive > 0:
		unknown = halfEven(sum, positive)
	}
	var out []int
	var kept []int64
	for i, w := range weights {
		if w == -1 {
			w = unknown
		}
		if w > 0 {
			out, kept = append(out, reps[i]), append(kept, w)
		}
	}
	if r.WeightRange != nil && len(out) > 0 {
		// Clamping has an oracle of its own in package rotation.
		clamped, err := rotation.Clamp(kept, r.WeightRange.Low, r.WeightRange.High)
		if err != nil {
			m.breaks("weights %v cannot be brought into their range: %v", kept, err)
			return nil, nil
		}
		kept = clamped
	}
	return out, kept
}

func halfEven(sum, n int64) int64 {
	mean, rest := sum/n, sum%n
	if 2*rest > n || 2*rest == n && mean%2 == 1 {
		mean++
	}
	return mean
}

// ranks orders the candidates of a rule by preference: 0 is best, equals are
// equal, unknown is last.
func (m *deskModel) ranks(rule int, reps []int) []int {
	ranks := make([]int, len(reps))
	if !m.plan.Rules[rule].HasPrefer {
		return ranks
	}
	for i, a := range reps {
		x, known := m.plan.rules[rule].prefer(&m.reps[a].rep)
		for _, b := range reps {
			if y, also := m.plan.rules[rule].prefer(&m.reps[b].rep); also && (!known || y > x) {
				ranks[i]++
			}
		}
	}
	return ranks
}

// prefer is every pick but rotate. Ties go to who was served least recently,
// then by ID.
func (m *deskModel) prefer(rule int, reps []int) int {
	ranks := m.ranks(rule, reps)
	key := func(i int) int64 {
		r := &m.reps[reps[i]]
		switch m.plan.Rules[rule].Pick {
		case "best":
			return int64(ranks[i])
		case "least_open":
			return m.openOf(reps[i])
		case "most_available":
			if r.rep.Capacity == nil {
				return 1 << 40
			}
			return m.openOf(reps[i]) - *r.rep.Capacity
		}
		return 0
	}
	best := 0
	for i := 1; i < len(reps); i++ {
		if cmp.Or(cmp.Compare(key(i), key(best)), cmp.Compare(m.reps[reps[i]].served, m.reps[reps[best]].served)) < 0 {
			best = i
		}
	}
	return reps[best]
}

// propose works out whose turn it is.
func (m *deskModel) propose(rule int, f deskFields, at time.Time, eligible, reps []int, weights []int64) (*proposedTurn, bool) {
	r := &m.plan.Rules[rule]
	t := &proposedTurn{
		rotation: rotationName(m.plan, r), totals: m.plan.Share == allocation.ShareTotals, scale: r.SizeScale,
		size: m.sizeOf(r, f), reps: reps, weights: weights,
	}
	if m.plan.OnReturn.Kind == allocation.ReturnGrant {
		for _, rep := range eligible {
			if m.reps[rep].spec.offAt(at) && !slices.Contains(reps, rep) {
				t.away = append(t.away, rep)
			}
		}
	}
	rot := m.rotations[t.rotation]
	if rot == nil {
		rot = &modelRotation{totals: t.totals, began: len(m.rows)}
	}
	t.winner = rot.choose(r.Selection, t.size, reps, weights, m.ranks(rule, reps), m)
	return t, r.WeightByRep && r.WeightRange == nil && r.WeightNull.Kind != allocation.NullMean
}

// sizeOf is what a customer counts for in fairness, scaled.
func (m *deskModel) sizeOf(r *allocation.Rule, f deskFields) int64 {
	if !r.HasSize {
		return 1
	}
	if f.size <= 0 {
		return r.Typical
	}
	size := max(1, f.size*pow10(r.SizeScale), r.SizeLow)
	if r.SizeHigh > 0 {
		size = min(size, r.SizeHigh)
	}
	return size
}

// Recording.
