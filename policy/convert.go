package policy

import (
	"errors"
	"fmt"
	"reflect"
	"sync"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/allocation/calendar"
	"github.com/evenhand/evenhand/policy/rule"
)

// CustomerOf makes a customer of a Go struct, or of a pointer to one: of the
// type given to WithCustomer, or of any other whose fields the policy declares.
// ID and kind, if it has them, are the customer's; every other field stands in
// Fields by its name, core fields too. Nil pointers, nil slices, empty texts and
// zero times are missing. Key and At are yours to set, as is any named field of
// the Customer, which then wins.
//
// The error names every field that cannot be read, as when a type's MarshalText
// fails. Values are checked by the desk: Assign refuses a customer whose field
// is NaN, or too long.
//
// Cost: about a microsecond for ten fields; a type is looked at once. Lists are
// copied.
func CustomerOf(v any) (allocation.Customer, error) {
	out := allocation.Customer{Fields: map[string]any{}}
	err := readStruct(v, func(f *rule.StructField, raw any) error {
		switch {
		case f.Kind == rule.Null:
			return f.Unreadable()
		case f.Name != "id" && f.Name != "kind":
			out.Fields[f.Name] = raw
		case !fits(f.Kind, rule.String):
			return fmt.Errorf("%s is a text, not a %s", f.Name, f.Type)
		case f.Name == "id":
			out.ID = fmt.Sprint(raw)
		default:
			out.Kind = fmt.Sprint(raw)
		}
		return nil
	})
	return out, err
}

// RepOf makes a rep of a Go struct, or of a pointer to one: of the type given to
// WithRep, or of any other whose fields the policy declares. Core fields, KPIs,
// shifts and time_off are the rep's own; every other field stands in Fields by
// its name. Whoever has no field `active`, or a nil pointer there, is active.
//
// All that it has is kept in the ledger: what should not be there gets the tag
// `evenhand:"-"`. Errors are those of CustomerOf. Cost: some three microseconds
// for ten fields.
func RepOf(v any) (allocation.Rep, error) {
	fields, kpis := map[string]any{}, map[string]float64{}
	core := map[string]rule.Value{}
	var shifts []calendar.Shift
	var off []calendar.Span
	err := readStruct(v, func(f *rule.StructField, raw any) (err error) {
		kpi, isKPI := f.KPI()
		special, err := repOnly(f)
		switch {
		case err != nil:
		case special && f.Type == shiftsType:
			shifts = raw.([]calendar.Shift)
		case special:
			off = raw.([]calendar.Span)
		case f.Kind == rule.Null:
			err = f.Unreadable()
		case isKPI:
			kpis[kpi], err = asFloat(raw)
		case isCore(coreRep, f.Name):
			core[f.Name], err = coreReps().Coerce(rule.Rep, f.Name, raw)
		default:
			fields[f.Name] = raw
		}
		return err
	})
	out := repOf(func(name string) rule.Value { return core[name] })
	out.Shifts, out.TimeOff, out.KPI, out.Fields = shifts, off, kpis, fields
	return out, err
}

// repOf makes a rep of his core fields; null is missing.
func repOf(get func(name string) rule.Value) allocation.Rep {
	text := func(name string) string { return get(name).Str() }
	texts := func(name string) []string {
		list, _ := get(name).Any().([]string)
		return list
	}
	out := allocation.Rep{
		ID: text("id"), Name: text("name"), Role: text("role"), Manager: text("manager"),
		Country: text("country"), Region: text("region"), Timezone: text("timezone"),
		Teams: texts("teams"), Skills: texts("skills"), Territories: texts("territories"), Segments: texts("segments"),
		Inactive: !get("active").IsNull() && !get("active").Bool(), HiredAt: get("hired_at").Time(),
	}
	if capacity := get("capacity"); !capacity.IsNull() {
		out.Capacity = new(capacity.Int())
	}
	return out
}

// coreReps knows a rep's core fields and no others.
var coreReps = sync.OnceValue(func() *rule.Vocabulary {
	v, err := rule.NewVocabulary("")
	for _, f := range coreRep {
		if err == nil {
			_, err = v.Declare(rule.Rep, f)
		}
	}
	if err != nil {
		panic(err) // coreRep is a constant
	}
	return v
})

func asFloat(raw any) (float64, error) {
	switch x := raw.(type) {
	case int64:
		return float64(x), nil
	case uint64:
		return float64(x), nil
	case float64:
		return x, nil
	}
	return 0, fmt.Errorf("a KPI is a number, not a %T", raw)
}

// readStruct gives put the fields of a struct that are not missing. The error
// is those of put and of reading, each with the field's Go name.
func readStruct(v any, put func(f *rule.StructField, raw any) error) error {
	s, err := rule.StructOf(reflect.TypeOf(v))
	if err != nil {
		return fmt.Errorf("policy: %w", err)
	}
	var faults []error
	err = s.Read(v, func(f *rule.StructField, raw any) {
		if raw == nil {
			return
		}
		if err := put(f, raw); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", f.Go, err))
		}
	})
	if err = errors.Join(append(faults, err)...); err != nil {
		return fmt.Errorf("policy: %w", err)
	}
	return nil
}
