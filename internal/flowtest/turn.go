package flowtest

import (
	"context"
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/flowrun"
	"github.com/parley-chat/parley/internal/transcript"
)

// turn lets the customer say something, a stage direction happen, or time pass; false when none of
// them leads anywhere.
func (v *visit) turn(ctx context.Context, standing flowrun.Standing) (went bool, err error) {
	if v.script.Lead != nil {
		return v.move(ctx, standing)
	}
	if v.script.Random {
		return v.chanceTurn(ctx, standing)
	}
	if len(v.script.Says) == 0 && standing.Queue != "" {
		return false, nil
	}
	if len(v.script.Says) > 0 {
		text := v.script.Says[0]
		if isDirection(text) {
			went, err = v.direction(ctx, standing, text)
		} else if Listens(standing) {
			went, err = v.say(ctx, standing, text)
		}
		if went {
			v.script.Says = v.script.Says[1:]
		}
		if went || err != nil {
			return went, err
		}
	}
	return v.wait(standing), nil
}

// Listens reports whether a flow hears what the customer says.
func Listens(standing flowrun.Standing) bool {
	return standing.Action != "" && (standing.Type != "Wait" || slices.Contains(standing.Answers, "CustomerReturned"))
}

// chanceTurn is a turn by chance.
func (v *visit) chanceTurn(ctx context.Context, standing flowrun.Standing) (went bool, err error) {
	switch {
	case standing.Queue != "" && v.chance.IntN(4) == 0:
		return true, v.agent(ctx)
	case standing.Action == "":
		return false, nil
	case standing.Type == authenticate:
		if ways := []string{SignsIn, OptsOut, FailsToSignIn}; v.chance.IntN(4) > 0 {
			return true, v.signIn(ctx, ways[v.chance.IntN(len(ways))])
		}
	case Listens(standing) && (standing.Due.IsZero() || v.chance.IntN(4) > 0):
		return v.say(ctx, standing, "")
	}
	return v.wait(standing), nil
}

// anything is what chance says: mostly something the flow has a branch for.
func (v *visit) anything(answers []string) string {
	if n := len(answers); n > 0 && v.chance.IntN(8) > 0 {
		return answers[v.chance.IntN(n)]
	}
	words := []string{"hello", "1", "yes", "no", "I want to talk to somebody", "?"}
	return words[v.chance.IntN(len(words))]
}

// say says a text, or what chance wants where there is none. On a view it is what the customer
// chooses there.
func (v *visit) say(ctx context.Context, standing flowrun.Standing, text string) (bool, error) {
	m := transcript.Message{ContentType: transcript.TextPlain, Content: text}
	answers := standing.Answers
	var view *View
	if standing.Type == showView {
		view = v.view()
		answers = view.ways(answers)
	}
	if text == "" && v.chance != nil {
		m.Content = v.anything(answers)
	}
	if standing.Type == showView {
		m.ContentType, m.Content = transcript.InteractiveResponse, view.answer(m.Content, v.chance)
	}
	_, err := v.chats.Say(ctx, v.chat.ContactID, v.chat.ParticipantID, m)
	return err == nil, nil // what cannot be said leads nowhere
}

// wait lets time pass until the flow goes on by itself.
func (v *visit) wait(standing flowrun.Standing) bool {
	if standing.Due.IsZero() {
		return false
	}
	now := v.clock.Now()
	if v.script.Limit > 0 {
		if end := v.result.Began.Add(v.script.Limit); standing.Due.After(end) {
			v.clock.Skip(end.Sub(now))
			v.result.Late = true
			return false
		}
	}
	v.runner.Expect(v.chat.ContactID)
	v.clock.Skip(standing.Due.Sub(now) + time.Millisecond)
	return true
}

// Move is what happens next in a chat that waits. The zero value lets time pass until the flow goes on
// by itself; what waits for ever is then over.
type Move struct {
	// Say is a text that the customer writes, wherever the flow is; Does is one of a script, which may be
	// a stage direction or an answer to a view.
	Say, Does string
	// Leave lets the customer leave, Stop ends the run.
	Leave, Stop bool
	// Act does something in the chat; its errors are those of the machine.
	Act func(context.Context, *Play) error
}

// move does what the script's lead wants.
func (v *visit) move(ctx context.Context, standing flowrun.Standing) (went bool, err error) {
	switch next := v.script.Lead(standing); {
	case next.Stop:
		return false, nil
	case next.Act != nil:
		return true, next.Act(ctx, &Play{v, standing})
	case next.Leave:
		return true, v.leave(ctx)
	case next.Does != "" && isDirection(next.Does):
		return v.direction(ctx, standing, next.Does)
	case next.Does != "":
		return v.say(ctx, standing, next.Does)
	case next.Say != "":
		_, err := v.chats.Say(ctx, v.chat.ContactID, v.chat.ParticipantID, transcript.Message{ContentType: transcript.TextPlain, Content: next.Say})
		return err == nil, nil // what cannot be said leads nowhere
	}
	return v.wait(standing), nil
}
