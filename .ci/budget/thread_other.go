//go:build !linux

package budget

import "time"

var started = time.Now()

// threadTime is the wall clock's where a thread's own time cannot be told.
func threadTime() time.Duration { return time.Since(started) }
