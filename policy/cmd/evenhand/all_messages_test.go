package main_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// message is one pinned text: what somebody did, and what was said to him.
type message struct{ file, given, said string }

// areas are the places that pin what the product says, and how many messages
// each promises at least. Each is held by the test beside it; here they are
// judged together.
var areas = []struct {
	name  string
	least int
	paths []string
	only  func(m message) bool
}{
	{"policy", 100, []string{"policy/testdata/slips.txt"}, func(m message) bool { return !aboutFiles(m) }},
	{"tables", 20, []string{"policy/testdata/slips.txt"}, aboutFiles},
	{"tests", 15, []string{"policy/testdata/tests.txt"}, nil},
	{"rules", 100, []string{"policy/rule/testdata/slips.txt"}, nil},
	{"rows", 25, []string{"policy/cmd/evenhand/testdata/messages/rows.txt", "policy/cmd/evenhand/testdata/messages/reps.txt"}, nil},
	{"flags", 20, []string{"policy/cmd/evenhand/testdata/messages/flags.txt"}, nil},
	{"files", 10, []string{"policy/cmd/evenhand/testdata/messages/files.txt"}, nil},
	{"resources", 40, []string{"policy/cmd/evenhand/testdata/messages/resources.txt"}, nil},
	{"plan", 40, []string{"policy/cmd/evenhand/testdata/messages/plan.txt"}, nil},
	{"store and desk", 25, []string{"policy/cmd/evenhand/testdata/messages/stores.txt", "allocation/testdata/messages.txt", "allocation/sqlitestore/testdata/messages.txt"}, nil},
}

// aboutFiles tells lists, tables and holidays from the rest of a policy.
func aboutFiles(m message) bool {
	return regexp.MustCompile(`(?m)^(tables|lists|holidays):`).MatchString(m.given)
}

// jargon is what nobody who runs sales should have to read. Whatever stands in
// quotes was theirs.
var jargon = regexp.MustCompile(`(?i)\b(int64|float64|strconv|nil|null pointer|EOF|unmarshal|yaml node|goccy|SQLITE_[A-Z]+|database/sql|panic|goroutine|context (canceled|deadline exceeded)|invalid character|unexpected (token|end)|parse error|syntax error|RFC ?\d+|IANA|stat |open [./]\S+:|no such file or directory|permission denied|user_version|application_id|PRAGMA|%!|map\[|0x[0-9a-f]{4,}|[0-9a-f]{32,}|evenhand: evenhand:|evenhand: sqlitestore:|bad input: .*bad input:)`)

// place is where a message says that the mistake is: a file with a line, a
// line, a flag, a file, a column, a named rep, customer, rule, desk or store.
var place = regexp.MustCompile(`(?m)(\S+\.\w+:|^(-|evenhand: -)?-\w|^\d+:\d+: |\bline \d+|--\w|\S+\.(csv|yaml|json|jsonl|db|dat|xlsx|txt)\b|\b(rep|customer|lead|account|rule|key|desk|store|command|policy|ID|name|time)\b|is one word too many)`)

func TestMessagesAreForPeople(t *testing.T) {
	distinct := map[string]bool{}
	for _, area := range areas {
		count := 0
		for _, path := range area.paths {
			messages, err := readMessages(path)
			if errors.Is(err, fs.ErrNotExist) {
				t.Skipf("%s belongs to another module, which is not beside this one", path)
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range messages {
				if area.only != nil && !area.only(m) {
					continue
				}
				judge(t, m)
				for line := range strings.SplitSeq(m.said, "\n") {
					if counts(line) && !distinct[m.given+line] {
						distinct[m.given+line] = true
						count++
					}
				}
			}
		}
		t.Logf("%s: %d messages", area.name, count)
		if count < area.least {
			t.Errorf("%s: %d messages are pinned, %d are promised", area.name, count, area.least)
		}
	}
}

// counts reports whether a line begins a message, rather than showing a source
// line, a status or advice.
func counts(line string) bool {
	return line != "" && !strings.HasPrefix(line, "  |") && !strings.HasPrefix(line, "Maybe ") &&
		!strings.HasPrefix(line, "exit status") && !strings.HasSuffix(line, "rejects.csv") && !strings.HasSuffix(line, ".csv:")
}

func judge(t *testing.T, m message) {
	t.Helper()
	for line := range strings.SplitSeq(m.said, "\n") {
		if strings.HasPrefix(line, "  |") {
			continue // the author's own line
		}
		if bad := jargon.FindString(unquoted(line)); bad != "" {
			t.Errorf("%s: %q is jargon in\n%s\nsaid of\n%s", m.file, bad, line, m.given)
		}
	}
	if !place.MatchString(m.said) {
		t.Errorf("%s: no place is named in\n%s\nsaid of\n%s", m.file, m.said, m.given)
	}
}

var inQuotes = regexp.MustCompile(`"(\\.|[^"\\])*"`)

func unquoted(line string) string { return inQuotes.ReplaceAllString(line, `""`) }

// readMessages reads blocks: "=== what", what was given, ">>>", what is said.
// The rules' own are "key | expression" and what is said, a blank line between
// two.
func readMessages(path string) (out []message, err error) {
	text, err := os.ReadFile(filepath.Join("../../..", filepath.FromSlash(path)))
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(string(text), "=== ") {
		for block := range strings.SplitSeq(strings.TrimSpace(string(text)), "\n\n") {
			given, said, _ := strings.Cut(block, "\n")
			out = append(out, message{path, given, said})
		}
		return out, nil
	}
	for block := range strings.SplitSeq(strings.TrimPrefix(string(text), "=== "), "\n=== ") {
		given, said, _ := strings.Cut(block, "\n>>>")
		out = append(out, message{path, given, strings.TrimSpace(said)})
	}
	return out, nil
}
