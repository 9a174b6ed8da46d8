package emulator_test

import (
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/google/uuid"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/desk"
	"github.com/parley-chat/parley/internal/emulator"
	"github.com/parley-chat/parley/internal/flowrun"
	"github.com/parley-chat/parley/internal/partner"
	"github.com/parley-chat/parley/internal/transcript"
)

// Without a scripted agent a customer is greeted and waits until a person takes the chat.
func TestAPersonAtTheDesk(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	seen := map[string]int{}
	changes := 0
	w := newWorld(t, emulator.Config{
		Ephemeral: true, Greeting: desk.DefaultGreeting, Queues: []string{"Sales"},
		Observed: func(c *chat.Contact, _ *transcript.Item) {
			mu.Lock()
			defer mu.Unlock()
			seen[c.ID]++
		},
		DeskChanged: func() {
			mu.Lock()
			defer mu.Unlock()
			changes++
		},
	})
	pat := w.open(`{"ParticipantDetails":{"DisplayName":"Pat"}}`)
	if said := pat.await(desk.DefaultGreeting); said["ParticipantRole"] != "SYSTEM" || said["DisplayName"] != "SYSTEM_MESSAGE" {
		t.Errorf("greeted by %v", said)
	}
	d := w.emulator.Desk()
	if _, err := d.Add(desk.AgentConfig{Name: "Ann"}); err != nil {
		t.Fatal(err)
	}
	snapshot := d.Snapshot()
	if len(snapshot.Queues) != 2 || len(snapshot.Queues[0].Waiting) != 1 || snapshot.Queues[0].Waiting[0].ContactID != pat.id {
		t.Fatalf("%+v", snapshot)
	}
	if _, err := d.Accept(t.Context(), "Ann", pat.id); err != nil {
		t.Fatal(err)
	}
	if joined := pat.await("participant.joined"); joined["DisplayName"] != "Ann" {
		t.Errorf("joined: %v", joined)
	}
	file, err := d.SendFile(t.Context(), "Ann", pat.id, desk.Attachment{
		Name: "a.txt", ContentType: "text/plain", Size: 3, Body: strings.NewReader("abc"),
	})
	if err != nil || file.Status != transcript.FileApproved {
		t.Errorf("%+v, %v", file, err)
	}
	if shown := pat.attachment(); shown != "APPROVED" {
		t.Errorf("the attachment is %s", shown)
	}
	if err := d.Leave(t.Context(), "Ann", pat.id); err != nil {
		t.Error(err)
	}
	pat.await("chat.ended")
	mu.Lock()
	defer mu.Unlock()
	if seen[pat.id] != 8 || changes < 4 {
		t.Errorf("observed %d changes of the chat and %d of the desk", seen[pat.id], changes)
	}
}

func TestAgentsOfTheStart(t *testing.T) {
	t.Parallel()
	script, err := partner.Parse("bot.yaml", []byte("name: Bot\ncapacity: 1\ntyping: false\ngreeting: Hello {customer}.\nrules: [{reply: Yes.}]"))
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, emulator.Config{Ephemeral: true, Partner: true, PartnerPause: -1, Agents: []desk.AgentConfig{script.Agents()}})
	names := []string{}
	for range 2 { // both are there, and the one has room for one
		pat := w.open("")
		pat.await("participant.joined") // the customer
		joined := pat.await("participant.joined")
		name, _ := joined["DisplayName"].(string)
		names = append(names, name)
		pat.await("Hello")
	}
	slices.Sort(names)
	if !slices.Equal(names, []string{"Bot", "Parley"}) {
		t.Errorf("answered by %q", names)
	}
	_, err = emulator.New(t.Context(), emulator.Config{Ephemeral: true, Agents: []desk.AgentConfig{{}}})
	if _, ok := errors.AsType[*desk.NameError](err); !ok {
		t.Errorf("an agent without a name: %v", err)
	}
}

