package flowtest

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/flowrun"
	"github.com/parley-chat/parley/internal/transcript"
)

// Play is a chat that waits, for what a [Move] does in it. Its methods return what the chat refuses as
// errors.
type Play struct {
	v *visit
	// Standing is where the flow stands.
	Standing flowrun.Standing
}

// Now is the time in the chat.
func (p *Play) Now() time.Time { return p.v.clock.Now() }

// Contact is the contact as it is now.
func (p *Play) Contact(ctx context.Context) (chat.Contact, error) {
	return p.v.chats.Contact(ctx, p.v.chat.ContactID)
}

// Say lets the customer say something.
func (p *Play) Say(ctx context.Context, m transcript.Message) error {
	_, err := p.v.chats.Say(ctx, p.v.chat.ContactID, p.v.chat.ParticipantID, m)
	return err
}

// View is the view that the customer sees; nil when the flow shows none.
func (p *Play) View() *View {
	if p.Standing.Type != showView {
		return nil
	}
	return p.v.view()
}

// Join lets an agent of a name take the chat, and returns the participant's id.
func (p *Play) Join(ctx context.Context, name string) (string, error) {
	joined, err := p.v.takes(ctx, name)
	return joined.ParticipantID, err
}

// AgentSays lets an agent say something, AgentLeaves leave, and AgentTransfers pass the chat on.
func (p *Play) AgentSays(ctx context.Context, agent string, m transcript.Message) error {
	_, err := p.v.chats.Say(ctx, p.v.chat.ContactID, agent, m)
	return err
}

// AgentLeaves lets an agent leave the chat.
func (p *Play) AgentLeaves(ctx context.Context, agent string) error {
	return p.v.chats.Leave(ctx, p.v.chat.ContactID, agent)
}

// AgentTransfers lets an agent pass the chat on. It returns the id of the agent who has it then; empty
// for a queue.
func (p *Play) AgentTransfers(ctx context.Context, agent string, to chat.Transfer) (string, error) {
	joined, err := p.v.chats.Transfer(ctx, p.v.chat.ContactID, agent, to)
	return joined.ParticipantID, err
}

// Attach lets the customer send a file, whose bytes nobody looks at.
func (p *Play) Attach(ctx context.Context, f transcript.File) error {
	file, err := p.v.chats.StartUpload(ctx, p.v.chat.ContactID, p.v.chat.ParticipantID, f)
	if err == nil {
		err = p.v.chats.Uploaded(ctx, file.ID)
	}
	if err == nil {
		err = p.v.chats.CompleteUpload(ctx, p.v.chat.ParticipantID, file.ID, false)
	}
	return err
}

// Skip lets time pass, no further than to what the flow waits for, and returns how much has passed.
func (p *Play) Skip(d time.Duration) time.Duration {
	due := p.Standing.Due
	if now := p.Now(); !due.IsZero() && due.Sub(now) <= d {
		p.v.runner.Expect(p.v.chat.ContactID)
		d = max(due.Sub(now), 0) + time.Millisecond
	}
	p.v.clock.Skip(d)
	return d
}

// SignIn ends the sign-in that the flow waits for, by one of [SignsIn], [OptsOut] and [FailsToSignIn];
// false when it waits for none.
func (p *Play) SignIn(ctx context.Context, how string) (bool, error) {
	if p.Standing.Type != authenticate {
		return false, nil
	}
	return true, p.v.signIn(ctx, how)
}

// Leave lets the customer leave.
func (p *Play) Leave(ctx context.Context) error { return p.v.leave(ctx) }
