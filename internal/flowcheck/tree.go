package flowcheck

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// node is a JSON value and where its text stands.
type node struct {
	start, end int
	text       string // of a text
	isText     bool
	members    []field // of an object
	items      []*node // of a list
	isObject   bool
}

// field is a member of an object; start is where its name begins.
type field struct {
	name       string
	start, end int // of the name
	value      *node
}

// parse finds the values of a JSON text with their places. Errors: the text is no JSON.
func parse(data []byte) (*node, error) {
	if !json.Valid(data) {
		return nil, errNoJSON
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	t := tree{data: data, decoder: d}
	return t.value()
}

// tree reads a JSON text token by token, because only the decoder knows where each ends.
type tree struct {
	data    []byte
	decoder *json.Decoder
	depth   int
}

// maxDepth is how deep objects and lists may stand within each other; files of flows stay far below.
const maxDepth = 200

var (
	errDeep   = errors.New("objects and lists stand too deep within each other")
	errNoJSON = errors.New("the text is no JSON")
)

// token is the next token and where it stands.
func (t *tree) token() (token json.Token, start, end int, err error) {
	start = int(t.decoder.InputOffset())
	token, err = t.decoder.Token()
	end = int(t.decoder.InputOffset())
	for start < end && strings.IndexByte(" \t\r\n,:", t.data[start]) >= 0 {
		start++
	}
	return token, start, end, err
}

// value reads the value that comes next, with all that is in it.
func (t *tree) value() (*node, error) {
	token, start, end, err := t.token()
	if err != nil {
		return nil, err
	}
	n := &node{start: start, end: end}
	if t.depth++; t.depth > maxDepth {
		return nil, errDeep
	}
	defer func() { t.depth-- }()
	switch token {
	case json.Delim('{'):
		n.isObject = true
		for t.decoder.More() {
			name, from, to, err := t.token()
			if err != nil {
				return nil, err
			}
			value, err := t.value()
			if err != nil {
				return nil, err
			}
			text, _ := name.(string)
			n.members = append(n.members, field{text, from, to, value})
		}
	case json.Delim('['):
		for t.decoder.More() {
			item, err := t.value()
			if err != nil {
				return nil, err
			}
			n.items = append(n.items, item)
		}
	default:
		n.text, n.isText = token.(string)
		return n, nil
	}
	_, _, n.end, err = t.token()
	return n, err
}

// field is the member of an object, nil where it has none. Of two with one name the last counts, as
// for a decoder.
func (n *node) field(name string) *field {
	if n == nil {
		return nil
	}
	for _, f := range slices.Backward(n.members) {
		if f.name == name {
			return &f
		}
	}
	return nil
}

// at is the value of a member, nil where there is none.
func (n *node) at(name string) *node {
	if f := n.field(name); f != nil {
		return f.value
	}
	return nil
}

// document is a flow, or a test case, within a file: its value, the text that it stands in, and where the characters of
// that text stand in the file. Flows in texts within texts stand in one text each.
type document struct {
	flow *node
	data []byte
	// at has the place in the file of each byte of data, and of its end; nil where they are the same.
	at     []int
	quoted int // in how many texts it stands
}

// place is where a byte of the flow's text stands in the file.
func (d *document) place(offset int) int {
	if d.at == nil {
		return offset
	}
	return d.at[offset]
}

// documents are the flows and test cases of a file, wherever in it they stand. What is no JSON has none.
func documents(data []byte) []document {
	var all []document
	var visit func(d document, n *node)
	visit = func(d document, n *node) {
		if actions := n.at("Actions"); actions != nil && len(actions.items) > 0 && n.at("StartAction") != nil {
			d.flow = n
			all = append(all, d)
			return
		}
		if observations := n.at("Observations"); observations != nil && len(observations.items) > 0 {
			d.flow = n
			all = append(all, d)
			return
		}
		for _, f := range n.members {
			visit(d, f.value)
		}
		for _, item := range n.items {
			visit(d, item)
		}
		if n.isText && (strings.Contains(n.text, "Actions") || strings.Contains(n.text, "Observations")) && d.quoted < 4 {
			inner := document{data: []byte(n.text), quoted: d.quoted + 1}
			offsets := unquoted(d.data[n.start:n.end])
			root, err := parse(inner.data)
			if err != nil || len(offsets) != len(n.text)+1 || !root.isObject && !root.isText {
				return
			}
			for i := range offsets {
				offsets[i] = d.place(n.start + offsets[i])
			}
			inner.at = offsets
			visit(inner, root)
		}
	}
	if bytes.HasPrefix(data, []byte("\xef\xbb\xbf")) {
		mark := []byte("   ") // what is no part of JSON keeps its place
		data = append(mark, data[len(mark):]...)
	}
	if root, err := parse(data); err == nil {
		visit(document{data: data}, root)
	}
	return all
}

// unquoted are the places in a JSON text, with its quotes, at which the bytes of the text it stands
// for begin, and that of its end.
func unquoted(raw []byte) []int {
	var at []int
	add := func(from, width int) {
		for range width {
			at = append(at, from)
		}
	}
	for i := 1; i < len(raw)-1; {
		switch {
		case raw[i] == '\\' && raw[i+1] == 'u':
			r, width := escaped(raw[i:]), 6
			if utf16.IsSurrogate(r) {
				r = utf16.DecodeRune(r, escaped(raw[i+width:]))
				if r != utf8.RuneError {
					width = 12
				}
			}
			add(i, utf8.RuneLen(r))
			i += width
		case raw[i] == '\\':
			add(i, 1)
			i += 2
		default:
			r, width := utf8.DecodeRune(raw[i:])
			for k := range utf8.RuneLen(r) {
				at = append(at, i+min(k, width-1))
			}
			i += width
		}
	}
	return append(at, len(raw)-1)
}

// escaped is the unit of a \u escape, and an invalid one for anything else.
func escaped(raw []byte) rune {
	var r rune
	if len(raw) < 6 || raw[0] != '\\' || raw[1] != 'u' {
		return utf8.RuneError
	}
	for _, c := range raw[2:6] {
		r = r<<4 | rune(strings.IndexByte("0123456789abcdef", c|0x20))
		if c <= '9' {
			r = r&^0xf | rune(c-'0')
		}
	}
	return r
}

// blocks are the actions of a flow, or the observations of a test case with their actions.
func (d *document) blocks() []*node {
	if actions := d.flow.at("Actions"); actions != nil {
		return actions.items
	}
	var all []*node
	for _, o := range d.flow.at("Observations").items {
		all = append(all, o)
		if actions := o.at("Actions"); actions != nil {
			all = append(all, actions.items...)
		}
	}
	return all
}

// Lines are the lines, from 1, at which the blocks of a file begin, by their identifiers. A block
// whose identifier several flows of the file have is not among them.
func Lines(data []byte) map[string]int {
	lines := map[string]int{}
	for _, d := range documents(data) {
		for _, action := range d.blocks() {
			id := action.at("Identifier")
			if id == nil {
				continue
			}
			line := 1 + bytes.Count(data[:d.place(action.start)], []byte("\n"))
			if _, twice := lines[id.text]; twice {
				line = 0
			}
			lines[id.text] = line
		}
	}
	return lines
}
