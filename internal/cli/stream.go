package cli

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

	"github.com/parley-chat/parley/internal/screen"
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

// serverEvent is one event of the API's stream.
type serverEvent struct {
	ID   string
	Name string
	Data json.RawMessage
}

// Events that the stream itself makes.
const (
	helloEvent = "hello" // a connection has begun
	resetEvent = "reset" // events were missed
)

// errEnough ends a stream in good order.
var errEnough = errors.New("enough")

// listen hands over what happens on the server until handle returns an error; [errEnough] is
// none. When the connection is lost it comes back, and is told what it has missed; only the
// first attempt may fail.
func (r *remote) listen(ctx context.Context, query url.Values, handle func(serverEvent) error) error {
	last, greeted := "", false
	pause := firstPause
	for {
		err := r.listenOnce(ctx, query, last, func(e serverEvent) error {
			if e.ID != "" {
				last = e.ID
			}
			if !greeted && e.Name == helloEvent {
				greeted, pause = true, firstPause
			}
			return handle(e)
		})
		lost, wasLost := errors.AsType[*lostError](err)
		switch {
		case errors.Is(err, errEnough):
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case !wasLost || !greeted && last == "":
			return err
		case pause == firstPause:
			r.note("the connection is lost (%s); trying again", screen.Text(lost.Error(), "  "))
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

// listenOnce reads one connection to its end.
func (r *remote) listenOnce(ctx context.Context, query url.Values, last string, handle func(serverEvent) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	watch := time.AfterFunc(silence, cancel)
	defer watch.Stop()
	request, err := r.request(ctx, http.MethodGet, "/api/events?"+query.Encode(), nil)
	if err != nil {
		return err
	}
	request.Header.Set("Accept", "text/event-stream")
	if last != "" {
		request.Header.Set("Last-Event-ID", last)
	}
	answer, err := r.http.Do(request)
	if err != nil {
		return &lostError{callError(err, r.base.String())}
	}
	defer func() { _ = answer.Body.Close() }() // it has no end
	if answer.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(answer.Body, maxAnswer)) // what is there says enough
		return lostUnlessRefused(r.refused(answer.StatusCode, text))
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
func readEvents(stream io.Reader, alive func(), handle func(serverEvent) error) error {
	lines := bufio.NewScanner(stream)
	lines.Buffer(make([]byte, 0, 1<<12), maxEvent)
	var next serverEvent
	for lines.Scan() {
		alive()
		line := lines.Bytes()
		if len(line) == 0 {
			if next.Name != "" || next.Data != nil {
				if err := handle(next); err != nil {
					return err
				}
			}
			next = serverEvent{}
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
	refusal, ok := errors.AsType[*answeredError](err)
	if ok && (refusal.status < http.StatusInternalServerError || refusal.status == http.StatusNotImplemented) {
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
