package sdk_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/awsfake"
)

// required are the members that every call has.
const required = `"InstanceId":"12345678-1234-1234-1234-123456789012","ContactFlowId":"87654321-4321-4321-4321-210987654321",` +
	`"ParticipantDetails":{"DisplayName":"Ana"},"ClientToken":"d5b8e1c2-0000-4000-8000-000000000001"`

// bodies are StartChatContact calls, by what is special about them. Together they have
// every member of the operation.
var bodies = map[string]string{
	"required members only": ``,
	"instance arn":          `"InstanceId":"arn:aws:connect:us-west-2:123456789012:instance/12345678-1234-1234-1234-123456789012"`,
	"flow arn":              `"ContactFlowId":"arn:aws:connect:us-west-2:123456789012:instance/1/contact-flow/2"`,
	"attributes":            `"Attributes":{"customerName":"Ana","plan":"gold","empty":"","a-b_C9":"x"}`,
	"no attributes":         `"Attributes":{}`,
	"text beyond ascii":     `"Attributes":{"city":"Łódź \u2028 \u00e9 \ud83d\ude00","quote":"\"\\/\b\f\n\r\t\u0001<>&'"},"ParticipantDetails":{"DisplayName":"Zoë 客户"}`,
	"initial message":       `"InitialMessage":{"ContentType":"text/plain","Content":"Where is my order?\n<b>&amp;"}`,
	"markdown message":      `"InitialMessage":{"ContentType":"text/markdown","Content":"**hello**"},"SupportedMessagingContentTypes":["text/markdown","text/plain"]`,
	"long message":          `"InitialMessage":{"ContentType":"text/plain","Content":"` + strings.Repeat("é", 8192) + `"}`,
	"duration":              `"ChatDurationInMinutes":60`,
	"longest duration":      `"ChatDurationInMinutes":10080`,
	"all content types": `"SupportedMessagingContentTypes":["text/plain","text/markdown","application/json",` +
		`"application/vnd.amazonaws.connect.message.interactive","application/vnd.amazonaws.connect.message.interactive.response"]`,
	"no content types":        `"SupportedMessagingContentTypes":[]`,
	"whole past session":      `"PersistentChat":{"RehydrationType":"ENTIRE_PAST_SESSION","SourceContactId":"0f8c3f5a-7d1e-4f25-8a55-93a74d4eb8f1"}`,
	"segment":                 `"PersistentChat":{"RehydrationType":"FROM_SEGMENT","SourceContactId":"0f8c3f5a-7d1e-4f25-8a55-93a74d4eb8f1"}`,
	"related contact":         `"RelatedContactId":"0f8c3f5a-7d1e-4f25-8a55-93a74d4eb8f1"`,
	"guide":                   `"SegmentAttributes":{"connect:Subtype":{"ValueString":"connect:Guide"}}`,
	"segment attribute kinds": `"SegmentAttributes":{"s":{"ValueString":""},"i":{"ValueInteger":-7},"zero":{"ValueInteger":0},"a":{"ValueArn":"arn:aws:connect:us-west-2:1:x/y"}}`,
	"nested segment attributes": `"SegmentAttributes":{"m":{"ValueMap":{"x":{"ValueString":"1"},"y":{"ValueMap":{"z":{"ValueInteger":2}}}}},` +
		`"l":{"ValueList":[{"ValueString":"a"},{"ValueList":[{"ValueInteger":3}]},{"ValueMap":{"k":{"ValueArn":"b"}}}]}}`,
	"customer id":             `"CustomerId":"customer-4711"`,
	"incremental answers":     `"ParticipantConfiguration":{"ResponseMode":"INCREMENTAL"}`,
	"complete answers":        `"ParticipantConfiguration":{"ResponseMode":"COMPLETE"}`,
	"disconnect with agent":   `"DisconnectOnCustomerExit":["AGENT"]`,
	"empty strings":           `"RelatedContactId":"","CustomerId":"","Attributes":{"":""}`,
	"values aws would refuse": `"ChatDurationInMinutes":1,"ParticipantConfiguration":{"ResponseMode":"OTHER"},"SupportedMessagingContentTypes":[""]`,
	"everything at once": `"Attributes":{"plan":"gold"},"InitialMessage":{"ContentType":"text/plain","Content":"Hello"},"ChatDurationInMinutes":1500,` +
		`"SupportedMessagingContentTypes":["text/plain"],"PersistentChat":{"RehydrationType":"FROM_SEGMENT","SourceContactId":"1"},` +
		`"RelatedContactId":"2","SegmentAttributes":{"connect:Subtype":{"ValueString":"x"}},"CustomerId":"3",` +
		`"ParticipantConfiguration":{"ResponseMode":"COMPLETE"},"DisconnectOnCustomerExit":["AGENT"]`,
}

// body returns a call with the given members, which replace required ones.
func body(t *testing.T, members string) []byte {
	t.Helper()
	var doc map[string]any
	for _, text := range []string{required, members} {
		if err := json.Unmarshal([]byte("{"+text+"}"), &doc); err != nil {
			t.Fatal(err)
		}
	}
	out, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestStartChatContactOnTheWire sends every call with both clients and compares the
// requests. Both go to an endpoint that verifies the signature.
func TestStartChatContactOnTheWire(t *testing.T) {
	for name, session := range map[string]string{"long-term key": "", "session": "FwoGZXIvYXdzEXAMPLE"} {
		t.Run(name, func(t *testing.T) {
			environment(t)
			if session != "" {
				t.Setenv("AWS_SESSION_TOKEN", session)
			}
			for name, members := range bodies {
				t.Run(name, func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						clients, endpoints := both(t, awsfake.Config{SessionToken: session})
						for i, c := range clients {
							if out, err := c.start(t.Context(), body(t, members)); err != nil {
								t.Fatalf("client %d: %+v: %v", i, out, err)
							}
						}
						compareRequests(t, endpoints)
					})
				})
			}
		})
	}
}

