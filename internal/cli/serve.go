package cli

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/parley-chat/parley/internal/console"
	"github.com/parley-chat/parley/internal/devcert"
	"github.com/parley-chat/parley/internal/emulator"
	"github.com/parley-chat/parley/internal/frontdoor"
	"github.com/parley-chat/parley/internal/guard"
	"github.com/parley-chat/parley/internal/pagescript"
	"github.com/parley-chat/parley/internal/runfile"
	"github.com/parley-chat/parley/internal/server"
	"github.com/parley-chat/parley/internal/settings"
)

// answerTime is what a request may take beside the call to the upstream.
const answerTime = 20 * time.Second

func newServe(env *Env) *cobra.Command {
	c := &cobra.Command{
		Use: "serve [flags]", Short: "Serve chat widgets until interrupted",
		Long: "Serves chat widgets until an interrupt signal. Requests in progress are then finished; a second\n" +
			"signal ends the process at once.",
		DisableFlagsInUseLine: true,
		Example: `  parley serve
  parley serve --addr 127.0.0.1:0 --url-file parley.url
  parley serve --upstream aws --profile dev --instance-id ID --contact-flow-id ID
  PARLEY_UPSTREAM=aws parley serve`,
	}
	withSettings(c, "all")
	c.RunE = func(c *cobra.Command, args []string) error {
		s, err := loadSettings(env, c, args)
		if err != nil {
			return err
		}
		return serve(c.Context(), env, s)
	}
	return c
}

// serve runs a server, and the program anew when a restart was asked for.
func serve(ctx context.Context, env *Env, s *settings.Settings) error {
	env.queueOutput(s)
	log := newLogger(env, s)
	ctx, stop := whileParentLives(ctx, env, s, log)
	defer stop()
	next, err := serveOnce(ctx, env, s, log)
	if next == nil {
		return err
	}
	switch {
	case err != nil:
	case errors.Is(context.Cause(ctx), errParentGone): // the program started anew could not see that
		err = next.socket.Close()
	default:
		if err = restart(ctx, env, next); err == nil {
			return nil
		}
	}
	next.withdraw()
	return err
}

// serveOnce runs a server: first everything that can be refused, then the port, then the
// announcement. What was opened is closed in reverse.
func serveOnce(ctx context.Context, env *Env, s *settings.Settings, log *slog.Logger) (next *successor, err error) {
	for _, flag := range s.Unused() {
		log.WarnContext(ctx, "flag has no effect without amazon connect; was --upstream aws forgotten?", slog.String("flag", flag))
	}
	if s.ForCustomers() && len(s.AllowOrigins) == 0 {
		log.WarnContext(ctx, "no web page of another origin may call; name the site's with --allow-origin")
	}
	private, err := openSecure(s)
	if err != nil {
		return nil, err
	}
	beside, err := newWorkbench(env, s)
	if err != nil {
		return nil, err
	}
	listener, up, err := openBoth(ctx, env, s, beside, log)
	if err != nil {
		return nil, err
	}
	var kept *keeper // until the last socket is closed
	defer func() { err = errors.Join(err, kept.close()) }()
	defer func() { err = errors.Join(err, up.close(ctx)) }()
	if kept, err = beside.keep(s, up.text, log); err != nil {
		return nil, errors.Join(err, listener.Close())
	}

	withdraw := beside.shareToken(ctx, env, s, listener.Addr(), log)
	defer func() {
		if next == nil {
			withdraw()
		}
	}()

	site := newSite(s, listener.Addr())
	var draining atomic.Bool
	ready := running{s, up, site, private.authority, beside}
	handler, err := compose(ctx, ready, env.Build, draining.Load, log)
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	var recovering sync.WaitGroup
	defer recovering.Wait()
	recovering.Go(func() { up.recover(ctx, log) })

	serving, successorOf := awaitRestart(ctx, env, s, listener, log)
	err = server.Serve(serving, server.Config{
		Listener: listener, Handler: handler, TLS: private.config, DocsURL: site.url + errorsPage, Log: log,
		URL: site.url, URLFile: s.URLFile, OnReady: func() { ready.announce(ctx, env, log) },
		DrainDelay: s.DrainDelay, DrainTimeout: s.Drain(), OnDrain: func() { draining.Store(true) },
		OnLeave: func() {
			up.drain()
			beside.events.Close() // streams never end by themselves
		},
		// An answer may take as long as the upstream may.
		Timeouts: server.Timeouts{Write: max(time.Minute, s.UpstreamTimeout+answerTime)},
	})
	if next = successorOf(); next != nil {
		next.withdraw = func() {
			withdraw()
			runfile.Remove(s.URLFile, site.url)
		}
	}
	return next, err
}

