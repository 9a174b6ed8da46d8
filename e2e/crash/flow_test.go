//go:build unix

package crash_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/parley-chat/parley/e2e/chatclient"
)

// visitors is how many customers are in the flow at the same time.
const visitors = 10

// asked is how often the flow asks each of them.
const asked = 5

// turns is a flow that speaks, waits for the customer and for time, loops, sets attributes that grow
// with each turn, and ends in a queue.
const turns = `{"Version":"2019-10-30","StartAction":"hello","Metadata":{"name":"Turns","type":"contactFlow"},"Actions":[
{"Identifier":"hello","Type":"MessageParticipant","Parameters":{"Text":"hello"},"Transitions":{"NextAction":"turn"}},
{"Identifier":"turn","Type":"Loop","Parameters":{"LoopCount":"5","LoopName":"turn"},"Transitions":{"NextAction":"target","Conditions":[
  {"NextAction":"ask","Condition":{"Operator":"Equals","Operands":["ContinueLooping"]}},{"NextAction":"target","Condition":{"Operator":"Equals","Operands":["DoneLooping"]}}]}},
{"Identifier":"ask","Type":"MessageParticipant","Parameters":{"Text":"question $.Loop.turn.Index?"},"Transitions":{"NextAction":"wait"}},
{"Identifier":"wait","Type":"Wait","Parameters":{"TimeLimitSeconds":"3600","Events":["CustomerReturned"]},"Transitions":{"NextAction":"wrong","Errors":[{"ErrorType":"NoMatchingError","NextAction":"wrong"}],"Conditions":[
  {"NextAction":"count","Condition":{"Operator":"Equals","Operands":["CustomerReturned"]}},{"NextAction":"wrong","Condition":{"Operator":"Equals","Operands":["WaitCompleted"]}}]}},
{"Identifier":"count","Type":"UpdateContactAttributes","Parameters":{"TargetContact":"Current","Attributes":{"heard":"$.Attributes.heard$.Loop.turn.Index,"}},"Transitions":{"NextAction":"heard"}},
{"Identifier":"heard","Type":"MessageParticipant","Parameters":{"Text":"heard $.Attributes.heard"},"Transitions":{"NextAction":"pause"}},
{"Identifier":"pause","Type":"Wait","Parameters":{"TimeLimitSeconds":"1"},"Transitions":{"NextAction":"wrong","Errors":[{"ErrorType":"NoMatchingError","NextAction":"wrong"}],"Conditions":[
  {"NextAction":"over","Condition":{"Operator":"Equals","Operands":["WaitCompleted"]}}]}},
{"Identifier":"over","Type":"MessageParticipant","Parameters":{"Text":"pause $.Loop.turn.Index is over"},"Transitions":{"NextAction":"turn"}},
{"Identifier":"target","Type":"UpdateContactTargetQueue","Parameters":{"QueueId":"Visitors"},"Transitions":{"NextAction":"end","Errors":[{"ErrorType":"NoMatchingError","NextAction":"wrong"}]}},
{"Identifier":"end","Type":"MessageParticipant","Parameters":{"Text":"queued with $.Attributes.heard"},"Transitions":{"NextAction":"queue"}},
{"Identifier":"queue","Type":"TransferContactToQueue","Parameters":{},"Transitions":{"NextAction":"wrong","Errors":[{"ErrorType":"QueueAtCapacity","NextAction":"wrong"},{"ErrorType":"NoMatchingError","NextAction":"wrong"}]}},
{"Identifier":"wrong","Type":"MessageParticipant","Parameters":{"Text":"wrong branch"},"Transitions":{"NextAction":"stop"}},
{"Identifier":"stop","Type":"DisconnectParticipant","Parameters":{},"Transitions":{}}]}`

// lines are what the flow says to each customer, and heard what its attribute holds at the end.
func lines() (all []string, heard string) {
	all = []string{"hello"}
	for i := range asked {
		heard += fmt.Sprintf("%d,", i)
		all = append(all, fmt.Sprintf("question %d?", i), "heard "+heard, fmt.Sprintf("pause %d is over", i))
	}
	return append(all, "queued with "+heard), heard
}

// visit is one customer's chat, from its start until the flow has put it into the queue.
type visit struct {
	chatclient.Chat
	token    string // the client token of its start
	answered map[string]bool
	done     bool
	heard    listener
}

func newVisit() *visit {
	return &visit{token: uuid.NewString(), answered: map[string]bool{}, heard: listener{told: make(chan struct{}, 1)}}
}

