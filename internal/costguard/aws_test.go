package costguard_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/awsfake"
	"github.com/parley-chat/parley/internal/connectclient"
	"github.com/parley-chat/parley/internal/costguard"
	"github.com/parley-chat/parley/internal/diagnosis"
	"github.com/parley-chat/parley/internal/startchat"
)

// TestAgainstAWS runs the guard in front of the client that is used for real, against
// an endpoint that verifies signatures. It sets variables, so it is not parallel.
func TestAgainstAWS(t *testing.T) {
	fake := awsfake.Start(t)
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": awsfake.DefaultAccessKeyID, "AWS_SECRET_ACCESS_KEY": awsfake.DefaultSecretAccessKey,
		"AWS_SESSION_TOKEN": "", "AWS_PROFILE": "", "AWS_CONFIG_FILE": "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
		"AWS_NEW_RETRIES_2026": "true", // shorter waits before a call is repeated
	} {
		t.Setenv(name, value)
	}
	client, err := connectclient.New(t.Context(), connectclient.Config{Region: awsfake.DefaultRegion, EndpointURL: fake.URL})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	where := costguard.Target{Region: client.Region(), InstanceID: "instance-1", EndpointURL: client.Endpoint()}
	var log bytes.Buffer
	run := func() *costguard.Guard {
		return newGuard(t, costguard.Config{
			Starter: client, Stopper: client, MaxChats: 4, EndOnExit: true, Dir: dir, Target: where,
			Log: slog.New(slog.NewTextHandler(&log, nil)),
		})
	}
	crashed := run()
	for i := range 4 {
		if _, err := crashed.StartChatContact(t.Context(), realRequest(t, strconv.Itoa(i))); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := crashed.StartChatContact(t.Context(), realRequest(t, "5")); problem(err) != diagnosis.MaxChatsReached {
		t.Errorf("above the limit: %v", err)
	}
	if err := crashed.Crash(); err != nil {
		t.Fatal(err)
	}

	next := run()
	if _, err := next.StartChatContact(t.Context(), realRequest(t, "next")); err != nil {
		t.Fatal(err)
	}
	// One call is throttled once and repeated, one fails for good, one contact is gone.
	fake.Script(
		awsfake.Step{Operation: "StopContact", Status: http.StatusTooManyRequests, Error: "TooManyRequestsException"},
		awsfake.Step{Operation: "StopContact", Status: http.StatusForbidden, Error: "AccessDeniedException", Message: "no"},
		awsfake.Step{Operation: "StopContact", Status: http.StatusGone, Error: "ContactNotFoundException"},
	)
	if err := next.Recover(t.Context()); err == nil {
		t.Error("Recover hides that a chat could not be ended")
	}
	if !strings.Contains(log.String(), "ended=2 already_ended=1 left=1") {
		t.Errorf("the log does not count what became of the chats:\n%s", log.String())
	}
	if got := fake.OpenContacts(); got != 3 { // the refused one, the one said to be gone, and the new run's
		t.Errorf("%d contacts are open after recovery, want 3", got)
	}
	if err := next.Recover(t.Context()); err != nil {
		t.Errorf("recovering again: %v", err)
	}
	if err := next.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if got := fake.OpenContacts(); got != 1 { // only the one the endpoint said was gone
		t.Errorf("%d contacts are open in the end, want 1", got)
	}
	if left := files(t, dir); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

func realRequest(tb testing.TB, clientToken string) *startchat.Request {
	tb.Helper()
	body, err := json.Marshal(map[string]any{
		"InstanceId": "instance-1", "ContactFlowId": "flow-1", "ClientToken": clientToken,
		"ParticipantDetails": map[string]string{"DisplayName": "Pat"},
	})
	if err != nil {
		tb.Fatal(err)
	}
	return &startchat.Request{Body: body, InstanceID: "instance-1", ContactFlowID: "flow-1", ClientToken: clientToken}
}

var _ costguard.Stopper = (*connectclient.Client)(nil)
