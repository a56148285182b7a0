package main

import (
	"slices"
	"strings"
	"time"

	"github.com/evenhand/evenhand/allocation/calendar"
	"github.com/evenhand/evenhand/policy/cmd/evenhand/internal/tabular"
	"github.com/evenhand/evenhand/policy/rule"
)

// usualNames are what CRMs and their users call the fields that are always
// there, as tabular.Key has them. A column of the field's own name comes
// first; of several others the first in this list.
var usualNames = map[string][]string{
	"id": {
		"opportunity_id", "deal_id", "lead_id", "lead_no", "lead_number", "case_id", "case_number", "ticket_id", "ticket_number",
		"request_id", "inquiry_id", "record_id", "customer_id", "customer_no", "customer_number", "account_id", "company_id", "contact_id", "hs_object_id", "external_id",
	},
	"name": {
		"company", "company_name", "company_/_account", "account_name", "account", "organization", "organization_name", "organisation",
		"customer_name", "deal_name", "opportunity_name", "lead_name", "full_name", "firma", "subject",
	},
	"email_domain": {"email_domain_name", "contact_email_domain"},
	"domain":       {"company_domain", "company_domain_name", "account_domain", "website_domain", "domain_name"},
	"country":      {"country/region", "country_code", "billing_country", "mailing_country", "shipping_country", "address_country", "land"},
	"region":       {"state", "state/region", "state/province", "province", "billing_state", "billing_state/province", "mailing_state", "mailing_state/province", "bundesland"},
	"city":         {"billing_city", "mailing_city", "shipping_city", "town", "ort", "stadt"},
	"postal": {
		"postal_code", "zip", "zip_code", "zip/postal_code", "postcode", "billing_zip", "billing_zip/postal_code", "billing_postal_code",
		"mailing_zip/postal_code", "postleitzahl", "plz",
	},
	"industry":   {"sector", "vertical", "branche", "account_industry"},
	"source":     {"lead_source", "original_source", "origin", "channel", "utm_source", "account_source"},
	"segment":    {"customer_segment", "market_segment", "account_segment", "company_segment"},
	"territory":  {"sales_territory", "territory_name", "account_territory"},
	"owner":      {"lead_owner", "account_owner", "opportunity_owner", "deal_owner", "case_owner", "ticket_owner", "company_owner", "contact_owner", "record_owner", "owner_id", "owner_name", "hubspot_owner_id", "assigned_to", "sales_agent", "sales_rep"},
	"value":      {"amount", "deal_value", "deal_amount", "opportunity_amount", "expected_value", "expected_revenue", "estimated_value", "close_value", "annual_contract_value"},
	"score":      {"lead_score", "hubspot_score", "account_score"},
	"created_at": {"created", "created_date", "create_date", "createdate", "created_on", "created_time", "date_created", "creation_date", "date/time_opened", "opened_at", "opened_date", "first_contact_date", "engage_date"},
	"tags":       {"labels", "tag_list"},
}

// coreType is what a field that is always there holds; text where it is not
// named.
var coreType = map[string]string{"value": "number", "score": "number", "created_at": "time", "tags": "[string]"}

// column is a column of the file and what becomes of it.
type column struct {
	name   string
	field  string // that it fills; "" when it is of no use
	typ    string // of the field
	core   bool   // the field is always there
	mapped bool   // --map has to say so: the names differ
	misfit bool   // not every cell can be read as what the field holds
	blank  bool   // no row has a value
	sample []any  // some of its values
	why    string // it is of no use
}

// recognise settles what becomes of each column. The ID's is that given, or
// the likely one.
func recognise(t *tabular.Table, types *types, id string) []column {
	all := make([]column, len(t.Columns))
	for i, name := range t.Columns {
		all[i] = column{name: name, sample: sample(t, i), typ: types.of(t, i)}
		all[i].blank = len(all[i].sample) == 0
	}
	fill := func(i int, field string) {
		all[i].field, all[i].core = field, true
		all[i].mapped = tabular.Key(all[i].name) != field
		all[i].misfit = !types.fits(t, i, coreTypeOf(field))
	}
	if i := idColumn(t, id); i >= 0 && writable(t.Columns[i]) {
		fill(i, "id")
	}
	for i, c := range all { // of the field's own name: they fill it, asked or not
		if field := tabular.Key(c.name); c.field == "" && slices.Contains(coreCustomerFields, field) && field != "id" {
			fill(i, field)
		}
	}
	for _, field := range coreCustomerFields[1:] {
		if i := usualColumn(t, all, types, field); i >= 0 {
			fill(i, field)
		}
	}
	taken := map[string]bool{"id": true}
	for _, field := range coreCustomerFields {
		taken[field] = true
	}
	for i := range all {
		if all[i].field == "" {
			all[i].declare(taken)
		}
	}
	return all
}

