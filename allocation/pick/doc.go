// Package pick chooses one rep among those who could take a customer. Each
// strategy is one file; the table of them is registry.go.
//
//	rotate.go          fair turn-taking by credit, the only one with a proved bound
//	best.go            highest `prefer`
//	least_open.go      fewest open units
//	most_available.go  most room left under his capacity
//	first.go           no preference: least recently served
//	none.go            nobody; the customer is set aside on purpose
//
// Ties are broken in the same way by all but rotate: the rep least recently
// served on the desk, then the lowest ID. Rotate breaks them by ID alone. The
// order of the candidates never matters.
//
// # Adding a strategy
//
// Write a file with a function of type Strategy, begin its doc comment with
// what it prefers, and add one line to the table in registry.go. The policy
// document accepts the name at once; the suite in pick_test.go runs over the
// table and holds the new strategy to the rules above.
package pick
