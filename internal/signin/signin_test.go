package signin_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/secret"
	"github.com/parley-chat/parley/internal/signin"
	"github.com/parley-chat/parley/internal/store"
	"github.com/parley-chat/parley/internal/transcript"
)

// stage is the page with real chats.
type stage struct {
	t     *testing.T
	chats *chat.Service
	mux   *http.ServeMux
	log   strings.Builder
}

func newStage(t *testing.T) *stage {
	t.Helper()
	kept, err := store.Open(t.Context(), store.Config{Ephemeral: true})
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{t: t, mux: http.NewServeMux()}
	if s.chats, err = chat.Open(t.Context(), chat.Config{Store: kept}); err == nil {
		err = s.chats.Begin(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.chats.Close()
		if err := kept.Close(); err != nil {
			t.Error(err)
		}
	})
	signin.Routes(s.mux, s.chats, slog.New(slog.NewTextHandler(&s.log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	return s
}

// begin asks a customer to sign in, who goes to the page.
func (s *stage) begin(back string) (contactID string, state secret.Text) {
	s.t.Helper()
	started, err := s.chats.Start(s.t.Context(), chat.StartRequest{InstanceID: "i", FlowID: "f", DisplayName: "Pat", ContentTypes: []string{transcript.TextPlain}})
	if err != nil {
		s.t.Fatal(err)
	}
	session, err := s.chats.BeginAuthentication(s.t.Context(), started.ContactID)
	if err == nil {
		state, err = s.chats.OpenAuthentication(s.t.Context(), started.ContactID, session, back)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return started.ContactID, state
}

func (s *stage) ask(method, target string, form url.Values) *http.Response {
	s.t.Helper()
	r := httptest.NewRequestWithContext(s.t.Context(), method, target, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	s.mux.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, answer *http.Response) string {
	t.Helper()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The page leads to the address that was given for it, with what the choice on it adds.
func TestPage(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for back, policy := range map[string]string{
		"https://shop.example/back?shop=1&x=%2F": "https:", "http://localhost:1/back": "http:", "myapp://signed-in": "myapp:",
	} {
		_, state := s.begin(back)
		address := signin.Address("", state)
		shown := s.ask(http.MethodGet, address+"&identity_provider=Shop%22%3E%3Cscript%3E", nil)
		if text := body(t, shown); shown.StatusCode != http.StatusOK || strings.Contains(text, "<script") || !strings.Contains(text, "Shop&#34;&gt;&lt;script&gt;") {
			t.Errorf("%d %s", shown.StatusCode, text)
		}
		if got := shown.Header.Get("Content-Security-Policy"); !strings.HasSuffix(got, "form-action 'self' "+policy) || !strings.HasPrefix(got, "default-src 'none'") {
			t.Errorf("%s has the policy %s", back, got)
		}
		for choice, want := range map[string][]string{"sign-in": {"code", "state"}, "fail": {"error", "error_description", "state"}, "expire": {"code", "state"}} {
			answer := s.ask(http.MethodPost, "/oauth2/authorize", url.Values{"state": {state.Reveal()}, "name": {" Ada "}, "answer": {choice}})
			to, err := answer.Location()
			if answer.StatusCode != http.StatusSeeOther || err != nil {
				t.Fatalf("%s: %d, %v", choice, answer.StatusCode, err)
			}
			before, _ := url.Parse(back)
			if !strings.HasPrefix(to.String(), back) || to.Host != before.Host {
				t.Errorf("%s leads to %s", back, to)
			}
			for _, name := range want {
				if to.Query().Get(name) == "" {
					t.Errorf("%s: no %s in %s", choice, name, to)
				}
			}
			if to.Query().Get("state") != state.Reveal() {
				t.Errorf("%s: another state", choice)
			}
		}
	}
	if s.log.Len() > 0 {
		t.Errorf("logged %s", s.log.String())
	}
}

// The code that the page gives out signs the customer in under the name that was typed.
func TestCode(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	contactID, state := s.begin("https://shop.example")
	answer := s.ask(http.MethodPost, "/oauth2/authorize", url.Values{"state": {state.Reveal()}, "name": {" Ada "}, "answer": {"sign-in"}})
	to, err := answer.Location()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.chats.FinishSignIn(t.Context(), state, secret.New(to.Query().Get("code"))); err != nil {
		t.Fatal(err)
	}
	contact, err := s.chats.Contact(context.Background(), contactID)
	if err != nil || contact.Customer().DisplayName != "Ada" {
		t.Errorf("%+v, %v", contact.Customer(), err)
	}
}

// What is no sign-in leads nowhere, and what was typed wrong is said.
func TestRefusals(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	_, state := s.begin("https://shop.example")
	form := func(name string) url.Values {
		return url.Values{"state": {state.Reveal()}, "name": {name}, "answer": {"sign-in"}, "redirect_uri": {"https://evil.example"}}
	}
	for what, c := range map[string]struct {
		method, target string
		form           url.Values
		status         int
		says           string
	}{
		"no state":       {http.MethodGet, "/oauth2/authorize?redirect_uri=https://evil.example", nil, 400, "This sign-in is over"},
		"another state":  {http.MethodGet, signin.Address("", secret.New("x")), nil, 400, "This sign-in is over"},
		"a wrong answer": {http.MethodPost, "/oauth2/authorize", url.Values{"state": {"x"}, "name": {"Ada"}}, 400, "This sign-in is over"},
		"nobody":         {http.MethodPost, "/oauth2/authorize", form("  "), 422, `role="alert"`},
		"a long name":    {http.MethodPost, "/oauth2/authorize", form(strings.Repeat("x", 257)), 422, `aria-invalid="true"`},
		"a long form":    {http.MethodPost, "/oauth2/authorize", form(strings.Repeat("x", 20_000)), 400, "no form"},
		"a method":       {http.MethodPut, "/oauth2/authorize", nil, 405, "GET and POST"},
	} {
		answer := s.ask(c.method, c.target, c.form)
		if text := body(t, answer); answer.StatusCode != c.status || !strings.Contains(text, c.says) || strings.Contains(text, "evil") || answer.Header.Get("Location") != "" {
			t.Errorf("%s: %d %s", what, answer.StatusCode, text)
		}
	}
}
