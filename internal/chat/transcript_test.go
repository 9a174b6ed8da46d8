package chat_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/secret"
	"github.com/parley-chat/parley/internal/transcript"
)

// numbered starts a chat in which m1, m2 and so on were said.
func (w *world) numbered(n int) (chat.Started, chat.Connection, []chat.Sent) {
	w.t.Helper()
	started, connection, _ := w.begin(request())
	sent := make([]chat.Sent, 0, n)
	for i := range n {
		sent = append(sent, w.say(connection.Token, fmt.Sprintf("m%d", i+1)))
	}
	return started, connection, sent
}

func (w *world) page(token secret.Text, q chat.TranscriptQuery) chat.Page {
	w.t.Helper()
	page, err := w.Transcript(w.t.Context(), token, q)
	if err != nil {
		w.t.Fatal(err)
	}
	return page
}

// contents are the messages on a page; an event is a dash.
func contents(page chat.Page) string {
	text := ""
	for _, item := range page.Items {
		if item.Type == transcript.EventItem {
			text += "-"
		}
		text += item.Content + " "
	}
	return text
}

// Source: chat-clients.md and the API reference of GetTranscript.
func TestTranscriptPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, chat.Config{})
	started, connection, sent := w.numbered(12)
	number := func(n int) *int { return &n }
	tests := map[string]struct {
		query chat.TranscriptQuery
		want  string
		more  bool
	}{
		"defaults":                    {chat.TranscriptQuery{}, "m12 m11 m10 m9 m8 m7 m6 m5 m4 m3 ", true},
		"as the clients ask":          {chat.TranscriptQuery{MaxResults: 3}, "m12 m11 m10 ", true},
		"order is within the page":    {chat.TranscriptQuery{MaxResults: 3, Descending: false}, "m10 m11 m12 ", true},
		"everything":                  {chat.TranscriptQuery{MaxResults: 100}, "- m1 m2 m3 m4 m5 m6 m7 m8 m9 m10 m11 m12 ", false},
		"exactly everything":          {chat.TranscriptQuery{MaxResults: 13}, "- m1 m2 m3 m4 m5 m6 m7 m8 m9 m10 m11 m12 ", false},
		"forward from an id":          {chat.TranscriptQuery{Forward: true, Start: &chat.StartPosition{ID: sent[9].ID}}, "m10 m11 m12 ", false},
		"forward, with more":          {chat.TranscriptQuery{Forward: true, MaxResults: 2, Start: &chat.StartPosition{ID: sent[9].ID}}, "m10 m11 ", true},
		"forward, descending":         {chat.TranscriptQuery{Forward: true, Descending: true, MaxResults: 2, Start: &chat.StartPosition{ID: sent[9].ID}}, "m11 m10 ", true},
		"backward from an id":         {chat.TranscriptQuery{MaxResults: 2, Start: &chat.StartPosition{ID: sent[4].ID}}, "m4 m5 ", true},
		"backward from the first":     {chat.TranscriptQuery{Start: &chat.StartPosition{ID: sent[0].ID}}, "- m1 ", false},
		"an unknown id":               {chat.TranscriptQuery{Start: &chat.StartPosition{ID: started.ContactID}}, "", false},
		"forward from an unknown id":  {chat.TranscriptQuery{Forward: true, Start: &chat.StartPosition{ID: "x"}}, "", false},
		"forward from a time":         {chat.TranscriptQuery{Forward: true, Start: &chat.StartPosition{Time: sent[10].Time}}, "m11 m12 ", false},
		"forward from between":        {chat.TranscriptQuery{Forward: true, Start: &chat.StartPosition{Time: sent[10].Time.Add(1)}}, "m12 ", false},
		"forward from the future":     {chat.TranscriptQuery{Forward: true, Start: &chat.StartPosition{Time: sent[11].Time.Add(1)}}, "", false},
		"backward from a time":        {chat.TranscriptQuery{Start: &chat.StartPosition{Time: sent[1].Time}}, "- m1 m2 ", false},
		"backward from before it all": {chat.TranscriptQuery{Start: &chat.StartPosition{Time: sent[0].Time.Add(-time.Minute)}}, "", false},
		"forward from most recent":    {chat.TranscriptQuery{Forward: true, Start: &chat.StartPosition{MostRecent: number(3)}}, "m10 m11 m12 ", false},
		"backward from most recent":   {chat.TranscriptQuery{MaxResults: 2, Start: &chat.StartPosition{MostRecent: number(3)}}, "m9 m10 ", true},
		"more than there are":         {chat.TranscriptQuery{Forward: true, MaxResults: 2, Start: &chat.StartPosition{MostRecent: number(99)}}, "- m1 ", true},
		"none most recent":            {chat.TranscriptQuery{Forward: true, Start: &chat.StartPosition{MostRecent: number(0)}}, "m12 ", false},
		"its own contact":             {chat.TranscriptQuery{ContactID: started.ContactID, MaxResults: 1}, "m12 ", true},
	}
	for name, test := range tests {
		if name == "defaults" || name == "as the clients ask" {
			test.query.Descending = true
		}
		page := w.page(connection.Token, test.query)
		if got := contents(page); got != test.want || (page.NextToken != "") != test.more || page.InitialContactID != started.ContactID || page.Past {
			t.Errorf("%s: %q, next %q, %+v", name, got, page.NextToken, page)
		}
	}
	for field, query := range map[string]chat.TranscriptQuery{
		"MaxResults": {MaxResults: 101}, "NextToken": {NextToken: "x"}, "ContactId": {ContactID: "elsewhere"},
		"StartPosition": {Forward: true},
	} {
		_, err := w.Transcript(t.Context(), connection.Token, query)
		invalidField(t, field, err, field)
	}
	_, err := w.Transcript(t.Context(), connection.Token, chat.TranscriptQuery{MaxResults: -1})
	invalidField(t, "negative", err, "MaxResults")
}

