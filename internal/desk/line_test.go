package desk_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/desk"
	"github.com/parley-chat/parley/internal/partner"
	"github.com/parley-chat/parley/internal/transcript"
)

// route changes how a contact waits.
func (r *room) route(contactID string, change func(*chat.Queued)) {
	r.t.Helper()
	err := r.chats.Step(r.t.Context(), contactID, func(step *chat.Step) error {
		step.Route(change)
		return nil
	})
	if err != nil {
		r.t.Fatal(err)
	}
	synctest.Wait()
}

// wait starts a chat that waits in a special way.
func (r *room) wait(how chat.Queued) *customer {
	r.t.Helper()
	pat := r.start(chat.StartRequest{})
	err := r.chats.Step(r.t.Context(), pat.contactID, func(step *chat.Step) error {
		step.Enqueue(how)
		return nil
	})
	if err != nil {
		r.t.Fatal(err)
	}
	pat.connect()
	synctest.Wait()
	return pat
}

// place is the place of a contact, and -1 for one that does not wait.
func (r *room) place(contactID string) int {
	place, ok := r.desk.Place(contactID)
	if !ok {
		return -1
	}
	return place.Position
}

// Contacts come by priority, then by the time they seem to have waited, before and after a restart,
// and scripted agents take them so.
func TestPriorityAndRoutingAge(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRoomWith(t, nil, desk.Config{Queues: []string{"Sales"}})
		var want []string
		first := r.wait(chat.Queued{Name: "Sales"})
		pass(time.Minute)
		second := r.wait(chat.Queued{Name: "Sales"})
		older := r.wait(chat.Queued{Name: "Sales", Age: 2 * time.Minute})
		younger := r.wait(chat.Queued{Name: "Sales", Age: -time.Minute})
		low := r.wait(chat.Queued{Name: "Sales", Priority: 6, Age: time.Hour})
		high := r.wait(chat.Queued{Name: "Sales", Priority: 1})
		for _, pat := range []*customer{high, older, first, second, younger, low} {
			want = append(want, pat.contactID)
		}
		check := func(when string) {
			t.Helper()
			if got := r.waiting("Sales"); !slices.Equal(got, want) {
				t.Errorf("%s: %q wait, not %q", when, got, want)
			}
			for i, id := range want {
				if got := r.place(id); got != i+1 {
					t.Errorf("%s: place %d, not %d", when, got, i+1)
				}
			}
		}
		check("at first")
		r.close()
		r.open(nil)
		r.begin()
		check("after a restart")
		r.route(low.contactID, func(q *chat.Queued) { q.Priority = 0 })
		want = []string{high.contactID, low.contactID, older.contactID, first.contactID, second.contactID, younger.contactID}
		check("moved")
		r.add(desk.AgentConfig{Name: "Bot", Partner: partner.Echo{Pause: -1}, Capacity: 2})
		synctest.Wait()
		if got := r.holds("Bot"); len(got) != 2 || !slices.Contains(got, high.contactID) || !slices.Contains(got, low.contactID) {
			t.Errorf("the agent took %q", got)
		}
		want = want[2:]
		check("two taken")
		if r.place(high.contactID) != -1 {
			t.Error("a contact that was taken has a place")
		}
	})
}

// A waiting contact that is put into another queue waits there alone.
func TestMovesToAnotherQueue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRoomWith(t, nil, desk.Config{Queues: []string{"Sales"}})
		pat := r.arrive()
		err := r.chats.Step(t.Context(), pat.contactID, func(step *chat.Step) error { step.Queue("Sales"); return nil })
		if got := r.waiting("Sales"); err != nil || len(got) != 1 || len(r.waiting(desk.DefaultQueue)) != 0 {
			t.Errorf("%v, %q in the new queue, %q in the old one", err, got, r.waiting(desk.DefaultQueue))
		}
	})
}

