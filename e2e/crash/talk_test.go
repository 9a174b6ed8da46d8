//go:build unix

package crash_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"github.com/parley-chat/parley/e2e/chatclient"
)

// writer says numbered messages in a chat, one after the other. A message that was not
// acknowledged is said again with its client token until it is, as SDKs do.
type writer struct {
	name  string
	token string   // of its connection; never renewed
	acked []string // the ids of its messages, in order
	next  string   // the client token of the message that is not acknowledged yet
}

// content is what a writer's n-th message says, from 0. The lengths differ.
func (w *writer) content(n int) string {
	return fmt.Sprintf("%s %d %s", w.name, n, strings.Repeat("m", n*37%900))
}

// say says one message.
func (w *writer) say(ctx context.Context, c *chatclient.Client) error {
	if w.next == "" {
		w.next = uuid.NewString()
	}
	id, err := c.Send(ctx, w.token, w.content(len(w.acked)), w.next)
	if err != nil {
		return err
	}
	w.acked, w.next = append(w.acked, id), ""
	return nil
}

// talk is a chat of a customer with a bot.
type talk struct {
	chatclient.Chat
	writers []*writer
	heard   listener
}

// listener is what a customer's socket shows.
type listener struct {
	mu       sync.Mutex
	sessions [][]chatclient.Item // the messages of each socket
	told     chan struct{}       // that one came; nil for nobody
}

// listen opens the customer's next socket. The lists of items are not touched any more once
// the socket is closed.
func (l *listener) listen(ctx context.Context, url string) (*chatclient.Socket, error) {
	l.mu.Lock()
	l.sessions = append(l.sessions, nil)
	mine := len(l.sessions) - 1
	l.mu.Unlock()
	return chatclient.Listen(ctx, url, func(frame []byte) {
		item, ok := chatclient.Shown(frame)
		if !ok || item.Type != "MESSAGE" {
			return
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		l.sessions[mine] = append(l.sessions[mine], item)
		select {
		case l.told <- struct{}{}:
		default:
		}
	})
}

// newTalk starts a chat with both sides connected.
func newTalk(ctx context.Context, c *chatclient.Client, n int) (*talk, error) {
	chat, err := c.Start(ctx, "Ana", uuid.NewString())
	if err != nil {
		return nil, err
	}
	bot, err := c.Join(ctx, chat.ContactID, "Bot", uuid.NewString())
	if err != nil {
		return nil, err
	}
	t := &talk{Chat: chat}
	for i, token := range []string{chat.ParticipantToken, bot} {
		connection, err := c.Connect(ctx, token)
		if err != nil {
			return nil, err
		}
		t.writers = append(t.writers, &writer{name: fmt.Sprintf("writer-%d-%d", n, i), token: connection.Token})
	}
	return t, nil
}

// crowd is everyone who uses the server.
type crowd struct {
	t     *testing.T
	talks []*talk
	// started are the chats that were acknowledged to a page which starts one after the
	// other, and next the client token of the one that was not yet.
	started []chatclient.Chat
	next    string
	wrong   atomic.Int64
}

// run lets everybody work with a server until it is gone. acknowledged counts what succeeded.
func (c *crowd) run(ctx context.Context, base string, acknowledged *atomic.Int64) {
	api := chatclient.New(base, 64)
	defer api.Close()
	var wg sync.WaitGroup
	repeat := func(do func() error) {
		wg.Go(func() {
			for {
				if err := do(); err != nil {
					c.judge(err)
					return
				}
				acknowledged.Add(1)
			}
		})
	}
	for _, t := range c.talks {
		wg.Go(func() {
			connection, err := api.Connect(ctx, t.ParticipantToken)
			if err != nil {
				c.judge(err)
				return
			}
			socket, err := t.heard.listen(ctx, connection.URL)
			if err != nil {
				c.judge(err)
				return
			}
			<-ctx.Done()
			socket.Close()
		})
		for _, w := range t.writers {
			repeat(func() error { return w.say(ctx, api) })
		}
	}
	repeat(func() error { return c.start(ctx, api) })
	wg.Wait()
}

// start starts one more chat, or again the one that was not acknowledged.
func (c *crowd) start(ctx context.Context, api *chatclient.Client) error {
	if c.next == "" {
		c.next = uuid.NewString()
	}
	chat, err := api.Start(ctx, "Pat", c.next)
	if err != nil {
		return err
	}
	c.started, c.next = append(c.started, chat), ""
	return nil
}

// judge tells an answer, which no call may be refused with, from a connection that broke.
func (c *crowd) judge(err error) {
	if refused, ok := errors.AsType[*chatclient.StatusError](err); ok && c.wrong.Add(1) <= 5 {
		c.t.Error(refused)
	}
}
