// Package identity checks who a caller says to be: the token of a request becomes a [Caller]
// in its context, or the request is answered 401.
//
// It owns which tokens are good (signature, algorithm, issuer, audience, times), which of
// their claims become contact attributes, and how keys are read from files and from identity
// providers. It refuses to know routes, chats and what a page may ask for: what a Caller
// means is decided behind it. Tokens appear in no log line, no error and no answer, and
// neither does anything that stands in them: log lines name the rule that was broken.
//
// Two kinds of token are known. HS256 tokens are signed by the business's own server with a
// shared key, as for the hosted widget of Amazon Connect; what they say in their claims
// attributes, segmentAttributes, customerId and relatedContactId is taken over. OIDC tokens come from an identity provider
// and are signed with RS256 or ES256; only the claims that the configuration names are taken
// over, because providers let users write some claims themselves.
//
// A token may be used again while it lives, by design: both kinds live for minutes and are
// sent over TLS only, and remembering them would need a store that all replicas share.
//
// Everything in the package is safe for concurrent use.
//
// Source: https://docs.aws.amazon.com/connect/latest/adminguide/pass-contact-attributes-chat.html,
// RFC 6750, RFC 7519, RFC 8725 and https://openid.net/specs/openid-connect-core-1_0.html
package identity

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/parley-chat/parley/internal/connectmodel"
	"github.com/parley-chat/parley/internal/loopback"
	"github.com/parley-chat/parley/internal/secret"
)

const (
	// DefaultMaxLifetime is how long an HS256 token may live when the configuration does not
	// say it.
	DefaultMaxLifetime = 10 * time.Minute
	// DefaultLeeway is the difference between clocks that is forgiven when the configuration
	// does not say it.
	DefaultLeeway = 30 * time.Second

	maxLeeway = 5 * time.Minute
	// maxToken bounds tokens, in bytes. Gateways take 10 KiB of headers, the hosted widget
	// 6 KiB of token.
	maxToken = 16 << 10
	// repeatAfter is how long an identical refusal is not logged again.
	repeatAfter = time.Minute
)

// Mode says which tokens callers bring.
type Mode string

// The modes. The zero Mode is None.
const (
	None  Mode = "none"
	HS256 Mode = "hs256"
	OIDC  Mode = "oidc"
)

// KeySource knows the keys that are shared with the business's own server: HS256 tokens and
// resume ids are signed with them.
type KeySource interface {
	// Keys returns the current key and then, if there is one, the one before it. It is called
	// for each token and resume id, so it has to be quick as a rule, and safe for concurrent use.
	Keys(ctx context.Context) ([]secret.Text, error)
}

// Config says which tokens are good. The zero value asks for none.
type Config struct {
	Mode Mode
	// Header names the header that holds the token and nothing else, in Go's spelling; empty means
	// that it is the bearer token of Authorization.
	Header string
	// Optional passes requests without a token on, without a Caller.
	Optional bool
	// Keys are what HS256 tokens are signed with; needed for that mode.
	Keys KeySource
	// Issuer is the iss claim to demand: with HS256 "" demands none; with OIDC it is needed and
	// is the provider's address, exactly as it writes it.
	Issuer string
	// Audience is the aud claim to demand. With HS256 a token without aud may name it in sub
	// instead, as the hosted widget's tokens name the widget; "" demands none, and refuses
	// tokens that name one. With OIDC it is needed, and is the client id as a rule.
	Audience string
	// JWKSURL is where the provider publishes its keys; when empty, the provider's discovery
	// document says it, which is read for the first token and not before.
	JWKSURL string
	// ClaimAttributes names the claims that become contact attributes: claim to attribute.
	// Claims that are neither text nor number nor boolean are left out.
	ClaimAttributes map[string]string
	// Leeway is the difference between clocks that is forgiven; zero means [DefaultLeeway].
	Leeway time.Duration
	// MaxLifetime bounds the time from iat to exp of HS256 tokens; zero means
	// [DefaultMaxLifetime]. How long OIDC tokens live is the provider's decision.
	MaxLifetime time.Duration
	// HTTP fetches the provider's keys. Its Transport is used, and its Timeout if it has one;
	// nil makes a client.
	HTTP *http.Client
	// DocsURL is the page that explains refusals: an address, or a path on the host that was
	// called. It may be empty.
	DocsURL string
	// Log gets refusals at warn, each distinct one once a minute. Nil discards them.
	Log *slog.Logger
}

// ConfigError is one fault in a [Config]. [New] returns all of them, joined.
type ConfigError struct {
	// Field is the Config field, e.g. "Issuer".
	Field string
	// Reason says what is wrong with it and what to write instead.
	Reason string
}

// Error implements error.
func (e *ConfigError) Error() string { return e.Field + " " + e.Reason }

// checker decides about tokens of one kind. Its errors are a refusal or an *outage.
type checker interface {
	check(ctx context.Context, token string) (*Caller, error)
}

