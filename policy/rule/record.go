package rule

import "time"

// Record is the values of one customer or of one rep, by slot: the number
// that Declare, DeclareKPI or Slot gave. A slot beyond its end is null. Make
// one with Vocabulary.NewRecord, so that fields declared Zero start at zero.
type Record []Value

// Env is what one evaluation looks at. It is only read, so one Env may be
// used by many programs and many goroutines at once.
type Env struct {
	// Customer's values by slot.
	Customer Record
	// Rep's values by slot; nil when no rep is being looked at yet.
	Rep Record
	// Now is the recorded time of the decision, never the wall clock.
	Now time.Time
}
