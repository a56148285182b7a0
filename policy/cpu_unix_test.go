//go:build unix

package policy

import (
	"syscall"
	"time"
)

// cpuTime is what the process has used of the processor so far.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
