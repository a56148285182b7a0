package rotation

import (
	"errors"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Properties 21, 22, 26 and 30, and the chairman assignment.

func TestProperty21_SequenceStaysWithinFloorAndCeiling(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t, worldOptions{unit: true, maxWeight: rapid.SampledFrom([]int64{1, 9, 100, MaxWeight}).Draw(t, "largest weight")})
		customers := make([][]Entrant, len(w.customers))
		for k, c := range w.customers {
			customers[k] = c.entrants
		}
		winners, err := Sequence(customers)
		if err != nil {
			t.Fatalf("customers within limits have a sequence: %v", err)
		}
		checkSequence(t, w.n, customers, winners)
		slices.Reverse(customers[0])
		again, err := Sequence(customers)
		if err != nil {
			t.Fatal(err)
		}
		if again[0] = len(customers[0]) - 1 - again[0]; !slices.Equal(winners, again) {
			t.Fatalf("the order inside a list changes nothing: %v, %v", winners, again)
		}
	})
}

func checkSequence(t fataler, n int, customers [][]Entrant, winners []int) {
	t.Helper()
	ideal, got := make([]*big.Rat, n), make([]int64, n)
	for i := range ideal {
		ideal[i] = new(big.Rat)
	}
	for k, entrants := range customers {
		if winners[k] < 0 || winners[k] >= len(entrants) {
			t.Fatalf("every customer goes to one of those who can take it: customer %d to %d", k, winners[k])
		}
		total := totalWeight(entrants)
		for _, e := range entrants {
			ideal[e.Account].Add(ideal[e.Account], big.NewRat(e.Weight, total))
		}
		got[entrants[winners[k]].Account]++
		for i, x := range ideal {
			floor := new(big.Int).Quo(x.Num(), x.Denom()).Int64()
			ceil := floor
			if !x.IsInt() {
				ceil++
			}
			if got[i] < floor || got[i] > ceil {
				t.Fatalf("after every customer each rep has the floor or the ceiling of his entitlement: rep %d has %d of %s after %d", i, got[i], x, k+1)
			}
		}
	}
}

func TestSequenceOfALongBacklog(t *testing.T) {
	customers := make([][]Entrant, 3000)
	for k := range customers {
		for i := range 20 {
			if (k*7+i*i)%3 != 0 {
				customers[k] = append(customers[k], Entrant{Account(i), int64(1 + (i*i+k/500)%9)})
			}
		}
	}
	winners, err := Sequence(customers)
	if err != nil {
		t.Fatal(err)
	}
	checkSequence(t, 20, customers, winners)
}

func TestSequenceRefusals(t *testing.T) {
	if got, err := Sequence([][]Entrant{{{0, 0}}, {}, {{3, 1}}}); err != nil || !slices.Equal(got, []int{-1, -1, 0}) {
		t.Errorf("a customer without anybody gets -1: %v, %v", got, err)
	}
	for _, c := range []struct {
		entrants []Entrant
		want     error
	}{
		{[]Entrant{{0, 1}, {0, 2}}, ErrTwice},
		{[]Entrant{{-1, 1}}, ErrAccount},
		{[]Entrant{{0, -1}}, ErrWeight},
		{[]Entrant{{0, MaxWeight + 1}}, ErrWeight},
	} {
		if _, err := Sequence([][]Entrant{c.entrants}); !errors.Is(err, c.want) {
			t.Errorf("%v is refused as %q, not %v", c.entrants, c.want, err)
		}
	}
}

func drawRoster(t *rapid.T, most int64) []Member {
	n := int(even(1, 8).Draw(t, "reps"))
	roster := make([]Member, n)
	for i := range roster {
		roster[i] = Member{string(rune('A' + i)), mixed(1, most).Draw(t, "weight")}
	}
	return roster
}

func TestProperty22_MinLoadIsEnvyFreeUpToOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		roster := drawRoster(t, 100)
		m, err := NewMinLoad(roster)
		if err != nil {
			t.Fatalf("a roster within limits is accepted: %v", err)
		}
		largest := make([]int64, len(roster))
		for range even(1, 60).Draw(t, "customers") {
			size := even(1, 50).Draw(t, "size")
			i, err := m.Next(size)
			if err != nil {
				t.Fatalf("a customer within limits is given: %v", err)
			}
			largest[i] = max(largest[i], size)
			for a := range roster {
				for b := range roster {
					if m.Load(a)*roster[b].Weight < (m.Load(b)-largest[b])*roster[a].Weight {
						t.Fatalf("nobody envies another once that one's largest customer is set aside: %s has %d of weight %d, %s %d of %d",
							roster[a].ID, m.Load(a), roster[a].Weight, roster[b].ID, m.Load(b), roster[b].Weight)
					}
				}
			}
		}
	})
}

