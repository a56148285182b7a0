package rule

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// DeclareStruct declares the exported fields of a Go struct, or of a pointer
// to one; sample's own values are not looked at. Struct says what the fields
// are called and which kinds they have. A field that is already declared with
// the same kind is left as it is. Errors: those of StructOf, a field that
// rules cannot read (give it the tag "-"), and Declare's.
func (v *Vocabulary) DeclareStruct(on Side, sample any) error {
	s, err := StructOf(reflect.TypeOf(sample))
	if err != nil {
		return fmt.Errorf("fields of the %s: %w", v.word(on), err)
	}
	var faults []error
	for i := range s.Fields {
		if err := v.declareStructField(on, &s.Fields[i]); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", s.Fields[i].Go, err))
		}
	}
	return errors.Join(faults...)
}

func (v *Vocabulary) declareStructField(on Side, f *StructField) error {
	if f.Kind == Null {
		return f.Unreadable()
	}
	_, have, ok := v.lookup(on, f.Name)
	if ok && have.Kind == f.Kind {
		return nil
	}
	if kpi, ok := f.KPI(); ok && on == Rep {
		_, err := v.DeclareKPI(kpi)
		return err
	}
	_, err := v.Declare(on, f.Field)
	return err
}

// StructRecord reads a record from a Go struct whose type was declared with
// DeclareStruct. Errors are those of Struct.Read and of Record, and a struct
// with a field that is not declared.
func (v *Vocabulary) StructRecord(on Side, value any) (Record, error) {
	s, err := StructOf(reflect.TypeOf(value))
	if err != nil {
		return nil, fmt.Errorf("a %s: %w", v.word(on), err)
	}
	raw := make(map[string]any, len(s.Fields))
	err = s.Read(value, func(f *StructField, x any) {
		if x != nil {
			raw[f.Name] = x
		}
	})
	if err != nil {
		return nil, err
	}
	return v.Record(on, raw)
}

// KPI is the name after "kpi." of a field that is a KPI of the rep.
func (f *StructField) KPI() (name string, ok bool) { return strings.CutPrefix(f.Name, "kpi.") }
