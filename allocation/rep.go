package allocation

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/evenhand/evenhand/allocation/calendar"
)

// Rep receives customers. Only ID is required. A field left at its zero value
// is absent, which rules see as null; lists are then empty. Reps are kept in
// the ledger as JSON under the names of the tags.
type Rep struct {
	ID string `json:"id"` // required, at most 256 bytes

	Name        string   `json:"name,omitempty"`
	Teams       []string `json:"teams,omitempty"`
	Role        string   `json:"role,omitempty"`
	Manager     string   `json:"manager,omitempty"` // a rep's ID, or the ID of somebody outside the roster
	Country     string   `json:"country,omitempty"`
	Region      string   `json:"region,omitempty"` // also chooses the holidays
	Skills      []string `json:"skills,omitempty"`
	Territories []string `json:"territories,omitempty"`
	Segments    []string `json:"segments,omitempty"`
	// Capacity in units. Nil is unknown, which is not the same as none: a cap
	// that reads it refuses the rep and says so.
	Capacity *int64 `json:"capacity,omitempty"`
	// Inactive reps receive nothing and keep what they have. Rules see
	// rep.active.
	Inactive bool      `json:"inactive,omitempty"`
	Timezone string    `json:"timezone,omitempty"` // IANA name; defaults to the policy's
	HiredAt  time.Time `json:"hired_at,omitzero"`

	// Shifts are the weekly working hours in the rep's zone. A rep without any
	// is always on shift. JSON has them as calendar.ParseShifts reads them:
	// "Mon-Fri 09:00-17:30".
	Shifts []calendar.Shift `json:"-"`
	// TimeOff is when the rep is away. JSON has it as calendar.ParseSpans reads
	// it: "2026-03-01..2026-03-14".
	TimeOff []calendar.Span `json:"-"`

	// KPI holds measures by name; rules see rep.kpi.NAME for the names the
	// policy lists. A missing one is null, never zero.
	KPI map[string]float64 `json:"kpi,omitempty"`

	// Fields holds the caller's own fields, by the names the policy declares.
	Fields map[string]any `json:"fields,omitempty"`
}

// repJSON is a Rep as JSON has him: working hours and time off as people write
// them.
type repJSON struct {
	*plainRep
	Shifts  string `json:"shifts,omitempty"`
	TimeOff string `json:"time_off,omitempty"`
}

type plainRep Rep

// MarshalJSON writes the rep as the ledger keeps him.
func (r Rep) MarshalJSON() ([]byte, error) {
	return json.Marshal(repJSON{(*plainRep)(&r), calendar.FormatShifts(r.Shifts), calendar.FormatSpans(r.TimeOff)})
}

// UnmarshalJSON reads what MarshalJSON wrote. Days of time off without a zone
// are those of the rep's time zone, UTC when he has none.
func (r *Rep) UnmarshalJSON(text []byte) error {
	var rep Rep
	v := repJSON{plainRep: (*plainRep)(&rep)}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber() // whole numbers of the caller's own fields stay exact
	if err := decoder.Decode(&v); err != nil {
		return err
	}
	zone := time.UTC
	if rep.Timezone != "" {
		var err error
		if zone, err = calendar.LoadZone(rep.Timezone); err != nil {
			return err
		}
	}
	var err error
	if rep.Shifts, err = calendar.ParseShifts(v.Shifts); err != nil {
		return err
	}
	if rep.TimeOff, err = calendar.ParseSpans(v.TimeOff, zone); err != nil {
		return err
	}
	*r = rep
	return nil
}

// asRecorded returns the rep as the ledger will give him back. The desk keeps
// that and nothing of the caller's: what he changes later in his own maps and
// slices changes nothing here.
func (r *Rep) asRecorded() (Rep, error) {
	text, err := json.Marshal(r)
	if err != nil {
		return Rep{}, fmt.Errorf("he cannot be written down: %w", err)
	}
	if len(text) > MaxRep {
		return Rep{}, fmt.Errorf("he has %d bytes as JSON; the limit is %d", len(text), MaxRep)
	}
	var own Rep
	err = json.Unmarshal(text, &own)
	return own, err
}

