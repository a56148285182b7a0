package sqlitestore_test

import (
	"fmt"
	"slices"
	"strings"
)

// This file is a desk as a sequential specification: what each operation does
// and answers when nothing else happens meanwhile. It shares no code with the
// desk. A state never changes once another was made from it, so that the
// checker can go back to it.

// The world of the specification: six reps, of whom three are in the field,
// and customers of four tiers.
const (
	reps   = 6
	field  = 1<<0 | 1<<1 | 1<<2 // the rule "big" knows only these
	all    = 1<<reps - 1
	promos = 5 // customers of tier promo that a rep may be given a day

	small, big, promo, spam = 0, 1, 2, 3 // tiers
)

var weights = [2][reps]int64{{1, 1, 1, 1, 1, 1}, {1, 2, 3, 1, 5, 2}} // by rule

func tierOf(customer int) int {
	return [...]int{small, big, small, promo, small, big, promo, small, small, spam}[customer%10]
}

func unitsOf(customer int) int16 {
	if tierOf(customer) == big {
		return 2
	}
	return 1
}

// kind says what an operation does.
type kind uint8

const (
	doAssign kind = iota
	doReassign
	doAssignTo
	doTransfer
	doRelease
	doVoid
	doSetRep
	doSeveral // Requests: some of the above in one
	doReport
	doExplain
	doPoison // Assign of a customer whom the policy cannot read without a panic
	doPlan   // Plan and Commit
)

var kindNames = [...]string{"Assign", "Reassign", "AssignTo", "Transfer", "Release", "Void", "SetRep", "Requests", "Report", "Explain", "Assign (panics)", "Plan and Commit"}

// operation is what a client asks for.
type operation struct {
	kind     kind
	via      bool  // assign: AssignVia
	customer int16 // all but setRep, several and report
	round    int8  // a field of the customer that the policy reads; badRound is one it cannot read
	rep      int8  // assignTo, transfer, setRep
	capacity int16 // setRep
	key      int16 // assign, reassign: the request's key; 0 for none
	parts    []operation
	backlog  []int16  // plan: customers, ascending
	planned  *planned // plan: what was answered
}

const badRound = -1

func (o operation) String() string {
	name := kindNames[o.kind]
	if o.via {
		name = "AssignVia"
	}
	var text []string
	switch o.kind {
	case doSeveral:
		for _, p := range o.parts {
			text = append(text, p.String())
		}
	case doReport:
	case doPlan:
		text = append(text, fmt.Sprintf("%d, round %d: %v", o.backlog, o.round, o.planned))
	case doSetRep:
		text = append(text, fmt.Sprintf("rep %d, capacity %d", o.rep, o.capacity))
	default:
		text = append(text, customerID(o.customer))
		if o.kind == doAssignTo || o.kind == doTransfer {
			text = append(text, fmt.Sprintf("to rep %d", o.rep))
		}
		if o.kind <= doAssignTo {
			text = append(text, fmt.Sprintf("round %d", o.round))
		}
		if o.key > 0 {
			text = append(text, fmt.Sprintf("key %d", o.key))
		}
	}
	return name + "(" + strings.Join(text, ", ") + ")"
}

// refusal is how a request that was not granted was answered.
type refusal string

const (
	fine            refusal = ""
	unknownCustomer refusal = "unknown customer"
	badInput        refusal = "bad input"
	keyReused       refusal = "key reused"
	notOpen         refusal = "refused: not_open"
	full            refusal = "refused: full"
)

// decision is a Decision without its times. Rep is -1 unless assigned.
type decision struct {
	status, rule, reason string
	rep                  int8
	seq, episode         int
	repeated, changed    bool
}

// answer is what a client was told.
type answer struct {
	unknown  bool // nobody knows: it may have happened or not
	refusal  refusal
	decision decision
	parts    []answer
	report   *deskReport
	planned  *planned
}

func (a answer) equal(b answer) bool {
	return a.refusal == b.refusal && a.decision == b.decision && slices.EqualFunc(a.parts, b.parts, answer.equal) &&
		(a.report == nil) == (b.report == nil) && (a.report == nil || a.report.equal(b.report))
}