// Whatever the size of the pages and the order on them, each item comes once, and the last
// page has no NextToken: two clients page for ever otherwise.
func TestTranscriptPaging(t *testing.T) {
	t.Parallel()
	w := newWorld(t, chat.Config{})
	_, connection, sent := w.numbered(40)
	for _, size := range []int{1, 3, 7, 8, 10, 39, 40, 41, 100} {
		for _, forward := range []bool{false, true} {
			for _, descending := range []bool{false, true} {
				query := chat.TranscriptQuery{MaxResults: size, Forward: forward, Descending: descending}
				if forward {
					query.Start = &chat.StartPosition{ID: sent[0].ID}
				}
				var all []string
				for pages := 0; ; pages++ {
					if pages > 41 {
						t.Fatalf("%+v never ends", query)
					}
					page := w.page(connection.Token, query)
					ids := make([]string, 0, size)
					for _, item := range page.Items {
						ids = append(ids, item.Content)
					}
					ids = slices.DeleteFunc(ids, func(text string) bool { return text == "" }) // the customer joined
					if len(page.Items) == 0 || len(page.Items) > size {
						t.Fatalf("%+v: %d items", query, len(page.Items))
					}
					if descending == forward { // as they were collected
						slices.Reverse(ids)
					}
					all = append(all, ids...)
					if page.NextToken == "" {
						break
					}
					// Clients send the token with the rest, or alone.
					query = chat.TranscriptQuery{MaxResults: size, Descending: descending, NextToken: page.NextToken}
				}
				want := make([]string, 0, len(sent))
				for i := range sent {
					want = append(want, fmt.Sprintf("m%d", i+1))
				}
				if !forward {
					slices.Reverse(want)
				}
				if diff := cmp.Diff(want, all); diff != "" {
					t.Errorf("size %d, forward %v, descending %v: %s", size, forward, descending, diff)
				}
			}
		}
	}
}

// Pages that are asked for while the chat goes on do not shift.
func TestTranscriptPagesStayPut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, chat.Config{})
	_, connection, _ := w.numbered(5)
	first := w.page(connection.Token, chat.TranscriptQuery{MaxResults: 3})
	w.say(connection.Token, "later")
	second := w.page(connection.Token, chat.TranscriptQuery{MaxResults: 3, NextToken: first.NextToken})
	if got := contents(first) + contents(second); got != "m3 m4 m5 - m1 m2 " || second.NextToken != "" {
		t.Errorf("%q, next %q", got, second.NextToken)
	}
	all := w.page(connection.Token, chat.TranscriptQuery{MaxResults: 4, Forward: true, Start: &chat.StartPosition{Time: first.Items[2].Time}})
	if got := contents(all); got != "m5 later " {
		t.Errorf("%q", got)
	}
}

