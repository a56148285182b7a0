package rule

import (
	"strings"
	"sync"
	"testing"
	"time"
)

func TestNamesAreCheckedAndTakenOnce(t *testing.T) {
	for _, c := range []struct {
		what string
		do   func(v *Vocabulary) error
		want string
	}{
		{"a field twice", func(v *Vocabulary) error {
			_, err := v.Declare(Customer, Field{Name: "country", Kind: Int})
			return err
		}, "lead.country is already declared"},
		{"a field with a blank", func(v *Vocabulary) error {
			_, err := v.Declare(Customer, Field{Name: "first name", Kind: String})
			return err
		}, "is not a name"},
		{"a field with a digit first", func(v *Vocabulary) error { _, err := v.Declare(Rep, Field{Name: "1st", Kind: String}); return err }, "is not a name"},
		{"a field named in", func(v *Vocabulary) error { _, err := v.Declare(Rep, Field{Name: "in", Kind: String}); return err }, "is a word of the rule language"},
		{"a field without a name", func(v *Vocabulary) error { _, err := v.Declare(Rep, Field{Kind: String}); return err }, "the name is empty"},
		{"a rep field kpi", func(v *Vocabulary) error { _, err := v.Declare(Rep, Field{Name: "kpi", Kind: String}); return err }, "where KPIs are"},
		{"a field of no kind", func(v *Vocabulary) error { _, err := v.Declare(Rep, Field{Name: "x"}); return err }, "cannot be of kind null"},
		{"a field of kind duration", func(v *Vocabulary) error { _, err := v.Declare(Rep, Field{Name: "x", Kind: Duration}); return err }, "cannot be of kind duration"},
		{"a time that is zero", func(v *Vocabulary) error {
			_, err := v.Declare(Rep, Field{Name: "x", Kind: Time, Missing: Zero})
			return err
		}, "a time has no zero"},
		{"a KPI twice", func(v *Vocabulary) error { _, err := v.DeclareKPI("win_rate"); return err }, "already declared"},
		{"a list named as a table", func(v *Vocabulary) error { return v.DeclareList("named", nil) }, `already taken by a table`},
		{"a table named as the customer", func(v *Vocabulary) error { return v.DeclareTable("lead", &Table{}) }, "already taken by the customer"},
		{"a table that is nil", func(v *Vocabulary) error { return v.DeclareTable("t", nil) }, "nil"},
		{"a let named now", func(v *Vocabulary) error { return v.Let("now", Text{Source: "true"}) }, "already taken by the time of the decision"},
		{"a let named as a function", func(v *Vocabulary) error { return v.Let("len", Text{Source: "true"}) }, "is that of a function"},
		{"a let that uses itself", func(v *Vocabulary) error { return v.Let("loop", Text{Source: "not loop"}) }, "cannot be explained by itself"},
		{"a let that uses a later one", func(v *Vocabulary) error { return v.Let("early", Text{Source: "not later_one"}) }, "is not a name known here"},
	} {
		err := c.do(theWorld(t))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s is refused with %q, but got %v", c.what, c.want, err)
		}
	}
	for _, word := range []string{"rep", "now", "len", "and", "two words", strings.Repeat("x", 65)} {
		if _, err := NewVocabulary(word); err == nil {
			t.Errorf("the customer cannot be called %q", word)
		}
	}
	if v, err := NewVocabulary(""); err != nil || v.CustomerWord() != "customer" {
		t.Errorf("the customer is called customer by default, but got %v", err)
	}
}

func TestNamesInOtherScripts(t *testing.T) {
	v, err := NewVocabulary("客户")
	must(t, err)
	_, err = v.Declare(Customer, Field{Name: "行业", Kind: String})
	must(t, err)
	r, err := v.Record(Customer, map[string]any{"行业": "钢铁"})
	must(t, err)
	p, err := v.Compile(Text{Source: `客户.行业 == "钢铁"`}, Want{Kind: Bool})
	must(t, err)
	if got := p.Truth(&Env{Customer: r}).Truth; got != True {
		t.Errorf("names may be in any script, but the condition is %v", got)
	}
	if _, err = v.Compile(Text{Source: `客户.行业 == "钢" and 客户.行 == ""`}, Want{Kind: Bool}); err == nil || !strings.HasPrefix(err.Error(), "1:18: ") {
		t.Errorf("columns count characters, so the slip is in column 18, but got %v", err)
	}
}

