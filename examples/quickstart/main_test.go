package main

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write what is printed into testdata/output.txt")

// A newcomer reads what quickstart prints, so all of it is pinned.
func TestQuickstart(t *testing.T) {
	var out bytes.Buffer
	if err := quickstart(context.Background(), &out, filepath.Join(t.TempDir(), "desk.db")); err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "output.txt")
	if *update {
		if err := os.WriteFile(golden, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if out.String() != string(want) {
		t.Errorf("quickstart prints\n%s\nwant, if it was not changed on purpose (-update),\n%s", out.String(), want)
	}
	if n := strings.Count(out.String(), "\n"); n > 60 {
		t.Errorf("quickstart prints %d lines; a minute's reading is 60 at most", n)
	}
}
