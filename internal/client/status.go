package client

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Upstream returns what answers behind a server: "embedded", "aws" or "replay".
func (s *Server) Upstream(ctx context.Context) (string, error) {
	status, _, err := call[struct {
		Upstream struct {
			Kind string `json:"kind"`
		} `json:"upstream"`
	}](ctx, s, http.MethodGet, "/api/status", nil)
	return status.Upstream.Kind, err
}

// Clock is the time by which the timers of a server's chats run.
type Clock struct {
	Now time.Time `json:"now"`
	// OffsetMs is how far the time was skipped; NextTimerMs is until the next timer, nil for none.
	OffsetMs    int64  `json:"offsetMs"`
	NextTimerMs *int64 `json:"nextTimerMs"`
}

// Clock returns a server's clock, decoded and as it came.
func (s *Server) Clock(ctx context.Context) (Clock, []byte, error) {
	return call[Clock](ctx, s, http.MethodGet, "/api/clock", nil)
}

// SkipClock moves the clock forward; zero moves it to the end of the next timer.
func (s *Server) SkipClock(ctx context.Context, d time.Duration) (Clock, []byte, error) {
	skip := map[string]any{"skipMs": d.Milliseconds()}
	if d == 0 {
		skip = map[string]any{"toNextTimer": true}
	}
	return call[Clock](ctx, s, http.MethodPost, "/api/clock", skip)
}

// readyTime is how long a server may take to say that it is ready: on a busy machine seconds, also when it
// is. Only one that says nothing at all costs that much.
const readyTime = 5 * time.Second

// Ready asks once whether the server of a configuration is ready, and returns its address. The error
// says why it is not; of type [*URLFileError] when the URL file names no server.
func Ready(ctx context.Context, config Config) (string, error) {
	endpoint, err := Address(config)
	if err != nil {
		return "", err
	}
	u, err := url.Parse(endpoint)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, readyTime)
	defer cancel()
	u.Path = "/readyz"
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return "", err
	}
	// Nothing secret is asked or told, and the certificate may be the server's own.
	transport := &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} //nolint:gosec // see above
	answer, err := (&http.Client{Transport: transport, CheckRedirect: noRedirects}).Do(request)
	if err != nil {
		if inner, ok := errors.AsType[*url.Error](err); ok {
			err = inner.Err
		}
		return "", err
	}
	defer func() { _ = answer.Body.Close() }() // read to its end or given up
	text, err := io.ReadAll(io.LimitReader(answer.Body, 1<<10))
	if err != nil {
		return "", err
	}
	if answer.StatusCode != http.StatusOK {
		return "", fmt.Errorf("it answers %d %s", answer.StatusCode, strings.TrimSpace(string(text)))
	}
	u.Path = ""
	return u.String(), nil
}
