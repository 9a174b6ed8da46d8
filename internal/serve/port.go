package serve

import (
	"context"
	"log/slog"
	"net"
	"path/filepath"
	"strconv"

	"github.com/parley-chat/parley/internal/server"
	"github.com/parley-chat/parley/internal/settings"
)

// morePorts is how many ports after the usual one are tried when that is taken.
const morePorts = 9

// listen opens the port. A server with the embedded Amazon Connect whose port nobody chose takes
// one of the next when the usual one is taken, as by another Parley in another terminal, and keeps
// its chats apart from that one's.
func (s *Server) listen(ctx context.Context) (err error) {
	set := s.config.Settings
	s.listener, err = s.config.Listen(ctx, set.Addr)
	mayMove := set.Upstream == settings.Embedded && !set.Given("addr")
	host, usual, splitErr := net.SplitHostPort(set.Addr)
	if !mayMove || splitErr != nil {
		return err
	}
	if server.InUse(err) {
		s.listener = s.listenAfter(ctx, host, usual)
	}
	if s.listener == nil {
		return err
	}
	s.move(ctx, usual)
	return nil
}

// listenAfter opens the first port after another one that is free; nil when there is none.
func (s *Server) listenAfter(ctx context.Context, host, port string) net.Listener {
	taken, err := strconv.Atoi(port)
	if err != nil {
		return nil
	}
	for next := taken + 1; next <= taken+morePorts; next++ {
		if l, err := s.config.Listen(ctx, net.JoinHostPort(host, strconv.Itoa(next))); err == nil {
			return l
		}
	}
	return nil
}

// move gives a server that listens on another port than the usual one a data directory of its own,
// also after a restart in place, which hands the socket over.
func (s *Server) move(ctx context.Context, usual string) {
	set := s.config.Settings
	_, port, err := net.SplitHostPort(s.listener.Addr().String())
	if err != nil || port == usual {
		return
	}
	s.moved = true
	if set.DataDir != "" && !set.Given("data-dir") {
		own := *set
		own.DataDir = filepath.Join(set.DataDir, "port-"+port)
		s.config.Settings = &own
	}
	s.config.Log.WarnContext(ctx, "the usual port is taken: this server listens on another one, and keeps its chats apart",
		slog.String("usual", usual), slog.String("addr", s.listener.Addr().String()),
		slog.String("hint", "parley chat and other commands call the usual one unless they are given --server "+newSite(set, s.listener.Addr()).url))
}
