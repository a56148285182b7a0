//go:build race

package policy

// slowdown is how many times slower the race detector makes everything.
const slowdown = 10
