package policy

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// This file writes the parts of a Document whose written form differs from
// their Go form, so that a marshalled Document is a document again.

// MarshalJSON writes the document with its fields under the word it uses for a
// customer.
func (d Document) MarshalJSON() ([]byte, error) {
	type rest Document
	word := d.Customer
	if word == "" {
		word = "customer"
	}
	fields := map[string]map[string]Field{}
	if len(d.Fields.Customer) > 0 {
		fields[word] = d.Fields.Customer
	}
	if len(d.Fields.Rep) > 0 {
		fields["rep"] = d.Fields.Rep
	}
	if d.Evenhand == 0 {
		d.Evenhand = 1
	}
	return marshal(struct {
		rest
		Fields map[string]map[string]Field `json:"fields,omitempty"`
	}{rest(d), fields})
}

// MarshalJSON writes {file: …} or the words.
func (l List) MarshalJSON() ([]byte, error) {
	if l.File != "" {
		return marshal(map[string]string{"file": l.File})
	}
	if l.Values == nil {
		return []byte("[]"), nil
	}
	return marshal(l.Values)
}

// MarshalJSON writes a group of names, in order.
func (l Lets) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, let := range l {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := marshal(let.Name)
		if err != nil {
			return nil, err
		}
		text, err := marshal(let.Expression)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, "%s:%s", name, text)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// MarshalJSON writes freeze, calibrate or {grant: time_off, …}.
func (r OnReturn) MarshalJSON() ([]byte, error) {
	if r.Kind != "grant" {
		return marshal(r.Kind)
	}
	return marshal(struct {
		Grant      string `json:"grant"`
		LongerThan string `json:"longer_than,omitempty"`
		Max        int64  `json:"max,omitempty"`
	}{"time_off", r.LongerThan, r.Max})
}

// MarshalJSON writes [low, high].
func (r Range) MarshalJSON() ([]byte, error) { return marshal([2]float64{r.Low, r.High}) }

// MarshalJSON writes days and shares.
func (s Steps) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, step := range s {
		if i > 0 {
			b.WriteByte(',')
		}
		share, err := json.Marshal(step.Share)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, `"%dd":%s`, step.AfterDays, share)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}
