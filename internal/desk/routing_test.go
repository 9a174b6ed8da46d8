package desk_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/desk"
	"github.com/parley-chat/parley/internal/partner"
	"github.com/parley-chat/parley/internal/transcript"
)

var errDisk = errors.New("no space left on device")

// flaky is a store that now and then refuses a change.
type flaky struct {
	chat.Store
	one  atomic.Int64 // in so many; zero for never
	slow atomic.Bool  // takes a second for each
}

func (f *flaky) Commit(ctx context.Context, changes chat.Changes) error {
	if n := f.one.Load(); n > 0 && rand.Int64N(n) == 0 {
		return errDisk
	}
	if f.slow.Load() {
		<-time.NewTimer(time.Second).C
	}
	return f.Store.Commit(ctx, changes)
}

// juggler does whatever can be done at a desk, and watches that no contact is in too many hands.
type juggler struct {
	r     *room
	names []string

	mu    sync.Mutex
	pats  []*customer
	wrong []string

	// arranging is held while the instance's queues and users change, as they do one after the other.
	arranging sync.Mutex
	queues    []desk.QueueConfig
	posts     []desk.Post
}

// watch is told of every contact as it is stored.
func (j *juggler) watch(c *chat.Contact) {
	hands := 0
	for _, p := range c.Participants {
		if p.Active() && p.Role == transcript.Agent {
			hands++
		}
	}
	if hands > desk.MostTogether {
		j.mu.Lock()
		defer j.mu.Unlock()
		j.wrong = append(j.wrong, fmt.Sprintf("%d agents in %s", hands, c.ID))
	}
}

func (j *juggler) some(m *rand.Rand) (agent, contactID string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.names[m.IntN(len(j.names))], j.pats[m.IntN(len(j.pats))].contactID
}

// act does one thing; whether it is refused does not matter.
func (j *juggler) act(ctx context.Context, m *rand.Rand) error {
	d := j.r.desk
	agent, contactID := j.some(m)
	other, _ := j.some(m)
	target := desk.Target{Agent: other}
	if m.IntN(2) == 0 {
		target = desk.Target{Queue: []string{"Sales", desk.DefaultQueue}[m.IntN(2)]}
	}
	switch m.IntN(27) {
	case 0, 1, 2, 3:
		_, err := d.Accept(ctx, agent, contactID)
		return err
	case 4:
		return d.Reject(agent, contactID)
	case 5, 6, 7, 8:
		return d.Transfer(ctx, agent, contactID, target)
	case 9, 10:
		states := []desk.State{desk.Available, desk.Available, desk.Away, desk.Offline}
		_, err := d.Change(agent, desk.AgentChange{State: &states[m.IntN(len(states))]})
		return err
	case 11:
		_, err := d.Supervise(ctx, agent, contactID)
		return err
	case 12:
		return d.Remove(ctx, agent)
	case 13:
		_, err := d.Add(j.config(agent))
		return err
	case 14, 15:
		how := chat.Queued{Priority: m.IntN(8), Age: time.Duration(m.IntN(5)-2) * time.Minute, Agent: []string{"", "", agent}[m.IntN(3)]}
		_ = j.r.chats.Step(ctx, contactID, func(step *chat.Step) error {
			step.Route(func(q *chat.Queued) { q.Priority, q.Age, q.Agent = how.Priority, how.Age, how.Agent })
			return nil
		})
		return nil
	case 16:
		auto := m.IntN(2) == 0
		_, err := d.Change(agent, desk.AgentChange{AutoAccept: &auto})
		return err
	case 17, 18, 19:
		return d.Invite(ctx, agent, contactID, desk.Invite{Agent: other, After: time.Duration(m.IntN(2)) * time.Second})
	case 20:
		_, err := d.Say(ctx, agent, contactID, transcript.Message{ContentType: transcript.TextPlain, Content: "x"})
		return err
	case 21, 22, 23:
		return j.arrange(ctx, m, agent)
	case 24:
		j.enqueue(ctx, m, contactID)
		return nil
	}
	switch m.IntN(4) {
	case 0:
		return d.Leave(ctx, agent, contactID)
	case 1:
		return d.End(ctx, agent, contactID)
	case 2:
		return j.r.chats.End(ctx, contactID, chat.CustomerDisconnect)
	}
	return j.r.chats.Begin(ctx)
}

