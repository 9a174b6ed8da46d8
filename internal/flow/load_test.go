package flow

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// largest is a flow of as many actions as Amazon Connect takes, with what the designer exports
// around them.
func largest(tb testing.TB) []byte {
	tb.Helper()
	var actions, metadata []string
	for i := range MaxActions {
		id := fmt.Sprintf("%08d-1111-4111-8111-111111111111", i)
		next := fmt.Sprintf("%08d-1111-4111-8111-111111111111", min(i+1, MaxActions-1))
		body := ""
		switch {
		case i == MaxActions-1:
			body = `"Type":"DisconnectParticipant","Parameters":{},"Transitions":{}`
		case i%5 == 0:
			body = fmt.Sprintf(`"Type":"Compare","Parameters":{"ComparisonValue":"$.Attributes.step%d"},"Transitions":{"NextAction":%q,"Errors":[{"NextAction":%[2]q,"ErrorType":"NoMatchingCondition"}],"Conditions":[{"NextAction":%[2]q,"Condition":{"Operator":"Equals","Operands":["yes"]}}]}`, i, next)
		case i%5 == 1:
			body = fmt.Sprintf(`"Type":"UpdateContactAttributes","Parameters":{"Attributes":{"step%d":"$.External.a","plan":"gold"},"TargetContact":"Current"},"Transitions":{"NextAction":%q,"Errors":[{"NextAction":%[2]q,"ErrorType":"NoMatchingError"}]}`, i, next)
		case i%5 == 2:
			body = fmt.Sprintf(`"Type":"UpdateContactTargetQueue","Parameters":{"QueueId":"arn:aws:connect:us-east-1:1:instance/i/queue/q%d"},"Transitions":{"NextAction":%q,"Errors":[{"NextAction":%[2]q,"ErrorType":"NoMatchingError"}]}`, i, next)
		default:
			body = fmt.Sprintf(`"Type":"MessageParticipant","Parameters":{"Text":"Hello $.Attributes.name, this is message %d. How are you today?"},"Transitions":{"NextAction":%q,"Errors":[{"NextAction":%[2]q,"ErrorType":"NoMatchingError"}]}`, i, next)
		}
		actions = append(actions, fmt.Sprintf(`{"Identifier":%q,%s}`, id, body))
		metadata = append(metadata, fmt.Sprintf(`%q:{"position":{"x":%d,"y":%d},"parameters":{"QueueId":{"displayName":"Queue %d"}}}`, id, i*20, i%7*100, i))
	}
	data := []byte(fmt.Sprintf(`{"Version":"2019-10-30","StartAction":"00000000-1111-4111-8111-111111111111","Metadata":{"entryPointPosition":{"x":1,"y":2},"ActionMetadata":{%s},"name":"Largest","type":"contactFlow","status":"published"},"Actions":[%s]}`,
		strings.Join(metadata, ","), strings.Join(actions, ",")))
	return data
}

// BenchmarkLoad makes the largest flow ready to run, beside the decoder making maps of it.
func BenchmarkLoad(b *testing.B) {
	data := largest(b)
	b.Run("flow", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			sources, findings := Read("largest", data)
			p, more := Compile(sources[0])
			if p == nil || len(findings)+len(more) > 0 {
				b.Fatal(findings, more)
			}
		}
	})
	b.Run("maps", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			var v any
			if err := json.Unmarshal(data, &v); err != nil {
				b.Fatal(err)
			}
		}
	})
}
