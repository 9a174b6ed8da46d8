package startchat_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/diagnosis"
	"github.com/parley-chat/parley/internal/startchat"
)

func TestBadInput(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`{"ValueMap":{"k":`, 40) + `{}` + strings.Repeat(`}}`, 40)
	tests := []struct {
		name, body string
		rule       diagnosis.ID
		status     int
		field      string
		says       string
	}{
		{"null", `null`, diagnosis.NotAnObject, 400, "", "null"},
		{"array", `[{}]`, diagnosis.NotAnObject, 400, "", "array"},
		{"number", `17`, diagnosis.NotAnObject, 400, "", "object"},
		{"stringified twice", `"{\"InstanceId\":\"x\"}"`, diagnosis.NotAnObject, 400, "", "twice"},
		{"plain text", `hello`, diagnosis.BadJSON, 400, "", "line 1, column 1"},
		{"not JSON", `InstanceId=x`, diagnosis.BadJSON, 400, "", "line 1, column 1"},
		{"single quotes", "{\n  'InstanceId': 'x'}", diagnosis.BadJSON, 400, "", "line 2, column 3"},
		{"trailing comma", `{"InstanceId":"x",}`, diagnosis.BadJSON, 400, "", "column 19"},
		{"cut off", `{"InstanceId":"x`, diagnosis.BadJSON, 400, "", "ends in the middle"},
		{"two objects", `{}{}`, diagnosis.BadJSON, 400, "", "goes on"},
		{"invalid UTF-8", "{\"customerName\":\"\xff\"}", diagnosis.BadJSON, 400, "", "UTF-8"},
		{"same member twice", `{"InstanceId":"a","InstanceId":"b"}`, diagnosis.BadJSON, 400, "InstanceId", "twice"},
		{"nested member twice", `{"Attributes":{"a":"1","a":"2"}}`, diagnosis.BadJSON, 400, "Attributes.a", "twice"},
		{"nested beyond reason", strings.Repeat(`{"a":`, 12_000), diagnosis.BadJSON, 400, "", "line 1"},
		{"deep segment attributes", `{"SegmentAttributes":{"a":` + deep + `}}`, diagnosis.BadValue, 400, "", "levels deep"},
		{"65 KiB", `{"customerName":"` + strings.Repeat("x", 65<<10) + `"}`, diagnosis.BodyTooLarge, 413, "", "64 KiB"},

		{"InstanceId number", `{"InstanceId":7}`, diagnosis.WrongType, 400, "InstanceId", "a string, not a number"},
		{"InstanceId too long", `{"InstanceId":"` + strings.Repeat("x", 101) + `"}`, diagnosis.BadValue, 400, "InstanceId", "1 to 100"},
		{"ContactFlowId list", `{"ContactFlowId":[]}`, diagnosis.WrongType, 400, "ContactFlowId", "a list"},
		{"ParticipantDetails string", `{"ParticipantDetails":"Pat"}`, diagnosis.WrongType, 400, "ParticipantDetails", "an object"},
		{"DisplayName number", `{"ParticipantDetails":{"DisplayName":7}}`, diagnosis.WrongType, 400, "ParticipantDetails.DisplayName", "string"},
		{"DisplayName too long", `{"customerName":"` + strings.Repeat("é", 257) + `"}`, diagnosis.DisplayNameLength, 400, "ParticipantDetails.DisplayName", "has 257"},
		{"Attributes list", `{"Attributes":[]}`, diagnosis.WrongType, 400, "Attributes", "an object"},
		{"Attributes text that is no object", `{"Attributes":"a=b"}`, diagnosis.WrongType, 400, "Attributes", "JSON object"},
		{"attribute number", `{"Attributes":{"age":42}}`, diagnosis.WrongType, 400, "Attributes.age", "a string, not a number"},
		{"attribute null list", `{"Attributes":{"age":[null]}}`, diagnosis.WrongType, 400, "Attributes.age", "a list"},
		{"attribute key", `{"Attributes":{"order id":"42"}}`, diagnosis.BadAttributeKey, 400, "Attributes.order id", "letters, digits"},
		{"attributes too large", `{"Attributes":{"a":"` + strings.Repeat("x", 20_000) + `","b":"` + strings.Repeat("y", 12_770) + `"}}`, diagnosis.AttributesTooLarge, 400, "Attributes", "32,768"},
		{"InitialMessage string", `{"InitialMessage":"hello"}`, diagnosis.WrongType, 400, "InitialMessage", "an object"},
		{"InitialMessage without content", `{"InitialMessage":{"ContentType":"text/plain"}}`, diagnosis.MissingMember, 400, "InitialMessage.Content", "missing"},
		{"InitialMessage too long", `{"InitialMessage":{"ContentType":"text/plain","Content":"` + strings.Repeat("é", 8_193) + `"}}`, diagnosis.BadValue, 400, "InitialMessage.Content", "16,384 bytes"},
		{"ClientToken object", `{"ClientToken":{}}`, diagnosis.WrongType, 400, "ClientToken", "string"},
		{"duration text", `{"ChatDurationInMinutes":"an hour"}`, diagnosis.WrongType, 400, "ChatDurationInMinutes", "whole number"},
		{"duration fraction", `{"ChatDurationInMinutes":60.5}`, diagnosis.WrongType, 400, "ChatDurationInMinutes", "fraction"},
		{"duration too short", `{"ChatDurationInMinutes":59}`, diagnosis.BadValue, 400, "ChatDurationInMinutes", "60 to 10,080"},
		{"duration too long", `{"ChatDurationInMinutes":10081}`, diagnosis.BadValue, 400, "ChatDurationInMinutes", "60 to 10,080"},
		{"duration beyond integers", `{"ChatDurationInMinutes":1e400}`, diagnosis.WrongType, 400, "ChatDurationInMinutes", "exponent"},
		{"content types string", `{"SupportedMessagingContentTypes":"text/plain"}`, diagnosis.WrongType, 400, "SupportedMessagingContentTypes", "a list"},
		{"content types with number", `{"SupportedMessagingContentTypes":["text/plain",1]}`, diagnosis.WrongType, 400, "SupportedMessagingContentTypes[1]", "string"},
		{"content types with null", `{"SupportedMessagingContentTypes":[null]}`, diagnosis.WrongType, 400, "SupportedMessagingContentTypes[0]", "null"},
		{"text/plain missing", `{"SupportedMessagingContentTypes":["text/markdown"]}`, diagnosis.TextPlainMissing, 400, "SupportedMessagingContentTypes", "text/plain"},
		{"PersistentChat list", `{"PersistentChat":[]}`, diagnosis.WrongType, 400, "PersistentChat", "an object"},
		{"rehydration type", `{"PersistentChat":{"SourceContactId":"c","RehydrationType":"ALL"}}`, diagnosis.BadValue, 400, "PersistentChat.RehydrationType", "ENTIRE_PAST_SESSION or FROM_SEGMENT"},
		{"persistent and related", `{"PersistentChat":{"SourceContactId":"c","RehydrationType":"FROM_SEGMENT"},"RelatedContactId":"d"}`, diagnosis.ConflictingMembers, 400, "RelatedContactId", "together"},
		{"RelatedContactId true", `{"RelatedContactId":true}`, diagnosis.WrongType, 400, "RelatedContactId", "true or false"},
		{"SegmentAttributes value", `{"SegmentAttributes":{"a":"b"}}`, diagnosis.WrongType, 400, "SegmentAttributes.a", "an object"},
		{"SegmentAttributes key", `{"SegmentAttributes":{"a b":{}}}`, diagnosis.BadValue, 400, "SegmentAttributes.a b", "letters"},
		{"CustomerId empty", `{"CustomerId":""}`, diagnosis.BadValue, 400, "CustomerId", "1 to 128"},
		{"ParticipantConfiguration", `{"ParticipantConfiguration":{"ResponseMode":"FAST"}}`, diagnosis.BadValue, 400, "ParticipantConfiguration.ResponseMode", "INCREMENTAL or COMPLETE"},
		{"DisconnectOnCustomerExit", `{"DisconnectOnCustomerExit":["AGENT","AGENT"]}`, diagnosis.BadValue, 400, "DisconnectOnCustomerExit", "exactly 1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h, starter, _ := newHandler(t, configured())
			got := wantProblem(t, post(h, "application/json", tt.body), tt.status, tt.rule)
			if tt.name != "not JSON" { // which is a form under that label
				wantProblem(t, post(h, "application/x-www-form-urlencoded", tt.body), tt.status, tt.rule)
			}
			if starter.request != nil {
				t.Error("a call was made all the same")
			}
			if field, _ := got["field"].(string); field != tt.field && (tt.field != "" || !strings.HasPrefix(field, "SegmentAttributes")) {
				t.Errorf("field = %q, want %q", field, tt.field)
			}
			if sentence, _ := got["error"].(string); !strings.Contains(sentence, tt.says) {
				t.Errorf("the sentence %q does not say %q", sentence, tt.says)
			}
		})
	}
}

