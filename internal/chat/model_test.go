package chat_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/secret"
	"github.com/parley-chat/parley/internal/transcript"
)

var modelRounds = flag.Int("model.rounds", 6, "how many random histories the model test lives through")

// history is a random run of a service: chats that are used by several goroutines at a time,
// while the store fails now and then and the service is opened anew in between. It notes
// what was promised to whom.
type history struct {
	w *world

	mu    sync.Mutex
	chats []*modelChat
	// all are the chats that were ever started.
	all []*modelChat
}

// modelChat is what is known of one chat.
type modelChat struct {
	started chat.Started
	over    atomic.Bool // its end was acknowledged

	mu       sync.Mutex
	tokens   []secret.Text // that may act for somebody in it
	speakers []speaker
	sent     map[string]promise // by content
	clients  []*modelClient
}

type speaker struct {
	participantID string
	token         secret.Text // of the participant
	connection    secret.Text
}

// promise is a message that was acknowledged.
type promise struct {
	chat.Sent
	by    int // goroutine
	order int // among those of the goroutine
}

// modelClient is a client that keeps a socket, loses it and comes back. Its tapes together
// have to hold everything from its first socket on.
type modelClient struct {
	speaker
	tapes []*tape
	hold  *chat.Socket
	// forgot says that the service was opened anew while the client had no socket.
	forgot []int
}

func TestModel(t *testing.T) {
	t.Parallel()
	for round := range *modelRounds {
		seed := rand.Uint64()
		t.Run(fmt.Sprint(round), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				liveThrough(t, seed)
			})
			if t.Failed() {
				t.Logf("seed %d", seed)
			}
		})
	}
}

func liveThrough(t *testing.T, seed uint64) {
	t.Helper()
	var failing atomic.Bool
	w := newWorld(t, chat.Config{Limits: chat.Limits{Duration: 8 * time.Hour}})
	w.store.unlucky = func() bool { return failing.Load() && rand.IntN(8) == 0 }
	h := &history{w: w}
	for life := range 4 {
		for half := range 2 {
			failing.Store(true)
			var workers sync.WaitGroup
			for i := range 6 {
				workers.Go(func() {
					r := rand.New(rand.NewPCG(seed, uint64(life*100+half*50+i)))
					for n := range 40 {
						h.step(t, r, i, life*1000+half*500+n)
					}
				})
			}
			workers.Wait()
			failing.Store(false)
			synctest.Wait()
			h.check(t)
			if t.Failed() {
				return
			}
		}
		h.restart()
	}
	w.Clock().Skip(9 * time.Hour)
	synctest.Wait()
	for _, c := range h.all {
		contact := w.contact(c.started.ContactID)
		if !contact.HasEnded() || contact.Reason == "" {
			t.Errorf("contact %s never ended", contact.ID)
		}
		c.over.Store(true)
		w.denied(c.tokens...)
	}
	if w.ActiveContacts() != 0 {
		t.Errorf("%d contacts are still active", w.ActiveContacts())
	}
	h.check(t)
}

// step does something at random.
func (h *history) step(t *testing.T, r *rand.Rand, worker, order int) {
	t.Helper()
	c := h.pick(r)
	if c == nil || r.IntN(40) == 0 {
		h.start(t, r)
		return
	}
	wasOver := c.over.Load()
	var err error
	switch n := r.IntN(100); {
	case n < 55:
		err = h.say(t, r, c, worker, order)
	case n < 65:
		err = h.comeAndGo(r, c)
	case n < 75:
		err = h.join(r, c)
	case n < 80:
		err = h.signal(r, c)
	case n < 82:
		err = h.leave(r, c)
	case n < 84:
		if err = h.w.End(context.Background(), c.started.ContactID, chat.StoppedByAPI); err == nil {
			c.over.Store(true)
			return // ending twice is fine
		}
	case n < 92:
		err = h.transcript(r, c)
	default:
		h.w.Clock().Skip(time.Duration(r.IntN(20)) * time.Second)
		return
	}
	switch {
	case err == nil && wasOver:
		t.Errorf("an operation on chat %s succeeded after its end", c.started.ContactID)
	case errors.Is(err, errDisk), errors.Is(err, chat.ErrAccessDenied), errors.Is(err, chat.ErrNotFound), errors.Is(err, chat.ErrConflict),
		errors.Is(err, chat.ErrTooManySockets), errors.Is(err, errNobody):
	case err != nil:
		t.Errorf("unexpected: %v", err)
	}
}

// errNobody says that a step found nobody to do it.
var errNobody = errors.New("nobody is there")

