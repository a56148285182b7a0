package policy

import (
	"errors"
	"math/bits"
	"slices"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/calendar"
	"github.com/evenhand/evenhand/policy/rule"
)

// survey is what becomes of some customers among some reps on a desk where
// nobody has anything open and everybody is at work. What is impossible there
// is impossible on any day; what is possible there may still have to wait.
type survey struct {
	c       *compiler
	p       *allocation.Policy
	m       *indexed
	now     time.Time
	reps    []allocation.Rep
	refused []refusedItem // reps that a desk would not take
	usable  allocation.RepSet
	active  allocation.RepSet // usable and not inactive
	could   allocation.RepSet // may receive some customer by some rule
	caps    []capSurvey
	rules   []ruleSurvey

	customers []allocation.Customer
	subjects  []*subject    // nil: refused
	turned    []refusedItem // customers that a desk would not take
	fates     []*fate       // of those whom no rule places, in the order found
	byFate    map[fateKey]*fate
	among     allocation.RepSet // who is still in
}

// refusedItem is a rep or customer that a desk would refuse, and why.
type refusedItem struct{ id, why string }

// ruleSurvey is what happened at one rule.
type ruleSurvey struct {
	matches int            // its when is true
	unknown int            // its when is unknown
	idle    int            // it is not in force when the customer comes
	reached int            // it matches, and no earlier rule keeps the customer
	first   int            // … and it is the first with somebody for him
	nobody  map[string]int // … and it has nobody for him, by the reason
	keptBy  map[int]int    // matches that an earlier rule keeps, by that rule
	after   map[int]int    // matches that an earlier rule has somebody for, by that rule
	weighs  *allocation.RepSet
	stopped []int // by row: what stopped him where he was eligible
	sample  []int // the first customers that match
}

// What stopped a rep who was eligible: the index of a cap, or one of these.
const (
	stopNothing = -1
	stopWeight  = -2
)

// sampleLength is how many customers of a rule are kept to ask why its reps are
// not eligible for them, and repSample how many of them one rep is asked about.
const (
	sampleLength = 200
	repSample    = 10
)

// capSurvey is a cap before anybody has anything.
type capSurvey struct {
	limits   []int64 // by row; −1: unknown
	rooms    map[int64]*allocation.RepSet
	arrivals []capArrival // the customers it counts
	excluded int          // the customers it does not
}

type capArrival struct {
	at    time.Time
	takes int64
}

// fateKey is why no rule places a customer: the reason of the last rule that
// matched, or that none did.
type fateKey struct {
	reason string
	rule   int // −1: none matched
	waits  bool
}

type fate struct {
	fateKey
	customers []int
}

// newSurvey follows the customers; nil when there is nothing to look at.
func newSurvey(c *compiler, a Against) *survey {
	if len(a.Reps) == 0 && len(a.Customers) == 0 {
		return nil
	}
	s := &survey{
		c: c, p: c.out, m: newIndexed(c.programs), now: a.Now, reps: a.Reps, customers: a.Customers,
		caps: make([]capSurvey, len(c.out.Caps)), rules: make([]ruleSurvey, len(c.out.Rules)), byFate: map[fateKey]*fate{},
	}
	s.takeReps()
	s.measureCaps()
	for i := range s.rules {
		r := &s.rules[i]
		r.keptBy, r.after, r.nobody = map[int]int{}, map[int]int{}, map[string]int{}
		r.stopped = slices.Repeat([]int{stopNothing}, len(s.reps))
	}
	for at := range s.customers {
		s.follow(at)
	}
	if len(s.customers) == 0 {
		s.withoutCustomers()
	}
	return s
}

