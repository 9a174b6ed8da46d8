package testcase

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/flow"
)

// Problem is why a test case cannot run: what is wrong at an observation or an action.
type Problem struct{ ID, Text string }

// String is the problem in a sentence.
func (p Problem) String() string {
	if p.ID == "" {
		return p.Text
	}
	return p.ID + ": " + p.Text
}

// older is the version that the first pages named.
const older = "2025-06-21"

// Decode makes a test case out of a file. A case with problems cannot run. What the service refuses to
// publish and has one meaning is none.
func Decode(f *File) (*Case, []Problem) {
	d := decoder{file: f}
	c := &Case{File: f.Name, Name: f.Title(), Description: f.Around.Text("Description"), Entry: entryOf(f.Entry()), Data: dataOf(f.InitialData())}
	switch version := f.Document.Trimmed("Version"); version {
	case flow.Version, older:
	default:
		d.wrong("", "Version is %q, and must be %s", version, flow.Version)
	}
	for _, o := range f.Document.List("Observations") {
		c.Observations = append(c.Observations, d.observation(o))
	}
	if len(c.Observations) == 0 {
		d.wrong("", "there is no observation")
	}
	ids := map[string]bool{}
	for i := range c.Observations {
		o := &c.Observations[i]
		switch {
		case o.ID == "":
			d.wrong("", "observation %d has no Identifier", i+1)
		case ids[o.ID]:
			d.wrong(o.ID, "two observations have this Identifier")
		}
		ids[o.ID] = true
	}
	for i := range c.Observations {
		for _, next := range c.Observations[i].Next {
			if !ids[next] {
				d.wrong(c.Observations[i].ID, "NextObservations names %q, which is no observation", next)
			}
		}
	}
	return c, d.problems
}

// decoder reads one test case, and gathers everything that is wrong with it.
type decoder struct {
	file     *File
	problems []Problem
}

func (d *decoder) wrong(id, format string, args ...any) {
	d.problems = append(d.problems, Problem{id, fmt.Sprintf(format, args...)})
}

// entryOf reads where a test begins. The parameters of a chat and of a call stand in objects of their
// own, of which a file has one.
func entryOf(o Object) Entry {
	e := Entry{Type: o.Trimmed("Type")}
	for _, name := range []string{"ChatEntryPointParameters", "VoiceCallEntryPointParameters"} {
		in := o.In(name)
		e.Flow = cmp.Or(e.Flow, in.Text("FlowId"))
		e.Source, e.Destination = cmp.Or(e.Source, in.Text("SourcePhoneNumber")), cmp.Or(e.Destination, in.Text("DestinationPhoneNumber"))
	}
	return e
}

// dataOf reads initial data. Only the two members of the right shape mean something.
func dataOf(text string) Data {
	var all Object
	_ = json.Unmarshal([]byte(text), &all) // what is no object gives nothing, as in the service
	d := Data{Attributes: map[string]string{}, Segment: all.In("SegmentAttributes")}
	for key, value := range all.In("Attributes") {
		d.Attributes[key] = flow.Text(value)
	}
	return d
}

// observation reads an observation. What comes next is taken from NextActions as well, which some files
// have; the rule test-member of package flowcheck tells them.
func (d *decoder) observation(o Object) Observation {
	out := Observation{ID: o.first("Identifier", "Id"), Usage: Usage{Exactly, 1}}
	transitions := o.In("Transitions")
	for _, name := range []string{"NextObservations", "NextActions"} {
		items, _ := transitions[name].([]any)
		for _, item := range items {
			if next := flow.Text(item); next != "" && !slices.Contains(out.Next, next) {
				out.Next = append(out.Next, next)
			}
		}
	}
	if usage := o.In("Usage"); usage != nil {
		out.Usage = d.usage(out.ID, usage)
	}
	if event := o.In("Event"); event != nil {
		out.Event = d.event(out.ID, event)
	} else {
		d.wrong(out.ID, "the observation has no Event")
	}
	out.Actions = d.actions(out.ID, o.List("Actions"))
	return out
}

