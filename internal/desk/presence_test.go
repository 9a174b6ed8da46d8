package desk_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/desk"
	"github.com/parley-chat/parley/internal/partner"
)

func (r *room) state(name string) desk.State {
	r.t.Helper()
	agent, err := r.desk.Agent(name)
	if err != nil {
		r.t.Fatal(err)
	}
	return agent.State
}

// standby is the built-in partner: it answers while nobody else is there.
func standby() desk.AgentConfig {
	echo := partner.Echo{}.Agent()
	echo.Name, echo.Standby = "Parley", true
	return echo
}

func TestRowC1AWindowThatIsGone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRoomWith(t, nil, desk.Config{})
		for _, name := range []string{"Ann", "Amy"} {
			r.add(desk.AgentConfig{Name: name, Window: name == "Ann"})
		}
		shut := r.desk.Window("Ann", "Amy", "nobody")
		pat, kim := r.arrive(), r.arrive()
		r.accept("Ann", pat.contactID)
		r.accept("Amy", kim.contactID)

		<-time.After(time.Hour) // a window stays as long as it is open
		shut()
		<-time.After(desk.GoneAfter - time.Second)
		again := r.desk.Window("Ann") // loaded anew
		<-time.After(time.Minute)
		if state := r.state("Ann"); state != desk.Available {
			t.Fatalf("Ann, whose page was loaded anew, is %s", state)
		}
		second := r.desk.Window("Ann")
		again()
		<-time.After(time.Minute)
		if diff := cmp.Diff([]string{pat.contactID}, r.holds("Ann")); diff != "" {
			t.Fatalf("with a second window open: %s", diff)
		}
		second()
		<-time.After(desk.GoneAfter - time.Millisecond)
		if state := r.state("Ann"); state != desk.Available {
			t.Errorf("before the time Ann is %s", state)
		}
		<-time.After(time.Millisecond)
		synctest.Wait()
		if state := r.state("Ann"); state != desk.Away {
			t.Errorf("without a window Ann is %s", state)
		}
		if diff := cmp.Diff([]string{pat.contactID}, r.waiting(desk.DefaultQueue)); diff != "" {
			t.Errorf("Ann's chat does not wait again: %s", diff)
		}
		// Amy was added by a call, without a window.
		if diff := cmp.Diff([]string{kim.contactID}, r.holds("Amy")); diff != "" || r.state("Amy") != desk.Available {
			t.Errorf("Amy is %s: %s", r.state("Amy"), diff)
		}
		defer r.desk.Window("Ann")()
		if state := r.state("Ann"); state != desk.Available {
			t.Errorf("Ann comes back, and is %s", state)
		}
	})
}

// Who asked for no chats keeps their word, and a person without any window from the start is away soon.
func TestRowC1ComingBackIsAsItWas(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRoomWith(t, nil, desk.Config{})
		r.add(desk.AgentConfig{Name: "Ann", Window: true, State: desk.Offline})
		r.add(desk.AgentConfig{Name: "Ben", Window: true})
		<-time.After(desk.GoneAfter)
		synctest.Wait()
		if ann, ben := r.state("Ann"), r.state("Ben"); ann != desk.Offline || ben != desk.Away {
			t.Errorf("Ann is %s, Ben %s", ann, ben)
		}
		defer r.desk.Window("Ann", "Ben")()
		if ann, ben := r.state("Ann"), r.state("Ben"); ann != desk.Offline || ben != desk.Available {
			t.Errorf("with a window Ann is %s, Ben %s", ann, ben)
		}
	})
}

// Where a chat came from is known after a restart, too: it waits there again, whoever lets go of it.
func TestRowC1TheQueueOutlivesARestart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRoomWith(t, nil, desk.Config{Queues: []string{"Sales"}})
		for _, name := range []string{"Ann", "Ben"} {
			r.add(desk.AgentConfig{Name: name})
		}
		pat, kim := r.wait(chat.Queued{Name: "Sales"}), r.wait(chat.Queued{Name: "Sales"})
		r.accept("Ann", pat.contactID)
		r.accept("Ben", kim.contactID)
		r.close()
		r.open(nil)
		r.begin()
		r.add(desk.AgentConfig{Name: "Ann", Window: true})
		<-time.After(desk.GoneAfter)
		synctest.Wait()
		if diff := cmp.Diff([]string{pat.contactID}, r.waiting("Sales")); diff != "" {
			t.Errorf("the chat of Ann, whose window is gone, does not wait where it did: %s", diff)
		}
		if err := r.desk.Remove(t.Context(), "Ben"); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{pat.contactID, kim.contactID}, r.waiting("Sales")); diff != "" {
			t.Errorf("the chat of Ben, who was removed, does not wait where it did: %s", diff)
		}
	})
}

