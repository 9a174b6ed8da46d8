package chat_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/clock"
	"github.com/parley-chat/parley/internal/secret"
	"github.com/parley-chat/parley/internal/store"
	"github.com/parley-chat/parley/internal/transcript"
)

// errDisk is what the store of a world fails with on request.
var errDisk = errors.New("no space left on device")

// flaky is a store that refuses changes on request.
type flaky struct {
	chat.Store
	broken  atomic.Bool
	mute    atomic.Bool  // refuses to tell items
	unlucky func() bool  // nil for never
	slow    atomic.Int64 // nanoseconds that a commit takes

	mu   sync.Mutex
	done []chat.Changes
	were []string // what done was when it came
}

// commits returns what was stored.
func (f *flaky) commits() []chat.Changes {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.done)
}

func (f *flaky) Commit(ctx context.Context, changes chat.Changes) error {
	if slow := f.slow.Load(); slow > 0 {
		<-time.After(time.Duration(slow)) // in a bubble
	}
	if f.broken.Load() || f.unlucky != nil && f.unlucky() {
		return errDisk
	}
	f.mu.Lock()
	f.done, f.were = append(f.done, changes), append(f.were, written(changes))
	f.mu.Unlock()
	return f.Store.Commit(ctx, changes)
}

// unchanged fails a test after which something is not any more what was stored: a store may keep it.
func (f *flaky) unchanged(t *testing.T) {
	t.Helper()
	for i, changes := range f.commits() {
		if is := written(changes); is != f.were[i] {
			t.Errorf("a change became\n%s\nand was stored as\n%s", is, f.were[i])
		}
	}
}

