package emulator_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/emulator"
)

// saying is the body of a request with a flow that says something and then disconnects, or does what
// the last action says.
func saying(t *testing.T, members map[string]any, text, last string) string {
	t.Helper()
	const flow = `{"Version":"2019-10-30","StartAction":"say","Actions":[
		{"Identifier":"say","Type":"MessageParticipant","Parameters":{"Text":"TEXT"},"Transitions":{"NextAction":"last","Errors":[{"NextAction":"last","ErrorType":"NoMatchingError"}]}},
		LAST,{"Identifier":"end","Type":"DisconnectParticipant","Parameters":{},"Transitions":{}}]}`
	content := strings.NewReplacer("TEXT", text, "LAST", last).Replace(flow)
	if last == back { // a module, which needs no action to end a chat
		content = strings.Replace(content, `,{"Identifier":"end","Type":"DisconnectParticipant","Parameters":{},"Transitions":{}}]`, `],"Settings":{}`, 1)
	}
	body := map[string]any{"Content": content}
	maps.Copy(body, members)
	data, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// The last action of a module, and of a flow.
const (
	back = `{"Identifier":"last","Type":"EndFlowModuleExecution","Parameters":{},"Transitions":{}}`
	ends = `{"Identifier":"last","Type":"DisconnectParticipant","Parameters":{},"Transitions":{}}`
)

// A flow that was created through the API runs at once and after a restart, with the modules it calls;
// another content, archiving and deletion count for the next chat.
func TestDeployedFlowRuns(t *testing.T) {
	t.Parallel()
	const flows, modules = "/contact-flows/" + emulator.DefaultInstanceID, "/contact-flow-modules/" + emulator.DefaultInstanceID
	cfg := emulator.Config{DataDir: t.TempDir()}
	w := newWorld(t, cfg)

	module := w.must(http.MethodPut, modules, "", saying(t, map[string]any{"Name": "Hours"}, "we are open", back))
	w.must(http.MethodPut, modules+"/"+text(module, "Id")+"/version", "", `{}`)
	w.must(http.MethodPost, modules+"/"+text(module, "Id")+"/content", "", saying(t, nil, "we are closed", back))
	calls := func(ref string) string {
		return `{"Identifier":"last","Type":"InvokeFlowModule","Parameters":{"FlowModuleId":"` + ref +
			`"},"Transitions":{"NextAction":"end","Errors":[{"NextAction":"end","ErrorType":"NoMatchingError"}]}}`
	}
	created := w.must(http.MethodPut, flows, "", saying(t, map[string]any{"Name": "Main", "Type": "CONTACT_FLOW"}, "hello", calls(text(module, "Arn")+":1")))
	id := text(created, "ContactFlowId")
	hears := func(w *world, id string, lines ...string) {
		t.Helper()
		pat := w.open(`{"ContactFlowId":"` + id + `"}`)
		for _, line := range append(lines, "chat.ended") {
			pat.await(line)
		}
	}
	hears(w, id, "hello", "we are open")

	w.must(http.MethodPost, flows+"/"+id+"/content", "", saying(t, nil, "welcome", calls(text(module, "Id")+":$LATEST")))
	w.must(http.MethodPost, flows+"/"+id+"%3A%24SAVED/content", "", `{"Content":"{}"}`)
	hears(w, text(created, "ContactFlowArn"), "welcome", "we are closed")
	if status, answer := w.call(http.MethodPost, flows+"/"+id+"/content", "", `{"Content":"{\"Actions\":[]}"}`); status != 400 {
		t.Errorf("a broken flow was published: %d %v", status, answer)
	}
	w.close()

	w = newWorld(t, cfg)
	hears(w, id, "welcome", "we are closed")
	if described := w.must(http.MethodGet, flows+"/"+id+"%3A%24SAVED", "", ""); text(described, "ContactFlow", "Content") != "{}" {
		t.Errorf("after a restart: %v", described)
	}
	for state, want := range map[string]int{"ARCHIVED": 404, "ACTIVE": 200} {
		w.must(http.MethodPost, flows+"/"+id+"/metadata", "", `{"ContactFlowState":"`+state+`"}`)
		if status, answer := w.call(http.MethodPost, "/startChatContact", "", `{"ContactFlowId":"`+id+`"}`); (status == 200) != (want == 200) {
			t.Errorf("%s: %d %v", state, status, answer)
		}
	}
	w.must(http.MethodDelete, flows+"/"+id, "", "")
	if status, _ := w.call(http.MethodGet, flows+"/"+id, "", ""); status != 404 {
		t.Errorf("a deleted flow is described: %d", status)
	}
	w.close()
	w = newWorld(t, cfg)
	if status, _ := w.call(http.MethodGet, flows+"/"+id, "", ""); status != 404 {
		t.Errorf("a deleted flow came back: %d", status)
	}
}

// A flow as large as one may be passes, whatever of it has to be escaped.
func TestLargestFlow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Config{Ephemeral: true})
	create := func(characters int) (int, map[string]any) {
		body := saying(t, map[string]any{"Name": "Large", "Type": "CONTACT_FLOW"}, "PAD", ends)
		var members map[string]string
		if err := json.Unmarshal([]byte(body), &members); err != nil {
			t.Fatal(err)
		}
		content := members["Content"]
		members["Content"] = strings.Replace(content, "PAD", strings.Repeat("<", characters-len(content)+len("PAD")), 1)
		data, err := json.Marshal(members) // which writes < in six characters
		if err != nil {
			t.Fatal(err)
		}
		return w.call(http.MethodPut, "/contact-flows/i", "", string(data))
	}
	if status, answer := create(256_000); status != 200 {
		t.Errorf("%d %v", status, answer)
	}
	if status, answer := create(256_001); status != 400 {
		t.Errorf("%d %v", status, answer)
	}
}

