package scenariotest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/flowtest"
	"github.com/parley-chat/parley/internal/interactive"
	"github.com/parley-chat/parley/internal/scenario"
	"github.com/parley-chat/parley/internal/transcript"
)

// cannotError is why a step cannot be done, in a sentence.
type cannotError string

func (e cannotError) Error() string { return string(e) }

// act does a step. What the chat refuses fails the scenario, and is no failure of the machine.
func (st *stage) act(ctx context.Context, p *flowtest.Play) error {
	step := &st.s.Steps[st.at]
	var err error
	switch step.Kind {
	case scenario.Say:
		err = st.says(ctx, p, step.Text)
	case scenario.Choose:
		err = st.choose(ctx, p, step.Text)
	case scenario.View:
		err = st.fill(ctx, p, step.View)
	case scenario.Acts:
		err = st.play(ctx, p, step.Agent)
	case scenario.Attach:
		err = p.Attach(ctx, transcript.File{Name: step.File.Name, ContentType: step.File.Type, Size: step.File.Size})
	case scenario.Skip:
		err = st.skip(p, step)
	case scenario.SignIn:
		how := map[string]string{"succeeds": flowtest.SignsIn, "fails": flowtest.FailsToSignIn, "opts out": flowtest.OptsOut}[step.Text]
		var asked bool
		if asked, err = p.SignIn(ctx, how); err == nil && !asked {
			err = cannotError("the flow does not ask the customer to sign in")
		}
	case scenario.Check:
		err = st.check(ctx, p, step)
	case scenario.Leave:
		err = p.Leave(ctx)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	switch {
	case err != nil:
		st.fail(step, sentence(err))
	case step.Kind == scenario.Skip && !step.Next && st.waited < step.Time: // more of it is left
	default:
		st.done()
	}
	return nil
}

// sentence is what the chat says of a step that it refuses.
func sentence(err error) string {
	cannot, is := errors.AsType[cannotError](err)
	switch {
	case is:
		return string(cannot)
	case errors.Is(err, chat.ErrNotFound):
		return "the chat was over before"
	}
	return "the chat refuses it: " + err.Error()
}

// says lets the customer write something.
func (st *stage) says(ctx context.Context, p *flowtest.Play, text string) error {
	contact, err := p.Contact(ctx)
	if err != nil {
		return err
	}
	if !flowtest.Listens(p.Standing) && chatOf(&contact, p.Standing) != scenario.Agents {
		st.mu.Lock()
		st.note("line %d: %q is said while nobody listens", st.s.Steps[st.at].Line, text)
		st.mu.Unlock()
	}
	return p.Say(ctx, transcript.Message{ContentType: transcript.TextPlain, Content: text})
}

// choose lets the customer choose something on a view of a flow, or in the interactive message that was
// shown last, of which chat clients send the title.
func (st *stage) choose(ctx context.Context, p *flowtest.Play, what string) error {
	view := p.View()
	if view != nil {
		if !slices.Contains(view.Choices, what) && !slices.Contains(p.Standing.Answers, what) {
			return cannotError(fmt.Sprintf("the view %s has no %q; it has %q and the actions %q", view.ID, what, view.Choices, p.Standing.Answers))
		}
		return answer(ctx, p, view, what, nil)
	}
	st.mu.Lock()
	titles := titlesOf(st.heard)
	st.mu.Unlock()
	switch {
	case titles == nil:
		return cannotError("there is nothing to choose: no view and no interactive message was shown")
	case !slices.Contains(titles, what):
		return cannotError(fmt.Sprintf("the message has no %q; it has %q", what, titles))
	}
	return p.Say(ctx, transcript.Message{ContentType: transcript.TextPlain, Content: what})
}

// fill lets the customer fill in a view.
func (st *stage) fill(ctx context.Context, p *flowtest.Play, does *scenario.ViewAnswer) error {
	view := p.View()
	if view == nil {
		return cannotError("the flow shows no view")
	}
	for _, name := range sorted(does.Fields) {
		if !slices.ContainsFunc(view.Fields, func(f flowtest.Field) bool { return f.Name == name }) {
			return cannotError(fmt.Sprintf("the view %s has no field %q", view.ID, name))
		}
	}
	fields := does.Fields
	if fields == nil && does.Action == interactive.Selected { // which is to choose nothing, and not the first
		fields = map[string][]string{}
	}
	return answer(ctx, p, view, does.Action, fields)
}

// answer sends what a client sends for something that is done on a view.
func answer(ctx context.Context, p *flowtest.Play, view *flowtest.View, action string, fields map[string][]string) error {
	m, err := view.Message(action, fields)
	if err != nil {
		return cannotError("the view " + view.ID + ": " + err.Error())
	}
	return p.Say(ctx, m)
}

// play lets an agent do something: the one who is named, or else the one who came last.
func (st *stage) play(ctx context.Context, p *flowtest.Play, does *scenario.Agent) error {
	if does.Accepts {
		contact, err := p.Contact(ctx)
		if err != nil {
			return err
		}
		if is := chatOf(&contact, p.Standing); is != scenario.Queued {
			return cannotError(fmt.Sprintf("the chat waits in no queue: it is %q", is))
		}
		name := cmp.Or(does.Name, "Agent")
		id, err := p.Join(ctx, name)
		if err == nil {
			st.agents = append(st.agents, agent{name, id})
		}
		return err
	}
	at := -1
	for i, a := range st.agents {
		if does.Name == "" || does.Name == a.name {
			at = i
		}
	}
	if at < 0 {
		return cannotError(fmt.Sprintf("the agent %s has not accepted the chat", does.Name))
	}
	who := st.agents[at]
	switch {
	case does.Leaves:
		st.agents = slices.Delete(st.agents, at, at+1)
		return p.AgentLeaves(ctx, who.id)
	case does.ToQueue != "" || does.ToAgent != "":
		next, err := p.AgentTransfers(ctx, who.id, chat.Transfer{Queue: does.ToQueue, Agent: does.ToAgent})
		if err != nil {
			return err
		}
		st.agents = nil
		if next != "" {
			st.agents = []agent{{does.ToAgent, next}}
		}
		return nil
	case does.Says != "":
		return p.AgentSays(ctx, who.id, transcript.Message{ContentType: transcript.TextPlain, Content: does.Says})
	}
	return p.AgentSays(ctx, who.id, transcript.Message{ContentType: does.Type, Content: does.Content})
}

// skip lets time pass.
func (st *stage) skip(p *flowtest.Play, step *scenario.Step) error {
	d := step.Time - st.waited
	if step.Next {
		if p.Standing.Due.IsZero() {
			return cannotError("the chat does not go on by itself: it waits for somebody")
		}
		d = max(p.Standing.Due.Sub(p.Now()), 0)
	}
	st.waited += p.Skip(d)
	return nil
}

// check compares how the chat is now.
func (st *stage) check(ctx context.Context, p *flowtest.Play, step *scenario.Step) error {
	contact, err := p.Contact(ctx)
	if err != nil {
		return err
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	st.compare(st.id(step), chatOf(&contact, p.Standing), p.Standing.Queue, contact.Attributes.Map(), step.State)
	return nil
}

// pass lets time pass until the flow goes on, as far as a step waits for what it expects.
func (st *stage) pass(_ context.Context, p *flowtest.Play) error {
	step := &st.s.Steps[st.at]
	left := step.Expect.Within - st.waited
	due := p.Standing.Due
	if !due.IsZero() && due.Sub(p.Now()) <= left {
		st.waited += max(p.Skip(max(due.Sub(p.Now()), 0)), time.Millisecond)
		return nil
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	why := "it did not come within " + step.Expect.Within.String()
	if due.IsZero() {
		why = "it did not come, and the chat waits for somebody"
	}
	st.miss(step, why)
	return nil
}
