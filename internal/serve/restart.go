package serve

import (
	"context"
	"errors"
	"log/slog"
	"os"

	"github.com/parley-chat/parley/internal/server"
	"github.com/parley-chat/parley/internal/settings"
)

// Successor is what is kept open for the program that takes this one's place.
type Successor struct {
	// Sockets are the listening socket and the connections that wait for a request, Environ the
	// variables by which the program finds them.
	Sockets []*os.File
	Environ []string
	// Withdraw removes the files that were left for the program. It is for a program that
	// cannot be started.
	Withdraw func()
}

// Close closes the sockets.
func (s *Successor) Close() (err error) {
	for _, socket := range s.Sockets {
		err = errors.Join(err, socket.Close())
	}
	return err
}

// awaitRestart stops the server when a restart is asked for, and keeps its socket open:
// chat clients that come back the moment they are sent away wait in its queue, instead of
// being refused, after which some of them never try again. Signals that come after the first
// are the successor's.
func (s *Server) awaitRestart(ctx context.Context) (context.Context, func() *Successor) {
	ctx, stop := context.WithCancelCause(ctx)
	done := make(chan *Successor, 1)
	go func() { // ends with ctx, which ends with the server
		var next *Successor
		defer func() { done <- next }()
		for next == nil {
			select {
			case <-ctx.Done():
				return
			case <-s.config.Restart:
				next = s.prepareRestart(ctx)
			}
		}
		stop(server.ErrRestart)
	}()
	return ctx, func() *Successor {
		stop(nil)
		return <-done
	}
}

// prepareRestart keeps the socket; nil when there is to be no restart.
func (s *Server) prepareRestart(ctx context.Context) *Successor {
	if ctx.Err() != nil { // the server ends already
		return nil
	}
	log := s.config.Log
	if s.config.Settings.Upstream != settings.Embedded {
		log.WarnContext(ctx, "not restarting: only the embedded amazon connect has chats to keep; stop and start instead")
		return nil
	}
	if s.config.Settings.Record != "" {
		log.WarnContext(ctx, "not restarting: a recording goes on; stop and start instead")
		return nil
	}
	socket, environ, err := server.HandOver(s.listener, os.Getpid())
	if err != nil {
		log.ErrorContext(ctx, "not restarting", slog.String("cause", err.Error()))
		return nil
	}
	return &Successor{Sockets: []*os.File{socket}, Environ: environ}
}
