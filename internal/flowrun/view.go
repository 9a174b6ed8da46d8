package flowrun

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/interactive"
	"github.com/parley-chat/parley/internal/transcript"
)

// show sends a view to the customer, and waits for what the customer does with it.
func (r *Runner) show(step *chat.Step, rec *record, ask *flow.Ask) flow.Event {
	resource, _ := ask.Parameters["ViewResource"].(map[string]any)
	id := viewName(flow.Text(resource["Id"]))
	if id == "" {
		return failed("it names no view")
	}
	for _, needed := range []string{transcript.Interactive, transcript.InteractiveResponse} {
		if !slices.Contains(step.Contact().ContentTypes, needed) {
			return failed("the chat was started without %s in SupportedMessagingContentTypes, which views need", needed)
		}
	}
	m := interactive.ViewMessage{TemplateType: interactive.ViewResource, Version: "1.0"}
	bare, _, _ := strings.Cut(id, ":")
	m.Data.Content.ViewID, m.Data.Content.ViewToken = bare, viewToken(id)
	m.Data.Content.ViewData = ask.Parameters["ViewData"]
	if m.Data.Content.ViewData == nil {
		m.Data.Content.ViewData = map[string]any{}
	}
	data, err := json.Marshal(m)
	if err != nil || len(data) > flow.MaxViewData {
		return failed("the view's data has more than %d bytes", flow.MaxViewData)
	}
	shown := transcript.Message{ContentType: transcript.Interactive, Content: string(data)}
	if _, err := step.Prompt(shown); err != nil {
		return failed("the view cannot be sent: %v", err)
	}
	r.witness(step, rec, shown)
	rec.View = m.Data.Content.ViewToken
	seconds, _ := time.ParseDuration(flow.Text(ask.Parameters["InvocationTimeLimitSeconds"]) + "s")
	return flow.Event{Kind: flow.Answered, Open: true, Seconds: int(seconds.Seconds())}
}

// viewName is the name of the view that an id or ARN means, with the qualifier behind it: AWS's own are
// known by their short names, and have none.
func viewName(id string) string {
	if at := strings.LastIndex(id, "view/"); at >= 0 {
		id = id[at+len("view/"):]
	}
	bare, _, _ := strings.Cut(id, ":")
	if own, ok := interactive.OwnView(bare); ok {
		return own
	}
	return id
}

// viewToken is a token for a view, for DescribeView.
func viewToken(id string) string { return id + "." + uuid.NewString() }

// ViewOf returns the view that a token of a flow names; false for a token of another kind.
func ViewOf(token string) (id string, ok bool) {
	at := strings.LastIndex(token, ".") // names of templates hold dots, too
	if at < 0 || uuid.Validate(token[at+1:]) != nil {
		return "", false
	}
	return token[:at], true
}

// ViewActions are the actions of a view that the flows know: what their conditions compare. A view of
// an instance has them in its own resource, which is not here.
func (l *Library) ViewActions(view string) []string {
	known := []string{}
	for _, p := range l.all() {
		document := p.Source().Document
		for i := range document.Actions {
			a := &document.Actions[i]
			resource, _ := a.Parameters["ViewResource"].(map[string]any)
			if name, _, _ := strings.Cut(viewName(flow.Text(resource["Id"])), ":"); a.Type != "ShowView" || name != view {
				continue
			}
			_, answers := p.Action(a.Identifier)
			known = append(known, answers...)
		}
	}
	slices.Sort(known)
	return slices.Compact(known)
}

// viewAnswer is what a customer did with a view; false for a message that answers none.
func viewAnswer(item *transcript.Item) (flow.Event, bool) {
	if item.ContentType != transcript.InteractiveResponse {
		return flow.Event{}, false
	}
	var answer struct {
		TemplateType string         `json:"templateType"`
		Action       string         `json:"action"`
		Data         map[string]any `json:"data"`
	}
	if json.Unmarshal([]byte(item.Content), &answer) != nil || answer.TemplateType != "" && answer.TemplateType != interactive.ViewResource {
		return flow.Event{}, false
	}
	return flow.Event{
		Kind: flow.Answered, HasResult: true, Result: answer.Action,
		Results: map[string]any{"Views": map[string]any{"Action": answer.Action, "ViewResultData": answer.Data}},
	}, true
}

// signIn asks the customer to sign in.
//
// Source: https://docs.aws.amazon.com/connect/latest/adminguide/authenticate-customer.html
func signIn(step *chat.Step, rec *record, ask *flow.Ask) flow.Event {
	rec.SignIn = step.AskSignIn()
	minutes, err := time.ParseDuration(flow.Text(ask.Parameters["TimeLimitMinutes"]) + "m")
	if err != nil || minutes < 3*time.Minute || minutes > 15*time.Minute {
		minutes = 3 * time.Minute
	}
	return flow.Event{Kind: flow.Answered, Open: true, Seconds: int(minutes.Seconds())}
}

// signInOutcome is how a sign-in went, as a flow is told it.
func signInOutcome(item *transcript.Item) flow.Event {
	switch item.ContentType {
	case transcript.AuthSucceeded:
		return flow.Event{Kind: flow.Answered, Results: map[string]any{
			"SegmentAttributes": map[string]any{"connect:CustomerAuthentication": map[string]any{"Status": "AUTHENTICATED"}},
		}}
	case transcript.AuthCancelled:
		return flow.Event{Kind: flow.Answered, HasResult: true, Result: "OptedOut"}
	case transcript.AuthTimeout:
		return flow.Event{Kind: flow.Failed, Error: "TimeLimitExceeded"}
	}
	return flow.Event{Kind: flow.Failed}
}
