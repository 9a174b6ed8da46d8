package participant

import (
	"slices"
	"strings"
)

// SocketAction is the name of the action that opens a chat socket.
const SocketAction = websocketAction

// Action is something that a client can ask for.
type Action struct {
	// Name is AWS's, or, for sockets and the bytes of attachments, one of ours.
	Name string
	// Method is the HTTP method, in upper case; Path is a pattern of net/http's ServeMux.
	Method, Path string
}

// Actions returns everything that a client can ask for, by name.
func Actions() []Action {
	var actions []Action
	for path, endpoint := range new(Service).routes() {
		for method, served := range endpoint {
			actions = append(actions, Action{served.name, method, path})
		}
	}
	slices.SortFunc(actions, func(a, b Action) int { return strings.Compare(a.Name, b.Name) })
	return actions
}