func (a answer) String() string {
	switch {
	case a.unknown:
		return "nobody knows"
	case a.refusal != fine:
		return string(a.refusal)
	case a.report != nil:
		return fmt.Sprintf("%+v", *a.report)
	case len(a.parts) > 0:
		return fmt.Sprint(a.parts)
	case a.decision == decision{}:
		return "done"
	}
	d := a.decision
	text := fmt.Sprintf("entry %d: %s", d.seq, d.status)
	if d.rep >= 0 {
		text += fmt.Sprintf(" to rep %d", d.rep)
	}
	text += fmt.Sprintf(" (rule %q, reason %q, episode %d)", d.rule, d.reason, d.episode)
	if d.repeated {
		text += ", repeated"
	}
	if d.changed {
		text += ", changed"
	}
	return text
}

// deskReport is a Report in the world of the specification.
type deskReport struct {
	version int
	open    [reps]int16
	over    [reps]string // names of caps
	got     [2][reps]int32
	credit  [2][reps]int64
	opened  [2]uint8 // who has an account
	waiting []int16
}

func (r *deskReport) equal(o *deskReport) bool {
	return r.version == o.version && r.open == o.open && r.over == o.over && r.got == o.got &&
		r.credit == o.credit && r.opened == o.opened && slices.Equal(r.waiting, o.waiting)
}

// recorded is a decision with what a repeated request is compared with.
type recorded struct {
	decision
	round int8
}

// customer is all that is known of one customer.
type customer struct {
	latest  recorded // the decision in force
	status  string   // what became of him since: assigned, waiting, unassigned, released, voided
	rep     int8     // who holds him, when assigned
	inRest  bool     // he counts under the cap of the rule "rest"
	given   [reps]int8
	rule    int8  // the rotation he came from; -1 for none
	sharers uint8 // who had a share in him
	key     int16 // of the request he waits by
	last    int   // his last entry
}

func (c *customer) known() bool { return c.status != "" }

// keyed is a request's key and what it was used for.
type keyed struct {
	customer int16 // -1 for nobody
	decision recorded
}

// Customers and keys are kept in pages, and only the page that changes is
// copied.
const (
	page      = 16
	customers = 32 * page // numbered from 1
	poisonous = 30 * page // from here on they are poison
)

type (
	customerPage [page]customer
	keyPage      [page]keyed
)

// spec is the state of the desk.
type spec struct {
	version   int
	ordered   bool // customers who began to wait at the same time wait by number
	capacity  [reps]int16
	open      [reps]int16
	rest      [reps]int16 // open under the cap of the rule "rest"
	given     [reps]int16 // promos
	credit    [2][reps]int64
	got       [2][reps]int32
	opened    [2]uint8
	tabled    uint8   // whose weights the ledger has
	waiting   []int16 // never written to, only replaced
	customers [customers / page]*customerPage
	keys      [customers / page]*keyPage
}

func newSpec(capacity [reps]int16, version int, ordered bool) *spec {
	return &spec{version: version, capacity: capacity, ordered: ordered}
}

// same reports whether two states are alike, however they came about.
func (s *spec) same(o *spec) bool {
	if s.version != o.version || s.capacity != o.capacity || s.open != o.open || s.rest != o.rest || s.given != o.given ||
		s.credit != o.credit || s.got != o.got || s.opened != o.opened || s.tabled != o.tabled || !slices.Equal(s.waiting, o.waiting) {
		return false
	}
	for i := range s.customers {
		if !samePage(s.customers[i], o.customers[i]) || !samePage(s.keys[i], o.keys[i]) {
			return false
		}
	}
	return true
}

func samePage[P comparable](a, b *P) bool { return a == b || a != nil && b != nil && *a == *b }

func (s *spec) customer(n int16) customer {
	if p := s.customers[n/page]; p != nil {
		return p[n%page]
	}
	return customer{}
}

func (s *spec) put(n int16, c customer) {
	p := new(customerPage)
	if old := s.customers[n/page]; old != nil {
		*p = *old
	}
	p[n%page] = c
	s.customers[n/page] = p
}

func (s *spec) key(n int16) (keyed, bool) {
	if p := s.keys[n/page]; n > 0 && p != nil {
		return p[n%page], p[n%page].customer > 0
	}
	return keyed{}, false
}

func (s *spec) putKey(n int16, k keyed) {
	p := new(keyPage)
	if old := s.keys[n/page]; old != nil {
		*p = *old
	}
	p[n%page] = k
	s.keys[n/page] = p
}

