package rule

import "fmt"

// Kind is the kind of one value. The zero Kind is Null, which is the kind of
// a value that is not there; every other kind can be declared for a field,
// except Duration, which only arises between two times.
type Kind uint8

const (
	// Null is no value at all. As a wish (Want.Kind) it means "any kind".
	Null Kind = iota
	// Bool is true or false.
	Bool
	// Int is a whole number from -2^63 to 2^63-1.
	Int
	// Number is a finite IEEE 754 double; never NaN, never infinite.
	Number
	// String is UTF-8 text of at most MaxString bytes, compared byte by byte.
	String
	// Time is a moment from year 1 to year 9999, to the microsecond.
	Time
	// StringList is a list of at most MaxList texts.
	StringList
	// IntList is a list of at most MaxList whole numbers.
	IntList
	// NumberList is a list of at most MaxList numbers.
	NumberList
	// Duration is a span between two times, to the microsecond. It cannot be
	// declared; it comes from subtracting times and from duration("720h").
	Duration

	// What follows never leaves the checker.
	rowKind // a table's row, before a column is taken from it
	badKind // an expression that has already been reported
)

// kindNames maps a kind to its word in a document and to its words in a
// sentence.
var kindNames = [...]struct{ word, phrase string }{
	Null:       {"null", "nothing"},
	Bool:       {"bool", "true or false"},
	Int:        {"int", "a whole number"},
	Number:     {"number", "a number"},
	String:     {"string", "a text"},
	Time:       {"time", "a time"},
	StringList: {"[string]", "a list of texts"},
	IntList:    {"[int]", "a list of whole numbers"},
	NumberList: {"[number]", "a list of numbers"},
	Duration:   {"duration", "a length of time"},
	rowKind:    {"row", "a row of a table"},
	badKind:    {"bad", "a mistake"},
}

// String is the kind's word in a policy document: "int", "[string]".
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k].word
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// phrase says the kind in a sentence to somebody who does not program.
func (k Kind) phrase() string { return kindNames[k].phrase }

// element is the kind of one element of a list kind, or Null for any other.
func (k Kind) element() Kind {
	switch k {
	case StringList:
		return String
	case IntList:
		return Int
	case NumberList:
		return Number
	}
	return Null
}

// ParseKind reads a kind's word: bool, int, number, string, time, [string],
// [int] or [number]. Any other word is an error that lists these.
func ParseKind(word string) (Kind, error) {
	for k := Bool; k <= NumberList; k++ {
		if kindNames[k].word == word {
			return k, nil
		}
	}
	err := fmt.Errorf("%q is not a kind of value; the kinds are bool, int, number, string, time, [string], [int] and [number]", word)
	if near, ok := kindSynonyms[word]; ok {
		err = fmt.Errorf("%w\nMaybe %s", err, near)
	}
	return Null, err
}

// kindSynonyms are the words that people coming from elsewhere try first.
var kindSynonyms = map[string]string{
	"boolean": "bool", "integer": "int", "float": "number", "double": "number", "decimal": "number",
	"text": "string", "str": "string", "date": "time", "datetime": "time", "timestamp": "time",
	"list": "[string]", "strings": "[string]", "array": "[string]", "ints": "[int]", "numbers": "[number]",
}

// Missing says what becomes of a field that the data does not carry.
type Missing uint8

const (
	// KeepNull leaves the field null: a comparison with it is unknown. The
	// default.
	KeepNull Missing = iota
	// Zero fills in 0, "", false or an empty list. A time has no zero, so a
	// time field cannot be declared this way.
	Zero
	// Refuse makes the record itself an error: the field is always there.
	Refuse
)

// Field declares one field of the customer or of the rep.
type Field struct {
	// Name as rules write it after "lead." or "rep.": letters, digits and
	// underscores, not starting with a digit, at most 64 bytes.
	Name string
	// Kind of the values, Bool to NumberList.
	Kind Kind
	// Missing says what an absent value becomes. Defaults to KeepNull.
	Missing Missing
	// Doc is one line for whoever writes rules. Optional.
	Doc string
}

// Side is the half of the decision that a field belongs to.
type Side uint8

const (
	// Customer is the side of what is being allocated.
	Customer Side = iota
	// Rep is the side of who may receive it.
	Rep
)
