package scenariotest

import (
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/arn"
	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowrun"
	"github.com/parley-chat/parley/internal/flowtest"
	"github.com/parley-chat/parley/internal/lambdacall"
	"github.com/parley-chat/parley/internal/lexbot"
	"github.com/parley-chat/parley/internal/scenario"
	"github.com/parley-chat/parley/internal/transcript"
)

// given is an answer of a scenario, with how often it was given.
type given struct {
	*scenario.Answer
	used    int
	offered bool // to a customer who said something else, or nothing
}

// kindOf is what an action asks.
func kindOf(action string) string {
	switch action {
	case "InvokeLambdaFunction":
		return scenario.Function
	case "ConnectParticipantWithLexBot":
		return scenario.Bot
	case "ConnectParticipantWithAgenticCX":
		return scenario.Application
	case "CheckHoursOfOperation":
		return scenario.Hours
	case "TransferContactToQueue", "DequeueContactAndTransferToQueue":
		return scenario.Queue
	}
	return ""
}

// Says implements [flowrun.Witness]: what is said is heard by the customer's client.
func (st *stage) Says(*flowrun.Scene, transcript.Message) bool { return false }

// Answered implements [flowrun.Witness].
func (st *stage) Answered(*flowrun.Scene, map[string]any) bool { return false }

// Asks implements [flowrun.Witness]. The first answer that fits, and is not used up, is given.
func (st *stage) Asks(at *flowrun.Scene, ask *flow.Ask) flowrun.Intervention {
	st.mu.Lock()
	defer st.mu.Unlock()
	kind := kindOf(ask.Type)
	talks := kind == scenario.Bot || kind == scenario.Application
	listens := false
	names := flowtest.About(st.cfg.Library, st.cfg.Hours, at.State.Kept.Queue, ask)
	for i := range st.answers {
		a := &st.answers[i]
		switch {
		case a.Times > 0 && a.used >= a.Times || !a.isFor(kind, names, ask):
		case talks && a.Kind != scenario.Block && (a.Hears == "") != (ask.Text == ""):
			a.offered = a.Hears != ""
			listens = listens || a.Hears != "" || ask.Text != ""
		case talks && ask.Text != "" && a.Hears != "*" && !strings.EqualFold(strings.TrimSpace(ask.Text), a.Hears):
			a.offered, listens = true, true
		default:
			a.used++
			return a.answer(ask)
		}
	}
	switch {
	case !listens:
		return flowrun.Intervention{}
	case ask.Text == "": // the block's own text, and then the customer
		e := flow.Event{Kind: flow.Answered, Open: true, Seconds: seconds(ask), Replies: lexbot.Opening(ask)}
		return flowrun.Intervention{Answer: &e}
	}
	st.note("no answer of the %s hears %q: it was not understood", kind, ask.Text)
	e := flow.Event{Kind: flow.Answered, HasResult: true, Result: "FallbackIntent", Results: map[string]any{"Lex": map[string]any{"IntentName": "FallbackIntent"}}}
	return flowrun.Intervention{Answer: &e}
}

// seconds is how long a bot or an application waits for the customer.
func seconds(ask *flow.Ask) int {
	if ask.Type == "ConnectParticipantWithAgenticCX" {
		return idle
	}
	return lexbot.Seconds(ask)
}

// idle is after how many seconds an application gives the customer up.
const idle = 300

// isFor reports whether an answer is for a question of a kind, about what has these names.
func (a *given) isFor(kind string, names []string, ask *flow.Ask) bool {
	if a.Kind == scenario.Block {
		return a.Name == ask.Action
	}
	return a.Kind == kind && slices.ContainsFunc(names, func(name string) bool { return arn.Same(name, a.Name) })
}

// answer is what a flow is told.
func (a *given) answer(ask *flow.Ask) flowrun.Intervention {
	e := flow.Event{Kind: flow.Answered, HasResult: true}
	for _, text := range a.Says {
		e.Replies = append(e.Replies, flow.Reply{Text: text, Content: transcript.TextPlain})
	}
	after := a.After
	switch {
	case a.Error != "":
		e.Kind, e.Error, e.HasResult, e.Note = flow.Failed, a.Error, false, "the scenario lets it fail"
	case a.Kind == scenario.Function:
		e, after = lambdacall.Given(ask, []byte(a.JSON), a.After)
	case a.Result != nil:
		e.Result = *a.Result
	case a.Kind == scenario.Hours:
		if e.Result = "False"; *a.Open {
			e.Result = "True"
		}
	case a.Intent == "":
		e.Open, e.HasResult, e.Seconds = true, false, seconds(ask)
	case a.Kind == scenario.Application: // the way out of any other tool is the usual one
		if e.HasResult = a.Intent == "Escalate"; e.HasResult {
			e.Result = "Escalation"
		}
		e.Results = map[string]any{"AgenticCX": map[string]any{"ContextVariables": texts(a.Attributes)}}
	default:
		e.Result = a.Intent
		e.Results = map[string]any{"Lex": map[string]any{"IntentName": a.Intent, "Slots": texts(a.Slots), "SessionAttributes": texts(a.Attributes)}}
	}
	return flowrun.Intervention{Answer: &e, After: after}
}

func texts(m map[string]string) map[string]any {
	out := make(map[string]any, len(m))
	for name, text := range m {
		out[name] = text
	}
	return out
}
