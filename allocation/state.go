package allocation

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/evenhand/evenhand/allocation/rotation"
)

// state is the fold of a desk's ledger. Folding never evaluates an expression;
// what deciding needs beyond it (policy, matcher, calendars) is added by bind.
type state struct {
	head       Head
	now        time.Time // recorded time of the last entry
	policyHash string
	policySeq  uint64
	source     string   // the policy's text, as its policy_set entry holds it
	caps       []*count // by index into the policy's caps; nil for a book cap
	capSpecs   []capSpec
	roster     roster
	customers  map[CustomerRef]*customer // open, waiting and set aside
	waiting    []*customer               // by (since, ID, kind)
	rotations  map[string]*turns
	lent       map[string]*turns       // rotations to be copied before use: a decision that is not kept is being made
	tables     map[string]*weightTable // by rule ID
	roomAt     uint64                  // entry that last made room for somebody
	gaveAt     uint64                  // entry that last gave a rep a customer
	followed   uint64                  // shadows: the last entry of the desk they follow that gave rise to one here
	loaded     uint64                  // version of the snapshot it began with; not part of the fold

	live *live // nil while only folding
}

// customer is an open or waiting customer, or one who was set aside. All others
// are known by the entry their key points to.
type customer struct {
	ref      CustomerRef
	episode  int
	status   Status
	row      int // assigned: the rep's row
	rule     string
	units    int64
	holdings []holding
	decision uint64    // entry that holds the decision
	at       time.Time // recorded time of the decision
	since    time.Time // waiting: since when

	request   string  // waiting: the caller's key
	fields    []byte  // waiting: as recorded
	subject   Subject // waiting: read lazily by the policy in force
	signature string  // waiting: customers with the same one are decided alike
	fault     error   // set aside: why. Waiting: why the policy in force cannot decide him, which is not part of the fold
}

// turns is one rotation of the desk.
type turns struct {
	ledger   *rotation.Ledger
	totals   *rotation.Totals   // set: the rotation levels totals, and ledger is not used
	began    int                // rows of the roster when it began; for totals
	accounts []rotation.Account // by row; noAccount where none is open
	scale    int
	missed   []int64 // by row: thousandths of a size unit that time off kept from him
	closed   []closedAccount
}

// closedAccount remembers an account that was settled, for voids of what was
// decided before.
type closedAccount struct {
	Row     int              `json:"row"`
	Account rotation.Account `json:"account"`
	At      uint64           `json:"at"` // entry
}

const noAccount = rotation.Account(-1)

// weightTable holds the weights of a rule whose weight depends on the rep
// alone, as the ledger has them.
type weightTable struct {
	version uint64
	weights []int64 // by row; -1 where unknown
}

func newState() *state {
	return &state{
		roster:    newRoster(),
		customers: map[CustomerRef]*customer{},
		rotations: map[string]*turns{},
		tables:    map[string]*weightTable{},
	}
}

// fold applies one event. An error means that the ledger is damaged or of a
// version this code does not know.
func (s *state) fold(e *event) error {
	if e.Seq != s.head.Version+1 {
		return fmt.Errorf("ledger entry %d follows entry %d", e.Seq, s.head.Version)
	}
	if e.At.Before(s.now) {
		return fmt.Errorf("ledger entry %d: its time %s is before that of the entry before it, %s",
			e.Seq, e.At.Format(time.RFC3339Nano), s.now.Format(time.RFC3339Nano))
	}
	apply, known := folds[e.Event]
	if !known {
		return fmt.Errorf("ledger entry %d: event %q is not known to this version", e.Seq, e.Event)
	}
	if err := apply(s, e); err != nil {
		return fmt.Errorf("ledger entry %d (%s): %w", e.Seq, e.Event, err)
	}
	s.head.Version = e.Seq
	s.now = e.At
	s.followed = max(s.followed, e.Live)
	return nil
}

// folds says what each event does to the state.
var folds = map[Event]func(*state, *event) error{
	EventRepsSet:       (*state).foldReps,
	EventRepChanged:    (*state).foldReps,
	EventRepRemoved:    (*state).foldReps,
	EventPolicySet:     (*state).foldPolicy,
	EventWeightsSet:    (*state).foldWeights,
	EventAssigned:      (*state).foldAssigned,
	EventWaiting:       (*state).foldWaiting,
	EventUnassigned:    (*state).foldUnassigned,
	EventTransferred:   (*state).foldTransferred,
	EventReleased:      (*state).foldReleased,
	EventVoided:        (*state).foldVoided,
	EventGranted:       (*state).foldGranted,
	EventCalibrated:    (*state).foldCalibrated,
	EventAccountClosed: (*state).foldAccountClosed,
	EventReconciled:    (*state).foldReconciled,
	EventErased:        (*state).foldErased,
	EventPlanned:       (*state).foldPlanned,
}

