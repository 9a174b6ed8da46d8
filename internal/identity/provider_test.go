package identity_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/identity"
)

// Making one takes a while.
var ecKey = sync.OnceValue(func() *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return key
})

// Making one takes a while.
var otherRSAKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// idp is an identity provider: a discovery document and keys.
type idp struct {
	issuer            string
	discoveries, keys atomic.Int32

	mu sync.Mutex
	// set is what is published, by key id.
	set map[string]crypto.PublicKey
	// broken answers a request in place of the provider.
	broken http.HandlerFunc
	// document changes the discovery document.
	document map[string]any
	raw      string       // published in place of set
	client   *http.Client // that fetches from the provider; nil makes one
}

func newIDP() *idp {
	return &idp{
		issuer: "https://idp.example/tenant",
		set:    map[string]crypto.PublicKey{"rsa-1": &rsaKey().PublicKey, "ec-1": &ecKey().PublicKey},
	}
}

// serve puts the provider on a loopback port, where an answer may take its time.
func (p *idp) serve(tb testing.TB) *idp {
	tb.Helper()
	server := httptest.NewServer(p)
	tb.Cleanup(server.Close)
	p.issuer, p.client = server.URL+"/tenant", &http.Client{Timeout: time.Minute}
	return p
}

// change changes the provider, in a bubble. The library hands out the result of a fetch a moment
// before the fetch is over: who comes in between is given the keys of before.
func (p *idp) change(f func(*idp)) {
	synctest.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	f(p)
}

func (p *idp) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasSuffix(r.URL.Path, "/gone") {
		http.NotFound(w, r)
		return
	}
	isKeys := strings.HasSuffix(r.URL.Path, "/keys")
	if isKeys {
		p.keys.Add(1)
	} else {
		p.discoveries.Add(1)
	}
	p.mu.Lock()
	broken := p.broken
	p.mu.Unlock()
	if broken != nil {
		broken(w, r)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	if !isKeys {
		document := map[string]any{"issuer": p.issuer, "jwks_uri": p.issuer + "/keys"}
		maps.Copy(document, p.document)
		_ = json.NewEncoder(w).Encode(document)
		return
	}
	if p.raw != "" {
		_, _ = io.WriteString(w, p.raw)
		return
	}
	var set []map[string]string
	for id, key := range p.set {
		set = append(set, jwk(id, key))
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"keys": set})
}

func jwk(id string, key crypto.PublicKey) map[string]string {
	encode := base64.RawURLEncoding.EncodeToString
	switch key := key.(type) {
	case *rsa.PublicKey:
		return map[string]string{"kty": "RSA", "use": "sig", "kid": id, "n": encode(key.N.Bytes()), "e": encode(big.NewInt(int64(key.E)).Bytes())}
	case *ecdsa.PublicKey:
		point, err := key.Bytes()
		if err != nil {
			panic(err)
		}
		return map[string]string{"kty": "EC", "crv": "P-256", "kid": id, "x": encode(point[1:33]), "y": encode(point[33:])}
	}
	panic("an unknown kind of key")
}

// memory leads requests to a handler without a socket, so that time can be skipped.
type memory struct{ handler http.Handler }

func (m memory) RoundTrip(r *http.Request) (*http.Response, error) {
	recorder := httptest.NewRecorder()
	m.handler.ServeHTTP(recorder, r)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return recorder.Result(), nil
}

func (p *idp) config() identity.Config {
	return identity.Config{
		Mode: identity.OIDC, Issuer: p.issuer, Audience: "chat", DocsURL: "/docs/errors",
		ClaimAttributes: map[string]string{"sub": "customerId", "email": "email", "custom:tier": "tier"}, HTTP: p.client,
	}
}

func (p *idp) inMemory() identity.Config {
	config := p.config()
	config.HTTP = &http.Client{Transport: memory{p}}
	return config
}

// said are the claims of a good token of the provider.
func (p *idp) said(changes map[string]any) jwt.MapClaims {
	all := map[string]any{"iss": p.issuer, "aud": "chat", "sub": "u-1"}
	maps.Copy(all, changes)
	return said(all)
}

