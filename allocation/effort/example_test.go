package effort_test

import (
	"errors"
	"fmt"

	"github.com/evenhand/evenhand/allocation/effort"
)

// Two territories share 100 hours. North brings 60 times the root of its hours,
// south 80 times: the marginal returns are equal at 36 and 64 hours.
func ExampleAllocate() {
	var items []effort.Item
	for _, a := range []float64{60, 80} {
		curve, _ := effort.NewCurve("power", 0, a, 0.5)
		response, _ := effort.Sample(curve, effort.Window{To: 1_000, Scale: 1e6})
		items = append(items, effort.Item{Response: response, Max: effort.NoLimit})
	}
	p := &effort.Problem{Budget: 100, Items: items}
	a, err := effort.Allocate(p)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("hours:", a.Items[0].Units, a.Items[1].Units)
	fmt.Printf("return: %.2f, one more hour would bring %.2f\n", float64(a.Total)/1e6, float64(a.Price)/1e6)
	fmt.Println("proved:", effort.Check(p, a) == nil)
	// Output:
	// hours: 36 64
	// return: 1000.00, one more hour would bring 4.98
	// proved: true
}

// What people expect of a territory makes a curve: 20 without calls, 100 with
// the present 40, 120 with half as much again, 200 with all that could help.
func ExampleJudgement() {
	more := 120.0
	f, err := effort.Judgement{Effort: 40, None: 20, Now: 100, More: &more, Saturation: 200}.Curve()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(f.Curve)
	fmt.Printf("with half of the calls: %.1f\n", f.Curve.At(20))
	// Output:
	// adbudg low 20, high 200, c 1.10068, d 72.4877
	// with half of the calls: 68.9
}

// A curve whose returns grow at first is refused, or replaced by its envelope.
func ExampleSample() {
	curve, _ := effort.NewCurve("adbudg", 0, 900, 2, 400)
	_, err := effort.Sample(curve, effort.Window{To: 100})
	fmt.Println(errors.Is(err, effort.ErrShape), err)
	r, err := effort.Sample(curve, effort.Window{To: 100, Scale: 1e6, Envelope: true})
	fmt.Println(r.Value(10)/1e6, r.Actual(10)/1e6, (r.Value(40)+1)/1e6, err)
	// Output:
	// true effort: the returns do not diminish: adbudg low 0, high 900, c 2, d 400: each unit brings more than the one before up to an effort of 11.55
	// Maybe allow the concave envelope, which bounds the loss
	// 225 180 720 <nil>
}

// A rep has 50 hours and costs 400. The third contributes 414 more than two do.
func ExampleForce() {
	curve, _ := effort.NewCurve("power", 0, 184, 0.5)
	response, _ := effort.Sample(curve, effort.Window{To: 1_000, Scale: 100})
	f := &effort.Force{
		Problem: effort.Problem{Items: []effort.Item{{Response: response, Max: effort.NoLimit}}},
		PerRep:  50, Cost: 400 * 100, Max: effort.NoLimit,
	}
	s, err := f.Size()
	fmt.Println(s.Reps, s.Last/100, s.Next/100, err)
	// Output: 3 413 348 <nil>
}
