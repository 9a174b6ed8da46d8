package connectserver_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/connectserver"
	"github.com/parley-chat/parley/internal/strict"
	"github.com/parley-chat/parley/internal/transcript"
)

const minimal = `{"InstanceId":"i","ContactFlowId":"f","ParticipantDetails":{"DisplayName":"Pat"}}`

func TestNewNeedsChats(t *testing.T) {
	t.Parallel()
	if _, err := connectserver.New(connectserver.Config{}); err == nil {
		t.Error("an api without chats was made")
	}
}

// Every answer carries what SDKs look for.
func TestHeaders(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil, nil)
	for _, tt := range []struct {
		method, target, body, wantType string
		wantStatus                     int
	}{
		{"PUT", "/contact/chat", minimal, "", 200},
		{"PUT", "/contact/chat", "{}", "InvalidRequestException", 400},
		{"PUT", "/contact/chat", `{"ClientToken":"` + strings.Repeat("x", 300<<10) + `"}`, "RequestEntityTooLargeException", 413},
		{"PATCH", "/contact/chat", "", "UnknownOperationException", 404},
		{"POST", "/search-contacts", "{}", "NotImplemented", 501},
	} {
		w := s.call(tt.method, tt.target, tt.body)
		h := w.Header()
		if w.Code != tt.wantStatus || h.Get("x-amzn-ErrorType") != tt.wantType {
			t.Errorf("%s %s: %d %q, want %d %q", tt.method, tt.target, w.Code, h.Get("x-amzn-ErrorType"), tt.wantStatus, tt.wantType)
		}
		if h.Get("Content-Type") != "application/json" || len(h.Get("x-amzn-RequestId")) != 36 || !json.Valid(w.Body.Bytes()) {
			t.Errorf("%s %s: not an answer SDKs can read: %v %s", tt.method, tt.target, h, w.Body)
		}
	}
}

// A name that was cut inside a surrogate pair is called that, and not a lack of UTF-8.
func TestRowA10HalfCharacter(t *testing.T) {
	t.Parallel()
	w := newStage(t, nil, nil).call("PUT", "/contact/chat", `{"InstanceId":"i","ContactFlowId":"f","ParticipantDetails":{"DisplayName":"Pat \ud83d"}}`)
	if text := w.Body.String(); w.Code != 400 || w.Header().Get("x-amzn-ErrorType") != "SerializationException" ||
		!strings.Contains(text, "ParticipantDetails.DisplayName") || !strings.Contains(text, "surrogate") {
		t.Errorf("%d %s", w.Code, text)
	}
}

// Requests as the SDKs put them on the wire, over a real connection.
func TestRequestsOfSDKs(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil, nil)
	server := httptest.NewServer(s.handler)
	t.Cleanup(server.Close)
	started, err := s.api.StartChatContact(t.Context(), []byte(minimal))
	if err != nil {
		t.Fatal(err)
	}
	arn := "arn%3Aaws%3Aconnect%3Aeu-west-2%3A111122223333%3Ainstance%2Fi/"
	for _, tt := range []struct {
		name, method, target, body string
		header                     map[string]string
	}{
		{"go", "GET", "/contacts/" + arn + started.ContactID, "", map[string]string{
			"User-Agent": "aws-sdk-go-v2/1.47.7", "Amz-Sdk-Invocation-Id": "a", "Amz-Sdk-Request": "attempt=1; max=3",
			"Authorization": "AWS4-HMAC-SHA256 Credential=A/20261122/us-east-1/connect/aws4_request, SignedHeaders=host, Signature=0",
		}},
		{"js", "POST", "/contact/attributes", `{"InitialContactId":"` + started.ContactID + `","InstanceId":"i","Attributes":{"k":"grüezi"}}`, map[string]string{
			"Content-Type": "application/json", "X-Amz-Content-Sha256": "0", "X-Amz-User-Agent": "aws-sdk-js/3.1136.0", "Amz-Sdk-Request": "attempt=1; max=3",
		}},
		{"botocore", "POST", "/contact/attributes", `{"InitialContactId": "` + started.ContactID + `", "InstanceId": "i", "Attributes": {"j": "gr\u00fcezi"}}`, map[string]string{
			"Content-Type": "application/json", "Accept-Encoding": "identity", "Amz-Sdk-Request": "ttl=20261122T060000Z; attempt=2; max=5",
		}},
		{"without a content type", "POST", "/contact/stop", `{"ContactId":"` + started.ContactID + `","InstanceId":"i"}`, map[string]string{"Content-Type": "text/plain"}},
	} {
		req, err := http.NewRequestWithContext(t.Context(), tt.method, server.URL+tt.target, strings.NewReader(tt.body))
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range tt.header {
			req.Header.Set(name, value)
		}
		resp, err := server.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != 200 {
			t.Errorf("%s: %d %s", tt.name, resp.StatusCode, resp.Header.Get("x-amzn-ErrorType"))
		}
	}
	contact, err := s.chats.Contact(t.Context(), started.ContactID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"j": "grüezi", "k": "grüezi"}, contact.Attributes.Map()); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
}