func TestMissingIDsAreNamed(t *testing.T) {
	t.Parallel()
	h, _, _ := newHandler(t, startchat.Config{})
	for body, field := range map[string]string{`{}`: "InstanceId", `{"InstanceId":"i"}`: "ContactFlowId"} {
		if got := wantProblem(t, post(h, "", body), 400, diagnosis.MissingMember); got["field"] != field {
			t.Errorf("%s: field = %v, want %s", body, got["field"], field)
		}
	}
}

// The page's own attributes may fill the limit: what the front door adds must not break it.
func TestOwnAttributeLeavesRoom(t *testing.T) {
	t.Parallel()
	h, starter, _ := newHandler(t, configured())
	w := post(h, "", `{"Attributes":{"a":"`+strings.Repeat("x", 32_767)+`"}}`)
	if w.Code != 200 {
		t.Fatalf("got %d %s", w.Code, w.Body)
	}
	if attributes, _ := starter.sent(t)["Attributes"].(map[string]any); attributes["customerName"] != nil {
		t.Error("customerName was added although there is no room for it")
	}
}

// Work grows with the body, not with its square.
func TestManyMembers(t *testing.T) {
	t.Parallel()
	var object, form strings.Builder
	object.WriteString(`{"a":1`)
	for i := range 5_000 {
		fmt.Fprintf(&object, `,"m%d":1`, i)
		fmt.Fprintf(&form, "m%d=1&", i)
	}
	h, _, _ := newHandler(t, configured())
	if w := post(h, "", object.String()+"}"); w.Code != 200 {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
	wantProblem(t, post(h, "application/x-www-form-urlencoded", form.String()), 400, diagnosis.BadValue)
}

func TestOnlyPOST(t *testing.T) {
	t.Parallel()
	h, _, _ := newHandler(t, configured())
	for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(method, "/startChatContact", nil))
		wantProblem(t, w, http.StatusMethodNotAllowed, diagnosis.MethodNotAllowed)
		if allow := w.Header().Get("Allow"); allow != "POST, OPTIONS" {
			t.Errorf("%s: Allow = %q", method, allow)
		}
	}
}

