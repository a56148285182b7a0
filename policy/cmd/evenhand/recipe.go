package main

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/evenhand/evenhand/policy/rule"
)

//go:embed recipes
var recipeFiles embed.FS

// recipes are the folders of recipes, with what each is about. A new recipe is
// a folder and a line here.
var recipes = []struct{ name, about string }{
	{"smb", "leads of small businesses in turn, with time off and daily caps"},
	{"named", "named accounts; the others by territory and skill, weighted by attainment, with a ramp"},
	{"partner", "leads of partners to whoever has the fewest open, with caps for teams"},
	{"service", "requests to the same rep as before, else by skill, language and room"},
	{"mixed", "one desk for leads, opportunities and requests, with opening balances"},
}

func recipeNames() []string {
	var names []string
	for _, r := range recipes {
		names = append(names, r.name)
	}
	return names
}

// recipeList has a line for each recipe.
func recipeList() string {
	var b strings.Builder
	for _, r := range recipes {
		fmt.Fprintf(&b, "  %-8s %s\n", r.name, r.about)
	}
	return b.String()
}

// recipe returns the files of a recipe: the policy first.
func recipe(name, folder string) ([]newFile, error) {
	from := path.Join("recipes", name)
	entries, err := fs.ReadDir(recipeFiles, from)
	if err != nil {
		return nil, err
	}
	var files []newFile
	for _, e := range entries {
		text, err := recipeFiles.ReadFile(path.Join(from, e.Name()))
		if err != nil {
			return nil, err
		}
		f := newFile{filepath.Join(folder, e.Name()), string(text)}
		if e.Name() == "policy.yaml" {
			files = append([]newFile{f}, files...)
			continue
		}
		files = append(files, f)
	}
	return files, nil
}

func (n *initCommand) writeRecipe(c console) error {
	about := ""
	for _, r := range recipes {
		if r.name == n.Recipe {
			about = r.about
		}
	}
	if about == "" {
		near, ok := rule.Nearest(n.Recipe, recipeNames())
		if !ok {
			near = recipes[0].name
		}
		return usage("--recipe: there is no recipe %q; there are %s\nMaybe --recipe %s", n.Recipe, list(recipeNames()), near)
	}
	folder := n.Out
	if folder == "" {
		folder = n.Recipe
	}
	if info, err := os.Stat(folder); folder == "-" || err == nil && !info.IsDir() {
		return usage("--out %s is no folder, and a recipe is several files\nMaybe --out %s", folder, n.Recipe)
	}
	files, err := recipe(n.Recipe, folder)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return fmt.Errorf("cannot make the folder %s: %s", folder, plainly(err))
	}
	if err := writeNew(files, n.Force, c); err != nil {
		return err
	}
	fmt.Fprintf(c.out, "%s: %s\n\n", n.Recipe, about)
	for _, f := range files {
		fmt.Fprintf(c.out, "wrote %s\n", f.path)
	}
	fmt.Fprintf(c.out, "\nIn the folder %s:\n\n%s", folder, indent(commandsIn(files[0].text)))
	return nil
}

// commandsIn are the command lines that stand in the comments of a policy.
func commandsIn(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		if command, ok := strings.CutPrefix(strings.TrimSpace(line), "#   evenhand "); ok {
			out = append(out, "evenhand "+command)
		}
	}
	return out
}
