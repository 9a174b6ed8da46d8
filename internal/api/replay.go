package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/parley-chat/parley/internal/diagnosis"
	"github.com/parley-chat/parley/internal/excerpt"
	"github.com/parley-chat/parley/internal/inspect"
)

// replayed marks the request of an exchange that is made again, so that its record is found.
const replayed = "X-Parley-Replay"

// changes are what is other in an exchange that is made again; nil members change nothing.
type changes struct {
	Method *string `json:"method"`
	Path   *string `json:"path"`
	// Headers are set, or taken out where they are empty.
	Headers map[string]string `json:"headers"`
	Body    *string           `json:"body"`
}

// replay makes an exchange again, with changes. What was masked in it is made anew: the same
// participant gets a token of its own.
func (a *API) replay(w http.ResponseWriter, r *http.Request) error {
	x, err := a.exchange(r)
	if err != nil {
		return err
	}
	var in changes
	if err := decode(r, &in); err != nil {
		return err
	}
	switch {
	case a.server == nil:
		return errors.New("the api was told of no server")
	case x.Kind != inspect.HTTP:
		return bad("exchange", "only calls can be made again, not frames and sockets")
	case in.Body != nil:
	case x.RequestOmitted || x.RequestSize > 0 && x.RequestBody == "": // left out, or never read
		return bad("body", "body is needed: that of this call was not recorded")
	case x.Truncated && x.RequestSize > int64(len(x.RequestBody)):
		return bad("body", "body is needed: that of this call was longer than what is recorded")
	}
	request, err := a.request(r.Context(), &x, &in)
	if err != nil {
		return err
	}
	request.TLS = r.TLS
	mark := uuid.NewString()
	request.Header.Set(replayed, mark)
	_, before := a.cfg.Exchanges.List(inspect.Query{Limit: 1})
	status := serveAgain(a.server, request, http.NewResponseController(w))
	made, _ := a.cfg.Exchanges.List(inspect.Query{After: before})
	for _, again := range slices.Backward(made) {
		if slices.ContainsFunc(again.RequestHeaders, func(h inspect.Header) bool { return h.Name == replayed && h.Value == mark }) {
			a.write(w, again)
			return nil
		}
	}
	return diagnosis.New(diagnosis.NothingSuch, "The call was made again and answered %d, but is none that is recorded.", status)
}

// request builds the request of an exchange anew.
func (a *API) request(ctx context.Context, x *inspect.Exchange, in *changes) (*http.Request, error) {
	address := orElse(in.Path, x.Path)
	target, err := url.Parse(address)
	if err != nil || !strings.HasPrefix(address, "/") || target.Host != "" {
		return nil, bad("path", "path has to begin with a slash")
	}
	if Handles(path.Clean("/"+target.Path) + "/") {
		return nil, bad("path", "path names a call of this API, which makes none of its own again")
	}
	method := orElse(in.Method, x.Method)
	request, err := http.NewRequestWithContext(ctx, method, "/", strings.NewReader(orElse(in.Body, x.RequestBody)))
	if err != nil {
		return nil, bad("method", fmt.Sprintf("method %q is none", excerpt.Of(method, longestQuote)))
	}
	request.URL, request.Host, request.RequestURI, request.RemoteAddr = target, x.Host, address, "127.0.0.1:0"
	for _, h := range x.RequestHeaders {
		switch name := http.CanonicalHeaderKey(h.Name); {
		case name == "Content-Length" || name == "Transfer-Encoding" || name == "Connection" || name == replayed:
		case strings.Contains(h.Value, inspect.Mark):
		default:
			request.Header.Add(name, h.Value)
		}
	}
	a.reissue(x, request)
	for name, value := range in.Headers {
		if !isToken(name) || strings.ContainsAny(value, "\r\n\x00") {
			return nil, bad("headers", fmt.Sprintf("headers has %q, which is no header", excerpt.Of(name, longestQuote)))
		}
		request.Header.Del(name)
		switch {
		case http.CanonicalHeaderKey(name) == "Host":
			request.Host = value
		case value != "":
			request.Header.Set(name, value)
		}
	}
	return request, nil
}

// isToken reports whether a text can be the name of a method or header (RFC 9110, section 5.6.2).
func isToken(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}

// reissue gives a request the token that was masked. Who is not there any more gets none, and
// the answer shows what a client sees then.
func (a *API) reissue(x *inspect.Exchange, request *http.Request) {
	const bearer = "X-Amz-Bearer"
	masked := slices.ContainsFunc(x.RequestHeaders, func(h inspect.Header) bool { return http.CanonicalHeaderKey(h.Name) == bearer })
	if !masked || a.cfg.Chats == nil || x.ContactID == "" || x.ParticipantID == "" {
		return
	}
	token, connection, err := a.cfg.Chats.Reissue(x.ContactID, x.ParticipantID)
	if err != nil {
		return
	}
	if x.Action != "CreateParticipantConnection" {
		token = connection.Token
	}
	request.Header.Set(bearer, token.Reveal())
}

// serveAgain lets a server answer a request that nobody has sent, and returns the status; zero
// when it cut the connection, as faults do.
func serveAgain(server http.Handler, request *http.Request, caller *http.ResponseController) (status int) {
	answer := &discard{header: http.Header{}, caller: caller}
	defer func() {
		// It is the connection of the call that was made again, not of the one that asked for it.
		if cut := recover(); cut != nil && cut != http.ErrAbortHandler { //nolint:errorlint // as net/http compares it
			panic(cut)
		}
	}()
	server.ServeHTTP(answer, request)
	status = answer.status
	return status
}

// discard takes an answer that nobody reads: the recorder has it.
type discard struct {
	header http.Header
	status int
	caller *http.ResponseController
}

// Header implements [http.ResponseWriter].
func (d *discard) Header() http.Header { return d.header }

// WriteHeader implements [http.ResponseWriter].
func (d *discard) WriteHeader(status int) {
	if d.status == 0 {
		d.status = status
	}
}

// Write implements [http.ResponseWriter].
func (d *discard) Write(p []byte) (int, error) {
	d.WriteHeader(http.StatusOK)
	return len(p), nil
}

// SetReadDeadline lets a call that is held up hold up the one that asked for it.
func (d *discard) SetReadDeadline(t time.Time) error { return d.caller.SetReadDeadline(t) }

// SetWriteDeadline is like SetReadDeadline.
func (d *discard) SetWriteDeadline(t time.Time) error { return d.caller.SetWriteDeadline(t) }
