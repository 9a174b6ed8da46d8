package flowrun

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/redact"
)

// process has the messages of a contact pass a function, or no longer.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/interactions-updatecontactmediaprocessing.html
func (r *Runner) process(step *chat.Step, ask *flow.Ask) flow.Event {
	form := member(ask.Parameters, "ChatProcessor")
	on, ok := truth(form["ProcessingEnabled"])
	switch {
	case !ok:
		return failed("ChatProcessor.ProcessingEnabled is neither True nor False")
	case !on:
		step.SetProcessor(nil)
		return flow.Event{Kind: flow.Answered, Note: "messages pass no function any more"}
	}
	p := &chat.Processor{Function: flow.Text(form["LambdaProcessorARN"]), Shown: ask.Shown}
	if p.Function == "" {
		return failed("ChatProcessor.LambdaProcessorARN is missing")
	}
	p.Deliver, _ = truth(member(form, "ChatProcessorSettings")["DeliverUnprocessedMessages"])
	calls := flow.Ask{Type: "InvokeLambdaFunction", Shown: ask.Shown, Parameters: map[string]any{"LambdaFunctionARN": p.Function}}
	if r.cfg.Outside.Answers(&calls) {
		step.SetProcessor(p)
		return flow.Event{Kind: flow.Answered, Note: "messages pass " + p.Function}
	}
	answer := elsewhere(step.Contact().ID, &calls)
	if !r.cfg.Strict {
		step.SetProcessor(p)
		answer = flow.Event{Kind: flow.Answered, Note: "messages pass unprocessed: " + answer.Note}
	}
	r.tell(step, answer.Note)
	return answer
}

// redactionFailed is the error of a redaction that is not set up rightly.
const redactionFailed = "InFlightRedactionConfigurationFailed"

// redact has what is private taken out of the messages of a contact, or no longer.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/interactions-updatecontactrecordingandanalyticsbehavior.html
func (r *Runner) redact(step *chat.Step, ask *flow.Ask) flow.Event {
	form := member(member(member(ask.Parameters, "ChatBehavior"), "ChatAnalyticsBehavior"), "InFlightChatRedactionConfiguration")
	refuse := func(format string, args ...any) flow.Event {
		return flow.Event{Kind: flow.Failed, Error: redactionFailed, Note: "InFlightChatRedactionConfiguration." + fmt.Sprintf(format, args...)}
	}
	on, ok := truth(form["Enabled"])
	switch {
	case !ok:
		return refuse("Enabled is neither True nor False")
	case !on:
		step.SetRedaction(nil)
		return flow.Event{Kind: flow.Answered}
	}
	rules := &chat.Redaction{}
	switch mode := flow.Text(form["RedactionMaskMode"]); mode {
	case "EntityType":
	case "", "PII":
		rules.Same = true
	default:
		return refuse("RedactionMaskMode is %q, and must be EntityType or PII", mode)
	}
	entities, _ := form["RedactionEntities"].([]any)
	for _, each := range entities {
		entity := flow.Text(each)
		if known, _ := redact.Known(entity); !known {
			return refuse("RedactionEntities names %q, which is no kind of private data", entity)
		}
		rules.Entities = append(rules.Entities, entity)
	}
	rules.Deliver, _ = truth(form["DeliverUnprocessedMessages"])
	step.SetRedaction(rules)
	var notes []string
	known := []string{"Enabled", "RedactionEntities", "RedactionMaskMode", "DeliverUnprocessedMessages"}
	for _, name := range slices.Sorted(maps.Keys(form)) {
		if !slices.Contains(known, name) {
			notes = append(notes, fmt.Sprintf("%s says nothing about what is redacted: the members are %s", name, strings.Join(known, ", ")))
		}
	}
	if unfound := rules.Unfound(); len(unfound) > 0 {
		notes = append(notes, "not found in messages here, as they have no form: "+strings.Join(unfound, ", "))
	}
	for _, note := range notes {
		r.tell(step, note)
	}
	return flow.Event{Kind: flow.Answered, Note: strings.Join(notes, "; ")}
}

// member is a member of an object that is an object itself; empty for none.
func member(of map[string]any, name string) map[string]any {
	inner, _ := of[name].(map[string]any)
	return inner
}

// truth is a truth value as flows write it; false for none.
func truth(value any) (is, ok bool) {
	switch text := flow.Text(value); {
	case strings.EqualFold(text, "True"):
		return true, true
	case strings.EqualFold(text, "False"):
		return false, true
	}
	return false, false
}
