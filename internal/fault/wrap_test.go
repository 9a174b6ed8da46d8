package fault_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/participant"
	"github.com/parley-chat/parley/internal/store"
	"github.com/parley-chat/parley/internal/transcript"
)

// newRules returns rules over real chats.
func newRules(tb testing.TB, cfg fault.Config) (*fault.Rules, *chat.Service) {
	tb.Helper()
	kept, err := store.Open(context.Background(), store.Config{Ephemeral: true})
	if err != nil {
		tb.Fatal(err)
	}
	chats, err := chat.Open(context.Background(), chat.Config{Store: kept})
	if err == nil {
		err = chats.Begin(context.Background())
	}
	if err != nil {
		tb.Fatal(err)
	}
	cfg.Chats = chats
	rules, err := fault.New(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		rules.Close()
		chats.Close()
		if err := kept.Close(); err != nil {
			tb.Error(err)
		}
	})
	return rules, chats
}

// echo answers with everything it was sent.
func echo(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	w.Header().Set("X-Echo", r.Method+" "+r.URL.String()+" "+r.Header.Get("X-Amz-Bearer"))
	w.WriteHeader(200 + len(body)%7)
	_, _ = fmt.Fprintf(w, "%d %q", r.ContentLength, body)
}

// Without a rule the very same request and writer are handed on; with rules about something
// else the answer is the same.
func TestNothingIsChanged(t *testing.T) {
	t.Parallel()
	rules, _ := newRules(t, fault.Config{})
	random := rand.New(rand.NewPCG(5, 6))
	paths := []string{"/startChatContact", "/", "/api/faults", "/participant//message", "/contact/unheard-of"}
	for _, known := range participant.Actions() {
		paths = append(paths, known.Path)
	}
	action := func() string { return fault.Actions()[random.IntN(len(fault.Actions()))] }
	methods := []string{"GET", "POST", "PUT", "DELETE", "post", "OPTIONS", "HEAD"}
	request := func(seed uint64) *http.Request {
		random := rand.New(rand.NewPCG(seed, 7))
		body := make([]byte, random.IntN(3000))
		for i := range body {
			body[i] = byte(random.Uint32())
		}
		if random.IntN(2) == 0 {
			body = []byte(`{"ContactId":"of somebody","InitialContactId":7,"x":"` + strings.Repeat("y", random.IntN(400_000)) + `"}`)
		}
		r := httptest.NewRequest(methods[random.IntN(len(methods))], paths[random.IntN(len(paths))]+"?a=b%20c", bytes.NewReader(body))
		if random.IntN(2) == 0 {
			r.Header.Set("X-Amz-Bearer", "no token")
		}
		return r
	}
	for range 300 {
		seed := random.Uint64()
		recorder, sent := httptest.NewRecorder(), request(seed)
		rules.Wrap(action(), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r != sent || w != http.ResponseWriter(recorder) {
				t.Fatal("another request or writer was handed on")
			}
		})).ServeHTTP(recorder, sent)
	}
	for _, rule := range []fault.Rule{
		{ContactID: "of nobody", Effect: fault.Effect{Type: fault.Status}},
		{ContactID: "of nobody", Effect: fault.Effect{Type: fault.Drop}},
		{Effect: fault.Effect{Type: fault.HalfOpen}},
	} {
		if _, err := rules.Add(rule); err != nil {
			t.Fatal(err)
		}
	}
	for range 300 {
		seed := random.Uint64()
		want, got := httptest.NewRecorder(), httptest.NewRecorder()
		echo(want, request(seed))
		rules.Wrap(action(), http.HandlerFunc(echo)).ServeHTTP(got, request(seed))
		if want.Code != got.Code || !bytes.Equal(want.Body.Bytes(), got.Body.Bytes()) || fmt.Sprint(want.Header()) != fmt.Sprint(got.Header()) {
			t.Fatalf("%s %s: %d instead of %d", request(seed).Method, request(seed).URL, got.Code, want.Code)
		}
	}
}

// A rule about one contact of a chat is about the chat, by whichever of its contacts a call names it.
func TestRuleOfATransferredChat(t *testing.T) {
	t.Parallel()
	rules, chats := newRules(t, fault.Config{})
	started, err := chats.Start(t.Context(), chat.StartRequest{DisplayName: "Pat", ContentTypes: []string{"text/plain"}})
	if err != nil {
		t.Fatal(err)
	}
	ann, err := chats.Join(t.Context(), started.ContactID, transcript.Agent, "Ann")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := chats.Transfer(t.Context(), started.ContactID, ann.ParticipantID, chat.Transfer{Agent: "Bob"}); err != nil {
		t.Fatal(err)
	}
	contact, err := chats.Contact(t.Context(), started.ContactID)
	if err != nil {
		t.Fatal(err)
	}
	second := contact.Current()
	if _, err := rules.Add(fault.Rule{Action: "StopContact", ContactID: second, Effect: fault.Effect{Type: fault.Status}}); err != nil {
		t.Fatal(err)
	}
	const arns = "arn:aws:connect:us-east-1:000000000000:instance/i-1/contact/"
	for id, struck := range map[string]bool{
		started.ContactID: true, second: true, arns + second: true, arns + started.ContactID: true, "another": false, arns + "another": false,
	} {
		recorder := httptest.NewRecorder()
		rules.Wrap("StopContact", http.HandlerFunc(echo)).ServeHTTP(recorder, httptest.NewRequest("POST", "/contact/stop", strings.NewReader(`{"ContactId":"`+id+`"}`)))
		if (recorder.Code >= 500) != struck {
			t.Errorf("%s got %d", id, recorder.Code)
		}
	}
}

