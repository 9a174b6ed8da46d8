package api_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/parley-chat/parley/internal/desk"
	"github.com/parley-chat/parley/internal/emulator"
	"github.com/parley-chat/parley/internal/transcript"
)

// agent is an agent in an answer of the desk.
func (w *world) agent(id string) map[string]any {
	w.t.Helper()
	for _, a := range list(w.get("/api/desk").at("agents")) {
		if object(a)["id"] == id {
			return object(a)
		}
	}
	return nil
}

// A chat as an agent has it, from waiting to its end.
func TestDesk(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{emulator: emulator.Config{Queues: []string{"Billing"}}})
	ann, bob := w.hire("Ann"), w.hire("Bob / <b>\u202e")
	c := w.open(`{"ParticipantDetails":{"DisplayName":"Pat"}}`)
	desk := w.get("/api/desk")
	if desk.text("queues", 0, "name") != "Default" || desk.text("queues", 0, "waiting", 0, "customer") != "Pat" || desk.text("queues", 1, "name") != "Billing" {
		t.Fatalf("%s", desk.Body)
	}
	about := map[string]any{"contactId": c.id}
	w.must(http.MethodPost, "/api/desk/agents/"+bob+"/reject", about)
	if got := w.get("/api/desk"); got.text("queues", 0, "waiting", 0, "rejectedBy", 0) != "Bob / <b>\u202e" {
		t.Errorf("rejected: %s", got.Body)
	}
	joined := w.must(http.MethodPost, "/api/desk/agents/"+ann+"/accept", about).text("participantId")
	if again := w.must(http.MethodPost, "/api/desk/agents/"+ann+"/accept", about).text("participantId"); again != joined {
		t.Errorf("accepting again: %s, then %s", joined, again)
	}
	in := "/api/desk/agents/" + ann + "/contacts/" + c.id
	w.must(http.MethodPost, in+"/typing", nil)
	said := w.must(http.MethodPost, in+"/messages", map[string]any{"content": "Hello."})
	w.must(http.MethodPost, in+"/messages", map[string]any{"content": "**Hello.**", "contentType": "text/plain"})
	heard := c.say("Hi.").text("Id")
	w.must(http.MethodPost, in+"/read", map[string]any{"messageId": heard})
	if uuid.Validate(said.text("id")) != nil {
		t.Errorf("said: %s", said.Body)
	}
	for body, field := range map[string]string{
		`{}`: "content", `{"content":""}`: "content", `{"content":"x","contentType":"text/html"}`: "contentType",
		`{"content":"` + strings.Repeat("x", 16385) + `"}`: "content",
	} {
		w.refused(w.call(http.MethodPost, in+"/messages", body), 400, "BadRequest", field)
	}
	w.refused(w.call(http.MethodPost, in+"/read", `{}`), 400, "BadRequest", "messageId")
	for _, id := range []string{"nosuch", "\"}", "\x00\u2028"} {
		if got := w.call(http.MethodPost, in+"/read", map[string]any{"messageId": id}); got.Status != 400 {
			t.Errorf("reading %q: %s", id, got.status())
		}
	}

	// A supervisor comes and goes; an agent is named by the name as well.
	named := "/api/desk/agents/" + url.PathEscape("Bob / <b>\u202e")
	w.must(http.MethodPost, named+"/supervise", about)
	if got := w.agent(bob); text1(object(list(got["contacts"])[0])["role"]) != "SUPERVISOR" {
		t.Errorf("supervising: %v", got)
	}
	w.must(http.MethodPost, in+"/read", map[string]any{"messageId": heard}) // of three, and nobody is told
	w.must(http.MethodPost, named+"/contacts/"+c.id+"/leave", nil)

	// Another agent is asked, and comes.
	for body, field := range map[string]string{`{}`: "agentId", `{"agentId":"x","afterSeconds":3601}`: "afterSeconds"} {
		w.refused(w.call(http.MethodPost, in+"/invite", body), 400, "BadRequest", field)
	}
	w.refused(w.call(http.MethodPost, in+"/invite", map[string]any{"agentId": "Ann"}), 409, "Conflict", "")
	w.must(http.MethodPost, in+"/invite", map[string]any{"agentId": bob})
	if got := object(list(w.agent(bob)["invitations"])[0]); got["contactId"] != c.id || got["by"] != "Ann" {
		t.Errorf("invited: %v", got)
	}
	w.must(http.MethodPost, named+"/reject", about)
	w.must(http.MethodPatch, "/api/desk/agents/"+bob, map[string]any{"autoAccept": true})
	w.must(http.MethodPost, in+"/invite", map[string]any{"agentId": bob})
	w.eventually("Bob is there", func() bool { return len(list(w.agent(bob)["contacts"])) == 1 })
	w.must(http.MethodPatch, "/api/desk/agents/"+bob, map[string]any{"autoAccept": false})
	w.must(http.MethodPost, named+"/contacts/"+c.id+"/leave", nil)

	// To a queue, to somebody else, and out.
	queue := w.get("/api/desk").text("queues", 1, "id")
	w.must(http.MethodPost, in+"/transfer", map[string]any{"queueId": queue})
	if got := w.get("/api/desk"); got.text("queues", 1, "waiting", 0, "contactId") != c.id {
		t.Errorf("transferred: %s", got.Body)
	}
	w.refused(w.call(http.MethodPost, in+"/messages", map[string]any{"content": "x"}), 409, "Conflict", "")
	w.refused(w.call(http.MethodPost, in+"/typing", nil), 409, "Conflict", "")
	w.refused(w.call(http.MethodPost, in+"/read", map[string]any{"messageId": heard}), 409, "Conflict", "")
	w.refused(w.call(http.MethodPost, in+"/transfer", map[string]any{"queueId": queue}), 409, "Conflict", "")
	w.refused(w.call(http.MethodPost, in+"/leave", nil), 409, "Conflict", "")
	w.refused(w.call(http.MethodPost, in+"/attachments?name=a.txt", "abc"), 409, "Conflict", "")
	w.must(http.MethodPost, "/api/desk/agents/Ann/accept", about)
	for _, body := range []string{`{}`, `{"queueId":"` + queue + `","agentId":"Ann"}`} {
		w.refused(w.call(http.MethodPost, in+"/transfer", body), 400, "BadRequest", "queueId")
	}
	w.must(http.MethodPatch, "/api/desk/agents/"+bob, map[string]any{"state": "away"})
	w.refused(w.call(http.MethodPost, in+"/transfer", map[string]any{"agentId": bob}), 409, "Conflict", "")
	w.refused(w.call(http.MethodPost, in+"/transfer", map[string]any{"agentId": "Nobody"}), 404, "NotFound", "")
	if got := string(w.get("/api/contacts/" + c.id + "/transcript").Body); strings.Count(got, "transfer.failed") != 2 {
		t.Errorf("transfers that failed: %s", got)
	}
	w.must(http.MethodPatch, "/api/desk/agents/"+bob, map[string]any{"state": "available"})
	w.must(http.MethodPost, in+"/transfer", map[string]any{"agentId": bob})
	w.must(http.MethodPost, named+"/contacts/"+c.id+"/leave", nil)
	if got := w.get("/api/contacts/" + c.id).text("state"); got != "ended" {
		t.Errorf("it is %s", got)
	}
	for _, call := range []string{"accept", "reject", "supervise"} {
		w.refused(w.call(http.MethodPost, "/api/desk/agents/"+ann+"/"+call, about), 404, "NotFound", "")
	}
}

