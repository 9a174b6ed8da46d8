package connectmodel

import (
	"fmt"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/parley-chat/parley/internal/arn"
	"github.com/parley-chat/parley/internal/rawjson"
)

// resource is a text that names a resource.
type resource struct {
	text
	// instead says what a text names that must not stand here, such as "no ARN"; "" when it may.
	instead func(text string) string
	// want is what has to stand here.
	want string
}

func (s resource) check(v *visit, path string, raw jsontext.Value) *Violation {
	if violation := s.text.check(v, path, raw); violation != nil {
		return violation
	}
	if instead := s.instead(rawjson.Text(raw)); instead != "" {
		return &Violation{Kind: Rule, Field: path, Sentence: fmt.Sprintf("%s must be %s; what was sent is %s.", path, s.want, instead)}
	}
	return nil
}

// instanceID is the id of an instance, or its ARN.
func instanceID() shape {
	return resource{text{min: 1, max: 100}, otherThan(arn.ARN.IsInstance), "the id or the ARN of an instance, arn:aws:connect:REGION:ACCOUNT:instance/ID"}
}

// flowID is the id of a contact flow, or its ARN.
func flowID() shape {
	isFlow := func(a arn.ARN) bool { return a.Flow() != "" }
	return resource{
		text{min: 1, max: 500},
		otherThan(isFlow),
		"the id or the ARN of a contact flow, arn:aws:connect:REGION:ACCOUNT:instance/ID/contact-flow/ID",
	}
}

// otherThan allows ids, and ARNs of the one kind.
func otherThan(kind func(arn.ARN) bool) func(text string) string {
	return func(text string) string {
		if a, _ := arn.Parse(text); arn.Is(text) && !kind(a) {
			return "the ARN of something else"
		}
		return ""
	}
}

// streaming is where the items of a chat go.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_ChatStreamingConfiguration.html
func streaming() shape {
	return object{
		members: map[string]shape{"StreamingEndpointArn": resource{
			text{min: 1, max: 350}, arn.NoStandardTopic, "the ARN of a standard Amazon SNS topic, arn:aws:sns:REGION:ACCOUNT:NAME",
		}},
		required: []string{"StreamingEndpointArn"},
	}
}
