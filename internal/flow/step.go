package flow

import "fmt"

// Input is what [Step] needs beside program and state.
type Input struct {
	Contact Contact
	Event   Event
	// Traced asks for a row of each action.
	Traced bool
}

// Step runs a flow from one event until it waits for the next. The program is that of
// [State.Running]. The given state is not changed, so that a caller whose commit fails can give the
// same event again. Errors: a state of another version, or of another program; results that
// JSON has no form for. The flow's own failures are branches and ends.
func Step(p *Program, s State, in Input) (Turn, error) {
	if s.Version != StateVersion {
		return Turn{}, fmt.Errorf("the flow's state has version %d, and this program knows %d", s.Version, StateVersion)
	}
	if s.Running() != p.ID() || len(s.Frames) == 0 {
		return Turn{}, fmt.Errorf("the contact runs flow %q, not %q", s.Running(), p.ID())
	}
	r := &run{program: p, state: s, contact: &in.Contact, attributes: in.Contact.Attributes, traced: in.Traced}
	r.state.Frames = append(make([]Frame, 0, len(s.Frames)+1), s.Frames...)
	r.frame = &r.state.Frames[len(r.state.Frames)-1]
	at, ok := p.index[r.frame.Action]
	if !ok {
		return Turn{}, fmt.Errorf("flow %q has no action %q any more", p.Name(), r.frame.Action)
	}
	var err error
	if in.Event.Results, err = asRead(in.Event.Results); err != nil {
		return Turn{}, fmt.Errorf("the answer to %q cannot be kept: %w", r.frame.Action, err)
	}
	if err := r.from(at, in.Event); err != nil {
		return Turn{}, err
	}
	return Turn{State: r.state, Effects: r.effects, Trace: r.trace, Continues: r.continues}, nil
}

// run is one call of [Step].
type run struct {
	program    *Program
	state      State
	frame      *Frame
	contact    *Contact
	attributes map[string]string // with the changes of this turn
	effects    []Effect
	trace      []Trace
	traced     bool
	continues  bool           // with another program
	note       string         // of the action that runs
	external   any            // what a function has answered to it, or while it waited
	shown      map[string]any // its parameters, for the trace
	buffer     []byte         // for the text that is put together
}

// outcome is how an action came out.
type outcome struct {
	kind   outcomeKind
	result string // a result, or the type of an error
	how    How    // of an end
}

type outcomeKind int

const (
	finished outcomeKind = iota // the next action
	yielded                     // a result, which chooses the branch
	failed
	waiting // for an event
	over    // the flow has ended
	entered // another program runs now
)

// noMatch is the error every action has, tooSlow that of a function without an answer in time.
const (
	noMatch = "NoMatchingError"
	tooSlow = "TimeLimitExceeded"
)

func done() outcome                 { return outcome{kind: finished} }
func yield(result string) outcome   { return outcome{kind: yielded, result: result} }
func fail(errorType string) outcome { return outcome{kind: failed, result: errorType} }

// from runs on from an action with an event.
func (r *run) from(at int, e Event) error {
	var out outcome
	n := &r.program.nodes[at]
	switch {
	case r.state.Waiting:
		r.state.Waiting = false
		r.show(n)
		out = r.resume(n, e)
	case r.frame.Calling:
		r.show(n)
		out = r.returned(n)
	case e.Kind != Started:
		return fmt.Errorf("the flow waits for nothing at %q", n.id)
	default:
		out = r.start(n)
	}
	for {
		if out.kind == waiting {
			r.state.Waiting = true
			r.frame.Action = n.id
			return nil
		}
		if out.kind == over {
			r.row(n, "", out)
			r.end(out.how, r.note)
			return nil
		}
		if out.kind == entered {
			if r.state.Steps > maxSteps {
				r.circled(n)
				return nil
			}
			r.continues = true
			return nil
		}
		w := n.leave(r, out)
		if beside, ok := r.program.index[r.frame.Beside]; ok && w.to == none && out.kind == finished {
			w.to = beside
		}
		r.row(n, w.branch, out)
		if w.to == none {
			r.stop(n, out, w.branch)
			return nil
		}
		if r.state.Steps++; r.state.Steps > maxSteps {
			r.circled(n)
			return nil
		}
		n = &r.program.nodes[w.to]
		r.frame.Action = n.id
		out = r.start(n)
	}
}

