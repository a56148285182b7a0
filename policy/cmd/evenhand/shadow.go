package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/policy"
)

// shadowCommand has a second policy decide along with a desk, and compares.
type shadowCommand struct {
	Policy  string `arg:"" help:"Policy file that decides along."`
	Store   string `required:"" aliases:"ledger" placeholder:"FILE" help:"SQLite file that holds the desk's ledger. The shadow keeps its own beside it."`
	Desk    string `default:"default" placeholder:"NAME" help:"Desk within the store. Default: ${default}."`
	Name    string `placeholder:"NAME" help:"Name of the shadow. Default: the beginning of the policy's version."`
	Since   string `placeholder:"TIME" help:"Decide along from this time on, with what the desk had then. Default: from its beginning. A shadow that is there already goes on where it stood."`
	Explain int    `default:"20" placeholder:"N" help:"Give the reasons of both for so many of the differences. Default: ${default}."`
	Format  string `enum:"text,json" default:"text" placeholder:"text|json" help:"Format of the comparison; json has all differences. Default: ${default}."`
}

// Help is what follows the flags' summary.
func (shadowCommand) Help() string {
	return `Examples:

  evenhand shadow new.yaml --store desk.db
  evenhand shadow new.yaml --store desk.db --since 2026-03-01 --format json

Every customer whom the desk was given is given to the shadow as well, at the same recorded time, with the reps, the closings, voids, transfers and assignments by hand of that time. Where the shadow gave a customer to another rep, his closing frees the place there, and a transfer moves him only from the rep from whom it took him. The desk itself is only read, and nothing changes for it. What the shadow decides is kept in the store as a desk of its own, which evenhand explain can ask about; run again, it goes on where it stood. What is erased at the desk is erased there when it is run the next time.

Then both are compared: how many customers they decided alike, what each rep got and has open, how fair both were with the proved bound, and where they differ and why. The ledger has the fields that the desk's own policies read, and no others: what else the new policy reads is named in a note, and is no value to it.`
}

// Run follows the desk and prints the comparison on standard output.
func (s *shadowCommand) Run(ctx context.Context, c console) error {
	p, err := loadDocument(s.Policy)
	if err != nil {
		return err
	}
	if !exists(s.Store) {
		return usage("store %s: there is no such file%s", s.Store, similarFile(s.Store))
	}
	store, err := opened(s.Store)
	if err != nil {
		return err
	}
	out, err := s.compare(ctx, store, p, c)
	if err = errors.Join(err, store.Close()); err != nil {
		return err
	}
	if s.Format == "json" {
		text, err := indented(out)
		if err != nil {
			return err
		}
		_, err = c.out.Write(text)
		return err
	}
	s.print(c.out, out)
	return nil
}

func (s *shadowCommand) compare(ctx context.Context, store allocation.Store, p *document, c console) (*allocation.Comparison, error) {
	head, after, err := s.look(ctx, store, p)
	if err != nil {
		return nil, err
	}
	if head == 0 {
		return nil, usage("store %s holds no desk %q\nMaybe another --desk", s.Store, s.Desk)
	}
	name := cmp.Or(s.Name, p.compiled.Hash[:min(12, len(p.compiled.Hash))])
	shadow, err := allocation.OpenShadow(ctx, allocation.ShadowConfig{
		Live: s.Desk, Name: name, Policy: p.compiled, Compile: policy.Compile, Store: store, After: after,
	})
	if err != nil {
		return nil, s.refused(err)
	}
	defer shadow.Close()
	out, err := shadow.Compare(ctx, s.Explain)
	if err != nil {
		return nil, s.refused(err)
	}
	return out, s.noteFields(ctx, store, p, c)
}

// look finds the end of the desk's ledger, and the last entry before --since.
func (s *shadowCommand) look(ctx context.Context, store allocation.Store, p *document) (head, after uint64, err error) {
	var since time.Time
	if s.Since != "" {
		if since, err = parseMoment(s.Since, p.compiled.Zone); err != nil {
			return 0, 0, usage("--since: %w", err)
		}
	}
	for link, err := range store.Links(ctx, s.Desk) {
		if err != nil {
			return 0, 0, err
		}
		head = link.Version
	}
	// Entries are by time: halve until the first one at or after it is found.
	for low, high := uint64(0), head; !since.IsZero() && low < high; after = low {
		middle := (low + high + 1) / 2
		at, err := timeOf(ctx, store, s.Desk, middle)
		switch {
		case err != nil && !errors.Is(err, allocation.ErrCompacted):
			return 0, 0, err
		case err != nil || at.Before(since): // what was compacted away is the oldest
			low = middle
		default:
			high = middle - 1
		}
	}
	return head, after, nil
}

