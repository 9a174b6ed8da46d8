package flowrecord

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/interactive"
	"github.com/parley-chat/parley/internal/testcase"
	"github.com/parley-chat/parley/internal/transcript"
)

// AWS makes a test case in Amazon Connect's Testing language: each message and each action that a test
// can perceive is an observation, in the order in which they happened; what the customer said follows
// the observation before it; functions answer as they did. It ends where the language has no word for
// what happened. Errors: [ErrNoFlow], [ErrNothing].
func AWS(h *Held) (*Test, error) {
	if len(h.Steps) == 0 {
		return nil, ErrNoFlow
	}
	w := &awsWriter{writer: writer{held: h}}
	w.observe("start", testcase.TestInitiated, members{})
	if h.Opening != "" {
		w.note("the chat was started with the message %s: the Testing language has none to start with", w.quoted(h.Opening))
	}
	events := courseOf(h)
	var waited time.Duration // without the time that the customer took
	for i := range events {
		if i > 0 && events[i].kind != hears {
			waited += events[i].time().Sub(events[i-1].time())
		}
		why := "the flow has waited for more than the five minutes of a test"
		if waited < testcase.Limit {
			why = w.event(&events[i])
		}
		if why != "" {
			w.note("%s, which the Testing language cannot say: the test ends there (%d later events are left out)", why, len(events)-i-1)
			break
		}
	}
	return w.test()
}

type members = map[string]any

type observation struct {
	Identifier  string
	Event       members
	Actions     []*action
	Transitions struct{ NextObservations []string }
}

type action struct {
	Identifier, Type string
	Parameters       members
	Transitions      members
}

type awsWriter struct {
	writer
	all     []*observation
	greeted bool // the opening message has come
}

// observe adds an observation, to which the one before leads.
func (w *awsWriter) observe(id, kind string, properties members) {
	if n := len(w.all); n > 0 {
		id = fmt.Sprintf("%s-%d", id, n)
		w.all[n-1].Transitions.NextObservations = []string{id}
	}
	o := &observation{Identifier: id, Actions: []*action{}}
	o.Event = members{"Identifier": id + "-event", "Type": kind, "Actor": "System", "Properties": properties}
	o.Transitions.NextObservations = []string{}
	w.all = append(w.all, o)
}

// act adds an action to an observation.
func (o *observation) act(kind string, parameters members) {
	a := &action{Identifier: fmt.Sprintf("%s-%d", o.Identifier, len(o.Actions)+1), Type: kind, Parameters: parameters, Transitions: members{}}
	if kind != testcase.AssertAction { // as the documentation has them
		parameters["ActionType"] = kind
	}
	if n := len(o.Actions); n > 0 {
		o.Actions[n-1].Transitions["NextAction"] = a.Identifier
	}
	o.Actions = append(o.Actions, a)
}

// passedOn is what neither form can say: a transfer begins another contact, whose queue nobody is told.
const passedOn = "an agent has passed the chat on"

func (w *awsWriter) last() *observation { return w.all[len(w.all)-1] }

// event says what happened; or why it cannot.
func (w *awsWriter) event(e *event) (why string) {
	switch e.kind {
	case says:
		text := e.item.Content
		if e.item.ContentType == transcript.Interactive {
			text = interactive.Title(text)
		}
		if text = w.expected(text); text == "" {
			w.note("a message at %s has nothing that a test can expect", e.item.Time.UTC().Format("15:04:05"))
			return ""
		}
		w.observe("said", testcase.MessageReceived, members{"Text": text, "MatchingCriteria": members{"Type": testcase.Inclusion}})
	case starts:
		w.starts(e)
	case hears:
		if !w.greeted && e.item.Content == w.held.Opening {
			w.greeted = true
			return ""
		}
		w.instruct(testcase.Utterance, members{"Value": w.utterance(e.item.Content)})
	case leaves:
		w.instruct(testcase.Disconnect, members{})
	case signsIn:
		return "the customer has answered a sign-in"
	case answers:
		return "the customer has answered a view"
	case other:
		who := strings.ToLower(cmp.Or(string(e.item.Role), "customer"))
		if e.item.Type == transcript.AttachmentItem {
			return "the " + who + " has sent a file"
		}
		if e.item.Type == transcript.MessageItem {
			return "the " + strings.ReplaceAll(who, "_", " ") + " has said something"
		}
		if e.item.ContentType == transcript.TransferSucceeded {
			return passedOn
		}
		return "an agent has taken the chat"
	}
	return ""
}

