//go:build unix

package gateway_test

import (
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/awsfake"
)

const (
	started = `{"data":{"startChatResult":{"ContactId":"c-1","ParticipantId":"p-1","ParticipantToken":"t-1"},"featurePermissions":{}}}`
	pat     = `"ParticipantDetails":{"DisplayName":"Pat"}`
	// byDefault is the call for a page that sends nothing but Pat's name.
	byDefault = `{"InstanceId":"` + instanceID + `","ContactFlowId":"` + flowID + `",` + pat + `,"Attributes":{"customerName":"Pat"}}`
)

// failed is an answer that names an error.
func failed(code string) string { return `{"data":{"Error":{"code":"` + code + `"}}}` }

// fault is an answer of the original to an error of AWS, less what always differs.
func fault(status, code, message string) string {
	return `{"data":{"Error":{"message":"` + message + `","code":"` + code + `","requestId":"*","statusCode":` + status + `}}}`
}

// withMember returns the default call with one member more.
func withMember(member string) string { return strings.TrimSuffix(byDefault, "}") + "," + member + "}" }

// contract is the whole contract, measured by running the unmodified original against a fake
// Amazon Connect.
func contract() []requirement {
	return slices.Concat(requests(), failures(), liberties())
}

func requests() []requirement {
	markdown := strings.Replace(started, `"featurePermissions":{}`, `"featurePermissions":{"MESSAGING_MARKDOWN":true}`, 1)
	plain := strings.Replace(started, `"featurePermissions":{}`, `"featurePermissions":{"MESSAGING_MARKDOWN":false}`, 1)
	full := `{"InstanceId":"` + instanceID + `","ContactFlowId":"` + otherFlow + `","Attributes":{"customerName":"Pat"},` + pat + `,` +
		`"SupportedMessagingContentTypes":["text/plain","text/markdown"],"ChatDurationInMinutes":90,` +
		`"PersistentChat":{"SourceContactId":"s-1","RehydrationType":"ENTIRE_PAST_SESSION"}`
	ours := func(sent string) outcome { return outcome{200, sent, started} }
	named := strings.ReplaceAll(byDefault, "Pat", "Customer")
	return []requirement{
		{
			name: "all members",
			body: `{"InstanceId":"` + instanceID + `","ContactFlowId":"` + otherFlow + `",` + pat + `,"Attributes":{"vip":"true"},` +
				`"InitialMessage":{"ContentType":"text/plain","Content":"Hello"},"ClientToken":"token-of-the-page-0001","RelatedContactId":"r-1",` +
				`"SegmentAttributes":{"a":{"ValueString":"b"}},"SupportedMessagingContentTypes":["text/plain","text/markdown"],` +
				`"ChatDurationInMinutes":90,"PersistentChat":{"SourceContactId":"s-1","RehydrationType":"ENTIRE_PAST_SESSION"}}`,
			original: outcome{200, full + `}`, markdown},
			ours:     outcome{200, full + `,"InitialMessage":{"ContentType":"text/plain","Content":"Hello"}}`, markdown},
			why:      "`InitialMessage` is passed on: the widget has an option for it",
		},
		{name: "only ParticipantDetails", body: `{` + pat + `}`, original: outcome{200, byDefault, started}},
		{name: "ids are empty", body: `{"InstanceId":"","ContactFlowId":"",` + pat + `}`, original: outcome{200, byDefault, started}},
		{
			name: "ids are null", body: `{"InstanceId":null,"ContactFlowId":null,` + pat + `}`,
			original: outcome{0, "", failed("MultipleValidationErrors")}, ours: ours(byDefault), why: "null is taken as absent",
		},
		{
			name: "content types without Markdown", body: `{` + pat + `,"SupportedMessagingContentTypes":["text/plain"]}`,
			original: outcome{200, withMember(`"SupportedMessagingContentTypes":["text/plain"]`), plain},
		},
		{
			name: "content types as a string", body: `{` + pat + `,"SupportedMessagingContentTypes":"text/plain"}`,
			original: outcome{0, "", failed("InvalidParameterType")}, ours: outcome{400, "", failed("InvalidRequestException")},
			why: "every answer has a status, and the code is Amazon Connect's",
		},
		{
			name: "duration as a string", body: `{` + pat + `,"ChatDurationInMinutes":"90"}`,
			original: outcome{200, withMember(`"ChatDurationInMinutes":90`), started},
		},
		{
			name: "half a PersistentChat", body: `{` + pat + `,"PersistentChat":{"SourceContactId":"s-1"}}`,
			original: outcome{200, byDefault, started},
		},
		{
			name: "DisplayName is empty", body: `{"ParticipantDetails":{"DisplayName":""}}`,
			original: outcome{200, strings.ReplaceAll(byDefault, "Pat", ""), started}, ours: ours(named),
			why: "Amazon Connect demands a name, so the configured one stands in (DISPLAY_NAME)",
		},
		{
			name: "DisplayName is missing", body: `{"ParticipantDetails":{}}`,
			original: outcome{0, "", failed("MissingRequiredParameter")}, ours: ours(named), why: "as with an empty one",
		},
		{
			name: "DisplayName is a number", body: `{"ParticipantDetails":{"DisplayName":1}}`,
			original: outcome{0, "", failed("MultipleValidationErrors")}, ours: outcome{400, "", failed("InvalidRequestException")},
			why: "every answer has a status, and the code is Amazon Connect's",
		},
		{
			name: "no ParticipantDetails", body: `{}`,
			original: outcome{0, "", `{"data":{"Error":{}}}`}, ours: ours(named), why: "as with an empty name",
		},
		{
			name: "broken JSON", body: `{`,
			original: outcome{0, "", `null`}, ours: outcome{400, "", failed("InvalidRequestException")},
			why: "the original throws, and the gateway answers a 502 that no page can read",
		},
		{
			name: "no body", body: "",
			original: outcome{0, "", `null`}, ours: ours(named), why: "the original throws; an empty body is an empty object",
		},
		{
			name: "body that is null", body: "null",
			original: outcome{0, "", `null`}, ours: outcome{400, "", failed("InvalidRequestException")}, why: "the original throws",
		},
		{
			name: "base64 body", body: `{` + pat + `}`, contentType: "application/octet-stream",
			original: outcome{0, "", `null`}, ours: ours(byDefault), why: "the original throws; function URLs and load balancers send base64",
		},
	}
}

