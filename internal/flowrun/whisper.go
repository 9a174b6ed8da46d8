package flowrun

import (
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/transcript"
)

// maxWhisper is how long a whisper flow may take.
//
// Source: https://docs.aws.amazon.com/connect/latest/adminguide/connect-contact-flow-types.html
const maxWhisper = 2 * time.Minute

// whispers reports whether a flow speaks to one side only.
func (m moment) whispers() bool { return m == agentWhisper || m == customerWhisper }

// accepted cuts the queue flow off when an agent comes, wherever it is, and begins the whisper flows.
func (r *Runner) accepted(step *chat.Step, s *session, rec *record, agentID string) error {
	hooks := rec.State.Kept.Hooks
	if !rec.runs() && hooks["AgentWhisper"] == "" && hooks["CustomerWhisper"] == "" {
		return nil
	}
	rec.Agent = agentID
	return r.whisper(step, s, rec, agentWhisper)
}

// whisper begins the whisper flow of a moment, or else the one that comes after it. A chat has those
// only that were set. When both are over, agent and customer talk, and no flow runs.
//
// Source: "Chat: default flows" in https://docs.aws.amazon.com/connect/latest/adminguide/set-whisper-flow.html
func (r *Runner) whisper(step *chat.Step, s *session, rec *record, m moment) error {
	agentID := rec.Agent
	rec.idle(queued)
	hook := map[moment]string{agentWhisper: "AgentWhisper", customerWhisper: "CustomerWhisper"}[m]
	if p, ok := r.cfg.Library.Find(rec.State.Kept.Hooks[hook], ""); ok {
		rec.Moment, rec.Agent, rec.State = m, agentID, flow.Begin(p, rec.State.Kept)
		rec.Ends = later(step, maxWhisper)
		return r.run(step, s, rec, p, flow.Event{Kind: flow.Started})
	}
	if m == agentWhisper {
		rec.Agent = agentID
		return r.whisper(step, s, rec, customerWhisper)
	}
	return r.keep(step, rec)
}

// whispered says a text to the side that a whisper flow speaks to.
func (r *Runner) whispered(step *chat.Step, rec *record, m transcript.Message) error {
	to := step.Contact().Customer().ID
	if rec.Moment == agentWhisper {
		to = rec.Agent
	}
	return step.Whisper(to, m)
}

// wait lets a contact wait in its queue, with the customer queue flow from its beginning.
func (r *Runner) wait(step *chat.Step, s *session, rec *record) error {
	rec.idle(queued)
	p, ok := r.cfg.Library.Find(rec.State.Kept.Hooks["CustomerQueue"], "")
	if !ok {
		return r.keep(step, rec)
	}
	rec.State = flow.Begin(p, rec.State.Kept)
	return r.run(step, s, rec, p, flow.Event{Kind: flow.Started})
}

// unheard says why an action cannot run in a whisper flow, whose side does not answer; empty for one
// that can.
func unheard(action string) string {
	switch action {
	case "ShowView", "AuthenticateParticipant", "ConnectParticipantWithLexBot", "ConnectParticipantWithAgenticCX", "TransferToFlow",
		"TransferContactToQueue", "DequeueContactAndTransferToQueue", "RouteContactToAgent":
		return "a whisper flow only speaks: it has nobody who answers, and leaves the contact where it is"
	}
	return ""
}