func TestWaitsForOneAgent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRoomWith(t, nil, desk.Config{Queues: []string{"Sales"}})
		ctx := t.Context()
		r.add(desk.AgentConfig{Name: "Ann", Capacity: 1})
		r.add(desk.AgentConfig{Name: "Bob"})
		own := r.wait(chat.Queued{Agent: "Ann"})                     // in the agent's own queue
		sales := r.wait(chat.Queued{Name: "Sales", Agent: "Ann"})    // in a queue of many
		scripted := r.wait(chat.Queued{Name: "Sales", Agent: "Bot"}) // who comes later
		unheard := r.wait(chat.Queued{Name: "Sales", Agent: "Nobody"})
		if r.place(own.contactID) != 1 || r.place(sales.contactID) != 1 || r.place(unheard.contactID) != 3 {
			t.Errorf("places %d, %d, %d", r.place(own.contactID), r.place(sales.contactID), r.place(unheard.contactID))
		}
		if got := r.desk.Metrics("", "Ann"); got.Waiting != 1 || got.Online != 1 || got.Available != 1 {
			t.Errorf("metrics of Ann are %+v", got)
		}
		_, err := r.desk.Accept(ctx, "Bob", own.contactID)
		refusal(t, "accepting another's", err, desk.ErrReserved)
		r.accept("Ann", own.contactID)
		_, err = r.desk.Accept(ctx, "Ann", sales.contactID)
		refusal(t, "accepting one too many", err, desk.ErrFull)
		r.route(sales.contactID, func(q *chat.Queued) { q.Interrupts = true })
		r.accept("Ann", sales.contactID)
		r.add(desk.AgentConfig{Name: "Bot", Partner: partner.Echo{Pause: -1}, Capacity: 1, Queues: []string{"Elsewhere"}})
		synctest.Wait()
		if got := r.holds("Bot"); !slices.Equal(got, []string{scripted.contactID}) {
			t.Errorf("the scripted agent has %q", got)
		}
		busy := r.wait(chat.Queued{Agent: "Bot", Interrupts: true})
		if got := r.holds("Bot"); !slices.Contains(got, busy.contactID) {
			t.Errorf("the scripted agent was not interrupted: %q", got)
		}
		if r.place(unheard.contactID) != 1 {
			t.Error("a contact went to an agent for whom it does not wait")
		}
		if err := r.desk.Remove(ctx, "Ann"); err != nil { // what came from the own queue waits for all
			t.Fatal(err)
		}
		synctest.Wait()
		if got := r.waiting(desk.DefaultQueue); !slices.Equal(got, []string{own.contactID}) {
			t.Errorf("%q wait", got)
		}
	})
}

// A contact that waits for one agent waits for any when the time is over, also when that is long past
// after a restart, unless it waits otherwise by then.
func TestWaitsForOneAgentForAWhile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRoomWith(t, nil, desk.Config{Queues: []string{"Sales"}})
		until := func(d time.Duration) time.Time { return time.Now().Add(d).UTC() }
		soon := r.wait(chat.Queued{Name: "Sales", Agent: "Ann", Until: until(time.Minute)})
		later := r.wait(chat.Queued{Name: "Sales", Agent: "Ann", Until: until(time.Hour)})
		moved := r.wait(chat.Queued{Name: "Sales", Agent: "Ann", Until: until(time.Minute)})
		r.route(moved.contactID, func(q *chat.Queued) { q.Until = time.Time{} })
		r.add(desk.AgentConfig{Name: "Bot", Partner: partner.Echo{Pause: -1}})
		pass(59 * time.Second)
		if got := r.holds("Bot"); len(got) != 0 {
			t.Errorf("taken too early: %q", got)
		}
		pass(2 * time.Second)
		if got := r.holds("Bot"); !slices.Equal(got, []string{soon.contactID}) {
			t.Errorf("after a minute the agent has %q", got)
		}
		r.close()
		pass(2 * time.Hour)
		r.open(nil)
		r.add(desk.AgentConfig{Name: "Bot", Partner: partner.Echo{Pause: -1}})
		r.begin()
		pass(time.Second)
		if got := r.holds("Bot"); len(got) != 2 || !slices.Contains(got, later.contactID) {
			t.Errorf("after a restart the agent has %q", got)
		}
		if got := r.waiting("Sales"); !slices.Equal(got, []string{moved.contactID}) {
			t.Errorf("%q wait", got)
		}
	})
}

// Contacts in an agent's own queue come before all others.
func TestOwnQueueComesFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, nil)
		urgent := r.wait(chat.Queued{Priority: 1})
		pass(time.Minute)
		own := r.wait(chat.Queued{Agent: "Bot", Priority: 9})
		r.add(desk.AgentConfig{Name: "Bot", Partner: partner.Echo{Pause: -1}, Capacity: 1})
		synctest.Wait()
		if got := r.holds("Bot"); !slices.Equal(got, []string{own.contactID}) || r.place(urgent.contactID) != 1 {
			t.Errorf("the agent has %q", got)
		}
	})
}

func TestEstimatedWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, nil)
		first := r.arrive()
		if got, _ := r.desk.Place(first.contactID); got.Wait >= 0 || r.desk.Metrics("", "").Wait >= 0 {
			t.Errorf("%v, though nobody is there", got)
		}
		r.add(desk.AgentConfig{Name: "Ann", Capacity: 2})
		second, third := r.arrive(), r.arrive()
		for i, want := range []time.Duration{0, 0, 150 * time.Second} { // five minutes each, two at a time
			if got, _ := r.desk.Place([]*customer{first, second, third}[i].contactID); got != (desk.Place{Position: i + 1, Wait: want}) {
				t.Errorf("%+v, not %v", got, want)
			}
		}
		r.accept("Ann", first.contactID)
		r.accept("Ann", second.contactID)
		pass(time.Minute)
		for _, pat := range []*customer{first, second} {
			if err := r.chats.End(t.Context(), pat.contactID, chat.AgentDisconnect); err != nil {
				t.Fatal(err)
			}
		}
		r.accept("Ann", third.contactID)
		r.accept("Ann", r.arrive().contactID)
		if got := r.desk.Metrics("", ""); got != (desk.Metrics{Staffed: 1, Online: 1, Busy: 1, Wait: 30 * time.Second}) {
			t.Errorf("metrics are %+v", got)
		}
		r.add(desk.AgentConfig{Name: "Bot", Partner: partner.Echo{Pause: -1}})
		if got := r.desk.Metrics("", ""); got.Wait != 0 || got.Available != 1 {
			t.Errorf("metrics are %+v", got)
		}
	})
}