// usage reads how often an observation is met: its type in any case of letters, with ANY as an older word
// for Always.
func (d *decoder) usage(id string, o Object) Usage {
	u := Usage{Type: o.Trimmed("Type"), Times: 1}
	if strings.EqualFold(u.Type, "ANY") {
		u.Type = Always
	}
	for _, known := range []string{Exactly, AtLeast, AtMost, Always} {
		if strings.EqualFold(u.Type, known) {
			u.Type = known
		}
	}
	if o["Times"] != nil {
		times, err := strconv.Atoi(o.Text("Times"))
		if err != nil || times < 0 || times > 1000 {
			d.wrong(id, "the Times of its Usage are no number from 0 to 1000")
		}
		u.Times = times
	}
	if !slices.Contains([]string{Exactly, AtLeast, AtMost, Always}, u.Type) {
		d.wrong(id, "the Usage %q does not exist", u.Type)
	}
	return u
}

// event reads what an observation waits for.
func (d *decoder) event(id string, o Object) Event {
	in := o.In("Properties")
	e := Event{ID: o.Trimmed("Identifier"), Type: o.Trimmed("Type"), Properties: in}
	switch e.Type {
	case TestInitiated, TestCompleted:
	case MessageReceived:
		e.Text, e.SSML, e.Prompt = in.Text("Text"), in.Text("SSML"), in.Text("PromptId")
		if e.Text+e.SSML+e.Prompt == "" && in["Media"] == nil {
			d.wrong(id, "at least one of PromptId, Text, or SSML must be present")
		}
		e.Criterion = d.criterion(id, cmp.Or(criterionOf(in["MatchingCriteria"]), criterionOf(o["MatchingCriteria"]), Similarity))
	case FlowActionStarted, FlowActionCompleted:
		e.Action, e.Resource, e.Shown = d.resource(id, "observed", in, e.ID)
		e.Agent = in.In("ActionParameters").Text("AgentId")
	default:
		d.wrong(id, "there is no event %q", e.Type)
	}
	return e
}

// criterionOf is a criterion as an object, or as the text that an example has.
func criterionOf(v any) string {
	switch v := v.(type) {
	case string:
		return strings.TrimSpace(v)
	case map[string]any:
		return Object(v).Trimmed("Type")
	}
	return ""
}

// criterion reads how a message is compared with the expected one.
func (d *decoder) criterion(id, given string) string {
	switch given {
	case Inclusion, "Contains": // the console's word
		return Inclusion
	case Similarity, "Similar":
		return Similarity
	}
	d.wrong(id, "there is no criterion %q: there are Inclusion and Similarity", given)
	return given
}

// resource reads which action of a flow is meant: its type, what it names, and the name that the
// designer keeps for that.
func (d *decoder) resource(id, how string, in Object, place string) (kind, ref, shown string) {
	kind = in.Trimmed("ActionType")
	parameter, known := Resource(kind)
	if !known {
		d.wrong(id, "actions of the type %q cannot be %s", kind, how)
		return kind, "", ""
	}
	if kind == dequeueShort {
		kind = dequeue
	}
	parameters := in.In("ActionParameters")
	ref = parameters.Text(parameter)
	if bot := parameters.In(parameter); bot != nil {
		ref = bot.Text("AliasArn")
	}
	shown = displayName(d.file.Document.In("Metadata").In("ActionMetadata").In(place), parameter)
	return kind, ref, shown
}

// displayName is the name that the console shows for a parameter, somewhere below.
func displayName(o Object, parameter string) string {
	for name, value := range o {
		inner, is := value.(map[string]any)
		if !is {
			continue
		}
		if name == parameter {
			if text := Object(inner).Text("displayName"); text != "" {
				return text
			}
		}
		if text := displayName(inner, parameter); text != "" {
			return text
		}
	}
	return ""
}

// actions reads the actions of an observation, in the order in which they lead to each other.
func (d *decoder) actions(id string, list []Object) []Action {
	byID, led := map[string]Object{}, map[string]bool{}
	next := func(o Object) string { return o.In("Transitions").Trimmed("NextAction") }
	for _, o := range list {
		byID[o.first("Identifier", "Id")] = o
		led[next(o)] = true
	}
	var all []Action
	done := map[string]bool{}
	for _, o := range list {
		name := o.first("Identifier", "Id")
		if led[name] && name != "" {
			continue
		}
		for o != nil && !done[name] {
			done[name] = name != ""
			all = append(all, d.action(id, o))
			if name = next(o); name == "" {
				break
			}
			if o = byID[name]; o == nil {
				d.wrong(id, "NextAction is %q, which is no action of the observation", name)
			}
		}
	}
	if len(all) < len(list) {
		d.wrong(id, "actions lead to each other in a circle, or have the same Identifier")
	}
	return all
}

