package policy

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/calendar"
	"github.com/evenhand/evenhand/allocation/rotation"
	"github.com/google/go-cmp/cmp"
)

// TestExampleDocument holds the example to what each of its lines says.
func TestExampleDocument(t *testing.T) {
	p, err := Load("testdata/inbound/inbound.yaml")
	if err != nil {
		t.Fatal(err)
	}
	berlin, err := calendar.LoadZone("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	if p.Name != "inbound-leads" || p.Kind != "lead" || p.Zone.String() != "Europe/Berlin" || p.WeekStarts != time.Monday {
		t.Errorf("header: got %q %q %v %v", p.Name, p.Kind, p.Zone, p.WeekStarts)
	}
	if days := p.Holidays.For("DE"); len(days) != 2 {
		t.Errorf("holidays in DE: want 2, got %v", days)
	}
	wantCaps := []allocation.Cap{
		{Name: "book", Rule: -1, LimitByRep: true, Key: `desk/"book"/stock///rep/`},
		{Name: "daily", Rule: -1, LimitByRep: true, Key: `desk/"daily"/flow/day/desk/rep/`, Flow: true, Per: calendar.Day},
		{Name: "referrals", Rule: 3, LimitByRep: true, Key: `rule:ent/"referrals"/flow/week/desk/rep/"lead.source == \"referral\""`, Flow: true, Per: calendar.Week, Only: true},
	}
	if diff := cmp.Diff(wantCaps, p.Caps, cmp.Comparer(func(a, b calendar.Per) bool { return a == b })); diff != "" {
		t.Errorf("caps (-want +got):\n%s", diff)
	}
	want := allocation.Rule{
		ID: "ent", Name: "enterprise", From: time.Date(2026, 1, 1, 0, 0, 0, 0, berlin), Pick: "rotate", Caps: []int{2},
		HasWeight: true, WeightByRep: true, WeightRange: &allocation.WeightRange{Low: 500_000, High: 2_000_000},
		Ramp:      []allocation.RampStep{{AfterDays: 0, PPM: 250_000}, {AfterDays: 30, PPM: 600_000}, {AfterDays: 90, PPM: 1_000_000}},
		HasPrefer: true, Selection: rotation.Selection{Rule: rotation.Window, Tau: 100_000},
		HasSize: true, SizeScale: 2, SizeLow: 180_000, SizeHigh: 4_500_000, Typical: 900_000,
	}
	if diff := cmp.Diff(want, p.Rules[3]); diff != "" {
		t.Errorf("rule enterprise (-want +got):\n%s", diff)
	}
	if p.Rules[1].ID != "keep-the-owner" || p.Rules[1].Available != allocation.AnyAvailable || p.Rules[0].Reason != "spam" {
		t.Errorf("the other rules: %+v", p.Rules)
	}
	if !slices.Equal(p.Fallback, []string{"sam"}) || len(p.Hash) != 64 || p.ReadsNow || p.ReadsOpen {
		t.Errorf("the rest: fallback %v, hash %s, reads now %v, reads open %v", p.Fallback, p.Hash, p.ReadsNow, p.ReadsOpen)
	}
}

func TestDefaults(t *testing.T) {
	p := compile(t, "evenhand: 1\nname: a\nrules: [{name: b}]\n", nil)
	if p.Kind != "customer" || p.Zone != time.UTC || p.WeekStarts != time.Monday || p.Scope != allocation.ScopeRule || p.Share != allocation.SharePerCustomer ||
		p.OnReturn != (allocation.OnReturn{}) || p.Manual != allocation.ManualCaps || p.Caps != nil || p.Fallback != nil || p.Holidays != nil {
		t.Errorf("the defaults of a policy: %+v", p)
	}
	if diff := cmp.Diff(allocation.Rule{ID: "b", Name: "b", Pick: "rotate"}, p.Rules[0]); diff != "" {
		t.Errorf("the defaults of a rule (-want +got):\n%s", diff)
	}
}

