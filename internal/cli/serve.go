package cli

import (
	"context"
	"errors"
	"net"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/parley-chat/parley/internal/serve"
	"github.com/parley-chat/parley/internal/server"
	"github.com/parley-chat/parley/internal/settings"
)

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
		return runServer(c.Context(), env, s)
	}
	return c
}

// runServer runs a server, and the program anew when a restart was asked for.
func runServer(ctx context.Context, env *Env, s *settings.Settings) error {
	env.queueOutput(s)
	log := newLogger(env, s)
	ctx, stop := whileParentLives(ctx, env, s, log)
	defer stop()
	ctx, quit := context.WithCancel(ctx)
	defer quit()
	restarts, reload := restartsOf(ctx, env)
	server, err := serve.Open(ctx, serve.Config{
		Settings: s, Version: env.Build.Version, UserAgent: env.Build.userAgent(), ReadFile: env.readFile,
		Listen:      func(ctx context.Context, addr string) (net.Listener, error) { return listen(ctx, env, addr) },
		RuntimeDirs: env.runtimeDirs(), Restart: restarts, Log: log, Stop: quit,
		OnReady: func(ready serve.Announcement) {
			announce(ctx, env, s, ready, log)
			if env.keys(s) && (env.ListenForKeys == nil || env.ListenForKeys()) {
				go listenToKeys(ctx, env, keyed{ready.Console, quit, reload}, log) // waits for the terminal: ends with the process
			}
		},
	})
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil // the end was asked for before the server was open
	}
	if err != nil {
		return err
	}
	next, err := server.Run(ctx)
	if next == nil {
		if err == nil && env.shows(s) {
			env.printInOrder(context.WithoutCancel(ctx), "Parley has stopped. "+server.Kept()+"\n")
		}
		return err
	}
	if err == nil && ctx.Err() == nil { // else the end was asked for as well, or the parent has gone
		if err = restart(ctx, env, next); err == nil {
			return nil
		}
		if ctx.Err() != nil {
			err = nil
		}
	}
	err = errors.Join(err, next.Close())
	next.Withdraw()
	return err
}

// restartsOf are the requests to restart: of the system, and by reload; nil where nothing restarts.
func restartsOf(ctx context.Context, env *Env) (restarts <-chan os.Signal, reload func()) {
	if env.Restart == nil || env.Replace == nil || env.GOOS == "windows" {
		return env.Restart, nil
	}
	all := make(chan os.Signal, 1)
	ask := func(s os.Signal) {
		select {
		case all <- s:
		default: // one is asked for already
		}
	}
	go func() { // ends with ctx
		for {
			select {
			case s := <-env.Restart:
				ask(s)
			case <-ctx.Done():
				return
			}
		}
	}()
	return all, func() { ask(os.Interrupt) }
}

// listen opens the port, or takes over the socket this process was started with.
func listen(ctx context.Context, env *Env, addr string) (net.Listener, error) {
	if l, err := server.Inherited(env.getenv, os.Getpid()); l != nil || err != nil {
		return l, err
	}
	return server.Listen(ctx, addr)
}

// restart replaces this process by the program as it is now on disk, with the same
// arguments, when what it has logged is written.
func restart(ctx context.Context, env *Env, next *serve.Successor) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastLinesTime)
	defer cancel()
	env.flushOutput(ctx)
	environ := slices.DeleteFunc(slices.Clone(env.Environ), func(pair string) bool { return strings.HasPrefix(pair, "LISTEN_") })
	return env.Replace(next.Sockets, append(environ, next.Environ...))
}
