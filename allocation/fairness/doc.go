// Package fairness measures how customers were shared out, for reports: Jain's
// index, the Gini coefficient, shares, and a sequential test whether a log of
// assignments favours somebody.
//
// None of it decides anything, and a rotation needs no significance test: what it
// gave is within a proved bound of what was due. The test is for logs that make no
// such promise, such as random assignment or another system's.
//
// Results are floats, rounded differently in the last digits from one kind of
// machine to another (a compiler may fuse a multiplication and an addition). Show
// them; do not let a decision depend on them. Measures of different sets of reps
// are not comparable: both indices depend on how many there are.
//
// # Files
//
//   - measures.go: [Shares], [Ratios], [Jain], [Gini]. A new measure of one
//     list of numbers goes there.
//   - betting.go: [Betting], the sequential test
package fairness
