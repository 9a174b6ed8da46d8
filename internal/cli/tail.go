package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/parley-chat/parley/internal/client"
	"github.com/parley-chat/parley/internal/hint"
	"github.com/parley-chat/parley/internal/screen"
)

func newTail(env *Env) *cobra.Command {
	c := &cobra.Command{
		Use: "tail [flags]", Short: "Print what happens on a running server, as it happens",
		Long: "Prints what happens on a running server until interrupted, one event a line: chats, what is said in\n" +
			"them, the agent desk, calls and frames, steps of contact flows, faults and skips of the clock. When the\n" +
			"server restarts it comes back. With --flow it prints the flow log as Amazon Connect writes it, one JSON\n" +
			"object a line; Logged says whether the flow has its own logging switched on.",
		Example: "  parley tail\n  parley tail --topics exchanges --contact ID\n  parley tail --topics contacts,items -o json\n  parley tail --flow",
	}
	topics := c.Flags().StringSlice("topics", nil, "contacts, items, desk, exchanges, flow, faults, clock (default all)")
	contact := c.Flags().String("contact", "", "only this chat")
	flowLog := c.Flags().Bool("flow", false, "only the flow log, in the form of Amazon Connect")
	placeholders(c, map[string]string{"topics": "TOPIC,...", "contact": "CONTACT"})
	return withServer(env, c, arguments{}, func(ctx context.Context, r *remote, _ []string) error {
		query := url.Values{}
		told := &teller{remote: r}
		tell := func(e client.Event) error { return told.tell(ctx, e) }
		switch {
		case *flowLog && len(*topics) > 0:
			return hint.Usage("--flow and --topics exclude each other", "leave one of them out")
		case *flowLog:
			query.Set("topics", "flow")
			tell = r.tellFlowLog
		case len(*topics) > 0:
			query.Set("topics", strings.Join(*topics, ","))
		}
		if *contact != "" {
			id, err := r.contactID(ctx, *contact)
			if err != nil {
				return err
			}
			query.Set("contact", id)
		}
		if err := r.Listen(ctx, query, tell); ctx.Err() == nil {
			return err
		}
		return nil // how else would it end
	})
}

// teller prints events in the order of one clock, the server's: what was said is dated by it, and what
// has no date of its own is given its time.
type teller struct {
	*remote
	// skipped is how far that clock is ahead.
	skipped time.Duration
}

func (r *teller) now() string { return clockTime(time.Now().Add(r.skipped)) }

// tell prints an event.
func (r *teller) tell(ctx context.Context, e client.Event) error {
	if e.Name == client.HelloEvent || e.Name == "clock" {
		if clock, _, err := r.Clock(ctx); err == nil { // in front of AWS there is none
			r.skipped = time.Duration(clock.OffsetMs) * time.Millisecond
		}
	}
	if r.json {
		if !json.Valid(e.Data) {
			return nil // a later server's
		}
		line, err := json.Marshal(map[string]any{"event": e.Name, "id": e.ID, "data": e.Data})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(r.env.Stdout, "%s\n", line)
		return err
	}
	text := ""
	switch e.Name {
	case client.HelloEvent:
		return nil
	case client.ResetEvent:
		text = r.now() + "  -- something was missed here"
	case "item":
		text = itemLine(e.Data)
	case "contact":
		text = contactLine(r.now(), e.Data)
	case "exchange":
		text = exchangeLine(e.Data)
	case "flow":
		text = flowLine(e.Data)
	default:
		text = r.now() + "  " + screen.Cell(e.Name) + " changed"
	}
	if text == "" {
		return nil
	}
	_, err := fmt.Fprintln(r.env.Stdout, text)
	return err
}

func itemLine(data []byte) string {
	var i item
	if json.Unmarshal(data, &i) != nil {
		return ""
	}
	return clockTime(i.Time) + "  item      " + short(cmp.Or(i.InitialID, i.RelatedID)) + "  " + i.text()
}

func contactLine(now string, data []byte) string {
	var c client.Contact
	if json.Unmarshal(data, &c) != nil {
		return ""
	}
	text := fmt.Sprintf("%s  contact   %s  %s, %s", now, short(c.ContactID), screen.Cell(c.State), screen.Cell(c.Customer))
	if with := others(&c); with != "-" {
		text += " with " + with
	}
	if c.Reason != "" {
		text += " (" + screen.Cell(c.Reason) + ")"
	}
	return text
}

func exchangeLine(data []byte) string {
	var x struct {
		Time       time.Time `json:"time"`
		Kind       string    `json:"kind"`
		ContactID  string    `json:"contactId"`
		Action     string    `json:"action"`
		Direction  string    `json:"direction"`
		Method     string    `json:"method"`
		Path       string    `json:"path"`
		Status     int       `json:"status"`
		DurationMs float64   `json:"durationMs"`
		Size       int64     `json:"size"`
		Topic      string    `json:"topic"`
		Fault      string    `json:"fault"`
		Problem    *struct {
			Sentence string `json:"sentence"`
			Hint     string `json:"hint"`
		} `json:"problem"`
	}
	if json.Unmarshal(data, &x) != nil || x.Kind == "flow" { // which has an event of its own
		return ""
	}
	name := x.Action
	if name == "" {
		name = strings.TrimSpace(x.Method + " " + x.Path)
	}
	text := fmt.Sprintf("%s  %-8s  %s  %s", clockTime(x.Time), screen.Cell(x.Kind), short(x.ContactID), screen.Text(name, ""))
	switch {
	case x.Kind == "frame":
		text = fmt.Sprintf("%s  frame     %s  %s %s, %d bytes", clockTime(x.Time), short(x.ContactID), screen.Cell(x.Direction), screen.Cell(x.Topic), x.Size)
	case x.Status != 0:
		text += fmt.Sprintf(" %d, %.1f ms", x.Status, x.DurationMs)
	}
	if x.Fault != "" {
		text += " [fault: " + screen.Cell(x.Fault) + "]"
	}
	if x.Problem != nil && x.Status >= http.StatusBadRequest {
		text += "\n          " + screen.Text(x.Problem.Sentence, "          ")
		if x.Problem.Hint != "" {
			text += " " + screen.Text(x.Problem.Hint, "          ")
		}
	}
	return text
}

// short is enough of an id to tell chats apart.
func short(id string) string {
	const enough = 8
	if id == "" {
		return strings.Repeat("-", enough)
	}
	if len(id) > enough {
		id = strings.ToValidUTF8(id[:enough], "")
	}
	return screen.Text(id, "")
}
