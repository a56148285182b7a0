package allocation_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every Go block of the guide stands in a Go file of the repository, which the
// tests compile, letter for letter but for the tabs it is indented by. A line
// "…" leaves out lines of the file. What the guide says is printed stands there
// too, as what a test or an Example wants.
func TestGuideIsCompiled(t *testing.T) {
	guide, err := os.ReadFile("GUIDE.md")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat("../examples"); errors.Is(err, fs.ErrNotExist) {
		t.Skip("the examples are a module of their own and not here")
	}
	var files []string
	for _, folder := range []string{".", "../examples"} {
		err := filepath.WalkDir(folder, func(path string, _ fs.DirEntry, err error) error {
			if err == nil && filepath.Ext(path) == ".go" {
				text, readErr := os.ReadFile(path)
				files, err = append(files, string(text)), readErr
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	blocks := regexp.MustCompile("(?ms)^```(\\w*)\n(.*?)^```$").FindAllStringSubmatchIndex(string(guide), -1)
	if len(blocks) < 12 {
		t.Fatalf("the guide has %d blocks; fewer than 12 means that this test reads it wrongly", len(blocks))
	}
	for _, at := range blocks {
		language, text := string(guide[at[2]:at[3]]), string(guide[at[4]:at[5]])
		line := 1 + strings.Count(string(guide[:at[4]]), "\n")
		switch {
		case language == "go":
			for part := range strings.SplitSeq(text, "…\n") {
				if !standsIn(files, part) {
					t.Errorf("GUIDE.md:%d: no Go file holds\n%s", line, part)
				}
			}
		case !strings.HasPrefix(text, "go ") && !standsIn(files, text) && !standsIn(files, indent(text, "// ")):
			t.Errorf("GUIDE.md:%d: no test wants that this is printed:\n%s", line, text)
		}
	}
}

// standsIn reports whether whole lines stand in one of the files, all indented
// by the same number of tabs.
func standsIn(files []string, lines string) bool {
	for range 4 {
		for _, text := range files {
			if strings.Contains("\n"+text, "\n"+lines) {
				return true
			}
		}
		lines = indent(lines, "\t")
	}
	return false
}

func indent(lines, by string) string {
	return regexp.MustCompile(`(?m)^(.)`).ReplaceAllString(lines, by+"$1")
}
