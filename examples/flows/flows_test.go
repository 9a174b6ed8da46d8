package flows_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/examples/flows"
	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowrun"
	"github.com/parley-chat/parley/internal/flowtest"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// library returns all samples, in which there is nothing to find.
func library(t *testing.T) *flowrun.Library {
	t.Helper()
	l := flowrun.NewLibrary(nil)
	findings, _, err := flowrun.NewFolder(flows.Files(), l).Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range findings {
		t.Error(f)
	}
	return l
}

// The samples lead nowhere else, and chats that name none of them get the menu.
func TestSamplesBelongTogether(t *testing.T) {
	t.Parallel()
	l := library(t)
	for _, m := range l.Missing() {
		t.Errorf("%s names %q, which is no sample", m.Flow, m.Shown)
	}
	if p, ok := l.Entry(); !ok || p.ID() != "menu.json" {
		t.Error("the menu is not the first flow")
	}
	kinds := map[flow.Kind]int{}
	for _, p := range l.Files() {
		kinds[p.Kind()]++
	}
	if diff := cmp.Diff(map[flow.Kind]int{flow.Inbound: 12, flow.CustomerQueue: 1, flow.Module: 1}, kinds); diff != "" {
		t.Errorf("kinds of samples (-want +got):\n%s", diff)
	}
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range l.Files() {
		if row := fmt.Sprintf("| `%s` | %s |", p.ID(), p.Name()); !strings.Contains(string(readme), row) {
			t.Errorf("README.md has no row %s", row)
		}
	}
}

// Each script is a chat through one of the samples; testdata has what comes of it.
func TestSamples(t *testing.T) {
	t.Parallel()
	const visitor = `{"templateType":"ViewResource","version":"1.0","action":"Next","data":{"FormData":{"name":"Ada","branch":["station"],"day":"Friday"}}}`
	const unhappy = `{"templateType":"ViewResource","version":"1.0","action":"Next","data":{"FormData":{"rating":["bad"],"comment":"Too slow."}}}`
	for name, script := range map[string]flowtest.Script{
		"default":             {Flow: "Default", Says: []string{flowtest.AgentTakes}},
		"menu-of-views":       {Flow: "Menu", Says: []string{"orders", "kettle", "Send it back", "Next", "visit", visitor, "Book it", "Next"}},
		"menu-survey":         {Flow: "Menu", Says: []string{flowtest.Waits, "hello", "people", flowtest.AgentTakes, "Next"}},
		"menu-nobody":         {Flow: "Menu"},
		"first-contact":       {Flow: "First contact", Says: []string{"hello", "Ask another team", flowtest.AgentTakes, "I forgot something", flowtest.AgentTakes, flowtest.Waits}},
		"first-contact-alone": {Flow: "First contact"},
		"queue-survey":        {Flow: "Queue with agent", Attributes: map[string]string{"survey": "yes"}, Says: []string{flowtest.AgentTakes, unhappy, "yes, please", "hello", "Leave"}},
		"queue-patience":      {Flow: "Queue with agent", Says: []string{flowtest.Waits, flowtest.Waits, flowtest.Waits, flowtest.Waits, flowtest.Waits, flowtest.Waits, flowtest.AgentTakes}},
		"survey-in-words":     {Flow: "Survey after the chat", Says: []string{"what?", "Skip", "very good"}},
		"guide-changed":       {Flow: "Book a visit", Says: []string{visitor, "Back", "Next", "Book it", "Next"}},
		"sign-in":             {Flow: "Customer sign-in", Says: []string{flowtest.SignsIn, flowtest.AgentTakes}},
		"sign-in-opted-out":   {Flow: "Customer sign-in", Says: []string{flowtest.OptsOut, flowtest.AgentTakes}},
		"sign-in-too-late":    {Flow: "Customer sign-in", Says: []string{flowtest.Waits, flowtest.AgentTakes}},
		"sign-in-failed":      {Flow: "Customer sign-in", Says: []string{flowtest.FailsToSignIn}},
		"parcel":              {Flow: "Ask about a parcel", Says: []string{"where is my parcel", "1001"}},
		"parcel-unheard":      {Flow: "Ask about a parcel", Says: []string{"sing a song", flowtest.AgentTakes}},
		"visit-bot":           {Flow: "Book a visit with a bot", Says: []string{"book a visit", "Station", "Morning"}},
		"questions":           {Flow: "Ask the assistant", Says: []string{"when are you open?", "thank you"}},
		"questions-escalated": {Flow: "Ask the assistant", Says: []string{"a person, please", flowtest.AgentTakes}},
		"returns":             {Flow: "Send something back", Says: []string{"the lamp", "the kettle"}},
		"returns-idle":        {Flow: "Send something back", Says: []string{flowtest.Waits}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			script.Outside = outside(t)
			result, err := flowtest.Run(t.Context(), library(t), script)
			if err != nil {
				t.Fatal(err)
			}
			got, golden := render(&result), filepath.Join("testdata", name+".txt")
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", golden, diff)
			}
		})
	}
}

