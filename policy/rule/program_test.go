package rule

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestExactAnswers pins answers that people ask about, unknowns with their
// reasons among them.
func TestExactAnswers(t *testing.T) {
	v := theWorld(t)
	e := env(t, v, map[string]any{"country": "DE", "score": 10, "value": 0.1, "tags": "a; b", "employees": int64(9007199254740993), "created_at": "2026-02-01", "years": "2024; 2025", "amounts": "0.5; 1.5", "name": "Größe"},
		map[string]any{"capacity": 0, "skills": []string{}, "hired_at": "2025-03-01T12:00:00Z", "rating": 9007199254740992.0})
	for _, c := range []struct{ source, want string }{
		{`lead.country == "DE"`, "true"},
		{`lead.region == "x"`, "missing_field lead.region is missing"},
		{`lead.region != "x"`, "missing_field lead.region is missing"},
		{`not (lead.region == "x")`, "missing_field lead.region is missing"},
		{`lead.region == lead.industry`, "missing_field lead.region is missing"},
		{`rep.kpi.win_rate > 0.5`, "no_kpi rep.kpi.win_rate has no value"},
		{`lead.region == "x" or rep.kpi.win_rate > 1`, "missing_field lead.region is missing"},
		{`rep.kpi.win_rate > 1 or lead.region == "x"`, "no_kpi rep.kpi.win_rate has no value"},
		{`lead.region == "x" and lead.score > 99`, "false"},
		{`lead.score > 99 and lead.region == "x"`, "false"},
		{`lead.region == "x" or lead.score > 9`, "true"},
		{`lead.test ? true : true`, "missing_field lead.test is missing"},
		{`lead.test ?? true`, "true"},
		{`lead.score / rep.capacity > 1`, "rule_error division by zero in `lead.score / rep.capacity > 1`"},
		{`lead.score % rep.capacity > 1`, "rule_error division by zero in `lead.score % rep.capacity > 1`"},
		{`has(lead.score / rep.capacity)`, "false"},
		{`((lead.score / rep.capacity) ?? 1.0) == 1`, "true"},
		{`(lead.score / rep.capacity ?? 1.0) == 1`, "rule_error division by zero in `(lead.score / rep.capacity ?? 1.0) == 1`"}, // ?? binds first
		{`lead.score * 9223372036854775807 > 0`, "rule_error the result is too large for a whole number in `lead.score * 9223372036854775807 > 0`"},
		{`10.0 ** 290 * 10 ** lead.score > 0`, "true"},
		{`10.0 ** 300 * 10 ** lead.employees > 0`, "rule_error the result is not a finite number in `10.0 ** 300 * 10 ** lead.employees > 0`"},
		{`"x" in rep.skills`, "false"},
		{`"x" in rep.teams`, "missing_field rep.teams is missing"},
		{`"x" not in rep.teams`, "missing_field rep.teams is missing"},
		{`any(rep.skills, true) or all(rep.skills, false)`, "true"},
		{`any(lead.tags, # == lead.region)`, "missing_field lead.region is missing"},
		{`any(lead.tags, # == lead.region or # == "a")`, "true"},
		{`all(lead.tags, # == lead.region and # == "a")`, "false"},
		{`one(lead.tags, # == "a") and none(lead.tags, # == "c") and count(lead.tags, # >= "a") == 2`, "true"},
		{`one(["a", "b", "0"], # >= "a" or # == lead.region)`, "false"}, // two are enough to know
		{`one(["a", "0"], # >= "a" or # == lead.region)`, "missing_field lead.region is missing"},
		{`lead.country <= "DE" and lead.country >= "DE" and not (lead.country < "DE" or lead.country > "DE")`, "true"},
		{`lead.value <= 0.1 and lead.value >= 0.1 and not (lead.value < 0.1 or lead.value > 0.1)`, "true"},
		{`lead.score <= 10 and lead.score >= 10 and not (lead.score < 10 or lead.score > 10)`, "true"},
		{`int(lead.value * 9e19) > 0`, "true"},
		{`int(lead.value * 1e20) > 0`, "rule_error the result is too large for a whole number in `int(lead.value * 1e20) > 0`"},
		{`int(lead.value * -1e20) < 0`, "rule_error the result is too large for a whole number in `int(lead.value * -1e20) < 0`"},
		{`count(lead.tags, # == lead.region) == 0`, "missing_field lead.region is missing"},
		{`lead.value + 0.2 == 0.3`, "false"}, // doubles, as everywhere
		{`lead.value == 0.1 and lead.score == 10.0`, "true"},
		{`lead.employees == rep.rating`, "true"}, // 2^53 + 1 is not a double
		{`lead.score in 1..10 and lead.score not in 11..20`, "true"},
		{`lead.score in [1, 10] and lead.value in [1, 0.1] and lead.score in [0.5, 10]`, "true"},
		{`sum(lead.years) == 4049 and sum(lead.amounts) == 2 and 2024.0 in lead.years`, "true"},
		{`min(lead.score, 3) == 3 and max(lead.score, 3.5) == 10 and abs(0 - lead.score) == 10`, "true"},
		{`int(round(lead.value * 25)) == 3 and floor(2.7) == 2 and ceil(2.1) == 3 and round(0 - 2.5) == -3`, "true"},
		{`len(lead.name) == 5 and upper(lead.name) == "GRÖSSE" or upper(lead.name) == "GRÖßE"`, "true"},
		{`trim("  a ") + lower("B") == "ab" and string(lead.score) + "!" == "10!"`, "true"},
		{`lead.name startsWith "Gr" and lead.name endsWith "e" and lead.name contains "öß" and lead.name matches "^G.*e$"`, "true"},
		{`"B" < "a"`, "true"}, // bytes, not the alphabet
		{`days(now - lead.created_at) == 28.5`, "true"},
		{`hours(now - rep.hired_at) == 365 * 24`, "true"},
		{`now - rep.hired_at == duration("365d") and now - duration("1w") > lead.created_at`, "true"},
		{`lead.created_at == date("2026-02-01") and lead.created_at + duration("12h") < now`, "true"},
		{`now + duration("4000000d") > now`, "rule_error the result is not a time between the years 1 and 9999 in `now + duration(\"4000000d\") > now`"},
		{`1 < lead.score < 11`, "true"},
		{`not lead.vip and !rep.active`, "true"},
		{`enterprise`, "true"},
		{`mine`, "missing_field rep.region is missing"},
		{`(enterprise and mine) ?? false`, "false"},
		{`lead.vip ? lead.region == "x" : lead.score == 10`, "true"},
		{`enterprise == lead.vip or any(lead.tags, enterprise and # == "a")`, "true"},
		{`(enterprise ? 1 : 2) + 1 == 2 and not (enterprise == false)`, "true"},
		{`-lead.score == -10 and -lead.value < 0 and +lead.score == 10 and float(lead.score) == 10`, "true"},
		{`2 ** 3 == 8 and 2 ^ 3 == 8 and -7 % 3 == -1 and 7 / 2 == 3.5`, "true"},
		{`duration("1d12h") + duration("36h") == duration("3d") and duration("2d") - duration("1d") == duration("24h")`, "true"},
		{`(now - rep.hired_at) + (now - rep.hired_at) - (now - rep.hired_at) == duration("365d")`, "true"},
		{`duration("12h") + date("2026-02-28T12:00:00Z") < now - duration("-1d")`, "true"},
		{`date("2026-03-01T13:00:00+01:00") == now`, "true"},
		{`lead.region ?? lead.country == "DE"`, "refused"},
		{`(lead.region ?? lead.country) == "DE"`, "true"},
		{`(lead.region ?? lead.industry) == "DE"`, "missing_field lead.industry is missing"}, // the left is settled
		{`lead.test ?? (rep.kpi.win_rate > 1)`, "no_kpi rep.kpi.win_rate has no value"},
		{`(lead.region ?? "x") == "x" and ((rep.rating ?? (lead.value / rep.capacity)) > 1e99 or lead.test ?? (lead.score % rep.capacity == 0))`, "rule_error division by zero in `lead.score % rep.capacity == 0`"},
		{`any(lead.tags, any(["a", lead.country], # == "DE") and # == "b")`, "true"},
		{`lead.name + lead.name == "GrößeGröße" and len(freemail) == 2 and "web.de" in freemail`, "true"},
		{`true`, "true"},
		{`lead.country == "DE" && !(lead.score < 3) || false`, "true"},
		{`if lead.vip { true } else { lead.score == 10 }`, "true"},
		{`lead["country"] == 'DE'`, "true"},
		{`lead.name | lower() == "größe"`, "true"},
	} {
		got := "refused"
		if p, err := v.Compile(Text{Source: c.source}, Want{Kind: Bool}); err == nil {
			got = describe(p.Truth(e))
		}
		if got != c.want {
			t.Errorf("%s is %s, but got %s", c.source, c.want, got)
		}
	}
}

