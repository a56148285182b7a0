package allocation

import "context"

// Requests collects requests that are applied in order and appended together:
// an import or a replay then costs one append for all of them. Each request
// has a result of its own, as if it had been sent alone; one that is refused,
// wrong or fails does not touch the others. It is for one goroutine, and for one
// Commit.
//
//	requests := desk.Requests()
//	for _, c := range customers {
//		results = append(results, requests.Assign(c))
//	}
//	err := requests.Commit(ctx)
type Requests struct {
	desk *Desk
	do   []func(*group) error

	results []*Result
}

// Result is what became of one of several requests. It is filled in by Commit.
type Result struct {
	Decision Decision // of Assign and Reassign
	Err      error
}

// Requests begins a collection of requests.
func (d *Desk) Requests() *Requests { return &Requests{desk: d} }

// Len is how many requests were collected.
func (r *Requests) Len() int { return len(r.do) }

// Commit applies the requests and returns when all of them are durable. Its
// error means that none was kept, or that nobody knows: ErrNotDurable. The
// errors of single requests are in their results.
func (r *Requests) Commit(ctx context.Context) error {
	err := r.desk.submit(ctx, func(g *group) error {
		for i, do := range r.do {
			if r.results[i].Err = g.apply(i+1, func() error { return do(g) }); g.broken != nil {
				return g.broken
			}
		}
		return nil
	})
	if err != nil {
		for _, result := range r.results {
			*result = Result{Err: err}
		}
	}
	return err
}

// result is what one more request will fill in.
func (r *Requests) result() *Result {
	result := &Result{}
	r.results = append(r.results, result)
	return result
}

// Assign is Desk.Assign.
func (r *Requests) Assign(c Customer) *Result {
	result := r.result()
	r.do = append(r.do, func(g *group) (err error) {
		c := c // the request may run again
		result.Decision, err = g.assign(&c)
		return err
	})
	return result
}

// Reassign is Desk.Reassign.
func (r *Requests) Reassign(c Customer) *Result {
	result := r.result()
	r.do = append(r.do, func(g *group) (err error) {
		c := c // the request may run again
		result.Decision, err = g.reassign(&c)
		return err
	})
	return result
}

// Release is Desk.Release.
func (r *Requests) Release(id string, outcome Outcome, opts ...Option) *Result {
	result := r.result()
	r.do = append(r.do, func(g *group) error { return g.release(id, outcome, opts) })
	return result
}

// Void is Desk.Void.
func (r *Requests) Void(id, note string, opts ...Option) *Result {
	result := r.result()
	r.do = append(r.do, func(g *group) error { return g.void(id, note, opts) })
	return result
}
