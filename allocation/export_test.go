package allocation

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
