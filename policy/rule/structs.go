package rule

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"
	"unicode"
)

// DeclareStruct declares the exported fields of a Go struct, or of a pointer
// to one; sample's own values are not looked at. A field is named in
// snake_case (ExpectedValue is expected_value, ID is id) unless a tag says
// otherwise:
//
//	Value float64 `evenhand:"expected_value,missing=zero"`
//	Notes string  `evenhand:"-"`
//
// Booleans, whole numbers, floats, strings, time.Time, slices of numbers or
// strings, and pointers to these (nil is missing) can be declared; embedded
// structs are opened up. A field that is already declared with the same kind
// is left as it is. Errors: sample is not a struct, a field of another type
// (give it the tag "-"), a tag that cannot be read, and Declare's errors.
func (v *Vocabulary) DeclareStruct(on Side, sample any) error {
	t := reflect.TypeOf(sample)
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == nil || t.Kind() != reflect.Struct {
		return fmt.Errorf("a struct is wanted to declare fields of the %s from, not %T", v.word(on), sample)
	}
	fields, err := structFields(t, nil)
	if err != nil {
		return err
	}
	for _, f := range fields {
		if _, have, ok := v.lookup(on, f.Name); ok && have.Kind == f.Kind {
			continue
		}
		if _, err := v.Declare(on, f.Field); err != nil {
			return fmt.Errorf("%s.%s: %w", t, f.goName, err)
		}
	}
	return nil
}

// StructRecord reads a record from a Go struct whose type was declared with
// DeclareStruct. Errors are those of Record, and a struct with a field that
// is not declared.
func (v *Vocabulary) StructRecord(on Side, value any) (Record, error) {
	r := reflect.ValueOf(value)
	for r.Kind() == reflect.Pointer && !r.IsNil() {
		r = r.Elem()
	}
	if r.Kind() != reflect.Struct {
		return nil, fmt.Errorf("a struct is wanted to read a %s from, not %T", v.word(on), value)
	}
	fields, err := structFields(r.Type(), nil)
	if err != nil {
		return nil, err
	}
	raw := make(map[string]any, len(fields))
	for _, f := range fields {
		fv, err := r.FieldByIndexErr(f.index)
		if err != nil {
			continue // behind a nil embedded pointer: missing
		}
		if x := bare(fv.Interface()); x != nil {
			raw[f.Name] = x
		}
	}
	return v.Record(on, raw)
}

// structField is a declared field and where the struct keeps it.
type structField struct {
	Field
	goName string
	index  []int
}

func structFields(t reflect.Type, at []int) ([]structField, error) {
	var out []structField
	for i := range t.NumField() {
		sf := t.Field(i)
		index := append(append([]int(nil), at...), i)
		tag, tagged := sf.Tag.Lookup("evenhand")
		embedded := sf.Anonymous && sf.Type.Kind() == reflect.Struct // Go promotes its fields even when its own name is not exported
		if tag == "-" || !sf.IsExported() && !embedded {
			continue
		}
		if sf.Anonymous && !tagged && deref(sf.Type).Kind() == reflect.Struct && deref(sf.Type) != timeType {
			if len(index) > 8 {
				return nil, fmt.Errorf("%s.%s: embedded too deeply", t, sf.Name)
			}
			inner, err := structFields(deref(sf.Type), index)
			if err != nil {
				return nil, err
			}
			out = append(out, inner...)
			continue
		}
		f, err := fromTag(sf, tag)
		if err != nil {
			return nil, fmt.Errorf("%s.%s: %w", t, sf.Name, err)
		}
		out = append(out, structField{Field: f, goName: sf.Name, index: index})
	}
	return out, nil
}

func fromTag(sf reflect.StructField, tag string) (Field, error) {
	f := Field{Name: snake(sf.Name)}
	name, options, _ := strings.Cut(tag, ",")
	if name != "" {
		f.Name = name
	}
	switch options {
	case "", "missing=null":
	case "missing=zero":
		f.Missing = Zero
	case "missing=refuse":
		f.Missing = Refuse
	default:
		return Field{}, fmt.Errorf("the tag's option %q is not missing=null, missing=zero or missing=refuse", options)
	}
	kind, ok := kindOf(sf.Type)
	if !ok {
		return Field{}, errors.New("rules cannot read this type\nMaybe leave it out with the tag `evenhand:\"-\"`")
	}
	f.Kind = kind
	return f, nil
}

var timeType = reflect.TypeFor[time.Time]()

func deref(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

// kindOf is the kind that values of a Go type have.
func kindOf(t reflect.Type) (Kind, bool) {
	t = deref(t)
	if t == timeType {
		return Time, true
	}
	switch t.Kind() {
	case reflect.Bool:
		return Bool, true
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return Int, true
	case reflect.Float32, reflect.Float64:
		return Number, true
	case reflect.String:
		return String, true
	case reflect.Slice, reflect.Array:
		if inner := deref(t.Elem()).Kind(); inner == reflect.Slice || inner == reflect.Array {
			return Null, false
		}
		switch element, _ := kindOf(t.Elem()); element {
		case String:
			return StringList, true
		case Int:
			return IntList, true
		case Number:
			return NumberList, true
		}
	}
	return Null, false
}

// snake turns a Go name into the form of the document: ExpectedValue is
// expected_value, HTTPStatus is http_status, ID is id.
func snake(name string) string {
	var b strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		if unicode.IsUpper(r) && i > 0 {
			afterLower := !unicode.IsUpper(runes[i-1]) && runes[i-1] != '_'
			beforeLower := i+1 < len(runes) && unicode.IsLower(runes[i+1]) && runes[i-1] != '_'
			if afterLower || beforeLower {
				b.WriteByte('_')
			}
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
