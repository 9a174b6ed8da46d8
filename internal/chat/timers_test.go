package chat_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/transcript"
)

// pass lets time pass, by waiting and by skipping.
func pass(t *testing.T, f func(t *testing.T, w *world, pass func(time.Duration))) {
	t.Helper()
	for name, skip := range map[string]bool{"waiting": false, "skipping": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, chat.Config{Failed: func(_ string, err error) { refusal(t, "a timer", err, errDisk) }})
				f(t, w, func(d time.Duration) {
					synctest.Wait()
					if skip {
						w.Clock().Skip(d)
					} else {
						time.Sleep(d) //nolint:forbidigo // the bubble's clock
					}
					synctest.Wait()
				})
			})
		})
	}
}

// ended checks whether a contact has ended, and why.
func (w *world) ended(contactID string, want chat.Reason) {
	w.t.Helper()
	c := w.contact(contactID)
	if c.Reason != want || c.HasEnded() != (want != "") {
		w.t.Errorf("contact ended %v for %q instead of %q", c.Ended, c.Reason, want)
	}
}

func TestCustomerNeverConnects(t *testing.T) {
	t.Parallel()
	//nolint:thelper // it is the test
	pass(t, func(t *testing.T, w *world, pass func(time.Duration)) {
		silent := w.start(request())
		half := w.start(request())
		w.connect(half.Token) // which is not a socket
		there, _, _ := w.begin(request())
		pass(4*time.Minute + 59*time.Second)
		w.ended(silent.ContactID, "")
		if next, ok := w.Clock().Next(); !ok || next > time.Second {
			t.Errorf("next alarm in %v, %v", next, ok)
		}
		w.restart()
		w.ended(half.ContactID, "")
		pass(time.Second)
		w.ended(silent.ContactID, chat.CustomerNeverConnected)
		w.ended(half.ContactID, chat.CustomerNeverConnected)
		w.ended(there.ContactID, "")
		w.denied(silent.Token, half.Token)
	})
}

func TestChatDuration(t *testing.T) {
	t.Parallel()
	//nolint:thelper // it is the test
	pass(t, func(t *testing.T, w *world, pass func(time.Duration)) {
		short := request()
		short.Duration = time.Hour
		hour, _, record := w.begin(short)
		day, connection, _ := w.begin(request())
		pass(59 * time.Minute)
		w.ended(hour.ContactID, "")
		pass(time.Minute)
		w.ended(hour.ContactID, chat.Expired)
		items, ends := record.heard()
		if diff := cmp.Diff([]string{"Pat: participant.joined", "chat.ended"}, lines(items)); diff != "" || ends != 1 {
			t.Errorf("%d ends, %s", ends, diff)
		}
		pass(23*time.Hour + 30*time.Minute)
		refusal(t, "a connection token after a day", w.Disconnect(t.Context(), connection.Token), chat.ErrAccessDenied)
		w.ended(day.ContactID, "")
		pass(30 * time.Minute)
		w.ended(day.ContactID, chat.Expired)
		if _, ok := w.Clock().Next(); ok || w.ActiveContacts() != 0 {
			t.Error("something is still to come")
		}
	})
}

// What became due while nobody was there happens when the service is opened.
func TestDueWhileClosed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, chat.Config{})
		started, _, _ := w.begin(request())
		w.Close()
		if _, ok := w.Clock().Next(); ok {
			t.Error("a closed service has alarms")
		}
		time.Sleep(26 * time.Hour) //nolint:forbidigo // the bubble's clock
		w.open()
		synctest.Wait()
		w.ended(started.ContactID, chat.Expired)
	})
}

// A timer that could not be stored is tried again.
func TestTimerAfterStoreFailure(t *testing.T) {
	t.Parallel()
	pass(t, func(_ *testing.T, w *world, pass func(time.Duration)) {
		started := w.start(request())
		w.store.broken.Store(true)
		pass(6 * time.Minute)
		w.ended(started.ContactID, "")
		w.store.broken.Store(false)
		pass(10 * time.Second)
		w.ended(started.ContactID, chat.CustomerNeverConnected)
	})
}