// openBoth opens the upstream and the port. For AWS the credentials come first, so that
// missing ones are known before a port is opened, and so does a recording; for the embedded
// Amazon Connect the port, because a second server on the same port is told so, and not that
// its chats are in use.
func openBoth(ctx context.Context, env *Env, s *settings.Settings, beside *workbench, log *slog.Logger) (net.Listener, *upstream, error) {
	if s.Upstream != settings.Embedded {
		up, err := openUpstream(ctx, env, s, beside, log)
		if err != nil {
			return nil, nil, err
		}
		listener, err := listen(ctx, env, s)
		if err != nil {
			return nil, nil, errors.Join(err, up.close(ctx))
		}
		return listener, up, nil
	}
	listener, err := listen(ctx, env, s)
	if err != nil {
		return nil, nil, err
	}
	up, err := openUpstream(ctx, env, s, beside, log)
	if err != nil {
		return nil, nil, errors.Join(err, listener.Close())
	}
	return listener, up, nil
}

// listen opens the port, or takes over the socket this process was started with.
func listen(ctx context.Context, env *Env, s *settings.Settings) (net.Listener, error) {
	if l, err := server.Inherited(env.getenv, os.Getpid()); l != nil || err != nil {
		return l, err
	}
	return server.Listen(ctx, s.Addr)
}

// compose puts the guard and the routes around an upstream.
func compose(ctx context.Context, r running, build Build, draining func() bool, log *slog.Logger) (http.Handler, error) {
	s, docs := r.settings, r.docs()
	door, err := newFrontDoor(ctx, s, r.upstream, docs, log)
	if err != nil {
		return nil, err
	}
	access := frontdoor.Guard(s, docs, log)
	if embedded := r.upstream.embedded; embedded != nil {
		door = embedded.Faults().WrapFrontDoor(door)
	}
	beside, err := r.beside.api(r, build, log)
	if err != nil {
		return nil, err
	}
	access.MaxBodyFor = beside.MaxBodyFor
	routes := Routes{StartChat: door, API: beside, Paths: s.Paths, Draining: draining, DocsURL: docs}
	if clients := r.upstream.clients; clients != nil {
		access.MaxBodyFor = func(r *http.Request) int64 { return cmp.Or(beside.MaxBodyFor(r), clients.MaxBodyFor(r)) }
		routes.Embedded = clients
		routes.Files = map[string]http.Handler{"/parley.js": pagescript.Handler()}
	}
	if r.authority != nil {
		routes.Files = withFile(routes.Files, "/"+devcert.PublicName, r.authority.Handler())
	}
	policy, err := guard.New(access)
	if err != nil {
		return nil, err
	}
	if s.ForCustomers() { // nothing of what is for developers: no pages, no API, no streams that stay
		routes.API = nil
	} else {
		routes.Pages = console.New(r.consoleConfig(build, docs))
	}
	server := r.beside.record(policy.Wrap(routes.Handler()))
	beside.Serve(server)
	return server, nil
}

func (r running) consoleConfig(build Build, docs string) console.Config {
	s := r.settings
	return console.Config{
		URL: r.site.url, Upstream: r.upstream.text, Embedded: s.Upstream == settings.Embedded,
		Strict: s.Strict, InstanceID: cmp.Or(s.InstanceID, emulator.DefaultInstanceID), ContactFlowID: emulator.DefaultContactFlowID,
		HasInstanceID: s.InstanceID != "", HasContactFlowID: s.ContactFlowID != "",
		DocsURL: docs, NetworkURLs: r.server().NetworkURLs(), Version: build.Version,
	}
}

func withFile(files map[string]http.Handler, path string, file http.Handler) map[string]http.Handler {
	if files == nil {
		files = map[string]http.Handler{}
	}
	files[path] = file
	return files
}

// newFrontDoor returns the handler that starts chats. On a server for others it keeps what AWS
// says about accounts and roles in the log.
func newFrontDoor(ctx context.Context, s *settings.Settings, up *upstream, docs string, log *slog.Logger) (http.Handler, error) {
	keys, err := frontdoor.Keys(ctx, s, log)
	if err != nil {
		return nil, err
	}
	config := frontDoor(s)
	config.Starter, config.Region, config.Keys = up.starter, up.region, keys
	config.Public, config.DocsURL, config.Log = !s.Loopback(), docs, log
	return frontdoor.New(config)
}
