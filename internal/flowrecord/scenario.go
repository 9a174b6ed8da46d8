package flowrecord

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/interactive"
	"github.com/parley-chat/parley/internal/scenario"
	"github.com/parley-chat/parley/internal/testcase"
	"github.com/parley-chat/parley/internal/transcript"
)

// Scenario makes a scenario: what each flow said is expected, the customer and agents do what they did,
// and functions, hours and what counts the queue answer as they did, at the time of the chat. Its end is
// how the chat is. Errors: [ErrNoFlow], [ErrNothing].
func Scenario(h *Held) (*Test, error) {
	if len(h.Steps) == 0 {
		return nil, ErrNoFlow
	}
	w := &scenarioWriter{writer: writer{held: h}, last: h.Began}
	whole := true
	for _, e := range courseOf(h) {
		if why := w.event(&e); why != "" {
			w.note("%s, which a scenario cannot say: it ends there", why)
			whole = false
			break
		}
	}
	if h.Opening != "" {
		w.note("the chat was started with the message %s: a scenario has none to start with", w.quoted(h.Opening))
	}
	w.answers()
	w.chance("GetMetricData", "DistributeByPercentage")
	s := file{
		Scenario: w.name(), Flow: h.Flow, Customer: w.plain(h.Customer), At: h.Began.UTC().Format(time.RFC3339), Attributes: w.attributes(), Answers: w.given, Steps: w.steps,
	}
	if whole {
		w.rest(&s)
	}
	if len(s.Steps) == 0 && len(s.End) == 0 {
		return nil, ErrNothing
	}
	var b bytes.Buffer
	for _, note := range w.notes {
		fmt.Fprintf(&b, "# %s\n", strings.Join(strings.Fields(note), " "))
	}
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(s); err != nil {
		return nil, fmt.Errorf("writing the scenario: %w", err)
	}
	return &Test{File: "recorded-" + h.ContactID + scenario.Suffix, Content: b.Bytes(), Notes: w.notes}, nil
}

// file is a scenario as its file has it.
type file struct {
	Scenario   string            `yaml:"scenario"`
	Flow       string            `yaml:"flow"`
	Customer   string            `yaml:"customer,omitempty"`
	At         string            `yaml:"at"`
	Attributes map[string]string `yaml:"attributes,omitempty"`
	Answers    []members         `yaml:"answers,omitempty"`
	Steps      []members         `yaml:"steps,omitempty"`
	End        members           `yaml:"end,omitempty"`
}

type scenarioWriter struct {
	writer
	given, steps []members
	greeted      bool
	agent        bool      // one has the chat
	last         time.Time // of what happened last
}

func (w *scenarioWriter) step(kind string, does any) { w.steps = append(w.steps, members{kind: does}) }

// event says what happened; or why it cannot.
func (w *scenarioWriter) event(e *event) (why string) {
	if e.item == nil {
		if e.kind == signsIn {
			w.step(scenario.SignIn, outcome(e.step))
		}
		return ""
	}
	gap := e.item.Time.Sub(w.last)
	w.last = e.item.Time
	switch e.kind {
	case says:
		w.says(e.item, gap)
	case hears:
		if !w.greeted && e.item.Content == w.held.Opening {
			w.greeted = true
			return ""
		}
		w.step(scenario.Say, w.utterance(e.item.Content))
	case answers:
		w.answersView(e.item.Content)
	case leaves:
		w.step(scenario.Leave, true)
	case other:
		return w.other(e.item)
	case starts, signsIn:
	}
	return ""
}

// outcome is how a sign-in went.
func outcome(step *Step) string {
	switch {
	case step.Failed:
		return "fails"
	case step.Result == "OptedOut" || step.Branch == "OptedOut":
		return "opts out"
	}
	return "succeeds"
}

// says expects what the system has said.
func (w *scenarioWriter) says(item *transcript.Item, gap time.Duration) {
	expect, text := members{}, item.Content
	if item.ContentType == transcript.Interactive {
		text = interactive.Title(text)
		if view, is := interactive.ReadView(item.Content); is && view.ID != "" {
			expect["view"] = view.ID
			text = view.Heading
		} else if text == item.Content { // without a title
			w.note("an interactive message without a title is not expected")
			return
		}
	}
	if part := w.part(text, w.held.ContactID); part == text {
		expect["text"] = text
	} else if part != "" {
		expect["contains"] = part
	}
	for name, value := range expect {
		if value == "" {
			delete(expect, name)
		}
	}
	if gap >= scenario.Patience {
		expect["within"] = seconds(gap + scenario.Patience)
	}
	if len(expect) > 0 {
		w.step(scenario.Wait, expect)
	}
}

