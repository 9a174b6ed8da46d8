package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/parley-chat/parley/internal/client"
	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/screen"
)

// newFlowTrace is the command that shows the way of a chat on a running server.
func newFlowTrace(env *Env) *cobra.Command {
	c := &cobra.Command{
		Use: "trace CONTACT [flags]", Short: "Show the way of a chat through its contact flows",
		Long: "Shows what the blocks of contact flows did for a chat of a running server, as far as its inspector\n" +
			"has kept it. With --follow it goes on until the chat ends; -o json then prints one step a line, and has\n" +
			"the parameters with the values they had.",
		Example: "  parley flow trace ID\n  parley flow trace ID -f\n  parley flow trace ID -o json",
	}
	follow := c.Flags().BoolP("follow", "f", false, "go on with what the flows do next, until the chat ends")
	want := arguments{least: 1, most: 1, name: "one CONTACT; `parley contacts` lists them", complete: completeContacts}
	return withServer(env, c, want, func(ctx context.Context, r *remote, args []string) error {
		id, err := r.contactID(ctx, args[0])
		if err != nil {
			return err
		}
		if *follow {
			return r.FollowFlow(ctx, id, newWay(r.env.Stdout, r.json))
		}
		steps, answer, err := r.Flow(ctx, id)
		if err != nil {
			return err
		}
		return r.print(answer, func(w io.Writer) error {
			shown := newWay(w, false)
			for _, raw := range steps {
				if _, err := shown.Add(raw); err != nil {
					return err
				}
			}
			if len(shown.seen) == 0 {
				_, err := fmt.Fprintln(w, "no contact flow ran for this chat, or the inspector has let its steps go")
				return err
			}
			return nil
		})
	})
}

// flowStep is a step of a contact flow, as the API shows it.
type flowStep struct {
	Seq       uint64    `json:"seq"`
	ContactID string    `json:"contactId"`
	Time      time.Time `json:"time"`
	flow.Trace
}

// readStep reads a step; false for what is none.
func readStep(raw []byte) (step flowStep, readable bool) {
	err := json.Unmarshal(raw, &step)
	return step, err == nil
}

// text is what a step says of itself.
func (s *flowStep) text() string {
	if s.Action == "" { // what became of the flow
		return "-- " + screen.Text(s.Note, "    ")
	}
	return passed(&s.Trace)
}

// passed is an action that ran, in one line: its name, its type, its way out.
func passed(t *flow.Trace) string {
	text := screen.Cell(t.Name)
	if t.Type != t.Name {
		text += " (" + screen.Cell(t.Type) + ")"
	}
	if t.Branch != "" {
		text += " → " + screen.Cell(t.Branch)
	}
	if t.Note != "" {
		text += ": " + screen.Text(t.Note, "    ")
	}
	return text
}

// way prints steps of flows, each once, below the names of their flows.
type way struct {
	w    io.Writer
	json bool
	seen map[string]bool
	flow string // of the last step
}

func newWay(w io.Writer, json bool) *way { return &way{w: w, json: json, seen: map[string]bool{}} }

// key tells steps apart, those of an earlier run of the server as well.
func (s *flowStep) key() string { return fmt.Sprint(s.Seq, " ", s.Time.UnixMilli()) }

// Knows implements [client.View].
func (s *way) Knows(raw json.RawMessage) bool {
	step, readable := readStep(raw)
	return readable && s.seen[step.key()]
}

// Add implements [client.View].
func (s *way) Add(raw json.RawMessage) (ended bool, err error) {
	step, readable := readStep(raw)
	if !readable || s.seen[step.key()] {
		return false, nil
	}
	s.seen[step.key()] = true
	if s.json {
		_, err = fmt.Fprintln(s.w, compact(raw))
		return false, err
	}
	if step.Flow != "" && step.Flow != s.flow {
		s.flow = step.Flow
		if _, err := fmt.Fprintln(s.w, screen.Cell(step.FlowName)); err != nil {
			return false, err
		}
	}
	_, err = fmt.Fprintf(s.w, "  %s  %s\n", clockTime(step.Time), step.text())
	return false, err
}

// flowLine is a step among the other events of a server.
func flowLine(data []byte) string {
	step, readable := readStep(data)
	if !readable {
		return ""
	}
	text := clockTime(step.Time) + "  flow      " + short(step.ContactID) + "  "
	if step.FlowName != "" {
		text += screen.Cell(step.FlowName) + ": "
	}
	return text + step.text()
}

// tellFlowLog prints a step as Amazon Connect's flow log has it. What became of a flow stands in no
// such log.
func (r *remote) tellFlowLog(e client.Event) error {
	step, readable := readStep(e.Data)
	switch {
	case e.Name == client.ResetEvent:
		r.note("something was missed here")
		return nil
	case e.Name != "flow" || !readable:
		return nil
	case step.Action == "":
		r.note("chat %s: %s", short(step.ContactID), screen.Text(step.Note, "  "))
		return nil
	}
	for _, entry := range step.Log(step.Time) {
		line, err := json.Marshal(entry)
		if err != nil {
			return fmt.Errorf("encoding the flow log: %w", err)
		}
		if _, err := fmt.Fprintf(r.env.Stdout, "%s\n", line); err != nil {
			return err
		}
	}
	return nil
}