func describe(v Verdict) string {
	if v.Truth == Unknown {
		return fmt.Sprintf("%s %s", v.Cause.Reason, v.Cause)
	}
	return v.Truth.String()
}

func TestValuesOfEveryKind(t *testing.T) {
	v := theWorld(t)
	e := env(t, v, map[string]any{"score": 7, "country": "DE", "vip": true}, map[string]any{"capacity": 3})
	for _, c := range []struct {
		source string
		kind   Kind
		want   any
	}{
		{"lead.vip ? 2 : 1", Int, int64(2)}, {"lead.score / 2", Number, 3.5}, {"lead.score", Number, int64(7)},
		{`lead.country + "x"`, String, "DEx"}, {"rep.capacity", Null, int64(3)}, {"now", Time, theNow}, {`["a", lead.country]`, StringList, []string{"a", "DE"}},
	} {
		p, err := v.Compile(Text{Source: c.source}, Want{Kind: c.kind})
		must(t, err)
		x, cause := p.Value(e)
		if fmt.Sprint(x.Any()) != fmt.Sprint(c.want) || cause != (Cause{}) {
			t.Errorf("%s is %v, but got %v because %v", c.source, c.want, x, cause)
		}
	}
	p, err := v.Compile(Text{Source: "lead.score"}, Want{Kind: Number})
	must(t, err)
	if x, cause := p.Number(e); x != 7 || cause.Reason != "" {
		t.Errorf("a whole number serves as a number, but got %v because %v", x, cause)
	}
	if i, cause := p.Int(e); i != 7 || cause.Reason != "" {
		t.Errorf("a whole number is read as one, but got %v because %v", i, cause)
	}
	if got := p.Truth(e); got.Truth != Unknown || got.Cause.Reason != RuleError {
		t.Errorf("a number is no condition, but got %v", got)
	}
	if _, cause := condition(t, v, "lead.vip").Number(e); cause.Reason != RuleError {
		t.Errorf("a condition is no number, but got %v", cause)
	}
}