// step does one operation: the answer it must have, and the state after it,
// which is the same one when nothing was recorded.
func (s *spec) step(o *operation) (answer, *spec) {
	switch o.kind {
	case doAssign:
		return s.assign(o)
	case doReassign:
		return s.reassign(o)
	case doAssignTo:
		return s.assignTo(o)
	case doTransfer:
		return s.transfer(o)
	case doRelease:
		return s.release(o)
	case doVoid:
		return s.void(o)
	case doSetRep:
		return s.setRep(o)
	case doReport:
		return s.report()
	case doExplain:
		return s.explain(o)
	case doPoison:
		return s.poison(o)
	case doPlan:
		return s.plan(o)
	}
	var out answer
	for i := range o.parts {
		var part answer
		part, s = s.step(&o.parts[i])
		out.parts = append(out.parts, part)
	}
	return out, s
}

func (s *spec) assign(o *operation) (answer, *spec) {
	before, refused := s.recorded(o)
	switch {
	case refused != fine:
		return answer{refusal: refused}, s
	case before != nil:
		return before.again(o), s
	case o.round == badRound:
		return answer{refusal: badInput}, s
	}
	return s.decide(o, 1)
}

// recorded is the decision that answers a request already.
func (s *spec) recorded(o *operation) (*recorded, refusal) {
	c := s.customer(o.customer)
	if k, used := s.key(o.key); used {
		switch {
		case k.customer != o.customer:
			return nil, keyReused
		case k.decision.episode == c.latest.episode:
			return &c.latest, fine
		}
		return &k.decision, fine
	}
	if !c.known() {
		return nil, fine
	}
	return &c.latest, fine
}

func (r *recorded) again(o *operation) answer {
	d := r.decision
	d.repeated, d.changed = true, o.round != r.round
	return answer{decision: d}
}

func (s *spec) reassign(o *operation) (answer, *spec) {
	if _, used := s.key(o.key); used {
		before, refused := s.recorded(o)
		if refused != fine {
			return answer{refusal: refused}, s
		}
		return before.again(o), s
	}
	c := s.customer(o.customer)
	switch {
	case !c.known():
		return answer{refusal: unknownCustomer}, s
	case o.round == badRound:
		return answer{refusal: badInput}, s
	}
	return s.decide(o, c.latest.episode+1)
}

// decide brings the waiting list up to date, frees what the customer had, and
// walks him through the policy.
func (s *spec) decide(o *operation, episode int) (answer, *spec) {
	n := s.drained()
	n.vacate(o.customer)
	d := n.place(o.customer, o.round, episode)
	if o.key > 0 {
		n.putKey(o.key, keyed{o.customer, d})
		c := n.customer(o.customer)
		c.key = o.key
		n.put(o.customer, c)
	}
	return answer{decision: d.decision}, n
}

// drained is a new state in which those who waited have what room there is.
func (s *spec) drained() *spec {
	n := new(spec)
	*n = *s
	n.drain()
	return n
}

func (s *spec) drain() {
	for _, number := range s.waiting {
		c := s.customer(number)
		if _, _, placed := s.choose(number); placed {
			s.vacate(number)
			s.follow(c, number, s.place(number, c.latest.round, c.latest.episode))
		}
	}
}

// follow lets the key of a customer who waited follow what became of him.
func (s *spec) follow(c customer, number int16, d recorded) {
	if c.status == "waiting" && c.key > 0 {
		s.putKey(c.key, keyed{number, d})
	}
}

// settled reports whether nobody who waits could be placed.
func (s *spec) settled() bool {
	for _, number := range s.waiting {
		if _, _, placed := s.choose(number); placed {
			return false
		}
	}
	return true
}

// advanced is drained, and the same state when nothing comes of it.
func (s *spec) advanced() *spec {
	if s.settled() {
		return s
	}
	return s.drained()
}

