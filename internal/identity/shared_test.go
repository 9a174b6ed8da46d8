package identity_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/identity"
)

// Making one takes a while.
var rsaKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func publicPEM(tb testing.TB) []byte {
	tb.Helper()
	der, err := x509.MarshalPKIXPublicKey(&rsaKey().PublicKey)
	if err != nil {
		tb.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

const (
	missing = `Bearer realm="chat"`
	invalid = missing + `, error="invalid_token", error_description="The token is not accepted"`
	expired = missing + `, error="invalid_token", error_description="The token has expired"`
)

func TestGoodSharedTokens(t *testing.T) {
	t.Parallel()
	reserved := []string{"customerEmail", "tier", "vip"}
	for name, test := range map[string]struct {
		change map[string]any
		header map[string]any
		key    string
		want   identity.Caller
	}{
		"as the hosted widget": {map[string]any{
			"attributes":        map[string]string{"plan": "gold", "lang": "de"},
			"segmentAttributes": map[string]any{"connect:Subtype": map[string]any{"ValueString": "connect:Guide"}},
		}, nil, "", identity.Caller{
			Attributes:        map[string]string{"plan": "gold", "lang": "de"},
			SegmentAttributes: map[string]string{"connect:Subtype": "connect:Guide"},
		}},
		"RowA8 members of the start": {map[string]any{"customerId": "c-42", "relatedContactId": "contact-1"}, nil, "", identity.Caller{
			CustomerID: "c-42", RelatedContactID: "contact-1",
		}},
		"a customer":          {map[string]any{"aud": widget, "sub": "u-1", "name": "Ana"}, nil, "", identity.Caller{Subject: "u-1", DisplayName: "Ana"}},
		"several audiences":   {map[string]any{"aud": []string{"x", widget}, "sub": "u-1"}, nil, "", identity.Caller{Subject: "u-1"}},
		"no subject":          {map[string]any{"aud": widget, "sub": nil}, nil, "", identity.Caller{}},
		"the key before":      {nil, nil, previousKey, identity.Caller{}},
		"a key id":            {nil, map[string]any{"kid": "../../dev/null"}, "", identity.Caller{}},
		"a key address":       {nil, map[string]any{"jku": "https://evil.example/jwks", "x5u": "https://evil.example"}, "", identity.Caller{}},
		"another type":        {nil, map[string]any{"typ": "at+jwt"}, "", identity.Caller{}},
		"fractions":           {map[string]any{"iat": float64(time.Now().UnixMilli()) / 1000}, nil, "", identity.Caller{}},
		"ten minutes":         {map[string]any{"exp": in(10 * time.Minute), "iat": in(0)}, nil, "", identity.Caller{}},
		"a little ahead":      {map[string]any{"iat": in(20 * time.Second), "nbf": in(20 * time.Second)}, nil, "", identity.Caller{}},
		"a little late":       {map[string]any{"iat": in(-time.Minute), "exp": in(-10 * time.Second)}, nil, "", identity.Caller{}},
		"a name that is none": {map[string]any{"name": 7}, nil, "", identity.Caller{}},
		"mapped claims": {map[string]any{
			"email": "ana@example.com", "tier": 3, "vip": true, "other": "not asked for",
			"attributes": map[string]string{"tier": "forged", "plan": "gold"},
		}, nil, "", identity.Caller{Attributes: map[string]string{"customerEmail": "ana@example.com", "tier": "3", "vip": "true", "plan": "gold"}}},
		"mapped claims that are no values": {
			map[string]any{"email": []string{"a"}, "tier": map[string]any{"a": 1}, "vip": jsonNull{}}, nil, "", identity.Caller{},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			gate := newGate(t, sharedConfig())
			key := currentKey
			if test.key != "" {
				key = test.key
			}
			got := gate.present(sign(t, jwt.SigningMethodHS256, []byte(key), said(test.change), test.header))
			if got.status != http.StatusTeapot {
				t.Fatalf("answered %d: %s", got.status, gate.log)
			}
			test.want.Reserved = reserved
			if diff := cmp.Diff(&test.want, got.caller); diff != "" {
				t.Errorf("caller (-want +got):\n%s", diff)
			}
			for key := range test.want.Attributes {
				if !got.caller.Owns(key) {
					t.Errorf("a page may set %q", key)
				}
			}
			if !got.caller.Owns("customerEmail") || !got.caller.Owns("CUSTOMEREMAIL") || got.caller.Owns("colour") {
				t.Error("Owns does not know what only tokens may set")
			}
		})
	}
}

// jsonNull is a claim that is null.
type jsonNull struct{}

func (jsonNull) MarshalJSON() ([]byte, error) { return []byte("null"), nil }

// attacks are tokens and what the log has to say about them.
func attacks(t *testing.T) map[string][2]string {
	t.Helper()
	now := time.Now()
	good := signShared(t, said(nil))
	parts := strings.Split(good, ".")
	shared := func(change map[string]any) string { return signShared(t, said(change)) }
	header := func(header map[string]any) string {
		return sign(t, jwt.SigningMethodHS256, []byte(currentKey), said(nil), header)
	}
	other := func(key string) string {
		return sign(t, jwt.SigningMethodHS256, []byte(key), said(nil), map[string]any{"kid": "../../../../dev/null"})
	}
	encode := func(text string) string { return (&jwt.Token{}).EncodeSegment([]byte(text)) }
	const (
		algorithm = "algorithm"
		signature = "unknown key"
		malformed = "well-formed"
		attribute = "attributes are not"
		segment   = "segmentAttributes are not"
		member    = "customerId or relatedContactId"
		claim     = "not of the type"
		times     = "lacks exp or iat"
		lifetime  = "lives too long"
		audience  = "another audience"
	)
	return map[string][2]string{
		"alg none":                        {sign(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, said(nil), nil), algorithm},
		"alg nOnE":                        {encode(`{"alg":"nOnE"}`) + "." + parts[1] + ".", algorithm},
		"alg none, signed":                {encode(`{"alg":"none"}`) + "." + parts[1] + "." + parts[2], algorithm},
		"no alg":                          {encode(`{"typ":"JWT"}`) + "." + parts[1] + "." + parts[2], malformed},
		"alg a number":                    {encode(`{"alg":256}`) + "." + parts[1] + "." + parts[2], algorithm},
		"HS384":                           {sign(t, jwt.SigningMethodHS384, []byte(currentKey), said(nil), nil), algorithm},
		"HS512":                           {sign(t, jwt.SigningMethodHS512, []byte(currentKey), said(nil), nil), algorithm},
		"RS256":                           {sign(t, jwt.SigningMethodRS256, rsaKey(), said(nil), nil), algorithm},
		"hs256 in small":                  {encode(`{"alg":"hs256"}`) + "." + parts[1] + "." + parts[2], algorithm},
		"public key as key":               {sign(t, jwt.SigningMethodHS256, publicPEM(t), said(nil), nil), signature},
		"another key":                     {other("another-key-of-tests-0123456789-0123456789"), signature},
		"an empty key":                    {other(""), signature},
		"no signature":                    {parts[0] + "." + parts[1] + ".", signature},
		"tampered payload":                {parts[0] + "." + encode(`{"sub":"`+widget+`","exp":9999999999,"iat":1}`) + "." + parts[2], signature},
		"tampered header":                 {encode(`{"alg":"HS256","kid":"1"}`) + "." + parts[1] + "." + parts[2], signature},
		"tampered signature":              {parts[0] + "." + parts[1] + "." + flipped(parts[2]), signature},
		"loose signature":                 {good[:len(good)-1] + string(neighbour(good[len(good)-1])), malformed},
		"two parts":                       {parts[0] + "." + parts[1], malformed},
		"four parts":                      {good + ".e30", malformed},
		"five parts (JWE)":                {"e30.e30.e30.e30.e30", malformed},
		"dots":                            {"..", malformed},
		"not base64":                      {"###.###.###", malformed},
		"padding":                         {parts[0] + "=." + parts[1] + "." + parts[2], malformed},
		"line break":                      {parts[0] + "\n." + parts[1] + "." + parts[2], malformed},
		"umlaut":                          {"ä" + good, malformed},
		"two tokens":                      {good + " " + good, malformed},
		"payload an array":                {rawToken(`[1]`), malformed},
		"payload cut":                     {rawToken(`{"sub":"` + widget), malformed},
		"claims twice":                    {rawToken(fmt.Sprintf(`{"sub":"x","sub":%q,"iat":%d,"exp":%d}`, widget, now.Unix(), now.Unix()+60)), malformed},
		"claims in capitals":              {rawToken(fmt.Sprintf(`{"sub":%q,"IAT":%d,"EXP":%d}`, widget, now.Unix(), now.Unix()+60)), times},
		"broken UTF-8":                    {rawToken("{\"sub\":\"\xff\"}"), malformed},
		"huge":                            {shared(map[string]any{"attributes": map[string]string{"a": strings.Repeat("x", 16<<10)}}), "longer than 16 KiB"},
		"no exp":                          {shared(map[string]any{"exp": nil}), times},
		"no iat":                          {shared(map[string]any{"iat": nil}), times},
		"no times":                        {shared(map[string]any{"iat": nil, "exp": nil}), times},
		"exp null":                        {shared(map[string]any{"exp": jsonNull{}}), claim},
		"exp a text":                      {shared(map[string]any{"exp": "2099-01-01"}), claim},
		"exp out of range":                {shared(map[string]any{"exp": 1e300}), claim},
		"exp negative":                    {shared(map[string]any{"exp": -1}), claim},
		"issued ahead":                    {shared(map[string]any{"iat": in(4 * time.Minute)}), "issued in the future"},
		"not valid yet":                   {shared(map[string]any{"nbf": in(time.Hour)}), "not valid yet"},
		"lives an hour":                   {shared(map[string]any{"exp": now.Add(time.Hour).Unix()}), lifetime},
		"lives 11 minutes":                {shared(map[string]any{"exp": now.Unix() + 660}), lifetime},
		"lives from 1970":                 {shared(map[string]any{"iat": 1}), lifetime},
		"ends before it is":               {shared(map[string]any{"iat": now.Unix() + 20, "exp": now.Unix() + 10}), lifetime},
		"another widget":                  {shared(map[string]any{"sub": "widget-2"}), audience},
		"no widget":                       {shared(map[string]any{"sub": nil}), audience},
		"another audience":                {shared(map[string]any{"aud": "widget-2"}), audience}, // although sub is ours
		"other audiences":                 {shared(map[string]any{"aud": []string{"a", "b"}}), audience},
		"aud a number":                    {shared(map[string]any{"aud": 7}), claim},
		"aud of numbers":                  {shared(map[string]any{"aud": []int{7}}), claim},
		"sub an object":                   {shared(map[string]any{"sub": map[string]string{}}), claim},
		"attribute a number":              {shared(map[string]any{"attributes": map[string]any{"a": 1}}), attribute},
		"attribute null":                  {shared(map[string]any{"attributes": map[string]any{"a": nil}}), attribute},
		"attribute an object":             {shared(map[string]any{"attributes": map[string]any{"a": map[string]string{}}}), attribute},
		"attribute unnamed":               {shared(map[string]any{"attributes": map[string]any{"": "x"}}), attribute},
		"attributes a list":               {shared(map[string]any{"attributes": []string{"a"}}), attribute},
		"attributes null":                 {shared(map[string]any{"attributes": jsonNull{}}), attribute},
		"segment a text":                  {shared(map[string]any{"segmentAttributes": map[string]any{"a": "x"}}), segment},
		"segment empty":                   {shared(map[string]any{"segmentAttributes": map[string]any{"a": map[string]any{}}}), segment},
		"segment a number":                {shared(map[string]any{"segmentAttributes": map[string]any{"a": map[string]any{"ValueString": 1}}}), segment},
		"segments a text":                 {shared(map[string]any{"segmentAttributes": "x"}), segment},
		"RowA8 customerId a number":       {shared(map[string]any{"customerId": 42}), member},
		"RowA8 customerId an object":      {shared(map[string]any{"customerId": map[string]string{}}), member},
		"RowA8 customerId null":           {shared(map[string]any{"customerId": jsonNull{}}), member},
		"RowA8 customerId empty":          {shared(map[string]any{"customerId": ""}), member},
		"RowA8 relatedContactId a list":   {shared(map[string]any{"relatedContactId": []string{"c"}}), member},
		"RowA8 relatedContactId a truth":  {shared(map[string]any{"relatedContactId": true}), member},
		"RowA8 iat in milliseconds":       {shared(map[string]any{"iat": now.UnixMilli()}), "gives iat in milliseconds"},
		"RowA8 exp in milliseconds":       {shared(map[string]any{"exp": now.UnixMilli() + 300_000}), "gives exp in milliseconds"},
		"RowA8 all times in milliseconds": {shared(map[string]any{"iat": now.UnixMilli(), "exp": now.UnixMilli() + 1, "nbf": now.UnixMilli()}), "gives exp and iat and nbf in milliseconds"},
		"RowA8 iat in microseconds":       {shared(map[string]any{"iat": now.UnixMicro()}), claim},
		"critical extension":              {header(map[string]any{"crit": []string{"b64"}, "b64": false}), "extension"},
	}
}

func flipped(signature string) string {
	if signature[0] == 'A' {
		return "B" + signature[1:]
	}
	return "A" + signature[1:]
}

// neighbour returns the base64url character with the lowest bit flipped. In the last
// character of a signature of 32 bytes that bit stands for nothing.
func neighbour(c byte) byte {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return alphabet[strings.IndexByte(alphabet, c)^1]
}

func TestAttackTokens(t *testing.T) {
	t.Parallel()
	for name, attack := range attacks(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			gate := newGate(t, sharedConfig())
			got := gate.present(attack[0])
			if got.status != http.StatusUnauthorized || got.rule != "token-invalid" || got.challenge != invalid {
				t.Errorf("answered %+v", got)
			}
			if reason := gate.lastReason(); !strings.Contains(reason, attack[1]) {
				t.Errorf("logged %q, want a reason with %q", reason, attack[1])
			}
		})
	}
}

