package rule

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
)

// Struct is a Go struct type as rules see it: its exported fields, each under
// its name in snake_case (ExpectedValue is expected_value, ID is id) unless a
// tag says otherwise:
//
//	Value   float64 `evenhand:"expected_value,missing=zero"`
//	WinRate float64 `evenhand:"kpi.win_rate"`
//	Notes   string  `evenhand:"-"`
//
// Booleans, whole numbers, floats, strings, time.Time, slices of numbers or
// strings, pointers to these, structs of a value and a Valid bool such as
// sql.NullString, and whatever has a MarshalText, which is a string, can be
// read. Embedded structs are opened up; of two fields with one name the one
// less deep counts. Nothing is missing but nil pointers, nil slices, empty
// texts, zero times and values that are not Valid: a number that is 0 is 0.
type Struct struct {
	Type   reflect.Type
	Fields []StructField // in the order of the struct, embedded ones in their place
}

// StructField is one field of a Struct. Its Kind is Null when rules cannot read
// the type.
type StructField struct {
	Field
	Go   string       // as errors name it: "main.Lead.ExpectedValue"
	Type reflect.Type // as the struct has it

	index []int
	read  func(reflect.Value) (any, error)
}

// Unreadable is the error for a field whose type rules cannot read.
func (f *StructField) Unreadable() error {
	maybe := "leave it out with the tag `evenhand:\"-\"`"
	if f.Type == durationType {
		maybe = "give it as a whole number, of hours say, or leave it out with the tag `evenhand:\"-\"`"
	}
	return fmt.Errorf("rules cannot read a %s\nMaybe %s", f.Type, maybe)
}

var structs sync.Map // reflect.Type to *Struct

// StructOf reads what rules see of a struct type, or of a pointer to one.
// Errors, joined: t is not a struct, a tag that cannot be read, a name that is
// none, two fields of one name. Cost: a type is looked at once.
func StructOf(t reflect.Type) (*Struct, error) {
	for t != nil && t.Kind() == reflect.Pointer && t.Name() == "" {
		t = t.Elem()
	}
	if t == nil || t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("a struct is wanted, not %v", t)
	}
	if s, ok := structs.Load(t); ok {
		return s.(*Struct), nil
	}
	fields, err := structFields(t, nil)
	if err == nil {
		fields, err = shallowest(fields)
	}
	if err != nil {
		return nil, err
	}
	s, _ := structs.LoadOrStore(t, &Struct{t, fields})
	return s.(*Struct), nil
}

// Read gives put each field of a value of the type, or of a pointer to one, in
// a form that Coerce takes; nil is missing. Lists are copies. The error names
// every field that cannot be read; put is not called for these.
func (s *Struct) Read(value any, put func(f *StructField, raw any)) error {
	v := reflect.ValueOf(value)
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	if !v.IsValid() || v.Type() != s.Type {
		return fmt.Errorf("a %s is wanted, not %s", s.Type, showOne(bare(value)))
	}
	var faults []error
	for i := range s.Fields {
		f := &s.Fields[i]
		fv, err := v.FieldByIndexErr(f.index)
		if err != nil {
			put(f, nil) // behind a nil embedded pointer
			continue
		}
		raw, err := f.read(fv)
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", f.Go, err))
			continue
		}
		if raw == "" {
			raw = nil
		}
		put(f, raw)
	}
	return errors.Join(faults...)
}

func structFields(t reflect.Type, at []int) ([]StructField, error) {
	var out []StructField
	var faults []error
	for i := range t.NumField() {
		sf := t.Field(i)
		index := append(slices.Clone(at), i)
		tag, tagged := sf.Tag.Lookup("evenhand")
		inner := sf.Type
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		embedded := sf.Anonymous && !tagged && inner.Kind() == reflect.Struct && inner != timeType
		promotes := embedded && sf.Type.Kind() == reflect.Struct // even when its own name is not exported
		switch {
		case tag == "-" || !sf.IsExported() && !promotes:
		case embedded && len(index) > maxEmbedded:
			faults = append(faults, fmt.Errorf("%s.%s: embedded too deeply", t, sf.Name))
		case embedded:
			fields, err := structFields(inner, index)
			out, faults = append(out, fields...), append(faults, err)
		default:
			f, err := structField(sf, tag)
			f.Go, f.index = t.String()+"."+sf.Name, index
			if err != nil {
				faults = append(faults, fmt.Errorf("%s: %w", f.Go, err))
			}
			out = append(out, f)
		}
	}
	return out, errors.Join(faults...)
}

const maxEmbedded = 8 // structs in one another

