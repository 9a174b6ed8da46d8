package store_test

import (
	"cmp"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/redact"
	"github.com/parley-chat/parley/internal/store"
	"github.com/parley-chat/parley/internal/transcript"
)

// maker makes changes at random.
type maker struct{ *rand.Rand }

// text returns a text of the kinds that storage gets wrong; sometimes none.
func (m maker) text() string {
	texts := []string{
		"", "a", "Ünïcödé 🎉", "line\nbreak\r\n\ttab", "nul\x00byte", `"quotes" 'single' \`, "<b>&amp;", "\u2028 \ufeff", "NULL", "0", "1e9",
		strings.Repeat("long ", 4000), uuid.NewString(), strings.ToUpper(uuid.NewString()), "{" + uuid.NewString() + "}", "; DROP TABLE items",
	}
	return texts[m.IntN(len(texts))]
}

func (m maker) id() string {
	if m.IntN(3) > 0 {
		return uuid.NewString()
	}
	return m.text() + "-" + uuid.NewString()
}

func (m maker) texts() []string {
	var list []string
	for range m.IntN(4) {
		list = append(list, m.text())
	}
	return list
}

// precise returns a time in nanoseconds, moment one in milliseconds, as items have.
func (m maker) precise() time.Time {
	if m.IntN(3) == 0 {
		return time.Time{}
	}
	return time.Unix(m.Int64N(4e9), m.Int64N(1e9)).In(time.FixedZone("", m.IntN(3)*3600))
}

func (m maker) moment() time.Time { return time.UnixMilli(m.Int64N(4e12)).UTC() }

func (m maker) contact() *chat.Contact {
	c := &chat.Contact{
		ID: m.id(), InstanceID: m.text(), FlowID: m.text(), SegmentAttributes: []byte(m.text()), ContentTypes: m.texts(), Incremental: m.IntN(2) == 0, DismissOnExit: m.IntN(2) == 0,
		RelatedID: m.text(), Opening: m.text(), Past: m.texts(), CustomerID: m.text(), Duration: time.Duration(m.Int64()), Reason: chat.Reason(m.text()),
		Started: m.moment(), Connected: m.precise(), Ended: m.precise(),
	}
	if m.IntN(2) == 0 {
		c.Queue = &chat.Queued{Name: m.text(), Since: m.precise()}
		c.Flow = &chat.FlowState{State: chat.Encoded(m.text()), Heard: 1 + int64(len(m.text()))}
	}
	if m.IntN(2) == 0 {
		c.Processing = m.processing()
	}
	for range m.IntN(3) {
		c.Latest = &chat.Successor{ID: m.id(), Method: chat.Method(m.text()), Began: m.precise(), Reason: chat.Reason(m.text()), First: 1 + m.Int64N(9), Came: m.IntN(3), Before: c.Latest}
	}
	attributes := map[string]string{}
	for range m.IntN(4) {
		attributes[m.text()] = m.text()
		c.Participants = append(c.Participants, chat.Participant{
			ID: m.id(), DisplayName: m.text(), Role: transcript.Role(m.text()), Joined: m.precise(), Left: m.precise(), Connected: m.precise(),
		})
		c.Streaming = append(c.Streaming, chat.Stream{ID: m.id(), Endpoint: m.text()})
		c.Timers = append(c.Timers, chat.Timer{Role: transcript.Role(m.text()), Type: chat.TimerType(m.text()), After: time.Duration(m.Int64())})
	}
	c.Attributes = chat.AttributesOf(attributes)
	return c
}

func (m maker) item(c *chat.Contact, seq int64) transcript.Item {
	item := transcript.Item{
		ID: m.id(), Type: transcript.ItemType(m.text()), ContactID: c.ID, InitialContactID: c.ID, Seq: seq, Time: m.moment(),
		ContentType: m.text(), ParticipantID: m.text(), DisplayName: m.text(), Role: transcript.Role(m.text()), ClientToken: m.text(),
	}
	if m.IntN(4) == 0 {
		item.ContactID = m.id()
	}
	if item.HasContent = m.IntN(3) > 0; item.HasContent {
		item.Content = m.text()
	}
	if m.IntN(4) == 0 {
		item.Part = &transcript.Part{Completed: true}
	}
	if m.IntN(4) == 0 {
		item.Processed = m.processed()
		if item.Undelivered() {
			item.Only = item.ParticipantID
		}
	}
	if m.IntN(4) == 0 {
		item.Receipt = &transcript.Receipt{MessageID: m.id(), RecipientID: m.id(), Delivered: m.precise(), Read: m.precise()}
		item.Attachments = []transcript.Attachment{
			{ID: m.id(), Name: m.text(), ContentType: m.text(), Status: transcript.AttachmentStatus(m.text())}, {},
		}
	}
	return item
}

func (m maker) processed() *transcript.Processed {
	return &transcript.Processed{Status: transcript.ProcessingStatus(m.text()), Original: m.text(), OriginalType: m.text(), Why: m.text()}
}

func (m maker) processing() *chat.Processing {
	p := &chat.Processing{Ending: chat.Reason(m.text())}
	if m.IntN(2) == 0 {
		p.Processor = &chat.Processor{Function: m.text(), Shown: m.text(), Deliver: m.IntN(2) == 0}
		p.Redaction = &chat.Redaction{Rules: redact.Rules{Entities: m.texts(), Same: m.IntN(2) == 0}, Deliver: m.IntN(2) == 0}
	}
	for range m.IntN(3) {
		h := chat.Held{Stored: m.IntN(2) == 0, Processor: p.Processor, Passing: m.IntN(2) == 0, Stopped: m.IntN(2) == 0, Item: transcript.Item{
			ID: m.id(), Type: transcript.MessageItem, Time: m.moment(), ContentType: m.text(), Content: m.text(), HasContent: true,
			ParticipantID: m.text(), DisplayName: m.text(), Role: transcript.Role(m.text()), ClientToken: m.text(), Only: m.text(),
		}}
		if m.IntN(2) == 0 {
			h.Item.Processed = m.processed()
		}
		p.Held = append(p.Held, h)
	}
	return p
}

func (m maker) file(c *chat.Contact) *transcript.File {
	return &transcript.File{
		ID: m.id(), ContactID: c.ID, ParticipantID: m.text(), Name: m.text(), ContentType: m.text(), Size: m.Int64(),
		Status: transcript.FileStatus(m.text()), ItemID: m.text(), Created: m.precise(),
	}
}

func (m maker) fileRules() chat.FileRules {
	rules := chat.FileRules{InstanceID: m.text(), Scope: m.text(), Bytes: m.Int64(), Modified: m.precise()}
	switch m.IntN(3) { // none that were changed, and none allowed, are not the same
	case 0:
		rules.Extensions = []string{}
	case 1:
		rules.Extensions = []string{m.text(), m.text()}
	}
	return rules
}

// model is what a store has to hold.
type model struct {
	contacts []*chat.Contact
	items    map[string][]transcript.Item // by contact, in order
	marks    map[string][]chat.Mark
	files    map[string]*transcript.File
	rules    []chat.FileRules
}

// step makes one random change and returns it.
func (w *model) step(m maker) chat.Changes {
	if len(w.contacts) == 0 || m.IntN(4) == 0 {
		c := m.contact()
		w.contacts = append(w.contacts, c)
		return chat.Changes{Contact: c, ClientToken: m.text()}
	}
	i := m.IntN(len(w.contacts))
	c := w.contacts[i]
	var changes chat.Changes
	if m.IntN(3) == 0 {
		changed := m.contact()
		changed.ID = c.ID
		w.contacts[i], changes.Contact = changed, changed
	}
	for range m.IntN(4) {
		item := m.item(c, int64(len(w.items[c.ID])+1))
		if item.Seq > 1 && m.IntN(5) == 0 {
			old := w.items[c.ID][m.IntN(int(item.Seq)-1)]
			item.ID, item.Seq = old.ID, old.Seq
			w.items[c.ID][old.Seq-1] = item
		} else {
			w.items[c.ID] = append(w.items[c.ID], item)
		}
		changes.Items = append(changes.Items, item)
	}
	if m.IntN(3) == 0 {
		mark := chat.Mark{ContactID: c.ID, ParticipantID: "p" + m.text(), Seq: m.Int64N(9), At: m.moment(), Read: m.IntN(2) == 0}
		changes.Mark = &mark
		if !slices.ContainsFunc(w.marks[c.ID], func(o chat.Mark) bool {
			return o.ParticipantID == mark.ParticipantID && o.Seq >= mark.Seq && (o.Read || !mark.Read)
		}) {
			w.marks[c.ID] = append(w.marks[c.ID], mark)
		}
	}
	if m.IntN(3) == 0 {
		changes.File = m.file(c)
		w.files[changes.File.ID] = changes.File
	}
	if m.IntN(9) == 0 {
		w.rules = append(slices.Clone(w.rules), m.fileRules())
		changes.FileRules = w.rules
	}
	return changes
}

// A new field of the domain has to be stored and to be made by maker; but for Item.Fault, which is not kept.
func TestNoFieldIsForgotten(t *testing.T) {
	t.Parallel()
	for kind, want := range map[reflect.Type]int{
		reflect.TypeFor[chat.Contact](): 24, reflect.TypeFor[chat.Participant](): 6, reflect.TypeFor[transcript.Item](): 20, reflect.TypeFor[transcript.File](): 9,
		reflect.TypeFor[chat.Mark](): 5, reflect.TypeFor[chat.Changes](): 7, reflect.TypeFor[chat.FileRules](): 5, reflect.TypeFor[chat.Successor](): 7,
		reflect.TypeFor[chat.Processing](): 4, reflect.TypeFor[chat.Held](): 5, reflect.TypeFor[chat.Processor](): 3, reflect.TypeFor[transcript.Processed](): 4,
	} {
		if kind.NumField() != want {
			t.Errorf("%v has %d fields, not %d", kind, kind.NumField(), want)
		}
	}
}

// What is written is read, in every field, also after a restart.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for name := range alike(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(6) {
				m := maker{rand.New(rand.NewPCG(seed, 0))}
				opened := alike(t)[name]
				w := &model{items: map[string][]transcript.Item{}, marks: map[string][]chat.Mark{}, files: map[string]*transcript.File{}}
				s := opened()
				for range 120 {
					commit(t, s, w.step(m))
				}
				w.check(t, m, s)
				w.check(t, m, opened())
				if t.Failed() {
					t.Fatalf("seed %d", seed)
				}
			}
		})
	}
}

// same compares times as moments and takes no list for an empty one.
func same() gocmp.Options {
	return gocmp.Options{cmpopts.EquateEmpty(), gocmp.Comparer(time.Time.Equal)}
}

func (w *model) check(t *testing.T, m maker, s chat.Store) {
	t.Helper()
	ctx := t.Context()
	for _, c := range w.contacts {
		contact, err := s.Contact(ctx, c.ID)
		if diff := gocmp.Diff(c, contact, same()); diff != "" || err != nil {
			t.Error(diff, err)
		}
		marks, err := s.Marks(ctx, c.ID)
		if diff := gocmp.Diff(w.marks[c.ID], marks, same()); diff != "" || err != nil {
			t.Error(diff, err)
		}
		w.checkItems(t, m, s, c.ID)
		for _, item := range w.items[c.ID] {
			if seq, err := s.Find(ctx, c.ID, item.ID); seq != item.Seq || err != nil {
				t.Errorf("item %q is at %d, not %d: %v", item.ID, item.Seq, seq, err)
			}
		}
		n := 0
		for _, file := range w.files {
			if file.ContactID == c.ID {
				n++
			}
		}
		if got, err := s.Files(ctx, c.ID); got != n || err != nil {
			t.Errorf("%d files, not %d: %v", n, got, err)
		}
	}
	rules, err := s.FileRules(ctx)
	if diff := gocmp.Diff(w.rules, rules, gocmp.Comparer(time.Time.Equal)); diff != "" && len(w.rules) > 0 || err != nil {
		t.Error(diff, err)
	}
	for id, want := range w.files {
		got, err := s.File(ctx, id)
		if diff := gocmp.Diff(want, got, same()); diff != "" || err != nil {
			t.Error(diff, err)
		}
	}
}

// checkItems asks for all items, and for some in several ways.
func (w *model) checkItems(t *testing.T, m maker, s chat.Store, contactID string) {
	t.Helper()
	for i := range 6 {
		q := chat.ItemQuery{ContactID: contactID}
		if i > 0 {
			q.After, q.Before, q.Limit, q.Newest, q.From, q.To = m.Int64N(6)-1, m.Int64N(8), m.IntN(4), m.IntN(2) == 0, m.precise(), m.precise()
		}
		var want []transcript.Item
		for _, item := range w.items[contactID] {
			if item.Seq > q.After && (q.Before == 0 || item.Seq < q.Before) && !item.Time.Before(q.From) && (q.To.IsZero() || !item.Time.After(q.To)) {
				want = append(want, item)
			}
		}
		slices.SortFunc(want, func(a, b transcript.Item) int { return cmp.Compare(a.Seq, b.Seq) })
		if q.Newest {
			slices.Reverse(want)
		}
		if q.Limit > 0 && len(want) > q.Limit {
			want = want[:q.Limit]
		}
		got, err := s.Items(t.Context(), q)
		if diff := gocmp.Diff(want, got, same()); diff != "" || err != nil {
			t.Errorf("%+v: %s %v", q, diff, err)
		}
	}
}

// Whatever is in a record, reading it ends in a record that is written the same, or in an
// error.
func FuzzContactRecord(f *testing.F) {
	for seed := range uint64(4) {
		body, err := store.EncodeContact(maker{rand.New(rand.NewPCG(seed, 1))}.contact())
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	f.Add(`{"started":"0001-01-01T00:00:00Z","participants":[{}],"segmentAttributes":"AA=="}`)
	f.Fuzz(func(t *testing.T, body string) {
		first, err := store.DecodeContact("c", body)
		if err != nil {
			return
		}
		again, err := store.EncodeContact(first)
		if err != nil {
			return // a time that JSON cannot say
		}
		second, err := store.DecodeContact("c", again)
		if diff := gocmp.Diff(first, second, same()); diff != "" || err != nil {
			t.Error(diff, err)
		}
	})
}

func FuzzItemRecord(f *testing.F) {
	f.Add(`{"attachments":[{"id":"a","status":"APPROVED"}],"receipt":{"message":"m","read":"2026-01-02T03:04:05.678Z"}}`)
	f.Add(`{"receipt":null}`)
	f.Fuzz(func(t *testing.T, text string) {
		var first, second transcript.Item
		if store.DecodeExtra(text, &first) != nil {
			return
		}
		again, err := store.EncodeExtra(&first)
		if err != nil || again == "" {
			return
		}
		err = store.DecodeExtra(again, &second)
		if diff := gocmp.Diff(first, second, same()); diff != "" || err != nil {
			t.Error(diff, err)
		}
	})
}

func FuzzFileRecord(f *testing.F) {
	f.Add(`{"contact":"c","size":7,"status":"approved","created":"2026-01-02T03:04:05.678Z"}`)
	f.Fuzz(func(t *testing.T, body string) {
		first, err := store.DecodeFile("f", body)
		if err != nil {
			return
		}
		again, err := store.EncodeFile(first)
		if err != nil {
			return
		}
		second, err := store.DecodeFile("f", again)
		if diff := gocmp.Diff(first, second, same()); diff != "" || err != nil {
			t.Error(diff, err)
		}
	})
}

// Items keep texts byte by byte, and ids of any shape stay apart.
func FuzzItem(f *testing.F) {
	s, err := store.Open(f.Context(), store.Config{Ephemeral: true})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = s.Close() })
	f.Add("id", "content", "participant", "token", int64(1))
	f.Add(uuid.NewString(), "\x00\xff", strings.ToUpper(uuid.NewString()), "", int64(1)<<32-1)
	f.Fuzz(func(t *testing.T, id, content, participant, token string, seq int64) {
		if id == "" || seq < 1 || seq >= 1<<32 {
			return
		}
		c := newContact()
		want := transcript.Item{
			ID: id, Seq: seq, ContactID: c.ID, InitialContactID: c.ID, Content: content, HasContent: true, ParticipantID: participant,
			ClientToken: token, Time: time.UnixMilli(seq).UTC(),
		}
		if err := s.Commit(t.Context(), chat.Changes{Contact: c, Items: []transcript.Item{want}}); err != nil {
			t.Fatal(err)
		}
		got, err := s.Items(t.Context(), chat.ItemQuery{ContactID: c.ID})
		if diff := gocmp.Diff([]transcript.Item{want}, got); diff != "" || err != nil {
			t.Error(diff, err)
		}
	})
}

func FuzzID(f *testing.F) {
	f.Add(uuid.NewString())
	f.Add(strings.ToUpper(uuid.NewString()))
	f.Add("urn:uuid:" + uuid.NewString())
	f.Fuzz(func(t *testing.T, id string) {
		if got, err := store.UnpackID(store.PackID(id)); got != id || err != nil {
			t.Errorf("%q became %q, %v", id, got, err)
		}
	})
}
