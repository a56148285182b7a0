package rule

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/evenhand/evenhand/.ci/budget"
)

// seeds are the slips and the hostile texts that are short enough to mutate.
func seeds(f *testing.F) []string {
	raw, err := os.ReadFile("testdata/slips.txt")
	must(f, err)
	out := []string{eligibility, `any(rep.skills, # == "steel" and len(#) > 2)`, `named[lead.domain].owner ?? "x" != "y"`,
		`lead.vip ? rep.open : rep.capacity % 3`, `now - lead.created_at > duration("2w3d4h")`, `count(lead.years, # in 1..5) > 2`}
	for block := range strings.SplitSeq(string(raw), "\n\n") {
		head, _, _ := strings.Cut(block, "\n")
		if _, source, ok := strings.Cut(head, " | "); ok {
			out = append(out, source)
		}
	}
	for _, h := range hostileCorpus() {
		if len(h.source) <= 512 {
			out = append(out, h.source)
		}
	}
	return out
}

func FuzzCompile(f *testing.F) {
	for _, s := range seeds(f) {
		f.Add(s)
	}
	v := theWorld(f)
	f.Fuzz(func(t *testing.T, source string) {
		var err error
		budget.Within(t, len(source), func() {
			_, err = v.Compile(Text{Source: source, File: "f.yaml", Line: 2, Column: 5}, Want{Kind: Bool, Key: "when", Scope: CustomerOnly})
		})
		if err == nil {
			return
		}
		var all Errors
		if !errors.As(err, &all) || len(all) == 0 {
			t.Fatalf("Compile's error is of type Errors and not empty, but for %q it is %T", source, err)
		}
		for _, e := range all {
			if e.Message == "" || e.Line < 2 || e.Column < 1 || e.Width < 1 || !utf8.ValidString(e.Error()) {
				t.Fatalf("every mistake has a message and a place, but for %q it is %+v", source, e)
			}
			for _, jargon := range []string{"int64", "float64", "interface", "AST", "token", "syntax", "Identifier", "panic", "%!"} {
				if strings.Contains(e.Message, jargon) && !strings.Contains(source, jargon) {
					t.Fatalf("messages are in the words of the policy's author, but for %q it is %q", source, e.Message)
				}
			}
		}
	})
}

func FuzzEval(f *testing.F) {
	for i, s := range seeds(f) {
		f.Add(s, "steel", int64(i), 0.5, uint16(i*37))
	}
	v := theWorld(f)
	f.Fuzz(func(t *testing.T, source, word string, whole int64, x float64, present uint16) {
		p, err := v.Compile(Text{Source: source}, Want{})
		if err != nil || len(word) > MaxString || !utf8.ValidString(word) {
			return
		}
		e := fuzzEnv(v, word, whole, x, present)
		var a Value
		var cause Cause
		var trace Trace
		budget.Within(t, len(source)+len(word), func() {
			a, cause = p.Value(e)
			trace = p.Trace(e)
		})
		if (cause.Reason == "") == a.IsNull() {
			t.Fatalf("a value is null exactly when there is a cause: %q gives %v because %v", source, a, cause)
		}
		if !a.Equal(trace.Value) {
			t.Fatalf("a trace has the value that was given without it: %q gives %v, traced %v", source, a, trace.Value)
		}
		if b, again := p.Value(e); !a.Equal(b) || cause != again {
			t.Fatalf("the same expression over the same values gives the same: %q gives %v, then %v", source, a, b)
		}
		if fast := p.Truth(e); p.Kind() == Bool && (fast.Truth != verdictOf(a, nil).Truth || fast.Cause != cause) {
			t.Fatalf("truth and value agree: %q gives %v and %v because %v", source, fast, a, cause)
		}
	})
}

// fuzzEnv fills the fields whose bit is set.
func fuzzEnv(v *Vocabulary, word string, whole int64, x float64, present uint16) *Env {
	e := &Env{Customer: v.NewRecord(Customer), Rep: v.NewRecord(Rep), Now: theNow}
	values := map[Kind]Value{Bool: BoolValue(whole%2 == 0), Int: IntValue(whole), Number: NumberValue(x), String: StringValue(word),
		Time: TimeValue(theNow.Add(time.Duration(whole))), StringList: StringsValue([]string{word, "steel"}), IntList: IntsValue([]int64{whole, 1}), NumberList: NumbersValue([]float64{1})}
	for side, record := range []Record{e.Customer, e.Rep} {
		for i, f := range v.Fields(Side(side)) {
			if slot, _ := v.Slot(Side(side), f.Name); present>>(i%16)&1 == 1 {
				record[slot] = values[f.Kind]
			}
		}
	}
	return e
}