// failingBody breaks while it is read.
type failingBody struct{ err error }

func (b failingBody) Read([]byte) (int, error) { return 0, b.err }

func TestBrokenBodies(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		err    error
		status int
		rule   diagnosis.ID
	}{
		"too slow":  {os.ErrDeadlineExceeded, http.StatusRequestTimeout, diagnosis.BodyTimeout},
		"too large": {&http.MaxBytesError{Limit: 1}, http.StatusRequestEntityTooLarge, diagnosis.BodyTooLarge},
		"cut off":   {io.ErrUnexpectedEOF, http.StatusBadRequest, diagnosis.BadJSON},
	} {
		h, _, _ := newHandler(t, configured())
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", failingBody{tt.err}))
		t.Log(name)
		wantProblem(t, w, tt.status, tt.rule)
	}
}

// A body larger than it says, or of unknown length, is cut off at the limit too.
func TestBodyOfUnknownLength(t *testing.T) {
	t.Parallel()
	h, _, _ := newHandler(t, configured())
	r := httptest.NewRequest(http.MethodPost, "/", io.MultiReader(strings.NewReader(`{"x":"`), strings.NewReader(strings.Repeat("x", 70<<10))))
	r.ContentLength = -1
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	wantProblem(t, w, http.StatusRequestEntityTooLarge, diagnosis.BodyTooLarge)
}

// Secrets planted wherever a request can hold one must not reach the log or an error.
func TestCanary(t *testing.T) {
	t.Parallel()
	const canary = "CANARY-7f3a"
	bodies := []string{
		`{"ParticipantDetails":{"DisplayName":"` + canary + `"},"Attributes":{"card":"` + canary + `"},"InitialMessage":{"ContentType":"text/plain","Content":"` + canary + `"},"CustomerId":"` + canary + `","ClientToken":"` + canary + `"}`,
		`{"ParticipantDetails":{"DisplayName":"` + strings.Repeat(canary, 40) + `"}}`,
		`{"Attributes":{"card":["` + canary + `"]}}`,
		`{"ParticipantConfiguration":{"ResponseMode":"` + canary + `"}}`,
		`{"Attributes":"` + canary + `"}`,
		`{"customerName":"` + canary,
		`{"unknown":"` + canary + `"}`, `{"my ` + canary + `":1}`, `{"Attributes":{"my ` + canary + `":"1"}}`, "my " + canary + "=1",
		`{"my ` + canary + `":1,"my ` + canary + `":1}`,
		`"` + canary + `"`, canary,
	}
	for _, body := range bodies {
		h, _, log := newHandler(t, configured())
		for _, label := range []string{"text/plain", "application/x-www-form-urlencoded"} {
			post(h, label, body)
		}
		r := httptest.NewRequest(http.MethodPost, "/startChatContact?token="+canary, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+canary)
		r.Header.Set("X-Amz-Security-Token", canary)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if strings.Contains(log.String(), canary) {
			t.Errorf("the log repeats the body %.60s…: %s", body, log)
		}
		if strings.Contains(log.String(), token) {
			t.Errorf("the log holds the participant token: %s", log)
		}
		if w.Code != 200 && strings.Contains(w.Body.String(), canary) && !strings.Contains(body, "my "+canary) {
			t.Errorf("the error answer repeats the body %.60s…: %s", body, w.Body)
		}
	}
}

