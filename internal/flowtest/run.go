// Package flowtest runs contact flows without a server: in memory, in a time of its own, with a
// customer who says what a script says or what chance says.
//
// What runs is what a server runs: the chats of package chat, and package flowrun on them. Hours of
// waiting take no time.
package flowtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/clock"
	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowrun"
	"github.com/parley-chat/parley/internal/store"
	"github.com/parley-chat/parley/internal/transcript"
)

// Script is what a customer does.
type Script struct {
	// Flow is the flow of the chat, as a page would name it.
	Flow string
	// Name is the customer's; Attributes are the contact attributes the chat is started with.
	Name       string
	Attributes map[string]string
	// Says are the texts the customer says, one whenever the flow waits for the customer.
	Says []string
	// Random lets chance say something instead; Seed makes it repeatable.
	Random bool
	Seed   uint64
	// Turns is after how many of them the customer leaves; zero means 200.
	Turns int
}

// Outcome says how a run ended.
type Outcome string

// Outcomes of a run.
const (
	// Ended is the end of the contact by the flow.
	Ended Outcome = "ended"
	// Queued is a contact that waits for an agent, with no flow that would go on.
	Queued Outcome = "queued"
	// Stuck is a flow that waits for more than the customer says; the customer has left.
	Stuck Outcome = "stuck"
	// Unrun is a chat that no flow runs for.
	Unrun Outcome = "no flow"
)

// Line is something that was said or that happened.
type Line struct {
	Time        time.Time `json:"time"`
	From        string    `json:"from,omitempty"`
	ContentType string    `json:"contentType"`
	Text        string    `json:"text,omitempty"`
}

// Pass is an action that ran.
type Pass struct {
	Time time.Time `json:"time"`
	flow.Trace
}

// Result is a finished run.
type Result struct {
	Outcome Outcome `json:"outcome"`
	// Queue is where the contact waits; empty for nowhere.
	Queue string `json:"queue,omitempty"`
	// Stands is the action at which a stuck flow waited.
	Stands string `json:"stands,omitempty"`
	// Transcript is what was said, Way the actions that ran, Notes what there is to say about them.
	Transcript []Line   `json:"transcript"`
	Way        []Pass   `json:"way"`
	Notes      []string `json:"notes,omitempty"`
	// Attributes are the contact attributes at the end.
	Attributes map[string]string `json:"attributes,omitempty"`
}

// world is the service that a run takes place in.
type world struct {
	chats  *chat.Service
	clock  *clock.Clock
	runner *flowrun.Runner
	store  *store.Store

	mu     sync.Mutex
	way    []Pass
	notes  []string
	failed []error
}

