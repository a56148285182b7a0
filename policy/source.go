package policy

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/evenhand/evenhand/policy/rule"
)

// This file is about the one writing of a policy: the text that a ledger keeps
// and whose SHA-256 is the policy's hash. What has no meaning is gone from it,
// comments, blanks, defaults that were written out, the order of keys, files'
// names and their unused columns; what has meaning is in it, the contents of
// the files included. Tests are not: they change no decision.

// packed is the form of Policy.Source.
type packed struct {
	Document json.RawMessage   `json:"document"`
	Files    map[string]string `json:"files,omitempty"`
}

// source returns the one writing and its hash.
func (c *compiler) source() (text []byte, hash string) {
	document, files := c.canonical()
	body, err := marshal(document)
	if err == nil {
		text, err = marshal(packed{body, files})
	}
	if err != nil {
		// Everything in a checked document can be written as JSON.
		c.f.path("", fmt.Sprintf("the policy cannot be written down: %v", err), "")
		return nil, ""
	}
	sum := sha256.Sum256(text)
	return text, hex.EncodeToString(sum[:])
}

// marshal writes JSON as it is read by people: < and & stay what they are.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSpace(b.Bytes()), err
}

// unpack reads the one writing back.
func unpack(source []byte) (*Document, *faults, error) {
	var p packed
	d := json.NewDecoder(bytes.NewReader(source))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return nil, nil, fmt.Errorf("policy: the source of a policy cannot be read: %w\nMaybe it is the text of a document, which policy.Parse reads", err)
	}
	n, err := readJSON(p.Document)
	if err != nil {
		return nil, nil, fmt.Errorf("policy: the document in the source of a policy cannot be read: %w", err)
	}
	f := &faults{}
	r := &reader{f: f}
	document := r.document(n)
	document.Files = packedFiles(p.Files)
	return document, f, nil
}

// packedFiles are the files inside a policy's source, as a file system.
type packedFiles map[string]string

// Open opens one of the files for reading.
func (p packedFiles) Open(name string) (fs.File, error) {
	text, ok := p[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return &packedFile{Reader: strings.NewReader(text), name: name}, nil
}

// packedFile is one of them, open. It is its own description.
type packedFile struct {
	*strings.Reader
	name string
}

func (f *packedFile) Stat() (fs.FileInfo, error) { return f, nil }
func (f *packedFile) Close() error               { return nil }
func (f *packedFile) Name() string               { return f.name }
func (f *packedFile) Mode() fs.FileMode          { return 0o444 }
func (f *packedFile) ModTime() time.Time         { return time.Time{} }
func (f *packedFile) IsDir() bool                { return false }
func (f *packedFile) Sys() any                   { return nil }

// canonical returns the document in its one writing, and its files.
func (c *compiler) canonical() (*Document, map[string]string) {
	d := *c.d
	files := map[string]string{}
	d.Evenhand, d.Tests, d.Files, d.origin = 1, nil, nil, nil
	d.Customer = omit(d.Customer, "customer")
	d.Timezone = omit(c.zone.String(), "UTC")
	d.WeekStarts = omit(d.WeekStarts, "monday")
	d.Fields = Fields{canonicalFields(d.Fields.Customer, coreCustomer), canonicalFields(d.Fields.Rep, coreRep)}
	d.KPIs = slices.Sorted(slices.Values(d.KPIs))
	d.Let = orderedLets(d.Let)
	d.Units = omit(tidy(d.Units), "1")
	d.Caps = canonicalCaps(d.Caps)
	d.Rotation.Scope = omit(d.Rotation.Scope, "rule")
	d.Rotation.Share = omit(d.Rotation.Share, "per_customer")
	d.Rotation.Manual = omit(d.Rotation.Manual, "caps")
	d.Rotation.OnReturn.Kind = omit(d.Rotation.OnReturn.Kind, "freeze")
	if d.Holidays != nil {
		d.Holidays = &Holidays{File: "holidays.csv"}
		files["holidays.csv"] = c.contents.holidays
	}
	d.Lists, d.Tables = map[string]List{}, map[string]Table{}
	for name := range c.d.Lists {
		d.Lists[name] = List{Values: c.contents.lists[name]}
	}
	for name, t := range c.d.Tables {
		t.File, t.Match = "tables/"+name+".csv", omit(t.Match, "exact")
		d.Tables[name] = t
		files[t.File] = c.contents.tables[name]
	}
	d.Rules = slices.Clone(d.Rules)
	for i := range d.Rules {
		canonicalRule(&d.Rules[i], c.out.Rules[i].ID)
	}
	return &d, files
}

func canonicalFields(in map[string]Field, core []rule.Field) map[string]Field {
	out := map[string]Field{}
	for name, f := range in {
		if isCore(core, name) {
			continue
		}
		out[name] = Field{Type: f.Type, Missing: omit(f.Missing, "null")}
	}
	return out
}

func canonicalCaps(in []Cap) []Cap {
	out := slices.Clone(in)
	for i := range out {
		c := &out[i]
		c.Zone, c.Each = omit(c.Zone, "desk"), omit(c.Each, "rep")
		c.Open, c.Assigned, c.Only = tidy(c.Open), tidy(c.Assigned), tidy(c.Only)
	}
	return out
}

func canonicalRule(r *Rule, id string) {
	r.ID = id
	r.When, r.Eligible, r.Weight, r.Size, r.Prefer = tidy(r.When), tidy(r.Eligible), tidy(r.Weight), tidy(r.Size), tidy(r.Prefer)
	r.Available, r.Pick = omit(r.Available, "on_shift"), omit(r.Pick, "rotate")
	r.WeightNull = omit(r.WeightNull, "refuse")
	r.IfNone = IfNone{omit(r.IfNone.NotEligible, "next"), omit(r.IfNone.Away, "next"), omit(r.IfNone.Full, "next")}
	r.Caps = canonicalCaps(r.Caps)
	if r.Ramp != nil {
		r.Ramp = &Ramp{Since: tidy(r.Ramp.Since), Steps: r.Ramp.Steps}
	}
}

// omit drops a word that is the default.
func omit(s, standard string) string {
	if s == standard {
		return ""
	}
	return s
}

// orderedLets puts lets into an order that depends on what uses what, and on
// names, and not on how they were written: always the first by name of those
// that use nothing still to come.
func orderedLets(in Lets) Lets {
	uses := map[string]map[string]bool{}
	for i, l := range in {
		uses[l.Name] = map[string]bool{}
		mentioned := identifier.FindAllString(l.Expression, -1)
		for _, earlier := range in[:i] {
			if slices.Contains(mentioned, earlier.Name) {
				uses[l.Name][earlier.Name] = true
			}
		}
	}
	left := slices.Clone(in)
	slices.SortFunc(left, func(a, b Let) int { return strings.Compare(a.Name, b.Name) })
	out := Lets{}
	for len(left) > 0 {
		i := slices.IndexFunc(left, func(l Let) bool { return len(uses[l.Name]) == 0 })
		next := left[i]
		left = slices.Delete(left, i, i+1)
		for _, u := range uses {
			delete(u, next.Name)
		}
		out = append(out, Let{next.Name, tidy(next.Expression)})
	}
	return out
}
