package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/parley-chat/parley/e2e/chatclient"
	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/store"
	"github.com/parley-chat/parley/internal/transcript"
)

// heartbeatEvery is how often a page sends each kind of heartbeat.
const heartbeatEvery = 10 * time.Second

// measureChats reads how much more memory a server has resident with many connected chats
// than without, after a time in which all of them sent their heartbeats and were answered.
func (l *lab) measureChats(ctx context.Context, r *embeddedResult) error {
	if r.chats == 0 {
		return nil
	}
	for range r.rounds { // how much of it is garbage differs by a tenth from round to round
		if err := l.chatsOnce(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// chatsOnce is one round of measureChats.
func (l *lab) chatsOnce(ctx context.Context, r *embeddedResult) error {
	// The record of exchanges is bounded, and no part of a chat.
	return l.withServer(ctx, uninspected, func(p *peer) error {
		pause(ctx, time.Second)
		idle := memory(p.pid(), "VmRSS")
		var answers atomic.Int64
		count := func(int, int) func([]byte) { return func([]byte) { answers.Add(1) } }
		l.say("connecting %d chats", r.chats)
		began := time.Now()
		all, err := openRooms(ctx, p, opening{count: r.chats, sockets: 1, frame: count})
		if err != nil {
			return fmt.Errorf("%w (a chat takes an open file here and one in the server; see ulimit -n)", err)
		}
		defer func() {
			p.halt() // first, or it would look at each connection that breaks
			all.close()
		}()
		r.connecting = time.Since(began)
		l.say("connected in %.1f s, %.1f KiB each; heartbeats for %s", r.connecting.Seconds(),
			float64(memory(p.pid(), "VmRSS")-idle)/1024/float64(r.chats), r.settle)
		before := cpuTime(p.pid())
		sent, err := beat(ctx, all, time.Now().Add(r.settle))
		if err != nil {
			return err
		}
		r.beating = (cpuTime(p.pid()) - before).Seconds() / r.settle.Seconds()
		r.idle = append(r.idle, float64(idle))
		r.full = append(r.full, float64(memory(p.pid(), "VmRSS")))
		r.peak = append(r.peak, float64(memory(p.pid(), "VmHWM")))
		pause(ctx, time.Second)
		if got := answers.Load(); got < sent {
			return fmt.Errorf("%d of %d heartbeats were answered", got, sent)
		}
		l.say("%.1f KiB for each of %d chats", r.chatSize()[len(r.full)-1], r.chats)
		return nil
	})
}

// beat sends the heartbeats of all chats, evenly spread, until the end.
func beat(ctx context.Context, all *rooms, end time.Time) (sent int64, err error) {
	count := len(all.sockets)
	begin := time.Now()
	for n := 0; ; n++ {
		due := begin.Add(heartbeatEvery * time.Duration(n) / time.Duration(count))
		if due.After(end) || ctx.Err() != nil {
			return sent, ctx.Err()
		}
		pause(ctx, time.Until(due))
		// The two kinds come at different times, as they do on a page.
		err := errors.Join(
			all.sockets[n%count].Say(chatclient.Heartbeat), all.sockets[(n+count/2)%count].Say(chatclient.Ping))
		if err != nil {
			return sent, err
		}
		sent += 2
	}
}

// measureRestarts times starts on a store with many items, from before the program is
// started until /readyz answers that it is ready. All chats are active.
func (l *lab) measureRestarts(ctx context.Context, r *embeddedResult) error {
	if r.items == 0 {
		return nil
	}
	dir, err := l.emptyDir()
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	l.say("filling a store with %d items", r.items)
	last, err := fill(ctx, filepath.Join(dir, "chats"), r.items)
	if err != nil {
		return fmt.Errorf("filling a store: %w", err)
	}
	for i := range max(5, r.rounds) {
		pause(ctx, 200*time.Millisecond)
		p := l.embedded(durable, dir)
		p.ready = "/readyz"
		took, err := l.launch(ctx, p)
		if err == nil {
			err = goesOn(ctx, p, last)
		}
		p.halt()
		if err != nil {
			return err
		}
		r.restarts = append(r.restarts, inMilliseconds(took))
		l.say("restart %d with %d items: %s", i+1, r.items, milliseconds(took))
	}
	return nil
}

// goesOn checks that a server knows a chat of before and has not ended it.
func goesOn(ctx context.Context, p *peer, contact *chat.Contact) error {
	body, err := p.get(ctx, "/contacts/"+contact.InstanceID+"/"+contact.ID)
	if err != nil {
		return fmt.Errorf("asking for a chat of before: %w: %s", err, body)
	}
	var answer struct {
		Contact struct {
			ID                  string
			DisconnectTimestamp json.RawMessage
		}
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return fmt.Errorf("asking for a chat of before: %w", err)
	}
	if answer.Contact.ID != contact.ID || answer.Contact.DisconnectTimestamp != nil {
		return fmt.Errorf("a chat of before does not go on: %s", body)
	}
	return nil
}

// itemsEach is how many items each chat of a filled store has.
const itemsEach = 1000

// fill makes a store with items in active chats and returns the last of those.
func fill(ctx context.Context, dir string, items int) (*chat.Contact, error) {
	s, err := store.Open(ctx, store.Config{Dir: dir})
	if err != nil {
		return nil, err
	}
	var contact *chat.Contact
	for items > 0 && err == nil {
		n := min(items, itemsEach)
		contact, err = fillChat(ctx, s, n)
		items -= n
	}
	return contact, errors.Join(err, s.Close())
}

func fillChat(ctx context.Context, s *store.Store, items int) (*chat.Contact, error) {
	now := time.Now().UTC().Truncate(time.Millisecond)
	contact := &chat.Contact{
		ID: uuid.NewString(), InstanceID: uuid.NewString(), FlowID: uuid.NewString(), ContentTypes: []string{transcript.TextPlain},
		Attributes: chat.AttributesOf(map[string]string{"customerName": "Ana", "plan": "gold"}),
		Started:    now, Connected: now, Duration: chat.DefaultLimits().Duration,
		Participants: []chat.Participant{
			{ID: uuid.NewString(), DisplayName: "Ana", Role: transcript.Customer, Joined: now},
			{ID: uuid.NewString(), DisplayName: "Joe", Role: transcript.Agent, Joined: now},
		},
	}
	changes := chat.Changes{Contact: contact}
	for i := range items {
		p := contact.Participants[i%2]
		changes.Items = append(changes.Items, transcript.Item{
			ID: uuid.NewString(), Type: transcript.MessageItem, ContactID: contact.ID, InitialContactID: contact.ID,
			Seq: int64(i) + 1, Time: now.Add(time.Duration(i) * time.Millisecond),
			ContentType: transcript.TextPlain, Content: text, HasContent: true, ClientToken: uuid.NewString(),
			ParticipantID: p.ID, DisplayName: p.DisplayName, Role: p.Role,
		})
	}
	return contact, s.Commit(ctx, changes)
}

// flushRate tells what the disk can do, with which durable messages stand and fall: how often a
// second 4 KiB are written to a file and flushed.
func flushRate(ctx context.Context, dir string) (float64, error) {
	file, err := os.CreateTemp(dir, "flushes-")
	if err != nil {
		return 0, fmt.Errorf("measuring the disk: %w", err)
	}
	defer func() { _ = os.Remove(file.Name()) }() // it goes with the run's directory at the latest
	const blocks = 256
	page := make([]byte, 4<<10)
	begin, n := time.Now(), 0
	for err == nil && ctx.Err() == nil && time.Since(begin) < 500*time.Millisecond {
		if _, err = file.WriteAt(page, int64(n%blocks)*int64(len(page))); err == nil {
			err = file.Sync()
		}
		n++
	}
	rate := float64(n) / time.Since(begin).Seconds()
	if err := errors.Join(err, file.Close()); err != nil {
		return 0, fmt.Errorf("measuring the disk: %w", err)
	}
	return rate, nil
}
