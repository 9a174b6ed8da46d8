package desk_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/desk"
	"github.com/parley-chat/parley/internal/partner"
	"github.com/parley-chat/parley/internal/secret"
	"github.com/parley-chat/parley/internal/store"
	"github.com/parley-chat/parley/internal/transcript"
)

// room is a chat service with a desk, in a synctest bubble.
type room struct {
	t     *testing.T
	store chat.Store
	chats *chat.Service
	desk  *desk.Desk
	cfg   desk.Config
	watch func(*chat.Contact) // nil, or told of every contact

	mu     sync.Mutex
	failed []error
	clumsy bool // failures are expected
}

// newRoom returns a room with a partner, or without one for nil.
func newRoom(t *testing.T, bot desk.Partner) *room {
	t.Helper()
	return newRoomWith(t, bot, desk.Config{})
}

func newRoomWith(t *testing.T, bot desk.Partner, cfg desk.Config) *room {
	t.Helper()
	kept, err := store.Open(t.Context(), store.Config{Ephemeral: true})
	if err != nil {
		t.Fatal(err)
	}
	r := &room{t: t, store: kept, cfg: cfg}
	r.open(bot)
	r.begin()
	t.Cleanup(func() {
		r.close()
		if err := kept.Close(); err != nil {
			t.Error(err)
		}
		if len(r.failed) > 0 && !r.clumsy {
			t.Errorf("the partner failed: %v", r.failed)
		}
	})
	return r
}

func (r *room) open(bot desk.Partner) {
	r.t.Helper()
	var err error
	r.chats, err = chat.Open(r.t.Context(), chat.Config{Store: r.store})
	if err != nil {
		r.t.Fatal(err)
	}
	cfg := r.cfg
	cfg.Chats = r.chats
	cfg.Failed = func(_ string, err error) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.failed = append(r.failed, err)
	}
	if r.desk, err = desk.New(cfg); err != nil {
		r.t.Fatal(err)
	}
	if r.watch != nil {
		r.chats.Listen(chat.Listener{Changed: func(c *chat.Contact, _ *transcript.Item) { r.watch(c) }})
	}
	if bot != nil {
		r.add(desk.AgentConfig{Name: partner.DefaultName, Partner: bot})
	}
}

func (r *room) add(cfg desk.AgentConfig) {
	r.t.Helper()
	if _, err := r.desk.Add(cfg); err != nil {
		r.t.Fatal(err)
	}
}

// begin lets time pass for what was opened.
func (r *room) begin() {
	r.t.Helper()
	if err := r.chats.Begin(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
}

func (r *room) close() {
	r.desk.Close()
	r.chats.Close()
}

// customer is a customer with an open socket.
type customer struct {
	r         *room
	contactID string
	id        string
	token     secret.Text

	mu    sync.Mutex
	items []transcript.Item
	ended bool
}

func (c *customer) Deliver(item *transcript.Item) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.items = append(c.items, *item)
}

func (c *customer) End() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
}

// heard describes what the customer has got since the last call, but for the own messages.
func (c *customer) heard() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []string
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

// start starts a chat; connect opens its socket.
func (r *room) start(request chat.StartRequest) *customer {
	r.t.Helper()
	request.DisplayName = "Pat"
	request.ContentTypes = append(request.ContentTypes, transcript.TextPlain)
	started, err := r.chats.Start(r.t.Context(), request)
	if err != nil {
		r.t.Fatal(err)
	}
	return &customer{r: r, contactID: started.ContactID, id: started.ParticipantID, token: started.Token}
}

