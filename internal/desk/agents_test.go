package desk_test

import (
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/blob"
	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/desk"
	"github.com/parley-chat/parley/internal/partner"
	"github.com/parley-chat/parley/internal/transcript"
)

// refusal checks that an error is the expected one; nil means none.
func refusal(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v instead of %v", what, err, want)
	}
}

// waiting returns the contacts that wait in a queue.
func (r *room) waiting(queue string) (ids []string) {
	for _, q := range r.desk.Snapshot().Queues {
		for _, w := range q.Waiting {
			if q.Name == queue {
				ids = append(ids, w.ContactID)
			}
		}
	}
	return ids
}

// holds returns the contacts an agent is in.
func (r *room) holds(name string) (ids []string) {
	agent, err := r.desk.Agent(name)
	if err != nil {
		return nil
	}
	for _, h := range agent.Contacts {
		ids = append(ids, h.ContactID)
	}
	return ids
}

// arrive starts a chat and opens its socket.
func (r *room) arrive() *customer {
	r.t.Helper()
	pat := r.start(chat.StartRequest{})
	pat.connect()
	synctest.Wait()
	return pat
}

func (r *room) accept(name, contactID string) {
	r.t.Helper()
	if _, err := r.desk.Accept(r.t.Context(), name, contactID); err != nil {
		r.t.Fatal(err)
	}
	synctest.Wait()
}

func TestAPersonAnswers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		changes := make(chan struct{}, 1000)
		r := newRoomWith(t, nil, desk.Config{Greeting: "Please wait.", Changed: func() { changes <- struct{}{} }})
		ctx := t.Context()
		unborn := r.start(chat.StartRequest{})
		pat := r.arrive()
		began := time.Now()
		if diff := cmp.Diff([]string{"plain: Please wait."}, pat.heard()); diff != "" {
			t.Error(diff)
		}
		pass(time.Second)
		r.add(desk.AgentConfig{Name: "Ann"})
		r.add(desk.AgentConfig{Name: "Bob", State: desk.Away})
		for name, c := range map[string]struct {
			agent, contact string
			want           error
		}{
			"nobody": {"Eve", pat.contactID, desk.ErrNoAgent}, "nothing": {"Ann", "none", desk.ErrNoContact},
			"no customer yet": {"Ann", unborn.contactID, desk.ErrNoContact}, "away": {"Bob", pat.contactID, desk.ErrUnavailable},
		} {
			_, err := r.desk.Accept(ctx, c.agent, c.contact)
			refusal(t, name, err, c.want)
		}
		if err := r.desk.Reject("Bob", pat.contactID); err != nil {
			t.Error(err)
		}
		want := desk.Snapshot{
			Queues: []desk.Queue{{Name: desk.DefaultQueue, Waiting: []desk.Waiting{
				{ContactID: pat.contactID, Customer: "Pat", Since: began.UTC(), Priority: chat.DefaultPriority, RejectedBy: []string{"Bob"}},
			}}},
			Agents: []desk.Agent{
				{Name: "Ann", State: desk.Available, Capacity: desk.DefaultCapacity},
				{Name: "Bob", State: desk.Away, Capacity: desk.DefaultCapacity},
			},
		}
		got := r.desk.Snapshot()
		for i := range got.Agents {
			got.Agents[i].ID = ""
		}
		got.Queues[0].ID = ""
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		for len(changes) > 0 {
			<-changes
		}

		id, err := r.desk.Accept(ctx, "Ann", pat.contactID)
		refusal(t, "accepting", err, nil)
		again, err := r.desk.Accept(ctx, "Ann", pat.contactID)
		if id == "" || again != id || err != nil {
			t.Errorf("accepted as %q, then as %q, %v", id, again, err)
		}
		if len(changes) == 0 {
			t.Error("nobody was told")
		}
		taken, _ := errors.AsType[*desk.TakenError](r.desk.Reject("Bob", pat.contactID))
		if taken == nil || taken.By != "Ann" {
			t.Errorf("rejecting what Ann has: %v", taken)
		}
		pat.say("Hello?")
		message := pat.lastMessage()
		sent, err := r.desk.Say(ctx, "Ann", pat.contactID, transcript.Message{ContentType: transcript.TextPlain, Content: "Hi!"})
		if err != nil || sent.ID == "" {
			t.Error(err)
		}
		refusal(t, "typing", r.desk.Typing(ctx, "Ann", pat.contactID), nil)
		refusal(t, "reading", r.desk.Read(ctx, "Ann", pat.contactID, message), nil)
		refusal(t, "saying as another", r.desk.Typing(ctx, "Bob", pat.contactID), desk.ErrNotThere)
		_, err = r.desk.Say(ctx, "Ann", pat.contactID, transcript.Message{ContentType: transcript.TextPlain})
		if _, ok := errors.AsType[*chat.InvalidError](err); !ok {
			t.Errorf("saying nothing: %v", err)
		}
		if diff := cmp.Diff([]string{"joined", "plain: Hi!", "typing", "read"}, pat.heard()); diff != "" {
			t.Error(diff)
		}
		refusal(t, "leaving", r.desk.Leave(ctx, "Ann", pat.contactID), nil)
		refusal(t, "leaving again", r.desk.Leave(ctx, "Ann", pat.contactID), desk.ErrNoContact)
		if diff := cmp.Diff([]string{"left", "ended"}, pat.heard()); diff != "" || len(r.holds("Ann")) != 0 {
			t.Errorf("%s, Ann has %q", diff, r.holds("Ann"))
		}
	})
}

