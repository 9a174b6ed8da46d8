package flowcheck_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowcheck"
)

// BenchmarkCheck reads the largest flow that Amazon Connect takes, and reads and checks it: the second
// should take no more than five times as long.
func BenchmarkCheck(b *testing.B) {
	actions := make([]string, 0, flow.MaxActions)
	for i := range flow.MaxActions - 1 {
		next := fmt.Sprintf("block %d", i+1)
		actions = append(actions, fmt.Sprintf(`{"Identifier":"block %d","Type":"MessageParticipant","Parameters":{"Text":"Hello $.Attributes.name, this is message %d"},"Transitions":{"NextAction":%q,"Errors":[{"NextAction":%[3]q,"ErrorType":"NoMatchingError"}]}}`, i, i, next))
	}
	actions = append(actions, fmt.Sprintf(`{"Identifier":"block %d","Type":"DisconnectParticipant","Parameters":{},"Transitions":{}}`, flow.MaxActions-1))
	content := `{"Version":"2019-10-30","StartAction":"block 0","Metadata":{"type":"contactFlow"},"Actions":[` + strings.Join(actions, ",") + `]}`
	b.Run("load", func(b *testing.B) {
		for b.Loop() {
			if file := read("f.json", content); len(file.Programs) != 1 {
				b.Fatal(file.Findings)
			}
		}
	})
	b.Run("load and check", func(b *testing.B) {
		for b.Loop() {
			if findings := check(read("f.json", content)); len(findings) != 1 {
				b.Fatal(findings)
			}
			_ = flowcheck.Lines([]byte(content))
		}
	})
}