// TestAnswersWithoutARep: a record that is nil or short has nulls.
func TestAnswersWithoutARep(t *testing.T) {
	v := theWorld(t)
	p := condition(t, v, "rep.region == lead.region or not has(rep.kpi.win_rate)")
	if got := p.Truth(&Env{}).Truth; got != True {
		t.Errorf("what a record does not reach is null, but got %v", got)
	}
	wrong := &Env{Customer: v.NewRecord(Customer), Rep: v.NewRecord(Rep)}
	wrong.Customer[0] = IntValue(3)
	if got := condition(t, v, `lead.id == "3"`).Truth(wrong); got.Cause.Reason != RuleError {
		t.Errorf("a value of another kind than declared is a rule_error, but got %v", got)
	}
}

func TestStepsAreSharedWhateverTheOrder(t *testing.T) {
	v := theWorld(t)
	list := make([]string, MaxList)
	for i := range list {
		list[i] = fmt.Sprintf("%04d", i)
	}
	e := env(t, v, map[string]any{"tags": list, "vip": true}, map[string]any{"skills": list})
	const costly, cheap = `any(lead.tags, any(rep.skills, # == "x"))`, `any(lead.tags, # == "0999")`
	for _, c := range []struct {
		source string
		want   Truth
	}{
		{costly, Unknown}, {"not " + costly, Unknown}, {cheap, True},
		{costly + " and " + cheap, Unknown}, {cheap + " and " + costly, Unknown},
		{costly + " or " + cheap, True}, {cheap + " or " + costly, True},
		{costly + " and not " + cheap, False}, {"not " + cheap + " and " + costly, False},
		{`all(lead.tags, # >= "0" or any(rep.skills, # == "x"))`, Unknown},
		{`all(lead.tags, any(rep.skills, # == "x") or # >= "0")`, Unknown},
		{`any(lead.tags, # == "0000" or any(rep.skills, # == "x"))`, Unknown},
		{`any(lead.tags, any(rep.skills, # == "x") or # == "0000")`, Unknown},
	} {
		got := condition(t, v, c.source).Truth(e)
		if got.Truth != c.want || got.Truth == Unknown && got.Cause.Reason != RuleError {
			t.Errorf("a leaf has its own steps whatever stands before it: %s is %v, but got %v because %v", c.source, c.want, got.Truth, got.Cause)
		}
	}
}