func TestRowC1ThePartnerGoesOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRoomWith(t, nil, desk.Config{})
		r.add(standby())
		pat := r.arrive()
		if diff := cmp.Diff([]string{pat.contactID}, r.holds("Parley")); diff != "" {
			t.Fatal(diff)
		}
		r.add(desk.AgentConfig{Name: "Ann", Window: true})
		shut := r.desk.Window("Ann")
		if _, err := r.desk.TakeOver(t.Context(), "Ann", pat.contactID); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if diff := cmp.Diff([]string{pat.contactID}, r.holds("Ann")); diff != "" {
			t.Fatal(diff)
		}
		shut()
		<-time.After(desk.GoneAfter)
		synctest.Wait()
		if diff := cmp.Diff([]string{pat.contactID}, r.holds("Parley")); diff != "" {
			t.Errorf("the partner, who had it before, does not go on: %s", diff)
		}
	})
}

func TestRowC2TakeOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRoomWith(t, nil, desk.Config{})
		r.add(standby())
		pat := r.arrive()
		r.add(desk.AgentConfig{Name: "Ann"})
		r.add(desk.AgentConfig{Name: "Ben", State: desk.Away})
		_, err := r.desk.TakeOver(t.Context(), "Ben", pat.contactID)
		refusal(t, "away", err, desk.ErrUnavailable)
		_, err = r.desk.TakeOver(t.Context(), "Ann", "none")
		refusal(t, "nothing", err, desk.ErrNoContact)
		pat.heard()
		if _, err := r.desk.TakeOver(t.Context(), "Ann", pat.contactID); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if diff := cmp.Diff([]string{pat.contactID}, r.holds("Ann")); diff != "" || len(r.holds("Parley")) != 0 {
			t.Errorf("Parley still has %v: %s", r.holds("Parley"), diff)
		}
		if _, err := r.desk.Change("Ben", desk.AgentChange{State: new(desk.Available)}); err != nil {
			t.Fatal(err)
		}
		_, err = r.desk.TakeOver(t.Context(), "Ben", pat.contactID)
		refusal(t, "from a person", err, desk.ErrTaken)
		again, err := r.desk.TakeOver(t.Context(), "Ann", pat.contactID)
		if err != nil || again == "" {
			t.Errorf("once more: %q, %v", again, err)
		}
		kim := r.arrive() // nobody else takes it: it waits, and is accepted
		if _, err := r.desk.TakeOver(t.Context(), "Ben", kim.contactID); err != nil {
			t.Error(err)
		}
	})
}

// Who is offline answers nobody, and gives way: a person who went home, and the partner that a server had
// before it was started anew without one.
func TestRowC2TakeOverFromWhoIsOffline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRoomWith(t, nil, desk.Config{})
		r.add(standby())
		pat := r.arrive()
		r.close()
		r.open(nil)
		r.begin()
		r.add(desk.AgentConfig{Name: "Ann"})
		if diff := cmp.Diff([]string{pat.contactID}, r.holds("Parley")); diff != "" {
			t.Fatal(diff)
		}
		if _, err := r.desk.TakeOver(t.Context(), "Ann", pat.contactID); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if diff := cmp.Diff([]string{pat.contactID}, r.holds("Ann")); diff != "" {
			t.Error(diff)
		}
		if _, err := r.desk.Agent("Parley"); err == nil {
			t.Error("Parley, who is in no chat any more, is still at the desk")
		}

		r.add(desk.AgentConfig{Name: "Ben"})
		for _, state := range []desk.State{desk.Away, desk.Offline} {
			if _, err := r.desk.Change("Ann", desk.AgentChange{State: new(state)}); err != nil {
				t.Fatal(err)
			}
			_, err := r.desk.TakeOver(t.Context(), "Ben", pat.contactID)
			if state == desk.Away {
				refusal(t, "from somebody who is away", err, desk.ErrTaken)
			} else if err != nil {
				t.Errorf("from somebody who is offline: %v", err)
			}
		}
		synctest.Wait()
		if diff := cmp.Diff([]string{pat.contactID}, r.holds("Ben")); diff != "" || len(r.holds("Ann")) != 0 {
			t.Errorf("Ann has %v: %s", r.holds("Ann"), diff)
		}
	})
}

// A scripted agent that is about to join gives way as well as one who is there: which of the two
// joins first is left to chance.
func TestTakeOverFromAScriptThatIsAboutToJoin(t *testing.T) {
	t.Parallel()
	for range 20 {
		synctest.Test(t, func(t *testing.T) {
			r := newRoomWith(t, nil, desk.Config{})
			pat := r.arrive()
			held, release := make(chan struct{}), make(chan struct{})
			go func() {
				if err := r.chats.Step(t.Context(), pat.contactID, func(*chat.Step) error { close(held); <-release; return nil }); err != nil {
					t.Error(err)
				}
			}()
			<-held
			r.add(standby()) // it wants to join, and cannot yet
			r.add(desk.AgentConfig{Name: "Ann"})
			taken := make(chan error)
			go func() {
				_, err := r.desk.TakeOver(t.Context(), "Ann", pat.contactID)
				taken <- err
			}()
			close(release)
			if err := <-taken; err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if diff := cmp.Diff([]string{pat.contactID}, r.holds("Ann")); diff != "" || len(r.holds("Parley")) != 0 {
				t.Errorf("Parley has %v: %s", r.holds("Parley"), diff)
			}
		})
	}
}
