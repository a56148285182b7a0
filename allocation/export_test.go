package allocation

import "context"

// What tests outside the package use of the tests inside it.
var (
	MachinePolicy = machinePolicy
	Monday        = monday
)

// ReplayConfig is a replaying desk on a store that can compile machine policies.
func ReplayConfig(store Store, policies ...*Policy) Config {
	d := &testDesk{store: store, policies: map[string]*Policy{}}
	for _, p := range policies {
		d.policies[p.Name] = p
	}
	return d.config(policies[0])
}

// StateText folds a desk's ledger and returns the state as a snapshot has it.
func StateText(ctx context.Context, store Store, desk string) (string, error) {
	s, err := loadState(ctx, store, desk, 0)
	if err != nil {
		return "", err
	}
	text, err := s.encode()
	return string(text), err
}

// Queued is how many requests wait for their turn.
func Queued(d *Desk) int { return len(d.queue) }
