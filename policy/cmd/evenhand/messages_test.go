package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

// TestMessages pins what is said about the slips of testdata/messages: of rows,
// reps, flags, files and stores. A block is "=== name", a command line, the
// files it needs beside those of common.txtar, ">>>", and what is said: the
// exit status, standard error, and what the rejects file says of each row.
// <TAB>, <BOM>, <NUL> and <LATIN1> stand for what an editor would not show.
func TestMessages(t *testing.T) {
	common, err := txtar.ParseFile(filepath.Join("testdata", "messages", "common.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	paths, err := filepath.Glob(filepath.Join("testdata", "messages", "*.txt"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no messages: %v", err)
	}
	home, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join(home, path))
			if err != nil {
				t.Fatal(err)
			}
			var now strings.Builder
			for block := range strings.SplitSeq(strings.TrimPrefix("\n"+string(text), "\n=== "), "\n=== ") {
				given, pinned, _ := strings.Cut(block, "\n>>>")
				said := tryBlock(t, common, given)
				now.WriteString("=== " + given + "\n>>>\n" + said)
				if diff := cmp.Diff(strings.TrimSpace(pinned), strings.TrimSpace(said)); diff != "" && !*update {
					t.Errorf("%s: the message changed (-pinned +now):\n%s", given, diff)
				}
			}
			if *update {
				if err := os.WriteFile(filepath.Join(home, path), []byte(now.String()), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

var unseen = strings.NewReplacer("<TAB>", "\t", "<BOM>", "\ufeff", "<NUL>", "\x00", "<LATIN1>", "\xfc")

// tryBlock runs one block's command in a folder of its own.
func tryBlock(t *testing.T, common *txtar.Archive, given string) string {
	t.Helper()
	t.Chdir(t.TempDir())
	_, given, _ = strings.Cut(given, "\n") // the name
	block := txtar.Parse([]byte(given + "\n"))
	for _, files := range [][]txtar.File{common.Files, block.Files} {
		for _, f := range files {
			if err := os.MkdirAll(filepath.Dir(f.Name), 0o700); err != nil {
				t.Fatal(err)
			}
			writeText(t, f.Name, unseen.Replace(strings.TrimSuffix(string(f.Data), "<END>\n")))
		}
	}
	var out, errs bytes.Buffer
	status := 0
	for line := range strings.SplitSeq(strings.TrimSpace(string(block.Comment)), "\n") {
		out.Reset()
		errs.Reset()
		status = evenhand(words(line), console{strings.NewReader(""), &out, &errs})
	}
	said := errs.String()
	if status == exitRejected {
		_, said, _ = strings.Cut(said, "evenhand: ")
		said += reasons(t)
	}
	return fmt.Sprintf("exit status %d\n%s", status, strings.ReplaceAll(said, "\x00", "<NUL>"))
}

// words takes a command line apart; quotes keep blanks.
func words(line string) []string {
	var out []string
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			out = append(out, unseen.Replace(part))
			continue
		}
		out = append(out, strings.Fields(part)...)
	}
	return out
}

// reasons are the lines of the rejects file.
func reasons(t *testing.T) string {
	t.Helper()
	paths, err := filepath.Glob("*.rejects.csv")
	if err != nil || len(paths) != 1 {
		t.Fatalf("rejects files %v, %v", paths, err)
	}
	text, err := os.ReadFile(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	in := csv.NewReader(bytes.NewReader(text))
	in.FieldsPerRecord = -1
	rows, err := in.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, row := range rows[1:] {
		fmt.Fprintf(&b, "line %s: %s\n", row[0], row[1])
	}
	return b.String()
}
