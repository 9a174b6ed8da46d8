package lexserver_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/lexbot"
	"github.com/parley-chat/parley/internal/lexserver"
)

var update = flag.Bool("update", false, "rewrite generated files")

// flowers is a bot in Parley's own short form.
const flowers = `
bot: FlowerShop
locale: en_US
intents:
  OrderFlowers:
    utterances: [i want flowers, "order {Kind}"]
    slots:
      Kind: {type: [roses, tulips], ask: "Which flowers, [name]?"}
      Day: {type: AMAZON.Date, ask: "For which day?"}
    confirm: "{Kind} for {Day}, is that right?"
    answer: Thank you!
  Weather:
    utterances: [what is the weather like]
    answer: Sunny.
  FallbackIntent:
    answer: I can order flowers.
`

// functions answer code hooks.
type functions struct {
	called  chan string
	proceed chan struct{}
}

func (f *functions) Has(string, string) bool { return true }

func (f *functions) Invoke(ctx context.Context, ref, _ string, event []byte) ([]byte, error) {
	if f.called != nil {
		f.called <- string(event)
		select {
		case <-f.proceed:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if ref == "broken" {
		return []byte(`{"statusCode":500}`), nil
	}
	return []byte(`{"sessionState":{"dialogAction":{"type":"ElicitIntent"},"sessionAttributes":{"seen":"yes"}},
		"messages":[{"contentType":"PlainText","content":"from the function"}],"requestAttributes":{"served":"by function"}}`), nil
}

// world is a runtime API with a clock.
type world struct {
	t     testing.TB
	mux   *http.ServeMux
	mu    sync.Mutex
	now   time.Time
	log   bytes.Buffer
	hooks *functions
}

func newWorld(tb testing.TB) *world {
	tb.Helper()
	dir := tb.TempDir()
	for name, content := range map[string]string{
		"flowers.yaml": flowers,
		"hooked.yaml":  strings.ReplaceAll(flowers, "answer: Sunny.", "function: fulfilment"),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	w := &world{t: tb, mux: http.NewServeMux(), now: time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC), hooks: &functions{}}
	log := slog.New(slog.NewTextHandler(&w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	airline := filepath.Join("..", "lexfile", "testdata", "airline-cancellation")
	bots, err := lexbot.New(lexbot.Config{Folder: dir, Functions: w.hooks, Log: log, Bots: map[string]lexbot.Bot{
		"arn:aws:lex:*:bot-alias/FLOWERS123/*": {Path: "flowers.yaml"},
		"HOOKED/LIVE":                          {Path: "hooked.yaml", Function: "served", Locale: "en_US"},
		"BROKEN":                               {Path: "hooked.yaml", Function: "broken"},
		"airline":                              {Path: absolute(tb, airline)},
		"REMOTE/LIVE":                          {URL: "http://127.0.0.1:1"},
	}})
	if err != nil {
		tb.Fatal(err)
	}
	service, err := lexserver.New(lexserver.Config{Bots: bots, Log: log, Now: func() time.Time {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.now
	}})
	if err != nil {
		tb.Fatal(err)
	}
	service.Routes(w.mux)
	return w
}

func absolute(tb testing.TB, path string) string {
	tb.Helper()
	whole, err := filepath.Abs(path)
	if err != nil {
		tb.Fatal(err)
	}
	return whole
}

func (w *world) skip(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

const (
	path   = "/bots/FLOWERS123/botAliases/TSTALIASID/botLocales/en_US/sessions/session-1"
	hooked = "/bots/HOOKED/botAliases/LIVE/botLocales/de_DE/sessions/session-1"
)

func (w *world) call(method, path, body string, headers ...string) *httptest.ResponseRecorder {
	w.t.Helper()
	r := httptest.NewRequestWithContext(w.t.Context(), method, path, strings.NewReader(body))
	for n := 0; n < len(headers); n += 2 {
		r.Header.Set(headers[n], headers[n+1])
	}
	rec := httptest.NewRecorder()
	w.mux.ServeHTTP(rec, r)
	return rec
}

// said is the content of the messages of an answer, and its state.
func (w *world) said(rec *httptest.ResponseRecorder) (messages []string, state string) {
	w.t.Helper()
	var out struct {
		Messages []struct{ Content string }
		State    struct {
			DialogAction struct{ Type, SlotToElicit string }
			Intent       struct{ Name, State string }
		} `json:"sessionState"`
	}
	if err := json.Unmarshal(rec.Body.Bytes(), &out); err != nil || rec.Code != http.StatusOK {
		w.t.Fatalf("%d %s: %v", rec.Code, rec.Body, err)
	}
	for _, m := range out.Messages {
		messages = append(messages, m.Content)
	}
	s := out.State
	return messages, strings.TrimSpace(fmt.Sprintln(s.Intent.Name, s.Intent.State, s.DialogAction.Type, s.DialogAction.SlotToElicit))
}

func (w *world) want(rec *httptest.ResponseRecorder, state string, messages ...string) {
	w.t.Helper()
	got, at := w.said(rec)
	if diff := cmp.Diff(messages, got); diff != "" || at != state {
		w.t.Errorf("state %q, want %q; messages (-want +got):\n%s", at, state, diff)
	}
}

func (w *world) refused(rec *httptest.ResponseRecorder, status int, name, text string) {
	w.t.Helper()
	var body struct{ Message string }
	err := json.Unmarshal(rec.Body.Bytes(), &body)
	if err != nil || rec.Code != status || rec.Header().Get("x-amzn-ErrorType") != name || !strings.Contains(body.Message, text) {
		w.t.Errorf("%d %s %s, want %d %s with %q", rec.Code, rec.Header().Get("x-amzn-ErrorType"), rec.Body, status, name, text)
	}
}

func text(say string) string { return `{"text":"` + say + `"}` }

// A conversation over the operations, each answer as it stands on the wire.
func TestRowPoint3Wire(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var got bytes.Buffer
	for _, step := range []struct{ method, path, body string }{
		{"POST", path + "/text", `{"text":"order tulips","requestAttributes":{"page":"home"},"sessionState":{"sessionAttributes":{"name":"Ann"},"activeContexts":[{"name":"shop","timeToLive":{"timeToLiveInSeconds":90,"turnsToLive":3},"contextAttributes":{"aisle":"4"}}]}}`},
		{"GET", path, ""},
		{"POST", path + "/text", text("2030-05-01")},
		{"POST", path + "/text", text("yes")},
		{"POST", path, `{"sessionState":{"dialogAction":{"type":"Delegate"},"intent":{"name":"OrderFlowers","slots":{"Day":{"shape":"Scalar","value":{"originalValue":"today","interpretedValue":"2026-11-25","resolvedValues":[]}}}}},"requestAttributes":{"page":"home"}}`},
		{"GET", path, ""},
		{"DELETE", path, ""},
		{"GET", path, ""},
	} {
		rec := w.call(step.method, step.path, step.body, "ResponseContentType", "text/plain; charset=utf-8")
		fmt.Fprintf(&got, "> %s %s %s\n%d\n", step.method, step.path, step.body, rec.Code)
		for _, name := range slices.Sorted(maps.Keys(rec.Header())) {
			value := strings.Join(rec.Header()[name], ", ")
			if strings.HasPrefix(name, "X-Amz-Lex-") && name != "X-Amz-Lex-Session-Id" {
				value = unpack(t, value)
			}
			fmt.Fprintf(&got, "%s: %s\n", name, value)
		}
		fmt.Fprintf(&got, "%s\n\n", rec.Body)
	}
	ids := regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}`)
	seen := ids.ReplaceAll(got.Bytes(), []byte("REQUEST-ID"))
	golden := filepath.Join("testdata", "wire.txt")
	if *update {
		if err := os.WriteFile(golden, seen, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(seen)); diff != "" {
		t.Errorf("the wire (-want +got):\n%s", diff)
	}
}

// unpack reads a header of PutSession.
func unpack(t *testing.T, value string) string {
	t.Helper()
	packed, err := base64.StdEncoding.DecodeString(value)
	if err != nil {
		t.Fatal(err)
	}
	from, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(from)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// What a state that comes with a text means: it is the answer to what the state says was asked.
func TestRowPoint3State(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	asked := `"sessionState":{"dialogAction":{"type":"ElicitSlot","slotToElicit":"Kind"},"intent":{"name":"OrderFlowers"}}`
	w.want(w.call("POST", path+"/text", `{"text":"roses",`+asked+`}`), "OrderFlowers InProgress ElicitSlot Day", "For which day?")
	confirm := `"sessionState":{"dialogAction":{"type":"ConfirmIntent"},"intent":{"name":"OrderFlowers","slots":{"Kind":null,"Day":null}}}`
	w.want(w.call("POST", path+"/text", `{"text":"no",`+confirm+`}`), "OrderFlowers Failed Close")
	// Another intent without a dialog action: nothing was asked about it.
	w.want(w.call("POST", path+"/text", `{"text":"what is the weather like","sessionState":{"intent":{"name":"OrderFlowers"}}}`), "Weather Fulfilled Close", "Sunny.")
	// ElicitIntent forgets the intent.
	w.call("POST", path+"/text", text("order roses"))
	w.want(w.call("POST", path+"/text", `{"text":"2030-05-01","sessionState":{"dialogAction":{"type":"ElicitIntent"}}}`), "FallbackIntent Fulfilled Close", "I can order flowers.")
	// null is as absent, and {} erases.
	for given, want := range map[string]string{`{"sessionAttributes":{"name":"Ann"}}`: "Ann", `null`: "Ann", `{"sessionAttributes":null}`: "Ann", `{"sessionAttributes":{}}`: ""} {
		w.call("DELETE", path, "")
		if want == "Ann" && given != `{"sessionAttributes":{"name":"Ann"}}` || want == "" {
			w.call("POST", path+"/text", `{"text":"nonsense","sessionState":{"sessionAttributes":{"name":"Ann"}}}`)
		}
		w.want(w.call("POST", path+"/text", `{"text":"i want flowers","sessionState":`+given+`}`), "OrderFlowers InProgress ElicitSlot Kind", "Which flowers, "+want+"?")
	}
}

// PutSession goes on from the state that it puts.
func TestRowPoint3Put(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		body, state string
		said        []string
	}{
		"begins an intent": {`{"sessionState":{"dialogAction":{"type":"Delegate"},"intent":{"name":"Weather"}}}`, "Weather Fulfilled Close", []string{"Sunny."}},
		"asks for a slot":  {`{"sessionState":{"dialogAction":{"type":"ElicitSlot","slotToElicit":"Day"},"intent":{"name":"OrderFlowers"}}}`, "OrderFlowers InProgress ElicitSlot Day", []string{"For which day?"}},
		"in own words": {
			`{"sessionState":{"dialogAction":{"type":"ElicitSlot","slotToElicit":"Day"},"intent":{"name":"OrderFlowers"}},"messages":[{"contentType":"PlainText","content":"When?"}]}`,
			"OrderFlowers InProgress ElicitSlot Day",
			[]string{"When?"},
		},
		"asks to confirm": {
			`{"sessionState":{"dialogAction":{"type":"ConfirmIntent"},"intent":{"name":"OrderFlowers"}},"messages":[{"contentType":"PlainText","content":"Sure?"}]}`,
			"OrderFlowers InProgress ConfirmIntent",
			[]string{"Sure?"},
		},
		"asks for an intent": {`{"sessionState":{"dialogAction":{"type":"ElicitIntent"}},"messages":[{"contentType":"PlainText","content":"What now?"}]}`, "ElicitIntent", []string{"What now?"}},
		"is confirmed":       {`{"sessionState":{"dialogAction":{"type":"Delegate"},"intent":{"name":"OrderFlowers","confirmationState":"Confirmed"}}}`, "OrderFlowers Fulfilled Close", []string{"Thank you!"}},
		"is denied":          {`{"sessionState":{"dialogAction":{"type":"Delegate"},"intent":{"name":"OrderFlowers","confirmationState":"Denied"}}}`, "OrderFlowers Failed Close", nil},
		"is to be fulfilled": {`{"sessionState":{"dialogAction":{"type":"Delegate"},"intent":{"name":"OrderFlowers","state":"ReadyForFulfillment"}}}`, "OrderFlowers Fulfilled Close", []string{"Thank you!"}},
		"closes":             {`{"sessionState":{"dialogAction":{"type":"Close"},"intent":{"name":"OrderFlowers","state":"Failed"}}}`, "OrderFlowers Failed Close", nil},
		"only attributes":    {`{"sessionState":{"sessionAttributes":{"name":"Ann"}}}`, "", nil},
		"goes on by itself":  {`{"sessionState":{"dialogAction":{"type":"None"},"intent":{"name":"Weather"}}}`, "Weather InProgress", nil},
	} {
		w := newWorld(t)
		rec := w.call("POST", path, test.body)
		if rec.Code != http.StatusOK || rec.Body.Len() > 0 || rec.Header().Get("x-amz-lex-session-id") != "session-1" {
			t.Errorf("%s: %d %s %v", name, rec.Code, rec.Body, rec.Header())
			continue
		}
		var state struct{ Intent struct{ Name string } }
		if err := json.Unmarshal([]byte(unpack(t, rec.Header().Get("x-amz-lex-session-state"))), &state); err != nil || !strings.HasPrefix(test.state, state.Intent.Name) {
			t.Errorf("%s: %v %+v", name, err, state)
		}
		got, at := w.said(w.call("GET", path, ""))
		if diff := cmp.Diff(test.said, got); diff != "" || at != test.state {
			t.Errorf("%s: state %q, want %q; messages (-want +got):\n%s", name, at, test.state, diff)
		}
	}
}

// Bots are found as a flow finds them, and who is not found is told what to write.
func TestRowPoint3Bots(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := func(bot, alias, locale string) *httptest.ResponseRecorder {
		return w.call("POST", "/bots/"+bot+"/botAliases/"+alias+"/botLocales/"+locale+"/sessions/s-1/text", text("what is the weather like"))
	}
	for name, found := range map[string][3]string{
		"any alias":       {"FLOWERS123", "OTHER", "en_US"},
		"with a dash":     {"FLOWERS123", "OTHER", "en-us"},
		"own locale":      {"HOOKED", "LIVE", "fr_FR"},
		"the bot's id":    {"BROKEN", "ANY", "en_US"},
		"id in the files": {"HPHIY1TEMR", "TSTALIASID", "en_US"},
		"entry's name":    {"airline", "TSTALIASID", "en_US"},
	} {
		if rec := at(found[0], found[1], found[2]); rec.Code == http.StatusNotFound {
			t.Errorf("%s: %s", name, rec.Body)
		}
	}
	const missing = "ResourceNotFoundException"
	w.refused(at("NOBODY", "LIVE", "en_US"), 404, missing, `under bots "NOBODY/LIVE": bot.zip`)
	w.refused(at("HOOKED", "OTHER", "en_US"), 404, missing, "HOOKED/OTHER")
	w.refused(at("FLOWERS123", "ANY", "de_DE"), 404, missing, "has no locale de_DE, only en_US")
	w.refused(at("REMOTE", "LIVE", "en_US"), 404, missing, "call it where it is")
	w.refused(at(strings.Repeat("B", 101), "LIVE", "en_US"), 400, "ValidationException", "at most 100")
}
