package participant_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lxzan/gws"

	"github.com/parley-chat/parley/internal/participant"
	"github.com/parley-chat/parley/internal/transcript"
)

// inBubble runs a test in virtual time, over connections in memory. That it returns shows
// that no goroutine was left behind.
func inBubble(t *testing.T, s setup, f func(w *world)) {
	t.Helper()
	t.Parallel()
	inOneBubble(t, s, f)
}

// inOneBubble is inBubble for a test that waits for the end.
func inOneBubble(t *testing.T, s setup, f func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s.pipe = true
		w := newWorld(t, s)
		f(w)
	})
}

// waitCode waits for a close frame without a deadline in virtual time.
func (b *browser) waitCode() int {
	<-b.closed
	if closed, ok := errors.AsType[*gws.CloseError](b.err); ok {
		return int(closed.Code)
	}
	return 0
}

func TestIdleSocketIsPinged(t *testing.T) {
	var pings []time.Duration
	inBubble(t, setup{}, func(w *world) {
		t := w.t
		began := time.Now()
		conn, err := w.dial(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		c := w.newCustomer()
		seen := &pinged{browser: &browser{t: t, frames: make(chan string, 64), pongs: make(chan string, 1), closed: make(chan struct{})}}
		seen.on = func() { pings = append(pings, time.Since(began)) }
		client, _, err := gws.NewClientFromConn(seen, &gws.ClientOption{Addr: c.socketURL}, conn)
		if err != nil {
			t.Fatal(err)
		}
		go client.ReadLoop()
		<-time.After(95 * time.Second)
		_ = client.WriteClose(1000, nil)
		<-seen.closed
		synctest.Wait()
		if n := w.service.Sockets(); n != 0 {
			t.Errorf("%d sockets after the client closed", n)
		}
	})
	if fmt.Sprint(pings) != "[30s 1m0s 1m30s]" {
		t.Errorf("pings at %v, want every 30 s", pings)
	}
}

type pinged struct {
	*browser
	on func()
}

func (p *pinged) OnPing(c *gws.Conn, payload []byte) {
	p.on()
	p.browser.OnPing(c, payload)
}

// A peer that is gone without a word is found out by its missing pong, not by missing
// heartbeats, and what it cannot have got is shown to its next socket.
func TestDeadPeerIsCutOff(t *testing.T) {
	inBubble(t, setup{}, func(w *world) {
		t := w.t
		c := w.newCustomer()
		agent := w.join(c.ContactID, "Ann")
		b := w.arrived(c.socketURL, func(b *browser) { b.mute = true })
		w.say(c.ContactID, agent, "into the void")
		b.item()
		began := time.Now()
		if code := b.waitCode(); code != 0 {
			t.Errorf("close code %d for a peer that is gone", code)
		}
		if lived := time.Since(began); lived != 250*time.Millisecond+20*time.Second {
			t.Errorf("cut off after %s", lived)
		}
		next := w.arrived(w.connect(c.Started).socketURL)
		if got := next.item()["Content"]; got != "into the void" {
			t.Errorf("after reconnecting: %v", got)
		}
	})
}

// Clients whose heartbeats stop but who answer pings stay.
func TestSilentPeerStays(t *testing.T) {
	inBubble(t, setup{}, func(w *world) {
		t := w.t
		c := w.newCustomer()
		b := w.subscribed(c.socketURL)
		<-time.After(30 * time.Minute)
		select {
		case <-b.closed:
			t.Errorf("closed: %v", b.err)
		default:
		}
	})
}

func TestSocketExpires(t *testing.T) {
	inBubble(t, setup{}, func(w *world) {
		t := w.t
		c := w.newCustomer()
		began := time.Now()
		b := w.subscribed(c.socketURL)
		if code := b.waitCode(); code != 1001 {
			t.Errorf("close code %d, want 1001, on which clients come back", code)
		}
		if lived := time.Since(began); lived < time.Hour || lived > time.Hour+31*time.Second {
			t.Errorf("lived %s", lived)
		}
	})
}

// A socket's end stands in the service's clock like everything else that happens by itself.
func TestSocketExpiresWhenTimeIsSkipped(t *testing.T) {
	inBubble(t, setup{}, func(w *world) {
		t := w.t
		c := w.newCustomer()
		w.join(c.ContactID, "Ann")
		began := time.Now()
		b := w.subscribed(c.socketURL)
		gone := w.subscribed(c.socketURL)
		_ = gone.conn.WriteClose(1000, nil)
		<-gone.closed
		clock := w.chats.Clock()
		next, ok := clock.Next()
		if clock.Skip(next); !ok || next != time.Hour {
			t.Errorf("skipped %s, %v; want the hour a socket lives", next, ok)
		}
		if code := b.waitCode(); code != 1001 {
			t.Errorf("close code %d, want 1001, on which clients come back", code)
		}
		if lived := time.Since(began); lived > time.Second {
			t.Errorf("lived another %s", lived)
		}
		synctest.Wait()
		if next, ok := clock.Next(); !ok || next != 24*time.Hour {
			t.Errorf("next alarm in %s, %v; want the end of the chat", next, ok)
		}
		if a := w.post("message", c.token, `{"ContentType":"text/plain","Content":"x"}`); a.Status != 200 {
			t.Errorf("the token, which lives longer: %d %s", a.Status, a.Body)
		}
		clock.Skip(23 * time.Hour)
		if a := w.post("message", c.token, `{"ContentType":"text/plain","Content":"x"}`); a.Status != 403 {
			t.Errorf("after a day: %d %s", a.Status, a.Body)
		}
	})
}

func TestTicketExpires(t *testing.T) {
	inBubble(t, setup{}, func(w *world) {
		t := w.t
		c := w.newCustomer()
		<-time.After(99 * time.Second)
		first := w.subscribed(c.socketURL)
		_ = first
		<-time.After(2 * time.Second)
		if _, refusal, err := w.open(c.socketURL); !errors.Is(err, errRefused) || refusal.Status != 403 {
			t.Errorf("opened after 101 s: %v %+v", err, refusal)
		}
	})
}

// A client that does not close on chat.ended is closed after a while; one that does is not
// kept waiting.
func TestEndOfChat(t *testing.T) {
	inBubble(t, setup{}, func(w *world) {
		t := w.t
		c := w.newCustomer()
		stays, closes := w.arrived(c.socketURL), w.subscribed(c.socketURL)
		began := time.Now()
		w.must("disconnect", c.token, `{}`)
		for _, b := range []*browser{stays, closes} {
			if got := b.item()["ContentType"]; got != transcript.ParticipantLeft {
				t.Errorf("first %v", got)
			}
			if got := b.item()["ContentType"]; got != transcript.ChatEnded {
				t.Errorf("then %v", got)
			}
		}
		_ = closes.conn.WriteClose(1000, nil)
		synctest.Wait()
		if n := w.service.Sockets(); n != 1 {
			t.Errorf("%d sockets left, want 1", n)
		}
		if code := stays.waitCode(); code != 1000 {
			t.Errorf("close code %d", code)
		}
		if waited := time.Since(began); waited != 1500*time.Millisecond {
			t.Errorf("closed after %s", waited)
		}
		if len(stays.frames) > 0 {
			t.Errorf("after chat.ended came %s", <-stays.frames)
		}
	})
}

func TestShutdownTellsSockets(t *testing.T) {
	inBubble(t, setup{}, func(w *world) {
		t := w.t
		c := w.newCustomer()
		agent := w.join(c.ContactID, "Ann")
		b := w.arrived(c.socketURL)
		w.say(c.ContactID, agent, "last words")
		refused := make(chan answer)
		go func() {
			_, a, _ := w.open("ws://127.0.0.1:3000/participant/websocket?t=nonsense")
			refused <- a
		}()
		synctest.Wait()
		began := time.Now()
		if err := w.service.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if got := b.item()["Content"]; got != "last words" {
			t.Errorf("before the end: %v", got)
		}
		if code := b.waitCode(); code != 1001 {
			t.Errorf("close code %d", code)
		}
		if a := <-refused; a.Status != 403 {
			t.Errorf("the refusal that was held back: %d %s", a.Status, a.Body)
		}
		if took := time.Since(began); took > 0 {
			t.Errorf("shutting down took %s", took)
		}
		if _, a, _ := w.open(c.socketURL); a.Status != 503 {
			t.Errorf("a socket after the end: %d %s", a.Status, a.Body)
		}
	})
}

// A peer that never reads cannot hold the end of the server up.
func TestShutdownCutsOff(t *testing.T) {
	inBubble(t, setup{}, func(w *world) {
		t := w.t
		c := w.newCustomer()
		agent := w.join(c.ContactID, "Ann")
		deaf := make(chan struct{})
		b := w.arrived(c.socketURL)
		b.deaf = deaf
		w.say(c.ContactID, agent, "one")
		synctest.Wait()
		w.say(c.ContactID, agent, "two")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := w.service.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("shutting down: %v", err)
		}
		close(deaf)
	})
}