// render is a run as the golden files have it: what was said, the blocks, and how it ended.
func render(r *flowtest.Result) string {
	var b strings.Builder
	for i := range r.Transcript {
		l := &r.Transcript[i]
		text := l.Text
		var view struct {
			Data struct {
				Content struct {
					ViewID   string
					ViewData struct{ Heading string }
				}
			}
			Action string
		}
		switch shown := &view.Data.Content; {
		case text == "" || strings.Contains(l.ContentType, "event"):
			text = "-- " + l.ContentType[strings.LastIndex(l.ContentType, "event.")+len("event."):]
		case json.Unmarshal([]byte(text), &view) == nil && shown.ViewID != "":
			text = fmt.Sprintf("[%s: %s]", shown.ViewID, shown.ViewData.Heading)
		case view.Action != "":
			text = "[" + view.Action + "]"
		}
		fmt.Fprintf(&b, "%8s  %s: %s\n", l.Time.Sub(r.Transcript[0].Time).Round(time.Second), l.From, text)
	}
	b.WriteString("\n")
	for i := range r.Way {
		p := &r.Way[i]
		fmt.Fprintf(&b, "%s / %s > %s\n", p.Flow, p.Action, p.Branch)
	}
	for _, note := range r.Notes {
		fmt.Fprintf(&b, "note: %s\n", note)
	}
	fmt.Fprintf(&b, "\n%s %s %v\n", r.Outcome, r.Queue, r.Attributes)
	return b.String()
}

// Customers by chance come to nearly every block that a chat can come to, through hooks, transfers
// and modules.
func TestChanceReachesTheSamples(t *testing.T) {
	t.Parallel()
	l := library(t)
	var entries []*flow.Program
	left, total := map[string]bool{}, 0
	for _, p := range l.Files() {
		if p.Kind() == flow.Inbound {
			entries = append(entries, p)
		}
		for _, id := range p.Reachable() {
			left[p.ID()+" / "+id] = true
			total++
		}
	}
	for seed := range uint64(200) {
		for _, entry := range []string{"Menu", entries[int(seed)%len(entries)].ID()} {
			script := flowtest.Script{Flow: entry, Random: true, Seed: seed, Outside: standIn(seed)}
			if seed%2 == 1 {
				script.Attributes = map[string]string{"survey": "yes"}
			}
			result, err := flowtest.Run(t.Context(), l, script)
			if err != nil {
				t.Fatalf("%s, seed %d: %v", entry, seed, err)
			}
			if result.Outcome == flowtest.Unrun || len(result.Notes) > 0 {
				t.Errorf("%s, seed %d: %s %q", entry, seed, result.Outcome, result.Notes)
			}
			for i := range result.Way {
				delete(left, result.Way[i].Flow+" / "+result.Way[i].Action)
			}
		}
	}
	const share = 0.9
	t.Logf("%d of %d blocks", total-len(left), total)
	if float64(total-len(left)) < share*float64(total) {
		t.Errorf("%d of %d blocks were not reached: %v", len(left), total, left)
	} else {
		t.Logf("not reached: %v", left)
	}
}

