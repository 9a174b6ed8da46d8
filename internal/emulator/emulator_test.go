package emulator_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/connectserver"
	"github.com/parley-chat/parley/internal/diagnosis"
	"github.com/parley-chat/parley/internal/emulator"
	"github.com/parley-chat/parley/internal/store"
	"github.com/parley-chat/parley/internal/transcript"
)

func TestStartsAChat(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Config{Ephemeral: true})
	const body = `{"ContactFlowId":"any flow","InstanceId":"any instance","ClientToken":"t"}`
	first := w.must(http.MethodPost, "/startChatContact", "", body)
	for _, member := range []string{"ContactId", "ParticipantId"} {
		if uuid.Validate(text(first, member)) != nil {
			t.Errorf("%s = %q, want a UUID", member, text(first, member))
		}
	}
	if !strings.HasPrefix(text(first, "ParticipantToken"), "QVFJREFI") {
		t.Error("the participant token does not look like one")
	}
	if second := w.must(http.MethodPost, "/", "", body); second["ContactId"] != first["ContactId"] {
		t.Error("the same client token started another chat")
	}
	if w.must(http.MethodPost, "/Prod", "", "")["ContactId"] == first["ContactId"] {
		t.Error("an empty body did not start a chat of its own")
	}
}

func TestRefusesAsAWSDoes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Config{Ephemeral: true})
	status, answer := w.call(http.MethodPost, "/startChatContact", "",
		`{"ContactFlowId":"f","InstanceId":"i","InitialMessage":{"ContentType":"text/markdown","Content":"x"}}`)
	if status != 400 || answer["code"] != "InvalidRequestException" || answer["requestId"] == "" ||
		answer["hint"] != diagnosis.Lookup(diagnosis.RequestRefused).Remedy {
		t.Errorf("got %d %v", status, answer)
	}
}

func TestAWholeChat(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Config{Ephemeral: true, Partner: true, PartnerPause: -1})
	pat := w.open(`{"ParticipantDetails":{"DisplayName":"Pat"}}`)
	if joined := pat.await("participant.joined"); joined["DisplayName"] != "Pat" || joined["ParticipantRole"] != "CUSTOMER" {
		t.Errorf("joined: %v", joined)
	}
	if joined := pat.await("participant.joined"); joined["DisplayName"] != "Parley" || joined["ParticipantRole"] != "AGENT" {
		t.Errorf("joined: %v", joined)
	}
	pat.await("Hello Pat!")
	pat.say("One, two?")
	pat.await("message.metadata")
	pat.await("You said: One, two?")
	// The backend's view of it, at the paths of AWS's SDKs.
	described := w.must(http.MethodGet, "/contacts/"+emulator.DefaultInstanceID+"/"+pat.id, "", "")
	if got := text(described, "Contact", "Id"); got != pat.id {
		t.Errorf("DescribeContact: %v", described)
	}
	w.must(http.MethodPost, "/participant/disconnect", pat.bearer, `{}`)
	pat.await("chat.ended")
	if status, answer := w.call(http.MethodPost, "/participant/message", pat.bearer, `{"ContentType":"text/plain","Content":"x"}`); status != 403 {
		t.Errorf("after the end: %d %v", status, answer)
	}
}

func TestGoesOnAfterARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cfg := emulator.Config{DataDir: dir, Partner: true, PartnerPause: -1}
	before := newWorld(t, cfg)
	pat := before.open("")
	pat.await("Hello Customer!")
	pat.say("one")
	pat.await("You said: one")
	socket := pat.closed
	_, refused := emulator.New(t.Context(), cfg)
	if _, ok := errors.AsType[*store.Error](refused); !ok {
		t.Errorf("a second program on the same directory: %v", refused)
	}
	before.close()
	if code := <-socket; code != 1001 {
		t.Errorf("the socket was closed with %d", code)
	}

	after := newWorld(t, cfg)
	pat.connect(after)
	pat.say("two")
	pat.await("You said: two")
	got := pat.transcript()
	if len(got) > 0 {
		got[0], _, _ = strings.Cut(got[0], "!")
	}
	if diff := cmp.Diff([]string{"Hello Customer", "one", "You said: one", "two", "You said: two"}, got); diff != "" {
		t.Error(diff)
	}
	if after.emulator.Chats().ActiveContacts() != 1 || after.emulator.Sockets() != 1 {
		t.Errorf("%d chats, %d sockets", after.emulator.Chats().ActiveContacts(), after.emulator.Sockets())
	}
}

