package emulator_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/desk"
	"github.com/parley-chat/parley/internal/emulator"
	"github.com/parley-chat/parley/internal/partner"
)

// TestRowA15Restart: that a chat takes pieces is known after a restart, and so is what was answered in
// them; a message that the end of the server finds open is completed.
func TestRowA15Restart(t *testing.T) {
	t.Parallel()
	const slow = "One two three."
	script, err := partner.Parse("ann.yaml", []byte("name: Ann\ntyping: false\nrules:\n"+
		"  - match: slow\n    reply: "+slow+"\n    stream: {words: 1, pace: 1h}\n"+
		"  - reply: 'Heard {message}, every word.'\n    stream: {words: 1, pace: 1ms}\n"))
	if err != nil {
		t.Fatal(err)
	}
	cfg := emulator.Config{DataDir: t.TempDir(), Agents: []desk.AgentConfig{script.Agents()}}
	before := newWorld(t, cfg)
	pat := before.open(`{"ParticipantConfiguration":{"ResponseMode":"INCREMENTAL"}}`)
	pat.say("one")
	first := pat.await("Heard ")
	if got := text(first, "Content"); got != "Heard " {
		t.Errorf("the first piece is %q", got)
	}
	pat.await("Heard one, every word.")
	pat.say("slow")
	pat.await("One ")
	before.close()
	whole := pat.await(slow) // before the socket was closed
	if about, _ := whole["MessageMetadata"].(map[string]any); about["MessageCompleted"] != true || about["ChunkNumber"] != nil {
		t.Errorf("at the end of the server came %v", whole)
	}

	after := newWorld(t, cfg)
	pat.connect(after)
	pat.say("two")
	if got := text(pat.await("Heard "), "Content"); got != "Heard " {
		t.Errorf("after the restart the first piece is %q", got)
	}
	pat.await("Heard two, every word.")
	want := []string{"one", "Heard one, every word.", "slow", slow, "two", "Heard two, every word."}
	if diff := cmp.Diff(want, pat.transcript()); diff != "" {
		t.Error(diff)
	}

	other := after.open(`{"ParticipantConfiguration":{"ResponseMode":"COMPLETE"}}`)
	other.say("one")
	if item := other.await("Heard "); !strings.HasSuffix(text(item, "Content"), "every word.") || text(item, "ParticipantRole") != "AGENT" || item["MessageMetadata"] != nil {
		t.Errorf("a chat that did not ask for pieces is told %v", item)
	}
}
