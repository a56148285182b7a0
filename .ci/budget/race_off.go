//go:build !race

package budget

// Race says that the race detector is on.
const Race = false

const slower = 1
