package emulator_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/lxzan/gws"

	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/connectserver"
	"github.com/parley-chat/parley/internal/desk"
	"github.com/parley-chat/parley/internal/emulator"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/guard"
	"github.com/parley-chat/parley/internal/participant"
	"github.com/parley-chat/parley/internal/transcript"
)

// faulty is a world in which things can go wrong.
func faulty(t *testing.T, cfg fault.Config) *world {
	t.Helper()
	return newWorld(t, emulator.Config{Ephemeral: true, Partner: true, PartnerPause: -1, Faults: &cfg})
}

// wrong puts a rule in force until the end of the test, or until it is called.
func (w *world) wrong(rule fault.Rule) (id string) {
	w.t.Helper()
	added, err := w.emulator.Faults().Add(rule)
	if err != nil {
		w.t.Fatal(err)
	}
	return added.ID
}

// A fault lets a transfer fail that could be made; the frame names no participant.
func TestRowA7FaultOfATransfer(t *testing.T) {
	t.Parallel()
	w := faulty(t, fault.Config{})
	pat := w.open("")
	pat.await("Hello")
	if _, err := w.emulator.Desk().Add(desk.AgentConfig{Name: "Ann"}); err != nil {
		t.Fatal(err)
	}
	w.wrong(fault.Rule{Times: 1, Effect: fault.Effect{Type: fault.FailTransfer}})
	to := desk.Target{Agent: "Ann"}
	if err := w.emulator.Desk().Transfer(t.Context(), "Parley", pat.id, to); !errors.Is(err, desk.ErrTransfer) {
		t.Errorf("with the fault: %v", err)
	}
	failed := pat.await("transfer.failed")
	for _, member := range []string{"ParticipantId", "DisplayName", "ParticipantRole", "Content"} {
		if _, there := failed[member]; there {
			t.Errorf("%s in %v", member, failed)
		}
	}
	if answer := w.must(http.MethodPost, "/participant/transcript", pat.bearer, `{}`); !strings.Contains(fmt.Sprint(answer), "transfer.failed") {
		t.Errorf("the transcript: %v", answer)
	}
	if err := w.emulator.Desk().Transfer(t.Context(), "Parley", pat.id, to); err != nil {
		t.Error(err)
	}
	pat.await("transfer.succeeded")
}

// try makes a call that may get no answer.
func (w *world) try(method, path, bearer, body string) (*http.Response, []byte, error) {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.t.Context(), method, w.server.URL+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	request.Header.Set("X-Amz-Bearer", bearer)
	answer, err := w.server.Client().Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	raw, err := io.ReadAll(answer.Body)
	return answer, raw, err
}

// refused checks that a call is answered an error in AWS's shape.
func (w *world) refused(method, path, bearer, body string, status int, name string) {
	w.t.Helper()
	answer, raw, err := w.try(method, path, bearer, body)
	if err != nil {
		w.t.Fatal(err)
	}
	got := awswire.ParseError(answer.StatusCode, answer.Header, raw)
	if got.Status != status || got.Name != name || got.Message == "" || uuid.Validate(got.RequestID) != nil ||
		answer.Header.Get("x-amzn-ErrorType") != name || answer.Header.Get("Content-Type") != "application/json" ||
		!bytes.Contains(raw, []byte(`"__type":"`+name+`"`)) {
		w.t.Errorf("%s %s: %d %v %s, want %d %s", method, path, answer.StatusCode, answer.Header, raw, status, name)
	}
}

// unanswered checks that the connection of a call ends without an answer.
func (w *world) unanswered(method, path, bearer, body string) {
	w.t.Helper()
	if answer, raw, err := w.try(method, path, bearer, body); err == nil {
		w.t.Errorf("%s %s was answered %d %s", method, path, answer.StatusCode, raw)
	}
}

const connectBody = `{"Type":["WEBSOCKET","CONNECTION_CREDENTIALS"]}`

func message(content string) string {
	return `{"ContentType":"text/plain","Content":"` + content + `"}`
}

