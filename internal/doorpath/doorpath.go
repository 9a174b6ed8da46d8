// Package doorpath lists the addresses at which chats are started.
//
// The package has no state and is safe for concurrent use.
package doorpath

import (
	"path"
	"strings"
)

// Main is the address of the widgets' documentation.
const Main = "/startChatContact"

// Usual returns the addresses that unmodified clients post to: the widgets and the original
// proxy's README, the React Native example, the Android example with and without the slash that
// its base URL may end in, and a bare base URL.
func Usual() []string { return []string{Main, "/start-chat", "/Prod", "/Prod/", "/"} }

// Widget returns the id of a widget whose start call a request's path is: the one that the hosted
// widget's own page makes, /connectwidget/api/WIDGET/start. It is an address of every front door.
func Widget(requested string) (id string, ok bool) { return widget(clean(requested)) }

// widget is [Widget] of a path that is clean.
func widget(cleaned string) (id string, ok bool) {
	id, ok = strings.CutPrefix(cleaned, "/connectwidget/api/")
	if ok {
		id, ok = strings.CutSuffix(id, "/start")
	}
	return id, ok && id != "" && !strings.Contains(id, "/")
}

// Set is a set of addresses.
type Set map[string]bool

// Has reports whether a request's path is one of the addresses, or a widget's. It is compared after cleaning, so
// that a doubled or trailing slash, the usual slip when a base address and a path are put
// together, does no harm.
func (s Set) Has(requested string) bool {
	cleaned := clean(requested)
	_, ok := widget(cleaned)
	return ok || s[cleaned]
}

// clean returns a path after cleaning, and one that is clean as it is: every request is asked about.
func clean(requested string) string {
	if !strings.HasPrefix(requested, "/") {
		requested = "/" + requested
	}
	return path.Clean(requested)
}

// With returns the usual addresses and further ones.
func With(more ...string) Set {
	set := Set{}
	for _, p := range append(Usual(), more...) {
		set[clean(p)] = true
	}
	return set
}

// Near reports whether a path that is no address was most likely meant as one: of another letter case
// or spelling, or with something before or behind it that a gateway or a client has added.
func Near(requested string) bool {
	plain := strings.NewReplacer("-", "", "_", "").Replace(strings.ToLower(clean(requested)))
	for segment := range strings.SplitSeq(plain, "/") {
		if strings.HasPrefix(segment, "startchat") || segment == "chatstart" {
			return true
		}
	}
	return plain == "/prod" || plain == "/dev" || plain == "/stage"
}