func TestAgents(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	ann := w.hire("Ann")
	if again := w.hire("Ann"); again != ann {
		t.Error("Ann came back as somebody else")
	}
	if got := w.agent(ann); got["capacity"] != 10.0 || got["state"] != "available" || got["scripted"] != false {
		t.Errorf("Ann: %v", got)
	}
	changed := w.must(http.MethodPatch, "/api/desk/agents/"+ann, map[string]any{"state": "offline", "capacity": 1})
	if changed.text("state") != "offline" || changed.at("capacity") != 1.0 {
		t.Errorf("changed: %s", changed.Body)
	}
	if got := w.must(http.MethodPatch, "/api/desk/agents/"+ann, nil); got.text("state") != "offline" {
		t.Errorf("no change: %s", got.Body)
	}
	echoes := w.must(http.MethodPost, "/api/desk/agents", map[string]any{"name": "Echo", "script": "echo", "count": 3, "capacity": 2, "state": "offline"})
	for i, want := range []string{"Echo", "Echo 2", "Echo 3"} {
		if got := echoes.text("agents", i, "name"); got != want || echoes.at("agents", i, "capacity") != 2.0 || echoes.at("agents", i, "scripted") != true {
			t.Errorf("echo %d: %s", i, echoes.Body)
		}
	}
	script := w.must(http.MethodPost, "/api/desk/agents", map[string]any{"script": "name: Bot\ncount: 2\nrules:\n  - match: hi\n    reply: Hello.\n"})
	if script.text("agents", 1, "name") != "Bot 2" {
		t.Errorf("script: %s", script.Body)
	}
	for _, name := range []string{"Bot", "Bot%202"} {
		w.must(http.MethodDelete, "/api/desk/agents/"+name, nil)
	}
	for body, field := range map[string]string{
		`{}`: "name", `{"name":" "}`: "name", `{"name":"` + strings.Repeat("x", 257) + `"}`: "name", `{"name":"a\u0000"}`: "name", `{"name":"a\nb"}`: "name",
		`{"name":"A","state":"busy"}`: "state", `{"name":"A","capacity":-1}`: "capacity", `{"name":"A","capacity":10001}`: "capacity",
		`{"name":"A","count":2}`: "count", `{"name":"A","count":-1}`: "count", `{"name":"A","script":"echo","count":10001}`: "count",
		`{"script":"nonsense"}`: "script", `{"script":"name: A\nrules: 3\nnosuch: 1\n"}`: "script", `{"script":"\u0000"}`: "script",
	} {
		w.refused(w.call(http.MethodPost, "/api/desk/agents", body), 400, "BadRequest", field)
	}
	got := w.call(http.MethodPost, "/api/desk/agents", `{"script":"name: A\nrules: 3\nnosuch: 1\n"}`)
	if sentence := got.text("error"); !strings.Contains(sentence, "cript:2:") || !strings.Contains(sentence, "script:3:") {
		t.Errorf("not every mistake is told: %s", sentence)
	}
	for body, field := range map[string]string{`{"state":""}`: "state", `{"capacity":-1}`: "capacity"} {
		w.refused(w.call(http.MethodPatch, "/api/desk/agents/"+ann, body), 400, "BadRequest", field)
	}
	w.must(http.MethodPatch, "/api/desk/agents/"+ann, map[string]any{"state": "available"})
	w.refused(w.call(http.MethodPost, "/api/desk/agents", map[string]any{"name": "Ann", "script": "echo"}), 409, "Conflict", "")

	// Who is full or away gets nothing; who leaves gives back.
	one, two := w.open(""), w.open("")
	w.must(http.MethodPost, "/api/desk/agents/"+ann+"/accept", map[string]any{"contactId": one.id})
	w.refused(w.call(http.MethodPost, "/api/desk/agents/"+ann+"/accept", map[string]any{"contactId": two.id}), 409, "Conflict", "")
	w.must(http.MethodDelete, "/api/desk/agents/"+ann, nil)
	if w.agent(ann) != nil || len(list(w.get("/api/desk").at("queues", 0, "waiting"))) != 2 {
		t.Errorf("after Ann has gone: %s", w.get("/api/desk").Body)
	}
	bob := w.hire("Bob")
	w.must(http.MethodPost, "/api/desk/agents/"+bob+"/supervise", map[string]any{"contactId": one.id})
	w.must(http.MethodDelete, "/api/desk/agents/"+bob, nil)
}

