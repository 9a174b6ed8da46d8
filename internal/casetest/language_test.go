package casetest_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/casetest"
	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowrun"
	"github.com/parley-chat/parley/internal/flowtest"
	"github.com/parley-chat/parley/internal/hours"
)

type members = map[string]any

// block is an action of a flow. Ways are its branches: those of errors by their types, the others by
// the operand of an Equals, and "" the next action.
func block(id, kind string, parameters members, ways map[string]string) members {
	errorTypes := []string{"NoMatchingError", "NoMatchingCondition", "TimeLimitExceeded", "QueueAtCapacity", "InputTimeLimitExceeded"}
	transitions := members{}
	var errs, conditions []members
	for way, to := range ways {
		switch {
		case way == "":
			transitions["NextAction"] = to
		case slices.Contains(errorTypes, way):
			errs = append(errs, members{"NextAction": to, "ErrorType": way})
		default:
			conditions = append(conditions, members{"NextAction": to, "Condition": members{"Operator": "Equals", "Operands": []string{way}}})
		}
	}
	transitions["Errors"], transitions["Conditions"] = errs, conditions
	return members{"Identifier": id, "Type": kind, "Parameters": parameters, "Transitions": transitions}
}

// says is a message, which leads on.
func says(id, text, next string) members {
	return block(id, "MessageParticipant", members{"Text": text}, map[string]string{"": next, "NoMatchingError": next})
}

// flowOf is a flow that begins with its first block. The blocks bye and four messages that say where
// the flow has come to are in every one.
func flowOf(blocks ...members) string {
	for _, way := range []string{"yes", "no", "failed", "late"} {
		blocks = append(blocks, says(way, "branch "+way, "bye"))
	}
	blocks = append(blocks, members{"Identifier": "bye", "Type": "DisconnectParticipant", "Parameters": members{}, "Transitions": members{}})
	text, _ := json.Marshal(members{"Version": "2019-10-30", "StartAction": blocks[0]["Identifier"], "Metadata": members{"name": "main"}, "Actions": blocks})
	return string(text)
}

// observe is an observation with actions that lead to each other.
func observe(id, next string, event members, actions ...members) members {
	for i := range actions {
		actions[i]["Identifier"] = fmt.Sprint(id, i)
		if i+1 < len(actions) {
			actions[i]["Transitions"] = members{"NextAction": fmt.Sprint(id, i+1)}
		}
	}
	o := members{"Identifier": id, "Event": event, "Actions": actions}
	if next != "" {
		o["Transitions"] = members{"NextObservations": strings.Fields(next)}
	}
	return o
}

func event(kind string, properties members) members {
	return members{"Identifier": "e", "Type": kind, "Actor": "System", "Properties": properties}
}

func initiated() members { return event("TestInitiated", members{}) }

func hears(text string) members {
	return event("MessageReceived", members{"Text": text, "MatchingCriteria": members{"Type": "Inclusion"}})
}

func started(kind string, parameters members) members {
	return event("FlowActionStarted", members{"ActionType": kind, "ActionParameters": parameters})
}

func action(kind string, parameters members) members {
	return members{"Type": kind, "Parameters": parameters}
}

func utter(text string) members {
	return action("SendInstruction", members{"Instruction": members{"Type": "Utterance", "Properties": members{"Value": text}}})
}

func leaves() members {
	return action("SendInstruction", members{"Instruction": members{"Type": "Disconnect"}})
}

func assert(path, operator, operand string) members {
	return action("Assert", members{"Namespace": path, "Operator": operator, "Operand": operand})
}

func ends() members { return action("TestControl", members{"Command": members{"Type": "EndTest"}}) }

func logs(label, text string) members {
	return action("TestControl", members{"Command": members{"Type": "LogData", "Properties": members{"Expressions": members{label: text}}}})
}

func overrides(kind string, parameters, strategy members) members {
	return action("OverrideSystemBehavior", members{"Behavior": members{"Type": "FlowAction", "Properties": members{
		"ActionType": kind, "ActionParameters": parameters, "Strategy": strategy,
	}}})
}

func mock(result members) members {
	return members{"Type": "MockResponse", "Response": members{"Type": "ExecutionResult", "ExecutionResult": result}}
}

func breaks(errorType string, delay int) members {
	return members{"Type": "MockResponse", "Response": members{"Type": "Error", "Error": members{"Value": errorType, "DelaySeconds": delay}}}
}

func substitute(ref string) members {
	return members{"Type": "SubstituteResource", "SubstituteArn": ref}
}

// around answers for the function "real" and for a bot that asks once and then understands.
type around struct{}