func TestShutdown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Config{Ephemeral: true, Partner: true})
	pat := w.open("")
	pat.await("participant.joined")
	if !w.emulator.Ready() {
		t.Error("not ready")
	}
	w.emulator.Drain()
	if w.emulator.Ready() {
		t.Error("ready while draining")
	}
	if code := <-pat.closed; code != 1001 {
		t.Errorf("the socket was closed with %d", code)
	}
	for range 2 {
		if err := w.emulator.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if status, answer := w.call(http.MethodPost, "/startChatContact", "", ""); status < 500 {
		t.Errorf("a chat was started after the end: %d %v", status, answer)
	}
}

func TestStrict(t *testing.T) {
	t.Parallel()
	const configured = "33333333-3333-4333-8333-333333333333"
	w := newWorld(t, emulator.Config{Ephemeral: true, Strict: true, Seed: 1, Flows: func() []connectserver.Flow {
		return []connectserver.Flow{{ID: configured, Name: "Mine"}}
	}})
	w.must(http.MethodPost, "/startChatContact", "", "")
	w.must(http.MethodPost, "/startChatContact", "", `{"ContactFlowId":"`+configured+`"}`)
	for _, body := range []string{
		`{"ContactFlowId":"44444444-4444-4444-8444-444444444444"}`, `{"InstanceId":"44444444-4444-4444-8444-444444444444"}`,
	} {
		if status, answer := w.call(http.MethodPost, "/startChatContact", "", body); status != 404 || answer["code"] != "ResourceNotFoundException" {
			t.Errorf("%s: %d %v", body, status, answer)
		}
	}
	flow := w.must(http.MethodGet, "/contact-flows/"+emulator.DefaultInstanceID+"/"+emulator.DefaultContactFlowID, "", "")
	if text(flow, "ContactFlow", "Name") != "Parley default flow" {
		t.Errorf("DescribeContactFlow: %v", flow)
	}
}

// No path of the clients' hides an action of the Amazon Connect API.
func TestEveryActionIsReached(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Config{Ephemeral: true})
	handler := w.emulator.Wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("%s %s is not served", r.Method, r.URL) }))
	placeholder := regexp.MustCompile(`\{\w+\}`)
	for _, action := range connectserver.Actions() {
		recorder := httptest.NewRecorder()
		r := httptest.NewRequest(action.Method, placeholder.ReplaceAllString(action.Path, "x"), strings.NewReader("{}"))
		handler.ServeHTTP(recorder, r)
		if got := awswire.ParseError(recorder.Code, recorder.Header(), recorder.Body.Bytes()); got.Name == "UnknownOperationException" || recorder.Code == http.StatusNotImplemented {
			t.Errorf("%s: %d %+v", action.Name, recorder.Code, got)
		}
	}
}