// On a default server a backend can add a bot to a chat that the built-in partner answers, and not to
// one that a script answers.
func TestRowA4CreateParticipant(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Config{Ephemeral: true, Partner: true, PartnerPause: -1, Greeting: desk.DefaultGreeting})
	bot := func(pat *page) (int, map[string]any) {
		return w.call(http.MethodPost, "/contact/create-participant", "", `{"InstanceId":"i","ContactId":"`+pat.id+
			`","ParticipantDetails":{"ParticipantRole":"CUSTOM_BOT","DisplayName":"Bot"}}`)
	}
	pat := w.open("")
	pat.await("Hello")
	if status, answer := bot(pat); status != http.StatusOK || text(answer, "ParticipantCredentials", "ParticipantToken") == "" {
		t.Fatalf("%d %v", status, answer)
	}
	if joined := pat.await("participant.joined"); joined["DisplayName"] != "Bot" {
		t.Errorf("joined: %v", joined)
	}
	if left := pat.await("participant.left"); left["DisplayName"] != partner.DefaultName {
		t.Errorf("left: %v", left)
	}
	if status, answer := bot(pat); status != http.StatusConflict || !strings.Contains(text(answer, "message"), "Bot (CUSTOM_BOT)") {
		t.Errorf("a second bot: %d %v", status, answer)
	}
	if _, err := w.emulator.Desk().Add(desk.AgentConfig{Name: "Robin", Partner: partner.Echo{Pause: -1}}); err != nil {
		t.Fatal(err)
	}
	pat = w.open("")
	pat.await("Hello")
	if status, answer := bot(pat); status != http.StatusConflict || !strings.Contains(text(answer, "message"), "Robin (AGENT)") {
		t.Errorf("beside a script: %d %v", status, answer)
	}
}

// Attachments can wait for somebody's decision.
func TestHoldsAttachments(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Config{Ephemeral: true, HoldAttachments: true})
	pat := w.open("")
	started := w.must(http.MethodPost, "/participant/start-attachment-upload", pat.bearer,
		`{"AttachmentName":"a.txt","AttachmentSizeInBytes":3,"ContentType":"text/plain","ClientToken":"`+uuid.NewString()+`"}`)
	w.upload(started, "abc")
	w.must(http.MethodPost, "/participant/complete-attachment-upload", pat.bearer,
		`{"AttachmentIds":["`+text(started, "AttachmentId")+`"],"ClientToken":"`+uuid.NewString()+`"}`)
	if shown := pat.attachment(); shown != "IN_PROGRESS" {
		t.Errorf("the attachment is %s", shown)
	}
	held, err := w.emulator.Chats().Files(t.Context(), "")
	if err != nil || len(held) != 1 || held[0].Status != transcript.FileScanning {
		t.Fatalf("%+v, %v", held, err)
	}
	if err := w.emulator.Chats().Decide(t.Context(), held[0].ID, false); err != nil {
		t.Fatal(err)
	}
	if shown := pat.attachment(); shown != "REJECTED" {
		t.Errorf("the attachment is %s", shown)
	}
}

// attachment returns the state of the next attachment that is shown.
func (p *page) attachment() string {
	p.w.t.Helper()
	list, _ := p.await("ATTACHMENT")["Attachments"].([]any)
	if len(list) != 1 {
		return ""
	}
	shown, _ := list[0].(map[string]any)
	return text(shown, "Status")
}