func (s *state) foldReps(e *event) error {
	reps := slices.Clone(e.Reps)
	slices.SortFunc(reps, func(a, b Rep) int { return strings.Compare(a.ID, b.ID) })
	for _, rep := range reps {
		if err := s.changed(s.roster.put(rep)); err != nil {
			return err
		}
	}
	for _, id := range e.Absent {
		row, known := s.roster.row(id)
		if !known {
			return fmt.Errorf("rep %q is not in the roster", id)
		}
		rep := s.roster.members[row].rep
		rep.Inactive = true
		if err := s.changed(s.roster.put(rep)); err != nil {
			return err
		}
	}
	for id, units := range e.Work {
		row, known := s.roster.row(id)
		if !known {
			return fmt.Errorf("opening work of rep %q, who is not in the roster", id)
		}
		s.addOpen(row, units-s.roster.members[row].work)
		s.roster.setWork(row, units)
	}
	s.roster.version = e.Seq
	s.roomAt = e.Seq
	return s.openCredits(e.Credits)
}

func (s *state) foldPolicy(e *event) error {
	fresh := make([]*count, len(e.CapKeys))
	for i, spec := range e.CapKeys {
		if spec.Book {
			continue
		}
		fresh[i] = newCount(spec, e.Seq)
		for j, old := range s.capSpecs {
			if old.Key == spec.Key && s.caps[j] != nil {
				fresh[i] = s.caps[j]
			}
		}
	}
	s.caps, s.capSpecs = fresh, e.CapKeys
	if s.live != nil {
		s.live.recountAll()
	}
	s.policyHash, s.policySeq, s.source = e.Policy, e.Seq, e.Source
	s.roomAt = e.Seq
	for _, c := range s.waiting {
		c.subject = nil
	}
	return nil
}

func (s *state) foldWeights(e *event) error {
	if e.Table == nil {
		return fmt.Errorf("it holds no table")
	}
	rows, err := decodeRows(e.Table.Rows, len(s.roster.members))
	if err != nil {
		return err
	}
	if len(rows) != len(e.Table.Weights) {
		return fmt.Errorf("%d rows have %d weights", len(rows), len(e.Table.Weights))
	}
	table := s.table(e.Table.Rule)
	for i, row := range rows {
		table.set(row, e.Table.Weights[i])
	}
	table.version = e.Seq
	return nil
}

func (s *state) table(rule string) *weightTable {
	t := s.tables[rule]
	if t == nil {
		t = &weightTable{}
		s.tables[rule] = t
	}
	return t
}

func (t *weightTable) set(row int, weight int64) {
	for len(t.weights) <= row {
		t.weights = append(t.weights, -1)
	}
	t.weights[row] = weight
}

// get returns a row's weight, -1 when the table has none; a nil table has none.
func (t *weightTable) get(row int) int64 {
	if t == nil || row >= len(t.weights) {
		return -1
	}
	return t.weights[row]
}

func (s *state) foldAssigned(e *event) error {
	row, known := s.roster.row(e.Rep)
	if !known {
		return fmt.Errorf("rep %q is not in the roster", e.Rep)
	}
	if e.Turn != nil {
		if err := s.foldTurn(e, row); err != nil {
			return err
		}
	}
	s.leave(e)
	s.roster.members[row].served, s.gaveAt = e.Seq, e.Seq
	return s.countUnder(s.openCustomer(e, row), e)
}

// foldTurn accounts for a turn of a rotation, unless picking has done so.
func (s *state) foldTurn(e *event, row int) error {
	if !e.taken {
		if err := s.takeTurn(e.Turn, row); err != nil {
			return err
		}
	}
	return s.noteMissed(e.Turn, row, e.Seq, 1)
}

// leave ends what the customer of a new decision had before.
func (s *state) leave(e *event) {
	s.forgetCustomer(e.ref())
	if e.From != "" {
		s.roomAt = e.Seq
	}
}

// countUnder counts an open customer under the caps its entry names.
func (s *state) countUnder(c *customer, e *event) error {
	for _, counted := range e.Caps {
		if counted.Cap < 0 || counted.Cap >= len(s.caps) || s.caps[counted.Cap] == nil {
			return fmt.Errorf("it counts under cap %d of %d", counted.Cap, len(s.caps))
		}
		n := s.caps[counted.Cap]
		s.recount(counted.Cap, c.row)
		n.add(c.row, counted.Team, e.Units, e.At)
		c.holdings = append(c.holdings, holding{Key: n.Key, Since: n.since, Team: counted.Team, Row: c.row, At: e.At.UnixMicro()})
	}
	return nil
}

// openCustomer starts to hold an assigned customer and his open units.
func (s *state) openCustomer(e *event, row int) *customer {
	c := &customer{
		ref: e.ref(), episode: e.Episode, status: StatusAssigned,
		row: row, rule: e.Rule, units: e.Units, decision: e.Seq, at: e.At,
	}
	s.customers[c.ref] = c
	s.addOpen(row, c.units)
	return c
}

func (e *event) ref() CustomerRef { return CustomerRef{Kind: e.Kind, ID: e.Customer} }

