package startchat_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/diagnosis"
	"github.com/parley-chat/parley/internal/secret"
	"github.com/parley-chat/parley/internal/startchat"
)

const (
	instance = "12345678-90ab-cdef-1234-567890abcdef"
	flow     = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
	token    = "QVFJREFI-participant-token"
)

// recorder is a starter that remembers what it was asked and answers as told.
type recorder struct {
	request *startchat.Request
	err     error
	result  startchat.Result
}

func (s *recorder) StartChatContact(_ context.Context, request *startchat.Request) (*startchat.Result, error) {
	s.request = request
	if s.err != nil {
		return nil, s.err
	}
	result := s.result
	if result.ContactID == "" {
		result = startchat.Result{
			ContactID: "contact-1", ParticipantID: "participant-1", ParticipantToken: secret.New(token),
			Metadata: startchat.Metadata{
				HTTPStatusCode: 200, RequestID: "request-1", Attempts: 2, TotalRetryDelay: 1234 * time.Millisecond,
			},
		}
	}
	return &result, nil
}

// sent returns the body the starter was given.
func (s *recorder) sent(t *testing.T) map[string]any {
	t.Helper()
	if s.request == nil {
		t.Fatal("no call was made")
	}
	var body map[string]any
	if err := json.Unmarshal(s.request.Body, &body); err != nil {
		t.Fatalf("the call's body is not JSON: %v\n%s", err, s.request.Body)
	}
	return body
}

func newHandler(t *testing.T, cfg startchat.Config) (*startchat.Handler, *recorder, *bytes.Buffer) {
	t.Helper()
	starter := &recorder{}
	if cfg.Starter == nil {
		cfg.Starter = starter
	}
	var log bytes.Buffer
	cfg.Log = slog.New(slog.NewJSONHandler(&log, nil))
	h, err := startchat.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return h, starter, &log
}