// A chat whose flow puts it into a queue has a place there, urgent ones before it, until the queue is
// full and a person takes the first.
func TestQueuesOfFlows(t *testing.T) {
	t.Parallel()
	const document = `{"Version":"2019-10-30","StartAction":"q","Actions":[
		{"Identifier":"q","Type":"UpdateContactTargetQueue","Parameters":{"QueueId":"Sales"},"Transitions":{"NextAction":"u","Errors":[{"ErrorType":"NoMatchingError","NextAction":"end"}]}},
		{"Identifier":"u","Type":"Compare","Parameters":{"ComparisonValue":"$.Attributes.urgent"},"Transitions":{"NextAction":"go",
			"Conditions":[{"NextAction":"p","Condition":{"Operator":"Equals","Operands":["yes"]}}],"Errors":[{"ErrorType":"NoMatchingCondition","NextAction":"go"}]}},
		{"Identifier":"p","Type":"UpdateContactRoutingBehavior","Parameters":{"QueuePriority":"1"},"Transitions":{"NextAction":"go"}},
		{"Identifier":"go","Type":"TransferContactToQueue","Parameters":{},"Transitions":{"NextAction":"end",
			"Errors":[{"ErrorType":"QueueAtCapacity","NextAction":"full"},{"ErrorType":"NoMatchingError","NextAction":"end"}]}},
		{"Identifier":"full","Type":"MessageParticipant","Parameters":{"Text":"Too many wait."},"Transitions":{"NextAction":"end"}},
		{"Identifier":"end","Type":"DisconnectParticipant","Parameters":{},"Transitions":{}}]}`
	library := flowrun.NewLibrary(nil)
	if _, _, err := flowrun.NewFolder(fstest.MapFS{"main.json": {Data: []byte(document)}}, library).Load(); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, emulator.Config{Ephemeral: true, Library: library, Capacity: map[string]int{"Sales": 2}})
	d := w.emulator.Desk()
	if _, err := d.Add(desk.AgentConfig{Name: "Ann", Capacity: 2}); err != nil {
		t.Fatal(err)
	}
	usual := w.open(`{"ParticipantDetails":{"DisplayName":"Pat"}}`)
	urgent := w.open(`{"ParticipantDetails":{"DisplayName":"Quin"},"Attributes":{"urgent":"yes"}}`)
	late := w.open(`{"ParticipantDetails":{"DisplayName":"Late"}}`)
	late.await("Too many wait.")
	late.await("chat.ended")
	for id, want := range map[string]float64{urgent.id: 1, usual.id: 2} {
		got := w.must(http.MethodPost, "/metrics/contact", "", `{"InstanceId":"i","ContactId":"`+id+`","Metrics":[{"Name":"POSITION_IN_QUEUE"},{"Name":"ESTIMATED_WAIT_TIME"}]}`)
		results, _ := got["MetricResults"].([]any)
		if len(results) != 2 || !reflect.DeepEqual(results[0], map[string]any{"Name": "POSITION_IN_QUEUE", "Value": map[string]any{"Number": want}}) {
			t.Errorf("metrics %v, not place %v", got, want)
		}
	}
	if _, err := d.Accept(t.Context(), "Ann", urgent.id); err != nil {
		t.Fatal(err)
	}
	urgent.await("participant.joined")
	again := w.open(`{"ParticipantDetails":{"DisplayName":"Again"}}`)
	if place, ok := d.Place(again.id); !ok || place.Position != 2 {
		t.Errorf("%+v, %t", place, ok)
	}
}

// transferring is a library with a flow for each kind of transfer: to the queue that was chosen, and to
// the agent's own queue.
func transferring(t *testing.T) *flowrun.Library {
	t.Helper()
	const into = `{"Identifier":"go","Type":"TransferContactToQueue","Parameters":{},"Transitions":{"NextAction":"end",
		"Errors":[{"ErrorType":"QueueAtCapacity","NextAction":"full"},{"ErrorType":"NoMatchingError","NextAction":"end"}]}},
		{"Identifier":"full","Type":"MessageParticipant","Parameters":{"Text":"Too many wait."},"Transitions":{"NextAction":"end"}},
		{"Identifier":"end","Type":"DisconnectParticipant","Parameters":{},"Transitions":{}}]}`
	const head = `{"Version":"2019-10-30","StartAction":"s","Metadata":{"type":"queueTransfer"},"Actions":[`
	library := flowrun.NewLibrary(nil)
	_, _, err := flowrun.NewFolder(fstest.MapFS{
		"queue.json": {Data: []byte(head + `{"Identifier":"s","Type":"MessageParticipant","Parameters":{"Text":"You go to $.Queue.Name."},"Transitions":{"NextAction":"go"}},` + into)},
		"agent.json": {Data: []byte(strings.Replace(head, "queueTransfer", "agentTransfer", 1) + `{"Identifier":"s","Type":"UpdateContactTargetQueue","Parameters":{"AgentId":"$.Agent.UserName"},
			"Transitions":{"NextAction":"go","Errors":[{"ErrorType":"NoMatchingError","NextAction":"end"}]}},` + into)},
	}, library).Load()
	if err != nil {
		t.Fatal(err)
	}
	return library
}

