package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/parley-chat/parley/internal/inspect"
)

func TestExchanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	c, other := w.open(""), w.open("")
	c.say("needle in a haystack")
	other.say("hay")
	w.recorded("the frame that shows it", shows("needle"))
	w.recorded("the frame that shows the other", shows(`"hay\"`))
	w.raw(http.MethodPost, "/participant/message", strings.NewReader(`{}`), "X-Amz-Bearer", w.keep("CANARY-"+uuid.NewString()))
	all := w.get("/api/exchanges")
	count := func(query string) int {
		t.Helper()
		return len(list(w.get("/api/exchanges?" + query).at("exchanges")))
	}
	if n := len(list(all.at("exchanges"))); n < 12 {
		t.Errorf("%d exchanges", n)
	}
	for _, x := range list(all.at("exchanges")) {
		if x := object(x); x["requestHeaders"] != nil || x["responseHeaders"] != nil || x["requestBody"] != nil || x["responseBody"] != nil {
			t.Errorf("a summary has more: %v", x)
		}
	}
	if text := string(all.Body); strings.Contains(text, "/api/") {
		t.Errorf("calls of the API itself are recorded: %s", text)
	}
	if n := count("q=NEEDLE"); n != 2 { // the call, and the frame that shows it
		t.Errorf("%d with the text", n)
	}
	if a, b, n := count("contact="+c.id), count("contact="+other.id), count(""); a == 0 || b == 0 || a+b >= n {
		t.Errorf("%d and %d of %d", a, b, n)
	}
	if h, s, f, n := count("kind=http"), count("kind=socket"), count("kind=frame"), count(""); h+s+f != n || h == 0 || s != 2 || f == 0 {
		t.Errorf("%d calls, %d sockets, %d frames of %d", h, s, f, n)
	}
	if n := count("status=403"); n != 1 || count("status=4xx") != 1 || count("status=failed") != 1 || count("status=500") != 0 {
		t.Errorf("%d refused", n)
	}

	// Page by page, each once.
	seen, after := 0, 0
	for {
		page := w.get(fmt.Sprintf("/api/exchanges?limit=3&after=%d", after))
		found := list(page.at("exchanges"))
		if len(found) == 0 {
			break
		}
		if last := int(page.at("last").(float64)); last <= after {
			t.Fatalf("after %d comes %d", after, last)
		} else if after == 0 && seen == 0 { // without after they are the newest
			after = int(object(found[0])["seq"].(float64)) - 1
			continue
		} else {
			after = last
		}
		seen += len(found)
	}
	if seen == 0 {
		t.Error("no pages")
	}
	one := w.get("/api/exchanges/" + w.newest("status=403"))
	if one.text("problem", "rule") != "token-unknown" || one.text("requestBody") != "{}" || one.at("responseHeaders", 0) == nil {
		t.Errorf("%s", one.Body)
	}
	w.must(http.MethodDelete, "/api/exchanges", nil)
	if n := count(""); n != 0 {
		t.Errorf("%d after all were forgotten", n)
	}
	w.refused(w.call(http.MethodGet, "/api/exchanges/"+one.text("id"), nil), 404, "NotFound", "")
}

func TestHAR(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	c := w.open("")
	c.say("<b>\u202e")
	w.open("")
	got := w.get("/api/exchanges.har?contact=" + c.id)
	if disposition := got.Header.Get("Content-Disposition"); disposition != `attachment; filename="parley.har"` {
		t.Errorf("Content-Disposition: %s", disposition)
	}
	frames := 0
	for _, entry := range list(got.at("log", "entries")) {
		if entry := object(entry); entry["_contactId"] != c.id {
			t.Errorf("an entry of %v", entry["_contactId"])
		}
		frames += len(list(object(entry)["_webSocketMessages"]))
	}
	if len(list(got.at("log", "entries"))) < 4 || frames == 0 {
		t.Errorf("%s", got.Body)
	}
}

// What curl is told makes the same call.
func TestCurl(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	c := w.open("")
	c.say("it's \"$HOME\" `id` \\ \u202e\n!")
	got := w.get("/api/exchanges/" + w.newest("kind=http&q=SendMessage") + "/curl")
	if !strings.HasPrefix(string(got.Body), "curl -X POST http://"+w.host+"/participant/message") || strings.HasSuffix(string(got.Body), "\n\n") {
		t.Errorf("%s", got.Body)
	}
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Fatal(err)
	}
	run := exec.CommandContext(t.Context(), shell, "-c", "curl() { for a; do printf '%s\\0' \"$a\"; done; }\n"+string(got.Body))
	out, err := run.Output()
	if err != nil {
		t.Fatal(err)
	}
	words := strings.Split(string(out), "\x00")
	var sent map[string]string
	if err := json.Unmarshal([]byte(words[len(words)-2]), &sent); err != nil || sent["Content"] != "it's \"$HOME\" `id` \\ \u202e\n!" {
		t.Errorf("%q (%v)", words, err)
	}
}

