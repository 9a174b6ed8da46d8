package connectserver

import (
	_ "embed"
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
	var actions []Action
	for _, op := range standings() {
		if op.standing != Refused {
			actions = append(actions, Action{op.name, op.method, op.path})
		}
	}
	return actions
}

// Standing is what becomes of a call of an operation.
type Standing string

// Standings of operations.
const (
	// Kept is an operation that changes something: the change is stored, and has its effect at once, and after
	// a restart where its note does not say otherwise.
	Kept Standing = "kept"
	// Answered is an operation that asks, and is told what there is, or one for other channels, which is
	// told that a chat is none.
	Answered Standing = "answered"
	// Refused is an operation that is not emulated: 501 NotImplemented with its name.
	Refused Standing = "refused"
)

// Operation is an operation of Amazon Connect's API, and what becomes of a call of it.
type Operation struct {
	Name     string
	Standing Standing
}

// Operations returns every operation of Amazon Connect's API, by name.
func Operations() []Operation {
	var all []Operation
	for _, op := range standings() {
		all = append(all, Operation{op.name, op.standing})
	}
	return all
}

type standingOperation struct {
	operation
	standing Standing
}

// standings says of every operation what becomes of it. Of those in the registry, the first word of the
// name tells those that ask from those that change.
func standings() []standingOperation {
	emulated := map[string]*action{}
	for _, a := range new(Service).registry() {
		emulated[a.name] = a
	}
	var all []standingOperation
	for _, op := range operations() {
		standing := Refused
		if a := emulated[op.name]; a != nil {
			standing = Kept
			if a.foreign {
				standing = Answered
			}
			for _, verb := range []string{"Describe", "Get", "List", "Search"} {
				if strings.HasPrefix(op.name, verb) {
					standing = Answered
				}
			}
		}
		all = append(all, standingOperation{op, standing})
	}
	return all
}