// config describes an agent by the name.
func (j *juggler) config(name string) desk.AgentConfig {
	cfg := desk.AgentConfig{Name: name, Capacity: 4}
	switch name {
	case "Bot":
		cfg.Partner = partner.Echo{Pause: time.Second}
	case "Seller":
		cfg.Partner, cfg.Queues = partner.Echo{Pause: -1}, []string{"Sales"}
	}
	return cfg
}

// check holds what the desk says against the contacts.
func (j *juggler) check() {
	t := j.r.t
	t.Helper()
	synctest.Wait()
	waiting, held := map[string]int{}, map[string]int{}
	snapshot := j.r.desk.Snapshot()
	for _, q := range snapshot.Queues {
		for i, w := range q.Waiting {
			waiting[w.ContactID]++
			if i == 0 {
				continue
			}
			before := q.Waiting[i-1]
			seems := func(w desk.Waiting) time.Time { return w.Since.Add(-w.Age) }
			if w.Priority < before.Priority || w.Priority == before.Priority && seems(w).Before(seems(before)) {
				t.Errorf("queue %s is out of order: %+v before %+v", q.Name, before, w)
			}
		}
	}
	for _, a := range snapshot.Agents {
		load := 0
		for _, h := range a.Contacts {
			if h.Role == transcript.Agent {
				held[h.ContactID]++
				load++
			}
		}
		if a.Capacity > 0 && load > a.Capacity {
			t.Errorf("%s has %d contacts, and takes %d", a.Name, load, a.Capacity)
		}
	}
	for _, c := range j.r.chats.Active() {
		agents := 0
		for _, p := range c.Participants {
			if p.Active() && p.Role == transcript.Agent {
				agents++
			}
		}
		if c.Queue == nil && agents == 0 { // the disk has failed, and the reception tries again later
			continue
		}
		if waiting[c.ID]+min(held[c.ID], 1) != 1 || held[c.ID] != agents {
			t.Errorf("%s waits in %d queues and is held by %d agents; %d are in it", c.ID, waiting[c.ID], held[c.ID], agents)
		}
		delete(waiting, c.ID)
		delete(held, c.ID)
	}
	if len(waiting)+len(held) > 0 {
		t.Errorf("contacts that are no more: %v, %v", waiting, held)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, wrong := range j.wrong {
		t.Error(wrong)
	}
}

// No contact is in more hands than were asked to and none is lost, whatever agents, customers and the disk do at
// the same time, and across a restart in the middle.
func TestRouting(t *testing.T) {
	t.Parallel()
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				j := &juggler{names: []string{"Ann", "Bob", "Cleo", "Bot", "Seller"}}
				r := newRoomWith(t, nil, desk.Config{Greeting: "Please wait.", Queues: []string{"Sales"}})
				j.r, r.clumsy, r.watch = r, true, j.watch
				disk := &flaky{Store: r.store}
				r.close()
				r.store = disk
				for round := range 3 {
					r.open(nil)
					for _, name := range j.names {
						r.add(j.config(name))
					}
					r.desk.Arrange(j.queues)
					if err := r.desk.Staff(t.Context(), j.posts); err != nil {
						t.Fatal(err)
					}
					r.begin()
					j.check()
					for range 8 {
						j.pats = append(j.pats, r.arrive())
					}
					j.check()
					if seed%2 == 1 {
						disk.one.Store(8)
					}
					j.juggle(seed<<8 + uint64(round))
					disk.one.Store(0)
					if round < 2 {
						r.close() // in the middle
						continue
					}
					pass(time.Minute) // what failed is tried again
					j.check()
					j.answerAll()
				}
			})
		})
	}
}

