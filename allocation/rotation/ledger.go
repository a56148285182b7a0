package rotation

// Limits of one ledger. Within them no sum and no product overflows: sizes and
// weights are below 2^40 and Unit too, so a customer's debit is below 2^81, the
// total weight of a pick below 2^60 (see splitter), and a credit within ±2^100
// moves by less than 2^81 before the limit is looked at again. The largest
// product in use, of rule Deadline, is below 2^102·2^81 and is taken in 256
// bits; those of [Ledger.Bound] stay below 2^126 (see envelope).
const (
	MaxSize     = 1_000_000_000_000 // size of one customer
	MaxWeight   = 1_000_000_000_000 // weight of one entrant
	MaxAccounts = 1 << 20           // accounts ever opened in one ledger

	maxOutcomes = 1 << 40
)

var (
	maxDebit  = Credit{hi: 1 << 17}
	maxCredit = Credit{hi: 1 << 36}
	maxMoved  = Credit{hi: 1 << 56}
)

// Account is a rep's place in one [Ledger]: a dense index in order of opening,
// from 0, never used again after [Ledger.Close].
type Account int32

// Entrant is one rep who could take a customer: eligible, available, under cap.
type Entrant struct {
	Account Account
	// Weight is what he is entitled to in proportion to the other entrants,
	// 0..MaxWeight. With weight 0 he has no share, cannot be chosen, and his
	// credit stays as it is.
	Weight int64
}

// account is what a ledger knows of one rep apart from credit and place, which
// the hot path reads and which have slices of their own.
type account struct {
	id        string
	got       Credit // Σ size·Unit of the customers he got
	adjusted  Credit // net effect of everything that is not a customer
	customers int64
	open      bool
}

// Ledger keeps one rotation: for each rep the credit, entitled minus got, with
// what is needed to report on it. Credits always sum to zero.
//
// A Ledger is not safe for concurrent use. It holds no clock, no randomness and
// no policy: the same calls give the same state on every machine.
type Ledger struct {
	credits  []Credit
	place    []int32 // position of each open account in order, -1 when closed
	accounts []account
	index    map[string]Account // open accounts only
	open     int

	order   []Account // open accounts by ID
	pending []Account // opened since order was last brought up to date

	history history
	first   []int64 // weights of the first outcome, while history.steady

	narrow []uint64 // scratch: the shares of the turn in hand, see split
	wide   []Credit // the same when they need more than 64 bits
	due    []int32  // scratch: the entrants who take part in the race of deadlines
	seen   []uint32 // scratch: the epoch in which an account was last named
	epoch  uint32
}

// New returns an empty ledger.
func New() *Ledger { return &Ledger{index: map[string]Account{}, history: newHistory()} }

// Open returns the account of a rep and opens it at credit 0 if he has none, so
// calling it again changes nothing and a returning rep resumes where he was. After
// [Ledger.Close] the ID opens anew, at 0 and with a new account.
//
// Bounds depend on how many accounts are open: open one at first eligibility,
// not for everybody who might come. A ledger that has opened [MaxAccounts]
// returns -1, an account that every other method refuses.
//
// Cost: O(1), and the next pick brings the order of IDs up to date in
// O(accounts + opened·log opened).
func (l *Ledger) Open(id string) Account {
	if a, ok := l.index[id]; ok {
		return a
	}
	if len(l.accounts) >= MaxAccounts {
		return -1
	}
	a := Account(len(l.accounts))
	l.accounts = append(l.accounts, account{id: id, open: true})
	l.credits = append(l.credits, Credit{})
	l.place = append(l.place, -1)
	l.seen = append(l.seen, 0)
	l.pending = append(l.pending, a)
	l.index[id] = a
	l.open++
	l.history.opened()
	return a
}

// Lookup returns the open account of a rep.
func (l *Ledger) Lookup(id string) (Account, bool) {
	a, ok := l.index[id]
	return a, ok
}

// ID is the ID under which an account was opened, also after it was closed, and
// "" for an account that this ledger never opened.
func (l *Ledger) ID(a Account) string {
	if !l.known(a) {
		return ""
	}
	return l.accounts[a].id
}

// Len is the number of open accounts: the n of every bound.
func (l *Ledger) Len() int { return l.open }

// Credit is what the account is entitled to minus what it got, and 0 for an
// account that is closed or was never opened.
func (l *Ledger) Credit(a Account) Credit {
	if !l.known(a) {
		return Credit{}
	}
	return l.credits[a]
}

// Got is what the account was given: the sum of the customers' sizes, and how
// many customers. Voided customers do not count.
func (l *Ledger) Got(a Account) (size Credit, customers int64) {
	if !l.known(a) {
		return Credit{}, 0
	}
	return l.accounts[a].got, l.accounts[a].customers
}

// Ideal is what the account was entitled to of the customers that went through
// the ledger, in size units: the sum of its shares. Without adjustments
// ideal = got + credit; grants, calibrations, opening balances and settlements
// move the credit and not the ideal. It is exact but for the rounding of shares,
// less than half a unit times the number of entrants for each customer.
func (l *Ledger) Ideal(a Account) Credit {
	if !l.known(a) {
		return Credit{}
	}
	acc := &l.accounts[a]
	return l.credits[a].add(acc.got).sub(acc.adjusted)
}

func (l *Ledger) known(a Account) bool { return a >= 0 && int(a) < len(l.accounts) }
