package rule

import "fmt"

// MaxNamed is the most entries of a declared list and rows of a table.
const MaxNamed = 1_000_000

// namedList is a list of the document: `lead.email_domain in freemail`.
type namedList struct {
	name   string
	values []string // in the order given, without repeats
	set    map[string]struct{}
}

// DeclareList makes a named list of texts known: `lead.email_domain in NAME`.
// Repeated values are kept once. Errors: a name that is taken or is not a
// name, a text longer than MaxString, more than MaxNamed values.
func (v *Vocabulary) DeclareList(name string, values []string) error {
	if err := v.claim(name, "list"); err != nil {
		return err
	}
	if len(values) > MaxNamed {
		return fmt.Errorf("list %q has %d values; %d is the most", name, len(values), MaxNamed)
	}
	l := &namedList{name: name, set: make(map[string]struct{}, len(values))}
	for i, s := range values {
		if problem := textProblem(s); problem != "" {
			return fmt.Errorf("list %q, value %d: %s", name, i+1, problem)
		}
		if _, repeated := l.set[s]; !repeated {
			l.set[s] = struct{}{}
			l.values = append(l.values, s)
		}
	}
	v.lists[name] = l
	v.names[name] = "list"
	return nil
}
