package allocation

import (
	"math"
	"slices"
	"time"

	"github.com/evenhand/evenhand/allocation/calendar"
	"github.com/evenhand/evenhand/allocation/rotation"
)

// equalWeight is the weight of a rep whose rule names none: 1, in millionths.
const equalWeight = 1_000_000

// weighEach gives each rep in w.rows his weight and removes those who have
// none. The order is: the rule's expression, its null rule, its range, its
// ramp, and only then a weight of zero refuses.
func (w *walk) weighEach(i int, r *Rule) {
	if r.HasWeight {
		w.weighByRule(i, r)
	}
	if r.WeightRange != nil && len(w.rows) > 0 {
		clamped, err := rotation.Clamp(w.weights, r.WeightRange.Low, r.WeightRange.High)
		if err != nil {
			w.err = err
			return
		}
		copy(w.weights, clamped)
	}
	if r.Ramp != nil {
		w.ramp(i, r)
	}
	w.dropRows(func(n int) bool {
		if w.weights[n] > 0 {
			return false
		}
		w.trace.noWeight(i, w.rows[n], ReasonZeroWeight)
		return true
	})
}

const (
	unknownWeight = -1 // the null rule decides
	badWeight     = -2 // known and not a weight: refused, whatever the null rule says
)

// weighByRule evaluates the rule's weight, and its null rule where that is
// unknown. A weight of zero takes no part in a mean of the others, nor in a
// range: it refuses.
func (w *walk) weighByRule(i int, r *Rule) {
	var sum, known int64
	for n, row := range w.rows {
		w.weights[n] = unknownWeight
		if value, ok := w.m.Weight(i, row); ok {
			w.weights[n] = microWeight(value)
		}
		if w.weights[n] > 0 {
			sum += w.weights[n]
			known++
		}
	}
	substitute := int64(unknownWeight)
	switch {
	case r.WeightNull.Kind == NullValue:
		substitute = r.WeightNull.Value
	case r.WeightNull.Kind == NullMean && known > 0:
		substitute = roundedMean(sum, known)
	}
	w.dropRows(func(n int) bool {
		if w.weights[n] == unknownWeight {
			w.weights[n] = substitute
		}
		switch {
		case w.weights[n] < 0:
			w.trace.noWeight(i, w.rows[n], ReasonNoWeight)
		case w.weights[n] == 0:
			w.trace.noWeight(i, w.rows[n], ReasonZeroWeight)
		default:
			return false
		}
		return true
	})
}

// roundedMean divides half to even.
func roundedMean(sum, n int64) int64 {
	mean, rest := sum/n, sum%n
	if 2*rest > n || 2*rest == n && mean%2 == 1 {
		mean++
	}
	return mean
}

// ramp scales the weights of reps who are new. An unknown start counts as an
// unknown weight does under the rule's null rule: refused, or left as it is.
func (w *walk) ramp(i int, r *Rule) {
	w.dropRows(func(n int) bool {
		start, known := w.m.RampStart(i, w.rows[n])
		if !known {
			if r.WeightNull.Kind != NullRefuse {
				return false
			}
			w.trace.noRamp(i, w.rows[n])
			return true
		}
		ppm := rampAt(r.Ramp, daysBetween(start, w.now, w.l.policy.Zone))
		w.weights[n] = roundedMean(w.weights[n]*ppm, 1_000_000)
		return false
	})
}

// rampAt returns the share of the full weight after so many days; before the
// first step it is zero.
func rampAt(steps []RampStep, days int) int64 {
	ppm := int64(0)
	for _, step := range steps {
		if days >= step.AfterDays {
			ppm = step.PPM
		}
	}
	return ppm
}

// daysBetween counts calendar days in a zone.
func daysBetween(from, to time.Time, zone *time.Location) int {
	return calendar.DateAt(to, zone).DaysSince(calendar.DateAt(from, zone))
}

// dropRows removes the reps for which drop is true from the rows, the weights
// and the set.
func (w *walk) dropRows(drop func(n int) bool) {
	kept := 0
	for n := range w.rows {
		if drop(n) {
			w.among.Remove(w.rows[n])
			continue
		}
		w.rows[kept], w.weights[kept] = w.rows[n], w.weights[n]
		kept++
	}
	w.rows, w.weights = w.rows[:kept], w.weights[:kept]
}

// recordTurn writes down what the rotation is about to be asked, and the
// change of the rule's table of weights that has to be recorded before it.
func (w *walk) recordTurn(i int, r *Rule, size int64) (*turn, *weightChange) {
	t := &turn{
		Rotation: w.l.rotations[i], Size: size, Scale: r.SizeScale,
		Select: r.Selection.Rule.String(), Tau: r.Selection.Tau, Sigma: r.Selection.Sigma,
		Among: listOf(w.rows), Away: w.away(),
	}
	if w.l.policy.Share == ShareTotals {
		t.Select, t.Tau, t.Sigma = selectTotals, 0, 0
	}
	if slices.Min(w.weights) == slices.Max(w.weights) {
		t.Each = w.weights[0]
		return t, nil
	}
	if !r.weightsInTable() {
		t.Weights = slices.Clone(w.weights)
		return t, nil
	}
	change := w.tableChange(r)
	t.TableRule = r.ID
	t.Table = w.s.head.Version + 1 // the change is recorded first
	if change == nil {
		t.Table = w.s.tables[r.ID].version
	}
	return t, change
}

// weightsInTable reports whether a rule's final weights depend on the rep
// alone, so that the ledger can keep them once.
func (r *Rule) weightsInTable() bool {
	return r.WeightByRep && r.WeightRange == nil && r.WeightNull.Kind != NullMean
}

func (w *walk) tableChange(r *Rule) *weightChange {
	table := w.s.tables[r.ID]
	var rows RepSet
	change := &weightChange{Rule: r.ID}
	for n, row := range w.rows {
		if table.get(row) != w.weights[n] {
			rows.Add(row)
			change.Weights = append(change.Weights, w.weights[n])
		}
	}
	if len(change.Weights) == 0 {
		return nil
	}
	change.Rows = encodeRows(&rows)
	return change
}

// away returns the eligible reps on time off, when the policy grants for it.
func (w *walk) away() string {
	if w.l.policy.OnReturn.Kind != ReturnGrant {
		return ""
	}
	for row := range w.eligible.All() {
		if _, off := w.s.roster.members[row].calendar.TimeOffAt(w.now); !off || w.among.Has(row) {
			w.eligible.Remove(row)
		}
	}
	return encodeRows(&w.eligible)
}

// scaleSize turns a size into an integer of 10^-scale, rounded half to even,
// from 1 to 10^12.
func scaleSize(value float64, scale int) int64 {
	factor := [...]float64{1, 10, 100, 1000, 1e4}[scale]
	scaled := math.RoundToEven(float64(value * factor))
	switch {
	case !(scaled >= 1): // NaN included
		return 1
	case scaled > 1e12:
		return 1e12
	}
	return int64(scaled)
}
