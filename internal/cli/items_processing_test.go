package cli

import (
	"strings"
	"testing"
)

// TestProcessedItems: what became of a message on its way stands beside its sender, also when it would
// act on a terminal.
func TestProcessedItems(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		`"Content":"HI","Processing":{"Original":"hi\u001b[2J"}`:                                            `Pat (customer) [processed; said was: hi`,
		`"Content":"no","MessageMetadata":{"MessageId":"m","MessageProcessingStatus":"REJECTED"}`:           `Pat (customer) [REJECTED]: no`,
		`"Content":"no","MessageMetadata":{"MessageProcessingStatus":"FAILED"},"Processing":{"Why":"late"}`: `Pat (customer) [FAILED; late]: no`,
		`"Content":"hi"`: `Pat (customer): hi`,
	} {
		i, readable := readItem([]byte(`{"Id":"m","Type":"MESSAGE","ContentType":"text/plain","DisplayName":"Pat","ParticipantRole":"CUSTOMER",` + raw + `}`))
		if got := i.text(); !readable || !strings.HasPrefix(got, want) || strings.Contains(got, "\x1b") {
			t.Errorf("%s: %q, want %q", raw, got, want)
		}
	}
}
