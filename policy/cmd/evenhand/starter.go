package main

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/evenhand/evenhand/policy"
)

// starter is a policy to start from, for one file of customers.
type starter struct {
	file, format, delimiter string // of the customers, as the command was given them
	word, zone              string
	rows                    int
	columns                 []column
	arrive                  string // column with the time of arrival in every row; "" when there is none
}

// column finds the column that fills a field; nil when none does.
func (s *starter) column(field string) *column {
	for i := range s.columns {
		if s.columns[i].field == field {
			return &s.columns[i]
		}
	}
	return nil
}

// commands are the lines that check the policy, test it and run it on the file.
func (s *starter) commands(out string) []string {
	run := []string{"evenhand run", quoted(out), "--customers", quoted(s.file), "--reps reps.csv"}
	for _, c := range s.columns {
		switch {
		case c.field == "id" && c.mapped:
			run = append(run, "--id", quoted(c.name))
		case c.field != "" && c.mapped:
			run = append(run, "--map", quoted(c.field+"="+c.name))
		}
	}
	if s.format != "auto" {
		run = append(run, "--input-format", s.format)
	}
	if s.delimiter != "" {
		run = append(run, "--delimiter", quoted(s.delimiter))
	}
	return []string{"evenhand check " + quoted(out) + " --reps reps.csv", "evenhand test " + quoted(out), strings.Join(run, " ") + " --out decisions.csv"}
}

var plainWord = regexp.MustCompile(`^[\pL\pN_./:=@%+,-]+$`)

// quoted is a word of a command line, in quotes where a shell wants them.
func quoted(text string) string {
	if plainWord.MatchString(text) {
		return text
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "`", "\\`").Replace(text) + `"`
}

// try reads the policy back: what is written has no mistake and no warning,
// whatever the columns are called.
func (s *starter) try() error {
	for _, live := range []bool{false, true} {
		doc, err := policy.Parse("policy.yaml", []byte(s.document("policy.yaml", live)), nil)
		if err == nil {
			_, err = doc.Compile()
		}
		if err != nil {
			return fmt.Errorf("the policy made of %s cannot be read back; this is a fault of evenhand, please report it:\n%w", s.file, err)
		}
	}
	return nil
}

// document is the policy. Live, what could come next is no comment.
func (s *starter) document(out string, live bool) string {
	w := &starterWriter{starter: s, live: live}
	w.head(out)
	w.fields()
	w.caps()
	w.rules()
	w.tests()
	return w.text.String()
}

type starterWriter struct {
	*starter
	text strings.Builder
	live bool
}

// lines writes lines of this file's own, in which WORD stands for what rules
// call a customer.
func (w *starterWriter) lines(lines ...string) {
	for _, line := range lines {
		w.asIs(strings.ReplaceAll(line, "WORD", w.word))
	}
}

// asIs writes a line that holds names or cells of the customers' file.
func (w *starterWriter) asIs(lines ...string) {
	for _, line := range lines {
		w.text.WriteString(line + "\n")
	}
}

// next writes lines that are a comment until somebody wants them.
func (w *starterWriter) next(margin string, lines ...string) {
	for _, line := range lines {
		if !w.live {
			line = "# " + line
		}
		w.lines(margin + line)
	}
}

func (w *starterWriter) head(out string) {
	w.lines("# Who gets which WORD: a policy to start from. It is yours to change.")
	w.asIs("# Made by \"evenhand init\" from " + shown(filepath.Base(w.file)) + ".")
	w.lines(
		"#",
		"# Try it, with a file reps.csv that has a column id and a row for each rep:",
		"#")
	for _, command := range w.commands(out) {
		w.asIs("#   " + command)
	}
	if w.arrive != "" {
		w.asIs("#", "# And as it would have gone at the time: the same with --at "+quoted(w.arrive))
	}
	w.lines("#",
		"# Of reps.csv these columns are known, too: name, teams, role, manager, country,",
		"# region, skills, territories, segments, capacity, active, timezone, hired_at,",
		"# shifts (\"Mon-Fri 09:00-17:00\") and time_off (\"2026-08-03..2026-08-14\").",
		"",
		"evenhand: 1",
		"name: "+slugOf(w.file, w.word),
		fmt.Sprintf("customer: %-20s # what a rule calls a customer, as in WORD.country", w.word),
		fmt.Sprintf("timezone: %-20s # whose days and dates, such as Europe/Berlin", w.zone),
		"")
}

