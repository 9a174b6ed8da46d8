package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/client"
	"github.com/parley-chat/parley/internal/hint"
	"github.com/parley-chat/parley/internal/settings"
	"github.com/parley-chat/parley/internal/transcript"
	"github.com/parley-chat/parley/parleytest"
)

// open returns a client of a server in this process.
func open(t *testing.T, server *parleytest.Server) *client.Server {
	t.Helper()
	s, err := settings.Load(settings.Sources{Environ: []string{"PARLEY_ADMIN_TOKEN=" + server.AdminToken}, GOOS: "linux"})
	if err != nil {
		t.Fatal(err)
	}
	c, err := client.Open(client.Config{Settings: s, Named: server.URL, ReadFile: os.ReadFile, UserAgent: "parley/test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// view keeps the texts of a chat and hands each on.
type view struct {
	seen map[string]bool
	said chan string
}

func newView() *view { return &view{map[string]bool{}, make(chan string, 100)} }

type item struct{ ID, ContentType, Content string }

func (v *view) Knows(raw json.RawMessage) bool {
	var i item
	return json.Unmarshal(raw, &i) == nil && v.seen[i.ID]
}

func (v *view) Add(raw json.RawMessage) (ended bool, err error) {
	var i item
	if err := json.Unmarshal(raw, &i); err != nil || v.seen[i.ID] {
		return false, err
	}
	v.seen[i.ID] = true
	if i.Content != "" {
		v.said <- i.Content
	}
	return i.ContentType == transcript.ChatEnded, nil
}

// A customer and an agent hold a chat, each by the side of the wire that is theirs.
func TestChatOfBothSides(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c := open(t, parleytest.Start(t))
	agent, err := c.SignIn(ctx, "Ann")
	if err != nil {
		t.Fatal(err)
	}
	waiting, accepted := make(chan struct{}), make(chan error, 1)
	go func() {
		_, err := agent.AcceptNext(ctx, func() { close(waiting) })
		accepted <- err
	}()
	<-waiting
	customer, err := c.StartChat(ctx, []byte(`{"ParticipantDetails":{"DisplayName":"Pat"}}`))
	if err != nil {
		t.Fatal(err)
	}
	socket, err := customer.Connect(ctx)
	if err != nil {
		t.Fatal(err)
	}
	heard, followed := newView(), newView()
	ends := make(chan error, 2)
	go func() { ends <- customer.Listen(ctx, socket, heard) }()
	if err := <-accepted; err != nil || agent.ContactID != customer.ContactID {
		t.Fatalf("the agent has %q, %v; want %q", agent.ContactID, err, customer.ContactID)
	}
	go func() { ends <- c.Follow(ctx, agent.ContactID, followed) }()
	for _, step := range []struct {
		say  func(context.Context) error
		text string
	}{
		{func(ctx context.Context) error { return customer.Send(ctx, transcript.TextPlain, "Where is it?") }, "Where is it?"},
		{func(ctx context.Context) error { return agent.Say(ctx, "On its way.") }, "On its way."},
	} {
		if err := step.say(ctx); err != nil {
			t.Fatal(err)
		}
		for _, v := range []*view{heard, followed} {
			if got := <-v.said; got != step.text {
				t.Errorf("said %q, want %q", got, step.text)
			}
		}
	}
	if err := customer.Leave(ctx); err != nil {
		t.Error(err)
	}
	for range 2 {
		if err := <-ends; err != nil {
			t.Errorf("listening: %v", err)
		}
	}
	contacts, answer, err := c.Contacts(ctx, nil)
	if err != nil || len(contacts) != 1 || contacts[0].State != client.Ended || !json.Valid(answer) {
		t.Errorf("contacts: %+v, %v", contacts, err)
	}
	if err := agent.SignOut(ctx); err != nil {
		t.Error(err)
	}
	if desk, _, err := c.Desk(ctx); err != nil || len(desk.Agents) != 0 {
		t.Errorf("the desk after signing out: %+v, %v", desk.Agents, err)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	server := parleytest.Start(t)
	c := open(t, server)
	_, _, err := c.ApplyPreset(t.Context(), "none")
	if refusal, ok := errors.AsType[*client.RefusalError](err); !ok || refusal.Status/100 != 4 || !json.Valid(refusal.Text) {
		t.Errorf("an unknown preset: %v", err)
	}
	server.AdminToken = "another-server's"
	if _, err := open(t, server).ClearFaults(t.Context()); !strings.Contains(hint.Of(err), "PARLEY_ADMIN_TOKEN") {
		t.Errorf("with a wrong token: %v, hint %q", err, hint.Of(err))
	}
	server.Close(t)
	if _, _, err := c.Clock(t.Context()); err == nil || !strings.Contains(hint.Of(err), "parley serve") {
		t.Errorf("after its end: %v, hint %q", err, hint.Of(err))
	}
}

func TestAddress(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"mine": "http://localhost:4000\n" + strconv.Itoa(os.Getpid()) + "\n", "gone": "http://localhost:4000\n2147483647\n", "foreign": "hello\n",
	}
	tests := map[string]struct {
		named   string
		environ []string
		want    string // an address or, without a scheme, a part of the error
		usage   bool
	}{
		"default":         {"", nil, "http://127.0.0.1:3000/startChatContact", false},
		"all addresses":   {"", []string{"PARLEY_ADDR=:5000"}, "http://127.0.0.1:5000/startChatContact", false},
		"HTTPS":           {"", []string{"PARLEY_TLS=true"}, "https://127.0.0.1:3000/startChatContact", false},
		"a free port":     {"", []string{"PARLEY_ADDR=127.0.0.1:0"}, "does not say where", true},
		"URL file":        {"", []string{"PARLEY_URL_FILE=mine"}, "http://localhost:4000/startChatContact", false},
		"named goes over": {"http://x.test:1/own", []string{"PARLEY_URL_FILE=mine"}, "http://x.test:1/own", false},
		"not ready":       {"", []string{"PARLEY_URL_FILE=none"}, "is not ready yet", false},
		"gone":            {"", []string{"PARLEY_URL_FILE=gone"}, "is gone", false},
		"foreign file":    {"", []string{"PARLEY_URL_FILE=foreign"}, "names no server", false},
		"no address":      {"localhost", nil, "not an address", true},
		"a password":      {"http://u:secret@x.test", nil, "must not hold", true},
	}
	for name, test := range tests {
		s, err := settings.Load(settings.Sources{Environ: test.environ, GOOS: "linux"})
		if err != nil {
			t.Fatal(err)
		}
		got, err := client.Address(client.Config{Settings: s, Named: test.named, ReadFile: func(name string) ([]byte, error) {
			if text, ok := files[name]; ok {
				return []byte(text), nil
			}
			return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
		}})
		if strings.Contains(test.want, "://") {
			if got != test.want || err != nil {
				t.Errorf("%s: %q, %v; want %q", name, got, err, test.want)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), test.want) || hint.Of(err) == "" || hint.IsUsage(err) != test.usage || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %q, %v, hint %q, usage %v", name, got, err, hint.Of(err), hint.IsUsage(err))
		}
	}
}
