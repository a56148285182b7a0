package allocation

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/evenhand/evenhand/allocation/calendar"
)

// fakePolicy is a policy written in Go functions, so that the desk can be
// tested stage by stage without the document.
type fakePolicy struct {
	Policy
	when     []func(f fakeFields, now time.Time) Truth
	eligible []func(r *Rep, open int64, f fakeFields) Truth
	weight   []func(r *Rep, f fakeFields) (float64, bool)
	prefer   []func(r *Rep, f fakeFields) (float64, bool)
	size     []func(f fakeFields) (float64, bool)
	limit    []func(r *Rep) (int64, bool)
	only     []func(f fakeFields) Truth
	units    func(f fakeFields) (int64, error)
}

type fakeFields map[string]any

func (f fakeFields) num(name string) float64 {
	switch v := f[name].(type) {
	case float64:
		return v
	case json.Number:
		n, _ := v.Float64()
		return n
	case int:
		return float64(v)
	}
	return 0
}

func (f fakeFields) AppendFields(dst []byte) []byte {
	text, err := json.Marshal(map[string]any(f))
	if err != nil {
		panic(err)
	}
	return append(dst, text...)
}

// policy finishes the fake: defaults, hash, matcher.
func (p *fakePolicy) policy(name string) *Policy {
	out := p.Policy
	out.Name, out.Source = name, []byte(name)
	sum := sha256.Sum256([]byte(name))
	out.Hash = fmt.Sprintf("%x", sum)
	if out.Kind == "" {
		out.Kind = "lead"
	}
	if out.Zone == nil {
		out.Zone = time.UTC
	}
	for i := range out.Rules {
		r := &out.Rules[i]
		if r.ID == "" {
			r.ID = fmt.Sprintf("r%d", i+1)
		}
		if r.Name == "" {
			r.Name = r.ID
		}
		if r.Pick == "" {
			r.Pick = "rotate"
		}
	}
	for i := range out.Caps {
		if out.Caps[i].Key == "" {
			out.Caps[i].Key = out.Caps[i].Name
		}
		out.Caps[i].LimitByRep = true // every fake limit is a function of the rep
	}
	out.NewMatcher = func() Matcher { return &fakeMatcher{p: p} }
	return &out
}

type fakeMatcher struct {
	p    *fakePolicy
	reps []*Rep
	open []int64
	f    fakeFields
	now  time.Time
}

func (m *fakeMatcher) ReadCustomer(c *Customer) (Subject, error) {
	f := fakeFields{}
	for name, v := range c.Fields {
		switch name {
		case "bad":
			return nil, errors.New("field bad is bad")
		case "panics":
			panic("boom")
		}
		f[name] = v
	}
	if c.Owner != "" {
		f["owner"] = c.Owner
	}
	// As a real matcher would type them.
	for name, v := range f {
		if n, ok := v.(int); ok {
			f[name] = float64(n)
		}
		if n, ok := v.(json.Number); ok {
			f[name], _ = n.Float64()
		}
	}
	return f, nil
}

func (m *fakeMatcher) CheckRep(r *Rep) error {
	if r.Fields["bad"] != nil {
		return errors.New("field bad is bad")
	}
	return nil
}

func (m *fakeMatcher) SetRep(row int, r *Rep) error {
	for len(m.reps) <= row {
		m.reps, m.open = append(m.reps, nil), append(m.open, 0)
	}
	rep := *r
	m.reps[row] = &rep
	return m.CheckRep(r)
}

func (m *fakeMatcher) SetOpen(row int, units int64) {
	if row < len(m.open) {
		m.open[row] = units
	}
}

func (m *fakeMatcher) Match(s Subject, now time.Time) Matching {
	m.f, _ = s.(fakeFields)
	m.now = now
	return m
}

func (m *fakeMatcher) Units() (int64, error) {
	if m.p.units == nil {
		return 1, nil
	}
	return m.p.units(m.f)
}

func at[F any](fs []F, i int) (f F) {
	if i < len(fs) {
		return fs[i]
	}
	return f
}

func (m *fakeMatcher) When(rule int) Truth {
	if f := at(m.p.when, rule); f != nil {
		return f(m.f, m.now)
	}
	return True
}

func (m *fakeMatcher) Next(from int) (int, Truth) {
	for i := from; i < len(m.p.Rules); i++ {
		if t := m.When(i); t != False {
			return i, t
		}
	}
	return len(m.p.Rules), False
}

func (m *fakeMatcher) Eligible(rule int, among *RepSet) {
	f := at(m.p.eligible, rule)
	if f == nil {
		return
	}
	for row := range among.All() {
		if f(m.reps[row], m.open[row], m.f) != True {
			among.Remove(row)
		}
	}
}

func (m *fakeMatcher) Weight(rule, row int) (float64, bool) {
	if f := at(m.p.weight, rule); f != nil {
		return f(m.reps[row], m.f)
	}
	return 1, true
}

