// Package casetest runs test cases of Amazon Connect's Testing language against contact flows: in
// memory, in a time of its own, as package flowtest runs any chat.
//
// A test case waits for what its contact can perceive and answers it. What happens is seen by a
// [flowrun.Witness] in the order in which it happens, before anything comes of it, so that what an
// observation does is done when the flow goes on. What no page of the documentation says is done as the
// service was seen to do it, or else as strictly as possible.
package casetest

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowrun"
	"github.com/parley-chat/parley/internal/flowtest"
	"github.com/parley-chat/parley/internal/hours"
	"github.com/parley-chat/parley/internal/testcase"
)

// Kind is that of the reports.
const Kind = "test case"

// Config is what test cases run against. It can be used for many at once.
type Config struct {
	// Library are the flows. Required.
	Library *flowrun.Library
	// Outside answers for functions and bots that no test overrides, Hours are the hours of operation.
	Outside flowrun.Outside
	Hours   *hours.Book
	// Flow is the flow of every test; empty means what each says of itself.
	Flow string
	// At is when the tests take place; zero means [flowtest.Start].
	At time.Time
	// AsChat runs tests that are for calls as chats. AllowPending lets a test that ends itself pass
	// although something was not observed.
	AsChat, AllowPending bool
}

// Outcome is a test case that was run: for people and reports, and as the service tells it.
type Outcome struct {
	Report    flowtest.Report
	Execution testcase.Execution
}

// RunFile runs the test case of a file.
func RunFile(ctx context.Context, cfg Config, f *testcase.File) Outcome {
	c, problems := testcase.Decode(f)
	if len(problems) > 0 {
		why := problems[0].String()
		if more := len(problems) - 1; more > 0 {
			why += fmt.Sprintf(" (and %d more)", more)
		}
		return unrun(cfg, c, why)
	}
	return Run(ctx, cfg, c)
}

// Run runs a test case that was decoded without problems.
func Run(ctx context.Context, cfg Config, c *testcase.Case) Outcome {
	p, note, why := cfg.entry(c)
	if why == "" {
		why = unfit(c)
	}
	if why != "" {
		return unrun(cfg, c, why)
	}
	s := newStage(&cfg, c)
	if note != "" {
		s.note("%s", note)
	}
	segment, err := json.Marshal(c.Data.Segment)
	if err != nil {
		return unrun(cfg, c, err.Error())
	}
	script := flowtest.Script{
		Flow: p.ID(), Attributes: c.Data.Attributes, Outside: cfg.Outside, Hours: cfg.Hours, At: cfg.start(), Limit: testcase.Limit,
		Witness: s, Lead: s.lead,
	}
	if len(c.Data.Segment) > 0 {
		script.Segment = segment
	}
	s.initiate(&script)
	var result flowtest.Result
	if s.over() {
		result = flowtest.Result{Outcome: flowtest.Ended, Began: script.At, Ended: script.At}
	} else if result, err = flowtest.Run(ctx, cfg.Library, script); err != nil {
		return unrun(cfg, c, err.Error())
	}
	s.complete(&result)
	return s.outcome(p, &result)
}

func (cfg *Config) start() time.Time {
	if cfg.At.IsZero() {
		return flowtest.Start()
	}
	return cfg.At.Truncate(time.Millisecond) // as all times of chats
}

// entry finds the flow of a test: what the configuration says, or else the test, or else the flow to
// which no other leads.
func (cfg *Config) entry(c *testcase.Case) (p *flow.Program, note, why string) {
	if c.Entry.Type == testcase.Voice && !cfg.AsChat {
		return nil, "", "the test case is for calls: run it as a chat with --as-chat"
	}
	return flowtest.Find(cfg.Library, cmp.Or(cfg.Flow, c.Entry.Flow), "test case")
}

// unfit says why a test cannot be held in a chat, in the service's words; empty for one that can.
func unfit(c *testcase.Case) string {
	for i := range c.Observations {
		for _, a := range c.Observations[i].Actions {
			if a.Instruction != nil && a.Instruction.Type == testcase.DTMF {
				return fmt.Sprintf("%s/%s: DTMF input is not supported for Chat entry point", c.Observations[i].ID, a.ID)
			}
		}
	}
	return ""
}

// unrun is the outcome of a test that could not be run.
func unrun(cfg Config, c *testcase.Case, why string) Outcome {
	at := cfg.start()
	out := Outcome{
		Report:    flowtest.Report{Name: nameOf(c), File: c.File, Kind: Kind, Flow: c.Entry.Flow, Verdict: flowtest.Errored, Why: why, Checks: []flowtest.Check{}},
		Execution: testcase.Execution{Status: testcase.Failed, Began: at, Ended: at, Summary: testcase.Summary{Total: len(c.Observations), Skipped: len(c.Observations)}},
	}
	out.Execution.Add(initiationID, testcase.Failed, at, initiation(c))
	completed(&out.Execution, testcase.Failure, why, []string{testcase.InitializationFailure})
	return out
}

func nameOf(c *testcase.Case) string { return cmp.Or(c.Name, c.File, "test case") }
