package participant_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/participant"
	"github.com/parley-chat/parley/internal/transcript"
)

// The tests of this file are the known traps of the chat clients: things a naive server does
// and what a client then does without saying so.

// chatjs never opens any other address, and everything else seems to work.
func TestTrapSocketAddressFromHost(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	started := w.start(chat.StartRequest{})
	for host, want := range map[string]string{"localhost:3000": "ws://127.0.0.1:3000/", "localhost": "ws://127.0.0.1:80/"} {
		a := w.call(http.MethodPost, "/participant/connection", started.Token.Reveal(), connectBody, "Host", host)
		if got := a.member(t, "Websocket", "Url"); !strings.HasPrefix(got, want) {
			t.Errorf("asked as %s: %s, want %s…", host, got, want)
		}
	}
}

// An expiry under a minute or over 24.8 days away makes chatjs ask 100 times a second.
func TestTrapExpiry(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{limits: chat.Limits{Duration: 365 * 24 * time.Hour, ConnectWithin: 365 * 24 * time.Hour}})
	started := w.start(chat.StartRequest{})
	for _, skipped := range []time.Duration{0, 100 * 24 * time.Hour} {
		w.chats.Clock().Skip(skipped)
		a := w.must("connection", started.Token.Reveal(), connectBody)
		for _, path := range [][]string{{"ConnectionCredentials", "Expiry"}, {"Websocket", "ConnectionExpiry"}} {
			expiry, err := time.Parse(time.RFC3339, a.member(t, path...))
			if err != nil {
				t.Fatal(err)
			}
			if left := time.Until(expiry); left < 2*time.Minute || left > 24*24*time.Hour {
				t.Errorf("%s after skipping %s is %s away", path[1], skipped, left)
			}
		}
	}
}

// Closed without chat.ended, the client reconnects at once; what comes after it is lost.
func TestTrapChatEndedIsSentLast(t *testing.T) {
	inBubble(t, setup{}, func(w *world) {
		t := w.t
		c := w.newCustomer()
		agent := w.join(c.ContactID, "Ann")
		b := w.subscribed(c.socketURL)
		for i := range 20 {
			w.say(c.ContactID, agent, fmt.Sprint(i))
		}
		if err := w.chats.End(t.Context(), c.ContactID, chat.StoppedByAPI); err != nil {
			t.Fatal(err)
		}
		_ = b.waitCode()
		var last map[string]any
		for len(b.frames) > 0 {
			last = b.item()
		}
		if last["ContentType"] != transcript.ChatEnded {
			t.Errorf("the last item is %v", last)
		}
	})
}

// Evicting the oldest of six sockets makes six pages evict each other for ever.
func TestTrapSixthSocketIsRefusedNotAccepted(t *testing.T) {
	inBubble(t, setup{}, func(w *world) {
		t := w.t
		c := w.newCustomer()
		var open []*browser
		for range 5 {
			open = append(open, w.subscribed(c.socketURL))
		}
		if _, a, err := w.open(c.socketURL); err == nil || a.Status != 429 {
			t.Errorf("a sixth socket: %v %d", err, a.Status)
		}
		_ = open[0].conn.WriteClose(1000, nil)
		<-open[0].closed
		synctest.Wait()
		w.subscribed(c.socketURL) // its place is free
	})
}

// Clients keep calls in flight and sockets open while they get a new connection.
func TestTrapOldTokensAndSocketsStay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	old := w.newCustomer()
	oldTab := w.arrived(old.socketURL)
	fresh := w.connect(old.Started)
	freshTab := w.subscribed(fresh.socketURL)
	for i, token := range []string{old.token, fresh.token} {
		a := w.must("message", token, fmt.Sprintf(`{"ContentType":"text/plain","Content":"%d"}`, i))
		for _, tab := range []*browser{oldTab, freshTab} {
			if got := tab.item()["Id"]; got != a.member(t, "Id") {
				t.Errorf("a tab got %v", got)
			}
		}
	}
}