func (p *idp) sign(tb testing.TB, claims jwt.Claims) string {
	tb.Helper()
	return sign(tb, jwt.SigningMethodRS256, rsaKey(), claims, map[string]any{"kid": "rsa-1"})
}

func TestGoodOIDCTokens(t *testing.T) {
	t.Parallel()
	for _, discovered := range []bool{true, false} {
		provider := newIDP().serve(t)
		config := provider.config()
		if !discovered {
			config.JWKSURL = provider.issuer + "/keys"
		}
		gate := newGate(t, config)
		if n := provider.discoveries.Load() + provider.keys.Load(); n != 0 {
			t.Errorf("%d fetches before the first token", n)
		}
		claims := provider.said(map[string]any{
			"name": "Ana", "email": "ana@example.com", "email_verified": true, "custom:tier": 2, "aud": []string{"chat", "shop"},
			// A provider may let its users write claims of these names.
			"attributes": map[string]any{"vip": "true"}, "segmentAttributes": "no object", "customerId": 7, "relatedContactId": "theirs",
			"exp": time.Now().Add(24 * time.Hour).Unix(),
		})
		want := &identity.Caller{
			Subject: "u-1", DisplayName: "Ana",
			Attributes: map[string]string{"customerId": "u-1", "email": "ana@example.com", "tier": "2"},
			Reserved:   []string{"customerId", "email", "tier"},
		}
		for name, token := range map[string]string{
			"RS256":     provider.sign(t, claims),
			"ES256":     sign(t, jwt.SigningMethodES256, ecKey(), claims, map[string]any{"kid": "ec-1"}),
			"no key id": sign(t, jwt.SigningMethodES256, ecKey(), claims, nil),
		} {
			got := gate.present(token)
			if diff := cmp.Diff(want, got.caller); diff != "" || got.status != 418 {
				t.Errorf("%s: %+v (-want +got):\n%s\n%s", name, got, diff, gate.log)
			}
		}
		if d, k := provider.discoveries.Load(), provider.keys.Load(); k != 1 || d > 1 || d == 1 != discovered {
			t.Errorf("%d discoveries and %d fetches of keys", d, k)
		}
	}
}