// sample is up to three different values of a column.
func sample(t *tabular.Table, i int) []any {
	var out []any
	for r := range t.Rows {
		cell := present(t.Rows[r].Cell(i))
		if cell != nil && len(out) < 3 && !slices.ContainsFunc(out, func(x any) bool { return cellText(x) == cellText(cell) }) {
			out = append(out, cell)
		}
	}
	return out
}

// usualColumn finds the column that fills a core field by another name, unless
// one does already or its cells cannot.
func usualColumn(t *tabular.Table, all []column, types *types, field string) int {
	if slices.ContainsFunc(all, func(c column) bool { return c.field == field }) {
		return -1
	}
	for _, name := range usualNames[field] {
		i := columnIndex(t, name)
		if i >= 0 && all[i].field == "" && types.fits(t, i, coreTypeOf(field)) {
			return i
		}
	}
	return -1
}

func coreTypeOf(field string) string {
	if typ, ok := coreType[field]; ok {
		return typ
	}
	return "string"
}

// idColumn finds the ID's column: that given, that of its name, or the first of
// a usual name that tells every row apart.
func idColumn(t *tabular.Table, given string) int {
	if given != "" {
		return columnIndex(t, given)
	}
	if i := columnIndex(t, "id"); i >= 0 {
		return i
	}
	var likely []int
	for _, name := range usualNames["id"] {
		if i := columnIndex(t, name); i >= 0 {
			likely = append(likely, i)
		}
	}
	for i, name := range t.Columns {
		if key := tabular.Key(name); !slices.Contains(likely, i) && (strings.HasSuffix(key, "_id") || strings.HasPrefix(key, "id_")) {
			likely = append(likely, i)
		}
	}
	for _, i := range likely {
		if tellsApart(t, i) {
			return i
		}
	}
	return -1
}

// tellsApart reports whether a column has a different word in every good row.
func tellsApart(t *tabular.Table, i int) bool {
	seen := map[string]bool{}
	for r := range t.Rows {
		if t.Rows[r].Fault != "" {
			continue
		}
		text, ok := word(present(t.Rows[r].Cell(i)))
		if !ok || text == "" || seen[text] {
			return false
		}
		seen[text] = true
	}
	return true
}

// declare makes a field of the column's own.
func (c *column) declare(taken map[string]bool) {
	key := tabular.Key(c.name)
	switch {
	case key == "":
		return // exports have such at the end
	case c.typ == "":
		c.why = "its values are neither text nor numbers"
		return
	}
	if !writable(c.name) {
		c.why = "its name has characters that cannot be typed"
		return
	}
	field := rule.FieldName(c.name)
	if field == "" { // it begins with a digit, or is a word of the rules
		field = rule.FieldName("x_" + c.name)
	}
	if strings.Trim(field, "_") == "x" && key != field {
		field = ""
	}
	if field == "" {
		c.why = "no name for rules can be made of it"
		return
	}
	if taken[field] {
		c.why = "another column has its name"
		return
	}
	taken[field] = true
	c.field, c.mapped = field, tabular.Key(field) != key
}

// writable reports whether a name can stand on a command line.
func writable(name string) bool { return visible(name) == name && !strings.ContainsAny(name, "\n\t") }

// types guesses the types of columns with the reader that the desk uses.
type types struct {
	vocabulary *rule.Vocabulary
	zone       *time.Location
	names      []string // of types, the narrowest first
}

