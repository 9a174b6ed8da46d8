package chat_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/transcript"
)

// A client that lost its socket is told on the next one exactly what it missed.
func TestCatchUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, chat.Config{})
	started := w.start(request())
	agent := w.join(started.ContactID, transcript.Agent, "Ann")
	agentConnection := w.connect(agent.Token)
	n := 0
	say := func() {
		n++
		w.say(agentConnection.Token, fmt.Sprint(n))
	}
	const joined = "Pat: participant.joined"
	expect := func(what string, record *tape, want ...string) {
		t.Helper()
		for i := range want {
			if want[i] != joined {
				want[i] = "Ann: " + want[i]
			}
		}
		if diff := cmp.Diff(want, record.lines()); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
	}
	say() // before the first socket, which is what the transcript is for
	record, socket := w.socket(started.Token)
	say()
	expect("first", record, joined, "2")
	socket.Close(true, 0)
	say()
	if _, err := w.SendEvent(t.Context(), agentConnection.Token, transcript.Typing, ""); err != nil { // which nobody needs later
		t.Fatal(err)
	}
	say()
	record, socket = w.socket(started.Token)
	say()
	expect("after a loss", record, "3", "4", "5")

	items, _ := record.heard()
	socket.Close(false, items[1].Seq) // the last did not reach the client
	record, socket = w.socket(started.Token)
	expect("after an incomplete one", record, "5")
	socket.Close(false, 0) // nothing reached it, again
	record, socket = w.socket(started.Token)
	expect("after one that showed nothing", record, "5")

	second, other := w.socket(started.Token) // a second tab
	socket.Close(true, 0)
	say()
	expect("the second tab", second, "6")
	other.Close(true, 0)
	say()
	record, socket = w.socket(started.Token)
	expect("after the last tab", record, "7")

	// A reconnect whose new socket is opened before the old one is known to be lost.
	early := &tape{}
	late, err := w.OpenSocket(w.connect(started.Token).Ticket, early)
	if err != nil {
		t.Fatal(err)
	}
	socket.Close(true, 0)
	say()
	if err := late.Subscribe(t.Context()); err != nil {
		t.Fatal(err)
	}
	say()
	expect("an early one", early, "8", "9")
	late.Close(true, 0)

	never, err := w.OpenSocket(w.connect(started.Token).Ticket, &tape{}) // one that never subscribes
	if err != nil {
		t.Fatal(err)
	}
	say()
	never.Close(true, 0)
	record, socket = w.socket(started.Token)
	expect("after one that did not listen", record, "10")
	socket.Close(true, 0)
	say()
	w.restart()
	record, _ = w.socket(started.Token)
	w.say(agentConnection.Token, "after")
	expect("after a restart", record, "after")
}

// What cannot be read now is told by the next try.
func TestCatchUpAfterFailure(t *testing.T) {
	t.Parallel()
	w := newWorld(t, chat.Config{})
	started := w.start(request())
	record, socket := w.socket(started.Token)
	connection := w.connect(started.Token)
	socket.Close(true, 0)
	for i := range 520 { // more than a socket is told
		w.say(connection.Token, fmt.Sprint(i))
	}
	if got := record.lines(); len(got) != 1 {
		t.Errorf("a closed socket is told %d items", len(got))
	}
	record = &tape{}
	socket, err := w.OpenSocket(connection.Ticket, record)
	if err != nil {
		t.Fatal(err)
	}
	w.store.mute.Store(true)
	refusal(t, "subscribing", socket.Subscribe(t.Context()), errDisk)
	w.say(connection.Token, "520")
	w.store.mute.Store(false)
	if err := socket.Subscribe(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.say(connection.Token, "521")
	got := record.lines()
	if len(got) != 501 || got[0] != "Pat: 21" || got[499] != "Pat: 520" || got[500] != "Pat: 521" {
		t.Errorf("%d items from %q to %q", len(got), got[0], got[len(got)-1])
	}
}

// A message that says who has read it is for the others.
func TestReceiptsAreForTheOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, chat.Config{})
	started, connection, customer := w.begin(request())
	agent := w.join(started.ContactID, transcript.Agent, "Ann")
	desk, _ := w.socket(agent.Token)
	sent, err := w.Say(t.Context(), started.ContactID, agent.ParticipantID, plain("hi"))
	if err == nil {
		_, err = w.SendEvent(t.Context(), connection.Token, transcript.MessageDelivered, `{"messageId":"`+sent.ID+`"}`)
	}
	if err != nil {
		t.Fatal(err)
	}
	if got := desk.lines(); !slices.Contains(got, "message.metadata") {
		t.Errorf("the agent heard %q", got)
	}
	if got := customer.lines(); slices.Contains(got, "message.metadata") {
		t.Errorf("the customer heard %q", got)
	}
}