func (w *starterWriter) fields() {
	var core, own, none []string
	for _, c := range w.columns {
		switch about := shown(c.name) + c.examples(); {
		case c.field == "" && c.why != "":
			none = append(none, fmt.Sprintf("#   %s: %s", shown(c.name), c.why))
		case c.field == "":
		case c.misfit:
			core = append(core, fmt.Sprintf("#   %-24s %s: not every cell is %s, so rules had better not read it", w.word+"."+c.field, about, coreWords[coreTypeOf(c.field)]))
		case c.core:
			core = append(core, fmt.Sprintf("#   %-24s %s", w.word+"."+c.field, about))
		default:
			own = append(own, fmt.Sprintf("    %-24s # %s", c.field+": "+c.typ, about))
		}
	}
	w.lines("# Rules read these columns of the file. A blank cell is no value: has(WORD.x) asks",
		"# for one, and (WORD.x ?? 0) says what stands in for it.", "#")
	w.asIs(core...)
	if len(none) > 0 {
		w.lines("#", "# Not read:")
		w.asIs(none...)
	}
	if len(own) > 0 {
		w.lines("#", fmt.Sprintf("# The file's own, with the type that all its rows (%s) can be read as.", count(w.rows)),
			"fields:", "  WORD:")
		w.asIs(own...)
	}
	w.lines("")
}

// coreWords say what a type is.
var coreWords = map[string]string{"number": "a number", "time": "a date or time", "[string]": "a list", "string": "a text"}

// examples shows some cells of a column.
func (c *column) examples() string {
	if c.blank {
		return ", without a value in any row"
	}
	var cells []string
	for _, cell := range c.sample {
		cells = append(cells, shown(cellText(cell)))
	}
	return ", such as " + strings.Join(cells, ", ")
}

func (w *starterWriter) caps() {
	w.lines("# Limits on all that a rep gets. Take the # and one blank away to use them.")
	w.next("",
		"caps:",
		"  - {name: daily, assigned: 10, per: day}        # given in a calendar day",
		"  - {name: book, open: rep.capacity ?? 30}       # open at once")
	w.lines("")
}

func (w *starterWriter) rules() {
	w.lines("# The first rule whose \"when\" is true and that can place the WORD wins.", "rules:")
	if w.column("owner") != nil {
		w.lines(
			"  # The owner's cell is the ID of a rep, or his name.",
			"  - name: keep the owner",
			"    id: owner",
			"    when: has(WORD.owner)",
			"    eligible: rep.id == WORD.owner or (rep.name ?? \"\") == WORD.owner",
			"    available: any             # also when he is away",
			"    pick: first",
			"    if_none: next              # he is not among the reps: the next rule",
			"")
	}
	for _, s := range w.suggestions() {
		w.next("  ", s...)
		w.lines("")
	}
	w.lines(
		"  # All others in turn, among everybody who is at work. When nobody is, or",
		"  # everybody has enough, it waits.",
		"  - name: everyone",
		"    id: everyone               # turns are counted under the id: the name may change",
		"    pick: rotate",
		"    if_none: wait",
		"")
}

// suggestions are rules that the columns make possible, not more than three.
func (s *starter) suggestions() [][]string {
	var all [][]string
	add := func(name, when, eligible string) {
		if len(all) < 3 {
			all = append(all, []string{"- name: " + name, "  id: " + strings.ReplaceAll(name, " ", "-"), "  when: " + when, "  eligible: " + eligible, "  if_none: {full: wait}"})
		}
	}
	for _, x := range []struct{ field, list string }{{"territory", "territories"}, {"segment", "segments"}, {"industry", "skills"}} {
		if s.column(x.field) != nil {
			add("by "+x.field, "has(WORD."+x.field+")", "WORD."+x.field+" in rep."+x.list)
		}
	}
	for _, field := range []string{"country", "region"} {
		if s.column(field) != nil {
			add("same "+field, "has(WORD."+field+")", "(rep."+field+" ?? \"\") == WORD."+field)
			break
		}
	}
	for _, c := range s.columns {
		switch {
		case c.field == "" || c.blank || c.misfit:
		case c.typ == "int" && !c.core || c.field == "value":
			add("large", "(WORD."+c.field+" ?? 0) >= 1000", "'\"senior\" in rep.teams'")
			return all
		}
	}
	return all
}

func (w *starterWriter) tests() {
	w.lines(
		"# Each test is a small world of its own: these reps, this WORD, this outcome.",
		"tests:",
		"  - name: whoever is there gets it",
		"    reps: [{id: ana}]",
		"    customer: {id: X-1}",
		"    expect: {rep: ana, rule: everyone}")
	if w.column("owner") != nil {
		w.lines("",
			"  - name: the owner keeps it",
			"    reps: [{id: ana}, {id: bo, name: Bo Lind}]",
			"    customer: {id: X-1, owner: Bo Lind}",
			"    expect: {rep: bo, rule: keep the owner}")
	}
}

// shown is a cell or a name within a comment: on one line, and not long.
func shown(text string) string {
	return clip(visible(strings.Join(strings.Fields(text), " ")))
}

var notSlug = regexp.MustCompile(`[^a-z0-9]+`)

// slugOf makes a policy's name of a file's, or of what a customer is called.
func slugOf(file, word string) string {
	base := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
	slug := strings.Trim(notSlug.ReplaceAllString(strings.ToLower(base), "-"), "-")
	if slug == "" || slug[0] <= '9' {
		return strings.Trim(word+"-"+slug, "-")
	}
	return slug
}
