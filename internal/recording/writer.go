package recording

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/inspect"
)

// Writer writes exchanges as events. It is not safe for concurrent use.
type Writer struct {
	to      io.Writer
	created time.Time
	records map[string]bool
}

// NewWriter writes the header of a recording. upstream says in words who answers.
func NewWriter(to io.Writer, created time.Time, upstream string) (*Writer, error) {
	w := &Writer{to: to, created: created.UTC().Truncate(time.Millisecond), records: map[string]bool{}}
	return w, w.line(Header{Format: format, Version: Version, Created: w.created, Upstream: upstream})
}

// line writes one line in one piece.
func (w *Writer) line(value any) error {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return fmt.Errorf("encoding a recording: %w", err)
	}
	if _, err := w.to.Write(text.Bytes()); err != nil {
		return fmt.Errorf("writing a recording: %w", err)
	}
	return nil
}

// Add writes an exchange, unless it belongs to no customer's chat.
func (w *Writer) Add(e inspect.Exchange) error {
	event, ok := w.event(e)
	if !ok {
		return nil
	}
	return w.line(event)
}

// event is an exchange as a line of the file. It is none for what agents do, and for calls that a player has no
// need of.
func (w *Writer) event(e inspect.Exchange) (event Event, ok bool) {
	event = Event{
		At: millis(e.Time.Sub(w.created)), Contact: e.ContactID, Participant: e.ParticipantID, Truncated: e.Truncated,
	}
	const customer = "CUSTOMER"
	if e.Role != "" && e.Role != customer {
		return event, false
	}
	if e.ContactID == "" && (e.Action != startAction || e.Status < 400) {
		return event, false
	}
	switch {
	case e.Kind == inspect.Frame:
		event.Kind, event.Socket, event.Out, event.Text = Frame, e.SocketID, e.Direction == inspect.Out, Text(e.Text())
	case e.Kind == inspect.Socket && e.CloseCode != 0:
		event.Kind, event.Socket, event.Out, event.Code = Close, e.SocketID, e.Direction == inspect.Out, e.CloseCode
	case e.Kind == inspect.Socket:
		event.Kind, event.Socket = Open, e.ID
	case !w.recorded(e.Action) || e.Method == "OPTIONS" || e.Status == 0: // the last is a call without an answer
		return event, false
	default:
		event.Kind, event.Took, event.Action, event.Status = Call, e.DurationMs, e.Action, e.Status
		event.Path, _, _ = strings.Cut(e.Path, "?")
		event.Request, event.Response = Text(e.RequestBody), Text(e.ResponseBody)
		if e.Status >= 400 {
			event.Error = errorOf(e)
		}
	}
	return event, true
}

// recorded is records, looked up once for each action.
func (w *Writer) recorded(action string) bool {
	known, looked := w.records[action]
	if !looked {
		known = records(action)
		w.records[action] = known
	}
	return known
}

// errorOf is the name of the exception in an answer.
func errorOf(e inspect.Exchange) string {
	for _, header := range e.ResponseHeaders {
		if strings.EqualFold(header.Name, "x-amzn-ErrorType") {
			name, _, _ := strings.Cut(header.Value, ":")
			return name
		}
	}
	return ""
}

// millis is a duration in milliseconds, to the microsecond.
func millis(d time.Duration) float64 {
	return max(0, math.Round(float64(d)/float64(time.Microsecond))/1000)
}

// Keep adds everything that a recorder hears until ctx ends, and what was still on its way
// then. What the recorder forgot before it was written is missing; it keeps thousands.
func (w *Writer) Keep(ctx context.Context, from *inspect.Recorder) error {
	var last uint64
	for e := range from.Watch(ctx, 0) {
		last = e.Seq
		if err := w.Add(e); err != nil {
			return err
		}
	}
	rest, _ := from.List(inspect.Query{After: last})
	for _, e := range rest {
		if err := w.Add(e); err != nil {
			return err
		}
	}
	return nil
}
