package partner_test

import (
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/desk"
	"github.com/parley-chat/parley/internal/emulator"
	"github.com/parley-chat/parley/internal/transcript"
)

// room is an embedded Amazon Connect with agents, in a synctest bubble.
type room struct {
	t        *testing.T
	emulator *emulator.Emulator
	chats    *chat.Service
	desk     *desk.Desk
}

func newRoom(t *testing.T, agents ...desk.AgentConfig) *room {
	t.Helper()
	var failures strings.Builder // read after the end
	log := slog.New(slog.NewTextHandler(&failures, &slog.HandlerOptions{Level: slog.LevelError}))
	e, err := emulator.New(t.Context(), emulator.Config{Ephemeral: true, Agents: agents, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
		if failures.Len() > 0 {
			t.Errorf("a partner failed: %s", &failures)
		}
	})
	return &room{t: t, emulator: e, chats: e.Chats(), desk: e.Desk()}
}

func (r *room) add(cfg desk.AgentConfig) {
	r.t.Helper()
	if _, err := r.desk.Add(cfg); err != nil {
		r.t.Fatal(err)
	}
}

// waiting returns the contacts that wait in a queue.
func (r *room) waiting(queue string) (ids []string) {
	for _, q := range r.desk.Snapshot().Queues {
		for _, w := range q.Waiting {
			if q.Name == queue {
				ids = append(ids, w.ContactID)
			}
		}
	}
	return ids
}

// holds returns the contacts of an agent.
func (r *room) holds(name string) (ids []string) {
	r.t.Helper()
	agent, err := r.desk.Agent(name)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, h := range agent.Contacts {
		ids = append(ids, h.ContactID)
	}
	return ids
}

// said returns the messages of the agents of a chat.
func (r *room) said(contactID string) (texts []string) {
	for _, item := range r.transcript(contactID) {
		if item.Role == transcript.Agent && item.Type == transcript.MessageItem {
			texts = append(texts, item.Content)
		}
	}
	return texts
}

// sentFile returns the bytes of the one attachment in a chat.
func (r *room) sentFile(contactID string) string {
	r.t.Helper()
	var ids []string
	for _, item := range r.transcript(contactID) {
		for _, a := range item.Attachments {
			ids = append(ids, a.ID)
		}
	}
	if len(ids) != 1 {
		r.t.Fatalf("attachments %q", ids)
	}
	file, err := r.emulator.Blobs().Open(ids[0])
	if err != nil {
		r.t.Fatal(err)
	}
	defer file.Close()
	content, err := io.ReadAll(file)
	if err != nil {
		r.t.Fatal(err)
	}
	return string(content)
}

func (r *room) transcript(contactID string) []transcript.Item {
	r.t.Helper()
	page, err := r.chats.Transcript(r.t.Context(), contactID, chat.TranscriptQuery{MaxResults: 100})
	if err != nil {
		r.t.Fatal(err)
	}
	return page.Items
}

// customer is a customer with an open socket.
type customer struct {
	r             *room
	contactID, id string

	mu    sync.Mutex
	items []transcript.Item
}

// arrive starts a chat and opens its socket.
func (r *room) arrive(request chat.StartRequest) *customer {
	r.t.Helper()
	request.DisplayName = "Pat"
	request.ContentTypes = append(request.ContentTypes, transcript.TextPlain)
	started, err := r.chats.Start(r.t.Context(), request)
	if err != nil {
		r.t.Fatal(err)
	}
	pat := &customer{r: r, contactID: started.ContactID, id: started.ParticipantID}
	connection, err := r.chats.Connect(r.t.Context(), started.Token, false)
	if err != nil {
		r.t.Fatal(err)
	}
	socket, err := r.chats.OpenSocket(connection.Ticket, pat)
	if err != nil {
		r.t.Fatal(err)
	}
	if err := socket.Subscribe(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
	synctest.Wait()
	return pat
}

// Deliver implements [chat.Feed].
func (c *customer) Deliver(item *transcript.Item) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.items = append(c.items, *item)
}

// End implements [chat.Feed].
func (c *customer) End() {}

// heard describes the items of the others since the last call.
func (c *customer) heard() (list []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, item := range c.items {
		if item.Role == transcript.Customer {
			continue
		}
		short := item.ContentType[strings.LastIndexAny(item.ContentType, "./")+1:]
		switch {
		case item.Receipt != nil:
			short = "read"
		case item.Type == transcript.MessageItem:
			short += ": " + item.Content
		}
		list = append(list, short)
	}
	c.items = nil
	return list
}

func (c *customer) say(text string) {
	c.r.t.Helper()
	c.send(transcript.TextPlain, text)
}

func (c *customer) send(contentType, text string) {
	c.r.t.Helper()
	message := transcript.Message{ContentType: contentType, Content: text}
	if _, err := c.r.chats.Say(c.r.t.Context(), c.contactID, c.id, message); err != nil {
		c.r.t.Fatal(err)
	}
}

// pass lets time go by.
func pass(d time.Duration) {
	synctest.Wait()
	timer := time.NewTimer(d)
	<-timer.C
	synctest.Wait()
}
