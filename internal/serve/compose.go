package serve

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"path"
	"strings"

	"github.com/parley-chat/parley/internal/console"
	"github.com/parley-chat/parley/internal/devcert"
	"github.com/parley-chat/parley/internal/doorpath"
	"github.com/parley-chat/parley/internal/emulator"
	"github.com/parley-chat/parley/internal/frontdoor"
	"github.com/parley-chat/parley/internal/guard"
	"github.com/parley-chat/parley/internal/hint"
	"github.com/parley-chat/parley/internal/identity"
	"github.com/parley-chat/parley/internal/pagescript"
	"github.com/parley-chat/parley/internal/settings"
)

// compose puts the guard and the routes around the upstream.
func (s *Server) compose(ctx context.Context) (http.Handler, error) {
	set, docs := s.config.Settings, s.docs()
	door, err := s.newFrontDoor(ctx)
	if err != nil {
		return nil, err
	}
	access := frontdoor.Guard(set, docs, s.config.Log)
	if embedded := s.upstream.embedded; embedded != nil {
		door = embedded.Faults().WrapFrontDoor(door)
		// Only its own developer is there to be told. A server with a list of allowed flows rehearses
		// a public one, and keeps as silent as that.
		if set.Loopback() && !set.Pinned() {
			access.Explain = startsChat(set)
		}
	}
	api, err := s.api()
	if err != nil {
		return nil, err
	}
	access.MaxBodyFor = api.MaxBodyFor
	routes := Routes{StartChat: door, API: api, Paths: set.Paths, Draining: s.draining.Load, DocsURL: docs, Log: s.config.Log, Files: map[string]http.Handler{}}
	if clients := s.upstream.clients; clients != nil {
		access.MaxBodyFor = func(r *http.Request) int64 { return cmp.Or(api.MaxBodyFor(r), clients.MaxBodyFor(r)) }
		routes.Embedded = clients
		routes.Files[pagescript.Path] = pagescript.Handler()
	}
	access.OnlyForPages = isForPages
	if s.private.authority != nil {
		routes.Files["/"+devcert.PublicName] = s.private.authority.Handler()
	}
	policy, err := guard.New(access)
	if err != nil {
		return nil, err
	}
	routes.Busy = policy.Busy
	if set.ForCustomers() { // without everything for developers: no pages, no API, no streams that stay
		routes.API = nil
	} else {
		routes.Pages = console.New(s.consoleConfig())
		addSchemas(routes.Files)
	}
	handler := s.observers.record(policy.Wrap(routes.Handler()))
	api.Serve(handler)
	return s.behindProxy(handler)
}

// startsChat returns what tells the posts to the front door, and their preflights, from other requests.
func startsChat(set *settings.Settings) func(*http.Request) bool {
	paths := doorpath.With(set.Paths...)
	return func(r *http.Request) bool {
		return (r.Method == http.MethodPost || r.Method == http.MethodOptions) && paths.Has(r.URL.Path)
	}
}

// isForPages tells what only pages that may start a chat may read: the script by which they are
// pointed here, and the Participant Service.
func isForPages(r *http.Request) bool {
	clean := path.Clean("/" + r.URL.Path)
	return clean == pagescript.Path || strings.HasPrefix(clean, "/participant/")
}

func (s *Server) consoleConfig() console.Config {
	set := s.config.Settings
	return console.Config{
		URL: s.site.url, Base: s.site.path(), Upstream: s.upstream.text, Embedded: set.Upstream == settings.Embedded,
		Strict: set.Strict, InstanceID: cmp.Or(set.InstanceID, emulator.DefaultInstanceID), ContactFlowID: emulator.DefaultContactFlowID,
		HasInstanceID: set.InstanceID != "", HasContactFlowID: set.ContactFlowID != "",
		DocsURL: s.docs(), NetworkURLs: s.devices().NetworkURLs(), Version: s.config.Version,
	}
}

// newFrontDoor returns the handler that starts chats. On a server for customers AWS's texts stay in
// the log.
func (s *Server) newFrontDoor(ctx context.Context) (http.Handler, error) {
	set := s.config.Settings
	keys, err := Keys(ctx, set, s.config.Log)
	if err != nil {
		return nil, err
	}
	config := frontDoor(set)
	config.Starter, config.Region, config.Keys = s.upstream.starter, s.upstream.region, keys
	config.Public, config.DocsURL, config.Log = set.ForCustomers(), s.docs(), s.config.Log
	return frontdoor.New(config)
}

// Keys opens where the settings say that the key of tokens is: see [frontdoor.Keys]. A file that cannot be
// read is a mistake in the settings.
func Keys(ctx context.Context, s *settings.Settings, log *slog.Logger) (identity.KeySource, error) {
	keys, err := frontdoor.Keys(ctx, s, log)
	if err != nil && s.JWTKeyARN == "" {
		err = hint.Misuse(fmt.Errorf("--jwt-key-file: %w", err), "name the file with the key that tokens are signed with")
	}
	return keys, err
}