// A queue never holds more than its capacity, whatever contact flows, agents and the disk do, and
// across a restart; what could not get in is where it was.
func TestCapacityHolds(t *testing.T) {
	t.Parallel()
	for seed := range uint64(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				const most = 3
				r := newRoomWith(t, nil, desk.Config{Capacity: map[string]int{"Sales": most}})
				r.clumsy = true
				disk := &flaky{Store: r.store}
				for range 3 {
					r.close()
					r.store = disk
					r.open(nil)
					r.begin()
					r.add(desk.AgentConfig{Name: "Ann", Capacity: 100})
					var pats []*customer
					for range 12 {
						pats = append(pats, r.start(chat.StartRequest{}))
					}
					disk.one.Store(4)
					disk.slow.Store(true)
					var all sync.WaitGroup
					for i, pat := range pats {
						all.Go(func() {
							m := rand.New(rand.NewPCG(seed, uint64(i)))
							for range 20 {
								switch m.IntN(4) {
								case 0, 1:
									_ = r.chats.Step(t.Context(), pat.contactID, func(step *chat.Step) error {
										if err := r.desk.Admit(pat.contactID, "Sales"); err != nil {
											return err
										}
										step.Queue("Sales")
										return nil
									})
								case 2:
									_, _ = r.desk.Accept(t.Context(), "Ann", pat.contactID)
								case 3:
									_ = r.desk.Transfer(t.Context(), "Ann", pat.contactID, desk.Target{Queue: "Sales"})
								}
								waiting := 0
								for _, c := range r.chats.Active() {
									agent := slices.ContainsFunc(c.Participants, func(p chat.Participant) bool { return p.Active() && p.Role == transcript.Agent })
									if c.Queue != nil && c.Queue.Name == "Sales" && !agent {
										waiting++
									}
								}
								if waiting > most {
									t.Errorf("%d wait", waiting)
								}
							}
						})
					}
					all.Wait()
					disk.one.Store(0)
					disk.slow.Store(false)
					for _, id := range r.waiting("Sales")[min(1, len(r.waiting("Sales"))):] { // one is left for after the restart
						if err := r.chats.End(t.Context(), id, chat.CustomerDisconnect); err != nil {
							t.Error(err)
						}
					}
				}
			})
		})
	}
}

// A place that was kept for a contact that did not come is free again.
func TestAdmitForgets(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRoomWith(t, nil, desk.Config{Capacity: map[string]int{"Sales": 1}})
		one, two := r.start(chat.StartRequest{}), r.start(chat.StartRequest{})
		refusal(t, "the first", r.desk.Admit(one.contactID, "Sales"), nil)
		refusal(t, "the first again", r.desk.Admit(one.contactID, "Sales"), nil)
		refusal(t, "the second", r.desk.Admit(two.contactID, "Sales"), desk.ErrQueueFull)
		one.connect() // and is queued elsewhere
		refusal(t, "the second", r.desk.Admit(two.contactID, "Sales"), nil)
		if err := r.chats.End(t.Context(), two.contactID, chat.CustomerDisconnect); err != nil {
			t.Fatal(err)
		}
		r.add(desk.AgentConfig{Name: "Ann"})
		r.accept("Ann", one.contactID)
		r.wait(chat.Queued{Name: "Sales"})
		refusal(t, "a transfer", r.desk.Transfer(t.Context(), "Ann", one.contactID, desk.Target{Queue: "Sales"}), desk.ErrQueueFull)
	})
}

// A transfer that fails keeps no place in the queue it was to go to.
func TestFailedTransferKeepsNoPlace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		doomed := "made to fail"
		r := newRoomWith(t, nil, desk.Config{
			Capacity: map[string]int{"Sales": 1}, FailTransfer: func(string, string) string { return doomed },
		})
		disk := &flaky{Store: r.store}
		r.close()
		r.store = disk
		r.open(nil)
		r.begin()
		r.add(desk.AgentConfig{Name: "Ann"})
		pat := r.arrive()
		r.accept("Ann", pat.contactID)
		to := desk.Target{Queue: "Sales"}
		refusal(t, "a fault", r.desk.Transfer(t.Context(), "Ann", pat.contactID, to), desk.ErrTransfer)
		other := r.start(chat.StartRequest{})
		refusal(t, "another, after a fault", r.desk.Admit(other.contactID, "Sales"), nil)
		other.connect() // and is queued elsewhere
		doomed = ""
		disk.one.Store(1)
		if err := r.desk.Transfer(t.Context(), "Ann", pat.contactID, to); err == nil {
			t.Error("a transfer that is not stored succeeds")
		}
		disk.one.Store(0)
		refusal(t, "another, after a failure", r.desk.Admit(r.start(chat.StartRequest{}).contactID, "Sales"), nil)
	})
}