// Sockets of a chat or a participation that is over are told so once, and no new ones open.
func TestSocketsEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t, chat.Config{})
	started, connection, customer := w.begin(request())
	agent := w.join(started.ContactID, transcript.Agent, "Ann")
	w.join(started.ContactID, transcript.Agent, "Bob")
	desk, socket := w.socket(agent.Token)
	silent := &tape{}
	waiting, err := w.OpenSocket(w.connect(agent.Token).Ticket, silent)
	if err != nil {
		t.Fatal(err)
	}
	ticket := w.connect(agent.Token).Ticket
	if err := w.Leave(t.Context(), started.ContactID, agent.ParticipantID); err != nil {
		t.Fatal(err)
	}
	w.say(connection.Token, "without her")
	refusal(t, "subscribing too late", waiting.Subscribe(t.Context()), chat.ErrAccessDenied)
	_, err = w.OpenSocket(ticket, &tape{})
	refusal(t, "opening too late", err, chat.ErrAccessDenied)
	for name, record := range map[string]*tape{"desk": desk, "silent": silent} {
		items, ends := record.heard()
		if ends != 1 || name == "silent" && len(items) > 0 || name == "desk" && !slices.Equal(lines(items), []string{"Ann: participant.left"}) {
			t.Errorf("%s: %d ends, %q", name, ends, lines(items))
		}
	}
	socket.Close(true, 0)
	w.end(started.ContactID)
	items, ends := customer.heard()
	if ends != 1 || line(items[len(items)-1]) != "chat.ended" {
		t.Errorf("%d ends, %q", ends, lines(items))
	}

	started, _, customer = w.begin(request())
	ticket = w.connect(started.Token).Ticket
	w.Close()
	w.Close()
	if _, ends := customer.heard(); ends != 1 {
		t.Errorf("closing told of the end %d times", ends)
	}
	_, err = w.OpenSocket(ticket, &tape{})
	refusal(t, "a socket of a closed service", err, chat.ErrEnded)
	_, err = w.Start(t.Context(), request())
	refusal(t, "a start at a closed service", err, chat.ErrEnded)
	_, err = w.Say(t.Context(), started.ContactID, started.ParticipantID, plain("x"))
	refusal(t, "a message to a closed service", err, chat.ErrEnded)
	w.open()
	if c := w.contact(started.ContactID); c.HasEnded() {
		t.Error("closing the service ended a chat")
	}
}

// A customer whose chat is over with the step of the connection is shown that step.
func TestFirstStepEndsTheChat(t *testing.T) {
	t.Parallel()
	w := newWorld(t, chat.Config{}, chat.Listener{
		Changed: func(*chat.Contact, *transcript.Item) {},
		Arrived: func(step *chat.Step) error {
			_, err := step.Prompt(transcript.Message{ContentType: transcript.TextPlain, Content: "We are closed."})
			step.End(chat.FlowDisconnect)
			return err
		},
	})
	record, _ := w.socket(w.start(request()).Token)
	items, ended := record.heard()
	if len(items) == 0 || items[len(items)-1].ContentType != transcript.ChatEnded || ended != 1 {
		t.Fatalf("the customer heard %v, and the socket has ended %d times", items, ended)
	}
	if got := record.lines(); !slices.Contains(got, "SYSTEM_MESSAGE: We are closed.") {
		t.Errorf("the customer heard %q", got)
	}
}
