package inspect_test

import (
	"testing"

	"github.com/parley-chat/parley/internal/inspect"
)

// A row of the inspector, and a line of the log, tell one call of an action from another one.
func TestRowC4Previews(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ action, body, want string }{
		{"SendMessage", `{"ContentType":"text/plain","Content":"Where is it?"}`, "Where is it?"},
		{"StartChatContact", `{"ParticipantDetails":{"DisplayName":"Ada"}}`, "Ada"},
		{"SendEvent", `{"ContentType":"application/vnd.amazonaws.connect.event.typing"}`, "typing"},
		{"SendEvent", `{"ContentType":"application/vnd.amazonaws.connect.event.message.read","Content":"{}"}`, "message.read"},
		{"SendEvent", `{"ContentType":"text/plain"}`, ""},
		{"StartAttachmentUpload", `{"ContentType":"application/pdf","AttachmentName":"plan.pdf"}`, "plan.pdf"},
		{"CreateQueue", `{"Description":"Name","Name":"Sales"}`, "Sales"},
		{"CreateUser", `{"Username":"ann","IdentityInfo":{"FirstName":"Ann"}}`, "ann"},
		{"ListQueues", ``, ""},
		{"", `{"Name":"of no action"}`, ""},
	} {
		e := inspect.Exchange{Kind: inspect.HTTP, Action: tt.action, RequestBody: tt.body}
		if got := e.Summary().Preview; got != tt.want {
			t.Errorf("%s %s: %q, want %q", tt.action, tt.body, got, tt.want)
		}
	}
}