func (s *spec) assignTo(o *operation) (answer, *spec) {
	c := s.customer(o.customer)
	switch {
	case c.known() && c.latest.status == "assigned":
		return c.latest.again(o), s
	case o.round == badRound:
		return answer{refusal: badInput}, s
	}
	n := s.drained()
	if c = n.customer(o.customer); c.status == "assigned" {
		return answer{decision: c.latest.decision}, n // the list was drained first
	}
	if n.isFull(o.customer, int(o.rep), false) {
		return answer{refusal: full}, n.or(s)
	}
	n.vacate(o.customer)
	n.version++
	d := decision{status: "assigned", rep: o.rep, reason: "manual", seq: n.version, episode: max(1, c.latest.episode)}
	waited := c
	c = customer{latest: recorded{d, o.round}, status: "assigned", rule: -1, last: n.version}
	n.follow(waited, o.customer, c.latest)
	n.hold(o.customer, &c, o.rep)
	n.put(o.customer, c)
	return answer{decision: d}, n
}

// or is the state, or the one it came from when nothing was recorded since.
func (s *spec) or(before *spec) *spec {
	if s.version == before.version {
		return before
	}
	return s
}

func (s *spec) transfer(o *operation) (answer, *spec) {
	if !s.knows(o) {
		return answer{refusal: unknownCustomer}, s
	}
	n := s.advanced()
	c := n.customer(o.customer)
	switch {
	case c.status != "assigned":
		return answer{refusal: notOpen}, n
	case c.rep == o.rep:
		return answer{}, n
	case n.isFull(o.customer, int(o.rep), c.inRest):
		return answer{refusal: full}, n
	}
	n = n.drained()
	n.vacate(o.customer)
	n.hold(o.customer, &c, o.rep)
	n.version++
	c.last = n.version
	n.put(o.customer, c)
	return answer{}, n
}

func (s *spec) knows(o *operation) bool {
	c := s.customer(o.customer)
	return c.known()
}

func (s *spec) release(o *operation) (answer, *spec) {
	c := s.customer(o.customer)
	switch {
	case !c.known():
		return answer{refusal: unknownCustomer}, s
	case c.status != "assigned" && c.status != "waiting":
		return answer{}, s
	}
	n := s.drained()
	n.vacate(o.customer)
	c = n.customer(o.customer)
	c.status = "released"
	n.version++
	c.last = n.version
	n.put(o.customer, c)
	return answer{}, n
}

// void takes an assignment back: the place, what was given by the day, and the
// credit of everybody who had a share.
func (s *spec) void(o *operation) (answer, *spec) {
	c := s.customer(o.customer)
	switch {
	case !c.known():
		return answer{refusal: unknownCustomer}, s
	case c.status == "voided":
		return answer{}, s
	}
	n := s.drained()
	n.vacate(o.customer)
	c = n.customer(o.customer)
	c.status = "voided"
	n.version++
	c.last = n.version
	for rep, given := range c.given {
		n.given[rep] -= int16(given)
	}
	if c.rule >= 0 {
		share, debit := shares(int(c.rule), c.sharers)
		for rep := range reps {
			n.credit[c.rule][rep] -= share[rep]
		}
		n.credit[c.rule][c.latest.rep] += debit
		n.got[c.rule][c.latest.rep]--
	}
	n.put(o.customer, c)
	return answer{}, n
}

// poison sets a customer aside.
func (s *spec) poison(o *operation) (answer, *spec) {
	if c := s.customer(o.customer); c.known() {
		again := c.latest.again(o)
		again.decision.changed = false // nothing of him was recorded
		return again, s
	}
	n := s.drained()
	n.version++
	d := decision{status: "unassigned", reason: "failed", rep: -1, seq: n.version, episode: 1}
	n.put(o.customer, customer{latest: recorded{decision: d}, status: d.status, rep: -1, rule: -1, last: n.version})
	return answer{decision: d}, n
}

func (s *spec) setRep(o *operation) (answer, *spec) {
	n := s.drained()
	n.capacity[o.rep] = o.capacity
	n.version++
	return answer{}, n
}

func (s *spec) explain(o *operation) (answer, *spec) {
	c := s.customer(o.customer)
	if !c.known() {
		return answer{refusal: unknownCustomer}, s
	}
	return answer{decision: c.latest.decision}, s
}

func (s *spec) report() (answer, *spec) {
	r := &deskReport{version: s.version, open: s.open, got: s.got, credit: s.credit, opened: s.opened, waiting: s.waiting}
	for rep := range reps {
		if s.open[rep] > s.capacity[rep] {
			r.over[rep] = "book "
		}
		if s.rest[rep] > restLimit(s.capacity[rep]) {
			r.over[rep] += "rest "
		}
	}
	return answer{report: r}, s
}
