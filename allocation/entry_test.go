package allocation

import (
	"reflect"
	"testing"
	"time"
)

// TestLinkCoversEveryColumn changes one column of an entry after the other.
func TestLinkCoversEveryColumn(t *testing.T) {
	entry := Entry{Seq: 1, At: monday, Event: EventAssigned, Kind: "lead", Customer: "L1", Episode: 1, Rep: "ana", Rule: "r1",
		Status: StatusAssigned, Reason: "manual", Body: []byte("{}"), Fields: []byte("{}"), Salt: []byte("salt"), Digest: []byte("digest")}
	before := Link([32]byte{}, []Entry{entry})
	for i := range reflect.TypeFor[Entry]().NumField() {
		changed := entry
		name, column := reflect.TypeFor[Entry]().Field(i).Name, reflect.ValueOf(&changed).Elem().Field(i)
		switch v := column.Interface().(type) {
		case uint64:
			column.SetUint(v + 1)
		case int:
			column.SetInt(int64(v + 1))
		case time.Time:
			column.Set(reflect.ValueOf(v.Add(time.Microsecond)))
		case []byte:
			column.SetBytes(append([]byte("x"), v...))
		default:
			column.SetString(column.String() + "x")
		}
		covered := Link([32]byte{}, []Entry{changed}) != before
		if erasable := name == "Fields" || name == "Salt"; covered == erasable {
			t.Errorf("the chain covers every column but the two that can be erased; %s covered: %t", name, covered)
		}
	}
}

// TestLinkTellsColumnsApart moves a letter from one column to the next.
func TestLinkTellsColumnsApart(t *testing.T) {
	a, b := Entry{Seq: 1, At: monday, Customer: "ab", Rep: "c"}, Entry{Seq: 1, At: monday, Customer: "a", Rep: "bc"}
	if Link([32]byte{}, []Entry{a}) == Link([32]byte{}, []Entry{b}) {
		t.Error("two entries that differ have the same link")
	}
}
