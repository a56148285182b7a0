package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/sqlitestore"
	"github.com/evenhand/evenhand/policy"
)

//go:embed policy.yaml
var policyText []byte

// Service is the desk and what stands around it.
type Service struct {
	store *sqlitestore.Store
	desk  *allocation.Desk
	crm   *CRM
	clock func() time.Time
	news  chan struct{} // holds one token while there is something to do for Run
}

// schema is the service's own tables. They live in the ledger's file.
const schema = `
CREATE TABLE IF NOT EXISTS sellers (login TEXT PRIMARY KEY, teams TEXT, languages TEXT, full_time REAL, capacity INTEGER);
CREATE TABLE IF NOT EXISTS leads (id TEXT PRIMARY KEY, company TEXT, email TEXT);
CREATE TABLE IF NOT EXISTS outbox (id INTEGER PRIMARY KEY CHECK (id = 1), seen INTEGER NOT NULL);
INSERT OR IGNORE INTO outbox VALUES (1, 0);
INSERT OR IGNORE INTO sellers VALUES
	('ana', 'enterprise', 'en;de', 1, 10), ('bo', 'inside', 'en', 0.5, 25),
	('cy', 'inside;enterprise', 'en;de', 1, 25), ('dee', 'inside', 'en;fr', 1, 25);`

// Open opens the service on a file, and makes the file when there is none.
func Open(ctx context.Context, file string, crm *CRM, clock func() time.Time) (*Service, error) {
	document, err := policy.Parse("policy.yaml", policyText, nil, policy.WithCustomer[Lead](), policy.WithRep[Seller]())
	if err != nil {
		return nil, err
	}
	p, err := document.Compile()
	if err != nil {
		return nil, err
	}
	store, err := sqlitestore.Open(file)
	if err != nil {
		return nil, err
	}
	s := &Service{store: store, crm: crm, clock: clock, news: make(chan struct{}, 1)}
	if _, err := store.DB().ExecContext(ctx, schema); err != nil {
		return nil, errors.Join(err, store.Close())
	}
	s.desk, err = allocation.Open(ctx, allocation.Config{Policy: p, Compile: policy.Compile, Store: store, Clock: clock})
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	if err := s.SyncSellers(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Close ends the desk after the requests in flight, and then the file.
func (s *Service) Close() error { return errors.Join(s.desk.Close(), s.store.Close()) }

// SyncSellers makes the desk's reps what the table says. Call it whenever the
// table changes: what is the same already costs no entry.
func (s *Service) SyncSellers(ctx context.Context) error {
	rows, err := s.store.DB().QueryContext(ctx, "SELECT login, teams, languages, full_time, capacity FROM sellers")
	if err != nil {
		return err
	}
	defer rows.Close()
	var reps []allocation.Rep
	for rows.Next() {
		var seller Seller
		var teams, languages string
		if err := rows.Scan(&seller.Login, &teams, &languages, &seller.FullTime, &seller.Capacity); err != nil {
			return err
		}
		seller.Teams, seller.Languages = strings.Split(teams, ";"), strings.Split(languages, ";")
		rep, err := policy.RepOf(seller)
		if err != nil {
			return fmt.Errorf("seller %s: %w", seller.Login, err)
		}
		reps = append(reps, rep)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return s.desk.SetReps(ctx, reps)
}

// Take decides who gets a lead and keeps it in the service's own table. Sent
// again, also while the first is in flight or after a restart, it gets the
// recorded decision. A crash between the two costs nothing: the webhook had no
// answer, so the CRM sends it again.
func (s *Service) Take(ctx context.Context, lead Lead) (allocation.Decision, error) {
	c, err := policy.CustomerOf(lead)
	if err != nil {
		return allocation.Decision{}, err
	}
	d, err := s.desk.Assign(ctx, c)
	if err != nil {
		return d, err
	}
	s.tell()
	_, err = s.store.DB().ExecContext(ctx, `INSERT INTO leads VALUES (?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET company = excluded.company, email = excluded.email`, lead.ID, lead.Company, lead.Email)
	return d, err
}

// Finish ends the work on a lead: the seller's place is free for who waits.
func (s *Service) Finish(ctx context.Context, id string, outcome allocation.Outcome) error {
	defer s.tell()
	return s.desk.Release(ctx, id, outcome)
}

// tell wakes Run.
func (s *Service) tell() {
	select {
	case s.news <- struct{}{}:
	default:
	}
}
