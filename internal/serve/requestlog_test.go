package serve_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/serve"
)

// A chat at debug level: each request has one line, and no token is in any, not even one that somebody says.
func TestB2RequestsAreLogged(t *testing.T) {
	t.Parallel()
	cfg, _ := config(t, "--ephemeral", "--addr=127.0.0.1:0", "--partner=false")
	said := make(logged, 1000)
	cfg.Log = slog.New(slog.NewTextHandler(said, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s, err := serve.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	type reply struct {
		Data struct {
			StartChatResult struct{ ContactID, ParticipantToken string }
		}
		ConnectionCredentials struct{ ConnectionToken string }
	}
	ask := func(path, body string, header ...string) (answer reply) {
		t.Helper()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost"+path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		_ = json.Unmarshal(w.Body.Bytes(), &answer) // what is missing shows below
		return answer
	}
	chat := ask("/startChatContact", `{"ParticipantDetails":{"DisplayName":"Ann"}}`).Data.StartChatResult
	connection := ask("/participant/connection", `{"Type":["CONNECTION_CREDENTIALS"]}`, "X-Amz-Bearer", chat.ParticipantToken)
	token, admin := connection.ConnectionCredentials.ConnectionToken, s.AdminToken().Reveal()
	if chat.ParticipantToken == "" || token == "" || admin == "" {
		t.Fatalf("there is no chat, or no token: %d %d %d bytes", len(chat.ParticipantToken), len(token), len(admin))
	}
	ask("/participant/message", `{"ContentType":"text/plain","Content":"good morning, I am `+token+`"}`, "X-Amz-Bearer", token)
	ask("/participant/message", `{"ContentType":"text/plain","Content":"once more"}`, "X-Amz-Bearer", token+"x", "Authorization", "Bearer "+admin)
	if err := s.Close(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	close(said)
	var requests []string
	for line := range said {
		for _, secret := range []string{chat.ParticipantToken, token, admin} {
			if strings.Contains(line, secret) {
				t.Error("a line of the log holds a token")
			}
		}
		if strings.Contains(line, "msg=request") {
			requests = append(requests, line)
		}
	}
	want := [][]string{
		{"action=StartChatContact status=200 took=", " contact=" + chat.ContactID, " words=Ann"},
		{"action=CreateParticipantConnection status=200 took=", " who=CUSTOMER contact=" + chat.ContactID},
		{"action=SendMessage status=200 took=", " who=CUSTOMER contact=" + chat.ContactID, `words="good morning, I am `},
		{"action=SendMessage status=403 took=", " problem="},
	}
	if len(requests) != len(want) {
		t.Fatalf("%d lines, want %d:\n%s", len(requests), len(want), strings.Join(requests, ""))
	}
	for i, parts := range want {
		for _, part := range parts {
			if !strings.Contains(requests[i], part) || !strings.Contains(requests[i], "level=DEBUG") {
				t.Errorf("line %d does not say %q: %s", i+1, part, requests[i])
			}
		}
	}
}

// Above debug level there is no line of a request.
func TestB2RequestsAreNotLoggedAbove(t *testing.T) {
	t.Parallel()
	handler, log := open(t, "--ephemeral")
	handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost/nowhere", nil))
	if strings.Contains(log.String(), "msg=request") {
		t.Errorf("the log of level info: %s", log)
	}
}
