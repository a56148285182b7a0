package policy

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/evenhand/evenhand/allocation"
)

// Load reads the policy document at a path and what it refers to: lists,
// tables and holidays, by paths relative to the document's folder. A path that
// leads out of the folder, by a leading /, by .. or through a symbolic link, is
// refused: a document may come from somebody who should not read every file of
// the machine. With WithCustomer and WithRep, rules read the fields of Go
// structs.
//
// What is wrong with the document is a rule.Errors, all of it at once, each
// with file, line, column, the source line and a caret; a document that
// cannot be read is the error of package os.
func Load(path string, opts ...Option) (*allocation.Policy, error) {
	c, err := load(path, opts)
	if err != nil {
		return nil, err
	}
	return c.out, nil
}

func load(path string, opts []Option) (*compiler, error) {
	text, err := readDocument(path)
	if err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	root, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	defer root.Close()
	_, c, err := parse(path, text, root.FS(), opts)
	return c, err
}

// readDocument reads no more than it takes to see that a file is too long.
func readDocument(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, MaxDocument+1))
}

// Parse reads a document in YAML (or JSON, which is YAML too) and checks all of
// it: its shape, its expressions, its files and its tests. name is what errors
// call the document. files holds what lists, tables and holidays refer to; it
// may be nil when nothing does.
//
// The error is a rule.Errors with everything that is wrong, by position. A
// text that is no YAML at all has to be mended first.
//
// Limits: MaxDocument bytes, MaxDepth levels, MaxFile bytes a file. Anchors,
// aliases, merge keys, tags and several documents in one file are refused.
// Cost: linear in the document and its files; twice that when Go structs
// declare fields that nothing reads.
func Parse(name string, text []byte, files fs.FS, opts ...Option) (*Document, error) {
	d, _, err := parse(name, text, files, opts)
	return d, err
}

func parse(name string, text []byte, files fs.FS, opts []Option) (*Document, *compiler, error) {
	var o options
	for _, opt := range opts {
		opt(&o)
	}
	// Line ends of other systems are the same line ends.
	source := strings.TrimPrefix(string(text), "\ufeff")
	source = strings.ReplaceAll(strings.ReplaceAll(source, "\r\n", "\n"), "\r", "\n")
	f := &faults{origin: newOrigin(name, source)}
	n := readYAML(source, f)
	if n == nil {
		return nil, nil, f.err()
	}
	r := &reader{f: f}
	d := r.document(n)
	if n.kind != aMap {
		return nil, nil, f.err()
	}
	d.origin, d.Files = f.origin, files
	added, ok := d.declareStructs(o, f)
	if !ok {
		return nil, nil, f.err() // what rules read of the types cannot be judged
	}
	c := d.compiler(f)
	c.compile()
	if len(f.list) == 0 && c.dropUnread(added) {
		c = d.compiler(f)
		c.compile()
	}
	o.advise(f)
	if err := f.err(); err != nil {
		return nil, nil, err
	}
	return d, c, nil
}

// Compile makes a policy of the self-contained text that allocation.Policy
// keeps as Source, with the same hash. It is meant for allocation.Config, so
// that a desk can read earlier policies back from its ledger. Documents that
// people wrote are read by Load and Parse.
func Compile(source []byte) (*allocation.Policy, error) {
	d, f, err := unpack(source)
	if err != nil {
		return nil, err
	}
	c := d.compiler(f)
	c.compile()
	if err := f.err(); err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	return c.out, nil
}
