package participant

import (
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/parley-chat/parley/internal/loopback"
	"github.com/parley-chat/parley/internal/secret"
)

// base is where a client reaches the server.
type base struct {
	secure     bool
	host, path string
}

// baseOf returns where the client of a request reaches the server: at the public address, or
// else at the host it asked. X-Forwarded headers are not looked at, since anyone can send
// them; who has a proxy in front names the public address.
func (s *Service) baseOf(r *http.Request) base {
	if s.public != nil {
		return *s.public
	}
	return base{secure: r.TLS != nil, host: r.Host}
}

// http returns an address on the server for calls and files.
func (b base) http(path string) string {
	if b.secure {
		return "https://" + b.host + b.path + path
	}
	return "http://" + b.host + b.path + path
}

// socket returns the address of a socket. chatjs opens an address only when it begins with
// wss:// or ws://127.0.0.1:, the port written; any other one it drops without a word. So
// every name of this machine becomes 127.0.0.1. reachable is false for an address that
// chatjs will not open: that of another host without TLS.
func (b base) socket(ticket secret.Text) (address string, reachable bool) {
	const path = "/participant/websocket?t="
	rest := b.path + path + url.QueryEscape(ticket.Reveal())
	if b.secure {
		return "wss://" + b.host + rest, true
	}
	host, port := splitHost(b.host)
	if !loopback.Host(host) && !loopback.Name(host) {
		return "ws://" + net.JoinHostPort(host, port) + rest, false
	}
	return "ws://127.0.0.1:" + port + rest, true
}

// splitHost splits the host of a request; the port of plain HTTP is 80 when none is written.
func splitHost(hostport string) (host, port string) {
	host, port, err := net.SplitHostPort(hostport)
	if err != nil {
		host, port = hostport, ""
	}
	if port == "" {
		port = "80"
	}
	return strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"), port
}

// socketURL is the address of a socket as a client is told it.
func (s *Service) socketURL(r *http.Request, ticket secret.Text) string {
	b := s.baseOf(r)
	address, reachable := b.socket(ticket)
	if !reachable {
		s.lanOnce.Do(func() {
			s.log.LogAttrs(r.Context(), slog.LevelWarn, "chatjs does not open sockets of this address",
				slog.String("host", b.host), slog.String("hint", unreachableHint(r)))
		})
	}
	return address
}