// chatjs may retry one address for a while.
func TestTrapAddressOpensAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	c := w.newCustomer()
	for range 3 {
		b := w.subscribed(c.socketURL)
		_ = b.conn.WriteClose(1000, nil)
		<-b.closed
	}
}

// Heartbeats of both kinds need answers of different shape, from before the subscription on.
func TestTrapHeartbeats(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	b, _, err := w.open(w.newCustomer().socketURL)
	if err != nil {
		t.Fatal(err)
	}
	for sent, want := range map[string]string{
		`{"topic":"aws/heartbeat"}`:    `{"topic":"aws/heartbeat"}`,
		`{"topic": "aws/heartbeat"}`:   `{"topic":"aws/heartbeat"}`, // the native SDKs
		`{"topic":"aws/ping"}`:         `{"topic":"aws/ping","statusCode":200,"statusContent":"OK"}`,
		` { "topic" : "aws\/ping" }  `: `{"topic":"aws/ping","statusCode":200,"statusContent":"OK"}`,
	} {
		b.send(sent)
		if got := b.next(); got != want {
			t.Errorf("%s is answered %s", sent, got)
		}
	}
}

// The iOS SDK writes a bracket too many.
func TestTrapStrictJSONOnFrames(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	c := w.newCustomer()
	b, _, err := w.open(c.socketURL)
	if err != nil {
		t.Fatal(err)
	}
	b.send(`{"topic": "aws/subscribe", "content": {"topics": ["aws/chat"]}})`)
	if got := b.next(); !strings.Contains(got, `"status":"success"`) {
		t.Errorf("answer %s", got)
	}
	w.must("message", c.token, `{"ContentType":"text/plain","Content":"x"}`)
	b.item()
}

func TestTrapSubscriptions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	c := w.newCustomer()
	b, _, err := w.open(c.socketURL)
	if err != nil {
		t.Fatal(err)
	}
	b.send(`{"topic":"aws/subscribe","content":{"topics":["aws/weather"]}}`)
	if got := b.next(); !strings.Contains(got, `"status":"failure"`) {
		t.Errorf("answer %s", got)
	}
	w.must("message", c.token, `{"ContentType":"text/plain","Content":"before"}`)
	for i := range 2 { // chatjs repeats itself when no answer comes
		b.send(subscribeFrame)
		if got := b.next(); !strings.Contains(got, `"status":"success"`) {
			t.Errorf("answer %s, want one before any item", got)
		}
		if i == 0 {
			if got := b.item()["ContentType"]; got != transcript.ParticipantJoined {
				t.Errorf("item %v, want the customer's joining", got)
			}
		}
	}
	w.must("message", c.token, `{"ContentType":"text/plain","Content":"after"}`)
	if got := b.item()["Content"]; got != "after" {
		t.Errorf("item %v", got)
	}
}

// Paths are told apart escaped, methods without case; Authorization and Content-Type are not
// looked at.
func TestTrapRequests(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{config: func(c *participant.Config) {
		c.Views = func(token string) (participant.View, bool) { return participant.View{ID: token}, true }
	}})
	c := w.newCustomer()
	a := w.call(http.MethodGet, "/participant/views/vt%2B1%2F%3D", c.token, "")
	if got := a.member(t, "View", "Id"); got != "vt+1/=" {
		t.Errorf("view %q: %d %s", got, a.Status, a.Body)
	}
	for name, header := range map[string][]string{
		"empty key": {"Authorization", "AWS4-HMAC-SHA256 Credential=/20261122/us-west-2/execute-api/aws4_request, SignedHeaders=x, Signature=y"},
		"text":      {"Content-Type", "text/plain"},
		"amz":       {"Content-Type", "application/x-amz-json-1.1", "Content-Encoding", "amz-1.0"},
	} {
		a := w.call(http.MethodPost, "/participant/message", c.token, `{"ContentType":"text/plain","Content":"x","Unknown":{"a":[1]},"ClientToken":null}`, header...)
		if a.Status != 200 {
			t.Errorf("%s: %d %s", name, a.Status, a.Body)
		}
	}
	r := httptest.NewRequest("post", "/participant/message", strings.NewReader(`{"ContentType":"text/plain","Content":"x"}`))
	r.Header.Set("X-Amz-Bearer", c.token)
	rec := httptest.NewRecorder()
	w.mux.ServeHTTP(rec, r)
	if rec.Code != 200 {
		t.Errorf("method post: %d %s", rec.Code, rec.Body)
	}
	rec = httptest.NewRecorder()
	w.mux.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/participant/message", nil))
	if rec.Code != 404 || rec.Header().Get("X-Amzn-Errortype") != "UnknownOperationException" || !strings.Contains(rec.Body.String(), "it takes POST.") {
		t.Errorf("wrong method: %d %v %s", rec.Code, rec.Header(), rec.Body)
	}
}

