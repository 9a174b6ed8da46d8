package chat

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/secret"
	"github.com/parley-chat/parley/internal/transcript"
)

// Joined is a participant that was added to a contact.
type Joined struct {
	ParticipantID string
	Token         secret.Text
	// Expiry is until when the token can be used to connect for the first time.
	Expiry time.Time
}

// Join adds a participant: an agent who takes the chat, a bot, a supervisor. The others are told.
// Errors: [ErrNotFound], [OccupiedError] when a bot may not join.
func (s *Service) Join(ctx context.Context, contactID string, role transcript.Role, displayName string) (Joined, error) {
	var joined Participant
	err := s.Step(ctx, contactID, func(step *Step) (err error) {
		joined, err = step.Join(role, displayName)
		return err
	})
	if err != nil {
		return Joined{}, err
	}
	return s.joined(contactID, joined)
}

// joined describes a new participant to the caller that added it.
func (s *Service) joined(contactID string, p Participant) (Joined, error) {
	token, err := s.participantToken(s.Chat(contactID), p.ID)
	return Joined{p.ID, token, p.Joined.Add(s.limits.BotConnectWithin)}, err
}

// Join is [Service.Join] within a step. A custom bot joins a customer who is alone: agents who
// yield to it leave (see [Listener]), anybody else there is an [OccupiedError]. Custom bots leave
// when an agent joins.
func (step *Step) Join(role transcript.Role, displayName string) (Participant, error) {
	if step.over {
		return Participant{}, ErrNotFound
	}
	if role != transcript.CustomBot {
		return step.join(role, displayName), nil
	}
	var yielding, staying []Participant
	for _, p := range step.contact.present() {
		switch {
		case p.Role == transcript.Customer:
		case p.Role == transcript.Agent && step.s.yields(step.contact, p):
			yielding = append(yielding, p)
		default:
			staying = append(staying, p)
		}
	}
	if len(staying) > 0 {
		return Participant{}, &OccupiedError{staying}
	}
	joined := step.join(role, displayName)
	for _, p := range yielding {
		step.leave(p.ID)
	}
	return joined, nil
}

// yields reports whether an agent leaves a contact to a custom bot.
func (s *Service) yields(contact *Contact, agent Participant) bool {
	return slices.ContainsFunc(s.listeners, func(l Listener) bool { return l.Yields != nil && l.Yields(contact, agent) })
}

func (step *Step) join(role transcript.Role, displayName string) Participant {
	return step.enter(Participant{ID: newID(), DisplayName: displayName, Role: role})
}

// enter adds a participant who takes part from now on.
func (step *Step) enter(joined Participant) Participant {
	joined.Joined = step.now.UTC().Truncate(time.Millisecond)
	contact := step.edit()
	contact.Participants = append(contact.Participants, joined)
	if joined.Role != transcript.System {
		step.add(by(joined, transcript.EventItem, transcript.ParticipantJoined), true)
	}
	if joined.Role == transcript.Agent {
		step.dismiss(transcript.CustomBot)
	}
	return joined
}

// dismiss lets all participants of a role leave.
func (step *Step) dismiss(role transcript.Role) {
	for _, p := range step.contact.present() {
		if p.Role == role {
			step.leave(p.ID)
		}
	}
}

// leave ends one participation. The caller makes sure that the participant is there.
func (step *Step) leave(participantID string) {
	contact := step.edit()
	for i := range contact.Participants {
		if p := &contact.Participants[i]; p.ID == participantID && p.Active() {
			step.breakOff(participantID)
			p.Left = step.now.UTC().Truncate(time.Millisecond)
			if p.Role != transcript.System {
				step.add(by(*p, transcript.EventItem, transcript.ParticipantLeft), true)
			}
		}
	}
}

// Leave ends the participation of a participant. The customer's end ends the chat, and so does that
// of the last agent, unless a listener goes on with it. Errors: [ErrNotFound], [ErrAccessDenied] for someone who does not take part.
func (s *Service) Leave(ctx context.Context, contactID, participantID string) error {
	return s.Step(ctx, contactID, func(step *Step) error { return step.Leave(participantID) })
}

// Leave is [Service.Leave] within a step.
func (step *Step) Leave(participantID string) error {
	p, err := step.participant(participantID)
	if err != nil {
		return err
	}
	if p.Role == transcript.Customer {
		return step.exit(p)
	}
	step.leave(participantID)
	if p.Role == transcript.Agent && !step.hasAgent() {
		return step.alone(AgentDisconnect)
	}
	return nil
}