func TestFaultRefusesCalls(t *testing.T) {
	t.Parallel()
	w := faulty(t, fault.Config{})
	pat := w.open("")
	pat.await("Hello")
	stop := `{"InstanceId":"` + emulator.DefaultInstanceID + `","ContactId":"` + pat.id + `"}`
	for name, c := range map[string]struct {
		rule               fault.Rule
		method, path, body string
		status             int
		exception          string
	}{
		"message":     {rule: fault.Rule{Action: "SendMessage", Effect: fault.Effect{Type: fault.Status}}, path: "/participant/message", body: message("x"), status: 500, exception: "InternalServerException"},
		"own name":    {rule: fault.Rule{Action: "SendEvent", Effect: fault.Effect{Type: fault.Status, Status: 409, Error: "OddException"}}, path: "/participant/event", status: 409, exception: "OddException"},
		"throttled":   {rule: fault.Rule{Action: "GetTranscript", Effect: fault.Effect{Type: fault.Throttle}}, path: "/participant/transcript", status: 429, exception: "ThrottlingException"},
		"connect api": {rule: fault.Rule{Action: "StopContact", Effect: fault.Effect{Type: fault.Status}}, path: "/contact/stop", body: stop, status: 500, exception: "InternalServiceException"},
		"start":       {rule: fault.Rule{Action: "StartChatContact", Effect: fault.Effect{Type: fault.Throttle}}, method: http.MethodPut, path: "/contact/chat", body: `{}`, status: 429, exception: "TooManyRequestsException"},
		"everything":  {rule: fault.Rule{Effect: fault.Effect{Type: fault.Status, Status: 503}}, path: "/participant/disconnect", status: 503, exception: "ServiceUnavailableException"},
	} {
		if c.method == "" {
			c.method = http.MethodPost
		}
		id := w.wrong(c.rule)
		w.refused(c.method, c.path, pat.bearer, c.body, c.status, c.exception)
		if list := w.emulator.Faults().List(); len(list) != 1 || list[0].Hits != 1 || list[0].ID != id {
			t.Errorf("%s: %+v", name, list)
		}
		if !w.emulator.Faults().Remove(id) || w.emulator.Faults().Remove(id) {
			t.Errorf("%s: the rule was not taken back once", name)
		}
	}
	pat.say("still here")
	pat.await("You said: still here")
}

// At the front door the page is answered as ever when AWS refuses.
func TestFaultAtTheFrontDoor(t *testing.T) {
	t.Parallel()
	w := faulty(t, fault.Config{})
	if _, err := w.emulator.Faults().Apply("quota-reached"); err != nil {
		t.Fatal(err)
	}
	status, answer := w.call(http.MethodPost, "/startChatContact", "", "")
	if status != 429 || answer["code"] != "LimitExceededException" || text(answer, "hint") == "" {
		t.Errorf("%d %v", status, answer)
	}
	w.emulator.Faults().Clear()

	w.wrong(fault.Rule{Action: "StartChatContact", Times: 1, Effect: fault.Effect{Type: fault.Drop, Before: true}})
	w.unanswered(http.MethodPost, "/startChatContact", "", "")
	if n := w.emulator.Chats().ActiveContacts(); n != 0 {
		t.Errorf("%d chats after a request that got lost", n)
	}
	w.wrong(fault.Rule{Action: "StartChatContact", Times: 1, Effect: fault.Effect{Type: fault.Drop}})
	w.unanswered(http.MethodPost, "/startChatContact", "", `{"ClientToken":"one"}`)
	w.wrong(fault.Rule{Action: "StartChatContact", Times: 1, Effect: fault.Effect{Type: fault.Duplicate}})
	w.must(http.MethodPost, "/startChatContact", "", `{"ClientToken":"one"}`)
	if n := w.emulator.Chats().ActiveContacts(); n != 1 {
		t.Errorf("%d chats of one client token", n)
	}
	w.wrong(fault.Rule{Action: "StartChatContact", Times: 1, Effect: fault.Effect{Type: fault.Duplicate}})
	w.must(http.MethodPost, "/startChatContact", "", "")
	if n := w.emulator.Chats().ActiveContacts(); n != 3 {
		t.Errorf("%d chats; without a client token each start makes one", n)
	}
	if list := w.emulator.Faults().List(); len(list) != 0 {
		t.Errorf("rules that have struck as often as they may: %+v", list)
	}
}