// A mux that other rooms use too takes all routes.
func TestRoutesShareAMux(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil, nil)
	mux := http.NewServeMux()
	for _, other := range []string{"GET /", "POST /startChatContact", "POST /{$}", "GET /metrics", "POST /participant/", "PUT /attachments/{id}", "GET /console/", "POST /api/"} {
		mux.HandleFunc(other, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	}
	s.api.Routes(mux, nil)
	for target, want := range map[string]int{"PUT /contact/chat": 400, "GET /contact/none": 418, "GET /metrics": 418, "POST /metrics/data": 501, "GET /": 418} {
		method, path, _ := strings.Cut(target, " ")
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader("{}")))
		if w.Code != want {
			t.Errorf("%s: %d, want %d", target, w.Code, want)
		}
	}
}

// What the store cannot keep is a fault of the service: SDKs try again, and the log has the
// cause, which the answer has not.
func TestStoreFails(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil, nil)
	var log bytes.Buffer
	api, err := connectserver.New(connectserver.Config{Chats: s.chats, Kept: s.kept, Tests: s.tests, Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	routes(api).ServeHTTP(w, httptest.NewRequest(http.MethodPut, "/contact/chat", strings.NewReader(minimal)))
	if w.Code != 500 || w.Header().Get("x-amzn-ErrorType") != "InternalServiceException" || strings.Contains(w.Body.String(), "clos") {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
	if n := strings.Count(log.String(), "level=ERROR"); n != 1 || !strings.Contains(log.String(), "closed") {
		t.Errorf("the failure was logged %d times, with this:\n%s", n, &log)
	}
}

// The front door reaches the same action, without the wire.
func TestStartWithoutTheWire(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil, nil)
	started, err := s.api.StartChatContact(t.Context(), []byte(minimal))
	if err != nil || started.ContactID == "" || !strings.HasPrefix(started.Token.Reveal(), "QVFJREFI") {
		t.Errorf("got %v, %v", started, err)
	}
	_, err = s.api.StartChatContact(t.Context(), []byte(`{}`))
	if refused, ok := errors.AsType[*awswire.Error](err); !ok || refused.Name != "InvalidRequestException" || refused.Status != 400 {
		t.Errorf("got %v, want InvalidRequestException", err)
	}
}

// Who starts chats within the program logs them itself: this service then does not, unless
// asked for details.
func TestOneLogLinePerCall(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil, nil)
	for least, wantInside := range map[slog.Level][]string{slog.LevelInfo: nil, slog.LevelDebug: {"DEBUG contact started", "DEBUG call refused"}} {
		var log bytes.Buffer
		logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: least}))
		api, err := connectserver.New(connectserver.Config{Chats: s.chats, Kept: s.kept, Tests: s.tests, Log: logger})
		if err != nil {
			t.Fatal(err)
		}
		for _, body := range []string{minimal, "{}"} {
			_, _ = api.StartChatContact(t.Context(), []byte(body)) // only the log matters
		}
		if diff := cmp.Diff(wantInside, lines(&log)); diff != "" {
			t.Errorf("at level %v, called within the program (-want +got):\n%s", least, diff)
		}
		for _, body := range []string{minimal, "{}"} {
			routes(api).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPut, "/contact/chat", strings.NewReader(body)))
		}
		if diff := cmp.Diff([]string{"INFO contact started", "WARN call refused"}, onTheWire(lines(&log))); diff != "" {
			t.Errorf("at level %v, called over the wire (-want +got):\n%s", least, diff)
		}
	}
}

