package identity

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/diagnosis"
	"github.com/parley-chat/parley/internal/excerpt"
)

// refusal is why a token is not accepted. It is for the operator's log, and the same whatever
// the token holds; callers get to know the rule only.
type refusal string

const (
	errMissing   refusal = "there is no token in the header that has to hold it"
	errHeaders   refusal = "there is more than one header with a token"
	errMalformed refusal = "the token is not a well-formed JWT"
	errCritical  refusal = "the token demands an extension (crit) that is not known here"
	errAlgorithm refusal = "the token is signed with an algorithm that is not accepted"
	errSignature refusal = "the token is signed with an unknown key, or was changed"
	errExpired   refusal = "the token has expired"
	errEarly     refusal = "the token is not valid yet (nbf)"
	errFuture    refusal = "the token was issued in the future (iat); check the clocks"
	errTimes     refusal = "the token lacks exp or iat"
	errRepeated  refusal = "the token's header is not a JSON object whose members each stand in it once"
	errIssuer    refusal = "the token names another issuer (iss), or none"
	errSlash     refusal = "the token names another issuer (iss), which differs from the configured one by a slash at its end"
	errAudience  refusal = "the token names another audience (aud) or widget (sub), or none"
	errUnasked   refusal = "the token names an audience (aud), and none is configured"
	errParty     refusal = "the token was made for another application (azp)"
	errSubject   refusal = "the token names no subject (sub)"
	errKind      refusal = "the token's header says that it is no ID token (typ): access tokens, for one, are for APIs"
	errClaims    refusal = "a claim of the token is not of the type it has to be"
	errAttribute refusal = "the token's attributes are not an object of texts"
	errMember    refusal = "the token's customerId or relatedContactId is not a text, or is empty"
	errSegments  refusal = "the token's segmentAttributes are not an object of {\"ValueString\": text}"
)

// inMillis ends the refusal of times that are not in seconds.
const inMillis = " in milliseconds instead of seconds since 1970"

// milliseconds is why a token is refused whose claims of these names hold milliseconds. There are
// three such claims, so there are few such refusals.
func milliseconds(names []string) refusal {
	slices.Sort(names)
	return refusal("the token gives " + strings.Join(names, " and ") + inMillis)
}

// Error implements error.
func (r refusal) Error() string { return string(r) }

// problem is what the caller reads: nothing but the rule, so that nobody can try tokens out. A
// time in milliseconds is named, because it is seen without the key and looks right to whoever
// reads the token.
func (r refusal) problem() *diagnosis.Problem {
	p := diagnosis.New(r.rule(), "")
	if reason, named := strings.CutPrefix(string(r), "the "); named && strings.HasSuffix(reason, inMillis) {
		p.Sentence = "The " + reason + "."
		p.Hint = "Write iat, exp and nbf in seconds: in JavaScript Math.floor(Date.now() / 1000)."
	}
	return p
}

// rule is what the caller is told.
func (r refusal) rule() diagnosis.ID {
	switch r {
	case errMissing:
		return diagnosis.TokenMissing
	case errExpired:
		return diagnosis.TokenExpired
	default:
		return diagnosis.TokenInvalid
	}
}

// outage says that tokens cannot be checked, which is not the caller's fault.
type outage struct {
	doing string
	cause error
}

// issuerError says that tokens cannot be checked until somebody corrects the configuration: the
// provider is not where the issuer says, or names itself differently.
type issuerError struct {
	sentence, remedy string
	cause            error
}

// Error implements error.
func (e *issuerError) Error() string { return e.sentence }

// Hint says what to do.
func (e *issuerError) Hint() string { return e.remedy }

// Unwrap returns the cause.
func (e *issuerError) Unwrap() error { return e.cause }

// Error implements error.
func (o *outage) Error() string { return fmt.Sprintf("%s: %v", o.doing, o.cause) }

// Unwrap returns the cause.
func (o *outage) Unwrap() error { return o.cause }

// refuse answers a request whose token was not accepted.
func (v *Verifier) refuse(w http.ResponseWriter, r *http.Request, err error) {
	var p *diagnosis.Problem
	switch e := err.(type) { //nolint:errorlint // what checkers return is not wrapped
	case refusal:
		p = e.problem()
		if e == errMissing && v.header != "" {
			p.Sentence = "The request has no header " + v.header + " with a token."
			p.Hint = "Send in " + v.header + " a token that your own server signed for this customer and this widget."
		}
		v.report(r, p, e)
		w.Header().Set("WWW-Authenticate", challenge(e))
	default:
		p = diagnosis.New(diagnosis.IdentityUnavailable, "")
		next := ""
		if wrong, ok := err.(*issuerError); ok { //nolint:errorlint // as above
			p, next = diagnosis.New(diagnosis.IssuerWrong, ""), wrong.remedy
		}
		if r.Context().Err() == nil { // a caller that has gone is no outage
			v.outages.Do(func() {
				v.log.ErrorContext(r.Context(), "cannot check tokens", "rule", string(p.Rule.ID), "error", printable(err.Error()), "hint", cmp.Or(printable(next), p.Hint))
			})
		}
	}
	p.Write(w, diagnosis.DocsURL(v.docs, r))
}

// challenge says what is wrong in the words of RFC 6750, section 3: no error for a request
// that did not know of tokens at all.
func challenge(reason refusal) string {
	const realm = `Bearer realm="chat"`
	switch reason {
	case errMissing:
		return realm
	case errExpired:
		return realm + `, error="invalid_token", error_description="The token has expired"`
	default:
		return realm + `, error="invalid_token", error_description="The token is not accepted"`
	}
}

// report logs a refusal once a minute.
func (v *Verifier) report(r *http.Request, p *diagnosis.Problem, reason refusal) {
	now := time.Now()
	v.mu.Lock()
	last, seen := v.logged[reason]
	due := !seen || now.Sub(last) >= repeatAfter
	if due {
		v.logged[reason] = now
	}
	v.mu.Unlock()
	if due {
		v.log.WarnContext(r.Context(), "refused a token", "rule", string(p.Rule.ID), "reason", string(reason), "hint", p.Hint)
	}
}

// printable makes a text one printable line of bounded length: what identity
// providers answer may stand in it.
func printable(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	text = strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' {
			return '?'
		}
		return c
	}, text)
	return excerpt.Of(text, 300)
}