func TestFaultLosesAndDoubles(t *testing.T) {
	t.Parallel()
	w := faulty(t, fault.Config{})
	pat := w.open("")
	pat.await("Hello")
	w.wrong(fault.Rule{Action: "SendMessage", Times: 1, Effect: fault.Effect{Type: fault.Drop}})
	w.unanswered(http.MethodPost, "/participant/message", pat.bearer, message("carried out"))
	w.wrong(fault.Rule{Action: "SendMessage", Times: 1, Effect: fault.Effect{Type: fault.Drop, Before: true}})
	w.unanswered(http.MethodPost, "/participant/message", pat.bearer, message("lost"))
	w.wrong(fault.Rule{Action: "SendMessage", Times: 2, Effect: fault.Effect{Type: fault.Duplicate}})
	pat.say("twice")
	w.must(http.MethodPost, "/participant/message", pat.bearer, `{"ContentType":"text/plain","Content":"once","ClientToken":"t"}`)
	said := slices.DeleteFunc(pat.transcript(), func(line string) bool { return strings.Contains(line, ": ") || strings.Contains(line, "Hello") })
	if diff := cmp.Diff([]string{"carried out", "twice", "twice", "once"}, said); diff != "" {
		t.Errorf("the transcript (-want +got):\n%s", diff)
	}
}

func TestFaultOfOneContact(t *testing.T) {
	t.Parallel()
	w := faulty(t, fault.Config{})
	pat, kim := w.open(""), w.open("")
	pat.await("Hello")
	kim.await("Hello")
	w.wrong(fault.Rule{ContactID: pat.id, Effect: fault.Effect{Type: fault.Status}})
	w.refused(http.MethodPost, "/participant/message", pat.bearer, message("x"), 500, "InternalServerException")
	kim.say("x")
	described := "/contacts/" + emulator.DefaultInstanceID + "/"
	w.refused(http.MethodGet, described+pat.id, "", "", 500, "InternalServiceException")
	w.must(http.MethodGet, described+kim.id, "", "")
	stop := func(p *page) string {
		return `{"InstanceId":"` + emulator.DefaultInstanceID + `","ContactId":"` + p.id + `"}`
	}
	w.refused(http.MethodPost, "/contact/stop", "", stop(pat), 500, "InternalServiceException")
	w.must(http.MethodPost, "/contact/stop", "", stop(kim))
	w.must(http.MethodPost, "/startChatContact", "", "")
}

func TestFaultDelays(t *testing.T) {
	t.Parallel()
	w := faulty(t, fault.Config{})
	pat := w.open("")
	pat.await("Hello")
	w.wrong(fault.Rule{Action: "SendMessage", Times: 1, Effect: fault.Effect{Type: fault.Delay, DelayMs: 150}})
	began := time.Now()
	pat.say("late")
	if took := time.Since(began); took < 150*time.Millisecond {
		t.Errorf("took %s", took)
	}
	id := w.wrong(fault.Rule{Action: "SendMessage", Effect: fault.Effect{Type: fault.Delay, DelayMs: 300_000}})
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		pat.say("released")
	}()
	w.eventually("the message is held up", func() bool { return w.emulator.Faults().List()[0].Hits == 1 })
	w.emulator.Faults().Remove(id)
	<-answered
	pat.await("You said: released")
}

func TestFaultExpiresTokens(t *testing.T) {
	t.Parallel()
	w := faulty(t, fault.Config{})
	pat, kim := w.open(""), w.open("")
	pat.await("Hello")
	w.wrong(fault.Rule{ContactID: pat.id, Effect: fault.Effect{Type: fault.ExpireTokens}})
	w.refused(http.MethodPost, "/participant/message", pat.bearer, message("x"), 403, "AccessDeniedException")
	kim.say("mine works")
	pat = pat.again()
	pat.say("again")
	w.wrong(fault.Rule{Action: "SendMessage", Times: 1, Effect: fault.Effect{Type: fault.ExpireTokens}})
	w.refused(http.MethodPost, "/participant/message", pat.bearer, message("x"), 403, "AccessDeniedException")
	pat = pat.again()
	pat.say("and again")
	if _, err := w.emulator.Faults().Apply("token-expired"); err != nil {
		t.Fatal(err)
	}
	w.refused(http.MethodPost, "/participant/message", kim.bearer, message("x"), 403, "AccessDeniedException")
	_, err := w.emulator.Faults().Add(fault.Rule{ContactID: uuid.NewString(), Effect: fault.Effect{Type: fault.ExpireTokens}})
	if invalid, ok := errors.AsType[*fault.InvalidError](err); !ok || invalid.Field != "contactId" {
		t.Errorf("tokens of no chat: %v", err)
	}
}

