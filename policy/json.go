package policy

import (
	"encoding/json"
	"fmt"
	"strings"
)

// readJSON turns JSON into the same nodes that YAML gives. It reads the
// documents that this package wrote itself (see source.go); people's JSON goes
// through readYAML, which knows lines and columns.
func readJSON(text []byte) (*node, error) {
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.UseNumber()
	n, err := jsonNode(d, 0)
	if err != nil {
		return nil, err
	}
	if d.More() {
		return nil, fmt.Errorf("text follows the end of the document")
	}
	return n, nil
}

func jsonNode(d *json.Decoder, depth int) (*node, error) {
	if depth > MaxDepth {
		return nil, fmt.Errorf("the document is nested more than %d levels deep", MaxDepth)
	}
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch t := t.(type) {
	case string:
		return &node{kind: aText, style: quoted, text: t}, nil
	case json.Number:
		return &node{kind: aNumber, text: t.String()}, nil
	case bool:
		return &node{kind: aBool, text: fmt.Sprint(t)}, nil
	case json.Delim:
		if t == '[' {
			return jsonList(d, depth)
		}
		return jsonMap(d, depth)
	}
	return &node{kind: aNull}, nil
}

func jsonList(d *json.Decoder, depth int) (*node, error) {
	n := &node{kind: aList}
	for d.More() {
		item, err := jsonNode(d, depth+1)
		if err != nil {
			return nil, err
		}
		n.items = append(n.items, item)
	}
	_, err := d.Token()
	return n, err
}

func jsonMap(d *json.Decoder, depth int) (*node, error) {
	n := &node{kind: aMap}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, err
		}
		value, err := jsonNode(d, depth+1)
		if err != nil {
			return nil, err
		}
		n.pairs = append(n.pairs, pair{key: fmt.Sprint(key), value: value})
	}
	_, err := d.Token()
	return n, err
}
