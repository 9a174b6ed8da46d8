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
	// Attachments says that the upstream takes attachments, unless the settings say otherwise.
	Attachments bool
	// Public keeps what AWS says about accounts and roles in the log.
	Public bool
	// DocsURL is the page that explains refusals; it may be empty.
	DocsURL string
	// Log gets one line per request; nil discards.
	Log *slog.Logger
}

// New returns the handler that starts chats for those who may: who they say to be is
// checked first, then how often they came, then what they ask for. It belongs behind a guard
// made of [Guard].
func New(c Config) (http.Handler, error) {
	door, err := startchat.New(c.startChat())
	if err != nil {
		return nil, err
	}
	verifier, err := identity.New(c.identity())
	if err != nil {
		return nil, err
	}
	s := c.Settings
	var handler http.Handler = door
	if s.SubjectRate.N > 0 {
		handler = guard.NewSubjectLimit(rate(s.SubjectRate), subject, c.DocsURL, c.Log).Wrap(handler)
	}
	return verifier.Wrap(handler), nil
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
		AllowOrigins: s.AllowOrigins, AllowHosts: s.AllowHosts, Listen: s.Addr,
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
		Policy:      c.policy(),
		Unknown:     startchat.UnknownMembers(s.UnknownMembers),
		Attachments: s.Attachments || c.Attachments && !s.Given("attachments"),
		Timeout:     s.UpstreamTimeout,
		Public:      c.Public, DocsURL: c.DocsURL, Log: c.Log,
	}
}
