package main

import (
	"testing"
	"time"

	"github.com/evenhand/evenhand/allocation"
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
