package allocation

import "context"

// Compact drops entries up to a version, or less: up to the newest snapshot at
// or below it that keeps the entries of every open and waiting customer, which
// the desk still needs. It returns the version it compacted to; 0 when there
// was nothing it could drop.
//
// What was decided in the dropped entries can no longer be explained, and the
// chain no longer be verified from its beginning. A request that is repeated
// for a customer of theirs is still not decided anew: it gets ErrCompacted.
func (d *Desk) Compact(ctx context.Context, upTo uint64) (uint64, error) {
	needed := upTo
	err := d.submit(ctx, func(g *group) error {
		for _, c := range g.s.customers {
			needed = min(needed, c.decision-1)
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	snapshot, err := d.cfg.Store.Snapshot(ctx, d.cfg.Desk, needed)
	if err != nil || snapshot.Version == 0 {
		return 0, err
	}
	return snapshot.Version, d.cfg.Store.Compact(ctx, d.cfg.Desk, snapshot.Version)
}
