package effort

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// drawCurve draws a curve that bends within 0 to 100.
func drawCurve(t *rapid.T, kind string) *Parametric {
	base, rise := rapid.Float64Range(0, 500).Draw(t, "base"), rapid.Float64Range(50, 5000).Draw(t, "rise")
	var p []float64
	switch kind {
	case "adbudg":
		c, half := rapid.Float64Range(0.6, 2.5).Draw(t, "c"), rapid.Float64Range(10, 60).Draw(t, "half")
		p = []float64{base, base + rise, c, math.Pow(half, c)}
	case "power":
		p = []float64{base, rise, rapid.Float64Range(0.2, 1.5).Draw(t, "b")}
	case "exponential":
		p = []float64{base, rise, rapid.Float64Range(0.01, 0.2).Draw(t, "b")}
	case "log":
		p = []float64{base, rise, rapid.Float64Range(0.02, 2).Draw(t, "b")}
	}
	c, err := NewCurve(kind, p...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestPropertyFitRecovers(t *testing.T) {
	for _, kind := range Kinds() {
		t.Run(kind, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				c := drawCurve(t, kind)
				var rows []Observation
				for x := 0.0; x <= 100; x += 5 {
					rows = append(rows, Observation{x, c.At(x)})
				}
				f, err := FitCurve(kind, rows, FitOptions{})
				if err != nil {
					t.Fatal(err)
				}
				for i, p := range f.Curve.Parameters() {
					if want := c.Parameters()[i]; math.Abs(p-want) > 1e-4*max(1, math.Abs(want)) {
						t.Fatalf("property: a curve fitted to exact rows has the parameters they were made with; %s is %v, not %v (%v, %v)", Parameters(kind)[i], p, want, f.Curve, c)
					}
				}
				if f.RMS > 1e-4 || f.R2 < 1-1e-9 {
					t.Fatalf("property: exact rows leave no residuals; root mean square %g, R² %g", f.RMS, f.R2)
				}
			})
		})
	}
}

// Of all kinds the one that the rows were made with is found again, although
// one with more parameters may come as near.
func TestPropertyFitBest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom(Kinds()).Draw(t, "kind")
		c := drawCurve(t, kind)
		var rows []Observation
		for x := 0.0; x <= 100; x += 5 {
			rows = append(rows, Observation{x, c.At(x)})
		}
		f, err := FitBest(rows, FitOptions{}, false)
		if err == nil && f.Curve.Inflection() > 0 {
			t.Fatalf("property: a curve whose returns grow is no answer unless it may be; got %v", f.Curve)
		}
		if c.Inflection() > 0 {
			if _, err = FitBest(rows, FitOptions{}, true); err != nil {
				t.Fatalf("property: a curve whose returns grow is one where it may be; got %v", err)
			}
			return
		}
		if err != nil || f.RMS > 1e-3*c.rise {
			t.Fatalf("property: exact rows of %v are fitted exactly; got %v, root mean square %g, %v", c, f.Curve, f.RMS, err)
		}
	})
}

// Four rows determine the four parameters of adbudg, and then tell nothing of
// how good it is: another curve is taken, which leaves something.
func TestFitBestLeavesSomething(t *testing.T) {
	c, err := NewCurve("adbudg", 100, 1_100, 0.8, 20)
	if err != nil {
		t.Fatal(err)
	}
	var rows []Observation
	for _, x := range []float64{0, 10, 50, 100, 200} {
		rows = append(rows, Observation{x, c.At(x)})
	}
	if f, err := FitBest(rows, FitOptions{}, false); err != nil || f.Curve.Kind() != "adbudg" {
		t.Errorf("five rows of adbudg are fitted by it; got %v, %v", f.Curve, err)
	}
	if f, err := FitBest(rows[:4], FitOptions{}, false); err != nil || f.Curve.Kind() == "adbudg" {
		t.Errorf("four rows are fitted by three parameters; got %v, %v", f.Curve, err)
	}
}

// Where nothing was ever sold below 0, no effort does not either.
func TestFitIsNotBelowNothing(t *testing.T) {
	rows := []Observation{{2_000, 676}, {3_000, 892}, {4_000, 1_047}, {5_000, 1_167}}
	for _, kind := range Kinds() {
		f, err := FitCurve(kind, rows, FitOptions{})
		if err != nil || f.Curve.At(0) < 0 || f.R2 < 0.99 {
			t.Errorf("%s: %v, R² %v, %v", kind, f.Curve, f.R2, err)
		}
	}
}
