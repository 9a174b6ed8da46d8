package participant_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"
	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/participant"
)

// inFaultyBubble runs a test in virtual time, with rules for what goes wrong.
func inFaultyBubble(t *testing.T, f func(w *world, rules *fault.Rules)) {
	t.Helper()
	inTappedBubble(t, nil, f)
}

// inTappedBubble does that with a tap.
func inTappedBubble(t *testing.T, tap participant.Tap, f func(w *world, rules *fault.Rules)) {
	t.Helper()
	var rules *fault.Rules
	inBubble(t, setup{config: func(cfg *participant.Config) {
		cfg.Tap = tap
		var err error
		rules, err = fault.New(fault.Config{Chats: cfg.Chats, Rand: rand.New(rand.NewPCG(3, 4))})
		if err != nil {
			t.Fatal(err)
		}
		cfg.Faults = rules
	}}, func(w *world) {
		rules.Attach(w.service.Review)
		defer rules.Close()
		f(w, rules)
	})
}

func add(tb testing.TB, rules *fault.Rules, rule fault.Rule) (id string) {
	tb.Helper()
	added, err := rules.Add(rule)
	if err != nil {
		tb.Fatal(err)
	}
	return added.ID
}

// silent checks that nothing comes for a while, and that the connection stays.
func (b *browser) silent(d time.Duration) {
	b.t.Helper()
	select {
	case frame := <-b.frames:
		b.t.Errorf("came nevertheless: %s", frame)
	case <-b.closed:
		b.t.Errorf("closed: %v", b.err)
	case <-time.After(d):
	}
}

// A phone that is locked for a moment gets everything late; nothing is lost.
func TestHalfOpenForAMoment(t *testing.T) {
	inFaultyBubble(t, func(w *world, rules *fault.Rules) {
		t := w.t
		c := w.newCustomer()
		agent := w.join(c.ContactID, "Ann")
		b := w.arrived(c.socketURL)
		id := add(t, rules, fault.Rule{Effect: fault.Effect{Type: fault.HalfOpen}})
		w.say(c.ContactID, agent, "one")
		b.send(`{"topic":"aws/heartbeat"}`)
		b.silent(19 * time.Second)
		rules.Remove(id)
		if got := b.item()["Content"]; got != "one" {
			t.Errorf("after the moment: %v", got)
		}
		b.send(`{"topic":"aws/heartbeat"}`)
		if got := b.next(); got != `{"topic":"aws/heartbeat"}` {
			t.Errorf("the heartbeat after it: %s", got)
		}
		<-time.After(5 * time.Minute)
		b.silent(time.Second)
	})
}

// One that is locked for long is taken for gone, without noticing; what it missed is shown to
// the socket it opens afterwards.
func TestHalfOpenForLong(t *testing.T) {
	inFaultyBubble(t, func(w *world, rules *fault.Rules) {
		t := w.t
		c := w.newCustomer()
		agent := w.join(c.ContactID, "Ann")
		b := w.arrived(c.socketURL)
		id := add(t, rules, fault.Rule{ContactID: c.ContactID, Effect: fault.Effect{Type: fault.HalfOpen}})
		w.say(c.ContactID, agent, "missed")
		b.silent(10 * time.Minute)
		second, _, err := w.open(w.connect(c.Started).socketURL)
		if err != nil {
			t.Fatal(err)
		}
		second.send(subscribeFrame)
		second.silent(time.Second) // accepted, and nobody is there
		other := w.newCustomer()
		w.arrived(other.socketURL)
		rules.Remove(id)
		if code := b.waitCode(); code != 0 {
			t.Errorf("the first socket was closed with %d", code)
		}
		_ = second.conn.NetConn().Close()
		third := w.arrived(w.connect(c.Started).socketURL)
		if got := third.item()["Content"]; got != "missed" {
			t.Errorf("after reconnecting: %v", got)
		}
	})
}

