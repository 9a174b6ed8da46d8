package casetest

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/parley-chat/parley/internal/arn"
	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowrun"
	"github.com/parley-chat/parley/internal/flowtest"
	"github.com/parley-chat/parley/internal/interactive"
	"github.com/parley-chat/parley/internal/testcase"
	"github.com/parley-chat/parley/internal/transcript"
)

// stage is where a test case is played: which observations wait, what has happened, and what is to
// happen in the place of something else.
type stage struct {
	cfg  *Config
	test *testcase.Case

	mu        sync.Mutex
	watched   []*watched // in the order of the document
	happened  []happening
	overrides []*override
	tells     []testcase.Instruction // what the customer has still to do
	asked     happening              // the action that was asked about last
	opened    map[string]any         // what completed actions let the test read
	logged    map[string]string
	notes     []string
	ended     bool // the test has ended itself
	failed    bool // an action of it has failed
	// contact and state are the contact as it was seen last.
	contact flow.Contact
	state   flow.State
}

// watched is an observation with what became of it.
type watched struct {
	*testcase.Observation
	active, reached bool
	from            int // how much had happened when it became active
	times           int
	met             *happening // the last one that met it
	at              time.Time
	outcome         testcase.Outcome
	done            []done
}

// finished reports whether no further event is for the observation.
func (w *watched) finished() bool {
	switch w.Usage.Type {
	case testcase.Exactly, testcase.AtMost:
		return w.times >= w.Usage.Times
	}
	return false
}

// satisfied reports whether it was met as often as it must be.
func (w *watched) satisfied() bool {
	switch w.Usage.Type {
	case testcase.Exactly:
		return w.times == w.Usage.Times
	case testcase.AtLeast:
		return w.times >= w.Usage.Times
	}
	return true
}

// happening is something that the test can perceive.
type happening struct {
	kind string
	// text is that of a message; action the type of the flow's action, and names what it is about, the
	// first as the flow has it.
	text, action string
	names        []string
	agent        string
}

func newStage(cfg *Config, c *testcase.Case) *stage {
	s := &stage{cfg: cfg, test: c, opened: map[string]any{}, logged: map[string]string{}}
	led := map[string]bool{}
	for i := range c.Observations {
		for _, next := range c.Observations[i].Next {
			led[next] = true
		}
	}
	for i := range c.Observations {
		o := &c.Observations[i]
		s.watched = append(s.watched, &watched{Observation: o, active: !led[o.ID], reached: !led[o.ID]})
	}
	return s
}

func (s *stage) note(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(s.notes, text) {
		s.notes = append(s.notes, text)
	}
}

// over reports whether nothing more is to happen.
func (s *stage) over() bool { return s.ended || s.failed }

// initiate is the moment before the contact begins.
func (s *stage) initiate(script *flowtest.Script) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.contact = flow.Contact{
		InstanceARN: flowtest.InstanceARN, Region: flowtest.Region, InitiationMethod: "API", Attributes: s.test.Data.Attributes, Segment: s.test.Data.Segment,
	}
	s.fire(script.At, happening{kind: testcase.TestInitiated})
}

// complete is the moment after the contact.
func (s *stage) complete(result *flowtest.Result) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.failed {
		s.fire(result.Ended, happening{kind: testcase.TestCompleted})
	}
}

// see keeps the contact as it is now.
func (s *stage) see(at *flowrun.Scene) {
	s.contact, s.state = at.Contact(), *at.State
}

// Says implements [flowrun.Witness].
func (s *stage) Says(at *flowrun.Scene, m transcript.Message) (end bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.see(at)
	s.fire(at.Now, happening{kind: testcase.MessageReceived, text: textOf(m)})
	return s.over()
}

// textOf is the text of a message: of an interactive one its title, or else its JSON.
func textOf(m transcript.Message) string {
	if m.ContentType != transcript.Interactive {
		return m.Content
	}
	return interactive.Title(m.Content)
}

// Asks implements [flowrun.Witness].
func (s *stage) Asks(at *flowrun.Scene, ask *flow.Ask) flowrun.Intervention {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, observable := testcase.Resource(ask.Type)
	s.see(at)
	if !observable {
		s.asked = happening{}
		return flowrun.Intervention{}
	}
	if ask.Text == "" { // else a bot is told what the customer has said
		s.asked = s.begins(ask)
		s.fire(at.Now, s.asked)
	}
	if s.over() {
		return flowrun.Intervention{End: true}
	}
	if ask.Text != "" {
		return flowrun.Intervention{}
	}
	return s.intervene(ask)
}

