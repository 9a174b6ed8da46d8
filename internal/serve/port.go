package serve

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"strconv"

	"github.com/parley-chat/parley/internal/doctor"
	"github.com/parley-chat/parley/internal/screen"
	"github.com/parley-chat/parley/internal/server"
	"github.com/parley-chat/parley/internal/settings"
)

// morePorts is how many ports after the usual one are tried when that is taken.
const morePorts = 10

// listen opens the port. A server whose port nobody chose takes one of the next when the usual one
// is taken, as by another Parley in another terminal, and the embedded Amazon Connect keeps its
// chats apart from that one's. An error names the program that has the port.
func (s *Server) listen(ctx context.Context) (err error) {
	set := s.config.Settings
	s.listener, err = s.config.Listen(ctx, set.Addr)
	host, usual, splitErr := net.SplitHostPort(set.Addr)
	if splitErr != nil {
		return err
	}
	if set.Given("addr") {
		return s.named(ctx, err)
	}
	if server.InUse(err) {
		s.listener = s.listenAfter(ctx, host, usual)
	}
	if s.listener == nil {
		return s.named(ctx, err)
	}
	s.move(ctx, usual)
	return nil
}

// named lets an error about a port that is taken say who has it.
func (s *Server) named(ctx context.Context, err error) error {
	taken, ok := errors.AsType[*server.ListenError](err)
	if !ok {
		return err
	}
	switch where := s.config.Settings.Where("addr"); where.Source {
	case settings.FromEnv:
		taken = taken.SetWith(where.Name + "=")
	case settings.FromFile:
		taken = taken.SetWith("addr: ")
	case settings.FromDefault, settings.FromFlag:
	}
	if !server.InUse(err) {
		return taken
	}
	occupant := server.OccupantOf(ctx, taken.Addr)
	if address := doctor.ParleyAt(ctx, taken.Addr); address != "" {
		return taken.By("another Parley"+occupant.InProcess(), "its console is at "+address+"/; stop it with `parley stop --server "+address+"`, or ")
	}
	if occupant.Name == "" {
		return taken
	}
	return taken.By(screen.Cell(occupant.Name)+occupant.InProcess(), "")
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
	apart := set.Upstream == settings.Embedded && set.DataDir != "" && !set.Given("data-dir")
	s.moved = "port " + usual + " is taken"
	if apart {
		own := *set
		own.DataDir = set.DataDir + "-" + port
		s.config.Settings = &own
		s.moved += "; this server keeps its chats in " + screen.Printable(own.DataDir)
	}
	s.config.Log.WarnContext(ctx, "the usual port is taken: this server listens on another one", slog.Bool("chats_apart", apart),
		slog.String("usual", usual), slog.String("addr", s.listener.Addr().String()),
		slog.String("hint", "parley chat and other commands call the usual one unless they are given --server "+newSite(set, s.listener.Addr()).url))
}
