package cli

import (
	"context"
	"log/slog"
	"net"
	"os"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/server"
	"github.com/parley-chat/parley/internal/settings"
)

// successor is the listening socket kept for the program that takes this one's place.
type successor struct {
	socket  *os.File
	environ []string
	// withdraw removes the files that were left for that program, when it cannot be started.
	withdraw func()
}

// awaitRestart stops the server when a restart is asked for, and keeps its socket open:
// chat clients that come back the moment they are sent away wait in its queue, instead of
// being refused, after which some of them never try again.
func awaitRestart(ctx context.Context, env *Env, s *settings.Settings, l net.Listener, log *slog.Logger) (context.Context, func() *successor) {
	ctx, stop := context.WithCancelCause(ctx)
	done := make(chan *successor, 1)
	go func() { // ends with ctx, which ends with the server
		var next *successor
		defer func() { done <- next }()
		for next == nil {
			select {
			case <-ctx.Done():
				return
			case <-env.Restart:
				next = prepareRestart(ctx, s, l, log)
			}
		}
		stop(server.ErrRestart)
	}()
	return ctx, func() *successor {
		stop(nil)
		return <-done
	}
}

// prepareRestart keeps the socket; nil when there is to be no restart.
func prepareRestart(ctx context.Context, s *settings.Settings, l net.Listener, log *slog.Logger) *successor {
	if s.Upstream != settings.Embedded {
		log.WarnContext(ctx, "not restarting: only the embedded amazon connect has chats to keep; stop and start instead")
		return nil
	}
	if s.Record != "" {
		log.WarnContext(ctx, "not restarting: a recording goes on; stop and start instead")
		return nil
	}
	socket, environ, err := server.HandOver(l, os.Getpid())
	if err != nil {
		log.ErrorContext(ctx, "not restarting", slog.String("cause", err.Error()))
		return nil
	}
	return &successor{socket: socket, environ: environ}
}

// restart replaces this process by the program as it is now on disk, with the same
// arguments, when what it has logged is written.
func restart(ctx context.Context, env *Env, next *successor) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastLinesTime)
	defer cancel()
	env.flushOutput(ctx)
	environ := slices.DeleteFunc(slices.Clone(env.Environ), func(pair string) bool { return strings.HasPrefix(pair, "LISTEN_") })
	return env.Replace(next.socket, append(environ, next.environ...))
}
