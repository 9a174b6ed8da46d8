package chat_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/clock"
	"github.com/parley-chat/parley/internal/transcript"
)

// In virtual time everything here happens in the same millisecond.
func TestExpireTokens(t *testing.T) {
	t.Parallel()
	for name, all := range map[string]bool{"one contact": false, "every contact": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, chat.Config{})
				hit, before, record := w.begin(request())
				_, other, _ := w.begin(request())
				contactID := hit.ContactID
				if all {
					contactID = ""
				}
				if err := w.ExpireTokens(contactID); err != nil {
					t.Fatal(err)
				}
				_, connection, ticket := w.uses()
				delete(connection, "Disconnect")
				delete(connection, "File")
				for name, call := range connection {
					refusal(t, name, call(before.Token), chat.ErrAccessDenied)
				}
				refusal(t, "OpenSocket", ticket["OpenSocket"](before.Ticket), chat.ErrAccessDenied)
				if err := connection["Admit"](other.Token); (err != nil) != all {
					t.Errorf("the other contact's token: %v", err)
				}
				after := w.connect(hit.Token)
				for name, call := range connection {
					if err := call(after.Token); err != nil {
						t.Errorf("%s after connecting again: %v", name, err)
					}
				}
				if err := ticket["OpenSocket"](after.Ticket); err != nil {
					t.Errorf("OpenSocket after connecting again: %v", err)
				}
				if items, _ := record.heard(); len(items) == 0 {
					t.Error("the open socket was told nothing any more")
				}
				w.end(hit.ContactID)
				refusal(t, "expiring an ended chat's", w.ExpireTokens(hit.ContactID), chat.ErrNotFound)
			})
		})
	}
}

// skipToNext moves the time to the next alarm, and says by how much; false when none is set.
func skipToNext(c *clock.Clock) (time.Duration, bool) {
	next, ok := c.Next()
	c.Skip(next)
	return next, ok
}

func TestSkipToNext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, chat.Config{})
		clock := w.Clock()
		if skipped, ok := skipToNext(clock); ok || skipped != 0 {
			t.Errorf("with no alarm: %v %v", skipped, ok)
		}
		var rung []string
		now := clock.Now()
		clock.At(now.Add(time.Minute), func() { rung = append(rung, "minute") })
		stop := clock.At(now.Add(2*time.Minute), func() { rung = append(rung, "never") })
		clock.At(now.Add(time.Hour), func() { rung = append(rung, "hour") })
		stop()
		stop()
		for _, want := range []time.Duration{time.Minute, 59 * time.Minute} {
			if skipped, ok := skipToNext(clock); !ok || skipped != want {
				t.Errorf("skipped %v, %v, want %v", skipped, ok, want)
			}
			synctest.Wait()
		}
		if len(rung) != 2 || rung[0] != "minute" || rung[1] != "hour" {
			t.Errorf("rung: %v", rung)
		}
		if clock.Offset() != time.Hour || clock.Now().Sub(now) != time.Hour {
			t.Errorf("offset %v, now %v later", clock.Offset(), clock.Now().Sub(now))
		}
	})
}

// Everything that happens to a chat by itself stands in the clock, one after the other.
func TestSkippingThroughAChat(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, chat.Config{})
		begun, connection, record := w.begin(request())
		w.join(begun.ContactID, transcript.Agent, "Ann")
		w.timers(begun.ContactID,
			chat.Timer{Role: transcript.Customer, Type: chat.IdleTimer, After: 5 * time.Minute},
			chat.Timer{Role: transcript.Customer, Type: chat.DisconnectTimer, After: 10 * time.Minute})
		for range 2 {
			skipToNext(w.Clock())
			synctest.Wait()
		}
		w.ended(begun.ContactID, chat.IdleDisconnect)
		items, ends := record.heard()
		got := lines(items)
		if ends != 1 || len(got) == 0 || got[len(got)-1] != "chat.ended" {
			t.Errorf("heard %v, %d ends", got, ends)
		}
		w.denied(connection.Token)
		if next, ok := w.Clock().Next(); ok {
			t.Errorf("something is still due, in %v", next)
		}
	})
}
