package desk_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/desk"
	"github.com/parley-chat/parley/internal/partner"
	"github.com/parley-chat/parley/internal/transcript"
)

// invited are the contacts that an agent is asked to join.
func (r *room) invited(name string) (ids []string) {
	for _, a := range r.desk.Snapshot().Agents {
		for _, i := range a.Invitations {
			if a.Name == name {
				ids = append(ids, i.ContactID)
			}
		}
	}
	return ids
}

func (r *room) invite(by, contactID string, how desk.Invite) {
	r.t.Helper()
	if err := r.desk.Invite(r.t.Context(), by, contactID, how); err != nil {
		r.t.Fatal(err)
	}
	synctest.Wait()
}

// An agent asks another one to join: everybody is told, the one who is asked keeps room and decides, and
// when one leaves the chat goes on with the other.
func TestRowB11SecondAgent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, nil)
		r.add(desk.AgentConfig{Name: "Ann"})
		r.add(desk.AgentConfig{Name: "Bob", Capacity: 1})
		r.add(desk.AgentConfig{Name: "Cleo", State: desk.Away})
		pat, other := r.arrive(), r.arrive()
		refusal(t, "nobody is there", r.desk.Invite(t.Context(), "Ann", pat.contactID, desk.Invite{Agent: "Bob"}), desk.ErrNotThere)
		r.accept("Ann", pat.contactID)
		pat.heard()
		for who, want := range map[string]error{"Cleo": desk.ErrUnavailable, "Ann": desk.ErrExists, "Eve": desk.ErrNoAgent} {
			refusal(t, who, r.desk.Invite(t.Context(), "Ann", pat.contactID, desk.Invite{Agent: who}), want)
		}
		r.invite("Ann", pat.contactID, desk.Invite{Agent: "Bob"})
		r.invite("Ann", pat.contactID, desk.Invite{Agent: "Bob"}) // who is asked already
		if diff := cmp.Diff([]string{pat.contactID}, r.invited("Bob")); diff != "" {
			t.Error(diff)
		}
		_, err := r.desk.Accept(t.Context(), "Bob", other.contactID)
		refusal(t, "Bob, who keeps his room", err, desk.ErrFull)
		r.accept("Bob", pat.contactID)
		if diff := cmp.Diff([]string{"invited", "joined"}, pat.heard()); diff != "" {
			t.Error(diff)
		}
		if len(r.invited("Bob")) != 0 || !slices.Equal(r.holds("Bob"), []string{pat.contactID}) || !slices.Equal(r.holds("Ann"), []string{pat.contactID}) {
			t.Errorf("Bob has %q and is asked for %q; Ann has %q", r.holds("Bob"), r.invited("Bob"), r.holds("Ann"))
		}
		refusal(t, "Ann leaves", r.desk.Leave(t.Context(), "Ann", pat.contactID), nil)
		if diff := cmp.Diff([]string{"left"}, pat.heard()); diff != "" || pat.ended {
			t.Errorf("ended %t: %s", pat.ended, diff)
		}
		pat.say("still there?")
		refusal(t, "Bob leaves", r.desk.Leave(t.Context(), "Bob", pat.contactID), nil)
		synctest.Wait()
		if !pat.ended {
			t.Error("nobody is there, and the chat goes on")
		}
	})
}

// An invitation ends when it is declined, when whoever was asked goes, and when nobody is left to join.
func TestRowB11InvitationEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, nil)
		r.add(desk.AgentConfig{Name: "Ann"})
		r.add(desk.AgentConfig{Name: "Bob"})
		pat := r.arrive()
		r.accept("Ann", pat.contactID)
		offline, available := desk.Offline, desk.Available
		change := func(s *desk.State) {
			if _, err := r.desk.Change("Bob", desk.AgentChange{State: s}); err != nil {
				t.Error(err)
			}
		}
		for _, ends := range []func(){
			func() { refusal(t, "Bob declines", r.desk.Reject("Bob", pat.contactID), nil) },
			func() { change(&offline); change(&available) },
			func() {
				refusal(t, "removed", r.desk.Remove(t.Context(), "Bob"), nil)
				r.add(desk.AgentConfig{Name: "Bob"})
			},
			func() {
				refusal(t, "back", r.desk.Transfer(t.Context(), "Ann", pat.contactID, desk.Target{Queue: desk.DefaultQueue}), nil)
			},
		} {
			r.invite("Ann", pat.contactID, desk.Invite{Agent: "Bob"})
			if ends(); len(r.invited("Bob")) != 0 || len(r.holds("Bob")) != 0 {
				t.Errorf("asked for %q, has %q", r.invited("Bob"), r.holds("Bob"))
			}
		}
		r.accept("Bob", pat.contactID)
		r.invite("Bob", pat.contactID, desk.Invite{Agent: "Ann"})
		refusal(t, "the end", r.desk.End(t.Context(), "Bob", pat.contactID), nil)
		if len(r.invited("Ann")) != 0 {
			t.Errorf("Ann is asked for %q", r.invited("Ann"))
		}
	})
}