// structField reads one field's tag and type.
func structField(sf reflect.StructField, tag string) (StructField, error) {
	f := StructField{Field: Field{Name: snake(sf.Name)}, Type: sf.Type}
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
		return f, fmt.Errorf("the tag's option %q is not missing=null, missing=zero or missing=refuse", options)
	}
	f.Kind, f.read = readerOf(sf.Type, 0)
	if f.Kind == Time && f.Missing == Zero {
		return f, errors.New("a time has no zero\nMaybe missing=refuse")
	}
	kpi, isKPI := f.KPI()
	if isKPI && f.Kind != Int && f.Kind != Number {
		return f, fmt.Errorf("a KPI is a number, not a %s", sf.Type)
	}
	return f, checkName(kpi)
}

// shallowest keeps of each name the field that is least deep, as Go does.
func shallowest(fields []StructField) ([]StructField, error) {
	best := map[string]*StructField{}
	var faults []error
	for i := range fields {
		f := &fields[i]
		switch have := best[f.Name]; {
		case have == nil || len(f.index) < len(have.index):
			best[f.Name] = f
		case len(f.index) == len(have.index):
			faults = append(faults, fmt.Errorf("%s and %s are both %q to rules\nMaybe give one of them another name, or the tag `evenhand:\"-\"`", have.Go, f.Go, f.Name))
		}
	}
	var out []StructField
	for i := range fields {
		if best[fields[i].Name] == &fields[i] {
			out = append(out, fields[i])
		}
	}
	return out, errors.Join(faults...)
}

var (
	timeType      = reflect.TypeFor[time.Time]()
	durationType  = reflect.TypeFor[time.Duration]()
	textMarshaler = reflect.TypeFor[encoding.TextMarshaler]()
)

// readerOf is the kind that values of a Go type have, and how they are read.
// The kind is Null when rules cannot read them; read then gives the value as it
// is.
func readerOf(t reflect.Type, depth int) (Kind, func(reflect.Value) (any, error)) {
	plain := func(v reflect.Value) (any, error) { return bare(v.Interface()), nil }
	asIs := func(v reflect.Value) (any, error) { return v.Interface(), nil }
	switch {
	case t == timeType:
		return Time, plain
	case t == durationType || depth > maxPointers:
		return Null, asIs
	case t.Kind() == reflect.Pointer:
		return pointerReader(t, depth)
	case t.Implements(textMarshaler):
		return String, readText
	}
	switch t.Kind() {
	case reflect.Bool:
		return Bool, plain
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return Int, plain
	case reflect.Float32, reflect.Float64:
		return Number, plain
	case reflect.String:
		return String, plain
	case reflect.Struct:
		if t.NumField() == 2 && t.Field(0).IsExported() && t.Field(1).Name == "Valid" && t.Field(1).Type.Kind() == reflect.Bool {
			return validReader(t, depth)
		}
	case reflect.Slice, reflect.Array:
		return listReader(t, depth)
	}
	return Null, asIs
}

func pointerReader(t reflect.Type, depth int) (Kind, func(reflect.Value) (any, error)) {
	kind, read := readerOf(t.Elem(), depth+1)
	target := reflect.Value.Elem
	if kind == Null && t.Implements(textMarshaler) {
		kind, read = String, readText
		target = func(v reflect.Value) reflect.Value { return v }
	}
	return kind, func(v reflect.Value) (any, error) {
		if v.IsNil() {
			return nil, nil
		}
		return read(target(v))
	}
}

// validReader reads structs of a value and a Valid bool, such as sql.NullString.
func validReader(t reflect.Type, depth int) (Kind, func(reflect.Value) (any, error)) {
	kind, read := readerOf(t.Field(0).Type, depth+1)
	return kind, func(v reflect.Value) (any, error) {
		if !v.Field(1).Bool() {
			return nil, nil
		}
		return read(v.Field(0))
	}
}

func readText(v reflect.Value) (any, error) {
	text, err := v.Interface().(encoding.TextMarshaler).MarshalText()
	return string(text), err
}

var listKinds = map[Kind]Kind{String: StringList, Int: IntList, Number: NumberList}

// listReader reads slices and arrays, but not of bytes: those are rarely a list
// of numbers.
func listReader(t reflect.Type, depth int) (Kind, func(reflect.Value) (any, error)) {
	element, read := readerOf(t.Elem(), depth+1)
	kind := listKinds[element] // Null for anything else
	if t.Elem().Kind() == reflect.Uint8 {
		kind = Null
	}
	return kind, func(v reflect.Value) (any, error) {
		if kind == Null {
			return v.Interface(), nil
		}
		if v.Kind() == reflect.Slice && v.IsNil() {
			return nil, nil
		}
		out := make([]any, v.Len())
		for i := range out {
			x, err := read(v.Index(i))
			if err == nil && x == nil {
				err = errors.New("it is missing")
			}
			if err != nil {
				return nil, fmt.Errorf("element %d: %w", i+1, err)
			}
			out[i] = x
		}
		return out, nil
	}
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
