package connectserver_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/connectserver"
	"github.com/parley-chat/parley/internal/transcript"
)

// endpoint answers posts with scripted statuses, then 200; it keeps what it was sent and when.
type endpoint struct {
	mu       sync.Mutex
	statuses []int
	bodies   []string
	headers  []http.Header
	times    []time.Time
	hold     chan struct{} // answers wait for it when not nil
}

func (e *endpoint) RoundTrip(r *http.Request) (*http.Response, error) {
	if e.hold != nil {
		select {
		case <-e.hold:
		case <-r.Context().Done():
			return nil, context.Cause(r.Context())
		}
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.bodies, e.headers, e.times = append(e.bodies, string(body)), append(e.headers, r.Header), append(e.times, time.Now())
	status := http.StatusOK
	if len(e.statuses) > 0 {
		status, e.statuses = e.statuses[0], e.statuses[1:]
	}
	if status == 0 {
		return nil, errors.New("connection refused")
	}
	return &http.Response{StatusCode: status, Body: http.NoBody, Request: r, Header: http.Header{}}, nil
}

const arn = "arn:aws:sns:eu-west-2:111122223333:a"

func newPublisher(t *testing.T, e *endpoint, log io.Writer) *connectserver.Publisher {
	t.Helper()
	p, err := connectserver.NewPublisher(connectserver.PublisherConfig{
		Targets: map[string]string{arn: "http://consumer.example/sns"}, Client: &http.Client{Transport: e}, Account: "111122223333",
		Encode: func(item *transcript.Item) ([]byte, error) { return []byte(`{"Id":"` + item.ID + `"}`), nil },
		Log:    slog.New(slog.NewTextHandler(log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func contact(endpoints ...string) chat.Contact {
	c := chat.Contact{ID: "c", InstanceID: "i"}
	for _, e := range endpoints {
		c.Streaming = append(c.Streaming, chat.Stream{Endpoint: e})
	}
	return c
}

func item(id string) transcript.Item {
	return transcript.Item{
		ID: id, Type: transcript.MessageItem, ContentType: "text/plain", ContactID: "c", InitialContactID: "c0", Role: transcript.Customer,
		Time: time.Date(2026, 11, 22, 6, 31, 36, 122_000_000, time.UTC),
	}
}

// The form of a message, as Amazon SNS would post it.
func TestPublishedMessage(t *testing.T) {
	t.Parallel()
	e := &endpoint{}
	p := newPublisher(t, e, io.Discard)
	p.Publish(contact(arn), item("1"))
	ended := item("2")
	ended.Type, ended.ContentType, ended.Role = transcript.EventItem, transcript.ChatEnded, ""
	p.Publish(contact(arn), ended)
	whispered, of := item("3"), contact(arn)
	whispered.Only, of.Participants = "p", []chat.Participant{{ID: "p", Role: transcript.Agent}}
	p.Publish(of, whispered)
	if err := p.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(e.bodies) != 3 || !strings.Contains(e.bodies[2], `"MessageVisibility":{"Type":"String","Value":"AGENT"}`) {
		t.Fatalf("%d posts, want 3: %s", len(e.bodies), e.bodies)
	}
	id := e.headers[0].Get("x-amz-sns-message-id")
	var got, want any
	if err := json.Unmarshal([]byte(strings.Replace(e.bodies[0], id, "ID", 1)), &got); err != nil {
		t.Fatal(err)
	}
	const golden = `{"Type":"Notification","MessageId":"ID","TopicArn":"` + arn + `","Message":"{\"Id\":\"1\"}","Timestamp":"2026-11-22T06:31:36.122Z",
		"MessageAttributes":{"InitialContactId":{"Type":"String","Value":"c0"},"ContactId":{"Type":"String","Value":"c"},
		"ParticipantRole":{"Type":"String","Value":"CUSTOMER"},"InstanceId":{"Type":"String","Value":"i"},"AccountId":{"Type":"String","Value":"111122223333"},
		"Type":{"Type":"String","Value":"MESSAGE"},"ContentType":{"Type":"String","Value":"text/plain"},"MessageVisibility":{"Type":"String","Value":"ALL"}}}`
	if err := json.Unmarshal([]byte(golden), &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("message (-want +got):\n%s", diff)
	}
	if h := e.headers[0]; h.Get("x-amz-sns-message-type") != "Notification" || h.Get("x-amz-sns-topic-arn") != arn || len(id) != 36 {
		t.Errorf("headers %v", h)
	}
	if strings.Contains(e.bodies[1], "ParticipantRole") {
		t.Error("an event of the chat itself has an attribute without a value")
	}
}

// Failures that may pass are tried again, in order; others and lasting ones lose the message.
func TestPublishRetries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{statuses: []int{500, 0, 200, 400, 429, 503, 500, 500}}
		var log bytes.Buffer
		p := newPublisher(t, e, &log)
		began := time.Now()
		for _, id := range []string{"1", "2", "3", "4"} {
			p.Publish(contact(arn), item(id))
		}
		if err := p.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		var order []string
		for i, body := range e.bodies {
			_, rest, _ := strings.Cut(body, `{\"Id\":\"`)
			order = append(order, fmt.Sprintf("%s@%v", rest[:1], e.times[i].Sub(began)))
		}
		want := []string{"1@0s", "1@250ms", "1@750ms", "2@750ms", "3@750ms", "3@1s", "3@1.5s", "3@2.5s", "4@2.5s"}
		if diff := cmp.Diff(want, order); diff != "" {
			t.Errorf("attempts (-want +got):\n%s", diff)
		}
		if n := strings.Count(log.String(), "streamed item lost"); n != 2 {
			t.Errorf("%d losses were logged, want 2:\n%s", n, &log)
		}
	})
}

// A target that does not answer loses messages; nobody waits for it but Close, and that as
// long as it may.
func TestPublishNeverBlocks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{hold: make(chan struct{})}
		var log bytes.Buffer
		p := newPublisher(t, e, &log)
		for i := range 2000 {
			p.Publish(contact(arn), item(fmt.Sprint(i)))
		}
		if n := strings.Count(log.String(), "too slow"); n < 900 {
			t.Errorf("%d messages were lost, want all that do not fit", n)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		if err := p.Close(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Second {
			t.Errorf("closing took %v: %v", time.Since(began), err)
		}
		p.Publish(contact(arn), item("late")) // does nothing
	})
}

// An endpoint without an address is the log.
func TestPublishToTheLog(t *testing.T) {
	t.Parallel()
	e := &endpoint{}
	var log bytes.Buffer
	p := newPublisher(t, e, &log)
	p.Publish(contact("arn:unknown", arn), item("1"))
	if err := p.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), "arn:unknown") || len(e.bodies) != 1 {
		t.Errorf("%d posts and this log:\n%s", len(e.bodies), &log)
	}
}