func TestFaultRejectsAttachments(t *testing.T) {
	t.Parallel()
	w := faulty(t, fault.Config{})
	pat := w.open("")
	pat.await("Hello")
	w.wrong(fault.Rule{Times: 1, Effect: fault.Effect{Type: fault.RejectAttachment}})
	for _, outcome := range []string{"was rejected", "I have your attachment"} {
		started := w.must(http.MethodPost, "/participant/start-attachment-upload", pat.bearer,
			`{"AttachmentName":"a.txt","AttachmentSizeInBytes":3,"ContentType":"text/plain","ClientToken":"`+uuid.NewString()+`"}`)
		w.upload(started, "abc")
		w.must(http.MethodPost, "/participant/complete-attachment-upload", pat.bearer,
			`{"AttachmentIds":["`+text(started, "AttachmentId")+`"],"ClientToken":"`+uuid.NewString()+`"}`)
		pat.await(outcome)
	}
}

// again opens another socket, as a page does whose first one may still be there.
func (p *page) again() *page {
	p.w.t.Helper()
	next := &page{w: p.w, id: p.id, start: p.start}
	next.connect(p.w)
	return next
}

// code returns the code a socket was closed with; 0 or 1006 for none.
func (p *page) code() uint16 {
	p.w.t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	select {
	case code := <-p.closed:
		return code
	case <-deadline.C:
		p.w.t.Fatal("the socket stays open")
	}
	return 0
}

// upgrade asks for a socket and returns the status of the answer.
func (w *world) upgrade(p *page) int {
	w.t.Helper()
	answer := w.must(http.MethodPost, "/participant/connection", p.start, connectBody)
	conn, response, err := gws.NewClient(new(gws.BuiltinEventHandler), &gws.ClientOption{
		Addr: text(answer, "Websocket", "Url"), HandshakeTimeout: patience,
	})
	if err == nil {
		_ = conn.NetConn().Close()
		return http.StatusSwitchingProtocols
	}
	if response == nil {
		w.t.Fatal(err)
	}
	return response.StatusCode
}

func TestDeployPreset(t *testing.T) {
	t.Parallel()
	w := faulty(t, fault.Config{})
	pat, kim := w.open(""), w.open("")
	pat.await("Hello")
	kim.await("Hello")
	changes := make(chan struct{}, 100)
	stop := w.emulator.Faults().Watch(func() { changes <- struct{}{} })
	defer stop()
	rules, err := w.emulator.Faults().Apply("deploy")
	if err != nil {
		t.Fatal(err)
	}
	if a, b := pat.code(), kim.code(); a != 1001 || b != 1001 {
		t.Errorf("closed with %d and %d, want 1001", a, b)
	}
	if status := w.upgrade(pat); status != 503 {
		t.Errorf("a new socket meanwhile: %d", status)
	}
	for _, rule := range rules {
		w.emulator.Faults().Remove(rule.ID)
	}
	if len(changes) != 4 {
		t.Errorf("%d changes, want 4", len(changes))
	}
	pat = pat.again()
	pat.say("after")
	pat.await("You said: after")
}

func TestOriginPreset(t *testing.T) {
	t.Parallel()
	w := faulty(t, fault.Config{})
	if _, err := w.emulator.Faults().Apply("origin-not-approved"); err != nil {
		t.Fatal(err)
	}
	started := w.must(http.MethodPost, "/startChatContact", "", "")
	w.refused(http.MethodPost, "/participant/connection", text(started, "ParticipantToken"), connectBody, 403, "AccessDeniedException")
}

func TestRegionPreset(t *testing.T) {
	t.Parallel()
	var injected atomic.Int32
	w := faulty(t, fault.Config{Rand: rand.New(rand.NewPCG(1, 2)), Injected: func(_ context.Context, what fault.Injection) {
		if what.Action != "GetTranscript" || what.ContactID == "" || what.Request == nil {
			t.Errorf("injected %+v", what)
		}
		injected.Add(1)
	}})
	pat := w.open("")
	pat.await("Hello")
	if _, err := w.emulator.Faults().Apply("region-fault"); err != nil {
		t.Fatal(err)
	}
	failed := 0
	for range 200 {
		answer, _, err := w.try(http.MethodPost, "/participant/transcript", pat.bearer, `{}`)
		if err != nil {
			t.Fatal(err)
		}
		if answer.StatusCode == 500 {
			failed++
		}
	}
	if failed < 35 || failed > 85 || int(injected.Load()) != failed || w.emulator.Faults().List()[0].Hits != failed {
		t.Errorf("%d of 200 calls failed, %d were told: %+v", failed, injected.Load(), w.emulator.Faults().List())
	}
}

