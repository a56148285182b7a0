package main

// batch are the faults of what allocates much at once: effort, limits on moves,
// plans.
var batch = []fault{
	// Effort.
	{
		name:  "a group gets more than its maximum when units bring the same",
		edits: []edit{{"allocation/effort/allocate.go", `units, d.sets[r.set].max-d.sets[r.set].given)`, `units)`}},
		dir:   efforts, test: "TestTiesKeepToGroups",
	},
	{
		name:  "a minimum takes no unit that loses something",
		edits: []edit{{"allocation/effort/allocate.go", `lowest(min(0, d.unit.least)-1, d.unit.most`, `lowest(0, d.unit.most`}},
		dir:   efforts, test: "TestPropertyAllocateIsTheBest", flags: []string{"-rapid.checks=20000"},
	},
	{
		name:  "what a minimum moves is not counted as moved",
		edits: []edit{{"allocation/effort/allocate.go", `d.sets[1].max -= max(0, lo-it.Current)`, ``}},
		dir:   efforts, test: "TestPropertyAllocateIsTheBest", flags: []string{"-rapid.checks=20000"},
	},
	{
		name:  "units move to where they bring the same",
		edits: []edit{{"allocation/effort/allocate.go", `[]bool{true, false}`, `[]bool{false}`}},
		dir:   efforts, test: "TestPropertyNothingMovesForNothing", flags: []string{"-rapid.checks=20000"},
	},
	{
		name:  "a group at its maximum still offers the next unit",
		edits: []edit{{"allocation/effort/allocation.go", `set.given < set.max && a.Used == p.Budget`, `set.given <= set.max && a.Used == p.Budget`}},
		dir:   efforts, test: "TestPropertyPrices", flags: []string{"-rapid.checks=20000"},
	},
	{
		name:  "the check does not look at the last unit",
		edits: []edit{{"allocation/effort/check.go", `x > lo && r.Marginal(x) < price`, `x > lo && price < 0`}},
		dir:   efforts, test: "TestCheckRefutes",
	},
	{
		name: "an envelope passes for the curve itself",
		edits: []edit{{"allocation/effort/sample.go", `			up.hulled = true
`, ``}},
		dir: efforts, test: "TestPropertyEnvelope", flags: []string{"-rapid.checks=20000"},
	},
	{
		name:  "a curve that turns within its first unit passes for one whose returns diminish",
		edits: []edit{{"allocation/effort/sample.go", `inflection <= float64(from) ||`, `inflection <= float64(from)+1 ||`}},
		dir:   efforts, test: "TestTurnsWithinTheFirstUnit",
	},
	{
		name:  "a search forgets one number of units between its halves",
		edits: []edit{{"allocation/effort/search.go", `{{lo, x}, {x + 1, hi}}`, `{{lo, x}, {min(x+2, hi), hi}}`}},
		dir:   efforts, test: "TestPropertySearch", flags: []string{"-rapid.checks=20000"},
	},
	{
		name:  "a search says that nothing is left when its nodes are used up",
		edits: []edit{{"allocation/effort/search.go", `f.Bound = max(f.Bound, n.a.Total)`, `_ = n`}},
		dir:   efforts, test: "TestPropertySearch", flags: []string{"-rapid.checks=20000"},
	},
	{
		name:  "a size is not looked for beyond the straightened one",
		edits: []edit{{"allocation/effort/size.go", `[]int64{1, -1}`, `[]int64{}`}},
		dir:   efforts, test: "TestPropertySizeSearch", flags: []string{"-rapid.checks=20000"},
	},
	{
		name:  "what divides evenly is rounded up all the same",
		edits: []edit{{"allocation/effort/workload.go", `x.Sub(x, new(big.Rat).SetFrac(big.NewInt(1), reps.Denom()))`, ``}},
		dir:   efforts, test: "TestKotlerWorkload",
	},
	{
		name:  "a curve of history that a few rows determine wholly is the best one",
		edits: []edit{{"allocation/effort/fit.go", `bit(free < 1), `, `0, `}},
		dir:   efforts, test: "TestFitBestLeavesSomething",
	},

	// Continuity.
	{
		name:  "a rep may lose one more than he may",
		edits: []edit{{"allocation/solve/continuity_limits.go", `owned[r]-c.maxLost(r)`, `owned[r]-c.maxLost(r)-1`}},
		dir:   solving, test: "TestContinuityEqualsBruteForce",
	},
	{
		name:  "places for gains are room beside what a rep can have",
		edits: []edit{{"allocation/solve/continuity_limits.go", `d.Max[gains], Never)`, `d.Max[gains], 0)`}},
		dir:   solving, test: "TestContinuityEqualsBruteForce",
	},
	{
		name:  "a minimum is forgotten where gains are limited",
		edits: []edit{{"allocation/solve/continuity_limits.go", `d.Min[r], d.Min[gains] = d.Max[r], d.Max[gains]`, `d.Min[r] = 0`}},
		dir:   solving, test: "TestContinuityEqualsBruteForce", env: []string{"CONTINUITY_INSTANCES=3000"},
	},
	{
		name:  "who loses his owner to nobody has not moved",
		edits: []edit{{"allocation/solve/continuity.go", `c.Owner[customer] != rep && p`, `c.Owner[customer] != rep && rep != Unassigned && p`}},
		dir:   solving, test: "TestContinuityEqualsBruteForce",
	},
	{
		name:  "an exchange looks at moves alone",
		edits: []edit{{"allocation/solve/continuity_exchange.go", ` && e.value+value <= e.maxValue`, ``}},
		dir:   solving, test: "TestContinuityEqualsBruteForce",
	},
	{
		name:  "one case of two is left out",
		edits: []edit{{"allocation/solve/continuity_branch.go", `[][]bool{b.leaves, b.stays}`, `[][]bool{b.stays}`}},
		dir:   solving, test: "TestContinuityEqualsBruteForce", env: []string{"CONTINUITY_INSTANCES=10000"},
	},
	{
		name:  "the next move is compared with the bound",
		edits: []edit{{"allocation/solve/continuity_solve.go", `Gain: s.best.total - now.Total`, `Gain: s.best.total - now.Bound`}},
		dir:   solving, test: "TestContinuityEqualsBruteForce", env: []string{"CONTINUITY_INSTANCES=3000"},
	},
	{
		name:  "the check of what moved believes any price",
		edits: []edit{{"allocation/solve/continuity_check.go", `bound.high >= 0 && (bound.high > 0 || bound.low > 0)`, `bound.high > 0`}},
		dir:   solving, test: "TestContinuityAltered",
	},
	// A plan of a whole backlog.
	{
		name:  "a plan takes a team over its cap",
		edits: []edit{{"allocation/plan_repair.go", `by := t.load - t.left;`, `by := t.load - t.left - 1;`}},
		dir:   desk, test: "TestPlanKeepsCapOfTeam",
	},
	{
		name:  "places that are filled up afterwards are not counted",
		edits: []edit{{"allocation/plan_repair.go", `q.takes(o, n) <= room[q.pairs[i].rep] && q.fits`, `q.fits`}},
		dir:   desk, test: "TestPlanFillsUpWithinRoom",
	},
	{
		name:  "a team's lower limits of earlier rules are forgotten",
		edits: []edit{{"allocation/plan_repair.go", `limit = min(limit, least)`, `limit = max(limit, least)`}},
		dir:   desk, test: "TestPlanKeepsLowerLimitOfTeam",
	},
	{
		name:  "who keeps more than his caps allow gets new customers as well",
		edits: []edit{{"allocation/plan_caps.go", `if p.came[row] {`, `if false {`}},
		dir:   desk, test: "TestPlanKeepsCapsBesideKept",
	},
	{
		name:  "a rep of two halves has a place too many",
		edits: []edit{{"allocation/plan_twin.go", `t.room[r+t.reps] = o.room[r] - t.room[r]`, `t.room[r+t.reps] = o.room[r]`}},
		dir:   desk, test: "TestPlanSharesRoomWithCapOnSome",
	},
	{
		name:  "the price of a place leaves out whom it would take a customer from",
		edits: []edit{{"allocation/plan_prices.go", `net = p.Score[at] - l.price[l.rep[i]]`, `net = p.Score[at]`}},
		dir:   desk, test: "TestPlanPricesChains",
	},
	{
		name:  "a plan takes the first allocation, wherever customers are now",
		edits: []edit{{"allocation/plan_moves.go", `goal.Score[at] = 1`, `goal.Score[at] = 0`}},
		dir:   desk, test: "TestPlanMovesFewest",
	},
	{
		name:  "who was moved by an earlier rule is not counted",
		edits: []edit{{"allocation/plan_moves.go", `MaxMoves: left(stay.MaxMoves, q.p.moved.customers), MaxValue`, `MaxMoves: left(stay.MaxMoves, 0), MaxValue`}},
		dir:   desk, test: "TestPlanCountsMovesOfEarlierRules",
	},
	{
		name:  "a plan rotates by final numbers alone",
		edits: []edit{{"allocation/plan_rotation.go", `if done || err != nil {`, `if _ = done; err != nil {`}},
		dir:   desk, test: "TestPlanTakesTurns",
	},
	{
		name:  "levels count what is given out alone",
		edits: []edit{{"allocation/plan_level.go", `level-base[r])`, `level)`}},
		dir:   desk, test: "TestPlanLevelsOpenWork",
	},
	// Committing it.
	{
		name:  "a plan overrides what was decided since",
		edits: []edit{{"allocation/plan_commit.go", `if c.touched[ref] || touched[ref] {`, `if ref.ID == "" {`}},
		dir:   desk, test: "TestPlanMeanwhile",
	},
	{
		name:  "what another process decides while a plan is committed is not looked at",
		edits: []edit{{"allocation/plan_commit.go", `if c.touched[ref] || touched[ref] {`, `if c.touched[ref] {`}},
		dir:   desk, test: "TestPlanIntruded",
	},
	{
		name: "a plan gives to reps who are not there any more",
		edits: []edit{
			{"allocation/plan_places.go", `if now.Inactive {`, `if false {`},
			{"allocation/plan_places.go", `return same`, `return same || true`},
		},
		dir: desk, test: "TestPlanMeanwhile",
	},
	{
		name:  "a plan gives places that were given since",
		edits: []edit{{"allocation/plan_places.go", `used+comer.takes > comer.limit`, `used < 0`}},
		dir:   desk, test: "TestPlanMeanwhile",
	},
	{
		name:  "who is moved keeps his place as well",
		edits: []edit{{"allocation/plan_places.go", `p.leave(p.s.customers[p.c.plan.ref(k)], -sign)`, `p.leave(p.s.customers[p.c.plan.ref(k)], 0)`}},
		dir:   desk, test: "TestPlanMeanwhile",
	},
	{
		name:  "those who are placed anew do not see the rest of the plan",
		edits: []edit{{"allocation/plan_anew.go", `if _, bad := slices.BinarySearch(c.bad, k); bad ||`, `if _, bad := slices.BinarySearch(c.bad, k); !bad ||`}},
		dir:   desk, test: "TestPlanMeanwhile",
	},
	{
		name: "a plan is committed twice",
		edits: []edit{{"allocation/plan_commit.go", `} else if found {
		return g.recordedPlan(seq)`, `} else if found && seq == 0 {
		return g.recordedPlan(seq)`}},
		dir: desk, test: "TestPlanFaults",
	},
	{
		name:  "the prices of a plan are believed unseen",
		edits: []edit{{"allocation/plan_explain.go", `x.rep != nil && p.room(&x) && x.beats(&o.mine)`, `x.rep != nil && p.room(&x) && x.beats(&o.mine) && false`}},
		dir:   desk, test: "TestPlanContradicted",
	},
}
