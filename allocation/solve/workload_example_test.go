package solve_test

import (
	"context"
	"fmt"

	"github.com/evenhand/evenhand/allocation/solve"
)

// Three service visits and two technicians with eight and six hours: what a
// visit takes depends on the road.
func ExampleSolveWorkload() {
	visits := []string{"Aachen", "Bonn", "Celle"}
	w := &solve.Workload{Capacity: []int64{8, 6}}
	w.Append([]int32{0, 1}, []int64{90, 80}, []int64{5, 3})
	w.Append([]int32{0, 1}, []int64{70, 70}, []int64{4, 4})
	w.Append([]int32{0, 1}, []int64{60, 20}, []int64{4, 7})

	s, err := solve.SolveWorkload(context.Background(), w, solve.WorkloadOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, r := range s.Rep {
		fmt.Printf("%s: technician %d\n", visits[i], r)
	}
	fmt.Printf("worth %d, no plan is worth more than %d; hours %v\n", s.Total, s.Bound, s.Load)
	fmt.Println(s.Check(w))
	// Output:
	// Aachen: technician 1
	// Bonn: technician 0
	// Celle: technician 0
	// worth 210, no plan is worth more than 210; hours [8 3]
	// <nil>
}