func TestOIDCAttackTokens(t *testing.T) {
	t.Parallel()
	provider := newIDP().serve(t)
	now := time.Now()
	good := provider.sign(t, provider.said(nil))
	parts := strings.Split(good, ".")
	changed := func(change map[string]any) string { return provider.sign(t, provider.said(change)) }
	headed := func(header map[string]any) string {
		header["kid"] = "rsa-1"
		return sign(t, jwt.SigningMethodRS256, rsaKey(), provider.said(nil), header)
	}
	encode := func(text string) string { return (&jwt.Token{}).EncodeSegment([]byte(text)) }
	kid := map[string]any{"kid": "rsa-1"}
	for name, attack := range map[string][2]string{
		"public key as HMAC key": {sign(t, jwt.SigningMethodHS256, publicPEM(t), provider.said(nil), kid), "algorithm"},
		"HS256, no key id":       {sign(t, jwt.SigningMethodHS256, []byte(currentKey), provider.said(nil), nil), "algorithm"},
		"alg none":               {sign(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, provider.said(nil), kid), "algorithm"},
		"RS384":                  {sign(t, jwt.SigningMethodRS384, rsaKey(), provider.said(nil), kid), "algorithm"},
		"PS256":                  {sign(t, jwt.SigningMethodPS256, rsaKey(), provider.said(nil), kid), "algorithm"},
		"key of another":         {sign(t, jwt.SigningMethodRS256, otherRSAKey(), provider.said(nil), kid), "unknown key"},
		"unknown key id":         {sign(t, jwt.SigningMethodRS256, otherRSAKey(), provider.said(nil), map[string]any{"kid": "../../../etc/passwd"}), "unknown key"},
		"key id of the other":    {sign(t, jwt.SigningMethodRS256, rsaKey(), provider.said(nil), map[string]any{"kid": "ec-1"}), "unknown key"},
		"key address":            {sign(t, jwt.SigningMethodRS256, otherRSAKey(), provider.said(nil), map[string]any{"jku": "http://127.0.0.1:1/keys"}), "unknown key"},
		"embedded key": {sign(t, jwt.SigningMethodRS256, otherRSAKey(), provider.said(nil), map[string]any{
			"jwk": jwk("rsa-1", &otherRSAKey().PublicKey),
		}), ""},
		"tampered payload":   {parts[0] + "." + encode(`{"iss":"`+provider.issuer+`","aud":"chat","sub":"admin","exp":9999999999}`) + "." + parts[2], "unknown key"},
		"no signature":       {parts[0] + "." + parts[1] + ".", "unknown key"},
		"another issuer":     {changed(map[string]any{"iss": "https://evil.example"}), "another issuer"},
		"issuer with slash":  {changed(map[string]any{"iss": provider.issuer + "/"}), "another issuer"},
		"no issuer":          {changed(map[string]any{"iss": nil}), "another issuer"},
		"another audience":   {changed(map[string]any{"aud": "shop"}), "another audience"},
		"no audience":        {changed(map[string]any{"aud": nil, "sub": "chat"}), "another audience"},
		"issued ahead":       {changed(map[string]any{"iat": now.Add(10 * time.Minute).Unix()}), "issued in the future"},
		"not valid yet":      {changed(map[string]any{"nbf": now.Add(10 * time.Minute).Unix()}), "not valid yet"},
		"sub a number":       {changed(map[string]any{"sub": 7}), ""},
		"exp a text":         {changed(map[string]any{"exp": "never"}), ""},
		"exp out of range":   {changed(map[string]any{"exp": 1e300}), ""},
		"claims twice":       {rawRS256(t, `{"iss":"x","iss":"`+provider.issuer+`","aud":"chat","exp":9999999999}`), "well-formed"},
		"critical extension": {headed(map[string]any{"crit": []string{"b64"}, "b64": false}), ""},
		"not a token":        {"abc", "well-formed"},
		"a JWE":              {"e30.e30.e30.e30.e30", "well-formed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// Each its own verifier, so that the limit on fetches does not decide.
			gate := newGate(t, provider.config())
			got := gate.present(attack[0])
			if got.status != http.StatusUnauthorized || got.challenge == missing {
				t.Errorf("answered %+v, logged %q", got, gate.lastReason())
			}
			if reason := gate.lastReason(); !strings.Contains(reason, attack[1]) {
				t.Errorf("logged %q, want a reason with %q", reason, attack[1])
			}
		})
	}
}

// rawRS256 signs any payload with the provider's key.
func rawRS256(tb testing.TB, payload string) string {
	tb.Helper()
	return headedRS256(tb, `{"alg":"RS256","kid":"rsa-1"}`, payload)
}

// headedRS256 is rawRS256 with any header.
func headedRS256(tb testing.TB, header, payload string) string {
	tb.Helper()
	encode := func(text string) string { return (&jwt.Token{}).EncodeSegment([]byte(text)) }
	signed := encode(header) + "." + encode(payload)
	signature, err := jwt.SigningMethodRS256.Sign(signed, rsaKey())
	if err != nil {
		tb.Fatal(err)
	}
	return signed + "." + encode(string(signature))
}