func post(h http.Handler, contentType, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/startChatContact", strings.NewReader(body))
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func configured() startchat.Config {
	return startchat.Config{Defaults: startchat.Defaults{InstanceID: instance, ContactFlowID: flow}}
}

func TestAnswerIsTheEnvelopeWidgetsRead(t *testing.T) {
	t.Parallel()
	h, starter, _ := newHandler(t, startchat.Config{Attachments: true})
	starter.result = startchat.Result{
		ContactID: "contact-1", ParticipantID: "participant-1", ParticipantToken: secret.New(token),
		ContinuedFromContactID: "contact-0",
		Metadata: startchat.Metadata{
			HTTPStatusCode: 200, RequestID: "request-1", Attempts: 2, TotalRetryDelay: 1234 * time.Millisecond,
		},
	}
	w := post(h, "application/json", `{"InstanceId":"`+instance+`","ContactFlowId":"`+flow+`",
		"SupportedMessagingContentTypes":["text/plain","text/markdown"]}`)
	const want = `{"data":{"startChatResult":{"$metadata":{"httpStatusCode":200,"requestId":"request-1","attempts":2,"totalRetryDelay":1234},` +
		`"ContactId":"contact-1","ParticipantId":"participant-1","ParticipantToken":"` + token + `","ContinuedFromContactId":"contact-0"},` +
		`"featurePermissions":{"MESSAGING_MARKDOWN":true,"ATTACHMENTS":true}},` +
		`"ContactId":"contact-1","ParticipantId":"participant-1","ParticipantToken":"` + token + `"}` + "\n"
	if w.Code != 200 || w.Body.String() != want {
		t.Errorf("got %d %s\nwant 200 %s", w.Code, w.Body, want)
	}
	for header, value := range map[string]string{
		"Content-Type": "application/json", "Cache-Control": "no-store", "X-Amzn-Requestid": "request-1",
	} {
		if got := w.Header().Get(header); got != value {
			t.Errorf("%s = %q, want %q", header, got, value)
		}
	}
}

// The bodies are those the six clients of the original send, and the two of its READMEs.
func TestClientsBodies(t *testing.T) {
	t.Parallel()
	base := func(name string, more map[string]any) map[string]any {
		body := map[string]any{
			"InstanceId": instance, "ContactFlowId": flow,
			"ParticipantDetails":             map[string]any{"DisplayName": name},
			"Attributes":                     map[string]any{"customerName": name},
			"SupportedMessagingContentTypes": []any{"text/plain"},
		}
		maps.Copy(body, more)
		return body
	}
	tests := []struct {
		name, contentType, body string
		want                    map[string]any
	}{
		{
			"chat-interface widget", "text/plain;charset=UTF-8",
			`{"InstanceId":"` + instance + `","ContactFlowId":"` + flow + `","ParticipantDetails":{"DisplayName":"Pat"},"Username":"pat1",
			  "Attributes":{"customerName":"Patricia"},"SupportedMessagingContentTypes":["text/plain","text/markdown"],
			  "InitialMessage":{"ContentType":"text/plain","Content":"Where is my order?"},"ChatDurationInMinutes":1500,
			  "PersistentChat":{"SourceContactId":"c0ffee00-0000","RehydrationType":"ENTIRE_PAST_SESSION"}}`,
			base("Pat", map[string]any{
				"Attributes":                     map[string]any{"customerName": "Patricia"},
				"SupportedMessagingContentTypes": []any{"text/plain", "text/markdown"},
				"InitialMessage":                 map[string]any{"ContentType": "text/plain", "Content": "Where is my order?"},
				"ChatDurationInMinutes":          1500.0,
				"PersistentChat":                 map[string]any{"SourceContactId": "c0ffee00-0000", "RehydrationType": "ENTIRE_PAST_SESSION"},
			}),
		},
		{
			"customChatWidget", "text/plain;charset=UTF-8",
			`{"InstanceId":"` + instance + `","ContactFlowId":"` + flow + `","ParticipantDetails":{"DisplayName":"Pat"},
			  "Attributes":{"customerName":"Pat","username":"pat1"}}`,
			base("Pat", map[string]any{"Attributes": map[string]any{"customerName": "Pat", "username": "pat1"}}),
		},
		{"React Native", "", `{"customerName":"Joe Shmoe"}`, base("Joe Shmoe", nil)},
		{
			"iOS", "Application/json",
			`{"ConnectInstanceId":"` + instance + `","ContactFlowId":"` + flow + `","ParticipantDetails":{"DisplayName":"Pat"},"PersistentChat":null,
			  "SupportedMessagingContentTypes":["text/plain","text/markdown","application/vnd.amazonaws.connect.message.interactive"]}`,
			base("Pat", map[string]any{"SupportedMessagingContentTypes": []any{
				"text/plain", "text/markdown", "application/vnd.amazonaws.connect.message.interactive",
			}}),
		},
		{
			"Android", "application/json; charset=UTF-8",
			`{"InstanceId":"` + instance + `","ContactFlowId":"` + flow + `","ParticipantDetails":{"DisplayName":"Pat"},
			  "PersistentChat":{"SourceContactId":null,"RehydrationType":"ENTIRE_PAST_SESSION"},"SupportedMessagingContentTypes":["text/plain","text/markdown"]}`,
			base("Pat", map[string]any{"SupportedMessagingContentTypes": []any{"text/plain", "text/markdown"}}),
		},
		{
			"jQuery page: JSON labelled as a form", "application/x-www-form-urlencoded; charset=UTF-8",
			`{"InstanceId":"` + instance + `","ContactFlowId":"` + flow + `","ParticipantDetails":{"DisplayName":"Pat"}}`,
			base("Pat", nil),
		},
		{"chatjs README, short: no body", "", ``, base("Customer", nil)},
		{
			"chatjs README: attributes as a string", "text/plain",
			`{"InstanceId":"` + instance + `","ContactFlowId":"` + flow + `","ParticipantDetails":{"DisplayName":"Pat"},
			  "Attributes":"{\"customerName\":\"Pat\",\"order\":\"é42\"}"}`,
			base("Pat", map[string]any{"Attributes": map[string]any{"customerName": "Pat", "order": "é42"}}),
		},
		{"local proxy README, curl", "application/json", `{"ContactFlowId":"` + flow + `","InstanceId":"` + instance + `"}`, base("Customer", nil)},
		{
			"form post", "application/x-www-form-urlencoded",
			"InstanceId=" + instance + "&ContactFlowId=" + flow + "&ParticipantDetails.DisplayName=Pat&Attributes.order=42" +
				"&SupportedMessagingContentTypes=text/plain,text/markdown&ChatDurationInMinutes=90",
			base("Pat", map[string]any{
				"Attributes":                     map[string]any{"customerName": "Pat", "order": "42"},
				"SupportedMessagingContentTypes": []any{"text/plain", "text/markdown"}, "ChatDurationInMinutes": 90.0,
			}),
		},
		{
			"multipart form", "multipart/form-data; boundary=x",
			"--x\r\nContent-Disposition: form-data; name=\"customerName\"\r\n\r\nPat\r\n--x--\r\n",
			base("Pat", nil),
		},
		{"empty ids mean absent", "", `{"InstanceId":"","ContactFlowId":"","ParticipantDetails":{"DisplayName":""}}`, base("Customer", nil)},
		{"byte order mark", "", "\uFEFF{}", base("Customer", nil)},
		{
			"half a persistent chat is none", "",
			`{"PersistentChat":{"SourceContactId":"c-1"}}`, base("Customer", nil),
		},
		{
			"every member, nested ones too", "",
			`{"ParticipantDetails":{"DisplayName":"Pat","Newer":1},"ChatDurationInMinutes":"90","RelatedContactId":"c-9","CustomerId":"no-1",
			  "SegmentAttributes":{"connect:Subtype":{"ValueString":"connect:Guide"},"m":{"ValueMap":{"k":{"ValueInteger":7}}}},
			  "ParticipantConfiguration":{"ResponseMode":"INCREMENTAL"},"DisconnectOnCustomerExit":["AGENT"]}`,
			base("Pat", map[string]any{
				"ParticipantDetails": map[string]any{"DisplayName": "Pat", "Newer": 1.0}, "ChatDurationInMinutes": 90.0,
				"RelatedContactId": "c-9", "CustomerId": "no-1",
				"SegmentAttributes": map[string]any{
					"connect:Subtype": map[string]any{"ValueString": "connect:Guide"},
					"m":               map[string]any{"ValueMap": map[string]any{"k": map[string]any{"ValueInteger": 7.0}}},
				},
				"ParticipantConfiguration": map[string]any{"ResponseMode": "INCREMENTAL"}, "DisconnectOnCustomerExit": []any{"AGENT"},
			}),
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h, starter, _ := newHandler(t, configured())
			w := post(h, tt.contentType, tt.body)
			if w.Code != 200 {
				t.Fatalf("got %d %s", w.Code, w.Body)
			}
			got := starter.sent(t)
			if id, ok := got["ClientToken"].(string); !ok || len(id) != 36 {
				t.Errorf("ClientToken = %v, want a UUID", got["ClientToken"])
			}
			delete(got, "ClientToken")
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("the call's body (-want +got):\n%s", diff)
			}
		})
	}
}

