package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/sqlitestore"
	"github.com/evenhand/evenhand/policy"
)

// explainCommand explains a decision from a store alone: policy, reps and
// customer as they were are in its ledger.
type explainCommand struct {
	Customer string `arg:"" help:"ID of the customer."`
	Store    string `required:"" placeholder:"FILE" help:"SQLite file that holds the decision."`
	Rep      string `placeholder:"ID" help:"Only why it did, or did not, go to this rep."`
	Kind     string `placeholder:"KIND" help:"The customer's kind. Default: the policy's word, such as lead."`
	Desk     string `default:"default" placeholder:"NAME" help:"Desk within the store. Default: ${default}."`
	Index    bool   `help:"Also show for each rule what is looked up in an index, and what is left to the interpreter and takes longer."`
	Format   string `enum:"text,json" default:"text" placeholder:"text|json" help:"Default: ${default}."`

	sources map[string][]byte // of the policies that were read from the ledger, by hash
}

// Help is what follows the flags' summary.
func (explainCommand) Help() string {
	return `Examples:

  evenhand explain L-1042 --store desk.db
  evenhand explain L-1042 --store desk.db --rep ana
  evenhand explain 77 --kind account --store desk.db --format json

Each rule is named in order with why it did or did not match, and in the rule that placed the customer each rep with the stage he reached: not eligible and by which condition, away, at a cap, or in the running with his credit and rank. The decision is made again from the ledger to get the reasons; if it came out differently, only what was recorded is shown, and the exit status is 1.`
}

// Run prints the explanation on standard output.
func (x *explainCommand) Run(ctx context.Context, c console) error {
	if strings.TrimSpace(x.Customer) == "" {
		return usage("the customer's ID is blank\nMaybe see evenhand explain --help")
	}
	if !exists(x.Store) {
		return usage("store %s: there is no such file\nMaybe the file that --store named in evenhand run", x.Store)
	}
	store, err := sqlitestore.Open(x.Store)
	if err != nil {
		return inStore(err)
	}
	e, err := x.explain(ctx, store)
	err = errors.Join(err, store.Close())
	if e != nil {
		if failure := x.print(c, e); failure != nil {
			return failure
		}
	}
	return err
}

func (x *explainCommand) explain(ctx context.Context, store *sqlitestore.Store) (*allocation.Explanation, error) {
	desk, err := allocation.Open(ctx, allocation.Config{Desk: x.Desk, Store: store, Compile: x.compile})
	if err != nil {
		return nil, unusable(err)
	}
	defer desk.Close()
	about, err := desk.Report(ctx)
	if err != nil {
		return nil, err
	}
	if about.Version == 0 {
		return nil, x.noDesk(ctx, store)
	}
	var opts []allocation.Option
	if x.Kind != "" {
		opts = append(opts, allocation.Kind(x.Kind))
	}
	if x.Rep != "" {
		opts = append(opts, allocation.AboutRep(x.Rep))
	}
	e, err := desk.Explain(ctx, x.Customer, opts...)
	if errors.Is(err, allocation.ErrUnknownCustomer) {
		return nil, x.unknown(ctx, store)
	}
	if err == nil && x.Rep != "" && !knows(about, x.Rep) {
		ids := repIDs(about)
		return nil, usage("there is no rep %q on desk %q, which has %s%s", x.Rep, x.Desk, list(ids), maybe(x.Rep, ids))
	}
	return e, err
}

// compile is policy.Compile that remembers the text.
func (x *explainCommand) compile(source []byte) (*allocation.Policy, error) {
	p, err := policy.Compile(source)
	if err == nil {
		if x.sources == nil {
			x.sources = map[string][]byte{}
		}
		x.sources[p.Hash] = source
	}
	return p, err
}

// noDesk says that the store has no such desk, and which it has.
func (x *explainCommand) noDesk(ctx context.Context, store *sqlitestore.Store) error {
	rows, err := store.DB().QueryContext(ctx, "SELECT DISTINCT desk FROM links ORDER BY desk LIMIT 100")
	if err != nil {
		return fmt.Errorf("which desks are in %s: %w", x.Store, err)
	}
	defer rows.Close()
	var desks []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return fmt.Errorf("which desks are in %s: %w", x.Store, err)
		}
		desks = append(desks, name)
	}
	switch err := rows.Err(); {
	case err != nil:
		return fmt.Errorf("which desks are in %s: %w", x.Store, err)
	case len(desks) == 0:
		return usage("store %s is empty\nMaybe the file that --store named in evenhand run", x.Store)
	case len(desks) == 1:
		return usage("store %s holds no desk %q\nMaybe --desk %s", x.Store, x.Desk, desks[0])
	}
	return usage("store %s holds no desk %q; it holds %s%s", x.Store, x.Desk, list(desks), maybe(x.Desk, desks))
}

func knows(about *allocation.Report, rep string) bool {
	for i := range about.Reps {
		if about.Reps[i].Rep == rep {
			return true
		}
	}
	return false
}

func repIDs(about *allocation.Report) []string {
	var ids []string
	for i := range about.Reps {
		ids = append(ids, about.Reps[i].Rep)
	}
	return ids
}

// unknown says that there is no such customer, and looks through the ledger
// for one that was probably meant: of another kind, or spelt otherwise.
func (x *explainCommand) unknown(ctx context.Context, store allocation.Store) error {
	err := usage("desk %q has never seen the customer %q", x.Desk, x.Customer)
	if x.Kind != "" {
		err = usage("desk %q has never seen the %s %q", x.Desk, x.Kind, x.Customer)
	}
	for e, failure := range store.Entries(ctx, x.Desk, 0, 0) {
		switch {
		case failure != nil:
			return err // the answer stands without the hint
		case e.Customer == x.Customer:
			return usage("%w\nMaybe --kind %s", err, e.Kind)
		case strings.EqualFold(e.Customer, strings.TrimSpace(x.Customer)):
			return usage("%w\nMaybe %s", err, e.Customer)
		}
	}
	return err
}

func (x *explainCommand) print(c console, e *allocation.Explanation) error {
	var text []byte
	var err error
	switch {
	case x.Format == "json" && x.Rep != "":
		text, err = indented(e.About(x.Rep))
	case x.Format == "json":
		text, err = e.JSON()
		text = append(text, '\n')
	case x.Rep != "":
		text = []byte(e.RepString(x.Rep))
	default:
		text = []byte(e.String())
	}
	if err != nil {
		return err
	}
	if x.Index && x.Format == "text" {
		text = append(text, x.indexing(e.Hash)...)
	}
	if _, err := c.out.Write(text); err != nil {
		return fmt.Errorf("standard output: %w", err)
	}
	return nil
}

// indexing says how the rules of the policy that decided are answered; nothing
// when its text is not there.
func (x *explainCommand) indexing(hash string) string {
	source, known := x.sources[hash]
	if !known {
		return ""
	}
	rules, err := policy.Indexing(source)
	if err != nil {
		return "" // it was compiled a moment ago
	}
	var b strings.Builder
	for _, r := range rules {
		b.WriteString(r.String())
	}
	return b.String()
}