// Of two who accept at once one gets the chat, and the other is told who.
func TestAcceptRace(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	names := []string{"Ann", "Bob", "Cem"}
	for _, name := range names {
		w.must(http.MethodPost, "/api/desk/agents", map[string]any{"name": name, "capacity": 100})
	}
	for range 20 {
		c := w.open("")
		answers := make([]answer, len(names))
		var all sync.WaitGroup
		for i, name := range names {
			all.Go(func() {
				answers[i] = w.call(http.MethodPost, "/api/desk/agents/"+name+"/accept", map[string]any{"contactId": c.id})
			})
		}
		all.Wait()
		winner := ""
		for i, got := range answers {
			if got.Status == http.StatusOK {
				if winner != "" {
					t.Fatalf("%s and %s both have it", winner, names[i])
				}
				winner = names[i]
			}
		}
		if winner == "" {
			t.Fatal("nobody has it")
		}
		for i, got := range answers {
			if names[i] == winner {
				continue
			}
			if sentence := w.refused(got, 409, "AlreadyAccepted", ""); !strings.Contains(sentence, winner) {
				t.Errorf("%s is told: %s", names[i], sentence)
			}
		}
		got := w.call(http.MethodPost, "/api/desk/agents/"+names[0]+"/reject", map[string]any{"contactId": c.id})
		w.refused(got, 409, "AlreadyAccepted", "")
	}
}

