package main

import (
	"fmt"
	"strings"

	"github.com/evenhand/evenhand/allocation"
	"github.com/evenhand/evenhand/policy/rule"
)

// people finds reps by what other systems call them: the ID first, then the
// name, the field email, or the ID in other letters.
type people struct {
	ids   map[string]bool
	names map[string][]string // IDs by what they are also called, in small letters
	all   []string

	emails bool // of some the email is known
}

// peopleOf gets to know the reps of a file, if there is one, and those of a desk.
func peopleOf(reps *repsFile, before *allocation.Report) *people {
	p := newPeople()
	if reps != nil {
		p.addReps(reps.reps)
	}
	p.addLedger(before)
	return p
}

func newPeople() *people { return &people{ids: map[string]bool{}, names: map[string][]string{}} }

// add gets to know a rep, once.
func (p *people) add(id string, called ...string) {
	if p.ids[id] {
		return
	}
	p.ids[id] = true
	p.all = append(p.all, id)
	for _, name := range append(called, id) {
		if key := strings.ToLower(strings.TrimSpace(name)); key != "" {
			p.names[key] = append(p.names[key], id)
		}
	}
}

// addReps gets to know the reps of a file.
func (p *people) addReps(reps []allocation.Rep) {
	for i := range reps {
		email, _ := reps[i].Fields["email"].(string)
		p.add(reps[i].ID, reps[i].Name, email)
		p.emails = p.emails || email != ""
	}
}

// addLedger gets to know the reps a desk has.
func (p *people) addLedger(about *allocation.Report) {
	for i := range about.Reps {
		p.add(about.Reps[i].Rep, about.Reps[i].Name)
	}
}

// find returns a rep's ID.
func (p *people) find(text string) (string, error) {
	if p.ids[text] {
		return text, nil
	}
	switch ids := distinct(p.names[strings.ToLower(text)]); len(ids) {
	case 1:
		return ids[0], nil
	case 0:
		known := p.all
		for name := range p.names {
			known = append(known[:len(known):len(known)], name)
		}
		near, ok := rule.Nearest(text, known)
		if !ok {
			return "", fmt.Errorf("%q is not among the reps, by ID, name or email", clip(text))
		}
		return "", fmt.Errorf("%q is not among the reps, by ID, name or email\nMaybe %s", clip(text), near)
	default:
		return "", fmt.Errorf("%q is the name of several reps: %s\nMaybe write the ID", clip(text), list(ids))
	}
}

// addressed finds the rep behind an address or a name; empty when there is
// none. Where nobody's email is known, what stands before the @ may be the ID.
func (p *people) addressed(address, name string) string {
	local, _, isAddress := strings.Cut(address, "@")
	for _, text := range []string{address, name} {
		if id, err := p.find(text); err == nil && text != "" {
			return id
		}
	}
	if isAddress && !p.emails && p.ids[local] {
		return local
	}
	return ""
}

// distinct drops what came before; the order stays.
func distinct(ids []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}
