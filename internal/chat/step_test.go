package chat_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/transcript"
)

// everything is a step that uses every verb but the end.
func everything(agentID string) func(*chat.Step) error {
	return func(step *chat.Step) error {
		step.SetAttributes(func(attributes map[string]string) { attributes["plan"] = "gold" })
		step.SetTimers([]chat.Timer{{Role: transcript.Customer, Type: chat.IdleTimer, After: time.Minute}})
		step.SetStreams([]chat.Stream{{ID: "s", Endpoint: "e"}})
		step.Keep(chat.Encoded("at block 7"), 3)
		step.Queue("Sales")
		_, prompt := step.Prompt(plain("welcome"))
		_, say := step.Say(agentID, plain("hello"))
		_, signal := step.Signal(agentID, transcript.Typing, "")
		_, join := step.Join(transcript.Supervisor, "Sue")
		return errors.Join(prompt, say, signal, join, step.Leave(agentID))
	}
}

// A step is one commit: all of it is seen, in the order of its verbs, and none of it before.
func TestStepIsOneCommit(t *testing.T) {
	t.Parallel()
	o := &observer{}
	w := newWorld(t, chat.Config{}, chat.Listener{Changed: o.observe})
	started, _, record := w.begin(request())
	agent := w.join(started.ContactID, transcript.Agent, "Ann")
	w.join(started.ContactID, transcript.Agent, "Ben")
	before, heard := len(record.lines()), len(w.store.commits())
	o.heard()
	err := w.Step(t.Context(), started.ContactID, func(step *chat.Step) error {
		err := everything(agent.ParticipantID)(step)
		if lines := record.lines(); len(lines) != before {
			t.Errorf("the customer hears %q before the step is stored", lines[before:])
		}
		if c := w.contact(started.ContactID); c.Queue != nil || c.Flow != nil {
			t.Errorf("the contact shows an unstored step: %+v", c)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(w.store.commits()) - heard; n != 1 {
		t.Errorf("%d commits", n)
	}
	want := []string{"SYSTEM_MESSAGE: welcome", "Ann: hello", "Ann: typing", "Sue: participant.joined", "Ann: participant.left"}
	if diff := cmp.Diff(want, record.lines()[before:]); diff != "" {
		t.Errorf("the customer hears (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(append(want, "contact"), o.heard()); diff != "" {
		t.Errorf("a listener hears (-want +got):\n%s", diff)
	}
	w.restart()
	c := w.contact(started.ContactID)
	if c.Queue == nil || c.Queue.Name != "Sales" || c.Attributes.Map()["plan"] != "gold" || len(c.Timers) != 1 || len(c.Streaming) != 1 {
		t.Errorf("after a restart: %+v", c)
	}
	if diff := cmp.Diff(&chat.FlowState{State: chat.Encoded("at block 7"), Heard: 3}, c.Flow); diff != "" {
		t.Errorf("the flow's state after a restart (-want +got):\n%s", diff)
	}
	if err := w.Step(t.Context(), started.ContactID, func(step *chat.Step) error { step.Keep(nil, 0); return nil }); err != nil {
		t.Fatal(err)
	}
	if c := w.contact(started.ContactID); c.Flow != nil {
		t.Errorf("a flow that has ended: %+v", c.Flow)
	}
}

// A step whose function or commit fails leaves no trace: nothing is stored, sent or timed.
func TestFailedStepLeavesNoTrace(t *testing.T) {
	t.Parallel()
	refused := errors.New("refused")
	for name, want := range map[string]error{"the function": refused, "the store": errDisk} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				o := &observer{}
				w := newWorld(t, chat.Config{}, chat.Listener{Changed: o.observe})
				started, connection, record := w.begin(request())
				agent := w.join(started.ContactID, transcript.Agent, "Ann")
				w.say(connection.Token, "hello")
				contact, stored, lines := w.contact(started.ContactID), w.transcript(started.ContactID), record.lines()
				o.heard()
				alarm, _ := w.Clock().Next()
				w.store.broken.Store(errors.Is(want, errDisk))
				err := w.Step(t.Context(), started.ContactID, func(step *chat.Step) error {
					if err := everything(agent.ParticipantID)(step); err != nil {
						return err
					}
					step.End(chat.StoppedByAPI)
					step.After(func() { t.Error("what comes after the step has been called") })
					if errors.Is(want, refused) {
						return refused
					}
					return nil
				})
				refusal(t, "the step", err, want)
				w.store.broken.Store(false)
				if diff := cmp.Diff(contact, w.contact(started.ContactID)); diff != "" {
					t.Errorf("the contact has changed:\n%s", diff)
				}
				if diff := cmp.Diff(stored, w.transcript(started.ContactID)); diff != "" {
					t.Errorf("the transcript has changed:\n%s", diff)
				}
				if diff := cmp.Diff(lines, record.lines()); diff != "" {
					t.Errorf("the customer has heard something:\n%s", diff)
				}
				if heard := o.heard(); len(heard) != 0 {
					t.Errorf("a listener has heard %q", heard)
				}
				if after, _ := w.Clock().Next(); after != alarm {
					t.Errorf("the next alarm is in %s, and was in %s", after, alarm)
				}
				w.say(connection.Token, "and on")
			})
		})
	}
}

