package lambdahost

import (
	"context"
	"encoding/base64"
	"io"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// noAddress stands for a client whose address the event does not tell.
const noAddress = "0.0.0.0"

// request builds the request as a server would have received it.
func (e *event) request(ctx context.Context) (*http.Request, error) {
	body := e.Body
	if e.IsBase64 && body != "" {
		decoded, err := base64.StdEncoding.DecodeString(body)
		if err != nil {
			return nil, &EventError{"its body is not base64 although it says so"}
		}
		body = string(decoded)
	}
	header := e.header()
	host := header.Get("Host")
	if host == "" {
		host = e.Context.Domain
	}
	header.Del("Host")
	method, path, query, address := e.Method, e.Path, "", e.Context.Identity.SourceIP
	switch e.kind {
	case httpAPI:
		method, path, query, address = e.Context.HTTP.Method, withoutStage(e.RawPath, e.Context.Stage), e.RawQuery, e.Context.HTTP.SourceIP
	case restAPI:
		query = e.decodedQuery()
	case loadBalancer, loadBalancerMulti:
		query, address = e.encodedQuery(), lastForwarded(header)
	}
	r := &http.Request{
		Method: method, URL: location(path, query), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: http.NoBody, ContentLength: int64(len(body)), Host: host,
		RemoteAddr: remoteAddr(address),
	}
	if body != "" {
		r.Body = io.NopCloser(strings.NewReader(body))
	}
	r.RequestURI = r.URL.RequestURI()
	return r.WithContext(ctx), nil
}

// header merges the two forms of header. Where a name stands in both, only the one with all
// values counts. Names come in any case; the same name in two cases has all their values, in
// a fixed order.
func (e *event) header() http.Header {
	header := make(http.Header, len(e.Headers)+len(e.MultiValueHeaders))
	for _, name := range slices.Sorted(maps.Keys(e.MultiValueHeaders)) {
		for _, value := range e.MultiValueHeaders[name] {
			add(header, name, value)
		}
	}
	multi := len(header) > 0
	for _, name := range slices.Sorted(maps.Keys(e.Headers)) {
		if multi && e.isMulti(name) {
			continue
		}
		add(header, name, e.Headers[name])
	}
	if len(e.Cookies) > 0 {
		header.Del("Cookie")
		add(header, "Cookie", strings.Join(e.Cookies, "; "))
	}
	return header
}

func (e *event) isMulti(name string) bool {
	if _, same := e.MultiValueHeaders[name]; same {
		return true
	}
	for other := range e.MultiValueHeaders {
		if strings.EqualFold(name, other) {
			return true
		}
	}
	return false
}

// add leaves out what could not have come over HTTP.
func add(header http.Header, name, value string) {
	if name == "" || strings.ContainsFunc(name, notToken) || strings.ContainsAny(value, "\r\n\x00") {
		return
	}
	header.Add(name, value)
}

// notToken reports whether a character can stand in no header name (RFC 9110, section 5.6.2).
func notToken(c rune) bool {
	return c <= ' ' || c >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, c)
}

// withoutStage takes the stage off a path of an HTTP API. The default stage is not in it, nor
// is any behind a domain name of the user's own.
func withoutStage(path, stage string) string {
	if stage == "" || stage == "$default" {
		return path
	}
	rest, ok := strings.CutPrefix(path, "/"+stage)
	if !ok || rest != "" && rest[0] != '/' {
		return path
	}
	return rest
}

// location is where the request went. Gateways differ in whether they decode paths; one that
// cannot be decoded is taken as it stands.
func location(path, query string) *url.URL {
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	u := &url.URL{Path: path, RawQuery: query}
	if decoded, err := url.PathUnescape(path); err == nil && decoded != path {
		u.Path, u.RawPath = decoded, path
	}
	return u
}

// values returns the query parameters with all their values.
func (e *event) values() url.Values {
	values := url.Values{}
	for key, value := range e.Query {
		values.Set(key, value)
	}
	maps.Copy(values, e.MultiValueQuery)
	return values
}

func (e *event) decodedQuery() string { return e.values().Encode() }

// encodedQuery puts a query together whose parts are still percent-encoded.
func (e *event) encodedQuery() string {
	values := e.values()
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(values)) {
		for _, value := range values[key] {
			if b.Len() > 0 {
				b.WriteByte('&')
			}
			b.WriteString(key + "=" + value)
		}
	}
	return b.String()
}

// lastForwarded returns the only entry that a load balancer vouches for: the one it added.
func lastForwarded(header http.Header) string {
	values := header["X-Forwarded-For"]
	if len(values) == 0 {
		return ""
	}
	last := values[len(values)-1]
	return strings.TrimSpace(last[strings.LastIndexByte(last, ',')+1:])
}

// remoteAddr returns an address as [http.Request] has it. A load balancer may be set to
// add the client's port; API Gateway's console sends a word instead of an address.
func remoteAddr(text string) string {
	if both, err := netip.ParseAddrPort(text); err == nil {
		return both.String()
	}
	address, err := netip.ParseAddr(strings.Trim(text, "[]"))
	if err != nil {
		return noAddress + ":0"
	}
	return net.JoinHostPort(address.String(), "0")
}
