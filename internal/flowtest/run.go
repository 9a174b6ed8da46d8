// Package flowtest runs contact flows without a server: in memory, in a time of its own, with a
// customer who says what a script says or what chance says.
//
// What runs is what a server runs: the chats of package chat, and package flowrun on them. Hours of
// waiting take no time.
package flowtest

import (
	"cmp"
	"context"
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
	"github.com/parley-chat/parley/internal/hours"
	"github.com/parley-chat/parley/internal/store"
	"github.com/parley-chat/parley/internal/transcript"
)

// Script is what a customer does.
type Script struct {
	// Flow is the flow of the chat, as a page would name it.
	Flow string
	// Moment is when the flow that is looked at runs; see [At]. Empty is [AtStart].
	Moment Moment
	// Name is the customer's; Attributes are the contact attributes the chat is started with.
	Name       string
	Attributes map[string]string
	// Says are the texts the customer says, one whenever the flow waits for the customer, and stage
	// directions such as [AgentTakes].
	Says []string
	// Random lets chance say something instead, and decide about agents, sign-ins and queues; Seed
	// makes it repeatable.
	Random bool
	Seed   uint64
	// Outside answers for functions and bots; nil answers for none.
	Outside flowrun.Outside
	// Hours are the hours of operation; nil means that it is always open.
	Hours *hours.Book
	// Turns is after how many of them the customer leaves; zero means 200.
	Turns int

	// Segment are the segment attributes that the chat is started with, as JSON.
	Segment []byte
	// At is when the chat begins, in a time that does not pass unless it is skipped; zero means now.
	// Limit is after how long the customer leaves; zero means never.
	At    time.Time
	Limit time.Duration
	// Witness hears of what the flows do, and Lead says instead of Says and Random what happens whenever
	// the chat waits for somebody or something. Both may be nil.
	Witness flowrun.Witness
	Lead    func(flowrun.Standing) Move
	// Heard is told of everything that the customer's client is shown, as it comes, with the view that an
	// interactive message has, or nil; it must return at once. May be nil.
	Heard func(*transcript.Item, *View)
	// Floor is how the queues are; nil is one agent who is there, and nobody who waits.
	Floor *flowrun.Metrics
}

// InstanceARN is the ARN of the instance in which flows run here, and Region where it is.
const (
	InstanceARN = "arn:aws:connect:us-east-1:000000000000:instance/local"
	Region      = "us-east-1"
)

// Outcome says how a run ended.
type Outcome string

// Outcomes of a run.
const (
	// Ended is the end of the contact by the flow.
	Ended Outcome = "ended"
	// Queued is a contact that waits for an agent, with no flow that would go on.
	Queued Outcome = "queued"
	// Stuck is a flow that waits for more than the customer says.
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
	// Files are the names of attachments.
	Files []string `json:"files,omitempty"`
	// View is the view that the line shows; nil for none.
	View *View `json:"view,omitempty"`
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
	// ContactID is the contact's, Began and Ended its time, Late says that the limit of the script was
	// reached, and Reason why the contact has ended.
	ContactID string      `json:"contactId"`
	Began     time.Time   `json:"began"`
	Ended     time.Time   `json:"ended"`
	Late      bool        `json:"late,omitempty"`
	Reason    chat.Reason `json:"reason,omitempty"`
	// Attributes are the contact attributes at the end.
	Attributes map[string]string `json:"attributes,omitempty"`
}

// world is the service that a run takes place in.
type world struct {
	chats  *chat.Service
	clock  *clock.Clock
	runner *flowrun.Runner
	// beside says that flows go on beside whoever awaits them, as on a server, and are kept as there.
	beside bool

	mu     sync.Mutex
	ran    []ran
	notes  []string
	failed []error
}

// ran are actions that ran at one time.
type ran struct {
	at   time.Time
	rows []flow.Trace
}

// way are the actions that ran.
func (w *world) way() []Pass {
	n := 0
	for i := range w.ran {
		n += len(w.ran[i].rows)
	}
	way := slices.Grow([]Pass(nil), n)
	for i := range w.ran {
		for _, row := range w.ran[i].rows {
			way = append(way, Pass{w.ran[i].at, row})
		}
	}
	return way
}

