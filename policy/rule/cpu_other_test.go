//go:build !unix

package rule

import "time"

var started = time.Now()

func processorTime() time.Duration { return time.Since(started) }