// An action with another method is an unknown operation, as in Amazon Connect's API; what is an address and no
// operation says which methods it takes.
func TestOtherMethods(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	for _, test := range []struct {
		method, path string
		status       int
		allow        string
	}{
		{http.MethodPut, "/participant/connection", 404, ""},
		{http.MethodHead, "/participant/transcript", 404, ""},
		{http.MethodPost, "/participant/views/token", 404, ""},
		{http.MethodPost, "/participant/websocket", 405, "GET"},
		{http.MethodPost, "/attachments/id", 405, "GET"},
	} {
		rec := httptest.NewRecorder()
		w.mux.ServeHTTP(rec, httptest.NewRequest(test.method, test.path, nil))
		if rec.Code != test.status || rec.Header().Get("X-Amzn-Errortype") != "UnknownOperationException" || rec.Header().Get("Allow") != test.allow {
			t.Errorf("%s %s: %d %v %s", test.method, test.path, rec.Code, rec.Header(), rec.Body)
		}
	}
}

// Every receipt of chatjs has the same ClientToken; those of a customer go to the others, as
// MESSAGEMETADATA about the giver, and not back.
func TestTrapReceipts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	c := w.newCustomer()
	joined, err := w.chats.Join(t.Context(), c.ContactID, transcript.Agent, "Ann")
	if err != nil {
		t.Fatal(err)
	}
	customer := w.arrived(c.socketURL)
	agent := w.subscribed(w.connect(chat.Started{Token: joined.Token}).socketURL)
	for i := range 2 {
		m := w.say(c.ContactID, joined.ParticipantID, fmt.Sprint(i))
		customer.item()
		agent.item()
		content, _ := json.Marshal(`{"messageId":"` + m.ID + `","disableThrottle":true}`)
		w.must("event", c.token, `{"ClientToken":"INCOMING_READ_RECEIPT","Content":`+string(content)+`,"ContentType":"`+eventsIn+`message.read"}`)
		frame := agent.next()
		item := itemOf(t, frame)
		metadata, _ := item["MessageMetadata"].(map[string]any)
		if item["Type"] != "MESSAGEMETADATA" || item["ContentType"] != eventsIn+"message.metadata" || item["Id"] != m.ID || metadata["MessageId"] != m.ID {
			t.Fatalf("receipt %s", frame)
		}
		receipt := metadata["Receipts"].([]any)[0].(map[string]any)
		if receipt["RecipientParticipantId"] != c.ParticipantID || receipt["ReadTimestamp"] == nil || receipt["DeliveredTimestamp"] == nil {
			t.Errorf("receipt %v", receipt)
		}
	}
	// Nothing of it came back: the next item is the next message.
	w.say(c.ContactID, joined.ParticipantID, "next")
	if got := customer.item()["Content"]; got != "next" {
		t.Errorf("the customer got %v", got)
	}
	// In the transcript it is part of the message, the reading first and only.
	a := w.must("transcript", c.token, `{"SortOrder":"ASCENDING"}`)
	var page struct{ Transcript []map[string]any }
	if err := json.Unmarshal(a.Body, &page); err != nil {
		t.Fatal(err)
	}
	metadata, _ := page.Transcript[2]["MessageMetadata"].(map[string]any)
	if metadata == nil || len(metadata["Receipts"].([]any)) != 1 {
		t.Errorf("transcript %s", a.Body)
	}
}