// A flow shows a view that was created by a call, by each of its names, and the customer's client finds
// its template and actions: of what is published, of what was saved since, and of a version, also after a
// restart.
func TestRowB10CreatedViewIsShown(t *testing.T) {
	t.Parallel()
	const views = "/views/" + emulator.DefaultInstanceID
	cfg := emulator.Config{DataDir: t.TempDir()}
	w := newWorld(t, cfg)
	template := func(title string) string { return `{\"Head\":{\"Title\":\"` + title + `\"},\"Body\":[]}` }
	view := func(title, status, action string) string {
		return `{"Name":"How was it","Status":"` + status + `","Content":{"Template":"` + template(title) + `","Actions":["` + action + `"]}}`
	}
	created := w.must(http.MethodPut, views, "", view("one", "PUBLISHED", "First"))["View"].(map[string]any)
	id, arn := text(created, "Id"), text(created, "Arn")
	w.must(http.MethodPut, views+"/"+id+"/versions", "", `{}`)
	w.must(http.MethodPost, views+"/"+id, "", view("two", "PUBLISHED", "Second"))
	w.must(http.MethodPost, views+"/"+id, "", view("three", "SAVED", "Third"))
	shows := func(ref, title, action string) {
		t.Helper()
		show := `{"Identifier":"last","Type":"ShowView","Parameters":{"ViewResource":{"Id":"` + ref + `"},"InvocationTimeLimitSeconds":"400","ViewData":{"a":"b"}},
			"Transitions":{"NextAction":"end","Conditions":[],"Errors":[{"NextAction":"end","ErrorType":"NoMatchingError"},{"NextAction":"end","ErrorType":"NoMatchingCondition"},{"NextAction":"end","ErrorType":"TimeLimitExceeded"}]}}`
		flow := w.must(http.MethodPut, "/contact-flows/"+emulator.DefaultInstanceID, "", saying(t, map[string]any{"Name": ref, "Type": "CONTACT_FLOW"}, "hello", show))
		pat := w.open(`{"ContactFlowId":"` + text(flow, "ContactFlowId") + `","SupportedMessagingContentTypes":["text/plain","application/vnd.amazonaws.connect.message.interactive","application/vnd.amazonaws.connect.message.interactive.response"]}`)
		item := pat.await("message.interactive")
		var message struct {
			Data struct {
				Content struct{ ViewID, ViewToken string }
			}
		}
		if err := json.Unmarshal([]byte(text(item, "Content")), &message); err != nil || strings.Contains(message.Data.Content.ViewID, ":") {
			t.Fatalf("%v: %v", item, err)
		}
		got := w.must(http.MethodGet, "/participant/views/"+url.PathEscape(message.Data.Content.ViewToken), pat.bearer, "")["View"].(map[string]any)
		content, _ := got["Content"].(map[string]any)
		if text(got, "Name") != "How was it" || text(got, "Id") != id || !strings.Contains(text(content, "Template"), title) || content["Actions"].([]any)[0] != action {
			t.Errorf("%s: %v", ref, got)
		}
	}
	shows(id, "two", "Second")
	shows(arn+":$SAVED", "three", "Third")
	shows(arn+":1", "one", "First")
	shows("How was it", "two", "Second")
	w.close()
	w = newWorld(t, cfg)
	shows(arn, "two", "Second")
	w.must(http.MethodDelete, views+"/"+id, "", "")
}
