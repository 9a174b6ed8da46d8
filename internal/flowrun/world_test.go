package flowrun_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/clock"
	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowrun"
	"github.com/parley-chat/parley/internal/hours"
	"github.com/parley-chat/parley/internal/store"
	"github.com/parley-chat/parley/internal/transcript"
)

// world is a service with flows over a store that outlives it. It belongs into a synctest bubble.
type world struct {
	*chat.Service
	t       *testing.T
	store   *store.Store
	library *flowrun.Library
	runner  *flowrun.Runner
	floor   *floor
	hours   *hours.Book
	outside outside
	// incremental says that clients take messages in pieces.
	incremental bool
	// awaited lets flows go on when a customer settles.
	awaited bool

	mu    sync.Mutex
	told  []string
	trace []flow.Trace
}

// newWorld returns a world with flows, by their file names.
func newWorld(t *testing.T, files map[string]flow.Document) *world {
	t.Helper()
	kept, err := store.Open(t.Context(), store.Config{Ephemeral: true})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, store: kept, library: flowrun.NewLibrary(nil), floor: &floor{}}
	var programs []*flow.Program
	for name, document := range files {
		p, findings := flow.Compile(flow.Source{File: name + ".json", Document: document})
		if p == nil {
			t.Fatal(findings)
		}
		programs = append(programs, p)
	}
	slices.SortFunc(programs, func(a, b *flow.Program) int { return strings.Compare(a.ID(), b.ID()) })
	w.library.Set(programs)
	w.open()
	t.Cleanup(func() {
		w.end()
		if err := kept.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

func (w *world) open() {
	w.t.Helper()
	service, err := chat.Open(w.t.Context(), chat.Config{
		Store: w.store, Clock: &clock.Clock{}, Limits: chat.DefaultLimits(),
		Failed: func(contactID string, err error) { w.t.Errorf("%s: %v", contactID, err) },
	})
	if err != nil {
		w.t.Fatal(err)
	}
	config := flowrun.Config{
		Chats: service, Library: w.library, InstanceARN: "arn:aws:connect:us-east-1:000000000000:instance/i", Region: "us-east-1",
		Floor: w.floor, Hours: w.hours, Awaited: w.awaited,
		Traced: func(_ string, _ time.Time, rows []flow.Trace) {
			w.mu.Lock()
			w.trace = append(w.trace, rows...)
			w.mu.Unlock()
		},
		Told: func(_ string, _ time.Time, what string, _ bool) {
			w.mu.Lock()
			w.told = append(w.told, what)
			w.mu.Unlock()
		},
		Failed: func(contactID string, err error) { w.t.Errorf("%s: %v", contactID, err) },
	}
	if w.outside != nil {
		config.Outside = w.outside
	}
	if w.runner, err = flowrun.New(config); err != nil {
		w.t.Fatal(err)
	}
	if err := service.Begin(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	w.Service = service
}

func (w *world) end() {
	w.runner.Close()
	w.Close()
}

// restart ends the service and opens another over the same store.
func (w *world) restart() {
	w.t.Helper()
	w.end()
	w.open()
}

// customer is a customer of a chat whose client is connected.
type customer struct {
	w    *world
	chat chat.Started
	feed *feed
}

// feed is the socket of a customer, which keeps what it is told.
type feed struct {
	mu    sync.Mutex
	items []transcript.Item
}

func (f *feed) Deliver(item *transcript.Item) {
	f.mu.Lock()
	f.items = append(f.items, *item)
	f.mu.Unlock()
}

func (*feed) End() {}

// session is the session of the sign-in that the customer was asked for.
func (c *customer) session() string {
	c.w.t.Helper()
	c.feed.mu.Lock()
	defer c.feed.mu.Unlock()
	for _, item := range c.feed.items {
		if item.ContentType == transcript.AuthInitiated {
			return strings.TrimSuffix(strings.TrimPrefix(item.Content, `{"SessionId":"`), `"}`)
		}
	}
	c.w.t.Fatal("nobody was asked to sign in")
	return ""
}

// customer starts a chat for a flow and connects.
func (w *world) customer(flowID string) *customer { return w.begin(flowID, false) }

// begin is customer for one whose leaving may begin the disconnect flow.
func (w *world) begin(flowID string, dismissOnExit bool) *customer {
	w.t.Helper()
	started, err := w.Start(w.t.Context(), chat.StartRequest{
		DismissOnExit: dismissOnExit, Incremental: w.incremental, InstanceID: "i", FlowID: flowID, DisplayName: "Pat", Attributes: map[string]string{"tier": "gold"},
		ContentTypes: []string{transcript.TextPlain, transcript.Interactive, transcript.InteractiveResponse},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	c := &customer{w, started, &feed{}}
	c.connect()
	return c
}

func (c *customer) connect() {
	c.w.t.Helper()
	connection, err := c.w.Connect(c.w.t.Context(), c.chat.Token, false)
	if err != nil {
		c.w.t.Fatal(err)
	}
	socket, err := c.w.OpenSocket(connection.Ticket, c.feed)
	if err != nil {
		c.w.t.Fatal(err)
	}
	if err := socket.Subscribe(c.w.t.Context()); err != nil {
		c.w.t.Fatal(err)
	}
	c.settle()
}

// settle waits until everybody has done what follows from what has happened.
func (c *customer) settle() {
	c.w.t.Helper()
	synctest.Wait()
	if !c.w.awaited {
		return
	}
	if _, err := c.w.runner.Await(c.w.t.Context(), c.chat.ContactID); err != nil {
		c.w.t.Error(err)
	}
	synctest.Wait()
}

// say says something and waits until everybody has done what follows from it.
func (c *customer) say(contentType, text string) {
	c.w.t.Helper()
	if _, err := c.w.Say(c.w.t.Context(), c.chat.ContactID, c.chat.ParticipantID, transcript.Message{ContentType: contentType, Content: text}); err != nil {
		c.w.t.Fatal(err)
	}
	c.settle()
}

// pass lets time pass.
func (c *customer) pass(d time.Duration) {
	<-time.After(d) // in a bubble
	c.settle()
}

// heard is the conversation in short: texts with their speakers, and events.
func (c *customer) heard() []string {
	c.w.t.Helper()
	page, err := c.w.Transcript(c.w.t.Context(), c.chat.ContactID, chat.TranscriptQuery{MaxResults: 100})
	if err != nil {
		c.w.t.Fatal(err)
	}
	var lines []string
	for _, item := range page.Items {
		switch {
		case item.Type == transcript.MessageItem && item.ContentType == transcript.Interactive:
			lines = append(lines, string(item.Role)+": (view)")
		case item.Type == transcript.MessageItem:
			lines = append(lines, string(item.Role)+": "+item.Content)
		default:
			event := item.ContentType[strings.LastIndex(item.ContentType, "event.")+len("event."):]
			if item.Role == transcript.Customer && event == "participant.joined" {
				continue
			}
			lines = append(lines, event)
		}
	}
	return lines
}

func (c *customer) expect(want ...string) {
	c.w.t.Helper()
	if got := c.heard(); !slices.Equal(got, want) {
		c.w.t.Errorf("heard\n\t%s\nnot\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

func (c *customer) contact() chat.Contact {
	c.w.t.Helper()
	contact, err := c.w.Contact(c.w.t.Context(), c.chat.ContactID)
	if err != nil {
		c.w.t.Fatal(err)
	}
	return contact
}

// floor is a floor on which everything is as a test says.
type floor struct {
	mu      sync.Mutex
	metrics map[string]flowrun.Metrics // by queue or agent
	places  map[string]flowrun.Place
	full    map[string]bool
	agents  map[string]string // names, by references
}

func (f *floor) Metrics(queue, agent string) flowrun.Metrics { return f.metrics[queue+agent] }

func (f *floor) Place(contactID string) (flowrun.Place, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	place, ok := f.places[contactID]
	return place, ok
}

func (f *floor) Admit(_, queue string) error {
	if f.full[queue] {
		return flowrun.ErrQueueFull
	}
	return nil
}

func (f *floor) Agent(ref string) (string, bool) {
	name, ok := f.agents[ref]
	return name, ok
}