// said returns what was said in a contact.
func (w *world) said(contactID string) []string {
	w.t.Helper()
	var said []string
	for _, item := range list(w.get("/api/contacts/" + contactID + "/transcript").at("items")) {
		if object(item)["Type"] == "MESSAGE" {
			said = append(said, text1(object(item)["Content"]))
		}
	}
	return said
}

// A call that is made again has a token of its own, and what was changed.
func TestReplay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	c := w.open("")
	c.say("one")
	path := "/api/exchanges/" + w.newest("kind=http&q=SendMessage") + "/replay"
	for _, body := range []any{nil, map[string]any{}, map[string]any{"body": `{"ContentType":"text/plain","Content":"two"}`}} {
		if got := w.must(http.MethodPost, path, body); got.at("status") != 200.0 || got.text("contactId") != c.id || got.text("responseBody") == "" {
			t.Errorf("%v: %s", body, got.Body)
		}
	}
	if got := strings.Join(w.said(c.id), " "); got != "one one one two" {
		t.Errorf("said: %s", got)
	}
	// What was made again can be made again, by the id in the answer.
	again := w.must(http.MethodPost, path, nil)
	if got := w.must(http.MethodPost, "/api/exchanges/"+again.text("id")+"/replay", nil); got.at("status") != 200.0 || got.text("id") == again.text("id") {
		t.Errorf("again and again: %s", got.Body)
	}
	for name, c := range map[string]struct {
		change map[string]any
		status float64
	}{
		"method":       {map[string]any{"method": "GET"}, 404},
		"path":         {map[string]any{"path": "/participant/nothing?x=1"}, 404},
		"front door":   {map[string]any{"path": "/startChatContact", "body": "{}"}, 200},
		"without":      {map[string]any{"headers": map[string]any{"x-amz-bearer": ""}}, 403},
		"own token":    {map[string]any{"headers": map[string]any{"X-Amz-Bearer": "CANARY"}}, 403},
		"foreign page": {map[string]any{"headers": map[string]any{"Origin": "https://evil.test"}}, 403},
		"foreign host": {map[string]any{"headers": map[string]any{"Host": "evil.test"}}, 403},
		"broken body":  {map[string]any{"body": "{"}, 400},
		"socket":       {map[string]any{"method": "GET", "path": "/participant/websocket?t=x", "headers": map[string]any{"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}}, 403},
	} {
		if got := w.must(http.MethodPost, path, c.change); got.at("status") != c.status {
			t.Errorf("%s: %s", name, got.Body)
		}
	}
	for change, field := range map[string]string{
		`{"path":""}`: "path", `{"path":"participant"}`: "path", `{"path":"//evil.test/"}`: "path", `{"path":"/%zz"}`: "path",
		`{"path":"/api/clock"}`: "path", `{"path":"/x/../api/exchanges/1/replay"}`: "path", `{"path":"/%61pi/clock"}`: "path", `{"path":"/api"}`: "path",
		`{"path":"http://evil.test/"}`: "path", `{"method":"GET /"}`: "method", `{"method":"G\n"}`: "method",
		`{"headers":{"a b":"c"}}`: "headers", `{"headers":{"a":"b\r\nc: d"}}`: "headers", `{"headers":{"":"x"}}`: "headers",
	} {
		w.refused(w.call(http.MethodPost, path, change), 400, "BadRequest", field)
	}
	for _, kind := range []string{"socket", "frame"} {
		w.refused(w.call(http.MethodPost, "/api/exchanges/"+w.newest("kind="+kind)+"/replay", nil), 400, "BadRequest", "exchange")
	}
	w.refused(w.call(http.MethodPost, path, map[string]any{"method": "GET", "path": "/healthz"}), 404, "NotFound", "")
}

// The token of a connection is asked for with the token of the participant.
func TestReplayConnection(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	c := w.open("")
	path := "/api/exchanges/" + w.newest("q=CreateParticipantConnection") + "/replay"
	if got := w.must(http.MethodPost, path, nil); got.at("status") != 200.0 || !strings.Contains(got.text("responseBody"), inspect.Mark) {
		t.Errorf("%s", got.Body)
	}
	// After the end nobody gets a token, and the call shows what a client sees then.
	w.must(http.MethodPost, "/api/contacts/"+c.id+"/end", nil)
	if got := w.must(http.MethodPost, path, nil); got.at("status") != 403.0 {
		t.Errorf("after the end: %s", got.Body)
	}
}

// A body that was not recorded as a whole is not made up.
func TestReplayNeedsTheWholeBody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	c := w.open("")
	big := `{"ContentType":"text/plain","Content":"` + strings.Repeat("x", inspect.DefaultMaxBody) + `"}`
	w.raw(http.MethodPost, "/participant/message", strings.NewReader(big), "X-Amz-Bearer", c.bearer)
	path := "/api/exchanges/" + w.newest("kind=http&q=SendMessage") + "/replay"
	w.refused(w.call(http.MethodPost, path, nil), 400, "BadRequest", "body")
	if got := w.must(http.MethodPost, path, map[string]any{"body": `{"ContentType":"text/plain","Content":"short"}`}); got.at("status") != 200.0 {
		t.Errorf("%s", got.Body)
	}
	c.upload("a.txt", "text/plain", "abc")
	path = "/api/exchanges/" + w.newest("kind=http&q=/attachments/") + "/replay"
	w.refused(w.call(http.MethodPost, path, nil), 400, "BadRequest", "body")
}

// Faults strike calls that are made again like any other, and not the one that asks for it.
func TestReplayUnderFaults(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	c := w.open("")
	c.say("one")
	path := "/api/exchanges/" + w.newest("kind=http&q=SendMessage") + "/replay"
	for effect, want := range map[string]any{
		`{"type":"drop"}`: nil, `{"type":"drop","before":true}`: nil, `{"type":"throttle"}`: 429.0, `{"type":"delay","delayMs":1}`: 200.0, `{"type":"duplicate"}`: 200.0,
	} {
		w.must(http.MethodPost, "/api/faults", `{"action":"SendMessage","times":1,"effect":`+effect+`}`)
		got := w.must(http.MethodPost, path, nil)
		if got.at("status") != want || got.text("problem", "rule") != "fault-injected" || got.text("contactId") != c.id {
			t.Errorf("%s: %s", effect, got.Body)
		}
		if got.at("requestBody") == nil { // nobody has read it
			w.refused(w.call(http.MethodPost, "/api/exchanges/"+got.text("id")+"/replay", nil), 400, "BadRequest", "body")
		}
		// Without the fault the same call does what it was to do.
		if again := w.must(http.MethodPost, "/api/exchanges/"+got.text("id")+"/replay", map[string]any{"body": `{"ContentType":"text/plain","Content":"x"}`}); again.at("status") != 200.0 {
			t.Errorf("%s, again: %s", effect, again.Body)
		}
	}
}

func TestReplayWithoutAServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	w.open("").say("x")
	id := w.newest("kind=http&q=SendMessage")
	w.api.Serve(nil)
	if got := w.raw(http.MethodGet, "/api/exchanges/"+id, http.NoBody); got.Status != 200 {
		t.Errorf("%s", got.Body)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+w.host+"/api/exchanges/"+id+"/replay", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+adminToken)
	response, err := w.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != 500 || bytes.Contains(body, []byte("told of no server")) || !strings.Contains(w.log.String(), "told of no server") {
		t.Errorf("%d %s %v", response.StatusCode, body, err)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	c := w.open("")
	got := w.get("/api/faults")
	if len(list(got.at("rules"))) != 0 || len(list(got.at("presets"))) != 8 || !strings.Contains(string(got.Body), `"SendMessage"`) {
		t.Errorf("%s", got.Body)
	}
	rule := w.must(http.MethodPost, "/api/faults", map[string]any{"action": "SendMessage", "times": 2, "contactId": c.id, "effect": map[string]any{"type": "status", "status": 503}})
	if rule.at("percent") != 100.0 || rule.text("name") == "" || rule.text("id") == "" {
		t.Errorf("%s", rule.Body)
	}
	if got := c.say("x"); got.Status != 503 {
		t.Errorf("said: %s", got.status())
	}
	if got := w.get("/api/faults"); got.at("rules", 0, "hits") != 1.0 || got.text("rules", 0, "id") != rule.text("id") {
		t.Errorf("%s", got.Body)
	}
	w.must(http.MethodDelete, "/api/faults/"+rule.text("id"), nil)
	w.refused(w.call(http.MethodDelete, "/api/faults/"+rule.text("id"), nil), 404, "NotFound", "")
	if got := c.say("x"); got.Status != 200 {
		t.Errorf("said: %s", got.status())
	}
	for body, field := range map[string]string{
		`{}`: "effect.type", ``: "", `{"effect":{}}`: "effect.type", `{"effect":{"type":"explode"}}`: "effect.type", `{"effect":{"type":"status","status":200}}`: "effect.status",
		`{"effect":{"type":"delay"}}`: "effect.delayMs", `{"effect":{"type":"delay","delayMs":300001}}`: "effect.delayMs", `{"action":"Explode","effect":{"type":"throttle"}}`: "action",
		`{"percent":101,"effect":{"type":"throttle"}}`: "percent", `{"percent":-1,"effect":{"type":"throttle"}}`: "percent", `{"times":-1,"effect":{"type":"throttle"}}`: "times",
		`{"forMs":86400001,"effect":{"type":"throttle"}}`: "forMs", `{"name":"` + strings.Repeat("x", 101) + `","effect":{"type":"throttle"}}`: "name",
		`{"effect":{"type":"status","error":"<b>"}}`: "effect.error", `{"effect":{"type":"throttle","nosuch":1}}`: "effect.nosuch",
	} {
		w.refused(w.call(http.MethodPost, "/api/faults", body), 400, "BadRequest", field)
	}
	for _, preset := range list(w.get("/api/faults").at("presets")) {
		name := text1(object(preset)["name"])
		applied := w.must(http.MethodPost, "/api/faults/presets/"+name, nil)
		if len(list(applied.at("rules"))) != len(list(object(preset)["rules"])) {
			t.Errorf("%s: %s", name, applied.Body)
		}
	}
	w.must(http.MethodDelete, "/api/faults", nil)
	if got := w.get("/api/faults"); len(list(got.at("rules"))) != 0 {
		t.Errorf("%s", got.Body)
	}
	for range 100 {
		w.must(http.MethodPost, "/api/faults", `{"effect":{"type":"rejectAttachment"}}`)
	}
	w.refused(w.call(http.MethodPost, "/api/faults", `{"effect":{"type":"throttle"}}`), 400, "BadRequest", "")
	w.refused(w.call(http.MethodPost, "/api/faults/presets/deploy", nil), 400, "BadRequest", "")
	if got := w.get("/api/status"); got.at("faults") != 100.0 {
		t.Errorf("%s", got.Body)
	}
}

// Hostile texts come back as they are, as JSON, wherever they stand.
func TestHostileTexts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	for name, hostile := range map[string]string{
		"markup":     `</script><img src=x onerror=alert(1)>"'&lt;`,
		"bidi":       "\u202eevil\u2066\u2069\u200f",
		"separators": "a\u2028b\u2029c\r\nd\te",
		"emoji":      "👩‍👩‍👧‍👦🏳️‍🌈",
		"events":     "x\n\nevent: reset\nid: 1\ndata: {}\n\n",
		"JSON":       `{"a":[1,"\u0000"]}`,
	} {
		body := encode(t, map[string]any{"ParticipantDetails": map[string]any{"DisplayName": hostile}, "Attributes": map[string]any{"x": hostile}})
		c := w.open(body)
		path := "/api/contacts/" + c.id
		got := w.get(path)
		if got.text("customer") != hostile || got.text("attributes", "x") != hostile {
			t.Errorf("%s: %s", name, got.Body)
		}
		if bytes.ContainsAny(bytes.TrimSuffix(got.Body, []byte("\n")), "\n\r\u2028\u2029<>") {
			t.Errorf("%s: not escaped: %s", name, got.Body)
		}
		if said := c.say(hostile); said.Status != 200 || w.said(c.id)[0] != hostile {
			t.Errorf("%s: %s", name, said.Body)
		}
		w.must(http.MethodPatch, path, map[string]any{"attributes": map[string]any{"y": "\x00" + hostile}})
		if got := w.get(path).text("attributes", "y"); got != "\x00"+hostile {
			t.Errorf("%s: %q", name, got)
		}
		if got := w.get("/api/desk"); !strings.Contains(string(got.Body), c.id) {
			t.Errorf("%s: it does not wait", name)
		}
		if got := w.get("/api/exchanges/" + w.newest("kind=http&q=SendMessage")); !strings.Contains(got.text("requestBody"), encode(t, hostile)) {
			t.Errorf("%s: %s", name, got.text("requestBody"))
		}
		w.get(path + "/transcript?format=text")
		w.must(http.MethodPost, path+"/end", nil)
	}
	ann := w.hire("Ann")
	c := w.accepted(ann)
	for _, long := range []string{strings.Repeat("x", 16384), strings.Repeat("\u202e", 5461), strings.Repeat("<", 16384), strings.Repeat("\x00", 16384)} {
		w.must(http.MethodPost, "/api/desk/agents/"+ann+"/contacts/"+c.id+"/messages", map[string]any{"content": long})
		said := w.said(c.id)
		if said[len(said)-1] != long {
			t.Errorf("%.8q came back otherwise", long)
		}
	}
}