// Run runs one chat. Errors are failures of the machine; what a flow does is in the result.
func Run(ctx context.Context, library *flowrun.Library, script Script) (result Result, err error) {
	w := &world{clock: &clock.Clock{}}
	defer func() { err = errors.Join(err, w.close()) }()
	if err := w.open(ctx, library); err != nil {
		return Result{}, err
	}
	v := &visit{world: w, script: script, chance: rand.New(rand.NewPCG(script.Seed, 0))} //nolint:gosec // to be repeatable
	if err := v.begin(ctx); err != nil {
		return Result{}, err
	}
	if err := v.converse(ctx); err != nil {
		return Result{}, err
	}
	if err := v.read(ctx); err != nil {
		return Result{}, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	v.result.Way, v.result.Notes = w.way, w.notes
	return v.result, errors.Join(w.failed...)
}

func (w *world) open(ctx context.Context, library *flowrun.Library) (err error) {
	if w.store, err = store.Open(ctx, store.Config{Ephemeral: true, Now: w.clock.Now}); err != nil {
		return fmt.Errorf("opening a store in memory: %w", err)
	}
	failed := func(_ string, err error) {
		w.mu.Lock()
		w.failed = append(w.failed, err)
		w.mu.Unlock()
	}
	w.chats, err = chat.Open(ctx, chat.Config{Store: w.store, Clock: w.clock, Limits: chat.DefaultLimits(), Failed: failed})
	if err != nil {
		return fmt.Errorf("opening the chats: %w", err)
	}
	w.runner, err = flowrun.New(flowrun.Config{
		Chats: w.chats, Library: library, Region: "us-east-1",
		InstanceARN: "arn:aws:connect:us-east-1:000000000000:instance/local",
		Traced: func(_ string, at time.Time, rows []flow.Trace) {
			w.mu.Lock()
			for _, row := range rows {
				w.way = append(w.way, Pass{at, row})
			}
			w.mu.Unlock()
		},
		Told: func(_ string, _ time.Time, what string) {
			w.mu.Lock()
			w.notes = append(w.notes, what)
			w.mu.Unlock()
		},
		Failed: failed,
	})
	if err != nil {
		return err
	}
	return w.chats.Begin(ctx)
}

func (w *world) close() error {
	if w.runner != nil {
		w.runner.Close()
	}
	if w.chats != nil {
		w.chats.Close()
	}
	if w.store == nil {
		return nil
	}
	if err := w.store.Close(); err != nil {
		return fmt.Errorf("closing the store: %w", err)
	}
	return nil
}

// visit is one customer's chat.
type visit struct {
	*world
	script Script
	chance *rand.Rand
	chat   chat.Started
	result Result
}

// deaf is the socket of a customer who reads the transcript afterwards.
type deaf struct{}

func (deaf) Deliver(*transcript.Item) {}
func (deaf) End()                     {}

// begin starts the chat and connects the customer.
func (v *visit) begin(ctx context.Context) (err error) {
	name := v.script.Name
	if name == "" {
		name = "Customer"
	}
	v.chat, err = v.chats.Start(ctx, chat.StartRequest{
		InstanceID: "local", FlowID: v.script.Flow, DisplayName: name, Attributes: v.script.Attributes,
		ContentTypes: []string{transcript.TextPlain, transcript.TextMarkdown, transcript.ApplicationJSON, transcript.Interactive, transcript.InteractiveResponse},
	})
	if err != nil {
		return fmt.Errorf("starting a chat: %w", err)
	}
	connection, err := v.chats.Connect(ctx, v.chat.Token, false)
	if err != nil {
		return fmt.Errorf("connecting the customer: %w", err)
	}
	socket, err := v.chats.OpenSocket(connection.Ticket, deaf{})
	if err != nil {
		return fmt.Errorf("connecting the customer: %w", err)
	}
	if err := socket.Subscribe(ctx); err != nil {
		return fmt.Errorf("connecting the customer: %w", err)
	}
	return nil
}

// usualTurns is after how many turns a customer leaves whose script does not say.
const usualTurns = 200

// converse goes through the chat until it is over, or nothing more comes.
func (v *visit) converse(ctx context.Context) error {
	turns := v.script.Turns
	if turns == 0 {
		turns = usualTurns
	}
	for turn := 0; ; turn++ {
		standing, err := v.runner.Await(ctx, v.chat.ContactID)
		if err != nil {
			return err
		}
		contact, err := v.chats.Contact(ctx, v.chat.ContactID)
		if err != nil {
			return err
		}
		v.result.Attributes = contact.Attributes
		switch {
		case contact.HasEnded():
			v.result.Outcome = Ended
			return nil
		case contact.Flow == nil:
			v.result.Outcome = Unrun
			return v.leave(ctx)
		case standing.Action == "":
			v.result.Outcome, v.result.Queue = Queued, standing.Queue
			return v.leave(ctx)
		case turn == turns || !v.turn(ctx, standing):
			v.result.Outcome, v.result.Stands = Stuck, standing.Action
			if standing.Queue != "" { // a queue flow goes on until an agent comes
				v.result.Outcome, v.result.Queue = Queued, standing.Queue
			}
			return v.leave(ctx)
		}
	}
}

// turn lets the customer say something, or time pass; false when neither leads anywhere.
func (v *visit) turn(ctx context.Context, standing flowrun.Standing) bool {
	listens := standing.Type != "Wait" || slices.Contains(standing.Answers, "CustomerReturned")
	if v.script.Random {
		if listens && (standing.Due.IsZero() || v.chance.IntN(4) > 0) {
			return v.say(ctx, standing, v.anything(standing))
		}
		return v.pass(standing)
	}
	if listens && len(v.script.Says) > 0 {
		text := v.script.Says[0]
		v.script.Says = v.script.Says[1:]
		return v.say(ctx, standing, text)
	}
	if standing.Queue != "" && len(v.script.Says) == 0 {
		return false
	}
	return v.pass(standing)
}

// anything is what chance says: mostly something the flow has a branch for.
func (v *visit) anything(standing flowrun.Standing) string {
	if n := len(standing.Answers); n > 0 && v.chance.IntN(8) > 0 {
		return standing.Answers[v.chance.IntN(n)]
	}
	words := []string{"hello", "1", "yes", "no", "I want to talk to somebody", "?"}
	return words[v.chance.IntN(len(words))]
}

// say says a text. To a view it is the action that the customer takes.
func (v *visit) say(ctx context.Context, standing flowrun.Standing, text string) bool {
	m := transcript.Message{ContentType: transcript.TextPlain, Content: text}
	if standing.Type == "ShowView" {
		m.ContentType, m.Content = transcript.InteractiveResponse, viewResponse(text)
	}
	_, err := v.chats.Say(ctx, v.chat.ContactID, v.chat.ParticipantID, m)
	return err == nil
}

// viewResponse is a text as the answer to a view: the JSON of one, or the name of its action.
func viewResponse(text string) string {
	if json.Valid([]byte(text)) && text[0] == '{' {
		return text
	}
	data, err := json.Marshal(map[string]any{"templateType": "ViewResource", "version": "1.0", "action": text, "data": map[string]any{}})
	if err != nil {
		return "{}"
	}
	return string(data)
}

// pass lets time pass until the flow goes on by itself.
func (v *visit) pass(standing flowrun.Standing) bool {
	if standing.Due.IsZero() {
		return false
	}
	v.runner.Expect(v.chat.ContactID)
	v.clock.Skip(standing.Due.Sub(v.clock.Now()) + time.Millisecond)
	return true
}

// leave lets the customer leave, if the chat still goes on.
func (v *visit) leave(ctx context.Context) error {
	err := v.chats.Leave(ctx, v.chat.ContactID, v.chat.ParticipantID)
	if errors.Is(err, chat.ErrNotFound) {
		return nil
	}
	return err
}

// read reads the transcript.
func (v *visit) read(ctx context.Context) error {
	for token := ""; ; {
		q := chat.TranscriptQuery{MaxResults: 100, NextToken: token}
		page, err := v.chats.Transcript(ctx, v.chat.ContactID, q)
		if err != nil {
			return fmt.Errorf("reading the transcript: %w", err)
		}
		var lines []Line
		for i := range page.Items {
			item := &page.Items[i]
			line := Line{Time: item.Time, From: item.DisplayName, ContentType: item.ContentType}
			if item.HasContent {
				line.Text = item.Content
			}
			lines = append(lines, line)
		}
		v.result.Transcript = append(lines, v.result.Transcript...)
		if token = page.NextToken; token == "" {
			return nil
		}
	}
}