// Whoever sends tokens of every length does not fill the log.
func TestLongTokensAreLoggedOnce(t *testing.T) {
	t.Parallel()
	gate := newGate(t, sharedConfig())
	for n := range 100 {
		gate.present(strings.Repeat("x", 16<<10+1+n))
	}
	if lines := strings.Count(gate.log.String(), "longer than 16 KiB"); lines != 1 {
		t.Errorf("%d lines for one reason", lines)
	}
}

// A token with its times in milliseconds looks right to whoever reads it, so the caller is told, too.
func TestRowA8MillisecondsAreNamed(t *testing.T) {
	t.Parallel()
	gate := newGate(t, sharedConfig())
	got := gate.present(signShared(t, said(map[string]any{"iat": time.Now().UnixMilli()})))
	if got.status != http.StatusUnauthorized || got.sentence != "The token gives iat in milliseconds instead of seconds since 1970." ||
		!strings.Contains(got.hint, "Date.now() / 1000") {
		t.Errorf("answered %+v", got)
	}
	if got := gate.present(signShared(t, said(map[string]any{"customerId": 7}))); strings.Contains(got.sentence, "customerId") {
		t.Errorf("the caller is told more than the rule: %+v", got)
	}
}

func TestExpiredToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		gate := newGate(t, sharedConfig())
		token := signShared(t, said(nil))
		for _, step := range []struct {
			wait time.Duration
			want int
		}{{0, 418}, {5*time.Minute + 29*time.Second, 418}, {time.Second, 401}, {24 * time.Hour, 401}} {
			<-time.After(step.wait)
			got := gate.present(token)
			if got.status != step.want {
				t.Errorf("after %v more: %+v", step.wait, got)
			}
			if got.status == 401 && (got.rule != "token-expired" || got.challenge != expired) {
				t.Errorf("answered %+v", got)
			}
		}
		if reason := gate.lastReason(); reason != "the token has expired" {
			t.Errorf("logged %q", reason)
		}
	})
}

