package cli_test

import (
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// With --strict only the server's own ids start chats. The forms and snippets of the console
// offer exactly these, whatever names the instance, and so does a page that sends none.
func TestConsoleIDsStartChatsUnderStrict(t *testing.T) {
	t.Parallel()
	for name, flags := range map[string][]string{
		"its own instance":  nil,
		"a named instance":  {"--instance-id", "33333333-3333-4333-8333-333333333333"},
		"an instance's ARN": {"--instance-id", "arn:aws:connect:eu-central-1:111122223333:instance/33333333-3333-4333-8333-333333333333"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serving(t, append([]string{"--ephemeral", "--strict"}, flags...)...)
			connect, workbench := html.UnescapeString(call(t, http.MethodGet, s.url+"/console/connect", "")), call(t, http.MethodGet, s.url+"/console/", "")
			if strings.Contains(connect, "any id works") {
				t.Error("the page says that any id works")
			}
			starts := map[string]string{"a page without ids": `{"ParticipantDetails":{"DisplayName":"Pat"}}`}
			for what, ids := range map[string][2]string{
				"the snippet":   {match(connect, `"InstanceId": "([^"]+)"`), match(connect, `"ContactFlowId": "([^"]+)"`)},
				"the form":      {match(connect, `<input id="instance"[^>]* value="([^"]*)"`), match(connect, `<input id="flow"[^>]* value="([^"]*)"`)},
				"the workbench": {match(workbench, `data-instance="([^"]*)"`), match(workbench, `data-flow="([^"]*)"`)},
			} {
				members := []string{`"ParticipantDetails":{"DisplayName":"Pat"}`}
				for i, name := range []string{"InstanceId", "ContactFlowId"} {
					if ids[i] != "" { // an empty field is not sent
						members = append(members, `"`+name+`":"`+ids[i]+`"`)
					}
				}
				if len(members) < 2 {
					t.Errorf("%s offers no ids", what)
				}
				starts[what] = "{" + strings.Join(members, ",") + "}"
			}
			for what, body := range starts {
				if answer := call(t, http.MethodPost, s.url+"/startChatContact", body); !strings.Contains(answer, `"ContactId"`) {
					t.Errorf("%s starts no chat with %s:\n%s", what, body, answer)
				}
			}
			unknown := `{"InstanceId":"44444444-4444-4444-8444-444444444444","ParticipantDetails":{"DisplayName":"Pat"}}`
			if answer := call(t, http.MethodPost, s.url+"/startChatContact", unknown); !strings.Contains(answer, "ResourceNotFoundException") {
				t.Errorf("an unknown instance is answered %s", answer)
			}
		})
	}
}

// match returns the first group of a pattern in a page; empty when it has none.
func match(page, pattern string) string {
	found := regexp.MustCompile(pattern).FindStringSubmatch(page)
	if found == nil {
		return ""
	}
	return html.UnescapeString(found[1])
}
