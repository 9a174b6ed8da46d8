package emulator_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/parley-chat/parley/internal/diagnosis"
	"github.com/parley-chat/parley/internal/emulator"
	"github.com/parley-chat/parley/internal/startchat"
)

// frontDoor is the front door with the embedded Amazon Connect behind it, as the program
// composes it.
func frontDoor(t *testing.T) http.Handler {
	t.Helper()
	embedded, err := emulator.New(emulator.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := embedded.Close(); err != nil {
			t.Error(err)
		}
	})
	door, err := startchat.New(startchat.Config{Starter: embedded})
	if err != nil {
		t.Fatal(err)
	}
	return door
}

func start(t *testing.T, door http.Handler, body string) (int, map[string]any) {
	t.Helper()
	w := httptest.NewRecorder()
	door.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/startChatContact", strings.NewReader(body)))
	var answer map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		t.Fatalf("the answer is not JSON: %v", err)
	}
	return w.Code, answer
}

func TestStartsAChat(t *testing.T) {
	t.Parallel()
	door := frontDoor(t)
	const body = `{"ContactFlowId":"any flow","InstanceId":"any instance","ClientToken":"t"}`
	status, first := start(t, door, body)
	if status != 200 {
		t.Fatalf("got %d %v", status, first)
	}
	for _, member := range []string{"ContactId", "ParticipantId"} {
		if id, _ := first[member].(string); uuid.Validate(id) != nil {
			t.Errorf("%s = %q, want a UUID", member, id)
		}
	}
	if token, _ := first["ParticipantToken"].(string); !strings.HasPrefix(token, "QVFJREFI") {
		t.Error("the participant token does not look like one")
	}
	if _, second := start(t, door, body); second["ContactId"] != first["ContactId"] {
		t.Error("the same client token started another chat")
	}
}

func TestRefusesAsAWSDoes(t *testing.T) {
	t.Parallel()
	status, answer := start(t, frontDoor(t),
		`{"ContactFlowId":"f","InstanceId":"i","InitialMessage":{"ContentType":"text/markdown","Content":"x"}}`)
	if status != 400 || answer["code"] != "InvalidRequestException" || answer["requestId"] == "" ||
		answer["hint"] != diagnosis.Lookup(diagnosis.RequestRefused).Remedy {
		t.Errorf("got %d %v", status, answer)
	}
}