// failures are requests that Amazon Connect, or the way to it, fails.
func failures() []requirement {
	of := func(status int, code string) awsfake.Step {
		return awsfake.Step{Status: status, Error: code, Message: "said by AWS"}
	}
	body := `{` + pat + `}`
	const inTheLog = "AWS's text names accounts, instances and flows; it stands in the log, the name and the status stay"
	neutral := `{"data":{"Error":{"code":"*","requestId":"*","statusCode":502}}}`
	return []requirement{
		{
			name: "AWS answers 400", body: body, step: of(400, "InvalidRequestException"),
			original: outcome{400, byDefault, fault("400", "InvalidRequestException", "said by AWS")},
			ours:     outcome{400, byDefault, fault("400", "InvalidRequestException", "The chat could not be started.")},
			why:      inTheLog,
		},
		{
			name: "AWS answers 403", body: body, step: of(403, "AccessDeniedException"),
			original: outcome{403, byDefault, fault("403", "AccessDeniedException", "said by AWS")},
			ours:     outcome{502, byDefault, fault("502", "Misconfigured", "The chat service is not set up correctly.")},
			why:      "it is the operator's fault and not the page's, and the text names the account and the role; it stands in the log",
		},
		{
			name: "AWS answers 404", body: body, step: of(404, "ResourceNotFoundException"),
			original: outcome{404, byDefault, fault("404", "ResourceNotFoundException", "said by AWS")},
			ours:     outcome{404, byDefault, fault("404", "ResourceNotFoundException", "The chat could not be started.")},
			why:      inTheLog,
		},
		{
			name: "AWS answers 429", body: body, step: of(429, "LimitExceededException"),
			original: outcome{429, byDefault, fault("429", "LimitExceededException", "said by AWS")},
			ours:     outcome{429, byDefault, fault("429", "LimitExceededException", "The chat service is busy at the moment.")},
			why:      inTheLog,
		},
		{
			name: "AWS answers 500", body: body, step: of(500, "InternalServiceException"),
			original: outcome{500, byDefault, fault("500", "InternalServiceException", "said by AWS")},
			ours:     outcome{502, byDefault, neutral},
			why:      "a fault behind the function is a 502, without AWS's text",
		},
		{
			name: "the connection to AWS breaks", body: body, step: awsfake.Step{Reset: true},
			original: outcome{0, byDefault, failed("TimeoutError")}, ours: outcome{502, byDefault, failed("ConnectionLost")},
			why: "every answer has a status",
		},
	}
}

// liberties are what the original lets everybody do, and this function only who may.
func liberties() []requirement {
	refused := func(code string) outcome { return outcome{403, "", failed(code)} }
	other := func(from, to string) outcome { return outcome{200, strings.Replace(byDefault, from, to, 1), started} }
	const resumed = `"PersistentChat":{"SourceContactId":"s-1","RehydrationType":"ENTIRE_PAST_SESSION"}`
	return []requirement{
		{
			name: "another instance", body: `{"InstanceId":"` + otherFlow + `",` + pat + `}`,
			original: other(instanceID, otherFlow), ours: refused("InstanceNotAllowed"), why: "the instance is the operator's choice",
		},
		{
			name: "a contact flow that is not listed, by default", body: `{"ContactFlowId":"` + otherFlow + `",` + pat + `}`, asDeployed: true,
			original: other(flowID, otherFlow), ours: refused("ContactFlowNotAllowed"), why: "so is the flow; ALLOWED_CONTACT_FLOW_IDS names more, `*` allows all",
		},
		{
			name: "an earlier chat, by default", body: `{` + pat + `,` + resumed + `}`, asDeployed: true,
			original: outcome{200, withMember(resumed), started}, ours: refused("PersistentChatNotAllowed"),
			why: "whoever knows a contact's id could read its transcript; PERSISTENT_CHAT=signed gives ids that only their owner can use",
		},
		{
			name: "a page of another site", body: `{` + pat + `}`, origin: "https://evil.example",
			original: outcome{200, byDefault, started}, ours: refused("OriginNotAllowed"), why: "chats cost money and the quota; ALLOWED_ORIGINS names the sites that may start them",
		},
		{
			name: "a sandboxed frame", body: `{` + pat + `}`, origin: "null",
			original: outcome{200, byDefault, started}, ours: refused("OriginNotAllowed"), why: "any site can make one",
		},
		{
			name: "no Origin header", body: `{` + pat + `}`, origin: "none",
			original: outcome{200, byDefault, started}, ours: refused("OriginNotAllowed"),
			why: "browsers always send one with a post; REQUIRE_ORIGIN=false is for apps, best with tokens (AUTH_MODE)",
		},
	}
}
