package costguard_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/costguard"
	"github.com/parley-chat/parley/internal/diagnosis"
	"github.com/parley-chat/parley/internal/secret"
	"github.com/parley-chat/parley/internal/startchat"
)

const token = "canary-participant-token"

var errRefused = errors.New("refused by the test")

// account is Amazon Connect as far as the guard sees it: contacts that are open.
type account struct {
	mu      sync.Mutex
	next    int
	open    map[string]bool
	byToken map[string]string
	stops   []string
	busy    int
	busiest int

	// refuse makes calls with this contact flow id fail.
	refuse string
	// hold, if set, is waited for by every start; stopping, if set, is called by every stop.
	hold     chan struct{}
	entered  chan struct{}
	stopping func(ctx context.Context, contactID string) error
}

func newAccount() *account {
	return &account{open: map[string]bool{}, byToken: map[string]string{}, refuse: "refuse", entered: make(chan struct{}, 1000)}
}

func (a *account) StartChatContact(ctx context.Context, request *startchat.Request) (*startchat.Result, error) {
	a.enter(1)
	defer a.enter(-1)
	a.entered <- struct{}{}
	if a.hold != nil {
		select {
		case <-a.hold:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if request.ContactFlowID == a.refuse {
		return nil, &startchat.CallError{Err: errRefused}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	id, known := a.byToken[request.ClientToken]
	if !known || request.ClientToken == "" {
		a.next++
		id = fmt.Sprintf("contact-%d", a.next)
		a.byToken[request.ClientToken] = id
		a.open[id] = true
	}
	return &startchat.Result{
		ContactID: id, ParticipantID: "participant", ParticipantToken: secret.New(token),
		ContinuedFromContactID: "not-ours",
	}, nil
}

func (a *account) enter(n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.busy += n
	a.busiest = max(a.busiest, a.busy)
}

func (a *account) StopContact(ctx context.Context, _, contactID string) error {
	a.enter(1)
	defer a.enter(-1)
	if a.stopping != nil {
		if err := a.stopping(ctx, contactID); err != nil {
			return err
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.stops = append(a.stops, contactID)
	if !a.open[contactID] {
		return &awswire.Error{Name: "ContactNotFoundException", Status: http.StatusGone}
	}
	delete(a.open, contactID)
	return nil
}

func (a *account) openIDs() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	var ids []string
	for id := range a.open {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

var target = costguard.Target{Region: "us-west-2", InstanceID: "instance-1", Profile: "dev", EndpointURL: "http://127.0.0.1:9"}

// guard makes a guard that ends its contacts in dir.
func guard(tb testing.TB, a *account, dir string) *costguard.Guard {
	tb.Helper()
	return newGuard(tb, costguard.Config{Starter: a, Stopper: a, EndOnExit: true, Dir: dir, Target: target})
}

func newGuard(tb testing.TB, config costguard.Config) *costguard.Guard {
	tb.Helper()
	g, err := costguard.New(config)
	if err != nil {
		tb.Fatal(err)
	}
	return g
}

func request(flow, clientToken string) *startchat.Request {
	return &startchat.Request{Body: []byte(`{}`), InstanceID: "instance-1", ContactFlowID: flow, ClientToken: clientToken}
}

func start(tb testing.TB, g *costguard.Guard) string {
	tb.Helper()
	result, err := g.StartChatContact(tb.Context(), request("flow", ""))
	if err != nil {
		tb.Fatalf("starting a chat: %v", err)
	}
	return result.ContactID
}

// problem returns the rule an error is by, or "".
func problem(err error) diagnosis.ID {
	if p, ok := errors.AsType[*diagnosis.Problem](err); ok {
		return p.Rule.ID
	}
	return ""
}

// files lists a directory; journals whose run is alive have a lock file beside them.
func files(tb testing.TB, dir string) []string {
	tb.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		tb.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func journalIDs(tb testing.TB, path string) string {
	tb.Helper()
	ids, unreadable, err := costguard.ReadJournal(path)
	if err != nil || unreadable != 0 {
		tb.Fatalf("reading the journal: %v, %d unreadable lines", err, unreadable)
	}
	return strings.Join(ids, " ")
}
