package main

import (
	"errors"
	"regexp"
	"strings"

	"github.com/evenhand/evenhand/allocation"
)

// mistyped puts what kong says about a command line into the words of this
// command, with the likely fix on the last line.
func mistyped(err error, args []string) error {
	text, help := err.Error(), "see "+strings.TrimSpace("evenhand "+named(args))+" --help"
	if named(args) == "" {
		text = strings.Replace(text, "unexpected argument", "unknown command", 1)
	}
	text = choices.ReplaceAllStringFunc(text, func(list string) string {
		words := strings.Split(strings.ReplaceAll(list, `"`, ""), ",")
		for i := range words {
			words[i] = strings.TrimSpace(words[i])
		}
		last := len(words) - 1
		return strings.Join(words[:last], ", ") + " or " + words[last]
	})
	for _, slip := range commandLineSlips {
		if m := slip.pattern.FindStringSubmatchIndex(text); m != nil {
			told := func(template string) string { return string(slip.pattern.ExpandString(nil, template, text, m)) }
			if maybe := unhelpful.ReplaceAllString(told(slip.maybe), ""); maybe != "" {
				help = strings.NewReplacer(`"`, "", ", ", " or ").Replace(maybe)
			}
			return usage("%s\nMaybe %s", told(slip.says), help)
		}
	}
	return usage("%s\nMaybe %s", text, help)
}

// unhelpful is what kong suggests for whatever begins with a hyphen.
var unhelpful = regexp.MustCompile(`"(--help|-h)"(, )?`)

// choices are the words of an enumeration, as kong writes them.
var choices = regexp.MustCompile(`"[a-z]+"(?:, ?"[a-z]+")+`)

// commandLineSlips are kong's messages, and what is said instead. Without
// advice of its own a message refers to --help.
var commandLineSlips = []struct {
	pattern     *regexp.Regexp
	says, maybe string
}{
	{regexp.MustCompile(`^unknown flag (\S+?)(?:, did you mean (?:one of )?(.*)\?)?$`), "there is no flag $1", "$2"},
	{regexp.MustCompile(`^unknown command (.+?)(?:, did you mean (?:one of )?(.*)\?)?$`), "there is no command $1", "$2"},
	{regexp.MustCompile(`^unexpected argument (.+)$`), "$1 is one word too many: only what a flag stands before is taken", ""},
	{regexp.MustCompile(`^expected one of .*$`), "a command is missing: " + strings.Join(commandNames, ", "), ""},
	{regexp.MustCompile(`^expected "<policy>(?: \.\.\.)?"$`), "the policy file is missing", "policy.yaml"},
	{regexp.MustCompile(`^expected "<customer>"$`), "the customer's ID is missing", ""},
	{regexp.MustCompile(`^(--\S+?): expected .* value but got "EOL"`), "$1 has nothing behind it", "$1 and a value"},
	{regexp.MustCompile(`^(--\S+?): bool value must be .* but got (".*")$`), "$1 is true or false, not $2", "$1 alone"},
	{regexp.MustCompile(`^(--\S+?): expected a valid .* int but got (".*")$`), "$1 is a whole number, not $2", ""},
	{regexp.MustCompile(`^(--\S+?): expected a float but got (".*?")(?: \(string\))?$`), "$1 is a number, not $2", ""},
	{regexp.MustCompile(`^(--\S+?): expected duration but got "(\d+)":`), "$1 is a length of time, not \"$2\"", "$1 ${2}s"},
	{regexp.MustCompile(`^(--\S+?): expected duration but got (".*?"):`), "$1 is a length of time, not $2", "$1 30s or $1 5m"},
	{regexp.MustCompile(`^(--\S+?) must be one of (.*) but got (".*")$`), "$1 is $2, not $3", ""},
}

// said is an error's text without what the library's packages begin theirs
// with, which a reader of the command has no use for.
func said(err error) string {
	text := err.Error()
	for trimmed := true; trimmed; {
		trimmed = false
		for _, prefix := range libraryPrefixes {
			if rest, ok := strings.CutPrefix(text, prefix); ok {
				text, trimmed = rest, true
			}
		}
	}
	return text
}

var libraryPrefixes = []string{"evenhand: ", "sqlitestore: ", "bad input: "}

// unusable says why the desk could not be opened: a usage error when it is
// about what was given.
func unusable(err error) error {
	text := err.Error()
	if _, rest, found := strings.Cut(text, "\": "); found && strings.HasPrefix(text, "open desk ") {
		text = rest
	}
	if errors.Is(err, allocation.ErrInput) {
		return usage("%s", said(errors.New(text)))
	}
	return reworded{aboutStore(text), err}
}

// reworded is an error in other words.
type reworded struct {
	text string
	err  error
}

func (r reworded) Error() string { return r.text }
func (r reworded) Unwrap() error { return r.err }

// aboutStore leaves of a message what the store says, where it says anything:
// to whoever reads it here the desk around it is of no interest.
func aboutStore(text string) string {
	if _, store, found := strings.Cut(text, "sqlitestore: "); found {
		return "store " + store
	}
	return text
}

// inStore is what is wrong with the file of a store.
func inStore(err error) error { return reworded{"store " + said(err), err} }