// A step within a step of the same contact would wait for itself.
func TestStepWithinStep(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, chat.Config{})
		started, other := w.start(request()), w.start(request())
		queue := func(step *chat.Step) error { step.Queue(""); return nil }
		err := w.Step(t.Context(), started.ContactID, func(*chat.Step) error {
			return w.Step(t.Context(), started.ContactID, queue)
		})
		refusal(t, "a step within a step", err, chat.ErrNested)
		err = w.Step(t.Context(), started.ContactID, func(*chat.Step) error {
			return w.Step(t.Context(), other.ContactID, queue)
		})
		if err != nil {
			t.Errorf("a step of another contact: %v", err)
		}
		if err := w.Step(t.Context(), started.ContactID, queue); err != nil {
			t.Errorf("the contact is stuck: %v", err)
		}
	})
}

// A slow store keeps steps waiting, and is not taken for a step within a step.
func TestStepsWaitForASlowStore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, chat.Config{})
		started := w.start(request())
		w.store.slow.Store(int64(time.Minute))
		results := make(chan error)
		for range 3 {
			go func() {
				results <- w.Step(t.Context(), started.ContactID, func(step *chat.Step) error { step.Queue(""); return nil })
			}()
		}
		for range 3 {
			if err := <-results; err != nil {
				t.Error(err)
			}
		}
	})
}

// Steps of a contact come in the order in which they were asked for, but for those given up meanwhile.
func TestStepsWaitInLine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, chat.Config{})
		started := w.start(request())
		w.store.slow.Store(int64(time.Second))
		var order []int
		results := make([]error, 5)
		impatient, cancel := context.WithCancelCause(t.Context())
		var steps sync.WaitGroup
		for i := range results {
			ctx := t.Context()
			if i == 2 {
				ctx = impatient
			}
			steps.Go(func() {
				results[i] = w.Step(ctx, started.ContactID, func(step *chat.Step) error {
					order = append(order, i)
					step.Queue("")
					return nil
				})
			})
			synctest.Wait()
		}
		gone := errors.New("the caller has gone")
		cancel(gone)
		steps.Wait()
		if want := []int{0, 1, 3, 4}; !slices.Equal(order, want) {
			t.Errorf("the steps came in the order %v, not %v", order, want)
		}
		for i, err := range results {
			if want := map[bool]error{true: gone}[i == 2]; !errors.Is(err, want) {
				t.Errorf("step %d: %v, not %v", i, err, want)
			}
		}
	})
}

// Contacts of a build that queued every connected contact by itself are queued when time begins,
// the oldest first; those that nothing has to queue stay as they are.
func TestBeginQueuesStoredContacts(t *testing.T) {
	t.Parallel()
	var queued []string
	w := newWorld(t, chat.Config{}, chat.Listener{Changed: func(c *chat.Contact, item *transcript.Item) {
		if item == nil && c.Queue != nil {
			queued = append(queued, c.ID)
		}
	}})
	var waiting []string
	for range 5 {
		started, _, _ := w.begin(request())
		waiting = append(waiting, started.ContactID)
		w.Clock().Skip(time.Second)
	}
	w.start(request()) // has not connected
	answered, _, _ := w.begin(request())
	w.join(answered.ContactID, transcript.Agent, "Ann")
	running, _, _ := w.begin(request())
	if err := w.Step(t.Context(), running.ContactID, func(step *chat.Step) error { step.Keep(chat.Encoded("{}"), 0); return nil }); err != nil {
		t.Fatal(err)
	}
	w.restart()
	if diff := cmp.Diff(waiting, queued); diff != "" {
		t.Errorf("queued (-want +got):\n%s", diff)
	}
	w.restart()
	if len(queued) != len(waiting) {
		t.Errorf("a second restart queues again: %q", queued)
	}
}

// No time passes between Open and Begin, and a listener is told when it does.
func TestOpenThenBegin(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, chat.Config{})
		started := w.start(request())
		w.Close()
		<-time.After(time.Hour)
		service, err := chat.Open(t.Context(), w.config)
		if err != nil {
			t.Fatal(err)
		}
		defer service.Close()
		begun := 0
		service.Listen(chat.Listener{Changed: func(*chat.Contact, *transcript.Item) {}, Begin: func() {
			begun++
			if n := len(service.Active()); n != 1 {
				t.Errorf("%d contacts are active when time begins", n)
			}
		}})
		<-time.After(time.Hour)
		if c, err := service.Contact(t.Context(), started.ContactID); err != nil || c.HasEnded() {
			t.Errorf("before Begin: %+v, %v", c, err)
		}
		for range 2 {
			if err := service.Begin(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		if c, err := service.Contact(t.Context(), started.ContactID); err != nil || !c.HasEnded() || begun != 1 {
			t.Errorf("after Begin, called %d times: %+v, %v", begun, c, err)
		}
	})
}