// A chat that an agent passes on runs the flow for that, and waits where the flow puts it, once.
func TestTransferRunsAFlow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Config{Ephemeral: true, Library: transferring(t), Capacity: map[string]int{"Sales": 1}})
	d := w.emulator.Desk()
	for _, cfg := range []desk.AgentConfig{{Name: "Ann"}, {Name: "Bob", State: desk.Away}} {
		if _, err := d.Add(cfg); err != nil {
			t.Fatal(err)
		}
	}
	taken := func(agent string, c *page) {
		t.Helper()
		if _, err := d.Accept(t.Context(), agent, c.id); err != nil {
			t.Fatal(err)
		}
	}
	pass := func(c *page, to desk.Target) {
		t.Helper()
		if err := d.Transfer(t.Context(), "Ann", c.id, to); err != nil {
			t.Fatal(err)
		}
	}
	waits := func(c *page) (queues []string) {
		for _, q := range d.Snapshot().Queues {
			for _, waiting := range q.Waiting {
				if waiting.ContactID == c.id {
					queues = append(queues, q.Name)
				}
			}
		}
		return queues
	}
	pat, quin := w.open(`{"ParticipantDetails":{"DisplayName":"Pat"}}`), w.open(`{"ParticipantDetails":{"DisplayName":"Quin"}}`)
	taken("Ann", pat)
	pass(pat, desk.Target{Queue: "Sales"})
	pat.await("You go to Sales.")
	if got := waits(pat); !slices.Equal(got, []string{"Sales"}) {
		t.Errorf("Pat waits in %q", got)
	}
	taken("Ann", quin)
	pass(quin, desk.Target{Queue: "Sales"}) // is full, which is the flow's concern
	quin.await("Too many wait.")
	quin.await("chat.ended")
	if got := waits(quin); got != nil {
		t.Errorf("Quin waits in %q", got)
	}
	taken("Ann", pat)
	pass(pat, desk.Target{Agent: "Bob"}) // who is away: it waits in Bob's own queue
	if got := waits(pat); !slices.Equal(got, []string{"Bob"}) {
		t.Errorf("Pat waits in %q", got)
	}
	available := desk.Available
	if _, err := d.Change("Bob", desk.AgentChange{State: &available}); err != nil {
		t.Fatal(err)
	}
	taken("Bob", pat)
	if agent, err := d.Agent("Ann"); err != nil || len(agent.Contacts) != 0 {
		t.Errorf("Ann has %+v, %v", agent.Contacts, err)
	}
}

// However agents take chats and pass them on at the same time: each chat is in one place afterwards, in
// one queue or with one agent, or its flow has ended it because a queue was full.
func TestTransfersAtTheSameTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Config{Ephemeral: true, Library: transferring(t), Capacity: map[string]int{"Sales": 2, "Support": 3}})
	d := w.emulator.Desk()
	names := []string{"Ann", "Bob", "Cem"}
	for _, name := range names {
		if _, err := d.Add(desk.AgentConfig{Name: name}); err != nil {
			t.Fatal(err)
		}
	}
	var chats []*page
	for range 8 {
		chats = append(chats, w.open(`{"ParticipantDetails":{"DisplayName":"Pat"}}`))
	}
	targets := []desk.Target{{Queue: "Sales"}, {Queue: "Support"}, {Queue: desk.DefaultQueue}, {Agent: "Ann"}, {Agent: "Bob"}, {Agent: "Cem"}}
	var working sync.WaitGroup
	for n, name := range names {
		working.Go(func() {
			for i := range 60 {
				id := chats[(i*(n+1)+n)%len(chats)].id
				if _, err := d.Accept(t.Context(), name, id); err != nil {
					continue // another one has it, or waits for it, or it is over
				}
				_ = d.Transfer(t.Context(), name, id, targets[(i+n)%len(targets)]) // may be refused, and stays then
			}
		})
	}
	working.Wait()
	places := map[string][]string{}
	snapshot := d.Snapshot()
	for _, q := range snapshot.Queues {
		if q.Agent == "" && q.Capacity > 0 && len(q.Waiting) > q.Capacity {
			t.Errorf("%d wait in %s", len(q.Waiting), q.Name)
		}
		for _, waiting := range q.Waiting {
			places[waiting.ContactID] = append(places[waiting.ContactID], "queue "+q.Name)
		}
	}
	for _, a := range snapshot.Agents {
		for _, holding := range a.Contacts {
			places[holding.ContactID] = append(places[holding.ContactID], "agent "+a.Name)
		}
	}
	passed := 0
	for _, c := range chats {
		contact, err := w.emulator.Chats().Contact(t.Context(), c.id)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := len(places[c.id]), 1; contact.HasEnded() && got != 0 || !contact.HasEnded() && got != want {
			t.Errorf("a chat that has ended (%t) is in %q", contact.HasEnded(), places[c.id])
		}
		passed += len(contact.Segments()) - 1
	}
	if passed == 0 {
		t.Error("no chat was passed on")
	}
}
