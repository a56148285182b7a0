//go:build race

package rule

// raceEnabled: the race detector reserves terabytes of address space, so
// that a limit on it cannot be set.
const raceEnabled = true