// Run runs one chat. Errors are failures of the machine; what a flow does is in the result.
func Run(ctx context.Context, library *flowrun.Library, script Script) (Result, error) {
	w := &world{clock: clock.Still(cmp.Or(script.At, time.Now()))}
	defer w.close()
	if err := w.open(ctx, library, &script); err != nil {
		return Result{}, err
	}
	v := &visit{world: w, script: script}
	if script.Random {
		v.chance = rand.New(rand.NewPCG(script.Seed, 0)) //nolint:gosec // to be repeatable
	}
	if err := v.begin(ctx); err != nil {
		return Result{}, err
	}
	if err := v.lead(ctx); err != nil {
		return Result{}, err
	}
	if err := v.converse(ctx); err != nil {
		return Result{}, err
	}
	if err := v.read(ctx); err != nil {
		return Result{}, err
	}
	if v.result.Outcome != Ended { // nobody said that the customer leaves, and so the transcript has nothing of it
		if err := v.leave(ctx); err != nil {
			return Result{}, err
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	v.result.Way, v.result.Notes = w.way(), w.notes
	return v.result, errors.Join(w.failed...)
}

func (w *world) open(ctx context.Context, library *flowrun.Library, script *Script) (err error) {
	failed := func(_ string, err error) {
		w.mu.Lock()
		w.failed = append(w.failed, err)
		w.mu.Unlock()
	}
	w.chats, err = chat.Open(ctx, chat.Config{Store: &store.Memory{}, Clock: w.clock, Limits: chat.DefaultLimits(), Failed: failed})
	if err != nil {
		return fmt.Errorf("opening the chats: %w", err)
	}
	w.runner, err = flowrun.New(flowrun.Config{
		Chats: w.chats, Library: library, Outside: script.Outside, Region: Region, Seed: script.Seed + 1, Witness: script.Witness,
		InstanceARN: InstanceARN, Floor: floorOf(script), Hours: script.Hours, Awaited: !w.beside,
		Traced: func(_ string, at time.Time, rows []flow.Trace) {
			w.mu.Lock()
			w.ran = append(w.ran, ran{at, rows})
			w.mu.Unlock()
		},
		Told: func(_ string, _ time.Time, what string, _ bool) {
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

// floor has one agent who is there and nobody who waits, or what chance says.
type floor struct {
	flowrun.Empty
	mu     sync.Mutex
	chance *rand.Rand       // nil without
	fixed  *flowrun.Metrics // nil for the usual
}

func floorOf(script *Script) *floor {
	f := &floor{fixed: script.Floor}
	if script.Random {
		f.chance = rand.New(rand.NewPCG(script.Seed, 1)) //nolint:gosec // to be repeatable
	}
	return f
}

// Metrics implements [flowrun.Floor].
func (f *floor) Metrics(string, string) flowrun.Metrics {
	if f.fixed != nil {
		return *f.fixed
	}
	if f.chance == nil {
		return flowrun.Metrics{Available: 1, Staffed: 1, Online: 1}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	n := f.chance.IntN(3)
	return flowrun.Metrics{Available: n / 2, Staffed: n, Online: n, Waiting: f.chance.IntN(10), Oldest: time.Duration(f.chance.IntN(10)) * time.Minute}
}

func (w *world) close() {
	if w.runner != nil {
		w.runner.Close()
	}
	if w.chats != nil {
		w.chats.Close()
	}
}

// visit is one customer's chat.
type visit struct {
	*world
	script Script
	chance *rand.Rand // nil without chance
	chat   chat.Started
	result Result
	asked  string            // the last sign-in, as clients are told of it
	shown  *View             // the last view that the customer was shown
	views  map[content]*View // that were read
}

// Deliver hears what the transcript will not have: which sign-in the customer was asked for.
func (v *visit) Deliver(item *transcript.Item) {
	view := v.viewIn(item)
	if v.script.Heard != nil {
		v.script.Heard(item, view)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case view != nil:
		v.shown = view
	case item.ContentType == transcript.AuthInitiated:
		v.asked = item.Content
	}
}

// End is the end of the customer's socket.
func (v *visit) End() {}

// begin starts the chat and connects the customer.
func (v *visit) begin(ctx context.Context) (err error) {
	v.result.Began = v.clock.Now()
	v.chat, err = v.chats.Start(ctx, chat.StartRequest{
		InstanceID: "local", FlowID: v.script.Flow, DisplayName: cmp.Or(v.script.Name, "Customer"), Attributes: v.script.Attributes,
		SegmentAttributes: v.script.Segment,
		ContentTypes:      []string{transcript.TextPlain, transcript.TextMarkdown, transcript.ApplicationJSON, transcript.Interactive, transcript.InteractiveResponse},
	})
	if err != nil {
		return fmt.Errorf("starting a chat: %w", err)
	}
	v.result.ContactID = v.chat.ContactID
	connection, err := v.chats.Connect(ctx, v.chat.Token, false)
	if err != nil {
		return fmt.Errorf("connecting the customer: %w", err)
	}
	socket, err := v.chats.OpenSocket(connection.Ticket, v)
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
	turns := cmp.Or(v.script.Turns, usualTurns)
	for turn := 0; ; turn++ {
		standing, err := v.runner.Await(ctx, v.chat.ContactID)
		if err != nil {
			return err
		}
		contact := &standing.Contact
		v.result.Attributes, v.result.Ended = contact.Attributes.Map(), v.clock.Now()
		switch {
		case contact.HasEnded():
			v.result.Outcome, v.result.Ended, v.result.Reason = Ended, contact.Ended, contact.Reason
			return nil
		case contact.Flow == nil:
			v.result.Outcome = Unrun
			return nil
		}
		went := false
		if turn < turns {
			if went, err = v.turn(ctx, standing); err != nil {
				return err
			}
		}
		switch {
		case went:
		case standing.Action == "":
			v.result.Outcome, v.result.Queue = Queued, standing.Queue
			return nil
		default:
			v.result.Outcome, v.result.Stands, v.result.Ended = Stuck, standing.Action, v.clock.Now()
			if standing.Queue != "" { // a queue flow goes on until an agent comes
				v.result.Outcome, v.result.Queue = Queued, standing.Queue
			}
			return nil
		}
	}
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
		lines := slices.Grow([]Line(nil), len(page.Items)+len(v.result.Transcript))
		for i := range page.Items {
			item := &page.Items[i]
			line := Line{Time: item.Time, From: item.DisplayName, ContentType: item.ContentType, View: v.viewIn(item)}
			if item.HasContent {
				line.Text = item.Content
			}
			for _, file := range item.Attachments {
				line.Files = append(line.Files, file.Name)
			}
			lines = append(lines, line)
		}
		v.result.Transcript = append(lines, v.result.Transcript...)
		if token = page.NextToken; token == "" {
			return nil
		}
	}
}