func (h *history) pick(r *rand.Rand) *modelChat {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.chats) == 0 {
		return nil
	}
	return h.chats[r.IntN(len(h.chats))]
}

func (h *history) start(t *testing.T, r *rand.Rand) {
	t.Helper()
	started, err := h.w.Start(context.Background(), withToken(fmt.Sprint(r.Uint64())))
	if errors.Is(err, errDisk) {
		return
	}
	if err != nil {
		t.Error(err)
		return
	}
	c := &modelChat{started: started, sent: map[string]promise{}, tokens: []secret.Text{started.Token}}
	if err := c.add(h.w, started.ParticipantID, started.Token); err != nil {
		t.Errorf("the customer of a new chat cannot connect: %v", err)
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.chats = append(h.chats, c)
	h.all = append(h.all, c)
	if len(h.chats) > 5 {
		h.chats = slices.Delete(h.chats, 0, 1) // which goes on without us until it ends
	}
}

// add connects a new participant.
func (c *modelChat) add(w *world, participantID string, token secret.Text) error {
	connection, err := w.Connect(context.Background(), token, false)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tokens = append(c.tokens, token, connection.Token, connection.Ticket)
	c.speakers = append(c.speakers, speaker{participantID, token, connection.Token})
	return nil
}

func (c *modelChat) someone(r *rand.Rand) speaker {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.speakers[r.IntN(len(c.speakers))]
}

// say sends a message, and again with the same client token as long as the store fails, as
// clients do.
func (h *history) say(t *testing.T, r *rand.Rand, c *modelChat, worker, order int) error {
	t.Helper()
	by := c.someone(r)
	text := fmt.Sprintf("%d-%d-%d", worker, order, r.Uint32())
	for {
		sent, err := h.w.SendMessage(context.Background(), by.connection, plain(text), text)
		if errors.Is(err, errDisk) {
			continue
		}
		if err != nil {
			return err
		}
		if r.IntN(4) == 0 {
			again, err := h.w.SendMessage(context.Background(), by.connection, plain(text), text)
			if err == nil && again != sent {
				t.Errorf("a repeated message is another: %v, %v", sent, again)
			}
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.sent[text] = promise{sent, worker, order}
		return nil
	}
}

func (h *history) join(r *rand.Rand, c *modelChat) error {
	roles := []transcript.Role{transcript.Agent, transcript.Supervisor, transcript.CustomBot, transcript.System}
	joined, err := h.w.Join(context.Background(), c.started.ContactID, roles[r.IntN(len(roles))], "x")
	if err != nil {
		return err
	}
	return c.add(h.w, joined.ParticipantID, joined.Token)
}

func (h *history) leave(r *rand.Rand, c *modelChat) error {
	by := c.someone(r)
	err := h.w.Disconnect(context.Background(), by.connection)
	if err == nil && by.participantID == c.started.ParticipantID {
		c.over.Store(true)
	}
	return err
}

func (h *history) signal(r *rand.Rand, c *modelChat) error {
	by := c.someone(r)
	c.mu.Lock()
	about := ""
	for _, p := range c.sent {
		about = p.ID
		break
	}
	c.mu.Unlock()
	kind := []string{transcript.Typing, transcript.MessageRead, transcript.MessageDelivered}[r.IntN(3)]
	if about == "" {
		kind = transcript.Typing
	}
	_, err := h.w.SendEvent(context.Background(), by.connection, kind, `{"messageId":"`+about+`"}`)
	return err
}

// transcript reads the newest page, which has to be in order.
func (h *history) transcript(r *rand.Rand, c *modelChat) error {
	page, err := h.w.Transcript(context.Background(), c.someone(r).connection, chat.TranscriptQuery{MaxResults: 1 + r.IntN(100)})
	if err == nil && !slices.IsSortedFunc(page.Items, func(a, b transcript.Item) int { return a.Time.Compare(b.Time) }) {
		return errors.New("a page is out of order")
	}
	return err
}

// comeAndGo lets a client of the chat lose its socket, or come back, or a new one come.
func (h *history) comeAndGo(r *rand.Rand, c *modelChat) error {
	by := c.someone(r)
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.clients, func(m *modelClient) bool { return m.participantID == by.participantID })
	if i < 0 {
		c.clients = append(c.clients, &modelClient{speaker: by})
		i = len(c.clients) - 1
	}
	client := c.clients[i]
	if client.hold != nil {
		client.hold.Close(true, 0)
		client.hold = nil
		return errNobody // losing a socket always works
	}
	connection, err := h.w.Connect(context.Background(), by.token, false)
	if err != nil {
		return err
	}
	record := &tape{}
	hold, err := h.w.OpenSocket(connection.Ticket, record)
	if err != nil {
		return err
	}
	for err = errDisk; errors.Is(err, errDisk); {
		err = hold.Subscribe(context.Background())
	}
	if err != nil {
		hold.Close(true, 0)
		return err
	}
	client.tapes, client.hold = append(client.tapes, record), hold
	return nil
}

// restart opens the service anew. Clients without a socket at that time may have missed
// something, which the transcript is for.
func (h *history) restart() {
	h.w.restart()
	for _, c := range h.all {
		for _, client := range c.clients {
			if client.hold == nil {
				client.forgot = append(client.forgot, len(client.tapes))
			} else {
				client.hold.Close(true, 0)
				client.hold = nil
			}
		}
	}
}

// check holds everything that was promised against what is there.
func (h *history) check(t *testing.T) {
	t.Helper()
	for _, c := range h.all {
		items := h.w.transcript(c.started.ContactID)
		places := map[string]int64{}
		for i, item := range items {
			if item.Seq != int64(i+1) || i > 0 && !item.Time.After(items[i-1].Time) {
				t.Errorf("place %d: %+v", i+1, item)
			}
			if item.Type != transcript.MessageItem {
				continue
			}
			if _, twice := places[item.Content]; twice {
				t.Errorf("%q is there twice", item.Content)
			}
			places[item.Content] = item.Seq
			if p, ok := c.sent[item.Content]; !ok || p.ID != item.ID || !p.Time.Equal(item.Time) {
				t.Errorf("%q was not acknowledged as it is: %+v, %+v", item.Content, p, item)
			}
		}
		last := map[int]promise{}
		for _, text := range slices.SortedFunc(mapKeys(c.sent), func(a, b string) int { return c.sent[a].order - c.sent[b].order }) {
			p := c.sent[text]
			if places[text] == 0 {
				t.Errorf("%q was acknowledged and is lost", text)
			}
			if before, ok := last[p.by]; ok && !p.Time.After(before.Time) {
				t.Errorf("%q is before what was said before it", text)
			}
			last[p.by] = p
		}
		contact := h.w.contact(c.started.ContactID)
		if c.over.Load() && !contact.HasEnded() {
			t.Errorf("chat %s has not ended", contact.ID)
		}
		for _, client := range c.clients {
			client.check(t, items, contact)
		}
	}
}

func mapKeys[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for key := range m {
			if !yield(key) {
				return
			}
		}
	}
}

