// Package diagnosis knows what usually goes wrong between a chat widget and
// Amazon Connect. Each known cause is one [Rule] with a stable id, a sentence for
// a person, a remedy and a longer explanation; docs/errors.md and the page
// /docs/errors are generated from the same table, so that they cannot drift.
//
// A [Problem] is one occurrence of a rule, ready to be answered over HTTP, printed
// by a command or logged. The package knows no transport but the shape of the
// error answer; it is safe for concurrent use.
package diagnosis

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// ID names a rule. Ids are stable: scripts and links may rely on them.
type ID string

// Rule is one known cause of failure.
type Rule struct {
	ID ID
	// Group is the heading the rule stands under in docs/errors.md.
	Group string
	// Title is the rule's own heading.
	Title string
	// Status is the HTTP status of an answer by this rule; zero keeps the status of
	// the service's own answer.
	Status int
	// Code is the machine-readable name; empty keeps the service's exception name.
	Code string
	// RetryAfter is the wait to ask for when nobody else said one; zero asks for none.
	RetryAfter time.Duration
	// Browser says that it is the browser which fails: the call does not arrive, so nothing here
	// answers it, and neither Status nor Code is ever seen.
	Browser bool
	// Sentence says what happened, in general terms: a Problem may have a more exact one.
	Sentence string
	// Remedy says what to do next.
	Remedy string
	// Detail explains the cause for the documentation page, in Markdown.
	Detail string
	// match recognises the rule in a failed call; nil for rules that code refers
	// to by name.
	match func(Failure) bool
}

// Failure is what is known of a failed StartChatContact call.
type Failure struct {
	// Err is the error of the call.
	Err error
	// InstanceID and ContactFlowID are what was asked for, Region where.
	InstanceID, ContactFlowID, Region string
}

// table holds the rules, which never change, so that a refusal need not build them anew.
type table struct {
	byID     map[ID]Rule
	upstream []Rule
}

//nolint:gochecknoglobals // computed once from functions, and not changed afterwards
var rules = sync.OnceValue(func() table {
	t := table{byID: map[ID]Rule{}, upstream: upstreamRules()}
	for _, rule := range Rules() {
		t.byID[rule.ID] = rule
	}
	return t
})

// Find returns the rule that explains a failed call. It always finds one: the last
// rules match any service answer and any error.
func Find(f Failure) Rule {
	for _, rule := range rules().upstream {
		if rule.match(f) {
			return rule
		}
	}
	return Lookup(Unknown)
}

// Lookup returns the rule of an id. An id without a rule is a programming error
// that the package's tests find; the answer is then the rule [Unknown].
func Lookup(id ID) Rule {
	rule, ok := rules().byID[id]
	if !ok {
		return rules().byID[Unknown]
	}
	return rule
}

// Rules returns every rule, in the order of the documentation.
func Rules() []Rule {
	return slices.Concat(requestRules(), accessRules(), policyRules(), apiRules(), httpRules(), upstreamRules())
}

// Answer says in two short texts, in Markdown, what the answer to a call is that fails by this rule.
func (r Rule) Answer() [2]string {
	status, code := "AWS's status", "code: AWS's error name"
	if r.Browser {
		return [2]string{"no answer", "the browser keeps the call to itself"}
	}
	if r.Status != 0 {
		status = "status " + strconv.Itoa(r.Status)
	}
	if r.Code != "" {
		code = "code `" + r.Code + "`"
	}
	return [2]string{status, code}
}

// anchor is the rule's heading as GitHub and our own page link to it.
func (r Rule) anchor() string { return "#" + strings.ToLower(string(r.ID)) }
