package flowcheck

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/flow"
)

// TestCase looks at a file that may be a test case in Amazon Connect's Testing language: the document
// itself, or with its siblings around it as the API gives and takes it. It returns false for what is
// none.
//
// Source: https://docs.aws.amazon.com/connect/latest/devguide/testing-language.html
func TestCase(name string, data []byte) ([]flow.Finding, bool) {
	var root map[string]any
	if len(data) > flow.MaxCharacters*8 || json.Unmarshal([]byte(strings.TrimPrefix(string(data), "\ufeff")), &root) != nil {
		return nil, false
	}
	if inner, is := root["TestCase"].(map[string]any); is {
		root = inner
	}
	document := root
	if content, is := root["Content"].(string); is {
		document = nil
		_ = json.Unmarshal([]byte(content), &document) // what is none has no observations
	}
	if _, is := document["Observations"].([]any); !is {
		return nil, false
	}
	t := testCase{file: name, document: document, siblings: root}
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
	file               string
	document, siblings map[string]any
	rule               *Rule
	found              []flow.Finding
}

// part is an observation or an action of one.
type part struct {
	id, kind    string
	members     map[string]any
	observation bool
	siblings    []string // the identifiers that it can lead to
}

// parts are the observations with their actions, in the order of the document.
func (t *testCase) parts() []part {
	var all []part
	observations := objects(t.document["Observations"])
	names := identifiersOf(observations)
	for _, o := range observations {
		event := within(o, "Event")
		all = append(all, part{idOf(o), trimmed(event["Type"]), o, true, names})
		actions := objects(o["Actions"])
		for _, a := range actions {
			all = append(all, part{idOf(a), trimmed(a["Type"]), a, false, identifiersOf(actions)})
		}
	}
	return all
}

func (t *testCase) tell(p part, format string, args ...any) {
	f := flow.Finding{
		Level: t.rule.Level, Rule: t.rule.ID, File: t.file, Action: p.id, Name: p.kind,
		Text: fmt.Sprintf(format, args...), Remedy: t.rule.Remedy, Page: t.rule.Page,
	}
	f.Flow = firstText(t.siblings["Name"], within(t.document, "Metadata")["name"])
	t.found = append(t.found, f)
}

// testRules are the rules for test cases: what publishing one refuses, and what it takes and then
// does not do.
func testRules() []Rule {
	const language, admin = "https://docs.aws.amazon.com/connect/latest/devguide/testing-language", guide + "testing-simulation"
	rules := []Rule{
		{ID: "test-document", Says: "A test case with another Version, an identifier that is missing or there twice, or an observation that leads nowhere.", Page: language + "-concepts.html", test: testDocument},
		{ID: "test-next-action", Says: "A NextAction in a test case that is empty or leads nowhere.", Remedy: "leave NextAction out where nothing follows", Page: language + "-concepts.html", test: testNextAction},
		{ID: "test-usage", Says: "A Usage that does not exist.", Remedy: "leave Usage out: once is what it means without", Page: language + "-concepts.html", test: testUsage},
		{ID: "test-event", Says: "An event, or an observed action, that a test case cannot observe or that lacks what tells it from others.", Page: language + ".html", test: testEvent},
		{ID: "test-match", Says: "MatchingCriteria in another form or place than publishing takes.", Remedy: `write "MatchingCriteria": {"Type": "Inclusion"} in Properties`, Page: language + ".html", test: testMatch},
		{ID: "test-instruction", Says: "An instruction that does not exist, or not for chats, or not in this form.", Page: language + "-actions-send-instruction.html", test: testInstruction},
		{ID: "test-assert", Says: "An Assert with an operator that is refused, or without what it needs.", Page: language + ".html", test: testAssert},
		{ID: "test-override", Says: "An override of what cannot be overridden, or not so.", Page: admin + "-action-override.html", test: testOverride},
	}
	for i := range rules {
		rules[i].Level = flow.Refused
	}
	return append(rules,
		Rule{ID: "test-data", Level: flow.Doubtful, Says: "Initial data of a test case that is accepted, and read back empty.", Remedy: `write {"Attributes": {…}, "SegmentAttributes": {}}`, Page: admin + ".html", test: testData},
		Rule{ID: "test-member", Level: flow.Doubtful, Says: "A member that no test case has.", Remedy: "take it away", Page: language + ".html", test: testMember},
	)
}