func TestClientTokenOfThePageIsKept(t *testing.T) {
	t.Parallel()
	h, starter, _ := newHandler(t, configured())
	if w := post(h, "", `{"ClientToken":"my-token"}`); w.Code != 200 {
		t.Fatalf("got %d %s", w.Code, w.Body)
	}
	if got := starter.request.ClientToken; got != "my-token" || starter.sent(t)["ClientToken"] != "my-token" {
		t.Errorf("ClientToken = %q, want the page's", got)
	}
}

func TestARNs(t *testing.T) {
	t.Parallel()
	const arn = "arn:aws:connect:eu-central-1:111122223333:instance/" + instance
	tests := []struct {
		name, body   string
		defaults     startchat.Defaults
		rule         string
		wantInstance string
	}{
		{name: "instance ARN", body: `{"InstanceId":"` + arn + `","ContactFlowId":"` + flow + `"}`, wantInstance: instance},
		{name: "flow ARN names the instance", body: `{"ContactFlowId":"` + arn + `/contact-flow/` + flow + `"}`, wantInstance: instance},
		{name: "configured ARN", body: `{}`, defaults: startchat.Defaults{InstanceID: arn, ContactFlowID: flow}, wantInstance: instance},
		{name: "another Region", body: `{"InstanceId":"arn:aws:connect:us-west-2:111122223333:instance/x","ContactFlowId":"f"}`, rule: "wrong-region"},
		{name: "swapped ARNs", body: `{"ContactFlowId":"` + arn + `","InstanceId":"` + arn + `/contact-flow/` + flow + `"}`, rule: "swapped-ids"},
		{name: "instance as flow", body: `{"ContactFlowId":"` + instance + `"}`, defaults: startchat.Defaults{InstanceID: instance}, rule: "swapped-ids"},
		{name: "instance ARN as flow", body: `{"InstanceId":"` + instance + `","ContactFlowId":"` + arn + `"}`, rule: "swapped-ids"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h, starter, _ := newHandler(t, startchat.Config{Defaults: tt.defaults, Region: "eu-central-1"})
			w := post(h, "", tt.body)
			if tt.rule != "" {
				wantProblem(t, w, http.StatusBadRequest, diagnosis.ID(tt.rule))
				return
			}
			if w.Code != 200 || starter.request.InstanceID != tt.wantInstance {
				t.Errorf("got %d, instance %q, want %q\n%s", w.Code, starter.request.InstanceID, tt.wantInstance, w.Body)
			}
		})
	}
}

