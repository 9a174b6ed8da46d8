package store_test

import (
	"errors"
	"io/fs"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/store"
	"github.com/parley-chat/parley/internal/transcript"
)

const day = 24 * time.Hour

// population is a store with contacts that ended at various times.
type population struct {
	s        *store.Store
	contacts map[string]*chat.Contact
	blobs    map[string]string // attachment of each contact
	now      time.Time
}

func populate(t *testing.T, cfg store.Config) *population {
	t.Helper()
	p := &population{contacts: map[string]*chat.Contact{}, blobs: map[string]string{}, now: time.UnixMilli(1_800_000_000_000)}
	// The pass that is made at the start is told a time at which nothing is old.
	var calls atomic.Int32
	first, begun := int32(1), make(chan struct{})
	if !cfg.Ephemeral {
		first = 2 // the lock notes the time too
	}
	cfg.Now = func() time.Time {
		n := calls.Add(1)
		if n == first {
			close(begun)
		}
		if n <= first {
			return time.Unix(0, 0)
		}
		return p.now
	}
	p.s = open(t, cfg)
	if cfg.Keep > 0 {
		<-begun
	}
	return p
}

// add adds a contact with items, a mark, an attachment and its start. Zero ended days means
// that it is active.
func (p *population) add(t *testing.T, name string, endedDaysAgo int, items int, past ...string) {
	t.Helper()
	c := newContact()
	c.Started = p.now.Add(-400 * day)
	if endedDaysAgo > 0 {
		c.Ended = p.now.Add(-time.Duration(endedDaysAgo) * day)
	}
	c.Latest = &chat.Successor{ID: uuid.NewString()}
	for i, earlier := range past {
		if i == 0 { // it continues from the second contact of that chat
			c.Past = append(c.Past, p.contacts[earlier].Latest.ID)
			continue
		}
		c.Past = append(c.Past, p.contacts[earlier].ID)
	}
	file := &transcript.File{ID: uuid.NewString(), ContactID: c.ID, Status: transcript.FileApproved}
	changes := chat.Changes{Contact: c, ClientToken: name, File: file, Mark: &chat.Mark{ContactID: c.ID, ParticipantID: "p", Seq: 1}}
	for seq := range int64(items) {
		changes.Items = append(changes.Items, message(c, seq+1))
	}
	commit(t, p.s, changes)
	put(t, p.s.Blobs(), file.ID, name)
	p.contacts[name], p.blobs[name] = c, file.ID
}

// check says which contacts are to be there, with everything; of the others nothing may be.
func (p *population) check(t *testing.T, kept ...string) {
	t.Helper()
	items := int64(0)
	for name, c := range p.contacts {
		_, err := p.s.Contact(t.Context(), c.ID)
		blob, blobErr := p.s.Blobs().Open(p.blobs[name])
		if blobErr == nil {
			_ = blob.Close() // it was not read
		}
		if slices.Contains(kept, name) {
			got, itemsErr := p.s.Items(t.Context(), chat.ItemQuery{ContactID: c.ID})
			items += int64(len(got))
			if err := errors.Join(err, blobErr, itemsErr); err != nil || len(got) == 0 {
				t.Errorf("%s: %d items, %v", name, len(got), err)
			}
			continue
		}
		if !errors.Is(err, chat.ErrNotFound) || !errors.Is(blobErr, chat.ErrNotFound) {
			t.Errorf("%s is still there: %v, %v", name, err, blobErr)
		}
	}
	want := map[string]int64{"items": items, "doomed": 0}
	for _, table := range []string{"contacts", "starts", "marks", "files", "successors"} {
		want[table] = int64(len(kept))
	}
	got := map[string]int64{}
	for table := range want {
		n, err := p.s.Count(t.Context(), table)
		if err != nil {
			t.Fatal(err)
		}
		got[table] = n
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestRetention(t *testing.T) {
	t.Parallel()
	for name, cfg := range kinds(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg.Keep = 30 * day
			p := populate(t, cfg)
			p.add(t, "ancient", 300, 3)
			p.add(t, "old", 31, 2500) // more items than go at a time
			p.add(t, "recent", 29, 3)
			p.add(t, "past of active", 100, 3)
			p.add(t, "older past of active", 200, 3)
			p.add(t, "active", 0, 3, "past of active", "older past of active")
			p.add(t, "past of ended", 100, 3)
			p.add(t, "ended", 1, 3, "past of ended")
			for range 2 {
				if err := p.s.Retain(t.Context()); err != nil {
					t.Fatal(err)
				}
				p.check(t, "recent", "past of active", "older past of active", "active", "ended")
			}
		})
	}
}

func TestRetentionOfMany(t *testing.T) {
	t.Parallel()
	p := populate(t, store.Config{Ephemeral: true, Keep: day})
	p.add(t, "past", 9, 1)
	for i := range 180 { // more than go at a time, with the same end
		p.add(t, uuid.NewString(), 2+i%2, 1)
	}
	p.add(t, "active", 0, 1, "past")
	if err := p.s.Retain(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.check(t, "past", "active")
}

// Without a limit nothing goes but blobs that nobody knows.
func TestKeepForEver(t *testing.T) {
	t.Parallel()
	p := populate(t, store.Config{Dir: t.TempDir()})
	p.add(t, "ancient", 10_000, 1)
	orphan := uuid.NewString()
	put(t, p.s.Blobs(), orphan, "left by a crash")
	if err := p.s.Retain(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.check(t, "ancient")
	if _, err := p.s.Blobs().Open(orphan); !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, chat.ErrNotFound) {
		t.Error(err)
	}
}

// What was taken out of sight when the program ended goes at the next start.
func TestRetentionGoesOn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := populate(t, store.Config{Dir: dir})
	p.add(t, "gone", 40, 5)
	p.add(t, "here", 40, 5)
	if err := p.s.Exec(t.Context(), "INSERT INTO doomed SELECT n FROM contacts WHERE id = '"+p.contacts["gone"].ID+"'"); err != nil {
		t.Fatal(err)
	}
	if err := p.s.Exec(t.Context(), "DELETE FROM contacts WHERE id = '"+p.contacts["gone"].ID+"'"); err != nil {
		t.Fatal(err)
	}
	if err := p.s.Close(); err != nil {
		t.Fatal(err)
	}
	s := open(t, store.Config{Dir: dir})
	if err := s.Retain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, err := s.Count(t.Context(), "items"); n != 5 || err != nil {
		t.Errorf("%d items, %v", n, err)
	}
}

// Old contacts go at the start and then every hour, by themselves.
func TestRetentionByItself(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, store.Config{Ephemeral: true, Keep: 30 * time.Minute})
		c := newContact()
		c.Ended = time.Now()
		commit(t, s, chat.Changes{Contact: c, Items: []transcript.Item{message(c, 1)}})
		synctest.Wait()
		if _, err := s.Contact(t.Context(), c.ID); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Hour + time.Second) //nolint:forbidigo // the bubble's clock
		synctest.Wait()
		if _, err := s.Contact(t.Context(), c.ID); !errors.Is(err, chat.ErrNotFound) {
			t.Error(err)
		}
	})
}
