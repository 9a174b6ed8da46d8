package relay

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/chatsocket"
	"github.com/parley-chat/parley/internal/diagnosis"
	"github.com/parley-chat/parley/internal/loopback"
	"github.com/parley-chat/parley/internal/participant"
	"github.com/parley-chat/parley/internal/secret"
)

// target reads the address of a socket at the service, and says why it must not
// be called; empty when it may. The address comes from the service's answer; an answer that leads elsewhere has to
// lead nowhere.
func (r *Relay) target(address string) (u *url.URL, refusal string) {
	u, err := url.Parse(address)
	if err != nil {
		return &url.URL{}, "its address is none" // the cause would repeat it, ticket and all
	}
	secure := u.Scheme == "wss"
	switch {
	case !secure && u.Scheme != "ws" || u.Host == "" || u.User != nil:
		return u, "its address is none of a WebSocket"
	case r.isEndpoint(u, secure):
		return u, ""
	case !secure || u.Port() != "" && u.Port() != "443":
		return u, "its host is neither the endpoint nor one of Amazon Connect's"
	}
	host := strings.ToLower(u.Hostname())
	for _, domain := range r.domains {
		if strings.HasSuffix(host, "."+domain) {
			return u, ""
		}
	}
	return u, "its host is neither the endpoint nor one of Amazon Connect's"
}

// isEndpoint reports whether an address is at the endpoint. All names of this machine are the
// same; an emulator hands out 127.0.0.1 whatever it was called by.
func (r *Relay) isEndpoint(u *url.URL, secure bool) bool {
	if !secure && r.endpoint.Scheme == "https" {
		return false
	}
	if portOf(u, secure) != portOf(r.endpoint, r.endpoint.Scheme == "https") {
		return false
	}
	a, b := strings.ToLower(u.Hostname()), strings.ToLower(r.endpoint.Hostname())
	local := func(host string) bool { return loopback.Host(host) || loopback.Name(host) }
	return a == b || local(a) && local(b)
}

func portOf(u *url.URL, secure bool) string {
	switch port := u.Port(); {
	case port != "":
		return port
	case secure:
		return "443"
	}
	return "80"
}

// serveSocket opens the socket at the service and then the client's, and carries frames between
// them.
func (r *Relay) serveSocket(w http.ResponseWriter, request *http.Request) {
	key, ok := chatsocket.Handshake(w, request)
	if !ok {
		return
	}
	t, err := r.seal.open(secret.New(request.URL.Query().Get("t")), time.Now())
	who := r.known.of(t.Holder)
	if r.tap != nil {
		r.tap.Called(request, participant.SocketAction, who.contact, who.participant, who.role)
	}
	l := &link{relay: r, holder: t.Holder, known: who.contact != ""}
	service, protocol, err := r.admit(request, l, t, err)
	if err != nil {
		r.refuse(w, request, err)
		return
	}
	client, err := chatsocket.Upgrade(w, key, protocol)
	if err != nil {
		_ = service.Close() // nobody wants it
		r.sockets.Remove(l)
		r.log.LogAttrs(request.Context(), slog.LevelWarn, "relayed socket not opened", slog.String("cause", err.Error()))
		return
	}
	if r.tap != nil {
		l.number = r.tap.Opened(request, who.contact, who.participant, who.role)
	}
	l.begin(chatsocket.ServerSide(client), chatsocket.ClientSide(service))
	// Not on this goroutine: the server would count the request as one in progress.
	go l.run() // ends with the connections; Shutdown waits for Remove
}

// admit reserves a place for a link and opens its socket at the service. refusal is the error of
// its ticket, nil for none.
func (r *Relay) admit(request *http.Request, l *link, t ticket, refusal error) (conn io.ReadWriteCloser, protocol string, err error) {
	if err := r.sockets.Add(l); err != nil {
		return nil, "", err
	}
	if err = refusal; err == nil {
		conn, protocol, err = r.open(request, t.URL)
	}
	if err != nil {
		r.sockets.Remove(l)
	}
	return conn, protocol, err
}

// refuse answers an upgrade with an error, after a pause.
func (r *Relay) refuse(w http.ResponseWriter, request *http.Request, err error) {
	r.sockets.Refuse(request, func() {
		if wire, ok := errors.AsType[*awswire.Error](err); ok {
			awswire.WriteError(w, wire)
			return
		}
		p := r.explain(err)
		r.log.LogAttrs(request.Context(), slog.LevelError, "chat socket not relayed",
			slog.String("rule", string(p.Rule.ID)), slog.String("cause", err.Error()))
		p.Write(w, diagnosis.DocsURL(r.docs, request))
	})
}

// open opens the socket at the service, by the transport that carries the calls.
func (r *Relay) open(request *http.Request, address string) (conn io.ReadWriteCloser, protocol string, err error) {
	if _, refusal := r.target(address); refusal != "" { // the ticket is ours, so that its address was good
		return nil, "", errors.New(refusal)
	}
	header := http.Header{}
	for _, name := range []string{"Sec-Websocket-Protocol", "Origin", "User-Agent"} {
		if value := request.Header.Get(name); value != "" {
			header.Set(name, value)
		}
	}
	return chatsocket.Dial(request.Context(), r.transport, address, header)
}