// Tokens of the right provider that are no ID token of this application, and headers with two
// meanings, are refused, with the reason in the log.
func TestC2TokensForOthers(t *testing.T) {
	t.Parallel()
	provider := newIDP().serve(t)
	payload := func(change map[string]any) string {
		text, err := json.Marshal(provider.said(change))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	with := func(change map[string]any) string { return rawRS256(t, payload(change)) }
	typed := func(members string) string {
		return headedRS256(t, `{"alg":"RS256","kid":"rsa-1"`+members+`}`, payload(nil))
	}
	for name, test := range map[string]struct{ token, reason string }{
		"azp of another":           {with(map[string]any{"azp": "shop"}), "another application (azp)"},
		"azp of another, two aud":  {with(map[string]any{"azp": "shop", "aud": []string{"chat", "shop"}}), "another application (azp)"},
		"azp no text":              {with(map[string]any{"azp": 7}), "not of the type"},
		"azp this":                 {with(map[string]any{"azp": "chat"}), ""},
		"azp this, two aud":        {with(map[string]any{"azp": "chat", "aud": []string{"chat", "shop"}}), ""},
		"no sub":                   {with(map[string]any{"sub": nil}), "no subject (sub)"},
		"empty sub":                {with(map[string]any{"sub": ""}), "no subject (sub)"},
		"no iat":                   {with(map[string]any{"iat": nil}), "lacks exp or iat"},
		"a slash more":             {with(map[string]any{"iss": provider.issuer + "/"}), "by a slash at its end"},
		"access token":             {typed(`,"typ":"at+jwt"`), "no ID token (typ)"},
		"access token, long form":  {typed(`,"typ":"application/AT+JWT"`), "no ID token (typ)"},
		"logout token":             {typed(`,"typ":"logout+jwt"`), "no ID token (typ)"},
		"typ no text":              {typed(`,"typ":["JWT"]`), "no ID token (typ)"},
		"typ JWT":                  {typed(`,"typ":"JWT"`), ""},
		"typ jwt":                  {typed(`,"typ":"jwt"`), ""},
		"typ application/jwt":      {typed(`,"typ":"application/jwt"`), ""},
		"no typ":                   {typed(``), ""},
		"typ twice":                {typed(`,"typ":"JWT","typ":"at+jwt"`), "each stand in it once"},
		"typ twice, the other way": {typed(`,"typ":"at+jwt","typ":"JWT"`), "each stand in it once"},
		"alg twice":                {typed(`,"alg":"RS256"`), "each stand in it once"},
		"alg twice, escaped":       {typed(`,"\u0061lg":"none"`), "each stand in it once"},
		"kid twice":                {typed(`,"kid":"ec-1"`), "each stand in it once"},
		"unknown member twice":     {typed(`,"x":1,"x":1`), "each stand in it once"},
		"twice further in":         {typed(`,"x":{"y":1,"y":2}`), "each stand in it once"},
		"header is no UTF-8":       {typed(",\"x\":\"\xff\""), "each stand in it once"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			gate := newGate(t, provider.config())
			got := gate.present(test.token)
			if good := test.reason == ""; good != (got.status == http.StatusTeapot) || !good && (got.rule != "token-invalid" || !strings.Contains(gate.lastReason(), test.reason)) {
				t.Errorf("answered %+v, logged %q, want %q", got, gate.lastReason(), test.reason)
			}
		})
	}
}

func TestExpiredOIDCToken(t *testing.T) {
	t.Parallel()
	provider := newIDP()
	for _, exp := range []any{nil, 0} {
		gate := newGate(t, provider.inMemory())
		if got := gate.present(provider.sign(t, provider.said(map[string]any{"exp": exp}))); got.status != 401 {
			t.Errorf("exp %v: %+v", exp, got)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		gate := newGate(t, provider.inMemory())
		token := provider.sign(t, provider.said(nil))
		for _, step := range []struct {
			wait time.Duration
			want int
		}{{0, 418}, {5*time.Minute + 30*time.Second, 418}, {time.Second, 401}} {
			<-time.After(step.wait)
			got := gate.present(token)
			if got.status != step.want || got.status == 401 && (got.rule != "token-expired" || got.challenge != expired) {
				t.Errorf("after %v more: %+v", step.wait, got)
			}
		}
	})
}

