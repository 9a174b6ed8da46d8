// Package server runs one [http.Handler] on one listening socket, from "may I have
// this port" to "the last answer is out".
//
// It owns timeouts, header limits, the answers net/http gives before any handler
// runs, the file that publishes the address, and the orderly end. It refuses to know
// what is served and who may call (package guard).
//
// The time a request gets: its headers 20 s, headers and body 30 s, the answer 60 s
// counted from the end of the headers; an idle connection is kept for 2 minutes. A client
// on a machine with too much to do may need seconds from its connection to its request. A
// body that does not arrive in time (package guard has less patience) is an error to the
// handler that reads it, which answers 408. A handler that takes the connection over (a chat socket) is rid of all
// these limits and sets its own.
package server

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/parley-chat/parley/internal/diagnosis"
)

const (
	// MaxHeaderBytes bounds a request's line and headers. net/http adds 4 KiB of its
	// own. AWS's front ends take about 10 KiB.
	MaxHeaderBytes = 32 << 10
	// DefaultDrainTimeout is the time requests in flight get when the server stops. It is
	// for handlers that answer by themselves; one that calls another service, which may
	// take longer, needs more.
	DefaultDrainTimeout = 10 * time.Second

	// handlersEnd is how long handlers get to notice that their connection is gone.
	handlersEnd = 2 * time.Second
)

// ErrRestart as the cause of a context's end ([context.Cause]) says that another program
// takes the same socket over. There is nothing for a load balancer to notice then, so the
// server ends without [Config.DrainDelay].
var ErrRestart = errors.New("restarting")

// Timeouts bound a connection's phases; zero fields mean the defaults that the
// package comment names.
type Timeouts struct {
	// Header is the time for the request's headers, Read for headers and body.
	Header, Read time.Duration
	// Write is the time for the whole answer, the handler's work included.
	Write time.Duration
	// Idle is how long an unused connection is kept open.
	Idle time.Duration
}

func (t Timeouts) orDefault() Timeouts {
	set := func(d *time.Duration, value time.Duration) {
		if *d == 0 {
			*d = value
		}
	}
	set(&t.Header, 20*time.Second)
	set(&t.Read, 30*time.Second)
	set(&t.Write, time.Minute)
	set(&t.Idle, 2*time.Minute)
	return t
}

// Config is what to serve and where.
type Config struct {
	// Listener is the socket, as [Listen] returns it. Serve closes it.
	Listener net.Listener
	// Handler serves the requests, as package guard wraps it.
	Handler http.Handler
	// TLS, when not nil, makes the server speak HTTPS only.
	TLS *tls.Config
	// HTTP2 lets clients that speak nothing else use HTTP/2: with prior knowledge, or over TLS when
	// they do not offer HTTP/1.1, which everybody else goes on with.
	HTTP2 bool
	// URL is the server's address to publish; empty means [URL] of the listener's.
	URL string
	// URLFile, when not empty, is written with the server's address and this process's id
	// (package runfile) once requests can be sent, and removed at the end. The file appears
	// complete or not at all, so that scripts may wait for it. After a good end because of
	// [ErrRestart] it stays: the program that takes the socket over is the same process and
	// listens at the same address.
	URLFile string
	// OnReady, when not nil, is called once when requests can be sent and the URL file
	// is there: the place to tell people.
	OnReady func()
	// DrainDelay is the time for which the server goes on as before when the end begins,
	// after OnDrain has reported "not ready": a load balancer that asks every few seconds
	// sends requests until it has noticed, and they would be refused. It should be longer
	// than the balancer's interval times the failures it waits for. Zero is for servers that
	// nobody stands before.
	DrainDelay time.Duration
	// DrainTimeout is the time requests in flight get at the end, after DrainDelay; zero
	// means [DefaultDrainTimeout].
	DrainTimeout time.Duration
	// OnDrain, when not nil, is called once when the end begins, while requests are still
	// answered: the place to report "not ready".
	OnDrain func()
	// OnLeave, when not nil, is called once after DrainDelay, before the socket is closed:
	// the place to tell long-lived connections, whose clients come back at once and should
	// find somebody else.
	OnLeave func()
	// Keep, when not nil, takes the connections that wait for a request when the end begins
	// because of [ErrRestart], for the program that takes the socket over: a request may be on
	// its way on each, and its sender would see a failure. It is called by one goroutine at a time.
	Keep func(connection *os.File)
	// Timeouts are for servers and tests that need other limits.
	Timeouts Timeouts
	// DocsURL is the page that explains refusals; it may be empty.
	DocsURL string
	// Log gets start, end and net/http's own complaints; nil discards them.
	Log *slog.Logger
}

