package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// output is a file that appears under its name when it is complete: whoever
// reads it never sees half of it, and a failed run leaves the old one.
type output struct {
	io.Writer
	file *os.File // nil for standard output
	path string
	part string // the name while it is written; path itself for pipes and devices
	done bool
}

// createOutput begins a file; "-" is the standard output given. It fails where
// the file could not be written, before anything is decided.
func createOutput(path string, stdout io.Writer) (*output, error) {
	if path == "-" {
		return &output{Writer: stdout, done: true}, nil
	}
	part := path + ".part"
	if info, err := os.Stat(path); err == nil {
		switch {
		case info.IsDir():
			return nil, usage("%s is a folder\nMaybe %s", path, filepath.Join(path, "decisions.csv"))
		case !info.Mode().IsRegular():
			part = path
		}
	}
	f, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
	if err != nil {
		return nil, fmt.Errorf("cannot write %s: %s", path, plainly(err))
	}
	return &output{Writer: f, file: f, path: path, part: part}, nil
}

// commit makes the file complete.
func (o *output) commit() error {
	if o.done {
		return nil
	}
	o.done = true
	if err := o.file.Close(); err != nil {
		return fmt.Errorf("writing %s: %w", o.path, err)
	}
	if o.part == o.path {
		return nil
	}
	return os.Rename(o.part, o.path)
}

// discard removes what is not complete.
func (o *output) discard() {
	if o.done {
		return
	}
	o.done = true
	o.file.Close()
	if o.part != o.path {
		os.Remove(o.part)
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// samePath reports whether two names are one file.
func samePath(a, b string) bool {
	if x, errA := os.Stat(a); errA == nil {
		if y, errB := os.Stat(b); errB == nil {
			return os.SameFile(x, y)
		}
	}
	x, errA := filepath.Abs(a)
	y, errB := filepath.Abs(b)
	return errA == nil && errB == nil && x == y
}
