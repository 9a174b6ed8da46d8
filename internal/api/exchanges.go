package api

import (
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/parley-chat/parley/internal/diagnosis"
	"github.com/parley-chat/parley/internal/excerpt"
	"github.com/parley-chat/parley/internal/inspect"
)

const mostExchanges = 10_000

func (a *API) exchangeQuery(r *http.Request) (inspect.Query, error) {
	q := r.URL.Query()
	query := inspect.Query{
		ContactID: a.chat(r.Context(), q.Get("contact")), Kind: inspect.Kind(q.Get("kind")), Text: q.Get("q"), Status: q.Get("status"),
	}
	switch query.Kind {
	case "", inspect.HTTP, inspect.Socket, inspect.Frame, inspect.Flow:
	default:
		return query, bad("kind", fmt.Sprintf("kind %q is not one of http, socket, frame, flow", excerpt.Of(string(query.Kind), longestQuote)))
	}
	if query.Status != "" && !inspect.IsStatus(query.Status) {
		return query, bad("status", fmt.Sprintf("status %q is not a status, a class such as 4xx, or failed", excerpt.Of(query.Status, longestQuote)))
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
	query, err := a.exchangeQuery(r)
	if err != nil {
		return nil, err
	}
	found, last := a.cfg.Exchanges.List(query)
	list := make([]inspect.Exchange, 0, len(found))
	for _, x := range found {
		list = append(list, x.Summary())
	}
	return map[string]any{"exchanges": list, "last": last}, nil
}

func (a *API) clearExchanges(*http.Request) (any, error) {
	a.cfg.Exchanges.Clear()
	return nil, nil
}

func (a *API) exchange(r *http.Request) (inspect.Exchange, error) {
	x, ok := a.cfg.Exchanges.Get(r.PathValue("exchange"))
	if !ok {
		return x, diagnosis.New(diagnosis.NothingSuch, "There is no such exchange, or not any more.")
	}
	return x, nil
}

func (a *API) getExchange(r *http.Request) (any, error) { return a.exchange(r) }

// har answers the exchanges as an HTTP Archive, which browsers' tools can open.
func (a *API) har(w http.ResponseWriter, r *http.Request) error {
	query, err := a.exchangeQuery(r)
	if err != nil {
		return err
	}
	describe(w, "application/json")
	w.Header().Set("Content-Disposition", `attachment; filename="parley.har"`)
	_ = a.cfg.Exchanges.WriteHAR(w, query) // the caller is gone
	return nil
}

func (a *API) curl(w http.ResponseWriter, r *http.Request) error {
	x, err := a.exchange(r)
	if err != nil {
		return err
	}
	if x.Method == "" {
		return bad("exchange", "only calls can be made with curl, not frames")
	}
	describe(w, "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, x.Curl()) // the caller is gone
	return nil
}
