package budget

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// fakeTest records a failure in place of failing.
type fakeTest struct {
	testing.TB
	failed string
}

func (*fakeTest) Helper() {}

func (t *fakeTest) Fatalf(format string, args ...any) { t.failed = fmt.Sprintf(format, args...) }

var kept []byte

func TestWithin(t *testing.T) {
	spin := func(d time.Duration) func() {
		return func() {
			for start := threadTime(); threadTime()-start < d*slower; {
			}
		}
	}
	calls := 0
	for _, c := range []struct {
		name   string
		f      func()
		failed bool
	}{
		{"little", spin(time.Millisecond), false},
		{"too much time", spin(Time + 20*time.Millisecond), true},
		{"too much memory", func() { kept = make([]byte, Bytes*slower+1) }, true},
		{"too much once", func() {
			if calls++; calls == 1 {
				kept = make([]byte, Bytes*slower+1)
			}
		}, false},
	} {
		fake := &fakeTest{TB: t}
		Within(fake, 7, c.f)
		if (fake.failed != "") != c.failed || c.failed && !strings.HasPrefix(fake.failed, "an input of 7 bytes took ") {
			t.Errorf("%s: failed with %q; should fail: %v", c.name, fake.failed, c.failed)
		}
	}
	kept = nil
	if calls != 2 {
		t.Errorf("what was over once is measured again until it is not; %d calls", calls)
	}
}
