package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/policy"
	"github.com/evenhand/evenhand/policy/rule"
)

// document is a policy file, compiled.
type document struct {
	*policy.Document
	compiled *allocation.Policy
}

// ruleName is the name of a rule: people know it by that, the ledger by its ID.
func (p *document) ruleName(id string) string {
	for i := range p.compiled.Rules {
		if r := &p.compiled.Rules[i]; r.ID == id {
			return r.Name
		}
	}
	return id
}

// loadDocument reads and compiles a policy file. Mistakes in it are usage
// errors, all at once.
func loadDocument(path string) (*document, error) {
	var out *document
	err := openDocument(path, func(doc *policy.Document) error {
		compiled, err := doc.Compile()
		out = &document{doc, compiled}
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// openDocument reads a policy file and lets use work with it; only until use
// returns can the document's lists and tables be read. What is wrong with the
// document, and what use says, are usage errors.
func openDocument(path string, use func(*policy.Document) error) error {
	if strings.TrimSpace(path) == "" {
		return usage("the policy file has no name\nMaybe policy.yaml")
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return usage("policy %s: it is a folder\nMaybe %s", path, filepath.Join(path, "policy.yaml"))
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return usage("policy %s: there is no such file%s", path, similarFile(path))
	}
	if err != nil {
		return fmt.Errorf("policy %s: %s", path, plainly(err))
	}
	// A root keeps the document's lists and tables inside its folder.
	root, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("policy: %w", err)
	}
	defer root.Close()
	doc, err := policy.Parse(path, text, root.FS())
	if err == nil {
		err = use(doc)
	}
	if err != nil {
		return usageError{err}
	}
	return nil
}

// mistake is one error in a policy as JSON.
type mistake struct {
	File    string `json:"file,omitempty"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	Message string `json:"message"`
	Maybe   string `json:"maybe,omitempty"`
}

// mistakes takes an error of a policy apart.
func mistakes(err error) []mistake {
	var all rule.Errors
	var one *rule.Error
	if errors.As(err, &all) {
		out := make([]mistake, len(all))
		for i, e := range all {
			out[i] = mistake{e.File, e.Line, e.Column, e.Message, e.Maybe}
		}
		return out
	}
	if errors.As(err, &one) {
		return []mistake{{one.File, one.Line, one.Column, one.Message, one.Maybe}}
	}
	return []mistake{{Message: err.Error()}}
}

// indented writes JSON for people who look at it.
func indented(v any) ([]byte, error) {
	text, err := json.MarshalIndent(v, "", "  ")
	return append(text, '\n'), err
}
