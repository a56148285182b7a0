package effort

import (
	"fmt"
	"testing"
)

// A budget of 10^9 units takes hardly longer than one of 10^4: the price is
// searched, and no unit is given singly.
func BenchmarkAllocate(b *testing.B) {
	for _, items := range []int{10, 1_000} {
		for _, budget := range []int64{10_000, 1_000_000_000} {
			p := &Problem{Budget: budget}
			for i := range items {
				c, err := NewCurve("power", 0, 100+float64(i), 0.3+0.6*float64(i)/float64(items))
				if err != nil {
					b.Fatal(err)
				}
				r, err := Sample(c, Window{To: budget, Scale: 1e3})
				if err != nil {
					b.Fatal(err)
				}
				p.Items = append(p.Items, Item{Response: r, Max: NoLimit, Group: -1})
			}
			b.Run(fmt.Sprintf("items=%d/budget=%d", items, budget), func(b *testing.B) {
				for b.Loop() {
					if _, err := Allocate(p); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkSample(b *testing.B) {
	c, err := NewCurve("power", 0, 100, 0.5)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := Sample(c, Window{To: 1_000_000_000, Scale: 1e3}); err != nil {
			b.Fatal(err)
		}
	}
}