// Scripts are asked, and ask, and there are at most six in a chat. Who passes the chat on takes all
// agents along, and who is removed leaves it to the others.
func TestRowB11Scripts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		script, err := partner.Parse("bot.yaml", []byte("name: Bot\ntyping: false\nrules: [{match: help, invite: {agent: Ann, after: 3s}, reply: Ann comes.}]"))
		if err != nil {
			t.Fatal(err)
		}
		r := newRoom(t, nil)
		r.add(script.Agents())
		pat := r.arrive()
		r.add(desk.AgentConfig{Name: "Ann", Partner: partner.Echo{Pause: -1}})
		pat.heard()
		pat.say("help")
		pass(2 * time.Second)
		if diff := cmp.Diff([]string{"read", "plain: Ann comes.", "invited"}, pat.heard()); diff != "" {
			t.Error(diff)
		}
		pass(2 * time.Second)
		if heard := pat.heard(); len(heard) != 2 || heard[0] != "joined" {
			t.Errorf("%q", heard)
		}
		for _, name := range []string{"3", "4", "5", "6"} {
			r.add(desk.AgentConfig{Name: name, Partner: partner.Echo{Pause: -1}})
			want := error(nil)
			if name == "6" {
				want = desk.ErrCrowded
			}
			refusal(t, name, r.desk.Invite(t.Context(), "Ann", pat.contactID, desk.Invite{Agent: name}), want)
			synctest.Wait()
		}
		refusal(t, "removing one", r.desk.Remove(t.Context(), "3"), nil)
		if got := r.holds("4"); len(got) != 1 || len(r.waiting(desk.DefaultQueue)) != 0 {
			t.Errorf("4 has %q; waiting: %q", got, r.waiting(desk.DefaultQueue))
		}
		refusal(t, "passing it on", r.desk.Transfer(t.Context(), "Ann", pat.contactID, desk.Target{Agent: "6"}), nil)
		contact, err := r.chats.Contact(t.Context(), pat.contactID)
		if err != nil {
			t.Fatal(err)
		}
		var there []string
		for _, p := range contact.Participants {
			if p.Active() && p.Role == transcript.Agent {
				there = append(there, p.DisplayName)
			}
		}
		if diff := cmp.Diff([]string{"6"}, there); diff != "" {
			t.Error(diff)
		}
	})
}

func sorted(ids ...string) []string {
	slices.Sort(ids)
	return ids
}

// A person who accepts by itself has a chat at once, within the own bounds, and keeps the switch.
func TestRowB9AutoAccept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, nil)
		on, off := true, false
		r.add(desk.AgentConfig{Name: "Ann", Capacity: 2, AutoAccept: &on})
		first, second, third := r.arrive(), r.arrive(), r.arrive()
		if diff := cmp.Diff(sorted(first.contactID, second.contactID), sorted(r.holds("Ann")...)); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{third.contactID}, r.waiting(desk.DefaultQueue)); diff != "" {
			t.Error(diff)
		}
		refusal(t, "room", r.desk.End(t.Context(), "Ann", first.contactID), nil)
		synctest.Wait()
		if diff := cmp.Diff(sorted(second.contactID, third.contactID), sorted(r.holds("Ann")...)); diff != "" {
			t.Error(diff)
		}
		r.add(desk.AgentConfig{Name: "Ann"}) // again, in another window
		if a, err := r.desk.Agent("Ann"); err != nil || !a.AutoAccept {
			t.Errorf("%+v, %v", a, err)
		}
		away := desk.Away
		for _, change := range []desk.AgentChange{{State: &away}, {AutoAccept: &off}} {
			if _, err := r.desk.Change("Ann", change); err != nil {
				t.Fatal(err)
			}
			if pat := r.arrive(); !slices.Contains(r.waiting(desk.DefaultQueue), pat.contactID) {
				t.Errorf("%+v: it does not wait", change)
			}
		}
		r.add(desk.AgentConfig{Name: "Bob", AutoAccept: &on})
		synctest.Wait()
		if len(r.holds("Bob")) != 2 {
			t.Errorf("Bob has %q", r.holds("Bob"))
		}
		r.invite("Ann", second.contactID, desk.Invite{Agent: "Bob"})
		if !slices.Contains(r.holds("Bob"), second.contactID) {
			t.Error("Bob, who accepts by himself, does not come when asked")
		}
	})
}