func (around) Answers(ask *flow.Ask) bool {
	return ask.Parameters["LambdaFunctionARN"] == "real" || ask.Type == "ConnectParticipantWithLexBot"
}

func (around) Answer(_ context.Context, call *flowrun.Call) flow.Event {
	switch {
	case call.Ask.Type == "InvokeLambdaFunction":
		return flow.Event{Kind: flow.Answered, Results: members{"External": members{"tier": "real", "deep": members{"x": "y"}}}}
	case call.Ask.Text == "":
		return flow.Event{Kind: flow.Answered, Open: true, Seconds: 60, Replies: []flow.Reply{{Text: "What is it about?", Content: "text/plain"}}}
	}
	return flow.Event{
		Kind: flow.Answered, HasResult: true, Result: call.Ask.Text, Results: members{"Lex": members{"IntentName": call.Ask.Text}},
		Replies: []flow.Reply{{Text: "I see.", Content: "text/plain"}},
	}
}

// asksFunction is a flow that calls a function, and says what it has answered.
func asksFunction(name string) string {
	return flowOf(
		block("call", "InvokeLambdaFunction", members{"LambdaFunctionARN": name, "InvocationTimeLimitSeconds": "3"}, map[string]string{"": "tell", "NoMatchingError": "failed", "TimeLimitExceeded": "late"}),
		says("tell", "tier $.External.tier", "again"),
		block("again", "InvokeLambdaFunction", members{"LambdaFunctionARN": name}, map[string]string{"": "yes", "NoMatchingError": "no"}),
	)
}

func asksBot() string {
	return flowOf(block("ask", "ConnectParticipantWithLexBot", members{"LexV2Bot": members{"AliasArn": "arn:aws:lex:us-east-1:1:bot-alias/B/A"}},
		map[string]string{"Yes": "yes", "NoMatchingCondition": "no", "NoMatchingError": "failed", "InputTimeLimitExceeded": "late", "TimeLimitExceeded": "late"}))
}

func asksHours() string {
	return flowOf(block("hours", "CheckHoursOfOperation", members{"HoursOfOperationId": "shop"}, map[string]string{"True": "yes", "False": "no", "NoMatchingError": "failed"}))
}

func queues() string {
	return flowOf(
		says("hello", "Hello", "target"),
		block("target", "UpdateContactTargetQueue", members{"QueueId": "Sales"}, map[string]string{"": "go", "NoMatchingError": "failed"}),
		block("go", "TransferContactToQueue", members{}, map[string]string{"": "failed", "QueueAtCapacity": "no", "NoMatchingError": "failed"}),
	)
}

func chats(wait int) string {
	return flowOf(
		says("hello", "Hello $.SegmentAttributes.color", "one"),
		says("one", "One", "two"),
		says("two", "Two", "wait"),
		block("wait", "Wait", members{"TimeLimitSeconds": fmt.Sprint(wait), "Events": []string{"CustomerReturned"}},
			map[string]string{"WaitCompleted": "late", "CustomerReturned": "yes", "NoMatchingError": "failed"}),
	)
}

