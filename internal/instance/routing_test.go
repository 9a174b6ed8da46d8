package instance_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/instance"
)

// A user takes chats on the terms of the routing profile: its queues of chats with their priorities and
// delays, and behind them those from which users take chats themselves.
func TestPosts(t *testing.T) {
	t.Parallel()
	k := open(t, instance.Config{Store: &shelf{}, Given: configured})
	ids := map[string]string{"Default": "q"}
	for _, name := range []string{"Sales", "Letters"} {
		q, err := k.Queues.Create(t.Context(), queueOf(name, "h"))
		if err != nil {
			t.Fatal(err)
		}
		ids[name] = q.ID
	}
	on := func(name, channel string, priority, delay int) instance.ProfileQueue {
		return instance.ProfileQueue{ID: ids[name], Channel: channel, Priority: priority, Delay: delay}
	}
	profile, err := k.Profiles.Create(t.Context(), instance.Item[instance.Profile]{Name: "p", Is: instance.Profile{
		OutboundQueueID: "q", Chats: 2, Queues: []instance.ProfileQueue{on("Sales", "VOICE", 1, 0), on("Default", "CHAT", 2, 30), on("Sales", "CHAT", 1, 0)},
		Manual: []instance.ProfileQueue{on("Letters", "CHAT", 0, 0), on("Sales", "CHAT", 0, 0)},
	}})
	if err != nil {
		t.Fatal(err)
	}
	user, err := k.Users.Create(t.Context(), instance.Item[instance.User]{Name: "ann", Is: instance.User{ProfileID: profile.ID}})
	if err != nil {
		t.Fatal(err)
	}
	want := []instance.Post{{UserID: user.ID, Name: "ann", Chats: 2, Queues: []instance.PostQueue{
		{Name: "Default", Priority: 2, Delay: 30 * time.Second}, {Name: "Sales", Priority: 1}, {Name: "Letters", Priority: 100},
	}}}
	if diff := cmp.Diff(want, k.Posts()); diff != "" {
		t.Errorf("posts (-want +got):\n%s", diff)
	}
}