// Anybody can make up key ids. They must not become a load on the provider, and those who
// have a good token must not notice.
func TestJWKSFlood(t *testing.T) {
	t.Parallel()
	provider := newIDP().serve(t)
	began := time.Now()
	gate := newGate(t, provider.config())
	good := provider.sign(t, provider.said(nil))
	if got := gate.present(good); got.status != 418 {
		t.Fatalf("a good token: %+v", got)
	}
	claims := provider.said(nil)
	for i := range 500 {
		// No key is needed to send these: any signature will do.
		header := base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, `{"alg":"RS256","kid":"made-up-%d"}`, i))
		body, err := json.Marshal(claims)
		if err != nil {
			t.Fatal(err)
		}
		token := header + "." + base64.RawURLEncoding.EncodeToString(body) + "." + base64.RawURLEncoding.EncodeToString(make([]byte, 256))
		if got := gate.present(token); got.status != 401 || got.rule != "token-invalid" {
			t.Fatalf("token %d: %+v\n%s", i, got, gate.log)
		}
		if i%50 == 0 {
			if got := gate.present(good); got.status != 418 {
				t.Errorf("a good token after %d bad ones: %+v", i, got)
			}
		}
	}
	if n, most := provider.keys.Load(), mostFetches(began); n > most {
		t.Errorf("%d fetches of keys, want %d at most", n, most)
	}
	if n := provider.discoveries.Load(); n != 1 {
		t.Errorf("%d discoveries", n)
	}
}

// mostFetches is how many fetches the limit allows since a time: three, and one more each half a minute.
func mostFetches(since time.Time) int32 { return 3 + int32(time.Since(since)/(30*time.Second)) }

func TestJWKSFloodAtOnce(t *testing.T) {
	t.Parallel()
	provider, began := newIDP().serve(t), time.Now()
	verifier, err := identity.New(provider.config())
	if err != nil {
		t.Fatal(err)
	}
	handler := verifier.Wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(418) }))
	good := provider.sign(t, provider.said(nil))
	bad := sign(t, jwt.SigningMethodRS256, otherRSAKey(), provider.said(nil), map[string]any{"kid": "made-up"})
	send := func(token string) int {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, r)
		return recorder.Code
	}
	var group sync.WaitGroup
	for i := range 200 {
		group.Go(func() {
			token, want := bad, 401
			if i%2 == 0 {
				token, want = good, 418
			}
			if got := send(token); got != want {
				t.Errorf("answered %d, want %d", got, want)
			}
		})
	}
	group.Wait()
	if d, k := provider.discoveries.Load(), provider.keys.Load(); d != 1 || k > mostFetches(began) {
		t.Errorf("%d discoveries, %d fetches of keys", d, k)
	}
}

func TestKeyRotation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		provider := newIDP()
		gate := newGate(t, provider.inMemory())
		old := func() string { return provider.sign(t, provider.said(nil)) }
		fresh := func() string {
			return sign(t, jwt.SigningMethodRS256, otherRSAKey(), provider.said(nil), map[string]any{"kid": "rsa-2"})
		}
		want := func(when string, token string, status int) {
			t.Helper()
			if got := gate.settled(token); got.status != status {
				t.Errorf("%s: %+v, want %d\n%s", when, got, status, gate.log)
			}
		}
		want("old key", old(), 418)
		want("new key before it is published", fresh(), 401)
		provider.change(func(p *idp) { p.set["rsa-2"] = &otherRSAKey().PublicKey })
		want("new key", fresh(), 418)
		want("old key, still published", old(), 418)

		// A key that is withdrawn dies when the keys are renewed, without an unknown key id.
		provider.change(func(p *idp) { delete(p.set, "rsa-1") })
		want("withdrawn key, not seen yet", old(), 418)
		fetched := provider.keys.Load()
		<-time.After(time.Hour + time.Second)
		want("new key after an hour", fresh(), 418)
		want("withdrawn key", old(), 401)
		if n := provider.keys.Load() - fetched; n != 2 { // one to renew, one for the key that is unknown now
			t.Errorf("%d fetches", n)
		}
	})
}