// follow takes part in the chat until its flow is over; an error means that the server is gone, or
// refused something.
func (v *visit) follow(ctx context.Context, api *chatclient.Client, acknowledged *atomic.Int64) error {
	if v.ContactID == "" {
		chat, err := api.Start(ctx, "Vera", v.token)
		if err != nil {
			return err
		}
		v.Chat = chat
	}
	connection, err := api.Connect(ctx, v.ParticipantToken)
	if err != nil {
		return err
	}
	socket, err := v.heard.listen(ctx, connection.URL)
	if err != nil {
		return err
	}
	defer socket.Close()
	for {
		items, err := api.Transcript(ctx, connection.Token)
		if err != nil {
			return err
		}
		shown := messages(items)
		v.heard.keep(shown)
		for _, item := range shown {
			// Questions are answered. What is said during a pause is no answer to anything.
			if item.ParticipantRole == "SYSTEM" && strings.HasPrefix(item.Content, "queued") {
				v.done = true
				return nil
			}
			asks := strings.HasPrefix(item.Content, "question") || strings.HasPrefix(item.Content, "heard")
			if item.ParticipantRole != "SYSTEM" || !asks || v.answered[item.ID] {
				continue
			}
			token := uuid.NewSHA1(uuid.NameSpaceOID, []byte(item.ID)).String() // the same after a crash
			if _, err := api.Send(ctx, connection.Token, "to "+item.ID, token); err != nil {
				return err
			}
			v.answered[item.ID] = true
			acknowledged.Add(1)
		}
		select {
		case <-v.heard.told:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// keep keeps what a transcript showed, like what a socket did.
func (l *listener) keep(shown []chatclient.Item) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sessions = append(l.sessions, shown)
}

// messages are the messages of a transcript.
func messages(items []chatclient.Item) []chatclient.Item {
	return slices.DeleteFunc(slices.Clone(items), func(item chatclient.Item) bool { return item.Type != "MESSAGE" })
}

// house is where the visitors are: one list for each, of which the last is going on.
type house struct {
	visits [visitors][]*visit
}

// receive lets visitors come and go until the server is gone, or, at the end, until those who are
// there have gone.
func (h *house) receive(ctx context.Context, t *testing.T, base string, last bool) (acknowledged int) {
	t.Helper()
	api := chatclient.New(base, 2*visitors)
	defer api.Close()
	var count atomic.Int64
	var wg sync.WaitGroup
	for n := range h.visits {
		wg.Go(func() {
			for {
				visits := h.visits[n]
				if len(visits) == 0 || visits[len(visits)-1].done {
					if last {
						return
					}
					h.visits[n] = append(visits, newVisit())
					continue
				}
				if err := visits[len(visits)-1].follow(ctx, api, &count); err != nil {
					if refused, ok := errors.AsType[*chatclient.StatusError](err); ok || last {
						t.Errorf("a visitor was refused: %v %v", err, refused)
					}
					return
				}
			}
		})
	}
	wg.Wait()
	return int(count.Load())
}

// A server that is killed at any moment goes on with every flow where it was: no line is said twice
// and none skipped, attributes have grown once a turn, and every chat waits in its queue once. What
// a customer was shown, on a socket or in a transcript, stays as it was shown.
func TestKillInFlow(t *testing.T) {
	t.Parallel()
	place := newSite(t)
	flows := t.TempDir()
	if err := os.WriteFile(filepath.Join(flows, "turns.json"), []byte(turns), 0o600); err != nil {
		t.Fatal(err)
	}
	place.flags = []string{"--flows", flows}
	var everybody house
	running := place.start()
	acknowledged := 0
	for round := range *rounds {
		ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
		var wg sync.WaitGroup
		wg.Go(func() { acknowledged += everybody.receive(ctx, t, running.url, false) })
		wait(t, time.Duration(50+rand.IntN(600))*time.Millisecond)
		running.kill(t)
		cancel()
		wg.Wait()
		running = place.start()
		if t.Failed() {
			running.kill(t)
			t.Fatalf("round %d", round+1)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	acknowledged += everybody.receive(ctx, t, running.url, true)
	n := everybody.check(ctx, t, running.url)
	running.stop(t)
	t.Logf("%d chats went through the flow in %d rounds, with %d answers", n, *rounds, acknowledged)
	if n < visitors {
		t.Errorf("only %d chats went through the flow", n)
	}
}

// check holds every chat against what its flow says, and against what its customer was shown.
func (h *house) check(ctx context.Context, t *testing.T, base string) (n int) {
	t.Helper()
	api := chatclient.New(base, 2)
	defer api.Close()
	said, heard := lines()
	var ids []string
	for _, v := range slices.Concat(h.visits[:]...) {
		n++
		ids = append(ids, v.ContactID)
		connection, err := api.Connect(ctx, v.ParticipantToken)
		if err != nil {
			t.Errorf("connecting again: %v", err)
			continue
		}
		items, err := api.Transcript(ctx, connection.Token)
		if err != nil {
			t.Errorf("reading a transcript: %v", err)
			continue
		}
		var got []string
		place, answers := map[string]int{}, 0
		for i, item := range messages(items) {
			place[item.ID] = i
			if item.ParticipantRole == "SYSTEM" {
				got = append(got, item.Content)
			} else {
				answers++
			}
		}
		if diff := cmp.Diff(said, got); diff != "" {
			t.Errorf("what the flow said in %s (-want +got):\n%s", v.ContactID, diff)
		}
		if answers != len(v.answered) {
			t.Errorf("%s has %d messages of its customer, who said %d", v.ContactID, answers, len(v.answered))
		}
		v.heard.check(t, v.ContactID, place)
		var contact struct{ Attributes map[string]string }
		get(ctx, t, base+"/api/contacts/"+v.ContactID, &contact)
		if contact.Attributes["heard"] != heard {
			t.Errorf("the attributes of %s: %v", v.ContactID, contact.Attributes)
		}
	}
	var desk struct {
		Queues []struct {
			Name    string
			Waiting []struct{ ContactID string }
		}
	}
	get(ctx, t, base+"/api/desk", &desk)
	var waiting []string
	for _, queue := range desk.Queues {
		for _, contact := range queue.Waiting {
			waiting = append(waiting, contact.ContactID)
			if queue.Name != "Visitors" {
				t.Errorf("%s waits in %s", contact.ContactID, queue.Name)
			}
		}
	}
	slices.Sort(ids)
	slices.Sort(waiting)
	if diff := cmp.Diff(ids, waiting); diff != "" {
		t.Errorf("who waits in the queue (-want +got):\n%s", diff)
	}
	return n
}
