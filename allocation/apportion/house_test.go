package apportion_test

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evenhand/evenhand/allocation/apportion"
)

// census is one table of the US House: who had how many people, and how many
// seats he got. Every state has at least one.
type census struct {
	states      []string
	populations []int64
	seats       []int64
}

// censusTables reads every table us_house*.csv of real apportionments that
// lies in the data folder. The data is not part of this repository.
func censusTables(t *testing.T) map[string]census {
	t.Helper()
	data := os.Getenv("EVENHAND_DATA")
	if data == "" {
		data = filepath.Join("..", "..", "..", "shared", "data")
	}
	files, err := filepath.Glob(filepath.Join(data, "apportionment", "us_house*.csv"))
	if err != nil {
		t.Fatal(err)
	}
	tables := map[string]census{}
	for _, file := range files {
		addCensus(t, tables, file)
	}
	if len(tables) == 0 {
		t.Skipf("no tables us_house*.csv in %s: set EVENHAND_DATA to the folder that has apportionment/", data)
	}
	return tables
}

func addCensus(t *testing.T, tables map[string]census, file string) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(records[0]) < 4 || records[0][2] != "apportionment_population" || records[0][3] != "seats_actual" {
		return // another kind of table
	}
	for _, r := range records[1:] {
		population, err := strconv.ParseInt(r[2], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		seats, err := strconv.ParseInt(r[3], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		c := tables[r[0]]
		c.states = append(c.states, r[1])
		c.populations = append(c.populations, population)
		c.seats = append(c.seats, seats)
		tables[r[0]] = c
	}
}

func (c census) problem() apportion.Problem {
	one := make([]int64, len(c.states))
	for i := range one {
		one[i] = 1
	}
	return apportion.Problem{Total: sumOf(c.seats), Weights: c.populations, Min: one}
}

func (c census) named(seats []int64) map[string]int64 {
	byState := map[string]int64{}
	for i, state := range c.states {
		byState[state] = seats[i]
	}
	return byState
}

func requireSeats(t *testing.T, year string, c census, m apportion.Method) {
	t.Helper()
	got, err := c.problem().Split(m)
	if err != nil {
		t.Fatalf("%s, %v: %v", year, m, err)
	}
	if diff := cmp.Diff(c.named(c.seats), c.named(got)); diff != "" {
		t.Errorf("%s: %v differs from the seats the states really got (-real +computed):\n%s", year, m, diff)
	}
}

func TestUSHouseHuntingtonHillEqualsRealSeats(t *testing.T) {
	for year, c := range censusTables(t) {
		requireSeats(t, year, c, apportion.HuntingtonHill)
	}
}

func TestUSHouseWebsterEqualsRealSeatsOf1910And1930(t *testing.T) {
	tables := censusTables(t)
	for _, year := range []string{"1910", "1930"} {
		if c, ok := tables[year]; ok {
			requireSeats(t, year, c, apportion.Webster)
		}
	}
}

func TestUSHouseWebsterStaysInQuota(t *testing.T) {
	for year, c := range censusTables(t) {
		p := c.problem()
		parts, err := p.Split(apportion.Webster)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := apportion.Quota(p.Total, p.Weights, parts)
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range rows {
			if !r.InQuota {
				t.Errorf("%s: %s gets %d of a quota of %s", year, c.states[i], r.Part, r.Quota.FloatString(3))
			}
		}
	}
}