func TestIssuer(t *testing.T) {
	t.Parallel()
	config := sharedConfig()
	config.Issuer = "https://shop.example"
	for issuer, want := range map[any]int{"https://shop.example": 418, "https://shop.example/": 401, nil: 401, 7: 401, "": 401} {
		gate := newGate(t, config)
		got := gate.present(signShared(t, said(map[string]any{"iss": issuer})))
		if got.status != want {
			t.Errorf("issuer %v answered %+v", issuer, got)
		}
	}
}

// Whoever demands no audience is named by none.
func TestNoAudience(t *testing.T) {
	t.Parallel()
	config := sharedConfig()
	config.Audience = ""
	gate := newGate(t, config)
	if got := gate.present(signShared(t, said(map[string]any{"sub": "u-1"}))); got.caller == nil || got.caller.Subject != "u-1" {
		t.Errorf("without an audience: %+v", got)
	}
	if got := gate.present(signShared(t, said(map[string]any{"aud": "x"}))); got.status != 401 || !strings.Contains(gate.lastReason(), "none is configured") {
		t.Errorf("with an audience: %+v, %q", got, gate.lastReason())
	}
}

func TestAuthorizationHeader(t *testing.T) {
	t.Parallel()
	good := signShared(t, said(nil))
	for name, test := range map[string]struct {
		values    []string
		status    int
		challenge string
	}{
		"none":              {nil, 401, missing},
		"empty":             {[]string{""}, 401, missing},
		"another scheme":    {[]string{"Basic " + good}, 401, missing},
		"no scheme":         {[]string{good}, 401, missing},
		"no token":          {[]string{"Bearer"}, 401, missing},
		"no token, a space": {[]string{"Bearer "}, 401, missing},
		"twice":             {[]string{"Bearer " + good, "Bearer " + good}, 401, invalid},
		"small scheme":      {[]string{"bearer " + good}, 418, ""},
		"more space":        {[]string{"Bearer   " + good + " "}, 418, ""},
		"a list":            {[]string{"Bearer " + good + ", Bearer " + good}, 401, invalid},
		"a tabulator":       {[]string{"Bearer\t" + good}, 401, missing},
	} {
		gate := newGate(t, sharedConfig())
		got := gate.send(http.Header{"Authorization": test.values}, good)
		if got.status != test.status || got.challenge != test.challenge {
			t.Errorf("%s: %+v, want %d and %q", name, got, test.status, test.challenge)
		}
		if test.challenge == missing && got.rule != "token-missing" {
			t.Errorf("%s: the rule %q", name, got.rule)
		}
	}
}

