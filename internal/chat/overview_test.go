package chat_test

import (
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/transcript"
)

// observer writes down what it is told.
type observer struct {
	mu    sync.Mutex
	seen  []string
	times map[string]time.Time // of the last item of a contact
	wrong []string
}

func (o *observer) observe(contact *chat.Contact, item *transcript.Item) {
	o.mu.Lock()
	defer o.mu.Unlock()
	short := "contact"
	if item != nil {
		short = line(*item)
		if !item.Time.After(o.times[contact.ID]) {
			o.wrong = append(o.wrong, short)
		}
		if o.times == nil {
			o.times = map[string]time.Time{}
		}
		o.times[contact.ID] = item.Time
	}
	if contact.HasEnded() {
		short += " (ended)"
	}
	o.seen = append(o.seen, short)
}

func (o *observer) heard() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	seen := o.seen
	o.seen = nil
	return seen
}

func TestObserved(t *testing.T) {
	t.Parallel()
	o := &observer{}
	w := newWorld(t, chat.Config{}, chat.Listener{Changed: o.observe})
	is := func(what string, want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, o.heard()); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
	}
	first := request()
	first.InitialMessage = &transcript.Message{ContentType: transcript.TextPlain, Content: "hello"}
	started := w.start(first)
	is("start", "Pat: hello")
	w.start(request())
	is("start without a message", "contact")
	w.socket(started.Token)
	is("connect", "Pat: participant.joined")
	w.socket(started.Token)
	is("connect again")
	agent := w.join(started.ContactID, transcript.Agent, "Ann")
	is("join", "Ann: participant.joined")
	if _, err := w.Signal(t.Context(), started.ContactID, agent.ParticipantID, transcript.Typing, ""); err != nil {
		t.Fatal(err)
	}
	is("typing", "Ann: typing")
	w.store.broken.Store(true)
	if _, err := w.Say(t.Context(), started.ContactID, agent.ParticipantID, plain("lost")); err == nil {
		t.Error("a message was stored on a broken disk")
	}
	w.store.broken.Store(false)
	is("what was not stored")
	if err := w.Leave(t.Context(), started.ContactID, agent.ParticipantID); err != nil {
		t.Fatal(err)
	}
	is("leave", "Ann: participant.left (ended)", "chat.ended (ended)")
	if err := w.Annotate(t.Context(), started.ContactID, func(step *chat.Step) error {
		step.SetAttributes(func(attributes map[string]string) { attributes["a"] = "b" })
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	is("annotate", "contact (ended)")
	if len(o.wrong) > 0 {
		t.Errorf("out of order: %q", o.wrong)
	}
}

// What is said between the customer's arrival and the subscription of the socket, which an
// observer can bring about, reaches the socket.
func TestNothingIsLostWhileArriving(t *testing.T) {
	t.Parallel()
	said := make(chan error, 1)
	var w *world
	w = newWorld(t, chat.Config{}, chat.Listener{Changed: func(contact *chat.Contact, item *transcript.Item) {
		if item != nil && item.ContentType == transcript.ParticipantJoined && item.Role == transcript.Customer {
			go func() { said <- w.prompt(contact.ID, plain("welcome")) }()
			<-time.After(2 * time.Millisecond) // a lock goes to who has waited for so long
		}
	}})
	slow := request() // to copy, so that the prompter finds the lock taken and gets it next
	slow.Attributes = map[string]string{}
	for i := range 20_000 {
		slow.Attributes[strconv.Itoa(i)] = "x"
	}
	for range 5 {
		record, _ := w.socket(w.start(slow).Token)
		if err := <-said; err != nil {
			t.Fatal(err)
		}
		if got := record.lines(); !slices.Equal(got, []string{"Pat: participant.joined", "SYSTEM_MESSAGE: welcome"}) {
			t.Fatalf("the customer heard %q", got)
		}
	}
}

func TestContactsAndFiles(t *testing.T) {
	t.Parallel()
	w := newWorld(t, chat.Config{})
	first, connection, _ := w.begin(request())
	second := w.start(request())
	ids := func(q chat.ContactQuery) (list []string) {
		t.Helper()
		contacts, err := w.Contacts(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range contacts {
			list = append(list, c.ID)
		}
		return list
	}
	file, err := w.StartUpload(t.Context(), connection.Token, "a.txt", "text/plain", 3)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Uploaded(t.Context(), file.ID); err != nil {
		t.Fatal(err)
	}
	if err := w.CompleteUpload(t.Context(), connection.Token, file.ID, true); err != nil {
		t.Fatal(err)
	}
	for _, contactID := range []string{"", first.ContactID} {
		files, err := w.Files(t.Context(), contactID)
		if err != nil || len(files) != 1 || files[0].ID != file.ID || files[0].Status != transcript.FileScanning {
			t.Errorf("the files of %q are %+v, %v", contactID, files, err)
		}
	}
	w.end(first.ContactID)
	if got := ids(chat.ContactQuery{}); !slices.Equal(got, []string{second.ContactID, first.ContactID}) {
		t.Errorf("all contacts are %q", got)
	}
	if got := ids(chat.ContactQuery{Ended: new(true)}); !slices.Equal(got, []string{first.ContactID}) {
		t.Errorf("the ended ones are %q", got)
	}
}

func TestReissue(t *testing.T) {
	t.Parallel()
	w := newWorld(t, chat.Config{})
	started, _, _ := w.begin(request())
	agent := w.join(started.ContactID, transcript.Agent, "Ann")
	_, connection, err := w.Reissue(started.ContactID, agent.ParticipantID)
	if err != nil {
		t.Fatal(err)
	}
	w.say(connection.Token, "hello")
	token, _, err := w.Reissue(started.ContactID, started.ParticipantID)
	if err != nil || token != started.Token {
		t.Errorf("the customer's token is another one, %v", err)
	}
	_, _, err = w.Reissue(started.ContactID, started.ContactID)
	refusal(t, "nobody", err, chat.ErrAccessDenied)
	_, _, err = w.Reissue(started.ParticipantID, started.ParticipantID)
	refusal(t, "no contact", err, chat.ErrNotFound)
	if err := w.Leave(t.Context(), started.ContactID, agent.ParticipantID); err != nil {
		t.Fatal(err)
	}
	_, _, err = w.Reissue(started.ContactID, agent.ParticipantID)
	refusal(t, "an ended contact", err, chat.ErrNotFound)
}

func TestTransfer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, chat.Config{})
	started, _, record := w.begin(request())
	ann := w.join(started.ContactID, transcript.Agent, "Ann")
	bob, err := w.Transfer(t.Context(), started.ContactID, ann.ParticipantID, chat.Transfer{Agent: "Bob"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.Transfer(t.Context(), started.ContactID, ann.ParticipantID, chat.Transfer{Queue: "Sales"})
	refusal(t, "by someone who left", err, chat.ErrAccessDenied)
	_, err = w.Transfer(t.Context(), started.ContactID, started.ParticipantID, chat.Transfer{Queue: "Sales"})
	refusal(t, "by the customer", err, chat.ErrAccessDenied)
	nobody, err := w.Transfer(t.Context(), started.ContactID, bob.ParticipantID, chat.Transfer{Queue: "Sales"})
	if err != nil || nobody.ParticipantID != "" {
		t.Errorf("%s, %v", nobody.ParticipantID, err)
	}
	w.restart()
	if c := w.contact(started.ContactID); c.HasEnded() || c.Queue == nil || c.Queue.Name != "Sales" || c.Queue.Since.IsZero() {
		t.Errorf("the contact waits in %+v", c.Queue)
	}
	want := []string{
		"Pat: participant.joined", "Ann: participant.joined", "Ann: participant.left", "Bob: participant.joined", "transfer.succeeded",
		"Bob: participant.left", "transfer.succeeded",
	}
	if diff := cmp.Diff(want, record.lines()); diff != "" {
		t.Error(diff)
	}
	_, err = w.Transfer(t.Context(), "none", "none", chat.Transfer{Queue: "Sales"})
	refusal(t, "no contact", err, chat.ErrNotFound)
}

func TestPrompt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, chat.Config{})
	started, _, record := w.begin(request())
	for _, text := range []string{"welcome", "please wait"} {
		if err := w.prompt(started.ContactID, plain(text)); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"Pat: participant.joined", "SYSTEM_MESSAGE: welcome", "SYSTEM_MESSAGE: please wait"}, record.lines()); diff != "" {
		t.Error(diff)
	}
	if c := w.contact(started.ContactID); len(c.Participants) != 2 || c.Participants[1].Role != transcript.System {
		t.Errorf("the participants are %+v", c.Participants)
	}
	invalidField(t, "nothing", w.prompt(started.ContactID, plain("")), "Content")
	w.end(started.ContactID)
	refusal(t, "an ended contact", w.prompt(started.ContactID, plain("x")), chat.ErrNotFound)
}
