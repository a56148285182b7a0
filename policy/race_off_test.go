//go:build !race

package policy

// slowdown is none without the race detector.
const slowdown = 1
