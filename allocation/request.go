package allocation

import (
	"maps"
	"slices"
	"time"
)

// Option says more about a request on a customer.
type Option func(*options)

type options struct {
	kind  string
	at    time.Time
	force bool
	key   string
	about string
}

// Kind names the customer's kind, where it is not the policy's word.
func Kind(kind string) Option { return func(o *options) { o.kind = kind } }

// At is the time of the request, for a replaying desk.
func At(t time.Time) Option { return func(o *options) { o.at = t } }

// Force lets AssignTo and Transfer pass a full cap. It is recorded.
func Force() Option { return func(o *options) { o.force = true } }

// Once makes Grant and CloseAccount idempotent: sent again with the same key, of
// at most 256 bytes, they do nothing. A key that was used for something else is
// refused with ErrKeyReused.
func Once(key string) Option { return func(o *options) { o.key = key } }

// AboutRep makes Explain look for what would have given the customer to this
// rep alone, which finds more in a large roster; see Counterfactual.
func AboutRep(id string) Option { return func(o *options) { o.about = id } }

// request settles the options and the customer of a request, and finds his last
// entry. Time has not passed yet: whoever calls at afterwards looks the entry up
// again, since a waiting customer may have been given away meanwhile.
func (g *group) request(id string, opts []Option) (CustomerRef, *event, options, error) {
	var o options
	for _, opt := range opts {
		opt(&o)
	}
	c := Customer{ID: id, Kind: o.kind}
	ref, err := g.identify(&c)
	if err != nil {
		return ref, nil, o, err
	}
	last, err := g.last(ref)
	if err != nil {
		return ref, nil, o, err
	}
	if last == nil {
		return ref, nil, o, unknownCustomer(ref)
	}
	return ref, last, o, nil
}

// at brings the desk up to the time of a request.
func (g *group) at(o options) (time.Time, error) {
	now, err := g.time(o.at)
	if err != nil {
		return now, err
	}
	return now, g.begin(now)
}

// follow makes an event about the customer of e that keeps what e says of him.
func (e *event) follow(what Event, status Status, reason string) *event {
	return &event{
		Entry: Entry{Event: what, Kind: e.Kind, Customer: e.Customer, Episode: e.Episode, Rep: e.Rep, Rule: e.Rule,
			Status: status, Reason: reason},
		details: details{Prior: e.decisionSeq()},
	}
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
