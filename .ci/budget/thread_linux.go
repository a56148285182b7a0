package budget

import (
	"syscall"
	"time"
)

// threadTime is what this thread has used of the processor: what the rest of
// the machine does, and this process's collection of garbage, do not count.
func threadTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_THREAD, &u); err != nil {
		panic(err) // only for a wrong argument
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