func TestMinLoadAtTheLimits(t *testing.T) {
	roster := []Member{{"a", MaxWeight}, {"b", MaxWeight - 1}, {"c", MaxWeight / 3}, {"d", 7}}
	m, err := NewMinLoad(roster)
	if err != nil {
		t.Fatal(err)
	}
	for k := range int64(2000) {
		before := make([]*big.Rat, len(roster))
		for i := range roster {
			before[i] = big.NewRat(m.Load(i), roster[i].Weight)
		}
		i, err := m.Next(MaxSize - k)
		if err != nil {
			t.Fatal(err)
		}
		for j := range before {
			if before[j].Cmp(before[i]) < 0 {
				t.Fatalf("the least load for its weight goes first also where products need 128 bits: %s before %s", roster[i].ID, roster[j].ID)
			}
		}
	}
}

func TestTijdemanIsDeadlineInExactFractions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		roster := drawRoster(t, rapid.SampledFrom([]int64{3, 20, 1000}).Draw(t, "largest weight"))
		n := len(roster)
		tj, err := NewTijdeman(roster)
		if err != nil {
			t.Fatalf("a roster within limits is accepted: %v", err)
		}
		f := newFraction(n)
		c := customer{size: 1}
		for i, m := range roster {
			c.entrants = append(c.entrants, Entrant{Account(i), m.Weight})
		}
		k := int64(max(2, 2*n-2))
		for turn := range 100 {
			if got, want := tj.Next(), f.pick(Deadline, c); got != want {
				t.Fatalf("the two heaps give the turns of rule Deadline: %d, not %d in turn %d of %v", want, got, turn, roster)
			}
			for i := range roster {
				num, den := tj.Credit(i)
				x := new(big.Rat).SetFrac(num.Units(), new(big.Int).SetUint64(den))
				if x.Cmp(f.credit[i]) != 0 {
					t.Fatalf("and its credits: %s, not %s", f.credit[i], x)
				}
				if x.Abs(x).Cmp(big.NewRat(k-1, k)) > 0 {
					t.Fatalf("nobody is ever more than 1-1/(2n-2) from his share: %s in %v", x, roster)
				}
			}
		}
	})
}

func TestTijdemanAtTheLimits(t *testing.T) {
	roster := []Member{{"a", MaxWeight}, {"b", MaxWeight - 1}, {"c", 1}, {"d", MaxWeight / 3}}
	tj, err := NewTijdeman(roster)
	if err != nil {
		t.Fatal(err)
	}
	if want := uint64(MaxWeight + MaxWeight - 1 + 1 + MaxWeight/3); tj.Period() != want {
		t.Errorf("the period is the sum of the reduced weights, %d, not %d", want, tj.Period())
	}
	for range 100_000 {
		tj.Next()
		for i := range roster {
			num, den := tj.Credit(i)
			if six := num.abs().mulSmall(6); (Credit{0, den}).mulSmall(5).less(six) {
				t.Fatalf("the bound 1-1/6 holds for the largest weights: %s/%d", num.Units(), den)
			}
		}
	}
}

func TestRostersThatAreRefused(t *testing.T) {
	for _, c := range []struct {
		roster []Member
		want   error
	}{
		{nil, ErrNobody},
		{[]Member{{"a", 0}}, ErrWeight},
		{[]Member{{"a", MaxWeight + 1}}, ErrWeight},
		{[]Member{{"a", 1}, {"a", 2}}, ErrTwice},
	} {
		if _, err := NewTijdeman(c.roster); !errors.Is(err, c.want) {
			t.Errorf("%v is refused as %q, not %v", c.roster, c.want, err)
		}
		if _, err := NewMinLoad(c.roster); !errors.Is(err, c.want) {
			t.Errorf("%v is refused as %q, not %v", c.roster, c.want, err)
		}
	}
	m, _ := NewMinLoad([]Member{{"a", 1}})
	if _, err := m.Next(0); !errors.Is(err, ErrSize) {
		t.Errorf("a customer of size 0 is refused, not %v", err)
	}
}

