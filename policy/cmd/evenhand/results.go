package main

import (
	"fmt"
	"io"
	"path/filepath"
)

// results are the flags that say where what comes of it is written.
type results struct {
	Out     string `default:"-" placeholder:"FILE" help:"What becomes of each customer, one line each; - is standard output. Default: ${default}."`
	Rejects string `placeholder:"FILE" help:"Rows that could not be used, with line and reason. Default: NAME.rejects.csv beside the output; written only if there are any."`
	Summary string `enum:"text,json,none" default:"text" placeholder:"text|json|none" help:"Summary, on standard output when --out is a file, else on standard error. Default: ${default}."`
}

// flagged is a file that a flag names.
type flagged struct{ flag, path string }

// check refuses outputs that would overwrite an input or one another, or have
// no folder.
func (o *results) check(customers string, inputs []string, more ...flagged) error {
	outputs := append([]flagged{{"--out", o.Out}, {"--rejects", rejectsPath(o.Rejects, o.Out, customers)}}, more...)
	for i, out := range outputs {
		if out.path == "-" || out.path == "" {
			continue
		}
		for _, in := range append(inputs, customers) {
			if in != "" && in != "-" && samePath(out.path, in) {
				return usage("%s would overwrite %s, which is an input\nMaybe another name", out.flag, in)
			}
		}
		for _, other := range outputs[:i] {
			if other.path != "-" && samePath(other.path, out.path) {
				return usage("%s and %s are the same file, %s\nMaybe leave out %s", other.flag, out.flag, out.path, out.flag)
			}
		}
		if folder := filepath.Dir(out.path); !exists(folder) {
			return usage("%s %s: there is no folder %s\nMaybe make it first, or choose another", out.flag, out.path, folder)
		}
	}
	return nil
}

// summarized is a summary, for people and as JSON.
type summarized interface{ print(w io.Writer) }

// finish writes the rejected rows and the summary, and says by the exit status
// whether there were any.
func (o *results) finish(c console, customers string, columns []string, rejected []rejection, s summarized) error {
	path := rejectsPath(o.Rejects, o.Out, customers)
	if err := writeRejectsTo(c, path, columns, rejected); err != nil {
		return err
	}
	w := c.out
	if o.Out == "-" {
		w = c.err
	}
	switch o.Summary {
	case "json":
		if err := printJSON(w, s); err != nil {
			return err
		}
	case "text":
		s.print(w)
	}
	if len(rejected) > 0 {
		fmt.Fprintf(c.err, "evenhand: %s rejected; see %s\n", wasWere(len(rejected)), path)
		return status(exitRejected)
	}
	return nil
}

func wasWere(n int) string {
	if n == 1 {
		return "1 row was"
	}
	return count(n) + " rows were"
}

func writeRejectsTo(c console, path string, columns []string, rejected []rejection) error {
	if len(rejected) == 0 {
		if exists(path) {
			c.note("%s is from an earlier run: this one rejected nothing", path)
		}
		return nil
	}
	f, err := createOutput(path, nil)
	if err != nil {
		return err
	}
	defer f.discard()
	if err := writeRejects(f, columns, rejected); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return f.commit()
}
