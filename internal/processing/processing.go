// Package processing has functions judge the messages of chats: the event they get, what their answers
// mean, and what is told of a call.
//
// Where a function is, and how it is called, is not its business. A [Judge] is safe for concurrent use.
package processing

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/excerpt"
	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/transcript"
)

// Functions are the functions of the configuration.
type Functions interface {
	// Has reports whether a function is configured: by its name or ARN, or by the name that the designer
	// of flows shows for it.
	Has(ref, shown string) bool
	// Invoke has a function handle an event until the context ends, and returns its answer as it came.
	Invoke(ctx context.Context, ref, shown string, event []byte) ([]byte, error)
}

// Config is what a [Judge] needs.
type Config struct {
	// Functions are those that messages pass. Required.
	Functions Functions
	// Region stands in ARNs; empty means us-east-1.
	Region string
	// Strict fails messages for functions that nobody configured, instead of letting them pass.
	Strict bool
	// Now is the time of the chats. Required with Traced, which is told of every call, as of an action of
	// a flow; it must not block. Nil does nothing.
	Now    func() time.Time
	Traced func(contactID string, at time.Time, rows []flow.Trace)
	// Log gets what went wrong, never what was said; nil discards.
	Log *slog.Logger
}

// Judge has functions judge messages.
type Judge struct{ cfg Config }

