package store_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/store"
	"github.com/parley-chat/parley/internal/transcript"
)

// kinds are the two ways to keep a database.
func kinds(t *testing.T) map[string]store.Config {
	t.Helper()
	return map[string]store.Config{"memory": {Ephemeral: true}, "directory": {Dir: t.TempDir()}}
}

// alike are the stores that have to behave alike. Each is opened by its function, which is called again to
// see what was kept: what can be opened again is.
func alike(t *testing.T) map[string]func() chat.Store {
	t.Helper()
	dir := t.TempDir()
	database, values := sync.OnceValue(func() chat.Store { return open(t, store.Config{Ephemeral: true}) }), &store.Memory{}
	end := func() error { return nil }
	return map[string]func() chat.Store{
		"values":             func() chat.Store { return values },
		"database in memory": database,
		"directory": func() chat.Store {
			if err := end(); err != nil {
				t.Fatal(err)
			}
			s := open(t, store.Config{Dir: dir})
			end = s.Close
			return s
		},
	}
}

func TestNothingThere(t *testing.T) {
	t.Parallel()
	for name, opened := range alike(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := opened()
			ctx := t.Context()
			_, contact := s.Contact(ctx, "c")
			_, started := s.StartedBy(ctx, "i", "t", time.Time{})
			_, find := s.Find(ctx, "c", "i")
			_, file := s.File(ctx, "f")
			for i, err := range []error{contact, started, find, file} {
				if !errors.Is(err, chat.ErrNotFound) {
					t.Errorf("%d: %v", i, err)
				}
			}
			items, errItems := s.Items(ctx, chat.ItemQuery{ContactID: "c"})
			marks, errMarks := s.Marks(ctx, "c")
			files, errFiles := s.Files(ctx, "c")
			if err := errors.Join(errItems, errMarks, errFiles); err != nil || len(items)+len(marks)+files != 0 {
				t.Errorf("%v, %v, %d, %v", items, marks, files, err)
			}
			commit(t, s, chat.Changes{})
		})
	}
}

func TestKeyStays(t *testing.T) {
	t.Parallel()
	for name, opened := range alike(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := opened()
			first, err := s.Key(t.Context(), func() []byte { return []byte("first") })
			if err != nil || string(first) != "first" {
				t.Fatalf("%q, %v", first, err)
			}
			s = opened()
			second, err := s.Key(t.Context(), func() []byte { return []byte("second") })
			if err != nil || string(second) != "first" {
				t.Errorf("%q, %v", second, err)
			}
		})
	}
}

