package serve

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"

	"github.com/parley-chat/parley/internal/frontdoor"
	"github.com/parley-chat/parley/internal/settings"
	"github.com/parley-chat/parley/internal/startchat"
)

// Direct returns a transport that starts chats on AWS without a server: requests go through a
// front door in this process. The caller holds the AWS credentials, so the front door asks for
// no token, forbids nothing and passes on everything that AWS says. Calls end when ctx ends.
func Direct(ctx context.Context, s *settings.Settings, userAgent string, log *slog.Logger) (http.RoundTripper, error) {
	client, err := ConnectClient(ctx, s, userAgent, log)
	if err != nil {
		return nil, err
	}
	handler, err := frontdoor.NewUnguarded(frontdoor.Config{
		Settings: s, Starter: interruptible(ctx, client), Region: client.Region(), Log: log,
	})
	if err != nil {
		return nil, err
	}
	return handlerTransport{handler}, nil
}

// starterFunc is a function as a [startchat.Starter].
type starterFunc func(context.Context, *startchat.Request) (*startchat.Result, error)

// StartChatContact implements [startchat.Starter].
func (f starterFunc) StartChatContact(ctx context.Context, request *startchat.Request) (*startchat.Result, error) {
	return f(ctx, request)
}

// interruptible ends a call when ctx ends. The front door itself waits for a call that
// was sent, as a server must; a command has to obey Ctrl+C.
func interruptible(ctx context.Context, next startchat.Starter) startchat.Starter {
	return starterFunc(func(call context.Context, request *startchat.Request) (*startchat.Result, error) {
		call, cancel := context.WithCancel(call)
		defer cancel()
		defer context.AfterFunc(ctx, cancel)()
		return next.StartChatContact(call, request)
	})
}

// handlerTransport answers requests with a handler, without a network between.
type handlerTransport struct{ handler http.Handler }

// RoundTrip implements [http.RoundTripper].
func (t handlerTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	w := &answerWriter{header: http.Header{}, status: http.StatusOK}
	t.handler.ServeHTTP(w, r)
	return &http.Response{
		StatusCode: w.status, Header: w.header, Request: r,
		Body: io.NopCloser(&w.body), ContentLength: int64(w.body.Len()),
	}, nil
}

// answerWriter keeps an answer in memory.
type answerWriter struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *answerWriter) Header() http.Header               { return w.header }
func (w *answerWriter) WriteHeader(status int)            { w.status = status }
func (w *answerWriter) Write(p []byte) (n int, err error) { return w.body.Write(p) }
