package sdk_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/awsfake"
)

// pipes is a network in memory, on which a synctest bubble can tell that everybody is
// waiting: the clients' pauses between attempts then take no time.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
	close sync.Once
	// writes counts what the clients wrote, in pieces.
	writes atomic.Int64
}

// counted counts the writes on a connection.
type counted struct {
	net.Conn
	writes *atomic.Int64
}

func (c counted) Write(p []byte) (int, error) {
	c.writes.Add(1)
	return c.Conn.Write(p)
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), done: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error { p.close.Do(func() { close(p.done) }); return nil }

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "memory", Net: "unix"} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case p.conns <- server:
		return counted{client, &p.writes}, nil
	case <-p.done:
		return nil, errors.New("connection refused")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// network serves an endpoint in memory and returns a transport that leads every host
// to it. It has to be called inside a bubble, and ends with the test.
func network(t *testing.T, endpoint *awsfake.Endpoint) http.RoundTripper {
	t.Helper()
	return networkOver(t, newPipes(), endpoint)
}

func networkOver(t *testing.T, listener *pipes, endpoint *awsfake.Endpoint) http.RoundTripper {
	t.Helper()
	complaints := slog.NewLogLogger(slog.NewTextHandler(t.Output(), nil), slog.LevelWarn)
	server := &http.Server{Handler: endpoint, ReadHeaderTimeout: time.Hour, ErrorLog: complaints}
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	// Keep-alive is off: a bubble may not end while a connection idles in it.
	transport := &http.Transport{DialContext: listener.dial, DisableKeepAlives: true}
	t.Cleanup(func() {
		endpoint.Close()
		_ = server.Close()
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("serving in memory: %v", err)
		}
	})
	return transport
}
