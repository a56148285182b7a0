package storetest

import (
	"math/big"
	"math/bits"
	"slices"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/rotation"
)

// This file keeps credits as the documentation of package rotation tells: each
// share rounded half up on its own, the winner charged what was handed out. It
// shares nothing with package rotation but the unit.

// modelRotation is one rotation with pencil and paper.
type modelRotation struct {
	id      string
	totals  bool
	began   int // reps known when it began; for totals
	scale   int
	at      [deskReps]*modelAccount // nil: none open
	missed  [deskReps]int64         // thousandths of a size unit
	reached int64                   // largest |credit| so far
}

type modelAccount struct {
	rep       int
	credit    int64 // units of 1/rotation.Unit; or the load, for totals
	got       int64
	customers int64
	closed    bool
}

// modelTurn is what a customer did to a rotation: all that a void takes back.
type modelTurn struct {
	rotation *modelRotation
	size     int64
	entrants []*modelAccount
	weights  []int64
	shares   []int64
	winner   int // index into entrants
	missed   [deskReps]int64
}

// share is amount·weight/total rounded half up.
func share(amount, weight, total int64) int64 {
	hi, lo := bits.Mul64(2*uint64(amount), uint64(weight))
	lo, carry := bits.Add64(lo, uint64(total), 0)
	q, _ := bits.Div64(hi+carry, lo, 2*uint64(total))
	return int64(q)
}

// milli is thousandths of a size unit in units, rounded half away from zero.
func milli(thousandths int64) int64 {
	n := new(big.Int).Mul(big.NewInt(thousandths), big.NewInt(2*rotation.Unit))
	n.Add(n, big.NewInt(int64(sign(thousandths))*1000))
	return n.Quo(n, big.NewInt(2000)).Int64()
}

func sign(n int64) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}

// byRow orders reps as the desk got to know them: in that order they open their
// accounts.
func (m *deskModel) byRow(reps []int) []int {
	return slices.SortedFunc(slices.Values(reps), func(a, b int) int { return m.reps[a].row - m.reps[b].row })
}

// account returns a rep's account, opened if he has none.
func (r *modelRotation) account(m *deskModel, rep int) *modelAccount {
	if r.at[rep] == nil {
		a := &modelAccount{rep: rep}
		if r.totals && m.reps[rep].row >= r.began {
			a.credit = r.mean()
		}
		r.at[rep] = a
	}
	return r.at[rep]
}

func (r *modelRotation) opened() []*modelAccount {
	var accounts []*modelAccount
	for _, a := range r.at {
		if a != nil {
			accounts = append(accounts, a)
		}
	}
	return accounts
}

// mean is the mean load of everybody, rounded down.
func (r *modelRotation) mean() int64 { return meanLoad(r.opened()) }

func meanLoad(accounts []*modelAccount) int64 {
	var sum int64
	for _, a := range accounts {
		sum += a.credit
	}
	if len(accounts) == 0 {
		return 0
	}
	return sum / int64(len(accounts))
}

// choose says which candidate has the turn, without taking it. credits and n
// are as they will be once the candidates have their accounts.
func (r *modelRotation) choose(sel rotation.Selection, size int64, candidates []int, weights []int64, ranks []int, m *deskModel) int {
	credits := make([]int64, len(candidates))
	preview := *r
	for _, rep := range m.byRow(candidates) {
		i := slices.Index(candidates, rep)
		credits[i] = preview.account(m, rep).credit
	}
	n := len(preview.opened())
	if r.totals {
		return leastLoad(credits, weights, ranks)
	}
	var total int64
	for _, w := range weights {
		total += w
	}
	var debit int64
	shares := make([]int64, len(candidates))
	for i, w := range weights {
		shares[i] = share(size*rotation.Unit, w, total)
		debit += shares[i]
		credits[i] += shares[i]
	}
	switch sel.Rule {
	case rotation.Largest:
		return mostOwed(credits, ranks)
	case rotation.Window:
		return withinWindow(credits, ranks, sel)
	}
	return earliest(credits, shares, ranks, debit, int64(max(2, 2*n-2)))
}

