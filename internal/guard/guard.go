// Package guard decides which requests reach the server at all. It is one
// [http.Handler] in front of everything, the same for the local server, the
// container and the Lambda function.
//
// It owns the Host and Origin rules, the CORS answer headers, the body limit, the
// limits on how much may be asked for, by all together and by each address, and the
// recovery from panics. It refuses to know routes, bodies and Amazon Connect: what a
// request means is decided behind it.
//
// A request passes, in this order:
//
//  1. Method case. The iOS example sends "post"; handlers only ever see "POST".
//  2. Host. A page on the internet can make its own name resolve to 127.0.0.1 (DNS
//     rebinding) and is then of the same origin as this server; only the Host header
//     gives it away.
//  3. Origin. CORS alone stops nobody: a widget's text/plain post needs no preflight
//     and is carried out before the browser looks at the answer's headers. So a
//     foreign origin is refused before the handler runs, by the rules of
//     [http.CrossOriginProtection], which only an allowed origin overrides. Where the
//     configuration says so, the page may read that refusal, and nothing else. Servers that
//     customers reach take no browser's word for an origin that is not named. On request,
//     a post that names no origin is refused, too.
//  4. CORS headers, set before the remaining checks, so that a page of an allowed
//     origin can read every answer, 413, 429, 500 and 503 included.
//  5. What the address has sent lately. It stands behind the checks above, so that a
//     foreign page cannot use up what its visitors may send; preflights and the questions
//     of load balancers do not count.
//  6. Body: its limit, and its arrival. It is read before the request takes a slot, in a
//     bounded time, for each address and in all a bounded number of bytes, so that unfinished
//     bodies keep nobody from being answered. Files are read by their handlers.
//  7. Concurrency. It stands behind the checks above, so that refused requests, preflights
//     and slow senders cannot use the slots up.
//
// A foreign origin's plain GET does pass, without CORS headers: it must not change
// anything (as CrossOriginProtection assumes), and the browser keeps the answer from
// the page. A WebSocket upgrade is a GET too, but the browser applies no CORS to it,
// so it is held to the rules for posts, and so are the reads that the configuration names:
// a script, for example, runs in every page that loads it.
//
// A [Guard] is safe for concurrent use.
package guard

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/rs/cors"

	"github.com/parley-chat/parley/internal/diagnosis"
)

const (
	// DefaultMaxBody is the body limit when the configuration names none: no valid
	// StartChatContact request needs more.
	DefaultMaxBody int64 = 64 << 10
	// DefaultMaxConcurrent is the number of requests handled at the same time when
	// the configuration names none.
	DefaultMaxConcurrent = 1024

	// retryAfter is how long a caller turned away for lack of a slot should wait.
	retryAfter = time.Second
)