// TestEveryMemberIsCompared fails when a later version of the generated client has
// members that the calls above do not.
func TestEveryMemberIsCompared(t *testing.T) {
	all, err := input(body(t, bodies["everything at once"]))
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range regexp.MustCompile(`"(\w+)":null`).FindAllStringSubmatch(string(text), -1) {
		// These are alternatives of each other in one segment attribute.
		if !slices.Contains([]string{"ValueArn", "ValueInteger", "ValueList", "ValueMap"}, at[1]) {
			t.Errorf("no call has member %s", at[1])
		}
	}
}

// TestRepeatedRequests compares the second and third attempts of a call.
func TestRepeatedRequests(t *testing.T) {
	environment(t)
	synctest.Test(t, func(t *testing.T) {
		failed := awsfake.Step{Status: http.StatusInternalServerError, Error: "InternalServiceException"}
		clients, endpoints := both(t, awsfake.Config{}, failed, failed)
		for i, c := range clients {
			if out, err := c.start(t.Context(), body(t, bodies["attributes"])); err != nil {
				t.Fatalf("client %d: %+v: %v", i, out, err)
			}
		}
		compareRequests(t, endpoints)
		for i, endpoint := range endpoints {
			ids := map[string]bool{}
			for _, r := range endpoint.Requests() {
				ids[r.Header.Get("Amz-Sdk-Invocation-Id")] = true
			}
			if len(ids) != 1 {
				t.Errorf("client %d used %d invocation ids for one call", i, len(ids))
			}
		}
	})
}

// TestOneWrite: a request leaves in one piece. Headers that go first cost both sides a
// system call more, a tenth of the whole work under load.
func TestOneWrite(t *testing.T) {
	environment(t)
	synctest.Test(t, func(t *testing.T) {
		pipes := newPipes()
		c, err := newOwn(t.Context(), networkOver(t, pipes, awsfake.New(awsfake.Config{})), "http://connect.invalid")
		if err != nil {
			t.Fatal(err)
		}
		if out, err := c.start(t.Context(), body(t, bodies["everything at once"])); err != nil {
			t.Fatalf("%+v: %v", out, err)
		}
		if n := pipes.writes.Load(); n != 1 {
			t.Errorf("the request was sent in %d writes, want 1", n)
		}
	})
}

// message is a request in a form that two clients can agree in.
type message struct {
	Method, Path, Query, Host string
	Header                    http.Header
	Body                      any
	Accepted                  bool
}

// compareRequests compares what arrived at the two endpoints.
func compareRequests(t *testing.T, endpoints [2]*awsfake.Endpoint) {
	t.Helper()
	var messages [2][]message
	for i, endpoint := range endpoints {
		for _, r := range endpoint.Requests() {
			var doc any
			if len(r.Body) > 0 {
				if err := json.Unmarshal(r.Body, &doc); err != nil {
					t.Errorf("client %d sent a body that is not json: %v", i, err)
				}
			}
			messages[i] = append(messages[i], message{
				Method: r.Method, Path: r.Path, Query: r.Query, Host: r.Host,
				Header: settle(t, r.Header, len(r.Body)), Body: doc, Accepted: r.Accepted,
			})
			if !r.Accepted {
				t.Errorf("the signature of client %d was refused", i)
			}
		}
	}
	if len(messages[0]) == 0 {
		t.Error("nothing was sent")
	}
	if diff := cmp.Diff(messages[0], messages[1]); diff != "" {
		t.Errorf("requests (-generated client +connectclient):\n%s", diff)
	}
}

// allowed are the headers whose values may differ, with the form they must have.
var allowed = map[string]*regexp.Regexp{
	// Each program names itself.
	"User-Agent": regexp.MustCompile(`^(aws-sdk-go-v2/.|parley(/.|$))`),
	// Random by its purpose; its shape is compared.
	"Amz-Sdk-Invocation-Id": regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`),
	// The signature covers the invocation id and the body's order of members. Key,
	// scope and the list of signed headers are compared, and the endpoint has
	// verified the rest.
	"Authorization": regexp.MustCompile(`Signature=[0-9a-f]{64}$`),
	// The same members can be written in more than one length, for example with
	// characters escaped or not.
	"Content-Length": regexp.MustCompile(`^[0-9]+$`),
	// The second of sending: pauses between attempts are random.
	"X-Amz-Date": regexp.MustCompile(`^20000101T0000[0-9]{2}Z$`),
}

func settle(t *testing.T, header http.Header, length int) http.Header {
	t.Helper()
	header = header.Clone()
	if at := header.Get("Content-Length"); at != "" && length == 0 {
		t.Errorf("Content-Length %s for an empty body", at)
	}
	for name, form := range allowed {
		for i, value := range header[name] {
			if !form.MatchString(value) {
				t.Errorf("%s is %q, want it to match %s", name, value, form)
			}
			if name == "Authorization" {
				header[name][i] = form.ReplaceAllString(value, "Signature=…")
			} else {
				header[name][i] = "…"
			}
		}
	}
	return header
}
