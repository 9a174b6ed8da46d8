// Package parleytest runs Parley with its embedded Amazon Connect inside a Go test.
//
// [Start] gives a test a server of its own, on a free loopback port, that keeps everything in
// memory and ends with the test. It answers what the program does: chats are started with a
// POST to /startChatContact, and chat clients, AWS SDKs and the AWS CLI reach the Participant
// Service and the Amazon Connect API below the same URL, with any credentials.
//
//	func TestMyBackend(t *testing.T) {
//		server := parleytest.Start(t)
//		t.Setenv("AWS_ENDPOINT_URL_CONNECT", server.URL)
//		…
//	}
//
// Tests in other languages start the program: parley serve --addr 127.0.0.1:0 --ephemeral
// --url-file FILE. Requests can be sent as soon as the file is there; its first line is the URL.
//
// The package is not for production: nothing it serves is meant for customers.
package parleytest

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"path"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/doorpath"
	"github.com/parley-chat/parley/internal/emulator"
	"github.com/parley-chat/parley/internal/guard"
	"github.com/parley-chat/parley/internal/pagescript"
	"github.com/parley-chat/parley/internal/server"
	"github.com/parley-chat/parley/internal/startchat"
)

// Server is a running Parley.
type Server struct {
	// URL is its address on loopback, without a slash at the end: the endpoint of chat
	// clients and AWS SDKs.
	URL string
	// StartChatURL is where chat widgets start chats, with a POST.
	StartChatURL string
	// InstanceID and ContactFlowID are an instance and a contact flow that exist. Requests to
	// StartChatURL may leave them out.
	InstanceID, ContactFlowID string

	emulator *emulator.Emulator
	close    func() error
}

// Option changes how [Start] runs a server.
type Option func(*config)

type config struct {
	emulator emulator.Config
	guard    guard.Config
}

// WithPartner brings the built-in partner into every chat whose customer connects. It greets,
// repeats what it hears, shows interactive messages on request ("help" lists them), leaves on
// "bye", and answers at once.
func WithPartner() Option {
	return func(c *config) { c.emulator.Partner, c.emulator.PartnerPause = true, -1 }
}

// WithInstance gives the one instance there is another id than the usual one.
func WithInstance(id string) Option { return func(c *config) { c.emulator.InstanceID = id } }

// WithStrict turns on AWS's rates, quotas and short lives, makes unknown ids errors, and takes
// the freedoms that AWS documents. The same seed takes the same ones.
func WithStrict(seed uint64) Option {
	return func(c *config) { c.emulator.Strict, c.emulator.Seed = true, seed }
}

// WithDataDir keeps chats in a directory, for tests of a restart.
func WithDataDir(dir string) Option {
	return func(c *config) { c.emulator.Ephemeral, c.emulator.DataDir = false, dir }
}

// WithAllowOrigins lets pages of further origins call, beside those of this machine and its
// network. "null" means pages opened from a file.
func WithAllowOrigins(origins ...string) Option {
	return func(c *config) { c.guard.AllowOrigins = append(c.guard.AllowOrigins, origins...) }
}

// WithLog sends the server's log to a logger; without it there is none.
func WithLog(log *slog.Logger) Option {
	return func(c *config) { c.emulator.Log, c.guard.Log = log, log }
}

// Start runs a server until the test ends. What it cannot do ends the test.
func Start(tb testing.TB, options ...Option) *Server {
	tb.Helper()
	s, err := start(tb.Context(), options)
	if err != nil {
		tb.Fatalf("starting Parley: %v", err)
	}
	tb.Cleanup(func() {
		if err := s.close(); err != nil {
			tb.Errorf("stopping Parley: %v", err)
		}
	})
	return s
}

// Close stops the server before its test ends. What was kept with [WithDataDir] can then be
// used by another one.
func (s *Server) Close(tb testing.TB) {
	tb.Helper()
	if err := s.close(); err != nil {
		tb.Errorf("stopping Parley: %v", err)
	}
}

// SkipTime moves the server's clock forward: timers that become due run out, tokens expire.
func (s *Server) SkipTime(d time.Duration) { s.emulator.Chats().Clock().Skip(d) }

func start(ctx context.Context, options []Option) (*Server, error) {
	cfg := config{
		emulator: emulator.Config{Ephemeral: true, InstanceID: emulator.DefaultInstanceID, Log: slog.New(slog.DiscardHandler)},
	}
	for _, option := range options {
		option(&cfg)
	}
	// The server outlives ctx, which ends before the test's cleanup begins.
	ctx = context.WithoutCancel(ctx)
	embedded, err := emulator.New(ctx, cfg.emulator)
	if err != nil {
		return nil, err
	}
	listener, err := server.Listen(ctx, "127.0.0.1:0")
	if err != nil {
		return nil, closing(embedded, err)
	}
	handler, err := compose(cfg, embedded, listener.Addr().String())
	if err != nil {
		return nil, closing(embedded, errors.Join(err, listener.Close()))
	}
	return serve(ctx, cfg, embedded, listener, handler), nil
}

// serve runs the server in the background.
func serve(ctx context.Context, cfg config, embedded *emulator.Emulator, listener net.Listener, handler http.Handler) *Server {
	url := "http://" + listener.Addr().String()
	ctx, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { // ends with ctx, and is waited for by close
		ended <- server.Serve(ctx, server.Config{
			Listener: listener, Handler: handler, OnDrain: embedded.Drain, Log: cfg.emulator.Log, DrainTimeout: time.Second,
		})
	}()
	return &Server{
		URL: url, StartChatURL: url + doorpath.Main, InstanceID: cfg.emulator.InstanceID, ContactFlowID: emulator.DefaultContactFlowID,
		emulator: embedded,
		close: sync.OnceValue(func() error {
			stop()
			return closing(embedded, <-ended)
		}),
	}
}

// closing closes the embedded Amazon Connect, after an error or without one.
func closing(embedded *emulator.Emulator, err error) error { return errors.Join(err, embedded.Close()) }

// compose puts the guard and the front door before the embedded Amazon Connect, as the
// program does.
func compose(cfg config, embedded *emulator.Emulator, listen string) (http.Handler, error) {
	door, err := startchat.New(startchat.Config{
		Starter: embedded, Attachments: true, Log: cfg.emulator.Log,
		Defaults: startchat.Defaults{InstanceID: cfg.emulator.InstanceID, ContactFlowID: emulator.DefaultContactFlowID},
	})
	if err != nil {
		return nil, err
	}
	cfg.guard.Listen, cfg.guard.MaxBodyFor = listen, embedded.MaxBodyFor
	policy, err := guard.New(cfg.guard)
	if err != nil {
		return nil, err
	}
	connect, script, frontDoor := embedded.Handler(), pagescript.Handler(), doorpath.With()
	return policy.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch clean := path.Clean("/" + r.URL.Path); {
		case frontDoor[clean]:
			door.ServeHTTP(w, r)
		case clean == pagescript.Path:
			script.ServeHTTP(w, r)
		default:
			connect.ServeHTTP(w, r)
		}
	})), nil
}
