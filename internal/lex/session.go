package lex

import (
	"maps"
	"strings"
	"time"
)

// SessionVersion is the version of the encoding of [Session]. A session of another version is not
// gone on with.
const SessionVersion = 1

// Session is what a bot knows of one conversation. Its JSON is what is stored. [Locale.Step] does not
// change the session it is given.
type Session struct {
	Version int    `json:"v"`
	Locale  string `json:"locale"`
	// Intent is the one that runs, or has run last; nil for none.
	Intent *Running `json:"intent,omitempty"`
	// Dialog is the last dialog action: ElicitIntent, ElicitSlot, ConfirmIntent, Close; empty before
	// the first. Asked is the slot that is asked for.
	Dialog string `json:"dialog,omitempty"`
	Asked  string `json:"asked,omitempty"`
	// Attempt counts the failed answers to the question that is open.
	Attempt int `json:"attempt,omitempty"`
	// Attributes are the session attributes.
	Attributes map[string]string `json:"attributes,omitempty"`
	Contexts   []Context         `json:"contexts,omitempty"`
	// Transcript is what the customer said last, Said what the bot said last.
	Transcript string    `json:"transcript,omitempty"`
	Said       []Message `json:"said,omitempty"`
	// Match is how the last text that was looked up was understood.
	Match *Match `json:"match,omitempty"`
	// Used is when the session was last used.
	Used time.Time `json:"used,omitzero"`
	// Pending is the code hook that was called and has not answered; nil for none.
	Pending *Pending `json:"pending,omitempty"`
}

// Running is an intent as a conversation has it.
type Running struct {
	Name string `json:"name"`
	// Slots are those that are filled.
	Slots map[string]*Value `json:"slots,omitempty"`
	// State is InProgress, ReadyForFulfillment, Fulfilled or Failed; Confirmation is None, Confirmed or
	// Denied.
	State        string `json:"state"`
	Confirmation string `json:"confirmation"`
}

// States of intents and confirmations.
const (
	inProgress = "InProgress"
	ready      = "ReadyForFulfillment"
	fulfilled  = "Fulfilled"
	failedFor  = "Failed"
	confirmed  = "Confirmed"
	denied     = "Denied"
	undecided  = "None"
)

// Types of dialog actions.
const (
	closeDialog   = "Close"
	elicitIntent  = "ElicitIntent"
	elicitSlot    = "ElicitSlot"
	confirmIntent = "ConfirmIntent"
	delegate      = "Delegate"
)

// Value is the value of a slot.
type Value struct {
	Original string `json:"originalValue,omitempty"`
	// Interpreted is what the bot takes it for; nil for a value that has several readings.
	Interpreted *string  `json:"interpretedValue"`
	Resolved    []string `json:"resolvedValues,omitempty"`
	// Values are those of a slot with several.
	Values []*Value `json:"values,omitempty"`
	// Unlisted says that a slot type which takes anything similar took something that it does not list.
	Unlisted bool `json:"unlisted,omitempty"`
}

// text is the interpreted value; of several values "a and b".
func (v *Value) text() (string, bool) {
	switch {
	case v == nil:
		return "", false
	case len(v.Values) > 0:
		var all []string
		for _, one := range v.Values {
			if text, ok := one.text(); ok {
				all = append(all, text)
			}
		}
		return strings.Join(all, " and "), len(all) > 0
	case v.Interpreted == nil:
		return "", false
	}
	return *v.Interpreted, true
}

// Text is the interpreted value, and empty for none.
func (v *Value) Text() string {
	text, _ := v.text()
	return text
}

// count is how many values a slot has.
func (s *Session) count(ref reference) int {
	if s.Intent == nil || s.Intent.Slots[ref.name] == nil {
		return 0
	}
	return max(1, len(s.Intent.Slots[ref.name].Values))
}

// Context is an active context.
type Context struct {
	Name string `json:"name"`
	// Until and Turns say how long it stays.
	Until      time.Time         `json:"until"`
	Turns      int               `json:"turns"`
	Attributes map[string]string `json:"attributes,omitempty"`
}

// Pending says where a dialogue waits for a code hook.
type Pending struct {
	Stage stage  `json:"stage"`
	Slot  string `json:"slot,omitempty"`
	// Messages are those of the turn so far, Steps how many steps it has taken.
	Messages []Message `json:"messages,omitempty"`
	Steps    int       `json:"steps"`
	Notes    []string  `json:"notes,omitempty"`
}

// clone copies a session so far as a step changes it.
func (s *Session) clone() *Session {
	next := *s
	next.Attributes = maps.Clone(s.Attributes)
	next.Contexts = append([]Context(nil), s.Contexts...)
	if s.Intent != nil {
		running := *s.Intent
		if running.Slots = maps.Clone(s.Intent.Slots); running.Slots == nil {
			running.Slots = map[string]*Value{}
		}
		next.Intent = &running
	}
	return &next
}

// Expired reports whether a session was not used for its lifetime.
func (s *Session) Expired(now time.Time, ttl time.Duration) bool {
	return !s.Used.IsZero() && now.Sub(s.Used) > ttl
}

// active reports whether a context is.
func (s *Session) active(name string) bool {
	for _, c := range s.Contexts {
		if c.Name == name {
			return true
		}
	}
	return false
}

// age counts a turn, and drops contexts whose time has passed.
func (s *Session) age(now time.Time) {
	kept := s.Contexts[:0]
	for _, c := range s.Contexts {
		if c.Turns--; c.Turns >= 0 && now.Before(c.Until) {
			kept = append(kept, c)
		}
	}
	s.Contexts = kept
}
