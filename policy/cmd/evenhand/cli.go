package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/alecthomas/kong"
)

// Exit statuses.
const (
	exitOK       = 0
	exitFailure  = 1 // a file, a store or the machine failed
	exitUsage    = 2 // the command line, the policy or the reps are wrong, or a test of the policy fails
	exitRejected = 3 // done, but some rows were rejected
	exitDrift    = 4 // the CRM and the ledger differ, and nothing was recorded
)

// commands is the command line. A new subcommand is a new file with a struct
// that has a Run method, and a line here.
type commands struct {
	Init      initCommand      `cmd:"" help:"Write a policy to start from, for a file of customers or by a recipe."`
	Check     checkCommand     `cmd:"" help:"Check a policy, and the reps and customers it will meet."`
	Test      testCommand      `cmd:"" help:"Run the tests that are written in a policy."`
	Run       runCommand       `cmd:"" help:"Decide who gets which customer, for a file of customers."`
	Plan      planCommand      `cmd:"" help:"Allocate a file of customers at once, as well as can be: a backlog or a re-assignment."`
	Explain   explainCommand   `cmd:"" help:"Say why a customer went where he went, and why not to somebody else."`
	Reconcile reconcileCommand `cmd:"" help:"Compare what a CRM has with the ledger, and record what differs."`
	Shadow    shadowCommand    `cmd:"" help:"Have a second policy decide along with a desk, changing nothing, and compare."`
	Resources resourcesCommand `cmd:"" help:"Divide hours, money or heads where they bring most, and say how many reps are worth their cost."`
	Version   versionCommand   `cmd:"" help:"Print the version."`
}

// commandNames are the subcommands, for messages.
var commandNames = []string{"init", "check", "test", "run", "plan", "explain", "reconcile", "shadow", "resources", "version"}

const description = `Evenhand decides who gets which customer, by the rules of a policy file: fairly, with a reason for every decision.

Start with "evenhand init leads.csv", look it over with "evenhand check policy.yaml", try it on last month's customers with "evenhand run", and ask "evenhand explain" about any decision.

Exit status: 0 done; 1 failure of a file, a store or the machine; 2 the command line, the policy or the reps are wrong, or a test of the policy fails; 3 done, but some rows of customers were rejected and are listed in a rejects file; 4 the CRM and the ledger differ, and nothing was recorded.`

// console is what a command talks to.
type console struct {
	in       io.Reader
	out, err io.Writer
}

// note says something that is no result and no error.
func (c console) note(format string, args ...any) {
	fmt.Fprintln(c.err, "note: "+visible(fmt.Sprintf(format, args...)))
}

// visible writes out what a terminal would obey or hide: names and cells of
// files stand in messages, and may hold anything.
func visible(text string) string {
	var b strings.Builder
	for _, r := range strings.ToValidUTF8(text, "\ufffd") {
		if r != '\n' && r != '\t' && !unicode.IsPrint(r) {
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// status is an exit status without a message of its own.
type status int

func (s status) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// usageError is a mistake in what the command was given, not a failure of it.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// usage makes a usageError.
func usage(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// evenhand runs one command line and returns its exit status.
func evenhand(args []string, c console) (code int) {
	var cli commands
	defer func() {
		// Kong ends --help by calling Exit, and expects not to come back.
		switch p := recover().(type) {
		case nil:
		case status:
			code = int(p)
		default:
			panic(p)
		}
	}()
	parser, err := kong.New(&cli,
		kong.Name("evenhand"), kong.Description(description), kong.Writers(c.out, c.err),
		kong.Exit(func(code int) { panic(status(code)) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100, NoExpandSubcommands: true}),
		kong.Bind(c),
	)
	if err != nil {
		return report(c, err)
	}
	command, err := parser.Parse(customary(args))
	if err != nil {
		return report(c, mistyped(err, args))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	context.AfterFunc(ctx, stop) // a second interrupt ends the program
	command.BindTo(ctx, (*context.Context)(nil))
	return report(c, command.Run())
}

// customary takes what other commands are asked for this one's: help, help
// check, --version.
func customary(args []string) []string {
	switch {
	case len(args) > 0 && args[0] == "help":
		return append(slices.Clone(args[1:]), "--help")
	case len(args) == 1 && args[0] == "--version":
		return []string{"version"}
	}
	return args
}

// named is the subcommand a command line begins with, for a hint.
func named(args []string) string {
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		if slices.Contains(commandNames, args[0]) {
			return args[0]
		}
	}
	return ""
}

// report prints an error and returns the exit status that goes with it.
func report(c console, err error) int {
	var s status
	var u usageError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &s):
		return int(s)
	}
	fmt.Fprintln(c.err, "evenhand: "+visible(said(err)))
	if errors.As(err, &u) {
		return exitUsage
	}
	return exitFailure
}
