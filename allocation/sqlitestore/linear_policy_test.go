package sqlitestore_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/calendar"
)

// This file is the policy of the specification as the desk is given it.

func customerID(number int16) string { return fmt.Sprintf("c%04d", number) }
func repID(rep int) string           { return fmt.Sprintf("r%d", rep) }

func linearPolicy() *allocation.Policy {
	return &allocation.Policy{
		Name: "linear", Hash: "linear", Source: []byte("linear"), Kind: "lead", Zone: time.UTC,
		Caps: []allocation.Cap{
			{Name: "book", Rule: -1, Key: "book", LimitByRep: true},
			{Name: "promo", Rule: -1, Key: "promo", Flow: true, Per: calendar.Day, Only: true},
			{Name: "rest", Rule: 2, Key: "rest"},
		},
		Rules: []allocation.Rule{
			{ID: "big", Name: "big", Pick: "rotate"},
			{ID: "spam", Name: "spam", Pick: "none", Reason: "spam"},
			{ID: "rest", Name: "rest", Pick: "rotate", HasWeight: true, WeightByRep: true, Caps: []int{2},
				IfNone: allocation.IfNone{Full: allocation.Wait}},
		},
		NewMatcher: func() allocation.Matcher { return &tiers{} },
	}
}

// lead is a customer of the specification.
type lead struct {
	number int16
	round  int8
}

// AppendFields writes all that the policy reads.
func (l lead) AppendFields(dst []byte) []byte {
	return fmt.Appendf(dst, `{"round":%d,"tier":%d}`, l.round, tierOf(int(l.number)))
}

// tiers is the policy's expressions.
type tiers struct {
	reps []allocation.Rep
	lead lead
}

func (m *tiers) ReadCustomer(c *allocation.Customer) (allocation.Subject, error) {
	number, err := strconv.Atoi(c.ID[1:])
	if err != nil {
		return nil, err
	}
	if number >= poisonous {
		panic("this customer is poison")
	}
	l := lead{number: int16(number)}
	switch round := c.Fields["round"].(type) {
	case int:
		l.round = int8(round)
	case json.Number:
		n, err := round.Int64()
		if err != nil {
			return nil, err
		}
		l.round = int8(n)
	default:
		return nil, fmt.Errorf("the field round is %v", round)
	}
	return l, nil
}

func (m *tiers) CheckRep(*allocation.Rep) error { return nil }

func (m *tiers) SetRep(row int, r *allocation.Rep) error {
	for len(m.reps) <= row {
		m.reps = append(m.reps, allocation.Rep{})
	}
	m.reps[row] = *r
	return nil
}

func (m *tiers) SetOpen(int, int64) {}

func (m *tiers) Match(s allocation.Subject, _ time.Time) allocation.Matching {
	m.lead, _ = s.(lead)
	return m
}

func (m *tiers) Units() (int64, error) { return int64(unitsOf(int(m.lead.number))), nil }

func (m *tiers) When(rule int) allocation.Truth {
	tier := tierOf(int(m.lead.number))
	if rule == 0 && tier != big || rule == 1 && tier != spam {
		return allocation.False
	}
	return allocation.True
}

func (m *tiers) Next(from int) (int, allocation.Truth) {
	const rules = 3
	for i := from; i < rules; i++ {
		if m.When(i) == allocation.True {
			return i, allocation.True
		}
	}
	return rules, allocation.False
}

func (m *tiers) Eligible(rule int, among *allocation.RepSet) {
	if rule != 0 {
		return
	}
	for row := range among.All() {
		if m.reps[row].Role != "field" {
			among.Remove(row)
		}
	}
}

func (m *tiers) Weight(_, row int) (float64, bool)                    { return m.reps[row].KPI["share"], true }
func (m *tiers) RampStart(int, int) (time.Time, bool)                 { return time.Time{}, false }
func (m *tiers) Prefer(int, int) (float64, bool)                      { return 0, false }
func (m *tiers) Size(int) (float64, bool)                             { return 1, true }
func (m *tiers) Why(allocation.Part, int, int) (f allocation.Finding) { return f }

func (m *tiers) Applies(int) allocation.Truth {
	if tierOf(int(m.lead.number)) == promo {
		return allocation.True
	}
	return allocation.False
}

func (m *tiers) Limit(limit, row int) (int64, bool) {
	capacity := *m.reps[row].Capacity
	switch limit {
	case 1:
		return promos, true
	case 2:
		return max(capacity-2, 0), true
	}
	return capacity, true
}

// linearRep is a rep of the specification. A new name makes him a changed one.
func linearRep(rep int, capacity int16, name string) allocation.Rep {
	r := allocation.Rep{
		ID: repID(rep), Name: name, Capacity: new(int64(capacity)),
		KPI: map[string]float64{"share": float64(weights[1][rep])},
	}
	if field&(1<<rep) != 0 {
		r.Role = "field"
	}
	return r
}
