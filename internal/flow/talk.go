package flow

import (
	"slices"
	"strings"
)

// talking are the actions that speak to the customer.
func talking() []Type {
	return []Type{
		{
			Name: "MessageParticipant", Support: Runs, block: block{start: message},
			Note: "Text as one message of the system; SSML with its tags; a recorded prompt takes the error branch.",
		},
		{
			Name: "MessageParticipantIteratively", Support: ErrorBranch, block: block{start: cannot("prompts in a loop are for calls")},
			Note: "As in Amazon Connect: chats take the error branch at once; without one the queue flow ends.",
		},
		{
			Name: "GetParticipantInput", Support: ErrorBranch, block: block{start: cannot("keys are for calls")},
			Note: "As in Amazon Connect: chats take the error branch at once, and the prompt is not sent.",
		},
		{
			Name: "ConnectParticipantWithLexBot", Support: Configured, block: block{start: askWith, resume: converse},
			Note: "As `bots` of parley.yaml says (docs/bots.md): an exported bot offline, an address, or the real Lex; without, the error branch and a line in the log.",
		},
		{
			Name: "ConnectParticipantWithAgenticCX", Support: Configured, block: block{start: askWith, resume: converse},
			Note: "As `agentic-cx` of parley.yaml says (docs/bots.md): answers, or an address that is asked; without, the error branch and a line in the log.",
		},
		{Name: "ShowView", Support: Runs, Note: "Views of AWS are drawn by the console and shown by parley chat from their data, because their templates are not public.", block: block{start: askWith, resume: viewed}},
		{Name: "AuthenticateParticipant", Support: Runs, block: block{start: askWith, resume: signedIn}},
		{
			Name: "Wait", Support: Runs, block: block{start: wait, resume: waited},
			Note: "With ContinueExecution the branch Continue runs once, then the time begins; how Amazon Connect divides it is not documented.",
		},
		{Name: "DisconnectParticipant", Support: Runs, block: block{start: leaveBy(Disconnected)}},
		{Name: "EndFlowExecution", Support: Runs, block: block{start: leaveBy(Finished)}},
	}
}

// message says the text of the block.
func message(r *run, n *node) outcome {
	text := r.text(n, "Text")
	if text == "" {
		if text = r.text(n, "SSML"); text != "" {
			r.note = "a chat shows the tags of SSML together with the text"
		}
	}
	_, prompt := n.params["PromptId"]
	_, media := n.params["Media"]
	switch {
	case strings.TrimSpace(text) != "":
		r.effects = append(r.effects, Effect{Kind: Say, Text: text})
		return done()
	case (prompt || media) && !n.catches():
		// Strictly an unhandled failure. Flows that calls and chats share would end without a word.
		r.note = "a recorded prompt cannot be sent to a chat: nothing is said"
		return done()
	case prompt || media:
		r.note = "a recorded prompt cannot be sent to a chat"
	default:
		r.note = "the text is empty"
	}
	return fail(noMatch)
}

// cannot is the block of an action that chats cannot do.
func cannot(note string) func(r *run, n *node) outcome {
	return func(r *run, _ *node) outcome {
		r.note = note
		return fail(noMatch)
	}
}

// askWith asks a question with the action's parameters.
func askWith(r *run, n *node) outcome { return r.ask(n, "") }

// converse is a conversation with a bot: what the customer says is asked, until an answer is final.
func converse(r *run, n *node, e Event) outcome {
	switch e.Kind { //nolint:exhaustive // all others are answers, or none
	case Said:
		return r.ask(n, e.Text)
	case TimedOut:
		return fail("InputTimeLimitExceeded")
	}
	out := r.answer(e)
	if out.kind == waiting && e.Note != "" { // what a bot understood, turn by turn
		r.row(n, "", out)
	}
	return out
}

// viewed waits for what the customer does with a view.
func viewed(r *run, n *node, e Event) outcome {
	switch e.Kind { //nolint:exhaustive // all others are answers, or none
	case TimedOut:
		return fail("TimeLimitExceeded")
	case Said:
		return outcome{kind: waiting} // a message is a message, and answers no view
	}
	return r.answer(e)
}

// signedIn waits for the customer to sign in. What the answer says of it goes into the segment
// attributes.
func signedIn(r *run, n *node, e Event) outcome {
	if segment, ok := e.Results["SegmentAttributes"].(map[string]any); ok {
		r.state.Kept.Segment, e.Results = with(r.state.Kept.Segment, segment), nil
	}
	return viewed(r, n, e)
}

// leaveBy ends the flow.
func leaveBy(how How) func(r *run, n *node) outcome {
	return func(*run, *node) outcome { return outcome{kind: over, how: how} }
}

// waitCompleted is the result of a Wait whose time has passed.
const waitCompleted = "WaitCompleted"

// wait waits for time to pass. The documentation calls the parameter TimeoutSeconds; the service
// and every export say TimeLimitSeconds.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/flow-control-actions-wait.html
func wait(r *run, n *node) outcome {
	limit := r.text(n, "TimeLimitSeconds")
	if limit == "" {
		limit = r.text(n, "TimeoutSeconds")
	}
	seconds, ok := whole(limit)
	if !ok || seconds < 0 || seconds > 604_800 {
		r.note = "the time limit " + quoted(limit) + " is no number of seconds from 0 to 604800"
		return fail(noMatch)
	}
	if seconds == 0 {
		return yield(waitCompleted)
	}
	if n.letsRun() {
		return r.meanwhile(n)
	}
	return r.await(seconds)
}

// goOn is the result of a Wait that lets the flow run meanwhile.
const goOn = "Continue"

// letsRun reports whether a Wait lets the flow run meanwhile, which it says with a fixed text.
func (n *node) letsRun() bool {
	v, ok := n.params["ContinueExecution"]
	return ok && strings.EqualFold(Text(v.plain), "true")
}

// meanwhile takes the branch Continue once. When that comes back to the Wait, or leads nowhere, the
// flow waits: for the last function that was invoked asynchronously, if there is one. How Amazon
// Connect divides the time is not documented; the whole of it begins here.
//
// Source: "Keep running while waiting" on the page of the Wait block in the administrator guide.
func (r *run) meanwhile(n *node) outcome {
	if r.frame.Beside != n.id {
		r.frame.Beside = n.id
		return yield(goOn)
	}
	r.frame.Beside = ""
	return r.ask(n, Text(descend(r.state.Results["LambdaInvocation"], []string{"InvocationId"})))
}

// waited goes on when the time has passed, or something came that the Wait was told to listen for.
func waited(r *run, n *node, e Event) outcome {
	switch {
	case e.Kind == Answered:
		r.external = descend(e.Results["LambdaInvocation"], []string{"ResultData"})
		return r.answer(e)
	case e.Kind == TimedOut:
		return yield(waitCompleted)
	case e.Kind == Said && n.listensFor("CustomerReturned"):
		return yield("CustomerReturned")
	case e.Kind == BotLeft && n.listensFor("BotParticipantDisconnected"):
		return yield("BotParticipantDisconnected")
	}
	return outcome{kind: waiting}
}

// listensFor reports whether a Wait was told to listen for an event, by its parameter or by a
// condition.
func (n *node) listensFor(event string) bool {
	if events, ok := n.params["Events"]; ok {
		list, _ := events.plain.([]any)
		if slices.Contains(list, any(event)) {
			return true
		}
	}
	for i := range n.conditions {
		if n.conditions[i].operand.plain == event {
			return true
		}
	}
	return false
}