// exit ends a contact whose customer leaves, unless a listener goes on with it.
func (step *Step) exit(customer Participant) error {
	for _, l := range step.s.listeners {
		if l.Exits == nil {
			continue
		}
		if goesOn, err := l.Exits(step); goesOn || err != nil {
			return err
		}
	}
	step.leave(customer.ID)
	step.End(CustomerDisconnect)
	return nil
}

// Dismiss lets everybody leave but the customer.
func (step *Step) Dismiss() {
	for _, p := range step.contact.present() {
		if p.Role != transcript.Customer {
			step.leave(p.ID)
		}
	}
}

// alone ends a contact whose last agent has left, unless a listener has something for the customer
// who remains.
func (step *Step) alone(reason Reason) error {
	for _, l := range step.s.listeners {
		if l.Remains == nil {
			continue
		}
		if goesOn, err := l.Remains(step, reason); goesOn || err != nil {
			return err
		}
	}
	step.End(reason)
	return nil
}

func (step *Step) hasAgent() bool {
	for _, p := range step.contact.present() {
		if p.Role == transcript.Agent {
			return true
		}
	}
	return false
}

// Queue lets the contact wait for an agent in a queue; empty names the queue of contacts that name
// none.
func (step *Step) Queue(name string) { step.Enqueue(Queued{Name: name}) }

// Enqueue is [Step.Queue] for a contact that waits in a special way, from now on.
func (step *Step) Enqueue(how Queued) {
	step.enqueue(how)
	step.queued = true
}

// Route changes how a contact waits, which has waited since when it had before. It does nothing for
// one that was never queued.
func (step *Step) Route(change func(how *Queued)) {
	if step.contact.Queue == nil {
		return
	}
	how := *step.contact.Queue
	change(&how)
	how.Since = step.contact.Queue.Since
	step.edit().Queue = &how
	step.queued = true
}

// Dequeue takes the contact out of its queue.
func (step *Step) Dequeue() { step.edit().Queue = nil }

func (step *Step) enqueue(how Queued) {
	how.Since = step.now.UTC().Truncate(time.Millisecond)
	step.edit().Queue = &how
}

// Transfer says where an agent's contact goes; Agent or Queue is set.
type Transfer struct {
	// Agent is the name of the agent who takes it, at once.
	Agent string
	// Queue is the name of the queue in which it waits for the next agent.
	Queue string
	// Back says that the contact goes back to where it waited, which is no business of a contact flow.
	Back bool
	// Ready is asked in the step whether there is room for the contact, unless a contact flow decides where
	// it goes; its error fails the transfer. Nil says there is.
	Ready func() error
}

// Transfer lets an agent pass a contact on, in one step: all agents leave, the chat goes on in a new
// contact in which another one joins or which waits in a queue, and the others are told that it
// succeeded. Where a listener has a contact flow for transfers, that flow decides what comes next. The
// result is that of [Service.Join] for the new agent, and empty
// otherwise. Errors: [ErrNotFound], [ErrAccessDenied] for someone who does not take part as an agent,
// those of [Transfer.Ready].
func (s *Service) Transfer(ctx context.Context, contactID, participantID string, to Transfer) (Joined, error) {
	var joined Participant
	err := s.Step(ctx, contactID, func(step *Step) error {
		joined = Participant{}
		p, err := step.participant(participantID)
		if err != nil || p.Role != transcript.Agent {
			return ErrAccessDenied
		}
		var instead func() error
		if !to.Back {
			instead = step.transfers(to)
		}
		if instead == nil && to.Ready != nil {
			if err := to.Ready(); err != nil {
				return err
			}
		}
		step.dismiss(transcript.Agent) // all of them, as AWS documents of chats with several
		step.Succeed(ByTransfer, AgentDisconnect)
		if instead != nil {
			step.Dequeue()
			step.add(transcript.Item{Type: transcript.EventItem, ContentType: transcript.TransferSucceeded}, true)
			return instead()
		}
		if to.Agent != "" {
			joined = step.join(transcript.Agent, to.Agent)
		} else {
			next := Queued{Name: to.Queue}
			if q := step.contact.Queue; q != nil { // which stays the contact's
				next.Priority, next.Age = q.Priority, q.Age
			}
			step.enqueue(next)
		}
		step.add(transcript.Item{Type: transcript.EventItem, ContentType: transcript.TransferSucceeded}, true)
		return nil
	})
	if err != nil || joined.ID == "" {
		return Joined{}, err
	}
	return s.joined(contactID, joined)
}

