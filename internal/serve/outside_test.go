package serve

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/flowrun"
	"github.com/parley-chat/parley/internal/settings"
)

const asking = `{"Version": "2019-10-30", "StartAction": "bot", "Actions": [
  {"Identifier": "bot", "Type": "ConnectParticipantWithLexBot", "Parameters": {"LexV2Bot": {"AliasArn": "arn:aws:lex:us-east-1:1:bot-alias/ABCDE12345/LIVE"}},
    "Transitions": {"NextAction": "old", "Errors": [{"NextAction": "old", "ErrorType": "NoMatchingError"}]}},
  {"Identifier": "old", "Type": "ConnectParticipantWithLexBot", "Parameters": {"LexBot": {"Name": "Shop"}},
    "Transitions": {"NextAction": "app", "Errors": [{"NextAction": "app", "ErrorType": "NoMatchingError"}]}},
  {"Identifier": "app", "Type": "ConnectParticipantWithAgenticCX", "Parameters": {"AgentConfiguration": {"WorkspaceId": "w", "ApplicationId": "a"}},
    "Transitions": {"NextAction": "end", "Errors": [{"NextAction": "end", "ErrorType": "NoMatchingError"}]}},
  {"Identifier": "end", "Type": "DisconnectParticipant"}]}`

// What a flow names and nobody configured is told at the start, whatever it is: functions, bots and
// applications alike.
func TestTellsWhatNobodyConfigured(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		file string
		want []string // the blocks that are told
	}{
		"nothing": {"", []string{"bot", "old", "app"}},
		"bots":    {"bots: {ABCDE12345: 'http://127.0.0.1:1', Shop: 'http://127.0.0.1:1'}\n", []string{"app"}},
		"all":     {"bots: {ABCDE12345: 'http://127.0.0.1:1', Shop: 'http://127.0.0.1:1'}\nagentic-cx: {w/a: 'http://127.0.0.1:1'}\n", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "main.json"), []byte(asking), 0o600); err != nil {
				t.Fatal(err)
			}
			library := flowrun.NewLibrary(nil)
			if _, _, err := flowrun.NewFolder(os.DirFS(dir), library).Load(); err != nil {
				t.Fatal(err)
			}
			s, err := settings.Load(settings.Sources{ReadFile: func(name string) ([]byte, error) {
				if name == "parley.yaml" {
					return []byte(test.file), nil
				}
				return nil, os.ErrNotExist
			}})
			if err != nil {
				t.Fatal(err)
			}
			outside, err := OpenOutside(s, "test", slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = outside.Close() }()
			var log bytes.Buffer
			outside.tell(t.Context(), library, slog.New(slog.NewTextHandler(&log, nil)))
			for _, block := range []string{"bot", "old", "app"} {
				if told := strings.Contains(log.String(), "block="+block+" "); told != slices.Contains(test.want, block) {
					t.Errorf("%s told: %t\n%s", block, told, &log)
				}
			}
		})
	}
}