// seconds writes a time, rounded up.
func seconds(d time.Duration) string { return fmt.Sprintf("%ds", int64((d+time.Second-1)/time.Second)) }

// answersView does what the customer did on a view.
func (w *scenarioWriter) answersView(content string) {
	var answer struct {
		Action string
		Data   map[string]any
	}
	if json.Unmarshal([]byte(content), &answer) != nil {
		return
	}
	if chosen := flow.Text(answer.Data["actionName"]); answer.Action == interactive.Selected && chosen != "" {
		w.step(scenario.Choose, chosen)
		return
	}
	form, is := answer.Data["FormData"].(map[string]any)
	if !is {
		form = answer.Data
	}
	fields := members{}
	for name, value := range form {
		texts := []string{}
		list, is := value.([]any)
		if !is && flow.Text(value) != "" {
			list = []any{value}
		}
		for _, one := range list {
			texts = append(texts, w.utterance(flow.Text(one)))
		}
		fields[name] = texts
	}
	does := members{"action": answer.Action}
	if len(fields) > 0 {
		does["fields"] = fields
	}
	w.step(scenario.View, does)
}

// other is what agents do, and files.
func (w *scenarioWriter) other(item *transcript.Item) (why string) {
	agent := members{"name": w.plain(item.DisplayName)}
	switch {
	case item.ContentType == transcript.TransferSucceeded:
		return passedOn
	case item.Type == transcript.AttachmentItem && item.Role == transcript.Customer && len(item.Attachments) > 0:
		w.step(scenario.Attach, members{"name": w.plain(item.Attachments[0].Name), "type": item.Attachments[0].ContentType})
		return ""
	case item.Role != transcript.Agent:
		return "a " + strings.ToLower(strings.ReplaceAll(cmp.Or(string(item.Role), "participant"), "_", " ")) + " takes part"
	case item.Type == transcript.AttachmentItem:
		return "an agent has sent a file"
	case item.ContentType == transcript.ParticipantJoined && w.agent:
		return "a second agent has joined"
	case item.ContentType == transcript.ParticipantJoined:
		agent["accepts"], w.agent = true, true
	case item.ContentType == transcript.ParticipantLeft:
		agent["leaves"], w.agent = true, false
	case item.ContentType == transcript.Interactive && json.Valid([]byte(item.Content)):
		var content any
		_ = json.Unmarshal([]byte(item.Content), &content) // it is valid
		agent["sends"] = members{"type": item.ContentType, "json": content}
	default:
		agent["says"] = w.utterance(item.Content)
	}
	w.step(scenario.Acts, agent)
	return ""
}

// answers lets what flows asked for answer as it did, once each.
func (w *scenarioWriter) answers() {
	queue := ""
	for i := range w.held.Steps {
		step := &w.held.Steps[i]
		if step.Type == "UpdateContactTargetQueue" && !step.Failed {
			queue = flow.Text(step.Parameters["QueueId"])
		}
		name, _ := testcase.Resource(step.Type)
		about := flow.Text(step.Parameters[name])
		a := members{"times": 1}
		switch step.Type {
		case "InvokeLambdaFunction":
			a[scenario.Function], a["json"] = about, w.loaded(step)
		case "CheckHoursOfOperation":
			a[scenario.Hours], a["open"] = about, step.Result == "True"
		case "TransferContactToQueue":
			about = queue
			a[scenario.Queue] = about
		case "CheckMetricData":
			about = step.Action
			a[scenario.Block], a["result"] = about, step.Result
		default:
			if strings.HasPrefix(step.Type, "ConnectParticipant") {
				w.note("%s is asked in the test as well, and answers as parley.yaml says", w.quoted(step.Name))
			}
			continue
		}
		if step.Failed {
			delete(a, "json")
			delete(a, "open")
			delete(a, "result")
			a["error"] = cmp.Or(step.Branch, "NoMatchingError")
		}
		if _, answers := a[scenario.Queue]; about == "" || answers && !step.Failed {
			continue
		}
		w.given = append(w.given, a)
	}
}

// rest says how the chat is after everything.
func (w *scenarioWriter) rest(s *file) {
	h := w.held
	switch {
	case !h.Ended.IsZero():
		if gap := h.Ended.Sub(w.last); gap > time.Second && !h.Left && !w.agent {
			s.Steps = append(s.Steps, members{scenario.Skip: seconds(gap)})
		}
		s.End = members{"chat": scenario.Ended}
	case w.agent:
		s.End = members{"chat": scenario.Agents}
	case h.Queue != "":
		s.End = members{"chat": scenario.Queued, "queue": h.Queue}
	default:
		s.End = members{"chat": scenario.Flow}
	}
}
