package flowcheck

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/testcase"
)

// TestCase looks at a file that may be a test case in Amazon Connect's Testing language: the document
// itself, or with its siblings around it as the API gives and takes it. It returns false for what is
// none.
//
// Source: https://docs.aws.amazon.com/connect/latest/devguide/testing-language.html
func TestCase(name string, data []byte) ([]flow.Finding, bool) {
	file, is := testcase.Read(name, data)
	if !is {
		return nil, false
	}
	t := testCase{file: file}
	for _, rule := range testRules() {
		t.rule = &rule
		if rule.test != nil {
			rule.test(&t)
		}
	}
	places := map[string]int{} // what is said of the whole has none, and comes first
	for at, p := range t.parts() {
		if _, there := places[p.id]; !there {
			places[p.id] = at + 1
		}
	}
	slices.SortStableFunc(t.found, func(x, y flow.Finding) int { return places[x.Action] - places[y.Action] })
	return t.found, true
}

// testCase is the look at one test case by one rule after the other.
type testCase struct {
	file  *testcase.File
	rule  *Rule
	found []flow.Finding
}

// part is an observation or an action of one.
type part struct {
	id, kind    string
	members     testcase.Object
	observation bool
	siblings    []string // the identifiers that it can lead to
}

// parts are the observations with their actions, in the order of the document.
func (t *testCase) parts() []part {
	var all []part
	observations := t.file.Document.List("Observations")
	names := identifiersOf(observations)
	for _, o := range observations {
		event := o.In("Event")
		all = append(all, part{idOf(o), event.Trimmed("Type"), o, true, names})
		actions := o.List("Actions")
		for _, a := range actions {
			all = append(all, part{idOf(a), a.Trimmed("Type"), a, false, identifiersOf(actions)})
		}
	}
	return all
}

func (t *testCase) tell(p part, format string, args ...any) {
	f := flow.Finding{
		Level: t.rule.Level, Rule: t.rule.ID, File: t.file.Name, Flow: t.file.Title(), Action: p.id, Name: p.kind,
		Text: fmt.Sprintf(format, args...), Remedy: t.rule.Remedy, Page: t.rule.Page,
	}
	t.found = append(t.found, f)
}

// testRules are the rules for test cases: what publishing one refuses, and what it takes and then
// does not do.
func testRules() []Rule {
	const language, admin = "https://docs.aws.amazon.com/connect/latest/devguide/testing-language", guide + "testing-simulation"
	rules := []Rule{
		{ID: "test-document", Fix: "the version", Says: "A test case with another Version, an identifier that is missing or there twice, or an observation that leads nowhere.", Page: language + "-concepts.html", test: testDocument},
		{ID: "test-entry", Says: "An entry point with which no contact can begin.", Remedy: "name the flow", Page: admin + ".html", test: testEntry},
		{ID: "test-next-action", Fix: "`{}` for an empty one", Says: "A NextAction in a test case that is empty or leads nowhere.", Remedy: "leave NextAction out where nothing follows", Page: language + "-concepts.html", test: testNextAction},
		{ID: "test-usage", Fix: "the spelling", Says: "A Usage that does not exist.", Remedy: "leave Usage out: once is what it means without", Page: language + "-concepts.html", test: testUsage},
		{ID: "test-event", Fix: "the type without the blanks around it", Says: "An event, or an observed action, that a test case cannot observe or that lacks what tells it from others.", Page: language + ".html", test: testEvent},
		{ID: "test-match", Fix: "the object around the criterion; `Inclusion` for `Contains`", Says: "MatchingCriteria in another form or place than publishing takes.", Remedy: `write "MatchingCriteria": {"Type": "Inclusion"} in Properties`, Page: language + ".html", test: testMatch},
		{ID: "test-instruction", Fix: "`Value` for `Text` and `SSML`; `Utterance` for `TextUtterance`", Says: "An instruction that does not exist, or not for chats, or not in this form.", Page: language + "-actions-send-instruction.html", test: testInstruction},
		{ID: "test-assert", Says: "An Assert with an operator that is refused, or without what it needs.", Page: language + ".html", test: testAssert},
		{ID: "test-override", Says: "An override of what cannot be overridden, or not so.", Page: admin + "-action-override.html", test: testOverride},
	}
	for i := range rules {
		rules[i].Level = flow.Refused
	}
	return append(rules,
		Rule{ID: "test-data", Level: flow.Doubtful, Says: "Initial data of a test case that is accepted, and read back empty.", Remedy: `write {"Attributes": {…}, "SegmentAttributes": {}}`, Page: admin + ".html", test: testData},
		Rule{ID: "test-prompt", Level: flow.Doubtful, Says: "A recorded prompt that is observed, which a chat never has.", Remedy: "observe the text of a message", Page: language + ".html", test: testPrompt},
		Rule{ID: "test-reach", Level: flow.Doubtful, Says: "Observations that lead to each other only, and are never waited for.", Remedy: "let another observation lead to it", Page: language + "-concepts.html", test: testReach},
		Rule{ID: "test-agent", Level: flow.Doubtful, Says: "A transfer that is observed and goes on, to an agent of the instance.", Remedy: "end the test there, or substitute a queue without agents", Page: admin + ".html", test: testAgent},
		Rule{ID: "test-run", Level: flow.Broken, Says: "A test case that cannot run here, whether or not it can be published.", Page: language + ".html", test: testRun},
		Rule{ID: "test-member", Fix: "`Identifier` for `Id`, `NextObservations` for `NextActions`", Level: flow.Doubtful, Says: "A member that no test case has.", Remedy: "take it away", Page: language + ".html", test: testMember},
	)
}

