package policy

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/evenhand/evenhand/.ci/budget"
	"github.com/evenhand/evenhand/allocation"
)

// maxFault is how long a message about one bad field may be.
const maxFault = 400

// FuzzFields reads customers and reps whose fields hold any values of Go that a
// caller might pass by mistake.
func FuzzFields(f *testing.F) {
	for i := range byte(wordsOfGo) {
		f.Add([]byte{i, 7, i, i, 1, 'a', 2}, "text")
		f.Add([]byte{listOfGo, 2, i, listOfGo, 1, i}, "2026-02-30")
		f.Add([]byte{mapOfGo, 1, i, pointerOfGo, i}, "1e999999")
	}
	for _, text := range []string{"\xff", "9223372036854775808", "\u202e1", "a;b;;c", "NaN", " \x00", "0x1p-2", "1_000", "1,000.5", "true"} {
		f.Add([]byte{0, 1, 2, 3, 4, 5}, text)
	}
	_, m := newTestMatcher(f)
	names := []string{"employees", "price", "urgent", "called_at", "products", "years", "rates", "level", "must", "unread", "id", "kind", "region", "value", "tags", "created_at"}
	f.Fuzz(func(t *testing.T, plan []byte, text string) {
		d := goValues{plan: plan, text: text}
		fields := map[string]any{}
		for _, name := range names {
			fields[name] = d.value(0)
		}
		customer := allocation.Customer{ID: "L", Fields: fields}
		rep := allocation.Rep{ID: "ana", KPI: map[string]float64{"win_rate": math.Float64frombits(d.word())},
			Fields: map[string]any{"grade": d.value(0), "langs": d.value(0), "open": d.value(0)}}
		var s allocation.Subject
		var bad, badRep error
		budget.Within(t, len(plan)+len(text), func() {
			s, bad = m.ReadCustomer(&customer)
			badRep = m.CheckRep(&rep)
		})
		for _, err := range []error{bad, badRep} {
			if err != nil && (!utf8.ValidString(err.Error()) || len(err.Error()) > maxFault*len(fields)) {
				t.Fatalf("what is said of bad fields is short and readable, but here it is %d bytes: %.500q", len(err.Error()), err)
			}
		}
		if bad != nil {
			return
		}
		written := s.AppendFields(nil)
		back := map[string]any{}
		in := json.NewDecoder(strings.NewReader(string(written)))
		in.UseNumber()
		if err := in.Decode(&back); err != nil {
			t.Fatalf("the fields of a customer who was read are JSON: %v in %s", err, written)
		}
		again, err := m.ReadCustomer(&allocation.Customer{Fields: back})
		if err != nil || string(again.AppendFields(nil)) != string(written) {
			t.Fatalf("fields that were written are read back as they were: %v in %s", err, written)
		}
	})
}

// The kinds of values that goValues makes, by the byte that asks for them.
const (
	listOfGo    = 20
	mapOfGo     = 21
	pointerOfGo = 22
	wordsOfGo   = 34
)

// goValues makes values of Go from bytes.
type goValues struct {
	plan []byte
	text string
	made int
}

func (d *goValues) next() byte {
	if len(d.plan) == 0 {
		return 0
	}
	b := d.plan[0]
	d.plan = d.plan[1:]
	return b
}

func (d *goValues) word() uint64 {
	var w uint64
	for range 8 {
		w = w<<8 | uint64(d.next())
	}
	return w
}

type (
	namedText  string
	namedInt   int32
	namedFlag  bool
	namedTexts []string
	ring       *ring
	record     struct {
		Text string
		Self *record
		Any  any
	}
)

// panics when it is written as text.
type panics struct{ at *int }

func (p panics) String() string { return string(rune(*p.at)) }

func (d *goValues) value(depth int) any {
	// A thousand values in all, and as deep as the plan is long.
	if d.made++; d.made > 1000 {
		return nil
	}
	switch kind := d.next() % wordsOfGo; kind {
	case 0, 1, 2:
		return []any{nil, d.text, json.Number(d.text)}[kind]
	case 3:
		return int64(d.word())
	case 4:
		return d.word()
	case 5:
		return math.Float64frombits(d.word())
	case 6:
		return math.Float32frombits(uint32(d.word()))
	case 7:
		return []any{int8(-1), uint16(9), namedInt(3), namedText(d.text), namedFlag(true), namedTexts{d.text, ""}, uintptr(1), complex(1, 2)}[d.next()%8]
	case 8:
		return time.Unix(int64(d.word()), int64(d.next()))
	case 9:
		return time.Time{}
	case 10:
		return []string{d.text, d.text}
	case 11:
		return []int64{1, int64(d.word())}
	case 12:
		return []float64{math.NaN(), 1}
	case 13:
		return []byte(d.text)
	case 14:
		return strings.Repeat(d.text, int(d.next()))
	case 15:
		return make([]string, int(d.next())*40)
	case 16:
		return func() {}
	case 17:
		return make(chan int)
	case 18:
		return panics{}
	case 19:
		return &panics{}
	case listOfGo:
		list := make([]any, int(d.next()%8))
		for i := range list {
			list[i] = d.value(depth + 1)
		}
		return list
	case mapOfGo:
		m := map[string]any{}
		for range d.next() % 8 {
			m[d.text+string(rune('a'+d.next()%4))] = d.value(depth + 1)
		}
		return m
	case pointerOfGo:
		v := d.value(depth + 1)
		return &v
	case 23:
		m := map[string]any{}
		m["self"] = m
		return m
	case 24:
		list := make([]any, 2)
		list[0], list[1] = list, d.text
		return list
	case 25:
		var v any
		v = &v
		return v
	case 26:
		var r ring
		r = &r
		return r
	case 27:
		r := &record{Text: d.text}
		r.Self, r.Any = r, r
		return r
	case 28:
		return record{Text: d.text}
	case 29:
		return [3]any{d.text, nil, 1}
	case 30:
		return (*string)(nil)
	case 31:
		return &d.text
	case 32:
		var v any = d.text
		for range int(d.next()) * 64 {
			v = []any{v}
		}
		return v
	default:
		var v any = d.text
		for range int(d.next()) * 64 {
			w := v
			v = &w
		}
		return v
	}
}
