package allocation_test

import (
	"context"
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/fairness"
	"github.com/evenhand/evenhand/policy"
)

// mavenRows reads a published data set that is not part of the repository, from
// $EVENHAND_DATA or shared/data beside the repository, each row by its column's
// name; the test is skipped where there is none.
func mavenRows(t *testing.T, name string) []map[string]string {
	t.Helper()
	root := os.Getenv("EVENHAND_DATA")
	if root == "" {
		root = filepath.Join("..", "..", "shared", "data")
	}
	f, err := os.Open(filepath.Join(root, "maven_crm", name))
	if err != nil {
		t.Skipf("the data set is not here: %v; set EVENHAND_DATA to where it is", err)
	}
	defer f.Close()
	all, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	rows := make([]map[string]string, len(all)-1)
	for i, row := range all[1:] {
		rows[i] = map[string]string{}
		for n, name := range all[0] {
			rows[i][name] = strings.TrimSpace(row[n])
		}
	}
	return rows
}

// maven is a sales team of 35 with 2,089 open opportunities. What an opportunity
// is worth with an agent is the share of the agent's closed opportunities that he
// won, over everything he sold, times the list price of the product. Five agents
// have closed nothing: their share is unknown and they come last.
type maven struct {
	agents []allocation.Rep
	open   []allocation.Customer
	owned  []allocation.Owned
	rate   map[string]float64
	price  map[string]float64 // by opportunity
}

func readMaven(t *testing.T) *maven {
	m := &maven{rate: map[string]float64{}, price: map[string]float64{}}
	list := map[string]float64{}
	for _, row := range mavenRows(t, "products.csv") {
		price, err := strconv.ParseFloat(row["sales_price"], 64)
		if err != nil {
			t.Fatal(err)
		}
		list[row["product"]] = price
	}
	won, closed := map[string]float64{}, map[string]float64{}
	for _, row := range mavenRows(t, "sales_pipeline.csv") {
		agent, product := row["sales_agent"], strings.Replace(row["product"], "GTXPro", "GTX Pro", 1)
		switch row["deal_stage"] {
		case "Won":
			won[agent]++
			closed[agent]++
		case "Lost":
			closed[agent]++
		default:
			id := row["opportunity_id"]
			m.price[id] = list[product]
			m.open = append(m.open, allocation.Customer{ID: id, Fields: map[string]any{"price": list[product]}})
			m.owned = append(m.owned, allocation.Owned{ID: id, Rep: agent})
		}
	}
	for _, row := range mavenRows(t, "sales_teams.csv") {
		r := allocation.Rep{ID: row["sales_agent"], Region: row["regional_office"]}
		if closed[r.ID] > 0 {
			m.rate[r.ID] = won[r.ID] / closed[r.ID]
			r.KPI = map[string]float64{"win_rate": m.rate[r.ID]}
		}
		m.agents = append(m.agents, r)
	}
	if len(m.agents) != 35 || len(m.open) != 2089 || len(m.rate) != 30 {
		t.Fatalf("%d agents, %d of them with a win rate, and %d open opportunities; want 35, 30 and 2089", len(m.agents), len(m.rate), len(m.open))
	}
	return m
}

const mavenPolicy = `
evenhand: 1
name: pipeline
customer: opportunity
fields: {opportunity: {price: number}}
kpis: [win_rate]
caps: [{name: book, open: 80}]
rules:
  - {name: pipeline, id: pipeline, pick: best, prefer: rep.kpi.win_rate * opportunity.price}
`

var mavenDay = time.Date(2018, 1, 2, 9, 0, 0, 0, time.UTC)