func TestReads(t *testing.T) {
	v := theWorld(t)
	for _, c := range []struct{ source, want string }{
		{`lead.vip`, "customer [vip] rep [] kpis [] lists [] tables [] lets [] now false rep-only false customer-only true"},
		{`rep.open < rep.capacity and rep.kpi.win_rate > 0`, "customer [] rep [capacity kpi.win_rate open] kpis [win_rate] lists [] tables [] lets [] now false rep-only true customer-only false"},
		{`mine and lead.domain in freemail`, "customer [domain region] rep [region] kpis [] lists [freemail] tables [] lets [mine] now false rep-only false customer-only false"},
		{`has(named[lead.domain]) or any(freemail, # == lead.name)`, "customer [domain name] rep [] kpis [] lists [freemail] tables [named] lets [] now false rep-only false customer-only true"},
		{`now > rep.hired_at`, "customer [] rep [hired_at] kpis [] lists [] tables [] lets [] now true rep-only false customer-only false"},
	} {
		p := condition(t, v, c.source)
		r := p.Reads()
		got := fmt.Sprintf("customer %v rep %v kpis %v lists %v tables %v lets %v now %v rep-only %v customer-only %v", r.Customer, r.Rep, r.KPIs, r.Lists, r.Tables, r.Lets, r.Now, r.RepOnly(), r.CustomerOnly())
		if got != c.want {
			t.Errorf("%s reads\n%s, but got\n%s", c.source, c.want, got)
		}
		for i, name := range r.Rep {
			if slot, ok := v.Slot(Rep, name); !ok || !slices.Contains(r.RepSlots, slot) || !r.RepField(name) {
				t.Errorf("the slots read are those of the names: %s, field %d", name, i)
			}
		}
	}
}

func TestGaps(t *testing.T) {
	v := theWorld(t)
	for source, want := range map[string]string{
		`lead.country == "DE"`:                                                                      "lead.country",
		`rep.id == lead.id and rep.open > 1`:                                                        "", // refuse and zero are always there
		`has(lead.country) and lead.country == "DE"`:                                                "",
		`lead.country == "DE" and has(lead.country)`:                                                "",
		`not has(lead.country) or lead.country == "DE"`:                                             "",
		`has(lead.country) or lead.country == "DE"`:                                                 "lead.country",
		`has(lead.country) ? lead.country == "DE" : lead.vip`:                                       "",
		`has(lead.country) ? lead.vip : lead.country == "DE"`:                                       "lead.country",
		`(lead.country ?? "") == "DE" and rep.kpi.win_rate > 0`:                                     "rep.kpi.win_rate",
		`(lead.country ?? lead.region) == "DE"`:                                                     "lead.region",
		`named[lead.domain].owner == rep.id`:                                                        "named[lead.domain].owner lead.domain",
		`has(named[lead.domain].owner) and named[lead.domain].owner == rep.id and has(lead.domain)`: "",
		`has(named[lead.domain].owner) and named[lead.domain].owner == rep.id`:                      "",
		`has(named[lead.domain]) and lead.domain != "x" and named[lead.domain].owner == rep.id`:     "named[lead.domain].owner",
		`enterprise`: "lead.employees",
	} {
		var got []string
		for _, gap := range condition(t, v, source).Gaps() {
			got = append(got, gap.Name)
		}
		if joined := strings.Join(got, " "); joined != want {
			t.Errorf("null can arrive in %s at %q, but got %q", source, want, joined)
		}
	}
}

// TestWithoutGapsNothingIsMissing: when every value that Gaps names is there,
// no answer is unknown for want of a value.
func TestWithoutGapsNothingIsMissing(t *testing.T) {
	v := logicWorld(t)
	rapid.Check(t, func(rt *rapid.T) {
		g := generator{rt}
		tree := g.condition(3)
		p := compiled(rt, v, Bool, tree.String())
		some, all := g.facts(false), g.facts(true)
		for _, gap := range p.Gaps() {
			if strings.HasPrefix(gap.Name, "named[") {
				all["lead.industry"], some["lead.industry"] = "steel", "steel"
				continue
			}
			some[gap.Name] = all[gap.Name]
		}
		if got := p.Truth(some.env(t, v)); got.Cause.Reason == MissingField || got.Cause.Reason == NoKPI {
			rt.Fatalf("with every gap filled nothing is missing, but %s is unknown because %v, gaps %v", tree, got.Cause, p.Gaps())
		}
	})
}

