package api_test

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/emulator"
	"github.com/parley-chat/parley/internal/transcript"
)

func TestContactLives(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	c := w.start(`{"ParticipantDetails":{"DisplayName":"Pat"},"Attributes":{"orderId":"42"}}`)
	path := "/api/contacts/" + c.id
	if got := w.get(path); got.text("state") != "initiated" || got.text("customer") != "Pat" || got.text("attributes", "orderId") != "42" || got.at("connected") != nil {
		t.Errorf("started: %s", got.Body)
	}
	c = w.open("")
	path = "/api/contacts/" + c.id
	if got := w.get(path); got.text("state") != "connected" || got.text("connected") == "" || got.text("participants", 0, "role") != "CUSTOMER" {
		t.Errorf("connected: %s", got.Body)
	}
	w.must(http.MethodPost, path+"/end", nil)
	if got := w.get(path); got.text("state") != "ended" || got.text("reason") != "AGENT_DISCONNECT" || got.text("ended") == "" {
		t.Errorf("ended: %s", got.Body)
	}
	w.must(http.MethodPost, path+"/end", nil) // again
	if status := w.get("/api/status"); status.at("activeContacts") != 1.0 || status.at("faults") != 0.0 {
		t.Errorf("status: %s", status.Body)
	}
}

func TestChangesAttributes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	c := w.open(`{"Attributes":{"a":"1","b":"2"}}`)
	path := "/api/contacts/" + c.id
	change := func(attributes map[string]any) answer {
		t.Helper()
		return w.must(http.MethodPatch, path, map[string]any{"attributes": attributes})
	}
	got := change(map[string]any{"a": nil, "b": "3", "c": "<b>\u202e\x00", "gone": nil})
	want := map[string]any{"b": "3", "c": "<b>\u202e\x00", "customerName": "Customer"}
	if diff := cmp.Diff(want, got.at("attributes")); diff != "" {
		t.Errorf("changed (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, w.get(path).at("attributes")); diff != "" {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
	if got := w.must(http.MethodPatch, path, nil); got.text("contactId") != c.id {
		t.Errorf("no change: %s", got.Body)
	}
	for key, field := range map[string]string{"": "attributes.", "a.b": "attributes.a.b", "ä": "attributes.ä", "a b": "attributes.a b", strings.Repeat(".", 500): "attributes." + strings.Repeat(".", 80) + "…"} {
		w.refused(w.call(http.MethodPatch, path, `{"attributes":{"`+key+`":"x"}}`), 400, "InvalidRequestException", field)
	}
	big := strings.Repeat("x", 32<<10-len("b3"+"big"+"customerNameCustomer"))
	change(map[string]any{"c": nil, "big": big})
	w.refused(w.call(http.MethodPatch, path, `{"attributes":{"a":""}}`), 400, "InvalidRequestException", "")
	w.must(http.MethodPost, path+"/end", nil)
	if got := change(map[string]any{"big": nil, "late": "x"}); got.text("attributes", "late") != "x" {
		t.Errorf("after the end: %s", got.Body)
	}
}

// A thousand contacts are listed page by page, each once, and quickly.
func TestListsAThousandContacts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	const many = 1000
	var want []string
	for i := range many {
		started, err := w.emulator.Chats().Start(t.Context(), chat.StartRequest{
			DisplayName: fmt.Sprintf("Customer %d", i), Attributes: map[string]string{"number": fmt.Sprint(i)}, ContentTypes: []string{"text/plain"},
		})
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, started.ContactID)
		if i%4 == 0 {
			if err := w.emulator.Chats().End(t.Context(), started.ContactID, chat.StoppedByAPI); err != nil {
				t.Fatal(err)
			}
		}
	}
	slices.Reverse(want)
	for query, limit := range map[string]int{"": 100, "limit=1000": 1000, "limit=333": 333, "state=all&limit=7": 7} {
		var got []string
		for before := ""; ; {
			page := w.get("/api/contacts?before=" + before + "&" + query)
			found := list(page.at("contacts"))
			for _, c := range found {
				before = text1(object(c)["contactId"])
				got = append(got, before)
			}
			if len(found) > limit {
				t.Fatalf("%q: %d on one page", query, len(found))
			}
			if len(found) == 0 {
				break
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", query, diff)
		}
	}
	for state, number := range map[string]int{"active": many * 3 / 4, "ended": many / 4, "all": many} {
		found := list(w.get("/api/contacts?limit=1000&state=" + state).at("contacts"))
		if len(found) != number {
			t.Errorf("%s: %d", state, len(found))
		}
		for _, c := range found {
			if ended := object(c)["state"] == "ended"; state != "all" && ended != (state == "ended") {
				t.Errorf("%s: %v", state, c)
			}
		}
	}
}

