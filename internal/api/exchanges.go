package api

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/parley-chat/parley/internal/diagnosis"
	"github.com/parley-chat/parley/internal/inspect"
)

const mostExchanges = 10_000

func exchangeQuery(r *http.Request) (inspect.Query, error) {
	q := r.URL.Query()
	query := inspect.Query{
		ContactID: q.Get("contact"), Kind: inspect.Kind(q.Get("kind")), Text: q.Get("q"), Status: q.Get("status"),
	}
	switch query.Kind {
	case "", inspect.HTTP, inspect.Socket, inspect.Frame:
	default:
		return query, bad("kind", fmt.Sprintf("kind %q is not one of http, socket, frame", shorten(string(query.Kind))))
	}
	if query.Status != "" && !inspect.IsStatus(query.Status) {
		return query, bad("status", fmt.Sprintf("status %q is not a status, a class such as 4xx, or failed", shorten(query.Status)))
	}
	if after := q.Get("after"); after != "" {
		seq, err := strconv.ParseUint(after, 10, 64)
		if err != nil {
			return query, bad("after", "after is not the sequence number of an exchange")
		}
		query.After = seq
	}
	limit, err := number(q.Get("limit"), mostExchanges, mostExchanges)
	if err != nil {
		return query, bad("limit", err.Error())
	}
	query.Limit = limit
	return query, nil
}

func (a *API) listExchanges(r *http.Request) (any, error) {
	query, err := exchangeQuery(r)
	if err != nil {
		return nil, err
	}
	found, last := a.Exchanges.List(query)
	list := make([]inspect.Exchange, 0, len(found))
	for _, x := range found {
		list = append(list, x.Summary())
	}
	return map[string]any{"exchanges": list, "last": last}, nil
}

func (a *API) clearExchanges(*http.Request) (any, error) {
	a.Exchanges.Clear()
	return nil, nil
}

func (a *API) exchange(r *http.Request) (inspect.Exchange, error) {
	x, ok := a.Exchanges.Get(r.PathValue("exchange"))
	if !ok {
		return x, diagnosis.New(diagnosis.NothingSuch, "There is no such exchange any more.")
	}
	return x, nil
}

func (a *API) getExchange(r *http.Request) (any, error) { return a.exchange(r) }

// har answers the exchanges as an HTTP Archive, which browsers' tools can open.
func (a *API) har(w http.ResponseWriter, r *http.Request) error {
	query, err := exchangeQuery(r)
	if err != nil {
		return err
	}
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Content-Disposition", `attachment; filename="parley.har"`)
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(a.Exchanges.HAR(query)) // the caller is gone
	return nil
}

