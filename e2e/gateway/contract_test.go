//go:build unix

package gateway_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/e2e/gateway"
	"github.com/parley-chat/parley/internal/awsfake"
)

// outcome is what a request leads to.
type outcome struct {
	// status is zero where the original's answer had none.
	status int
	// sent is the body of the call to Amazon Connect, without its ClientToken, which is a fresh
	// one on both sides; empty when there is no call.
	sent string
	// answer is JSON that stands in the body, among others; "*" is any value.
	answer string
}

// requirement is one line of the contract with the pages of the original: what the unmodified
// original did with a request, what this function does, and why, where they differ.
type requirement struct {
	name        string
	body        string
	contentType string
	// origin is the page's; empty means the shop's, "none" that there is no such header.
	origin string
	// asDeployed says that the function has only the settings the template demands.
	asDeployed bool
	step       awsfake.Step
	original   outcome
	// ours is what the function does; the zero outcome means as the original.
	ours outcome
	// why says what differs, and the reason; empty exactly where nothing does.
	why string
}

// always are the differences of all answers and calls; the code that takes them out of the
// comparison stands in normalize and checkHeaders.
func always() []string {
	return []string{
		"`Access-Control-Allow-Origin` is the page's origin, if it is allowed, instead of `*`; there is no `Access-Control-Allow-Credentials`; `Cache-Control: no-store` and `X-Content-Type-Options: nosniff` are new.",
		"`featurePermissions` always has `MESSAGING_MARKDOWN` and `ATTACHMENTS`; the three ids stand at the top level, too; `startChatResult` has `$metadata`.",
		"`SupportedMessagingContentTypes` is sent as `[\"text/plain\"]` where the page gives none, which is what Amazon Connect assumes.",
		"`ChatDurationInMinutes` is sent as 1440, the longest that MAX_CHAT_DURATION allows by default, where the page gives none; Amazon Connect's own is 1500.",
		"An error of AWS has no `time` and `retryable` in `data.Error`, and no stray member `[Message]`; it has `name` there, and `error`, `code` and `hint` beside `data`.",
	}
}

func (r requirement) expected() outcome {
	if r.ours == (outcome{}) {
		return r.original
	}
	return r.ours
}

// TestContract holds the function against the contract, through every kind of gateway.
//
// The function is set up as near to the original as it goes: a page chooses between two
// contact flows, earlier chats are open to whoever knows their id. Where a line says so, it is
// set up as the template does it unasked.
func TestContract(t *testing.T) {
	t.Parallel()
	compatible := open(t, awsfake.Start(t), 0, "ALLOWED_CONTACT_FLOW_IDS="+otherFlow, "PERSISTENT_CHAT=open")
	asDeployed := open(t, awsfake.Start(t), 0)
	for _, kind := range gateway.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			for _, r := range contract() {
				s := compatible
				if r.asDeployed {
					s = asDeployed
				}
				t.Run(r.name, func(t *testing.T) { s.check(t, kind, r) })
			}
		})
	}
}

func (s *site) check(t *testing.T, kind gateway.Kind, r requirement) {
	t.Helper()
	step := r.step
	if step.Status == 0 && !step.Reset {
		step.Body = `{"ContactId":"c-1","ParticipantId":"p-1","ParticipantToken":"t-1"}`
	}
	before := len(s.aws.Requests())
	want := r.expected()
	if want.sent != "" {
		s.aws.Script(step)
	}
	c := from(shop, r.body)
	switch r.origin {
	case "":
	case "none":
		c.header = map[string]string{}
	default:
		c.header["Origin"] = r.origin
	}
	if r.contentType != "" {
		c.header["Content-Type"] = r.contentType
	}
	got := s.call(t, kind, c)
	if got.status != want.status {
		t.Errorf("status %d, want %d: %s", got.status, want.status, got.body)
	}
	if missing := lacks(parse(t, got.body), parse(t, want.answer)); missing != "" {
		t.Errorf("the answer lacks %s: %s", missing, got.body)
	}
	checkHeaders(t, got, r.origin == "")
	calls := s.aws.Requests()[before:]
	sent := ""
	if len(calls) > 0 {
		sent = string(calls[0].Body)
	}
	if len(calls) > 1 || len(calls) == 1 && !calls[0].Accepted {
		t.Errorf("%d calls to Amazon Connect, the first accepted: %v", len(calls), calls[0].Accepted)
	}
	if diff := cmp.Diff(normalize(t, want.sent, r.body), normalize(t, sent, r.body)); diff != "" {
		t.Errorf("the call to Amazon Connect differs (-want +got):\n%s", diff)
	}
}

