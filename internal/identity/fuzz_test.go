package identity_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// FuzzAuthorization sends any Authorization header. Nobody who lacks the key can make a token,
// so what is accepted must be one that the key's owner signed; and nothing of what was sent
// may be seen again.
func FuzzAuthorization(f *testing.F) {
	claims := said(map[string]any{
		"aud": widget, "sub": "u-1", "iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix(),
		"attributes":        map[string]string{"plan": "gold"},
		"segmentAttributes": map[string]any{"connect:Subtype": map[string]any{"ValueString": "connect:Guide"}},
	})
	good := map[string]bool{}
	for _, token := range []string{
		signShared(f, claims),
		sign(f, jwt.SigningMethodHS256, []byte(previousKey), claims, map[string]any{"kid": "1"}),
	} {
		good[token] = true
		f.Add("Bearer " + token)
		f.Add("bearer  " + token + " ")
	}
	f.Add("Bearer " + sign(f, jwt.SigningMethodHS384, []byte(currentKey), claims, nil))
	f.Add("Bearer " + sign(f, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, claims, nil))
	f.Add("Basic dXNlcjpwYXNz")
	f.Add("Bearer ..")
	config := sharedConfig()
	config.MaxLifetime = 2 * time.Hour // so that the seeds outlive the fuzzing
	f.Fuzz(func(t *testing.T, value string) {
		gate := newGate(t, config)
		got := gate.send(http.Header{"Authorization": {value}}, strings.Fields(value)...)
		token := strings.Trim(value[min(len(value), len("Bearer ")):], " ")
		if accepted := got.status == http.StatusTeapot; accepted != (good[token] && strings.EqualFold(value[:len("Bearer ")], "Bearer ")) {
			t.Errorf("%q answered %+v", value, got)
		}
	})
}

// FuzzClaims signs any payload: what the key's owner says may be nonsense, and must not be
// taken for more than it is.
func FuzzClaims(f *testing.F) {
	f.Add(`{"sub":"widget-1","iat":1700000000,"exp":4000000000}`)
	f.Add(`{"sub":"u-1","aud":["a","widget-1"],"iat":1700000000.5,"exp":4000000000,"nbf":1e8,"name":"Ana","email":null,"tier":-0.5e3}`)
	f.Add(`{"sub":"widget-1","iat":1700000000,"exp":4000000000,"attributes":{"a":"b"},"segmentAttributes":{"connect:Subtype":{"ValueString":"x"}}}`)
	f.Add(`{"sub":"widget-1","sub":"x","iat":1e300,"exp":"x","attributes":{"a":1}}`)
	f.Add(`{"sub":"widget-1","iat":1700000000000,"exp":4000000000,"customerId":"c-1","relatedContactId":""}`)
	f.Add(`[]`)
	f.Add(``)
	config := sharedConfig()
	config.MaxLifetime = 100 * 365 * 24 * time.Hour
	f.Fuzz(func(t *testing.T, payload string) {
		gate := newGate(t, config)
		token := rawToken(payload)
		got := gate.present(token)
		switch got.status {
		case http.StatusUnauthorized:
		case http.StatusTeapot:
			if got.caller.Subject == widget {
				t.Errorf("the widget became a customer: %+v", got.caller)
			}
			for key := range got.caller.Attributes {
				if key == "" {
					t.Errorf("an attribute without a key: %+v", got.caller)
				}
			}
			if !strings.Contains(payload, "exp") || !strings.Contains(payload, "iat") {
				if !strings.Contains(payload, `\u`) { // names may be written with escapes
					t.Errorf("accepted without times: %s", payload)
				}
			}
		default:
			t.Errorf("answered %+v", got)
		}
	})
}
