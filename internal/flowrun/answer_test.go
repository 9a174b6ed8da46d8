package flowrun_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/parley-chat/parley/internal/flow"
)

// A block whose resource was never chosen, or whose path reads nothing, is told as that: nobody can write an
// entry for a name that is empty.
func TestBlocksThatNameNothing(t *testing.T) {
	t.Parallel()
	for kind, test := range map[string]struct {
		parameters map[string]any
		want       string
	}{
		"InvokeLambdaFunction":            {map[string]any{"LambdaFunctionARN": "$.Attributes.unset"}, "it names no function: "},
		"ConnectParticipantWithLexBot":    {map[string]any{"Text": "Hi", "LexV2Bot": map[string]any{"AliasArn": ""}}, "it names no bot: "},
		"ConnectParticipantWithAgenticCX": {map[string]any{"AgentConfiguration": map[string]any{"ApplicationId": "$.Attributes.unset"}}, "it names no application: "},
		"TransferToFlow":                  {map[string]any{"ContactFlowId": "$.Attributes.unset"}, "it names no flow: "},
		"InvokeFlowModule":                {map[string]any{"FlowModuleId": "$.Attributes.unset"}, "it names no flow: "},
		"UpdateContactEventHooks":         {map[string]any{"EventHooks": map[string]any{"CustomerQueue": "$.Attributes.unset"}}, "CustomerQueue names no flow: "},
		"UpdateContactTargetQueue":        {map[string]any{"AgentId": "$.Attributes.unset"}, "it names no queue, and no agent"},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, map[string]flow.Document{"main": document(
					do("ask", kind, test.parameters, "end", "!NoMatchingError", "end"), do("end", "DisconnectParticipant", nil, ""))})
				w.customer("main")
				synctest.Wait()
				w.mu.Lock()
				defer w.mu.Unlock()
				if len(w.trace) == 0 || !strings.HasPrefix(w.trace[0].Note, test.want) || w.trace[0].Branch != "NoMatchingError" {
					t.Errorf("the way is %+v, want a note that begins with %q", w.trace, test.want)
				}
			})
		})
	}
}
