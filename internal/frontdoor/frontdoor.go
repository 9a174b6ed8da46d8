// Package frontdoor puts the way to a chat together from the settings: guard, identity,
// limits and the handler that starts chats, one policy for the local server, the container
// and the production function.
//
// It owns which setting means what to which of them, and the order in which a request passes
// them. It refuses to know flags, files and addresses (package settings), and who answers.
package frontdoor

import (
	"cmp"
	"log/slog"
	"net/http"

	"github.com/parley-chat/parley/internal/doorpath"
	"github.com/parley-chat/parley/internal/guard"
	"github.com/parley-chat/parley/internal/identity"
	"github.com/parley-chat/parley/internal/settings"
	"github.com/parley-chat/parley/internal/startchat"
)

// Config is what a front door needs beside the settings.
type Config struct {
	Settings *settings.Settings
	// Starter starts the chats, in Region (empty checks no ARN's Region).
	Starter startchat.Starter
	Region  string
	// Keys are what tokens are checked and resume ids signed with; nil without a key.
	Keys identity.KeySource
	// InstanceID and ContactFlowID stand in where the settings name none.
	InstanceID, ContactFlowID string
	// Widgets are the ids of the hosted widgets there are; nil means that none is looked up.
	Widgets []string
	// Attachments says that the upstream takes attachments, unless the settings say otherwise.
	Attachments bool
	// Public keeps what AWS says in the log, and tells pages what customers can use.
	Public bool
	// DocsURL is the page that explains refusals; it may be empty.
	DocsURL string
	// Log gets one line per request; nil discards.
	Log *slog.Logger
}

// New returns the handler that starts chats for those who may: who they say to be is
// checked first, then how often they came, then what they ask for. The start call of hosted
// widgets has a way of its own, see [Config.widget]. It belongs behind a guard made of [Guard].
func New(c Config) (http.Handler, error) {
	limit := guard.NewSubjectLimit(rate(c.Settings.SubjectRate), subject, c.DocsURL, c.Log)
	door, err := way(c.startChat(), c.identity(), limit.Wrap)
	if err != nil {
		return nil, err
	}
	widget, err := c.widget(limit.Wrap)
	if err != nil {
		return nil, err
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if id, ok := doorpath.Widget(r.URL.Path); ok {
			widget(w, r, id)
			return
		}
		door.ServeHTTP(w, r)
	}), nil
}

// way returns the checks that a request passes on its way to a chat, in their order.
func way(start startchat.Config, who identity.Config, limit func(http.Handler) http.Handler) (http.Handler, error) {
	door, err := startchat.New(start)
	if err != nil {
		return nil, err
	}
	verifier, err := identity.New(who)
	if err != nil {
		return nil, err
	}
	return verifier.Wrap(limit(door)), nil
}

// NewUnguarded returns the handler that starts chats for whoever has the credentials in hand:
// no token is asked for and nothing is forbidden that Amazon Connect takes.
func NewUnguarded(c Config) (http.Handler, error) {
	config := c.startChat()
	config.Policy = nil
	return startchat.New(config)
}

// subject is what chats of one customer are counted under; empty counts nothing.
func subject(r *http.Request) string {
	if caller, ok := identity.From(r.Context()); ok {
		return caller.Subject
	}
	return ""
}

func rate(r settings.Rate) guard.Rate { return guard.Rate{N: r.N, Per: r.Per} }

// Guard says who may call.
func Guard(s *settings.Settings, docs string, log *slog.Logger) guard.Config {
	return guard.Config{
		AllowOrigins: s.AllowOrigins, AllowHosts: s.AllowHosts, Listen: s.Addr, PublicURL: s.PublicURL,
		// Nobody develops there, and on a private network are other people's pages.
		OnlyNamedOrigins: s.ForCustomers(), RequireOrigin: s.OriginRequired(),
		AddressRate: rate(s.AddressRate), TrustedProxies: s.TrustedProxies,
		MaxConcurrent: s.MaxConcurrent, DocsURL: docs, Log: log,
	}
}

// identity says which tokens customers bring.
func (c Config) identity() identity.Config {
	s := c.Settings
	return identity.Config{
		Mode: identity.Mode(s.AuthMode), Keys: c.Keys, Issuer: s.JWTIssuer, Audience: s.JWTAudience, JWKSURL: s.JWKSURL,
		ClaimAttributes: s.Claims(), DocsURL: c.DocsURL, Log: c.Log,
	}
}

// startChat says how chats are started.
func (c Config) startChat() startchat.Config {
	s := c.Settings
	return startchat.Config{
		Starter: c.Starter, Region: c.Region,
		Defaults: startchat.Defaults{
			InstanceID:    cmp.Or(s.InstanceID, c.InstanceID),
			ContactFlowID: cmp.Or(s.ContactFlowID, c.ContactFlowID),
			DisplayName:   s.DisplayName, ContentTypes: s.ContentTypes,
		},
		Policy:      c.policy(s.AuthMode != settings.AuthNone),
		Unknown:     startchat.UnknownMembers(s.UnknownMembers),
		Attachments: s.Attachments || c.Attachments && !s.Given("attachments"),
		Timeout:     s.UpstreamTimeout,
		Public:      c.Public, DocsURL: c.DocsURL, Log: c.Log,
	}
}
