package chat_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/transcript"
)

func TestMessages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, chat.Config{})
	ctx := t.Context()
	limited := request()
	limited.ContentTypes = []string{transcript.TextPlain}
	_, simple, _ := w.begin(limited)
	started, rich, _ := w.begin(request())
	agent := w.connect(w.join(started.ContactID, transcript.Agent, "Ann").Token)
	tests := []struct {
		name    string
		by      chat.Connection
		message transcript.Message
		field   string
	}{
		{"as long as may be", simple, plain(strings.Repeat("a", 16_384)), ""},
		{"too long", simple, plain(strings.Repeat("a", 16_385)), "Content"},
		{"bytes count, not letters", simple, plain(strings.Repeat("ü", 8_193)), "Content"},
		{"empty", simple, plain(""), "Content"},
		{"markdown, not asked for", simple, transcript.Message{ContentType: transcript.TextMarkdown, Content: "*x*"}, "ContentType"},
		{"markdown", rich, transcript.Message{ContentType: transcript.TextMarkdown, Content: "*x*"}, ""},
		{"JSON", rich, transcript.Message{ContentType: transcript.ApplicationJSON, Content: "{}"}, ""},
		{"an unknown type", rich, transcript.Message{ContentType: "text/html", Content: "x"}, "ContentType"},
		{"no type", rich, transcript.Message{Content: "x"}, "ContentType"},
		{"an answer to an interactive message", rich, transcript.Message{ContentType: transcript.InteractiveResponse, Content: "{}"}, ""},
		{"an interactive message of a customer", rich, transcript.Message{ContentType: transcript.Interactive, Content: "{}"}, "ContentType"},
		{"an interactive message of an agent", agent, transcript.Message{ContentType: transcript.Interactive, Content: "{}"}, ""},
		{"an agent's markdown", agent, transcript.Message{ContentType: transcript.TextMarkdown, Content: "x"}, ""},
	}
	for _, test := range tests {
		_, err := w.SendMessage(ctx, test.by.Token, test.message, "")
		if test.field == "" && err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		if test.field != "" {
			invalidField(t, test.name, err, test.field)
		}
	}
	limited.InitialMessage = &transcript.Message{ContentType: transcript.TextMarkdown, Content: "x"}
	_, err := w.Start(ctx, limited)
	invalidField(t, "an initial message", err, "ContentType")
	if w.ActiveContacts() != 2 {
		t.Errorf("%d contacts", w.ActiveContacts())
	}
	limited.InitialMessage = &transcript.Message{ContentType: transcript.TextPlain, Content: "Where is my order?"}
	_, connection, record := w.begin(limited)
	if got := contents(w.page(connection.Token, chat.TranscriptQuery{})); got != "Where is my order? - " || !slices.Equal(record.lines(), []string{"Pat: participant.joined"}) {
		t.Errorf("%q, and heard %q", got, record.lines())
	}
}

func TestActiveContactsQuota(t *testing.T) {
	t.Parallel()
	w := newWorld(t, chat.Config{Limits: chat.Limits{ActiveContacts: 2}})
	first := w.start(request())
	w.start(withToken("token"))
	_, err := w.Start(t.Context(), request())
	refusal(t, "a third chat", err, chat.ErrQuota)
	if limit, ok := errors.AsType[*chat.LimitError](err); !ok || limit.Text != "The instance may have at most 2 active chats, and has 2." { // RowA17
		t.Errorf("a third chat: %v", err)
	}
	w.start(withToken("token")) // is not a third one
	w.end(first.ContactID)
	w.start(request())
	w.restart()
	_, err = w.Start(t.Context(), request())
	refusal(t, "a third chat after a restart", err, chat.ErrQuota)
}

// Each instance has the quota of active chats for itself, also after a restart.
func TestQuotaOfEachInstance(t *testing.T) {
	t.Parallel()
	w := newWorld(t, chat.Config{Limits: chat.Limits{ActiveContacts: 1}})
	other := request()
	other.InstanceID = "other"
	first := w.start(request())
	second := w.start(other)
	full := func(when string) {
		t.Helper()
		for _, r := range []chat.StartRequest{request(), other} {
			_, err := w.Start(t.Context(), r)
			refusal(t, "a second chat of "+r.InstanceID+when, err, chat.ErrQuota)
		}
	}
	full("")
	w.restart()
	full(" after a restart")
	w.end(second.ContactID)
	w.start(other)
	full(" in the place of another")
	w.end(first.ContactID)
	w.start(request())
}