func (m *maven) desk(t *testing.T, owned []allocation.Owned) *allocation.Desk {
	t.Helper()
	document, err := policy.Parse("pipeline.yaml", []byte(mavenPolicy), fstest.MapFS{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := document.Compile()
	if err != nil {
		t.Fatal(err)
	}
	desk, err := allocation.Open(context.Background(), allocation.Config{Policy: p, Compile: policy.Compile, Store: allocation.NewMemoryStore(), Replay: allocation.ReplayClamp})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { desk.Close() })
	if err := desk.SetReps(context.Background(), m.agents, allocation.Opening{At: mavenDay, Owned: owned}); err != nil {
		t.Fatal(err)
	}
	return desk
}

// worth is what an allocation is worth, what five agents have left out, and how
// even the numbers are.
func (m *maven) worth(repOf map[string]string) (worth, jain float64, most int) {
	load := map[string]float64{}
	for id, rep := range repOf {
		worth += m.rate[rep] * m.price[id]
		load[rep]++
	}
	var loads []float64
	for _, a := range m.agents {
		loads = append(loads, load[a.ID])
		most = max(most, int(load[a.ID]))
	}
	return worth, fairness.Jain(loads), most
}

// TestPlanMaven plans the open opportunities of the data set anew: all of them
// as if they had just come, beside what the desk gives out one by one, and then
// from the agents who have them, with and without a limit on how many move. The
// log has objective, bound, moves, fairness and prices.
func TestPlanMaven(t *testing.T) {
	m := readMaven(t)
	ctx := context.Background()
	owners, greedy, planned := map[string]string{}, map[string]string{}, map[string]string{}
	for _, o := range m.owned {
		owners[o.ID] = o.Rep
	}
	desk := m.desk(t, nil)
	plan, err := desk.Plan(ctx, m.open, allocation.PlanOptions{At: mavenDay})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range m.open {
		c.At = mavenDay
		d, err := desk.Assign(ctx, c)
		if err != nil {
			t.Fatal(err)
		}
		greedy[c.ID] = d.Rep
	}
	for _, row := range plan.Rows {
		planned[row.Customer] = row.Rep
	}
	m.log(t, "as they are now", owners)
	m.log(t, "one by one, as online", greedy)
	m.log(t, "planned as new", planned)
	g, _, _ := m.worth(greedy)
	if p, _, most := m.worth(planned); p < g || most > 80 {
		t.Errorf("the plan is worth %.0f with up to %d an agent; one by one it is %.0f", p, most, g)
	}
	provesItself(t, plan)
	for _, moves := range []*int64{nil, new(int64(200)), new(int64(300))} {
		m.replan(t, moves)
	}
}

func provesItself(t *testing.T, plan *allocation.Plan) {
	t.Helper()
	for i := range plan.Parts {
		if part := &plan.Parts[i]; part.Objective != part.Bound || part.Placed != part.Most {
			t.Errorf("rule %s: %d placed for %d, bounds %d and %d: not proved optimal", part.Rule, part.Placed, part.Objective, part.Most, part.Bound)
		}
	}
}

func (m *maven) log(t *testing.T, what string, repOf map[string]string) {
	worth, jain, most := m.worth(repOf)
	t.Logf("%s: worth %.2f, at most %d an agent, Jain %.4f", what, worth, most, jain)
}

func (m *maven) replan(t *testing.T, moves *int64) {
	desk := m.desk(t, m.owned)
	start := time.Now()
	plan, err := desk.Plan(context.Background(), m.open, allocation.PlanOptions{At: mavenDay, Stay: allocation.PlanStay{MaxMoves: moves}})
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(start)
	repOf, moved := map[string]string{}, int64(0)
	for _, row := range plan.Rows {
		repOf[row.Customer] = row.Rep
		if row.Rep != row.From {
			moved++
		}
	}
	m.log(t, "planned from those who have them", repOf)
	t.Logf("%d move, in %v; %s", moved, took.Round(time.Millisecond), plan)
	if moves != nil && moved > *moves {
		t.Errorf("%d move, and %d may", moved, *moves)
	}
	for i := range plan.Parts {
		part := &plan.Parts[i]
		dear := slices.Clone(part.Reps)
		slices.SortStableFunc(dear, func(a, b allocation.PlanRep) int { return int(b.Price - a.Price) })
		for _, r := range dear[:6] {
			t.Logf("%s", plan.ExplainRep(r.Rep))
		}
	}
	m.recorded(t, desk, plan)
}

// recorded commits a plan and explains from the ledger why some of those whom it
// moved have moved. Without a limit on moves the prices prove each.
func (m *maven) recorded(t *testing.T, desk *allocation.Desk, plan *allocation.Plan) {
	t.Helper()
	start := time.Now()
	done, err := plan.Commit(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("committed in %v: %s", time.Since(start).Round(time.Millisecond), done)
	explained := 0
	for _, row := range plan.Rows {
		if row.Rep == row.From || explained == 100 {
			continue
		}
		explained++
		x, err := desk.Explain(context.Background(), row.Customer)
		if err != nil {
			t.Fatalf("%s: %v\n%s", row.Customer, err, x)
		}
		if len(x.Plans) != 1 || x.Plans[0].Proved != plan.Parts[0].Exact {
			t.Fatalf("%s: %+v", row.Customer, x.Plans)
		}
		if explained == 1 {
			t.Logf("%s\n%s", x.Plans[0].Sentence(), x.Plans[0].Why)
		}
	}
	if explained == 0 || plan.Parts[0].NextMove == nil && !plan.Parts[0].Exact {
		t.Errorf("%d were moved; the plan's prices prove it: %v", explained, plan.Parts[0].Exact)
	}
}