// A whole chat that is streamed arrives whole and in order, from the start of the stream to
// the end of the chat.
func TestStreamedChat(t *testing.T) {
	t.Parallel()
	e := &endpoint{}
	p, err := connectserver.NewPublisher(connectserver.PublisherConfig{
		Targets: map[string]string{arn: "http://consumer.example/"}, Client: &http.Client{Transport: e},
		Encode: func(item *transcript.Item) ([]byte, error) { return []byte(item.ContentType + " " + item.Content), nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	s := newStage(t, nil, p.Publish)
	started, err := s.api.StartChatContact(t.Context(), []byte(minimal))
	if err != nil {
		t.Fatal(err)
	}
	s.call("POST", "/contact/start-streaming", `{"InstanceId":"i","ContactId":"`+started.ContactID+
		`","ChatStreamingConfiguration":{"StreamingEndpointArn":"`+arn+`"},"ClientToken":"t"}`)
	for i := range 3 {
		if _, err := s.chats.Say(t.Context(), started.ContactID, started.ParticipantID, transcript.Message{ContentType: "text/plain", Content: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
	s.call("POST", "/contact/stop", `{"InstanceId":"i","ContactId":"`+started.ContactID+`"}`)
	if err := p.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, body := range e.bodies {
		var n struct{ Message string }
		if err := json.Unmarshal([]byte(body), &n); err != nil {
			t.Fatal(err)
		}
		got = append(got, n.Message)
	}
	want := []string{"text/plain 0", "text/plain 1", "text/plain 2", transcript.ChatEnded + " "}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
}

func TestPublisherNeedsAnEncoder(t *testing.T) {
	t.Parallel()
	if _, err := connectserver.NewPublisher(connectserver.PublisherConfig{}); err == nil {
		t.Error("a publisher that cannot encode was made")
	}
}

// The log of a topic without a target says which items it has, at no level what they say.
func TestStreamedTextIsNotLogged(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	p, err := connectserver.NewPublisher(connectserver.PublisherConfig{
		Encode: func(*transcript.Item) ([]byte, error) { return []byte(`{"Content":"zanzibar"}`), nil },
		Log:    slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		t.Fatal(err)
	}
	p.Publish(contact(arn), item("1"))
	if err := p.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := log.String(); !strings.Contains(got, "streamed item") || strings.Contains(got, "zanzibar") {
		t.Error(got)
	}
}
