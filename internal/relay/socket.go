package relay

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gobwas/ws"

	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/diagnosis"
	"github.com/parley-chat/parley/internal/loopback"
	"github.com/parley-chat/parley/internal/secret"
)

const (
	// openTime is how long the service may take to open a socket.
	openTime = 15 * time.Second
	// refusalPause is how long a refused upgrade is left waiting. A client that is refused at
	// once comes back at once: chatjs has no pauses of its own.
	refusalPause = 1500 * time.Millisecond
	// maxHeld bounds how many are left waiting at the same time.
	maxHeld = 512
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
// them. A client is refused before its upgrade or not at all: one that is accepted and then
// closed makes a page of chatjs come back 80 times a second.
func (r *Relay) serveSocket(w http.ResponseWriter, request *http.Request) {
	key, refusal := handshake(request)
	if refusal != nil {
		w.Header().Set("Upgrade", "websocket")
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Sec-WebSocket-Version", "13")
		awswire.WriteError(w, refusal)
		return
	}
	t, err := r.seal.open(secret.New(request.URL.Query().Get("t")), time.Now())
	who := r.known.of(t.Holder)
	if r.tap != nil {
		r.tap.Called(request, "WebSocket", who.contact, who.participant, who.role)
	}
	if err != nil {
		r.refuse(w, request, &awswire.Error{Status: http.StatusForbidden, Name: "AccessDeniedException", Message: "Access denied"})
		return
	}
	l := &link{relay: r, holder: t.Holder, known: who.contact != ""}
	if !r.admit(l) {
		r.refuse(w, request, &awswire.Error{
			Status: http.StatusServiceUnavailable, Name: "ServiceUnavailableException", Message: "No further socket is taken now.",
		})
		return
	}
	opened, err := r.open(request, t.URL)
	if err != nil {
		r.forget(l)
		r.refuse(w, request, err)
		return
	}
	conn, reader, err := upgrade(w, key, opened.protocol)
	if err != nil { // the client is gone, or the server in front cannot do it
		_ = opened.conn.Close() // nobody wants it
		r.forget(l)
		r.log.LogAttrs(request.Context(), slog.LevelWarn, "relayed socket not opened", slog.String("cause", err.Error()))
		return
	}
	if r.tap != nil {
		l.number = r.tap.Opened(request, who.contact, who.participant, who.role)
	}
	l.begin(conn, reader, opened)
	// Not on this goroutine: the server would count the request as one in progress.
	go l.run() // ends with the connections; Shutdown waits for forget
}

// admit reserves a place for a link.
func (r *Relay) admit(l *link) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.draining || len(r.links) >= maxSockets {
		return false
	}
	r.links[l] = struct{}{}
	r.running.Add(1)
	return true
}

// forget ends the accounting of a link.
func (r *Relay) forget(l *link) {
	r.mu.Lock()
	delete(r.links, l)
	r.mu.Unlock()
	r.running.Done()
}

// refuse answers an upgrade with an error, after a pause.
func (r *Relay) refuse(w http.ResponseWriter, request *http.Request, err error) {
	if r.held.Add(1) <= maxHeld {
		pause := time.NewTimer(refusalPause)
		select {
		case <-pause.C:
		case <-r.drained:
		case <-request.Context().Done():
		}
		pause.Stop()
	}
	r.held.Add(-1)
	if wire, ok := errors.AsType[*awswire.Error](err); ok {
		awswire.WriteError(w, wire)
		return
	}
	p := r.explain(err)
	r.log.LogAttrs(request.Context(), slog.LevelError, "chat socket not relayed",
		slog.String("rule", string(p.Rule.ID)), slog.String("cause", err.Error()))
	p.Write(w, diagnosis.DocsURL(r.docs, request))
}

// opened is a socket that is open at the service.
type opened struct {
	conn     io.ReadWriteCloser
	protocol string
}