// takeReps puts the reps into the matcher, each on the row of his place.
func (s *survey) takeReps() {
	s.usable.Reset(len(s.reps))
	s.active.Reset(len(s.reps))
	s.could.Reset(len(s.reps))
	for row := range s.reps {
		r := &s.reps[row]
		err := s.m.SetRep(row, r)
		if r.Timezone != "" {
			_, zone := calendar.LoadZone(r.Timezone)
			err = errors.Join(err, zone)
		}
		if err != nil {
			s.refused = append(s.refused, refusedItem{r.ID, refusal(err)})
			continue
		}
		s.usable.Add(row)
		if !r.Inactive {
			s.active.Add(row)
		}
	}
}

// measureCaps works out every limit of every rep.
func (s *survey) measureCaps() {
	bound := s.m.Match(nil, s.now)
	for i := range s.caps {
		c := &s.caps[i]
		c.rooms, c.limits = map[int64]*allocation.RepSet{}, make([]int64, len(s.reps))
		for row := range s.usable.All() {
			limit, known := bound.Limit(i, row)
			if !known {
				limit = -1
			}
			c.limits[row] = limit
		}
	}
}

// room is who has room under a cap for a customer who takes so much.
func (s *survey) room(i int, takes int64) *allocation.RepSet {
	c := &s.caps[i]
	if set := c.rooms[takes]; set != nil {
		return set
	}
	set := new(allocation.RepSet)
	set.Reset(len(s.reps))
	for row := range s.usable.All() {
		limit := c.limits[row]
		if limit >= takes || limit >= 0 && s.p.Caps[i].Team && len(s.reps[row].Teams) == 0 {
			set.Add(row)
		}
	}
	c.rooms[takes] = set
	return set
}

// takes is what a customer of so many units takes under a cap.
func (s *survey) takes(cap int, units int64) int64 {
	if s.p.Caps[cap].Flow {
		return 1
	}
	return units
}

// capsOf are the caps that a rule is under: the desk's, and its own.
func (s *survey) capsOf(i int) []int {
	var out []int
	for c := range s.p.Caps {
		if s.p.Caps[c].Rule < 0 || s.p.Caps[c].Rule == i {
			out = append(out, c)
		}
	}
	return out
}

// follow takes one customer through all rules. Behind the first that has
// somebody for him it goes on as he would when they are all away or full, and
// behind one that keeps him only to see which rules match.
func (s *survey) follow(at int) {
	customer := &s.customers[at]
	read, err := s.m.ReadCustomer(customer)
	if err != nil {
		s.subjects = append(s.subjects, nil)
		s.turned = append(s.turned, refusedItem{customer.ID, refusal(err)})
		return
	}
	now := customer.At
	if now.IsZero() {
		now = s.now
	}
	bound := s.m.Match(read, now)
	units, err := bound.Units()
	if err != nil {
		s.subjects = append(s.subjects, nil)
		s.turned = append(s.turned, refusedItem{customer.ID, refusal(err)})
		return
	}
	s.subjects = append(s.subjects, read.(*subject))
	w := way{s: s, at: at, now: now, bound: bound, units: units, keeper: -1, placer: -1, last: fateKey{allocation.ReasonNoRule, -1, false}}
	w.arrive(-1)
	for i, truth := bound.Next(0); i < len(s.rules); i, truth = bound.Next(i + 1) {
		w.rule(i, truth)
	}
	if w.placer < 0 {
		s.add(w.last, at)
	}
}

// add notes a customer whom no rule places.
func (s *survey) add(key fateKey, at int) {
	f := s.byFate[key]
	if f == nil {
		f = &fate{fateKey: key}
		s.byFate[key] = f
		s.fates = append(s.fates, f)
	}
	f.customers = append(f.customers, at)
}

// way is one customer's way through the rules.
type way struct {
	s      *survey
	at     int
	now    time.Time
	bound  allocation.Matching
	units  int64
	keeper int // the rule that keeps him whatever happens; −1: none yet
	placer int // the first rule that has somebody for him; −1: none yet
	last   fateKey
	ended  bool // a rule ended his way, unless its reps are away or full
}

