package identity

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/diagnosis"
)

// refusal is a token that is not accepted. The reason is for the operator's log and is the
// same whatever the token holds; callers get to know the rule only.
type refusal struct {
	rule   diagnosis.ID
	reason string
}

// Error implements error.
func (r *refusal) Error() string { return r.reason }

//nolint:errname // a refusal is what the caller is told; the prefix says so
var (
	refuseMissing   = &refusal{diagnosis.TokenMissing, "there is no Authorization: Bearer header"}
	refuseHeaders   = &refusal{diagnosis.TokenInvalid, "there is more than one Authorization header"}
	refuseLength    = &refusal{diagnosis.TokenInvalid, "the token is longer than 16 KiB"}
	refuseMalformed = &refusal{diagnosis.TokenInvalid, "the token is not a well-formed JWT"}
	refuseCritical  = &refusal{diagnosis.TokenInvalid, "the token demands an extension (crit) that is not known here"}
	refuseAlgorithm = &refusal{diagnosis.TokenInvalid, "the token is signed with an algorithm that is not accepted"}
	refuseSignature = &refusal{diagnosis.TokenInvalid, "the token is signed with an unknown key, or was changed"}
	refuseExpired   = &refusal{diagnosis.TokenExpired, "the token has expired"}
	refuseEarly     = &refusal{diagnosis.TokenInvalid, "the token is not valid yet (nbf)"}
	refuseFuture    = &refusal{diagnosis.TokenInvalid, "the token was issued in the future (iat); check the clocks"}
	refuseTimes     = &refusal{diagnosis.TokenInvalid, "the token lacks exp or iat"}
	refuseLifetime  = &refusal{diagnosis.TokenInvalid, "the token lives too long: the time from iat to exp is bounded"}
	refuseIssuer    = &refusal{diagnosis.TokenInvalid, "the token names another issuer (iss), or none"}
	refuseAudience  = &refusal{diagnosis.TokenInvalid, "the token names another audience (aud) or widget (sub), or none"}
	refuseUnasked   = &refusal{diagnosis.TokenInvalid, "the token names an audience (aud), and none is configured"}
	refuseClaims    = &refusal{diagnosis.TokenInvalid, "a claim of the token is not of the type it has to be"}
	refuseAttribute = &refusal{diagnosis.TokenInvalid, "the token's attributes are not an object of texts"}
	refuseSegments  = &refusal{diagnosis.TokenInvalid, "the token's segmentAttributes are not an object of {\"ValueString\": text}"}
)

// outage says that tokens cannot be checked, which is not the caller's fault.
type outage struct {
	doing string
	cause error
}

// Error implements error.
func (o *outage) Error() string { return fmt.Sprintf("%s: %v", o.doing, o.cause) }

// Unwrap returns the cause.
func (o *outage) Unwrap() error { return o.cause }

// refuse answers a request whose token was not accepted.
func (v *Verifier) refuse(w http.ResponseWriter, r *http.Request, err error) {
	var p *diagnosis.Problem
	switch e := err.(type) { //nolint:errorlint // what checkers return is not wrapped
	case *refusal:
		p = diagnosis.New(e.rule, "")
		v.report(r, p, e.reason)
		w.Header().Set("WWW-Authenticate", challenge(e.rule))
	default:
		p = diagnosis.New(diagnosis.IdentityUnavailable, "")
		if r.Context().Err() == nil { // a caller that has gone is no outage
			v.outages.Do(func() {
				v.log.ErrorContext(r.Context(), "cannot check tokens", "rule", string(p.Rule.ID), "error", shorten(err))
			})
		}
	}
	p.Write(w, diagnosis.DocsURL(v.docs, r))
}

// challenge says what is wrong in the words of RFC 6750, section 3: no error for a request
// that did not know of tokens at all.
func challenge(rule diagnosis.ID) string {
	const realm = `Bearer realm="chat"`
	switch rule {
	case diagnosis.TokenMissing:
		return realm
	case diagnosis.TokenExpired:
		return realm + `, error="invalid_token", error_description="The token has expired"`
	}
	return realm + `, error="invalid_token", error_description="The token is not accepted"`
}

// report logs a refusal once a minute.
func (v *Verifier) report(r *http.Request, p *diagnosis.Problem, reason string) {
	now := time.Now()
	v.mu.Lock()
	last, seen := v.logged[reason]
	due := !seen || now.Sub(last) >= repeatAfter
	if due {
		v.logged[reason] = now
	}
	v.mu.Unlock()
	if due {
		v.log.WarnContext(r.Context(), "refused a token", "rule", string(p.Rule.ID), "reason", reason, "hint", p.Hint)
	}
}

// shorten makes an error's text one printable line of bounded length: what identity
// providers answer may stand in it.
func shorten(err error) string {
	const most = 300
	text := strings.Join(strings.Fields(err.Error()), " ")
	text = strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' {
			return '?'
		}
		return c
	}, text)
	if len(text) > most {
		text = text[:most] + "..."
	}
	return text
}