func testDocument(t *testCase) {
	if version := textOf(t.document["Version"]); version != flow.Version {
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
		event := within(p.members, "Event")
		switch {
		case seen[p.id]:
			t.tell(p, "two observations have this Identifier")
		case event == nil:
			t.tell(p, "the observation has no Event")
		case textOf(event["Identifier"]) == "":
			t.tell(p, "the Event has no Identifier")
		}
		seen[p.id] = true
		for _, next := range texts(within(p.members, "Transitions")["NextObservations"]) {
			if !slices.Contains(p.siblings, next) {
				t.tell(p, "NextObservations names %q, which is no observation", next)
			}
		}
	}
}

func testNextAction(t *testCase) {
	for _, p := range t.parts() {
		next, there := within(p.members, "Transitions")["NextAction"]
		if to := textOf(next); there && next != nil && !p.observation && !slices.Contains(p.siblings, to) {
			t.tell(p, "NextAction is %q, which is no action of the observation", to)
		}
	}
}

func testUsage(t *testCase) {
	for _, p := range t.parts() {
		usage := within(p.members, "Usage")
		kind := textOf(usage["Type"])
		switch {
		case usage == nil || !p.observation:
		case !slices.Contains([]string{"Exactly", "AtLeast", "AtMost", "Always"}, kind):
			t.tell(p, "the Usage %q does not exist", kind)
		case kind != "Always" && usage["Times"] == nil:
			t.tell(p, "the Usage %s has no Times", kind)
		}
	}
}

// resources are the parameters that name what is observed or overridden, by the types of actions for
// which a test case can do that.
func resources() map[string]string {
	return map[string]string{
		"InvokeLambdaFunction": "LambdaFunctionARN", "CheckHoursOfOperation": "HoursOfOperationId", "TransferContactToQueue": "QueueId",
		"ConnectParticipantWithLexBot": "LexV2Bot", "DequeueContactAndTransferToQueue": "QueueId", "DequeueAndTransferToQueue": "QueueId",
	}
}

func testEvent(t *testCase) {
	for _, p := range t.parts() {
		properties := within(within(p.members, "Event"), "Properties")
		switch kind := textOf(within(p.members, "Event")["Type"]); {
		case !p.observation:
		case kind != strings.TrimSpace(kind):
			t.tell(p, "the event's Type %q has blanks around it", kind)
		case kind == "TestInitiated" || kind == "TestCompleted":
		case kind == "MessageReceived":
			if textOf(properties["Text"])+textOf(properties["SSML"])+textOf(properties["PromptId"]) == "" && properties["Media"] == nil {
				t.tell(p, "there is no text to observe: one of Text, SSML, PromptId and Media must be there")
			}
		case kind == "FlowActionStarted" || kind == "FlowActionCompleted":
			t.resource(p, properties, "observed")
		default:
			t.tell(p, "there is no event %q", kind)
		}
	}
}

// resource reports an observed or overridden action that a test case does not know, or that is not
// told from others of its type.
func (t *testCase) resource(p part, properties map[string]any, how string) {
	kind := textOf(properties["ActionType"])
	name, known := resources()[strings.TrimSpace(kind)]
	given := within(properties, "ActionParameters")[name]
	switch {
	case !known && kind != "ConnectParticipantWithAgenticCX":
		t.tell(p, "actions of the type %q cannot be %s", kind, how)
	case kind != strings.TrimSpace(kind):
		t.tell(p, "the ActionType %q has blanks around it", kind)
	case known && (given == nil || given == ""):
		t.tell(p, "ActionParameters does not say which %s is %s", name, how)
	}
}