// Config says who may call. The zero value is what a developer's own machine needs.
type Config struct {
	// AllowOrigins names origins whose pages may call, exactly as browsers send them
	// ("https://www.example.com", "http://shop.test:8080"), beside those allowed by
	// default: pages on loopback names and addresses, at any port, where Listen reaches beyond
	// loopback also those on private-network addresses (browsers let these call a loopback
	// address without asking anybody), and pages that this server's own address is the origin
	// of. "null" allows pages opened from a file, and with them sandboxed frames of any site.
	// "*" and patterns are refused.
	AllowOrigins []string
	// OnlyNamedOrigins switches the origins that are allowed by default off. It is for
	// servers that customers reach, where nobody develops. A page of the host that it calls
	// still may, as long as hosts are checked: with "*" in AllowHosts the host is whatever the
	// caller says, and a name that was rebound to this server is its own origin.
	OnlyNamedOrigins bool
	// RequireOrigin refuses posts (and whatever else may change something) that name no
	// origin, as programs send that are no browsers. It is for servers where nobody has to
	// prove who they are. It keeps out careless scripts, not people: a script can send any
	// Origin.
	RequireOrigin bool
	// AllowHosts names further hosts the server answers for, without a port. The one
	// entry "*" answers for any name and so gives up the protection against DNS
	// rebinding: use it only behind a load balancer or gateway that routes by name and
	// where nothing but it can reach the server, never on a developer's machine.
	AllowHosts []string
	// PublicURL is the address at which clients reach the server through a proxy
	// ("https://chat.example.com/parley"). Its host is answered for, and pages of its origin are
	// the server's own, whatever the proxy makes of the Host header: nginx sends the name of its
	// upstream by default, and a usual line of its configuration loses the port. Empty is none.
	PublicURL string
	// BehindGateway says that requests are events that a gateway hands to a Lambda function. The
	// host is judged in no way then, not even whether there is one: the gateway has routed by
	// it, and no browser can reach the function past a gateway, so there is nothing to rebind.
	// An event without a single header has come through no gateway either, because every HTTP
	// request has one (RFC 9112, section 3.2): somebody with the right to invoke the function
	// has sent it, as the test buttons of the consoles do, and RequireOrigin is not about them.
	BehindGateway bool
	// Listen is the address the server listens on ("127.0.0.1:3000", ":3000"). When it
	// reaches beyond loopback, its host and the address a connection arrived at are
	// answered for too. Empty means that there is no listener, as in Lambda.
	Listen string
	// MaxConcurrent bounds the requests handled at the same time; zero means
	// [DefaultMaxConcurrent]. WebSocket upgrades do not count, because they last as
	// long as a chat, nor do /healthz, /readyz and /metrics, because they are asked
	// for most urgently when the server is busy.
	MaxConcurrent int
	// AddressRate bounds what each client address may send, IPv6 addresses of one /64
	// together; the zero Rate sets no bound. It counts for this process alone. Preflights
	// and GET of /healthz, /readyz and /metrics are not counted, nor is what was refused
	// for its host or origin.
	AddressRate Rate
	// TrustedProxies is the number of proxies in front that append to X-Forwarded-For: one
	// behind a load balancer, two with a CDN before it. Zero means that the client is the
	// other end of the connection. See [ClientAddr] for what a wrong number gives away.
	TrustedProxies int
	// MaxBody bounds request bodies, in bytes; zero means [DefaultMaxBody].
	MaxBody int64
	// MaxBodyFor gives single routes another limit, in bytes; a result of zero or less
	// means MaxBody. It may be nil.
	MaxBodyFor func(*http.Request) int64
	// Explain names the requests whose refusal for their origin may be read by the page that sent
	// them: the preflight of such a post is granted to every origin, so that the post comes, is
	// refused before its body is read, and tells the page why; a post without a preflight is
	// answered so too. Nothing else becomes readable, and no request passes that would not. Nil
	// names none: a page that is refused then learns nothing from its browser.
	Explain func(*http.Request) bool
	// OnlyForPages names the reads (GET, HEAD) that of all pages only those may make that may
	// call. Browsers send no Origin for the file of a plain script tag; its Referer stands for it
	// then. Nil names none.
	OnlyForPages func(*http.Request) bool
	// DocsURL is the page that explains refusals; answers link to it: an address, or a path
	// on the host that was called. It may be empty.
	DocsURL string
	// Log gets refusals at warn, each distinct one once a minute, and panics at error.
	// Nil discards them.
	Log *slog.Logger
}

// ConfigError is one fault in a [Config]. [New] returns all of them, joined.
type ConfigError struct {
	// Field is the Config field, e.g. "AllowOrigins".
	Field string
	// Value is the entry at fault.
	Value string
	// Reason says what is wrong with it and what to write instead.
	Reason string
}

// Error implements error.
func (e *ConfigError) Error() string {
	if strings.Contains(e.Value, "@") { // there may be a password in it
		return e.Field + ": " + e.Reason
	}
	return e.Field + " " + quote(e.Value) + ": " + e.Reason
}

// Guard is the checked policy, ready to be put in front of handlers.
type Guard struct {
	hosts         hostRules
	origins       originRules
	cross         *http.CrossOriginProtection
	cors          *cors.Cors
	explain       func(*http.Request) bool // nil names none
	explained     *cors.Cors               // for the refusals that explain names
	onlyForPages  func(*http.Request) bool // nil names none
	requireOrigin bool
	gateway       bool
	addresses     *Limiter[[16]byte] // nil without a limit
	proxies       int
	maxConcurrent int64
	running       atomic.Int64
	bodies        bodies
	maxBody       int64
	maxBodyFor    func(*http.Request) int64
	docs          string
	log           *slog.Logger
	refusals      refusals
}