// transfers returns what a contact flow does with a contact that an agent passes on; nil for no flow.
func (step *Step) transfers(to Transfer) (instead func() error) {
	for _, l := range step.s.listeners {
		if l.Transfers == nil {
			continue
		}
		if instead = l.Transfers(step, to); instead != nil {
			return instead
		}
	}
	return nil
}

// FailTransfer tells everybody that a transfer by an agent failed; the agent keeps the contact. Errors:
// [ErrNotFound], [ErrAccessDenied] for someone who does not take part as an agent.
func (s *Service) FailTransfer(ctx context.Context, contactID, participantID, fault string) error {
	return s.Step(ctx, contactID, func(step *Step) error {
		if p, err := step.participant(participantID); err != nil || p.Role != transcript.Agent {
			return ErrAccessDenied
		}
		step.add(transcript.Item{Type: transcript.EventItem, ContentType: transcript.TransferFailed, Fault: fault}, true)
		return nil
	})
}

// Prompt says something in the name of the instance itself, as a flow does: as a participant with
// the role of the system, who comes with the first such message and is not announced. Errors:
// [ErrNotFound] once the step has ended the contact, [InvalidError].
func (step *Step) Prompt(m transcript.Message) (Sent, error) { return step.prompt(systemName, m) }

// Reply says something in the name of a bot that a flow has asked: as [Step.Prompt] does, under the
// name that clients know bots by.
func (step *Step) Reply(m transcript.Message) (Sent, error) { return step.prompt(botName, m) }

func (step *Step) prompt(name string, m transcript.Message) (Sent, error) {
	system, err := step.prompter(name, m)
	if err != nil {
		return Sent{}, err
	}
	return step.message(system, m), nil
}

// Whisper is [Step.Prompt] to one participant alone. What is whispered is not in the transcript, and
// who has no socket misses it. Errors: those of Prompt, [ErrAccessDenied] for someone who does not take
// part.
//
// Source: https://docs.aws.amazon.com/connect/latest/adminguide/set-whisper-flow.html
func (step *Step) Whisper(participantID string, m transcript.Message) error {
	system, err := step.prompter(systemName, m)
	if err != nil {
		return err
	}
	if _, err := step.participant(participantID); err != nil {
		return err
	}
	item := by(system, transcript.MessageItem, m.ContentType)
	item.Content, item.HasContent, item.Only = m.Content, true, participantID
	if step.contact.Processing != nil {
		step.process(item, false)
		return nil
	}
	step.add(item, false)
	return nil
}

// prompter returns the participant of a name who says a message for the instance.
func (step *Step) prompter(name string, m transcript.Message) (Participant, error) {
	if step.over || step.ending() {
		return Participant{}, ErrNotFound
	}
	system, ok := step.contact.system(name)
	if err := step.checkMessage(Participant{ID: system.ID, Role: transcript.System}, m); err != nil {
		return Participant{}, err
	}
	if !ok {
		system = step.join(transcript.System, name)
	}
	return system, nil
}

// Display names of the system as clients are told them: what flows and the instance itself say, and
// what bots say.
const (
	systemName = "SYSTEM_MESSAGE"
	botName    = "BOT"
)

// system returns the participant in whose name the instance itself, or a bot, speaks.
func (c *Contact) system(name string) (Participant, bool) {
	for _, p := range c.Participants {
		if p.Role == transcript.System && p.DisplayName == name && p.Active() {
			return p, true
		}
	}
	return Participant{}, false
}

// End ends the contact. chat.ended is the last item of every contact, so it belongs at the end of a
// step; a second call does nothing. What a flow has said is delivered before its end: while messages
// are being processed, the contact ends after them.
func (step *Step) End(reason Reason) {
	if step.over || reason == FlowDisconnect && step.endLater(reason) {
		return
	}
	step.breakOff("")
	step.deliverAll()
	contact := step.edit()
	at := step.now.UTC().Truncate(time.Millisecond)
	for i := range contact.Participants {
		if contact.Participants[i].Active() {
			contact.Participants[i].Left = at
		}
	}
	step.add(transcript.Item{Type: transcript.EventItem, ContentType: transcript.ChatEnded}, true)
	contact.Ended, contact.Reason = step.last, reason
	step.over = true
}

// End ends a contact from outside: StopContact, a flow, the desk. A contact that has ended already
// is left as it is. Errors: [ErrNotFound] for one that never was.
func (s *Service) End(ctx context.Context, contactID string, reason Reason) error {
	err := s.Step(ctx, contactID, func(step *Step) error {
		step.End(reason)
		return nil
	})
	if !errors.Is(err, ErrNotFound) {
		return err
	}
	_, err = s.store.Contact(ctx, contactID)
	return err
}
