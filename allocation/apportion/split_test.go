package apportion_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evenhand/evenhand/allocation/apportion"
)

func requireSplit(t *testing.T, m apportion.Method, total int64, weights, want []int64) {
	t.Helper()
	got, err := apportion.Split(m, total, weights)
	if err != nil {
		t.Fatalf("%v: %d by %v: %v", m, total, weights, err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%v: %d by %v (-want +got):\n%s", m, total, weights, diff)
	}
}

func TestSplitExactFigures(t *testing.T) {
	hundred := []int64{5117, 4400, 162, 161, 160}
	for _, c := range []struct {
		method  apportion.Method
		total   int64
		weights []int64
		want    []int64
	}{
		{apportion.Hamilton, 5, []int64{30, 70}, []int64{2, 3}}, // quotas 1.5 and 3.5: a tie, to the earlier row
		{apportion.Webster, 5, []int64{30, 70}, []int64{2, 3}},
		{apportion.Hamilton, 10, []int64{50, 25, 25}, []int64{5, 3, 2}},
		{apportion.Webster, 10, []int64{50, 25, 25}, []int64{5, 3, 2}},
		{apportion.Hamilton, 100, hundred, []int64{51, 44, 2, 2, 1}},
		{apportion.DHondt, 100, hundred, []int64{52, 45, 1, 1, 1}},
		{apportion.Webster, 100, hundred, []int64{51, 43, 2, 2, 2}},
		{apportion.QuotaMethod, 100, hundred, []int64{52, 44, 2, 1, 1}},
	} {
		requireSplit(t, c.method, c.total, c.weights, c.want)
	}
}

// Faults that public money libraries have had.
func TestSplitFaultsOfMoneyLibraries(t *testing.T) {
	for _, m := range apportion.Methods() {
		// A party with ratio zero receives the spare cent.
		requireSplit(t, m, 1, []int64{0, 1}, []int64{0, 1})
		requireSplit(t, m, 5, []int64{0, 1, 0}, []int64{0, 5, 0})
		// The spare cent goes to the first party, however small.
		requireSplit(t, m, 1, []int64{1, 1000}, []int64{0, 1})
		// A debt is split otherwise than the same amount owed.
		requireSplit(t, m, -5, []int64{30, 70}, negated(mustSplitPlain(t, m, 5, []int64{30, 70})))
		requireSplit(t, m, -1, []int64{1, 1, 1}, []int64{-1, 0, 0})
	}
	requireSplit(t, apportion.Hamilton, 5, []int64{0, 7, 3}, []int64{0, 4, 1})
	// Rounding each share to the nearest loses or invents cents.
	requireSplit(t, apportion.Hamilton, 100, []int64{1, 1, 1}, []int64{34, 33, 33})
	requireSplit(t, apportion.Hamilton, 2, []int64{1, 1, 1, 1}, []int64{1, 1, 0, 0})
}

func mustSplitPlain(t *testing.T, m apportion.Method, total int64, weights []int64) []int64 {
	t.Helper()
	parts, err := apportion.Split(m, total, weights)
	if err != nil {
		t.Fatal(err)
	}
	return parts
}

// The paradox that ended Hamilton's method in Congress: one seat more, and the
// smallest loses one. The quotas are 4 2/7, 4 2/7, 1 3/7 and then 4 5/7, 4 5/7, 1 4/7.
func TestAlabamaParadoxIsHamiltonsAlone(t *testing.T) {
	weights := []int64{6, 6, 2}
	requireSplit(t, apportion.Hamilton, 10, weights, []int64{4, 4, 2})
	requireSplit(t, apportion.Hamilton, 11, weights, []int64{5, 5, 1})
	for _, m := range apportion.Methods() {
		ten, eleven := mustSplitPlain(t, m, 10, weights), mustSplitPlain(t, m, 11, weights)
		if m != apportion.Hamilton && eleven[2] < ten[2] {
			t.Errorf("%v: the third row loses from %v to %v although the total grows", m, ten, eleven)
		}
	}
}

// New York had 32.503 quotas in 1820 and 34 seats under Jefferson's method:
// D'Hondt gives large rows more than their quota rounded up, Adams less than
// theirs rounded down, and the others that promise it stay in quota.
func TestDivisorMethodsLeaveQuotaOnTheirSide(t *testing.T) {
	weights := []int64{20, 1, 1, 1, 1, 1, 1} // 13 units: quotas 10 and 1/2 each
	requireSplit(t, apportion.DHondt, 13, weights, []int64{13, 0, 0, 0, 0, 0, 0})
	requireSplit(t, apportion.Adams, 13, weights, []int64{7, 1, 1, 1, 1, 1, 1})
	requireSplit(t, apportion.Hamilton, 13, weights, []int64{10, 1, 1, 1, 0, 0, 0})
	requireSplit(t, apportion.QuotaMethod, 13, weights, []int64{10, 1, 1, 1, 0, 0, 0})

	for m, outside := range map[apportion.Method]bool{
		apportion.DHondt: true, apportion.Adams: true, apportion.Hamilton: false, apportion.QuotaMethod: false,
	} {
		rows, err := apportion.Quota(13, weights, mustSplitPlain(t, m, 13, weights))
		if err != nil {
			t.Fatal(err)
		}
		if rows[0].InQuota == outside {
			t.Errorf("%v: the large row's part %d against the quota %s: in quota is %v", m, rows[0].Part, rows[0].Quota.RatString(), rows[0].InQuota)
		}
	}
}

// Adams and Huntington-Hill serve everybody once first; with too few units
// the largest come first, and ties go by row.
func TestMethodsThatServeEverybodyOnceFirst(t *testing.T) {
	for _, m := range []apportion.Method{apportion.Adams, apportion.HuntingtonHill} {
		requireSplit(t, m, 4, []int64{1000, 1, 1, 1}, []int64{1, 1, 1, 1})
		requireSplit(t, m, 5, []int64{1000, 1, 1, 0, 1}, []int64{2, 1, 1, 0, 1})
		requireSplit(t, m, 3, []int64{1, 5, 0, 1, 9}, []int64{1, 1, 0, 0, 1})
		requireSplit(t, m, 1, []int64{5, 5}, []int64{1, 0})
	}
}

func TestSplitNothing(t *testing.T) {
	for _, m := range apportion.Methods() {
		requireSplit(t, m, 0, []int64{3, 0, 4}, []int64{0, 0, 0})
		requireSplit(t, m, 0, []int64{0, 0}, []int64{0, 0})
		requireSplit(t, m, 0, []int64{}, []int64{})
	}
}

// The largest numbers there are, without overflow.
func TestSplitAtTheEdgeOfInt64(t *testing.T) {
	const most, least = int64(math.MaxInt64), int64(math.MinInt64)
	for _, m := range apportion.Methods() {
		requireSplit(t, m, most, []int64{1}, []int64{most})
		requireSplit(t, m, least, []int64{1}, []int64{least})
		requireSplit(t, m, least, []int64{most, 0}, []int64{least, 0})
		requireSplit(t, m, least, []int64{7, 7}, []int64{least / 2, least / 2})
		requireSplit(t, m, most, []int64{most / 2, most/2 + 1}, []int64{most / 2, most/2 + 1})
	}
	for _, m := range divisorOrder {
		parts := mustSplitPlain(t, m, most, []int64{most / 3, most / 5, most / 7})
		if sumOf(parts) != most {
			t.Errorf("%v: parts %v do not add up to 2^63-1", m, parts)
		}
	}
	bounded := apportion.Problem{Total: least, Weights: []int64{1, 1, 1}, Min: []int64{0, 0, most}}
	got, err := bounded.Split(apportion.Webster)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int64{-1, 0, -most}, got); diff != "" {
		t.Errorf("2^63 with a minimum of 2^63-1 for one row (-want +got):\n%s", diff)
	}
}