// onTheWire leaves out what only calls on the wire log.
func onTheWire(lines []string) []string {
	return slices.DeleteFunc(lines, func(line string) bool { return line == "DEBUG call answered" })
}

// lines empties a text log and returns the level and message of each line.
func lines(log *bytes.Buffer) []string {
	var all []string
	for _, found := range regexp.MustCompile(`level=(\w+) msg="([^"]+)"`).FindAllStringSubmatch(log.String(), -1) {
		all = append(all, found[1]+" "+found[2])
	}
	log.Reset()
	return all
}

// The documented rates, in a bubble's time. Bad input is refused as such, whatever the load.
func TestRates(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, strict.New(strict.Config{}), nil)
		body := strings.Replace(strings.Replace(minimal, `"i"`, `"`+connectserver.DefaultInstanceID+`"`, 1), `"f"`, `"aaaaaaaa-0000-4000-8000-000000000001"`, 1)
		start := func() *httptest.ResponseRecorder { return s.call("PUT", "/contact/chat", body) }
		for i := range 8 {
			if w := start(); w.Code != 200 {
				t.Fatalf("start %d of the burst: %d %s", i+1, w.Code, w.Body)
			}
		}
		if w := start(); w.Code != 429 || w.Header().Get("x-amzn-ErrorType") != "TooManyRequestsException" {
			t.Errorf("after the burst: %d %v", w.Code, w.Header())
		}
		if w := s.call("PUT", "/contact/chat", "{}"); w.Code != 400 {
			t.Errorf("bad input under load: %d, want 400", w.Code)
		}
		<-time.After(time.Second)
		n := 0
		for start().Code == 200 {
			n++
		}
		if n != 5 {
			t.Errorf("%d starts in the next second, want 5", n)
		}
		for range 15 {
			s.call("POST", "/contact/stop", `{"InstanceId":"`+connectserver.DefaultInstanceID+`","ContactId":"x"}`)
		}
		w := s.call("POST", "/contact/stop", `{"InstanceId":"`+connectserver.DefaultInstanceID+`","ContactId":"x"}`)
		if w.Code != 429 || w.Header().Get("x-amzn-ErrorType") != "ThrottlingException" {
			t.Errorf("the sixteenth stop: %d %v", w.Code, w.Header())
		}
	})
}

// The quota of active chats: ending one makes room for one.
func TestActiveChats(t *testing.T) {
	t.Parallel()
	rules := strict.New(strict.Config{ActiveContacts: 2, Rates: map[string]strict.Rate{"StartChatContact": {}}})
	s := newStage(t, rules, nil)
	body := func(token string) string {
		return `{"InstanceId":"` + connectserver.DefaultInstanceID + `","ContactFlowId":"aaaaaaaa-0000-4000-8000-000000000001",` +
			`"ParticipantDetails":{"DisplayName":"Pat"},"ClientToken":"` + token + `"}`
	}
	first, err := s.api.StartChatContact(t.Context(), []byte(body("a")))
	if err != nil {
		t.Fatal(err)
	}
	if w := s.call("PUT", "/contact/chat", body("b")); w.Code != 200 {
		t.Fatal(w.Code)
	}
	if w := s.call("PUT", "/contact/chat", body("c")); w.Code != 429 || w.Header().Get("x-amzn-ErrorType") != "LimitExceededException" {
		t.Errorf("one too many: %d %v", w.Code, w.Header())
	}
	if w := s.call("PUT", "/contact/chat", body("a")); w.Code != 200 {
		t.Errorf("a repeated start at the quota: %d, want the first result", w.Code)
	}
	if err := s.chats.End(t.Context(), first.ContactID, chat.StoppedByAPI); err != nil {
		t.Fatal(err)
	}
	if w := s.call("PUT", "/contact/chat", body("c")); w.Code != 200 {
		t.Errorf("after one has ended: %d", w.Code)
	}
}

