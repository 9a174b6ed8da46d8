package frontdoor_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/frontdoor"
	"github.com/parley-chat/parley/internal/identity"
	"github.com/parley-chat/parley/internal/settings"
)

// widgetDoor returns a developer's front door, what is behind it, and its log.
func widgetDoor(t *testing.T, withKey bool, widgets []string, environ ...string) (http.Handler, *upstream, *bytes.Buffer) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "key")
	if withKey {
		if err := os.WriteFile(file, []byte(key), 0o600); err != nil {
			t.Fatal(err)
		}
		environ = append(environ, "PARLEY_JWT_KEY_FILE="+file)
	}
	s, err := settings.Load(settings.Sources{Environ: environ})
	if err != nil {
		t.Fatal(err)
	}
	behind, log := &upstream{}, &bytes.Buffer{}
	config := frontdoor.Config{
		Settings: s, Starter: behind, InstanceID: instance, ContactFlowID: flow, Widgets: widgets,
		Log: slog.New(slog.NewTextHandler(log, nil)),
	}
	if withKey {
		if config.Keys, err = identity.FileKeys(file, nil); err != nil {
			t.Fatal(err)
		}
	}
	handler, err := frontdoor.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return handler, behind, log
}

// widgetToken signs a token as the business's server does for the hosted widget.
func widgetToken(t *testing.T, key string, more jwt.MapClaims) string {
	t.Helper()
	claims := jwt.MapClaims{"sub": "w-1", "iat": time.Now().Unix(), "exp": time.Now().Unix() + 300}
	maps.Copy(claims, more)
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(key))
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func startWidget(handler http.Handler, id, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "http://localhost:3000/connectwidget/api/"+id+"/start", strings.NewReader(body))
	r.Header.Set("X-Amz-Snippet-Id", "snippet-1")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w
}

// The hosted widget's start call is answered as the front door answers. What the page says of the
// contact has the prefix of hosted widgets, what the token says has none.
func TestRowA12HostedWidgetStarts(t *testing.T) {
	t.Parallel()
	const none, hs256 = "PARLEY_AUTH_MODE=none", "PARLEY_AUTH_MODE=hs256"
	token := widgetToken(t, key, jwt.MapClaims{
		"attributes": map[string]string{"plan": "gold"}, "customerId": "c-42", "relatedContactId": "contact-1",
	})
	forged := widgetToken(t, strings.Repeat("f", 44), nil)
	const body = `{"ParticipantDetails":{"DisplayName":"Pat"},"Attributes":{"plan":"free","customerName":"Pat"}}`
	page := map[string]any{"HostedWidget-plan": "free", "HostedWidget-customerName": "Pat"}
	both := map[string]any{"HostedWidget-plan": "free", "HostedWidget-customerName": "Pat", "plan": "gold"}
	for name, test := range map[string]struct {
		key        bool
		environ    []string
		widgets    []string
		header     []string
		status     int
		contains   string
		attributes map[string]any
		customer   any
	}{
		"no key, no token":             {false, []string{none}, nil, nil, 200, "", page, nil},
		"no key, a token":              {false, []string{none}, nil, []string{"X-Amz-Security-Token", token}, 200, "", page, nil},
		"a key, no token":              {true, []string{none}, nil, nil, 200, "", page, nil},
		"a key, a token":               {true, []string{none}, nil, []string{"X-Amz-Security-Token", token}, 200, "", both, "c-42"},
		"a key, a forged token":        {true, []string{none}, nil, []string{"X-Amz-Security-Token", forged}, 401, "token-invalid", nil, nil},
		"asked for, a token":           {true, []string{hs256}, nil, []string{"X-Amz-Security-Token", token}, 200, "", both, "c-42"},
		"asked for, no token":          {true, []string{hs256}, nil, nil, 401, "X-Amz-Security-Token", nil, nil},
		"asked for, a forged token":    {true, []string{hs256}, nil, []string{"X-Amz-Security-Token", forged}, 401, "token-invalid", nil, nil},
		"asked for, in another header": {true, []string{hs256}, nil, []string{"Authorization", "Bearer " + token}, 401, "token-missing", nil, nil},
		"for the widget":               {true, []string{hs256, "PARLEY_JWT_AUDIENCE=w-1"}, nil, []string{"X-Amz-Security-Token", token}, 200, "", both, "c-42"},
		"for another widget":           {true, []string{hs256, "PARLEY_JWT_AUDIENCE=w-2"}, nil, []string{"X-Amz-Security-Token", token}, 401, "token-invalid", nil, nil},
		"looked up, and there":         {false, nil, []string{"w-1"}, nil, 200, "", page, nil},
		"looked up, and not there":     {false, nil, []string{"w-2"}, nil, 404, "/connectwidget/api/w-2/start", nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			handler, behind, log := widgetDoor(t, test.key, test.widgets, test.environ...)
			answer := startWidget(handler, "w-1", body, test.header...)
			if answer.Code != test.status || !strings.Contains(answer.Body.String()+log.String(), test.contains) {
				t.Fatalf("%d %s, want %d with %q; log: %s", answer.Code, answer.Body, test.status, test.contains, log)
			}
			if test.status != 200 {
				if len(behind.bodies) != 0 {
					t.Errorf("a chat was started: %s", behind.bodies)
				}
				return
			}
			if !strings.Contains(answer.Body.String(), `{"data":{"startChatResult":{`) {
				t.Errorf("not the front door's answer: %s", answer.Body)
			}
			var sent map[string]any
			if err := json.Unmarshal([]byte(behind.bodies[0]), &sent); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.attributes, sent["Attributes"]); diff != "" {
				t.Errorf("attributes (-want +got):\n%s", diff)
			}
			if sent["CustomerId"] != test.customer || sent["InstanceId"] != instance || sent["ContactFlowId"] != flow {
				t.Errorf("sent %s", behind.bodies[0])
			}
			if unread := !test.key && test.header != nil; strings.Contains(log.String(), "--jwt-key-file") != unread || strings.Contains(log.String(), token) {
				t.Errorf("log: %s", log)
			}
		})
	}
}

// The subject of a hosted widget's token is the widget, so customers are not counted by it.
func TestRowA12WidgetIsNoCustomer(t *testing.T) {
	t.Parallel()
	handler, _, log := widgetDoor(t, true, nil, "PARLEY_AUTH_MODE=hs256", "PARLEY_SUBJECT_RATE=1/1h")
	start := func(claims jwt.MapClaims) int {
		return startWidget(handler, "w-1", `{}`, "X-Amz-Security-Token", widgetToken(t, key, claims)).Code
	}
	for range 3 {
		if status := start(nil); status != 200 {
			t.Fatalf("a customer of the widget: %d; log: %s", status, log)
		}
	}
	if first, second := start(jwt.MapClaims{"sub": "u-1"}), start(jwt.MapClaims{"sub": "u-1"}); first != 200 || second != 429 {
		t.Errorf("one customer: %d, then %d", first, second)
	}
}