// juggle lets four at a time do what they like.
func (j *juggler) juggle(seed uint64) {
	var all sync.WaitGroup
	for i := range uint64(4) {
		all.Go(func() {
			m := rand.New(rand.NewPCG(seed, i))
			for range 60 {
				switch err := j.act(j.r.t.Context(), m); {
				case errors.Is(err, chat.ErrConflict), errors.Is(err, chat.ErrNotFound), errors.Is(err, chat.ErrAccessDenied):
					j.r.t.Errorf("a refusal of package chat came through: %v", err)
				}
			}
		})
	}
	all.Wait()
}

// answerAll lets a person take what waits: nothing that waits is out of reach.
func (j *juggler) answerAll() {
	j.r.t.Helper()
	j.r.add(desk.AgentConfig{Name: "Last", Capacity: 1000})
	for _, q := range j.r.desk.Snapshot().Queues {
		for _, w := range q.Waiting {
			j.r.route(w.ContactID, func(q *chat.Queued) { q.Agent = "" })
			if j.r.place(w.ContactID) > 0 { // no scripted agent has taken it
				j.r.accept("Last", w.ContactID)
			}
		}
	}
	j.check()
	for _, q := range j.r.desk.Snapshot().Queues {
		if len(q.Waiting) > 0 {
			j.r.t.Errorf("still waiting: %+v", q.Waiting)
		}
	}
}

// A scripted agent who cannot join tries again, and goes on with the next when it is too late.
func TestJoinsLater(t *testing.T) {
	t.Parallel()
	for _, ends := range []bool{false, true} {
		t.Run(fmt.Sprint(ends), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newRoom(t, nil)
				r.clumsy = true
				disk := &flaky{Store: r.store}
				r.close()
				r.store = disk
				r.open(nil)
				r.begin()
				bot := desk.AgentConfig{Name: "Bot", State: desk.Away, Capacity: 1, Partner: partner.Echo{Pause: -1}}
				r.add(bot)
				first, second := r.arrive(), r.arrive()
				disk.one.Store(1)
				bot.State = desk.Available
				r.add(bot)
				pass(time.Second)
				if _, err := r.desk.Accept(t.Context(), "Bot", second.contactID); !errors.Is(err, desk.ErrFull) {
					t.Errorf("while it tries: %v", err)
				}
				disk.one.Store(0)
				want := first.contactID
				if ends {
					want = second.contactID
					if err := r.chats.End(t.Context(), first.contactID, chat.CustomerDisconnect); err != nil {
						t.Fatal(err)
					}
				}
				pass(time.Minute)
				if got := r.holds("Bot"); len(got) != 1 || got[0] != want || len(r.failed) == 0 {
					t.Errorf("it has %q instead of %s; failed: %v", got, want, r.failed)
				}
			})
		})
	}
}

// Whoever passes chats on at the same time: nobody gets more than fits.
func TestTransferAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, nil)
		disk := &flaky{Store: r.store}
		r.close()
		r.store = disk
		r.open(nil)
		r.begin()
		r.add(desk.AgentConfig{Name: "Ann"})
		r.add(desk.AgentConfig{Name: "Bob", Capacity: 1})
		var pats []*customer
		for range 8 {
			pats = append(pats, r.arrive())
			r.accept("Ann", pats[len(pats)-1].contactID)
		}
		disk.slow.Store(true)
		var all sync.WaitGroup
		var moved atomic.Int64
		for _, pat := range pats {
			all.Go(func() {
				err := r.desk.Transfer(t.Context(), "Ann", pat.contactID, desk.Target{Agent: "Bob"})
				if err == nil {
					moved.Add(1)
				} else if !errors.Is(err, desk.ErrFull) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if moved.Load() != 1 || len(r.holds("Bob")) != 1 || len(r.holds("Ann")) != 7 {
			t.Errorf("%d moved, Bob has %d, Ann has %d", moved.Load(), len(r.holds("Bob")), len(r.holds("Ann")))
		}
	})
}