func TestPreflightsPass(t *testing.T) {
	t.Parallel()
	gate := newGate(t, sharedConfig())
	recorder := httptest.NewRecorder()
	gate.handler.ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), http.MethodOptions, "/", nil))
	if recorder.Code != http.StatusTeapot || gate.caller != nil {
		t.Errorf("answered %d with the caller %+v", recorder.Code, gate.caller)
	}
}

func TestModeNone(t *testing.T) {
	t.Parallel()
	for _, mode := range []identity.Mode{identity.None, ""} {
		gate := newGate(t, identity.Config{Mode: mode})
		for _, header := range []http.Header{{}, {"Authorization": {"Bearer " + signShared(t, said(nil))}}, {"Authorization": {"garbage"}}} {
			if got := gate.send(header); got.status != http.StatusTeapot || got.caller != nil {
				t.Errorf("mode %q: %+v", mode, got)
			}
		}
		if text := gate.log.String(); text != "" {
			t.Errorf("logged %s", text)
		}
	}
}

// Without a key no token is good and none is bad.
func TestKeysThatCannotBeHad(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		keys fixedKeys
		log  string
	}{
		"an error": {fixedKeys{err: errors.New("the disk is gone")}, "the disk is gone"},
		"no key":   {fixedKeys{}, "there is no key"},
		"short":    {fixedKeys{keys: []string{"short-canary", currentKey}}, "the key has 12 bytes and needs 32"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				config := sharedConfig()
				config.Keys = test.keys
				gate := newGate(t, config)
				for range 100 {
					got := gate.present(signShared(t, said(nil)))
					if got.status != http.StatusServiceUnavailable || got.rule != "identity-unavailable" || got.retry != "30" || got.challenge != "" {
						t.Errorf("answered %+v", got)
					}
				}
				text := gate.log.String()
				if strings.Count(text, "cannot check tokens") != 1 || !strings.Contains(text, test.log) || strings.Contains(text, "canary") {
					t.Errorf("logged:\n%s", text)
				}
				<-time.After(time.Minute)
				gate.present(signShared(t, said(nil)))
				if n := strings.Count(gate.log.String(), "cannot check tokens"); n != 2 {
					t.Errorf("%d lines after a minute", n)
				}
			})
		})
	}
}

