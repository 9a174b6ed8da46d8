package parley_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/casetest"
	"github.com/parley-chat/parley/internal/connectserver"
	"github.com/parley-chat/parley/internal/fidelity"
	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/frontdoor"
	"github.com/parley-chat/parley/internal/lexserver"
	"github.com/parley-chat/parley/internal/participant"
)

//go:generate go test -run TestFidelityPage . -update

var update = flag.Bool("update", false, "rewrite generated files")

const fidelityHead = `<!-- Generated from the registries in internal/connectserver, internal/participant, internal/frontdoor, internal/lexserver and internal/flow by go generate; do not edit. -->

# What the embedded Amazon Connect does, and where it comes from

| From | Means |
|---|---|
| model | the service model that AWS ships in its SDKs |
| documentation | AWS's public documentation |
| observed | what real clients were seen to send, to need, or to report of the service |
| guessed | our own judgement, where nothing is known |

"When strict" is what ` + "`--strict`" + ` turns on; without it, nothing is limited and any id will do.

`

// The page about fidelity says what the code's registries say.
func TestFidelityPage(t *testing.T) {
	t.Parallel()
	const page = "docs/fidelity.md"
	want := bytes.NewBufferString(fidelityHead)
	if err := fidelity.WriteMarkdown(want, slices.Concat(connectserver.Fidelity(), participant.Fidelity(), frontdoor.Fidelity(), lexserver.Fidelity(), casetest.Fidelity())); err != nil {
		t.Fatal(err)
	}
	writeFlowTypes(want)
	writeOperations(want)
	if *update {
		if err := os.WriteFile(page, want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.String(), string(got)); diff != "" {
		t.Errorf("%s is out of date; run go generate ./... (-want +got):\n%s", page, diff)
	}
}

// writeOperations writes the table of the operations of Amazon Connect's API.
func writeOperations(page *bytes.Buffer) {
	page.WriteString("## Amazon Connect API: every operation\n\n")
	all := connectserver.Operations()
	counts := map[connectserver.Standing]int{}
	for _, op := range all {
		counts[op.Standing]++
	}
	fmt.Fprintf(page, "Amazon Connect's API has these %d operations.\n\n| Here | Operations | Means |\n|---|---:|---|\n", len(all))
	for _, row := range []struct {
		standing connectserver.Standing
		means    string
	}{
		{connectserver.Kept, "changes something: the change is stored and has its effect at once, and after a restart where its row above does not say otherwise"},
		{connectserver.Answered, "asks, and is told what there is"},
		{connectserver.Refused, "is not emulated: 501 `NotImplemented` with its name, which no SDK retries"},
	} {
		fmt.Fprintf(page, "| %s | %d | %s |\n", row.standing, counts[row.standing], row.means)
	}
	page.WriteString("\n| Operation | Here |\n|---|---|\n")
	for _, op := range all {
		fmt.Fprintf(page, "| %s | %s |\n", op.Name, op.Standing)
	}
}

// writeFlowTypes writes how many action types of contact flows run, and the table of them.
func writeFlowTypes(page *bytes.Buffer) {
	page.WriteString("## Contact flows: action types\n\n")
	types := flow.Types()
	counts := map[flow.Support]int{}
	for _, kind := range types {
		counts[kind.Support]++
	}
	fmt.Fprintf(page, "Amazon Connect's flow language has these %d types of actions, of which chats have the following here:\n\n"+
		"| In a chat | Types | Means |\n|---|---:|---|\n", len(types))
	for _, row := range []struct {
		support flow.Support
		means   string
	}{
		{flow.Runs, "does in a chat what it does in Amazon Connect"},
		{flow.Configured, "asks for what an instance keeps; it is told that nothing was found, or gets an answer that the notes tell"},
		{flow.ErrorBranch, "takes its error branch at once: because chats do so in Amazon Connect, or because nothing here can answer it"},
	} {
		fmt.Fprintf(page, "| %s | %d | %s |\n", row.support, counts[row.support], row.means)
	}
	page.WriteString("\nA type that does not exist takes its error branch, too, and `parley flow check` says so.\n\n" +
		"| Action type | In a chat | Notes |\n|---|---|---|\n")
	for _, kind := range types {
		note := kind.Note
		if note != "" {
			note = strings.ToUpper(note[:1]) + note[1:]
		}
		fmt.Fprintf(page, "| %s | %s | %s |\n", kind.Name, kind.Support, strings.ReplaceAll(note, "|", `\|`))
	}
	page.WriteString("\n")
}

// The action types that nearly every flow for chats is made of run, but for the two kinds of them that
// hand the conversation to something outside.
func TestFlowsRunTheUsualActions(t *testing.T) {
	t.Parallel()
	support := map[string]flow.Support{}
	for _, kind := range flow.Types() {
		support[kind.Name] = kind.Support
		if kind.Support != flow.Runs && kind.Note == "" {
			t.Errorf("%s does not run, and nothing says what it does instead", kind.Name)
		}
	}
	for _, name := range []string{
		"MessageParticipant", "DisconnectParticipant", "EndFlowExecution", "UpdateContactAttributes", "UpdateFlowAttributes",
		"UpdateFlowLoggingBehavior", "UpdateContactData", "Compare", "ShowView", "AuthenticateParticipant", "Wait", "Loop",
		"UpdateContactTargetQueue", "TransferContactToQueue", "TransferToFlow", "UpdateContactEventHooks", "CheckMetricData",
		"GetMetricData", "DistributeByPercentage", "InvokeFlowModule", "EndFlowModuleExecution", "DequeueContactAndTransferToQueue",
		"UpdateContactRoutingBehavior",
	} {
		if support[name] != flow.Runs {
			t.Errorf("%s: %q", name, support[name])
		}
	}
}