// Field returns a field's value by the name rules use, and nil when it is
// absent. The count of open units is not here: the ledger keeps it.
func (r *Rep) Field(name string) any {
	switch name {
	case "id":
		return r.ID
	case "name":
		return text(r.Name)
	case "teams":
		return list(r.Teams)
	case "role":
		return text(r.Role)
	case "manager":
		return text(r.Manager)
	case "country":
		return text(r.Country)
	case "region":
		return text(r.Region)
	case "skills":
		return list(r.Skills)
	case "territories":
		return list(r.Territories)
	case "segments":
		return list(r.Segments)
	case "capacity":
		if r.Capacity == nil {
			return nil
		}
		return *r.Capacity
	case "active":
		return !r.Inactive
	case "timezone":
		return text(r.Timezone)
	case "hired_at":
		return instant(r.HiredAt)
	}
	return r.Fields[name]
}

// check refuses what no policy could make sense of. All faults are named.
func (r *Rep) check() error {
	var faults []error
	if err := checkName("the ID", r.ID); err != nil {
		faults = append(faults, err)
	}
	if r.Capacity != nil && *r.Capacity < 0 {
		faults = append(faults, fmt.Errorf("capacity is %d; it cannot be negative", *r.Capacity))
	}
	if r.Timezone != "" {
		if _, err := calendar.LoadZone(r.Timezone); err != nil {
			faults = append(faults, err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.KPI)) {
		if v := r.KPI[name]; math.IsNaN(v) || math.IsInf(v, 0) {
			faults = append(faults, fmt.Errorf("KPI %s is %v; it must be a finite number, or left out when it is not known", name, v))
		}
	}
	return errors.Join(faults...)
}

// checkRoster refuses a roster that contradicts itself: bad reps, two reps
// with one ID, managers in a circle. All faults are named, by rep.
func checkRoster(reps []Rep) error {
	if len(reps) > MaxReps {
		return fmt.Errorf("the roster has %d reps; the limit is %d", len(reps), MaxReps)
	}
	var faults []error
	manager := make(map[string]string, len(reps))
	for i := range reps {
		r := &reps[i]
		if err := r.check(); err != nil {
			faults = append(faults, faultsOf(r.ID, err)...)
		}
		if _, twice := manager[r.ID]; twice {
			faults = append(faults, fmt.Errorf("rep %q is in the list twice", r.ID))
			continue
		}
		manager[r.ID] = r.Manager
	}
	for _, circle := range managerCircles(manager) {
		faults = append(faults, fmt.Errorf("managers form a circle: %s → %s", strings.Join(circle, " → "), circle[0]))
	}
	return errors.Join(faults...)
}

// faultsOf puts the rep's name before each of his faults.
func faultsOf(id string, err error) []error {
	if several, ok := err.(interface{ Unwrap() []error }); ok {
		var faults []error
		for _, one := range several.Unwrap() {
			faults = append(faults, faultsOf(id, one)...)
		}
		return faults
	}
	return []error{fmt.Errorf("rep %q: %w", id, err)}
}

// managerCircles returns each circle once, starting at its lowest ID.
func managerCircles(manager map[string]string) [][]string {
	var circles [][]string
	seen := make(map[string]bool, len(manager))
	for _, start := range slices.Sorted(maps.Keys(manager)) {
		at := make(map[string]int)
		var path []string
		for id := start; id != "" && !seen[id]; id = manager[id] {
			if i, again := at[id]; again {
				circles = append(circles, path[i:])
				break
			}
			at[id] = len(path)
			path = append(path, id)
		}
		for _, id := range path {
			seen[id] = true
		}
	}
	return circles
}
