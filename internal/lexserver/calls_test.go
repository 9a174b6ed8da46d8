package lexserver_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowrun"
	"github.com/parley-chat/parley/internal/lexbot"
	"github.com/parley-chat/parley/internal/lexserver"
)

// What is refused, each with AWS's name of it.
func TestRowPoint3Refusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const invalid, broken = "ValidationException", "SerializationException"
	state := func(s string) string { return `{"text":"hello","sessionState":` + s + `}` }
	for _, test := range []struct {
		method, path, body string
		status             int
		name, text         string
	}{
		{"POST", "/text", `{}`, 400, invalid, "text is missing"},
		{"POST", "/text", ``, 400, broken, "not a JSON object"},
		{"POST", "/text", `[]`, 400, broken, "array"},
		{"POST", "/text", `{"text":1}`, 400, broken, "text is a number"},
		{"POST", "/text", `{"text":"x","requestAttributes":{"a":1}}`, 400, broken, "requestAttributes"},
		{"POST", "/text", text(" "), 400, invalid, "empty"},
		{"POST", "/text", text(strings.Repeat("ä", 1025)), 400, invalid, "1024"},
		{"POST", "/text", text(strings.Repeat("x", 70_000)), 413, "RequestEntityTooLargeException", "65536"},
		{"POST", "/text", `{"text":"x","requestAttributes":{"a":"` + strings.Repeat("x", 13_000) + `"}}`, 400, invalid, "12288"},
		{"POST", "/text", state(`{"sessionAttributes":{"a":"` + strings.Repeat("x", 13_000) + `"}}`), 400, invalid, "12288"},
		{"POST", "/text", state(`7`), 400, invalid, "sessionState"},
		{"POST", "/text", state(`{"sessionAttributes":{"a":1}}`), 400, invalid, "sessionAttributes"},
		{"POST", "/text", state(`{"intent":{"name":"Nobody"}}`), 400, invalid, `no intent "Nobody"`},
		{"POST", "/text", state(`{"intent":{"slots":{}}}`), 400, invalid, "intent.name is missing"},
		{"POST", "/text", state(`{"intent":{"name":"Weather","slots":{"Kind":null}}}`), 400, invalid, `no slot "Kind"`},
		{"POST", "/text", state(`{"intent":{"name":"OrderFlowers","slots":{"Kind":"roses"}}}`), 400, invalid, "slot Kind"},
		{"POST", "/text", state(`{"intent":{"name":"Weather","state":"Done"}}`), 400, invalid, `intent.state "Done"`},
		{"POST", "/text", state(`{"intent":{"name":"Weather","confirmationState":"Yes"}}`), 400, invalid, `confirmationState "Yes"`},
		{"POST", "/text", state(`{"dialogAction":{"type":"Ask"}}`), 400, invalid, `dialogAction.type "Ask"`},
		{"POST", "/text", state(`{"dialogAction":{}}`), 400, invalid, "dialogAction.type"},
		{"POST", "/text", state(`{"dialogAction":{"type":"ElicitSlot"}}`), 400, invalid, "slotToElicit"},
		{"POST", "/text", state(`{"dialogAction":{"type":"ElicitSlot","slotToElicit":"Kind"}}`), 400, invalid, `no slot "Kind"`},
		{"POST", "/text", state(`{"dialogAction":{"type":"ConfirmIntent"}}`), 400, invalid, "needs an intent"},
		{"POST", "/text", state(`{"activeContexts":[{"name":"","timeToLive":{}}]}`), 400, invalid, "activeContexts[0].name"},
		{"POST", "/text", state(`{"activeContexts":[{"name":"a","timeToLive":{"timeToLiveInSeconds":4,"turnsToLive":1}}]}`), 400, invalid, "from 5 to 86400"},
		{"POST", "/text", state(`{"activeContexts":[{"name":"a","timeToLive":{"timeToLiveInSeconds":5,"turnsToLive":21}}]}`), 400, invalid, "from 1 to 20"},
		{"POST", "", `{}`, 400, invalid, "sessionState is missing"},
		{"POST", "", `{"sessionState":{"dialogAction":{"type":"Delegate"}}}`, 400, invalid, "Delegate needs an intent"},
		{"POST", "", `{"sessionState":{},"messages":[{"contentType":"Audio"}]}`, 400, invalid, `contentType "Audio"`},
		{"POST", "", `{"sessionState":{},"messages":[{"contentType":"ImageResponseCard"}]}`, 400, invalid, "no imageResponseCard"},
		{"GET", "", "", 404, "ResourceNotFoundException", "keeps one for 5m0s"},
		{"DELETE", "", "", 404, "ResourceNotFoundException", "no session"},
		{"POST", "/utterance", "hello", 501, "NotImplemented", "RecognizeText"},
		{"POST", "/conversation", "", 501, "NotImplemented", "RecognizeText"},
		{"PUT", "/text", "", 404, "UnknownOperationException", "no operation"},
		{"GET", "/nothing", "", 404, "UnknownOperationException", "no operation"},
	} {
		t.Run(test.method+test.path+" "+test.body[:min(60, len(test.body))], func(t *testing.T) {
			w.t = t
			w.refused(w.call(test.method, path+test.path, test.body), test.status, test.name, test.text)
			if strings.HasPrefix(test.name, "Validation") && test.method == "POST" { // and nothing is kept of it
				w.refused(w.call("GET", path, ""), 404, "ResourceNotFoundException", "")
			}
		})
	}
	w.t = t
	w.refused(w.call("POST", path, `{"sessionState":{}}`, "ResponseContentType", "audio/mpeg"), 400, invalid, "do not speak")
	for _, id := range []string{"x", strings.Repeat("x", 101), "a%20b", "a%2Fb"} {
		w.refused(w.call("GET", strings.TrimSuffix(path, "session-1")+id, ""), 400, invalid, "sessionId")
	}
}

