package allocation_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/evenhand/evenhand/allocation"
)

// Who waits is with nobody and cannot be transferred; the refusal names what
// gives him away by hand, and that does.
func TestTransferOfOneWhoWaits(t *testing.T) {
	ctx := t.Context()
	store := allocation.NewMemoryStore()
	desk := guideDesk(store)
	defer desk.Close()
	for _, id := range []string{"L-1", "L-2", "L-3"} {
		if _, err := desk.Assign(ctx, allocation.Customer{ID: id}); err != nil {
			t.Fatal(err)
		}
	}
	var refused *allocation.Refusal
	err := desk.Transfer(ctx, "L-3", "bo")
	if !errors.As(err, &refused) || refused.Reason != "not_open" || !strings.Contains(refused.Sentence, "is waiting") || !strings.Contains(refused.Sentence, "\nMaybe AssignTo") {
		t.Errorf("a transfer of one who waits is answered %v, want a refusal that says he waits and names AssignTo", err)
	}
	d, err := desk.AssignTo(ctx, allocation.Customer{ID: "L-3"}, "bo", allocation.Force())
	if err != nil || d.Status != allocation.StatusAssigned || d.Rep != "bo" {
		t.Errorf("AssignTo, as the refusal advises, gives %+v (%v), want bo", d, err)
	}
	if err := desk.Void(ctx, "L-3", "a mistake"); err != nil {
		t.Fatal(err)
	}
	var last allocation.Entry
	for e, err := range store.Entries(ctx, "acme/emea", 0, 0) {
		if err != nil {
			t.Fatal(err)
		}
		last = e
	}
	if last.Event != allocation.EventVoided || last.Rep != "bo" {
		t.Errorf("the last entry is %s, want voided with the rep who had the customer", last)
	}
}
