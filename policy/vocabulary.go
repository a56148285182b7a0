package policy

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/evenhand/evenhand/policy/rule"
)

// coreCustomer are the fields that every customer has in rules, whatever the
// document declares. A list that is absent is the empty list.
var coreCustomer = []rule.Field{
	{Name: "id", Kind: rule.String, Missing: rule.Refuse, Doc: "the customer's ID"},
	{Name: "kind", Kind: rule.String, Missing: rule.Refuse, Doc: "lead, account, opportunity or request; by default the policy's word"},
	{Name: "name", Kind: rule.String, Doc: "the customer's name"},
	{Name: "email_domain", Kind: rule.String, Doc: "the part behind the @ of the contact's address"},
	{Name: "domain", Kind: rule.String, Doc: "the company's own domain"},
	{Name: "country", Kind: rule.String, Doc: "the country, as the caller writes it"},
	{Name: "region", Kind: rule.String, Doc: "the region, as the caller writes it"},
	{Name: "city", Kind: rule.String, Doc: "the city"},
	{Name: "postal", Kind: rule.String, Doc: "the postal code"},
	{Name: "industry", Kind: rule.String, Doc: "the industry"},
	{Name: "source", Kind: rule.String, Doc: "where the customer came from"},
	{Name: "segment", Kind: rule.String, Doc: "the segment"},
	{Name: "territory", Kind: rule.String, Doc: "the territory"},
	{Name: "owner", Kind: rule.String, Doc: "the ID of the rep who owned the customer so far"},
	{Name: "value", Kind: rule.Number, Doc: "the expected value, in money"},
	{Name: "score", Kind: rule.Number, Doc: "the score"},
	{Name: "created_at", Kind: rule.Time, Doc: "when the customer came to be"},
	{Name: "tags", Kind: rule.StringList, Missing: rule.Zero, Doc: "tags; never missing"},
}

// coreRep are the fields that every rep has in rules.
var coreRep = []rule.Field{
	{Name: "id", Kind: rule.String, Missing: rule.Refuse, Doc: "the rep's ID"},
	{Name: "name", Kind: rule.String, Doc: "the rep's name"},
	{Name: "teams", Kind: rule.StringList, Missing: rule.Zero, Doc: "teams; never missing"},
	{Name: "role", Kind: rule.String, Doc: "the role"},
	{Name: "manager", Kind: rule.String, Doc: "the ID of the manager"},
	{Name: "country", Kind: rule.String, Doc: "the country"},
	{Name: "region", Kind: rule.String, Doc: "the region; it also chooses the holidays"},
	{Name: "skills", Kind: rule.StringList, Missing: rule.Zero, Doc: "skills; never missing"},
	{Name: "territories", Kind: rule.StringList, Missing: rule.Zero, Doc: "territories; never missing"},
	{Name: "segments", Kind: rule.StringList, Missing: rule.Zero, Doc: "segments; never missing"},
	{Name: "capacity", Kind: rule.Int, Doc: "capacity in units"},
	{Name: "active", Kind: rule.Bool, Missing: rule.Refuse, Doc: "receives customers; never missing"},
	{Name: "timezone", Kind: rule.String, Doc: "the time zone's IANA name"},
	{Name: "hired_at", Kind: rule.Time, Doc: "when the rep was hired"},
	{Name: openField, Kind: rule.Int, Missing: rule.Zero, Doc: "open units by the ledger's own count; never missing"},
}

// openField is the one field of a rep that the desk counts itself.
const openField = "open"

// isCore reports whether a field is there without being declared. Declaring it
// as what it is anyway is allowed and means nothing.
func isCore(core []rule.Field, name string) bool {
	return slices.ContainsFunc(core, func(f rule.Field) bool { return f.Name == name })
}