// New checks the configuration and returns the guard. The error joins a
// [ConfigError] for every fault.
func New(config Config) (*Guard, error) {
	g := &Guard{
		cross:         http.NewCrossOriginProtection(),
		explain:       config.Explain,
		onlyForPages:  config.OnlyForPages,
		requireOrigin: config.RequireOrigin,
		gateway:       config.BehindGateway,
		proxies:       config.TrustedProxies,
		maxConcurrent: DefaultMaxConcurrent,
		maxBody:       DefaultMaxBody,
		maxBodyFor:    config.MaxBodyFor,
		docs:          config.DocsURL,
		log:           config.Log,
		refusals:      refusals{seen: make(map[string]time.Time)},
		bodies:        bodies{senders: make(map[[16]byte]*sender)},
	}
	if g.log == nil {
		g.log = slog.New(slog.DiscardHandler)
	}
	var hostFaults, originFaults error
	g.hosts, hostFaults = newHostRules(config.AllowHosts, config.Listen)
	g.origins, originFaults = newOriginRules(config.AllowOrigins, config.OnlyNamedOrigins, g.hosts.beyond)
	faults := []error{hostFaults, originFaults, g.open(config.PublicURL)}
	switch {
	case config.MaxConcurrent < 0:
		faults = append(faults, &ConfigError{"MaxConcurrent", decimal(int64(config.MaxConcurrent)), "must not be negative"})
	case config.MaxConcurrent > 0:
		g.maxConcurrent = int64(config.MaxConcurrent)
	}
	switch {
	case config.MaxBody < 0:
		faults = append(faults, &ConfigError{"MaxBody", decimal(config.MaxBody), "must not be negative"})
	case config.MaxBody > 0:
		g.maxBody = config.MaxBody
	}
	if config.TrustedProxies < 0 {
		faults = append(faults, &ConfigError{"TrustedProxies", decimal(int64(config.TrustedProxies)), "must not be negative"})
	}
	if reason := config.AddressRate.fault(); reason != "" {
		faults = append(faults, &ConfigError{"AddressRate", config.AddressRate.String(), reason})
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	if config.AddressRate.N > 0 {
		g.addresses = NewLimiter[[16]byte](config.AddressRate, maxKeys)
	}
	// HEAD is on the list because rs/cors would leave its answers without headers.
	g.cors = newCORS(g.origins.allow, http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions)
	g.explained = newCORS(func(string) bool { return true }, http.MethodPost)
	return g, nil
}

// Wrap returns a handler that passes admitted requests on to next. All handlers of
// one guard share its concurrency cap.
func (g *Guard) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { g.serve(next, w, r) })
}

// Busy reports whether the guard turns requests away at this moment because it has as many, or as
// much of unfinished bodies, as it may have.
func (g *Guard) Busy() bool { return g.running.Load() >= g.maxConcurrent || g.bodies.full() }

// exchange is one request on its way: the copy that may be changed (handlers must
// not modify the request they are given) and the writer, in a single allocation.
type exchange struct {
	writer
	request http.Request
}

func (g *Guard) serve(next http.Handler, w http.ResponseWriter, original *http.Request) {
	x := &exchange{writer: writer{ResponseWriter: w}, request: *original}
	r := &x.request
	r.Method = canonicalMethod(r.Method)
	defer g.catch(&x.writer, r)

	if !g.gateway && !g.hosts.allow(r) {
		g.refuseHost(w, r)
		return
	}
	if !g.admit(w, r) {
		return
	}
	if g.addresses != nil && !isProbe(r) {
		addr := clientAddr(r, g.proxies)
		if wait, ok := g.addresses.Allow(addressKey(addr)); !ok {
			g.refuseRate(w, r, addr, wait)
			return
		}
	}
	if r.Body != nil && r.Body != http.NoBody {
		limit := g.bodyLimit(r)
		if r.ContentLength > limit {
			g.refuseBody(w, r, limit)
			return
		}
		// The server's own writer, not ours: it has a private method by which the
		// reader makes it close the connection.
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		if limit <= longestWhole && !g.gateway && !g.receive(w, r) {
			return
		}
	}
	if needsSlot(r) {
		if g.running.Add(1) > g.maxConcurrent {
			g.running.Add(-1)
			g.refuseBusy(w, r)
			return
		}
		defer g.running.Add(-1)
	}
	next.ServeHTTP(&x.writer, r)
}

// isSafe reports whether the method promises to change nothing (RFC 9110, section 9.2.1).
func isSafe(r *http.Request) bool {
	return r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions
}

// isProbe reports whether the request is a load balancer's or a monitor's question.
func isProbe(r *http.Request) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	switch r.URL.Path {
	case "/healthz", "/readyz", "/metrics":
		return true
	}
	return false
}

// needsSlot reports whether the request counts against the concurrency cap.
func needsSlot(r *http.Request) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return true
	}
	return !isProbe(r) && !strings.EqualFold(r.Header.Get("Upgrade"), "websocket")
}

func (g *Guard) bodyLimit(r *http.Request) int64 {
	if g.maxBodyFor != nil {
		if limit := g.maxBodyFor(r); limit > 0 {
			return limit
		}
	}
	return g.maxBody
}

// canonicalMethod turns spellings like "post" into the method that is meant. RFC
// 9110 calls methods case-sensitive, so unknown ones stay as they are.
func canonicalMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodPost, http.MethodOptions:
		return method
	}
	for _, known := range [...]string{
		http.MethodPost, http.MethodGet, http.MethodOptions, http.MethodPut,
		http.MethodHead, http.MethodDelete, http.MethodPatch,
	} {
		if len(method) == len(known) && strings.EqualFold(method, known) {
			return known
		}
	}
	return method
}

// problem answers a refusal.
func (g *Guard) problem(w http.ResponseWriter, r *http.Request, p *diagnosis.Problem) {
	p.Write(w, diagnosis.DocsURL(g.docs, r))
}

// hostless is the page about errors for answers that must not repeat the request's host:
// none, unless its whole address is configured.
func (g *Guard) hostless() string {
	if strings.HasPrefix(g.docs, "/") {
		return ""
	}
	return g.docs
}
