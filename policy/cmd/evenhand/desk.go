package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/sqlitestore"
	"github.com/evenhand/evenhand/policy"
)

// workOn opens a store, or a copy of it when nothing is to be recorded: all else
// is then done in the same way.
func workOn(ctx context.Context, path string, record bool) (allocation.Store, error) {
	switch {
	case record:
		return opened(path)
	case path == "" || !exists(path):
		return allocation.NewMemoryStore(), nil
	}
	return copyOf(ctx, path)
}

func opened(path string) (allocation.Store, error) {
	store, err := sqlitestore.Open(path)
	if err != nil {
		return nil, inStore(err)
	}
	return store, nil
}

// copied is a store that goes away when it is closed.
type copied struct {
	allocation.Store
	folder string
}

func (s copied) Close() error { return errors.Join(s.Store.Close(), os.RemoveAll(s.folder)) }

// copyOf copies a store as it stands, while others go on working on it.
func copyOf(ctx context.Context, path string) (_ allocation.Store, err error) {
	from, err := sqlitestore.Open(path)
	if err != nil {
		return nil, inStore(err)
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	folder, err := os.MkdirTemp("", "evenhand")
	if err != nil {
		return nil, err
	}
	to := filepath.Join(folder, "copy.db")
	if _, err := from.DB().ExecContext(ctx, "VACUUM INTO ?", to); err != nil {
		return nil, errors.Join(fmt.Errorf("store %s cannot be copied: %w", path, err), os.RemoveAll(folder))
	}
	store, err := opened(to)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	return copied{store, folder}, nil
}

// deskIn opens a desk of a store and says how it stands. Reps are nil where the
// ledger's are taken; the zero time is the clock's.
func deskIn(ctx context.Context, store allocation.Store, path, name string, now time.Time, reps *repsFile) (*allocation.Desk, *allocation.Report, error) {
	config := allocation.Config{Desk: name, Store: store, Compile: policy.Compile}
	if !now.IsZero() {
		config.Replay = allocation.ReplayStrict
	}
	desk, err := allocation.Open(ctx, config)
	if err != nil {
		return nil, nil, unusable(err)
	}
	before, err := desk.Report(ctx)
	switch {
	case err != nil:
	case reps == nil && len(before.Reps) == 0:
		err = usage("desk %q of %s has no reps\nMaybe --reps reps.csv, or another --desk", name, path)
	case !now.IsZero() && now.Before(before.At):
		err = usage("--now is %s, and the store has entries up to %s\nMaybe a later time", stamp(now), stamp(before.At.In(now.Location())))
	}
	if err != nil {
		desk.Close()
		return nil, nil, err
	}
	return desk, before, nil
}

// inForce puts a policy in force, and the reps where they are given.
func inForce(ctx context.Context, desk *allocation.Desk, p *document, reps *repsFile, at time.Time) error {
	if err := desk.SetPolicy(ctx, p.compiled, at); err != nil {
		return policyRefused(err)
	}
	if reps == nil {
		return nil
	}
	opening := reps.opening
	opening.At = at
	return reps.refused(desk.SetReps(ctx, reps.reps, opening))
}