// lastMessage returns the id of what the customer said last.
func (c *customer) lastMessage() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, item := range slices.Backward(c.items) {
		if item.Role == transcript.Customer && item.Type == transcript.MessageItem {
			return item.ID
		}
	}
	return ""
}

func TestTwoAcceptAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, nil)
		names := []string{"Ann", "Bob", "Cleo", "Dan"}
		for _, name := range names {
			r.add(desk.AgentConfig{Name: name})
		}
		for range 20 {
			pat := r.arrive()
			winner, losers := make(chan string, len(names)), make(chan error, len(names))
			var all sync.WaitGroup
			for _, name := range names {
				all.Go(func() {
					if _, err := r.desk.Accept(t.Context(), name, pat.contactID); err != nil {
						losers <- err
						return
					}
					winner <- name
				})
			}
			all.Wait()
			if len(winner) != 1 || len(losers) != len(names)-1 {
				t.Fatalf("%d of %d got the contact", len(winner), len(names))
			}
			won := <-winner
			for len(losers) > 0 {
				err := <-losers
				if taken, ok := errors.AsType[*desk.TakenError](err); !ok || taken.By != won || !errors.Is(err, desk.ErrTaken) {
					t.Errorf("%s won, and another was told %v", won, err)
				}
			}
			if err := r.desk.End(t.Context(), won, pat.contactID); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// A contact that ends while it is answered is told as such, whoever is at it.
func TestEndsWhileAnswered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, nil)
		ctx := t.Context()
		r.add(desk.AgentConfig{Name: "Ann"})
		r.add(desk.AgentConfig{Name: "Bob"})
		waits, talks := r.arrive(), r.arrive()
		r.accept("Ann", talks.contactID)
		for _, pat := range []*customer{waits, talks} {
			if err := r.chats.End(ctx, pat.contactID, chat.CustomerDisconnect); err != nil {
				t.Fatal(err)
			}
		}
		_, err := r.desk.Accept(ctx, "Bob", waits.contactID)
		refusal(t, "accepting", err, desk.ErrNoContact)
		refusal(t, "rejecting", r.desk.Reject("Bob", waits.contactID), desk.ErrNoContact)
		_, err = r.desk.Supervise(ctx, "Bob", talks.contactID)
		refusal(t, "supervising", err, desk.ErrNoContact)
		_, err = r.desk.Say(ctx, "Ann", talks.contactID, transcript.Message{ContentType: transcript.TextPlain, Content: "x"})
		refusal(t, "saying", err, desk.ErrNoContact)
		refusal(t, "typing", r.desk.Typing(ctx, "Ann", talks.contactID), desk.ErrNoContact)
		refusal(t, "transferring", r.desk.Transfer(ctx, "Ann", talks.contactID, desk.Target{Agent: "Bob"}), desk.ErrNoContact)
		refusal(t, "ending", r.desk.End(ctx, "Ann", talks.contactID), desk.ErrNoContact)
		if len(r.waiting(desk.DefaultQueue)) != 0 || len(r.holds("Ann")) != 0 {
			t.Errorf("%+v", r.desk.Snapshot())
		}
	})
}