func (w *awsWriter) instruct(kind string, properties members) {
	w.last().act(testcase.SendInstruction, members{"Actor": "Customer", "Instruction": members{"Type": kind, "Properties": properties}})
}

// starts observes that an action begins, and says what its resource is to answer.
func (w *awsWriter) starts(e *event) {
	step := e.step
	name, _ := testcase.Resource(step.Type)
	about := members{}
	if value := step.Parameters[name]; value != nil {
		about[name] = value
	}
	if step.Type == "TransferContactToQueue" {
		about[name] = e.queue
	}
	if bot, is := about[name].(map[string]any); is {
		about[name] = members{"AliasArn": bot["AliasArn"]}
	}
	if name != "" && flow.Text(about[name]) == "" {
		w.note("%s names nothing by which a test could tell it from others: it is not observed", w.quoted(step.Name))
		return
	}
	switch {
	case step.Failed:
		w.override(step, about, members{"Type": "Error", "Error": members{"Value": cmp.Or(step.Branch, "NoMatchingError")}})
	case step.Type == "InvokeLambdaFunction":
		answer, _ := json.Marshal(w.loaded(step)) // it was JSON
		w.override(step, about, members{"Type": "ExecutionResult", "ExecutionResult": members{"LoadedData": string(answer)}})
	case step.Type == "CheckHoursOfOperation":
		value := "InHours"
		if step.Result != "True" {
			value = "OutOfHours"
		}
		w.override(step, about, members{"Type": "ExecutionResult", "ExecutionResult": members{"Value": value}})
		w.note("the hours %s were %s: the test says so, and Amazon Connect refuses to publish that; substitute other hours there", w.quoted(flow.Text(about[name])), value)
	case strings.HasPrefix(step.Type, "ConnectParticipant"):
		w.note("%s is asked in the test as well, and answers as parley.yaml says", w.quoted(step.Name))
	}
	w.observe("started", testcase.FlowActionStarted, members{"ActionType": step.Type, "ActionParameters": about})
}

// override lets the first observation say what a resource answers. Overrides of one resource are used in
// their order.
func (w *awsWriter) override(step *Step, about, response members) {
	w.all[0].act(testcase.OverrideSystemBehavior, members{"Behavior": members{"Type": "FlowAction", "Properties": members{
		"ActionType": step.Type, "ActionParameters": about, "Strategy": members{"Type": "MockResponse", "Response": response},
	}}})
}

// test is what was written, as a file.
func (w *awsWriter) test() (*Test, error) {
	w.chance("DistributeByPercentage", "CheckMetricData", "GetMetricData")
	if len(w.all) == 1 {
		return nil, ErrNothing
	}
	w.end()
	if len(w.all[0].Actions) == 0 {
		w.all = w.all[1:]
	}
	data, _ := json.Marshal(members{"Attributes": w.attributes(), "SegmentAttributes": members{}}) // texts
	document := struct {
		Version      string
		Metadata     members
		Observations []*observation
	}{flow.Version, members{
		"name": w.name(), "initializationData": string(data),
		"entryPoint": members{"Type": testcase.Chat, "ChatEntryPointParameters": members{"FlowId": w.held.Flow}},
	}, w.all}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(document); err != nil {
		return nil, fmt.Errorf("writing the test case: %w", err)
	}
	return &Test{File: "recorded-" + w.held.ContactID + ".json", Content: b.Bytes(), Notes: w.notes}, nil
}

// end lets the test end itself, after what can be observed: what the customer does later changes
// nothing that it sees. In the queue that was the last it says which one that is.
func (w *awsWriter) end() {
	o := w.last()
	if len(o.Actions) > 0 {
		w.note("what the customer did last led to nothing that a test can see, and is left out")
		o.Actions = o.Actions[:0]
	}
	if properties, _ := o.Event["Properties"].(members); properties["ActionType"] == "TransferContactToQueue" && w.held.Queue != "" {
		o.act(testcase.AssertAction, members{"Namespace": "$.Queue.Name", "Operator": "Equals", "Operand": w.held.Queue})
	}
	o.act(testcase.TestControl, members{"Command": members{"Type": testcase.EndTest}})
}