func TestVocabularyFreezes(t *testing.T) {
	v := theWorld(t)
	condition(t, v, "true")
	_, err := v.Declare(Customer, Field{Name: "late", Kind: Int})
	for _, err := range []error{err, v.DeclareList("late", nil), v.Let("late", Text{Source: "true"}), v.In(time.UTC)} {
		if err == nil || !strings.Contains(err.Error(), "frozen") {
			t.Errorf("nothing can be declared after the first Compile, but got %v", err)
		}
	}
}

func TestProgramsAreSafeForConcurrentUse(t *testing.T) {
	v := theWorld(t)
	p := condition(t, v, eligibility+` and any(rep.skills, # == lead.industry) and lead.industry matches "^st"`)
	e := env(t, v, map[string]any{"region": "north", "industry": "steel"}, map[string]any{"active": true, "region": "north", "skills": "food; steel", "open": 3, "capacity": 5})
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 200 {
				if p.Truth(e).Truth != True || !p.Trace(e).Value.Bool() {
					t.Error("a program gives the same answer to every goroutine")
				}
			}
			if _, err := v.Compile(Text{Source: eligibility}, Want{Kind: Bool}); err != nil {
				t.Errorf("a frozen vocabulary compiles for every goroutine, but: %v", err)
			}
		})
	}
	group.Wait()
}

func TestTables(t *testing.T) {
	v := theWorld(t)
	for _, c := range []struct {
		source, domain, postal string
		want                   Truth
	}{
		{`has(named[lead.domain])`, "acme.com", "", True},
		{`has(named[lead.domain])`, "nobody.com", "", False},
		{`named[lead.domain].owner == "ana"`, "acme.com", "", True},
		{`named[lead.domain].owner == "ana"`, "nobody.com", "", Unknown},
		{`named[lead.domain].owner == "ana"`, "solo.io", "", Unknown},
		{`has(named[lead.domain].owner)`, "solo.io", "", False},
		{`named[lead.domain].tier == 2`, "solo.io", "", True},
		{`(named[lead.domain].owner ?? "house") == "house"`, "nobody.com", "", True},
		{`named["acme.com"].owner == "ana"`, "", "", True},
		{`postal[lead.postal].territory == "berlin"`, "", "10115", True},
		{`postal[lead.postal].territory == "east"`, "", "14467", True},
		{`has(postal[lead.postal])`, "", "80331", False},
	} {
		e := env(t, v, map[string]any{"domain": c.domain, "postal": c.postal}, nil)
		if got := condition(t, v, c.source).Truth(e).Truth; got != c.want {
			t.Errorf("%s with domain %q, postal %q is %v, but got %v", c.source, c.domain, c.postal, c.want, got)
		}
	}
	table, err := NewTable("key", Exact, []Column{{"n", Int}})
	must(t, err)
	must(t, table.Add("a", 1))
	for _, err := range []error{table.Add("a", 2), table.Add("", 1), table.Add("b"), table.Add("b", "x"), table.Add(strings.Repeat("k", MaxKey+1), 1)} {
		if err == nil {
			t.Error("a row with a repeated, empty or long key, a missing cell or a wrong cell is refused")
		}
	}
	if table.Len() != 1 {
		t.Errorf("a refused row leaves nothing behind, but the table has %d rows", table.Len())
	}
	if _, err := NewTable("key", Exact, []Column{{"key", Int}}); err == nil {
		t.Error("a column cannot have the name of the key")
	}
}

type account struct {
	contactInfo
	ID            string
	ExpectedValue float64 `evenhand:",missing=zero"`
	HTTPStatus    int16
	Level         level `evenhand:"grade"`
	Tags          []level
	Years         []uint16
	Secret        func() `evenhand:"-"`
}

type contactInfo struct{ City string }