func TestSixthSocket(t *testing.T) {
	t.Parallel()
	w := newWorld(t, chat.Config{})
	started, connection, first := w.begin(request())
	var records []*tape
	var sockets []*chat.Socket
	for range 4 {
		record, socket := w.socket(started.Token)
		records, sockets = append(records, record), append(sockets, socket)
	}
	_, err := w.OpenSocket(connection.Ticket, &tape{})
	refusal(t, "a sixth socket", err, chat.ErrTooManySockets)
	agent := w.join(started.ContactID, transcript.Agent, "Ann")
	w.socket(agent.Token) // whose sockets are counted apart
	w.say(connection.Token, "hello")
	for i, record := range append(records, first) {
		want := []string{"Ann: participant.joined", "Pat: hello"}
		if record == first {
			want = append([]string{"Pat: participant.joined"}, want...)
		}
		if diff := cmp.Diff(want, record.lines()); diff != "" {
			t.Errorf("socket %d: %s", i, diff)
		}
	}
	sockets[0].Close(true, 0)
	w.socket(started.Token)
}

func TestFileRules(t *testing.T) {
	t.Parallel()
	w := newWorld(t, chat.Config{Limits: chat.Limits{Files: 3}})
	ctx := t.Context()
	started, connection, record := w.begin(request())
	upload := func(name string, size int64) (transcript.File, error) {
		return w.StartUpload(ctx, connection.Token, name, "text/plain", size)
	}
	for name, size := range map[string]int64{"a.txt": 0, "b.txt": -1, "c.txt": 20<<20 + 1} {
		_, err := upload(name, size)
		invalidField(t, name, err, "AttachmentSizeInBytes")
	}
	for _, name := range []string{"", "a", "a.exe", "txt", "a.txt.exe", "a."} {
		_, err := upload(name, 1)
		invalidField(t, name, err, "AttachmentName")
	}
	var files []transcript.File
	for _, name := range []string{"a.TXT", "b.pdf", "c.png"} {
		file, err := upload(name, 20<<20)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	_, err := upload("d.txt", 1)
	refusal(t, "a fourth file", err, chat.ErrQuota)

	invalidField(t, "completed without bytes", w.CompleteUpload(ctx, connection.Token, files[0].ID, false), "AttachmentIds")
	invalidField(t, "an unknown one", w.CompleteUpload(ctx, connection.Token, "unknown", false), "AttachmentIds")
	for _, file := range files {
		if err := errors.Join(w.Uploaded(ctx, file.ID), w.Uploaded(ctx, file.ID)); err != nil {
			t.Fatal(err)
		}
	}
	agent := w.connect(w.join(started.ContactID, transcript.Agent, "Ann").Token)
	refusal(t, "another's file", w.CompleteUpload(ctx, agent.Token, files[0].ID, false), chat.ErrAccessDenied)
	if err := errors.Join(w.CompleteUpload(ctx, connection.Token, files[0].ID, false), w.CompleteUpload(ctx, connection.Token, files[1].ID, true)); err != nil {
		t.Fatal(err)
	}
	for _, file := range files[:2] {
		refusal(t, "completed twice", w.CompleteUpload(ctx, connection.Token, file.ID, false), chat.ErrConflict)
		refusal(t, "uploaded again", w.Uploaded(ctx, file.ID), chat.ErrConflict)
	}
	refusal(t, "decided without a scan", w.Decide(ctx, files[0].ID, true), chat.ErrConflict)
	_, err = w.File(ctx, agent.Token, files[1].ID)
	invalidField(t, "one that is being scanned", err, "AttachmentId")
	w.say(connection.Token, "meanwhile")
	if err := w.Decide(ctx, files[1].ID, false); err != nil {
		t.Fatal(err)
	}
	_, err = w.File(ctx, agent.Token, files[1].ID)
	invalidField(t, "one that was rejected", err, "AttachmentId")
	if got, err := w.File(ctx, agent.Token, files[0].ID); err != nil || got.Status != transcript.FileApproved {
		t.Errorf("%+v, %v", got, err)
	}
	want := []string{"Pat: participant.joined", "Ann: participant.joined", "Pat: APPROVED", "Pat: IN_PROGRESS", "Pat: meanwhile", "Pat: REJECTED"}
	if diff := cmp.Diff(want, record.lines()); diff != "" {
		t.Error(diff)
	}
	want = []string{"Pat: participant.joined", "Ann: participant.joined", "Pat: APPROVED", "Pat: REJECTED", "Pat: meanwhile"}
	if diff := cmp.Diff(want, lines(w.transcript(started.ContactID))); diff != "" {
		t.Error(diff)
	}
	_, stranger, _ := w.begin(request())
	_, err = w.File(ctx, stranger.Token, files[0].ID)
	invalidField(t, "another chat's file", err, "AttachmentId")

	// The next chat of the same conversation still shows it.
	w.end(started.ContactID)
	refusal(t, "a file of a chat that is over", w.Uploaded(ctx, files[2].ID), chat.ErrAccessDenied)
	r := request()
	r.SourceID = started.ContactID
	_, connection, _ = w.begin(r)
	if _, err := w.File(ctx, connection.Token, files[0].ID); err != nil {
		t.Error(err)
	}
}

// Custom bots are alone with the customer, send no attachments, and leave when an agent comes.
func TestCustomBots(t *testing.T) {
	t.Parallel()
	w := newWorld(t, chat.Config{})
	ctx := t.Context()
	started, connection, record := w.begin(request())
	bot := w.join(started.ContactID, transcript.CustomBot, "Bot")
	botRecord, _ := w.socket(bot.Token)
	botConnection := w.connect(bot.Token)
	_, err := w.Join(ctx, started.ContactID, transcript.CustomBot, "Second")
	refusal(t, "a second bot", err, chat.ErrConflict)
	_, err = w.StartUpload(ctx, botConnection.Token, "a.txt", "", 1)
	refusal(t, "a bot's attachment", err, chat.ErrAccessDenied)
	_, err = w.File(ctx, botConnection.Token, "x")
	refusal(t, "reading an attachment", err, chat.ErrAccessDenied)
	w.say(botConnection.Token, "beep")
	agent := w.join(started.ContactID, transcript.Agent, "Ann")
	refusal(t, "a bot that left", w.Disconnect(ctx, botConnection.Token), chat.ErrAccessDenied)
	_, err = w.Join(ctx, started.ContactID, transcript.CustomBot, "Third")
	refusal(t, "a bot beside an agent", err, chat.ErrConflict)
	want := []string{"Pat: participant.joined", "Bot: participant.joined", "Bot: beep", "Ann: participant.joined", "Bot: participant.left"}
	if diff := cmp.Diff(want, record.lines()); diff != "" {
		t.Error(diff)
	}
	items, ends := botRecord.heard()
	if diff := cmp.Diff(want[2:], lines(items)); diff != "" || ends != 1 {
		t.Errorf("%d ends, %s", ends, diff)
	}
	w.join(started.ContactID, transcript.Agent, "Bob")
	w.join(started.ContactID, transcript.Supervisor, "Sue")
	if err := w.Leave(ctx, started.ContactID, agent.ParticipantID); err != nil {
		t.Fatal(err)
	}
	w.say(connection.Token, "still here") // with the other agent
	for _, p := range w.contact(started.ContactID).Participants {
		if p.DisplayName == "Bob" {
			err = w.Leave(ctx, started.ContactID, p.ID)
		}
	}
	if c := w.contact(started.ContactID); err != nil || c.Reason != chat.AgentDisconnect {
		t.Errorf("%v, %v", c.Reason, err)
	}
	for what, f := range map[string]func() error{
		"joining": func() error { _, err := w.Join(ctx, started.ContactID, transcript.Agent, "x"); return err },
		"saying":  func() error { _, err := w.Say(ctx, started.ContactID, agent.ParticipantID, plain("x")); return err },
		"leaving": func() error { return w.Leave(ctx, started.ContactID, agent.ParticipantID) },
		"signal": func() error {
			_, err := w.Signal(ctx, started.ContactID, agent.ParticipantID, transcript.Typing, "")
			return err
		},
		"updates": func() error { return w.Step(ctx, started.ContactID, func(*chat.Step) error { return nil }) },
		"ending":  func() error { return w.End(ctx, "unknown", chat.StoppedByAPI) },
	} {
		refusal(t, what, f(), chat.ErrNotFound)
	}
	if err := w.End(ctx, started.ContactID, chat.StoppedByAPI); err != nil {
		t.Errorf("ending twice: %v", err)
	}
	if c := w.contact(started.ContactID); c.Reason != chat.AgentDisconnect {
		t.Errorf("the second end counts: %v", c.Reason)
	}
}

// A customer needs a socket, unless the chat is streamed.
func TestConnectedWithoutSocket(t *testing.T) {
	t.Parallel()
	var published []string
	w := newWorld(t, chat.Config{Publish: func(_ chat.Contact, item transcript.Item) { published = append(published, line(item)) }})
	ctx := t.Context()
	started := w.start(request())
	_, err := w.Connect(ctx, started.Token, true)
	invalidField(t, "a customer", err, "ConnectParticipant")
	err = w.Step(ctx, started.ContactID, func(step *chat.Step) error {
		step.SetStreams([]chat.Stream{{ID: "s", Endpoint: "e"}})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	connection, err := w.Connect(ctx, started.Token, true)
	if err != nil || w.contact(started.ContactID).Connected.IsZero() {
		t.Fatal(err)
	}
	w.say(connection.Token, "hello")
	agent := w.join(started.ContactID, transcript.Agent, "Ann")
	if _, err := w.Connect(ctx, agent.Token, true); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"Pat: participant.joined", "Pat: hello", "Ann: participant.joined"}, published); diff != "" {
		t.Error(diff)
	}
	if err := w.Step(ctx, started.ContactID, func(step *chat.Step) error {
		step.SetAttributes(func(attributes map[string]string) { attributes["changed"] = "yes" })
		return fmt.Errorf("refused: %w", chat.ErrConflict)
	}); !errors.Is(err, chat.ErrConflict) || len(w.contact(started.ContactID).Attributes) != 0 {
		t.Errorf("%v", err)
	}
}