func testMatch(t *testCase) {
	for _, p := range t.parts() {
		event := within(p.members, "Event")
		properties := within(event, "Properties")
		if !p.observation || textOf(event["Type"]) != "MessageReceived" {
			continue
		}
		criteria, object := properties["MatchingCriteria"].(map[string]any)
		kind := textOf(criteria["Type"])
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
	entry := textOf(t.entry()["Type"])
	for _, p := range t.parts() {
		instruction := within(within(p.members, "Parameters"), "Instruction")
		properties := within(instruction, "Properties")
		if p.observation || p.kind != "SendInstruction" {
			continue
		}
		switch kind := textOf(instruction["Type"]); kind {
		case "Disconnect":
		case "Utterance":
			if textOf(properties["Value"]) == "" {
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
	operators := []string{
		"Equals", "TextStartsWith", "TextEndsWith", "TextContains", "NumberGreaterThan", "NumberGreaterOrEqualTo", "NumberLessThan", "NumberLessOrEqualTo",
	}
	for _, p := range t.parts() {
		parameters := within(p.members, "Parameters")
		switch operator := textOf(parameters["Operator"]); {
		case p.observation:
		case p.kind == "Assertion" || p.kind == "ObserveEvent" || p.kind == "EndTest":
			t.tell(p, "there is no action %s: the actions are SendInstruction, Assert, OverrideSystemBehavior and TestControl", p.kind)
		case p.kind != "Assert":
		case !slices.Contains(operators, operator):
			t.tell(p, "the operator %q is refused: the operators are %s", operator, list(operators, "and"))
		case parameters["Operand"] == nil:
			t.tell(p, "there is no Operand")
		default:
			if _, whole := flow.Paths(textOf(parameters["Namespace"])); !whole {
				t.tell(p, "Namespace is %q, and must be one path", textOf(parameters["Namespace"]))
			}
		}
	}
}

func testOverride(t *testCase) {
	for _, p := range t.parts() {
		properties := within(within(within(p.members, "Parameters"), "Behavior"), "Properties")
		if p.observation || p.kind != "OverrideSystemBehavior" {
			continue
		}
		t.resource(p, properties, "overridden")
		strategy := within(properties, "Strategy")
		switch kind := textOf(strategy["Type"]); {
		case kind == "SubstituteResource" && textOf(strategy["SubstituteArn"]) == "":
			t.tell(p, "SubstituteResource has no SubstituteArn")
		case kind == "MockResponse" && properties["ActionType"] == "CheckHoursOfOperation" && within(strategy, "Response")["Type"] != "Error":
			t.tell(p, "hours of operation cannot be given a MockResponse, although the page lists it: substitute others for them")
		case kind != "SubstituteResource" && kind != "MockResponse":
			t.tell(p, "there is no strategy %q", kind)
		}
	}
}

func testData(t *testCase) {
	text := firstText(t.siblings["InitializationData"], within(t.document, "Metadata")["initializationData"])
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
		for _, name := range sortedKeys(within(p.members, "Transitions")) {
			if name != map[bool]string{true: "NextObservations", false: "NextAction"}[p.observation] {
				t.tell(p, "Transitions has no member %s", name)
			}
		}
	}
}

// entry is how the test's contact begins, where the file says it.
func (t *testCase) entry() map[string]any {
	if entry := within(t.siblings, "EntryPoint"); entry != nil {
		return entry
	}
	return within(within(t.document, "Metadata"), "entryPoint")
}

// within is a member that is an object, nil for any other.
func within(o map[string]any, name string) map[string]any {
	inner, _ := o[name].(map[string]any)
	return inner
}

// objects are the objects of a list.
func objects(v any) []map[string]any {
	items, _ := v.([]any)
	all := make([]map[string]any, 0, len(items))
	for _, item := range items {
		if o, is := item.(map[string]any); is {
			all = append(all, o)
		}
	}
	return all
}

func idOf(o map[string]any) string { return textOf(o["Identifier"]) }

func identifiersOf(all []map[string]any) []string {
	names := make([]string, 0, len(all))
	for _, o := range all {
		names = append(names, idOf(o))
	}
	return names
}

func trimmed(v any) string { return strings.TrimSpace(textOf(v)) }

func firstText(values ...any) string {
	for _, v := range values {
		if text, is := v.(string); is && text != "" {
			return text
		}
	}
	return ""
}