// Sessions end by the clock, and one alone is a caller's.
func TestRowPoint3Sessions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.call("POST", path+"/text", text("order roses"))
	other := strings.Replace(path, "session-1", "session-2", 1)
	w.want(w.call("POST", other+"/text", text("2030-05-01")), "FallbackIntent Fulfilled Close", "I can order flowers.")
	w.skip(5 * time.Minute)
	w.want(w.call("POST", path+"/text", text("2030-05-01")), "OrderFlowers InProgress ConfirmIntent", "roses for 2030-05-01, is that right?")
	w.skip(5*time.Minute + time.Second)
	w.refused(w.call("GET", path, ""), 404, "ResourceNotFoundException", "")
	w.want(w.call("POST", path+"/text", text("yes")), "FallbackIntent Fulfilled Close", "I can order flowers.")
}

// Of more sessions than there is room for, the one that was unused for longest goes.
func TestSessionsAreBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := func(n int) string { return strings.Replace(path, "session-1", fmt.Sprintf("session-%d", n), 1) }
	for n := range 2000 {
		w.call("POST", at(n), `{"sessionState":{}}`)
	}
	w.call("POST", at(0), `{"sessionState":{}}`)
	w.call("POST", at(2000), `{"sessionState":{}}`)
	for n, want := range map[int]int{0: 200, 1: 404, 2: 200, 2000: 200} {
		if rec := w.call("GET", at(n), ""); rec.Code != want {
			t.Errorf("session %d: %d, want %d", n, rec.Code, want)
		}
	}
}

// A code hook is called with what the caller sent; a second call for the session is refused meanwhile,
// and one for another is not.
func TestRowPoint3Hooks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.hooks.called, w.hooks.proceed = make(chan string), make(chan struct{})
	answered := make(chan *httptest.ResponseRecorder, 1)
	body := `{"text":"what is the weather like","requestAttributes":{"page":"home"},"sessionState":{"sessionAttributes":{"name":"Ann"}}}`
	go func() { answered <- w.call("POST", hooked+"/text", body) }()
	var event struct {
		SessionID         string `json:"sessionId"`
		InvocationSource  string
		RequestAttributes map[string]string
		Bot               struct{ ID, AliasID, LocaleID string }
		SessionState      struct{ SessionAttributes map[string]string }
	}
	if err := json.Unmarshal([]byte(<-w.hooks.called), &event); err != nil {
		t.Fatal(err)
	}
	if event.SessionID != "session-1" || event.RequestAttributes["page"] != "home" || event.SessionState.SessionAttributes["name"] != "Ann" ||
		event.InvocationSource != "FulfillmentCodeHook" || event.Bot.AliasID != "LIVE" || event.Bot.LocaleID != "en_US" {
		t.Errorf("the event is %+v", event)
	}
	for _, call := range [][2]string{{"POST", "/text"}, {"POST", ""}, {"DELETE", ""}} {
		w.refused(w.call(call[0], hooked+call[1], `{"text":"yes","sessionState":{}}`), 409, "ConflictException", "not answered yet")
	}
	w.refused(w.call("GET", hooked, ""), 404, "ResourceNotFoundException", "")
	w.want(w.call("POST", strings.Replace(hooked, "session-1", "session-2", 1)+"/text", text("order roses")), "OrderFlowers InProgress ElicitSlot Day", "For which day?")
	close(w.hooks.proceed)
	rec := <-answered
	w.want(rec, "ElicitIntent", "from the function")
	if !strings.Contains(rec.Body.String(), `"requestAttributes":{"served":"by function"}`) || !strings.Contains(rec.Body.String(), `"sessionAttributes":{"seen":"yes"}`) {
		t.Errorf("answer %s", rec.Body)
	}
	w.call("DELETE", hooked, "")
	// A caller that leaves takes its session back.
	ctx, leave := context.WithCancel(t.Context())
	w.hooks.proceed = make(chan struct{})
	go func() {
		rec := httptest.NewRecorder()
		w.mux.ServeHTTP(rec, httptest.NewRequestWithContext(ctx, "POST", hooked+"/text", strings.NewReader(body)))
		answered <- rec
	}()
	<-w.hooks.called
	leave()
	w.refused(<-answered, 424, "DependencyFailedException", context.Canceled.Error())
	w.refused(w.call("GET", hooked, ""), 404, "ResourceNotFoundException", "")
}