func TestHandles(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Config{Ephemeral: true})
	for request, want := range map[string]bool{
		"PUT /contact/chat": true, "POST /contact/stop": true, "GET /contacts/i/c": true, "GET /contact-flows/i/f": true,
		"GET /instance/i": true, "POST /participant/message": true, "GET /participant/websocket?t=x": true,
		"PUT /attachments/x": true, "OPTIONS /participant/message": true, "POST /contact/unheard-of": true,
		"GET /queues/a/b/c": true, "PATCH /metrics/data": true, "GET /search-queues": true, "GET /metrics": false, "PUT /contact": false, "GET /contact-flows": false,
		"POST /": false, "POST /startChatContact": false, "POST /Prod": false, "GET /parley.js": false, "GET /healthz": false,
		"GET /console/app.js": false, "POST /participant": false, "POST /attachments": false, "POST //participant/message": false,
		"POST /participant//message": true, "GET /participant//message": true, "PUT /contact//chat": true, "PUT /contact/./chat": true, "PUT //contact/chat": true,
		"POST /contact//chat": true, "POST //nowhere": false, "POST /nowhere/..": false,
	} {
		method, target, _ := strings.Cut(request, " ")
		got, body := true, strings.NewReader("{}")
		handler := w.emulator.Wrap(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { got = false }))
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(method, target, body))
		if got != want {
			t.Errorf("%s: %t", request, got)
		}
	}
	const noOperation, noPath = "Amazon Connect's API has no operation with this method and path.", "There is no operation at this path."
	for request, want := range map[string]string{
		"POST /nowhere": noOperation, "POST /contact//chat": noOperation, "PUT /contact/chat/.": noOperation,
		"GET /contacts//c-1": noOperation, "GET /contacts/../c-1": noOperation,
		"POST /participant//message": noPath, "GET /participant//message": noPath, "POST /participant/nothing": noPath,
	} {
		method, target, _ := strings.Cut(request, " ")
		recorder := httptest.NewRecorder()
		w.emulator.Handler().ServeHTTP(recorder, httptest.NewRequest(method, target, nil))
		got := awswire.ParseError(recorder.Code, recorder.Header(), recorder.Body.Bytes())
		if recorder.Code != http.StatusNotFound || recorder.Header().Get("Content-Type") != "application/json" ||
			got.Name != "UnknownOperationException" || got.Message != want {
			t.Errorf("%s: %d %s %+v", request, recorder.Code, recorder.Header().Get("Content-Type"), got)
		}
	}
	if n := w.emulator.MaxBodyFor(httptest.NewRequest(http.MethodPut, "/attachments/x", nil)); n != 20<<20 {
		t.Errorf("an attachment may have %d bytes", n)
	}
}

// upload sends the bytes of an attachment as the answer of StartAttachmentUpload tells.
func (w *world) upload(started map[string]any, content string) {
	w.t.Helper()
	metadata, _ := started["UploadMetadata"].(map[string]any)
	request, err := http.NewRequestWithContext(w.t.Context(), http.MethodPut, text(metadata, "Url"), strings.NewReader(content))
	if err != nil {
		w.t.Fatal(err)
	}
	headers, _ := metadata["HeadersToInclude"].(map[string]any)
	for header := range headers {
		request.Header.Set(header, text(headers, header))
	}
	uploaded, err := w.server.Client().Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	_ = uploaded.Body.Close()
	if uploaded.StatusCode != http.StatusOK {
		w.t.Fatalf("the upload was answered %s", uploaded.Status)
	}
}

func TestScansAttachments(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Config{Ephemeral: true, Partner: true, PartnerPause: -1, Scan: func(file transcript.File) bool {
		return file.Name != "virus.txt"
	}})
	pat := w.open("")
	pat.await("Hello")
	for name, answer := range map[string]string{"virus.txt": `"virus.txt" was rejected`, "a b.txt": `I have your attachment "a b.txt"`} {
		started := w.must(http.MethodPost, "/participant/start-attachment-upload", pat.bearer,
			`{"AttachmentName":"`+name+`","AttachmentSizeInBytes":3,"ContentType":"text/plain","ClientToken":"`+uuid.NewString()+`"}`)
		w.upload(started, "abc")
		w.must(http.MethodPost, "/participant/complete-attachment-upload", pat.bearer,
			`{"AttachmentIds":["`+text(started, "AttachmentId")+`"],"ClientToken":"`+uuid.NewString()+`"}`)
		pat.await(answer)
	}
}