// declare builds the vocabulary. A declaration that fails is reported and its
// name noted as broken: what uses it cannot be judged.
func (c *compiler) declare() {
	v, err := rule.NewVocabulary(c.word)
	if err != nil {
		message, maybe := splitAdvice(err)
		c.f.path("customer", message, cmp.Or(maybe, "customer: lead"))
		c.word = "customer"
		v, _ = rule.NewVocabulary(c.word)
		c.blind = true
	}
	c.v = v
	if err := v.In(c.zone); err != nil {
		c.f.path("timezone", err.Error(), "")
	}
	c.declareFields(rule.Customer, c.word, coreCustomer, c.d.Fields.Customer)
	c.declareFields(rule.Rep, "rep", coreRep, c.d.Fields.Rep)
	for i, name := range c.d.KPIs {
		if name == brokenExpression {
			continue
		}
		if _, err := v.DeclareKPI(name); err != nil {
			c.fail(item("kpis", i), err)
		}
	}
	c.declareLists()
	c.declareTables()
	c.declareLets()
}

func (c *compiler) declareFields(side rule.Side, word string, core []rule.Field, own map[string]Field) {
	kinds := map[string]rule.Kind{}
	for _, f := range core {
		kinds[f.Name] = f.Kind
		if _, err := c.v.Declare(side, f); err != nil {
			c.fail("fields", err)
		}
	}
	for _, name := range sortedKeys(own) {
		path := join(join("fields", word), name)
		if kind, known := kinds[name]; known {
			if own[name] != (Field{Type: kind.String()}) {
				c.f.key(path, fmt.Sprintf("%s.%s is a core field and always %s; it cannot be declared otherwise", word, name, kind), "delete it here, or choose another name")
			}
			continue
		}
		f, ok := c.field(name, own[name], path)
		if !ok {
			c.broken[name] = true
			continue
		}
		if _, err := c.v.Declare(side, f); err != nil {
			c.broken[name] = true
			c.fail(path, err)
		}
	}
}

// missingWords are the words of `missing`.
var missingWords = map[string]rule.Missing{"": rule.KeepNull, "null": rule.KeepNull, "zero": rule.Zero, "refuse": rule.Refuse}

func (c *compiler) field(name string, f Field, path string) (rule.Field, bool) {
	out := rule.Field{Name: name}
	if f.Type == brokenExpression || f.Type == "" {
		if f.Type == "" {
			c.f.path(path, "the field has no type", "string")
		}
		return out, false
	}
	kind, ok := c.kind(f.Type, path, "type")
	missing, known := missingWords[f.Missing]
	if !known {
		c.oneOf(join(path, "missing"), f.Missing, "null", "zero", "refuse")
	}
	out.Kind, out.Missing = kind, missing
	return out, ok && known
}

// kind reads a type; key is where it stands when it has a key of its own.
func (c *compiler) kind(word, path, key string) (rule.Kind, bool) {
	kind, err := rule.ParseKind(word)
	if err != nil {
		message, maybe := splitAdvice(err)
		if c.f.origin != nil && c.f.origin.values[join(path, key)] != nil {
			path = join(path, key)
		}
		c.f.path(path, message, maybe)
	}
	return kind, err == nil
}

func (c *compiler) declareLists() {
	for _, name := range sortedKeys(c.d.Lists) {
		path := join("lists", name)
		values, ok := c.listValues(c.d.Lists[name], path)
		if ok {
			if err := c.v.DeclareList(name, values); err != nil {
				c.fail(path, err)
				ok = false
			}
		}
		c.contents.lists[name] = values
		c.broken[name] = c.broken[name] || !ok
	}
}

func (c *compiler) declareTables() {
	for _, name := range sortedKeys(c.d.Tables) {
		path := join("tables", name)
		table, text, ok := c.readTable(c.d.Tables[name], path)
		if ok {
			if err := c.v.DeclareTable(name, table); err != nil {
				c.fail(path, err)
				ok = false
			}
		}
		c.contents.tables[name] = text
		c.broken[name] = c.broken[name] || !ok
	}
}

func (c *compiler) declareLets() {
	for _, l := range c.d.Let {
		if c.f.full() {
			return
		}
		path := join("let", l.Name)
		if l.Expression == brokenExpression || c.mentionsBroken(l.Expression) {
			c.broken[l.Name] = true
			continue
		}
		text, base := c.text(path, l.Expression)
		if err := c.v.Let(l.Name, text); err != nil {
			c.broken[l.Name] = true
			c.failRule(path, err, base)
		}
	}
}