// A contact that ends while it is answered.
func TestEndsWhileAnswered(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	ann := w.hire("Ann")
	for range 10 {
		c := w.accepted(ann)
		in := "/api/desk/agents/" + ann + "/contacts/" + c.id
		var all sync.WaitGroup
		all.Go(func() { w.must(http.MethodPost, "/api/contacts/"+c.id+"/end", nil) })
		for _, call := range []string{"/typing", "/leave", "/messages", "/transfer"} {
			body := map[string]any{"/messages": map[string]any{"content": "x"}, "/transfer": map[string]any{"queueId": "Default"}}[call]
			all.Go(func() {
				if got := w.call(http.MethodPost, in+call, body); got.Status >= 500 || got.Status == 403 {
					t.Errorf("%s: %s", call, got.status())
				}
			})
		}
		all.Wait()
		w.refused(w.call(http.MethodPost, in+"/messages", map[string]any{"content": "x"}), 404, "NotFound", "")
	}
	// And one whose agent joins as a supervisor while being removed.
	w.must(http.MethodDelete, "/api/desk/agents/"+ann, nil)
}

// Every sample of the gallery can be sent.
func TestTemplates(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	ann := w.hire("Ann")
	c := w.open(`{"SupportedMessagingContentTypes":["text/plain","application/vnd.amazonaws.connect.message.interactive","application/vnd.amazonaws.connect.message.interactive.response"]}`)
	w.must(http.MethodPost, "/api/desk/agents/"+ann+"/accept", map[string]any{"contactId": c.id})
	templates := list(w.get("/api/templates").at("templates"))
	if len(templates) < 6 {
		t.Fatalf("%d templates", len(templates))
	}
	for _, sample := range templates {
		w.must(http.MethodPost, "/api/desk/agents/"+ann+"/contacts/"+c.id+"/messages", map[string]any{
			"contentType": "application/vnd.amazonaws.connect.message.interactive", "content": encode(t, object(sample)["example"]),
		})
	}
}

// The scripted agents of CI answer chats that wait.
func TestScriptedAgent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	w.must(http.MethodPost, "/api/desk/agents", map[string]any{"script": "name: Bot\ntyping: 0s\nrules:\n  - contains: order\n    reply: It is on its way.\n", "count": 2})
	for i := range 4 {
		c := w.open("")
		c.say(fmt.Sprintf("my order %d", i))
		w.eventually("the agent answers", func() bool {
			return strings.Contains(string(w.get("/api/contacts/"+c.id+"/transcript").Body), "It is on its way.")
		})
	}
}

