package apportion_test

import (
	"fmt"

	"github.com/evenhand/evenhand/allocation/apportion"
)

// A bonus of 1,000.00 is split by sales. In cents, nothing is lost.
func Example() {
	sales := []int64{5117, 4400, 162}
	cents, err := apportion.Split(apportion.Hamilton, 1000_00, sales)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(cents, cents[0]+cents[1]+cents[2])
	// Output:
	// [52867 45459 1674] 100000
}

// Six methods, one table: they differ by a unit here and there.
func ExampleSplit() {
	weights := []int64{5117, 4400, 162, 161, 160}
	for _, m := range apportion.Methods() {
		parts, err := apportion.Split(m, 100, weights)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(m, parts)
	}
	// Output:
	// hamilton [51 44 2 2 1]
	// webster [51 43 2 2 2]
	// huntington_hill [51 43 2 2 2]
	// dhondt [52 45 1 1 1]
	// adams [51 43 2 2 2]
	// quota [52 44 2 1 1]
}

// Sixty accounts by experience, but nobody under ten and nobody over twenty-five.
func ExampleProblem_Split() {
	p := apportion.Problem{
		Total:   60,
		Weights: []int64{12, 5, 1},
		Min:     []int64{10, 10, 10},
		Max:     []int64{25, 25, 25},
	}
	parts, err := p.Split(apportion.Webster)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(parts)

	p.Total = 80
	_, err = p.Split(apportion.Webster)
	fmt.Println(err)
	// Output:
	// [25 25 10]
	// apportion: the maximums of the rows with a weight, and the minimums of the others, add up to less than the total: Max[0] = 25, Max[1] = 25, Max[2] = 25
	// Maybe raise them, or split at most 75
}

// Ana's weight grew a little. A fresh split would move one of Cy's customers to
// her, only because of how the fractions fall; staying put is as much in quota.
func ExampleProblem_MinChange() {
	p := apportion.Problem{Total: 10, Weights: []int64{34, 33, 33}}
	fresh, err := p.Split(apportion.Hamilton)
	if err != nil {
		fmt.Println(err)
		return
	}
	near, err := p.MinChange([]int64{3, 3, 4})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("fresh", fresh, "near", near)
	// Output:
	// fresh [4 3 3] near [3 3 4]
}

// Is a split that came from elsewhere a fair rounding?
func ExampleQuota() {
	rows, err := apportion.Quota(10, []int64{50, 25, 25}, []int64{6, 2, 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range rows {
		fmt.Println(r.Quota.FloatString(1), r.Lower, r.Upper, r.Part, r.InQuota)
	}
	// Output:
	// 5.0 5 5 6 false
	// 2.5 2 3 2 true
	// 2.5 2 3 2 true
}

// A quota of 120 goes to two teams first and then to their reps; the new hire
// is to get at least ten.
func ExampleSplitGroups() {
	parts, err := apportion.SplitGroups(apportion.Webster, 120, []apportion.Group{
		{Weights: []int64{40, 35, 3}, Min: []int64{0, 0, 10}},
		{Weights: []int64{60, 55}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(parts)
	// Output:
	// [[20 18 10] [38 34]]
}

// Weights may be fractions; proportions stay exact.
func ExampleWeights() {
	weights, err := apportion.Weights([]string{"1/3", "0.25", "12.5%"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(weights)
	// Output:
	// [8 6 3]
}
