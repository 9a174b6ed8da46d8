package store_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/store"
	"github.com/parley-chat/parley/internal/transcript"
)

// writers is how many goroutines store at the same time in the benchmarks.
const writers = 64

// message returns a message of 300 bytes.
func message(c *chat.Contact, seq int64) transcript.Item {
	p := c.Participants[0]
	return transcript.Item{
		ID: uuid.NewString(), Type: transcript.MessageItem, ContactID: c.ID, InitialContactID: c.ID, Seq: seq,
		Time: time.UnixMilli(1_700_000_000_000 + seq).UTC(), ContentType: transcript.TextPlain, Content: strings.Repeat("m", 300), HasContent: true,
		ParticipantID: p.ID, DisplayName: p.DisplayName, Role: p.Role, ClientToken: uuid.NewString(),
	}
}

// newContact returns an active contact with its customer.
func newContact() *chat.Contact {
	id := uuid.NewString()
	start := time.UnixMilli(1_700_000_000_000).UTC()
	return &chat.Contact{
		ID: id, InstanceID: uuid.NewString(), FlowID: uuid.NewString(),
		Participants: []chat.Participant{{ID: uuid.NewString(), DisplayName: "Pat", Role: transcript.Customer, Joined: start}},
		ContentTypes: []string{transcript.TextPlain}, Started: start, Duration: 25 * time.Hour,
	}
}

func commit(tb testing.TB, s chat.Store, changes chat.Changes) {
	tb.Helper()
	if err := s.Commit(tb.Context(), changes); err != nil {
		tb.Fatal(err)
	}
}

func open(tb testing.TB, cfg store.Config) *store.Store {
	tb.Helper()
	s, err := store.Open(tb.Context(), cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}

// BenchmarkCommit stores messages of 300 bytes from 64 writers, each with a chat of its own.
func BenchmarkCommit(b *testing.B) {
	for _, ephemeral := range []bool{false, true} {
		b.Run(fmt.Sprintf("ephemeral=%v", ephemeral), func(b *testing.B) {
			s := open(b, store.Config{Dir: b.TempDir(), Ephemeral: ephemeral})
			contacts := make([]*chat.Contact, writers)
			for i := range contacts {
				contacts[i] = newContact()
				commit(b, s, chat.Changes{Contact: contacts[i]})
			}
			each := (b.N + writers - 1) / writers
			took := make([][]time.Duration, writers)
			b.ResetTimer()
			var wait sync.WaitGroup
			for i, c := range contacts {
				wait.Go(func() {
					for seq := range int64(each) {
						start := time.Now()
						if err := s.Commit(context.Background(), chat.Changes{Items: []transcript.Item{message(c, seq+1)}}); err != nil {
							b.Error(err)
							return
						}
						took[i] = append(took[i], time.Since(start))
					}
				})
			}
			wait.Wait()
			b.StopTimer()
			all := slices.Sorted(slices.Values(slices.Concat(took...)))
			b.ReportMetric(float64(len(all))/b.Elapsed().Seconds(), "msgs/s")
			b.ReportMetric(float64(all[len(all)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
}

// BenchmarkOpen opens a store with a million items in a thousand chats, and loads them.
func BenchmarkOpen(b *testing.B) {
	dir, _ := fill(b, 1000, 1000)
	for b.Loop() {
		s, err := store.Open(b.Context(), store.Config{Dir: dir})
		if err != nil {
			b.Fatal(err)
		}
		n := int64(0)
		err = s.Active(b.Context(), func(l chat.Loaded) error {
			n += l.LastSeq
			return nil
		})
		if err != nil || n != 1_000_000 {
			b.Fatalf("%d items, %v", n, err)
		}
		b.StopTimer()
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

// BenchmarkOpenKilled opens the same as a killed process leaves it, with a long log.
func BenchmarkOpenKilled(b *testing.B) {
	dir, contacts := fill(b, 1000, 1000)
	s := open(b, store.Config{Dir: dir})
	for seq := int64(1001); ; seq++ {
		for _, c := range contacts {
			commit(b, s, chat.Changes{Items: []transcript.Item{message(c, seq)}})
		}
		info, err := os.Stat(filepath.Join(dir, "parley.db-wal"))
		if err != nil {
			b.Fatal(err)
		}
		if info.Size() > 20<<20 {
			break
		}
	}
	for b.Loop() {
		b.StopTimer()
		killed := b.TempDir()
		for _, name := range []string{"parley.db", "parley.db-wal", "parley.tally"} {
			content, err := os.ReadFile(filepath.Join(dir, name))
			if err == nil {
				err = os.WriteFile(filepath.Join(killed, name), content, 0o600)
			}
			if err != nil {
				b.Fatal(err)
			}
		}
		b.StartTimer()
		s, err := store.Open(b.Context(), store.Config{Dir: killed})
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Active(b.Context(), func(chat.Loaded) error { return nil }); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

// BenchmarkItems reads a page of 15 items in the middle of a chat.
func BenchmarkItems(b *testing.B) {
	dir, contacts := fill(b, 10, 1000)
	s := open(b, store.Config{Dir: dir})
	i := int64(0)
	for b.Loop() {
		i++
		page, err := s.Items(b.Context(), chat.ItemQuery{ContactID: contacts[i%10].ID, Before: 20 + i*37%980, Limit: 15, Newest: true})
		if err != nil || len(page) != 15 {
			b.Fatalf("%d items, %v", len(page), err)
		}
	}
}

// fill makes a store with chats of some items each.
func fill(b *testing.B, chats, items int) (string, []*chat.Contact) {
	b.Helper()
	if testing.Short() && chats*items > 100_000 {
		b.Skip("takes a minute to prepare")
	}
	dir := b.TempDir()
	s, err := store.Open(b.Context(), store.Config{Dir: dir})
	if err != nil {
		b.Fatal(err)
	}
	var contacts []*chat.Contact
	for range chats {
		c := newContact()
		contacts = append(contacts, c)
		changes := chat.Changes{Contact: c}
		for seq := range int64(items) {
			changes.Items = append(changes.Items, message(c, seq+1))
		}
		commit(b, s, changes)
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	return dir, contacts
}