func TestReplacedItemKeepsItsPlace(t *testing.T) {
	t.Parallel()
	for name, opened := range alike(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := opened()
			c := newContact()
			first, second := message(c, 1), message(c, 2)
			commit(t, s, chat.Changes{Contact: c, Items: []transcript.Item{first, second}})
			again := first
			again.Content, again.Time = "decided", second.Time.Add(time.Minute)
			again.Attachments = []transcript.Attachment{{ID: "a", Status: transcript.AttachmentApproved}}
			for _, seq := range []int64{1, 7} { // whatever place it claims
				again.Seq = seq
				commit(t, s, chat.Changes{Items: []transcript.Item{again}})
				again.Seq = 1
				got, err := s.Items(t.Context(), chat.ItemQuery{ContactID: c.ID})
				if diff := cmp.Diff([]transcript.Item{again, second}, got); diff != "" || err != nil {
					t.Error(diff, err)
				}
			}
			err := s.Active(t.Context(), func(l chat.Loaded) error {
				if l.LastSeq != 2 || !l.LastTime.Equal(again.Time) {
					t.Errorf("last item %d at %v", l.LastSeq, l.LastTime)
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// A change that does not fit fails alone, as a whole, and says so.
func TestBadChanges(t *testing.T) {
	t.Parallel()
	for name, opened := range alike(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := opened()
			c := newContact()
			commit(t, s, chat.Changes{Contact: c, Items: []transcript.Item{message(c, 1)}})
			stranger := newContact()
			changed := *c
			changed.CustomerID = "changed"
			bad := map[string]chat.Changes{
				"a place that is taken":      {Contact: &changed, Items: []transcript.Item{message(c, 2), message(c, 1)}},
				"an item without a place":    {Contact: &changed, Items: []transcript.Item{message(c, 0)}},
				"an item beyond all places":  {Contact: &changed, Items: []transcript.Item{message(c, 1<<32)}},
				"an item without an id":      {Contact: &changed, Items: []transcript.Item{{ContactID: c.ID, Seq: 2}}},
				"an item of an unknown chat": {Contact: &changed, Items: []transcript.Item{message(stranger, 1)}},
				"a mark of an unknown chat":  {Contact: &changed, Mark: &chat.Mark{ContactID: stranger.ID, Seq: 1}},
				"a file of an unknown chat":  {Contact: &changed, File: &transcript.File{ID: uuid.NewString(), ContactID: stranger.ID}},
			}
			var wait sync.WaitGroup
			for name, changes := range bad {
				wait.Go(func() {
					if err := s.Commit(t.Context(), changes); err == nil {
						t.Errorf("%s was stored", name)
					}
				})
				wait.Go(func() {
					good := newContact()
					if err := s.Commit(t.Context(), chat.Changes{Contact: good, Items: []transcript.Item{message(good, 1)}}); err != nil {
						t.Error(err)
					}
				})
			}
			wait.Wait()
			got, err := s.Contact(t.Context(), c.ID)
			if diff := cmp.Diff(c, got); diff != "" || err != nil {
				t.Error(diff, err)
			}
			if items, err := s.Items(t.Context(), chat.ItemQuery{ContactID: c.ID}); len(items) != 1 || err != nil {
				t.Errorf("%d items, %v", len(items), err)
			}
			n := 0
			if err := s.Active(t.Context(), func(chat.Loaded) error { n++; return nil }); err != nil || n != 1+len(bad) {
				t.Errorf("%d active contacts, %v", n, err)
			}
		})
	}
}

// What a reader does to the values that it gets changes nothing that is kept.
func TestNothingIsShared(t *testing.T) {
	t.Parallel()
	for name, opened := range alike(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, ctx := opened(), t.Context()
			c := newContact()
			c.Attributes = chat.Attributes{{Key: "a", Value: "1"}}
			item := message(c, 1)
			item.Attachments = []transcript.Attachment{{ID: "a"}}
			file := &transcript.File{ID: "f", ContactID: c.ID, Name: "a"}
			rules := []chat.FileRules{{InstanceID: "i", Extensions: []string{"png"}}}
			own, ownFile := item, *file
			own.Attachments = slices.Clone(item.Attachments)
			commit(t, s, chat.Changes{Contact: c.Clone(), ClientToken: "t", Items: []transcript.Item{own}, File: &ownFile, FileRules: rules})
			spoil := func(c *chat.Contact, item *transcript.Item, file *transcript.File, rules []chat.FileRules) {
				c.Attributes[0].Value, c.Participants[0].DisplayName, c.CustomerID = "2", "Other", "2"
				item.Content, item.Attachments[0].ID, file.Name, rules[0].Extensions[0] = "other", "b", "b", "exe"
			}
			want, wantItem := c.Clone(), item
			for range 2 {
				contact, err := s.Contact(ctx, c.ID)
				items, errItems := s.Items(ctx, chat.ItemQuery{ContactID: c.ID})
				kept, errFile := s.File(ctx, "f")
				ruled, errRules := s.FileRules(ctx)
				if err := errors.Join(err, errItems, errFile, errRules); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, contact) + cmp.Diff(wantItem, items[0]); diff != "" || kept.Name != "a" || ruled[0].Extensions[0] != "png" {
					t.Error(diff, kept.Name, ruled)
				}
				spoil(contact, &items[0], kept, ruled)
				all, errAll := s.Contacts(ctx, chat.ContactQuery{})
				started, errStarted := s.StartedBy(ctx, c.InstanceID, "t", time.Time{})
				if err := errors.Join(errAll, errStarted); err != nil {
					t.Fatal(err)
				}
				all[0].Attributes[0].Value, started.Attributes[0].Value = "3", "3"
			}
		})
	}
}

