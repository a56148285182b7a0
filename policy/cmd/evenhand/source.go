package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/evenhand/evenhand/policy/cmd/evenhand/internal/tabular"
	"github.com/evenhand/evenhand/policy/rule"
)

// source is a file of customers or reps.
type source struct {
	what      string // "customers", "reps", "opening" or "owners"
	path      string // "-" is standard input
	format    string // csv, json, jsonl, or auto: by the extension
	delimiter string // of CSV
}

// name is what messages call the file.
func (s source) name() string {
	if s.path == "-" {
		return "standard input"
	}
	return filepath.Base(s.path)
}

// read reads the whole file.
func (s source) read(stdin io.Reader) (*tabular.Table, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	format, err := s.kind()
	if err != nil {
		return nil, err
	}
	delimiter, err := s.separator()
	if err != nil {
		return nil, err
	}
	r := stdin
	if s.path != "-" {
		f, err := os.Open(s.path)
		if err != nil {
			return nil, s.unopened(err)
		}
		defer f.Close()
		r = f
	}
	var t *tabular.Table
	if format == "csv" {
		t, err = tabular.ReadCSV(r, delimiter)
	} else {
		t, err = tabular.ReadJSON(r)
	}
	if err != nil {
		return nil, usage("%s %s: %w", s.what, s.name(), err)
	}
	return t, nil
}

// check says that there is no such file before anything about its name.
func (s source) check() error {
	if s.path == "-" {
		return nil
	}
	if strings.TrimSpace(s.path) == "" {
		return usage("--%s names no file\nMaybe --%s %s.csv", s.what, s.what, s.what)
	}
	info, err := os.Stat(s.path)
	if err != nil {
		return s.unopened(err)
	}
	if info.IsDir() {
		return usage("%s %s: it is a folder\nMaybe %s", s.what, s.path, filepath.Join(s.path, s.what+".csv"))
	}
	return nil
}

// kind is the file's format: that given, or that of its extension.
func (s source) kind() (string, error) {
	if s.format != "auto" {
		return strings.TrimSuffix(s.format, "l"), nil
	}
	switch strings.ToLower(filepath.Ext(s.path)) {
	case ".csv", ".tsv", ".txt":
		return "csv", nil
	case ".json", ".jsonl", ".ndjson":
		return "json", nil
	case ".xls", ".xlsx", ".ods":
		return "", usage("%s %s is a spreadsheet's own format, which is not read\nMaybe save it as \"CSV UTF-8\"", s.what, s.name())
	}
	if s.path == "-" {
		return "csv", nil
	}
	return "", usage("%s %s: its name does not say what is in it (.csv, .json, .jsonl)\nMaybe %s", s.what, s.name(), s.formatAdvice())
}

// formatAdvice says how the format of a file is given when its name does not.
func (s source) formatAdvice() string {
	switch s.what {
	case "customers":
		return "--input-format csv"
	case "reps":
		return "--reps-format csv"
	}
	return s.name() + ".csv"
}

func (s source) separator() (byte, error) {
	switch d := s.delimiter; {
	case d == "" && strings.EqualFold(filepath.Ext(s.path), ".tsv"), d == "tab", d == `\t`:
		return '\t', nil
	case d == "":
		return ',', nil
	case len(d) == 1 && d != `"` && d[0] >= ' ' && d[0] < 0x7f:
		return d[0], nil
	}
	return 0, usage("--delimiter %q is not one character\nMaybe ';' or tab", s.delimiter)
}

func (s source) unopened(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return usage("%s %s: there is no such file%s", s.what, s.path, similarFile(s.path))
	}
	return fmt.Errorf("%s %s: %s", s.what, s.path, plainly(err))
}

// similarFile is advice on a file that is not there: its folder may not be
// there either, or hold one of nearly that name.
func similarFile(path string) string {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return "\nMaybe the folder " + filepath.Dir(path) + " has another name"
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	near, ok := rule.NearestFile(filepath.Base(path), names)
	if !ok {
		return ""
	}
	return "\nMaybe " + filepath.Join(filepath.Dir(path), near)
}

// plainly says in words why the system does not give or take a file.
func plainly(err error) string {
	var at *fs.PathError
	switch {
	case errors.Is(err, fs.ErrPermission):
		return "this user has no permission for it\nMaybe it is open in another program, or belongs to somebody else"
	case errors.Is(err, fs.ErrNotExist):
		return "there is no such folder"
	case errors.As(err, &at):
		return at.Err.Error()
	}
	return err.Error()
}