// A persistent chat shows the earlier ones, page by page and the newest first.
func TestPersistentChat(t *testing.T) {
	t.Parallel()
	w := newWorld(t, chat.Config{})
	ctx := t.Context()
	var chain []chat.Started
	var last *tape
	next := func(whole bool, source string) chat.Connection {
		r := request()
		r.SourceID, r.Whole = source, whole
		started, connection, record := w.begin(r)
		chain, last = append(chain, started), record
		return connection
	}
	token := next(false, "").Token
	w.say(token, "one-a")
	w.say(token, "one-b")
	r := request()
	r.SourceID = chain[0].ContactID
	_, err := w.Start(ctx, r)
	invalidField(t, "an active source", err, "PersistentChat.SourceContactId")
	w.end(chain[0].ContactID)
	next(true, chain[0].ContactID) // in which nobody says anything
	if err := w.Step(ctx, chain[1].ContactID, func(*chat.Step) error { return nil }); err != nil {
		t.Fatal(err)
	}
	w.end(chain[1].ContactID)
	connection := next(false, chain[1].ContactID)
	if got := last.lines(); !slices.Equal(got, []string{"Pat: participant.joined", "chat.rehydrated"}) {
		t.Errorf("a client that begins to listen is told %q", got)
	}
	again, _ := w.socket(chain[2].Token)
	if got := again.lines(); len(got) > 0 {
		t.Errorf("a second client is told %q", got)
	}
	w.say(connection.Token, "three")
	if chain[2].ContinuedFrom != chain[1].ContactID || chain[0].ContinuedFrom != "" {
		t.Errorf("%+v", chain)
	}
	var got []string
	query := chat.TranscriptQuery{MaxResults: 2}
	for {
		page := w.page(connection.Token, query)
		text := fmt.Sprintf("%v:", page.Past)
		for _, item := range page.Items {
			text += " " + line(item)
		}
		got = append(got, text)
		if page.InitialContactID != chain[2].ContactID {
			t.Errorf("initial contact %s", page.InitialContactID)
		}
		if query.NextToken = page.NextToken; query.NextToken == "" {
			break
		}
	}
	want := []string{
		"false: Pat: participant.joined Pat: three", "true: Pat: participant.joined chat.ended", "true: Pat: one-b chat.ended",
		"true: Pat: participant.joined Pat: one-a",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	one := 1
	for what, q := range map[string]chat.TranscriptQuery{
		"most recent": {Forward: true, Start: &chat.StartPosition{MostRecent: &one}}, "newest": {MaxResults: 1},
	} {
		q.ContactID = chain[0].ContactID
		page := w.page(connection.Token, q)
		if got := lines(page.Items); !page.Past || !slices.Equal(got, []string{"chat.ended"}) {
			t.Errorf("%s of a past chat: %q, %v", what, got, page.Past)
		}
	}
	r.SourceID = "00000000-0000-4000-8000-000000000000"
	_, err = w.Start(ctx, r)
	refusal(t, "an unknown source", err, chat.ErrNotFound)
	// The past of another chat is nobody else's.
	_, stranger, _ := w.begin(request())
	_, err = w.Transcript(ctx, stranger.Token, chat.TranscriptQuery{ContactID: chain[0].ContactID})
	invalidField(t, "another's past", err, "ContactId")
	if page := w.page(stranger.Token, chat.TranscriptQuery{}); len(page.Items) != 1 || page.NextToken != "" {
		t.Errorf("%+v", page)
	}
	first := w.page(connection.Token, chat.TranscriptQuery{})
	_, err = w.Transcript(ctx, stranger.Token, chat.TranscriptQuery{NextToken: first.NextToken})
	invalidField(t, "another's NextToken", err, "NextToken")
}

// A transcript says who has received and read a message, and when first.
func TestTranscriptReceipts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, chat.Config{})
	ctx := t.Context()
	started, connection, sent := w.numbered(3)
	agent := w.join(started.ContactID, transcript.Agent, "Ann")
	at := make([]time.Time, 0, 3)
	for _, event := range []struct{ kind, id string }{
		{transcript.MessageDelivered, sent[1].ID}, {transcript.MessageRead, sent[0].ID}, {transcript.MessageRead, sent[1].ID}, {transcript.MessageDelivered, sent[0].ID},
	} {
		got, err := w.Signal(ctx, started.ContactID, agent.ParticipantID, event.kind, `{"messageId":"`+event.id+`"}`)
		if err != nil || got.ID == "" {
			t.Fatal(got, err)
		}
		at = append(at, got.Time)
	}
	receipt := func(i int, delivered, read time.Time) []transcript.Receipt {
		return []transcript.Receipt{{MessageID: sent[i].ID, RecipientID: agent.ParticipantID, Delivered: delivered, Read: read}}
	}
	want := [][]transcript.Receipt{nil, receipt(0, at[0], at[1]), receipt(1, at[0], at[2]), nil, nil}
	var got [][]transcript.Receipt
	for _, item := range w.page(connection.Token, chat.TranscriptQuery{}).Items {
		got = append(got, item.Receipts)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, content := range []string{"", "{}", `{"messageId":""}`, `{"messageId":"unknown"}`, "null", "[]"} {
		_, err := w.SendEvent(ctx, connection.Token, transcript.MessageRead, content)
		invalidField(t, content, err, "Content")
	}
	_, err := w.SendEvent(ctx, connection.Token, transcript.ParticipantJoined, "")
	invalidField(t, "a made-up event", err, "ContentType")
	if _, err := w.SendEvent(ctx, connection.Token, transcript.ConnectionAck, ""); err != nil {
		t.Error(err)
	}
	w.join(started.ContactID, transcript.Supervisor, "Sue")
	_, err = w.SendEvent(ctx, connection.Token, transcript.MessageRead, `{"messageId":"`+sent[0].ID+`"}`)
	refusal(t, "a receipt among three", err, chat.ErrConflict)
}

