// Package serve composes a running server from its settings: what answers (the embedded Amazon
// Connect, AWS, a relay to it, a recording), the front door and the guard before it, the pages,
// the console's API, the parts that watch, HTTPS and recording.
//
// It owns the order in which these parts open and close, and where each stands in the server's
// one handler. It refuses to know commands, terminals and signals: [Open] takes settings,
// [Server.Run] reports readiness by a callback and returns a [Successor] when the server is to
// be replaced in place. Errors that a user can mend have a hint (package hint).
//
// A [Server] is safe for concurrent use; Run is called once.
package serve

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/parley-chat/parley/internal/admintoken"
	"github.com/parley-chat/parley/internal/emulator"
	"github.com/parley-chat/parley/internal/runfile"
	"github.com/parley-chat/parley/internal/screen"
	"github.com/parley-chat/parley/internal/secret"
	"github.com/parley-chat/parley/internal/server"
	"github.com/parley-chat/parley/internal/settings"
)

// answerTime is how long a request may take beside the call to the upstream.
const answerTime = 20 * time.Second

// Config is a server's settings and its surroundings.
type Config struct {
	// Settings describe the server. They have to be free of faults, those of [Check] included.
	Settings *settings.Settings
	// Version is the program's, UserAgent its name in calls to AWS.
	Version, UserAgent string
	// ReadFile reads the files that settings name, as [os.ReadFile] does; nil means that.
	ReadFile func(name string) ([]byte, error)
	// Listen opens an address to listen on; nil is [server.Listen].
	Listen func(ctx context.Context, addr string) (net.Listener, error)
	// RuntimeDirs are the directories in which a server that keeps nothing shares its admin
	// token, the best one first; empty shares it nowhere.
	RuntimeDirs []string
	// PartnerPause is how long the built-in partner types: zero means its own pause, less than
	// zero answers at once.
	PartnerPause time.Duration
	// OnReady, when not nil, is called once when requests can be sent.
	OnReady func(Announcement)
	// Restart gets a value when the server should be replaced in place; nil never does.
	Restart <-chan os.Signal
	// Stop ends the context of Run, when the API is asked to; nil cannot.
	Stop func()
	// Log gets the life of the server and its requests; nil discards.
	Log *slog.Logger
}

// Server is a server that is open: it listens, and answers as soon as it runs.
type Server struct {
	config    Config
	private   secure
	observers *observers
	listener  net.Listener
	moved     string // why the port is another than the usual one, see [Server.listen]; empty for most
	upstream  *upstream
	kept      *keeper // until the last socket is closed
	requests  *requestLog
	withdraw  func() // removes the shared admin token
	site      site
	draining  atomic.Bool
	last      string // see [Server.Kept]
	handler   http.Handler
}

// Open composes a server. Everything that can be refused is refused here, before the port is
// announced. A server that is not run afterwards has to be closed.
func Open(ctx context.Context, config Config) (*Server, error) {
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	if config.Listen == nil {
		config.Listen = server.Listen
	}
	if config.ReadFile == nil {
		config.ReadFile = os.ReadFile
	}
	s := &Server{config: config, withdraw: func() {}}
	if err := s.open(ctx); err != nil {
		runfile.RemoveOwn(config.Settings.URLFile) // a predecessor left it for this server
		return nil, errors.Join(err, s.Close(ctx))
	}
	return s, nil
}

// open opens the parts of a server in the order in which they need each other. What is open when one fails,
// Open closes.
func (s *Server) open(ctx context.Context) (err error) {
	set, log := s.config.Settings, s.config.Log
	for _, flag := range set.Unused() {
		log.WarnContext(ctx, "flag has no effect without amazon connect; was --upstream aws forgotten?", slog.String("flag", flag))
	}
	if set.ForCustomers() && len(set.AllowOrigins) == 0 {
		log.WarnContext(ctx, "no web page of another origin may call; name the site's with --allow-origin")
	}
	if set.Upstream == settings.Embedded { // first, because the port can decide where chats are kept
		if err := s.listen(ctx); err != nil {
			return err
		}
		set = s.config.Settings
	}
	if s.private, err = openSecure(set); err != nil {
		return err
	}
	if s.observers, err = newObservers(&s.config); err != nil {
		return err
	}
	if err := s.openBoth(ctx); err != nil {
		return err
	}
	if s.kept, err = s.observers.keep(set, s.upstream.text, log); err != nil {
		return err
	}
	if host, port, err := net.SplitHostPort(s.listener.Addr().String()); err == nil { // a listener in memory has no port
		address := admintoken.Address{Host: host, Port: port, Dirs: s.config.RuntimeDirs}
		shared := set.Upstream == settings.Embedded && set.AdminToken.IsZero() && (set.Ephemeral || s.moved != "")
		s.observers.token, s.withdraw = admintoken.Share(ctx, shared, s.observers.token, address, log)
	}
	s.site = newSite(set, s.listener.Addr())
	if s.handler, err = s.compose(ctx); err == nil {
		s.requests = s.observers.logRequests(ctx, log)
	}
	return err
}

