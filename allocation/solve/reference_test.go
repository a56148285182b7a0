package solve_test

import (
	"os"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// TestEqualsReferenceOnManyInstances solves fixed instances of all shapes, 600
// unless SOLVE_INSTANCES says otherwise.
func TestEqualsReferenceOnManyInstances(t *testing.T) {
	instances := 600
	if text := os.Getenv("SOLVE_INSTANCES"); text != "" {
		var err error
		if instances, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	feasible := 0
	for seed := range instances {
		p := small.drawn(seed)
		if _, ok := reference(p); ok {
			feasible++
		}
		equals(t, p, reference)
		if t.Failed() {
			t.Fatalf("instance %d", seed)
		}
	}
	if infeasible := instances - feasible; feasible < instances/2 || infeasible < instances/50 {
		t.Fatalf("the instances must be of both sorts: %d are feasible, %d are not", feasible, infeasible)
	}
}

func TestEqualsBruteForce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { equals(t, tiny.problem().Draw(t, "problem"), bruteForce) })
}

func TestEqualsReference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { equals(t, small.problem().Draw(t, "problem"), reference) })
}

func TestReferenceEqualsBruteForce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := tiny.problem().Draw(t, "problem")
		want, feasible := bruteForce(p)
		if got, ok := reference(p); ok != feasible || ok && got != want {
			t.Fatalf("the reference says %d, %t, trying everything %d, %t", got, ok, want, feasible)
		}
	})
}
