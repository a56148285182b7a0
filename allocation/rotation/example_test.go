package rotation_test

import (
	"encoding/json"
	"fmt"

	"github.com/evenhand/evenhand/allocation/rotation"
)

func names(l *rotation.Ledger, ids ...string) (entrants []rotation.Entrant) {
	for _, id := range ids {
		entrants = append(entrants, rotation.Entrant{Account: l.Open(id), Weight: 1})
	}
	return entrants
}

// Three reps take turns. Bo and Chi go on while Ana is away; when she comes back
// she takes her turn and no more.
func Example() {
	l := rotation.New()
	give := func(entrants []rotation.Entrant) {
		i, err := l.Pick(rotation.Selection{}, 1, entrants, nil)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Print(l.ID(entrants[i].Account), " ")
	}
	everybody := names(l, "ana", "bo", "chi")
	for range 3 {
		give(everybody)
	}
	for range 4 {
		give(names(l, "bo", "chi"))
	}
	for range 3 {
		give(everybody)
	}
	fmt.Println("in turn")
	fmt.Println(l.Bound(rotation.Selection{}))
	// Output:
	// ana bo chi bo chi bo chi ana bo chi in turn
	// 0.666667 of at most 1 reached (1·1 + 0; any entrants, from zero; n = 3)
}

// A senior rep with twice the weight gets twice as many, spread evenly.
func ExampleLedger_Pick_weights() {
	l := rotation.New()
	entrants := names(l, "junior", "senior")
	entrants[1].Weight = 2
	for range 6 {
		i, _ := l.Pick(rotation.Selection{}, 1, entrants, nil)
		fmt.Print(l.ID(entrants[i].Account), " ")
	}
	fmt.Println("and so on")
	fmt.Println(l.Bound(rotation.Selection{}).Theorem)
	// Output:
	// senior junior senior senior junior senior and so on
	// everybody present, fixed weights and size (Tijdeman)
}

// A model says who would serve each customer best. The window lets it decide as
// long as nobody is owed more than one customer; the bound is proved all the same.
func ExampleLedger_Pick_preference() {
	l := rotation.New()
	entrants := names(l, "ana", "bo", "chi")
	best := []int32{1, 2, 3} // Ana, always
	window := rotation.Selection{Rule: rotation.Window, Tau: 1000, Sigma: 1000}
	for range 9 {
		i, _ := l.Pick(window, 1, entrants, best)
		fmt.Print(l.ID(entrants[i].Account)[:1])
	}
	b := l.Bound(window)
	fmt.Printf("\nreached %s of %s, %.0f %%\n", b.Reached, b.Total, 100*b.Used())
	// Output:
	// aaabcabca
	// reached 2 of 2, 100 %
}