func TestTransfers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRoomWith(t, nil, desk.Config{Greeting: "Please wait.", Queues: []string{"Sales"}})
		ctx := t.Context()
		for _, cfg := range []desk.AgentConfig{{Name: "Ann"}, {Name: "Bob", Capacity: 1}, {Name: "Cleo", State: desk.Offline}} {
			r.add(cfg)
		}
		pat, other := r.arrive(), r.arrive()
		r.accept("Ann", pat.contactID)
		r.accept("Ann", other.contactID)
		for name, c := range map[string]struct {
			to   desk.Target
			want error
		}{
			"nobody": {desk.Target{Agent: "Eve"}, desk.ErrNoAgent}, "no queue": {desk.Target{Queue: "None"}, desk.ErrNoQueue},
			"nowhere": {desk.Target{}, desk.ErrNoQueue}, "offline": {desk.Target{Agent: "Cleo"}, desk.ErrUnavailable},
			"to oneself": {desk.Target{Agent: "Ann"}, desk.ErrExists},
		} {
			refusal(t, name, r.desk.Transfer(ctx, "Ann", pat.contactID, c.to), c.want)
		}
		refusal(t, "what one has not", r.desk.Transfer(ctx, "Bob", pat.contactID, desk.Target{Queue: "Sales"}), desk.ErrNotThere)
		pat.heard()

		bob, err := r.desk.Agent("Bob")
		refusal(t, "Bob", err, nil)
		refusal(t, "to an agent", r.desk.Transfer(ctx, "Ann", pat.contactID, desk.Target{Agent: bob.ID}), nil)
		refusal(t, "to one who is busy", r.desk.Transfer(ctx, "Ann", other.contactID, desk.Target{Agent: "Bob"}), desk.ErrFull)
		if diff := cmp.Diff([]string{"left", "joined", "succeeded"}, pat.heard()); diff != "" {
			t.Error(diff)
		}
		pass(time.Second)
		refusal(t, "to a queue", r.desk.Transfer(ctx, "Bob", pat.contactID, desk.Target{Queue: "Sales"}), nil)
		pass(time.Second)
		if diff := cmp.Diff([]string{"left", "succeeded"}, pat.heard()); diff != "" { // and no second greeting
			t.Error(diff)
		}
		if got := r.waiting("Sales"); !slices.Equal(got, []string{pat.contactID}) {
			t.Errorf("in Sales are %q", got)
		}
		r.accept("Ann", pat.contactID)
		refusal(t, "End", r.desk.End(ctx, "Ann", pat.contactID), nil)
		if c, err := r.chats.Contact(ctx, pat.contactID); err != nil || c.Reason != chat.AgentDisconnect {
			t.Errorf("%s, %v", c.Reason, err)
		}
	})
}