// A reader that does not keep up is told so and catches up when it comes back: nothing is
// lost, nothing doubled, and others are not held up.
func TestSlowReader(t *testing.T) {
	inBubble(t, setup{}, func(w *world) {
		t := w.t
		c := w.newCustomer()
		agent := w.join(c.ContactID, "Ann")
		deaf := make(chan struct{})
		slow, quick := w.arrived(c.socketURL), w.subscribed(w.connect(c.Started).socketURL)
		slow.deaf = deaf
		const n = 600
		for i := range n {
			w.say(c.ContactID, agent, fmt.Sprint(i))
			synctest.Wait()
		}
		for i := range n {
			if got := quick.item()["Content"]; got != fmt.Sprint(i) {
				t.Fatalf("item %d of the quick reader is %v", i, got)
			}
		}
		close(deaf)
		if code := slow.waitCode(); code != 1008 {
			t.Errorf("close code %d, want 1008", code)
		}
		synctest.Wait() // the server has let go of the slow one
		_ = quick.conn.WriteClose(1000, nil)
		<-quick.closed
		synctest.Wait()
		// The quick one was the participant's last socket and had everything.
		next := w.subscribed(w.connect(c.Started).socketURL)
		w.say(c.ContactID, agent, "fresh")
		if got := next.item()["Content"]; got != "fresh" {
			t.Errorf("after reconnecting: %v", got)
		}
	})
}