// action reads an action of an observation. Problems name both, observation/action.
func (d *decoder) action(observation string, o Object) Action {
	in := o.In("Parameters")
	a := Action{ID: o.first("Identifier", "Id"), Type: o.Trimmed("Type"), Parameters: in}
	id := observation
	if a.ID != "" {
		id += "/" + a.ID
	}
	switch a.Type {
	case SendInstruction:
		a.Instruction = d.instruction(id, in.In("Instruction"))
	case AssertAction:
		a.Assert = &Assert{in.Trimmed("Namespace"), in.Trimmed("Operator"), in.Text("Operand")}
		if !slices.Contains(append(Operators(), Exists), a.Assert.Operator) {
			d.wrong(id, "there is no operator %q", a.Assert.Operator)
		}
		if _, whole := flow.Paths(a.Assert.Namespace); !whole {
			d.wrong(id, "Namespace is %q, and must be one path", a.Assert.Namespace)
		}
	case OverrideSystemBehavior:
		a.Override = d.override(id, in.In("Behavior").In("Properties"), a.ID)
	case TestControl:
		command := in.In("Command")
		a.Command = &Command{Type: command.Trimmed("Type"), Expressions: map[string]string{}}
		for label, text := range command.In("Properties").In("Expressions") {
			a.Command.Expressions[label] = flow.Text(text)
		}
		if a.Command.Type != EndTest && a.Command.Type != LogData {
			d.wrong(id, "there is no command %q: there are EndTest and LogData", a.Command.Type)
		}
	default:
		d.wrong(id, "there is no action %q: there are SendInstruction, Assert, OverrideSystemBehavior and TestControl", a.Type)
	}
	return a
}

// instruction reads what the customer does. Other pages and tools give the text other names.
func (d *decoder) instruction(id string, o Object) *Instruction {
	in := o.In("Properties")
	i := &Instruction{Type: o.Trimmed("Type"), Value: in.first("Value", "Text", "SSML", "Content")}
	switch i.Type {
	case "TextUtterance", "TextInput", "SendMessage":
		i.Type = Utterance
	case Utterance, DTMF, Disconnect:
	default:
		d.wrong(id, "there is no instruction %q: there are Utterance and Disconnect", i.Type)
	}
	if i.Type == Utterance && i.Value == "" {
		d.wrong(id, "the utterance has no Value")
	}
	return i
}

// override reads what stands for a resource in a test: another one, or an answer that is made up.
func (d *decoder) override(id string, in Object, place string) *Override {
	o := &Override{}
	o.Action, o.Resource, o.Shown = d.resource(id, "overridden", in, place)
	strategy := in.In("Strategy")
	response := strategy.In("Response")
	result, failure := response.In("ExecutionResult"), response.In("Error")
	switch kind := strategy.Trimmed("Type"); kind {
	case "SubstituteResource":
		if o.Substitute = strategy.Text("SubstituteArn"); o.Substitute == "" {
			d.wrong(id, "SubstituteResource has no SubstituteArn")
		}
	case "MockResponse":
		o.Delay = d.delay(id, result.Text("DelaySeconds")+failure.Text("DelaySeconds"))
		switch {
		case response.Trimmed("Type") == "Error":
			o.Error = cmp.Or(failure.Trimmed("Value"), "NoMatchingError")
		case o.Action == "CheckHoursOfOperation":
			o.Value = result.Trimmed("Value")
			if !slices.Contains([]string{"InHours", "InHour", "OutOfHours"}, o.Value) {
				d.wrong(id, "hours of operation are InHours or OutOfHours, and not %q", o.Value)
			}
		case strings.HasSuffix(o.Action, "Queue"):
			d.wrong(id, "a transfer to a queue has no response but an Error: substitute another queue for it")
		default:
			loaded := result["LoadedData"]
			if loaded == nil {
				loaded = result["Value"]
			}
			o.Loaded = cmp.Or(flow.Text(loaded), "{}")
		}
	default:
		d.wrong(id, "there is no strategy %q: there are MockResponse and SubstituteResource", kind)
	}
	return o
}

// delay reads a number of seconds.
func (d *decoder) delay(id, text string) time.Duration {
	if text == "" {
		return 0
	}
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil || !(seconds >= 0 && seconds <= 3600) {
		d.wrong(id, "DelaySeconds is %q, and must be a number of seconds", text)
		return 0
	}
	return time.Duration(seconds * float64(time.Second))
}