// What the service refuses to publish is nowhere in the samples, and the designer knows where to
// draw each block.
func TestSamplesCanBePublished(t *testing.T) {
	t.Parallel()
	names, err := fs.Glob(flows.Files(), "*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		data, err := fs.ReadFile(flows.Files(), name)
		if err != nil {
			t.Fatal(err)
		}
		var d flow.Document
		if err := json.Unmarshal(data, &d); err != nil {
			t.Fatal(err)
		}
		places := map[flow.Position]string{}
		for i := range d.Actions {
			a := &d.Actions[i]
			for _, fault := range refused(&d, a) {
				t.Errorf("%s: %s (%s): %s", name, a.Identifier, a.Type, fault)
			}
			at := d.Metadata.ActionMetadata[a.Identifier].Position
			if at == nil {
				t.Errorf("%s: %s has no place", name, a.Identifier)
			} else if other, taken := places[*at]; taken {
				t.Errorf("%s: %s lies on %s", name, a.Identifier, other)
			} else {
				places[*at] = a.Identifier
			}
		}
	}
}

// requiredErrors are the error branches without which publishing fails, as instances have answered.
var requiredErrors = map[string][]string{
	"ShowView":                         {"NoMatchingCondition", "NoMatchingError", "TimeLimitExceeded"},
	"Compare":                          {"NoMatchingCondition"},
	"CheckMetricData":                  {"NoMatchingCondition", "NoMatchingError"},
	"CheckHoursOfOperation":            {"NoMatchingError"},
	"Wait":                             {"NoMatchingError"},
	"AuthenticateParticipant":          {"NoMatchingError", "TimeLimitExceeded"},
	"ConnectParticipantWithLexBot":     {"InputTimeLimitExceeded", "NoMatchingCondition", "NoMatchingError"},
	"ConnectParticipantWithAgenticCX":  {"InputTimeLimitExceeded", "NoMatchingCondition", "NoMatchingError"},
	"CreateWisdomSession":              {"NoMatchingError"},
	"TransferContactToQueue":           {"NoMatchingError", "QueueAtCapacity"},
	"DequeueContactAndTransferToQueue": {"NoMatchingError", "QueueAtCapacity"},
	"MessageParticipant":               {"NoMatchingError"},
	"UpdateContactAttributes":          {"NoMatchingError"},
	"UpdateContactData":                {"NoMatchingError"},
	"UpdateContactEventHooks":          {"NoMatchingError"},
	"UpdateContactTargetQueue":         {"NoMatchingError"},
	"TransferToFlow":                   {"NoMatchingError"},
	"InvokeFlowModule":                 {"NoMatchingError"},
	"TagContact":                       {"NoMatchingError"},
	"Loop":                             {},
	"UpdateContactRoutingBehavior":     {},
	"UpdateFlowLoggingBehavior":        {},
}

// refused says why an action would not be published.
func refused(d *flow.Document, a *flow.Action) []string {
	var faults []string
	report := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	if len(a.Identifier) > 50 || strings.ContainsAny(a.Identifier, `%:(\/)=$,;[]{}`) {
		report("the identifier")
	}
	if strings.Contains(compact(a.Parameters), `""`) {
		report("an empty text")
	}
	for _, c := range a.Transitions.Conditions {
		if len(c.Condition.Operands) != 1 || c.Condition.Operands[0] == "" {
			report("operands %v", c.Condition.Operands)
		}
	}
	module := d.Settings != nil
	switch a.Type {
	case "DisconnectParticipant", "EndFlowExecution", "EndFlowModuleExecution":
		if compact(a.Transitions) != "{}" {
			report("a terminal block leads on")
		}
		if a.Type == "EndFlowExecution" && d.Metadata.Type != "customerQueue" || a.Type == "EndFlowModuleExecution" && !module {
			report("not in a flow of this type")
		}
		return faults
	case "Compare":
		if path, _ := a.Parameters["ComparisonValue"].(string); !strings.HasPrefix(path, "$.") || !strings.Contains(path[2:], ".") && path != "$.Channel" {
			report("compares %q", path)
		}
	}
	if a.Transitions.NextAction == "" {
		report("nothing follows")
	}
	required, known := requiredErrors[a.Type]
	if !known {
		report("what it requires is not in the list")
	}
	var got []string
	for _, e := range a.Transitions.Errors {
		got = append(got, e.ErrorType)
	}
	slices.Sort(got)
	if !slices.Equal(got, required) {
		report("error branches %v instead of %v", got, required)
	}
	return faults
}

func compact(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(data)
}