func TestCallWithinTheProgram(t *testing.T) {
	t.Parallel()
	rules, _ := newRules(t, fault.Config{})
	calls := 0
	call := func(rule fault.Rule) (int, error) {
		rule.Action, rule.Times, calls = "StartChatContact", 1, 0
		if _, err := rules.Add(rule); err != nil {
			t.Fatal(err)
		}
		err := rules.Call(t.Context(), "StartChatContact", func() error { calls++; return nil })
		return calls, err
	}
	if n, err := call(fault.Rule{Effect: fault.Effect{Type: fault.Drop}}); n != 1 || !errors.Is(err, fault.ErrDropped) {
		t.Errorf("a lost answer: %d %v", n, err)
	}
	if n, err := call(fault.Rule{Effect: fault.Effect{Type: fault.Drop, Before: true}}); n != 0 || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a lost request: %d %v", n, err)
	}
	if n, err := call(fault.Rule{Effect: fault.Effect{Type: fault.Duplicate}}); n != 2 || err != nil {
		t.Errorf("a doubled request: %d %v", n, err)
	}
	n, err := call(fault.Rule{Effect: fault.Effect{Type: fault.Status, Status: 402}})
	if refused, ok := errors.AsType[*awswire.Error](err); n != 0 || !ok || refused.Status != 402 || refused.Name != "ServiceQuotaExceededException" {
		t.Errorf("a refused call: %d %v", n, err)
	}
	if n, err := call(fault.Rule{Effect: fault.Effect{Type: fault.Delay, DelayMs: 1}}); n != 1 || err != nil {
		t.Errorf("a late call: %d %v", n, err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := rules.Add(fault.Rule{Effect: fault.Effect{Type: fault.Delay, DelayMs: 300_000}}); err != nil {
		t.Fatal(err)
	}
	if err := rules.Call(gone, "StartChatContact", func() error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("a call that was given up: %v", err)
	}
}

func TestPresets(t *testing.T) {
	t.Parallel()
	rules, _ := newRules(t, fault.Config{})
	names := map[string]bool{}
	for _, preset := range rules.Presets() {
		names[preset.Name] = true
		applied, err := rules.Apply(preset.Name)
		if err != nil || len(applied) != len(preset.Rules) || preset.Title == "" || preset.Description == "" {
			t.Errorf("%s: %+v %v", preset.Name, applied, err)
			continue
		}
		for i, rule := range applied {
			shown := preset.Rules[i]
			shown.ID, shown.Hits = rule.ID, rule.Hits
			if shown != rule {
				t.Errorf("%s shows %+v and adds %+v", preset.Name, shown, rule)
			}
		}
	}
	for _, want := range []string{
		"deploy", "phone-locked", "region-fault", "quota-reached", "origin-not-approved", "slow-network", "attachment-rejected", "token-expired",
	} {
		if !names[want] {
			t.Errorf("%s is missing", want)
		}
	}
	if _, err := rules.Apply("flood"); err == nil || err.Error() != `preset "flood" is not known` {
		t.Errorf("an unknown preset: %v", err)
	}
}

func TestRulesAreBounded(t *testing.T) {
	t.Parallel()
	changes := 0
	rules, _ := newRules(t, fault.Config{Changed: func() { changes++ }})
	for i := range 101 {
		_, err := rules.Add(fault.Rule{Effect: fault.Effect{Type: fault.Throttle}})
		if (err != nil) != (i == 100) {
			t.Errorf("rule %d: %v", i, err)
		}
	}
	rules.Clear()
	if n := len(rules.List()); n != 0 || changes != 101 {
		t.Errorf("%d rules, %d changes", n, changes)
	}
	if _, err := fault.New(fault.Config{}); err == nil {
		t.Error("rules without chats were made")
	}
}

// Not in parallel, because it counts allocations.
func TestWithoutRulesNothingIsAllocated(t *testing.T) {
	rules, _ := newRules(t, fault.Config{})
	handler := rules.Wrap("SendMessage", http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	recorder, request := httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/participant/message", nil)
	if n := testing.AllocsPerRun(100, func() {
		handler.ServeHTTP(recorder, request)
		if fate := rules.Frame("c", "p", true); fate.Fault != "" || fate.Delays != nil || fate.Drop || rules.Refuses(nil, "c", "p") != nil || rules.RejectsAttachment(request, "c", "p") != "" {
			t.Fatal("something goes wrong")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// What it costs that things could go wrong.
func BenchmarkWrap(b *testing.B) {
	rules, _ := newRules(b, fault.Config{})
	other, _ := newRules(b, fault.Config{})
	if _, err := other.Add(fault.Rule{Action: "GetTranscript", Effect: fault.Effect{Type: fault.Status}}); err != nil {
		b.Fatal(err)
	}
	serve := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	for _, bench := range []struct {
		name    string
		handler http.Handler
	}{
		{"unwrapped", serve},
		{"nil", (*fault.Rules)(nil).Wrap("SendMessage", serve)},
		{"no rule", rules.Wrap("SendMessage", serve)},
		{"a rule about another action", other.Wrap("SendMessage", serve)},
	} {
		b.Run(bench.name, func(b *testing.B) {
			recorder, request := httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/participant/message", nil)
			b.ReportAllocs()
			for b.Loop() {
				bench.handler.ServeHTTP(recorder, request)
			}
		})
	}
	b.Run("frame without rule", func(b *testing.B) {
		for b.Loop() {
			_ = rules.Frame("contact", "participant", true)
		}
	})
}