func (w *way) rule(i int, truth allocation.Truth) {
	r, seen := &w.s.p.Rules[i], &w.s.rules[i]
	switch {
	case !r.From.IsZero() && w.now.Before(r.From), !r.Until.IsZero() && !w.now.Before(r.Until):
		seen.idle++
		return
	case truth == allocation.Unknown:
		seen.unknown++
		return
	}
	seen.matches++
	if len(seen.sample) < sampleLength {
		seen.sample = append(seen.sample, w.at)
	}
	if w.keeper >= 0 {
		seen.keptBy[w.keeper]++
		return
	}
	seen.reached++
	w.arrive(i)
	if r.Pick == "none" {
		w.keeper = i
		if w.placer >= 0 {
			seen.after[w.placer]++
			return
		}
		w.placer = i
		seen.first++
		return
	}
	w.place(i, r, seen)
}

// place notes who could take the customer by a rule, and where he goes when
// nobody can.
func (w *way) place(i int, r *allocation.Rule, seen *ruleSurvey) {
	reason := w.narrow(i, r)
	switch {
	case reason == "" && w.placer >= 0:
		seen.after[w.placer]++
	case reason == "":
		w.placer = i
		seen.first++
	default:
		seen.nobody[reason]++
	}
	if reason == "" {
		unite(&w.s.could, &w.s.among)
		if !w.s.c.letsPass(i) {
			w.keeper = i
		}
		return
	}
	otherwise, firm := r.IfNone.NotEligible, !w.s.c.mayPass(i, reason)
	if reason == allocation.ReasonFull {
		otherwise = r.IfNone.Full
	}
	if w.placer < 0 && !w.ended {
		w.last = fateKey{reason, i, firm && otherwise == allocation.Wait}
	}
	if otherwise != allocation.TryNext {
		w.ended = true
		if firm {
			w.keeper = i
		}
	}
}

// mayPass reports whether a rule that has nobody for a customer, for a reason
// on a desk where all are free, may let him go on when they are away or full:
// these reasons come before.
func (c *compiler) mayPass(i int, reason string) bool {
	n, away, full := c.out.Rules[i].IfNone, c.mayBeAway(i), c.mayBeFull(i)
	switch reason {
	case allocation.ReasonNotEligible:
		return false
	case allocation.ReasonFull:
		full = false
	}
	return away && n.Away == allocation.TryNext || full && n.Full == allocation.TryNext
}

func (c *compiler) mayBeAway(i int) bool { return c.out.Rules[i].Available != allocation.AnyAvailable }

func (c *compiler) mayBeFull(i int) bool {
	return slices.ContainsFunc(c.out.Caps, func(k allocation.Cap) bool { return k.Rule < 0 || k.Rule == i })
}

// letsPass reports whether a rule that has somebody for a customer may let him
// go on to the next: when they are away, full, or have no weight.
func (c *compiler) letsPass(i int) bool {
	r := &c.out.Rules[i]
	varies := r.HasWeight || r.Ramp != nil
	if p := c.programs.rules[i].eligible; p != nil {
		varies = varies || p.Reads().Now || p.Reads().RepField(openField)
	}
	n := r.IfNone
	return n.Away == allocation.TryNext && c.mayBeAway(i) || n.Full == allocation.TryNext && c.mayBeFull(i) || n.NotEligible == allocation.TryNext && varies
}

