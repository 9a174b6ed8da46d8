package instance_test

import (
	"encoding/json"
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
	rest := map[string]json.RawMessage{"AutoAcceptConfigs": json.RawMessage(`[{"Channel":"VOICE","AutoAccept":false},{"Channel":"CHAT","AutoAccept":true}]`)}
	user, err := k.Users.Create(t.Context(), instance.Item[instance.User]{Name: "ann", Is: instance.User{ProfileID: profile.ID, Rest: rest}})
	if err != nil {
		t.Fatal(err)
	}
	want := []instance.Post{{UserID: user.ID, Name: "ann", Chats: 2, AutoAccept: true, Queues: []instance.PostQueue{
		{Name: "Default", Priority: 2, Delay: 30 * time.Second}, {Name: "Sales", Priority: 1}, {Name: "Letters", Priority: 100},
	}}}
	if diff := cmp.Diff(want, k.Posts()); diff != "" {
		t.Errorf("posts (-want +got):\n%s", diff)
	}
}

// Whether a user accepts chats is one entry of AutoAcceptConfigs: the others stay when it changes.
func TestPostsAcceptChats(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		given string
		on    bool
		want  string
	}{
		{``, false, `[{"Channel":"CHAT","AutoAccept":true}]`},
		{`[]`, false, `[{"Channel":"CHAT","AutoAccept":true}]`},
		{
			`[{"Channel":"VOICE","AutoAccept":true,"AgentFirstCallbackAutoAccept":false}]`, false,
			`[{"Channel":"VOICE","AutoAccept":true,"AgentFirstCallbackAutoAccept":false},{"Channel":"CHAT","AutoAccept":true}]`,
		},
		{
			`[{"Channel":"CHAT","AutoAccept":true},{"Channel":"TASK","AutoAccept":true}]`, true,
			`[{"Channel":"CHAT","AutoAccept":false},{"Channel":"TASK","AutoAccept":true}]`,
		},
	} {
		u := &instance.User{}
		if c.given != "" {
			u.Rest = map[string]json.RawMessage{"AutoAcceptConfigs": json.RawMessage(c.given)}
		}
		if u.AcceptsChats() != c.on {
			t.Errorf("%s accepts chats: %v", c.given, !c.on)
		}
		if err := u.AcceptChats(!c.on); err != nil || u.AcceptsChats() == c.on {
			t.Errorf("%s is not changed: %v", c.given, err)
		}
		if got := string(u.Rest["AutoAcceptConfigs"]); got != c.want {
			t.Errorf("%s becomes %s, not %s", c.given, got, c.want)
		}
	}
}
