package frontdoor

import (
	"log/slog"
	"net/http"
	"slices"
	"sync"

	"github.com/parley-chat/parley/internal/diagnosis"
	"github.com/parley-chat/parley/internal/doorpath"
	"github.com/parley-chat/parley/internal/excerpt"
	"github.com/parley-chat/parley/internal/fidelity"
	"github.com/parley-chat/parley/internal/identity"
	"github.com/parley-chat/parley/internal/settings"
)

const (
	// widgetToken is the header in which hosted widgets send the token of the business's server.
	widgetToken = "X-Amz-Security-Token"
	// widgetPrefix is what Amazon Connect puts before the names of attributes that come from the
	// page's snippet.
	//
	// Source: https://docs.aws.amazon.com/connect/latest/adminguide/pass-attributes-directly.html
	widgetPrefix = "HostedWidget-"
)

// widget returns what answers the start call of hosted widgets: the front door, but for where the
// token stands and for the names of the page's attributes. Wherever there is a shared key, a token
// is held against it; whether it may be missing is said by the mode, as for every start.
func (c Config) widget(limit func(http.Handler) http.Handler) (func(w http.ResponseWriter, r *http.Request, id string), error) {
	start, who := c.startChat(), c.identity()
	start.AttributePrefix = widgetPrefix
	who.Header = widgetToken
	if c.Settings.AuthMode == settings.AuthNone && c.Keys != nil {
		who.Mode, who.Optional = identity.HS256, true
	}
	start.Policy = c.policy(who.Mode != identity.None)
	door, err := way(start, who, func(next http.Handler) http.Handler { return nobody(limit(next)) })
	if err != nil {
		return nil, err
	}
	log := c.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	unread := sync.OnceFunc(func() {
		log.Warn("a hosted widget's token says nothing here, because there is no key to check it with",
			slog.String("hint", "name the widget's security key with --jwt-key-file"))
	})
	return func(w http.ResponseWriter, r *http.Request, id string) {
		if c.Widgets != nil && !slices.Contains(c.Widgets, id) {
			p := diagnosis.New(diagnosis.WidgetNotFound, "There is no hosted widget %q.", excerpt.Of(id, 100))
			p.Hint = "Post to /connectwidget/api/" + c.Widgets[0] + "/start, or start the server without --strict, which takes any id."
			p.Write(w, diagnosis.DocsURL(c.DocsURL, r))
			return
		}
		if who.Mode == identity.None && r.Header.Get(widgetToken) != "" {
			unread()
		}
		door.ServeHTTP(w, r)
	}, nil
}

// Fidelity describes what stands in for the hosted widget's backend, and where it comes from.
func Fidelity() []fidelity.Entry {
	const area = "Hosted widget's start call, `POST /connectwidget/api/{widgetId}/start`"
	return []fidelity.Entry{
		{Area: area, Name: "Request and answer", Source: fidelity.Observed, Note: "What chat-interface sends there and reads: the front " +
			"door's body and envelope. `x-amz-snippet-id` is not looked at."},
		{Area: area, Name: "Token", Source: fidelity.Documentation, Note: "`x-amz-security-token`, checked as hs256 where a key is configured " +
			"(`--jwt-key-file`); it may be missing unless `--auth-mode` says otherwise. Its `customerId` and `relatedContactId` (observed) become members of " +
			"the start. Without a key it says nothing."},
		{Area: area, Name: "Contact attributes", Source: fidelity.Documentation, Note: "The page's get the prefix `HostedWidget-`, " +
			"the token's have none."},
		{Area: area, Name: "Widget id", Source: fidelity.Guessed, Note: "Any will do. When strict: the one of `--jwt-audience`, or a default one; " +
			"others are `ResourceNotFoundException`."},
	}
}

// nobody takes the subject from callers whose token names the widget that is called: it is no
// customer, and customers must not be counted as one.
func nobody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, _ := doorpath.Widget(r.URL.Path)
		if caller, ok := identity.From(r.Context()); ok && caller.Subject == id {
			unnamed := *caller
			unnamed.Subject = ""
			r = r.WithContext(identity.With(r.Context(), &unnamed))
		}
		next.ServeHTTP(w, r)
	})
}
