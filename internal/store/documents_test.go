package store_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/store"
)

// Documents are there after the store was opened again, under their kind.
func TestDocuments(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, store.Config{Dir: dir})
	put := func(kind, id string, body []byte) {
		t.Helper()
		if err := s.PutDocument(t.Context(), kind, id, body); err != nil {
			t.Fatal(err)
		}
	}
	put("flow", "a", []byte(`"old"`))
	put("flow", "a", []byte(`"new \u0000 ü"`))
	put("flow", "b", []byte(`"gone"`))
	put("flow", "b", nil)
	put("flow", "never", nil)
	put("function", "a", []byte(`{}`))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, store.Config{Dir: dir})
	for kind, want := range map[string]map[string][]byte{
		"flow": {"a": []byte(`"new \u0000 ü"`)}, "function": {"a": []byte("{}")}, "none": {},
	} {
		got, err := s.Documents(t.Context(), kind)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s (-want +got): %v\n%s", kind, err, diff)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.PutDocument(t.Context(), "flow", "c", []byte("{}")); err == nil {
		t.Error("a closed store keeps something")
	}
}