// narrow leaves in s.among who could take the customer by a rule, and says
// what it is when that is nobody: "" when it is somebody. Without reps it is
// taken to be somebody.
func (w *way) narrow(i int, r *allocation.Rule) (reason string) {
	s := w.s
	if len(s.reps) == 0 {
		s.among.Reset(0)
		return ""
	}
	s.among.CopyFrom(&s.active)
	w.bound.Eligible(i, &s.among)
	if s.among.Empty() {
		return allocation.ReasonNotEligible
	}
	for _, c := range s.capsOf(i) {
		if s.p.Caps[c].Only && w.bound.Applies(c) == allocation.False {
			continue
		}
		room := s.room(c, s.takes(c, w.units))
		s.stop(i, room, c)
		if !s.among.Keep(room) {
			return allocation.ReasonFull
		}
	}
	if r.Pick != "rotate" {
		return ""
	}
	if r.HasSize && r.Typical == 0 {
		if _, known := w.bound.Size(i); !known {
			return allocation.ReasonNoSize
		}
	}
	if r.HasWeight && !w.keepWeighing(i, r) {
		return allocation.ReasonNoWeight
	}
	return ""
}

// keepWeighing keeps the reps who have a weight above zero, and reports
// whether there is one.
func (w *way) keepWeighing(i int, r *allocation.Rule) bool {
	s, seen := w.s, &w.s.rules[i]
	weighing := seen.weighs
	if weighing == nil {
		weighing = new(allocation.RepSet)
		weighing.Reset(len(s.reps))
		rows := &s.among
		if r.WeightByRep {
			rows, seen.weighs = &s.usable, weighing
		}
		for row := range rows.All() {
			if x, known := w.bound.Weight(i, row); counts(r, x, known) {
				weighing.Add(row)
			}
		}
	}
	s.stop(i, weighing, stopWeight)
	return s.among.Keep(weighing)
}

// counts reports whether a weight takes part in a rotation.
func counts(r *allocation.Rule, x float64, known bool) bool {
	if !known {
		return r.WeightNull.Kind == allocation.NullMean || r.WeightNull.Kind == allocation.NullValue && r.WeightNull.Value > 0
	}
	return x > 0 && x <= 1e6
}

// stop notes who is eligible and not in a set, and what it is that he lacks.
func (s *survey) stop(i int, in *allocation.RepSet, what int) {
	words := in.Words()
	for n, word := range s.among.Words() {
		for left := word &^ words[n]; left != 0; left &= left - 1 {
			s.rules[i].stopped[n*64+bits.TrailingZeros64(left)] = what
		}
	}
}

// arrive counts the customer under the caps of a rule that he reaches, or of
// the desk, −1.
func (w *way) arrive(i int) {
	for c := range w.s.p.Caps {
		if w.s.p.Caps[c].Rule != i {
			continue
		}
		if w.s.p.Caps[c].Only && w.bound.Applies(c) == allocation.False {
			w.s.caps[c].excluded++
			continue
		}
		w.s.caps[c].arrivals = append(w.s.caps[c].arrivals, capArrival{w.now, w.s.takes(c, w.units)})
	}
}

// withoutCustomers says who could receive some customer, as far as the rep
// alone says.
func (s *survey) withoutCustomers() {
	for row := range s.active.All() {
		for i := range s.rules {
			if s.p.Rules[i].Pick != "none" && s.barrier(i, row) == "" {
				s.could.Add(row)
			}
		}
	}
}

// barrier is what keeps a rep from every customer of a rule whoever that is;
// "" when nothing does.
func (s *survey) barrier(i, row int) string {
	if p := s.c.programs.rules[i].eligible; p != nil {
		if part, barred := p.Bars(s.m.rows[row]); barred {
			return part + " is not true of them"
		}
	}
	for _, c := range s.capsOf(i) {
		if s.p.Caps[c].Only {
			continue
		}
		if why := s.noRoom(c, row); why != "" {
			return why
		}
	}
	r := &s.p.Rules[i]
	if r.Pick == "rotate" && r.WeightByRep {
		if x, known := s.m.Match(nil, s.now).Weight(i, row); !counts(r, x, known) {
			return s.noWeight(i)
		}
	}
	return ""
}