// Each row is a flow with a test of it, and what comes of the test.
func TestRowF4To8Language(t *testing.T) {
	t.Parallel()
	function, bot, shop, sales := members{"LambdaFunctionARN": "f"}, members{"LexV2Bot": members{"AliasArn": "arn:aws:lex:us-east-1:1:bot-alias/B/A"}}, members{"HoursOfOperationId": "shop"}, members{"QueueId": "Sales"}
	there := members{"LambdaFunctionARN": "real"}
	gold := mock(members{"LoadedData": `{"tier":"gold"}`})
	lambda, lex, hoursOf, transfer := "InvokeLambdaFunction", "ConnectParticipantWithLexBot", "CheckHoursOfOperation", "TransferContactToQueue"
	for _, row := range []struct {
		name, flow   string
		observations []members
		data         string
		cfg          casetest.Config
		// want is the verdict, and a letter for each check; why, note, queue and logged are parts of what
		// the report says; took is the virtual time in seconds.
		want, why, note, queue, logged string
		took                           int
	}{
		{name: "messages are separate events, in their order", flow: chats(60), want: "passed ppp", observations: []members{
			observe("a", "b", hears("One")), observe("b", "c", hears("Two"), utter("back")), observe("c", "", hears("branch yes")),
		}},
		{name: "an event is not replayed", flow: chats(60), want: "failed pf", why: `b: it never happened; seen instead: "branch late"`, took: 60, observations: []members{
			observe("a", "b", hears("Two")), observe("b", "", hears("One")),
		}},
		{name: "an event goes to one observation", flow: chats(60), want: "failed pf", took: 60, observations: []members{
			observe("a", "", hears("One")), observe("b", "", hears("One")),
		}},
		{name: "an open observation waits for the whole chat", flow: chats(60), want: "passed pp", took: 60, observations: []members{
			observe("a", "", hears("Hello")), observe("b", "", hears("branch late")),
		}},
		{name: "letters matter, and the report says so", flow: chats(60), want: "failed f", took: 60, observations: []members{observe("a", "", hears("hello"))}, note: "differs only in letter case"},
		{name: "segment attributes", flow: chats(60), want: "passed pp", took: 60, data: `{"SegmentAttributes":{"color":{"ValueString":"red"}}}`, observations: []members{
			observe("a", "b", hears("Hello $.SegmentAttributes.color"), assert("$.SegmentAttributes.color", "Equals", "red")), observe("b", "", hears("One")),
		}},
		{name: "a flat map is read back empty", flow: chats(60), want: "failed fP", data: `{"color":"red"}`, why: `a: a0: $.Attributes.color is "", and was to be Equals "red"`, observations: []members{
			observe("a", "b", hears("Hello"), assert("$.Attributes.color", "Equals", "red")), observe("b", "", hears("One")),
		}},
		{name: "the customer leaves", flow: chats(60), want: "passed pp", observations: []members{
			observe("a", "b", hears("Two"), leaves()), observe("b", "", event("TestCompleted", members{}), logs("who", "of $.ContactId in $.Channel")),
		}, logged: "in CHAT"},
		{name: "five minutes are the limit", flow: chats(600), want: "failed f", took: 300, why: "it never happened", observations: []members{observe("a", "", hears("branch late"))}},
		{name: "everything seen, and the flow waits on", flow: chats(600), want: "passed p", took: 300, observations: []members{observe("a", "", hears("One"))}},
		{name: "a test that ends at once", flow: chats(600), want: "passed p", observations: []members{observe("a", "", initiated(), ends())}},
		{name: "what is said beside a flow that does not listen", flow: queues(), want: "passed p", queue: "Sales", note: `"help" is said while no flow runs`, observations: []members{observe("a", "", hears("Hello"), utter("help"))}},
		{name: "at least twice", flow: chats(60), want: "failed f", took: 60, why: "it happened 1 times", observations: []members{
			with(observe("a", "", hears("One")), "Usage", members{"Type": "AtLeast", "Times": 2}),
		}},
		{name: "always", flow: chats(60), want: "passed p", took: 60, observations: []members{with(observe("a", "", hears("o")), "Usage", members{"Type": "Always"})}},

		{name: "an override counts once", flow: asksFunction("real"), want: "passed ppp", note: "", observations: []members{
			observe("a", "b", initiated(), overrides(lambda, there, gold)), observe("b", "c", hears("tier gold")), observe("c", "", hears("branch yes")),
		}},
		{name: "an override at the action counts for it", flow: asksFunction("f"), want: "passed ppp", note: "f is used more often than it has overrides", observations: []members{
			observe("a", "b", started(lambda, function), overrides(lambda, function, gold)), observe("b", "c", hears("tier gold")), observe("c", "", hears("branch no")),
		}},
		{name: "two overrides are a queue", flow: asksFunction("f"), want: "passed pp", observations: []members{
			observe("a", "b", initiated(), overrides(lambda, function, gold), overrides(lambda, function, mock(members{"Value": members{"tier": "x"}}))), observe("b", "", hears("branch yes")),
		}},
		{name: "a function that fails", flow: asksFunction("f"), want: "passed pp", observations: []members{
			observe("a", "b", initiated(), overrides(lambda, function, breaks("NoMatchingError", 0))), observe("b", "", hears("branch failed")),
		}},
		{name: "a function that is too late", flow: asksFunction("f"), want: "passed pp", took: 2, observations: []members{
			observe("a", "b", initiated(), overrides(lambda, function, breaks("TimeLimitExceeded", 2))), observe("b", "", hears("branch late")),
		}},
		{name: "a delay beyond the limit is a time-out", flow: asksFunction("f"), want: "passed pp", took: 3, observations: []members{
			observe("a", "b", initiated(), overrides(lambda, function, mock(members{"LoadedData": "{}", "DelaySeconds": 5}))), observe("b", "", hears("branch late")),
		}},
		{name: "what is said while a function runs", flow: asksFunction("f"), want: "passed pp", took: 1, note: `"quick" is said while the flow is at InvokeLambdaFunction`, observations: []members{
			observe("a", "b", initiated(), overrides(lambda, function, mock(members{"LoadedData": `{"tier":"slow"}`, "DelaySeconds": 1})), utter("quick")), observe("b", "", hears("tier slow")),
		}},
		{name: "a delay within the limit", flow: asksFunction("f"), want: "passed pp", took: 1, observations: []members{
			observe("a", "b", initiated(), overrides(lambda, function, mock(members{"LoadedData": `{"tier":"slow"}`, "DelaySeconds": 1}))), observe("b", "", hears("tier slow")),
		}},
		{name: "an answer of another form fails as the function's would", flow: asksFunction("f"), want: "passed pp", note: "must be texts", observations: []members{
			observe("a", "b", initiated(), overrides(lambda, function, mock(members{"LoadedData": `{"tier":1}`}))), observe("b", "", hears("branch failed")),
		}},
		{name: "another function in its place", flow: asksFunction("f"), want: "passed ppp", observations: []members{
			observe("a", "b", initiated(), overrides(lambda, function, substitute("real"))), observe("b", "c", started(lambda, function)), observe("c", "", hears("tier real")),
		}},
		{name: "an override that nobody needs", flow: chats(60), want: "passed p", took: 60, note: "the override a/a0 was never used", observations: []members{observe("a", "", initiated(), overrides(lambda, function, gold))}},
		{name: "a function's answer can be read once it was seen", flow: asksFunction("real"), want: "passed ppp", observations: []members{
			observe("a", "b", started(lambda, there), assert("$.External.tier", "Equals", "")),
			observe("b", "c", event("FlowActionCompleted", members{"ActionType": lambda, "ActionParameters": there}),
				assert("$.External.tier", "Equals", "real"), assert("$.External.deep", "Equals", ""), assert("$.External.deep.x", "Exists", "")),
			observe("c", "", hears("branch yes"), assert("$.LambdaInvocation.ResultData.tier", "TextStartsWith", "re")),
		}},
		{name: "a function that fails does not complete", flow: asksFunction("f"), want: "failed f", observations: []members{
			observe("a", "", event("FlowActionCompleted", members{"ActionType": lambda, "ActionParameters": function})),
		}},

		{name: "a bot's own texts", flow: asksBot(), want: "passed pppp", observations: []members{
			observe("a", "b", started(lex, bot)), observe("b", "c", hears("What is it about?"), utter("Yes")),
			observe("c", "d", event("FlowActionCompleted", members{"ActionType": lex, "ActionParameters": bot}), assert("$.Lex.IntentName", "Equals", "Yes")),
			observe("d", "", hears("branch yes")),
		}},
		{name: "what a bot is to have understood", flow: asksBot(), want: "passed pp", observations: []members{
			observe("a", "b", initiated(), overrides(lex, bot, mock(members{"LoadedData": `{"IntentName":"Yes"}`}))), observe("b", "", hears("branch yes")),
		}},
		{name: "the same in the form of Lex V2", flow: asksBot(), want: "passed pp", observations: []members{
			observe("a", "b", initiated(), overrides(lex, bot, mock(members{"LoadedData": `{"sessionState":{"intent":{"name":"Yes"}}}`}))), observe("b", "", hears("branch yes")),
		}},
		{name: "a bot that has understood nothing", flow: asksBot(), want: "passed pp", observations: []members{
			observe("a", "b", initiated(), overrides(lex, bot, mock(members{"LoadedData": `{}`}))), observe("b", "", hears("branch no")),
		}},
		{name: "a bot that fails", flow: asksBot(), want: "passed pp", observations: []members{
			observe("a", "b", initiated(), overrides(lex, bot, breaks("NoMatchingError", 0))), observe("b", "", hears("branch failed")),
		}},

		{name: "hours, in them", flow: asksHours(), want: "passed ppp", observations: []members{
			observe("a", "b", initiated(), overrides(hoursOf, shop, mock(members{"Value": "InHours"}))), observe("b", "c", started(hoursOf, shop)), observe("c", "", hears("branch yes")),
		}},
		{name: "hours, out of them", flow: asksHours(), want: "passed pp", observations: []members{
			observe("a", "b", initiated(), overrides(hoursOf, shop, mock(members{"Value": "OutOfHours"}))), observe("b", "", hears("branch no")),
		}},
		{name: "hours that fail", flow: asksHours(), want: "passed pp", observations: []members{
			observe("a", "b", initiated(), overrides(hoursOf, shop, breaks("NoMatchingError", 0))), observe("b", "", hears("branch failed")),
		}},
		{name: "other hours in their place", flow: asksHours(), want: "passed pp", observations: []members{
			observe("a", "b", initiated(), overrides(hoursOf, shop, substitute("never"))), observe("b", "", hears("branch no")),
		}},

		{name: "a transfer, by an ARN with the queue's name behind it", flow: queues(), want: "passed p", observations: []members{
			observe("a", "", started(transfer, members{"QueueId": "arn:aws:connect:us-east-1:1:instance/i/queue/Sales"}), assert("$.Queue.Name", "Equals", "Sales"), ends()),
		}},
		{name: "a queue that is full", flow: queues(), want: "passed pp", observations: []members{
			observe("a", "b", initiated(), overrides(transfer, sales, breaks("QueueAtCapacity", 0))), observe("b", "", hears("branch no")),
		}},
		{name: "another queue in its place", flow: queues(), want: "passed pp", queue: "Tests", observations: []members{
			observe("a", "b", initiated(), overrides(transfer, sales, substitute("Tests"))), observe("b", "", started(transfer, sales), assert("$.Queue.Name", "Equals", "Sales")),
		}},
		{name: "a test that ends itself before everything was seen", flow: queues(), want: "failed pf", why: "b: it never happened", observations: []members{
			observe("a", "", hears("Hello"), ends()), observe("b", "", started(transfer, sales)),
		}},
		{name: "the same, allowed", flow: queues(), cfg: casetest.Config{AllowPending: true}, want: "passed pPP", observations: []members{
			observe("a", "", hears("Hello"), ends()), observe("b", "c", started(transfer, sales)), observe("c", "", hears("x")),
		}},
		{name: "what is not reached is what failed where nothing else has", flow: queues(), want: "failed pf", why: "c: it was not reached", observations: []members{
			observe("a", "", hears("Hello"), ends()), with(observe("c", "c", hears("x")), "Usage", nil),
		}},
		{name: "a recorded prompt never comes", flow: queues(), want: "failed f", queue: "Sales", observations: []members{observe("a", "", event("MessageReceived", members{"PromptId": "p"}))}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			document, err := json.Marshal(members{"Version": "2019-10-30", "Observations": row.observations})
			if err != nil {
				t.Fatal(err)
			}
			text, err := json.Marshal(members{"Name": row.name, "Content": string(document), "InitializationData": row.data})
			if err != nil {
				t.Fatal(err)
			}
			cfg := row.cfg
			cfg.Library, cfg.Outside = library(t, map[string]string{"main.json": row.flow}), around{}
			never, err := hours.New(hours.Config{Open: []string{"Sun 01:00-02:00"}})
			if err != nil {
				t.Fatal(err)
			}
			cfg.Hours = &hours.Book{Hours: map[string]*hours.Hours{"never": never}}
			out := casetest.RunFile(t.Context(), cfg, file(t, "t.json", string(text)))
			r := &out.Report
			got := string(r.Verdict) + " "
			for _, c := range r.Checks {
				got += map[flowtest.Verdict]string{flowtest.Passed: "p", flowtest.Failed: "f", flowtest.Pending: "P"}[c.Verdict]
			}
			said, _ := json.Marshal(r)
			if got != row.want {
				t.Fatalf("%s, want %s: %s", got, row.want, said)
			}
			notes := strings.Join(r.Notes, "\n")
			for _, c := range r.Checks {
				if c.Best != nil {
					notes += "\n" + c.Best.Hint
				}
			}
			if !strings.Contains(r.Why, row.why) || !strings.Contains(notes, row.note) || row.queue != r.Result.Queue || !strings.Contains(fmt.Sprint(r.Logged), row.logged) {
				t.Errorf("%s", said)
			}
			if took := r.Result.Ended.Sub(r.Result.Began).Round(time.Second); took != time.Duration(row.took)*time.Second {
				t.Errorf("it took %s, want %d s", took, row.took)
			}
			again := casetest.RunFile(t.Context(), cfg, file(t, "t.json", string(text)))
			first, second := stable(t, &out), stable(t, &again)
			if diff := gocmp.Diff(first, second); diff != "" {
				t.Errorf("the same test comes out in two ways:\n%s", diff)
			}
		})
	}
}

// stable are the records of an execution, without the contact's id.
func stable(t *testing.T, out *casetest.Outcome) string {
	t.Helper()
	data, err := json.Marshal(out.Execution)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(data), cmp.Or(out.Report.Result.ContactID, "-"), "CONTACT")
}

// with is an observation with another member, or with none where it is nil.
func with(o members, name string, value any) members {
	if value != nil {
		o[name] = value
	}
	return o
}
