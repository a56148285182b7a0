//go:build unix

package rule

import (
	"syscall"
	"time"
)

// processorTime is what this process has used so far, in user mode: the wall
// clock would count what the rest of the machine does.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano())
}