func TestSupervises(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, nil)
		ctx := t.Context()
		r.add(desk.AgentConfig{Name: "Ann"})
		r.add(desk.AgentConfig{Name: "Sue", State: desk.Away})
		pat := r.arrive()
		r.accept("Ann", pat.contactID)
		id, err := r.desk.Supervise(ctx, "Sue", pat.contactID)
		refusal(t, "supervising", err, nil)
		if again, err := r.desk.Supervise(ctx, "Sue", pat.contactID); again != id || err != nil {
			t.Errorf("twice: %q, %v", again, err)
		}
		_, err = r.desk.Say(ctx, "Sue", pat.contactID, transcript.Message{ContentType: transcript.TextPlain, Content: "Let me help."})
		refusal(t, "saying", err, nil)
		refusal(t, "a receipt among three", r.desk.Read(ctx, "Ann", pat.contactID, "any"), nil)
		refusal(t, "transferring", r.desk.Transfer(ctx, "Sue", pat.contactID, desk.Target{Queue: desk.DefaultQueue}), desk.ErrNotThere)
		refusal(t, "leaving", r.desk.Leave(ctx, "Sue", pat.contactID), nil)
		if got := pat.heard(); !slices.Equal(got, []string{"joined", "joined", "plain: Let me help.", "left"}) || pat.ended {
			t.Errorf("heard %q", got)
		}
		// Who watched a contact that waits can take it.
		next := r.arrive()
		if _, err = r.desk.Supervise(ctx, "Ann", next.contactID); err != nil || len(r.waiting(desk.DefaultQueue)) != 1 {
			t.Errorf("%v, waiting %q", err, r.waiting(desk.DefaultQueue))
		}
		r.accept("Ann", next.contactID)
		if c, err := r.chats.Contact(ctx, next.contactID); err != nil || c.Participants[1].Active() || !c.Participants[2].Active() {
			t.Errorf("%+v, %v", c.Participants, err)
		}
	})
}

func TestCapacity(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, nil)
		r.add(desk.AgentConfig{Name: "Ann", Capacity: 1})
		r.add(desk.AgentConfig{Name: "Bot", Capacity: 2, Partner: partner.Echo{Pause: -1}, Queues: []string{"Bots", desk.DefaultQueue}})
		var pats []*customer
		for range 5 {
			pats = append(pats, r.arrive())
			pass(time.Second)
		}
		if n, m := len(r.holds("Bot")), len(r.waiting(desk.DefaultQueue)); n != 2 || m != 3 {
			t.Fatalf("the bot has %d, %d wait", n, m)
		}
		r.accept("Ann", pats[2].contactID)
		_, err := r.desk.Accept(t.Context(), "Ann", pats[3].contactID)
		refusal(t, "a second chat", err, desk.ErrFull)
		pats[0].say("bye") // which makes room for the one that waits longest
		pass(time.Second)
		if got := r.holds("Bot"); !slices.Equal(got, []string{pats[1].contactID, pats[3].contactID}) {
			t.Errorf("the bot has %q", got)
		}
		if _, err := r.desk.Change("Bot", desk.AgentChange{Capacity: new(0)}); err != nil {
			t.Error(err)
		}
		pass(time.Second)
		if got := r.waiting(desk.DefaultQueue); len(got) != 0 {
			t.Errorf("waiting: %q", got)
		}
	})
}

// The built-in partner steps back when a person comes, and in when nobody is there.
func TestStandby(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRoomWith(t, nil, desk.Config{Greeting: "Please wait."})
		echo := partner.Echo{Pause: -1}.Agent()
		echo.Standby = true
		r.add(echo)
		first := r.arrive()
		pass(time.Second)
		if got := first.heard(); len(got) != 2 || got[0] != "joined" || !strings.HasPrefix(got[1], "plain: Hello Pat!") {
			t.Errorf("heard %q", got)
		}
		r.add(desk.AgentConfig{Name: "Ann"})
		second := r.arrive()
		pass(time.Second)
		if diff := cmp.Diff([]string{"plain: Please wait."}, second.heard()); diff != "" {
			t.Error(diff)
		}
		if _, err := r.desk.Change("Ann", desk.AgentChange{State: new(desk.Away)}); err != nil {
			t.Fatal(err)
		}
		pass(time.Second)
		if got := second.heard(); len(got) != 2 {
			t.Errorf("heard %q", got)
		}
	})
}