func FuzzHandler(f *testing.F) {
	for _, seed := range []string{
		``, `{}`, `null`, `[]`, `{"InstanceId":"i","ContactFlowId":"f"}`, `{"Attributes":"{\"a\":\"b\"}"}`, `a=b&c.d=e`,
		`{"SegmentAttributes":{"a":{"ValueMap":{"k":{"ValueList":[{}]}}}}}`, "{\"customerName\":\"\xff\"}", `{"ChatDurationInMinutes":"90"}`,
	} {
		f.Add("application/json", seed)
		f.Add("application/x-www-form-urlencoded", seed)
	}
	f.Fuzz(func(t *testing.T, contentType, body string) {
		h, starter, _ := newHandler(t, configured())
		w := post(h, contentType, body)
		if !json.Valid(w.Body.Bytes()) {
			t.Fatalf("the answer is not JSON: %s", w.Body)
		}
		switch {
		case w.Code == 200:
			for _, name := range []string{"InstanceId", "ContactFlowId", "ParticipantDetails", "ClientToken", "SupportedMessagingContentTypes"} {
				if starter.sent(t)[name] == nil {
					t.Errorf("the call lacks %s: %s", name, starter.request.Body)
				}
			}
		case w.Code < 400 || w.Code >= 500:
			t.Errorf("status %d for a bad body", w.Code)
		case starter.request != nil:
			t.Error("a call was made for a refused body")
		}
	})
}

func BenchmarkHandler(b *testing.B) {
	h, err := startchat.New(startchat.Config{Starter: &recorder{}})
	if err != nil {
		b.Fatal(err)
	}
	const body = `{"InstanceId":"` + instance + `","ContactFlowId":"` + flow + `","ParticipantDetails":{"DisplayName":"Pat"},"Username":"pat1",
		"Attributes":{"customerName":"Patricia","order":"42"},"SupportedMessagingContentTypes":["text/plain","text/markdown"],
		"InitialMessage":{"ContentType":"text/plain","Content":"Where is my order?"}}`
	b.ReportAllocs()
	for b.Loop() {
		if w := post(h, "text/plain", body); w.Code != 200 {
			b.Fatal(w.Body)
		}
	}
}

// A page that cuts a name inside a surrogate pair has used JSON.stringify, and is told what
// it did instead, with the member; also where Attributes is a string that holds JSON.
func TestRowA10HalfCharacter(t *testing.T) {
	t.Parallel()
	for body, field := range map[string]string{
		`{"ParticipantDetails":{"DisplayName":"Pat \ud83d"}}`: "ParticipantDetails.DisplayName",
		`{"customerName":"\ude00 Pat"}`:                       "customerName",
		`{"Attributes":{"note":"a\ud83db"}}`:                  "Attributes.note",
		`{"Attributes":"{\"note\":\"a\\ud83d\"}"}`:            "Attributes",
		`{"\ud83d":""}`: "",
	} {
		h, _, _ := newHandler(t, configured())
		got := wantProblem(t, post(h, "", body), 400, diagnosis.HalfCharacter)
		sentence, _ := got["error"].(string)
		hint, _ := got["hint"].(string)
		if f, _ := got["field"].(string); f != field || !strings.Contains(sentence, "surrogate") ||
			!strings.Contains(hint, "slice(0, 256)") || strings.Contains(hint, "JSON.stringify") {
			t.Errorf("%s: %v", body, got)
		}
	}
	h, starter, _ := newHandler(t, configured())
	if w := post(h, "", `{"customerName":"\ud83d\ude00"}`); w.Code != 200 || !strings.Contains(string(starter.request.Body), "\U0001F600") &&
		!strings.Contains(string(starter.request.Body), `\ud83d\ude00`) {
		t.Errorf("a whole pair: %d %s", w.Code, w.Body)
	}
}
