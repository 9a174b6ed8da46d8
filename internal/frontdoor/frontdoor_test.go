package frontdoor_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/frontdoor"
	"github.com/parley-chat/parley/internal/identity"
	"github.com/parley-chat/parley/internal/secret"
	"github.com/parley-chat/parley/internal/settings"
	"github.com/parley-chat/parley/internal/startchat"
)

const (
	instance = "11111111-2222-4333-8444-555555555555"
	flow     = "66666666-7777-4888-8999-000000000000"
	site     = "https://www.example.com"
	key      = "0123456789abcdef0123456789abcdef0123456789ab"
)

// upstream takes calls down and answers that a chat was started.
type upstream struct{ bodies []string }

// StartChatContact implements [startchat.Starter].
func (u *upstream) StartChatContact(_ context.Context, r *startchat.Request) (*startchat.Result, error) {
	u.bodies = append(u.bodies, string(r.Body))
	return &startchat.Result{ContactID: "c-1", ParticipantID: "p-1", ParticipantToken: secret.New("t-1")}, nil
}

// door returns the whole way to a chat as the production function has it, and what is behind.
func door(t *testing.T, environ ...string) (http.Handler, *upstream) {
	t.Helper()
	s, err := settings.LoadLambda(slices.Concat([]string{
		"INSTANCE_ID=" + instance, "CONTACT_FLOW_ID=" + flow, "ALLOWED_ORIGINS=" + site,
	}, environ))
	config := frontdoor.Config{Settings: s, Public: true}
	if err := settings.Join(err, config.Check()); err != nil {
		t.Fatal(err)
	}
	if s.AuthMode == settings.AuthHS256 {
		file := filepath.Join(t.TempDir(), "key")
		if err := os.WriteFile(file, []byte(key), 0o600); err != nil {
			t.Fatal(err)
		}
		if config.Keys, err = identity.FileKeys(file, nil); err != nil {
			t.Fatal(err)
		}
	}
	behind := &upstream{}
	config.Starter = behind
	handler, err := frontdoor.NewBehindGateway(config)
	if err != nil {
		t.Fatal(err)
	}
	return handler, behind
}

func post(handler http.Handler, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "https://api.example.com/Prod", strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w
}

func TestAnyoneOnANamedOrigin(t *testing.T) {
	t.Parallel()
	handler, behind := door(t)
	for name, test := range map[string]struct {
		body   string
		origin string
		status int
		code   string
	}{
		"a widget":          {`{"ParticipantDetails":{"DisplayName":"Pat"}}`, site, 200, ""},
		"no origin":         {`{}`, "", 403, "OriginNotAllowed"},
		"another origin":    {`{}`, "https://evil.example", 403, "OriginNotAllowed"},
		"another instance":  {`{"InstanceId":"99999999-2222-4333-8444-555555555555"}`, site, 403, "InstanceNotAllowed"},
		"another flow":      {`{"ContactFlowId":"99999999-7777-4888-8999-000000000000"}`, site, 403, "ContactFlowNotAllowed"},
		"an earlier chat":   {`{"PersistentChat":{"RehydrationType":"ENTIRE_PAST_SESSION","SourceContactId":"` + flow + `"}}`, site, 403, "PersistentChatNotAllowed"},
		"a steering wheel":  {`{"Attributes":{"vip":"true"},"CustomerId":"cust-9"}`, site, 200, ""},
		"the longest chats": {`{"ChatDurationInMinutes":10080}`, site, 200, ""},
	} {
		before := len(behind.bodies)
		answer := post(handler, test.body, "Origin", test.origin)
		if test.origin == "" {
			answer = post(handler, test.body, "User-Agent", "a script")
		}
		if answer.Code != test.status || !strings.Contains(answer.Body.String(), test.code) {
			t.Errorf("%s: %d %s, want %d %s", name, answer.Code, answer.Body, test.status, test.code)
		}
		if called := len(behind.bodies) > before; called != (test.status == 200) {
			t.Errorf("%s: called: %v", name, called)
		}
	}
	for _, body := range behind.bodies {
		if strings.Contains(body, "vip") || strings.Contains(body, "cust-9") || strings.Contains(body, "10080") ||
			!strings.Contains(body, instance) || !strings.Contains(body, flow) {
			t.Errorf("a call that no page may make: %s", body)
		}
	}
}