// The settings say what attachments are taken, the API changes it, and a restart keeps the change:
// a file beyond 20 MB comes through.
func TestRowA14AttachmentsOfAnInstance(t *testing.T) {
	t.Parallel()
	cfg := emulator.Config{DataDir: t.TempDir(), AttachmentBytes: 4, AttachmentTypes: []string{"txt"}}
	before := newWorld(t, cfg)
	const path = "/attached-files-configurations/" + emulator.DefaultInstanceID + "/CHAT"
	announce := func(size int) string {
		return fmt.Sprintf(`{"AttachmentName":"a.webp","AttachmentSizeInBytes":%d,"ContentType":"image/webp","ClientToken":"%s"}`, size, uuid.NewString())
	}
	pat := before.open("")
	before.refused(http.MethodPost, "/participant/start-attachment-upload", pat.bearer, announce(5), 400, "ValidationException")
	described, _ := before.must(http.MethodGet, path, "", "")["AttachedFilesConfiguration"].(map[string]any)
	if described["MaximumSizeLimitInBytes"] != 4.0 {
		t.Errorf("set to %v", described)
	}
	before.must(http.MethodPost, path, "", `{"MaximumSizeLimitInBytes":104857600,"ExtensionConfiguration":{"AllowedExtensions":[{"Extension":"webp"}]}}`)
	before.close()

	after := newWorld(t, cfg)
	pat = after.open("")
	big := strings.Repeat("x", 21<<20)
	if n := after.emulator.MaxBodyFor(httptest.NewRequest(http.MethodPut, "/attachments/x", nil)); n != 100<<20 {
		t.Errorf("an attachment may have %d bytes", n)
	}
	after.upload(after.must(http.MethodPost, "/participant/start-attachment-upload", pat.bearer, announce(len(big))), big)
}

// The three headers of an encrypted bucket are told when they are asked for.
func TestRowA2EncryptedAttachments(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Config{Ephemeral: true, EncryptedAttachments: true, Region: "eu-west-2"})
	started := w.must(http.MethodPost, "/participant/start-attachment-upload", w.open("").bearer,
		`{"AttachmentName":"a.txt","AttachmentSizeInBytes":3,"ContentType":"text/plain","ClientToken":"t"}`)
	metadata, _ := started["UploadMetadata"].(map[string]any)
	headers, _ := metadata["HeadersToInclude"].(map[string]any)
	if len(headers) != 11 || text(headers, "x-amz-server-side-encryption") != "aws:kms" ||
		!strings.HasPrefix(text(headers, "x-amz-server-side-encryption-aws-kms-key-id"), "arn:aws:kms:eu-west-2:") {
		t.Errorf("told %v", headers)
	}
	w.upload(started, "abc")
}

func TestViews(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"form.json": `{"Id":"v1","Name":"Form","Content":{"InputSchema":"{\"a\":1}","Template":{"Body":[]},"Actions":["Next"]}}`,
		"bad.json":  `{`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w := newWorld(t, emulator.Config{Ephemeral: true, ViewsDir: dir, Region: "eu-west-2"})
	pat := w.open("")
	answer := w.must(http.MethodGet, "/participant/views/form", pat.bearer, "")
	view, _ := answer["View"].(map[string]any)
	want := map[string]any{
		"Id": "v1", "Arn": "arn:aws:connect:eu-west-2:aws:view/v1", "Name": "Form", "Version": 1.0,
		"Content": map[string]any{"InputSchema": `{"a":1}`, "Template": `{"Body":[]}`, "Actions": []any{"Next"}},
	}
	if diff := cmp.Diff(want, view); diff != "" {
		t.Error(diff)
	}
	// A flow's token names the same view.
	if answer := w.must(http.MethodGet, "/participant/views/form."+uuid.NewString(), pat.bearer, ""); !cmp.Equal(map[string]any{"View": want}, answer) {
		t.Errorf("by a flow's token it is %v", answer)
	}
	for _, token := range []string{"bad", "none", "..%2Fform", "%2e%2e"} {
		if status, answer := w.call(http.MethodGet, "/participant/views/"+token, pat.bearer, ""); status != 404 {
			t.Errorf("%s: %d %v", token, status, answer)
		}
	}
	if _, err := emulator.New(t.Context(), emulator.Config{Ephemeral: true, ViewsDir: filepath.Join(dir, "none")}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a directory of views that is not there: %v", err)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]emulator.Config{
		"nowhere to keep chats": {},
		"a bad public address":  {Ephemeral: true, PublicURL: "no address"},
		"a bad stream target":   {Ephemeral: true, StreamTargets: map[string]string{"arn": "file:///etc/passwd"}},
	} {
		if e, err := emulator.New(t.Context(), cfg); err == nil {
			t.Errorf("%s was taken", name)
			_ = e.Close()
		}
	}
}