// ReadTranscript needs no token, and gives ended chats too.
func TestReadTranscript(t *testing.T) {
	t.Parallel()
	w := newWorld(t, chat.Config{})
	started, connection, _ := w.numbered(3)
	empty := w.start(request())
	for range 2 {
		page, err := w.ReadTranscript(t.Context(), started.ContactID, chat.TranscriptQuery{MaxResults: 100})
		if err != nil || len(page.Items) < 4 || page.Items[1].Content != "m1" || page.NextToken != "" {
			t.Errorf("%+v, %v", page, err)
		}
		w.end(started.ContactID)
	}
	if page, err := w.ReadTranscript(t.Context(), empty.ContactID, chat.TranscriptQuery{}); err != nil || len(page.Items) > 0 {
		t.Errorf("%+v, %v", page, err)
	}
	_, err := w.ReadTranscript(t.Context(), "unknown", chat.TranscriptQuery{})
	refusal(t, "an unknown contact", err, chat.ErrNotFound)
	_, err = w.Transcript(t.Context(), connection.Token, chat.TranscriptQuery{})
	refusal(t, "a chat that is over", err, chat.ErrAccessDenied)
}

// No text as NextToken does harm.
func FuzzNextToken(f *testing.F) {
	f.Add("eyJmIjp0cnVlLCJsIjoxLCJzIjo1fQ")
	f.Add("eyJsIjotMX0")
	f.Add("eyJzIjotOTIyMzM3MjAzNjg1NDc3NTgwOH0")
	service := fuzzService(f)
	started, err := service.Start(f.Context(), request())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, token string) {
		page, err := service.Transcript(t.Context(), started.ContactID, chat.TranscriptQuery{NextToken: token})
		if err == nil && (len(page.Items) > 0 || page.NextToken != "") {
			t.Errorf("%+v", page)
		}
		if err != nil {
			invalidField(t, token, err, "NextToken")
		}
	})
}
