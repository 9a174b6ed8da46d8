package scenariotest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/flowrun"
	"github.com/parley-chat/parley/internal/flowtest"
	"github.com/parley-chat/parley/internal/scenario"
	"github.com/parley-chat/parley/internal/transcript"
)

// stage is where a scenario is played: what the customer was shown, and how far the steps are.
type stage struct {
	cfg     *Config
	s       *scenario.Scenario
	answers []given

	mu     sync.Mutex
	heard  []heard
	from   int           // what was heard before was expected already
	at     int           // the step
	waited time.Duration // for what the step expects, or what it skips
	agents []agent       // who have accepted the chat, the last one last
	last   string        // how the chat is after the last step
	final  chat.Contact
	failed bool
	checks []flowtest.Check
	notes  []string
}

type agent struct{ name, id string }

// heard is something that the customer was shown. Text is that of a message, of an interactive one its title;
// view is the id of a view.
type heard struct {
	*transcript.Item
	text, view string
}

func newStage(cfg *Config, s *scenario.Scenario) *stage {
	st := &stage{cfg: cfg, s: s, checks: []flowtest.Check{}}
	for i := range s.Answers {
		st.answers = append(st.answers, given{Answer: &s.Answers[i]})
	}
	return st
}

// hear keeps what the customer is shown.
func (st *stage) hear(item *transcript.Item, view *flowtest.View) {
	if item.IsPiece() {
		return
	}
	h := heard{Item: item, text: item.Content}
	switch {
	case view != nil:
		h.text, h.view = view.Heading, view.ID
	case item.ContentType == transcript.Interactive:
		h.text, _ = template(item.Content)
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	st.heard = append(st.heard, h)
}

// lead says what happens when the chat waits.
func (st *stage) lead(flowrun.Standing) flowtest.Move {
	st.mu.Lock()
	defer st.mu.Unlock()
	for !st.failed && st.at < len(st.s.Steps) {
		step := &st.s.Steps[st.at]
		if step.Kind != scenario.Wait {
			return flowtest.Move{Act: st.act}
		}
		if st.expect(step) {
			continue
		}
		return flowtest.Move{Act: st.pass}
	}
	if st.last == "" {
		return flowtest.Move{Act: st.look}
	}
	return flowtest.Move{Stop: true}
}

// id names a step in reports.
func (st *stage) id(step *scenario.Step) string {
	return "step " + strconv.Itoa(st.at+1) + " (line " + strconv.Itoa(step.Line) + ")"
}

// done goes on to the next step.
func (st *stage) done() {
	st.at++
	st.waited = 0
}

// fail ends the scenario at a step that cannot be done.
func (st *stage) fail(step *scenario.Step, why string) {
	st.failed = true
	st.checks = append(st.checks, flowtest.Check{ID: st.id(step), Verdict: flowtest.Failed, Expected: step.Kind, Why: why})
}

func (st *stage) note(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(st.notes, text) {
		st.notes = append(st.notes, text)
	}
}

// told are the notes, with what was prepared in vain.
func (st *stage) told() []string {
	for i := range st.answers {
		if a := &st.answers[i]; a.used == 0 && !a.offered && !st.failed {
			st.note("line %d: the answer of the %s %s was never used", a.Line, a.Kind, a.Name)
		}
	}
	return st.notes
}

// look sees how the chat is after the last step.
func (st *stage) look(ctx context.Context, p *flowtest.Play) error {
	contact, err := p.Contact(ctx)
	if err != nil {
		return err
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	st.final, st.last = contact, chatOf(&contact, p.Standing)
	return nil
}

// chatOf is the state of a chat.
func chatOf(contact *chat.Contact, standing flowrun.Standing) string {
	switch {
	case contact.HasEnded():
		return scenario.Ended
	case slices.ContainsFunc(contact.Participants, func(p chat.Participant) bool { return p.Role == transcript.Agent && p.Active() }):
		return scenario.Agents
	case standing.Queue != "":
		return scenario.Queued
	}
	return scenario.Flow
}

// compare checks how the chat is.
func (st *stage) compare(id, is, queue string, attributes map[string]string, want *scenario.State) {
	c := flowtest.Check{ID: id, Verdict: flowtest.Passed, Expected: describe(want)}
	var wrong []string
	if want.Chat != "" && want.Chat != is {
		wrong = append(wrong, fmt.Sprintf("the chat is %q", is))
	}
	if want.Queue != "" && want.Queue != queue {
		if queue == "" {
			wrong = append(wrong, "it waits in no queue")
		} else {
			wrong = append(wrong, fmt.Sprintf("its queue is %q", queue))
		}
	}
	for _, name := range sorted(want.Attributes) {
		if attributes[name] != want.Attributes[name] {
			wrong = append(wrong, fmt.Sprintf("the attribute %s is %q", name, attributes[name]))
		}
	}
	if len(wrong) > 0 {
		c.Verdict, c.Why = flowtest.Failed, strings.Join(wrong, ", and ")
		c.Seen = c.Why
		st.failed = true
	}
	st.checks = append(st.checks, c)
}

func describe(want *scenario.State) string {
	var all []string
	if want.Chat != "" {
		all = append(all, fmt.Sprintf("the chat is %q", want.Chat))
	}
	if want.Queue != "" {
		all = append(all, fmt.Sprintf("its queue is %q", want.Queue))
	}
	for _, name := range sorted(want.Attributes) {
		all = append(all, fmt.Sprintf("the attribute %s is %q", name, want.Attributes[name]))
	}
	return strings.Join(all, ", and ")
}

// finish compares what is left to compare when the chat is over.
func (st *stage) finish(result *flowtest.Result) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.last == "" && result.Outcome == flowtest.Ended {
		st.last = scenario.Ended
		st.final.Attributes = chat.AttributesOf(result.Attributes)
	}
	queue := ""
	if st.final.Queue != nil {
		queue = cmp.Or(st.final.Queue.Name, "Default")
	}
	for !st.failed && st.at < len(st.s.Steps) {
		switch step := &st.s.Steps[st.at]; {
		case step.Kind == scenario.Wait && st.expect(step):
		case step.Kind == scenario.Wait:
			st.miss(step, "it did not come before the chat was over")
		case step.Kind == scenario.Check:
			st.compare(st.id(step), st.last, queue, st.final.Attributes.Map(), step.State)
			st.done()
		default:
			st.fail(step, "the chat was over before")
		}
	}
	for ; st.at < len(st.s.Steps); st.at++ { // what was not come to
		step := &st.s.Steps[st.at]
		c := flowtest.Check{ID: st.id(step), Verdict: flowtest.Pending, Why: "it was not reached"}
		switch {
		case len(st.checks) > 0 && st.checks[len(st.checks)-1].ID == c.ID:
			continue
		case step.Expect != nil:
			c.Expected = wanted(step.Expect)
		case step.State != nil:
			c.Expected = describe(step.State)
		default:
			continue
		}
		st.checks = append(st.checks, c)
	}
	if st.s.End != nil && !st.failed {
		st.compare(fmt.Sprintf("end (line %d)", st.s.End.Line), st.last, queue, st.final.Attributes.Map(), st.s.End)
	}
	if st.s.Snapshot != "" && !st.failed {
		st.snapshot(result)
	}
}