func TestUnknownMembers(t *testing.T) {
	t.Parallel()
	const body = `{"instanceId":"x","ParticipantDetails":{"DisplayName":"Pat","Nick":"p"}}`
	t.Run("ignored and named once", func(t *testing.T) {
		t.Parallel()
		h, starter, log := newHandler(t, configured())
		post(h, "", body)
		post(h, "", body)
		if _, sent := starter.sent(t)["instanceId"]; sent {
			t.Error("the unknown member was sent")
		}
		if !strings.Contains(log.String(), `"member":"ParticipantDetails.Nick","treatment":"forward"`) {
			t.Errorf("the log does not say that the nested member is passed on: %s", log)
		}
		for _, name := range []string{`"instanceId"`, `"ParticipantDetails.Nick"`} {
			if n := strings.Count(log.String(), name); n != 1 {
				t.Errorf("%s stands %d times in the log, want once", name, n)
			}
		}
	})
	t.Run("forwarded", func(t *testing.T) {
		t.Parallel()
		cfg := configured()
		cfg.Unknown = startchat.ForwardUnknown
		h, starter, _ := newHandler(t, cfg)
		post(h, "", body)
		if starter.sent(t)["instanceId"] != "x" {
			t.Error("the unknown member was not sent")
		}
	})
	t.Run("rejected", func(t *testing.T) {
		t.Parallel()
		for _, body := range []string{body, `{"ParticipantDetails":{"DisplayName":"Pat","Nick":"p"}}`} {
			cfg := configured()
			cfg.Unknown = startchat.RejectUnknown
			h, starter, _ := newHandler(t, cfg)
			wantProblem(t, post(h, "", body), 400, diagnosis.UnknownMember)
			if starter.request != nil {
				t.Error("a call was made")
			}
		}
	})
}

// wantProblem checks an error answer: status, rule, JSON with a sentence and both halves.
func wantProblem(t *testing.T, w *httptest.ResponseRecorder, status int, rule diagnosis.ID) map[string]any {
	t.Helper()
	var got map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatalf("the answer is not JSON: %v\n%s", err, w.Body)
	}
	want := diagnosis.Lookup(rule)
	if w.Code != status {
		t.Errorf("status %d, want %d\n%s", w.Code, status, w.Body)
	}
	if got["hint"] != want.Remedy && rule != "" {
		t.Errorf("hint = %v, want that of rule %s", got["hint"], rule)
	}
	data, _ := got["data"].(map[string]any)
	inner, _ := data["Error"].(map[string]any)
	if got["error"] == "" || got["code"] == "" || inner["name"] != got["code"] || inner["code"] != got["code"] ||
		inner["statusCode"] != float64(status) || inner["message"] == "" {
		t.Errorf("the envelope lacks a part: %s", w.Body)
	}
	if strings.Contains(w.Body.String(), "goroutine") || strings.Contains(w.Body.String(), ".go:") {
		t.Errorf("the answer shows a stack trace: %s", w.Body)
	}
	return got
}