// A function that answers nonsense is Lex's error, and no text or attribute reaches the log.
func TestRowPoint3BadHook(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.refused(w.call("POST", strings.Replace(hooked, "HOOKED", "BROKEN", 1)+"/text", `{"text":"what is the weather like"}`), 404, "ResourceNotFoundException", "locale")
	broken := "/bots/BROKEN/botAliases/LIVE/botLocales/en_US/sessions/session-1"
	w.refused(w.call("POST", broken+"/text", `{"text":"what is the weather like","requestAttributes":{"token":"CANARY"}}`), 424, "DependencyFailedException", "Invalid Lambda Response: sessionState.dialogAction.type is missing")
	w.call("POST", path+"/text", `{"text":"what is the weather like","sessionState":{"sessionAttributes":{"token":"CANARY"}}}`)
	if log := w.log.String(); strings.Contains(log, "CANARY") || strings.Contains(log, "weather") || !strings.Contains(log, "call refused") {
		t.Errorf("the log says\n%s", log)
	}
	if _, err := lexserver.New(lexserver.Config{}); err == nil || errors.Is(err, context.Canceled) {
		t.Error("an API without bots is made")
	}
}

func FuzzRecognizeText(f *testing.F) {
	f.Add(text("order roses"))
	f.Add(`{"text":"yes","sessionState":{"dialogAction":{"type":"ConfirmIntent"},"intent":{"name":"OrderFlowers","slots":{"Kind":{"shape":"List","values":[{"value":{"interpretedValue":"x"}}]}}}}}`)
	w := newWorld(f)
	f.Fuzz(func(t *testing.T, body string) {
		w.t = t
		for _, below := range []string{"/text", "", "/text"} {
			if rec := w.call("POST", path+below, body); rec.Code >= 500 {
				t.Errorf("%d %s", rec.Code, rec.Body)
			}
		}
		if rec := w.call("GET", path, ""); rec.Code >= 500 {
			t.Errorf("%d %s", rec.Code, rec.Body)
		}
	})
}

// A contact flow of another server can have the bot by its address: what the runtime API answers is what
// a flow reads.
func TestRowPoint3AnotherServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	here := httptest.NewServer(w.mux)
	t.Cleanup(here.Close)
	bots, err := lexbot.New(lexbot.Config{Bots: map[string]lexbot.Bot{"*": {URL: here.URL}}})
	if err != nil {
		t.Fatal(err)
	}
	ask := flow.Ask{Type: "ConnectParticipantWithLexBot", Parameters: map[string]any{
		"LexV2Bot":             map[string]any{"AliasArn": "arn:aws:lex:us-east-1:111122223333:bot-alias/FLOWERS123/LIVE"},
		"LexSessionAttributes": map[string]any{"name": "Ann"},
	}}
	var kept flow.Kept
	for _, step := range [][2]string{{"i want flowers", "Which flowers, Ann?"}, {"roses", "For which day?"}, {"2030-05-01", "roses for 2030-05-01, is that right?"}, {"yes", "Thank you!"}} {
		ask.Text = step[0]
		e := bots.Answer(t.Context(), &flowrun.Call{ContactID: "8f0c3a52-6a0e-4c0f-9c47-1f3f3b1d2a11", Ask: ask, Kept: kept, ContentTypes: []string{"text/plain"}})
		if len(e.Replies) != 1 || e.Replies[0].Text != step[1] {
			t.Errorf("%q: %+v", step[0], e)
		}
		kept.Bots = map[string]json.RawMessage{e.Bot: e.Session}
		if step[0] == "yes" && (!e.HasResult || e.Result != "OrderFlowers") {
			t.Errorf("the result: %+v", e)
		}
	}
}
