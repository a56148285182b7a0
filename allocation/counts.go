package allocation

import (
	"slices"
	"time"
)

// count is what one cap has counted since the policy entry that brought it
// in. A desk-wide stock cap without `only` has none: it reads the rep's own
// open units.
type count struct {
	capSpec
	since uint64 // the policy_set entry from which it counts
	rows  []tally
	teams map[string]*tally
}

// tally is the count for one rep or one team.
type tally struct {
	Units int64   `json:"units,omitempty"` // stock: units open
	Given []int64 `json:"given,omitempty"` // flow: when customers were given, Unix microseconds, rising
}

func newCount(spec capSpec, since uint64) *count {
	return &count{capSpec: spec, since: since, teams: map[string]*tally{}}
}

// of returns the tally of a row, or of a team when team is not empty.
func (c *count) of(row int, team string) *tally {
	if team != "" {
		t := c.teams[team]
		if t == nil {
			t = &tally{}
			c.teams[team] = t
		}
		return t
	}
	for len(c.rows) <= row {
		c.rows = append(c.rows, tally{})
	}
	return &c.rows[row]
}

// add counts one customer given at a time.
func (c *count) add(row int, team string, units int64, at time.Time) {
	t := c.of(row, team)
	if !c.Flow {
		t.Units += units
		return
	}
	now := at.UnixMicro()
	t.forget(now - c.keep().Microseconds())
	t.Given = append(t.Given, now)
}

// free takes a closed customer off a stock cap.
func (c *count) free(h holding, units int64) {
	if !c.Flow {
		c.of(h.Row, h.Team).Units -= units
	}
}

// undo takes back a flow count as if the customer had never been given.
func (c *count) undo(h holding) {
	if !c.Flow {
		return
	}
	t := c.of(h.Row, h.Team)
	if i, found := slices.BinarySearch(t.Given, h.At); found {
		t.Given = slices.Delete(t.Given, i, i+1)
	}
}

// keep is how long a given customer can still matter. Calendar windows are
// kept by the longest they can be with a day of slack for zones.
func (c *count) keep() time.Duration {
	if c.Roll > 0 {
		return time.Duration(c.Roll) * time.Second
	}
	return 33 * 24 * time.Hour
}

// forget drops what was given before a time. It runs when something is
// counted, never when somebody looks: the fold must not depend on looking.
func (t *tally) forget(before int64) {
	i, _ := slices.BinarySearch(t.Given, before)
	if i > 0 {
		t.Given = append(t.Given[:0], t.Given[i:]...)
	}
}

// givenFrom counts the customers given at or after an instant. Cost:
// O(log given).
func (t *tally) givenFrom(start int64) int64 {
	i, _ := slices.BinarySearch(t.Given, start)
	return int64(len(t.Given) - i)
}

// oldestFrom is when the oldest customer given at or after an instant was
// given, −1 without one.
func (t *tally) oldestFrom(start int64) int64 {
	i, _ := slices.BinarySearch(t.Given, start)
	if i == len(t.Given) {
		return -1
	}
	return t.Given[i]
}

// holding names one count a customer is in, so that it can be freed or undone
// even after the policy changed or the customer was transferred.
type holding struct {
	Key   string `json:"key"`
	Since uint64 `json:"since"`
	Team  string `json:"team,omitempty"`
	Row   int    `json:"row"`
	At    int64  `json:"at"` // when the customer was given, Unix microseconds
}