// An echo under another id is shown twice; none is shown not at all.
func TestTrapEcho(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	c := w.newCustomer()
	b := w.arrived(c.socketURL)
	a := w.must("message", c.token, `{"ContentType":"text/plain","Content":"<b>\"ä\"\u2028</b>"}`)
	item := b.item()
	if item["Id"] != a.member(t, "Id") || item["AbsoluteTime"] != a.member(t, "AbsoluteTime") || item["Content"] != "<b>\"ä\"\u2028</b>" {
		t.Errorf("echo %v of %s", item, a.Body)
	}
	if item["InitialContactId"] != c.ContactID || item["ContactId"] != c.ContactID {
		t.Errorf("an item without the contact's ids is dropped: %v", item)
	}
}

// Three clients wait for the customer's own joining: it has all members on the socket, comes first in
// the transcript, and once, however often the page connects.
func TestRowA1CustomerJoins(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	c := w.newCustomer()
	item := w.subscribed(c.socketURL).item()
	want := map[string]any{
		"AbsoluteTime": item["AbsoluteTime"], "ContentType": transcript.ParticipantJoined, "Id": item["Id"], "Type": "EVENT",
		"ParticipantId": c.ParticipantID, "DisplayName": "Pat", "ParticipantRole": "CUSTOMER", "InitialContactId": c.ContactID, "ContactId": c.ContactID,
	}
	if diff := cmp.Diff(want, item); diff != "" {
		t.Error(diff)
	}
	w.subscribed(w.connect(c.Started).socketURL)
	w.must("message", c.token, `{"ContentType":"text/plain","Content":"hello"}`)
	var page struct{ Transcript []map[string]any }
	if err := json.Unmarshal(w.must("transcript", c.token, `{"SortOrder":"ASCENDING"}`).Body, &page); err != nil {
		t.Fatal(err)
	}
	delete(want, "InitialContactId") // stands beside the list
	if diff := cmp.Diff(want, page.Transcript[0]); diff != "" || len(page.Transcript) != 2 {
		t.Errorf("%d items, the first: %s", len(page.Transcript), diff)
	}
}

