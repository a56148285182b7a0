package rotation

import "fmt"

// Rule is a selection rule: how the next *turn is chosen once every entrant's
// share is on the ledger. See the package documentation for what each promises.
type Rule uint8

const (
	// Deadline gives the turn to the rep whose claim falls due first: the default.
	Deadline Rule = iota
	// Largest gives the turn to the rep who is owed most.
	Largest
	// Window leaves the turn to the caller's preference while nobody is owed too much.
	Window
)

var ruleNames = [...]string{Deadline: "deadline", Largest: "largest", Window: "window"}

// String is the rule's name in lower case.
func (r Rule) String() string {
	if int(r) < len(ruleNames) {
		return ruleNames[r]
	}
	return fmt.Sprintf("rule(%d)", uint8(r))
}

// Selection is a rule with its parameters. The zero Selection is Deadline.
type Selection struct {
	// Rule decides who has the turn. Defaults to Deadline.
	Rule Rule
	// Tau, for Window only, is how much anybody may be owed while preference
	// still decides, in thousandths of one size unit, 0..10^15. It is absolute:
	// it does not grow with the customer's size. Defaults to 0.
	Tau int64
	// Sigma, for Window only, is how far below zero the credit of a preferred
	// rep may be, in thousandths of one size unit, 0..10^15. Defaults to 0:
	// preference chooses among reps who are not ahead of their share.
	Sigma int64
}

// MaxMilli is the largest amount, in thousandths of a size unit, that a
// selection, a grant or an opening balance may name.
const MaxMilli = 1_000_000_000_000_000

func (s Selection) check() error {
	switch {
	case int(s.Rule) >= len(ruleNames):
		return fmt.Errorf("rotation: %w: %s is not a rule\nMaybe use Deadline, Largest or Window", ErrSelection, s.Rule)
	case s.Rule != Window && (s.Tau != 0 || s.Sigma != 0):
		return fmt.Errorf("rotation: %w: %s takes no tau and no sigma (%d, %d)\nMaybe set Rule to Window", ErrSelection, s.Rule, s.Tau, s.Sigma)
	case s.Tau < 0 || s.Sigma < 0 || s.Tau > MaxMilli || s.Sigma > MaxMilli:
		return fmt.Errorf("rotation: %w: tau %d and sigma %d must be within 0..%d thousandths of a size unit", ErrSelection, s.Tau, s.Sigma, int64(MaxMilli))
	}
	return nil
}

// choose returns the entrant whom the rule gives the turn.
func (l *Ledger) choose(sel Selection, t *turn) int {
	switch sel.Rule {
	case Largest:
		return l.largest(t)
	case Window:
		return l.window(sel, t)
	}
	return l.deadline(t)
}