// Whoever brings a script wants it to answer, and not the built-in partner every other time.
func TestStandbyLeavesChatsToScripts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRoomWith(t, nil, desk.Config{})
		echo := partner.Echo{Pause: -1}.Agent()
		echo.Standby = true
		r.add(echo)
		robin, err := partner.Parse("robin.yaml", []byte("name: Robin\ncapacity: 2\ntyping: false\ngreeting: Robin here.\n"))
		if err != nil {
			t.Fatal(err)
		}
		r.add(robin.Agents())
		for i := range 3 {
			pat := r.arrive()
			pass(time.Second)
			heard := pat.heard()
			// For the third Robin has no room.
			if byRobin := slices.Equal(heard, []string{"joined", "plain: Robin here."}); len(heard) != 2 || byRobin != (i < 2) {
				t.Errorf("chat %d heard %q", i, heard)
			}
		}
	})
}

func TestRemove(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, partner.Echo{Pause: -1})
		pat := r.arrive()
		r.add(desk.AgentConfig{Name: "Ann"})
		if _, err := r.desk.Supervise(t.Context(), "Ann", pat.contactID); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{partner.DefaultName, "Ann"} {
			refusal(t, "removing "+name, r.desk.Remove(t.Context(), name), nil)
			refusal(t, "removing twice", r.desk.Remove(t.Context(), name), desk.ErrNoAgent)
		}
		if got := r.waiting(desk.DefaultQueue); !slices.Equal(got, []string{pat.contactID}) || pat.ended {
			t.Errorf("waiting: %q, ended %t", got, pat.ended)
		}
		// It does not go back to who gave it up, but to anybody else.
		r.add(partner.Echo{Pause: -1}.Agent())
		pass(time.Second)
		if len(r.waiting(desk.DefaultQueue)) != 1 {
			t.Error("the partner took it back")
		}
		r.add(desk.AgentConfig{Name: "Bot", Partner: partner.Echo{Pause: -1}})
		pass(time.Second)
		if got := r.holds("Bot"); !slices.Equal(got, []string{pat.contactID}) {
			t.Errorf("the bot has %q", got)
		}
	})
}

// Who joins past the desk is there as long as that lasts.
func TestGuests(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, nil)
		pat := r.arrive()
		joined, err := r.chats.Join(t.Context(), pat.contactID, transcript.Agent, "Guest")
		refusal(t, "joining", err, nil)
		if got := r.holds("Guest"); !slices.Equal(got, []string{pat.contactID}) || len(r.waiting(desk.DefaultQueue)) != 0 {
			t.Errorf("the guest has %q", got)
		}
		if err := r.chats.Leave(t.Context(), pat.contactID, joined.ParticipantID); err != nil {
			t.Fatal(err)
		}
		if _, err := r.desk.Agent("Guest"); !errors.Is(err, desk.ErrNoAgent) {
			t.Errorf("afterwards: %v", err)
		}
	})
}

// People come back to their contacts by their names, and queues keep what waits.
func TestRestartWithPeople(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRoomWith(t, nil, desk.Config{Greeting: "Please wait.", Queues: []string{"Sales"}})
		r.add(desk.AgentConfig{Name: "Ann"})
		mine, sold, waits := r.arrive(), r.arrive(), r.arrive()
		r.accept("Ann", mine.contactID)
		r.accept("Ann", sold.contactID)
		pass(time.Minute)
		if err := r.desk.Transfer(t.Context(), "Ann", sold.contactID, desk.Target{Queue: "Sales"}); err != nil {
			t.Fatal(err)
		}
		before := r.desk.Snapshot()
		before.Agents[0].State = desk.Offline
		r.close()
		r.cfg.Queues = nil // the contact tells
		r.open(nil)
		r.begin()
		pass(time.Second)
		if diff := cmp.Diff(before, r.desk.Snapshot()); diff != "" {
			t.Error(diff)
		}
		if got := waits.heard(); !slices.Equal(got, []string{"plain: Please wait."}) {
			t.Errorf("heard %q", got)
		}
		r.add(desk.AgentConfig{Name: "Ann"})
		_, err := r.desk.Say(t.Context(), "Ann", mine.contactID, transcript.Message{ContentType: transcript.TextPlain, Content: "Still here."})
		refusal(t, "saying", err, nil)
	})
}

