package parleytest

import (
	"encoding/json"
	"testing"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/startchat"
	"github.com/parley-chat/parley/internal/transcript"
)

// Chat is a started chat: what a chat client is given.
type Chat struct {
	ContactID, ParticipantID, ParticipantToken string
}

// StartChat starts a chat for a customer of a name, whose client shows every type of message.
// Nobody is connected to it yet.
func (s *Server) StartChat(tb testing.TB, name string) Chat {
	tb.Helper()
	body, err := json.Marshal(map[string]any{
		"InstanceId": s.InstanceID, "ContactFlowId": s.ContactFlowID, "ParticipantDetails": map[string]string{"DisplayName": name},
		"SupportedMessagingContentTypes": []string{
			transcript.TextPlain, transcript.TextMarkdown, transcript.ApplicationJSON, transcript.Interactive, transcript.InteractiveResponse,
		},
	})
	if err != nil {
		tb.Fatalf("starting a chat: %v", err)
	}
	result, err := s.emulator.StartChatContact(tb.Context(), &startchat.Request{Body: body})
	if err != nil {
		tb.Fatalf("starting a chat: %v", err)
	}
	return Chat{result.ContactID, result.ParticipantID, result.ParticipantToken.Reveal()}
}

// Agent is an agent in a chat, played by the test.
type Agent struct {
	s             *Server
	contactID, id string
}

// JoinAgent lets an agent of a name take a chat.
func (s *Server) JoinAgent(tb testing.TB, contactID, name string) *Agent {
	tb.Helper()
	joined, err := s.emulator.Chats().Join(tb.Context(), contactID, transcript.Agent, name)
	if err != nil {
		tb.Fatalf("joining the chat %s: %v", contactID, err)
	}
	return &Agent{s, contactID, joined.ParticipantID}
}

// Say says something as plain text.
func (a *Agent) Say(tb testing.TB, text string) {
	tb.Helper()
	a.Send(tb, transcript.TextPlain, text)
}

// Send sends a message of a content type, for example an interactive one as its JSON text.
func (a *Agent) Send(tb testing.TB, contentType, content string) {
	tb.Helper()
	message := transcript.Message{ContentType: contentType, Content: content}
	if _, err := a.s.emulator.Chats().Say(tb.Context(), a.contactID, a.id, message); err != nil {
		tb.Fatalf("sending %s to the chat %s: %v", contentType, a.contactID, err)
	}
}

// Leave lets the agent leave, which ends the chat when no other agent is in it.
func (a *Agent) Leave(tb testing.TB) {
	tb.Helper()
	if err := a.s.emulator.Chats().Leave(tb.Context(), a.contactID, a.id); err != nil {
		tb.Fatalf("leaving the chat %s: %v", a.contactID, err)
	}
}

// EndChat ends a chat from outside, as StopContact does.
func (s *Server) EndChat(tb testing.TB, contactID string) {
	tb.Helper()
	if err := s.emulator.Chats().End(tb.Context(), contactID, chat.StoppedByAPI); err != nil {
		tb.Fatalf("ending the chat %s: %v", contactID, err)
	}
}

// Message is a message in a transcript.
type Message struct {
	// Role is "CUSTOMER", "AGENT", "SYSTEM", "CUSTOM_BOT" or "SUPERVISOR", From the name
	// shown.
	Role, From           string
	ContentType, Content string
}

// Messages returns what was said in a chat, oldest first, the last 100 messages at most.
// It works for chats that have ended too.
func (s *Server) Messages(tb testing.TB, contactID string) []Message {
	tb.Helper()
	page, err := s.emulator.Chats().Transcript(tb.Context(), contactID, chat.TranscriptQuery{MaxResults: 100})
	if err != nil {
		tb.Fatalf("reading the transcript of %s: %v", contactID, err)
	}
	messages := []Message{}
	for _, item := range page.Items {
		if item.Type == transcript.MessageItem {
			messages = append(messages, Message{string(item.Role), item.DisplayName, item.ContentType, item.Content})
		}
	}
	return messages
}
