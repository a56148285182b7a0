//lint:file-ignore SA4006 the README leaves out what to do about errors

package main

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/sqlitestore"
	"github.com/evenhand/evenhand/policy"
)

// embedded is the README's block of Go, letter for letter.
func embedded(ctx context.Context) (*allocation.Decision, *allocation.Explanation, error) {
	p, err := policy.Load("inbound.yaml")
	store, err := sqlitestore.Open("evenhand.db")
	desk, err := allocation.Open(ctx, allocation.Config{Policy: p, Compile: policy.Compile, Store: store})

	err = desk.SetReps(ctx, []allocation.Rep{
		{ID: "ana", Teams: []string{"inside"}, Capacity: new(int64(40))},
		{ID: "bo", Teams: []string{"inside"}, Capacity: new(int64(25))},
	})
	d, err := desk.Assign(ctx, allocation.Customer{ID: "L-1", Source: "webform"}) // d.Rep, d.Rule, d.Reason
	x, err := desk.Explain(ctx, "L-1")                                            // x.String(), x.RepString("bo")
	err = desk.Release(ctx, "L-1", allocation.Won)                                // the place is free again

	desk.Close()
	store.Close()
	return &d, x, err
}

// TestReadme embeds the README's policy as the README does.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile("../../../README.md")
	if err != nil {
		t.Skipf("the README is not here: %v", err)
	}
	t.Chdir(t.TempDir())
	for _, m := range fence.FindAllStringSubmatch(string(text), -1) {
		if m[1] == "yaml inbound.yaml" {
			writeText(t, "inbound.yaml", m[2])
		}
	}
	d, x, err := embedded(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if d.Rep == "" || d.Rule != "rest" || !strings.Contains(x.RepString("bo"), "bo") {
		t.Errorf("the README's lead goes to somebody inside, but: %+v\n%s", d, x)
	}
}