// A placeholder that was a key once is none.
func TestShortKeyBefore(t *testing.T) {
	t.Parallel()
	config := sharedConfig()
	config.Keys = fixedKeys{keys: []string{currentKey, "placeholder"}}
	gate := newGate(t, config)
	if got := gate.present(sign(t, jwt.SigningMethodHS256, []byte("placeholder"), said(nil), nil)); got.status != 401 {
		t.Errorf("signed with the placeholder: %+v", got)
	}
	if got := gate.present(signShared(t, said(nil))); got.status != 418 {
		t.Errorf("signed with the key: %+v", got)
	}
}

func TestRefusalsAreLoggedOnceAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		gate := newGate(t, sharedConfig())
		for range 50 {
			gate.present(signShared(t, said(map[string]any{"sub": "widget-2"})))
			gate.present(signShared(t, said(map[string]any{"exp": nil})))
		}
		if n := strings.Count(gate.log.String(), "refused a token"); n != 2 {
			t.Errorf("%d lines, want one for each reason", n)
		}
		<-time.After(time.Minute)
		gate.present(signShared(t, said(map[string]any{"exp": nil})))
		if n := strings.Count(gate.log.String(), "refused a token"); n != 3 {
			t.Errorf("%d lines, want a third after a minute", n)
		}
	})
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	keys := fixedKeys{keys: []string{currentKey}}
	for name, test := range map[string]struct {
		config identity.Config
		want   []string
	}{
		"unknown mode": {identity.Config{Mode: "saml"}, []string{"Mode"}},
		"no keys":      {identity.Config{Mode: identity.HS256}, []string{"Keys"}},
		"hs256 limits": {identity.Config{Mode: identity.HS256, Keys: keys, Leeway: time.Hour, MaxLifetime: -1}, []string{"Leeway", "MaxLifetime"}},
		"wildcards": {
			identity.Config{Mode: identity.HS256, Keys: keys, ClaimAttributes: map[string]string{"*": "all", "email": "an e-mail", "": "x"}},
			[]string{"ClaimAttributes", "ClaimAttributes", "ClaimAttributes"},
		},
		"nothing for oidc": {identity.Config{Mode: identity.OIDC}, []string{"Issuer", "Audience"}},
		"plain http":       {identity.Config{Mode: identity.OIDC, Issuer: "http://idp.example", Audience: "a"}, []string{"Issuer"}},
		"no address":       {identity.Config{Mode: identity.OIDC, Issuer: "idp", Audience: "a", JWKSURL: "ftp://x/"}, []string{"Issuer", "JWKSURL"}},
		"a password":       {identity.Config{Mode: identity.OIDC, Issuer: "https://u:p@idp.example", Audience: "a"}, []string{"Issuer"}},
	} {
		_, err := identity.New(test.config)
		var fields []string
		for _, part := range flatten(err) {
			if fault, ok := errors.AsType[*identity.ConfigError](part); ok {
				fields = append(fields, fault.Field)
			}
		}
		if diff := cmp.Diff(test.want, fields); diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
	for _, issuer := range []string{"http://localhost:8080/realm", "http://127.0.0.1:1", "http://[::1]:1", "https://idp.example/tenant/"} {
		if _, err := identity.New(identity.Config{Mode: identity.OIDC, Issuer: issuer, Audience: "a"}); err != nil {
			t.Errorf("%s: %v", issuer, err)
		}
	}
}

