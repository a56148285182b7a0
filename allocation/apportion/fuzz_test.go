package apportion_test

import (
	"encoding/binary"
	"errors"
	"math/big"
	"strings"
	"testing"

	"github.com/evenhand/evenhand/.ci/budget"
	"github.com/evenhand/evenhand/allocation/apportion"
)

// FuzzSplit: any numbers at all either split exactly or are refused with a
// typed error.
func FuzzSplit(f *testing.F) {
	f.Add(uint8(0), int64(10), []byte{50, 0, 0, 0, 0, 0, 0, 0, 25, 0, 0, 0, 0, 0, 0, 0}, []byte{1})
	f.Add(uint8(2), int64(-1<<63), []byte{255, 255, 255, 255, 255, 255, 255, 127, 1}, []byte{255, 255, 255, 255, 255, 255, 255, 127})
	f.Add(uint8(5), int64(1<<20), []byte{3, 1, 4, 1, 5, 9, 2, 6, 5}, []byte{})
	f.Fuzz(func(t *testing.T, method uint8, total int64, weightBytes, minBytes []byte) {
		p := apportion.Problem{Total: total, Weights: int64s(weightBytes)}
		if len(minBytes) > 0 {
			p.Min = make([]int64, len(p.Weights))
			copy(p.Min, int64s(minBytes))
		}
		m := apportion.Method(method)
		if m == apportion.QuotaMethod {
			p.Total %= 100_000 // keep one case short
		}
		var parts []int64
		var err error
		budget.Within(t, len(weightBytes)+len(minBytes), func() { parts, err = p.Split(m) })
		if err != nil {
			var e *apportion.Error
			if !errors.As(err, &e) {
				t.Fatalf("%v of %+v is refused with an untyped error: %v", m, p, err)
			}
			return
		}
		sum := new(big.Int)
		for i, part := range parts {
			if part != 0 && (part < 0) != (p.Total < 0) {
				t.Fatalf("%v of %+v: part %d of row %d has the wrong sign", m, p, part, i)
			}
			sum.Add(sum, big.NewInt(part))
		}
		if sum.Cmp(big.NewInt(p.Total)) != 0 {
			t.Fatalf("%v of %+v: the parts %v add up to %v", m, p, parts, sum)
		}
	})
}

// int64s cuts bytes into little-endian numbers; the last may be short.
func int64s(b []byte) []int64 {
	var list []int64
	for len(b) > 0 {
		var word [8]byte
		b = b[copy(word[:], b):]
		list = append(list, int64(binary.LittleEndian.Uint64(word[:])))
	}
	return list
}

// FuzzWeights: what is accepted keeps the proportions, and what it gives is
// accepted again.
func FuzzWeights(f *testing.F) {
	for _, seed := range []string{"30,70", "0.5,1/3", "12.5%,87.5%", "010/08,.1,1.", "-1,1e9", "0,0"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		texts := strings.Split(s, ",")
		var weights []int64
		var err error
		budget.Within(t, len(s), func() { weights, err = apportion.Weights(texts) })
		if err != nil {
			var e *apportion.Error
			if !errors.As(err, &e) {
				t.Fatalf("%q is refused with an untyped error: %v", texts, err)
			}
			return
		}
		if len(weights) != len(texts) {
			t.Fatalf("%d weights for %d texts", len(weights), len(texts))
		}
		again := make([]string, len(weights))
		for i, w := range weights {
			again[i] = big.NewInt(w).String()
			if w < 0 {
				t.Fatalf("%q gives the negative weight %d", texts[i], w)
			}
		}
		same, err := apportion.Weights(again)
		if err != nil {
			t.Fatalf("%q gives %v, which is refused: %v", texts, weights, err)
		}
		for i := range same {
			if same[i] != weights[i] {
				t.Fatalf("%q gives %v, which is not in lowest terms: %v", texts, weights, same)
			}
		}
		if _, err := apportion.Split(apportion.Hamilton, 0, weights); err != nil {
			t.Fatalf("Split refuses the weights of %q: %v", texts, err)
		}
	})
}

// FuzzParseMethod: a method reads back from its own name.
func FuzzParseMethod(f *testing.F) {
	for _, m := range apportion.Methods() {
		f.Add(m.String())
	}
	f.Add("Sainte-Laguë")
	f.Fuzz(func(t *testing.T, s string) {
		var m apportion.Method
		var err error
		budget.Within(t, len(s), func() { m, err = apportion.ParseMethod(s) })
		if err != nil {
			if !errors.Is(err, apportion.ErrMethod) {
				t.Fatalf("%q is refused with another error: %v", s, err)
			}
			return
		}
		if again, err := apportion.ParseMethod(m.String()); err != nil || again != m {
			t.Fatalf("%q is %v, which reads back as %v, %v", s, m, again, err)
		}
	})
}