// start runs an action that was reached.
func (r *run) start(n *node) outcome {
	r.note, r.external = "", nil
	r.show(n)
	if n.block == nil {
		r.note = fmt.Sprintf("Amazon Connect has no action of the type %s", n.kind)
		return fail(noMatch)
	}
	return n.block.start(r, n)
}

// resume tells an action that waits of an event.
func (r *run) resume(n *node, e Event) outcome {
	r.note = e.Note
	if e.Kind == Said || e.Kind == TimedOut || e.Kind == BotLeft {
		r.state.Steps = 0
	}
	if n.block == nil {
		return fail(noMatch)
	}
	if n.block.resume != nil {
		return n.block.resume(r, n, e)
	}
	return r.answer(e)
}

// leave chooses the way out of an action: by the type of a failure, by the first condition that a
// result meets, or simply the next action.
func (n *node) leave(r *run, out outcome) way {
	switch out.kind { //nolint:exhaustive // all others simply lead on
	case failed:
		if w, ok := n.handler(n.errorTypes(out.result)...); ok {
			return w
		}
		return way{none, out.result}
	case yielded:
		for i := range n.conditions {
			c := &n.conditions[i]
			if c.branch.Operator == keyExists {
				if out.result != "" {
					return way{c.to, keyExists}
				}
				continue
			}
			if operand := c.operand.text(r); c.holds(out.result, operand) {
				return way{c.to, operand}
			}
		}
		return n.otherwise()
	}
	return way{n.next, "NextAction"}
}

// way is a way out of an action.
type way struct {
	to     int
	branch string
}

// otherwise is the way of a result that no condition holds for.
func (n *node) otherwise() way {
	if w, ok := n.handler(noMatchingCondition, noMatch); ok {
		return w
	}
	return way{n.next, "NextAction"}
}

// handler is the branch for an error, by the names under which it can stand, the best first.
func (n *node) handler(errorTypes ...string) (w way, ok bool) {
	for _, want := range errorTypes {
		for _, e := range n.errors {
			if e.kind == want {
				return way{e.to, want}, true
			}
		}
	}
	return way{}, false
}

// catches reports whether the action has a branch for any failure.
func (n *node) catches() bool {
	_, ok := n.handler(noMatch)
	return ok
}

// errorTypes are the names under which a branch for an error can stand, the best first. The console
// draws a branch for a function that was too slow whose name is not documented: the Testing language
// calls it TimeLimitExceeded.
func (n *node) errorTypes(errorType string) []string {
	if n.kind == invokeFunction && errorType == tooSlow {
		return []string{tooSlow, "InvocationTimeLimitExceeded", "Timeout", noMatch}
	}
	return []string{errorType, noMatch}
}

// stop ends a flow whose last action leads nowhere.
func (r *run) stop(n *node, out outcome, branch string) {
	switch out.kind {
	case failed:
		why := ""
		if r.note != "" {
			why = " (" + r.note + ")"
		}
		r.end(Stopped, fmt.Sprintf("%q failed with %s%s and has no branch for it", n.id, out.result, why))
	case yielded:
		r.end(Stopped, fmt.Sprintf("%q has no branch for %.100q", n.id, out.result)) // which may be what the customer sent
	default:
		r.end(Finished, fmt.Sprintf("nothing follows %q (%s)", n.id, branch))
	}
}

// circled ends a flow that turns in a circle.
func (r *run) circled(n *node) {
	r.end(Circled, fmt.Sprintf("%d actions ran without waiting for anybody, the last is %q: put a Wait or a question into the circle", maxSteps, n.id))
}

// end ends the flow, with all modules it is in.
func (r *run) end(how How, note string) {
	r.state.Frames, r.state.Results, r.state.Waiting, r.state.Steps = nil, nil, false, 0
	r.effects = append(r.effects, Effect{Kind: End, How: how, Note: note})
}

