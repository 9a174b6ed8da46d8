package lambdacall_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"testing"

	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowrun"
	"github.com/parley-chat/parley/internal/lambdacall"
)

// The event has the members of Amazon Connect's, unknown ones null.
func TestEvent(t *testing.T) {
	t.Parallel()
	sent := make(chan []byte, 1)
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		sent <- body
		_, _ = io.WriteString(w, "{}")
	})
	c, _ := calls(t, map[string]lambdacall.Function{"f": {URL: url}})
	first := call("f", map[string]any{"LambdaInvocationAttributes": map[string]any{"key": "va<lue", "n": 1.5, "nested": map[string]any{"list": []any{"a", 1.0}}, "none": nil}})
	first.Contact.Attributes = map[string]string{"customerName": "Jane"}
	first.Kept.Queue = &flow.Queue{Agent: "Ann"} // criteria alone, which name no queue
	full := call("f")
	full.Contact = flow.Contact{
		ID: "c2", InitialID: "c1", PreviousID: "c1", RelatedID: "c0", InitiationMethod: "DISCONNECT", Region: "eu-central-1", CustomerID: "u1",
		InstanceARN: "arn:aws:connect:eu-central-1:000000000000:instance/i2",
		Segment:     map[string]any{"connect:Subtype": map[string]any{"ValueString": "connect:Chat"}, "level": map[string]any{"ValueInteger": 3.0}},
	}
	full.Kept = flow.Kept{
		Queue: &flow.Queue{Name: "Sales", ARN: "arn:queue"}, Data: map[string]string{"LanguageCode": "de-DE", "Name": "n", "Description": "d", "CustomerId": "u2"},
		References: map[string]flow.Reference{"order": {Type: "URL", Value: "https://example.com/1"}}, Tags: map[string]string{"team": "a"},
		Segment: map[string]any{"connect:CustomerAuthentication": map[string]any{"Status": "AUTHENTICATED"}, "text": "t", "n": 2.0},
	}
	for name, made := range map[string]*flowrun.Call{"event-first.json": first, "event-full.json": full} {
		if e := c.Answer(t.Context(), made); e.Kind != flow.Answered {
			t.Fatal(e.Note)
		}
		var got bytes.Buffer
		if err := json.Indent(&got, <-sent, "", "  "); err != nil {
			t.Fatal(err)
		}
		got.WriteByte('\n')
		path := "testdata/" + name
		if *update {
			if err := os.WriteFile(path, got.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes(), want) {
			t.Errorf("%s: the event is now\n%s", name, got.String())
		}
	}
}
