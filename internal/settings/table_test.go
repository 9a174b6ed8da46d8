package settings_test

import (
	"bytes"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/settings"
)

// TestSettingsTable keeps the table of docs/settings.md equal to the settings there are.
func TestSettingsTable(t *testing.T) {
	t.Parallel()
	const path = "../../docs/settings.md"
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := bytes.Cut(page, []byte(settings.TableBegin+"\n"))
	old, after, ok2 := bytes.Cut(rest, []byte(settings.TableEnd))
	if !ok || !ok2 {
		t.Fatalf("docs/settings.md lacks the lines %s and %s", settings.TableBegin, settings.TableEnd)
	}
	var table bytes.Buffer
	if err := settings.Table(&table); err != nil {
		t.Fatal(err)
	}
	if *update {
		text := bytes.Join([][]byte{before, []byte(settings.TableBegin + "\n"), table.Bytes(), []byte(settings.TableEnd), after}, nil)
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(table.String(), string(old)); diff != "" {
		t.Errorf("the settings table in docs/settings.md is out of date; run `go generate ./internal/settings` (-want +got):\n%s", diff)
	}
}