func TestSlowReaderCatchesUp(t *testing.T) {
	inBubble(t, setup{}, func(w *world) {
		t := w.t
		c := w.newCustomer()
		agent := w.join(c.ContactID, "Ann")
		deaf := make(chan struct{})
		slow := w.arrived(c.socketURL)
		slow.deaf = deaf
		const n = 450
		for i := range n {
			w.say(c.ContactID, agent, fmt.Sprint(i))
			synctest.Wait()
		}
		close(deaf)
		if code := slow.waitCode(); code != 1008 {
			t.Errorf("close code %d, want 1008", code)
		}
		synctest.Wait() // the server has let go of the socket, and knows what it has shown
		next := w.subscribed(w.connect(c.Started).socketURL)
		var got []string
		for len(slow.frames) > 0 {
			got = append(got, slow.item()["Content"].(string))
		}
		early := len(got)
		for len(got) < n {
			got = append(got, next.item()["Content"].(string))
		}
		for i, text := range got {
			if text != fmt.Sprint(i) {
				t.Fatalf("item %d is %s; the first socket had %d", i, text, early)
			}
		}
		if early == 0 || early == n {
			t.Errorf("the slow socket had %d of %d items", early, n)
		}
	})
}

func TestSlowReaderInBytes(t *testing.T) {
	inBubble(t, setup{}, func(w *world) {
		t := w.t
		c := w.newCustomer()
		agent := w.join(c.ContactID, "Ann")
		deaf := make(chan struct{})
		slow := w.arrived(c.socketURL)
		slow.deaf = deaf
		for range 20 { // 320 KiB in fewer items than the other bound allows
			w.say(c.ContactID, agent, strings.Repeat("x", 16_000))
			synctest.Wait()
		}
		close(deaf)
		if code := slow.waitCode(); code != 1008 {
			t.Errorf("close code %d, want 1008", code)
		}
	})
}

