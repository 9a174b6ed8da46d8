package participant

import (
	"net/http"
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

// named is an action's place in the mux of a [Finder]; it serves nothing.
type named string

// ServeHTTP implements [http.Handler].
func (named) ServeHTTP(http.ResponseWriter, *http.Request) {}

// Finder returns a function that names the action of a request, for servers that stand in for the
// service. The name is empty for a request that is no action's. Methods count in any case: the
// iOS SDK writes them in lower case.
func Finder() func(*http.Request) string {
	mux := http.NewServeMux()
	for _, known := range Actions() {
		mux.Handle(known.Method+" "+known.Path, named(known.Name))
	}
	return func(r *http.Request) string {
		handler, _ := mux.Handler(&http.Request{Method: strings.ToUpper(r.Method), URL: r.URL, Host: r.Host})
		name, _ := handler.(named)
		return string(name)
	}
}
