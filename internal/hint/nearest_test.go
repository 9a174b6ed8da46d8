package hint_test

import (
	"testing"

	"github.com/parley-chat/parley/internal/hint"
)

// One rule finds the name that was meant: slips, two letters that changed places, the beginning of a name.
func TestNearest(t *testing.T) {
	t.Parallel()
	known := []string{"MessageParticipant", "DisconnectParticipant", "instance-id"}
	for name, want := range map[string]string{
		"MesageParticipant": "MessageParticipant", "MessageParticipnat": "MessageParticipant", "INSTANCE_ID": "instance-id", "Disconnect": "DisconnectParticipant",
		"Banana": "", "": "",
	} {
		if got := hint.Nearest(name, known); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
	if got := hint.Misspelled("Disconnect", known); got != "" {
		t.Errorf("a beginning is no slip: %q", got)
	}
	if got := hint.Misspelled("disconectparticipant", known); got != "DisconnectParticipant" {
		t.Error(got)
	}
}
