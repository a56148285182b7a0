//go:build race

package budget

// Race says that the race detector is on. It reserves terabytes of address
// space, and makes everything slower and larger.
const Race = true

const slower = 20
