package identity

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

// provider checks tokens that an identity provider signs.
type provider struct {
	rules  rules
	keys   *remoteKeys
	config oidc.Config
}

func newProvider(config Config, r rules) (*provider, error) {
	var faults []error
	if r.issuer == "" {
		faults = append(faults, &ConfigError{"Issuer", "is missing: oidc needs the address of the identity provider"})
	} else if err := checkAddress(r.issuer); err != nil {
		faults = append(faults, &ConfigError{"Issuer", err.Error()})
	}
	if r.audience == "" {
		faults = append(faults, &ConfigError{
			"Audience", "is missing: without it, tokens that the provider made for other applications would be accepted",
		})
	}
	if config.JWKSURL != "" {
		if err := checkAddress(config.JWKSURL); err != nil {
			faults = append(faults, &ConfigError{"JWKSURL", err.Error()})
		}
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return &provider{
		rules: r, keys: newRemoteKeys(r.issuer, config.JWKSURL, config.HTTP),
		config: oidc.Config{
			ClientID: r.audience, SupportedSigningAlgs: []string{oidc.RS256, oidc.ES256},
			// The library has no leeway for exp. For nbf it has five minutes, more than ours.
			Now: func() time.Time { return time.Now().Add(-r.leeway) },
		},
	}, nil
}

// check implements checker.
func (p *provider) check(ctx context.Context, text string) (*Caller, error) {
	if kind := typeOf(text); kind != "" && !strings.EqualFold(kind, "JWT") {
		return nil, errKind // RFC 8725, section 3.11; RFC 9068, section 2.1
	}
	run := &verification{keys: p.keys}
	_, err := oidc.NewVerifier(p.rules.issuer, run, &p.config).Verify(ctx, text)
	switch {
	case run.err != nil:
		return nil, run.err
	case err != nil:
		return nil, p.explain(err, run.payload)
	}
	said := claims{rules: &p.rules}
	if err := said.UnmarshalJSON(run.payload); err != nil {
		return nil, err
	}
	return p.accept(&said)
}

// accept decides about a token whose signature, issuer, audience and expiry are good.
//
// Source: https://openid.net/specs/openid-connect-core-1_0.html, sections 2 and 3.1.3.7
func (p *provider) accept(said *claims) (*Caller, error) {
	switch {
	case said.subject == "":
		return nil, errSubject
	case said.party != "" && said.party != p.rules.audience:
		return nil, errParty
	case said.issued.IsZero():
		return nil, errTimes
	case said.issuedAhead():
		return nil, errFuture
	}
	return said.caller(said.subject), nil
}

// explain says why the library did not accept a token.
func (p *provider) explain(err error, payload []byte) error {
	reason := explainOIDC(err)
	said := claims{rules: &p.rules}
	if reason == errIssuer && said.UnmarshalJSON(payload) == nil && //nolint:errorlint // it is never wrapped
		strings.TrimSuffix(said.issuer, "/") == strings.TrimSuffix(p.rules.issuer, "/") {
		return errSlash
	}
	return reason
}

// verification is the key set for one token. The library turns the errors of key sets into
// text, so they are kept here.
type verification struct {
	keys    *remoteKeys
	payload []byte
	err     error
}

// VerifySignature implements [oidc.KeySet].
func (v *verification) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	v.payload, v.err = v.keys.verify(ctx, token)
	return v.payload, v.err
}

// explainOIDC says why the library did not accept a token. It has one error type, for
// expired tokens; the rest is text, which decides about nothing but the reason in the log.
func explainOIDC(err error) error {
	if _, ok := errors.AsType[*oidc.TokenExpiredError](err); ok {
		return errExpired
	}
	for _, known := range []struct {
		text string
		say  refusal
	}{
		{"unexpected signature algorithm", errAlgorithm},
		{"issued by a different provider", errIssuer},
		{"expected audience", errAudience},
		{"before the nbf", errEarly},
	} {
		if strings.Contains(err.Error(), known.text) {
			return known.say
		}
	}
	return errMalformed
}