// begins is an action that begins, with the names of what it is about.
func (s *stage) begins(ask *flow.Ask) happening {
	queue := s.state.Kept.Queue
	h := happening{kind: testcase.FlowActionStarted, action: ask.Type, names: flowtest.About(s.cfg.Library, s.cfg.Hours, queue, ask)}
	if ask.Type == "TransferContactToQueue" && queue != nil {
		h.agent = queue.Agent
	}
	return h
}

// Answered implements [flowrun.Witness].
func (s *stage) Answered(at *flowrun.Scene, results map[string]any) (end bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.see(at)
	switch s.asked.action {
	case "InvokeLambdaFunction", "ConnectParticipantWithLexBot", "ConnectParticipantWithAgenticCX":
	default:
		return s.over()
	}
	h := s.asked
	h.kind = testcase.FlowActionCompleted
	s.asked = happening{}
	if w := s.find(&h); w != nil { // what it has found out can be read from here on
		maps.Copy(s.opened, results)
	}
	s.fire(at.Now, h)
	return s.over()
}

// find is the first active observation that an event meets; nil for none.
func (s *stage) find(h *happening) *watched {
	for _, w := range s.watched {
		if w.active && s.meets(w, h) {
			return w
		}
	}
	return nil
}

// fire lets something happen: the first active observation that it meets does what it has to do.
func (s *stage) fire(now time.Time, h happening) {
	s.happened = append(s.happened, h)
	w := s.find(&h)
	if w == nil || s.over() && h.kind != testcase.TestCompleted {
		return
	}
	w.times++
	w.met, w.at = &h, now
	w.active = !w.finished()
	w.done = nil
	for i := range w.Actions {
		if !s.act(w, &w.Actions[i]) {
			s.failed = true
			return
		}
	}
	if !w.satisfied() {
		return
	}
	for _, next := range s.watched {
		if slices.Contains(w.Next, next.ID) && !next.active && !next.finished() {
			next.active, next.reached, next.from = true, true, len(s.happened)
		}
	}
}

// meets reports whether an event is the one that an observation waits for.
func (s *stage) meets(w *watched, h *happening) bool {
	e := &w.Event
	if e.Type != h.kind {
		return false
	}
	switch e.Type {
	case testcase.MessageReceived:
		out, has := s.compare(e, h.text)
		if has && out.Met {
			w.outcome = out
		}
		return has && out.Met
	case testcase.FlowActionStarted, testcase.FlowActionCompleted:
		return e.Action == h.action && s.same(e.Resource, e.Shown, h) && (e.Agent == "" || arn.Same(e.Agent, h.agent))
	}
	return true
}

// compare compares a message with the text of an event; false for an event that no text can meet.
func (s *stage) compare(e *testcase.Event, text string) (testcase.Outcome, bool) {
	expected := e.Text
	if expected == "" {
		expected = e.SSML
	}
	if expected == "" {
		return testcase.Outcome{}, false
	}
	return testcase.Compare(e.Criterion, s.fill(expected), text), true
}

// hearsText reports whether something comes of what the customer writes.
func hearsText(standing flowrun.Standing) bool {
	switch standing.Type {
	case "ConnectParticipantWithLexBot", "ConnectParticipantWithAgenticCX":
		return true
	case "Wait":
		return flowtest.Listens(standing)
	}
	return false
}

// lead says what the customer does when the chat waits.
func (s *stage) lead(standing flowrun.Standing) flowtest.Move {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over() {
		return flowtest.Move{Stop: true}
	}
	if len(s.tells) == 0 {
		return flowtest.Move{}
	}
	next := s.tells[0]
	s.tells = s.tells[1:]
	if next.Type == testcase.Disconnect {
		return flowtest.Move{Leave: true}
	}
	if !hearsText(standing) {
		where := "no flow runs"
		if standing.Action != "" {
			where = fmt.Sprintf("the flow is at %s, which does not listen", standing.Type)
		}
		s.note("%q is said while %s: it stands in the transcript, and nothing comes of it", next.Value, where)
	}
	return flowtest.Move{Say: next.Value}
}