func timeOf(ctx context.Context, store allocation.Store, desk string, version uint64) (time.Time, error) {
	for e, err := range store.Entries(ctx, desk, version-1, version) {
		return e.At, err
	}
	return time.Time{}, fmt.Errorf("ledger entry %d is missing", version)
}

// refused says what is wrong with what was asked for.
func (s *shadowCommand) refused(err error) error {
	switch {
	case errors.Is(err, allocation.ErrCompacted):
		return usage("the beginning of the ledger of desk %q was compacted away\nMaybe --since with a later time", s.Desk)
	case errors.Is(err, allocation.ErrInput):
		return policyRefused(err)
	}
	return err
}

// noteFields names the fields that the policy reads and of which no customer in
// the ledger has a value.
func (s *shadowCommand) noteFields(ctx context.Context, store allocation.Store, p *document, c console) error {
	missing, err := p.fieldsRead(customerFields(p.Document))
	if err != nil {
		return err
	}
	for e, err := range store.Entries(ctx, s.Desk, 0, 0) {
		if len(missing) == 0 || errors.Is(err, allocation.ErrCompacted) {
			break
		}
		if err != nil {
			return err
		}
		var fields map[string]any
		if len(e.Fields) > 0 && json.Unmarshal(e.Fields, &fields) == nil {
			missing = slices.DeleteFunc(missing, func(name string) bool { return fields[name] != nil })
		}
	}
	if len(missing) > 0 {
		c.note("no customer in the ledger has a value for %s, which the policy reads: the desk's own policies do not, or it was never given\nMaybe run it on a file of customers instead, with evenhand run", list(missing))
	}
	return nil
}

func (s *shadowCommand) print(w io.Writer, c *allocation.Comparison) {
	fmt.Fprintf(w, "Policy %s as a shadow of desk %s, which decides by %s: ledger entries %s to %s.\n",
		visible(c.ShadowPolicy), visible(c.Live), visible(c.LivePolicy), count(c.Began), count(c.UpTo))
	fmt.Fprintf(w, "%s decided by both: %s alike", plural(c.Customers, "customer"), count(c.Alike))
	if c.OtherRule > 0 {
		fmt.Fprintf(w, " (%s by another rule)", count(c.OtherRule))
	}
	fmt.Fprintf(w, ", %s differently. Beside these %s by hand or outside, %s not decided by the shadow.\n\n",
		count(len(c.Differences)), count(c.ByHand), count(c.Undecided))
	printCompared(w, c)
	s.printDifferences(w, c)
}

func printCompared(w io.Writer, c *allocation.Comparison) {
	g := grid{head: []string{"rep", ">live", ">share", ">shadow", ">share", ">difference", ">open live", ">open shadow"}}
	for _, r := range c.Reps {
		g.row(visible(r.Rep), count(r.Live), percent(r.LiveShare), count(r.Shadow), percent(r.ShadowShare), fmt.Sprintf("%+d", r.Shadow-r.Live), count(r.LiveOpen), count(r.ShadowOpen))
	}
	g.print(w)
	fmt.Fprintln(w)
	fair := grid{head: []string{"rotation", "of", ">largest deviation", ">proved bound"}}
	for _, side := range []struct {
		of  string
		all []allocation.RotationReport
	}{{"live", c.Rotations.Live}, {"shadow", c.Rotations.Shadow}} {
		for _, r := range side.all {
			bound := "none"
			if r.Bounded {
				bound = figure(r.Bound)
			}
			fair.row(visible(r.ID), side.of, figure(r.Reached), bound)
		}
	}
	if len(fair.cells) > 0 {
		fair.print(w)
		fmt.Fprintln(w)
	}
}

func percent(share float64) string { return fmt.Sprintf("%.1f%%", 100*share) }

func (s *shadowCommand) printDifferences(w io.Writer, c *allocation.Comparison) {
	shown := min(len(c.Differences), max(0, s.Explain))
	if shown == 0 {
		return
	}
	fmt.Fprintf(w, "Where they differ, %s of %s:\n", count(shown), count(len(c.Differences)))
	for i := range shown {
		d := &c.Differences[i]
		fmt.Fprintf(w, "\n%s %s: live %s, shadow %s\n", visible(d.Live.Kind), visible(d.Live.Customer), visible(placed(&d.Live)), visible(placed(&d.Shadow)))
		for _, why := range []struct{ of, text string }{{"live", d.WhyLive}, {"shadow", d.WhyShadow}} {
			if why.text != "" {
				fmt.Fprintf(w, "  %s: %s\n", why.of, visible(why.text))
			}
		}
	}
	fmt.Fprintf(w, "\nFor all of a decision: evenhand explain %s --store %s --desk %q\n", visible(c.Differences[0].Live.Customer), s.Store, c.Shadow)
}

// placed is a decision in two words.
func placed(d *allocation.Decision) string {
	if d.Status == allocation.StatusAssigned {
		return d.Rep
	}
	return string(d.Status)
}
