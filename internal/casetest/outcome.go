package casetest

import (
	"fmt"
	"strings"

	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowtest"
	"github.com/parley-chat/parley/internal/testcase"
)

// outcome is what came of a test, when everything has happened.
func (s *stage) outcome(p *flow.Program, result *flowtest.Result) Outcome {
	for _, o := range s.overrides {
		if !o.used {
			s.note("the override %s was never used", o.by)
		}
	}
	if n := len(s.tells); n > 0 && !s.over() {
		s.note("the chat was over before the customer could say %q", s.tells[0].Value)
	}
	r := flowtest.Report{
		Name: nameOf(s.test), File: s.test.File, Kind: Kind, Flow: p.Name(), Verdict: flowtest.Passed, Checks: []flowtest.Check{}, Notes: s.notes, Result: *result,
	}
	if len(s.logged) > 0 {
		r.Logged = s.logged
	}
	for _, w := range s.watched {
		check := s.check(w)
		if check.Verdict == flowtest.Failed || check.Verdict == flowtest.Pending && !s.mayLack() {
			if r.Verdict = flowtest.Failed; r.Why == "" || check.Verdict == flowtest.Failed && s.failedAt(w) {
				r.Why = check.ID + ": " + check.Why
			}
		}
		r.Checks = append(r.Checks, check)
	}
	if r.Verdict == flowtest.Failed && r.Count(flowtest.Failed) == 0 { // what was not reached is what failed
		for i := range r.Checks {
			if r.Checks[i].Verdict == flowtest.Pending {
				r.Checks[i].Verdict = flowtest.Failed
			}
		}
	}
	return Outcome{r, s.execution(&r)}
}

// mayLack reports whether the test passes without what was not observed.
func (s *stage) mayLack() bool { return s.ended && s.cfg.AllowPending }

// failedAt reports whether an action of an observation has failed.
func (s *stage) failedAt(w *watched) bool {
	n := len(w.done)
	return n > 0 && !w.done[n-1].passed
}

// check is what became of one observation.
func (s *stage) check(w *watched) flowtest.Check {
	c := flowtest.Check{ID: w.ID, Verdict: flowtest.Passed, Expected: s.expected(w), Score: w.outcome.Score}
	if w.met != nil {
		c.Seen = w.met.String()
	}
	if w.outcome.Hint != "" {
		c.Best = &flowtest.Match{Text: w.met.text, Score: w.outcome.Score, Hint: w.outcome.Hint}
	}
	switch {
	case s.failedAt(w):
		last := w.done[len(w.done)-1]
		c.Verdict, c.Why = flowtest.Failed, fmt.Sprintf("%s: %s", last.action.ID, last.why)
	case w.satisfied():
	case !w.reached:
		c.Verdict, c.Why = flowtest.Pending, "it was not reached: no observation that leads to it was met"
	case s.mayLack():
		c.Verdict, c.Why = flowtest.Pending, "it was not seen before the test ended itself"
	default:
		c.Verdict, c.Why = flowtest.Failed, "it never happened"
		if w.times > 0 {
			c.Why = fmt.Sprintf("it happened %d times", w.times)
		}
		s.nearest(w, &c)
	}
	return c
}

// nearest tells what was seen while an observation waited in vain: of messages the one that came
// nearest, of actions those of the same type.
func (s *stage) nearest(w *watched, c *flowtest.Check) {
	var others []string
	for i := range s.happened[w.from:] {
		h := &s.happened[w.from+i]
		if h.kind != w.Event.Type || w.Event.Action != h.action {
			continue
		}
		others = append(others, h.String())
		if out, has := s.compare(&w.Event, h.text); has && (c.Best == nil || out.Score > c.Best.Score) {
			c.Best = &flowtest.Match{Text: h.text, Score: out.Score, Hint: out.Hint}
		}
	}
	if len(others) > 0 {
		c.Seen = strings.Join(others, ", then ")
		c.Why += "; seen instead: " + c.Seen
	} else if w.Event.Type == testcase.MessageReceived {
		c.Why += "; no message came while it was waited for"
	}
}

// expected says what an observation waits for.
func (s *stage) expected(w *watched) string {
	e := &w.Event
	var text string
	switch e.Type {
	case testcase.MessageReceived:
		if text = e.Text + e.SSML; text == "" {
			return "a recorded prompt, which a chat never has"
		}
		how := "a message like"
		if e.Criterion == testcase.Inclusion {
			how = "a message with"
		}
		text = fmt.Sprintf("%s %q", how, s.fill(text))
	case testcase.FlowActionStarted:
		text = (&happening{kind: e.Type, action: e.Action, names: named(e)}).String()
	case testcase.FlowActionCompleted:
		text = (&happening{kind: e.Type, action: e.Action, names: named(e)}).String()
	default:
		text = e.Type
	}
	if w.Usage.Type != testcase.Exactly || w.Usage.Times != 1 {
		text += fmt.Sprintf(", %s %d times", w.Usage.Type, w.Usage.Times)
	}
	return text
}

func named(e *testcase.Event) []string {
	if e.Shown != "" {
		return []string{e.Shown}
	}
	if e.Resource != "" {
		return []string{e.Resource}
	}
	return nil
}

// String is what has happened, in words.
func (h *happening) String() string {
	switch h.kind {
	case testcase.MessageReceived:
		return fmt.Sprintf("%q", h.text)
	case testcase.FlowActionStarted, testcase.FlowActionCompleted:
		text := h.action
		if len(h.names) > 0 {
			text += fmt.Sprintf(" (%s)", h.names[0])
		}
		if h.kind == testcase.FlowActionCompleted {
			text += " completed"
		}
		return text
	}
	return h.kind
}
