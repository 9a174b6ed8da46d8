package gateway

import (
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/parley-chat/parley/internal/runtimeapi"
)

// Kind is a way from HTTP to a function.
type Kind string

// The ways there are.
const (
	RESTAPI           Kind = "REST API"
	HTTPAPI           Kind = "HTTP API"
	FunctionURL       Kind = "function URL"
	LoadBalancer      Kind = "load balancer"
	LoadBalancerMulti Kind = "load balancer, multi-value headers"
)

// Kinds returns all of them.
func Kinds() []Kind {
	return []Kind{RESTAPI, HTTPAPI, FunctionURL, LoadBalancer, LoadBalancerMulti}
}

// maxRequest is what API Gateway takes; a load balancer's limit for functions is lower.
const (
	maxRequest    = 10 << 20
	maxALBRequest = 1 << 20
)

// Gateway is a gateway in front of a function, as deploy/cloudformation.yaml sets the REST API
// up and as AWS's documentation describes the others. It implements [http.Handler].
type Gateway struct {
	Kind     Kind
	Function *Function
	// Responses are the REST API's own answers; see [TemplateResponses].
	Responses Responses
	// BinaryTypes are the media types whose bodies the REST API hands on as base64. The other
	// gateways decide by themselves.
	BinaryTypes []string
	// Throttled reports whether a request exceeds the stage's rate; nil lets all pass.
	Throttled func() bool
}

// Stage is the stage of the REST and the HTTP API.
const Stage = "Prod"

// Root returns the path at which the gateway hands requests on.
func (g *Gateway) Root() string {
	if g.Kind == RESTAPI || g.Kind == HTTPAPI {
		return "/" + Stage
	}
	return "/"
}

// ServeHTTP implements [http.Handler].
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := &exchange{gateway: g, r: r, id: uuid.NewString()}
	x.path = r.URL.Path
	if g.Kind == RESTAPI || g.Kind == HTTPAPI {
		w.Header().Set("X-Amzn-Requestid", x.id)
		rest, ok := strings.CutPrefix(r.URL.Path, "/"+Stage)
		if !ok || rest != "" && rest[0] != '/' {
			g.refuse(w, x, http.StatusForbidden, "MISSING_AUTHENTICATION_TOKEN", "Forbidden")
			return
		}
		x.inStage = "/" + strings.TrimPrefix(rest, "/")
	}
	if g.Kind == RESTAPI && (x.inStage != "/" || r.Method != http.MethodPost && r.Method != http.MethodOptions) {
		g.refuse(w, x, http.StatusForbidden, "MISSING_AUTHENTICATION_TOKEN", "Missing Authentication Token")
		return
	}
	if g.Throttled != nil && g.Throttled() {
		g.refuse(w, x, http.StatusTooManyRequests, "THROTTLED", "Too Many Requests")
		return
	}
	limit := int64(maxRequest)
	if g.Kind == LoadBalancer || g.Kind == LoadBalancerMulti {
		limit = maxALBRequest
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		g.refuse(w, x, http.StatusRequestEntityTooLarge, "REQUEST_TOO_LARGE", "HTTP content length exceeded 10485760 bytes.")
		return
	}
	if err != nil {
		panic(http.ErrAbortHandler) // the client went away
	}
	x.setBody(body)
	payload, err := g.Function.Invoke(r.Context(), x.event())
	if err != nil {
		g.broken(w, x, err)
		return
	}
	if err := g.answer(w, payload); err != nil {
		g.broken(w, x, err)
	}
}

// exchange is one request on its way through a gateway.
type exchange struct {
	gateway       *Gateway
	r             *http.Request
	id            string
	path, inStage string
	body          string
	empty, base64 bool
}

func (x *exchange) setBody(body []byte) {
	x.empty = len(body) == 0
	x.base64 = !x.empty && x.binary()
	if x.base64 || !utf8.Valid(body) && x.gateway.Kind != RESTAPI {
		x.body, x.base64 = base64.StdEncoding.EncodeToString(body), true
		return
	}
	x.body = string(body)
}

// binary reports whether the gateway hands the body on as base64. HTTP APIs, function URLs and
// load balancers do for all but a few types, and for everything with a Content-Encoding.
//
// Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
func (x *exchange) binary() bool {
	media, _, err := mime.ParseMediaType(x.r.Header.Get("Content-Type"))
	if x.gateway.Kind == RESTAPI {
		return err == nil && slices.Contains(x.gateway.BinaryTypes, media)
	}
	if x.r.Header.Get("Content-Encoding") != "" {
		return true
	}
	switch media {
	case "", "application/json", "application/javascript", "application/xml":
		return false
	}
	return !strings.HasPrefix(media, "text/")
}

func (x *exchange) client() string {
	host, _, err := net.SplitHostPort(x.r.RemoteAddr)
	if err != nil {
		return x.r.RemoteAddr
	}
	return host
}

// headers returns all of a request's headers, as gateways hand them on: with Host, and with
// the client at the end of X-Forwarded-For.
func (x *exchange) headers() http.Header {
	h := x.r.Header.Clone()
	h.Set("Host", x.r.Host)
	h["X-Forwarded-For"] = []string{strings.Join(append(h["X-Forwarded-For"], x.client()), ", ")}
	h.Set("X-Forwarded-Proto", "https")
	h.Set("X-Forwarded-Port", "443")
	h.Set("X-Amzn-Trace-Id", "Root=1-5759e988-bd862e3fe1be46a994272793")
	return h
}

// broken answers for a function that failed or answered nonsense.
func (g *Gateway) broken(w http.ResponseWriter, x *exchange, err error) {
	failed, isFunction := errors.AsType[*runtimeapi.Error](err)
	if isFunction && failed.Type == "Sandbox.Timedout" && g.Kind == HTTPAPI {
		g.refuse(w, x, http.StatusServiceUnavailable, "", "Service Unavailable")
		return
	}
	if g.Kind == HTTPAPI {
		g.refuse(w, x, http.StatusInternalServerError, "", "Internal Server Error")
		return
	}
	g.refuse(w, x, http.StatusBadGateway, "INTEGRATION_FAILURE", "Internal server error")
}

// refuse answers without the function.
func (g *Gateway) refuse(w http.ResponseWriter, x *exchange, status int, kind, message string) {
	switch g.Kind {
	case RESTAPI:
		g.Responses.write(w, status, kind, message, x.id)
	case HTTPAPI, FunctionURL:
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, `{"message":"`+message+`"}`) // a client that is gone needs no answer
	case LoadBalancer, LoadBalancerMulti:
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "<html><head><title>"+http.StatusText(status)+"</title></head></html>")
	}
}