func TestStartedBy(t *testing.T) {
	t.Parallel()
	for name, opened := range alike(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := opened()
			old, recent := newContact(), newContact()
			recent.InstanceID, recent.Started = old.InstanceID, old.Started.Add(8*24*time.Hour)
			commit(t, s, chat.Changes{Contact: old, ClientToken: "token"})
			check := func(since time.Time, want string) {
				t.Helper()
				got, err := s.StartedBy(t.Context(), old.InstanceID, "token", since)
				if want == "" && errors.Is(err, chat.ErrNotFound) {
					return
				}
				if err != nil || got.ID != want {
					t.Errorf("got %v, %v; want %s", got, err, want)
				}
			}
			check(old.Started, old.ID)
			check(old.Started.Add(time.Nanosecond), "")
			commit(t, s, chat.Changes{Contact: recent, ClientToken: "token"}) // a new life for an old token
			check(old.Started, recent.ID)
			if _, err := s.StartedBy(t.Context(), "elsewhere", "token", old.Started); !errors.Is(err, chat.ErrNotFound) {
				t.Error(err)
			}
		})
	}
}

// A chat is found by the id of any of its contacts.
func TestSuccessors(t *testing.T) {
	t.Parallel()
	for name, opened := range alike(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := opened()
			first, second := newContact(), newContact()
			commit(t, s, chat.Changes{Contact: first})
			commit(t, s, chat.Changes{Contact: second})
			for _, id := range []string{"b", "c"} {
				followed := *first
				followed.Latest = &chat.Successor{ID: id, Method: chat.ByTransfer, Began: first.Started, Reason: chat.AgentDisconnect, First: 3, Before: first.Latest}
				first = &followed
				commit(t, s, chat.Changes{Contact: first})
			}
			for _, id := range []string{first.ID, "b", "c"} {
				got, err := s.Contact(t.Context(), id)
				if diff := cmp.Diff(first, got); diff != "" || err != nil {
					t.Error(id, diff, err)
				}
			}
			if got, err := s.Contact(t.Context(), second.ID); err != nil || got.ID != second.ID {
				t.Error(got, err)
			}
		})
	}
}

// Receipts that say nothing new are not kept; the order of the others is.
func TestMarks(t *testing.T) {
	t.Parallel()
	for name, opened := range alike(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := opened()
			c := newContact()
			commit(t, s, chat.Changes{Contact: c})
			mark := func(seq int64, read bool, who string, second int) chat.Mark {
				return chat.Mark{ContactID: c.ID, ParticipantID: who, Seq: seq, Read: read, At: c.Started.Add(time.Duration(second) * time.Second)}
			}
			kept := []chat.Mark{mark(1, false, "a", 1), mark(5, false, "a", 2), mark(2, true, "a", 3), mark(9, true, "b", 4), mark(7, true, "a", 5)}
			for i, m := range []chat.Mark{kept[0], kept[1], mark(5, false, "a", 9), kept[2], kept[3], mark(8, true, "b", 9), mark(2, false, "a", 9), kept[4]} {
				if err := s.Commit(t.Context(), chat.Changes{Mark: &m}); err != nil {
					t.Fatal(i, err)
				}
			}
			got, err := s.Marks(t.Context(), c.ID)
			if diff := cmp.Diff(kept, got); diff != "" || err != nil {
				t.Error(diff, err)
			}
		})
	}
}

func TestActive(t *testing.T) {
	t.Parallel()
	for name, opened := range alike(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := opened()
			var want []string
			for i := range 600 { // more than are read at a time
				c := newContact()
				if i%3 == 0 {
					c.Ended = c.Started.Add(time.Hour)
				} else {
					want = append(want, c.ID)
				}
				var items []transcript.Item
				for seq := range int64(i % 4) {
					items = append(items, message(c, seq+1))
				}
				commit(t, s, chat.Changes{Contact: c, Items: items})
			}
			var got []string
			err := s.Active(t.Context(), func(l chat.Loaded) error {
				items, err := s.Items(t.Context(), chat.ItemQuery{ContactID: l.Contact.ID, Newest: true, Limit: 1}) // which has to be possible here
				if err != nil {
					return err
				}
				if len(items) == 0 && (l.LastSeq != 0 || !l.LastTime.IsZero()) ||
					len(items) == 1 && (l.LastSeq != items[0].Seq || !l.LastTime.Equal(items[0].Time)) {
					t.Errorf("%d at %v, but %+v", l.LastSeq, l.LastTime, items)
				}
				got = append(got, l.Contact.ID)
				return nil
			})
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Error(diff, err)
			}
			stop := errors.New("stop")
			if err := s.Active(t.Context(), func(chat.Loaded) error { return stop }); !errors.Is(err, stop) {
				t.Error(err)
			}
		})
	}
}