func (m *fakeMatcher) RampStart(_, row int) (time.Time, bool) {
	return m.reps[row].HiredAt, !m.reps[row].HiredAt.IsZero()
}

func (m *fakeMatcher) Prefer(rule, row int) (float64, bool) {
	if f := at(m.p.prefer, rule); f != nil {
		return f(m.reps[row], m.f)
	}
	return 0, false
}

func (m *fakeMatcher) Size(rule int) (float64, bool) {
	if f := at(m.p.size, rule); f != nil {
		return f(m.f)
	}
	return 1, true
}

func (m *fakeMatcher) Applies(cap int) Truth {
	if f := at(m.p.only, cap); f != nil {
		return f(m.f)
	}
	return True
}

func (m *fakeMatcher) Limit(cap, row int) (int64, bool) { return at(m.p.limit, cap)(m.reps[row]) }

func (m *fakeMatcher) Why(part Part, index, row int) Finding {
	return Finding{Truth: False, Source: fmt.Sprintf("part %d of %d", part, index), Leaves: []Leaf{{Text: "leaf"}}}
}

// Test worlds.

var monday = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// tester is what *testing.T, *testing.B and *rapid.T have in common.
type tester interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// testDesk is a desk that replays, with its store and the policies it can
// compile again.
type testDesk struct {
	*Desk
	t        tester
	store    Store
	policies map[string]*Policy
}

func openTest(t tester, store Store, policies ...*Policy) *testDesk {
	t.Helper()
	d := &testDesk{t: t, store: store, policies: map[string]*Policy{}}
	for _, p := range policies {
		d.policies[p.Name] = p
	}
	desk, err := Open(context.Background(), d.config(policies[0]))
	if err != nil {
		t.Fatal(err)
	}
	d.Desk = desk
	if c, ok := t.(interface{ Cleanup(func()) }); ok {
		c.Cleanup(func() { desk.Close() })
	}
	return d
}

func (d *testDesk) config(p *Policy) Config {
	return Config{
		Desk: "test", Policy: p, Store: d.store, Replay: ReplayClamp, Entropy: &counter{},
		Clock: func() time.Time { return monday },
		Compile: func(source []byte) (*Policy, error) {
			if p := d.policies[string(source)]; p != nil {
				return p, nil
			}
			return nil, fmt.Errorf("no policy %q", source)
		},
	}
}

// counter is entropy that repeats itself from run to run.
type counter struct{ n uint64 }

func (c *counter) Read(p []byte) (int, error) {
	c.n++
	sum := sha256.Sum256(binary.BigEndian.AppendUint64(nil, c.n))
	return copy(p, sum[:]), nil
}

func (d *testDesk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *testDesk) assign(id string, at time.Time, fields ...any) Decision {
	d.t.Helper()
	c := Customer{ID: id, At: at, Fields: map[string]any{}}
	for i := 0; i+1 < len(fields); i += 2 {
		c.Fields[fields[i].(string)] = fields[i+1]
	}
	out, err := d.Assign(context.Background(), c)
	d.must(err)
	return out
}

// entries returns the desk's ledger.
func (d *testDesk) entries() []Entry {
	d.t.Helper()
	return collect(d.t, d.store.Entries(context.Background(), "test", 0, 0))
}

func collect(t tester, seq iter.Seq2[Entry, error]) []Entry {
	t.Helper()
	var out []Entry
	for e, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, e)
	}
	return out
}

// events returns what the ledger holds, in short.
func (d *testDesk) events() string {
	var b bytes.Buffer
	for _, e := range d.entries() {
		fmt.Fprintf(&b, "%s", e.Event)
		if e.Customer != "" {
			fmt.Fprintf(&b, " %s", e.Customer)
		}
		if e.Rep != "" {
			fmt.Fprintf(&b, ">%s", e.Rep)
		}
		b.WriteString("; ")
	}
	return b.String()
}

// folded returns the snapshot text of the ledger's fold.
func (d *testDesk) folded() string {
	d.t.Helper()
	s, err := loadState(context.Background(), d.store, "test", 0)
	d.must(err)
	text, err := s.encode()
	d.must(err)
	return string(text)
}

// live returns the snapshot text of the desk's state in memory.
func (d *testDesk) live() string {
	d.t.Helper()
	var text []byte
	d.must(d.submit(context.Background(), func(g *group) (err error) {
		text, err = g.s.encode()
		return err
	}))
	return string(text)
}

func reps(ids ...string) []Rep {
	var out []Rep
	for _, id := range ids {
		out = append(out, Rep{ID: id})
	}
	return out
}

func mustPer(text string) calendar.Per {
	per, err := calendar.ParsePer(text)
	if err != nil {
		panic(err)
	}
	return per
}

func constLimit(n int64) func(*Rep) (int64, bool) {
	return func(*Rep) (int64, bool) { return n, true }
}

func keysOf[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