// TestRowA6Desk: the desk does not send content that breaks widgets, and says which member does.
func TestRowA6Desk(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	ann := w.hire("Ann")
	c := w.open(`{"ParticipantDetails":{"DisplayName":"Pat"},"SupportedMessagingContentTypes":["text/plain","` + transcript.Interactive + `"]}`)
	w.must(http.MethodPost, "/api/desk/agents/"+ann+"/accept", map[string]any{"contactId": c.id})
	in := "/api/desk/agents/" + ann + "/contacts/" + c.id + "/messages"
	for content, path := range map[string]string{
		`{oops`: "not a JSON object",
		`[]`:    "not a JSON object",
		`{"templateType":"ListPicker","version":"1.0"}`:                                                               "data.content is missing",
		`{"templateType":"ListPicker","version":"1.0","data":{"content":{"title":"x","elements":[{}]}}}`:              "data.content.elements[0].title is missing",
		`{"templateType":"QuickReply","version":"1.0","data":{"content":{"title":"x","elements":[{"title":"Yes"}]}}}`: "data.content.elements must have at least 2, but has 1",
	} {
		body := map[string]any{"content": content, "contentType": transcript.Interactive}
		sentence := w.refused(w.call(http.MethodPost, in, body), 400, "BadRequest", "content")
		if !strings.Contains(sentence, path) {
			t.Errorf("%s: %q does not say %q", content, sentence, path)
		}
	}
}

// TestRowA15API: an agent's message comes in pieces when the call and the chat ask for it; the answer names
// the message that the transcript has in the end.
func TestRowA15API(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	ann := w.hire("Ann")
	for start, pieces := range map[string]bool{
		`{"ParticipantConfiguration":{"ResponseMode":"INCREMENTAL"}}`: true, `{}`: false,
	} {
		c := w.open(start)
		w.must(http.MethodPost, "/api/desk/agents/"+ann+"/accept", map[string]any{"contactId": c.id})
		holdings := list(w.agent(ann)["contacts"])
		if got := object(holdings[len(holdings)-1])["incremental"]; got != pieces {
			t.Errorf("%s: the desk says incremental %v", start, got)
		}
		in := "/api/desk/agents/" + ann + "/contacts/" + c.id + "/messages"
		said := w.must(http.MethodPost, in, map[string]any{"content": "One two three four five.", "stream": true})
		var whole map[string]any
		w.eventually("the whole is said", func() bool {
			for _, item := range list(w.get("/api/contacts/" + c.id + "/transcript").at("items")) {
				if object(item)["Id"] == said.text("id") {
					whole = object(item)
				}
			}
			return whole != nil
		})
		about := object(whole["MessageMetadata"])
		if whole["Content"] != "One two three four five." || (about["MessageCompleted"] == true) != pieces {
			t.Errorf("%s: the transcript has %v", start, whole)
		}
	}
}

// A sign-in is asked for and ended by calls, and the customer's new name shows wherever the customer does.
func TestRowA16SignIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	ann := w.hire("Ann")
	c := w.accepted(ann)
	path := "/api/contacts/" + c.id + "/sign-in"
	for body, field := range map[string]string{
		`{}`: "outcome", `{"outcome":"done"}`: "outcome", `{"outcome":"expired"}`: "outcome", `{"outcome":"failed","displayName":"Ada"}`: "displayName",
		`{"displayName":"` + strings.Repeat("x", 257) + `"}`: "displayName",
	} {
		w.refused(w.call(http.MethodPost, path, body), 400, "BadRequest", field)
	}
	for _, outcome := range []string{"failed", "timeout", "expired", "cancelled"} {
		w.must(http.MethodPost, path, map[string]any{"outcome": "asked"})
		w.must(http.MethodPost, path, map[string]any{"outcome": outcome})
	}
	w.must(http.MethodPost, path, map[string]any{"outcome": "asked"})
	w.must(http.MethodPost, path, map[string]any{"outcome": "succeeded", "displayName": "Ada"})
	if got := w.get("/api/contacts/" + c.id); got.text("customer") != "Ada" || got.text("participants", 0, "displayName") != "Ada" {
		t.Errorf("%s", got.Body)
	}
	if got := w.agent(ann); text1(object(list(got["contacts"])[0])["customer"]) != "Ada" {
		t.Errorf("at the desk: %v", got)
	}
	w.must(http.MethodPost, path, map[string]any{"displayName": "Ada Lovelace"})
	c.say("hello")
	items := list(w.get("/api/contacts/" + c.id + "/transcript").at("items"))
	if last := object(items[len(items)-1]); last["DisplayName"] != "Ada Lovelace" {
		t.Errorf("said by %v", last)
	}
	w.must(http.MethodPost, "/api/contacts/"+c.id+"/end", nil)
	w.refused(w.call(http.MethodPost, path, `{"displayName":"Eve"}`), 404, "NotFound", "")
}

