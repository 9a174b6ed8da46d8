package parleytest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/parleytest"
)

// assistant stands for the code under test: a program that holds chats through an AWS SDK.
type assistant struct{ endpoint string }

func (assistant) answer(*testing.T, parleytest.Chat) {}

func ExampleStart() {
	var t *testing.T // of your test

	server := parleytest.Start(t)

	// The code under test reaches Amazon Connect at server.URL, with any credentials, and a
	// widget starts chats at server.StartChatURL.
	bot := assistant{endpoint: server.URL}
	chat := server.StartChat(t, "Pat")
	bot.answer(t, chat)

	// The test plays the agent, and looks at what was said.
	ann := server.JoinAgent(t, chat.ContactID, "Ann")
	ann.Say(t, "How can I help?")
	server.SkipTime(5 * time.Minute)
	for _, message := range server.Messages(t, chat.ContactID) {
		if message.Role == "CUSTOMER" && strings.Contains(message.Content, "password") {
			t.Errorf("said to %s: %s", "Ann", message.Content)
		}
	}
	ann.Leave(t)
}

func ExampleWithPartner() {
	var t *testing.T // of your test

	// The built-in partner answers by itself, so that a browser test needs no agent.
	server := parleytest.Start(t, parleytest.WithPartner())
	t.Log(server.URL)
}

func ExampleServer_AddFault() {
	var t *testing.T // of your test
	server := parleytest.Start(t, parleytest.WithPartner())
	chat := server.StartChat(t, "Pat")

	// The first two messages are refused, as when Amazon Connect is asked too often: does the
	// code under test try again?
	server.AddFault(t, parleytest.Fault{Effect: "throttle", Action: "SendMessage", Times: 2})
	assistant{endpoint: server.URL}.answer(t, chat)
}
