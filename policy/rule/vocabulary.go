package rule

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"time"
	"unicode"
	"unicode/utf8"
)

// Vocabulary is the names that a policy's expressions may use: the fields of
// the customer and of the rep, KPIs, lists, tables, let names, and now. It is
// built by one goroutine; the first Compile freezes it, and from then on any
// number of goroutines may use it.
type Vocabulary struct {
	customer string
	zone     *time.Location
	sides    [2]*side
	lists    map[string]*namedList
	tables   map[string]*Table
	lets     map[string]*let
	names    map[string]string // every top-level name, and what it is
	frozen   atomic.Bool
}

// side is the fields of the customer or of the rep, in slot order. KPIs take
// slots of the rep.
type side struct {
	fields []Field
	slots  map[string]int
	kpis   map[string]int
	width  int
}

// NewVocabulary starts a vocabulary in which the customer is called
// customerWord ("" means "customer") and the receiver "rep". It is an error
// when the word is not a name, or is one that rules already use.
func NewVocabulary(customerWord string) (*Vocabulary, error) {
	if customerWord == "" {
		customerWord = "customer"
	}
	v := &Vocabulary{
		customer: customerWord,
		zone:     time.UTC,
		lists:    map[string]*namedList{},
		tables:   map[string]*Table{},
		lets:     map[string]*let{},
		names:    map[string]string{"rep": "the rep", "now": "the time of the decision"},
	}
	for i := range v.sides {
		v.sides[i] = &side{slots: map[string]int{}, kpis: map[string]int{}}
	}
	if err := v.claim(customerWord, "customer"); err != nil {
		return nil, err
	}
	v.names[customerWord] = "the customer"
	return v, nil
}

// In sets the zone in which dates without a zone are read: date("2026-01-01")
// in a rule, "2026-01-01" in the data. Defaults to UTC.
func (v *Vocabulary) In(zone *time.Location) error {
	if err := v.open(); err != nil {
		return err
	}
	if zone == nil {
		return errors.New("the zone is nil")
	}
	v.zone = zone
	return nil
}

// CustomerWord is what rules call the customer.
func (v *Vocabulary) CustomerWord() string { return v.customer }

// Declare makes one field known and returns its slot in the side's records.
// Errors: a name that is not a name, is reserved ("kpi" on the rep) or is
// already declared; a kind that cannot be declared; a Time that is Zero.
func (v *Vocabulary) Declare(on Side, f Field) (slot int, err error) {
	if err := v.open(); err != nil {
		return 0, err
	}
	s := v.sides[on]
	if err := checkName(f.Name); err != nil {
		return 0, fmt.Errorf("field of the %s: %w", v.word(on), err)
	}
	full := v.word(on) + "." + f.Name
	switch _, taken := s.slots[f.Name]; {
	case taken:
		return 0, fmt.Errorf("%s is already declared", full)
	case on == Rep && f.Name == "kpi":
		return 0, fmt.Errorf("%s is where KPIs are; declare one under kpis instead", full)
	case f.Kind < Bool || f.Kind > NumberList:
		return 0, fmt.Errorf("%s cannot be of kind %s", full, f.Kind)
	case f.Missing > Refuse:
		return 0, fmt.Errorf("%s: missing is null, zero or refuse", full)
	case f.Kind == Time && f.Missing == Zero:
		return 0, fmt.Errorf("%s: a time has no zero\nMaybe missing: refuse", full)
	}
	s.fields = append(s.fields, f)
	s.slots[f.Name] = s.width
	s.width++
	return s.slots[f.Name], nil
}

// DeclareKPI makes rep.kpi.NAME known, a Number that is null when missing,
// and returns its slot in the rep's records. Errors: a name that is not a
// name or is already declared.
func (v *Vocabulary) DeclareKPI(name string) (slot int, err error) {
	if err := v.open(); err != nil {
		return 0, err
	}
	if err := checkName(name); err != nil {
		return 0, fmt.Errorf("KPI: %w", err)
	}
	s := v.sides[Rep]
	if _, taken := s.kpis[name]; taken {
		return 0, fmt.Errorf("the KPI %q is already declared", name)
	}
	s.kpis[name] = s.width
	s.width++
	return s.kpis[name], nil
}

// Fields are the declared fields of a side in the order of declaration, KPIs
// not among them.
func (v *Vocabulary) Fields(on Side) []Field { return slices.Clone(v.sides[on].fields) }

// KPIs are the declared KPIs in byte order.
func (v *Vocabulary) KPIs() []string { return slices.Sorted(maps.Keys(v.sides[Rep].kpis)) }

// Slot is the place of a declared field in its side's records. A KPI is
// asked for as "kpi.NAME" on the rep.
func (v *Vocabulary) Slot(on Side, name string) (int, bool) {
	slot, _, ok := v.lookup(on, name)
	return slot, ok
}