func (w *world) timers(contactID string, timers ...chat.Timer) {
	w.t.Helper()
	err := w.Step(w.t.Context(), contactID, func(step *chat.Step) error {
		step.SetTimers(timers)
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// Source: https://docs.aws.amazon.com/connect/latest/adminguide/setup-chat-timeouts.html
func TestIdleTimers(t *testing.T) {
	t.Parallel()
	//nolint:thelper // it is the test
	pass(t, func(t *testing.T, w *world, pass func(time.Duration)) {
		started, connection, record := w.begin(request())
		w.timers(started.ContactID, chat.Timer{Role: transcript.Customer, Type: chat.IdleTimer, After: 5 * time.Minute},
			chat.Timer{Role: transcript.Customer, Type: chat.DisconnectTimer, After: 2 * time.Minute},
			chat.Timer{Role: transcript.Agent, Type: chat.IdleTimer, After: 3 * time.Minute})
		pass(time.Hour) // alone: nothing runs
		agent := w.join(started.ContactID, transcript.Agent, "Ann")
		pass(2 * time.Minute)
		w.say(connection.Token, "hello")
		pass(61 * time.Second)
		want := []string{"Pat: participant.joined", "Ann: participant.joined", "Pat: hello", "Ann: participant.idle"}
		if diff := cmp.Diff(want, record.lines()); diff != "" {
			t.Error(diff)
		}
		if _, err := w.Say(t.Context(), started.ContactID, agent.ParticipantID, plain("back")); err != nil {
			t.Fatal(err)
		}
		want = append(want, "Ann: back", "Ann: participant.returned")
		pass(4 * time.Minute) // 5:01 after the customer spoke, 4:00 after the agent did
		want = append(want, "Ann: participant.idle", "Pat: participant.idle")
		pass(time.Minute)
		w.say(connection.Token, "sorry")
		want = append(want, "Pat: sorry", "Pat: participant.returned")
		pass(5 * time.Minute)
		want = append(want, "Pat: participant.idle")
		if diff := cmp.Diff(want, record.lines()); diff != "" {
			t.Error(diff)
		}
		w.restart() // gives everybody their time again, for nobody could speak
		record, _ = w.socket(started.Token)
		pass(3*time.Minute - time.Second)
		if got := record.lines(); len(got) > 0 {
			t.Errorf("soon after a restart: %q", got)
		}
		pass(3 * time.Minute)
		w.ended(started.ContactID, "")
		pass(time.Minute + time.Second)
		w.ended(started.ContactID, chat.IdleDisconnect)
		want = []string{"Ann: participant.idle", "Pat: participant.idle", "Pat: participant.autodisconnection", "Ann: participant.left", "chat.ended"}
		if diff := cmp.Diff(want, record.lines()); diff != "" {
			t.Error(diff)
		}
	})
}

// Timers stop when one of the two leaves, and when they are unset.
func TestTimersUnset(t *testing.T) {
	t.Parallel()
	//nolint:thelper // it is the test
	pass(t, func(t *testing.T, w *world, pass func(time.Duration)) {
		started, _, record := w.begin(request())
		agent := w.join(started.ContactID, transcript.Agent, "Ann")
		idle := chat.Timer{Role: transcript.Customer, Type: chat.DisconnectTimer, After: time.Minute}
		w.timers(started.ContactID, idle)
		pass(59 * time.Second)
		w.timers(started.ContactID)
		pass(time.Hour)
		idle.After = 0
		w.timers(started.ContactID, idle)
		pass(time.Hour)
		w.join(started.ContactID, transcript.Supervisor, "Sue")
		idle.After = time.Minute
		w.timers(started.ContactID, idle)
		w.join(started.ContactID, transcript.Agent, "Bob")
		if err := w.Leave(t.Context(), started.ContactID, agent.ParticipantID); err != nil {
			t.Fatal(err)
		}
		pass(59 * time.Second)
		want := []string{"Pat: participant.joined", "Ann: participant.joined", "Sue: participant.joined", "Bob: participant.joined", "Ann: participant.left"}
		if diff := cmp.Diff(want, record.lines()); diff != "" {
			t.Error(diff)
		}
		pass(time.Second)
		w.ended(started.ContactID, chat.IdleDisconnect)
	})
}

// Of several agents the one who joined last has timers; the one before has them again when that one leaves.
func TestTimersOfSeveralAgents(t *testing.T) {
	t.Parallel()
	//nolint:thelper // it is the test
	pass(t, func(t *testing.T, w *world, pass func(time.Duration)) {
		started, _, record := w.begin(request())
		w.timers(started.ContactID, chat.Timer{Role: transcript.Agent, Type: chat.IdleTimer, After: 2 * time.Minute})
		w.join(started.ContactID, transcript.Agent, "Ann")
		bob := w.join(started.ContactID, transcript.Agent, "Bob")
		pass(time.Hour)
		if err := w.Leave(t.Context(), started.ContactID, bob.ParticipantID); err != nil {
			t.Fatal(err)
		}
		pass(time.Second)
		want := []string{
			"Pat: participant.joined", "Ann: participant.joined", "Bob: participant.joined", "Bob: participant.idle", "Bob: participant.left", "Ann: participant.idle",
		}
		if diff := cmp.Diff(want, record.lines()); diff != "" {
			t.Error(diff)
		}
	})
}