// open opens the socket at the service, by the transport that carries the calls.
func (r *Relay) open(request *http.Request, address string) (*opened, error) {
	u, refusal := r.target(address)
	if refusal != "" { // the ticket is ours, so that its address was good
		return nil, errors.New(refusal)
	}
	u.Scheme = strings.Replace(u.Scheme, "ws", "http", 1)
	ctx, cancel := context.WithTimeout(request.Context(), openTime)
	defer cancel()
	outgoing, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), http.NoBody)
	if err != nil {
		return nil, errors.New("the address of the socket is none")
	}
	nonce := make([]byte, 16)
	_, _ = rand.Read(nonce) // crypto/rand never fails: it ends the program instead
	key := base64.StdEncoding.EncodeToString(nonce)
	for name, value := range map[string]string{
		"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": key,
		"Sec-WebSocket-Protocol": request.Header.Get("Sec-WebSocket-Protocol"), "Origin": request.Header.Get("Origin"),
		"User-Agent": request.Header.Get("User-Agent"),
	} {
		if value != "" {
			outgoing.Header.Set(name, value)
		}
	}
	response, err := r.transport.RoundTrip(outgoing)
	if err != nil {
		return nil, err
	}
	conn, upgraded := response.Body.(io.ReadWriteCloser)
	if response.StatusCode == http.StatusSwitchingProtocols && upgraded && response.Header.Get("Sec-WebSocket-Accept") == acceptOf(key) {
		return &opened{conn: conn, protocol: response.Header.Get("Sec-WebSocket-Protocol")}, nil
	}
	defer func() { _ = response.Body.Close() }() // what was read counts
	if response.StatusCode < http.StatusBadRequest {
		return nil, fmt.Errorf("%w: no WebSocket", awswire.ErrAnswer)
	}
	const longest = 64 << 10
	text, _ := io.ReadAll(io.LimitReader(response.Body, longest)) // what there is names the error
	refused := awswire.ParseError(response.StatusCode, response.Header, text)
	if refused.Name == "" {
		refused.Name = strings.ReplaceAll(http.StatusText(refused.Status), " ", "") + "Exception"
	}
	return nil, refused
}

// acceptOf is the answer to the key of a handshake (RFC 6455, section 4.2.2).
func acceptOf(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) //nolint:gosec // RFC 6455 wants it, and nothing depends on its strength
	return base64.StdEncoding.EncodeToString(sum[:])
}

// handshake checks the request for a WebSocket (RFC 6455, section 4.2.1) and returns its key.
func handshake(r *http.Request) (key string, refusal *awswire.Error) {
	key = r.Header.Get("Sec-Websocket-Key")
	raw, err := base64.StdEncoding.DecodeString(key)
	if !lists(r.Header["Upgrade"], "websocket") || !lists(r.Header["Connection"], "upgrade") ||
		r.Header.Get("Sec-Websocket-Version") != "13" || err != nil || len(raw) != 16 {
		return "", &awswire.Error{
			Status: http.StatusUpgradeRequired, Name: "UpgradeRequiredException", Message: "This address is for a WebSocket.",
		}
	}
	return key, nil
}

// lists looks a token up in a header that is a list.
func lists(values []string, token string) bool {
	for part := range strings.SplitSeq(strings.Join(values, ","), ",") {
		if strings.EqualFold(strings.TrimSpace(part), token) {
			return true
		}
	}
	return false
}

// upgrade takes the connection of a request over and answers with the handshake's end. After an
// error the connection is closed.
func upgrade(w http.ResponseWriter, key, protocol string) (net.Conn, *bufio.Reader, error) {
	conn, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, nil, fmt.Errorf("taking a connection over: %w", err)
	}
	text := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + acceptOf(key) + "\r\n"
	if protocol != "" {
		text += "Sec-WebSocket-Protocol: " + protocol + "\r\n"
	}
	// The server's time limits are for requests.
	if err = conn.SetDeadline(time.Time{}); err == nil {
		err = conn.SetWriteDeadline(time.Now().Add(writeTime))
	}
	if err == nil {
		_, err = io.WriteString(conn, text+"\r\n")
	}
	if err != nil {
		_ = conn.Close() // err is the failure to report
		return nil, nil, fmt.Errorf("answering an upgrade: %w", err)
	}
	return conn, rw.Reader, nil
}

// state is what frames of a side are checked against.
func state(fromClient, fragmented bool) ws.State {
	s := ws.StateClientSide
	if fromClient {
		s = ws.StateServerSide
	}
	if fragmented {
		s |= ws.StateFragmented
	}
	return s
}
