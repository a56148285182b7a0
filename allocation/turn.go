package allocation

import (
	"fmt"
	"math"
	"math/bits"
	"slices"

	"github.com/evenhand/evenhand/allocation/rotation"
)

// This file is where recorded turns meet the rotation ledgers: taking one,
// undoing one, and the adjustments that move credit without a customer.

// rotationOf returns a rotation of the desk, made on first use.
func (s *state) rotationOf(id string) *turns {
	t := s.rotations[id]
	if t == nil {
		t = s.lent[id].clone()
		s.rotations[id] = t
	}
	return t
}

// clone is a copy to take turns in; of none it is a new rotation.
func (t *turns) clone() *turns {
	if t == nil {
		return &turns{ledger: rotation.New()}
	}
	c := *t
	c.accounts = slices.Clone(t.accounts)
	if t.totals != nil {
		c.totals = t.totals.Clone()
	} else {
		c.ledger = t.ledger.Clone()
	}
	return &c
}

// account returns the account of a row, opened on first use.
func (t *turns) account(s *state, row int) rotation.Account {
	for len(t.accounts) <= row {
		t.accounts = append(t.accounts, noAccount)
	}
	if t.accounts[row] == noAccount {
		id := s.roster.members[row].rep.ID
		if t.totals != nil {
			t.accounts[row] = t.totals.Open(id, t.startLoad(row))
		} else {
			t.accounts[row] = t.ledger.Open(id)
		}
	}
	return t.accounts[row]
}

// startLoad is where a rep begins in a rotation that levels totals: at zero
// with the others if he was there when it began, at their mean if he came
// later, so that nobody new receives everything until he has caught up.
func (t *turns) startLoad(row int) int64 {
	if row < t.began {
		return 0
	}
	return t.totals.Mean(t.opened())
}

// opened returns the accounts that are open.
func (t *turns) opened() []rotation.Account {
	var accounts []rotation.Account
	for _, a := range t.accounts {
		if a != noAccount {
			accounts = append(accounts, a)
		}
	}
	return accounts
}

// levelTotals makes a fresh rotation level totals.
func (t *turns) levelTotals(s *state) {
	if t.totals == nil && len(t.accounts) == 0 {
		t.totals, t.began = rotation.NewTotals(), len(s.roster.members)
	}
}

// accountAt returns the account that a row had when an entry was made: one that
// was closed since, or the present one.
func (t *turns) accountAt(s *state, row int, seq uint64) rotation.Account {
	for _, c := range t.closed {
		if c.Row == row && c.At > seq {
			return c.Account
		}
	}
	return t.account(s, row)
}

// takeTurn applies a recorded pick.
func (s *state) takeTurn(recorded *turn, winner int) error {
	if recorded.Select == selectTotals {
		s.rotationOf(recorded.Rotation).levelTotals(s)
	}
	t, entrants, at, err := s.entrants(recorded, winner, s.head.Version+1)
	if err != nil {
		return err
	}
	t.scale = recorded.Scale
	if t.totals != nil {
		return t.totals.Apply(recorded.Size, entrants[at].Account)
	}
	return t.ledger.Apply(recorded.Size, entrants, at)
}

// undoTurn reverses a recorded pick of an earlier entry exactly.
func (s *state) undoTurn(recorded *turn, winner int, taken uint64) error {
	t, entrants, at, err := s.entrants(recorded, winner, taken)
	if err != nil {
		return err
	}
	if err := s.noteMissed(recorded, winner, taken, -1); err != nil {
		return err
	}
	if t.totals != nil {
		return t.totals.Void(recorded.Size, entrants[at].Account)
	}
	return t.ledger.Void(recorded.Size, entrants, at)
}

// entrants turns a turn recorded by an entry back into what the rotation was
// asked, and the place of the winner in it.
func (s *state) entrants(recorded *turn, winner int, seq uint64) (*turns, []rotation.Entrant, int, error) {
	rows, err := recorded.Among.within(len(s.roster.members))
	if err != nil {
		return nil, nil, 0, err
	}
	t := s.rotationOf(recorded.Rotation)
	weights, err := s.weightsOf(recorded, rows)
	if err != nil {
		return nil, nil, 0, err
	}
	at := -1
	entrants := make([]rotation.Entrant, len(rows))
	for i, row := range rows {
		entrants[i] = rotation.Entrant{Account: t.accountAt(s, row, seq), Weight: weights[i]}
		if row == winner {
			at = i
		}
	}
	if at < 0 {
		return nil, nil, 0, fmt.Errorf("rep %q is not among those the turn names", s.roster.members[winner].rep.ID)
	}
	return t, entrants, at, nil
}

// weightsOf returns the weights of a recorded turn, one per row.
func (s *state) weightsOf(recorded *turn, rows []int) ([]int64, error) {
	switch {
	case len(recorded.Weights) > 0:
		if len(recorded.Weights) != len(rows) {
			return nil, fmt.Errorf("%d reps have %d weights", len(rows), len(recorded.Weights))
		}
		return recorded.Weights, nil
	case recorded.Table != 0:
		table := s.tables[recorded.TableRule]
		if table == nil || table.version != recorded.Table {
			return nil, fmt.Errorf("it refers to weights of entry %d, which are not in force", recorded.Table)
		}
		weights := make([]int64, len(rows))
		for i, row := range rows {
			weights[i] = table.get(row)
		}
		return weights, nil
	}
	weights := make([]int64, len(rows))
	for i := range weights {
		weights[i] = recorded.Each
	}
	return weights, nil
}

