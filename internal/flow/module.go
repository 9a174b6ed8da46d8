package flow

import "fmt"

// flows are the actions that lead to other flows.
func flows() []Type {
	return []Type{
		{Name: "TransferToFlow", Support: Runs, block: block{start: askWith, resume: toFlow}},
		{Name: invokeModule, Support: Runs, block: block{start: callModule, resume: inModule}},
		{Name: endModule, Support: Runs, block: block{start: returnFromModule}},
	}
}

// toFlow lets another flow take over. What the flow had of its own is gone.
func toFlow(r *run, n *node, e Event) outcome {
	if e.Kind != Answered || e.Program == nil {
		return r.answer(e)
	}
	r.row(n, e.Program.Name(), outcome{kind: finished})
	next := Begin(e.Program, r.state.Kept)
	next.Steps = r.state.Steps + 1
	r.state = next
	return outcome{kind: entered}
}

// callModule asks for the module, unless modules are too deep in each other.
func callModule(r *run, n *node) outcome {
	if len(r.state.Frames) > maxDepth {
		r.note = fmt.Sprintf("modules call modules at most %d deep", maxDepth)
		return fail(noMatch)
	}
	if !within(r.param(n, "Input")) {
		r.note = "the module's input has more than 32,768 bytes"
		return fail(noMatch)
	}
	return r.ask(n, "")
}

// inModule enters the module that was found.
func inModule(r *run, n *node, e Event) outcome {
	if e.Kind != Answered || e.Program == nil {
		return r.answer(e)
	}
	r.row(n, e.Program.Name(), outcome{kind: finished})
	input, _ := r.param(n, "Input").(map[string]any)
	r.frame.Action, r.frame.Calling = n.id, true
	first := e.Program.nodes[e.Program.start].id
	r.state.Frames = append(r.state.Frames, Frame{Flow: e.Program.ID(), Action: first, Input: input})
	r.state.Steps++
	return outcome{kind: entered}
}

// returned is the outcome of the action that called a module, once the module has ended: the result,
// when there are conditions to compare it with.
func (r *run) returned(n *node) outcome {
	r.frame.Calling = false
	if len(n.conditions) > 0 {
		return yield(Text(descend(r.state.Results["Modules"], []string{"Result"})))
	}
	return done()
}

// returnFromModule goes back to the action that called the module.
func returnFromModule(r *run, n *node) outcome {
	if len(r.state.Frames) < 2 {
		r.note = "nothing has called this module"
		return outcome{kind: over, how: Finished}
	}
	result := r.text(n, "Result")
	data := r.param(n, "ResultData")
	if !within(data) {
		data, r.note = nil, "the module's result has more than 32,768 bytes, and is left out"
	}
	r.row(n, result, outcome{kind: finished})
	r.state.Frames = r.state.Frames[:len(r.state.Frames)-1]
	r.frame = &r.state.Frames[len(r.state.Frames)-1]
	r.keep(map[string]any{"Modules": map[string]any{"Result": result, "ResultData": data}})
	r.state.Steps++
	return outcome{kind: entered}
}