// leastLoad compares load ÷ weight; ties go by preference, larger weight, ID.
func leastLoad(loads, weights []int64, ranks []int) int {
	best := 0
	for i := 1; i < len(loads); i++ {
		a, b := loads[i]*weights[best], loads[best]*weights[i]
		if a < b || a == b && (ranks[i] < ranks[best] || ranks[i] == ranks[best] && weights[i] > weights[best]) {
			best = i
		}
	}
	return best
}

// mostOwed is rule Largest. Candidates are in the order of IDs, so the first
// of equals wins.
func mostOwed(credits []int64, ranks []int) int {
	best := 0
	for i := 1; i < len(credits); i++ {
		if credits[i] > credits[best] || credits[i] == credits[best] && ranks[i] < ranks[best] {
			best = i
		}
	}
	return best
}

// withinWindow is rule Window: whoever is preferred among those at or above
// -sigma, while nobody is owed more than tau.
func withinWindow(credits []int64, ranks []int, sel rotation.Selection) int {
	if slices.Max(credits) > sel.Tau*rotation.Unit/1000 {
		return mostOwed(credits, ranks)
	}
	best := -1
	for i, c := range credits {
		if c < -sel.Sigma*rotation.Unit/1000 {
			continue
		}
		if best < 0 || ranks[i] < ranks[best] || ranks[i] == ranks[best] && c > credits[best] {
			best = i
		}
	}
	if best < 0 {
		return mostOwed(credits, ranks)
	}
	return best
}

// earliest is rule Deadline: the least (debit·(1-1/k) - credit) ÷ share among
// those owed at least debit/k, unless somebody is a whole debit behind.
func earliest(credits, shares []int64, ranks []int, debit, k int64) int {
	if slices.Max(credits) >= debit {
		return mostOwed(credits, ranks)
	}
	best := -1
	var bestSlack, bestShare *big.Int
	for i, c := range credits {
		if shares[i] == 0 || c*k < debit {
			continue
		}
		slack, share := big.NewInt(debit*(k-1)-c*k), big.NewInt(shares[i])
		if best >= 0 {
			order := new(big.Int).Mul(slack, bestShare).Cmp(new(big.Int).Mul(bestSlack, share))
			if order > 0 || order == 0 && ranks[i] >= ranks[best] {
				continue
			}
		}
		best, bestSlack, bestShare = i, slack, share
	}
	if best < 0 {
		return mostOwed(credits, ranks)
	}
	return best
}

// take gives a customer by a turn.
func (t *modelTurn) take() {
	r := t.rotation
	winner := t.entrants[t.winner]
	winner.customers++
	for rep, n := range t.missed {
		r.missed[rep] += n
	}
	if r.totals {
		winner.credit += t.size
		return
	}
	var total int64
	for _, w := range t.weights {
		total += w
	}
	for i, a := range t.entrants {
		s := share(t.size*rotation.Unit, t.weights[i], total)
		t.shares = append(t.shares, s)
		a.credit += s
		winner.credit -= s
	}
	winner.got += t.size
	r.reach()
}

// reach notes the largest credit.
func (r *modelRotation) reach() {
	for _, a := range r.opened() {
		r.reached = max(r.reached, a.credit, -a.credit)
	}
}

// undo takes a turn back exactly. What it would do to accounts closed since is
// settled over the others.
func (t *modelTurn) undo() {
	r := t.rotation
	winner := t.entrants[t.winner]
	winner.customers--
	for rep, n := range t.missed {
		r.missed[rep] = max(0, r.missed[rep]-n)
	}
	if r.totals {
		winner.credit = max(0, winner.credit-t.size)
		return
	}
	winner.got -= t.size
	moves := make([]int64, len(t.entrants))
	for i, s := range t.shares {
		moves[i] -= s
		moves[t.winner] += s
	}
	var settle int64
	var heirs []*modelAccount
	var weights []int64
	for i, a := range t.entrants {
		if a.closed {
			settle += moves[i]
			continue
		}
		heirs, weights = append(heirs, a), append(weights, t.weights[i])
	}
	if settle != 0 && len(heirs) == 0 {
		return
	}
	for i, a := range t.entrants {
		if !a.closed {
			a.credit += moves[i]
		}
	}
	if settle != 0 {
		for i, part := range parts(settle, heirs, weights) {
			heirs[i].credit += part
		}
	}
	r.reach()
}

