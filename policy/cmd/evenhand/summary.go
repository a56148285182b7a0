package main

import (
	"maps"
	"slices"
	"time"

	"github.com/evenhand/evenhand/allocation"
)

// summary is what a run came to. Rows = Customers + Repeated + Rejected, and
// Customers = Assigned + Waiting + Left + Unassigned + Voided.
type summary struct {
	Policy     string `json:"policy"`
	Rows       int    `json:"rows"`
	Rejected   int    `json:"rejected"`
	Repeated   int    `json:"repeated"` // later rows of a customer whom the input had before
	Customers  int    `json:"customers"`
	Known      int    `json:"known"`   // customers decided before this run
	Changed    int    `json:"changed"` // repeated or known, and different now in what the policy reads
	Assigned   int    `json:"assigned"`
	Fallback   int    `json:"fallback"` // of these, by fallback
	Waiting    int    `json:"waiting"`  // at the end
	Left       int    `json:"left"`     // closed while they waited
	Unassigned int    `json:"unassigned"`
	Voided     int    `json:"voided"`
	Closed     int    `json:"closed"`  // assigned customers whose work has ended
	Entries    uint64 `json:"entries"` // added to the ledger by this run

	Waits *waits             `json:"waits,omitempty"` // nil when nobody waited
	Rules []ruleCount        `json:"rules"`
	Caps  []capLimits        `json:"caps,omitempty"`
	Desk  *allocation.Report `json:"desk"`
}

// waits says how long customers of the input waited. Those who still wait
// count for Customers and Peak alone.
type waits struct {
	Customers int     `json:"customers"`
	Peak      int     `json:"peak"` // most at one time
	Placed    int     `json:"placed"`
	Median    float64 `json:"median_seconds"` // of those who wait no more
	Longest   float64 `json:"longest_seconds"`
}

// ruleCount counts the customers of one rule; without a rule it is "fallback"
// or "no rule".
type ruleCount struct {
	Rule       string `json:"rule"`
	Assigned   int    `json:"assigned"`
	Waiting    int    `json:"waiting"` // at the end
	Left       int    `json:"left"`    // closed while they waited
	Unassigned int    `json:"unassigned"`
	// Unknown counts the customers for whom the rule's `when` could not be
	// decided, mostly because a value is missing: for them it did not match.
	Unknown int `json:"unknown"`
}

// capLimits is a stock cap of the desk with each rep's limit.
type capLimits struct {
	Name   string           `json:"name"`
	Limits map[string]int64 `json:"limits"` // by rep ID; absent where it is unknown
}

// summarize counts what became of the customers; rows and rejects are the
// caller's.
func summarize(p *document, r *replay, before uint64, desk *allocation.Report) *summary {
	s := &summary{
		Policy: p.compiled.Name, Repeated: r.repeated, Customers: len(r.decided),
		Changed: len(r.changed), Entries: desk.Version - before, Desk: desk,
		Waits: waitsOf(r.decided), Rules: countByRule(p.compiled, r.decided), Caps: limitsOf(p.compiled, r.reps.reps, desk),
	}
	for _, d := range r.decided {
		if d.known {
			s.Known++
		}
		switch d.decision.Status {
		case allocation.StatusAssigned:
			s.Assigned++
			if d.decision.Reason == allocation.ReasonFallback {
				s.Fallback++
			}
			if !d.closed.IsZero() {
				s.Closed++
			}
		case allocation.StatusWaiting:
			s.Waiting++
		case allocation.StatusReleased:
			s.Left++
		case allocation.StatusVoided:
			s.Voided++
		default:
			s.Unassigned++
		}
	}
	return s
}

// waitsOf measures the waits of those who waited.
func waitsOf(all []*decided) *waits {
	w := &waits{}
	var ended []time.Duration
	var turns []turnstile
	for _, d := range all {
		if d.decision.Since.IsZero() {
			continue
		}
		w.Customers++
		turns = append(turns, turnstile{d.decision.Since, +1})
		if d.left.IsZero() {
			continue
		}
		turns = append(turns, turnstile{d.left, -1})
		ended = append(ended, d.left.Sub(d.decision.Since))
		if d.decision.Status == allocation.StatusAssigned {
			w.Placed++
		}
	}
	if w.Customers == 0 {
		return nil
	}
	w.Peak = peak(turns)
	slices.Sort(ended)
	if n := len(ended); n > 0 {
		w.Median = (ended[(n-1)/2].Seconds() + ended[n/2].Seconds()) / 2
		w.Longest = ended[n-1].Seconds()
	}
	return w
}

// turnstile is somebody who begins or ends to wait.
type turnstile struct {
	at time.Time
	by int
}

// peak is the most who wait at one time. At one moment room is given to those
// who wait before others join them, so ends come first.
func peak(turns []turnstile) int {
	slices.SortFunc(turns, func(a, b turnstile) int {
		if o := a.at.Compare(b.at); o != 0 {
			return o
		}
		return a.by - b.by
	})
	most, now := 0, 0
	for _, t := range turns {
		now += t.by
		most = max(most, now)
	}
	return most
}

// countByRule counts in the policy's order, what no rule did last.
func countByRule(p *allocation.Policy, all []*decided) []ruleCount {
	counts := map[string]*ruleCount{}
	of := func(name string) *ruleCount {
		if counts[name] == nil {
			counts[name] = &ruleCount{Rule: name}
		}
		return counts[name]
	}
	for _, d := range all {
		for _, rule := range d.decision.Unknown {
			of(rule).Unknown++
		}
		name := d.decision.Rule
		switch {
		case name != "":
		case d.decision.Reason == allocation.ReasonFallback:
			name = "fallback"
		default:
			name = "no rule"
		}
		c := of(name)
		switch d.decision.Status {
		case allocation.StatusAssigned, allocation.StatusVoided:
			c.Assigned++
		case allocation.StatusWaiting:
			c.Waiting++
		case allocation.StatusReleased:
			c.Left++
		default:
			c.Unassigned++
		}
	}
	var out []ruleCount
	for i := range p.Rules {
		if c := counts[p.Rules[i].ID]; c != nil {
			out = append(out, *c)
			delete(counts, p.Rules[i].ID)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		out = append(out, *counts[name])
	}
	return out
}

// limitsOf evaluates the desk's stock caps for each rep, for the report's
// "open of limit". A cap that depends on the customer has no such limit.
func limitsOf(p *allocation.Policy, reps []allocation.Rep, desk *allocation.Report) []capLimits {
	matcher := p.NewMatcher()
	for row := range reps {
		if err := matcher.SetRep(row, &reps[row]); err != nil {
			return nil // the desk has taken them; its report does without limits
		}
	}
	for _, l := range desk.Reps {
		if row := slices.IndexFunc(reps, func(r allocation.Rep) bool { return r.ID == l.Rep }); row >= 0 {
			matcher.SetOpen(row, l.Open)
		}
	}
	nobody, err := matcher.ReadCustomer(&allocation.Customer{ID: "-", Kind: p.Kind})
	if err != nil {
		return nil // some field is required of every customer
	}
	m := matcher.Match(nobody, desk.At)
	var out []capLimits
	for i := range p.Caps {
		c := &p.Caps[i]
		if c.Flow || c.Only || c.Team || c.Rule >= 0 {
			continue
		}
		limits := capLimits{Name: c.Name, Limits: map[string]int64{}}
		for row := range reps {
			if limit, known := m.Limit(i, row); known {
				limits.Limits[reps[row].ID] = limit
			}
		}
		out = append(out, limits)
	}
	return out
}
