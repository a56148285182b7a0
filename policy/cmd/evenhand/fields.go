package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/policy"
)

// The core fields a column may fill, besides those the policy declares.
var (
	coreCustomerFields = []string{
		"id", "kind", "name", "email_domain", "domain", "country", "region", "city", "postal", "industry", "source",
		"segment", "territory", "owner", "value", "score", "created_at", "tags",
	}
	coreRepFields = []string{
		"id", "name", "teams", "role", "manager", "country", "region", "skills", "territories", "segments", "capacity",
		"active", "timezone", "hired_at", "shifts", "time_off",
	}
)

// customerFields lists the fields of a customer under a policy.
func customerFields(doc *policy.Document) []string {
	return append(slices.Clone(coreCustomerFields), slices.Sorted(maps.Keys(doc.Fields.Customer))...)
}

// fieldsRead lists the fields of a customer that a policy reads, in the order
// of fields: it reads a customer who has them all and says which it took.
func (p *document) fieldsRead(fields []string) ([]string, error) {
	all := allocation.Customer{ID: "-", Fields: map[string]any{}}
	for _, name := range fields {
		if name != "id" && name != "kind" {
			all.Fields[name] = p.sample(name)
		}
	}
	subject, err := p.compiled.NewMatcher().ReadCustomer(&all)
	if err != nil {
		return nil, fmt.Errorf("which fields does the policy read: %w", err)
	}
	var taken map[string]any
	if err := json.Unmarshal(subject.AppendFields(nil), &taken); err != nil {
		return nil, fmt.Errorf("which fields does the policy read: %w", err)
	}
	return slices.DeleteFunc(slices.Clone(fields), func(name string) bool {
		_, read := taken[name]
		return !read || name == "id" || name == "kind"
	}), nil
}

// sample is some value of a field's type.
func (p *document) sample(name string) any {
	switch kind := p.Fields.Customer[name].Type; {
	case kind == "bool":
		return "true"
	case kind == "time", name == "created_at":
		return "2026-01-01"
	}
	return "1" // a text, a number, and a list of one of either
}

// repFields lists the fields of a rep under a policy: the core's, the
// document's, and each KPI under kpi.NAME.
func repFields(doc *policy.Document) []string {
	fields := append(slices.Clone(coreRepFields), slices.Sorted(maps.Keys(doc.Fields.Rep))...)
	for _, name := range doc.KPIs {
		fields = append(fields, "kpi."+name)
	}
	return fields
}