// Calls with one client token at the same time make one participant.
func TestRepeatedAtTheSameTime(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil, nil)
	started, err := s.api.StartChatContact(t.Context(), []byte(minimal))
	if err != nil {
		t.Fatal(err)
	}
	body := `{"InstanceId":"i","ContactId":"` + started.ContactID + `","ClientToken":"t","ParticipantDetails":{"ParticipantRole":"CUSTOM_BOT","DisplayName":"Bot"}}`
	answers := make([]string, 16)
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() { answers[i] = s.call("POST", "/contact/create-participant", body).Body.String() })
	}
	all.Wait()
	slices.Sort(answers)
	if distinct := slices.Compact(answers); len(distinct) != 1 || !strings.Contains(distinct[0], "ParticipantToken") {
		t.Errorf("the same call was answered in %d ways: %v", len(distinct), distinct)
	}
}

// Concurrent events of one new sender make one chat.
func TestIntegrationStartsOneChat(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil, nil)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			s.call("POST", "/chat-integration-event", fmt.Sprintf(
				`{"SourceId":"a","DestinationId":"b","Event":{"Type":"MESSAGE","ContentType":"text/plain","Content":"%d"},"NewSessionDetails":{}}`, i))
		})
	}
	all.Wait()
	if n := s.chats.ActiveContacts(); n != 1 {
		t.Errorf("%d chats were started, want 1", n)
	}
}

// The metrics of a long chat count all of it.
func TestMetricsOfALongChat(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil, nil)
	started, err := s.api.StartChatContact(t.Context(), []byte(minimal))
	if err != nil {
		t.Fatal(err)
	}
	for range 250 {
		if _, err := s.chats.Say(t.Context(), started.ContactID, started.ParticipantID, transcript.Message{ContentType: "text/plain", Content: "ö"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.chats.End(t.Context(), started.ContactID, chat.StoppedByAPI); err != nil {
		t.Fatal(err)
	}
	var out struct {
		Contact struct {
			ChatMetrics struct {
				CustomerMetrics struct{ MessagesSent, MessageLengthInChars int }
			}
		}
	}
	if err := json.Unmarshal(s.call("GET", "/contacts/i/"+started.ContactID, "").Body.Bytes(), &out); err != nil {
		t.Fatal(err)
	}
	if m := out.Contact.ChatMetrics.CustomerMetrics; m.MessagesSent != 250 || m.MessageLengthInChars != 250 {
		t.Errorf("got %+v, want 250 messages of one character", m)
	}
}

// Every emulated action is an operation of Amazon Connect and stands in a dialogue.
func TestRegistryIsComplete(t *testing.T) {
	t.Parallel()
	operations, err := os.ReadFile("operations.txt")
	if err != nil {
		t.Fatal(err)
	}
	var spoken strings.Builder
	files, _ := filepath.Glob("testdata/wire/*.txt")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		spoken.Write(text)
	}
	refuses := map[string]string{"TransferContact": "400 InvalidRequestException"} // chats, as AWS does
	for _, entry := range connectserver.Fidelity() {
		if !strings.HasSuffix(entry.Area, "actions") {
			continue
		}
		line := regexp.MustCompile(`(?m)^(\w+) (\S+) ` + entry.Name + `$`).FindStringSubmatch(string(operations))
		if line == nil {
			t.Errorf("%s is no operation of Amazon Connect", entry.Name)
			continue
		}
		path := regexp.MustCompile(`\\\{\w+\\\}`).ReplaceAllString(regexp.QuoteMeta(line[2]), `[^/\s]+`)
		status := "200"
		if other, ok := refuses[entry.Name]; ok {
			status = other
		}
		if !regexp.MustCompile(`(?m)^` + line[1] + ` ` + path + `(\?|$)[^\n]*\n(\{.*\n)?  < ` + status).MatchString(spoken.String()) {
			t.Errorf("%s succeeds in no dialogue", entry.Name)
		}
	}
}

// Of every operation the list says truly whether a call of it is carried out or refused by its name.
func TestOperationsStand(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil, nil)
	count := map[connectserver.Standing]int{}
	lines, err := os.ReadFile("operations.txt")
	if err != nil {
		t.Fatal(err)
	}
	calls := map[string][]string{}
	for line := range strings.Lines(string(lines)) {
		fields := strings.Fields(line)
		calls[fields[2]] = fields
	}
	for _, op := range connectserver.Operations() {
		count[op.Standing]++
		call := calls[op.Name]
		w := s.call(call[0], regexp.MustCompile(`\{\w+\}`).ReplaceAllString(call[1], "x"), `{}`)
		refused := w.Code == http.StatusNotImplemented && strings.Contains(w.Body.String(), "does not emulate "+op.Name+";")
		if refused != (op.Standing == connectserver.Refused) {
			t.Errorf("%s is %s: %d %s", op.Name, op.Standing, w.Code, w.Body)
		}
	}
	if all := len(calls); count[connectserver.Kept]+count[connectserver.Answered]+count[connectserver.Refused] != all || all < 390 {
		t.Errorf("%d operations, of which %v", all, count)
	}
}