func TestWords(t *testing.T) {
	p := compile(t, slipHeader+`
rotation: {on_return: {grant: time_off, longer_than: 2d, max: 10}, manual: caps_and_credit}
rules:
  - {name: a, if_none: {away: wait, full: fallback}, weight: lead.value, weight_null: 0.5, prefer: lead.score}
  - {name: b, if_none: wait, available: not_away, prefer: lead.score, window: 0.5, weight: lead.value, weight_null: mean}
  - {name: c, from: "2026-01-01T09:00:00+01:00", until: 2026-06-01}
`, nil)
	if want := (allocation.OnReturn{Kind: allocation.ReturnGrant, LongerThan: 48 * time.Hour, Max: 10}); p.OnReturn != want {
		t.Errorf("on_return: want %+v, got %+v", want, p.OnReturn)
	}
	a, b, c := p.Rules[0], p.Rules[1], p.Rules[2]
	if a.IfNone != (allocation.IfNone{Away: allocation.Wait, Full: allocation.TryFallback}) || b.IfNone != (allocation.IfNone{NotEligible: allocation.Wait, Away: allocation.Wait, Full: allocation.Wait}) {
		t.Errorf("if_none: %+v and %+v", a.IfNone, b.IfNone)
	}
	if a.WeightNull != (allocation.WeightNull{Kind: allocation.NullValue, Value: 500_000}) || b.WeightNull.Kind != allocation.NullMean {
		t.Errorf("weight_null: %+v and %+v", a.WeightNull, b.WeightNull)
	}
	if a.Selection != (rotation.Selection{}) || b.Selection != (rotation.Selection{Rule: rotation.Window, Tau: 500}) {
		t.Errorf("selection: %+v and %+v", a.Selection, b.Selection)
	}
	if p.Manual != allocation.ManualCapsAndCredit || b.Available != allocation.NotAway {
		t.Errorf("manual %v, available %v", p.Manual, b.Available)
	}
	if !c.From.Equal(time.Date(2026, 1, 1, 8, 0, 0, 0, time.UTC)) || !c.Until.Equal(time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("from %v, until %v", c.From, c.Until)
	}
}

// A cap keeps its count when only its limit changes, and begins anew when what
// it counts changes.
func TestCapKey(t *testing.T) {
	key := func(body string) string {
		p := compile(t, slipHeader+body, nil)
		return p.Caps[0].Key
	}
	same := key("caps: [{name: c, assigned: 5, per: day}]\nrules: [{name: a}]\n")
	if key("caps: [{name: c, assigned: rep.capacity ?? 3, per: day, zone: desk, each: rep}]\nrules: [{name: b}]\n") != same {
		t.Error("a cap with another limit has another key")
	}
	seen := map[string]string{same: "the cap as it was"}
	for _, body := range []string{
		"caps: [{name: d, assigned: 5, per: day}]\nrules: [{name: a}]\n",
		"caps: [{name: c, open: 5}]\nrules: [{name: a}]\n",
		"caps: [{name: c, assigned: 5, per: week}]\nrules: [{name: a}]\n",
		"caps: [{name: c, assigned: 5, per: 24h}]\nrules: [{name: a}]\n",
		"caps: [{name: c, assigned: 5, per: day, zone: rep}]\nrules: [{name: a}]\n",
		"caps: [{name: c, assigned: 5, per: day, each: team}]\nrules: [{name: a}]\n",
		"caps: [{name: c, assigned: 5, per: day, only: lead.score > 1}]\nrules: [{name: a}]\n",
		"rules: [{name: a, caps: [{name: c, assigned: 5, per: day}]}]\n",
		"rules: [{name: b, caps: [{name: c, assigned: 5, per: day}]}]\n",
	} {
		k := key(body)
		if other, taken := seen[k]; taken {
			t.Errorf("two caps that count different things have the key %s: %s and %s", k, other, body)
		}
		seen[k] = body
	}
}

func TestScaledRoundsHalfToEven(t *testing.T) {
	for _, c := range []struct {
		x    float64
		unit int64
		want int64
	}{{0.285, 100, 28}, {0.295, 100, 30}, {0.275, 100, 28}, {0.005, 100, 0}, {0.015, 100, 2}, {1.1, 1_000_000, 1_100_000}, {9000, 100, 900_000}, {1e30, 1, 1<<63 - 1}, {0.1, 10, 1}} {
		if got := scaled(c.x, c.unit); got != c.want {
			t.Errorf("%v in units of 1/%d: want %d, got %d", c.x, c.unit, c.want, got)
		}
	}
}