// check checks that a client's tapes, one after the other, hold each stored item once, in
// order and without gaps.
func (m *modelClient) check(t *testing.T, items []transcript.Item, contact chat.Contact) {
	t.Helper()
	seq := int64(0)
	for i, record := range m.tapes {
		heard, ends := record.heard()
		if slices.Contains(m.forgot, i) {
			seq = 0
		}
		var before time.Time
		for _, item := range heard {
			if item.ContactID != contact.ID || !item.Time.After(before) {
				t.Errorf("a client heard %+v after %v", item, before)
			}
			before = item.Time
			if item.Seq == 0 {
				continue
			}
			if seq != 0 && item.Seq != seq+1 {
				t.Errorf("a client heard %d after %d", item.Seq, seq)
			}
			seq = item.Seq
			if items[seq-1].ID != item.ID || items[seq-1].Content != item.Content {
				t.Errorf("a client heard %+v, stored is %+v", item, items[seq-1])
			}
		}
		if record.late > 0 || ends > 1 {
			t.Errorf("%d items after %d ends", record.late, ends)
		}
	}
	p, _ := contact.Participant(m.participantID)
	if m.hold == nil || len(m.tapes) == 0 {
		return
	}
	heard, ends := m.tapes[len(m.tapes)-1].heard()
	gone := contact.HasEnded() || !p.Active()
	if gone != (ends == 1) {
		t.Errorf("a client is gone: %v, and was told so %d times", gone, ends)
	}
	leftBefore := p.Role == transcript.System || p.Role != transcript.Customer && slices.ContainsFunc(items, func(item transcript.Item) bool {
		return item.ContentType == transcript.ParticipantLeft && item.ParticipantID == p.ID
	})
	if contact.HasEnded() && !leftBefore && (len(heard) == 0 || heard[len(heard)-1].ContentType != transcript.ChatEnded) {
		t.Errorf("a client was not told of the end: %q", lines(heard))
	}
	if !gone && seq != 0 && seq != int64(len(items)) {
		t.Errorf("a client heard up to %d of %d", seq, len(items))
	}
}