// The provider may be down when the keys are due: those that are known serve on, it is asked
// once a minute, and found again, even at another address.
func TestRenewalOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		provider := newIDP()
		gate := newGate(t, provider.inMemory())
		good := func() int { return gate.settled(provider.sign(t, provider.said(nil))).status }
		if got := good(); got != 418 {
			t.Fatalf("answered %d", got)
		}
		provider.change(func(p *idp) {
			p.broken = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }
		})
		<-time.After(2 * time.Hour)
		before := provider.discoveries.Load()
		for range 100 {
			if got := good(); got != 418 {
				t.Fatalf("answered %d with known keys\n%s", got, gate.log)
			}
			<-time.After(6 * time.Second)
		}
		if n := provider.discoveries.Load() - before; n != 10 {
			t.Errorf("asked %d times in ten minutes", n)
		}
		// Nobody can say whether an unknown key is a new one.
		unknown := sign(t, jwt.SigningMethodRS256, otherRSAKey(), provider.said(nil), map[string]any{"kid": "rsa-2"})
		for range 10 { // fetched and not, because of the limit
			if got := gate.settled(unknown); got.status != 503 || got.rule != "identity-unavailable" {
				t.Errorf("an unknown key during the outage: %+v", got)
			}
		}
		if got := good(); got != 418 {
			t.Errorf("answered %d", got)
		}
		provider.change(func(p *idp) {
			p.broken, p.document = nil, map[string]any{"jwks_uri": p.issuer + "/moved/keys"}
			p.set["rsa-2"] = &otherRSAKey().PublicKey
		})
		<-time.After(time.Minute + time.Second)
		if got := gate.settled(unknown); got.status != 418 {
			t.Errorf("a new key after the outage: %+v", got)
		}
		if got := good(); got != 418 {
			t.Errorf("answered %d", got)
		}
	})
}

// A flood may use up the fetches just when the keys are due; the known ones serve on.
func TestRenewalDuringAFlood(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		provider := newIDP()
		gate := newGate(t, provider.inMemory())
		good := func() {
			t.Helper()
			if got := gate.settled(provider.sign(t, provider.said(nil))); got.status != 418 {
				t.Errorf("a good token: %+v\n%s", got, gate.log)
			}
		}
		good()
		<-time.After(time.Hour - time.Second)
		for i := range 20 {
			token := sign(t, jwt.SigningMethodES256, ecKey(), provider.said(nil), map[string]any{"kid": fmt.Sprint("made-up-", i)})
			if got := gate.settled(token); got.status != 401 {
				t.Errorf("made-up key %d: %+v", i, got)
			}
		}
		<-time.After(2 * time.Second)
		fetched := provider.keys.Load()
		good()
		if n := provider.keys.Load() - fetched; n != 0 {
			t.Errorf("%d fetches above the limit", n)
		}
		<-time.After(time.Minute + time.Second)
		good()
		if n := provider.keys.Load() - fetched; n != 1 {
			t.Errorf("%d fetches once the limit allows it, want the renewal", n)
		}
	})
}