// Verifier is the checked configuration, ready to be put in front of handlers.
type Verifier struct {
	checker  checker // nil when no token is asked for
	header   string
	optional bool
	docs     string
	log      *slog.Logger

	outages rate.Sometimes // bounds the log lines about missing keys
	mu      sync.Mutex
	logged  map[refusal]time.Time
}

// New checks the configuration and returns the verifier. It makes no call: neither keys nor
// the identity provider are asked before the first token. The error joins a [ConfigError] for
// every fault.
func New(config Config) (*Verifier, error) {
	v := &Verifier{
		header: config.Header, optional: config.Optional, docs: config.DocsURL, log: cmp.Or(config.Log, slog.New(slog.DiscardHandler)),
		outages: rate.Sometimes{Interval: repeatAfter}, logged: map[refusal]time.Time{},
	}
	if config.Mode == None || config.Mode == "" {
		return v, nil
	}
	rules, faults := newRules(config)
	var fault error
	switch config.Mode {
	case HS256:
		v.checker, fault = newShared(config, rules)
	case OIDC:
		v.checker, fault = newProvider(config, rules)
	case None:
	default:
		fault = &ConfigError{"Mode", fmt.Sprintf("%q is none of none, hs256, oidc", string(config.Mode))}
	}
	if err := errors.Join(faults, fault); err != nil {
		return nil, err
	}
	return v, nil
}

// newRules checks what both kinds of token have in common.
func newRules(config Config) (rules, error) {
	r := rules{
		leeway: cmp.Or(config.Leeway, DefaultLeeway), lifetime: cmp.Or(config.MaxLifetime, DefaultMaxLifetime),
		issuer: config.Issuer, audience: config.Audience, mapped: config.ClaimAttributes,
	}
	var faults []error
	if r.leeway < 0 || r.leeway > maxLeeway {
		faults = append(faults, &ConfigError{"Leeway", fmt.Sprintf("must be between 0 and %v", maxLeeway)})
	}
	if r.lifetime < 0 {
		faults = append(faults, &ConfigError{"MaxLifetime", "must not be negative"})
	}
	for claim, attribute := range config.ClaimAttributes {
		if claim == "" || claim == "*" || !connectmodel.IsAttributeKey(attribute) {
			faults = append(faults, &ConfigError{"ClaimAttributes", fmt.Sprintf(
				"maps %q to %q: name one claim, and an attribute of letters, digits, - and _", claim, attribute)})
		}
		r.reserved = append(r.reserved, attribute)
	}
	slices.Sort(r.reserved)
	r.reserved = slices.Compact(r.reserved)
	return r, errors.Join(faults...)
}

// checkAddress demands https, which only an address of this machine may go without.
func checkAddress(address string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "":
		return errors.New("is not an address like https://idp.example.com")
	case u.User != nil:
		return errors.New("must not hold a user name or password")
	case u.Scheme == "https", u.Scheme == "http" && loopback.Host(u.Hostname()):
		return nil
	}
	return errors.New("must begin with https://, because keys that anybody may exchange on their way prove nothing")
}

// Wrap returns a handler that passes on requests with a good token, the [Caller] in their
// context; all others are answered 401, or 503 when tokens cannot be checked just now.
// Preflights (OPTIONS) pass without, because browsers send no token with them. In mode None
// everything passes, without a Caller, and the Authorization header is not looked at.
func (v *Verifier) Wrap(next http.Handler) http.Handler {
	if v.checker == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodOptions {
			next.ServeHTTP(w, r)
			return
		}
		caller, err := v.identify(r)
		if v.optional && err == errMissing { //nolint:errorlint // it is never wrapped
			next.ServeHTTP(w, r)
			return
		}
		if err != nil {
			v.refuse(w, r, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(With(r.Context(), caller)))
	})
}

func (v *Verifier) identify(r *http.Request) (*Caller, error) {
	token, err := v.token(r.Header)
	if err != nil {
		return nil, err
	}
	if err := checkHeader(token); err != nil {
		return nil, err
	}
	return v.checker.check(r.Context(), token)
}

// token returns the token of a request: that of the configured header, or the bearer token of
// Authorization (RFC 6750, section 2.1).
func (v *Verifier) token(header http.Header) (string, error) {
	values := header[cmp.Or(v.header, "Authorization")]
	switch len(values) {
	case 0:
		return "", errMissing
	case 1:
	default:
		return "", errHeaders
	}
	token := values[0]
	if v.header == "" {
		var scheme string
		if scheme, token, _ = strings.Cut(token, " "); !strings.EqualFold(scheme, "Bearer") {
			return "", errMissing
		}
	}
	token = strings.Trim(token, " ")
	switch {
	case token == "":
		return "", errMissing
	case len(token) > maxToken:
		// In whole KiB, because each reason is logged once in a while, and there have to be few.
		return "", refusal(fmt.Sprintf("the token is longer than 16 KiB, which is the most: it has %d KiB", (len(token)+1023)>>10))
	case strings.ContainsFunc(token, notInToken):
		return "", errMalformed
	}
	return token, nil
}

// notInToken reports characters that no JWT has: it is base64url with dots between (RFC
// 7515, section 7.1).
func notInToken(c rune) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == '.':
		return false
	}
	return true
}
