package fairness_test

import (
	"fmt"

	"github.com/evenhand/evenhand/allocation/fairness"
)

// A part-timer with half the weight got half as many: in customers that looks
// unequal, in what was due it is not.
func Example() {
	got, ideal := []float64{20, 10, 21}, []float64{20, 10, 20}
	fmt.Printf("of customers: Jain %.3f, Gini %.3f\n", fairness.Jain(got), fairness.Gini(got))
	ratios := fairness.Ratios(got, ideal)
	fmt.Printf("of what was due: Jain %.3f, Gini %.3f\n", fairness.Jain(ratios), fairness.Gini(ratios))
	// Output:
	// of customers: Jain 0.921, Gini 0.144
	// of what was due: Jain 0.999, Gini 0.011
}

// Another system claims to draw reps at random. Its log is read customer by
// customer, and one may stop as soon as there is an alarm.
func ExampleBetting() {
	test, err := fairness.NewBetting(3, 0.05)
	if err != nil {
		fmt.Println(err)
		return
	}
	for t := 0; ; t++ {
		chosen := t % 3
		if t%2 == 0 {
			chosen = 0 // every second customer goes to the boss's favourite
		}
		if err := test.Observe([]float64{1, 1, 1}, chosen); err != nil {
			fmt.Println(err)
			return
		}
		if after, raised := test.Alarm(); raised {
			rep, stake := test.Leaning()
			fmt.Printf("alarm after %d customers: towards rep %d (stake %+.1f)\n", after, rep, stake)
			return
		}
	}
	// Output: alarm after 34 customers: towards rep 0 (stake +0.8)
}
