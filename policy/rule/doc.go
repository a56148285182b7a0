// Package rule compiles single expressions of a policy document against a
// closed vocabulary and answers them in three-valued logic, with a trace.
//
// The text of a rule is expr (github.com/expr-lang/expr), read by expr's own
// parser; this is the only package that imports it. Everything behind the
// parser is ours: a checker with names, types and messages of the policy's
// author, and an evaluator that cannot loop, allocate without bound, call a
// method or change anything. Where expr and rules both have an answer it is
// the same answer; a property test holds the two together.
//
//	v, err := rule.NewVocabulary("lead")
//	slot, err := v.Declare(rule.Customer, rule.Field{Name: "country", Kind: rule.String})
//	p, err := v.Compile(rule.Text{Source: `lead.country == "DE"`}, rule.Want{Kind: rule.Bool, Key: "when"})
//	customer, err := v.Record(rule.Customer, map[string]any{"country": "DE"})
//	p.Truth(&rule.Env{Customer: customer}).Truth == rule.True
//
// # Missing is unknown, and order does not matter
//
// A field without a value is null. An expression is split into boolean
// structure (and, or, not, ?:, ?? between conditions, let names) and leaves,
// the strict parts that the structure joins. A leaf that needs a null, or
// whose operation has no answer, is unknown. Then:
//
//   - false and unknown is false, true or unknown is true, in either order;
//     otherwise an unknown operand makes the whole unknown. not unknown is
//     unknown. This is Kleene's strong three-valued logic.
//   - c ? a : b is unknown when c is, even if a and b agree.
//   - a ?? b is a unless a is unknown, and then b.
//   - has(x) is true or false, never unknown: whether x has a value. It takes
//     a field, a KPI, a table's row or cell, or any expression; of one that
//     fails it is false.
//   - in is false on an empty list and unknown on a null one. A row or cell
//     that a table does not have is null.
//   - any, all, none, one and count over a list of elements follow the same
//     logic: any is true with one true element whatever the others are.
//   - Expr's own x == nil is refused with advice: a comparison with null has
//     no answer here, and has(...) is how one asks.
//
// The reason of an unknown is one of three stable codes: NoKPI for a KPI
// without a value, MissingField for any other null, RuleError for the rest.
// Of several unknown leaves the one reported is the first in source order
// among those that matter: operands that a false and, or a true or, does not
// settle. Of a ?? whose sides are both unknown that is the right, since the
// left was settled by writing ??. Within a leaf it is the first operand.
//
// # Numbers, texts, times
//
// Whole numbers are int64, numbers are finite doubles; each result is rounded
// before it is used again. Where the two meet, the whole number becomes a
// double, which is exact up to 2^53. + - * % of whole numbers stay whole, /
// and ** give numbers. Division by zero, a result that is not finite and
// overflow are RuleError, never a wrapped or infinite value; what would
// always fail is refused by Compile. Texts compare byte by byte.
//
// Times are moments to the microsecond. time - time and duration("30d") are
// lengths of time; they add to times, compare with each other, and days(...)
// and hours(...) make numbers of them, a day being 24 hours. date("2026-01-31")
// is the first moment of that day in the vocabulary's zone: midnight, or later
// where the clocks skip midnight. now is the recorded time.
//
// # What a rule may call
//
// Nothing but this list: has; any all none one count (with # for the
// element, two deep at most), len sum; abs floor ceil round int float min
// max; lower upper trim string; date duration days hours; and the operators
// and or not, == != < <= > >=, in, not in, contains, startsWith, endsWith,
// matches (with a pattern written out), + - * / % **, ??, ?:. No methods, no
// computed field names, no let, no ranges but behind in, no maps.
//
// # Rule text is untrusted
//
// Before parsing: at most 4 KiB, valid UTF-8, at most 64 nested brackets and
// prefix operators. After parsing: at most 500 nodes, and 5,000 with let
// names written out. Patterns run in time linear in the text and have at
// most 1,000 instructions. Texts have at most 4 KiB, lists 1,000 elements;
// joined texts keep to that. While evaluating, everything that looks through
// lists or texts spends steps from a budget of 100,000 for one evaluation,
// shared evenly between the leaves that need any; a leaf that spends its
// share is unknown with RuleError. The share is a leaf's own and within a
// leaf both operands of and and or are always evaluated, so that whether it
// is enough never depends on the order of operands.
//
// # How a rule becomes bitmaps
//
// Evaluating a rule for each of 10,000 reps costs 10,000 evaluations. An Index
// holds the roster the other way about: for each value the reps who have it.
// A condition is compiled over it into a Plan once; finding everybody for whom
// it is true is then a few operations on bitmaps, 64 reps at a time.
//
//   - Each part of the boolean structure becomes two sets of reps: those for
//     whom it is true and those for whom it is false. Whoever is in neither is
//     unknown. Three-valued logic is then plain algebra of sets: see indexer.
//   - What depends on the rep alone, however it is made, is a mark: one bit a
//     rep for true and one for false, set when he changes. Operands of one
//     and, or of one or, that depend on the rep alone are one mark together.
//   - What does not depend on the rep is evaluated once a customer.
//   - A leaf that relates a value of the rep (a field, or an expression over
//     his fields: a column) to one that does not depend on him is looked up:
//     == != in by the value or the elements of a list, a < <= > >= in an
//     ordered index, startsWith either way. Postings of few reps are lists of
//     rows, those of many are bitmaps. If some part that must be true is a
//     list, only the reps in it are looked at.
//   - A leaf that reads one field of the rep in any other way is evaluated by
//     the interpreter once for each value of the field.
//   - Any other leaf is evaluated for each rep, but only for those whom the
//     rest, the cheapest first, has left undecided.
//
// The meaning is the interpreter's, unknowns included, and a property test
// compares every pair. Budgets of steps are part of the meaning: where a leaf
// could spend its share for some rep, the interpreter is asked for all of
// them. Which leaf made a rep unknown is not kept: Trace says so when asked.
//
// Memory for n reps: a mark 2n bits; a field's postings n bits for each value
// that more than one rep in 64 has, 4 bytes for each rep of the others; an
// ordered index 8 bytes and up to 128 bits a rep.
//
// # Files
//
// The words: field.go (kinds, fields), vocabulary.go, list.go, table.go,
// let.go, struct.go (a Go struct type), structs.go (declared from one). The data: value.go, record.go,
// coerce.go (from raw input), meant.go (what it was meant to be). The text:
// text.go (places in a document), error.go, nearest.go (did you mean).
// Compiling, in order: compile.go, guard.go (limits, parsing), slips.go (texts that do not parse), check.go,
// operators.go, functions.go, words.go (both as a list), times.go, span.go (places of nodes), advise.go
// and advise_calls.go (messages), plan.go (the checked tree and its leaves).
// Evaluating: program.go, truth.go (conditions, fast), eval.go (everything,
// the reference), predicate.go, compare.go, arithmetic.go, verdict.go. Asking
// about a program: reads.go, gaps.go (where null can arrive), bars.go (which reps
// it means), asked.go (the words it asks for), loose.go (?? without brackets),
// trace.go.
// Over a whole roster: index.go (the roster), indexer.go (structure into
// sets), lookup.go (one leaf), set.go (sets of sets), reader.go (a question);
// made of mark.go, column.go, posting.go, ordering.go, rowset.go. indexing.go
// says what of a rule is looked up. Over many conditions: dispatch.go.
//
// A new function is one line in the table of functions.go and a check method
// beside it. A new operator on two kinds is one line in arithmetic.go. A new
// slip is one line in slips.go and a block in testdata/slips.txt.
package rule