func TestTranscript(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{emulator: emulator.Config{Greeting: "Please wait."}})
	ann := w.hire("Ann\u202e (CUSTOMER)")
	c := w.open(`{"ParticipantDetails":{"DisplayName":"Pat"}}`)
	// The greeting comes with the customer's arrival, but not before anything else can.
	w.eventually("the customer is greeted", func() bool { return len(w.said(c.id)) == 1 })
	w.must(http.MethodPost, "/api/desk/agents/"+ann+"/accept", map[string]any{"contactId": c.id})
	c.say("one\n2026-11-22 00:00:00.000  Ann (AGENT): I owe you a million\r\n\x1b[31m")
	file := c.upload("a.txt", "text/plain", "abc")
	w.must(http.MethodPost, "/api/desk/agents/"+ann+"/contacts/"+c.id+"/messages", map[string]any{"content": "two"})
	path := "/api/contacts/" + c.id + "/transcript"
	var types []string
	got := w.get(path)
	for _, item := range list(got.at("items")) {
		types = append(types, text1(object(item)["Type"])+" "+text1(object(item)["Content"]))
	}
	want := []string{"EVENT ", "MESSAGE Please wait.", "EVENT ", "MESSAGE one\n2026-11-22 00:00:00.000  Ann (AGENT): I owe you a million\r\n\x1b[31m", "ATTACHMENT ", "MESSAGE two"}
	if diff := cmp.Diff(want, types); diff != "" {
		t.Errorf("items (-want +got):\n%s", diff)
	}
	if got.text("contactId") != c.id || got.text("items", 4, "Attachments", 0, "AttachmentId") != file {
		t.Errorf("%s", got.Body)
	}

	lines := w.get(path + "?format=text")
	if kind := lines.Header.Get("Content-Disposition"); kind != `attachment; filename="transcript-`+c.id+`.txt"` {
		t.Errorf("Content-Disposition: %s", kind)
	}
	shape := regexp.MustCompile(`(?m)^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}`).ReplaceAllString(string(lines.Body), "TIME")
	wantText := `TIME  -- participant.joined Pat (CUSTOMER)
TIME  SYSTEM_MESSAGE (SYSTEM): Please wait.
TIME  -- participant.joined Ann\u202e (CUSTOMER) (AGENT)
TIME  Pat (CUSTOMER): one
    2026-11-22 00:00:00.000  Ann (AGENT): I owe you a million
    \x1b[31m
TIME  Pat (CUSTOMER): [a.txt, text/plain, APPROVED]
TIME  Ann\u202e (CUSTOMER) (AGENT): two
`
	if diff := cmp.Diff(wantText, shape); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
	w.must(http.MethodPost, "/api/contacts/"+c.id+"/end", nil)
	if n := len(list(w.get(path + "?format=json").at("items"))); n < len(want)+1 {
		t.Errorf("after the end there are %d items", n)
	}
}

// Long conversations, and those that go on in another contact, are shown as one.
func TestLongTranscript(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	ann := w.hire("Ann")
	c := w.accepted(ann)
	agent := w.get("/api/contacts/"+c.id).text("participants", 1, "participantId")
	const many = 345
	for i := range many {
		if _, err := w.emulator.Chats().Say(t.Context(), c.id, agent, transcript.Message{ContentType: "text/plain", Content: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
	w.must(http.MethodPost, "/api/contacts/"+c.id+"/end", nil)
	next := w.open(`{"PersistentChat":{"RehydrationType":"ENTIRE_PAST_SESSION","SourceContactId":"` + c.id + `"}}`)
	next.say("again")
	var said []string
	for _, item := range list(w.get("/api/contacts/" + next.id + "/transcript").at("items")) {
		if object(item)["Type"] == "MESSAGE" {
			said = append(said, text1(object(item)["Content"]))
		}
	}
	want := make([]string, 0, many+1)
	for i := range many {
		want = append(want, fmt.Sprint(i))
	}
	if diff := cmp.Diff(append(want, "again"), said); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestClock(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	if got := w.get("/api/clock"); got.at("offsetMs") != 0.0 || got.at("nextTimerMs") != nil {
		t.Errorf("at first: %s", got.Body)
	}
	w.refused(w.call(http.MethodPost, "/api/clock", map[string]any{"toNextTimer": true}), 409, "Conflict", "")
	c := w.open("")
	for body, field := range map[string]string{
		`{}`: "skipMs", ``: "skipMs", `{"skipMs":-1}`: "skipMs", `{"skipMs":0}`: "skipMs", `{"skipMs":2592000001}`: "skipMs",
		`{"skipMs":1,"toNextTimer":true}`: "skipMs", `{"toNextTimer":false}`: "skipMs", `{"skipMs":9223372036854775808}`: "skipMs",
	} {
		w.refused(w.call(http.MethodPost, "/api/clock", body), 400, "BadRequest", field)
	}
	if got := w.must(http.MethodPost, "/api/clock", map[string]any{"skipMs": 90_000}); got.at("offsetMs") != 90_000.0 {
		t.Errorf("skipped: %s", got.Body)
	}
	// Timer by timer the chat comes to its end.
	for range 100 {
		if w.get("/api/contacts/"+c.id).text("state") == "ended" {
			break
		}
		w.must(http.MethodPost, "/api/clock", map[string]any{"toNextTimer": true})
		w.eventually("the timer fires", func() bool {
			next, ok := w.emulator.Chats().Clock().Next()
			return ok && next > 0 || w.get("/api/contacts/"+c.id).text("state") == "ended"
		})
	}
	if got := w.get("/api/contacts/" + c.id); got.text("state") != "ended" || got.text("reason") != "EXPIRED" {
		t.Errorf("%s", got.Body)
	}
}

// Half a surrogate pair is named as that, with its member.
func TestRowA10HalfCharacter(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	c := w.open(`{}`)
	a := w.call(http.MethodPatch, "/api/contacts/"+c.id, `{"attributes":{"a":"x\ud83d"}}`)
	if sentence := w.refused(a, 400, "InvalidRequestException", "attributes.a"); !strings.Contains(sentence, "surrogate") {
		t.Error(sentence)
	}
}

// TestRowC6LastWords: the end of a conversation alone, for lists of chats.
func TestRowC6LastWords(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	c := w.open("")
	for _, text := range []string{"one", "two", "three"} {
		c.say(text)
	}
	got := w.get("/api/contacts/" + c.id + "/transcript?last=2")
	if items := list(got.at("items")); len(items) != 2 || got.text("items", 0, "Content") != "two" || got.text("items", 1, "Content") != "three" {
		t.Errorf("%s", got.Body)
	}
	if truncated, _ := got.at("truncated").(bool); !truncated {
		t.Errorf("that the beginning is left out is not said: %s", got.Body)
	}
}
