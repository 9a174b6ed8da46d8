package chat_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/transcript"
)

// What an instance takes as attachments is the settings' until it is changed, member by member,
// for that instance and scope alone; a refusal names the limit and what was sent.
func TestRowA14FileRules(t *testing.T) {
	t.Parallel()
	w := newWorld(t, chat.Config{Limits: chat.Limits{FileBytes: 100, Extensions: []string{"txt"}}})
	ctx := t.Context()
	start := func(instance string) (contact, participant string) {
		r := request()
		r.InstanceID = instance
		started := w.start(r)
		w.connect(started.Token)
		return started.ContactID, started.ParticipantID
	}
	contact, pat := start("one")
	otherContact, other := start("two")
	upload := func(contact, participant, name string, size int64) error {
		_, err := w.Service.StartUpload(ctx, contact, participant, transcript.File{Name: name, ContentType: "text/plain", Size: size})
		return err
	}
	refused := func(what string, err error, field string, says ...string) {
		t.Helper()
		invalidField(t, what, err, field)
		for _, part := range says {
			if err != nil && !strings.Contains(err.Error(), part) {
				t.Errorf("%s: %q does not say %q", what, err, part)
			}
		}
	}
	refused("too large", upload(contact, pat, "a.txt", 101), "AttachmentSizeInBytes", "100", "101")
	refused("another type", upload(contact, pat, "a.WEBP", 5), "AttachmentName", "txt", "WEBP")
	refused("no type", upload(contact, pat, "a", 5), "AttachmentName", "txt", "has no extension")
	refused("a long one", upload(contact, pat, "a."+strings.Repeat("x", 200), 5), "AttachmentName", strings.Repeat("x", 20)+"…")

	if _, err := w.SetFileRules(ctx, chat.FileRules{InstanceID: "one", Scope: "TASK", Bytes: 7, Extensions: []string{"rtf"}}); err != nil {
		t.Fatal(err)
	}
	if most := w.LargestFile(); most != 100 {
		t.Errorf("of another scope, %d bytes are let in", most)
	}
	refused("of another scope", upload(contact, pat, "a.rtf", 5), "AttachmentName", "txt")
	if _, err := w.SetFileRules(ctx, chat.FileRules{InstanceID: "one", Scope: chat.ChatFiles, Bytes: 1000}); err != nil {
		t.Fatal(err)
	}
	got, err := w.SetFileRules(ctx, chat.FileRules{InstanceID: "one", Scope: chat.ChatFiles, Extensions: []string{"webp"}})
	if err != nil || got.Modified.IsZero() {
		t.Fatalf("%+v, %v", got, err)
	}
	check := func(when string) {
		t.Helper()
		want := chat.FileRules{InstanceID: "one", Scope: chat.ChatFiles, Bytes: 1000, Extensions: []string{"webp"}, Modified: got.Modified}
		if diff := cmp.Diff(want, w.FileRules("one", chat.ChatFiles)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", when, diff)
		}
		if err := upload(contact, pat, "a.WebP", 1000); err != nil {
			t.Errorf("%s: %v", when, err)
		}
		refused(when, upload(contact, pat, "a.txt", 5), "AttachmentName", "webp")
		refused(when, upload(contact, pat, "a.webp", 1001), "AttachmentSizeInBytes", "1000", "1001")
		refused(when+", another instance", upload(otherContact, other, "a.txt", 101), "AttachmentSizeInBytes", "100")
		if most := w.LargestFile(); most != 1000 {
			t.Errorf("%s: %d bytes are let in", when, most)
		}
	}
	check("changed")
	w.Close()
	w.open()
	check("after a restart")

	w.store.broken.Store(true)
	if _, err := w.SetFileRules(ctx, chat.FileRules{InstanceID: "one", Scope: chat.ChatFiles, Bytes: 1}); err == nil {
		t.Error("changed although it could not be kept")
	}
	w.store.broken.Store(false)
	check("after a failure")
	if _, err := w.SetFileRules(ctx, chat.FileRules{InstanceID: "one", Scope: chat.ChatFiles, Extensions: []string{}}); err != nil {
		t.Fatal(err)
	}
	refused("none allowed", upload(contact, pat, "a.webp", 5), "AttachmentName", "no attachments")
}