func TestOnlyWithAToken(t *testing.T) {
	t.Parallel()
	handler, behind := door(t, "AUTH_MODE=hs256", "JWT_KEY_ARN=arn:aws:secretsmanager:eu-west-1:111122223333:secret:chat", "JWT_AUDIENCE=widget-1")
	token, err := identity.Mint(secret.New(key), identity.Claims{
		Subject: "customer-42", Audience: "widget-1", Name: "Pat", Attributes: map[string]string{"plan": "gold"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if answer := post(handler, `{}`, "Origin", site); answer.Code != 401 || answer.Header().Get("WWW-Authenticate") == "" ||
		answer.Header().Get("Access-Control-Allow-Origin") != site {
		t.Errorf("without a token: %d %v", answer.Code, answer.Header())
	}
	// A token says more than an origin does: apps have none.
	answer := post(handler, `{"Attributes":{"plan":"free"}}`, "Authorization", "Bearer "+token)
	if answer.Code != 200 || !strings.Contains(answer.Body.String(), `"resumeId":"`) {
		t.Errorf("with a token: %d %s", answer.Code, answer.Body)
	}
	if len(behind.bodies) != 1 || !strings.Contains(behind.bodies[0], `"plan":"gold"`) || !strings.Contains(behind.bodies[0], `"Pat"`) {
		t.Errorf("called with %q", behind.bodies)
	}
}

// TestDeveloper: on a developer's own machine nothing stands between the page and Amazon
// Connect but what was asked for.
func TestDeveloper(t *testing.T) {
	t.Parallel()
	s, err := settings.Load(settings.Sources{Environ: []string{"PARLEY_MAX_CHAT_DURATION=90"}})
	if err != nil {
		t.Fatal(err)
	}
	behind := &upstream{}
	handler, err := frontdoor.New(frontdoor.Config{Settings: s, Starter: behind, InstanceID: instance, ContactFlowID: flow})
	if err != nil {
		t.Fatal(err)
	}
	body := `{"InstanceId":"i","ContactFlowId":"f","Attributes":{"vip":"true"},"CustomerId":"cust-9","ChatDurationInMinutes":600,` +
		`"PersistentChat":{"RehydrationType":"ENTIRE_PAST_SESSION","SourceContactId":"` + flow + `"}}`
	if answer := post(handler, body); answer.Code != 200 {
		t.Fatalf("%d %s", answer.Code, answer.Body)
	}
	for _, part := range []string{`"i"`, `"f"`, "vip", "cust-9", flow, ":90"} {
		if !strings.Contains(behind.bodies[0], part) {
			t.Errorf("the call lacks %s: %s", part, behind.bodies[0])
		}
	}
}

// TestCheck: what only the parts know to be wrong is reported under the settings' names.
func TestCheck(t *testing.T) {
	t.Parallel()
	s, err := settings.LoadLambda([]string{
		"INSTANCE_ID=" + instance, "CONTACT_FLOW_ID=" + flow, "ALLOWED_ORIGINS=https://*.example.com", "AUTH_MODE=oidc",
		"JWT_ISSUER=http://idp.example", "JWT_AUDIENCE=chat", "ALLOWED_MEMBERS=Nothing",
	})
	err = settings.Join(err, frontdoor.Config{Settings: s}.Check())
	faults, ok := errors.AsType[*settings.FaultsError](err)
	if !ok {
		t.Fatalf("error %v", err)
	}
	for _, want := range []string{"ALLOWED_ORIGINS: ", "JWT_ISSUER: ", "ALLOWED_MEMBERS: "} {
		if !strings.Contains(faults.Sentence(), want) {
			t.Errorf("the sentence lacks %q: %s", want, faults.Sentence())
		}
	}
}
