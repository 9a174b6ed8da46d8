package connectserver_test

import (
	"encoding/json"
	"testing"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/transcript"
)

// Each contact of a chat is described by its own id, and what is done to one of them is done to the
// chat.
func TestContactsOfATransferredChat(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil, nil)
	started, err := s.api.StartChatContact(t.Context(), []byte(minimal))
	if err != nil {
		t.Fatal(err)
	}
	ctx, first := t.Context(), started.ContactID
	ann, err := s.chats.Join(ctx, first, transcript.Agent, "Ann")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.chats.Say(ctx, first, ann.ParticipantID, transcript.Message{ContentType: "text/plain", Content: "Let me pass you on."}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.chats.Transfer(ctx, first, ann.ParticipantID, chat.Transfer{Agent: "Bob"}); err != nil {
		t.Fatal(err)
	}
	found, err := s.chats.Contact(ctx, first)
	if err != nil {
		t.Fatal(err)
	}
	second := found.Current()
	type description struct {
		Arn, Id, InitialContactId, PreviousContactId, InitiationMethod, DisconnectReason string
		InitiationTimestamp, DisconnectTimestamp                                         float64
		AgentInfo                                                                        *struct{}
		Attributes                                                                       map[string]string
		ChatMetrics                                                                      *struct {
			ChatContactMetrics struct {
				TotalMessages int
				MultiParty    bool
			}
		}
	}
	describe := func(id string) description {
		t.Helper()
		var got struct{ Contact description }
		if w := s.call("GET", "/contacts/i/"+id, ""); w.Code != 200 || json.Unmarshal(w.Body.Bytes(), &got) != nil {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		return got.Contact
	}
	if w := s.call("POST", "/contact/attributes", `{"InstanceId":"i","InitialContactId":"`+second+`","Attributes":{"k":"v"}}`); w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	one, two := describe(first), describe(second)
	if one.Id != first || one.InitialContactId != first || one.PreviousContactId != "" || one.InitiationMethod != "API" ||
		one.DisconnectReason != "AGENT_DISCONNECT" || one.DisconnectTimestamp == 0 || one.AgentInfo == nil || one.Attributes["k"] != "v" ||
		one.ChatMetrics == nil || one.ChatMetrics.ChatContactMetrics.TotalMessages != 1 || one.ChatMetrics.ChatContactMetrics.MultiParty {
		t.Errorf("the first contact is %+v", one)
	}
	if two.Id != second || two.InitialContactId != first || two.PreviousContactId != first || two.InitiationMethod != "TRANSFER" ||
		two.DisconnectReason != "" || two.DisconnectTimestamp != 0 || two.InitiationTimestamp != one.DisconnectTimestamp || two.AgentInfo == nil ||
		two.Attributes["k"] != "v" || two.ChatMetrics != nil || two.Arn[len(two.Arn)-len(second):] != second {
		t.Errorf("the second contact is %+v", two)
	}
	if w := s.call("POST", "/contact/stop", `{"InstanceId":"i","ContactId":"`+second+`"}`); w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if two = describe(second); two.DisconnectReason != "API" || two.ChatMetrics.ChatContactMetrics.TotalMessages != 0 {
		t.Errorf("the second contact has ended as %+v", two)
	}
	if one = describe(first); one.DisconnectReason != "AGENT_DISCONNECT" {
		t.Errorf("the first contact has ended as %+v", one)
	}
}