func newTypes(zone string) (*types, error) {
	location, err := calendar.LoadZone(zone)
	if err != nil {
		return nil, err
	}
	v, err := rule.NewVocabulary("customer")
	if err != nil {
		return nil, err
	}
	if err := v.In(location); err != nil {
		return nil, err
	}
	g := &types{vocabulary: v, zone: location, names: []string{"bool", "int", "number", "time", "[string]", "string"}}
	for _, name := range g.names {
		kind, err := rule.ParseKind(name)
		if err != nil {
			return nil, err
		}
		if _, err := v.Declare(rule.Customer, rule.Field{Name: fieldOf(name), Kind: kind}); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// fieldOf is the field that stands for a type.
func fieldOf(typ string) string {
	return "of_" + strings.Trim(typ, "[]") + strings.Repeat("_list", strings.Count(typ, "["))
}

// of is the narrowest type that every cell of a column can be read as; "" when
// there is none, "string" when there is no value.
func (g *types) of(t *tabular.Table, i int) string {
	for _, typ := range g.names {
		switch {
		case typ == "[string]" && !listed(t, i), typ != "string" && (blankColumn(t, i) || codes(t, i) && (typ == "int" || typ == "number")):
			continue
		case g.fits(t, i, typ):
			return typ
		}
	}
	return ""
}

// fits reports whether every cell of a column can be read as a type.
func (g *types) fits(t *tabular.Table, i int, typ string) bool {
	for r := range t.Rows {
		if cell := present(t.Rows[r].Cell(i)); cell != nil && t.Rows[r].Fault == "" {
			if _, err := g.vocabulary.Coerce(rule.Customer, fieldOf(typ), cell); err != nil {
				return false
			}
		}
	}
	return true
}

func blankColumn(t *tabular.Table, i int) bool {
	return !slices.ContainsFunc(t.Rows, func(r tabular.Row) bool { return r.Fault == "" && present(r.Cell(i)) != nil })
}

// listed reports whether some cell is a list: of JSON, or with semicolons.
func listed(t *tabular.Table, i int) bool {
	return slices.ContainsFunc(t.Rows, func(r tabular.Row) bool {
		cell := present(r.Cell(i))
		text, _ := cell.(string)
		_, elements := cell.([]any)
		return elements || strings.Contains(text, ";")
	})
}

// codes reports whether a column of digits is rather text: one that is called a
// number or a code, or has a cell with a leading zero or plus, or with more
// digits than anything that is counted.
func codes(t *tabular.Table, i int) bool {
	for _, part := range strings.FieldsFunc(tabular.Key(t.Columns[i]), func(r rune) bool { return r == '_' || r == '/' || r == '.' }) {
		if slices.Contains([]string{"id", "no", "number", "nr", "code", "phone", "fax", "mobile", "tel", "zip", "plz", "postcode"}, part) {
			return true
		}
	}
	return slices.ContainsFunc(t.Rows, func(r tabular.Row) bool {
		text, _ := present(r.Cell(i)).(string)
		return len(text) > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9' || strings.HasPrefix(text, "+") || len(text) > 12 && !strings.ContainsAny(text, ".eE")
	})
}

// arrivals reports whether every row says in a column when it came.
func arrivals(t *tabular.Table, i int, zone *time.Location) bool {
	return !slices.ContainsFunc(t.Rows, func(r tabular.Row) bool {
		text, _ := word(present(r.Cell(i)))
		_, err := parseMoment(text, zone)
		return r.Fault == "" && err != nil // a blank is no time
	})
}

// likelyWord is what rules call a customer: what the file, or the ID's column,
// is called.
func likelyWord(file string, columns []string) string {
	about := []string{tabular.Key(file)}
	for _, name := range columns {
		if key := tabular.Key(name); strings.HasSuffix(key, "_id") || strings.HasSuffix(key, "_number") || strings.HasSuffix(key, "_no") || strings.HasSuffix(key, "_owner") {
			about = append(about, key)
		}
	}
	for _, text := range about {
		for _, w := range []struct{ part, word string }{
			{"lead", "lead"}, {"opportunit", "opportunity"}, {"deal", "opportunity"}, {"pipeline", "opportunity"}, {"request", "request"},
			{"ticket", "request"}, {"case", "request"}, {"account", "account"}, {"compan", "account"},
		} {
			if strings.Contains(text, w.part) {
				return w.word
			}
		}
	}
	return "customer"
}