// testRun tells why a test case cannot run, unless another rule has said something of the same place.
func testRun(t *testCase) {
	_, problems := testcase.Decode(t.file)
	for _, p := range problems {
		id := p.ID[strings.LastIndexByte(p.ID, '/')+1:]
		if !slices.ContainsFunc(t.found, func(f flow.Finding) bool { return f.Action == id }) {
			t.tell(part{id: id}, "%s", p.Text)
		}
	}
}

// testDocument checks what holds a test case together: its size and version, the identifiers, and what they
// lead to.
func testDocument(t *testCase) {
	if n := utf8.RuneCountInString(t.file.Content); n > testcase.MaxContent {
		t.tell(part{}, "Content has %d characters, and may have %d", n, testcase.MaxContent)
	}
	if version := t.file.Document.Text("Version"); version != flow.Version {
		t.tell(part{}, "Version is %q, and %s is what is taken, whatever older pages say", version, flow.Version)
	}
	seen := map[string]bool{}
	for _, p := range t.parts() {
		if p.id == "" {
			t.tell(p, "an observation or an action has no Identifier")
		}
		if !p.observation {
			continue
		}
		event := p.members.In("Event")
		switch {
		case seen[p.id]:
			t.tell(p, "two observations have this Identifier")
		case event == nil:
			t.tell(p, "the observation has no Event")
		case event.Text("Identifier") == "":
			t.tell(p, "the Event has no Identifier")
		}
		seen[p.id] = true
		for _, next := range texts(p.members.In("Transitions")["NextObservations"]) {
			if !slices.Contains(p.siblings, next) {
				t.tell(p, "NextObservations names %q, which is no observation", next)
			}
		}
	}
}

func testNextAction(t *testCase) {
	for _, p := range t.parts() {
		next, there := p.members.In("Transitions")["NextAction"]
		if to := textOf(next); there && next != nil && !p.observation && !slices.Contains(p.siblings, to) {
			t.tell(p, "NextAction is %q, which is no action of the observation", to)
		}
	}
}

func testUsage(t *testCase) {
	for _, p := range t.parts() {
		usage := p.members.In("Usage")
		kind := usage.Text("Type")
		switch {
		case usage == nil || !p.observation:
		case !slices.Contains([]string{"Exactly", "AtLeast", "AtMost", "Always"}, kind):
			t.tell(p, "the Usage %q does not exist", kind)
		case kind != "Always" && usage["Times"] == nil:
			t.tell(p, "the Usage %s has no Times", kind)
		}
	}
}

func testEvent(t *testCase) {
	for _, p := range t.parts() {
		properties := p.members.In("Event").In("Properties")
		switch kind := p.members.In("Event").Text("Type"); {
		case !p.observation:
		case kind != strings.TrimSpace(kind):
			t.tell(p, "the event's Type %q has blanks around it", kind)
		case kind == "TestInitiated" || kind == "TestCompleted":
		case kind == "MessageReceived":
			if properties.Text("Text")+properties.Text("SSML")+properties.Text("PromptId") == "" && properties["Media"] == nil {
				t.tell(p, "there is no text to observe: one of Text, SSML, PromptId and Media must be there")
			}
		case kind == "FlowActionStarted" || kind == "FlowActionCompleted":
			t.resource(p, properties, "observed")
		default:
			t.tell(p, "there is no event %q", kind)
		}
	}
}

// testPrompt reports an observation that no message of a chat meets.
func testPrompt(t *testCase) {
	for _, p := range t.parts() {
		properties := p.members.In("Event").In("Properties")
		recorded := properties.Text("PromptId") != "" || properties["Media"] != nil
		if p.observation && recorded && properties.Text("Text")+properties.Text("SSML") == "" && t.file.Entry().Text("Type") != testcase.Voice {
			t.tell(p, "it waits for a recorded prompt, which no chat is sent: it never happens")
		}
	}
}

// resource reports an observed or overridden action that a test case does not know, or that is not
// told from others of its type.
func (t *testCase) resource(p part, properties testcase.Object, how string) {
	kind := properties.Text("ActionType")
	name, known := testcase.Resource(strings.TrimSpace(kind))
	given := properties.In("ActionParameters")[name]
	switch {
	case !known:
		t.tell(p, "actions of the type %q cannot be %s", kind, how)
	case kind != strings.TrimSpace(kind):
		t.tell(p, "the ActionType %q has blanks around it", kind)
	case name != "" && (given == nil || given == ""):
		t.tell(p, "ActionParameters does not say which %s is %s", name, how)
	}
}

