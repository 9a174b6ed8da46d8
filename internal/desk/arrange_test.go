package desk_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/desk"
	"github.com/parley-chat/parley/internal/partner"
)

// arrange changes the queues or the users of the instance, as calls of its API do: a queue is created,
// renamed, disabled, bounded or deleted, or a user gets other queues, or is none any more.
func (j *juggler) arrange(ctx context.Context, m *rand.Rand, agent string) error {
	j.arranging.Lock()
	defer j.arranging.Unlock()
	id := fmt.Sprint("q-", m.IntN(3))
	at := slices.IndexFunc(j.queues, func(q desk.QueueConfig) bool { return q.ID == id })
	switch what := m.IntN(7); {
	case what < 2: // users
		j.posts = slices.DeleteFunc(j.posts, func(p desk.Post) bool { return p.Name == agent })
		if what == 0 {
			j.posts = append(j.posts, desk.Post{UserID: "u-" + agent, Name: agent, Queues: queues(m, desk.DefaultQueue, id, "Sales")[m.IntN(3):], Chats: 4})
		}
		return j.r.desk.Staff(ctx, slices.Clone(j.posts))
	case at < 0:
		j.queues = append(j.queues, desk.QueueConfig{ID: id, Name: id})
	case what == 2:
		q := &j.queues[at]
		q.Former, q.Name = append(slices.Clone(q.Former), q.Name), fmt.Sprint(id, " ", m.IntN(1000))
	case what == 3:
		j.queues[at].Closed = !j.queues[at].Closed
	case what == 4:
		j.queues[at].Capacity = m.IntN(4) - 1
	case j.r.desk.Retire(id):
		j.queues = slices.Delete(slices.Clone(j.queues), at, at+1)
	}
	j.r.desk.Arrange(slices.Clone(j.queues))
	return nil
}

// enqueue moves a contact that waits into a queue of the instance, as a contact flow does.
func (j *juggler) enqueue(ctx context.Context, m *rand.Rand, contactID string) {
	j.arranging.Lock()
	name := fmt.Sprint("q-", m.IntN(3))
	if at := slices.IndexFunc(j.queues, func(q desk.QueueConfig) bool { return q.ID == name }); at >= 0 {
		name = j.queues[at].Name
	}
	j.arranging.Unlock()
	_ = j.r.chats.Step(ctx, contactID, func(step *chat.Step) error {
		if step.Contact().Queue != nil && j.r.desk.Admit(contactID, name) == nil {
			step.Queue(name)
		}
		return nil
	})
}

// A queue of the instance holds as many as it may, keeps who waits when it gets another name or is
// disabled, and is gone once nobody waits.
func TestArrange(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, nil)
		arrange := func(cfg ...desk.QueueConfig) { r.desk.Arrange(cfg) }
		enter := func(contactID, queue string, want error) {
			t.Helper()
			err := r.desk.Admit(contactID, queue)
			refusal(t, "entering "+queue, err, want)
			if err == nil {
				if err := r.chats.Step(t.Context(), contactID, func(step *chat.Step) error { step.Queue(queue); return nil }); err != nil {
					t.Fatal(err)
				}
			}
		}
		one, two := r.arrive(), r.arrive()
		arrange(desk.QueueConfig{ID: "q", Name: "Sales", Capacity: 1})
		enter(one.contactID, "Sales", nil)
		enter(two.contactID, "Sales", desk.ErrQueueFull)
		arrange(desk.QueueConfig{ID: "q", Name: "Orders", Former: []string{"Sales"}, Capacity: -1})
		if got := r.waiting("Orders"); !slices.Equal(got, []string{one.contactID}) {
			t.Errorf("%q wait in the renamed queue", got)
		}
		enter(two.contactID, "Orders", desk.ErrQueueFull)
		arrange(desk.QueueConfig{ID: "q", Name: "Orders", Former: []string{"Sales"}, Closed: true})
		enter(two.contactID, "Sales", desk.ErrQueueClosed)
		if r.desk.Retire("q") {
			t.Error("a queue in which somebody waits was retired")
		}
		r.add(desk.AgentConfig{Name: "Ann"})
		r.accept("Ann", one.contactID)
		arrange(desk.QueueConfig{ID: "q", Name: "Orders"})
		if !r.desk.Retire("q") {
			t.Error("an empty queue was not retired")
		}
		enter(two.contactID, "Orders", desk.ErrQueueClosed)
		arrange()
		for _, q := range r.desk.Snapshot().Queues {
			if q.Name == "Orders" {
				t.Error("the queue is still there")
			}
		}
	})
}

// queues are those of a post, on some terms.
func queues(m *rand.Rand, names ...string) []desk.PostQueue {
	var all []desk.PostQueue
	for _, name := range names {
		all = append(all, desk.PostQueue{Name: name, Priority: m.IntN(3), Delay: time.Duration(m.IntN(3)) * time.Second})
	}
	return all
}

// A user is an agent who takes chats of the queues of the post alone, a scripted one too, until the user
// is none any more: then a person is gone and a script is what it was.
func TestStaff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, nil)
		r.add(desk.AgentConfig{Name: "Bot", Partner: partner.Echo{Pause: -1}, State: desk.Away})
		staff := func(posts ...desk.Post) {
			t.Helper()
			if err := r.desk.Staff(t.Context(), posts); err != nil {
				t.Fatal(err)
			}
		}
		sales := []desk.PostQueue{{Name: "Sales"}}
		staff(desk.Post{UserID: "u-1", Name: "Ann", Queues: sales, Chats: 2}, desk.Post{UserID: "u-2", Name: "Bot", Queues: sales, Chats: 1})
		if a, err := r.desk.Agent("u-1"); err != nil || a.Name != "Ann" || a.State != desk.Offline || a.Capacity != 2 {
			t.Errorf("the user is %+v, %v", a, err)
		}
		r.add(desk.AgentConfig{Name: "Ann"}) // she comes
		if m := r.desk.Metrics("Sales", ""); m.Available != 1 || m.Online != 2 {
			t.Errorf("her queue has %+v", m)
		}
		if m := r.desk.Metrics(desk.DefaultQueue, ""); m.Online != 0 {
			t.Errorf("another queue has %+v", m)
		}
		other := r.arrive() // waits in the queue Default, of which nobody is
		state := desk.Available
		if _, err := r.desk.Change("Bot", desk.AgentChange{State: &state}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if got := r.holds("Bot"); len(got) != 0 {
			t.Errorf("the script has %q", got)
		}
		r.accept("Ann", other.contactID)
		staff() // her chat waits again, and is the script's
		synctest.Wait()
		if got := r.holds("Bot"); !slices.Equal(got, []string{other.contactID}) {
			t.Errorf("the script has %q", got)
		}
		if _, err := r.desk.Agent("Ann"); err == nil {
			t.Error("the agent of a deleted user is there")
		}
	})
}