// Frames are lost and doubled, and a socket ends without a word.
func TestFaultOfFrames(t *testing.T) {
	t.Parallel()
	w := faulty(t, fault.Config{})
	pat := w.open("")
	pat.await("Hello")
	contact, err := w.emulator.Chats().Contact(t.Context(), pat.id)
	if err != nil {
		t.Fatal(err)
	}
	agent := contact.Participants[1].ID
	say := func(content string) { sayAs(t, w, pat.id, agent, content) }
	w.wrong(fault.Rule{Action: "WebSocket", Times: 1, Effect: fault.Effect{Type: fault.Drop}})
	say("lost")
	w.eventually("the frame is lost", func() bool { return len(w.emulator.Faults().List()) == 0 }) // before another rule is met
	w.wrong(fault.Rule{Action: "WebSocket", Times: 1, Effect: fault.Effect{Type: fault.Duplicate}})
	say("doubled")
	say("plain")
	var got []string
	for len(got) == 0 || got[len(got)-1] != "plain" {
		got = append(got, text(pat.await("text/plain"), "Content"))
	}
	if diff := cmp.Diff([]string{"doubled", "doubled", "plain"}, got); diff != "" {
		t.Errorf("frames (-want +got):\n%s", diff)
	}
	w.wrong(fault.Rule{Times: 1, Effect: fault.Effect{Type: fault.CutSocket}})
	if code := pat.code(); code == 1000 || code == 1001 {
		t.Errorf("closed with %d", code)
	}
	pat = pat.again()
	pat.say("back")
	pat.await("You said: back")
}

// With nobody to end them, faults must not hold up the end of the server.
func TestFaultsEndWithTheServer(t *testing.T) {
	t.Parallel()
	w := faulty(t, fault.Config{})
	pat := w.open("")
	pat.await("Hello")
	for _, preset := range w.emulator.Faults().Presets() {
		if preset.Name == "phone-locked" || preset.Name == "slow-network" {
			if _, err := w.emulator.Faults().Apply(preset.Name); err != nil {
				t.Fatal(err)
			}
		}
	}
	began := time.Now()
	w.close()
	if took := time.Since(began); took > 30*time.Second { // of the 50 after which a silent socket is given up
		t.Errorf("took %s", took)
	}
	if code := pat.code(); code != 1001 {
		t.Errorf("closed with %d", code)
	}
	if _, err := w.emulator.Faults().Add(fault.Rule{Effect: fault.Effect{Type: fault.Throttle}}); err == nil {
		t.Error("a rule was taken after the end")
	}
}

func sayAs(t *testing.T, w *world, contactID, participantID, content string) {
	t.Helper()
	_, err := w.emulator.Chats().Say(t.Context(), contactID, participantID, transcript.Message{ContentType: "text/plain", Content: content})
	if err != nil {
		t.Fatal(err)
	}
}

// every returns the method and path of every action, with an id where the path holds one.
func every() map[string][2]string {
	all := map[string][2]string{}
	fill := func(path string) string {
		parts := strings.Split(path, "/")
		for i, part := range parts {
			if strings.HasPrefix(part, "{") {
				parts[i] = "id"
			}
		}
		return strings.Join(parts, "/")
	}
	for _, known := range participant.Actions() {
		all[known.Name] = [2]string{known.Method, fill(known.Path)}
	}
	for _, known := range connectserver.Actions() {
		all[known.Name] = [2]string{known.Method, fill(known.Path)}
	}
	return all
}

// Faults reach every action on the wire but the socket's, which has its own; methods in lower
// case are those of the iOS SDK.
func TestFaultsReachEveryAction(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Config{Ephemeral: true, Faults: &fault.Config{}})
	policy, err := guard.New(guard.Config{AllowHosts: []string{"*"}})
	if err != nil {
		t.Fatal(err)
	}
	handler := policy.Wrap(w.emulator.Handler())
	for action, at := range every() {
		added, err := w.emulator.Faults().Add(fault.Rule{Action: action, Effect: fault.Effect{Type: fault.Status, Status: 418, Error: "TeapotException"}})
		if err != nil {
			t.Fatal(err)
		}
		for _, method := range []string{at[0], strings.ToLower(at[0])} {
			recorder := httptest.NewRecorder()
			handler.ServeHTTP(recorder, httptest.NewRequest(method, at[1], strings.NewReader(`{}`)))
			got := awswire.ParseError(recorder.Code, recorder.Header(), recorder.Body.Bytes())
			if struck := got.Name == "TeapotException" && recorder.Code == 418; struck == (action == "WebSocket") {
				t.Errorf("%s %s %s: %d %s", action, method, at[1], recorder.Code, recorder.Body)
			}
		}
		w.emulator.Faults().Remove(added.ID)
	}
}
