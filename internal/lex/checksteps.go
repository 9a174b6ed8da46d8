package lex

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// stepTypes are the types of dialog actions that a step may have.
func stepTypes() []string {
	return []string{
		"EndConversation", "StartIntent", "ElicitSlot", "InvokeDialogCodeHook", "FulfillIntent", "CloseIntent", "ConfirmIntent", "EvaluateConditional", "ElicitIntent",
	}
}

// stages checks what an intent says and does.
func (c *check) stages(i *Intent) {
	v := &visit{c: c, i: i, file: i.File}
	if s := i.Initial; s != nil {
		v.outcome("initialResponseSetting", &s.Outcome)
		v.hook("initialResponseSetting.codeHook", s.Hook)
	}
	if s := i.Confirmation; s != nil {
		v.says("intentConfirmationSetting.promptSpecification", s.Prompt.Response)
		v.asks("intentConfirmationSetting.promptSpecification", s.Prompt.Response, confirmIntent, nil)
		v.outcome("intentConfirmationSetting.confirmation", &s.Confirmed)
		v.outcome("intentConfirmationSetting.declination", &s.Declined)
		v.outcome("intentConfirmationSetting.failure", &s.Failed)
		v.hook("intentConfirmationSetting.codeHook", s.Hook)
	}
	if s := i.Fulfilment; s != nil {
		v.outcome("fulfillmentCodeHook.success", &s.Success)
		v.outcome("fulfillmentCodeHook.failure", &s.Failure)
		v.outcome("fulfillmentCodeHook.timeout", &s.Timeout)
	}
	if s := i.Closing; s != nil {
		v.outcome("intentClosingSetting", &s.Outcome)
	}
	for _, s := range i.Slots {
		if s.File != "" {
			v.file = s.File
		}
		v.says("promptSpecification", s.Prompt.Response)
		v.asks("promptSpecification", s.Prompt.Response, elicitSlot, s)
		v.outcome("slotCaptureSetting.capture", &s.Capture.Captured)
		v.outcome("slotCaptureSetting.failure", &s.Capture.Failed)
		v.hook("slotCaptureSetting.codeHook", s.Capture.Hook)
	}
}

// visit walks over what an intent can say and do.
type visit struct {
	c    *check
	i    *Intent
	file string
}

func (v *visit) at(where string) string {
	if v.file == "" {
		return v.i.Name + ": " + where
	}
	return v.file + ": " + where
}

// outcome checks what is said and done at one place, and parses the conditions there, which a turn goes by.
func (v *visit) outcome(where string, o *Outcome) {
	v.says(where, o.Response)
	v.step(where, o.Next)
	v.before(where, o.Response, o.Next)
	if o.Conditional == nil {
		return
	}
	if len(o.Conditional.Branches) > 4 {
		v.c.doubt(v.at(where), "branches", fmt.Sprintf("%d branches stand there; Lex allows four", len(o.Conditional.Branches)), "")
	}
	branches := o.Conditional.Branches
	for n := range branches {
		b := &branches[n]
		v.branch(fmt.Sprintf("%s branch %q", where, b.Name), b)
		parsed, err := parseExpression(b.Expression)
		if err != nil {
			v.c.broken(v.at(fmt.Sprintf("%s branch %q", where, b.Name)), "expression", fmt.Sprintf("%v: %s", err, b.Expression), "correct the condition")
			continue
		}
		b.parsed = parsed
	}
	if o.Conditional.Default != nil {
		v.branch(where+" default branch", o.Conditional.Default)
	}
}

func (v *visit) branch(where string, b *Branch) {
	v.says(where, b.Response)
	v.step(where, b.Next)
	v.before(where, b.Response, b.Next)
}

func (v *visit) hook(where string, h *Hook) {
	if h == nil {
		return
	}
	v.outcome(where+" success", &h.Success)
	v.outcome(where+" failure", &h.Failure)
	v.outcome(where+" timeout", &h.Timeout)
}

// step checks whether what a step leads to is there.
func (v *visit) step(where string, s *Step) {
	if s == nil {
		return
	}
	of := v.i
	switch {
	case s.Type == "": // it sets something, and what follows is the stage's own
		return
	case !slices.Contains(stepTypes(), s.Type):
		v.c.broken(v.at(where), "step", fmt.Sprintf("there is no step %q", s.Type), "the steps are "+strings.Join(stepTypes(), ", "))
		return
	case s.Intent != "":
		if of = v.c.l.byName[s.Intent]; of == nil {
			v.c.broken(v.at(where), "step", fmt.Sprintf("the step leads to the intent %q, which is not there", s.Intent), "add the intent's file, or correct the name")
			return
		}
	case s.Type == "StartIntent":
		v.c.broken(v.at(where), "step", "the step StartIntent names no intent", "name one")
		return
	}
	if s.Type == elicitSlot && of.Slot(s.Slot) == nil {
		v.c.broken(v.at(where), "step", fmt.Sprintf("the step asks for the slot %q, which is not there", s.Slot), "add the slot's file, or correct the name")
	}
}

func (v *visit) says(where string, r Response) {
	for _, g := range r.Groups {
		for _, m := range g {
			switch {
			case m.Type == CustomPayload && !json.Valid([]byte(m.Content)):
				v.c.doubt(v.at(where), "payload", "the custom payload is no JSON: the customer sees it as text", "correct it, or make it a plain text")
			case m.Type == ImageResponseCard:
				v.c.doubt(v.at(where), "card", "chats of Amazon Connect do not show response cards", "send an interactive message as a custom payload")
			case len([]rune(m.Content)) > longestMessage:
				v.c.doubt(v.at(where), "length", fmt.Sprintf("the message has more than the %d characters that Lex allows", longestMessage), "shorten it")
			}
		}
	}
}

// longestMessage is how many characters a message of a bot may have.
//
// Source: "Quotas" in the Lex V2 developer guide.
const longestMessage = 4000

// Content types of messages.
const (
	PlainText         = "PlainText"
	CustomPayload     = "CustomPayload"
	SSML              = "SSML"
	ImageResponseCard = "ImageResponseCard"
)