func TestTidyKeepsTexts(t *testing.T) {
	for in, want := range map[string]string{
		"  a   and\n b ":              "a and b",
		`x == "a  b"   and y`:         `x == "a  b" and y`,
		`x == 'a\'  b\'  c'   and  y`: `x == 'a\'  b\'  c' and y`,
		`x == "a\"  b"  and y`:        `x == "a\"  b" and y`,
		"x // why\nand y":             "x // why\nand y",
		`x == "a  b`:                  `x == "a  b`,
		"":                            "",
	} {
		if got := tidy(in); got != want || tidy(got) != got {
			t.Errorf("tidy of %q: want %q, got %q and of that %q", in, want, got, tidy(got))
		}
	}
}

func TestTestsAreKept(t *testing.T) {
	d, err := Parse("policy.yaml", []byte(slipHeader+`kpis: [w]
rules: [{name: all}]
tests:
  - name: everything a test may say
    now: 2026-03-02T09:00:00Z
    reps:
      - {id: ana, teams: [a], capacity: 3, open: 2, active: true, hired_at: 2025-01-01, kpi: {w: 0.5}, shifts: "Mon-Fri 09:00-17:00", time_off: 2026-03-01..2026-03-14}
    customer: {id: L1, score: 1.5, tags: [vip], owner: null}
    expect: {rep: ana, rule: all, status: assigned, reason: manual}
`), nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []Test{{
		Name: "everything a test may say", Now: "2026-03-02T09:00:00Z",
		Reps: []map[string]any{{"id": "ana", "teams": []any{"a"}, "capacity": int64(3), "open": int64(2), "active": true, "hired_at": "2025-01-01",
			"kpi": map[string]any{"w": 0.5}, "shifts": "Mon-Fri 09:00-17:00", "time_off": "2026-03-01..2026-03-14"}},
		Customer: map[string]any{"id": "L1", "score": 1.5, "tags": []any{"vip"}, "owner": nil},
		Expect:   Expect{Rep: "ana", Rule: "all", Status: "assigned", Reason: "manual"},
	}}
	if diff := cmp.Diff(want, d.Tests); diff != "" {
		t.Errorf("tests (-want +got):\n%s", diff)
	}
}

func TestSlug(t *testing.T) {
	for in, want := range map[string]string{"keep the owner": "keep-the-owner", " A -- B! ": "a-b", "Größe 2": "größe-2", "企业客户": "企业客户", "!!!": ""} {
		if got := slug(in); got != want {
			t.Errorf("slug of %q: want %q, got %q", in, want, got)
		}
	}
}

func TestLoadReadsNothingOutsideTheFolder(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "in"), 0o700); err != nil {
		t.Fatal(err)
	}
	write("secret.txt", "secret\n")
	write("in/here.txt", "here\n")
	if err := os.Symlink("../secret.txt", filepath.Join(dir, "in", "link.txt")); err != nil {
		t.Skip("no symbolic links here")
	}
	for name, fine := range map[string]bool{"here.txt": true, "link.txt": false, "../secret.txt": false, filepath.Join(dir, "secret.txt"): false} {
		write("in/p.yaml", fmt.Sprintf("%slists: {words: {file: %s}}\nrules: [{name: a}]\n", slipHeader, name))
		if _, err := Load(filepath.Join(dir, "in", "p.yaml")); (err == nil) != fine {
			t.Errorf("a list in %s: want it read %v, got error %v", name, fine, err)
		}
	}
}

func TestLoadOfAMissingFile(t *testing.T) {
	if _, err := Load("testdata/nowhere.yaml"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("want an error that wraps fs.ErrNotExist, got %v", err)
	}
}

func TestCompileOfADocumentGivesAdvice(t *testing.T) {
	_, err := Compile([]byte("evenhand: 1\nname: a\n"))
	if err == nil || !strings.Contains(err.Error(), "\nMaybe it is the text of a document, which policy.Parse reads") {
		t.Errorf("a document given to Compile: %v", err)
	}
}
