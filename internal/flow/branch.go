package flow

import (
	"maps"
	"strconv"
	"strings"
)

// branching are the actions that choose a way.
func branching() []Type {
	return []Type{
		{Name: "Compare", Support: Runs, block: block{start: compareValue}},
		{Name: "CheckHoursOfOperation", Support: Configured, block: block{start: askWith}, Note: "From `hours` and `queues` in `parley.yaml`, by the clock of the chats. Hours that nobody configured are always open."},
		{
			Name: "CheckMetricData", Support: Runs, block: block{start: askWith},
			Note: "The age of the oldest contact is compared in milliseconds, as the designer writes it.",
		},
		{
			Name: "GetMetricData", Support: Runs, block: block{start: askWith},
			Note: "The estimated wait is a guess: contacts before it, by how long agents had the last 20 of the queue (5 minutes before the first), by the places of agents who take chats.",
		},
		{Name: "DistributeByPercentage", Support: Runs, block: block{start: distribute}},
		{Name: "Loop", Support: Runs, block: block{start: loop}},
	}
}

// compareValue yields the value of a path, as text.
func compareValue(r *run, n *node) outcome { return yield(r.text(n, "ComparisonValue")) }

// distribute yields a random whole number from 1 to 100. Its conditions are a chain of
// NumberLessThan with rising operands.
func distribute(r *run, _ *node) outcome { return yield(strconv.Itoa(int(r.random(100)) + 1)) }

// loop counts how often it has been reached. Its counter belongs to the contact and to the action:
// leaving the flow and coming back does not begin anew.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/flow-control-actions-loop.html
func loop(r *run, n *node) outcome {
	rounds, elements, ok := r.rounds(n)
	if !ok {
		r.note = "the number of rounds " + quoted(r.text(n, "LoopCount")) + " is no whole number from 0 to 100"
		return fail(noMatch)
	}
	kept := &r.state.Kept
	key := r.program.ID() + "/" + n.id
	round := kept.Loops[key]
	if round >= rounds {
		kept.Loops = maps.Clone(kept.Loops)
		delete(kept.Loops, key)
		return yield(doneLooping)
	}
	kept.Loops = set(kept.Loops, key, round+1)
	if name := r.text(n, "LoopName"); name != "" {
		named, _ := r.state.Results["Loop"].(map[string]any)
		at := map[string]any{"Index": round}
		if elements != nil {
			at["Element"], at["Elements"] = elements[round], elements
		}
		r.keep(map[string]any{"Loop": set(named, name, any(at))})
	}
	return yield(continueLooping)
}

// rounds is how often a loop goes round: a number, or once for each element of a list.
func (r *run) rounds(n *node) (rounds int, elements []any, ok bool) {
	for name, v := range n.params {
		if name == "LoopName" {
			continue
		}
		if list, is := v.resolve(r).([]any); is {
			return len(list), list, true
		}
	}
	rounds, ok = whole(r.text(n, "LoopCount"))
	return rounds, nil, ok && rounds >= 0 && rounds <= 100
}

// whole reads a whole number. Exports write numbers as texts; people and programs write 900.0.
func whole(text string) (int, bool) {
	number, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || number != float64(int(number)) {
		return 0, false
	}
	return int(number), true
}

// quoted is a value in a sentence.
func quoted(text string) string { return strconv.Quote(text) }