// The quota method walks less than one lap of the weights in lowest terms.
func TestQuotaMethodSkipsWholeLaps(t *testing.T) {
	weights := []int64{5117, 4400, 162, 161, 160} // they add up to 10,000
	parts := mustSplitPlain(t, apportion.QuotaMethod, 100_000_000_000_100, weights)
	want := []int64{52, 44, 2, 1, 1}
	for i, w := range weights {
		want[i] += 10_000_000_000 * w
	}
	if diff := cmp.Diff(want, parts); diff != "" {
		t.Errorf("after 10^10 laps the parts of 100 come on top (-want +got):\n%s", diff)
	}
}

func TestMinimumsAreFloorsAndMaximumsCeilings(t *testing.T) {
	for _, c := range []struct {
		p    apportion.Problem
		want []int64
	}{
		// A minimum below the quota changes nothing.
		{apportion.Problem{Total: 10, Weights: []int64{3, 2}, Min: []int64{5, 0}}, []int64{6, 4}},
		// One above it is met, and the rest is split among the others.
		{apportion.Problem{Total: 10, Weights: []int64{3, 3, 4}, Min: []int64{6, 0, 0}}, []int64{6, 2, 2}},
		{apportion.Problem{Total: 10, Weights: []int64{8, 1, 1}, Max: []int64{4, 10, 10}}, []int64{4, 3, 3}},
		{apportion.Problem{Total: 10, Weights: []int64{0, 1, 1}, Min: []int64{4, 0, 0}}, []int64{4, 3, 3}},
		{apportion.Problem{Total: 9, Weights: []int64{0, 0}, Min: []int64{4, 5}}, []int64{4, 5}},
		// Holding one row at its maximum frees another from its minimum.
		{apportion.Problem{Total: 20, Weights: []int64{90, 6, 4}, Min: []int64{0, 2, 2}, Max: []int64{10, 20, 20}}, []int64{10, 6, 4}},
	} {
		for _, m := range append([]apportion.Method{apportion.Hamilton}, divisorOrder...) {
			got, err := c.p.Split(m)
			if err != nil {
				t.Fatalf("%v: %+v: %v", m, c.p, err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%v: %+v (-want +got):\n%s", m, c.p, diff)
			}
		}
	}
}

func TestMinChangeMovesOneCustomer(t *testing.T) {
	// Ten among three equal reps stood at 3, 3, 4. A plain Hamilton split would
	// move one from the third to the first for no reason.
	got, err := apportion.Problem{Total: 10, Weights: []int64{1, 1, 1}}.MinChange([]int64{3, 3, 4})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int64{3, 3, 4}, got); diff != "" {
		t.Errorf("what is in quota already stays as it is (-want +got):\n%s", diff)
	}
}

func TestSplitGroups(t *testing.T) {
	for _, c := range []struct {
		name   string
		total  int64
		groups []apportion.Group
		want   [][]int64
	}{
		{"two teams", 10, []apportion.Group{{Weights: []int64{3, 2}}, {Weights: []int64{5}}}, [][]int64{{3, 2}, {5}}},
		{"a minimum inside a group raises the group", 10,
			[]apportion.Group{{Weights: []int64{1, 1}, Min: []int64{3, 3}}, {Weights: []int64{8}}}, [][]int64{{3, 3}, {4}}},
		{"a maximum inside a group limits the group", 10,
			[]apportion.Group{{Weights: []int64{9, 0}, Max: []int64{2, 9}}, {Weights: []int64{1}}}, [][]int64{{2, 0}, {8}}},
		{"an empty group gets nothing", -4, []apportion.Group{{}, {Weights: []int64{1, 1}}}, [][]int64{{}, {-2, -2}}},
	} {
		got, err := apportion.SplitGroups(apportion.DHondt, c.total, c.groups)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}