// An agent that is removed while it keeps room for a contact is gone once the contact is queued, and
// its name is free.
func TestRemovedWhileReserved(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRoomWith(t, nil, desk.Config{Greeting: "Please wait."})
		r.close()
		r.open(nil)
		removed := false
		r.chats.Listen(chat.Listener{Changed: func(*chat.Contact, *transcript.Item) {}, Arrived: func(*chat.Step) error {
			removed = true
			return r.desk.Remove(t.Context(), "Bot")
		}})
		r.begin()
		r.add(desk.AgentConfig{Name: "Bot", Partner: partner.Echo{Pause: -1}})
		pat := r.arrive()
		if got := r.waiting(desk.DefaultQueue); !removed || len(got) != 1 || got[0] != pat.contactID {
			t.Errorf("waiting without an agent: %q", got)
		}
		if agents := r.desk.Snapshot().Agents; len(agents) != 0 {
			t.Errorf("still there: %+v", agents)
		}
		r.add(desk.AgentConfig{Name: "Bot", Partner: partner.Echo{Pause: -1}})
		pass(time.Second)
		if got := r.holds("Bot"); len(got) != 1 {
			t.Errorf("the new agent has %q", got)
		}
	})
}

// The room that an agent keeps for a contact which another agent takes is the next contact's.
func TestReservedRoomIsGivenOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRoomWith(t, nil, desk.Config{Greeting: "Please wait.", Queues: []string{"Sales"}})
		disk := &flaky{Store: r.store}
		r.close()
		r.store = disk
		r.open(nil)
		r.begin()
		state := func(name string, state desk.State) {
			t.Helper()
			if _, err := r.desk.Change(name, desk.AgentChange{State: &state}); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		bot := partner.Echo{Pause: -1}
		r.add(desk.AgentConfig{Name: "Ann"})
		r.add(desk.AgentConfig{Name: "Bot", Capacity: 2, Partner: bot, State: desk.Away})
		r.add(desk.AgentConfig{Name: "Tom", Capacity: 1, Partner: bot, State: desk.Away, Queues: []string{desk.DefaultQueue}})
		passed := r.arrive()
		r.accept("Ann", passed.contactID)
		state("Bot", desk.Available)
		r.arrive() // leaves the bot room for one more
		pass(time.Second)

		coming := r.start(chat.StartRequest{})
		disk.slow.Store(true)
		connected := make(chan error, 1)
		go func() {
			connection, err := r.chats.Connect(t.Context(), coming.token, false)
			if err == nil {
				var socket *chat.Socket
				if socket, err = r.chats.OpenSocket(connection.Ticket, coming); err == nil {
					err = socket.Subscribe(t.Context())
				}
			}
			connected <- err
		}()
		pass(time.Millisecond) // the room is kept for the one who is coming, whose connection is being stored
		disk.slow.Store(false)
		if err := r.desk.Transfer(t.Context(), "Ann", passed.contactID, desk.Target{Queue: "Sales"}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if got := r.waiting("Sales"); len(got) != 1 {
			t.Fatalf("waiting while the bot keeps its room: %q", got)
		}
		state("Tom", desk.Available) // has no chat yet, and is preferred
		pass(2 * time.Second)
		if err := <-connected; err != nil {
			t.Fatal(err)
		}
		if got := r.holds("Tom"); !slices.Equal(got, []string{coming.contactID}) {
			t.Errorf("Tom has %q", got)
		}
		if got := r.holds("Bot"); !slices.Contains(got, passed.contactID) || len(r.waiting("Sales")) != 0 {
			t.Errorf("the bot has %q, and %q wait", got, r.waiting("Sales"))
		}
	})
}
