package main

import (
	"testing"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/policy/cmd/evenhand/internal/tabular"
)

// The core fields here are those of the library: each is filled by the field
// of its name.
func TestCoreFields(t *testing.T) {
	one := 1.0
	c := allocation.Customer{
		ID: "x", Kind: "x", Name: "x", EmailDomain: "x", Domain: "x", Country: "x", Region: "x", City: "x", Postal: "x",
		Industry: "x", Source: "x", Segment: "x", Territory: "x", Owner: "x", Value: &one, Score: &one,
		CreatedAt: time.Unix(0, 0), Tags: []string{"x"},
	}
	for _, name := range coreCustomerFields {
		if c.Field(name) == nil {
			t.Errorf("the library knows no customer field %q", name)
		}
	}
	capacity := int64(1)
	r := allocation.Rep{
		ID: "x", Name: "x", Teams: []string{"x"}, Role: "x", Manager: "x", Country: "x", Region: "x", Skills: []string{"x"},
		Territories: []string{"x"}, Segments: []string{"x"}, Capacity: &capacity, Timezone: "UTC", HiredAt: time.Unix(0, 0),
	}
	for _, name := range coreRepFields {
		if name != "shifts" && name != "time_off" && r.Field(name) == nil {
			t.Errorf("the library knows no rep field %q", name)
		}
	}
}

// Names of columns are compared without regard to case, and a policy may
// declare a field with a capital letter.
func TestDeclaredFieldWithCapitals(t *testing.T) {
	table := &tabular.Table{Columns: []string{"ID", "Email", "Win Rate"}}
	m, err := mapColumns(source{what: "customers"}, "map", table, []string{"id", "Email", "Win_Rate"}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if m.of["id"] != 0 || m.of["Email"] != 1 || m.of["Win_Rate"] != 2 || len(m.ignored) > 0 {
		t.Errorf("property: a column fills the declared field of its name; columns %v, ignored %v", m.of, m.ignored)
	}
}