// One Android example reads exactly this form.
func TestTrapTimes(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`)
	w := newWorld(t, setup{})
	c := w.newCustomer()
	a := w.must("connection", c.Token.Reveal(), connectBody)
	got := []string{a.member(t, "ConnectionCredentials", "Expiry"), a.member(t, "Websocket", "ConnectionExpiry")}
	got = append(got, w.must("message", c.token, `{"ContentType":"text/plain","Content":"x"}`).member(t, "AbsoluteTime"))
	for _, text := range got {
		if !form.MatchString(text) {
			t.Errorf("time %q", text)
		}
	}
}

// The Android SDK loses an item that lacks a member, even an empty one.
func TestTrapEmptyMembersStay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	c := w.newCustomer()
	joined, err := w.chats.Join(t.Context(), c.ContactID, transcript.System, "")
	if err != nil {
		t.Fatal(err)
	}
	b := w.arrived(c.socketURL)
	w.say(c.ContactID, joined.ParticipantID, "x")
	item := b.item()
	for _, name := range []string{"DisplayName", "Id", "Content", "AbsoluteTime", "ContentType", "ParticipantRole", "ParticipantId", "Type"} {
		if _, ok := item[name]; !ok {
			t.Errorf("%s is missing in %v", name, item)
		}
	}
	w.join(c.ContactID, "")
	item = b.item()
	if _, ok := item["DisplayName"]; !ok {
		t.Errorf("DisplayName is missing in %v", item)
	}
	if _, ok := item["Content"]; ok {
		t.Errorf("an event has Content: %v", item)
	}
}

// Two clients page until NextToken is absent; an empty StartPosition is none; the order is
// applied after the page was cut.
func TestTrapTranscriptPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	c := w.newCustomer()
	agent := w.join(c.ContactID, "Ann") // one event
	for i := range 40 {
		w.say(c.ContactID, agent, fmt.Sprint(i))
	}
	var all []string
	next := ""
	for range 10 {
		body := `{"MaxResults":15,"ScanDirection":"BACKWARD","SortOrder":"ASCENDING","StartPosition":{}` + next + `}`
		a := w.must("transcript", c.token, body)
		var page map[string]any
		if err := json.Unmarshal(a.Body, &page); err != nil {
			t.Fatal(err)
		}
		var contents []string
		for _, item := range page["Transcript"].([]any) {
			content, _ := item.(map[string]any)["Content"].(string)
			contents = append(contents, content)
		}
		all = append(contents, all...)
		token, more := page["NextToken"].(string)
		if !more {
			if _, there := page["NextToken"]; there {
				t.Error("NextToken stands on the last page")
			}
			break
		}
		next = `,"NextToken":"` + token + `"`
	}
	if len(all) != 41 || all[0] != "" || all[1] != "0" || all[40] != "39" {
		t.Errorf("%d items: %v", len(all), all)
	}
	// An empty list is a list.
	fresh := w.newCustomer()
	if a := w.must("transcript", fresh.token, `{}`); string(a.Body) != `{"InitialContactId":"`+fresh.ContactID+`","Transcript":[]}` {
		t.Errorf("empty transcript %s", a.Body)
	}
	// A position that is no more is an empty page, not an error.
	a := w.must("transcript", c.token, `{"ScanDirection":"FORWARD","StartPosition":{"Id":"00000000-0000-4000-8000-000000000000"}}`)
	if !strings.Contains(string(a.Body), `"Transcript":[]`) {
		t.Errorf("unknown position %s", a.Body)
	}
}

// FORWARD needs a position to start from, as Amazon Connect's recorded answer says: an absent, null
// and empty StartPosition are the same, and so is one whose members are. A NextToken goes on
// without one. Without a direction, an empty one is read backward: chatjs sends it always.
//
// Source: https://github.com/amazon-connect/amazon-connect-chatjs/issues/19
func TestRowA3ForwardNeedsAStart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	c := w.newCustomer()
	first := w.must("message", c.token, `{"ContentType":"text/plain","Content":"one"}`).member(t, "Id")
	w.must("message", c.token, `{"ContentType":"text/plain","Content":"two"}`)
	for _, start := range []string{
		``, `,"StartPosition":null`, `,"StartPosition":{}`, `,"StartPosition":{"Id":null}`, `,"StartPosition":{"Id":"","AbsoluteTime":"","MostRecent":null}`,
		`,"StartPosition":{"id":"` + first + `"}`,
	} {
		a := w.post("transcript", c.token, `{"MaxResults":15,"SortOrder":"ASCENDING","ScanDirection":"FORWARD"`+start+`}`)
		if a.Status != http.StatusBadRequest || a.Header.Get("X-Amzn-Errortype") != "ValidationException" ||
			!strings.Contains(a.member(t, "Message"), "StartPosition") || !strings.Contains(a.member(t, "Message"), "FORWARD") {
			t.Errorf("forward with %q: %d %s", start, a.Status, a.Body)
		}
		for _, direction := range []string{``, `,"ScanDirection":"BACKWARD"`} {
			a := w.must("transcript", c.token, `{"MaxResults":15,"SortOrder":"ASCENDING"`+direction+start+`}`)
			if body := string(a.Body); !strings.Contains(body, `"one"`) || strings.Index(body, `"one"`) > strings.Index(body, `"two"`) {
				t.Errorf("%q with %q: %s", direction, start, body)
			}
		}
	}
	a := w.must("transcript", c.token, `{"MaxResults":1,"ScanDirection":"FORWARD","StartPosition":{"Id":"`+first+`"}}`)
	a = w.must("transcript", c.token, `{"MaxResults":1,"ScanDirection":"FORWARD","StartPosition":{},"NextToken":"`+a.member(t, "NextToken")+`"}`)
	if !strings.Contains(string(a.Body), `"two"`) {
		t.Errorf("going on by NextToken: %s", a.Body)
	}
}

// Items of earlier chats have RelatedContactId and no ContactId.
func TestTrapPastItems(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	old := w.newCustomer()
	w.must("message", old.token, `{"ContentType":"text/plain","Content":"long ago"}`)
	w.must("disconnect", old.token, `{}`)
	c := w.connect(w.start(chat.StartRequest{SourceID: old.ContactID}))
	w.must("message", c.token, `{"ContentType":"text/plain","Content":"today"}`)
	a := w.must("transcript", c.token, `{}`)
	if !strings.Contains(string(a.Body), `"today"`) || strings.Contains(string(a.Body), `"RelatedContactId"`) {
		t.Errorf("first page %s", a.Body)
	}
	a = w.must("transcript", c.token, `{"ScanDirection":"BACKWARD","NextToken":"`+a.member(t, "NextToken")+`"}`)
	if body := string(a.Body); !strings.Contains(body, `"long ago"`) || strings.Contains(body, `"ContactId"`) ||
		!strings.Contains(body, `"RelatedContactId":"`+old.ContactID+`"`) {
		t.Errorf("second page %s", a.Body)
	}
}

// chatjs completes an upload that was refused. What counts is what arrived.
func TestTrapUploads(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	c := w.newCustomer()
	announce := func() (id, address string, headers []string) {
		a := w.must("start-attachment-upload", c.token, `{"AttachmentName":"a.txt","ContentType":"text/plain","AttachmentSizeInBytes":5,"ClientToken":"t"}`)
		return a.member(t, "AttachmentId"), a.member(t, "UploadMetadata", "Url"), given(t, a)
	}
	complete := func(id string) int {
		return w.post("complete-attachment-upload", c.token, `{"AttachmentIds":["`+id+`"],"ClientToken":"`+id+`"}`).Status
	}
	for name, tt := range map[string]struct {
		body   string
		spoil  func(string) string
		header []string
		want   int
	}{
		"too short":         {body: "1234", want: 400},
		"too long":          {body: "123456", want: 400},
		"nothing":           {body: "", want: 400},
		"forged":            {body: "12345", spoil: func(u string) string { return u[:len(u)-3] + "xyz" }, want: 403},
		"unsigned":          {body: "12345", spoil: func(u string) string { u, _, _ = strings.Cut(u, "?"); return u }, want: 403},
		"expiry changed":    {body: "12345", spoil: func(u string) string { return strings.Replace(u, "expires=", "expires=9", 1) }, want: 403},
		"type of Android":   {body: "12345", header: []string{"Content-Type", "application/octet-stream"}, want: 200},
		"a token of iOS":    {body: "12345", header: []string{"X-Amz-Bearer", "x"}, want: 200},
		"another chat's id": {body: "12345", header: []string{"x-amz-meta-contact_id", "C1"}, want: 403},
	} {
		id, address, headers := announce()
		headers = append(headers, tt.header...)
		if tt.spoil != nil {
			address = tt.spoil(address)
		}
		if a := w.call(http.MethodPut, address, "", tt.body, headers...); a.Status != tt.want {
			t.Errorf("%s: %d %s", name, a.Status, a.Body)
		}
		want := 400
		if tt.want == 200 {
			want = 200
		}
		if got := complete(id); got != want {
			t.Errorf("%s: completing is answered %d", name, got)
		}
		if tt.want == 200 { // and not changed afterwards
			if a := w.call(http.MethodPut, address, "", tt.body, headers...); a.Status != 409 {
				t.Errorf("%s: uploaded again: %d %s", name, a.Status, a.Body)
			}
		}
	}
	_, address, headers := announce()
	w.chats.Clock().Skip(16 * time.Minute)
	if a := w.call(http.MethodPut, address, "", "12345", headers...); a.Status != 403 {
		t.Errorf("uploaded after 16 minutes: %d %s", a.Status, a.Body)
	}
}

// An address is for one direction and one file, and what was sent does not run as a page.
func TestTrapDownloads(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	c := w.newCustomer()
	w.subscribed(c.socketURL)
	up := w.must("start-attachment-upload", c.token,
		`{"AttachmentName":"..\\..\\übel \"x\"\r\n<script>.txt","ContentType":"text/html","AttachmentSizeInBytes":6,"ClientToken":"t"}`)
	address, id := up.member(t, "UploadMetadata", "Url"), up.member(t, "AttachmentId")
	if a := w.upload(up, "<html>"); a.Status != 200 {
		t.Fatalf("upload %d %s", a.Status, a.Body)
	}
	if a := w.call(http.MethodGet, address, "", ""); a.Status != 403 {
		t.Errorf("fetched at the upload's address: %d %s", a.Status, a.Body)
	}
	w.must("complete-attachment-upload", c.token, `{"AttachmentIds":["`+id+`"],"ClientToken":"t"}`)
	got := w.must("attachment", c.token, `{"AttachmentId":"`+id+`","UrlExpiryInSeconds":300}`)
	address = got.member(t, "Url")
	a := w.call(http.MethodGet, address, "", "", "Range", "bytes=1-4")
	if a.Status != 206 || string(a.Body) != "html" {
		t.Errorf("part: %d %s", a.Status, a.Body)
	}
	for name, want := range map[string]string{
		"Content-Disposition":     `attachment; filename*=utf-8''%C3%BCbel%20_x____script_.txt`,
		"Content-Security-Policy": "default-src 'none'; sandbox",
		"X-Content-Type-Options":  "nosniff",
		"Content-Type":            "text/html",
	} {
		if got := a.Header.Get(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	if a := w.call(http.MethodHead, address, "", ""); a.Status != 200 || a.Header.Get("Content-Length") != "6" {
		t.Errorf("HEAD: %d %v", a.Status, a.Header)
	}
	other := w.newCustomer()
	if a := w.post("attachment", other.token, `{"AttachmentId":"`+id+`"}`); a.Status != 400 {
		t.Errorf("fetched by another chat: %d %s", a.Status, a.Body)
	}
	w.chats.Clock().Skip(302 * time.Second)
	if a := w.call(http.MethodGet, address, "", ""); a.Status != 403 {
		t.Errorf("fetched after 302 seconds: %d %s", a.Status, a.Body)
	}
}

// Interactive messages pass through byte for byte.
func TestTrapInteractiveContent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	c := w.newCustomer()
	joined, err := w.chats.Join(t.Context(), c.ContactID, transcript.Agent, "Ann")
	if err != nil {
		t.Fatal(err)
	}
	agent := w.connect(chat.Started{Token: joined.Token})
	b := w.arrived(c.socketURL)
	const template = `{ "templateType":"QuickReply", "version":"1.0","data":{"content":{"title":"<Did\/it> \u00e4 help?","elements":[{"title":"Yes"},{"title":"No"}],"x":1.0e2}}}`
	content, _ := json.Marshal(template)
	w.must("message", agent.token, `{"ContentType":"`+transcript.Interactive+`","Content":`+string(content)+`}`)
	if got := b.item()["Content"]; got != template {
		t.Errorf("content %v", got)
	}
}

// After the end every call is refused in JSON.
func TestTrapCallsAfterTheEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	c := w.newCustomer()
	w.must("disconnect", c.token, `{}`)
	for action, token := range map[string]string{"message": c.token, "transcript": c.token, "disconnect": c.token, "connection": c.Token.Reveal(), "event": c.token, "attachment": c.token} {
		a := w.post(action, token, `{"Type":["WEBSOCKET"],"ContentType":"text/plain","Content":"x"}`)
		if a.Status != 403 || a.member(t, "__type") != "AccessDeniedException" {
			t.Errorf("%s: %d %s", action, a.Status, a.Body)
		}
	}
}