func TestStructs(t *testing.T) {
	v, err := NewVocabulary("account")
	must(t, err)
	must(t, v.DeclareStruct(Customer, &account{}))
	var got []string
	for _, f := range v.Fields(Customer) {
		got = append(got, f.Name+" "+f.Kind.String())
	}
	want := "city string, id string, expected_value number, http_status int, grade string, tags [string], years [int]"
	if joined := strings.Join(got, ", "); joined != want {
		t.Errorf("the fields of a struct are\n%s, but got\n%s", want, joined)
	}
	must(t, v.DeclareStruct(Customer, account{})) // again: the same names and kinds
	r, err := v.StructRecord(Customer, account{ID: "a", HTTPStatus: 200, Level: "gold", Tags: []level{"x"}})
	must(t, err)
	p, err := v.Compile(Text{Source: `account.id == "a" and account.http_status == 200 and account.grade == "gold" and "x" in account.tags and account.expected_value == 0 and not has(account.years)`}, Want{Kind: Bool})
	must(t, err)
	if got := p.Truth(&Env{Customer: r}); got.Truth != True {
		t.Errorf("a record read from a struct has its values, but %v: %v", got.Truth, got.Cause)
	}
}

func TestEmbeddedStructsAndPointers(t *testing.T) {
	type Base struct {
		Region  *string
		HiredAt time.Time
	}
	type Seller struct {
		*Base
		Active bool
	}
	v, err := NewVocabulary("")
	must(t, err)
	must(t, v.DeclareStruct(Rep, Seller{}))
	north := "north"
	for _, c := range []struct {
		s    Seller
		want string
	}{
		{Seller{Base: &Base{Region: &north, HiredAt: theNow}, Active: true}, "\"north\" 2026-03-01T12:00:00Z true"},
		{Seller{Base: &Base{}}, "null null false"},
		{Seller{}, "null null false"},
	} {
		r, err := v.StructRecord(Rep, &c.s)
		must(t, err)
		if got := r[0].String() + " " + r[1].String() + " " + r[2].String(); got != c.want {
			t.Errorf("pointers that are nil and times that are zero are missing: got %s, want %s", got, c.want)
		}
	}
	for _, sample := range []any{nil, 5, "x", struct{ C chan int }{}, struct {
		X int `evenhand:"x,missing=never"`
	}{}, struct{ M map[string]int }{}, struct{ L [][]int }{}} {
		if err := v.DeclareStruct(Customer, sample); err == nil {
			t.Errorf("%T cannot be declared", sample)
		}
	}
}

// Of two fields with one name the one less deep counts, as in Go.
func TestOuterFieldsHideInnerOnes(t *testing.T) {
	type Inner struct {
		Region string
		Score  int
	}
	type Outer struct {
		Inner
		Region string
	}
	v, err := NewVocabulary("")
	must(t, err)
	must(t, v.DeclareStruct(Customer, Outer{}))
	r, err := v.StructRecord(Customer, Outer{Inner{"inner", 3}, "outer"})
	must(t, err)
	slot, _ := v.Slot(Customer, "region")
	if fields := v.Fields(Customer); len(fields) != 2 || r[slot].Str() != "outer" {
		t.Errorf("the outer field hides the inner one, but of %v the region is %s", fields, r[slot])
	}
}

func TestSnake(t *testing.T) {
	for name, want := range map[string]string{"ID": "id", "ExpectedValue": "expected_value", "HTTPStatus": "http_status", "UserID": "user_id", "A": "a", "Open2": "open2", "Already_snake": "already_snake"} {
		if got := snake(name); got != want {
			t.Errorf("%s is %s in a document, but got %s", name, want, got)
		}
	}
}

func TestParseKind(t *testing.T) {
	for k := Bool; k <= NumberList; k++ {
		if got, err := ParseKind(k.String()); err != nil || got != k {
			t.Errorf("a kind is read back from its word: %s gives %s, %v", k, got, err)
		}
	}
	if _, err := ParseKind("integer"); err == nil || !strings.HasSuffix(err.Error(), "Maybe int") {
		t.Errorf("a word from elsewhere is told with ours, but got %v", err)
	}
}