func TestUpstreamFailures(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		err    error
		status int
		rule   diagnosis.ID
		code   string
	}{
		{"refused", &awswire.Error{Status: 400, Name: "InvalidRequestException", Message: "m", RequestID: "r"}, 400, diagnosis.RequestRefused, "InvalidRequestException"},
		{"not found", &awswire.Error{Status: 404, Name: "ResourceNotFoundException"}, 404, diagnosis.InstanceOrFlow, "ResourceNotFoundException"},
		{"denied", &awswire.Error{Status: 403, Name: "AccessDeniedException"}, 403, diagnosis.AccessDenied, "AccessDeniedException"},
		{"quota", &awswire.Error{Status: 429, Name: "LimitExceededException"}, 429, diagnosis.ActiveChatQuota, "LimitExceededException"},
		{"fault", &awswire.Error{Status: 500, Name: "InternalServiceException"}, 502, diagnosis.ServiceFault, "InternalServiceException"},
		{"deadline", context.DeadlineExceeded, 504, diagnosis.UpstreamTimeout, "UpstreamTimeout"},
		{"other", errors.New("something else"), 502, diagnosis.Unknown, "UpstreamFailure"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			failing := &recorder{err: &startchat.CallError{Err: tt.err, Metadata: startchat.Metadata{Attempts: 3}}}
			cfg := configured()
			cfg.Starter = failing
			cfg.DocsURL = "http://localhost:3000/docs/errors"
			h, _, log := newHandler(t, cfg)
			got := wantProblem(t, post(h, "", ""), tt.status, tt.rule)
			if got["code"] != tt.code {
				t.Errorf("code = %v, want %s", got["code"], tt.code)
			}
			if got["docs"] != cfg.DocsURL+"#"+string(tt.rule) {
				t.Errorf("docs = %v", got["docs"])
			}
			if !strings.Contains(log.String(), `"rule":"`+string(tt.rule)+`"`) || !strings.Contains(log.String(), `"attempts":3`) {
				t.Errorf("the log lacks the rule or the attempts: %s", log)
			}
		})
	}
}

func TestD3PublicHidesWhatAWSSays(t *testing.T) {
	t.Parallel()
	const secretText = "User: arn:aws:sts::111122223333:assumed-role/prod/x is not authorized"
	for status, want := range map[int]int{400: 400, 403: 502, 404: 404, 409: 409, 429: 429, 500: 502, 503: 502} {
		cfg := configured()
		cfg.Starter = &recorder{err: &awswire.Error{Status: status, Name: "SomeException", Message: secretText, RequestID: "r-1"}}
		cfg.Public = true
		h, _, log := newHandler(t, cfg)
		w := post(h, "", "")
		if w.Code != want || strings.Contains(w.Body.String(), "111122223333") || !strings.Contains(w.Body.String(), "r-1") {
			t.Errorf("AWS's %d became %d %s", status, w.Code, w.Body)
		}
		if !strings.Contains(log.String(), "111122223333") {
			t.Error("the cause is missing in the log")
		}
	}
}

func TestNewNamesBadDefaults(t *testing.T) {
	t.Parallel()
	_, err := startchat.New(startchat.Config{Starter: &recorder{}, Defaults: startchat.Defaults{
		InstanceID: strings.Repeat("x", 101), ContactFlowID: strings.Repeat("y", 501), DisplayName: strings.Repeat("z", 257),
		ContentTypes: []string{"text/markdown", strings.Repeat("c", 101)},
	}})
	for _, part := range []string{"InstanceId", "ContactFlowId", "DisplayName", "text/plain", "SupportedMessagingContentTypes[1]"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("the error does not name %s: %v", part, err)
		}
	}
}
