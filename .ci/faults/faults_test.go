package main

import (
	"os"
	"testing"
)

// TestFaultsFollowTheCode says which fault's place is gone, without running
// anything.
func TestFaultsFollowTheCode(t *testing.T) {
	if err := os.Chdir("../.."); err != nil {
		t.Fatal(err)
	}
	for i := range faults {
		if _, err := faults[i].changed(); err != nil {
			t.Errorf("%s: %v", faults[i].name, err)
		}
	}
}