// noRoom says why a rep has never room under a cap; "" when he may have.
func (s *survey) noRoom(c, row int) string {
	limit, p := s.caps[c].limits[row], s.c.programs.caps[c].limit
	switch {
	case limit < 0:
		return "cap " + s.p.Caps[c].Name + " has no limit for them: " + p.Source() + " has no value"
	case limit == 0 && (s.p.Caps[c].Flow || s.c.programs.units == nil) && !(s.p.Caps[c].Team && len(s.reps[row].Teams) == 0):
		return "cap " + s.p.Caps[c].Name + " allows them nothing: " + p.Source() + " is 0"
	}
	return ""
}

func (s *survey) noWeight(i int) string {
	return "their weight, " + s.c.programs.rules[i].weight.Source() + ", is 0 or has no value"
}

// How near a rep came to the customers of a rule before he was stopped.
const (
	nowhere    = iota // the rule has no customers, or none gets as far
	barred            // whoever the customer is
	ineligible        // for these customers
	shutOut           // eligible, and without room or weight
)

// stopper is what keeps a rep from the customers of a rule, and how near he
// came.
func (s *survey) stopper(i, row int) (why string, near int) {
	seen := &s.rules[i]
	if p := s.c.programs.rules[i].eligible; p != nil {
		if part, is := p.Bars(s.m.rows[row]); is {
			return part + " is not true of them", barred
		}
	}
	if why := s.barrier(i, row); why != "" {
		return why, shutOut
	}
	switch what := seen.stopped[row]; {
	case what == stopWeight:
		return s.noWeight(i), shutOut
	case what != stopNothing:
		return "cap " + s.p.Caps[what].Name + " is too small for any of its customers", shutOut
	case seen.matches == 0 && seen.idle > 0:
		return "it is not in force", nowhere
	case seen.matches == 0:
		return "its when is true for no customer", nowhere
	case seen.reached == 0:
		return "earlier rules keep all its customers", nowhere
	}
	return s.mostly(i, seen.sample[:min(len(seen.sample), repSample)], []int{row}) + " is true for none of its customers", ineligible
}

// mostly names the part of a rule's eligible that most often decides against
// some reps for some customers; "" when nothing does. It looks at some dozens
// of reps and at most so many pairs.
func (s *survey) mostly(i int, customers, rows []int) string {
	const mostRows, mostPairs = 50, 2000
	p, counts, most := s.c.programs.rules[i].eligible, map[string]int{}, ""
	if p == nil || len(rows) == 0 {
		return ""
	}
	rows = rows[:min(len(rows), mostRows)]
	customers = customers[:min(len(customers), mostPairs/len(rows))]
	for _, at := range customers {
		for _, row := range rows {
			trace := p.Trace(&rule.Env{Customer: s.subjects[at].record, Rep: s.m.rows[row], Now: s.now})
			for _, leaf := range trace.Decisive() {
				if trace.Verdict.Truth == rule.True {
					continue
				}
				text := leaf.Leaf.Source
				if counts[text]++; counts[text] > counts[most] {
					most = text
				}
			}
		}
	}
	return most
}

// dead reports whether a rule has nobody for any of the customers.
func (s *survey) dead(i int) bool {
	seen := &s.rules[i]
	return len(s.customers) > 0 && seen.first == 0 && len(seen.after) == 0
}

// without counts of how many reps or customers a value is missing, and of how
// many it could be.
func (s *survey) without(gap rule.Gap, side rule.Side) (missing, all int, what string) {
	if side == rule.Rep {
		for row := range s.active.All() {
			all++
			if gap.Missing(&rule.Env{Rep: s.m.rows[row], Now: s.now}) {
				missing++
			}
		}
		return missing, all, "rep"
	}
	for _, subject := range s.subjects {
		if subject == nil {
			continue
		}
		all++
		if gap.Missing(&rule.Env{Customer: subject.record, Now: s.now}) {
			missing++
		}
	}
	return missing, all, "customer"
}

// unite adds the rows of one set to another that has room for them.
func unite(into, from *allocation.RepSet) {
	words := into.Words()
	for i, word := range from.Words() {
		words[i] |= word
	}
}