func TestNames(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, partner.Echo{Pause: -1})
		for _, cfg := range []desk.AgentConfig{
			{},
			{Name: " "},
			{Name: "a\x00"},
			{Name: "\xff"},
			{Name: strings.Repeat("ä", 257)},
			{Name: "a", State: "asleep"},
			{Name: "a", Capacity: -1},
			{Name: "a", Count: 2},
			{Name: "a", Partner: partner.Echo{}, Queues: []string{""}},
			{Name: "a", Partner: partner.Echo{}, Count: 10_001},
			{Name: "a", Partner: partner.Echo{}, Count: 10_000},
		} {
			_, err := r.desk.Add(cfg)
			if _, ok := errors.AsType[*desk.NameError](err); !ok {
				t.Errorf("%+v: %v", cfg, err)
			}
		}
		r.add(desk.AgentConfig{Name: strings.Repeat("ä", 256)})
		_, err := r.desk.Add(desk.AgentConfig{Name: partner.DefaultName})
		refusal(t, "a person in the partner's name", err, desk.ErrExists)
		r.add(desk.AgentConfig{Name: "Ann"})
		_, err = r.desk.Add(desk.AgentConfig{Name: "Ann", Partner: partner.Echo{}})
		refusal(t, "a script in a person's name", err, desk.ErrExists)
		r.add(desk.AgentConfig{Name: "Ann"}) // comes back
		r.add(desk.AgentConfig{Name: "Bot", Partner: partner.Echo{}, Count: 3})
		for _, name := range []string{"Bot", "Bot 2", "Bot 3"} {
			if a, err := r.desk.Agent(name); err != nil || !a.Scripted || a.Capacity != 0 {
				t.Errorf("%+v, %v", a, err)
			}
		}
		for _, change := range []desk.AgentChange{{State: new(desk.State("x"))}, {Capacity: new(-1)}} {
			_, err := r.desk.Change("Ann", change)
			if _, ok := errors.AsType[*desk.NameError](err); !ok {
				t.Errorf("%+v: %v", change, err)
			}
		}
		_, err = r.desk.Change("Eve", desk.AgentChange{})
		refusal(t, "a change of nobody", err, desk.ErrNoAgent)
		_, err = desk.New(desk.Config{Chats: r.chats, Queues: []string{"\n"}})
		if _, ok := errors.AsType[*desk.NameError](err); !ok {
			t.Errorf("a queue without a name: %v", err)
		}
	})
}

// openBlobs opens an empty directory for attachments.
func openBlobs(t *testing.T) *blob.Dir {
	t.Helper()
	dir, err := blob.Open(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = dir.Close() })
	return dir
}