// openBoth opens the upstream and, unless it is open, the port. For AWS the credentials come
// first, so that missing ones are known before a port is opened, and so does a recording; for the
// embedded Amazon Connect the port, because a second server on the same port is told so, and not
// that its chats are in use.
func (s *Server) openBoth(ctx context.Context) (err error) {
	s.upstream, err = openUpstream(ctx, &s.config, s.observers)
	if err != nil || s.listener != nil {
		return err
	}
	return s.listen(ctx)
}

// Run answers requests until ctx ends, then stops in order and closes the server. The
// [*Successor] is nil unless a restart was asked for; then the listening socket, the URL file
// and the shared admin token stay for the program that follows.
func (s *Server) Run(ctx context.Context) (next *Successor, err error) {
	set := s.config.Settings
	defer func() {
		if next == nil {
			s.withdraw()
		}
		err = errors.Join(err, s.release(ctx))
	}()
	var recovering sync.WaitGroup
	defer recovering.Wait()
	recovering.Go(func() { s.upstream.recover(ctx, s.config.Log) })
	recovering.Go(func() { s.upstream.checkIdentity(ctx, s.config.Log) })

	var waiting []*os.File
	serving, successorOf := s.awaitRestart(ctx)
	err = server.Serve(serving, server.Config{
		Listener: s.listener, Handler: s.handler, TLS: s.private.config, DocsURL: s.site.url + errorsPage, Log: s.config.Log,
		HTTP2: set.Upstream == settings.Embedded, // for the AWS SDKs that call Amazon Lex by nothing else
		URL:   s.site.url, URLFile: set.URLFile, OnReady: s.announce,
		DrainDelay: set.DrainDelay, DrainTimeout: set.Drain(), OnDrain: func() { s.draining.Store(true) },
		OnLeave: func() {
			s.upstream.drain()
			s.observers.events.Close() // streams never end by themselves
		},
		Keep: func(connection *os.File) { waiting = append(waiting, connection) },
		// An answer may take as long as the upstream may.
		Timeouts: server.Timeouts{Write: max(time.Minute, set.UpstreamTimeout+answerTime)},
	})
	s.last = s.keeps()
	if next = successorOf(); next != nil {
		kept, environ := server.Accepted(waiting)
		next.Sockets, next.Environ = append(next.Sockets, kept...), append(next.Environ, environ...)
		next.Withdraw = func() {
			s.withdraw()
			runfile.Remove(set.URLFile, s.site.url)
		}
	}
	return next, err
}

// Kept says, after Run, what remains of the run, in a sentence.
func (s *Server) Kept() string { return s.last }

// keeps says what remains when the server ends now.
func (s *Server) keeps() string {
	set, embedded := s.config.Settings, s.upstream.embedded
	switch {
	case embedded == nil && set.CostGuard().EndOnExit:
		return "The chats that it started on AWS are ended."
	case embedded == nil:
		return "Nothing is kept here."
	case set.Ephemeral:
		return "Its chats are gone, because they were in memory only."
	}
	goOn := "no chat was open"
	switch n := embedded.Chats().ActiveContacts(); {
	case n == 1:
		goOn = "1 chat is open and goes on at the next start"
	case n > 1:
		goOn = strconv.Itoa(n) + " chats are open and go on at the next start"
	}
	return "Chats are kept in " + screen.Printable(set.DataDir) + "; " + goOn + "."
}

// Close closes a server that was not run.
func (s *Server) Close(ctx context.Context) error {
	var err error
	if s.listener != nil {
		err = s.listener.Close()
	}
	s.withdraw()
	return errors.Join(err, s.release(ctx))
}

// release closes everything behind the listening socket, although ctx may have ended.
func (s *Server) release(ctx context.Context) error {
	var err error
	if s.upstream != nil {
		err = s.upstream.close(ctx)
	}
	s.requests.close()
	return errors.Join(err, s.kept.close())
}

// Handler answers every request to the server, the guard's refusals included.
func (s *Server) Handler() http.Handler { return s.handler }

// Addr returns the address of the listening socket.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// AdminToken returns the token that lets programs change something by the API.
func (s *Server) AdminToken() secret.Text { return s.observers.token }

// Embedded returns the embedded Amazon Connect; nil when the upstream is another.
func (s *Server) Embedded() *emulator.Emulator { return s.upstream.embedded }
