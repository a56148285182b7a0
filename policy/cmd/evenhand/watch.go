package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/evenhand/evenhand/policy"
)

// watch runs the tests now, and again at each tick by which one of their files
// has changed, until the context ends.
func (k *testCommand) watch(ctx context.Context, c console, ticks <-chan time.Time) error {
	known := map[string][]string{} // by policy: what it referred to when it could last be read
	for {
		files := k.files(known)
		before := statesOf(files)
		report(c, k.once(c))
		c.note("looking for changes of %s; Ctrl-C ends it", list(files))
		changed := -1
		for changed < 0 {
			select {
			case <-ctx.Done():
				return nil
			case <-ticks:
			}
			now := statesOf(files)
			changed = slices.IndexFunc(files, func(path string) bool { return now[path] != before[path] })
		}
		c.note("%s has changed", files[changed])
	}
}

// files are the policies and the lists, tables and holidays they refer to.
func (k *testCommand) files(known map[string][]string) []string {
	var out []string
	for _, path := range k.Policies {
		// A policy that cannot be read is reported by the run that follows.
		_ = openDocument(path, func(doc *policy.Document) error {
			known[path] = filesOf(path, doc)
			return nil
		})
		out = append(append(out, path), known[path]...)
	}
	return out
}

func filesOf(path string, doc *policy.Document) []string {
	var names []string
	if doc.Holidays != nil {
		names = append(names, doc.Holidays.File)
	}
	for _, l := range doc.Lists {
		names = append(names, l.File)
	}
	for _, t := range doc.Tables {
		names = append(names, t.File)
	}
	slices.Sort(names)
	var out []string
	for _, name := range slices.Compact(names) {
		if name != "" {
			out = append(out, filepath.Join(filepath.Dir(path), filepath.FromSlash(name)))
		}
	}
	return out
}

// fileState is what tells one content of a file from another without reading
// it. Its zero value is a file that is not there.
type fileState struct {
	modified time.Time
	size     int64
}

func statesOf(paths []string) map[string]fileState {
	out := map[string]fileState{}
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil {
			out[path] = fileState{info.ModTime(), info.Size()}
		}
	}
	return out
}