// Serve answers requests until ctx ends and then stops in order: it reports that it
// drains, goes on answering for the drain delay, closes the socket and the connections
// nobody uses, lets requests in flight finish (their contexts do not end with ctx), and
// cuts off what is left after the drain timeout. It returns nil when nothing had to be
// cut off.
func Serve(ctx context.Context, config Config) (err error) {
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	if config.DrainTimeout == 0 {
		config.DrainTimeout = DefaultDrainTimeout
	}
	addr := config.Listener.Addr()
	sockets := &listener{Listener: config.Listener, docs: config.DocsURL, open: make(map[*conn]struct{})}
	unpublish, err := publish(config.URLFile, cmp.Or(config.URL, URL(addr)))
	if err != nil {
		return errors.Join(err, config.Listener.Close())
	}
	defer func() {
		if err != nil || !errors.Is(context.Cause(ctx), ErrRestart) {
			unpublish()
		}
	}()

	base, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	limits := config.Timeouts.orDefault()
	var lived life
	srv := &http.Server{
		Handler:           lived.follow(unusualForms(config.Handler, config.DocsURL)),
		ReadHeaderTimeout: limits.Header,
		ReadTimeout:       limits.Read,
		WriteTimeout:      limits.Write,
		IdleTimeout:       limits.Idle,
		MaxHeaderBytes:    MaxHeaderBytes,
		BaseContext:       func(net.Listener) context.Context { return base },
		ConnState:         sockets.follow,
		ConnContext:       withConn,
		ErrorLog:          slog.NewLogLogger(config.Log.Handler(), slog.LevelWarn),
		// "OPTIONS *" gets a JSON answer like everything else.
		DisableGeneralOptionsHandler: true,
	}
	config.speakHTTP2(srv)
	if warning := Exposure(addr); warning != "" {
		config.Log.WarnContext(ctx, "listening beyond loopback", "addr", addr.String(), "meaning", warning)
	}
	if config.OnReady != nil {
		config.OnReady()
	}
	served := make(chan error, 1)
	accepting := net.Listener(sockets)
	if config.TLS != nil {
		// The answers that net/http gives by itself stay plain text there: they are
		// encrypted before they reach our connections.
		accepting = tls.NewListener(sockets, config.TLS)
	}
	go func() { served <- srv.Serve(accepting) }() // ends with the listener; awaited below
	if err = untilEnd(ctx, config, served, &lived); err != nil {
		err = fmt.Errorf("serving on %s: %w", addr, err)
		_ = srv.Close() // the failure of the socket is the one to report
	} else {
		keep := config.Keep
		if !errors.Is(context.Cause(ctx), ErrRestart) {
			keep = nil
		}
		sockets.end(keep)
		if closed := <-served; !errors.Is(closed, net.ErrClosed) {
			err = fmt.Errorf("closing %s: %w", addr, closed)
		}
		err = errors.Join(drain(context.WithoutCancel(ctx), srv, sockets, config.DrainTimeout), err)
	}
	cancel()
	awaitZero(&lived.inFlight, handlersEnd)
	return err
}

// speakHTTP2 lets a server speak HTTP/2 where the configuration wants it.
func (config *Config) speakHTTP2(srv *http.Server) {
	if !config.HTTP2 {
		return
	}
	srv.Protocols = new(http.Protocols)
	srv.Protocols.SetHTTP1(true)
	srv.Protocols.SetHTTP2(true)
	srv.Protocols.SetUnencryptedHTTP2(true)
	if config.TLS != nil {
		config.TLS = config.TLS.Clone()
		config.TLS.NextProtos = []string{"http/1.1", "h2"} // the server's order decides
	}
}

// drain lets the requests that were sent be answered, within the timeout, and closes what is
// left.
func drain(ctx context.Context, srv *http.Server, sockets *listener, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	sockets.untilDrained(ctx)
	err := srv.Shutdown(ctx)
	if err == nil {
		return nil
	}
	_ = srv.Close() // cuts off what is left; that there was something is the error to report
	return fmt.Errorf("draining for %s: cutting off the requests still in flight: %w", timeout, err)
}

// life is what a running server knows of itself.
type life struct {
	inFlight atomic.Int64
	ending   atomic.Bool
}

// follow counts running handlers. Once the end has begun, it asks clients not to come back
// on the same connection: behind a balancer of connections (a Kubernetes Service) they
// would otherwise stay here until it is closed under them.
func (l *life) follow(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l.inFlight.Add(1)
		defer l.inFlight.Add(-1)
		if (l.ending.Load() || ambiguous(r)) && r.Header["Upgrade"] == nil {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

// untilEnd waits until the socket is to be closed: ctx has ended and the drain delay is
// over. An error is that of a socket that failed before.
func untilEnd(ctx context.Context, config Config, served <-chan error, life *life) error {
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	delay := config.DrainDelay
	if errors.Is(context.Cause(ctx), ErrRestart) {
		delay = 0
	}
	log := config.Log
	if delay > 0 {
		log = log.With("delay", delay)
	}
	log.InfoContext(ctx, "draining", "in_flight", life.inFlight.Load(), "timeout", config.DrainTimeout)
	life.ending.Store(true)
	if config.OnDrain != nil {
		config.OnDrain()
	}
	if delay > 0 {
		timer := time.NewTimer(delay)
		defer timer.Stop()
		select {
		case err := <-served:
			return err
		case <-timer.C:
		}
	}
	if config.OnLeave != nil {
		config.OnLeave()
	}
	return nil
}

// awaitZero waits for handlers to return: what is taken down after Serve may still be
// in their use. The limit is counted in looks, so that the time in which a busy machine lets
// nothing of this process run is not taken for the handlers' own.
func awaitZero(running *atomic.Int64, limit time.Duration) {
	const pause = 5 * time.Millisecond
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for range limit / pause {
		if running.Load() == 0 {
			return
		}
		<-tick.C
	}
}

// unusualForms answers the two request forms that no router knows what to do with
// (RFC 9112, sections 3.2.3 and 3.2.4) and hands everything else on.
func unusualForms(next http.Handler, docs string) http.Handler {
	const allow = "GET, HEAD, POST, PUT, DELETE, OPTIONS"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.RequestURI == "*" && r.Method == http.MethodOptions:
			w.Header().Set("Allow", allow)
			w.WriteHeader(http.StatusNoContent)
		case r.RequestURI == "*":
			diagnosis.New(diagnosis.MalformedRequest, "The request target * is for OPTIONS only.").Write(w, docs)
		case r.Method == http.MethodConnect:
			p := diagnosis.New(diagnosis.MethodNotAllowed, "This server is not a proxy.")
			p.Allow = allow
			p.Write(w, docs)
		default:
			next.ServeHTTP(w, r)
		}
	})
}
