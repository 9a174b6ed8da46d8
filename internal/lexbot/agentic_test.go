package lexbot_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowrun"
	"github.com/parley-chat/parley/internal/flowtest"
	"github.com/parley-chat/parley/internal/lex"
	"github.com/parley-chat/parley/internal/lexbot"
	"github.com/parley-chat/parley/internal/lexfile"
	"github.com/parley-chat/parley/internal/transcript"
)

// agent is the address of an AI agent, which keeps what it was asked.
type agent struct {
	*httptest.Server
	mu    sync.Mutex
	asked []map[string]any
}

// newAgent returns an agent that answers what a function says of the customer's text.
func newAgent(t *testing.T, answer func(text string) string) *agent {
	t.Helper()
	a := &agent{}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var q map[string]any
		if err := json.Unmarshal(body, &q); err != nil || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s %s: %v", r.Method, body, err)
		}
		a.mu.Lock()
		a.asked = append(a.asked, q)
		a.mu.Unlock()
		text := answer(q["text"].(string))
		if strings.HasPrefix(text, "50") {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_, _ = io.WriteString(w, text)
	}))
	t.Cleanup(a.Close)
	return a
}

const handedOver = `{"Version":"2019-10-30","StartAction":"cx","Actions":[
	{"Identifier":"cx","Type":"ConnectParticipantWithAgenticCX","Parameters":{"AgentConfiguration":{"WorkspaceId":"w","ApplicationId":"app-1","Alias":"live","ContextVariables":{"customer":"$.Attributes.name","tier":"gold"}}},
	 "Transitions":{"NextAction":"done","Conditions":[{"NextAction":"human","Condition":{"Operator":"Equals","Operands":["Escalation"]}}],
	  "Errors":[{"NextAction":"idle","ErrorType":"InputTimeLimitExceeded"},{"NextAction":"bad","ErrorType":"NoMatchingCondition"},{"NextAction":"bad","ErrorType":"NoMatchingError"}]}},
	{"Identifier":"done","Type":"MessageParticipant","Parameters":{"Text":"done: $.AgenticCX.ContextVariables.order, $.AgenticCX.ContextVariables.tier"},"Transitions":{"NextAction":"end","Errors":[{"NextAction":"end","ErrorType":"NoMatchingError"}]}},
	{"Identifier":"human","Type":"MessageParticipant","Parameters":{"Text":"a person for $.AgenticCX.ContextVariables.customer"},"Transitions":{"NextAction":"end","Errors":[{"NextAction":"end","ErrorType":"NoMatchingError"}]}},
	{"Identifier":"idle","Type":"MessageParticipant","Parameters":{"Text":"nobody there"},"Transitions":{"NextAction":"end","Errors":[{"NextAction":"end","ErrorType":"NoMatchingError"}]}},
	{"Identifier":"bad","Type":"MessageParticipant","Parameters":{"Text":"it failed"},"Transitions":{"NextAction":"end","Errors":[{"NextAction":"end","ErrorType":"NoMatchingError"}]}},
	{"Identifier":"end","Type":"DisconnectParticipant","Parameters":{},"Transitions":{}}]}`

// visit runs a chat through a flow, and returns who said what, and the notes of its blocks.
func visit(t *testing.T, document string, outside flowrun.Outside, says ...string) (said, notes []string) {
	t.Helper()
	sources, findings := flow.Read("main.json", []byte(document))
	if len(findings) > 0 {
		t.Fatal(findings)
	}
	program, findings := flow.Compile(sources[0])
	if program == nil {
		t.Fatal(findings)
	}
	library := flowrun.NewLibrary(nil)
	library.Set([]*flow.Program{program})
	result, err := flowtest.Run(t.Context(), library, flowtest.Script{Flow: program.ID(), Name: "Ann", Attributes: map[string]string{"name": "Ann"}, Says: says, Outside: outside})
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range result.Transcript {
		if l.ContentType == transcript.TextPlain {
			said = append(said, l.From+": "+l.Text)
		}
	}
	for _, p := range result.Way {
		if p.Note != "" {
			notes = append(notes, p.Branch+"|"+p.Note)
		}
	}
	return said, append(notes, result.Notes...)
}