// Who names what is not there reads the name again, and what there is where that is a short list.
func TestRowA2NamesThatMeanNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{emulator: emulator.Config{}})
	c := w.open(`{"ParticipantDetails":{"DisplayName":"Pat"}}`)
	ann := w.hire("Ann")
	w.must(http.MethodPost, "/api/desk/agents/"+ann+"/accept", map[string]any{"contactId": c.id})
	for _, tt := range []struct{ path, body, says string }{
		{"/api/faults/presets/deplo", "", `There is no preset "deplo"; there are deploy, `},
		{"/api/desk/agents/Ane/accept", `{"contactId":"` + c.id + `"}`, `There is no such agent: "Ane".`},
		{"/api/desk/agents/" + ann + "/contacts/" + c.id + "/transfer", `{"queueId":"Sals"}`, `There is no such queue: "Sals".`},
	} {
		if said := w.refused(w.call(http.MethodPost, tt.path, tt.body), 404, "NotFound", ""); !strings.HasPrefix(said, tt.says) {
			t.Errorf("%s: %s", tt.path, said)
		}
	}
}

// A person answers in the place of a script; not in that of another person.
func TestRowC2TakeOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{emulator: emulator.Config{Partner: true}})
	c := w.open(`{"ParticipantDetails":{"DisplayName":"Pat"}}`)
	ann, ben := w.hire("Ann"), w.hire("Ben")
	about := map[string]any{"contactId": c.id}
	joined := w.must(http.MethodPost, "/api/desk/agents/"+ann+"/take-over", about).text("participantId")
	if uuid.Validate(joined) != nil {
		t.Errorf("joined as %q", joined)
	}
	w.refused(w.call(http.MethodPost, "/api/desk/agents/"+ben+"/take-over", about), 409, "AlreadyAccepted", "")
}

// A person with a window is one as long as a stream says so: how the desk counts is tested there.
func TestRowC1WindowsOfStreams(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{emulator: emulator.Config{}})
	s := w.listen("topics=desk&agent=Ann&agent=Ben", "")
	s.wantHello()
	added := w.must(http.MethodPost, "/api/desk/agents", map[string]any{"name": "Ann", "window": true})
	if got := added.text("agents", 0, "state"); got != "available" {
		t.Errorf("Ann is %s", got)
	}
	s.close()
}

// A status of the instance is shown with the state it means, until the desk says another state.
func TestStatusOfAnAgent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	w.must(http.MethodPost, "/api/desk/agents", map[string]any{"name": "Ann"})
	away := desk.Away
	if _, err := w.emulator.Desk().Change("Ann", desk.AgentChange{State: &away, Status: "Lunch"}); err != nil {
		t.Fatal(err)
	}
	ann := w.get("/api/desk").text("agents", 0, "id")
	if got := w.agent(ann); got["state"] != "away" || got["status"] != "Lunch" {
		t.Errorf("with a status: %v", got)
	}
	w.must(http.MethodPatch, "/api/desk/agents/"+ann, map[string]any{"state": "available"})
	if got := w.agent(ann); got["state"] != "available" || got["status"] != nil {
		t.Errorf("with a state of the desk: %v", got)
	}
}
