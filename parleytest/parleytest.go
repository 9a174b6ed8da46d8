// Package parleytest runs Parley with its embedded Amazon Connect inside a Go test.
//
// [Start] gives a test a server of its own, on a free loopback port, that keeps everything in
// memory and ends with the test. It is the server that the program runs: chats are started with
// a POST to /startChatContact; chat clients, AWS SDKs and the AWS CLI reach the Participant
// Service and the Amazon Connect API below the same URL, with any credentials; and the console,
// its API, /readyz and /docs/errors are there, too.
//
//	func TestMyBackend(t *testing.T) {
//		server := parleytest.Start(t)
//		t.Setenv("AWS_ENDPOINT_URL_CONNECT", server.URL)
//		…
//	}
//
// A test plays agents ([Server.JoinAgent]), reads what was said ([Server.Messages]), skips time
// ([Server.SkipTime]) and makes things go wrong ([Server.AddFault]). Everything else that the
// console can do, a test can do by the API, with [Server.AdminToken].
//
// Tests in other languages start the program: parley serve --addr 127.0.0.1:0 --ephemeral
// --url-file FILE. Requests can be sent as soon as the file is there; its first line is the URL.
//
// The package is not for production: nothing it serves is meant for customers.
package parleytest

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"math"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"github.com/parley-chat/parley/internal/doorpath"
	"github.com/parley-chat/parley/internal/emulator"
	"github.com/parley-chat/parley/internal/serve"
	"github.com/parley-chat/parley/internal/settings"
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
	// AdminToken lets the test change something by the console's API (docs/api.md), for example
	// with a POST to /api/clock: requests carry it as "Authorization: Bearer" and the token.
	// Questions need none.
	AdminToken string

	emulator *emulator.Emulator
	close    func() error
}

// Option changes how [Start] runs a server.
type Option func(*config)

type config struct {
	server serve.Config
	flags  *pflag.FlagSet // the settings
	faults []error
}

// set gives a setting a value, as a flag of the program does.
func (c *config) set(name, value string) { c.faults = append(c.faults, c.flags.Set(name, value)) }

// WithPartner brings the built-in partner into every chat whose customer connects. It greets,
// repeats what it hears, shows interactive messages on request ("help" lists them), leaves on
// "bye", and answers at once.
func WithPartner() Option {
	return func(c *config) {
		c.set("partner", "true")
		c.server.PartnerPause = -1
	}
}

// WithInstance gives the one instance there is another id than the usual one.
func WithInstance(id string) Option { return func(c *config) { c.set("instance-id", id) } }

// WithStrict turns on AWS's rates, quotas and short lives, makes unknown ids errors, and takes
// the freedoms that AWS documents. The same seed takes the same ones.
func WithStrict(seed uint64) Option {
	return func(c *config) {
		c.set("strict", "true")
		c.set("seed", strconv.FormatUint(seed&math.MaxInt, 10))
	}
}

// WithDataDir keeps chats in a directory, for tests of a restart.
func WithDataDir(dir string) Option {
	return func(c *config) {
		c.set("ephemeral", "false")
		c.set("data-dir", dir)
	}
}

// WithAllowOrigins lets pages of further origins call, beside those of this machine and its
// network. "null" means pages opened from a file.
func WithAllowOrigins(origins ...string) Option {
	return func(c *config) {
		for _, origin := range origins {
			c.set("allow-origin", origin)
		}
	}
}

// WithLog sends the server's log to a logger; without it there is none.
func WithLog(log *slog.Logger) Option {
	return func(c *config) { c.server.Log = log }
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
	cfg, err := configured(options)
	if err != nil {
		return nil, err
	}
	// The server outlives ctx, which ends before the test's cleanup begins.
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	server, err := serve.Open(ctx, cfg)
	if err != nil {
		stop()
		return nil, err
	}
	ended := make(chan error, 1)
	go func() { // ends with ctx, and is waited for by close
		_, err := server.Run(ctx)
		ended <- err
	}()
	url := "http://" + server.Addr().String()
	return &Server{
		URL: url, StartChatURL: url + doorpath.Main,
		InstanceID:    cmp.Or(cfg.Settings.InstanceID, emulator.DefaultInstanceID),
		ContactFlowID: emulator.DefaultContactFlowID, AdminToken: server.AdminToken().Reveal(),
		emulator: server.Embedded(),
		close: sync.OnceValue(func() error {
			stop()
			return <-ended
		}),
	}, nil
}

// configured returns the server that options describe. Variables and files of the machine have
// no say in it.
func configured(options []Option) (serve.Config, error) {
	c := config{flags: pflag.NewFlagSet("", pflag.ContinueOnError)}
	settings.Register(c.flags, settings.Fields())
	for name, value := range map[string]string{
		"addr": "127.0.0.1:0", "ephemeral": "true", "keep": "forever", "drain-timeout": "1s", "admin-token": rand.Text(),
		"partner": "false", "greeting": "", // the test says what is said
	} {
		c.set(name, value)
	}
	for _, option := range options {
		option(&c)
	}
	s, err := settings.Load(settings.Sources{Flags: c.flags, GOOS: runtime.GOOS})
	c.server.Settings, c.server.Version = s, "parleytest"
	return c.server, errors.Join(settings.Join(err, serve.Check(s)), errors.Join(c.faults...))
}