// show resolves the parameters of an action for the trace, before it changes what they are read from.
func (r *run) show(n *node) {
	if !r.traced {
		return
	}
	if r.shown = n.fixed; r.shown == nil {
		r.shown = r.parameters(n)
	}
}

// row adds an action to the trace.
func (r *run) row(n *node, branch string, out outcome) {
	if !r.traced {
		return
	}
	row := Trace{
		Segment: r.contact.ID, Flow: r.program.ID(), FlowName: r.program.Name(), FlowARN: r.program.source.ARN, Action: n.id, Name: n.name, Type: n.kind,
		Parameters: r.shown, Branch: branch, Failed: out.kind == failed, Note: r.note, Logged: r.state.Kept.Logging,
	}
	if out.kind == yielded || out.kind == failed {
		row.Result = out.result
	}
	if out.kind != failed {
		row.External = r.external
	}
	r.trace = append(r.trace, row)
}

// parameters are all parameters of an action with their paths resolved.
func (r *run) parameters(n *node) map[string]any {
	if len(n.params) == 0 {
		return nil
	}
	resolved := make(map[string]any, len(n.params))
	for name, v := range n.params {
		resolved[name] = v.resolve(r)
	}
	return resolved
}

// text is a parameter as text, and empty for one that is not there.
func (r *run) text(n *node, name string) string {
	v, ok := n.params[name]
	if !ok {
		return ""
	}
	return v.text(r)
}

// param is a parameter with its paths resolved, and nil for one that is not there.
func (r *run) param(n *node, name string) any {
	if v, ok := n.params[name]; ok {
		return v.resolve(r)
	}
	return nil
}

// ask asks a question; the action waits for the answer.
func (r *run) ask(n *node, text string) outcome {
	r.effects = append(r.effects, Effect{Kind: Question, Ask: &Ask{
		Type: n.kind, Action: n.id, Parameters: r.parameters(n), Shown: n.shown, Text: text,
	}})
	return outcome{kind: waiting}
}

// await waits for the customer or for time to pass.
func (r *run) await(seconds int) outcome {
	r.effects = append(r.effects, Effect{Kind: Await, Seconds: seconds})
	return outcome{kind: waiting}
}

// answer turns the answer to a question into an outcome. What is no answer leaves it waiting.
func (r *run) answer(e Event) outcome {
	switch e.Kind { //nolint:exhaustive // all others are no answers
	case Failed:
		r.told(e)
		if e.Error == "" {
			return fail(noMatch)
		}
		return fail(e.Error)
	case Answered:
		r.told(e)
		if e.Open {
			return r.await(e.Seconds)
		}
		if e.HasResult {
			return yield(e.Result)
		}
		return done()
	}
	return outcome{kind: waiting}
}

// told takes over what comes with an answer: what a bot says, what it keeps, and results. A bot whose
// intent has failed says why before the error branch is taken.
func (r *run) told(e Event) {
	for _, reply := range e.Replies {
		r.effects = append(r.effects, Effect{Kind: Say, Text: reply.Text, Content: reply.Content})
	}
	if e.Bot != "" {
		r.state.Kept.Bots = set(r.state.Kept.Bots, e.Bot, e.Session)
	}
	r.keep(e.Results)
}

// keep sets results by their roots.
func (r *run) keep(results map[string]any) {
	if len(results) == 0 {
		return
	}
	next := with(r.state.Results, results)
	if external, ok := results["External"]; ok {
		r.frame.External, r.external = external, external
		delete(next, "External")
		if i, ok := next["LambdaInvocation"].(map[string]any); ok { // whose result is replaced
			next["LambdaInvocation"] = map[string]any{"InvocationId": i["InvocationId"]}
		}
	}
	r.state.Results = next
}

// random returns the contact's next random number below n. The sequence depends on the seed alone.
//
// Source: splitmix64, "Fast splittable pseudorandom number generators", Steele, Lea and Flood, 2014.
func (r *run) random(n uint64) uint64 {
	r.state.Kept.Seed += 0x9e3779b97f4a7c15
	z := r.state.Kept.Seed
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb
	return (z ^ (z >> 31)) % n
}