// Why did Chi get it, and who would have been next?
func ExampleLedger_Standings() {
	l := rotation.New()
	entrants := names(l, "ana", "bo", "chi")
	for range 2 {
		l.Pick(rotation.Selection{}, 1, entrants, nil)
	}
	standings, err := l.Standings(rotation.Selection{}, 1, entrants, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range standings {
		fmt.Printf("%-4s %9s + %s = %9s  place %d\n", l.ID(s.Account), s.Before, s.Share, s.After, s.Place)
	}
	// Output:
	// ana  -0.333333 + 0.333333 =         0  place 2
	// bo   -0.333333 + 0.333333 =         0  place 3
	// chi   0.666667 + 0.333333 =         1  place 1
}

// A duplicate is voided: its winner gets the credit back and with it the next
// customer.
func ExampleLedger_Void() {
	l := rotation.New()
	entrants := names(l, "ana", "bo")
	for range 3 {
		l.Pick(rotation.Selection{}, 1, entrants, nil) // ana, bo, ana
	}
	if err := l.Void(1, entrants, 0); err != nil {
		fmt.Println(err)
	}
	i, _ := l.Pick(rotation.Selection{}, 1, entrants, nil)
	fmt.Println(l.ID(entrants[i].Account))
	fmt.Println(l.Void(1, entrants, 1), l.Void(1, entrants, 1))
	// Output:
	// ana
	// <nil> rotation: nothing to void: "bo" has 0 customers of total size 0, not one of size 1 to give back
	// Maybe it was voided before
}

// Two weeks of parental leave are granted afterwards, paid by the others in
// proportion; and the bound says what that costs everybody.
func ExampleLedger_Grant() {
	l := rotation.New()
	entrants := names(l, "ana", "bo", "chi")
	if err := l.Grant(entrants[0].Account, 4000, entrants[1:]); err != nil {
		fmt.Println(err)
	}
	fmt.Println(l.Credit(0), l.Credit(1), l.Credit(2))
	b := l.Bound(rotation.Selection{})
	fmt.Println(b.Theorem, b.Total, "c", b.CNow)
	for range 9 {
		l.Pick(rotation.Selection{}, 1, entrants, nil)
	}
	b = l.Bound(rotation.Selection{})
	fmt.Println("now c", b.CNow, "and from now on at most", b.FromNow)
	// Output:
	// 4 -2 -2
	// state bound 4 c 3
	// now c 0 and from now on at most 1
}

// Somebody new starts level with the others, not with what they are owed.
func ExampleLedger_Calibrate() {
	l := rotation.New()
	entrants := names(l, "ana", "bo", "chi")
	l.SetOpening([]rotation.Opening{{Account: 0, Balance: -3000}, {Account: 1, Balance: 2000}, {Account: 2, Balance: 1000}})
	if err := l.Calibrate(entrants[0].Account, entrants); err != nil {
		fmt.Println(err)
	}
	fmt.Println(l.Credit(0), l.Credit(1), l.Credit(2))
	// Output: 0 0.5 -0.5
}

func ExampleLedger_MarshalJSON() {
	l := rotation.New()
	entrants := names(l, "ana", "bo")
	l.Pick(rotation.Selection{}, 1, entrants, nil)
	text, _ := json.Marshal(l)
	var back rotation.Ledger
	fmt.Println(json.Unmarshal(text, &back), back.Credit(0), back.Credit(1))
	fmt.Println(json.Unmarshal(append([]byte(`{"rotation":7,`), text[14:]...), &back))
	// Output:
	// <nil> -0.5 0.5
	// rotation: snapshot refused: version 7 is not 1
	// Maybe it was written by another release
}

// A large team and a small one share customers half and half, and each goes round
// among its own.
func ExampleTeams() {
	t := rotation.NewTeams()
	teams := []rotation.TeamEntrant{{Weight: 1}, {Weight: 1}}
	for k, reps := range [][]string{{"ana", "bo", "chi"}, {"dan"}} {
		for _, rep := range reps {
			team, account := t.Open([]string{"east", "west"}[k], rep)
			teams[k].Team = team
			teams[k].Reps = append(teams[k].Reps, rotation.Entrant{Account: account, Weight: 1})
		}
	}
	for range 6 {
		team, rep, err := t.Pick(rotation.Selection{}, 1, teams, nil)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Print(t.Team(teams[team].Team).ID(teams[team].Reps[rep].Account), " ")
	}
	fmt.Println("and so on")
	fmt.Println("ana is within", t.Bound(rotation.Selection{}, 0, 1, 3).FloatString(3), "of her share of the whole")
	// Output:
	// ana dan bo dan chi dan and so on
	// ana is within 0.917 of her share of the whole
}

func ExampleTijdeman() {
	t, err := rotation.NewTijdeman([]rotation.Member{{ID: "ana", Weight: 5}, {ID: "bo", Weight: 1}, {ID: "chi", Weight: 1}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for range t.Period() {
		fmt.Print(string("ABC"[t.Next()]))
	}
	// Output: AABAACA
}

func ExampleMinLoad() {
	m, err := rotation.NewMinLoad([]rotation.Member{{ID: "ana", Weight: 3}, {ID: "bo", Weight: 1}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 8 {
		i, _ := m.Next(1)
		fmt.Print(string("AB"[i]))
	}
	// Output: ABAAABAA
}

// The backlog is known, so nobody is ever a whole customer from his share.
func ExampleSequence() {
	const ana, bo, chi = 0, 1, 2
	backlog := [][]rotation.Entrant{
		{{Account: ana, Weight: 1}, {Account: bo, Weight: 1}},
		{{Account: bo, Weight: 1}, {Account: chi, Weight: 1}},
		{{Account: ana, Weight: 1}, {Account: bo, Weight: 1}, {Account: chi, Weight: 1}},
		{{Account: ana, Weight: 1}, {Account: bo, Weight: 1}},
	}
	winners, err := rotation.Sequence(backlog)
	if err != nil {
		fmt.Println(err)
		return
	}
	got := map[rotation.Account]int{}
	for t, i := range winners {
		got[backlog[t][i].Account]++
	}
	fmt.Println("ana", got[ana], "of 4/3, bo", got[bo], "of 11/6, chi", got[chi], "of 5/6")
	// Output: ana 2 of 4/3, bo 2 of 11/6, chi 0 of 5/6
}

// Attainment of 400 % must not mean nearly all the customers.
func ExampleClamp() {
	weights, err := rotation.Clamp([]int64{4_000_000, 1_000_000, 200_000}, 500_000, 2*rotation.One)
	fmt.Println(weights, err)
	// Output: [4 1 1] <nil>
}