func TestProviderThatIsDown(t *testing.T) {
	t.Parallel()
	many := func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"keys":[`+strings.Repeat(" ", 300<<10)+`]}`)
	}
	for name, test := range map[string]struct {
		broken http.HandlerFunc
		change func(*idp)
		fixed  bool // the address of the keys is configured
		wrong  bool // waiting does not mend it
		log    string
	}{
		"discovery answers 500": {broken: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }, log: "status 500"},
		"discovery redirects":   {broken: func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) }, wrong: true, log: "status 302"},
		"discovery is a page":   {broken: func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") }, wrong: true, log: "another document"},
		"discovery is endless":  {broken: many, log: "longer than"},
		"another issuer":        {change: func(p *idp) { p.document = map[string]any{"issuer": "https://other.example"} }, wrong: true, log: "set jwt-issuer (JWT_ISSUER) to https://other.example"},
		"a slash too few":       {change: func(p *idp) { p.document = map[string]any{"issuer": p.issuer + "/"} }, wrong: true, log: "to https://idp.example/tenant/"},
		"no issuer":             {change: func(p *idp) { p.document = map[string]any{"issuer": nil} }, wrong: true, log: "names itself"},
		"discovery answers 404": {broken: http.NotFound, wrong: true, log: "no provider is found at https://idp.example/tenant/.well-known/openid-configuration: the answer has the status 404"},
		"keys over plain http":  {change: func(p *idp) { p.document = map[string]any{"jwks_uri": "http://idp.example/keys"} }, log: "jwks_uri must begin with https"},
		"no keys in discovery":  {change: func(p *idp) { p.document = map[string]any{"jwks_uri": ""} }, log: "jwks_uri is not an address"},
		"keys are elsewhere":    {change: func(p *idp) { p.document = map[string]any{"jwks_uri": p.issuer + "/gone"} }, log: "status 404"},
		"keys answer 404":       {broken: func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "gone", 404) }, fixed: true, log: "status 404"},
		"keys are a page":       {broken: func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") }, fixed: true, log: "decode keys"},
		"keys are endless":      {broken: many, fixed: true, log: "longer than"},
		"keys are broken":       {change: func(p *idp) { p.raw = `{"keys":[{"kty":"RSA","kid":"rsa-1","n":"!","e":"AQAB"}]}` }, fixed: true, log: "decode keys"},
		"keys hang":             {broken: func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, fixed: true, log: "exceeded"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				provider := newIDP()
				provider.change(func(p *idp) {
					p.broken = test.broken
					if test.change != nil {
						test.change(p)
					}
				})
				config := provider.inMemory()
				if test.fixed {
					config.JWKSURL = provider.issuer + "/keys"
				}
				gate := newGate(t, config)
				good := provider.sign(t, provider.said(map[string]any{"exp": time.Now().Add(time.Hour).Unix()}))
				started := time.Now()
				for range 10 {
					got := gate.settled(good)
					if test.wrong {
						if got.status != http.StatusInternalServerError || got.rule != "issuer-wrong" || got.retry != "" {
							t.Fatalf("answered %+v", got)
						}
						continue
					}
					if got.status != http.StatusServiceUnavailable || got.rule != "identity-unavailable" || got.retry != "30" {
						t.Fatalf("answered %+v", got)
					}
				}
				if took := time.Since(started); took > 16*time.Second {
					t.Errorf("ten answers took %v", took)
				}
				if n := provider.discoveries.Load() + provider.keys.Load(); n > 3 {
					t.Errorf("%d fetches", n)
				}
				text := gate.log.String()
				if n := strings.Count(text, "cannot check tokens"); n != 1 || !strings.Contains(text, test.log) || len(text) > 1000 {
					t.Errorf("%d lines, want one with %q:\n%s", n, test.log, text)
				}
				// It comes back, and so do the customers.
				provider.change(func(p *idp) { p.broken, p.document, p.raw = nil, nil, "" })
				<-time.After(2 * time.Minute)
				if got := gate.settled(good); got.status != 418 {
					t.Errorf("after the outage: %+v\n%s", got, gate.log)
				}
			})
		})
	}
}

// Nobody listens: the start and every request are quick. In a bubble only waiting takes time.
func TestProviderThatDoesNotListen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		provider := newIDP()
		provider.issuer = "http://127.0.0.1:1"
		gate := newGate(t, provider.config())
		started := time.Now()
		if got := gate.settled(provider.sign(t, provider.said(nil))); got.status != 503 {
			t.Errorf("answered %+v", got)
		}
		if took := time.Since(started); took > 3*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

// Callers that go away are no outage.
func TestCallerThatGoesAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		provider := newIDP()
		provider.change(func(p *idp) {
			p.broken = func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
		})
		for _, address := range []string{"", provider.issuer + "/keys"} {
			config := provider.inMemory()
			config.JWKSURL = address
			gate := newGate(t, config)
			token := provider.sign(t, provider.said(nil))
			var group sync.WaitGroup
			for range 3 {
				group.Go(func() {
					ctx, cancel := contextWithTimeout(t, time.Second)
					defer cancel()
					r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/", nil)
					r.Header.Set("Authorization", "Bearer "+token)
					started := time.Now()
					gate.handler.ServeHTTP(httptest.NewRecorder(), r)
					if took := time.Since(started); took > time.Second {
						t.Errorf("answered after %v", took)
					}
				})
			}
			group.Wait()
			if text := gate.log.String(); text != "" {
				t.Errorf("logged %s", text)
			}
			<-time.After(time.Minute) // the fetch ends by itself
		}
	})
}
