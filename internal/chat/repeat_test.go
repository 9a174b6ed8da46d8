package chat_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/transcript"
)

func withToken(token string) chat.StartRequest {
	r := request()
	r.ClientToken = token
	return r
}

// started is what two starts have to have in common.
func sameStart(a, b chat.Started) bool {
	return a.ContactID == b.ContactID && a.ParticipantID == b.ParticipantID && a.Token.Reveal() == b.Token.Reveal()
}

func TestRepeatedStart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, chat.Config{})
	first := w.start(withToken("token"))
	if first.Repeated {
		t.Error("the first start is a repetition")
	}
	check := func(what string, r chat.StartRequest, same bool) {
		t.Helper()
		if got := w.start(r); sameStart(got, first) != same || got.Repeated != same {
			t.Errorf("%s: %+v, the first was %+v", what, got, first)
		}
	}
	other := withToken("token")
	other.InstanceID = "other"
	check("again", withToken("token"), true)
	check("another token", withToken("Token"), false)
	check("another instance", other, false)
	check("no token", request(), false)
	w.restart()
	check("after a restart", withToken("token"), true)
	w.end(first.ContactID)
	check("after the end", withToken("token"), true)
	w.Clock().Skip(7*24*time.Hour - time.Minute)
	check("after almost a week", withToken("token"), true)
	w.Clock().Skip(2 * time.Minute)
	check("after a week", withToken("token"), false)
}

func TestConcurrentStarts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, chat.Config{})
	var wait sync.WaitGroup
	got := make([]chat.Started, 50)
	for i := range got {
		wait.Go(func() {
			var err error
			if got[i], err = w.Start(t.Context(), withToken(fmt.Sprint(i%5))); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	firsts := 0
	for i := range got {
		if !sameStart(got[i], got[i%5]) {
			t.Errorf("%+v and %+v", got[i], got[i%5])
		}
		if !got[i].Repeated {
			firsts++
		}
	}
	if firsts != 5 || w.ActiveContacts() != 5 {
		t.Errorf("%d of %d contacts say they are the first", firsts, w.ActiveContacts())
	}
}

// A start that failed is not remembered, and one whose caller went away is.
func TestStartAgainAfterFailure(t *testing.T) {
	t.Parallel()
	w := newWorld(t, chat.Config{})
	w.store.broken.Store(true)
	_, err := w.Start(t.Context(), withToken("token"))
	refusal(t, "a start that cannot be stored", err, errDisk)
	if w.ActiveContacts() != 0 {
		t.Error("it is there all the same")
	}
	w.store.broken.Store(false)
	if first := w.start(withToken("token")); first.Repeated || w.ActiveContacts() != 1 {
		t.Errorf("%+v", first)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for i := range 20 {
		token := fmt.Sprintf("impatient %d", i)
		first, err := w.Start(gone, withToken(token))
		if err != nil {
			t.Fatal(err)
		}
		if second := w.start(withToken(token)); !sameStart(first, second) {
			t.Errorf("%+v and %+v", first, second)
		}
	}
}

func TestRepeatedMessages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, chat.Config{})
	ctx := t.Context()
	started, connection, record := w.begin(request())
	agent := w.join(started.ContactID, transcript.Agent, "Ann")
	agentConnection := w.connect(agent.Token)
	send := func(by chat.Connection, text, token string) chat.Sent {
		t.Helper()
		sent, err := w.SendMessage(ctx, by.Token, plain(text), token)
		if err != nil {
			t.Fatal(err)
		}
		return sent
	}
	first := send(connection, "first", "token")
	for what, f := range map[string]func(){
		"at once":                  func() {},
		"after a restart":          w.restart,
		"after a hundred messages": func() { w.store.broken.Store(false) },
	} {
		f()
		if again := send(connection, "changed", "token"); again != first {
			t.Errorf("%s: %+v, not %+v", what, again, first)
		}
	}
	if other := send(agentConnection, "another's", "token"); other.ID == first.ID {
		t.Error("two participants share a client token")
	}
	for i := range 100 {
		send(connection, "more", fmt.Sprint(i))
	}
	w.restart()
	if again := send(connection, "changed", "token"); again != first {
		t.Errorf("after a hundred messages and a restart: %+v, not %+v", again, first)
	}
	send(connection, "none", "")
	send(connection, "none", "")
	if got := len(w.transcript(started.ContactID)); got != 1+1+1+1+100+2 {
		t.Errorf("%d items", got)
	}
	if diff := cmp.Diff([]string{"Pat: participant.joined", "Ann: participant.joined", "Pat: first"}, record.lines()); diff != "" {
		t.Error(diff)
	}
}

// The same message from many goroutines, some of them told that it failed, is there once.
func TestConcurrentRepeats(t *testing.T) {
	t.Parallel()
	w := newWorld(t, chat.Config{})
	started, connection, record := w.begin(request())
	unlucky := make(chan bool, 100)
	for i := range 100 {
		unlucky <- i%3 == 0
	}
	w.store.unlucky = func() bool { return <-unlucky }
	var wait sync.WaitGroup
	for i := range 40 {
		wait.Go(func() {
			for {
				_, err := w.SendMessage(t.Context(), connection.Token, plain("once"), fmt.Sprint(i%4))
				if err == nil {
					return
				}
				refusal(t, "a message", err, errDisk)
			}
		})
	}
	wait.Wait()
	if items := w.transcript(started.ContactID); len(items) != 5 || len(record.lines()) != 5 {
		t.Errorf("%d items stored, %q heard", len(items), record.lines())
	}
}
