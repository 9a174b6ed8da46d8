package casetest

import (
	"encoding/json"
	"maps"
	"time"

	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowrun"
	"github.com/parley-chat/parley/internal/lambdacall"
	"github.com/parley-chat/parley/internal/testcase"
)

// override is what waits for the next use of a resource. It counts once.
type override struct {
	*testcase.Override
	by   string // the action of the test
	used bool
}

// intervene uses the first override that is for an action and was not used.
func (s *stage) intervene(ask *flow.Ask) flowrun.Intervention {
	spent := false
	for _, o := range s.overrides {
		if o.Action != ask.Type || !s.same(o.Resource, o.Shown, &s.asked) {
			continue
		}
		if o.used {
			spent = true
			continue
		}
		o.used = true
		return s.apply(o, ask)
	}
	if spent {
		s.note("%s is used more often than it has overrides: what parley.yaml says was used", s.asked.names[0])
	}
	return flowrun.Intervention{}
}

// apply is what an override does about a question.
func (s *stage) apply(o *override, ask *flow.Ask) flowrun.Intervention {
	if o.Substitute != "" {
		return substitute(o.Override, ask)
	}
	var answer flow.Event
	after := o.Delay
	switch {
	case o.Error != "":
		answer = flow.Event{Kind: flow.Failed, Error: o.Error, Note: "an override of the test"}
	case ask.Type == "InvokeLambdaFunction":
		answer, after = lambdacall.Given(ask, []byte(o.Loaded), o.Delay)
	case ask.Type == "CheckHoursOfOperation":
		result := "True"
		if o.Value == "OutOfHours" {
			result = "False"
		}
		answer = flow.Event{Kind: flow.Answered, HasResult: true, Result: result}
	default:
		answer = understood(o.Loaded)
	}
	if answer.Kind == flow.Failed && o.Error == "" {
		s.note("%s: %s", o.by, answer.Note)
	}
	return flowrun.Intervention{Answer: &answer, After: after.Truncate(time.Millisecond)}
}

// substitute lets an action use another resource. What a flow reads, and the records, keep the one that
// it names.
func substitute(o *testcase.Override, ask *flow.Ask) flowrun.Intervention {
	parameter, _ := testcase.Resource(ask.Type)
	if parameter == "QueueId" {
		return flowrun.Intervention{Queue: o.Substitute}
	}
	ask.Parameters, ask.Shown = maps.Clone(ask.Parameters), ""
	if ask.Parameters == nil {
		ask.Parameters = map[string]any{}
	}
	if parameter == "LexV2Bot" {
		ask.Parameters[parameter] = map[string]any{"AliasArn": o.Substitute}
	} else {
		ask.Parameters[parameter] = o.Substitute
	}
	return flowrun.Intervention{}
}

// understood is what a bot is to have understood: an intent with its slots, as paths that begin with
// $.Lex have them, or in the form of Lex V2. Nothing is said, and nobody is asked.
func understood(loaded string) flow.Event {
	type intent struct {
		Name  string         `json:"name"`
		Slots map[string]any `json:"slots"`
	}
	var v2 struct {
		State struct {
			Intent     intent         `json:"intent"`
			Attributes map[string]any `json:"sessionAttributes"`
		} `json:"sessionState"`
	}
	results := map[string]any{}
	if json.Unmarshal([]byte(loaded), &results) != nil {
		return flow.Event{Kind: flow.Failed, Note: "LoadedData is no JSON object"}
	}
	if json.Unmarshal([]byte(loaded), &v2) == nil && results["sessionState"] != nil {
		slots := map[string]any{}
		for name, value := range v2.State.Intent.Slots {
			if slot, is := value.(map[string]any); is {
				inner, _ := slot["value"].(map[string]any)
				value = inner["interpretedValue"]
			}
			slots[name] = flow.Text(value)
		}
		results = map[string]any{"IntentName": v2.State.Intent.Name, "Slots": slots, "SessionAttributes": v2.State.Attributes}
	}
	return flow.Event{Kind: flow.Answered, HasResult: true, Result: flow.Text(results["IntentName"]), Results: map[string]any{"Lex": results}}
}