func testMatch(t *testCase) {
	for _, p := range t.parts() {
		event := p.members.In("Event")
		properties := event.In("Properties")
		if !p.observation || event.Text("Type") != "MessageReceived" {
			continue
		}
		criteria, object := properties["MatchingCriteria"].(map[string]any)
		kind := testcase.Object(criteria).Text("Type")
		switch {
		case event["MatchingCriteria"] != nil:
			t.tell(p, "MatchingCriteria stands beside Properties, and is taken in it only")
		case properties["MatchingCriteria"] == nil:
			t.tell(p, "there is no MatchingCriteria")
		case !object:
			t.tell(p, "MatchingCriteria is no object: as a text it never matches")
		case kind != "Inclusion" && kind != "Similarity":
			t.tell(p, "there is no criterion %q", kind)
		}
	}
}

func testInstruction(t *testCase) {
	entry := textOf(t.file.Entry()["Type"])
	for _, p := range t.parts() {
		instruction := p.members.In("Parameters").In("Instruction")
		properties := instruction.In("Properties")
		if p.observation || p.kind != "SendInstruction" {
			continue
		}
		switch kind := instruction.Text("Type"); kind {
		case "Disconnect":
		case "Utterance":
			if properties.Text("Value") == "" {
				t.tell(p, "the utterance has no Value: Text and SSML are documented, and refused")
			}
		case "DtmfInput":
			if entry != "VOICE_CALL" {
				t.tell(p, "keys cannot be sent to a chat")
			}
		default:
			t.tell(p, "there is no instruction %q: a chat knows Utterance and Disconnect", kind)
		}
	}
}

func testAssert(t *testCase) {
	operators := testcase.Operators()
	for _, p := range t.parts() {
		parameters := p.members.In("Parameters")
		switch operator := parameters.Text("Operator"); {
		case p.observation:
		case p.kind == "Assertion" || p.kind == "ObserveEvent" || p.kind == "EndTest":
			t.tell(p, "there is no action %s: the actions are SendInstruction, Assert, OverrideSystemBehavior and TestControl", p.kind)
		case p.kind != "Assert":
		case !slices.Contains(operators, operator):
			t.tell(p, "the operator %q is refused: the operators are %s", operator, list(operators, "and"))
		case parameters["Operand"] == nil:
			t.tell(p, "there is no Operand")
		default:
			if _, whole := flow.Paths(parameters.Text("Namespace")); !whole {
				t.tell(p, "Namespace is %q, and must be one path", parameters.Text("Namespace"))
			}
		}
	}
}

func testOverride(t *testCase) {
	for _, p := range t.parts() {
		properties := p.members.In("Parameters").In("Behavior").In("Properties")
		if p.observation || p.kind != "OverrideSystemBehavior" {
			continue
		}
		t.resource(p, properties, "overridden")
		strategy := properties.In("Strategy")
		switch kind := strategy.Text("Type"); {
		case kind == "SubstituteResource" && strategy.Text("SubstituteArn") == "":
			t.tell(p, "SubstituteResource has no SubstituteArn")
		case kind == "MockResponse" && properties["ActionType"] == "CheckHoursOfOperation" && strategy.In("Response")["Type"] != "Error":
			t.tell(p, "hours of operation cannot be given a MockResponse, although the page lists it: substitute others for them")
		case kind != "SubstituteResource" && kind != "MockResponse":
			t.tell(p, "there is no strategy %q", kind)
		}
		if result := strategy.In("Response").In("ExecutionResult"); result.In("LoadedData") != nil || result.In("Value") != nil {
			t.tell(p, "what the resource answers is an object, and has to be its JSON in a text")
		}
	}
}

func testData(t *testCase) {
	text := t.file.InitialData()
	var data map[string]any
	if text == "" {
		return
	}
	if json.Unmarshal([]byte(text), &data) != nil {
		t.tell(part{}, "InitializationData is no JSON object in a text")
		return
	}
	for _, name := range sortedKeys(data) {
		if name != "Attributes" && name != "SegmentAttributes" {
			t.tell(part{}, "InitializationData has %s, which is read back empty", name)
		}
	}
}

func testMember(t *testCase) {
	for _, p := range t.parts() {
		known := []string{"Identifier", "Type", "Actor", "Parameters", "Transitions"}
		if p.observation {
			known = []string{"Identifier", "Event", "Actions", "Usage", "Transitions"}
		}
		for _, name := range sortedKeys(p.members) {
			if !slices.Contains(known, name) {
				t.tell(p, "there is no member %s", name)
			}
		}
		for _, name := range sortedKeys(p.members.In("Transitions")) {
			if name != map[bool]string{true: "NextObservations", false: "NextAction"}[p.observation] {
				t.tell(p, "Transitions has no member %s", name)
			}
		}
	}
}

func idOf(o testcase.Object) string { return o.Text("Identifier") }

func identifiersOf(all []testcase.Object) []string {
	names := make([]string, 0, len(all))
	for _, o := range all {
		names = append(names, idOf(o))
	}
	return names
}