func (c *customer) connect() {
	c.r.t.Helper()
	connection, err := c.r.chats.Connect(c.r.t.Context(), c.token, false)
	if err != nil {
		c.r.t.Fatal(err)
	}
	socket, err := c.r.chats.OpenSocket(connection.Ticket, c)
	if err != nil {
		c.r.t.Fatal(err)
	}
	if err := socket.Subscribe(c.r.t.Context()); err != nil {
		c.r.t.Fatal(err)
	}
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

func TestTalks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, partner.Echo{Pause: time.Second})
		pat := r.start(chat.StartRequest{})
		pass(time.Minute)
		if c, err := r.chats.Contact(t.Context(), pat.contactID); err != nil || len(c.Participants) != 1 {
			t.Fatalf("somebody joined a chat that nobody is connected to: %+v, %v", c.Participants, err)
		}
		pat.connect()
		pass(time.Second - time.Millisecond)
		if diff := cmp.Diff([]string{"joined", "typing"}, pat.heard()); diff != "" {
			t.Fatal(diff)
		}
		pass(time.Millisecond)
		if got := pat.heard(); len(got) != 1 || !strings.HasPrefix(got[0], "plain: Hello Pat! I am Parley's") {
			t.Fatalf("greeted with %q", got)
		}
		pat.say("How are you?")
		pass(time.Second)
		if diff := cmp.Diff([]string{"read", "typing", "plain: You said: How are you?"}, pat.heard()); diff != "" {
			t.Error(diff)
		}
		// Skipped time counts as passed.
		pat.say("quickly")
		synctest.Wait()
		r.chats.Clock().Skip(time.Minute)
		synctest.Wait()
		if diff := cmp.Diff([]string{"read", "typing", "plain: You said: quickly"}, pat.heard()); diff != "" {
			t.Error(diff)
		}
		pat.say(" Bye ")
		pass(time.Second)
		if diff := cmp.Diff([]string{"read", "typing", "plain: Goodbye!", "left", "ended"}, pat.heard()); diff != "" {
			t.Error(diff)
		}
		if c, err := r.chats.Contact(t.Context(), pat.contactID); err != nil || c.Reason != chat.AgentDisconnect || !pat.ended {
			t.Errorf("the chat ended with %q, %v", c.Reason, err)
		}
	})
}

