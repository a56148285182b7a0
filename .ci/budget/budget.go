// Package budget holds the tests of this repository to what one input may take
// of the machine. It stands in a dot-folder, so that it is no part of the
// module's packages.
package budget

import (
	"runtime"
	"runtime/metrics"
	"testing"
	"time"
)

// The most that one input of any size within the documented limits may take.
// They hold for instrumented builds too; only the race detector gets more.
const (
	Time  = 100 * time.Millisecond // of the processor, by the thread that works on it
	Bytes = 64 << 20               // allocated, whether or not they are given back
)

// attempts are how often an input that took too much is measured in all: a
// page fault or a collection of garbage may hit any one of them.
const attempts = 3

// Within calls f, which works on an input of that many bytes, and fails the
// test when it takes more than Time or Bytes. What is over is called again, and
// the least counts, so f must be repeatable. Work that f leaves to other
// goroutines counts as allocations only.
func Within(t testing.TB, size int, f func()) {
	t.Helper()
	took, allocated := measure(f)
	for range attempts - 1 {
		if took <= Time*slower && allocated <= Bytes*slower {
			return
		}
		again, anew := measure(f)
		took, allocated = min(took, again), min(allocated, anew)
	}
	if took > Time*slower || allocated > Bytes*slower {
		t.Fatalf("an input of %d bytes took %v of the processor and %d bytes of memory; the most are %v and %d",
			size, took, allocated, Time*slower, Bytes*slower)
	}
}

// measure is what f takes. It holds its thread, whose time would otherwise be
// another goroutine's.
func measure(f func()) (took time.Duration, allocated uint64) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	before, start := sample[0].Value.Uint64(), threadTime()
	f()
	took = threadTime() - start
	metrics.Read(sample)
	return took, sample[0].Value.Uint64() - before
}