func (s *state) foldWaiting(e *event) error {
	s.leave(e)
	c := &customer{
		ref: e.ref(), episode: e.Episode, status: StatusWaiting, row: -1, rule: e.Rule, units: e.Units,
		decision: e.Seq, at: e.At, since: e.Since, request: e.Request, fields: e.Fields, subject: e.subject,
	}
	if e.subject != nil {
		c.fields = e.subject.AppendFields(nil)
	}
	s.customers[c.ref] = c
	i, _ := slices.BinarySearchFunc(s.waiting, c, compareWaiting)
	s.waiting = slices.Insert(s.waiting, i, c)
	if e.Planned != nil {
		s.roomAt = e.Seq // alone, as the list is served, he may be placed where the plan placed nobody
	}
	return nil
}

// compareWaiting is the order in which waiting customers are served.
func compareWaiting(a, b *customer) int {
	if n := a.since.Compare(b.since); n != 0 {
		return n
	}
	if n := strings.Compare(a.ref.ID, b.ref.ID); n != 0 {
		return n
	}
	return strings.Compare(a.ref.Kind, b.ref.Kind)
}

func (s *state) foldUnassigned(e *event) error {
	s.leave(e)
	if e.Fault != "" {
		s.customers[e.ref()] = &customer{
			ref: e.ref(), episode: e.Episode, status: StatusUnassigned, row: -1, decision: e.Seq, at: e.At, fault: errors.New(e.Fault),
		}
	}
	return nil
}

// forgetCustomer ends whatever the desk holds of a customer: his place in the
// waiting list, or his open units. It reports whether there was anything.
func (s *state) forgetCustomer(ref CustomerRef) bool {
	c := s.customers[ref]
	if c == nil {
		return false
	}
	delete(s.customers, ref)
	switch c.status {
	case StatusUnassigned:
		return true
	case StatusWaiting:
		i, _ := slices.BinarySearchFunc(s.waiting, c, compareWaiting)
		s.waiting = slices.Delete(s.waiting, i, i+1)
		return true
	}
	s.addOpen(c.row, -c.units)
	for _, h := range c.holdings {
		if i, n := s.countOf(h); n != nil {
			n.free(h, c.units)
			s.recount(i, h.Row)
		}
	}
	return true
}

// countOf finds the cap and the count behind a holding; nil when the cap is
// gone.
func (s *state) countOf(h holding) (cap int, n *count) {
	for i, n := range s.caps {
		if n != nil && n.Key == h.Key && n.since == h.Since {
			return i, n
		}
	}
	return -1, nil
}

// recount tells the desk that a cap's count for a row has changed.
func (s *state) recount(cap, row int) {
	if s.live != nil && cap < len(s.live.rooms) {
		s.live.rooms[cap].touch(row)
	}
}

func (s *state) foldTransferred(e *event) error {
	row, known := s.roster.row(e.Rep)
	if !known {
		return fmt.Errorf("rep %q is not in the roster", e.Rep)
	}
	old := s.customers[e.ref()]
	if old == nil || old.status != StatusAssigned {
		return fmt.Errorf("%s is not open", e.ref())
	}
	s.forgetCustomer(e.ref())
	s.roomAt = e.Seq
	c := s.openCustomer(e, row)
	c.decision, c.at = old.decision, old.at
	c.holdings = s.flowsOf(old)
	return s.countUnder(c, e)
}

// flowsOf returns the flow counts a customer is in: a transfer does not give
// them back.
func (s *state) flowsOf(c *customer) []holding {
	var flows []holding
	for _, h := range c.holdings {
		if _, n := s.countOf(h); n != nil && n.Flow {
			flows = append(flows, h)
		}
	}
	return flows
}

func (s *state) foldReleased(e *event) error {
	if !s.forgetCustomer(e.ref()) {
		return fmt.Errorf("%s is neither open nor waiting", e.ref())
	}
	s.roomAt = e.Seq
	return nil
}

func (s *state) foldVoided(e *event) error {
	s.forgetCustomer(e.ref())
	s.roomAt = e.Seq
	if e.Rep == "" {
		return nil
	}
	row, known := s.roster.row(e.Rep)
	if !known {
		return fmt.Errorf("rep %q is not in the roster", e.Rep)
	}
	for _, h := range e.Holdings {
		if i, n := s.countOf(h); n != nil {
			n.undo(h)
			s.recount(i, h.Row)
		}
	}
	if e.Turn == nil {
		return nil
	}
	return s.undoTurn(e.Turn, row, e.Prior)
}

func (s *state) foldErased(e *event) error {
	if c := s.customers[e.ref()]; c != nil {
		c.forgetFields()
		if c.status == StatusWaiting {
			s.roomAt = e.Seq // without his fields other rules may take him
		}
	}
	return nil
}

func (c *customer) forgetFields() { c.fields, c.subject, c.signature = nil, nil, "" }

// addOpen changes a rep's open units, and tells the matcher.
func (s *state) addOpen(row int, units int64) {
	m := &s.roster.members[row]
	m.open += units
	if s.live != nil {
		s.live.matcher.SetOpen(row, m.open)
		s.live.reopened(row)
	}
}

// changed notes that a row's rep is new or different.
func (s *state) changed(row int) error {
	if s.live == nil {
		return nil
	}
	return s.live.refresh(s, row)
}
