package chat

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/transcript"
)

// activity is when a participant was last heard, for the idle timers.
type activity struct {
	heard time.Time
	idle  bool
}

// heard resets the idle timers of a participant who said something.
func (step *Step) heard(p Participant) {
	if step.e.spoke[p.ID].idle {
		step.add(by(p, transcript.EventItem, transcript.ParticipantReturned), false)
	}
	step.after = append(step.after, func() { step.e.speak(p.ID, activity{heard: step.now}) })
}

// schedule arms the contact's alarm for the next thing that happens by itself. The caller
// holds the contact's lock.
func (s *Service) schedule(e *entry) {
	c := e.contact
	if c.HasEnded() {
		s.clock.Set(&e.alarm, time.Time{})
		return
	}
	next := c.Started.Add(c.Duration)
	if c.Connected.IsZero() {
		next = earliest(next, c.Started.Add(s.limits.ConnectWithin))
	}
	if expires := e.auth.expires(); !expires.IsZero() {
		next = earliest(next, expires)
	}
	for _, bot := range c.lateBots(time.Time{}) {
		next = earliest(next, bot.Joined.Add(s.limits.BotConnectWithin+time.Millisecond))
	}
	for _, t := range e.timers() {
		next = earliest(next, t.at)
	}
	s.clock.Set(&e.alarm, next)
}

// ring does what is due.
func (s *Service) ring(e *entry) {
	err := s.change(context.Background(), e, func(step *Step) error {
		switch c := step.contact; {
		case !step.now.Before(c.Started.Add(c.Duration)):
			step.End(Expired)
		case c.Connected.IsZero() && !step.now.Before(c.Started.Add(s.limits.ConnectWithin)):
			step.End(CustomerNeverConnected)
		default:
			for _, bot := range c.lateBots(step.now.Add(-s.limits.BotConnectWithin)) {
				step.leave(bot.ID)
			}
			if expires := step.e.auth.expires(); !expires.IsZero() && !step.now.Before(expires) {
				if err := step.EndSignIn("", transcript.AuthExpired); err != nil {
					return err
				}
			}
			return step.runTimers()
		}
		return nil
	})
	if err != nil && !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrEnded) {
		e.mu.Lock()
		contactID := e.contact.ID
		e.mu.Unlock()
		if s.failed != nil {
			s.failed(contactID, err)
		}
		s.clock.Set(&e.alarm, s.clock.Now().Add(retryTimer))
	}
}

// lateBots returns the custom bots that are there and have never connected; with a time, those
// that joined before it.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_CreateParticipant.html
func (c *Contact) lateBots(joined time.Time) []Participant {
	var late []Participant
	for _, p := range c.Participants {
		if p.Role == transcript.CustomBot && p.Active() && p.Connected.IsZero() && (joined.IsZero() || p.Joined.Before(joined)) {
			late = append(late, p)
		}
	}
	return late
}

// retryTimer is when something that was due is tried again after the store failed.
const retryTimer = 5 * time.Second

// running is a chat timer that runs for a participant.
type running struct {
	participant Participant
	kind        TimerType
	at          time.Time
}

// timers returns the chat timers that run now. They run only while a customer and an agent
// (for the customer's timers, also a custom bot) are both there; the disconnect timer runs
// after the idle timer when both are set. The one that runs out first comes first.
//
// Source: https://docs.aws.amazon.com/connect/latest/adminguide/setup-chat-timeouts.html
func (e *entry) timers() []running {
	if len(e.contact.Timers) == 0 {
		return nil
	}
	var agent, customer, bot *Participant
	since := time.Time{}
	for _, p := range e.contact.present() {
		switch p.Role {
		case transcript.Agent:
			agent = &p
		case transcript.Customer:
			customer = &p
		case transcript.CustomBot:
			bot = &p
		case transcript.System, transcript.Supervisor:
			continue
		}
		since = latest(since, p.Joined)
	}
	if customer == nil || agent == nil && bot == nil {
		return nil
	}
	var list []running
	for _, p := range []*Participant{customer, agent} {
		if p != nil {
			list = append(list, e.timersOf(*p, since)...)
		}
	}
	slices.SortStableFunc(list, func(a, b running) int { return a.at.Compare(b.at) })
	return list
}

func (e *entry) timersOf(p Participant, since time.Time) []running {
	var idle, disconnect time.Duration
	for _, t := range e.contact.Timers {
		switch {
		case t.Role != p.Role:
		case t.Type == IdleTimer:
			idle = t.After
		case t.Type == DisconnectTimer:
			disconnect = t.After
		}
	}
	state := e.spoke[p.ID]
	base := latest(state.heard, since)
	var list []running
	if idle > 0 && !state.idle {
		list = append(list, running{p, IdleTimer, base.Add(idle)})
	}
	if disconnect > 0 {
		list = append(list, running{p, DisconnectTimer, base.Add(idle + disconnect)})
	}
	return list
}

// runTimers tells everyone who has become idle, and ends the chat of one who stayed so.
func (step *Step) runTimers() error {
	for _, t := range step.e.timers() {
		if step.now.Before(t.at) {
			continue
		}
		if t.kind == IdleTimer {
			step.after = append(step.after, func() {
				state := step.e.spoke[t.participant.ID]
				state.idle = true
				step.e.speak(t.participant.ID, state)
			})
			step.add(by(t.participant, transcript.EventItem, transcript.ParticipantIdle), false)
			continue
		}
		step.add(by(t.participant, transcript.EventItem, transcript.AutoDisconnection), false)
		step.Dismiss()
		return step.alone(IdleDisconnect)
	}
	return nil
}

func earliest(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