// No body, label or query makes any action fail or answer something else than JSON.
func FuzzRequests(f *testing.F) {
	s := newStage(f, nil, nil)
	started, err := s.api.StartChatContact(context.Background(), []byte(minimal))
	if err != nil {
		f.Fatal(err)
	}
	targets := []string{
		"PUT /contact/chat", "PUT /contact/assistant", "POST /contact/stop", "POST /contact/attributes", "POST /contact/create-participant",
		"POST /contact/start-streaming", "POST /contact/stop-streaming", "POST /chat-integration-event",
		"POST /contact/persistent-contact-association/i/%s", "PUT /contact/participant-role-config/i/%s", "GET /contacts/i/%s",
		"GET /contact-flows/i/%s", "GET /contact-flows-summary/%s?contactFlowTypes=%s&nextToken=%s", "GET /instance/%s/approved-origins?maxResults=%s",
	}
	f.Add(uint8(0), started.ContactID, minimal)
	f.Add(uint8(0), "", `{"Attributes":{"a":"b"},"SegmentAttributes":{"connect:Subtype":{"ValueList":[{"ValueMap":{}}]}}}`)
	f.Add(uint8(4), "", `{"InstanceId":"i","ContactId":"`+started.ContactID+`","ParticipantDetails":{"ParticipantRole":"CUSTOM_BOT","DisplayName":"b"}}`)
	f.Add(uint8(7), "", `{"SourceId":"a","DestinationId":"b","Event":{"Type":"MESSAGE","ContentType":"text/plain","Content":"x"},"NewSessionDetails":{}}`)
	f.Add(uint8(9), started.ContactID, `{"ChannelConfiguration":{"Chat":{"ParticipantTimerConfigList":[{"ParticipantRole":"AGENT","TimerType":"IDLE","TimerValue":{}}]}}}`)
	f.Add(uint8(12), "\xff/%", "")
	f.Fuzz(func(t *testing.T, which uint8, label, body string) {
		method, target, _ := strings.Cut(targets[int(which)%len(targets)], " ")
		target = strings.ReplaceAll(target, "%s", escape(label))
		w := s.call(method, target, body)
		if w.Code >= 500 && w.Code != 501 || !json.Valid(w.Body.Bytes()) {
			t.Errorf("%s %s %q: %d %s", method, target, body, w.Code, w.Body)
		}
	})
}

// escape writes a label as SDKs do: everything but unreserved characters.
func escape(label string) string {
	var b strings.Builder
	for _, c := range []byte(label) {
		fmt.Fprintf(&b, "%%%02X", c)
	}
	if b.Len() == 0 {
		return "x"
	}
	return b.String()
}
