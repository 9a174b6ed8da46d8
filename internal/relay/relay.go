// Package relay stands between chat clients and a Participant Service elsewhere, Amazon
// Connect's as a rule: it passes their calls and chat sockets on, so that whoever watches the
// server sees the whole chat.
//
// It owns the way of a call there and back and of a socket's frames in both directions. It
// changes one thing, the address of the socket in the answer of CreateParticipantConnection:
// that becomes one on this server, which carries the real one sealed. Attachments are left
// alone; their bytes go from the page to Amazon S3 and back. It refuses to know what calls mean
// and who may call (package guard).
//
// Only two kinds of host are ever called: the configured endpoint, and those of sockets that
// the configuration names. No token is logged or kept; of those that passed it remembers
// digests, to know whose a call is.
//
// A [Relay] is safe for concurrent use.
package relay

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/parley-chat/parley/internal/chatsocket"
	"github.com/parley-chat/parley/internal/participant"
)

// Config is what a [Relay] needs. Only Endpoint is required.
type Config struct {
	// Endpoint is the Participant Service, an address without a query
	// ("https://participant.connect.us-west-2.amazonaws.com").
	Endpoint string
	// SocketDomains are the domains below which the service's sockets are; those are opened
	// over TLS only. The endpoint's own host always may have sockets.
	SocketDomains []string
	// Region stands in explanations of failures.
	Region string
	// PublicURL is the address clients reach this server at. Empty means that every client is
	// told addresses on the host it asked.
	PublicURL string
	// Timeout is how long a call may take; zero means 30 seconds.
	Timeout time.Duration
	// Tap hears of every call and frame; nil costs nothing.
	Tap participant.Tap
	// Transport carries calls and the opening of sockets; nil makes one that follows the
	// proxies of the environment.
	Transport http.RoundTripper
	// DocsURL is the page that explains errors: an address, or a path on the host that was
	// called.
	DocsURL string
	// Log gets what could not be passed on; nil discards.
	Log *slog.Logger
}

const (
	defaultTimeout = 30 * time.Second
	// maxSockets bounds the sockets that are open at a time.
	maxSockets = 1024
)

// Relay passes the calls and sockets of chat clients on.
type Relay struct {
	endpoint  *url.URL
	domains   []string
	region    string
	timeout   time.Duration
	addresses *participant.Addresses
	tap       participant.Tap
	transport http.RoundTripper
	own       *http.Transport // nil when it was handed in
	docs      string
	log       *slog.Logger
	seal      sealer
	known     *holders
	actionOf  func(*http.Request) string // empty for unknown ones, which are passed on all the same

	foreign sync.Once
	lan     sync.Once
	sockets *chatsocket.Hub[*link]
}

var _ http.Handler = (*Relay)(nil)

// New checks the configuration and returns the relay. It calls nobody.
func New(cfg Config) (*Relay, error) {
	endpoint, err := url.Parse(cfg.Endpoint)
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading the address of the participant service: %w", err)
	case endpoint.Scheme != "http" && endpoint.Scheme != "https" || endpoint.Host == "" || endpoint.RawQuery != "" ||
		endpoint.Fragment != "" || endpoint.User != nil:
		return nil, errors.New("the address of the participant service is not of the form https://host[:port][/path]")
	}
	addresses, err := participant.NewAddresses(cfg.PublicURL)
	if err != nil {
		return nil, err
	}
	r := &Relay{
		endpoint: endpoint, domains: cfg.SocketDomains, region: cfg.Region, timeout: cfg.Timeout, addresses: addresses,
		tap: cfg.Tap, transport: cfg.Transport, docs: cfg.DocsURL, log: cfg.Log, seal: newSealer(), known: newHolders(),
		actionOf: participant.Finder(), sockets: chatsocket.NewHub[*link](maxSockets),
	}
	if r.log == nil {
		r.log = slog.New(slog.DiscardHandler)
	}
	if r.timeout <= 0 {
		r.timeout = defaultTimeout
	}
	if r.transport == nil {
		r.own = newTransport()
		r.transport = r.own
	}
	return r, nil
}

func newTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 15 * time.Second}
	return &http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: dialer.DialContext, TLSHandshakeTimeout: 10 * time.Second,
		// Calls over HTTP/2, sockets over HTTP/1.1: the transport chooses by their Upgrade field.
		ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 64, IdleConnTimeout: 45 * time.Second, MaxResponseHeaderBytes: 1 << 20,
	}
}

// prefix is what the paths of the Participant Service begin with.
const prefix = "/participant/"

// handles reports whether a request is for the relay.
func handles(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, prefix) }

// Wrap serves the relay's paths and hands every other request to next.
func (r *Relay) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		if handles(request) {
			r.ServeHTTP(w, request)
			return
		}
		next.ServeHTTP(w, request)
	})
}

// MaxBodyFor returns how long the body of a request may be, in bytes; zero for requests to
// others.
func (r *Relay) MaxBodyFor(request *http.Request) int64 {
	if handles(request) {
		return participant.MaxBody
	}
	return 0
}

// ServeHTTP implements [http.Handler].
func (r *Relay) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	switch {
	case !straight(request.URL.EscapedPath()):
		participant.Unknown(w, request)
	case request.URL.Path == chatsocket.Path:
		r.serveSocket(w, request)
	default:
		r.call(w, request, r.actionOf(request))
	}
}

// straight reports whether a path, as it was sent, is one below the relay's for every reader,
// whatever that decodes and removes first: what follows ".." could be any address of the service
// behind, which is called with this path.
//
// Source: RFC 3986, section 6.2.2.
func straight(escaped string) bool {
	if !strings.HasPrefix(escaped, prefix) || path.Clean(escaped) != escaped {
		return false
	}
	for decoded, before := escaped, ""; decoded != before; {
		before = decoded
		if plain, err := url.PathUnescape(decoded); err == nil {
			decoded = plain
		}
		for _, segment := range strings.FieldsFunc(decoded, func(c rune) bool { return c == '/' || c == '\\' }) {
			if segment == "." || segment == ".." {
				return false
			}
		}
	}
	return true
}

// Sockets returns how many sockets are open.
func (r *Relay) Sockets() int { return r.sockets.Len() }

// Drain tells all sockets to leave and admits no new ones. It does not wait.
func (r *Relay) Drain() { r.sockets.Drain() }

// Shutdown drains and waits until all sockets are closed. When ctx ends first the connections
// are cut and the cause is returned.
func (r *Relay) Shutdown(ctx context.Context) error {
	if r.own != nil {
		defer r.own.CloseIdleConnections()
	}
	return r.sockets.Shutdown(ctx)
}
