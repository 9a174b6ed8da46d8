package lexbot_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowrun"
	"github.com/parley-chat/parley/internal/lexbot"
)

// slow is a function that takes a time.
type slow time.Duration

func (slow) Has(string, string) bool { return true }

func (s slow) Invoke(ctx context.Context, _, _ string, _ []byte) ([]byte, error) {
	select {
	case <-time.After(time.Duration(s)):
		return []byte(`{"sessionState":{"dialogAction":{"type":"Delegate"}}}`), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// A bot has 10 seconds, and 60 in a chat whose client takes messages in pieces; its function has less,
// and never more than Lex gives it.
func TestRowPoint4BotLimits(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "shop.yaml")
	if err := os.WriteFile(file, []byte("bot: Shop\nintents:\n  Hours:\n    utterances: [hours]\n    function: fulfilment\n    answer: From nine.\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		takes       time.Duration
		incremental bool
		failed      string // the end of what the trace says
	}{
		"in time":                     {8 * time.Second, false, ""},
		"late":                        {11 * time.Second, false, "did not answer within 9s"},
		"in pieces":                   {11 * time.Second, true, ""},
		"in pieces, at Lex's limit":   {29 * time.Second, true, ""},
		"in pieces, over Lex's limit": {31 * time.Second, true, "did not answer within 30s"},
	} {
		synctest.Test(t, func(t *testing.T) {
			bots := open(t, lexbot.Config{Functions: slow(test.takes), Bots: map[string]lexbot.Bot{"SHOP/LIVE": {Path: file, Function: "slow"}}})
			ask := flow.Ask{Type: "ConnectParticipantWithLexBot", Text: "hours", Parameters: map[string]any{"LexV2Bot": map[string]any{"AliasArn": "arn:aws:lex:us-east-1:1:bot-alias/SHOP/LIVE"}}}
			began := time.Now()
			e := bots.Answer(t.Context(), &flowrun.Call{ContactID: "c-1", Asked: began, Ask: ask, Incremental: test.incremental})
			if (e.Kind == flow.Failed) != (test.failed != "") || !strings.Contains(e.Note, test.failed) {
				t.Errorf("%s: %v after %s: %s", name, e.Kind, time.Since(began), e.Note)
			}
		})
	}
}

// What answers elsewhere has the same time.
func TestRowPoint4EndpointLimits(t *testing.T) {
	t.Parallel()
	bots := open(t, lexbot.Config{Bots: map[string]lexbot.Bot{"SHOP/LIVE": {URL: "http://192.0.2.1:9"}}})
	ask := flow.Ask{Type: "ConnectParticipantWithLexBot", Text: "hours", Parameters: map[string]any{"LexV2Bot": map[string]any{"AliasArn": "arn:aws:lex:us-east-1:1:bot-alias/SHOP/LIVE"}}}
	ended, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	for incremental, want := range map[bool]string{false: "within 10s", true: "within 1m0s"} {
		if e := bots.Answer(ended, &flowrun.Call{ContactID: "c-1", Ask: ask, Incremental: incremental}); e.Kind != flow.Failed || !strings.Contains(e.Note, want) {
			t.Errorf("incremental %v: %s", incremental, e.Note)
		}
	}
}
