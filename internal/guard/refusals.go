package guard

import (
	"fmt"
	"net/http"
	"net/netip"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/parley-chat/parley/internal/diagnosis"
)

const (
	// repeatAfter is how long an identical refusal is not logged again.
	repeatAfter = time.Minute
	// maxRemembered bounds the distinct refusals remembered: whoever sends a new name
	// each time fills neither the memory nor the log.
	maxRemembered = 128
	// maxShown bounds what is shown of a header, in bytes. A host name has at most 253.
	maxShown = 260
)

// refusals remembers what was logged lately. The zero value needs its map.
type refusals struct {
	mu   sync.Mutex
	seen map[string]time.Time
}

// first reports whether a refusal should be logged.
func (f *refusals) first(key string) bool {
	now := time.Now()
	f.mu.Lock()
	defer f.mu.Unlock()
	if at, ok := f.seen[key]; ok && now.Sub(at) < repeatAfter {
		return false
	}
	if len(f.seen) >= maxRemembered {
		for k, at := range f.seen {
			if now.Sub(at) >= repeatAfter {
				delete(f.seen, k)
			}
		}
	}
	if len(f.seen) >= maxRemembered {
		return false
	}
	f.seen[key] = now
	return true
}

// report logs a refusal once a minute. value is the header at fault, made printable.
func (g *Guard) report(r *http.Request, p *diagnosis.Problem, name, value string) {
	if g.refusals.first(string(p.Rule.ID) + " " + value) {
		g.log.WarnContext(r.Context(), "refused a request",
			"rule", string(p.Rule.ID), name, value, "method", printable(r.Method), "hint", p.Hint)
	}
}

func (g *Guard) refuseHost(w http.ResponseWriter, r *http.Request) {
	host := printable(r.Host)
	p := diagnosis.New(diagnosis.HostNotAllowed, "This server does not answer for the host %s.", quote(host))
	if host == "" {
		p.Sentence = "The request names no host."
		p.Hint = "Send a Host header: localhost or 127.0.0.1."
	} else if name, ok := splitHost(r.Host); ok && r.Host == host {
		if reasoned, reason := checkHostName(name); reason == "" {
			p.Hint = "Call the server as localhost or 127.0.0.1, or start it with --allow-host " + reasoned + "."
		}
	}
	g.report(r, p, "host", host)
	if r.Header.Get("X-Forwarded-Proto")+r.Header.Get("X-Forwarded-Host") != "" { // the log has been told, once
		p.Hint = "A proxy has sent this: start the server with --public-url and the address that browsers call (docs/proxies.md)."
	}
	p.Write(w, g.hostless()) // the host that was called is not to be repeated in a link
}

// originProblem says why none of the request's origins may call.
func (g *Guard) originProblem(values []string) (p *diagnosis.Problem, shown string) {
	shown = printable(strings.Join(values, ", "))
	switch {
	case len(values) == 0:
		p = diagnosis.New(diagnosis.OriginNotAllowed,
			"The browser says that another site sent this request, but the request names no origin.")
		p.Hint = "Send the request with fetch from a page whose origin is allowed; give a script's tag the attribute crossorigin."
	case len(values) > 1:
		p = diagnosis.New(diagnosis.OriginNotAllowed, "The request has more than one Origin header.")
		p.Hint = "Send one Origin header; check the proxies between the page and this server."
	case values[0] == nullOrigin:
		p = diagnosis.New(diagnosis.NullOrigin, "")
		if g.origins.only { // to allow it would let every site in through a frame
			p.Hint = "Serve the page from an origin that is allowed, in no sandboxed frame."
		}
	default:
		p = diagnosis.New(diagnosis.OriginNotAllowed, "Pages of the origin %s may not call this server.", quote(shown))
		if origin, reason := CheckOrigin(values[0]); reason == "" && origin == values[0] {
			p.Hint = "Start the server with --allow-origin " + origin + "."
			if g.origins.only { // a function or a container: nobody types flags there
				p.Hint = "Add " + origin + " to ALLOWED_ORIGINS of the function, or to PARLEY_ALLOW_ORIGIN of the container."
			}
		}
	}
	return p, shown
}

func (g *Guard) refuseOrigin(w http.ResponseWriter, r *http.Request, values []string) {
	p, shown := g.originProblem(values)
	g.report(r, p, "origin", shown)
	g.problem(w, r, p)
}

// reportOrigin logs a refused preflight. The answer itself says nothing, because
// browsers show none of it; the log is where the developer finds the reason.
func (g *Guard) reportOrigin(r *http.Request, values []string) {
	p, shown := g.originProblem(values)
	g.report(r, p, "origin", shown)
}

func (g *Guard) refuseNoOrigin(w http.ResponseWriter, r *http.Request) {
	p := diagnosis.New(diagnosis.OriginRequired, "")
	g.report(r, p, "origin", "")
	g.problem(w, r, p)
}

func (g *Guard) refuseRate(w http.ResponseWriter, r *http.Request, addr netip.Addr, wait time.Duration) {
	p := tooMany(wait)
	g.report(r, p, "address", addr.String())
	g.problem(w, r, p)
}

func (g *Guard) refuseBusy(w http.ResponseWriter, r *http.Request) {
	p := diagnosis.New(diagnosis.TooBusy, "")
	p.RetryAfter = retryAfter
	g.report(r, p, "limit", decimal(g.maxConcurrent))
	g.problem(w, r, p)
}

func (g *Guard) refuseBody(w http.ResponseWriter, r *http.Request, limit int64) {
	p := diagnosis.New(diagnosis.BodyTooLarge, "The request body has %d bytes; at most %d are taken.", r.ContentLength, limit)
	g.report(r, p, "limit", decimal(limit))
	g.problem(w, r, p)
}

// catch turns a handler's panic into one log entry and, when the answer has not
// begun, a 500; otherwise the connection is cut, so that the client does not take a
// part for the whole. It is to be deferred.
func (g *Guard) catch(w *writer, r *http.Request) {
	reason := recover()
	if reason == nil {
		return
	}
	if reason == http.ErrAbortHandler { //nolint:errorlint // net/http compares it like this; a wrapped one is a real panic
		panic(reason)
	}
	id := uuid.NewString()
	g.log.ErrorContext(r.Context(), "handler panicked", "request_id", id, "method", printable(r.Method),
		"path", printable(r.URL.Path), "panic", g.panicText(reason), "stack", string(debug.Stack()))
	if w.begun {
		panic(http.ErrAbortHandler)
	}
	header := w.Header()
	for name := range header {
		// What the handler had prepared describes an answer that will not come.
		if name != "Vary" && !strings.HasPrefix(name, "Access-Control-") {
			delete(header, name)
		}
	}
	header.Set("X-Amzn-Requestid", id)
	p := diagnosis.New(diagnosis.InternalFailure, "")
	p.RequestID = id
	g.problem(w.ResponseWriter, r, p)
}

// panicText says what a handler panicked with. On a server that customers reach that is Go's
// own words (an index out of range, a nil pointer) or nothing but the type: any other text may
// hold what a customer sent.
func (g *Guard) panicText(reason any) string {
	if _, ok := reason.(runtime.Error); !ok && g.origins.only {
		return fmt.Sprintf("a value of type %T", reason)
	}
	return fmt.Sprint(reason)
}

// printable makes a header safe to log and to repeat: ASCII, no control characters,
// bounded.
func printable(value string) string {
	value = value[:min(len(value), maxShown)]
	return strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' {
			return '?'
		}
		return c
	}, value)
}

func quote(value string) string { return strconv.Quote(value) }

func decimal(n int64) string { return strconv.FormatInt(n, 10) }
