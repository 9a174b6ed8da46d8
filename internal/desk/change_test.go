package desk_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-chat/parley/internal/desk"
)

// stands is the state of an agent with the name of its status.
func (r *room) stands(name string) string {
	r.t.Helper()
	a, err := r.desk.Agent(name)
	if err != nil {
		r.t.Fatal(err)
	}
	return string(a.State) + " " + a.Status
}

// A status of the instance is shown until the state is changed otherwise: at the desk, by coming, and by
// a window that is gone for as long as it is gone.
func TestStatusIsShown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, nil)
		if err := r.desk.Staff(t.Context(), []desk.Post{{UserID: "u-1", Name: "Ann", Queues: []desk.PostQueue{{Name: desk.DefaultQueue}}, Chats: 2}}); err != nil {
			t.Fatal(err)
		}
		turn := func(ref string, state desk.State, status string) {
			t.Helper()
			if _, err := r.desk.Change(ref, desk.AgentChange{State: &state, Status: status}); err != nil {
				t.Fatal(err)
			}
		}
		stands := func(when, want string) {
			t.Helper()
			if got := r.stands("Ann"); got != want {
				t.Errorf("%s she is %q, not %q", when, got, want)
			}
		}
		stands("before", "offline ")
		turn("u-1", desk.Away, "Lunch")
		stands("with a status", "away Lunch")
		turn("Ann", desk.Away, "")
		stands("as the desk says", "away ")
		turn("u-1", desk.Available, "Here")
		pat := r.arrive()
		r.accept("Ann", pat.contactID)
		turn("u-1", desk.Away, "Lunch")
		if got := r.holds("Ann"); len(got) != 1 {
			t.Errorf("away she has %q", got)
		}
		r.add(desk.AgentConfig{Name: "Ann", Window: true})
		stands("when she comes", "available ")

		turn("u-1", desk.Available, "Here")
		shut := r.desk.Window("Ann")
		shut()
		<-time.After(desk.GoneAfter)
		synctest.Wait()
		stands("without a window", "away ")
		shut = r.desk.Window("Ann")
		stands("with the window again", "available Here")
		shut()
		<-time.After(desk.GoneAfter)
		synctest.Wait()
		turn("u-1", desk.Away, "Lunch") // meanwhile
		shut = r.desk.Window("Ann")
		defer shut()
		stands("with a status from meanwhile", "away Lunch")

		if err := r.desk.Remove(t.Context(), "Ann"); err != nil {
			t.Fatal(err)
		}
		state := desk.Available
		_, err := r.desk.Change("Ann", desk.AgentChange{State: &state})
		refusal(t, "the name of one who is not there", err, desk.ErrNoAgent)
		turn("u-1", desk.Available, "Here")
		stands("removed, as the user", "available Here")
		if a, err := r.desk.Agent("u-1"); err != nil || a.Capacity != 2 {
			t.Errorf("the user is %+v, %v", a, err)
		}
	})
}

// The switch of a user is the instance's, whoever turns it: the desk keeps it there, and says nothing else.
func TestSwitchOfAUser(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		post := desk.Post{UserID: "u-1", Name: "Ann", Queues: []desk.PostQueue{{Name: desk.DefaultQueue}}, Chats: 3}
		full := errors.New("the disk is full")
		var r *room
		var failing error
		staff := func(on bool) error {
			post.AutoAccept = on
			return r.desk.Staff(t.Context(), []desk.Post{post})
		}
		r = newRoomWith(t, nil, desk.Config{KeepAutoAccept: func(_ context.Context, userID string, on bool) error {
			if failing != nil || userID != "u-1" {
				return failing
			}
			return staff(on)
		}})
		is := func(when string, on bool) {
			t.Helper()
			if a, err := r.desk.Agent("Ann"); err != nil || a.AutoAccept != on || post.AutoAccept != on {
				t.Errorf("%s the desk says %+v, %v, the instance %v", when, a, err, post.AutoAccept)
			}
		}
		must := func(_ any, err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		on, off := true, false
		must(nil, staff(false))
		r.add(desk.AgentConfig{Name: "Ann"})
		waits := r.arrive()
		must(nil, staff(true)) // by the instance's API
		synctest.Wait()
		if got := r.holds("Ann"); len(got) != 1 || got[0] != waits.contactID {
			t.Errorf("what waited is not hers: %q", got)
		}
		is("by the API", true)
		must(r.desk.Change("Ann", desk.AgentChange{AutoAccept: &off}))
		is("by the desk", false)
		r.arrive()
		if got := r.holds("Ann"); len(got) != 1 {
			t.Errorf("she has %q", got)
		}
		must(r.desk.Add(desk.AgentConfig{Name: "Ann", AutoAccept: &on}))
		is("by coming", true)
		r.add(desk.AgentConfig{Name: "Ann"})
		is("in another window", true)
		failing = full
		_, err := r.desk.Change("Ann", desk.AgentChange{AutoAccept: &off})
		refusal(t, "what cannot be kept", err, full)
		_, err = r.desk.Add(desk.AgentConfig{Name: "Ann", AutoAccept: &off})
		refusal(t, "what cannot be kept", err, full)
		is("after a failure", true)
		must(r.desk.Add(desk.AgentConfig{Name: "Bob", AutoAccept: &on})) // no user: nobody keeps it
		if b, err := r.desk.Agent("Bob"); err != nil || !b.AutoAccept {
			t.Errorf("%+v, %v", b, err)
		}
	})
}
