package rotation

import (
	"fmt"
	"math/big"
)

// Teams is a rotation among teams and, inside each, one among its reps: first the
// team, then the rep. It keeps teams even whatever their size, which one flat
// ledger does not. Not safe for concurrent use.
//
// What a rep got differs from his share of the whole by his credit inside the
// team plus his part of the team's credit, and so by at most
//
//	B(his team's reps) + part · B(teams)
//
// where part is his fixed share inside the team ([Teams.Bound]).
type Teams struct {
	top  *Ledger
	reps []*Ledger // by the team's account in top
}

// TeamEntrant is one team that could take a customer, with the reps who could.
type TeamEntrant struct {
	Team   Account // in Teams.Top
	Weight int64   // of the team, 0..MaxWeight
	Reps   []Entrant
	Rank   []int32 // preference among Reps as in Pick, or nil
}

// NewTeams returns a rotation without teams.
func NewTeams() *Teams { return &Teams{top: New()} }

// Open returns the account of a team in [Teams.Top] and of a rep in
// [Teams.Team], opening what is not there yet.
func (t *Teams) Open(team, rep string) (Account, Account) {
	a := t.top.Open(team)
	if a < 0 {
		return -1, -1
	}
	for int(a) >= len(t.reps) {
		t.reps = append(t.reps, New())
	}
	return a, t.reps[a].Open(rep)
}

// Top is the ledger among teams.
func (t *Teams) Top() *Ledger { return t.top }

// Team is the ledger inside a team, nil for an account that Open did not return.
// Grants, calibration and closing are made on these ledgers.
func (t *Teams) Team(team Account) *Ledger {
	if team < 0 || int(team) >= len(t.reps) {
		return nil
	}
	return t.reps[team]
}

// Pick gives one customer: the selection chooses the team (rank is the preference
// among teams) and then the rep. It returns the index of the team and of the rep
// within it; on error both are -1 and nothing has changed. Errors are those of
// [Ledger.Pick]. Cost: O(teams + reps), the reps of all teams being checked first.
func (t *Teams) Pick(sel Selection, size int64, teams []TeamEntrant, rank []int32) (team, rep int, err error) {
	entrants, err := t.entrants(teams, size)
	if err != nil {
		return -1, -1, err
	}
	team, err = t.top.Pick(sel, size, entrants, rank)
	if err != nil {
		return -1, -1, err
	}
	chosen := teams[team]
	rep, err = t.reps[chosen.Team].Pick(sel, size, chosen.Reps, chosen.Rank)
	return team, rep, err
}

// Apply folds a recorded outcome, as [Ledger.Apply].
func (t *Teams) Apply(size int64, teams []TeamEntrant, team, rep int) error {
	return t.both(size, teams, team, rep, (*Ledger).Apply)
}

// Void takes a recorded outcome back exactly, as [Ledger.Void].
func (t *Teams) Void(size int64, teams []TeamEntrant, team, rep int) error {
	return t.both(size, teams, team, rep, (*Ledger).Void)
}

type outcome func(l *Ledger, size int64, entrants []Entrant, winner int) error

func (t *Teams) both(size int64, teams []TeamEntrant, team, rep int, do outcome) error {
	if team < 0 || team >= len(teams) {
		return fmt.Errorf("rotation: %w: team %d of %d", ErrPlaces, team, len(teams))
	}
	inner := t.Team(teams[team].Team)
	if inner == nil {
		return fmt.Errorf("rotation: %w: team %d was never opened here\nMaybe call Open first", ErrAccount, teams[team].Team)
	}
	entrants := make([]Entrant, len(teams))
	for i, e := range teams {
		entrants[i] = Entrant{e.Team, e.Weight}
	}
	saved := inner.Clone()
	if err := do(inner, size, teams[team].Reps, rep); err != nil {
		return fmt.Errorf("team %q: %w", t.top.ID(teams[team].Team), err)
	}
	if err := do(t.top, size, entrants, team); err != nil {
		*inner = *saved
		return err
	}
	return nil
}

// entrants checks every team's reps, so that after the choice of a team nothing
// can fail.
func (t *Teams) entrants(teams []TeamEntrant, size int64) ([]Entrant, error) {
	entrants := make([]Entrant, len(teams))
	for i, e := range teams {
		inner := t.Team(e.Team)
		if inner == nil {
			return nil, fmt.Errorf("rotation: entrant %d: %w: team %d was never opened here\nMaybe call Open first", i, ErrAccount, e.Team)
		}
		entrants[i] = Entrant{e.Team, e.Weight}
		if e.Weight == 0 {
			continue
		}
		if e.Rank != nil && len(e.Rank) != len(e.Reps) {
			return nil, fmt.Errorf("rotation: team %q: %w: %d ranks for %d reps", t.top.ID(e.Team), ErrPlaces, len(e.Rank), len(e.Reps))
		}
		turn := turn{entrants: e.Reps, size: size}
		if err := inner.admit(&turn); err != nil {
			return nil, fmt.Errorf("team %q: %w\nMaybe leave out a team in which nobody can take the customer", t.top.ID(e.Team), err)
		}
	}
	return entrants, nil
}

// Credit is what a rep is entitled to of everything that went through, minus what
// he got, in size units: his credit inside the team plus weight/total (total > 0),
// his share inside the team, of the team's credit. It is exact while that share is
// fixed, and 0 for a team that Open did not return.
func (t *Teams) Credit(team, rep Account, weight, total int64) *big.Rat {
	inner := t.Team(team)
	if inner == nil {
		return new(big.Rat)
	}
	return withPart(inner.Credit(rep), t.top.Credit(team), weight, total)
}

// Bound is how far a rep's [Teams.Credit] can get: the total of his team's bound
// plus weight/total (total > 0), his fixed share inside the team, of the total of
// the bound among teams; 0 for a team that Open did not return.
func (t *Teams) Bound(sel Selection, team Account, weight, total int64) *big.Rat {
	inner := t.Team(team)
	if inner == nil {
		return new(big.Rat)
	}
	return withPart(inner.Bound(sel).Total, t.top.Bound(sel).Total, weight, total)
}

// withPart is inner + outer·weight/total.
func withPart(inner, outer Credit, weight, total int64) *big.Rat {
	part := new(big.Rat).Mul(outer.Rat(), big.NewRat(weight, total))
	return part.Add(part, inner.Rat())
}
