package connectserver

import (
	_ "embed"
	"slices"
	"strings"
)

// operationList is every operation of Amazon Connect, one a line: method, path, name. It is
// that of version 3.1136.0 of the AWS SDK for JavaScript's Connect client, the first SDK to
// have what is new; tools/model.mjs holds it against the newest.
//
//go:embed operations.txt
var operationList string

// operation is one operation of Amazon Connect's API.
type operation struct{ method, path, name string }

// operations returns every operation of Amazon Connect's API, by name.
func operations() []operation {
	var list []operation
	for line := range strings.Lines(operationList) {
		if fields := strings.Fields(line); len(fields) == 3 {
			list = append(list, operation{fields[0], fields[1], fields[2]})
		}
	}
	return list
}

// Action is an operation that is emulated.
type Action struct {
	// Name is AWS's.
	Name string
	// Method is the HTTP method; Path is a pattern of net/http's ServeMux.
	Method, Path string
}

// Actions returns the operations that are emulated, by name.
func Actions() []Action {
	emulated := new(Service).registry()
	var actions []Action
	for _, op := range operations() {
		if slices.ContainsFunc(emulated, func(a *action) bool { return a.name == op.name }) {
			actions = append(actions, Action{op.name, op.method, op.path})
		}
	}
	return actions
}