// noteMissed adds up what time off keeps from reps who were eligible: the
// share each would have had, had he alone come back for this customer.
// A void takes it back, sign then is −1.
func (s *state) noteMissed(recorded *turn, winner int, seq uint64, sign int64) error {
	if recorded.Away == "" {
		return nil
	}
	rows, err := decodeRows(recorded.Away, len(s.roster.members))
	if err != nil {
		return err
	}
	_, entrants, _, err := s.entrants(recorded, winner, seq)
	if err != nil {
		return err
	}
	if len(entrants) == 0 {
		return nil
	}
	var total uint64
	for _, e := range entrants {
		total += uint64(e.Weight)
	}
	t := s.rotations[recorded.Rotation]
	for i, row := range rows {
		weight := recorded.Each
		switch {
		case recorded.Table != 0:
			weight = s.tables[recorded.TableRule].get(row)
		case i < len(recorded.AwayWeights):
			weight = recorded.AwayWeights[i]
		}
		if weight <= 0 {
			weight = int64(total / uint64(len(entrants)))
		}
		for len(t.missed) <= row {
			t.missed = append(t.missed, 0)
		}
		t.missed[row] += sign * missedShare(recorded.Size, uint64(weight), total)
		t.missed[row] = min(max(t.missed[row], 0), rotation.MaxMilli)
	}
	return nil
}

// missedShare is a weight's share of a size, had it been added to a total, in
// thousandths of a size unit. Size is at most 10^12 and weights 10^12: the
// product fits 128 bits, and the quotient is at most 1000 times the size.
func missedShare(size int64, weight, total uint64) int64 {
	if weight == 0 || size < 1 || size > rotation.MaxSize {
		return 0
	}
	hi, lo := bits.Mul64(uint64(size)*1000, weight)
	share, _ := bits.Div64(hi, lo, total+weight)
	return int64(share)
}

// openCredits sets opening balances.
func (s *state) openCredits(credits []creditSet) error {
	by := map[string][]rotation.Opening{}
	var order []string
	for _, c := range credits {
		row, known := s.roster.row(c.Rep)
		if !known {
			return fmt.Errorf("opening credit of rep %q, who is not in the roster", c.Rep)
		}
		if _, seen := by[c.Rotation]; !seen {
			order = append(order, c.Rotation)
		}
		by[c.Rotation] = append(by[c.Rotation], rotation.Opening{
			Account: s.rotationOf(c.Rotation).account(s, row), Balance: c.Amount,
		})
	}
	for _, id := range order {
		if err := s.rotations[id].ledger.SetOpening(by[id]); err != nil {
			return fmt.Errorf("opening credit of %s: %w", id, err)
		}
	}
	return nil
}

func (s *state) foldGranted(e *event) error {
	t, account, others, err := s.adjustment(e)
	if err != nil {
		return err
	}
	if row, _ := s.roster.row(e.Rep); e.Reason == reasonTimeOff && row < len(t.missed) {
		t.missed[row] = 0
	}
	if e.Amount == 0 || t.totals != nil {
		return nil
	}
	return t.ledger.Grant(account, e.Amount, others)
}

func (s *state) foldCalibrated(e *event) error {
	t, account, others, err := s.adjustment(e)
	if err != nil {
		return err
	}
	if t.totals != nil {
		accounts := make([]rotation.Account, len(others))
		for i, o := range others {
			accounts[i] = o.Account
		}
		t.totals.Calibrate(account, accounts)
		return nil
	}
	return t.ledger.Calibrate(account, others)
}

func (s *state) foldAccountClosed(e *event) error {
	t, account, others, err := s.adjustment(e)
	if err != nil {
		return err
	}
	if t.totals != nil {
		return fmt.Errorf("a rotation that levels totals has no credit to settle")
	}
	if err := t.ledger.Close(account, others); err != nil {
		return err
	}
	row, _ := s.roster.row(e.Rep)
	t.closed = append(t.closed, closedAccount{Row: row, Account: account, At: e.Seq})
	t.accounts[row] = noAccount
	return nil
}

// adjustment reads the rotation, the account and the other entrants of an
// event that moves credit.
func (s *state) adjustment(e *event) (*turns, rotation.Account, []rotation.Entrant, error) {
	row, known := s.roster.row(e.Rep)
	if !known {
		return nil, 0, nil, fmt.Errorf("rep %q is not in the roster", e.Rep)
	}
	t := s.rotationOf(e.Rotation)
	rows, err := decodeRows(e.Among, len(s.roster.members))
	if err != nil {
		return nil, 0, nil, err
	}
	if len(e.Shares) > 0 && len(e.Shares) != len(rows) {
		return nil, 0, nil, fmt.Errorf("%d reps have %d weights", len(rows), len(e.Shares))
	}
	others := make([]rotation.Entrant, len(rows))
	for i, r := range rows {
		others[i] = rotation.Entrant{Account: t.account(s, r), Weight: 1}
		if len(e.Shares) > 0 {
			others[i].Weight = e.Shares[i]
		}
	}
	return t, t.account(s, row), others, nil
}

// microWeight turns a weight into the integer that the ledger keeps: 10^6
// times the value, rounded half to even, 0 to 10^12. Of any other value it is
// badWeight.
func microWeight(value float64) int64 {
	scaled := math.RoundToEven(float64(value * 1e6))
	switch {
	case scaled >= 0 && scaled <= rotation.MaxWeight:
		return int64(scaled)
	}
	return badWeight
}
