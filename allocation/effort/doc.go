// Package effort divides effort that brings less and less: hours, money or
// heads over segments, territories, products or accounts. It says what the last
// unit brings everywhere, and how many reps are worth their cost.
//
//	curve, err := effort.NewCurve("power", 0, 300, 0.5)                   // or fitted, or judged, or points
//	r, err := effort.Sample(curve, effort.Window{To: 12_000, Scale: 100}) // in cents
//	a, err := effort.Allocate(&effort.Problem{Budget: 12_000, Items: items})
//	a.Items[0].Units, a.Price                     // who gets how much; what one more unit would bring
//	err = effort.Check(problem, a)                // proves that nothing is better
//	s, err := (&effort.Force{Problem: *problem, PerRep: 1_500, Cost: 9_000_000}).Size()
//
// The package is pure: standard library only. Curves are real numbers; once
// they are sampled, everything is computed in integers and is the same on any
// machine.
//
// # From a curve to a price
//
//	judgement ┐
//	history   ├─► curve ─► response ─► allocation ─► check
//	points    ┘   real     integers    units,         proves it,
//	                       falling     prices         on its own
//
// A response says what each further unit adds, and that never grows. So the best
// allocation gives one unit after the other to whoever gains most, and is proved
// by prices: nobody's next unit brings more than it costs, and nobody's last one
// less. With indivisible units the marginal returns are equal up to one unit;
// that is all "equal" can mean: the largest next is at most the smallest last.
//
// # Where returns grow at first
//
// A curve shaped like an S (adbudg with c above 1, points that rise faster and
// faster) has no such order, and dividing a budget over several is NP-hard (S.
// Ağralı and J. Geunes 2009). Such a curve is refused with ErrShape, or, when
// Window.Envelope says so, replaced by its concave envelope. Then Total bounds
// what any allocation returns, Actual is what this one does, and Gap is the
// difference; it comes from the items, mostly one, that stand where their
// envelope is above their curve. Search splits the problem there, until nothing
// better is possible or its nodes are used up:
//
//	f, err := effort.Search(problem, 500)
//	f.Allocation.Actual, f.Bound                  // no allocation returns more than Bound
//
// # What holds which
//
//	curve.go        Curve, the table of parametric kinds
//	adbudg.go       Little's ADBUDG; power.go, exponential.go, logarithm.go
//	points.go       straight lines between points
//	judgement.go    the curve through what people expect of it
//	fit.go          the curve with the least squares to history
//	sample.go       a curve into knots, its envelope
//	response.go     Response: knots into integers
//	problem.go      Problem, its checks
//	allocate.go     Allocate. Read this first
//	allocation.go   Allocation and its prices
//	check.go        Check
//	search.go       Search: the best where returns grow at first
//	size.go         Force: as many reps as are worth their cost, and Search the same
//	workload.go     Workload: as many reps as coverage takes
//	errors.go       kinds of error
//
// A new kind of curve is a file with one kind and a line in the table of
// curve.go; the fit, the command and the tests take it from there.
//
// # Sources
//
// Curves and judgements: J. D. C. Little, Models and managers: the concept of a
// decision calculus, Management Science 16 (1970); L. M. Lodish, CALLPLAN: an
// interactive salesman's call planning system, Management Science 18 (1971); L.
// M. Lodish, E. Curtis, M. Ness, M. K. Simpson, Sales force sizing and deployment
// using a decision calculus model at Syntex Laboratories, Interfaces 18 (1988).
//
// Allocation: O. Gross, A class of discrete-type minimization problems, RAND
// (1956); Z. Galil and N. Megiddo, A fast selection algorithm and the problem of
// optimum distribution of effort, JACM 26 (1979); G. N. Frederickson and D. B.
// Johnson, The complexity of selection and ranking in X + Y and matrices with
// sorted columns, JCSS 24 (1982); A. Federgruen and H. Groenevelt, The greedy
// procedure for resource allocation problems, Operations Research 34 (1986). S.
// Ağralı and J. Geunes, Solving knapsack problems with S-curve return functions,
// EJOR 193 (2009). A. H. Land and A. G. Doig, An automatic method of solving
// discrete programming problems, Econometrica 28 (1960).
//
// Workload: W. J. Talley, How to design sales territories, Journal of Marketing
// 25 (1961).
//
// # Limits
//
//	units of an item          2^50      MaxUnits
//	a budget; sums of returns 2^61      MaxReturn
//
// What is larger is refused with ErrTooLarge. A limit on moves and limits of
// groups cannot be given together: then the order of units is no longer that of
// their returns.
package effort