// TestDecisiveLeavesDecide: whatever the other leaves had said, the answer
// would have been the same.
func TestDecisiveLeavesDecide(t *testing.T) {
	v := logicWorld(t)
	rapid.Check(t, func(rt *rapid.T) {
		g := generator{rt}
		tree := g.condition(4)
		p := compiled(rt, v, Bool, tree.String())
		trace := p.Trace(g.facts(false).env(t, v))
		if trace.Verdict.Truth == Unknown || hasElse(p.root) {
			return
		}
		said := map[*Leaf]Truth{}
		for _, l := range p.Leaves() {
			said[l] = Truth(g.pick("another answer", 3))
		}
		for _, l := range trace.Decisive() {
			said[l.Leaf] = l.Truth
		}
		if got := resay(p.root, said); got != trace.Verdict.Truth {
			rt.Fatalf("the decisive leaves alone decide: %s is %v, with other leaves answering %v it is %v", tree, trace.Verdict.Truth, said, got)
		}
	})
}

func hasElse(n *node) bool {
	if n.op == opElse {
		return true
	}
	if n.op != opLeaf {
		for child := range n.children {
			if hasElse(child) {
				return true
			}
		}
	}
	return false
}

// resay is the answer of the structure when the leaves say what they are told.
func resay(n *node, said map[*Leaf]Truth) Truth {
	switch n.op {
	case opLeaf:
		return said[n.leaf]
	case opConst:
		return truthOf(n.value.Bool())
	case opNot:
		return resay(n.a, said).negated()
	case opIf:
		switch resay(n.a, said) {
		case True:
			return resay(n.b, said)
		case False:
			return resay(n.c, said)
		}
		return Unknown
	}
	x, y := resay(n.a, said), resay(n.b, said)
	decides := False
	if n.op == opOr {
		decides = True
	}
	switch {
	case x == decides || y == decides:
		return decides
	case x == Unknown || y == Unknown:
		return Unknown
	}
	return decides.negated()
}

// TestLetsKeepTheirLeaves: a let is seen through, and its leaves are those
// of the place where it was written.
func TestLetsKeepTheirLeaves(t *testing.T) {
	v := theWorld(t)
	must(t, v.Let("both", Text{Source: "enterprise and not mine", File: "p.yaml", Line: 9, Column: 9}))
	p := condition(t, v, "both or (mine and rep.active)")
	var got []string
	for _, l := range p.Leaves() {
		got = append(got, fmt.Sprintf("%s: %s at %s:%d:%d", l.Let, l.Source, l.File, l.Line, l.Column))
	}
	const want = "enterprise: lead.employees >= 1000 at :1:1, mine: rep.region == lead.region at :1:1, : rep.active at :1:19"
	if joined := strings.Join(got, ", "); joined != want {
		t.Errorf("the leaves of a let are its own, each once: got\n%s\nwant\n%s", joined, want)
	}
}

// TestLetsCountAsWrittenOut: limits hold for what a let name stands for.
func TestLetsCountAsWrittenOut(t *testing.T) {
	v := theWorld(t)
	must(t, v.Let("deep", Text{Source: `any(lead.tags, any(rep.skills, # == "x"))`}))
	if _, err := v.Compile(Text{Source: "any(lead.tags, deep)"}, Want{Kind: Bool}); err == nil || !strings.Contains(err.Error(), "2 deep at most") {
		t.Errorf("three loops in one another are refused though a let holds two, but got %v", err)
	}
	if _, err := v.Compile(Text{Source: "deep"}, Want{Kind: Bool}); err != nil {
		t.Errorf("two loops in one another are allowed behind a let, but got %v", err)
	}
}

func TestTraceShowsWhatWasRead(t *testing.T) {
	v := theWorld(t)
	e := env(t, v, map[string]any{"domain": "acme.com", "industry": "steel"}, map[string]any{"skills": "food", "active": true})
	trace := condition(t, v, `rep.active and (lead.industry in rep.skills or named[lead.domain].owner == rep.id and has(named[lead.domain]))`).Trace(e)
	var got []string
	for _, l := range trace.Leaves {
		got = append(got, fmt.Sprintf("%s is %v, decided %v, column %d: %v", l.Leaf.Source, l.Truth, l.Decided, l.Leaf.Column, l.Operands))
	}
	want := []string{
		`rep.active is true, decided false, column 1: [{rep.active true}]`,
		`lead.industry in rep.skills is false, decided true, column 17: [{lead.industry "steel"} {rep.skills ["food"]}]`,
		`named[lead.domain].owner == rep.id is false, decided true, column 48: [{named[lead.domain].owner "ana"} {lead.domain "acme.com"} {rep.id "x"}]`,
		`has(named[lead.domain]) is true, decided false, column 87: [{named[lead.domain] true} {lead.domain "acme.com"}]`,
	}
	if trace.Verdict.Truth != False || strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("a trace shows each leaf with what it read: got %v\n%s\nwant\n%s", trace.Verdict.Truth, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
