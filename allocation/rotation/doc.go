// Package rotation is fair turn-taking: it keeps for every rep the credit, what
// he was entitled to minus what he got, and gives each customer to somebody whose
// credit calls for it, so that no credit ever leaves a bound that is proved.
//
// # The ledger
//
// A customer of some size comes with its entrants, the reps who could take it
// now, and their weights. It is split among them by weight, each share is added to
// that rep's credit, a rule chooses one of them, and he is charged the sum of the
// shares. So
//
//   - credits always sum to zero;
//   - somebody who is not an entrant (away, full, not eligible) earns nothing and
//     owes nothing, and finds his credit as he left it: no flood on his return;
//   - every customer weighs the same however many could take it, which is where
//     smooth weighted round robin over changing sets goes wrong.
//
// Credits are integers, [Unit] of them to a size unit. Every share is rounded on
// its own (half up) and the winner is charged exactly what was handed out, so
// equal weights have equal shares, exact ties stay exact, and everything below
// holds on the ledger with no tolerance, V being the largest charge. Compared with
// exact fractions a credit is off by less than t·n/2 units after t customers.
//
// # The rules
//
//   - [Largest]: whoever is owed most.
//   - [Deadline], the default: whoever would be a whole customer behind soonest,
//     among those owed at least 1/(2n-2) of it; whoever is owed most if somebody is
//     a whole customer behind already, or nobody is owed that much.
//   - [Window](τ, σ): while nobody is owed more than τ the caller's preference
//     decides among everybody who is not more than σ ahead; otherwise whoever is
//     owed most.
//
// Ties go by the caller's preference and then to the lowest ID, never by the order
// of a list.
//
// # What is proved
//
// With n accounts open, no charge above V and |credit| as the deviation:
//
//	everybody an entrant every time, Deadline, fixed weights and size   1 - 1/(2n-2)
//	everybody an entrant every time, Largest                            H_n - 1
//	everybody an entrant every time, Deadline or Window(1, 0)           H_⌊n/2⌋
//	any entrants, weights and sizes, Largest                            (n-1)/2
//	any entrants, weights and sizes, Deadline or Window(1, 0)           ⌊n/2⌋
//	the same, Window(τ, σ), n even                                      (n-1)/2 + max(0, τ-1/2, σ)
//	from any state at all                                               as above, + c
//
// The first line is Tijdeman's chairman assignment (Discrete Mathematics 32, 1980)
// and the best possible. (n-1)/2 is the value known for the carpool problem (Ajtai,
// Aspnes, Naor, Rabani, Schulman and Waarts, J. Algorithms 28, 1998); that absence
// is neither rewarded nor punished goes back to Fagin and Williams (IBM J. Res.
// Dev. 27, 1983).
//
// Why the general lines hold. Let x(A) be the sum of the credits of a set A of k
// accounts and f(k) = V·k(n-k)/2; claim x(A) ≤ f(k) always. Take one customer with
// charge v, and let m of its entrants be in A. If the winner i is in A, A gains at
// most what it is charged. If m = 0, A is not touched. Otherwise i is outside, and
// being owed most, x_j + p_j ≤ x_i + p_i for each of the m entrants j in A (p the
// shares). Adding up,
//
//	(m+1)·x(A) = m·x(A+i) + x(A without its entrants) + Σ_j (x_j - x_i)
//	           ≤ m·f(k+1) + f(k-m) + m·p_i - p(A),
//
// and m·f(k+1) + f(k-m) = (m+1)·f(k) - V·m(m+1)/2, so afterwards x(A) + p(A) is at
// most f(k) - V·m/2 + V·m/(m+1) ≤ f(k). A single credit is a set of one; a debt is
// the credit of all the others.
//
// A turn that preference decided, nobody being owed more than τ, adds β·min(k, n-k)
// to f: for a set of at most half of the accounts, f(k-m) + m·τ ≤ f(k) as soon as
// β ≥ τ - V/2 (τ - V if n is odd); for a larger one the same is said of the others,
// of whom the winner was at most σ ahead. Deadline chooses within a window of one
// customer. With everybody present, V·k·(H_n - H_k) does in place of f.
//
// The argument never uses how the state came about. With
//
//	c = max(0, max over 0 < k < n of (sum of the k largest credits - f(k)))
//
// the envelope f + c holds now and is kept by every later turn, so |credit| stays
// within f(1) + c and c never rises by giving customers: after a void, a grant, a
// closed account or an opening balance it is measured anew. [Ledger.Bound] states
// the tightest of all this that the ledger's own history allows.
//
// Between any two moments the deviation moves by at most twice the bound.
//
// # What is not promised
//
// Who is given a customer by Apply from outside the rotation can be driven as far
// as one likes; the bound then says how far. After weights change Deadline is not
// proved to come back within one customer. Weighted envy-freeness up to one
// item contradicts the bounds above for some weights; use [MinLoad] if it is what
// you want.
//
// # Files
//
// The life of one customer:
//
//   - pick.go: Pick and Apply, from the checks to the charge; split.go: shares;
//     accrue.go: adding them to the credits
//   - selection.go: the rules by name; largest.go, deadline.go, window.go: one each
//   - standing.go: a pick explained, without making it
//
// The ledger and its bound:
//
//   - ledger.go: the ledger, its limits and accounts; order.go: ties by ID;
//     clone.go; credit.go: 128-bit amounts; errors.go
//   - history.go: what is remembered; envelope.go: f and c; theorem.go, bound.go
//   - snapshot.go: the ledger as JSON
//
// What moves credit without a customer: void.go, grant.go, calibrate.go, close.go,
// opening.go (also SetLargest), and adjust.go for what they share.
//
// Around the ledger:
//
//   - teams.go: first the team, then the rep
//   - tijdeman.go: fixed roster and weights in O(log n); minload.go: least load
//     first; totals.go: levelled totals with changing entrants; heap.go
//   - sequence.go: a known backlog within one customer at every point; matching.go
//   - clamp.go: weights within a range of the equal share
//
// A new rule goes into a file of its own with a line in selection.go (choose, the
// name), one in standing.go (class, key) and its β in bound.go; the property tests
// that run over all rules then hold it to its promise.
package rotation