// NewRecord is a record of a side with every field missing: null, or zero
// where the field says so.
func (v *Vocabulary) NewRecord(on Side) Record {
	s := v.sides[on]
	r := make(Record, s.width)
	for _, f := range s.fields {
		if f.Missing == Zero {
			r[s.slots[f.Name]] = zeroOf(f.Kind)
		}
	}
	return r
}

// Record reads a whole record from names and raw values, each coerced as
// Coerce does, KPIs under "kpi.NAME". Errors, joined, in the order of the
// names: a name that is not declared, a value of the wrong kind; then every
// Refuse field that is missing, in the order of declaration.
func (v *Vocabulary) Record(on Side, raw map[string]any) (Record, error) {
	r := v.NewRecord(on)
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		value, err := v.Coerce(on, name, raw[name])
		if err != nil {
			problems = append(problems, err)
			continue
		}
		slot, _ := v.Slot(on, name)
		r[slot] = value
	}
	for _, f := range v.sides[on].fields {
		if _, given := raw[f.Name]; !given && f.Missing == Refuse {
			problems = append(problems, v.absent(on, f))
		}
	}
	return r, errors.Join(problems...)
}

func zeroOf(k Kind) Value {
	switch k {
	case StringList, IntList, NumberList:
		return Value{kind: k, list: &list{}}
	}
	return Value{kind: k}
}

// lookup finds a field, or a KPI written "kpi.NAME".
func (v *Vocabulary) lookup(on Side, name string) (slot int, f Field, ok bool) {
	s := v.sides[on]
	if slot, ok = s.slots[name]; ok {
		for _, f := range s.fields {
			if f.Name == name {
				return slot, f, true
			}
		}
	}
	if on == Rep && len(name) > 4 && name[:4] == "kpi." {
		if slot, ok = s.kpis[name[4:]]; ok {
			return slot, Field{Name: name, Kind: Number}, true
		}
	}
	return 0, Field{}, false
}

// fieldNames are the names of a side for did-you-mean.
func (v *Vocabulary) fieldNames(on Side) []string {
	names := make([]string, 0, len(v.sides[on].fields))
	for _, f := range v.sides[on].fields {
		names = append(names, f.Name)
	}
	return names
}

// word is what rules call a side.
func (v *Vocabulary) word(on Side) string {
	if on == Rep {
		return "rep"
	}
	return v.customer
}

// open refuses a declaration once an expression has been compiled: programs
// already made would not know of it.
func (v *Vocabulary) open() error {
	if v.frozen.Load() {
		return errors.New("the vocabulary is frozen: declare everything before the first Compile")
	}
	return nil
}

// claim checks that a top-level name is free and is a name.
func (v *Vocabulary) claim(name, what string) error {
	if err := v.open(); err != nil {
		return err
	}
	if err := checkName(name); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if taken, ok := v.names[name]; ok {
		return fmt.Errorf("%s: the name %q is already taken by %s", what, name, aOrThe(taken))
	}
	if _, ok := functions[name]; ok {
		return fmt.Errorf("%s: the name %q is that of a function", what, name)
	}
	return nil
}

func aOrThe(what string) string {
	if len(what) > 4 && what[:4] == "the " {
		return what
	}
	return "a " + what
}

// reserved are the words of the expression language.
var reserved = map[string]bool{
	"and": true, "or": true, "not": true, "in": true, "let": true, "if": true, "else": true,
	"matches": true, "contains": true, "startsWith": true, "endsWith": true,
	"true": true, "false": true, "nil": true, "null": true,
}

// checkName says why a word cannot be a name in a rule, and which one could.
func checkName(name string) error {
	err := nameProblem(name)
	if meant := FieldName(name); err != nil && meant != "" {
		return fmt.Errorf("%w\nMaybe %s", err, meant)
	}
	return err
}

// FieldName makes a name of what people call a field: "Annual Revenue ($)" is
// annual_revenue. It is "" when no name comes of it.
func FieldName(words string) string {
	name := strings.Join(strings.FieldsFunc(strings.ToLower(words), func(r rune) bool {
		return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}), "_")
	if nameProblem(name) != nil {
		return ""
	}
	return name
}

// nameProblem says why a word cannot be a name in a rule.
func nameProblem(name string) error {
	if name == "" {
		return errors.New("the name is empty")
	}
	if len(name) > 64 || !utf8.ValidString(name) {
		return fmt.Errorf("the name %.70q is longer than 64 bytes or not UTF-8", name)
	}
	for i, r := range name {
		if r != '_' && !unicode.IsLetter(r) && (i == 0 || !unicode.IsDigit(r)) {
			return fmt.Errorf("%q is not a name: letters, digits and underscores, a letter first", name)
		}
	}
	if reserved[name] {
		return fmt.Errorf("%q is a word of the rule language and cannot be a name", name)
	}
	return nil
}
