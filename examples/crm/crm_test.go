package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/evenhand/evenhand/allocation/sqlitestore"
	"github.com/evenhand/evenhand/policy"
)

// world is a folder with a ledger, and what runs in it write.
type world struct {
	t   *testing.T
	dir string
}

// run assigns the leads of a file, "" for the sample, and returns both files
// that it writes.
func (w world) run(leads, users string) (assigned, rejected string) {
	w.t.Helper()
	out := filepath.Join(w.dir, "assignments.csv")
	if err := run(context.Background(), leads, users, out, filepath.Join(w.dir, "crm.db")); err != nil {
		w.t.Fatal(err)
	}
	return w.read("assignments.csv"), w.read("assignments.rejects.csv")
}

func (w world) read(name string) string {
	w.t.Helper()
	text, err := os.ReadFile(filepath.Join(w.dir, name))
	if err != nil {
		w.t.Fatal(err)
	}
	return string(text)
}

func (w world) write(name, text string) string {
	w.t.Helper()
	path := filepath.Join(w.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
	return path
}

// entries is how long the ledger is.
func (w world) entries() (n int) {
	w.t.Helper()
	store, err := sqlitestore.Open(filepath.Join(w.dir, "crm.db"))
	if err != nil {
		w.t.Fatal(err)
	}
	defer store.Close()
	if err := store.DB().QueryRow("SELECT count(*) FROM ledger").Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

const wantAssigned = `Record Id,Lead Owner,Assignment Status,Assignment Reason
Z-1001,Ana Ribeiro,assigned,rule large
Z-1002,Emil Krause,assigned,rule rest
Z-1003,Ben Adler,assigned,rule large
Z-1004,Fatma Yildiz,assigned,rule rest
Z-1006,Emil Krause,assigned,rule owner
Z-1007,Emil Krause,assigned,rule rest
Z-1008,Ana Ribeiro,assigned,rule large
Z-1010,Fatma Yildiz,assigned,rule rest
`

const wantRejected = `Line,Problem,Record Id,Company,Email,Country,No. of Employees,Industry,Lead Source,Lead Owner
6,"column ""No. of Employees"": ""about 50"" is no whole number",Z-1005,"Rossi, Figli",info@rossi.example,Italy,about 50,Food,Web Form,
9,"column ""Record Id"" is empty",,Nameless Ltd,x@nameless.example,Ireland,5,Retail,Web Form,
10,lead Z-1002 is in line 3 already,Z-1002,Kranz & Söhne,info@kranz.example,Germany,35,Steel,Web Form,
12,7 cells in place of 8,Z-1009,Petit Frères,bonjour@petit.example,France,18,Food,Web Form
`

// The same files again change nothing, neither what is written nor the ledger.
func TestTwiceIsOnce(t *testing.T) {
	w := world{t, t.TempDir()}
	for i := range 3 {
		assigned, rejected := w.run("", "")
		if assigned != wantAssigned || rejected != wantRejected {
			t.Fatalf("run %d writes\n%s\n%s\nwant\n%s\n%s", i+1, assigned, rejected, wantAssigned, wantRejected)
		}
		if n := w.entries(); n != 2+8 {
			t.Errorf("run %d: the ledger has %d entries, want the policy, the users and 8 leads", i+1, n)
		}
	}
}

// A run that stopped half-way goes on where it stopped.
func TestHalfAndThenAll(t *testing.T) {
	text, err := sample.ReadFile("leads.csv")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(text), "\n")
	for half := range lines {
		if half == 0 {
			continue
		}
		w := world{t, t.TempDir()}
		w.run(w.write("half.csv", strings.Join(lines[:half], "")), "")
		if assigned, _ := w.run("", ""); assigned != wantAssigned {
			t.Errorf("after the first %d lines, the whole file gives\n%s\nand at once\n%s", half, assigned, wantAssigned)
		}
	}
}

// Rejected rows are mended in their own file, which is run as it is.
func TestMendedRejects(t *testing.T) {
	w := world{t, t.TempDir()}
	_, rejected := w.run("", "")
	mended := strings.NewReplacer("about 50", "50", "Food,Web Form\n", "Food,Web Form,\n", ",Nameless", "Z-1011,Nameless").Replace(rejected)
	assigned, rejected := w.run(w.write("mended.csv", mended), "")
	for _, want := range []string{"Z-1005,", "Z-1009,", "Z-1011,", "Z-1002,Emil Krause"} {
		if !strings.Contains(assigned, "\n"+want) {
			t.Errorf("after mending, no line begins %s:\n%s", want, assigned)
		}
	}
	if strings.Count(rejected, "\n") != 1 {
		t.Errorf("after mending, rows are rejected still:\n%s", rejected)
	}
	if again, _ := w.run("", ""); !strings.HasPrefix(again, wantAssigned[:strings.Index(wantAssigned, "Z-1006")]) {
		t.Errorf("mending a row has changed others:\n%s", again)
	}
}

// Every CRM's export gives the same decisions, under its own names.
func TestEveryDialect(t *testing.T) {
	for _, d := range dialects {
		w := world{t, t.TempDir()}
		leads := writeCSV([][]string{
			{d.id, d.company, d.email, d.country, d.employees, d.industry, d.source, d.owner},
			{"1", "A", "a@example.com", "Norway", "900", "Steel", "Web", ""},
			{"2", "B", "b@example.com", "Norway", "", "Steel", "Web", "cy@example.com"},
			{"3", "C", "c@example.com", "Norway", "", "Steel", "Web", ""},
		})
		users := writeCSV([][]string{
			{d.userID, d.userName, d.userEmail, d.role, d.territory, d.capacity, d.userState},
			{"u1", "Ana", "ana@example.com", "Field", "Sweden;Norway", "5", "Active"},
			{"u2", "Bo", "bo@example.com", "Inside", "", "5", "true"},
			{"u3", "Cy", "cy@example.com", "Field", "", "5", "active"},
		})
		owner := map[string]func(i int) string{
			d.userID: func(i int) string { return fmt.Sprint("u", i) }, d.userName: func(i int) string { return []string{"", "Ana", "Bo", "Cy"}[i] },
			d.userEmail: func(i int) string { return []string{"", "ana", "bo", "cy"}[i] + "@example.com" },
		}[d.ownerIs]
		want := fmt.Sprintf("%s,%s,Assignment Status,Assignment Reason\n1,%s,assigned,rule large\n2,%s,assigned,rule owner\n3,%s,assigned,rule rest\n", d.id, d.owner, owner(1), owner(3), owner(2))
		assigned, rejected := w.run(w.write("leads.csv", "\ufeff"+string(leads)), w.write("users.csv", string(users)))
		if assigned != want || strings.Count(rejected, "\n") != 1 {
			t.Errorf("%s:\n%s\n%s\nwant\n%s", d.crm, assigned, rejected, want)
		}
	}
}

// Files that cannot be meant are refused before anything is decided.
func TestRefusedFiles(t *testing.T) {
	w := world{t, t.TempDir()}
	for name, c := range map[string]struct{ leads, users, want string }{
		"no lead's ID":     {"Name,Mail\nx,y\n", "", "no column holds the lead's ID"},
		"nothing":          {"", "", "the first line names no columns"},
		"a user's number":  {"Record Id\nx\n", "User Id,Max Open Leads\n1,many\n", `users, line 2: column "Max Open Leads": "many" is no whole number`},
		"a user's state":   {"Record Id\nx\n", "User Id,Status\n1,perhaps\n", `"perhaps" is neither active nor inactive`},
		"a user twice":     {"Record Id\nx\n", "User Id,Full Name\n1,A\n1,B\n", "twice"},
		"a user's bad row": {"Record Id\nx\n", "User Id,Full Name\n1,A,B\n", "3 cells in place of 2"},
	} {
		users := ""
		if c.users != "" {
			users = w.write("users.csv", c.users)
		}
		err := run(context.Background(), w.write("leads.csv", c.leads), users, filepath.Join(w.dir, "out.csv"), filepath.Join(w.dir, "crm.db"))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: the error is %v, want one that says %q", name, err, c.want)
		}
	}
	if files, err := filepath.Glob(filepath.Join(w.dir, "out*")); err != nil || len(files) > 0 {
		t.Errorf("refused files leave %v behind", files)
	}
}

// A quotation mark in the wrong place costs one row.
func TestABadRowIsOneRow(t *testing.T) {
	got, err := readCSV([]byte("a,b\n1,x\"y\n2,z\n"))
	if err != nil {
		t.Fatal(err)
	}
	lines := []int{got.rows[0].line, got.rows[1].line}
	if len(got.rows) != 2 || got.rows[0].problem == "" || got.rows[1].problem != "" || !slices.Equal(lines, []int{2, 3}) {
		t.Errorf("the rows are %+v", got.rows)
	}
}

func TestPolicy(t *testing.T) {
	policy.RunTests(t, "policy.yaml", policy.WithCustomer[Lead](), policy.WithRep[User]())
}