func flatten(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, part := range joined.Unwrap() {
			all = append(all, flatten(part)...)
		}
		return all
	}
	return []error{err}
}

func BenchmarkHS256(b *testing.B) {
	gate := newGate(b, sharedConfig())
	token := signShared(b, said(map[string]any{
		"aud": widget, "sub": "u-1", "exp": time.Now().Add(9 * time.Minute).Unix(), "name": "Ana", "email": "ana@example.com",
		"attributes": map[string]string{"plan": "gold", "lang": "de"},
	}))
	r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "/", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	recorder := httptest.NewRecorder()
	gate.handler.ServeHTTP(recorder, r)
	if recorder.Code != http.StatusTeapot {
		b.Fatalf("answered %d", recorder.Code)
	}
	b.ReportAllocs()
	for b.Loop() {
		gate.handler.ServeHTTP(recorder, r)
	}
}

// A header with a member twice has two meanings, with a shared key too.
func TestC2HeaderMembersTwice(t *testing.T) {
	t.Parallel()
	gate := newGate(t, sharedConfig())
	encode := func(text string) string { return (&jwt.Token{}).EncodeSegment([]byte(text)) }
	payload, err := json.Marshal(said(nil))
	if err != nil {
		t.Fatal(err)
	}
	for header, want := range map[string]int{
		`{"alg":"HS256","typ":"JWT"}`: 418, `{"alg":"none","alg":"HS256"}`: 401, `{"alg":"HS256","alg":"HS256"}`: 401,
		`{"alg":"HS256","typ":"JWT","typ":"JWT"}`: 401, `{"alg":"HS256","kid":"1","kid":"2"}`: 401,
	} {
		signed := encode(header) + "." + encode(string(payload))
		signature, err := jwt.SigningMethodHS256.Sign(signed, []byte(currentKey))
		if err != nil {
			t.Fatal(err)
		}
		got := gate.present(signed + "." + encode(string(signature)))
		if got.status != want || want == 401 && !strings.Contains(gate.lastReason(), "once") {
			t.Errorf("%s: %+v, logged %q", header, got, gate.lastReason())
		}
	}
}
