package flowrun_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowrun"
)

// functions is a flow that calls a function for each letter f, says something for s, and waits for w.
func functions(blocks string) flow.Document {
	names := strings.Split(blocks, "")
	var actions []flow.Action
	for n, kind := range names {
		name, next := kind+string(rune('0'+n)), "end"
		if n+1 < len(names) {
			next = names[n+1] + string(rune('1'+n))
		}
		switch kind {
		case "f":
			actions = append(actions, do(name, "InvokeLambdaFunction", map[string]any{"LambdaFunctionARN": "slow", "InvocationTimeLimitSeconds": "8"}, next, "!NoMatchingError", next))
		case "s":
			actions = append(actions, do(name, "MessageParticipant", text("One moment."), next, "!NoMatchingError", next))
		case "w":
			actions = append(actions, do(name, "Wait", map[string]any{"TimeLimitSeconds": "5"}, next, "WaitCompleted", next, "!NoMatchingError", next))
		}
	}
	return document(append(actions, do("end", "DisconnectParticipant", nil, ""))...)
}

// Functions that follow each other have 20 seconds in Amazon Connect; who uses more is told once, in the
// log and in the trace.
func TestRowPoint4FunctionsInARow(t *testing.T) {
	t.Parallel()
	for blocks, want := range map[string]int{
		"fff":     1,
		"fffff":   1, // once
		"ff":      0,
		"ffsf":    0, // something is said in between
		"ffwf":    0, // or waited for
		"ffsfff":  1, // and the next three are too many
		"ffsffsf": 0,
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, map[string]flow.Document{"main": functions(blocks)})
			w.outside = func(ctx context.Context, _ *flowrun.Call) flow.Event {
				select {
				case <-time.After(7 * time.Second):
				case <-ctx.Done():
				}
				return flow.Event{Kind: flow.Answered}
			}
			w.restart()
			c := w.customer("main")
			c.pass(time.Minute)
			w.mu.Lock()
			defer w.mu.Unlock()
			told, traced := 0, 0
			for _, what := range w.told {
				if strings.Contains(what, "have taken 21s") {
					told++
				}
			}
			for _, row := range w.trace {
				if strings.Contains(row.Note, "have taken 21s") {
					traced++
				}
			}
			if told != want || traced != want {
				t.Errorf("%s: told %d times and traced %d times, want %d: %q", blocks, told, traced, want, w.told)
			}
		})
	}
}