func written(changes chat.Changes) string {
	text, err := json.Marshal(changes)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func (f *flaky) Items(ctx context.Context, query chat.ItemQuery) ([]transcript.Item, error) {
	if f.mute.Load() {
		return nil, errDisk
	}
	return f.Store.Items(ctx, query)
}

// world is a service over a store that outlives it.
type world struct {
	*chat.Service
	t      *testing.T
	store  *flaky
	config chat.Config
	// listeners are those of every service of the world.
	listeners []chat.Listener
}

func newWorld(t *testing.T, config chat.Config, listeners ...chat.Listener) *world {
	t.Helper()
	kept, err := store.Open(t.Context(), store.Config{Ephemeral: true})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, store: &flaky{Store: kept}, config: config, listeners: listeners}
	w.config.Store, w.config.Clock = w.store, &clock.Clock{}
	w.open()
	t.Cleanup(func() {
		w.Close()
		w.store.unchanged(t)
		if err := kept.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// fuzzService returns a service for a fuzz target.
func fuzzService(f *testing.F) *chat.Service {
	f.Helper()
	kept, err := store.Open(f.Context(), store.Config{Ephemeral: true})
	if err != nil {
		f.Fatal(err)
	}
	service, err := chat.Open(f.Context(), chat.Config{Store: kept})
	if err == nil {
		err = service.Begin(f.Context())
	}
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() {
		service.Close()
		if err := kept.Close(); err != nil {
			f.Error(err)
		}
	})
	return service
}

func (w *world) open() {
	w.t.Helper()
	service, err := chat.Open(w.t.Context(), w.config)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, l := range w.listeners {
		service.Listen(l)
	}
	if err := service.Begin(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	w.Service = service
}

// The methods below call the service as a client with a token does: the token is checked first.

func (w *world) SendMessage(ctx context.Context, token secret.Text, m transcript.Message, clientToken string) (chat.Sent, error) {
	holder, err := w.Admit(token)
	if err != nil {
		return chat.Sent{}, err
	}
	m.ClientToken = clientToken
	return w.Say(ctx, holder.ContactID, holder.ParticipantID, m)
}

func (w *world) SendEvent(ctx context.Context, token secret.Text, contentType, content string) (chat.Sent, error) {
	holder, err := w.Admit(token)
	if err != nil {
		return chat.Sent{}, err
	}
	return w.Signal(ctx, holder.ContactID, holder.ParticipantID, contentType, content)
}

func (w *world) Disconnect(ctx context.Context, token secret.Text) error {
	holder, err := w.Admit(token)
	if err != nil {
		return err
	}
	return w.Leave(ctx, holder.ContactID, holder.ParticipantID)
}

func (w *world) StartUpload(ctx context.Context, token secret.Text, name, contentType string, size int64) (transcript.File, error) {
	holder, err := w.Admit(token)
	if err != nil {
		return transcript.File{}, err
	}
	return w.Service.StartUpload(ctx, holder.ContactID, holder.ParticipantID, transcript.File{Name: name, ContentType: contentType, Size: size})
}

func (w *world) CompleteUpload(ctx context.Context, token secret.Text, fileID string, scan bool) error {
	holder, err := w.Admit(token)
	if err != nil {
		return err
	}
	return w.Service.CompleteUpload(ctx, holder.ParticipantID, fileID, scan)
}

func (w *world) File(ctx context.Context, token secret.Text, fileID string) (transcript.File, error) {
	holder, err := w.Admit(token)
	if err != nil {
		return transcript.File{}, err
	}
	return w.ReadFile(ctx, holder.ContactID, holder.ParticipantID, fileID)
}

func (w *world) Transcript(ctx context.Context, token secret.Text, q chat.TranscriptQuery) (chat.Page, error) {
	holder, err := w.Admit(token)
	if err != nil {
		return chat.Page{}, err
	}
	return w.Service.Transcript(ctx, holder.ContactID, q)
}

// ReadTranscript reads as somebody who needs no token.
func (w *world) ReadTranscript(ctx context.Context, contactID string, q chat.TranscriptQuery) (chat.Page, error) {
	return w.Service.Transcript(ctx, contactID, q)
}

// prompt says something in the name of the system.
func (w *world) prompt(contactID string, m transcript.Message) error {
	return w.Step(w.t.Context(), contactID, func(step *chat.Step) error {
		_, err := step.Prompt(m)
		return err
	})
}

// restart closes the service and opens another over the same store.
func (w *world) restart() {
	w.t.Helper()
	w.Close()
	w.open()
}

// request is the start of a chat that takes every content type.
func request() chat.StartRequest {
	return chat.StartRequest{
		InstanceID: "instance", FlowID: "flow", DisplayName: "Pat",
		ContentTypes: []string{transcript.TextPlain, transcript.TextMarkdown, transcript.ApplicationJSON, transcript.Interactive, transcript.InteractiveResponse},
	}
}

func (w *world) start(r chat.StartRequest) chat.Started {
	w.t.Helper()
	started, err := w.Start(w.t.Context(), r)
	if err != nil {
		w.t.Fatal(err)
	}
	return started
}

// connect connects a participant without a socket.
func (w *world) connect(participant secret.Text) chat.Connection {
	w.t.Helper()
	c, err := w.Connect(w.t.Context(), participant, false)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// socket opens a socket and subscribes.
func (w *world) socket(participant secret.Text) (*tape, *chat.Socket) {
	w.t.Helper()
	record := &tape{}
	socket, err := w.OpenSocket(w.connect(participant).Ticket, record)
	if err == nil {
		err = socket.Subscribe(w.t.Context())
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return record, socket
}

// begin starts a chat and connects its customer with a socket.
func (w *world) begin(r chat.StartRequest) (chat.Started, chat.Connection, *tape) {
	w.t.Helper()
	started := w.start(r)
	record, _ := w.socket(started.Token)
	return started, w.connect(started.Token), record
}

func (w *world) join(contactID string, role transcript.Role, name string) chat.Joined {
	w.t.Helper()
	joined, err := w.Join(w.t.Context(), contactID, role, name)
	if err != nil {
		w.t.Fatal(err)
	}
	return joined
}

func (w *world) say(token secret.Text, text string) chat.Sent {
	w.t.Helper()
	sent, err := w.SendMessage(w.t.Context(), token, plain(text), "")
	if err != nil {
		w.t.Fatal(err)
	}
	return sent
}

func (w *world) end(contactID string) {
	w.t.Helper()
	if err := w.End(w.t.Context(), contactID, chat.StoppedByAPI); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) contact(contactID string) chat.Contact {
	w.t.Helper()
	contact, err := w.Contact(w.t.Context(), contactID)
	if err != nil {
		w.t.Fatal(err)
	}
	return contact
}

// transcript returns the whole transcript of a contact, the oldest item first.
func (w *world) transcript(contactID string) []transcript.Item {
	w.t.Helper()
	items, err := w.store.Items(w.t.Context(), chat.ItemQuery{ContactID: contactID})
	if err != nil {
		w.t.Fatal(err)
	}
	return items
}

func plain(text string) transcript.Message {
	return transcript.Message{ContentType: transcript.TextPlain, Content: text}
}

// refusal checks that an error is the expected one.
func refusal(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v instead of %v", what, err, want)
	}
}

// invalidField checks that an error blames a field.
func invalidField(t *testing.T, what string, err error, field string) {
	t.Helper()
	if e, ok := errors.AsType[*chat.InvalidError](err); !ok || e.Field != field || e.Error() != e.Text {
		t.Errorf("%s: %v does not blame %s", what, err, field)
	}
}

// tape is a feed that keeps what it is handed.
type tape struct {
	mu    sync.Mutex
	items []transcript.Item
	ends  int
	late  int // items after the end
}

func (r *tape) Deliver(item *transcript.Item) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.items = append(r.items, *item)
	if r.ends > 0 {
		r.late++
	}
}

func (r *tape) End() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ends++
}

// heard returns the items, and how often the end was announced.
func (r *tape) heard() ([]transcript.Item, int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]transcript.Item{}, r.items...), r.ends
}

// lines are the items in short: the content of messages, the last word of other types.
func (r *tape) lines() []string {
	items, _ := r.heard()
	return lines(items)
}

func lines(items []transcript.Item) []string {
	list := []string{}
	for _, item := range items {
		list = append(list, line(item))
	}
	return list
}

func line(item transcript.Item) string {
	text := item.Content
	switch item.Type {
	case transcript.AttachmentItem:
		text = string(item.Attachments[0].Status)
	case transcript.EventItem, transcript.MetadataItem:
		text = item.ContentType[len("application/vnd.amazonaws.connect.event."):]
	case transcript.MessageItem:
	}
	if item.DisplayName != "" {
		text = item.DisplayName + ": " + text
	}
	return text
}
