package storetest

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/calendar"
)

// What the policy of the victim allows a rep. His book is his capacity.
const (
	victimDaily = 9              // customers a day
	victimBig   = 3              // customers of the rule "big" …
	victimTerm  = 72 * time.Hour // … in any stretch as long
)

// victimPolicy is a policy in Go with what a crash could break: a stock cap and
// a flow cap of the desk, a rolling cap inside a rule, rotation by weight and by
// size, and customers who wait. A customer's size, 1 to 3, is his only field
// and also the units he takes.
func victimPolicy() *allocation.Policy {
	rolling, err := calendar.Rolling(victimTerm)
	if err != nil {
		panic(err)
	}
	wait := allocation.IfNone{Full: allocation.Wait}
	return &allocation.Policy{
		Name: "victim", Hash: strings.Repeat("5a", 32), Source: []byte("victim"), Kind: "lead", Zone: time.UTC,
		Caps: []allocation.Cap{
			{Name: "book", Rule: -1, Key: "book", LimitByRep: true},
			{Name: "daily", Rule: -1, Key: "daily", LimitByRep: true, Flow: true, Per: calendar.Day},
			{Name: "big", Rule: 0, Key: "big", LimitByRep: true, Flow: true, Per: rolling},
		},
		Rules: []allocation.Rule{
			{ID: "big", Name: "big", Pick: "rotate", HasSize: true, SizeScale: 2, HasWeight: true, WeightByRep: true, Caps: []int{2}, IfNone: wait},
			{ID: "rest", Name: "rest", Pick: "rotate", IfNone: wait},
		},
		NewMatcher: func() allocation.Matcher { return &victimMatcher{} },
	}
}

// victimMatcher evaluates the policy's expressions.
type victimMatcher struct {
	reps []*allocation.Rep
	size float64
}

type victimSubject float64

func (s victimSubject) AppendFields(dst []byte) []byte {
	return fmt.Appendf(dst, `{"size":%d}`, int(s))
}

func (m *victimMatcher) ReadCustomer(c *allocation.Customer) (allocation.Subject, error) {
	switch size := c.Fields["size"].(type) {
	case int:
		return victimSubject(size), nil
	case json.Number: // read back from the ledger
		n, err := size.Float64()
		return victimSubject(n), err
	}
	return nil, fmt.Errorf("size is %v", c.Fields["size"])
}

func (m *victimMatcher) SetRep(row int, r *allocation.Rep) error {
	for len(m.reps) <= row {
		m.reps = append(m.reps, nil)
	}
	m.reps[row] = r
	return nil
}

func (m *victimMatcher) Match(s allocation.Subject, _ time.Time) allocation.Matching {
	size, _ := s.(victimSubject)
	m.size = float64(size)
	return m
}

func (m *victimMatcher) When(rule int) allocation.Truth {
	if rule == 0 && m.size < 3 {
		return allocation.False
	}
	return allocation.True
}

func (m *victimMatcher) Next(from int) (int, allocation.Truth) {
	for i := from; i < 2; i++ {
		if t := m.When(i); t != allocation.False {
			return i, t
		}
	}
	return 2, allocation.False
}

func (m *victimMatcher) Limit(cap, row int) (int64, bool) {
	return [...]int64{*m.reps[row].Capacity, victimDaily, victimBig}[cap], true
}

// Eligible leaves reps who win least out of the rule "rest": when the next
// roster has other reps win, a plan moves their customers.
func (m *victimMatcher) Eligible(rule int, among *allocation.RepSet) {
	if rule == 0 {
		return
	}
	for row := range among.All() {
		if m.reps[row].KPI["wins"] == 1 {
			among.Remove(row)
		}
	}
}

func (m *victimMatcher) Weight(_, row int) (float64, bool)                    { return m.reps[row].KPI["wins"], true }
func (m *victimMatcher) Units() (int64, error)                                { return int64(m.size), nil }
func (m *victimMatcher) Size(int) (float64, bool)                             { return m.size, true }
func (m *victimMatcher) CheckRep(*allocation.Rep) error                       { return nil }
func (m *victimMatcher) SetOpen(int, int64)                                   {}
func (m *victimMatcher) RampStart(int, int) (time.Time, bool)                 { return time.Time{}, false }
func (m *victimMatcher) Prefer(int, int) (float64, bool)                      { return 0, false }
func (m *victimMatcher) Applies(int) allocation.Truth                         { return allocation.True }
func (m *victimMatcher) Why(allocation.Part, int, int) (f allocation.Finding) { return f }
