package identity

import (
	"context"
	"errors"
	"fmt"

	"github.com/golang-jwt/jwt/v5"

	"github.com/parley-chat/parley/internal/secret"
)

// MinKeyBytes is the least length of a key: HMAC-SHA-256 is as strong as its key up to the
// length of the hash.
//
// Source: RFC 7518, section 3.2
const MinKeyBytes = 32

// shared checks tokens that the business's own server signs with a key it shares with us.
type shared struct {
	rules  rules
	keys   KeySource
	parser *jwt.Parser
}

func newShared(config Config, r rules) (*shared, error) {
	if config.Keys == nil {
		return nil, &ConfigError{"Keys", "is missing: hs256 needs the key that tokens are signed with"}
	}
	options := []jwt.ParserOption{
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithStrictDecoding(),
		jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithLeeway(r.leeway),
	}
	if r.issuer != "" {
		options = append(options, jwt.WithIssuer(r.issuer))
	}
	return &shared{rules: r, keys: config.Keys, parser: jwt.NewParser(options...)}, nil
}

// check implements checker.
func (s *shared) check(ctx context.Context, text string) (*Caller, error) {
	keys, err := s.keys.Keys(ctx)
	if err != nil {
		return nil, &outage{"reading the key of tokens", err}
	}
	accepted, err := usable(keys)
	if err != nil {
		return nil, &outage{"reading the key of tokens", err}
	}
	said := claims{rules: &s.rules, ours: true}
	token, err := s.parser.ParseWithClaims(text, &said, func(token *jwt.Token) (any, error) {
		if _, ok := token.Header["crit"]; ok { // RFC 7515, section 4.1.11; the library overlooks it
			return nil, errCritical
		}
		return accepted, nil
	})
	if err != nil {
		return nil, explain(token, err)
	}
	return s.accept(&said)
}

// accept decides about a token whose signature, times and issuer are good.
func (s *shared) accept(said *claims) (*Caller, error) {
	if said.issued.IsZero() {
		return nil, errTimes
	}
	if lives := said.expires.Sub(said.issued); lives <= 0 || lives > s.rules.lifetime {
		return nil, refusal(fmt.Sprintf("the token lives too long: %s from iat to exp, and at most %s are taken", lives, s.rules.lifetime))
	}
	subject := said.subject
	switch wanted := s.rules.audience; {
	case wanted == "" && len(said.audience) > 0:
		return nil, errUnasked // RFC 7519, section 4.1.3
	case wanted == "":
	case len(said.audience) > 0:
		if !said.names(wanted) {
			return nil, errAudience
		}
	case subject != wanted:
		return nil, errAudience
	}
	if subject == s.rules.audience {
		subject = "" // that is the widget and no customer
	}
	return said.caller(subject), nil
}

// usable returns the keys to check with. The one before the current one is left out when it
// is too short: a secret often begins with a placeholder.
func usable(keys []secret.Text) (jwt.VerificationKeySet, error) {
	if err := CheckKeys(keys); err != nil {
		return jwt.VerificationKeySet{}, err
	}
	set := jwt.VerificationKeySet{Keys: make([]jwt.VerificationKey, 0, len(keys))}
	for _, key := range keys {
		if plain := key.Reveal(); len(plain) >= MinKeyBytes {
			set.Keys = append(set.Keys, []byte(plain))
		}
	}
	return set, nil
}

// CheckKeys reports what is wrong with the keys that a [KeySource] returned: there must be a
// current one, of [MinKeyBytes] at least.
func CheckKeys(keys []secret.Text) error {
	if len(keys) == 0 {
		return errors.New("there is no key")
	}
	if n := len(keys[0].Reveal()); n < MinKeyBytes {
		return fmt.Errorf("the key has %d bytes and needs %d at least; make one with: openssl rand -base64 33", n, MinKeyBytes)
	}
	return nil
}

// explain says why the parser did not accept a token. What is wrong beside the time comes
// first: a fresh token would not be accepted either.
func explain(token *jwt.Token, err error) error {
	if r, ok := errors.AsType[refusal](err); ok {
		return r
	}
	if token != nil && token.Header["alg"] != nil && token.Header["alg"] != jwt.SigningMethodHS256.Alg() {
		return errAlgorithm
	}
	for _, known := range []struct {
		err error
		say refusal
	}{
		{jwt.ErrTokenMalformed, errMalformed},
		{jwt.ErrTokenSignatureInvalid, errSignature},
		{jwt.ErrTokenUnverifiable, errMalformed},
		{jwt.ErrTokenInvalidIssuer, errIssuer},
		{jwt.ErrTokenUsedBeforeIssued, errFuture},
		{jwt.ErrTokenNotValidYet, errEarly},
		{jwt.ErrTokenExpired, errExpired},
		{jwt.ErrTokenRequiredClaimMissing, errTimes},
	} {
		if errors.Is(err, known.err) {
			return known.say
		}
	}
	return errMalformed
}