func checkHeaders(t *testing.T, got response, allowed bool) {
	t.Helper()
	origin := ""
	if allowed {
		origin = shop
	}
	for name, want := range map[string]string{
		"Content-Type": "application/json", "Access-Control-Allow-Origin": origin, "Access-Control-Allow-Credentials": "",
		"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
	} {
		if value := got.header.Get(name); value != want {
			t.Errorf("%s is %q, want %q", name, value, want)
		}
	}
	if vary := strings.Join(got.header.Values("Vary"), ", "); !strings.Contains(vary, "Origin") {
		t.Errorf("Vary is %q", vary)
	}
}

// normalize takes out what always differs, after a look at it.
func normalize(t *testing.T, sent, page string) any {
	t.Helper()
	if sent == "" {
		return nil
	}
	object, ok := parse(t, sent).(map[string]any)
	if !ok {
		t.Fatalf("the call is no object: %s", sent)
	}
	if token, ok := object["ClientToken"].(string); ok {
		if len(token) < 22 || page != "" && strings.Contains(page, token) {
			t.Errorf("the ClientToken %q is not a fresh one", token)
		}
		delete(object, "ClientToken")
	}
	if !strings.Contains(page, "SupportedMessagingContentTypes") && cmp.Equal(object["SupportedMessagingContentTypes"], []any{"text/plain"}) {
		delete(object, "SupportedMessagingContentTypes")
	}
	if !strings.Contains(page, "ChatDurationInMinutes") && object["ChatDurationInMinutes"] == 1440.0 {
		delete(object, "ChatDurationInMinutes")
	}
	return object
}

func parse(t *testing.T, text string) any {
	t.Helper()
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return value
}

// lacks returns the first path in want that have does not have, or has with another value.
func lacks(have, want any) string {
	members, ok := want.(map[string]any)
	if !ok {
		if want == "*" || cmp.Equal(have, want) {
			return ""
		}
		return fmt.Sprintf(" = %v (it is %v)", want, have)
	}
	object, ok := have.(map[string]any)
	if !ok {
		return " as an object"
	}
	for name, value := range members {
		own, ok := object[name]
		if !ok {
			return "." + name
		}
		if path := lacks(own, value); path != "" {
			return "." + name + path
		}
	}
	return ""
}

// Every difference from the original has its reason in the table, and the table has no other;
// testdata/differences.md is the table to read.
func TestDifferencesAreListed(t *testing.T) {
	t.Parallel()
	table := contract()
	if len(table) < 21 {
		t.Errorf("the contract has %d requirements", len(table))
	}
	var b strings.Builder
	b.WriteString("# What differs from the original function\n\nWritten by `go test ./e2e/gateway -run TestDifferences -update` from the table that the tests run.\n\n## Always\n\n")
	for _, line := range always() {
		b.WriteString("- " + line + "\n")
	}
	b.WriteString("\n## By request\n\nMeasured with a second flow in ALLOWED_CONTACT_FLOW_IDS and PERSISTENT_CHAT=open, as near to the original as it goes, unless it says: by default.\n\n| Request | Original | Here | Why |\n|---|---|---|---|\n")
	same := []string{}
	for _, r := range table {
		want := r.expected()
		differs := want.status != r.original.status || lacks(parse(t, want.answer), parse(t, r.original.answer)) != "" ||
			!cmp.Equal(normalize(t, want.sent, r.body), normalize(t, r.original.sent, r.body))
		if differs != (r.why != "") {
			t.Errorf("%s: differs: %v, reason: %q", r.name, differs, r.why)
		}
		if !differs {
			same = append(same, r.name)
			continue
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", r.name, describe(r.original), describe(want), r.why)
	}
	fmt.Fprintf(&b, "\nNothing differs in: %s.\n", strings.Join(same, "; "))
	const path = "testdata/differences.md"
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", path, diff)
	}
}

func describe(o outcome) string {
	text := "no call, "
	if o.sent != "" {
		text = "a call, "
	}
	if o.status == 0 {
		return text + "an answer without status"
	}
	return fmt.Sprintf("%s%d", text, o.status)
}