// What was said while the participant had no socket is shown to the next one, in order, and
// only that.
func TestCatchUp(t *testing.T) {
	inBubble(t, setup{}, func(w *world) {
		t := w.t
		c := w.newCustomer()
		agent := w.join(c.ContactID, "Ann")
		w.say(c.ContactID, agent, "before anyone listened")
		b := w.arrived(c.socketURL)
		_ = b.conn.WriteClose(1001, nil)
		<-b.closed
		synctest.Wait()
		const n = 400 // more than may wait for a slow reader
		for i := range n {
			w.say(c.ContactID, agent, fmt.Sprint(i))
		}
		b = w.subscribed(w.connect(c.Started).socketURL)
		for i := range n {
			if got := b.item()["Content"]; got != fmt.Sprint(i) {
				t.Fatalf("item %d is %v", i, got)
			}
		}
		w.say(c.ContactID, agent, "now")
		if got := b.item()["Content"]; got != "now" {
			t.Errorf("then came %v", got)
		}
	})
}

// An orderly answer to a ping is proof: what came before it is not shown again.
func TestConfirmedItemsAreNotRepeated(t *testing.T) {
	inBubble(t, setup{}, func(w *world) {
		t := w.t
		c := w.newCustomer()
		agent := w.join(c.ContactID, "Ann")
		b := w.arrived(c.socketURL)
		w.say(c.ContactID, agent, "one")
		b.item()
		<-time.After(time.Second)
		w.say(c.ContactID, agent, "two")
		b.item()
		_ = b.conn.NetConn().Close() // gone before the next ping
		<-b.closed
		synctest.Wait()
		b = w.subscribed(w.connect(c.Started).socketURL)
		if got := b.item()["Content"]; got != "two" {
			t.Errorf("shown again: %v, want what was not confirmed", got)
		}
		synctest.Wait()
		if len(b.frames) > 0 {
			t.Errorf("and then %s", b.next())
		}
	})
}

func TestClientPing(t *testing.T) {
	inBubble(t, setup{}, func(w *world) {
		t := w.t
		b := w.subscribed(w.newCustomer().socketURL)
		if err := b.conn.WritePing([]byte("okhttp")); err != nil {
			t.Fatal(err)
		}
		if got := <-b.pongs; got != "okhttp" {
			t.Errorf("pong %q", got)
		}
	})
}

// A pong nobody asked for confirms nothing.
func TestUnaskedPong(t *testing.T) {
	inBubble(t, setup{}, func(w *world) {
		t := w.t
		c := w.newCustomer()
		agent := w.join(c.ContactID, "Ann")
		b := w.arrived(c.socketURL, func(b *browser) { b.mute = true })
		w.say(c.ContactID, agent, "one")
		b.item()
		<-time.After(time.Second)
		_ = b.conn.WritePong(binary.BigEndian.AppendUint64(nil, 99))
		_ = b.conn.WritePong([]byte("short"))
		synctest.Wait()
		_ = b.conn.NetConn().Close()
		<-b.closed
		synctest.Wait()
		next := w.arrived(w.connect(c.Started).socketURL)
		if got := next.item()["Content"]; got != "one" {
			t.Errorf("shown again: %v", got)
		}
	})
}

