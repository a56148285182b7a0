// Command quickstart shows Evenhand at work in a minute: two days of leads at
// Brightside, a small company that sells coffee machines to offices.
//
//	go run ./examples/quickstart
//
// It reads a policy (policy.yaml), opens a desk on a SQLite file in a temporary
// folder, sets the reps (reps.go), takes 40 leads (leads.csv) through the desk
// at their own times, and prints who got what, why, and how even it was.
package main

import (
	"context"
	"io"
	"log"
	"os"
	"path/filepath"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/sqlitestore"
	"github.com/evenhand/evenhand/policy"
)

func main() {
	folder, err := os.MkdirTemp("", "evenhand-quickstart")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)
	if err := quickstart(context.Background(), os.Stdout, filepath.Join(folder, "desk.db")); err != nil {
		log.Print(err)
	}
}

func quickstart(ctx context.Context, out io.Writer, file string) error {
	// A policy says who may get what, in rules that people can read.
	text, err := files.ReadFile("policy.yaml")
	if err != nil {
		return err
	}
	doc, err := policy.Parse("policy.yaml", text, files)
	if err != nil {
		return err
	}
	p, err := doc.Compile()
	if err != nil {
		return err
	}

	// A desk decides by it, one lead after the other, and keeps every decision
	// in a store. A live desk has a clock; this one replays the leads' times.
	store, err := sqlitestore.Open(file)
	if err != nil {
		return err
	}
	defer store.Close()
	desk, err := allocation.Open(ctx, allocation.Config{
		Policy: p, Compile: policy.Compile, Store: store, Replay: allocation.ReplayStrict,
	})
	if err != nil {
		return err
	}
	defer desk.Close()

	all, err := leads()
	if err != nil {
		return err
	}
	if err := desk.SetReps(ctx, roster(), allocation.Opening{At: all[0].At}); err != nil {
		return err
	}
	decisions := make([]allocation.Decision, len(all))
	for i, lead := range all {
		if decisions[i], err = desk.Assign(ctx, lead); err != nil {
			return err
		}
	}
	printDecisions(out, all, decisions)

	// Any decision can be explained afterwards, also to who did not get it.
	e, err := desk.Explain(ctx, "L-14")
	if err != nil {
		return err
	}
	printExplanation(out, e, "ana")

	// And the desk says how even it was, with the bound that is proved for it.
	report, err := desk.Report(ctx)
	if err != nil {
		return err
	}
	printFairness(out, report)
	return nil
}