// parts divides an amount so that the parts sum to it: each rounded on its own,
// what is left over one unit each to the first, or from the last.
func parts(amount int64, heirs []*modelAccount, weights []int64) []int64 {
	var total int64
	for _, w := range weights {
		total += w
	}
	size := max(amount, -amount)
	out, left := make([]int64, len(heirs)), amount
	for i, w := range weights {
		out[i] = share(size, w, total) * int64(sign(amount))
		left -= out[i]
	}
	for k := 0; left != 0; k++ {
		i := k % len(out)
		if left < 0 {
			i = len(out) - 1 - i
		}
		out[i] += int64(sign(left))
		left -= int64(sign(left))
	}
	return out
}

// transfer moves an amount to an account from others, evenly.
func (r *modelRotation) transfer(to *modelAccount, amount int64, others []*modelAccount) {
	part := share(max(amount, -amount), 1, int64(len(others))) * int64(sign(amount))
	for _, a := range others {
		a.credit -= part
		to.credit += part
	}
	r.reach()
}

// calibrate sets an account to the mean of the others and itself.
func (r *modelRotation) calibrate(a *modelAccount, others []*modelAccount) {
	if r.totals {
		a.credit = meanLoad(others)
		return
	}
	sum := a.credit
	for _, o := range others {
		sum += o.credit
	}
	n := int64(len(others) + 1)
	mean := (2*max(sum, -sum) + n) / (2 * n) * int64(sign(sum))
	r.transfer(a, mean-a.credit, others)
}

// close settles an account.
func (r *modelRotation) close(a *modelAccount, others []*modelAccount) {
	ones := make([]int64, len(others))
	for i := range ones {
		ones[i] = 1
	}
	if a.credit != 0 {
		for i, part := range parts(a.credit, others, ones) {
			others[i].credit += part
		}
	}
	a.credit, a.closed = 0, true
	r.at[a.rep] = nil
	r.reach()
}

// open sets opening balances: what they do not sum to zero by is taken from
// all of them evenly.
func (r *modelRotation) open(m *deskModel, credits []allocation.OpeningCredit) {
	var named []*modelAccount
	var ones, target []int64
	var excess int64
	for _, c := range credits {
		a := r.account(m, repNumber(c.Rep))
		named, ones, target = append(named, a), append(ones, 1), append(target, milli(int64(c.Amount*1000)*pow10(r.scaleOf(m))))
		excess += target[len(target)-1] - a.credit
	}
	for i, part := range parts(-excess, named, ones) {
		named[i].credit = target[i] + part
	}
	r.reach()
}

// scaleOf is the number of decimals that amounts given by hand have in a
// rotation.
func (r *modelRotation) scaleOf(m *deskModel) int {
	for i := range m.plan.Rules {
		rule := &m.plan.Rules[i]
		if rule.Pick == "rotate" && rotationName(m.plan, rule) == r.id {
			return rule.SizeScale
		}
	}
	return r.scale
}

func pow10(n int) int64 {
	p := int64(1)
	for range n {
		p *= 10
	}
	return p
}

// rotationName is the rotation that a rule takes part in.
func rotationName(p *deskPlan, r *allocation.Rule) string {
	name := "rule:" + r.ID
	if p.Scope == allocation.ScopeDesk {
		name = "desk"
	}
	if p.Share == allocation.ShareTotals {
		name = "totals:" + name
	}
	if r.HasSize {
		if p.Share == allocation.ShareTotals {
			return "sized " + name
		}
		return "sized:" + name
	}
	return name
}
