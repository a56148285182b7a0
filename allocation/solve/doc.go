// Package solve allocates a whole backlog at once, optimally, and proves it.
//
// The problem is the transportation problem as sales has it: customers of one
// or more units, reps with a minimum and a maximum of units, a list of eligible
// reps per customer, an integer score per pair, and staying unassigned allowed
// at a price or forbidden. The total of the scores is maximised, exactly.
//
//	s, err := solve.Solve(ctx, &solve.Problem{Start: start, Rep: reps, Score: scores, Max: capacity}, solve.Options{})
//	err = solve.Check(problem, s)                // proves feasibility and optimality, without the solver
//	s.Rep[customer], s.Price[rep]                // who gets whom; what a place of a rep costs
//
// A Solver keeps the solution and finds it again after changes of a few: of ten
// customers among 100,000 with 1,000 reps in about a fiftieth to a hundredth of
// the time that solving anew takes (BenchmarkResolveTen), and at once from the
// first change on.
//
//	solver, err := solve.NewSolver(problem, solve.Options{})
//	s, err := solver.Solve(ctx)
//	err = solver.SetScore(customer, rep, 120); err = solver.SetBounds(rep, 0, 35)
//	s, err = solver.Solve(ctx)
//
// When its context ends first, Solve returns the best allocation so far and what
// no allocation is worth more than, in its error:
//
//	var stopped *solve.Stopped
//	if errors.As(err, &stopped) && stopped.Best != nil {
//		stopped.Best, stopped.Bound, stopped.Gap()
//		err = stopped.Check(problem)             // proves feasibility, and the bound
//	}
//
// The package is pure: standard library only, integers only, the same solution
// on any machine.
//
// # The certificate
//
// Every solution comes with one price per rep, and
//
//	Σ score = Σ units · max(unassigned, max(score − price))
//	        + Σ max · price, prices above 0
//	        + Σ min · price, prices below 0
//
// The right side bounds every allocation (weak duality), so that equality proves
// the left side optimal. Check verifies it from scratch in O(pairs).
//
// The same prices explain: a customer gets the rep where score − price is
// largest, so "why not the better rep" is answered by the price of his place;
// and one more place brings at most the price.
//
// # Unequal effort
//
// Where a customer takes hours, and another amount from each rep, the problem is
// the generalized assignment problem, and nobody knows a quick exact way. Then
//
//	s, err := solve.SolveWorkload(ctx, workload, solve.WorkloadOptions{Rounds: 20_000})
//	err = s.Check(workload)                      // proves feasibility, and the bound
//	s.Total, s.Bound, s.Gap()                    // no allocation is worth more than Bound
//
// looks for a good allocation for as long as it may, and always says how far
// the best can be from it.
//
//	workload.go         Workload, SolveWorkload. Read this first
//	workload_tasks.go   the same as costs; staying unassigned as one more rep
//	workload_prices.go  prices of the capacities
//	workload_chains.go  the local search: shifts; workload_ejection.go: ejection chains
//	workload_rounds.go  disturb and mend, while penalties harden
//	workload_bound.go   the bound: a knapsack for each rep; workload_knapsack.go
//	workload_dive.go    places most customers anew by what the knapsacks want
//	workload_check.go   the solution, and its check
//
// # Continuity
//
// Who has an owner should not change hands for a little. SolveContinuity finds
// the best allocation with a bonus for staying, locks, and limits on how many
// move: in all, by value, away from each rep and to each.
//
//	k, err := solve.SolveContinuity(ctx, problem, &solve.Continuity{Owner: owners, MaxMoves: 200}, solve.Options{})
//	err = k.Check(problem, continuity)           // proves feasibility, and the bound
//	k.Rep, k.Moves, k.Gap()                      // nothing within the limits is worth more than Total + Gap
//	k.MovePrice, k.NextMove                      // what one more move brings
//
// Limits per rep are within his capacity: one transportation problem more. A
// limit on all moves crosses the capacities; it gets a price, at which what
// remains is again a transportation problem, and the best allocation is put
// together from those which that price leaves equally good.
//
//	continuity.go           Continuity, Kept, SolveContinuity. Read this first
//	continuity_solve.go     the steps in order
//	continuity_limits.go    locks, bonuses and limits per rep as a transportation problem
//	continuity_price.go     the prices of a move and of moved value: cutting planes
//	continuity_exchange.go  from one allocation towards another, within the limits
//	continuity_branch.go    what gap the prices leave, by cases
//	continuity_check.go     the proof, without the solver
//	continuity_witness.go   who proves that nothing is within the limits
//
// # Fair batches
//
// The largest total is one thing to want of a batch, and often not the one the
// team asks for.
//
//	wanted                                         use               proved by
//	everybody within one of his entitlement after
//	  every customer, in the order they came       Sequence          CheckSequence
//	  … and of such sequences the best             SolveSequence     Check
//	the best, everybody within x of his
//	  entitlement in the end; what that costs      SolveEntitled     Check
//	reps choose; nobody envies another by more
//	  than one customer (EF1, WEF1)                Pick              CheckEnvy
//	values do not matter, only who may go to
//	  whom; loads as level as can be (leximin)     Level             CheckLevel
//
// An entitlement is a rep's weight over the weights of those who may get the
// customer, as in package rotation, which decides one customer at a time and
// cannot keep within one then. Who compares bundles by his own scores wants Pick:
// counts may then be level and values not, or the other way round.
//
//	entitlements.go      Entitlements; account.go: adding shares exactly
//	sequence.go          Sequence, CheckSequence; sequence_value.go: SolveSequence
//	turns.go             when each rep is due; turns_match.go: who takes which turn
//	entitled.go          Limit, SolveEntitled; entitled_smallest.go: SmallestWithin
//	picking.go           Picking, Pick; envy.go: CheckEnvy
//	level.go             Level; level_check.go: CheckLevel
//	least.go             who has had least per weight
//	columns.go           the pairs by rep
//
// # How it is solved
//
//	problem ─► groups ─► auction, rough prices … fine prices ─► search ─► solution
//	           equal       nearly optimal, nearly balanced       exact
//	           customers
//	           in one row
//
//	problem.go        Problem, its checks; sizes whose sums might not fit are refused
//	solution.go       Solution
//	certificate.go    Check
//	solver.go         Solve, Solver: the steps in order. Read this first
//	change.go         SetCustomer, SetScore, SetBounds: what changes between two solutions
//	rescore.go        what changes when all scores do, a little
//	lexicographic.go  a second goal among the optimal allocations
//	groups.go         interchangeable customers become one row of many units
//	network.go        rows, reps and the ground; who is where
//	candidates.go     the few best reps of each row, and a bound on the others
//	ranked.go         prices where all customers rank the reps alike, in place of the auction
//	greedy.go         rows where most room is, in place of the auction if there are many ties
//	auction.go        ε-scaling auction, first among a sample; bids.go: the heap of bids that a rep holds
//	search.go         distances on the graph of the reps; labels.go: their heap
//	augment.go        moving many units along the shortest paths; ways.go: moving few
//	witness.go        who proves that nothing is feasible
//	extract.go        from rows back to customers
//	stopped.go        the best so far, and a bound, when the context ends
//	errors.go         kinds of error
//
// # Sources
//
// Auction and ε-scaling: D. P. Bertsekas, The auction algorithm: a distributed
// relaxation method for the assignment problem, Annals of Operations Research 14
// (1988). Reps who hold several bids at the price of the lowest: D. P. Bertsekas
// and D. A. Castañon, The auction algorithm for the transportation problem,
// Annals of Operations Research 20 (1989).
//
// Prices of a sample as a start for all: S. Agrawal, Z. Wang and Y. Ye, A dynamic
// near-optimal algorithm for online linear programming, Operations Research 62
// (2014), there for customers who come one by one.
//
// Search: successive shortest paths with potentials, N. Tomizawa (1971), J.
// Edmonds and R. M. Karp, Theoretical improvements in algorithmic efficiency for
// network flow problems, JACM 19 (1972); many paths per phase as in the
// primal-dual method, L. R. Ford and D. R. Fulkerson, Flows in Networks (1962),
// by blocking flows, E. A. Dinitz, Algorithm for solution of a problem of maximum
// flow in networks with power estimation, Soviet Math. Doklady 11 (1970). That
// the graph of the reps suffices, because moving a customer from one rep to
// another loses a score difference in which no price occurs, is the usual
// condensation of transportation problems with few sinks: T. Tokuyama and J.
// Nakano, Efficient algorithms for the Hitchcock transportation problem, SIAM
// Journal on Computing 24 (1995).
//
// Fair sequences: every fractional bipartite matching is a mixture of matchings
// in whole (G. Birkhoff 1946); found by J. Hopcroft and R. Karp, An n^5/2
// algorithm for maximum matchings in bipartite graphs, SIAM Journal on Computing
// 2 (1973). Those of Pick and Level are named there.
//
// Witnesses: P. Hall, On representatives of subsets (1935), with capacities.
//
// # Limits
//
//	customers, reps        below 2^31 each
//	|score| · (reps + 2)   at most 2^58      so that no price overflows
//	units · |score|        at most 2^62      so that no total overflows
//
// What is larger is refused with ErrTooLarge.
package solve