func (a *API) curl(w http.ResponseWriter, r *http.Request) error {
	x, err := a.exchange(r)
	if err != nil {
		return err
	}
	text := x.Curl()
	if text == "" {
		return bad("exchange", "only calls can be made with curl, not frames")
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = io.WriteString(w, text+"\n") // the caller is gone
	return nil
}

// replayed marks the request of an exchange that is made again, so that its record is found.
const replayed = "X-Parley-Replay"

// replay makes an exchange again, with changes. What was masked in it is made anew: the same
// participant gets a token of its own.
func (a *API) replay(r *http.Request) (any, error) {
	x, err := a.exchange(r)
	if err != nil {
		return nil, err
	}
	var in struct {
		Method  *string           `json:"method"`
		Path    *string           `json:"path"`
		Headers map[string]string `json:"headers"`
		Body    *string           `json:"body"`
	}
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	if x.Kind != inspect.HTTP {
		return nil, bad("exchange", "only calls can be made again, not frames and sockets")
	}
	if x.RequestOmitted && in.Body == nil {
		return nil, bad("body", "the body of this call was not recorded; give one")
	}
	method, path, body := orElse(in.Method, x.Method), orElse(in.Path, x.Path), orElse(in.Body, x.RequestBody)
	request, err := a.request(r.Context(), x, method, path, body)
	if err != nil {
		return nil, err
	}
	for name, value := range in.Headers {
		request.Header.Del(name)
		if value != "" {
			request.Header.Set(name, value)
		}
	}
	mark := uuid.NewString()
	request.Header.Set(replayed, mark)
	_, before := a.Exchanges.List(inspect.Query{Limit: 1})
	answer := &discard{header: http.Header{}}
	a.Server.ServeHTTP(answer, request)
	made, _ := a.Exchanges.List(inspect.Query{After: before})
	for _, again := range slices.Backward(made) {
		if slices.ContainsFunc(again.RequestHeaders, func(h inspect.Header) bool { return h.Name == replayed && h.Value == mark }) {
			return again, nil
		}
	}
	return nil, diagnosis.New(diagnosis.NothingSuch, "The call was made again and answered %d, but was not recorded.", answer.status)
}

func orElse(given *string, otherwise string) string {
	if given != nil {
		return *given
	}
	return otherwise
}

// request builds the request of an exchange anew.
func (a *API) request(ctx context.Context, x inspect.Exchange, method, path, body string) (*http.Request, error) {
	target, err := url.Parse(path)
	if err != nil || !strings.HasPrefix(path, "/") || target.Host != "" {
		return nil, bad("path", "path has to begin with a slash")
	}
	if Handles(target.Path) {
		return nil, bad("path", "calls of this API cannot be made again by it")
	}
	request, err := http.NewRequestWithContext(ctx, method, "http://"+x.Host+path, strings.NewReader(body))
	if err != nil {
		return nil, bad("method", fmt.Sprintf("%q is no method", shorten(method)))
	}
	request.Host, request.RemoteAddr, request.RequestURI = x.Host, "127.0.0.1:0", path
	for _, h := range x.RequestHeaders {
		switch name := http.CanonicalHeaderKey(h.Name); {
		case name == "Content-Length" || name == "Connection" || name == replayed || strings.Contains(h.Value, inspect.Mark):
		default:
			request.Header.Add(name, h.Value)
		}
	}
	if x.ContactID != "" && x.ParticipantID != "" && a.Chats != nil {
		a.reissue(ctx, x, request)
	}
	return request, nil
}

// reissue gives a request the token that was masked. Who is not there any more gets none, and
// the answer shows what a client sees then.
func (a *API) reissue(ctx context.Context, x inspect.Exchange, request *http.Request) {
	const bearer = "X-Amz-Bearer"
	masked := slices.ContainsFunc(x.RequestHeaders, func(h inspect.Header) bool { return http.CanonicalHeaderKey(h.Name) == bearer })
	if !masked {
		return
	}
	if x.Action == "CreateParticipantConnection" {
		if token, err := a.Chats.ReissueToken(x.ContactID, x.ParticipantID); err == nil {
			request.Header.Set(bearer, token.Reveal())
		}
		return
	}
	if connection, err := a.Chats.Reissue(ctx, x.ContactID, x.ParticipantID); err == nil {
		request.Header.Set(bearer, connection.Token.Reveal())
	}
}

// discard takes an answer that nobody reads: the recorder has it.
type discard struct {
	header http.Header
	status int
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

// pump tells listeners of exchanges as long as somebody listens to them.
func (a *API) pump() (stop func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.Exchanges == nil {
		return func() {}
	}
	if a.pumping++; a.pumping == 1 {
		ctx, cancel := context.WithCancel(context.Background())
		a.stopPump = cancel
		_, last := a.Exchanges.List(inspect.Query{Limit: 1})
		go func() { // ends with the last listener
			for x := range a.Exchanges.Watch(ctx, last) {
				summary := x.Summary()
				a.Events.Exchange(&summary)
			}
		}()
	}
	return func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.pumping--; a.pumping == 0 {
			a.stopPump()
		}
	}
}

