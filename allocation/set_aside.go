package allocation

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// This file is what becomes of a customer whom the desk cannot decide: a
// matcher that panics on him, fields that cannot be written down, a rotation
// that cannot take what he counts for. After Config.Tries tries he is set
// aside: recorded as unassigned with ReasonFailed and the fault, listed by
// Report until somebody deals with him. Reassign decides him again. Everybody
// else is decided as if he had never come.

// target is what the desk is busy with: one of the requests that came
// together, or one customer of the waiting list.
type target struct {
	request *request
	part    int         // of Requests, from 1
	waiting CustomerRef // set: a waiting customer, and no request
}

// poison is a failure after which the state in memory is worth nothing. It is
// the affair of its target alone: the others are decided without it.
type poison struct {
	target target
	fault  fault
}

func (p *poison) Error() string { return p.fault.err.Error() }

// fault is why a target failed.
type fault struct {
	err      error
	deciding bool // a customer's deciding failed: he can be set aside
}

// faults are those of a group's targets, kept while the group is applied
// again without them.
type faults map[target]fault

// note keeps the failure of a target, if that is what an error is. A customer
// whom setting aside fails, too, is left as he was.
func (f faults) note(err error) bool {
	var p *poison
	if !errors.As(err, &p) {
		return false
	}
	_, again := f[p.target]
	p.fault.deciding = p.fault.deciding && !again
	f[p.target] = p.fault
	return true
}

// apply runs one request, or one of several that came together. What goes wrong
// in it is its own affair.
func (g *group) apply(part int, do func() error) (err error) {
	g.target, g.deciding = target{request: g.current, part: part}, false
	if known, failed := g.faults[g.target]; failed && !known.deciding {
		return known.err
	}
	defer func() {
		if p := recover(); p != nil {
			err = g.fail(&poison{g.target, fault{fmt.Errorf("evenhand: the request could not be decided: %v", p), g.deciding}})
		}
	}()
	return do()
}

// try runs what evaluates one customer, again when it panics or fails, up to
// Config.Tries times. The error is that of the last time. When a rotation has
// taken a turn meanwhile, the group is broken: trying again takes another state.
func (g *group) try(f func() error) (err error) {
	for range g.d.cfg.Tries {
		g.s.live.walk.turning = false
		if err = recovered(f); err == nil {
			return nil
		}
		if g.s.live.walk.turning {
			return g.fail(&poison{g.target, fault{err, true}})
		}
	}
	return err
}

// recovered runs f and makes an error of its panic.
func recovered(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("it panicked: %v", p)
		}
	}()
	return f()
}

// setAside makes e say that a customer could not be decided.
func setAside(e *event, cause error) outcome {
	e.subject, e.Fault = nil, faultText(cause)
	return outcome{status: StatusUnassigned, row: -1, rule: -1, reason: ReasonFailed}
}

// maxFault is the most bytes of a fault that the ledger keeps.
const maxFault = 300

// faultText is a fault in one line that can be read.
func faultText(err error) string {
	text := strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(err.Error(), "\ufffd"))
	if len(text) > maxFault {
		text = strings.ToValidUTF8(text[:maxFault], "") + "…"
	}
	if text = strings.TrimSpace(text); text == "" {
		return "an error that says nothing"
	}
	return text
}

// errFields: what a subject says of itself is no JSON object.
var errFields = errors.New("the fields that the policy read cannot be written down: they are no JSON object")

// checkFields refuses a subject that no ledger could give back: too large, which
// is bad input, or no JSON, which is a fault of the matcher.
func checkFields(s Subject) (bad, fault error) {
	text := s.AppendFields(nil)
	switch {
	case len(text) > MaxFields:
		return fmt.Errorf("the fields that the policy reads have %d bytes as JSON; the limit is %d", len(text), MaxFields), nil
	case len(text) == 0 || text[0] != '{' || !json.Valid(text):
		return nil, errFields
	}
	return nil, nil
}