func applications(t *testing.T, entries map[string]lexbot.Application) *lexbot.Applications {
	t.Helper()
	a, err := lexbot.NewApplications(entries, nil)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// An application of the configuration greets, holds the conversation, and hands it over: by each of its
// ways out, with its variables.
func TestPoint4AgenticCXConfigured(t *testing.T) {
	t.Parallel()
	configured := applications(t, map[string]lexbot.Application{"app-*": {
		Greeting: "Ask me.", Idle: "90s", Answers: &lexbot.Service{Answers: []lex.Generated{
			{When: "person", Say: "One moment.", Tool: "Escalate"},
			{When: "bye", Tool: "Complete", Attributes: map[string]string{"order": "17"}},
			{Say: "Nine to five.", Attributes: map[string]string{"asked": "hours"}},
		}},
	}})
	for _, test := range []struct{ says, want []string }{
		{[]string{"when?", "a Person"}, []string{"BOT: Ask me.", "Ann: when?", "BOT: Nine to five.", "Ann: a Person", "BOT: One moment.", "SYSTEM_MESSAGE: a person for Ann"}},
		{[]string{"bye"}, []string{"BOT: Ask me.", "Ann: bye", "SYSTEM_MESSAGE: done: 17, gold"}},
		{[]string{flowtest.Waits}, []string{"BOT: Ask me.", "SYSTEM_MESSAGE: nobody there"}},
	} {
		if said, _ := visit(t, handedOver, configured, test.says...); cmp.Diff(test.want, said) != "" {
			t.Error(test.says, cmp.Diff(test.want, said))
		}
	}
}

// An address gets the text, the variables and the conversation, from the beginning on; its messages,
// variables and tool come to the chat and the flow. What a model keeps to itself is not shown.
func TestPoint4AgenticCXEndpoint(t *testing.T) {
	t.Parallel()
	a := newAgent(t, func(text string) string {
		switch text {
		case "":
			return `{"messages":["<thinking>who?</thinking><message>Hello!</message>"]}`
		case "order":
			return `{"messages":["It is on its way.",{"contentType":"PlainText","content":"Anything else?"}],"attributes":{"order":"17"}}`
		}
		return `{"tool":"Complete"}`
	})
	said, notes := visit(t, handedOver, applications(t, map[string]lexbot.Application{"w/app-1": {URL: a.URL + "/agent"}}), "order", "no")
	want := []string{"BOT: Hello!", "Ann: order", "BOT: It is on its way.", "BOT: Anything else?", "Ann: no", "SYSTEM_MESSAGE: done: 17, gold"}
	if diff := cmp.Diff(want, said); diff != "" || !strings.Contains(strings.Join(notes, "\n"), "NextAction|the application ends the conversation with its tool Complete") {
		t.Error(diff, notes)
	}
	last := a.asked[len(a.asked)-1]
	if last["contactId"] == "" {
		t.Error("no contact")
	}
	delete(last, "contactId")
	line := func(role, text string) any { return map[string]any{"role": role, "text": text} }
	if diff := cmp.Diff(map[string]any{
		"agent": "app-1", "workspaceId": "w", "alias": "live", "text": "no", "attributes": map[string]any{"customer": "Ann", "tier": "gold", "order": "17"},
		"conversation": []any{line("BOT", "Hello!"), line("CUSTOMER", "order"), line("BOT", "It is on its way."), line("BOT", "Anything else?")},
	}, last); diff != "" {
		t.Error(diff)
	}
	if begin := a.asked[0]; begin["text"] != "" || len(begin["conversation"].([]any)) != 0 {
		t.Error(begin)
	}
}

// What goes wrong takes the error branch, and the note says what to write.
func TestPoint4AgenticCXBranches(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"503 Service Unavailable":                  "503",
		"is not of the form":                       `{"messages":"text"}`,
		"has neither messages nor a tool":          `{}`,
		`has the contentType "Card", which is not`: `{"messages":[{"contentType":"Card","content":"x"}]}`,
		"number": `{"messages":["a"],"attributes":{"n":1}}`,
	} {
		a := newAgent(t, func(text string) string {
			if text == "" {
				return `{}`
			}
			return answer
		})
		said, notes := visit(t, handedOver, applications(t, map[string]lexbot.Application{"*": {URL: a.URL}}), "hi")
		if diff := cmp.Diff([]string{"Ann: hi", "SYSTEM_MESSAGE: it failed"}, said); diff != "" || !strings.Contains(strings.Join(notes, "\n"), name) {
			t.Error(name, diff, notes)
		}
	}
	none := applications(t, map[string]lexbot.Application{"other": {Answers: &lexbot.Service{}}})
	said, notes := visit(t, handedOver, flowrun.Outsides{none})
	if diff := cmp.Diff([]string{"SYSTEM_MESSAGE: it failed"}, said); diff != "" || !strings.Contains(strings.Join(notes, "\n"), `write into parley.yaml, under agentic-cx, "app-1": {answers: [{say: TEXT}]}`) {
		t.Error(diff, notes)
	}
	withBot := strings.Replace(handedOver, `"ConnectParticipantWithAgenticCX","Parameters":{`, `"ConnectParticipantWithLexBot","Parameters":{"Text":"Hi","LexV2Bot":{"AliasArn":"arn:b"},`, 1)
	if said, notes := visit(t, withBot, none); said[0] != "SYSTEM_MESSAGE: it failed" || !strings.Contains(strings.Join(notes, "\n"), `write into parley.yaml, under bots, "arn:b": the file`) {
		t.Error(said, notes)
	}
	unlisted := applications(t, map[string]lexbot.Application{"*": {Answers: &lexbot.Service{Answers: []lex.Generated{{When: "x", Say: "y"}}}}})
	if said, notes := visit(t, handedOver, unlisted, "hi"); said[1] != "SYSTEM_MESSAGE: it failed" || !strings.Contains(strings.Join(notes, "\n"), "none of the answers under agentic-cx.* is for the text") {
		t.Error(said, notes)
	}
	for text, want := range map[string]string{
		`{"idle":"soon","url":"http://x"}`:             `agentic-cx.a: idle is "soon"`,
		`{"answers":"http://x"}`:                       "write url: http://x",
		`{"answers":[{"says":"x"}]}`:                   "an answer has when, say, messages, attributes, tool and end",
		`{"answers":[{"messages":[{"content":"x"}]}]}`: `a message has the contentType ""`,
	} {
		var entry lexbot.Application
		err := json.Unmarshal([]byte(text), &entry)
		if err == nil {
			_, err = lexbot.NewApplications(map[string]lexbot.Application{"a": entry}, nil)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// An AI agent behind a bot's intent may be an address: it gets the session attributes and what was said,
// and hands the conversation back with its tool, which the flow reads as a session attribute.
func TestPoint4AgentBehindBot(t *testing.T) {
	t.Parallel()
	a := newAgent(t, func(text string) string {
		if strings.Contains(text, "人") {
			return `{"messages":["おつなぎします [name]"],"tool":"Escalate","attributes":{"reason":"asked"}}`
		}
		return fmt.Sprintf(`{"messages":[%q,{"contentType":"CustomPayload","content":%q}]}`, "どうぞ", picker)
	})
	config := lexbot.Config{Bots: map[string]lexbot.Bot{"*": {
		Path: filepath.Join(realBots, "cfn-qinconnect-ja", "template.yaml"), Answers: map[string]lexbot.Service{"AmazonQinConnectOrchestration": {URL: a.URL}},
	}}}
	c := newChat(t, open(t, config), alias)
	c.say("")
	if e := c.say("こんにちは"); !e.Open || replies(e)[0] != "どうぞ" || e.Replies[1].Content != transcript.Interactive {
		t.Errorf("%+v", e)
	}
	c.bots = open(t, config) // after a restart
	e := c.say("人と話したい")
	attributes := e.Results["Lex"].(map[string]any)["SessionAttributes"]
	if diff := cmp.Diff(map[string]any{"customer": "Ann", "Tool": "Escalate", "reason": "asked"}, attributes); diff != "" || e.Open || e.Result != "AmazonQinConnectOrchestration" || replies(e)[0] != "おつなぎします [name]" {
		t.Errorf("%s %+v", diff, e)
	}
	asked := a.asked[1]
	line := func(role, text string) any { return map[string]any{"role": role, "text": text} }
	if diff := cmp.Diff(map[string]any{
		"contactId": "8f0c3a52-6a0e-4c0f-9c47-1f3f3b1d2a11", "agent": "AmazonQinConnectOrchestration", "locale": "ja_JP", "text": "人と話したい", "attributes": map[string]any{"customer": "Ann"},
		"conversation": []any{line("CUSTOMER", "こんにちは"), line("BOT", "どうぞ"), line("BOT", picker)},
	}, asked); diff != "" {
		t.Error(diff)
	}
	a.Close()
	if e := newChat(t, open(t, config), alias).say("もしもし"); e.Kind != flow.Failed || !strings.Contains(e.Note, "calling the AI agent") {
		t.Errorf("%+v", e)
	}
	bot, _, err := lexfile.Open(config.Bots["*"].Path)
	if err != nil {
		t.Fatal(err)
	}
	talk := lexbot.NewTalk(bot, config.Bots["*"], nil, nil)
	if _, err := talk.Say(t.Context(), "もしもし", time.Now()); err == nil {
		t.Error("an agent that is not there answers")
	}
}
