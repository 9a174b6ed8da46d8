package client

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	// silence is how long a stream may say nothing: the server sends a comment each 15 seconds.
	silence = 40 * time.Second
	// maxEvent bounds what one event may tell, in bytes.
	maxEvent = 4 << 20
	// firstPause and longestPause lie between attempts to come back to a server.
	firstPause   = 200 * time.Millisecond
	longestPause = 5 * time.Second
)

// Event is one event of the API's stream.
type Event struct {
	ID   string
	Name string
	Data json.RawMessage
}

// Events that the stream itself makes.
const (
	HelloEvent = "hello" // a connection has begun
	ResetEvent = "reset" // events were missed
)

// ErrEnough ends a stream in good order.
var ErrEnough = errors.New("enough")

// Listen hands over what happens on the server until handle returns an error; [ErrEnough] is
// none. When the connection is lost it comes back, and is told what it has missed; only the
// first attempt may fail.
func (s *Server) Listen(ctx context.Context, query url.Values, handle func(Event) error) error {
	last, greeted := "", false
	pause := firstPause
	for {
		err := s.listenOnce(ctx, query, last, func(e Event) error {
			if e.ID != "" {
				last = e.ID
			}
			if !greeted && e.Name == HelloEvent {
				greeted, pause = true, firstPause
			}
			return handle(e)
		})
		lost, wasLost := errors.AsType[*lostError](err)
		switch {
		case errors.Is(err, ErrEnough):
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case !wasLost || !greeted && last == "":
			return err
		case pause == firstPause:
			s.lost(lost)
		}
		greeted = false
		if err := wait(ctx, pause); err != nil {
			return err
		}
		pause = min(2*pause, longestPause)
	}
}

// lostError is a connection that has ended, or did not come about.
type lostError struct{ error }

func (e *lostError) Unwrap() error { return e.error }

// lost reports a lost connection.
func (s *Server) lost(reason error) {
	if s.config.Lost != nil {
		s.config.Lost(reason)
	}
}

// listenOnce reads one connection to its end.
func (s *Server) listenOnce(ctx context.Context, query url.Values, last string, handle func(Event) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	watch := time.AfterFunc(silence, cancel)
	defer watch.Stop()
	request, err := s.request(ctx, http.MethodGet, "/api/events?"+query.Encode(), nil)
	if err != nil {
		return err
	}
	request.Header.Set("Accept", "text/event-stream")
	if last != "" {
		request.Header.Set("Last-Event-ID", last)
	}
	answer, err := s.http.Do(request)
	if err != nil {
		return &lostError{callError(err, s.URL())}
	}
	defer func() { _ = answer.Body.Close() }() // it has no end
	if answer.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(answer.Body, maxAnswer)) // what is there says enough
		return lostUnlessRefused(s.refused(answer.StatusCode, text))
	}
	if kind, _, _ := strings.Cut(answer.Header.Get("Content-Type"), ";"); kind != "text/event-stream" {
		return notParley(answer.StatusCode, nil)
	}
	err = readEvents(answer.Body, func() { watch.Reset(silence) }, handle)
	if lost, ok := errors.AsType[*lostError](err); ok && errors.Is(lost.error, context.Canceled) {
		return &lostError{errors.New("the server is silent")}
	}
	return err
}

// readEvents reads server-sent events (HTML standard, section 9.2.6). alive is called for
// every line. The error is a [*lostError] unless it is handle's.
func readEvents(stream io.Reader, alive func(), handle func(Event) error) error {
	lines := bufio.NewScanner(stream)
	lines.Buffer(make([]byte, 0, 1<<12), maxEvent)
	var next Event
	for lines.Scan() {
		alive()
		line := lines.Bytes()
		if len(line) == 0 {
			if next.Name != "" || next.Data != nil {
				if err := handle(next); err != nil {
					return err
				}
			}
			next = Event{}
			continue
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimPrefix(value, []byte(" "))
		switch string(name) {
		case "event":
			next.Name = string(value)
		case "id":
			next.ID = string(value)
		case "data":
			if next.Data != nil {
				next.Data = append(next.Data, '\n')
			}
			next.Data = append(next.Data, value...)
		}
	}
	if err := lines.Err(); err != nil {
		return &lostError{err}
	}
	return &lostError{errors.New("the server has ended it")}
}

// lostUnlessRefused tells a call that was refused, and will be again, from one that came to a
// server on its way down or up.
func lostUnlessRefused(err error) error {
	refusal, ok := errors.AsType[*RefusalError](err)
	if ok && (refusal.Status < http.StatusInternalServerError || refusal.Status == http.StatusNotImplemented) {
		return err
	}
	return &lostError{err}
}

// wait lets time go by.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
