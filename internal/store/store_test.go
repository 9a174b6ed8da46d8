package store_test

import (
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/store"
)

func TestSmoke(t *testing.T) {
	t.Parallel()
	for _, cfg := range []store.Config{{Ephemeral: true}, {Dir: t.TempDir()}} {
		s, err := store.Open(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		c := &chat.Contact{ID: "c1", InitialID: "c1", Started: time.UnixMilli(5).UTC()}
		if err := s.Commit(t.Context(), chat.Changes{Contact: c, ClientToken: "x", Items: []chat.Item{{ID: "i", Seq: 1, ContactID: "c1", Content: "a", HasContent: true}}}); err != nil {
			t.Fatal(err)
		}
		items, err := s.Items(t.Context(), chat.ItemQuery{ContactID: "c1"})
		t.Log(items, err)
		k, err := s.Key(t.Context(), func() []byte { return []byte("k") })
		t.Log(k, err)
		t.Log(s.Active(t.Context(), func(l chat.Loaded) error { t.Log(l); return nil }))
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
