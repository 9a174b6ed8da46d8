package flowrun_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowrun"
	"github.com/parley-chat/parley/internal/redact"
)

// one is a flow of one block, which says the branch that was taken.
func one(kind string, parameters map[string]any) flow.Document {
	return document(
		do("a", kind, parameters, "ok", "!NoMatchingError", "bad", "!ChannelMismatch", "bad", "!InFlightRedactionConfigurationFailed", "refused"),
		do("ok", "MessageParticipant", text("My address is a@b.example."), "end"), do("bad", "MessageParticipant", text("NoMatchingError"), "end"),
		do("refused", "MessageParticipant", text("InFlightRedactionConfigurationFailed"), "end"), do("end", "EndFlowExecution", nil, ""),
	)
}

// What a flow says of the processing of messages is what the contact has from then on, the flow's own
// messages included; what it cannot have takes the branch of the error, with a reason.
func TestProcessing(t *testing.T) {
	t.Parallel()
	processor := func(members map[string]any) (string, map[string]any) {
		return "UpdateContactMediaProcessing", map[string]any{"ChatProcessor": members}
	}
	redaction := func(members map[string]any) (string, map[string]any) {
		return "UpdateContactRecordingAndAnalyticsBehavior", map[string]any{"ChatBehavior": map[string]any{
			"ChatAnalyticsBehavior": map[string]any{"Enabled": "True", "InFlightChatRedactionConfiguration": members},
		}}
	}
	const plainText, masked, bad, refused = "My address is a@b.example.", "My address is [PII].", "NoMatchingError", "InFlightRedactionConfigurationFailed"
	for _, test := range []struct {
		name    string
		form    func(map[string]any) (string, map[string]any)
		members map[string]any
		said    string
		note    string
		want    *chat.Processing
	}{
		{
			"a function", processor,
			map[string]any{"ProcessingEnabled": "True", "LambdaProcessorARN": "f", "ChatProcessorSettings": map[string]any{"DeliverUnprocessedMessages": "True"}},
			plainText, "messages pass f", &chat.Processing{Processor: &chat.Processor{Function: "f", Deliver: true}},
		},
		{
			"a function that nobody configured", processor,
			map[string]any{"ProcessingEnabled": true, "LambdaProcessorARN": unknown},
			plainText, `messages pass unprocessed: no function is configured for "unknown"`, &chat.Processing{Processor: &chat.Processor{Function: unknown}},
		},
		{"no function", processor, map[string]any{"ProcessingEnabled": "False"}, plainText, "messages pass no function any more", nil},
		{"nothing", processor, map[string]any{}, bad, "ProcessingEnabled is neither True nor False", nil},
		{"no name", processor, map[string]any{"ProcessingEnabled": "True"}, bad, "LambdaProcessorARN is missing", nil},
		{
			"everything private", redaction,
			map[string]any{"Enabled": "True", "RedactionMaskMode": "PII", "DeliverUnprocessedMessages": "True"},
			masked, "not found in messages here, as they have no form: ADDRESS, AGE,", &chat.Processing{Redaction: &chat.Redaction{Rules: redact.Rules{Same: true}, Deliver: true}},
		},
		{
			"some of it", redaction,
			map[string]any{"Enabled": "True", "RedactionMaskMode": "EntityType", "RedactionEntities": []any{"NAME", "EMAIL"}},
			"My address is [EMAIL].", "as they have no form: NAME", &chat.Processing{Redaction: &chat.Redaction{Rules: redact.Rules{Entities: []string{"NAME", "EMAIL"}}}},
		},
		{
			"a member that there is not", redaction,
			map[string]any{"Enabled": "True", "RedactedEntities": []any{"EMAIL"}},
			masked, "RedactedEntities says nothing about what is redacted: the members are Enabled, RedactionEntities,", &chat.Processing{Redaction: &chat.Redaction{Rules: redact.Rules{Same: true}}},
		},
		{
			"beside its place", func(members map[string]any) (string, map[string]any) {
				return "UpdateContactRecordingAndAnalyticsBehavior", map[string]any{"ChatBehavior": map[string]any{"InFlightChatRedactionConfiguration": members}}
			},
			map[string]any{"Enabled": "True"},
			plainText, "InFlightChatRedactionConfiguration redacts nothing here: it belongs into ChatAnalyticsBehavior", nil,
		},
		{"nothing of it", redaction, map[string]any{"Enabled": "False"}, plainText, "", nil},
		{"a kind that there is not", redaction, map[string]any{"Enabled": "True", "RedactionEntities": []any{"SHOE_SIZE"}}, refused, `RedactionEntities names "SHOE_SIZE"`, nil},
		{"a mask that there is not", redaction, map[string]any{"Enabled": "True", "RedactionMaskMode": "Stars"}, refused, `RedactionMaskMode is "Stars"`, nil},
		{"neither on nor off", redaction, map[string]any{"Enabled": "Perhaps"}, refused, "Enabled is neither True nor False", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, map[string]flow.Document{"main": one(test.form(test.members))})
				w.outside = func(context.Context, *flowrun.Call) flow.Event { return flow.Event{} }
				w.restart()
				c := w.customer("main")
				if got := c.heard(); got[0] != "SYSTEM: "+test.said {
					t.Errorf("the flow says %q, want %q", got, test.said)
				}
				if diff := cmp.Diff(test.want, c.contact().Processing); diff != "" {
					t.Error(diff)
				}
				if len(w.trace) == 0 || !strings.Contains(w.trace[0].Note, test.note) {
					t.Errorf("the trace is %+v, want the note %q", w.trace, test.note)
				}
			})
		})
	}
}
