package emulator_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/emulator"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/transcript"
)

// TestRowA6Broken: no agent and no bot says what breaks the client that shows it, in whatever way, but
// by the fault for it.
func TestRowA6Broken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Config{Ephemeral: true, Faults: &fault.Config{}})
	pat := w.open(`{"SupportedMessagingContentTypes":["text/plain","` + transcript.Interactive + `"]}`)
	bot := w.must(http.MethodPost, "/contact/create-participant", "", `{"InstanceId":"`+emulator.DefaultInstanceID+`","ContactId":"`+pat.id+
		`","ParticipantDetails":{"ParticipantRole":"CUSTOM_BOT","DisplayName":"Bot"}}`)
	credentials := w.must(http.MethodPost, "/participant/connection", text(bot, "ParticipantCredentials", "ParticipantToken"),
		`{"Type":["CONNECTION_CREDENTIALS"],"ConnectParticipant":true}`)
	message := func(content string) string {
		body, err := json.Marshal(map[string]string{"ContentType": transcript.Interactive, "Content": content})
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	const noData = `{"templateType":"ListPicker","version":"1.0"}`
	refused := func(who, bearer string) {
		for _, content := range []string{"{oops", "[]", noData} {
			status, answer := w.call(http.MethodPost, "/participant/message", bearer, message(content))
			if told, _ := answer["Message"].(string); status != 400 || !strings.HasPrefix(told, "Content: ") {
				t.Errorf("%s says %s: %d %v", who, content, status, answer)
			}
		}
	}
	bearer := text(credentials, "ConnectionCredentials", "ConnectionToken")
	refused("a bot", bearer)
	w.wrong(fault.Rule{Times: 1, Effect: fault.Effect{Type: fault.PassBroken}})
	w.must(http.MethodPost, "/participant/message", bearer, message("{oops"))
	pat.await("{oops")

	ann, err := w.emulator.Chats().Join(t.Context(), pat.id, transcript.Agent, "Ann") // the bot leaves
	if err != nil {
		t.Fatal(err)
	}
	agent := w.must(http.MethodPost, "/participant/connection", ann.Token.Reveal(), `{"Type":["CONNECTION_CREDENTIALS"]}`)
	refused("an agent", text(agent, "ConnectionCredentials", "ConnectionToken"))
	desk := func(content string) error {
		_, err := w.emulator.Chats().Say(t.Context(), pat.id, ann.ParticipantID, transcript.Message{ContentType: transcript.Interactive, Content: content})
		return err
	}
	w.wrong(fault.Rule{Times: 1, Effect: fault.Effect{Type: fault.PassBroken}})
	if err := desk(noData); err != nil {
		t.Errorf("with the fault: %v", err)
	}
	pat.await(noData)
	if err := desk("[]"); err == nil {
		t.Error("the fault struck more often than it may")
	}
}