func TestProperty26_TeamsStayWithinTheSumOfTheirBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		teams := rapid.IntRange(2, 4).Draw(t, "teams")
		nested := NewTeams()
		all := make([]TeamEntrant, teams)
		for k := range all {
			all[k] = TeamEntrant{Weight: rapid.Int64Range(1, 9).Draw(t, "team's weight")}
			for i := range rapid.IntRange(1, 4).Draw(t, "reps") {
				team, rep := nested.Open(string(rune('K'+k)), string(rune('A'+i)))
				all[k].Team = team
				all[k].Reps = append(all[k].Reps, Entrant{rep, rapid.Int64Range(1, 9).Draw(t, "rep's weight")})
			}
		}
		sel := boundSelections[rapid.IntRange(0, 1).Draw(t, "rule")]
		size := rapid.SampledFrom([]int64{1, 7}).Draw(t, "size")
		folded := NewTeams()
		for k, team := range all {
			for i := range team.Reps {
				folded.Open(string(rune('K'+k)), string(rune('A'+i)))
			}
		}
		// What each rep is entitled to of the whole: his team's share, and of that
		// his own, as exact fractions.
		owed := map[[2]int]*big.Rat{}
		for range even(1, 60).Draw(t, "customers") {
			mask := even(1, 1<<teams-1).Draw(t, "teams that can")
			var set []TeamEntrant
			for k := range all {
				if mask>>k&1 == 1 {
					set = append(set, all[k])
				}
			}
			team, rep, err := nested.Pick(sel, size, set, nil)
			if err != nil {
				t.Fatalf("a customer that some team can take is given: %v", err)
			}
			if err := folded.Apply(size, set, team, rep); err != nil {
				t.Fatalf("a recorded outcome can be folded: %v", err)
			}
			accumulate(owed, set, team, rep, size)
			for k, e := range all {
				total := totalWeight(e.Reps)
				for i, r := range e.Reps {
					credit := nested.Credit(e.Team, r.Account, r.Weight, total)
					bound := nested.Bound(sel, e.Team, r.Weight, total)
					if exact := owed[[2]int{k, i}]; exact != nil {
						// n/2 units for each customer and ledger, far below the bound.
						diff := new(big.Rat).Sub(exact, credit)
						if diff.Abs(diff).Cmp(big.NewRat(60*8, Unit)) > 0 {
							t.Fatalf("the credit of a rep in a team is entitled minus got: %s, not %s", exact, credit)
						}
					}
					if credit.Abs(credit).Cmp(bound) > 0 {
						t.Fatalf("a rep's deviation is within his team's bound plus his part of the bound among teams: %s beyond %s", credit.FloatString(6), bound.FloatString(6))
					}
				}
			}
		}
		if snapshotOf(t, nested.Top()) != snapshotOf(t, folded.Top()) {
			t.Fatalf("folding the recorded outcomes gives the same state")
		}
	})
}

// accumulate adds each rep's exact entitlement and takes off what was given.
func accumulate(owed map[[2]int]*big.Rat, set []TeamEntrant, team, rep int, size int64) {
	var total int64
	for _, e := range set {
		total += e.Weight
	}
	// A team's accounts are 0, 1, … in the order of opening, and so are the teams'.
	at := func(k Account, i int) *big.Rat {
		key := [2]int{int(k), i}
		if owed[key] == nil {
			owed[key] = new(big.Rat)
		}
		return owed[key]
	}
	for _, e := range set {
		inside := totalWeight(e.Reps)
		for i, r := range e.Reps {
			part := new(big.Rat).Mul(big.NewRat(e.Weight, total), big.NewRat(r.Weight*size, inside))
			at(e.Team, i).Add(at(e.Team, i), part)
		}
	}
	x := at(set[team].Team, rep)
	x.Sub(x, big.NewRat(size, 1))
}

func TestTeamsRefuseAndLeaveEverythingAsItWas(t *testing.T) {
	nested := NewTeams()
	k, a := nested.Open("K", "A")
	m, b := nested.Open("M", "B")
	good := []TeamEntrant{{k, 1, []Entrant{{a, 1}}, nil}, {m, 1, []Entrant{{b, 1}}, nil}}
	if _, _, err := nested.Pick(Selection{}, 1, good, nil); err != nil {
		t.Fatal(err)
	}
	before := snapshotOf(t, nested.Top()) + snapshotOf(t, nested.Team(k)) + snapshotOf(t, nested.Team(m))
	for name, bad := range map[string][]TeamEntrant{
		"an unknown team":       {{7, 1, []Entrant{{a, 1}}, nil}},
		"an unknown rep":        {{k, 1, []Entrant{{5, 1}}, nil}},
		"a team without reps":   {{k, 1, nil, nil}, good[1]},
		"ranks for other reps":  {{k, 1, []Entrant{{a, 1}}, []int32{1, 2}}},
		"the same team twice":   {good[0], good[0]},
		"teams without weights": {{k, 0, []Entrant{{a, 1}}, nil}},
	} {
		if _, _, err := nested.Pick(Selection{}, 1, bad, nil); err == nil {
			t.Errorf("%s is refused", name)
		}
	}
	if err := nested.Void(1, good, 1, 0); !errors.Is(err, ErrNotGiven) {
		t.Errorf("what was not given cannot be voided: %v", err)
	}
	if err := nested.Apply(1, good, 2, 0); !errors.Is(err, ErrPlaces) {
		t.Errorf("a team that is not there is refused: %v", err)
	}
	if err := nested.Apply(1, []TeamEntrant{good[0], {7, 1, nil, nil}}, 0, 0); !errors.Is(err, ErrAccount) {
		t.Errorf("an outcome with a team that is not there is refused, after the team inside was well: %v", err)
	}
	if after := snapshotOf(t, nested.Top()) + snapshotOf(t, nested.Team(k)) + snapshotOf(t, nested.Team(m)); after != before {
		t.Errorf("a refusal changes nothing")
	}
	if err := nested.Void(1, good, 0, 0); err != nil {
		t.Errorf("what was given can be voided: %v", err)
	}
}
