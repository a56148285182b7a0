package storetest

import "github.com/evenhand/evenhand/allocation"

func erasing(f *fixture) {
	customer := func(kind, id string) allocation.Entry {
		e := assigned("acme", 1)
		e.Kind, e.Customer = kind, id
		return e
	}
	var history []allocation.Entry
	add := func(desk string, erase []allocation.CustomerRef, entries ...allocation.Entry) {
		f.Helper()
		f.update(desk, func(head allocation.Head) allocation.Batch {
			b := batchOf(head, entries...)
			b.Erase = erase
			return b
		})
		if desk == "acme" {
			history = append(history, entries...)
		}
	}
	add("other", nil, customer("lead", "L-1"))
	add("acme", nil, customer("lead", "L-1"), customer("account", "L-1"), customer("lead", "L-10"), customer("lead", "l-1"), customer("lead", "L-2"))
	add("acme", nil, customer("lead", "L-1"))
	add("acme", []allocation.CustomerRef{{Kind: "lead", ID: "L-1"}, {Kind: "lead", ID: "L-2"}, {Kind: "lead", ID: "nobody"}},
		customer("lead", "L-3"), customer("lead", "L-1"))

	erase := func(ref allocation.CustomerRef) {
		for i := range history {
			if history[i].Kind == ref.Kind && history[i].Customer == ref.ID {
				history[i].Fields, history[i].Salt = nil, nil
			}
		}
	}
	check := func(promise string) {
		f.Helper()
		got, err := f.entries("acme", 0, 0)
		if err != nil {
			f.Fatalf("Entries: %v", err)
		}
		same(f, promise, history, got)
	}
	erase(allocation.CustomerRef{Kind: "lead", ID: "L-1"})
	erase(allocation.CustomerRef{Kind: "lead", ID: "L-2"})
	check("Erase empties Fields and Salt of all entries of these customers, those of the batch included, and no other column and no other customer")

	// Erasing needs no entry of its own, and does not last: what comes after
	// it is kept.
	f.update("acme", func(allocation.Head) allocation.Batch {
		return allocation.Batch{Erase: []allocation.CustomerRef{{Kind: "account", ID: "L-1"}}}
	})
	erase(allocation.CustomerRef{Kind: "account", ID: "L-1"})
	add("acme", nil, customer("lead", "L-1"))
	check("a customer who comes again after an erasure is recorded like any other")

	var prev allocation.Head
	for _, link := range f.links("acme") {
		if allocation.Link(prev.Link, history[prev.Version:link.Version]) != link.Link {
			f.Errorf("the chain must still hold at version %d after an erasure", link.Version)
		}
		prev = link
	}
	got, err := f.entries("other", 0, 0)
	if err != nil || len(got) != 1 || got[0].Fields == nil || got[0].Salt == nil {
		f.Errorf("the same customer of another desk keeps his fields; got %+v, %v", got, err)
	}
}