// What the client does on a half-open socket has no effect, its close frame neither.
func TestHalfOpenIgnoresTheClient(t *testing.T) {
	inFaultyBubble(t, func(w *world, rules *fault.Rules) {
		t := w.t
		c := w.newCustomer()
		raw, err := w.dial(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		b, _, err := w.openOn(raw, c.socketURL)
		if err != nil {
			t.Fatal(err)
		}
		id := add(t, rules, fault.Rule{Effect: fault.Effect{Type: fault.HalfOpen}})
		for _, frame := range []ws.Frame{ws.NewPingFrame([]byte("ping")), ws.NewCloseFrame(nil)} {
			if err := ws.WriteFrame(raw, ws.MaskFrameInPlace(frame)); err != nil {
				t.Fatal(err)
			}
		}
		b.silent(time.Minute)
		if n := w.service.Sockets(); n != 1 {
			t.Errorf("%d sockets, want the one that was not let go", n)
		}
		_ = raw.Close()
		synctest.Wait()
		if n := w.service.Sockets(); n != 0 {
			t.Errorf("%d sockets after the connection ended", n)
		}
		rules.Remove(id)
	})
}

func TestHalfOpenEndsAtShutdown(t *testing.T) {
	inFaultyBubble(t, func(w *world, rules *fault.Rules) {
		b := w.subscribed(w.newCustomer().socketURL)
		add(w.t, rules, fault.Rule{Effect: fault.Effect{Type: fault.HalfOpen}})
		began := time.Now()
		w.shutdown()
		if code := b.waitCode(); code != 1001 {
			w.t.Errorf("closed with %d", code)
		}
		if took := time.Since(began); took > 5*time.Second {
			w.t.Errorf("took %s", took)
		}
	})
}

func TestLateFrames(t *testing.T) {
	inFaultyBubble(t, func(w *world, rules *fault.Rules) {
		t := w.t
		c := w.newCustomer()
		agent := w.join(c.ContactID, "Ann")
		b := w.arrived(c.socketURL)
		id := add(t, rules, fault.Rule{Effect: fault.Effect{Type: fault.Delay, DelayMs: 2000}})
		began := time.Now()
		w.say(c.ContactID, agent, "first")
		<-time.After(500 * time.Millisecond)
		w.say(c.ContactID, agent, "second")
		<-time.After(100 * time.Millisecond)
		rules.Remove(id)                   // and with it the delays
		w.say(c.ContactID, agent, "third") // does not overtake
		var got []string
		for range 3 {
			got = append(got, fmt.Sprint(b.item()["Content"], " ", time.Since(began)))
		}
		if diff := cmp.Diff([]string{"first 600ms", "second 600ms", "third 600ms"}, got); diff != "" {
			t.Errorf("frames (-want +got):\n%s", diff)
		}
		add(t, rules, fault.Rule{Effect: fault.Effect{Type: fault.Delay, DelayMs: 2000}})
		began = time.Now()
		b.send(`{"topic":"aws/heartbeat"}`)
		b.next()
		if took := time.Since(began); took != 4*time.Second {
			t.Errorf("a heartbeat and its answer took %s", took)
		}
		if err := w.chats.End(t.Context(), c.ContactID, chat.StoppedByAPI); err != nil {
			t.Fatal(err)
		}
		began = time.Now()
		if ended := b.item()["ContentType"]; ended != "application/vnd.amazonaws.connect.event.chat.ended" || time.Since(began) != 2*time.Second {
			t.Errorf("%v after %s", ended, time.Since(began))
		}
		if code := b.waitCode(); code != 1000 {
			t.Errorf("closed with %d", code)
		}
	})
}

func TestFramesOfTheClient(t *testing.T) {
	inFaultyBubble(t, func(w *world, rules *fault.Rules) {
		b := w.arrived(w.newCustomer().socketURL)
		id := add(w.t, rules, fault.Rule{Times: 1, Effect: fault.Effect{Type: fault.Drop}})
		b.send(`{"topic":"aws/heartbeat"}`)
		b.silent(time.Second)
		if rules.Remove(id) {
			w.t.Error("the rule did not end by itself")
		}
		add(w.t, rules, fault.Rule{Times: 1, Effect: fault.Effect{Type: fault.Duplicate}})
		b.send(`{"topic":"aws/ping"}`)
		first, second := b.next(), b.next()
		if want := `{"topic":"aws/ping","statusCode":200,"statusContent":"OK"}`; first != want || second != want {
			w.t.Errorf("answers: %s, %s", first, second)
		}
	})
}

func TestRefusedSockets(t *testing.T) {
	inFaultyBubble(t, func(w *world, rules *fault.Rules) {
		t := w.t
		open := func(c customer) (int, string) {
			_, refusal, err := w.open(c.socketURL)
			if err == nil {
				return http.StatusSwitchingProtocols, ""
			}
			if !errors.Is(err, errRefused) {
				t.Fatal(err)
			}
			return refusal.Status, refusal.Header.Get("x-amzn-ErrorType")
		}
		c := w.newCustomer()
		for _, rule := range []struct {
			fault.Rule
			status int
			name   string
		}{
			{fault.Rule{Effect: fault.Effect{Type: fault.RefuseSocket}}, 503, "ServiceUnavailableException"},
			{fault.Rule{Effect: fault.Effect{Type: fault.Status}}, 500, "InternalServerException"},
			{fault.Rule{Effect: fault.Effect{Type: fault.Throttle}}, 429, "ThrottlingException"},
			{fault.Rule{ContactID: "another", Effect: fault.Effect{Type: fault.RefuseSocket}}, 101, ""},
		} {
			id := add(t, rules, rule.Rule)
			if status, name := open(c); status != rule.status || name != rule.name {
				t.Errorf("%s: %d %s", rule.Effect.Type, status, name)
			}
			rules.Remove(id)
		}
		rules.Clear()
		add(t, rules, fault.Rule{ForMs: 5000, Effect: fault.Effect{Type: fault.RefuseSocket}})
		if status, _ := open(c); status != 503 {
			t.Errorf("at once: %d", status)
		}
		<-time.After(5 * time.Second)
		if status, _ := open(c); status != 101 || len(rules.List()) != 0 {
			t.Errorf("after its time: %d %+v", status, rules.List())
		}
	})
}

func TestCutSockets(t *testing.T) {
	inFaultyBubble(t, func(w *world, rules *fault.Rules) {
		t := w.t
		c, other := w.newCustomer(), w.newCustomer()
		agent := w.join(c.ContactID, "Ann")
		b, spared := w.arrived(c.socketURL), w.arrived(other.socketURL)
		id := add(t, rules, fault.Rule{ContactID: c.ContactID, Effect: fault.Effect{Type: fault.CutSocket, Status: 4000}})
		if code := b.waitCode(); code != 4000 {
			t.Errorf("closed with %d", code)
		}
		spared.silent(time.Minute)
		// While the rule lasts, the next socket ends with the first frame it is sent.
		b = w.subscribed(w.connect(c.Started).socketURL)
		b.silent(time.Minute)
		w.say(c.ContactID, agent, "last words")
		if got := b.item()["Content"]; got != "last words" || b.waitCode() != 4000 {
			t.Errorf("%v, then %v", got, b.err)
		}
		rules.Remove(id)
		add(t, rules, fault.Rule{Effect: fault.Effect{Type: fault.CutSocket}})
		if code := spared.waitCode(); code != 0 {
			t.Errorf("closed with %d instead of without a word", code)
		}
	})
}

// The tap hears which frames and sockets a fault has struck: those that are lost as well.
func TestRowC7TapOfFaults(t *testing.T) {
	tap := &listener{closed: make(chan struct{}, 2)}
	inTappedBubble(t, tap, func(w *world, rules *fault.Rules) {
		c := w.newCustomer()
		agent := w.join(c.ContactID, "Ann")
		b := w.arrived(c.socketURL)
		tap.heard = nil
		once := func(name string, effect fault.Effect) {
			add(w.t, rules, fault.Rule{Name: name, Times: 1, Effect: effect})
		}
		once("lose one", fault.Effect{Type: fault.Drop})
		w.say(c.ContactID, agent, "lost")
		b.silent(time.Second)
		once("double one", fault.Effect{Type: fault.Duplicate})
		w.say(c.ContactID, agent, "doubled")
		b.item()
		b.item()
		once("lose theirs", fault.Effect{Type: fault.Drop})
		b.send(`{"topic":"aws/subscribe","content":{"topics":["aws/chat"]}}`)
		b.silent(time.Second)
		w.say(c.ContactID, agent, "plain")
		b.item()
		once("cut", fault.Effect{Type: fault.CutSocket, Status: 4000})
		b.waitCode()
		<-tap.closed
		want := []string{
			"frame 7 true aws/chat lose one", "frame 7 true aws/chat double one", "frame 7 true aws/chat double one",
			"frame 7 false aws/subscribe lose theirs", "frame 7 true aws/chat", "closed 7 true 4000 cut",
		}
		if diff := cmp.Diff(want, tap.heard); diff != "" {
			w.t.Error(diff)
		}
	})
}

// Of a half-open socket only its end is heard, which carries the mark.
func TestRowC7TapOfHalfOpen(t *testing.T) {
	tap := &listener{closed: make(chan struct{}, 2)}
	inTappedBubble(t, tap, func(w *world, rules *fault.Rules) {
		c := w.newCustomer()
		b := w.arrived(c.socketURL)
		tap.heard = nil
		id := add(w.t, rules, fault.Rule{Name: "half open", Effect: fault.Effect{Type: fault.HalfOpen}})
		b.send(`{"topic":"aws/subscribe","content":{"topics":["aws/chat"]}}`)
		b.silent(time.Hour)
		rules.Remove(id)
		<-tap.closed
		if len(tap.heard) != 1 || !strings.HasPrefix(tap.heard[0], "closed 7 ") || !strings.HasSuffix(tap.heard[0], " half open") {
			w.t.Errorf("%q", tap.heard)
		}
	})
}