// The frames of a chat on a real network, from many at once, under the race detector.
func TestManySockets(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	const chats, messages = 8, 30
	var all sync.WaitGroup
	for range chats {
		c := w.newCustomer()
		tabs := []*browser{w.arrived(c.socketURL), w.subscribed(w.connect(c.Started).socketURL)}
		all.Go(func() {
			for i := range messages {
				a := w.post("message", c.token, fmt.Sprintf(`{"ContentType":"text/plain","Content":"%d"}`, i))
				if a.Status != http.StatusOK {
					t.Errorf("message: %d %s", a.Status, a.Body)
				}
			}
		})
		for _, tab := range tabs {
			all.Go(func() {
				for i := range messages {
					select {
					case frame := <-tab.frames:
						if got := itemOf(t, frame)["Content"]; got != fmt.Sprint(i) {
							t.Errorf("item %d is %v", i, got)
						}
					case <-time.After(patience):
						t.Error("no frame came")
						return
					}
				}
				tab.send(`{"topic":"aws/heartbeat"}`)
			})
		}
	}
	all.Wait()
	w.shutdown()
	if n := w.service.Sockets(); n != 0 {
		t.Errorf("%d sockets after the shutdown", n)
	}
}

// Sockets come and go while items are delivered and the service ends.
func TestSocketsUnderStress(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	c := w.newCustomer()
	agent := w.join(c.ContactID, "Ann")
	go w.subscribed(c.socketURL).drain() // keeps the chat connected
	stop := make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				_, _ = w.chats.Say(t.Context(), c.ContactID, agent, transcript.Message{ContentType: "text/plain", Content: "x"})
			}
		}
	})
	for i := range 3 {
		all.Go(func() {
			for n := range 20 {
				b, _, err := w.open(c.socketURL)
				if err != nil {
					continue
				}
				_ = b.conn.WriteString(subscribeFrame)
				select {
				case <-b.frames:
				case <-b.closed: // it was too slow for the flood
				}
				if (n+i)%2 == 0 {
					_ = b.conn.WriteClose(1000, nil)
				} else {
					_ = b.conn.NetConn().Close()
				}
				b.drain()
			}
		})
	}
	all.Go(func() {
		defer close(stop)
		for range 20 {
			w.must("transcript", c.token, `{}`)
		}
	})
	all.Wait()
	w.shutdown()
}

func TestScan(t *testing.T) {
	inBubble(t, setup{}, func(w *world) {
		t := w.t
		scanned := make(chan transcript.File, 1)
		w2 := newWorld(t, setup{pipe: true, config: func(c *participant.Config) {
			c.Scan = func(f transcript.File) { scanned <- f }
		}})
		c := w2.newCustomer()
		b := w2.arrived(c.socketURL)
		up := w2.must("start-attachment-upload", c.token, `{"AttachmentName":"a.txt","ContentType":"text/plain","AttachmentSizeInBytes":3,"ClientToken":"t"}`)
		w2.upload(up, "abc")
		id := up.member(t, "AttachmentId")
		w2.must("complete-attachment-upload", c.token, `{"AttachmentIds":["`+id+`"],"ClientToken":"t"}`)
		first := b.item()
		if got := first["Attachments"].([]any)[0].(map[string]any)["Status"]; got != "IN_PROGRESS" {
			t.Errorf("at first %v", got)
		}
		if a := w2.post("attachment", c.token, `{"AttachmentId":"`+id+`"}`); a.Status != 400 {
			t.Errorf("fetched before it was approved: %d %s", a.Status, a.Body)
		}
		if file := <-scanned; file.ID != id {
			t.Errorf("scanned %+v", file)
		}
		if err := w2.chats.Decide(t.Context(), id, false); err != nil {
			t.Fatal(err)
		}
		second := b.item()
		if got := second["Attachments"].([]any)[0].(map[string]any)["Status"]; got != "REJECTED" || second["Id"] != first["Id"] {
			t.Errorf("then %v as %v, first was %v", got, second["Id"], first["Id"])
		}
	})
}