// What a customer chose before a partner came was an answer to somebody else.
func TestLeavesChoicesToWhoAsked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, nil)
		pat := r.start(chat.StartRequest{ContentTypes: []string{transcript.Interactive, transcript.InteractiveResponse}})
		pat.connect()
		pat.send(transcript.InteractiveResponse, `{"templateType":"ViewResource","action":"Next","data":{}}`)
		pat.say("Hello?")
		pass(time.Second)
		r.add(desk.AgentConfig{Name: partner.DefaultName, Partner: partner.Echo{Pause: time.Second}})
		pass(time.Minute)
		got := slices.DeleteFunc(pat.heard(), func(s string) bool { return !strings.HasPrefix(s, "plain: You") })
		if diff := cmp.Diff([]string{"plain: You said: Hello?"}, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAnswersWhatWasSaidBeforeItCame(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, partner.Echo{Pause: time.Second})
		pat := r.start(chat.StartRequest{InitialMessage: &transcript.Message{ContentType: transcript.TextPlain, Content: "Where is my order?"}})
		pat.say("Hello?")
		pat.connect()
		pat.say("Anybody there?")
		pass(time.Minute)
		got := slices.DeleteFunc(pat.heard(), func(s string) bool {
			return s == "typing" || strings.HasPrefix(s, "plain: Hello Pat!")
		})
		want := []string{
			"joined", "read", "plain: You said: Where is my order?", "read", "plain: You said: Hello?",
			"read", "plain: You said: Anybody there?",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

// Whatever a restart interrupts, the customer gets one greeting and one answer to each
// message.
func TestSurvivesRestart(t *testing.T) {
	t.Parallel()
	for _, after := range []time.Duration{
		0, 500 * time.Millisecond, time.Second, 1500 * time.Millisecond, 2 * time.Second, 2500 * time.Millisecond, time.Minute,
	} {
		t.Run(after.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newRoom(t, partner.Echo{Pause: time.Second})
				pat := r.start(chat.StartRequest{InitialMessage: &transcript.Message{ContentType: transcript.TextPlain, Content: "one"}})
				pat.connect()
				if after > 0 {
					pass(time.Millisecond)
				}
				pat.say("two")
				pat.say("three")
				pass(after)
				r.close()
				r.open(partner.Echo{Pause: time.Second})
				pat.say("four")
				r.begin()
				pass(time.Minute)
				pat.say("five")
				pass(time.Minute)
				if diff := cmp.Diff(answers("one", "two", "three", "four", "five"), r.said(pat.contactID)); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

func answers(texts ...string) []string {
	list := []string{"Hello Pat!"}
	for _, text := range texts {
		list = append(list, "You said: "+text)
	}
	return list
}

// said returns what the agents of a chat said.
func (r *room) said(contactID string) []string {
	r.t.Helper()
	page, err := r.chats.Transcript(r.t.Context(), contactID, chat.TranscriptQuery{MaxResults: 100})
	if err != nil {
		r.t.Fatal(err)
	}
	var list []string
	for _, item := range page.Items {
		if item.Role == transcript.Agent && item.Type == transcript.MessageItem {
			text, _, _ := strings.Cut(item.Content, " I am")
			list = append(list, text)
		}
	}
	return list
}

func TestResumeTakesTheChatsThatAreItsOwn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, partner.Echo{Pause: -1})
		r.desk.Close() // nobody notices who connects
		unnoticed, elsewhere, waiting := r.start(chat.StartRequest{}), r.start(chat.StartRequest{}), r.start(chat.StartRequest{})
		unnoticed.connect()
		elsewhere.connect()
		if _, err := r.chats.Join(t.Context(), elsewhere.contactID, transcript.Agent, "Ann"); err != nil {
			t.Fatal(err)
		}
		pass(time.Second)
		r.close()
		r.open(partner.Echo{Pause: -1})
		r.begin()
		r.begin() // does no harm
		pass(time.Second)
		if got := r.said(unnoticed.contactID); len(got) != 1 {
			t.Errorf("where nobody was: %q", got)
		}
		if got := r.said(elsewhere.contactID); len(got) != 0 {
			t.Errorf("where another agent is: %q", got)
		}
		if got := r.said(waiting.contactID); len(got) != 0 {
			t.Errorf("where no customer has connected: %q", got)
		}
	})
}

func TestAnswersAttachments(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, partner.Echo{Pause: -1})
		pat := r.start(chat.StartRequest{})
		pat.connect()
		pass(time.Second)
		pat.heard()
		for name, approve := range map[string]bool{"yes.txt": true, "no.txt": false} {
			file, err := r.chats.StartUpload(t.Context(), pat.contactID, pat.id, transcript.File{Name: name, ContentType: "text/plain", Size: 3})
			if err != nil {
				t.Fatal(err)
			}
			if err := r.chats.Uploaded(t.Context(), file.ID); err != nil {
				t.Fatal(err)
			}
			if err := r.chats.CompleteUpload(t.Context(), pat.id, file.ID, true); err != nil {
				t.Fatal(err)
			}
			pass(time.Second)
			if got := pat.heard(); len(got) != 0 {
				t.Errorf("before the scan: %q", got)
			}
			if err := r.chats.Decide(t.Context(), file.ID, approve); err != nil {
				t.Fatal(err)
			}
			pass(time.Second)
			want := fmt.Sprintf("plain: Your attachment %q was rejected.", name)
			if approve {
				want = fmt.Sprintf("plain: I have your attachment %q (text/plain).", name)
			}
			if diff := cmp.Diff([]string{want}, pat.heard()); diff != "" {
				t.Error(diff)
			}
		}
	})
}

// slow is a partner that never finishes an answer by itself.
type slow struct{}

func (slow) Greet(context.Context, *desk.Conversation) error { return nil }

func (slow) Hear(ctx context.Context, _ *desk.Conversation, _ *transcript.Item) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestCloseDoesNotWaitForAPartner(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, slow{})
		pat := r.start(chat.StartRequest{})
		pat.connect()
		for i := range 1000 { // far more than a partner remembers; nobody is held up
			pat.say(fmt.Sprint(i))
		}
		began := time.Now()
		r.desk.Close()
		r.desk.Close()
		if waited := time.Since(began); waited != 0 {
			t.Errorf("closing took %s", waited)
		}
		pat.say("to nobody")
	})
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	if _, err := desk.New(desk.Config{}); err == nil {
		t.Error("a desk without chats was made")
	}
}
