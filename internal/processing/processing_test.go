package processing_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/processing"
	"github.com/parley-chat/parley/internal/transcript"
)

// function answers as a test says, for the name "f".
type function func(ctx context.Context, event []byte) ([]byte, error)

func (function) Has(ref, shown string) bool { return ref == "f" || shown == "f" }

func (f function) Invoke(ctx context.Context, _, _ string, event []byte) ([]byte, error) {
	return f(ctx, event)
}

func answers(text string) function {
	return func(context.Context, []byte) ([]byte, error) { return []byte(text), nil }
}

// private is what was said, which no log may have.
const private = "a private text"

func job(name string) chat.Job {
	return chat.Job{
		Processor: chat.Processor{Function: name}, InstanceID: "i",
		Item: transcript.Item{
			ID: "m1", ContactID: "c2", InitialContactID: "c1", Time: time.Date(2026, 11, 30, 1, 2, 3, 4_000_000, time.UTC), ContentType: transcript.TextPlain,
			Content: private, ParticipantID: "p1", DisplayName: "Pat", Role: transcript.Customer,
		},
	}
}

// The event has the documented members, all in lower case, and the call is told of.
func TestEvent(t *testing.T) {
	t.Parallel()
	var got []byte
	var rows []flow.Trace
	j := processing.New(processing.Config{
		Functions: function(func(_ context.Context, event []byte) ([]byte, error) {
			got = event
			return []byte(`{"status":"PROCESSED","result":{"processedChatContent":{"content":"x","contentType":"text/markdown"}}}`), nil
		}),
		Now: time.Now, Traced: func(_ string, _ time.Time, r []flow.Trace) { rows = r },
	})
	out := j.Judge(t.Context(), job("f"))
	if diff := cmp.Diff(chat.Outcome{Verdict: chat.Replaced, ContentType: transcript.TextMarkdown, Content: "x"}, out); diff != "" {
		t.Error(diff)
	}
	const want = `{"version":"1.0","instanceId":"i","associatedResourceArn":"arn:aws:connect:us-east-1:000000000000:instance/i/contact/c2",` +
		`"chatContent":{"absoluteTime":"2026-11-30T01:02:03.004Z","content":"a private text","contentType":"text/plain","id":"m1","participantId":"p1",` +
		`"displayName":"Pat","participantRole":"CUSTOMER","initialContactId":"c1","contactId":"c2"}}`
	if string(got) != want {
		t.Errorf("the event is\n%s\nand not\n%s", got, want)
	}
	if len(rows) != 1 || rows[0].Branch != "PROCESSED" || rows[0].Type != "f" || rows[0].Segment != "c2" || rows[0].Parameters["instanceId"] != "i" || rows[0].External == nil {
		t.Errorf("told was %+v", rows)
	}
}

// What answers mean; what is wrong with one is said in a sentence that names what was expected.
func TestAnswers(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]chat.Outcome{
		`{"status":"APPROVED"}`: {},
		`{"status":"APPROVED","result":{"processedChatContent":{"content":"x","contentType":"text/plain"}}}`: {},
		`{"status":"REJECTED","more":1}`: {Verdict: chat.Rejected},
		`{"status":"PROCESSED","result":{"processedChatContent":{"content":"","contentType":"text/plain"}}}`: {Verdict: chat.Replaced, ContentType: "text/plain"},
		`{"status":"FAILED"}`:              {Verdict: chat.Failed, Why: "the function answers the status FAILED"},
		`{"status":"approved"}`:            {Verdict: chat.Failed, Why: `the function answers the status "approved", which is none of PROCESSED`},
		`{"Status":"APPROVED","Result":1}`: {Verdict: chat.Failed, Why: "it has Result, Status"},
		`{}`:                               {Verdict: chat.Failed, Why: "it has none"},
		`{"status":"PROCESSED"}`:           {Verdict: chat.Failed, Why: "PROCESSED without result.processedChatContent.content"},
		`{"status":"PROCESSED","result":{"processedChatContent":{"Content":"x","contentType":"text/plain"}}}`: {Verdict: chat.Failed, Why: "PROCESSED without"},
		`{"status":7}`:      {Verdict: chat.Failed, Why: `is not {"status": …`},
		`[]`:                {Verdict: chat.Failed, Why: `is not {"status": …`},
		private:             {Verdict: chat.Failed, Why: "its 14 bytes are no JSON"},
		`"` + private + `"`: {Verdict: chat.Failed, Why: "another type"},
		``:                  {Verdict: chat.Failed, Why: `is not {"status": …`},
	} {
		var log bytes.Buffer
		config := processing.Config{Functions: answers(answer), Log: slog.New(slog.NewTextHandler(&log, nil))}
		out := processing.New(config).Judge(t.Context(), job("f"))
		if strings.Contains(log.String(), private) {
			t.Errorf("%s: the log has %s", answer, &log)
		}
		if !strings.Contains(out.Why, want.Why) || (out.Why == "") != (want.Why == "") {
			t.Errorf("%s: %q does not say %q", answer, out.Why, want.Why)
		}
		if out.Why = want.Why; out != want {
			t.Errorf("%s: %+v, want %+v", answer, out, want)
		}
	}
}

// A function has three minutes, is called once, and no log has what was said.
func TestFailures(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		calls := 0
		began := time.Now()
		config := processing.Config{Log: slog.New(slog.NewTextHandler(&log, nil)), Functions: function(func(ctx context.Context, _ []byte) ([]byte, error) {
			calls++
			<-ctx.Done()
			return nil, errors.New("no answer within 3m0s")
		})}
		out := processing.New(config).Judge(t.Context(), job("f"))
		if out.Verdict != chat.Failed || out.Why != "no answer within 3m0s" || calls != 1 || time.Since(began) != 3*time.Minute {
			t.Errorf("%+v after %d calls and %v", out, calls, time.Since(began))
		}
		if out = processing.New(config).Judge(t.Context(), job("g")); out != (chat.Outcome{}) || !strings.Contains(log.String(), "write under functions of parley.yaml") {
			t.Errorf("a function that nobody configured: %+v", out)
		}
		config.Strict = true
		if out = processing.New(config).Judge(t.Context(), job("g")); out.Verdict != chat.Failed {
			t.Errorf("a function that nobody configured, when strict: %+v", out)
		}
		if strings.Contains(log.String(), private) || !strings.Contains(log.String(), "no answer within 3m0s") {
			t.Errorf("the log has %s", &log)
		}
	})
}

// FuzzAnswer: whatever a function answers, a message is delivered, replaced by a text, or not delivered
// with a reason.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{`{"status":"APPROVED"}`, `{"status":"PROCESSED","result":{"processedChatContent":{"content":"x","contentType":"text/plain"}}}`, `{"a":`, `{"status":"\ud800"}`, `null`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, answer []byte) {
		var rows []flow.Trace
		j := processing.New(processing.Config{
			Functions: function(func(context.Context, []byte) ([]byte, error) { return answer, nil }),
			Now:       time.Now, Traced: func(_ string, _ time.Time, r []flow.Trace) { rows = r },
		})
		out := j.Judge(t.Context(), job("f"))
		if (out.Verdict == chat.Failed) != (out.Why != "") || len(out.Why) > 2000 || out.Verdict == chat.Replaced && out.ContentType == "" {
			t.Errorf("%+v", out)
		}
		if _, err := json.Marshal(rows); err != nil || len(rows) != 1 {
			t.Errorf("%d rows: %v", len(rows), err)
		}
	})
}
