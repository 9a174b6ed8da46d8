package identity_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/parley-chat/parley/internal/identity"
	"github.com/parley-chat/parley/internal/secret"
)

const (
	currentKey  = "current-key-of-tests-0123456789-0123456789"
	previousKey = "previous-key-of-tests-0123456789-0123456789"
	widget      = "widget-1"
)

// fixedKeys is a key source that always says the same.
type fixedKeys struct {
	keys []string
	err  error
}

func (f fixedKeys) Keys(context.Context) ([]secret.Text, error) {
	var keys []secret.Text
	for _, key := range f.keys {
		keys = append(keys, secret.New(key))
	}
	return keys, f.err
}

func sharedConfig() identity.Config {
	return identity.Config{
		Mode: identity.HS256, Keys: fixedKeys{keys: []string{currentKey, previousKey}}, Audience: widget,
		ClaimAttributes: map[string]string{"email": "customerEmail", "tier": "tier", "vip": "vip"},
		DocsURL:         "https://docs.example/errors",
	}
}

// buffer is a log that several goroutines may write.
type buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// gate is a handler behind a verifier, and what it saw.
type gate struct {
	tb      testing.TB
	handler http.Handler
	log     *buffer

	mu     sync.Mutex
	caller *identity.Caller
	called bool
}

func newGate(tb testing.TB, config identity.Config) *gate {
	tb.Helper()
	g := &gate{tb: tb, log: &buffer{}}
	config.Log = slog.New(slog.NewTextHandler(g.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	verifier, err := identity.New(config)
	if err != nil {
		tb.Fatal(err)
	}
	g.handler = verifier.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.caller, _ = identity.From(r.Context())
		g.called = true
		w.WriteHeader(http.StatusTeapot)
	}))
	return g
}

// answer is what came back for a token.
type answer struct {
	status    int
	rule      string // the fragment of the link to the documentation
	challenge string
	retry     string
	sentence  string
	hint      string
	caller    *identity.Caller
}

// present sends a token; it must leave no trace in the log and in the answer.
func (g *gate) present(token string) answer {
	g.tb.Helper()
	return g.send(http.Header{"Authorization": {"Bearer " + token}}, token)
}

// settled is present within a bubble, and returns when nothing goes on any more: until the library's own
// goroutine has put a fetch away, which is after its result is known, it hands that result to whoever asks
// next instead of fetching again.
func (g *gate) settled(token string) answer {
	g.tb.Helper()
	defer synctest.Wait()
	return g.present(token)
}

func (g *gate) send(header http.Header, tokens ...string) answer {
	g.tb.Helper()
	r := httptest.NewRequestWithContext(g.tb.Context(), http.MethodPost, "/", strings.NewReader("{}"))
	r.Header = header
	g.mu.Lock()
	g.caller, g.called = nil, false
	g.mu.Unlock()
	recorder := httptest.NewRecorder()
	g.handler.ServeHTTP(recorder, r)
	g.mu.Lock()
	defer g.mu.Unlock()
	a := answer{
		status: recorder.Code, challenge: recorder.Header().Get("WWW-Authenticate"), retry: recorder.Header().Get("Retry-After"),
		caller: g.caller,
	}
	if g.called != (recorder.Code == http.StatusTeapot) {
		g.tb.Errorf("answered %d, and the handler behind ran: %v", recorder.Code, g.called)
	}
	shown := fmt.Sprint(recorder.Body.String(), recorder.Header())
	for _, token := range tokens {
		noTrace(g.tb, "the answer", shown, token)
		noTrace(g.tb, "the log", g.log.String(), token)
	}
	if !g.called {
		var envelope struct{ Docs, Error, Hint string }
		if err := json.Unmarshal(recorder.Body.Bytes(), &envelope); err != nil {
			g.tb.Errorf("the answer is no envelope: %v", err)
		}
		_, a.rule, _ = strings.Cut(envelope.Docs, "#")
		a.sentence, a.hint = envelope.Error, envelope.Hint
	}
	return a
}

// noTrace fails when a text holds a token or one of its parts, encoded or not.
func noTrace(tb testing.TB, where, text, token string) {
	tb.Helper()
	const telling = 12 // shorter pieces stand anywhere
	for part := range strings.SplitSeq(token, ".") {
		for _, piece := range []string{part, decoded(part)} {
			if len(piece) >= telling && strings.Contains(text, piece[:telling]) {
				tb.Errorf("a part of the token stands in %s: %s", where, text)
			}
		}
	}
	for _, key := range []string{currentKey, previousKey} {
		if strings.Contains(text, key) {
			tb.Errorf("a key stands in %s", where)
		}
	}
}

func decoded(part string) string {
	text, err := jwt.NewParser().DecodeSegment(part)
	if err != nil {
		return ""
	}
	return string(text)
}

// lastReason is the reason in the log's last line.
func (g *gate) lastReason() string {
	lines := strings.Split(strings.TrimSpace(g.log.String()), "\n")
	_, reason, _ := strings.Cut(lines[len(lines)-1], `reason="`)
	reason, _, _ = strings.Cut(reason, `" hint=`)
	return strings.ReplaceAll(reason, `\"`, `"`)
}

// in is a claim's time, counted from the making of its token.
type in time.Duration

// said are the claims of a good token, changed as wanted; nil takes a claim away.
func said(changes map[string]any) jwt.MapClaims {
	now := time.Now()
	claims := jwt.MapClaims{"sub": widget, "iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix()}
	for name, value := range changes {
		claims[name] = value
		if away, is := value.(in); is {
			claims[name] = now.Add(time.Duration(away)).Unix()
		}
		if value == nil {
			delete(claims, name)
		}
	}
	return claims
}

// sign signs claims, with further header members if wanted.
func sign(tb testing.TB, method jwt.SigningMethod, key any, claims jwt.Claims, header map[string]any) string {
	tb.Helper()
	token := jwt.NewWithClaims(method, claims)
	maps.Copy(token.Header, header)
	text, err := token.SignedString(key)
	if err != nil {
		tb.Fatal(err)
	}
	return text
}

func signShared(tb testing.TB, claims jwt.Claims) string {
	tb.Helper()
	return sign(tb, jwt.SigningMethodHS256, []byte(currentKey), claims, nil)
}

// rawToken signs any payload with the shared key.
func rawToken(payload string) string {
	encode := func(text string) string { return (&jwt.Token{}).EncodeSegment([]byte(text)) }
	signed := encode(`{"alg":"HS256","typ":"JWT"}`) + "." + encode(payload)
	signature, err := jwt.SigningMethodHS256.Sign(signed, []byte(currentKey))
	if err != nil {
		panic(errors.Join(errors.New("signing with a good key cannot fail"), err))
	}
	return signed + "." + (&jwt.Token{}).EncodeSegment(signature)
}

func contextWithTimeout(tb testing.TB, d time.Duration) (context.Context, context.CancelFunc) {
	tb.Helper()
	return context.WithTimeout(tb.Context(), d)
}