// content returns an attachment's bytes.
func content(t *testing.T, kept *blob.Dir, id string) string {
	t.Helper()
	file, err := kept.Open(id)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	text, err := io.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestSendFile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		kept := openBlobs(t)
		scanned := make(chan transcript.File, 1)
		r := newRoomWith(t, nil, desk.Config{Files: kept, Scan: func(f transcript.File) { scanned <- f }})
		ctx := t.Context()
		r.add(desk.AgentConfig{Name: "Ann"})
		pat := r.arrive()
		r.accept("Ann", pat.contactID)
		send := func(name, content string, size int64) (transcript.File, error) {
			return r.desk.SendFile(ctx, "Ann", pat.contactID, desk.Attachment{
				Name: name, ContentType: "text/plain", Size: size, Body: strings.NewReader(content),
			})
		}
		for name, c := range map[string]struct {
			name, content string
			size          int64
		}{
			"nothing": {"a.txt", "", 0}, "less": {"a.txt", "ab", 3}, "more": {"a.txt", "abcd", 3}, "a program": {"a.exe", "abc", 3},
		} {
			_, err := send(c.name, c.content, c.size)
			if _, ok := errors.AsType[*chat.InvalidError](err); !ok {
				t.Errorf("%s: %v", name, err)
			}
		}
		file, err := send("a.txt", "abc", 3)
		if err != nil || content(t, kept, file.ID) != "abc" || file.Status != transcript.FileScanning {
			t.Fatalf("%+v, %v", file, err)
		}
		if f := <-scanned; f.ID != file.ID {
			t.Errorf("scanned %+v", f)
		}
		if err := r.chats.Decide(ctx, file.ID, true); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff([]string{"joined", "", ""}, pat.heard()); diff != "" {
			t.Error(diff)
		}
		bare := newRoom(t, nil)
		bare.add(desk.AgentConfig{Name: "Ann"})
		pat = bare.arrive()
		bare.accept("Ann", pat.contactID)
		_, err = bare.desk.SendFile(ctx, "Ann", pat.contactID, desk.Attachment{Name: "a.txt", Size: 1, Body: io.LimitReader(nil, 0)})
		refusal(t, "nowhere to keep it", err, desk.ErrNoFiles)
	})
}

// A scripted agent who comes to a contact of somebody else answers what is said from then on.
func TestTransferToAScript(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, nil)
		r.add(desk.AgentConfig{Name: "Ann"})
		r.add(desk.AgentConfig{Name: "Bot", Partner: partner.Echo{Pause: -1}, Queues: []string{"Bots"}})
		pat := r.arrive()
		r.accept("Ann", pat.contactID)
		pat.say("for Ann")
		pass(time.Second)
		if _, err := r.desk.Say(t.Context(), "Ann", pat.contactID, transcript.Message{ContentType: transcript.TextPlain, Content: "One moment"}); err != nil {
			t.Fatal(err)
		}
		if err := r.desk.Transfer(t.Context(), "Ann", pat.contactID, desk.Target{Queue: "Bots"}); err != nil {
			t.Fatal(err)
		}
		pass(time.Second)
		pat.say("for the bot")
		pass(time.Second)
		r.close()
		r.open(nil)
		r.add(desk.AgentConfig{Name: "Bot", Partner: partner.Echo{Pause: -1}, Queues: []string{"Bots"}})
		r.begin()
		pat.say("again")
		pass(time.Second)
		want := []string{"One moment", "Hello Pat!", "You said: for the bot", "You said: again"}
		if diff := cmp.Diff(want, r.said(pat.contactID)); diff != "" {
			t.Error(diff)
		}
	})
}

// Who is an agent and a supervisor in the same contact stays the one when it ceases to be the
// other.
func TestAgentAndSupervisor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, nil)
		r.add(desk.AgentConfig{Name: "Ann"})
		pat := r.arrive()
		r.accept("Ann", pat.contactID)
		for _, role := range []transcript.Role{transcript.Supervisor, transcript.Agent} {
			joined, err := r.chats.Join(t.Context(), pat.contactID, role, "Ann")
			refusal(t, "joining", err, nil)
			refusal(t, "leaving", r.chats.Leave(t.Context(), pat.contactID, joined.ParticipantID), nil)
			if got := r.holds("Ann"); !slices.Equal(got, []string{pat.contactID}) {
				t.Errorf("after leaving as %s Ann has %q", role, got)
			}
			refusal(t, "typing", r.desk.Typing(t.Context(), "Ann", pat.contactID), nil)
		}
	})
}
