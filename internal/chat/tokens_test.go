package chat_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/secret"
	"github.com/parley-chat/parley/internal/transcript"
)

// uses are the calls that take a token, by the kind they take.
func (w *world) uses() (participant, connection, ticket map[string]func(secret.Text) error) {
	ctx := w.t.Context()
	participant = map[string]func(secret.Text) error{
		"Connect": func(token secret.Text) error { _, err := w.Connect(ctx, token, false); return err },
	}
	connection = map[string]func(secret.Text) error{
		"SendMessage": func(token secret.Text) error { _, err := w.SendMessage(ctx, token, plain("x"), ""); return err },
		"SendEvent":   func(token secret.Text) error { _, err := w.SendEvent(ctx, token, transcript.Typing, ""); return err },
		"Transcript":  func(token secret.Text) error { _, err := w.Transcript(ctx, token, chat.TranscriptQuery{}); return err },
		"Disconnect":  func(token secret.Text) error { return w.Disconnect(ctx, token) },
		"StartUpload": func(token secret.Text) error { _, err := w.StartUpload(ctx, token, "a.txt", "", 1); return err },
		"File":        func(token secret.Text) error { _, err := w.File(ctx, token, "f"); return err },
		"Admit":       func(token secret.Text) error { _, err := w.Admit(token); return err },
	}
	ticket = map[string]func(secret.Text) error{
		"OpenSocket": func(token secret.Text) error {
			socket, err := w.OpenSocket(token, &tape{})
			if err == nil {
				socket.Close(true, 0)
			}
			return err
		},
	}
	return participant, connection, ticket
}

// denied checks that no call takes any of the tokens.
func (w *world) denied(tokens ...secret.Text) {
	w.t.Helper()
	participant, connection, ticket := w.uses()
	for _, calls := range []map[string]func(secret.Text) error{participant, connection, ticket} {
		for name, call := range calls {
			for _, token := range tokens {
				refusal(w.t, name, call(token), chat.ErrAccessDenied)
			}
		}
	}
}

func TestTokenKinds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, chat.Config{})
	started := w.start(request())
	connection := w.connect(started.Token)
	tokens := []secret.Text{started.Token, connection.Token, connection.Ticket}
	participant, connected, ticket := w.uses()
	delete(connected, "Disconnect")
	for kind, calls := range []map[string]func(secret.Text) error{participant, connected, ticket} {
		for name, call := range calls {
			for i, token := range tokens {
				if i != kind {
					refusal(t, name, call(token), chat.ErrAccessDenied)
				} else if err := call(token); err != nil && name != "File" { // which needs a file too
					t.Errorf("%s: %v", name, err)
				}
			}
		}
	}
	for _, token := range tokens {
		if !strings.HasPrefix(token.Reveal(), "QVFJREFI") {
			t.Error("a token does not look like the live service's")
		}
	}
	w.connect(started.Token)
	if err := connected["SendMessage"](connection.Token); err != nil {
		t.Errorf("after a second connection: %v", err)
	}
}

// Any change of any character makes a token worthless.
func TestTamperedTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t, chat.Config{})
	started := w.start(request())
	token := w.connect(started.Token).Token.Reveal()
	other := newWorld(t, chat.Config{})
	foreign := other.connect(other.start(request()).Token).Token
	w.denied(foreign, secret.New(""), secret.New("AQIDAH"))
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	for i := range token {
		for _, digit := range digits + "=\n\r +/" {
			if byte(digit) == token[i] {
				continue
			}
			for _, changed := range []string{token[:i] + string(digit) + token[i+1:], token[:i] + string(digit) + token[i:]} {
				if _, err := w.Admit(secret.New(changed)); err == nil {
					t.Fatalf("a token with %q at %d works", digit, i)
				}
			}
		}
	}
	for i := range token {
		if _, err := w.Admit(secret.New(token[:i])); err == nil {
			t.Fatalf("%d characters of a token work", i)
		}
	}
	if _, err := w.Admit(secret.New(token)); err != nil {
		t.Error(err)
	}
}