// New returns a judge.
func New(cfg Config) *Judge {
	if cfg.Region == "" {
		cfg.Region = "us-east-1"
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Judge{cfg}
}

// longest is how long a function may take: the longest timeout that one may have. A shorter one is the
// function's own.
//
// Source: https://docs.aws.amazon.com/connect/latest/adminguide/message-processing.html
const longest = 3 * time.Minute

// event is what a function gets. Its names begin in lower case, unlike those of all other events.
//
// Source: https://docs.aws.amazon.com/connect/latest/adminguide/message-processing.html
type event struct {
	Version    string  `json:"version"`
	InstanceID string  `json:"instanceId"`
	Resource   string  `json:"associatedResourceArn"`
	Content    content `json:"chatContent"`
}

type content struct {
	Time             string          `json:"absoluteTime"`
	Content          string          `json:"content"`
	ContentType      string          `json:"contentType"`
	ID               string          `json:"id"`
	ParticipantID    string          `json:"participantId"`
	DisplayName      string          `json:"displayName"`
	Role             transcript.Role `json:"participantRole"`
	InitialContactID string          `json:"initialContactId"`
	ContactID        string          `json:"contactId"`
}

// timeFormat is how times stand in chats.
const timeFormat = "2006-01-02T15:04:05.000Z"

// Judge implements [chat.ProcessFunc]. A function is called once.
func (j *Judge) Judge(ctx context.Context, job chat.Job) chat.Outcome {
	item := &job.Item
	log := j.cfg.Log.With(slog.String("function", job.Function), slog.String("contact_id", item.InitialContactID))
	if !j.cfg.Functions.Has(job.Function, job.Shown) {
		why := fmt.Sprintf("no function is configured for %q: write under functions of parley.yaml where it is (docs/functions.md)", job.Function)
		if j.cfg.Strict {
			return chat.Outcome{Verdict: chat.Failed, Why: why}
		}
		log.LogAttrs(ctx, slog.LevelWarn, "a message passes unprocessed", slog.String("cause", why))
		return chat.Outcome{}
	}
	sent := event{
		Version: "1.0", InstanceID: job.InstanceID,
		Resource: "arn:aws:connect:" + j.cfg.Region + ":000000000000:instance/" + job.InstanceID + "/contact/" + item.ContactID,
		Content: content{
			item.Time.UTC().Format(timeFormat), item.Content, item.ContentType, item.ID, item.ParticipantID, item.DisplayName, item.Role,
			item.InitialContactID, item.ContactID,
		},
	}
	body, err := json.Marshal(sent)
	if err != nil { // texts are UTF-8
		return chat.Outcome{Verdict: chat.Failed, Why: err.Error()}
	}
	limited, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	answer, err := j.cfg.Functions.Invoke(limited, job.Function, job.Shown, body)
	if ctx.Err() != nil { // the server is being ended: it is called again
		return chat.Outcome{Verdict: chat.Failed, Why: ctx.Err().Error()}
	}
	var out chat.Outcome
	status := failed
	if err == nil {
		out, status, err = read(answer)
	}
	if err != nil {
		out = chat.Outcome{Verdict: chat.Failed, Why: err.Error()}
		log.LogAttrs(ctx, slog.LevelWarn, "a function failed to process a message", slog.String("cause", out.Why), slog.Bool("delivered", job.Deliver))
	}
	j.trace(&job, body, answer, status, out.Why)
	return out
}

// trace tells of a call, as of the block of a flow that calls a function. What the function said of
// itself is told, what was said in the chat stands in the call only.
func (j *Judge) trace(job *chat.Job, event, answer []byte, status, why string) {
	if j.cfg.Traced == nil {
		return
	}
	row := flow.Trace{
		Segment: job.Item.ContactID, Action: "message-processing", Name: "Message processing", Type: job.Function, Branch: status, Result: job.Item.ID,
		Failed: why != "", Note: why,
	}
	_ = json.Unmarshal(event, &row.Parameters) // an object of ours
	if json.Unmarshal(answer, &row.External) != nil && len(answer) > 0 {
		row.External = string(answer)
	}
	j.cfg.Traced(job.Item.InitialContactID, j.cfg.Now(), []flow.Trace{row})
}

// Statuses of answers.
const (
	processed = "PROCESSED"
	approved  = "APPROVED"
	rejected  = "REJECTED"
	failed    = "FAILED"
)

// read is what an answer means. Errors say what is wrong with it, and what was expected.
func read(answer []byte) (chat.Outcome, string, error) {
	var a struct {
		Status string `json:"status"`
		Result struct {
			Content *struct {
				Content     *string `json:"content"`
				ContentType string  `json:"contentType"`
			} `json:"processedChatContent"`
		} `json:"result"`
	}
	if json.Unmarshal(answer, &a) != nil {
		found := "it has a member of another type"
		switch {
		case len(bytes.TrimSpace(answer)) == 0:
			found = "it is empty"
		case !jsontext.Value(answer).IsValid(): // and may be the message itself, which no log may have
			found = fmt.Sprintf("its %d bytes are no JSON", len(answer))
		}
		return chat.Outcome{}, failed, fmt.Errorf("the function's answer is not {\"status\": …, \"result\": {\"processedChatContent\": {\"content\": …, \"contentType\": …}}}: %s", found)
	}
	switch a.Status {
	case approved:
		return chat.Outcome{}, a.Status, nil
	case rejected:
		return chat.Outcome{Verdict: chat.Rejected}, a.Status, nil
	case failed:
		return chat.Outcome{}, a.Status, errors.New("the function answers the status FAILED")
	case processed:
		c := a.Result.Content
		if c == nil || c.Content == nil || c.ContentType == "" {
			return chat.Outcome{}, failed, errors.New("the function answers PROCESSED without result.processedChatContent.content and contentType")
		}
		return chat.Outcome{Verdict: chat.Replaced, Content: *c.Content, ContentType: c.ContentType}, a.Status, nil
	case "":
		return chat.Outcome{}, failed, fmt.Errorf("the function's answer has no status: names are in lower case, as in {\"status\": \"APPROVED\"}; it has %s", members(answer))
	}
	return chat.Outcome{}, failed, fmt.Errorf("the function answers the status %q, which is none of PROCESSED, APPROVED, REJECTED, FAILED", excerpt.Of(a.Status, quoted))
}

const quoted = 100

// members are the names of the members of an object, in a sentence.
func members(answer []byte) string {
	var object map[string]jsontext.Value
	if json.Unmarshal(answer, &object) != nil || len(object) == 0 {
		return "none"
	}
	return excerpt.Of(strings.Join(slices.Sorted(maps.Keys(object)), ", "), quoted)
}
