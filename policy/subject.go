package policy

import (
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/policy/rule"
)

var _ allocation.Subject = (*subject)(nil)

// subject is a customer as a policy reads it: the fields that some expression
// reads or that are declared missing: refuse, and no others.
type subject struct {
	p      *programs
	record rule.Record
}

// ReadCustomer types the fields that the policy reads, and checks the ones the
// document declares even if nothing reads them. Core fields that nothing reads
// are not looked at. The error names every bad field.
func (m *matcher) ReadCustomer(c *allocation.Customer) (allocation.Subject, error) {
	p := m.p
	s := &subject{p, p.v.NewRecord(rule.Customer)}
	var faults []error
	for _, f := range p.customer {
		value, err := p.v.Coerce(rule.Customer, f.name, p.raw(c, f.name))
		if err != nil {
			faults = append(faults, err)
		}
		s.record[f.slot] = value
	}
	for _, f := range p.check {
		if _, err := p.v.Coerce(rule.Customer, f.name, p.raw(c, f.name)); err != nil {
			faults = append(faults, err)
		}
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return s, nil
}

// raw is a field as the caller gave it. ID and kind may stand among the fields
// alone, as they do when AppendFields wrote them.
func (p *programs) raw(c *allocation.Customer, name string) any {
	switch {
	case name == "id" && c.ID == "":
		return c.Fields["id"]
	case name == "kind" && c.Kind == "":
		if kind, given := c.Fields["kind"]; given {
			return kind
		}
		return p.kind
	}
	return c.Field(name)
}

// AppendFields appends the subject's fields as one JSON object: keys sorted,
// no spaces, null ones left out, whole numbers without a point, other numbers
// in their shortest form, times in RFC 3339 UTC.
func (s *subject) AppendFields(dst []byte) []byte {
	dst = append(dst, '{')
	first := true
	for _, f := range s.p.customer {
		value := s.record[f.slot]
		if value.IsNull() {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(dst, f.key...)
		dst = append(dst, ':')
		dst = appendValue(dst, value)
	}
	return append(dst, '}')
}

func appendValue(dst []byte, v rule.Value) []byte {
	switch v.Kind() {
	case rule.Bool:
		return strconv.AppendBool(dst, v.Bool())
	case rule.Int:
		return strconv.AppendInt(dst, v.Int(), 10)
	case rule.Number:
		return appendNumber(dst, v.Number())
	case rule.Time:
		dst = append(dst, '"')
		dst = v.Time().AppendFormat(dst, time.RFC3339Nano)
		return append(dst, '"')
	}
	raw := v.Any()
	if list, ok := raw.([]string); ok && list == nil {
		raw = []string{}
	}
	text, err := marshal(raw)
	if err != nil || string(text) == "null" {
		// Texts and lists of finite numbers can always be written.
		return append(dst, "[]"...)
	}
	return append(dst, text...)
}

// appendNumber writes the shortest digits that read back as x.
func appendNumber(dst []byte, x float64) []byte {
	text, err := json.Marshal(x)
	if err != nil {
		return append(dst, '0') // a Value is never NaN or infinite
	}
	return append(dst, text...)
}