func TestTokensExpire(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // where no time passes but what is skipped
		w := newWorld(t, chat.Config{})
		started, first, _ := w.begin(request())
		if left := time.Until(first.TokenExpiry); left < 23*time.Hour || left > 24*time.Hour {
			t.Errorf("a connection token works for %v", left)
		}
		if left := time.Until(first.SocketExpiry); left < 59*time.Minute || left > time.Hour {
			t.Errorf("a socket may stay for %v", left)
		}
		_, connected, ticket := w.uses()
		clock := w.Clock()
		clock.Skip(99 * time.Second)
		if err := ticket["OpenSocket"](first.Ticket); err != nil {
			t.Error(err)
		}
		clock.Skip(2 * time.Second)
		refusal(t, "a ticket after 101 s", ticket["OpenSocket"](first.Ticket), chat.ErrAccessDenied)
		clock.Skip(24*time.Hour - 103*time.Second)
		if err := connected["SendMessage"](first.Token); err != nil {
			t.Error(err)
		}
		clock.Skip(2 * time.Second)
		refusal(t, "a connection token after a day", connected["SendMessage"](first.Token), chat.ErrAccessDenied)
		second := w.connect(started.Token) // which never expires
		if err := connected["SendMessage"](second.Token); err != nil {
			t.Error(err)
		}
	})
}

// Tokens outlive the service, and die with their chat or their participant, also after that.
func TestTokensAfterTheEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t, chat.Config{})
	started, connection, _ := w.begin(request())
	agent := w.join(started.ContactID, transcript.Agent, "Ann")
	second := w.join(started.ContactID, transcript.Agent, "Bob")
	agentConnection := w.connect(agent.Token)
	w.restart()
	if got := w.connect(started.Token); got.ContactID != started.ContactID || got.ParticipantID != started.ParticipantID {
		t.Errorf("%+v", got)
	}
	w.say(connection.Token, "after the restart")
	w.say(agentConnection.Token, "I am here too")
	if err := w.Leave(t.Context(), started.ContactID, agent.ParticipantID); err != nil {
		t.Fatal(err)
	}
	w.denied(agent.Token, agentConnection.Token, agentConnection.Ticket)
	refusal(t, "leaving twice", w.Leave(t.Context(), started.ContactID, agent.ParticipantID), chat.ErrAccessDenied)
	w.say(connection.Token, "bye")
	w.end(started.ContactID)
	for range 2 {
		w.denied(started.Token, connection.Token, connection.Ticket, agent.Token, second.Token)
		w.restart()
	}
}

// Whatever text comes as a token, nothing but a refusal comes of it.
func FuzzToken(f *testing.F) {
	service := fuzzService(f)
	started, err := service.Start(f.Context(), request())
	if err != nil {
		f.Fatal(err)
	}
	connection, err := service.Connect(f.Context(), started.Token, false)
	if err != nil {
		f.Fatal(err)
	}
	given := []string{started.Token.Reveal(), connection.Token.Reveal(), connection.Ticket.Reveal()}
	f.Add("")
	f.Add("QVFJREFI" + strings.Repeat("A", 79))
	f.Add(given[1] + "=")
	f.Add(given[1][:86] + "A")
	f.Fuzz(func(t *testing.T, text string) {
		if slices.Contains(given, text) {
			return
		}
		token := secret.New(text)
		_, check := service.Admit(token)
		_, connect := service.Connect(t.Context(), token, false)
		_, socket := service.OpenSocket(token, &tape{})
		refusal(t, "a connection token", check, chat.ErrAccessDenied)
		refusal(t, "a participant token", connect, chat.ErrAccessDenied)
		refusal(t, "a ticket", socket, chat.ErrAccessDenied)
	})
}

func TestEverybodyIsToldOfTheEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, chat.Config{})
		started, _, customer := w.begin(request())
		agent := w.join(started.ContactID, transcript.Agent, "Ann")
		desk, _ := w.socket(agent.Token)
		w.restart()
		for name, record := range map[string]*tape{"customer": customer, "agent": desk} {
			if items, ends := record.heard(); ends != 1 || slices.Contains(lines(items), "chat.ended") {
				t.Errorf("when the service closed the %s was told %d times, and %q", name, ends, lines(items))
			}
		}
		customer, _ = w.socket(started.Token)
		desk, _ = w.socket(agent.Token)
		if err := w.Leave(t.Context(), started.ContactID, agent.ParticipantID); err != nil {
			t.Fatal(err)
		}
		for name, record := range map[string]*tape{"customer": customer, "agent": desk} {
			items, ends := record.heard()
			if got := lines(items); ends != 1 || !slices.Equal(got, []string{"Ann: participant.left", "chat.ended"}) {
				t.Errorf("at the end the %s was told %d times, and %q", name, ends, got)
			}
		}
		if c := w.contact(started.ContactID); c.Reason != chat.AgentDisconnect {
			t.Error(c.Reason)
		}
	})
}
