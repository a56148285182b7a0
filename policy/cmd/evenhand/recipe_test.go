package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/evenhand/evenhand/policy"
)

// Every recipe is listed, passes its check without a warning, and keeps what
// its own tests say. What it does on its data is pinned in
// testdata/script/recipe_*.txtar.
func TestRecipes(t *testing.T) {
	folders, err := recipeFiles.ReadDir("recipes")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range folders {
		names = append(names, f.Name())
	}
	if diff := cmp.Diff(names, recipeNames(), cmpopts.SortSlices(strings.Compare)); diff != "" {
		t.Fatalf("the folders of recipes and those that are listed (-folders +listed):\n%s", diff)
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			command(t, exitOK, "init", "--recipe", name, "--out", ".")
			command(t, exitOK, "check", "policy.yaml", "--reps", "reps.csv", "--strict")
			p, err := loadDocument("policy.yaml")
			if err != nil {
				t.Fatal(err)
			}
			if len(p.Tests) < 5 {
				t.Errorf("%d tests are few", len(p.Tests))
			}
			policy.RunTests(t, "policy.yaml")
		})
	}
}

// The tests that init writes into a starter policy hold.
func TestStarterKeepsItsTests(t *testing.T) {
	for _, header := range []string{"Lead ID,Company,Owner\nL-1,Ahrens,ana\n", "Lead ID,Company\nL-1,Ahrens\n"} {
		t.Chdir(t.TempDir())
		writeText(t, "leads.csv", header)
		command(t, exitOK, "init", "leads.csv")
		policy.RunTests(t, "policy.yaml")
	}
}

// A recipe is text for people: short lines, and no line of another recipe's
// rules copied into a second rule.
func TestRecipesReadWell(t *testing.T) {
	for _, r := range recipes {
		text, err := os.ReadFile(filepath.Join("recipes", r.name, "policy.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		if len(commandsIn(string(text))) != 4 {
			t.Errorf("%s: its comments have the commands %q; check, test, run and explain are expected", r.name, commandsIn(string(text)))
		}
		eligible := map[string]bool{}
		for line := range strings.Lines(string(text)) {
			if len([]rune(line)) > 121 && !strings.HasPrefix(line, "#   evenhand") {
				t.Errorf("%s: a line is long: %s", r.name, line)
			}
			if line = strings.TrimSpace(line); strings.HasPrefix(line, "eligible:") {
				if eligible[line] {
					t.Errorf("%s: two rules have the same %s", r.name, line)
				}
				eligible[line] = true
			}
		}
	}
}