// No query that is made often reads a whole table.
func TestPlans(t *testing.T) {
	t.Parallel()
	s := open(t, store.Config{Ephemeral: true})
	c := newContact()
	file, item := &transcript.File{ID: uuid.NewString(), ContactID: c.ID}, message(c, 1)
	for range 2 { // the second time it is replaced
		commit(t, s, chat.Changes{
			Contact: c, ClientToken: "t", Items: []transcript.Item{item}, File: file,
			Mark: &chat.Mark{ContactID: c.ID, ParticipantID: "p", Seq: 1},
		})
	}
	everything(t, s, c, file.ID)
	plans, err := s.Plans(t.Context())
	if err != nil || len(plans) < 9 {
		t.Fatalf("%q, %v", plans, err)
	}
	for _, plan := range plans {
		if strings.HasPrefix(plan, "SCAN") && plan != "SCAN CONSTANT ROW" && plan != "SCAN ledger" && plan != "SCAN doomed" {
			t.Error(plan)
		}
	}
}

// everything reads all that is known of a contact.
func everything(t *testing.T, s *store.Store, c *chat.Contact, fileID string) {
	t.Helper()
	ctx := t.Context()
	var errs []error
	ask := func(err error) { errs = append(errs, err) }
	_, err := s.Contact(ctx, c.ID)
	ask(err)
	_, err = s.StartedBy(ctx, c.InstanceID, "t", time.Time{})
	ask(err)
	items, err := s.Items(ctx, chat.ItemQuery{ContactID: c.ID})
	ask(err)
	_, err = s.Items(ctx, chat.ItemQuery{ContactID: c.ID, Newest: true})
	ask(err)
	_, err = s.Find(ctx, c.ID, items[0].ID)
	ask(err)
	_, err = s.Marks(ctx, c.ID)
	ask(err)
	_, err = s.Files(ctx, c.ID)
	ask(err)
	_, err = s.File(ctx, fileID)
	ask(err)
	for _, id := range []string{"", c.ID} {
		_, err = s.ContactFiles(ctx, id)
		ask(err)
	}
	for _, ended := range []*bool{nil, new(false), new(true)} {
		_, err = s.Contacts(ctx, chat.ContactQuery{Ended: ended, Limit: 1})
		ask(err)
	}
	ask(s.Active(ctx, func(chat.Loaded) error { return nil }))
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func TestClosed(t *testing.T) {
	t.Parallel()
	s := open(t, store.Config{Ephemeral: true})
	c := newContact()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	_, contact := s.Contact(t.Context(), c.ID)
	_, key := s.Key(t.Context(), func() []byte { return nil })
	for _, err := range []error{s.Commit(t.Context(), chat.Changes{Contact: c}), contact, key} {
		if !errors.Is(err, store.ErrClosed) {
			t.Error(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// Whoever commits while the store is being closed is told the truth.
func TestCloseWhileBusy(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := store.Open(t.Context(), store.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var stored []string
	var wait sync.WaitGroup
	begun := make(chan struct{}, 8)
	for range 8 {
		wait.Go(func() {
			for i := 0; ; i++ {
				c := newContact()
				err := s.Commit(context.Background(), chat.Changes{Contact: c})
				if err != nil {
					if !errors.Is(err, store.ErrClosed) {
						t.Error(err)
					}
					return
				}
				mu.Lock()
				stored = append(stored, c.ID)
				mu.Unlock()
				if i == 3 {
					begun <- struct{}{}
				}
			}
		})
	}
	for range 8 {
		<-begun
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	wait.Wait()
	s = open(t, store.Config{Dir: dir})
	var got []string
	if err := s.Active(t.Context(), func(l chat.Loaded) error { got = append(got, l.Contact.ID); return nil }); err != nil {
		t.Fatal(err)
	}
	slices.Sort(stored)
	slices.Sort(got)
	if diff := cmp.Diff(stored, got); diff != "" {
		t.Error(diff)
	}
}

func TestGivenUpWhileWaiting(t *testing.T) {
	t.Parallel()
	s := open(t, store.Config{Ephemeral: true})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 20 { // either is right, but what is said has to be true
		c := newContact()
		err := s.Commit(ctx, chat.Changes{Contact: c})
		_, found := s.Contact(t.Context(), c.ID)
		if (err == nil) != (found == nil) {
			t.Errorf("stored: %v, there: %v", err, found)
		}
	}
}
