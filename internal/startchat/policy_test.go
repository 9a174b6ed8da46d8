package startchat_test

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/diagnosis"
	"github.com/parley-chat/parley/internal/identity"
	"github.com/parley-chat/parley/internal/secret"
	"github.com/parley-chat/parley/internal/startchat"
)

const (
	otherInstance = "99999999-90ab-cdef-1234-567890abcdef"
	otherFlow     = "bbbbbbbb-bbbb-cccc-dddd-eeeeeeeeeeee"
	strangeFlow   = "cccccccc-bbbb-cccc-dddd-eeeeeeeeeeee"
	instanceARN   = "arn:aws:connect:eu-central-1:111122223333:instance/" + instance
)

// keys is a key source that always has the same.
type keys []secret.Text

func (k keys) Keys(context.Context) ([]secret.Text, error) {
	if len(k) == 0 {
		return nil, errors.New("the keys cannot be read")
	}
	return k, nil
}

func key(letter string) secret.Text { return secret.New(strings.Repeat(letter, 44)) }

// public is a policy as a public endpoint has it.
func public(change func(*startchat.Policy)) startchat.Config {
	cfg := configured()
	cfg.Region = "eu-central-1"
	cfg.Policy = &startchat.Policy{
		PinInstance: true, Flows: []string{otherFlow}, Attributes: []string{"order", "Web-taken"},
		ClientAddr: func(r *http.Request) string { return r.RemoteAddr },
	}
	if change != nil {
		change(cfg.Policy)
	}
	return cfg
}

// postAs posts a body as somebody whose token was checked; nil has none.
func postAs(h http.Handler, caller *identity.Caller, contentType, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	if caller != nil {
		r = r.WithContext(identity.With(r.Context(), caller))
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// refusal is what a refused request comes to; the zero value is one that was not.
type refusal struct {
	rule   diagnosis.ID
	status int
	field  string
}

// check holds an answer against the refusal that is wanted, and makes sure that no call was
// made. It reports whether one was wanted.
func (want refusal) check(t *testing.T, w *httptest.ResponseRecorder, starter *recorder) bool {
	t.Helper()
	if want.rule == "" {
		if w.Code != http.StatusOK {
			t.Fatalf("got %d %s, want a chat", w.Code, w.Body)
		}
		return false
	}
	if starter.request != nil {
		t.Errorf("a call was made: %s", starter.request.Body)
	}
	if got := wantProblem(t, w, want.status, want.rule); got["field"] != want.field {
		t.Errorf("field = %v, want %q", got["field"], want.field)
	}
	return true
}

func TestPins(t *testing.T) {
	t.Parallel()
	anyFlow := func(p *startchat.Policy) { p.AnyFlow = true }
	arnFlows := func(p *startchat.Policy) { p.Flows = []string{instanceARN + "/contact-flow/" + otherFlow} }
	pinned := func(field string) refusal { return refusal{diagnosis.InstancePinned, 403, field} }
	foreign := refusal{diagnosis.FlowNotAllowed, 403, "ContactFlowId"}
	elsewhere := strings.ReplaceAll(instanceARN, instance, otherInstance)
	tests := []struct {
		name, body string
		change     func(*startchat.Policy)
		want       refusal
		flow       string
	}{
		{name: "nothing asked for", body: `{}`, flow: flow},
		{name: "empty ids", body: `{"InstanceId":"","ContactFlowId":""}`, flow: flow},
		{name: "null ids", body: `{"InstanceId":null,"ContactFlowId":null}`, flow: flow},
		{name: "the configured ids", body: `{"InstanceId":"` + instance + `","ContactFlowId":"` + flow + `"}`, flow: flow},
		{name: "the instance by its ARN", body: `{"InstanceId":"` + instanceARN + `"}`, flow: flow},
		{name: "the instance under its other name", body: `{"ConnectInstanceId":"` + instance + `"}`, flow: flow},
		{name: "another instance", body: `{"InstanceId":"` + otherInstance + `"}`, want: pinned("InstanceId")},
		{name: "another instance under the other name", body: `{"ConnectInstanceId":"` + otherInstance + `"}`, want: pinned("InstanceId")},
		{name: "another instance by its ARN", body: `{"InstanceId":"` + elsewhere + `"}`, want: pinned("InstanceId")},
		{name: "another instance in a form", body: `InstanceId=` + otherInstance, want: pinned("InstanceId")},
		{name: "an instance with a blank", body: `{"InstanceId":"` + instance + ` "}`, want: pinned("InstanceId")},
		{name: "an instance with escapes", body: `{"InstanceId":"\u0039` + otherInstance[1:] + `"}`, want: pinned("InstanceId")},
		{name: "an instance in capitals", body: `{"InstanceId":"` + strings.ToUpper(instance) + `"}`, want: pinned("InstanceId")},
		{name: "an instance of another type", body: `{"InstanceId":[]}`, want: refusal{diagnosis.WrongType, 400, "InstanceId"}},
		{name: "an instance in small letters is no member", body: `{"instanceid":"` + otherInstance + `"}`, flow: flow},
		{name: "another Region", body: `{"InstanceId":"` + strings.ReplaceAll(instanceARN, "eu-central-1", "us-west-2") + `"}`, want: refusal{diagnosis.WrongRegion, 400, "InstanceId"}},

		{name: "a listed flow", body: `{"ContactFlowId":"` + otherFlow + `"}`, flow: otherFlow},
		{name: "a listed flow by its ARN is sent as listed", body: `{"ContactFlowId":"` + instanceARN + `/contact-flow/` + otherFlow + `"}`, flow: otherFlow},
		{name: "a listed ARN by its id is sent as listed", body: `{"ContactFlowId":"` + otherFlow + `"}`, change: arnFlows, flow: instanceARN + "/contact-flow/" + otherFlow},
		{name: "another account's ARN is sent as listed", body: `{"ContactFlowId":"` + strings.ReplaceAll(instanceARN, "111122223333", "999999999999") + `/contact-flow/` + otherFlow + `"}`, change: arnFlows, flow: instanceARN + "/contact-flow/" + otherFlow},
		{name: "a flow that is not listed", body: `{"ContactFlowId":"` + strangeFlow + `"}`, want: foreign},
		{name: "a flow in a form", body: `ContactFlowId=` + strangeFlow, want: foreign},
		{name: "a version of a listed flow", body: `{"ContactFlowId":"` + otherFlow + `:$SAVED"}`, want: foreign},
		{name: "a version by ARN", body: `{"ContactFlowId":"` + instanceARN + `/contact-flow/` + otherFlow + `:1"}`, want: foreign},
		{name: "a listed flow of another instance", body: `{"ContactFlowId":"` + elsewhere + `/contact-flow/` + otherFlow + `"}`, want: pinned("ContactFlowId")},
		{name: "something else by ARN", body: `{"ContactFlowId":"` + instanceARN + `/contact/` + otherFlow + `"}`, want: foreign},
		{name: "no ARN at all", body: `{"ContactFlowId":"arn:` + otherFlow + `"}`, change: anyFlow, want: foreign},
		{name: "a flow of another type", body: `{"ContactFlowId":{}}`, want: refusal{diagnosis.WrongType, 400, "ContactFlowId"}},
		{name: "a star", body: `{"ContactFlowId":"*"}`, want: foreign},
		{name: "any flow", body: `{"ContactFlowId":"` + strangeFlow + `"}`, change: anyFlow, flow: strangeFlow},
		{name: "any flow by ARN", body: `{"ContactFlowId":"` + instanceARN + `/contact-flow/` + strangeFlow + `"}`, change: anyFlow, flow: instanceARN + "/contact-flow/" + strangeFlow},
		{name: "any flow of another instance", body: `{"ContactFlowId":"` + elsewhere + `/contact-flow/` + strangeFlow + `"}`, change: anyFlow, want: pinned("ContactFlowId")},
		{name: "swapped", body: `{"ContactFlowId":"` + instance + `"}`, want: refusal{diagnosis.SwappedIDs, 400, "InstanceId"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h, starter, _ := newHandler(t, public(tt.change))
			contentType := "application/json"
			if !strings.HasPrefix(tt.body, "{") {
				contentType = "application/x-www-form-urlencoded"
			}
			if tt.want.check(t, post(h, contentType, tt.body), starter) {
				return
			}
			sent := starter.sent(t)
			if sent["InstanceId"] != instance || starter.request.InstanceID != instance {
				t.Errorf("InstanceId = %v, want the configured one", sent["InstanceId"])
			}
			if sent["ContactFlowId"] != tt.flow || starter.request.ContactFlowID != tt.flow {
				t.Errorf("ContactFlowId = %v, want %s", sent["ContactFlowId"], tt.flow)
			}
		})
	}
}

// Without the pin, flows are still compared by id and instance.
func TestFlowsOfSeveralInstances(t *testing.T) {
	t.Parallel()
	listed := "arn:aws:connect:eu-central-1:111122223333:instance/" + otherInstance + "/contact-flow/" + otherFlow
	cfg := public(func(p *startchat.Policy) { p.PinInstance, p.Flows = false, []string{listed} })
	for body, allowed := range map[string]bool{
		`{"InstanceId":"` + otherInstance + `","ContactFlowId":"` + otherFlow + `"}`: true,
		`{"InstanceId":"` + instance + `","ContactFlowId":"` + otherFlow + `"}`:      false,
		`{"InstanceId":"` + otherInstance + `"}`:                                     true,
	} {
		h, starter, _ := newHandler(t, cfg)
		if w := post(h, "", body); (w.Code == 200) != allowed || (starter.request != nil) != allowed {
			t.Errorf("%s: got %d %s", body, w.Code, w.Body)
		}
	}
}

// optional are the members that only some pages may set, each with a value that it can have.
func optional() map[string]string {
	return map[string]string{
		"CustomerId": `"no-1"`, "SegmentAttributes": `{"connect:Subtype":{"ValueString":"connect:Guide"}}`, "RelatedContactId": `"c-9"`,
		"ParticipantConfiguration": `{"ResponseMode":"INCREMENTAL"}`, "DisconnectOnCustomerExit": `["AGENT"]`,
	}
}

func TestMembers(t *testing.T) {
	t.Parallel()
	for name, value := range optional() {
		body := `{"` + name + `":` + value + `}`
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, starter, log := newHandler(t, public(nil))
			post(h, "", body)
			if _, sent := starter.sent(t)[name]; sent {
				t.Error("it was sent although it is not allowed")
			}
			post(h, "", body)
			if n := strings.Count(log.String(), `"member":"`+name+`","treatment":"dropped"`); n != 1 {
				t.Errorf("the log names it %d times, want once: %s", n, log)
			}

			h, starter, _ = newHandler(t, public(func(p *startchat.Policy) { p.Others.Reject = true }))
			refusal{diagnosis.MemberNotAllowed, 400, name}.check(t, post(h, "", body), starter)

			for _, change := range []func(*startchat.Policy){
				func(p *startchat.Policy) { p.Members, p.Others.Reject = []string{name}, true },
				func(p *startchat.Policy) { p.AnyMember = true },
			} {
				h, starter, _ = newHandler(t, public(change))
				if w := post(h, "", body); w.Code != 200 || starter.sent(t)[name] == nil {
					t.Errorf("allowed, but got %d %s", w.Code, w.Body)
				}
			}
		})
	}
}

// What widgets send is never in the way, and what AWS does not document goes nowhere unless it
// is named.
// What a token says of the customer and of the contact before is the chat's, whatever the page says.
func TestRowA8MembersOfTheToken(t *testing.T) {
	t.Parallel()
	caller := &identity.Caller{CustomerID: "c-42", RelatedContactID: "contact-1"}
	anyMember := func(p *startchat.Policy) { p.AnyMember = true }
	rejecting := func(p *startchat.Policy) { p.Others.Reject = true }
	both := map[string]any{"CustomerId": "c-42", "RelatedContactId": "contact-1"}
	for name, test := range map[string]struct {
		caller *identity.Caller
		change func(*startchat.Policy)
		body   string
		want   refusal
		sent   map[string]any
	}{
		"the token's":                    {caller, nil, `{}`, refusal{}, both},
		"the token's, any member":        {caller, anyMember, `{}`, refusal{}, both},
		"the page says another":          {caller, anyMember, `{"CustomerId":"forged","RelatedContactId":7}`, refusal{}, both},
		"the page may not, and does":     {caller, nil, `{"CustomerId":"forged"}`, refusal{}, both},
		"the page is refused":            {caller, func(p *startchat.Policy) { anyMember(p); rejecting(p) }, `{"CustomerId":"forged"}`, refusal{diagnosis.MemberNotAllowed, 400, "CustomerId"}, nil},
		"a token that says one of them":  {&identity.Caller{CustomerID: "c-42"}, anyMember, `{"RelatedContactId":"page"}`, refusal{}, map[string]any{"CustomerId": "c-42", "RelatedContactId": "page"}},
		"a token that says none of them": {&identity.Caller{}, anyMember, `{"CustomerId":"page"}`, refusal{}, map[string]any{"CustomerId": "page", "RelatedContactId": nil}},
		"longer than Amazon Connect's":   {&identity.Caller{CustomerID: strings.Repeat("c", 129)}, nil, `{}`, refusal{diagnosis.BadValue, 400, "CustomerId"}, nil},
		"a persistent chat as well":      {caller, func(p *startchat.Policy) { p.Persistent = startchat.PersistentOpen }, `{"PersistentChat":{"SourceContactId":"x","RehydrationType":"FROM_SEGMENT"}}`, refusal{diagnosis.ConflictingMembers, 400, "RelatedContactId"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, starter, log := newHandler(t, public(test.change))
			w := postAs(h, test.caller, "", test.body)
			if test.want.check(t, w, starter) {
				return
			}
			sent := starter.sent(t)
			for member, want := range test.sent {
				if sent[member] != want {
					t.Errorf("%s is %v, want %v", member, sent[member], want)
				}
			}
			if strings.Contains(log.String(), "c-42") {
				t.Errorf("the log holds the customer's number: %s", log)
			}
		})
	}
}

func TestUndocumentedMembers(t *testing.T) {
	t.Parallel()
	const body = `{"Newest":{"a":1},"attributes":{"vip":"1"},"instanceId":"x","ParticipantDetails":{"DisplayName":"Pat","Role":"AGENT"},
		"InitialMessage":{"ContentType":"text/plain","Content":"Hi","As":"AGENT"},"Username":"p","customerName":"q"}`
	tests := []struct {
		name    string
		unknown startchat.UnknownMembers
		change  func(*startchat.Policy)
		want    []string // beside those that every call has
	}{
		{"ignored", startchat.IgnoreUnknown, nil, nil},
		{"forwarded, but not from a page", startchat.ForwardUnknown, nil, nil},
		{"forwarded by name", startchat.ForwardUnknown, func(p *startchat.Policy) { p.Members = []string{"Newest"} }, []string{"Newest"}},
		{"all forwarded, but for other spellings of documented ones", startchat.ForwardUnknown, func(p *startchat.Policy) { p.AnyMember = true }, []string{"Newest"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cfg := public(tt.change)
			cfg.Unknown = tt.unknown
			h, starter, _ := newHandler(t, cfg)
			if w := post(h, "", body); w.Code != 200 {
				t.Fatal(w.Body)
			}
			sent := starter.sent(t)
			want := append(tt.want, "InstanceId", "ContactFlowId", "ParticipantDetails", "Attributes", "InitialMessage", "ClientToken", "SupportedMessagingContentTypes")
			slices.Sort(want)
			if diff := cmp.Diff(want, slices.Sorted(maps.Keys(sent))); diff != "" {
				t.Errorf("members (-want +got):\n%s", diff)
			}
			if !cfg.Policy.AnyMember {
				if diff := cmp.Diff(map[string]any{"DisplayName": "Pat"}, sent["ParticipantDetails"]); diff != "" {
					t.Errorf("ParticipantDetails (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(map[string]any{"ContentType": "text/plain", "Content": "Hi"}, sent["InitialMessage"]); diff != "" {
					t.Errorf("InitialMessage (-want +got):\n%s", diff)
				}
			}
		})
	}
	t.Run("rejected", func(t *testing.T) {
		t.Parallel()
		cfg := public(nil)
		cfg.Unknown = startchat.RejectUnknown
		h, starter, _ := newHandler(t, cfg)
		refusal{diagnosis.UnknownMember, 400, "ParticipantDetails.Role"}.check(t, post(h, "", `{"ParticipantDetails":{"Role":"AGENT"}}`), starter)
	})
}

func TestDurations(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name               string
		defaults, most     int
		body               string
		want               any
		refused, wantInLog bool
	}{
		{name: "none configured, none asked for", body: `{}`},
		{name: "none configured", body: `{"ChatDurationInMinutes":10080}`, want: 10080.0},
		{name: "the default", defaults: 120, most: 240, body: `{}`, want: 120.0},
		{name: "the default stands in for null", defaults: 120, body: `{"ChatDurationInMinutes":null}`, want: 120.0},
		{name: "the page's own", defaults: 120, most: 240, body: `{"ChatDurationInMinutes":180}`, want: 180.0},
		{name: "exactly the most", most: 240, body: `{"ChatDurationInMinutes":240}`, want: 240.0},
		{name: "more than the most", most: 240, body: `{"ChatDurationInMinutes":241}`, want: 240.0, wantInLog: true},
		{name: "more than the most, as text", most: 240, body: `{"ChatDurationInMinutes":"10080"}`, want: 240.0, wantInLog: true},
		{name: "Amazon Connect's own default is bounded too", most: 240, body: `{}`, want: 240.0},
		{name: "a bound above Amazon Connect's own default", most: 2000, body: `{}`},
		{name: "more than Amazon Connect takes", most: 240, body: `{"ChatDurationInMinutes":10081}`, refused: true},
		{name: "less than Amazon Connect takes", most: 240, body: `{"ChatDurationInMinutes":59}`, refused: true},
		{name: "negative", most: 240, body: `{"ChatDurationInMinutes":-1}`, refused: true},
		{name: "an exponent", most: 240, body: `{"ChatDurationInMinutes":1e3}`, refused: true},
		{name: "a number of many digits", most: 240, body: `{"ChatDurationInMinutes":99999999999999999999}`, refused: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h, starter, log := newHandler(t, public(func(p *startchat.Policy) { p.DefaultDuration, p.MaxDuration = tt.defaults, tt.most }))
			w := post(h, "", tt.body)
			post(h, "", tt.body)
			if tt.refused {
				if w.Code != 400 || starter.request != nil {
					t.Errorf("got %d %s", w.Code, w.Body)
				}
				return
			}
			if got := starter.sent(t)["ChatDurationInMinutes"]; got != tt.want {
				t.Errorf("ChatDurationInMinutes = %v, want %v", got, tt.want)
			}
			if n := strings.Count(log.String(), "capped"); (n == 1) != tt.wantInLog || n > 1 {
				t.Errorf("the log says %d times that it was cut down: %s", n, log)
			}
		})
	}
}

func TestNewNamesBadPolicies(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, field string
		change      func(*startchat.Config)
	}{
		{"no instance to pin", "PinInstance", func(c *startchat.Config) { c.Defaults.InstanceID = "" }},
		{"no flow at all", "Flows", func(c *startchat.Config) { c.Defaults.ContactFlowID, c.Policy.Flows = "", nil }},
		{"empty flow", "Flows", func(c *startchat.Config) { c.Policy.Flows = []string{""} }},
		{"a star", "Flows", func(c *startchat.Config) { c.Policy.Flows = []string{"*"} }},
		{"an instance as flow", "Flows", func(c *startchat.Config) { c.Policy.Flows = []string{instanceARN} }},
		{"a flow elsewhere", "Flows", func(c *startchat.Config) {
			c.Policy.Flows = []string{strings.ReplaceAll(instanceARN, instance, otherInstance) + "/contact-flow/" + flow}
		}},
		{"a flow in another Region", "Flows", func(c *startchat.Config) {
			c.Policy.Flows = []string{strings.ReplaceAll(instanceARN, "eu-central-1", "us-east-1") + "/contact-flow/" + flow}
		}},
		{"the default flow elsewhere", "Defaults.ContactFlowID", func(c *startchat.Config) {
			c.Defaults.ContactFlowID = strings.ReplaceAll(instanceARN, instance, otherInstance) + "/contact-flow/" + flow
		}},
		{"no key", "Attributes", func(c *startchat.Config) { c.Policy.Attributes = []string{"order id"} }},
		{"no prefix", "Others", func(c *startchat.Config) { c.Policy.Others.Prefix = "Web " }},
		{"two fates", "Others", func(c *startchat.Config) { c.Policy.Others = startchat.OthersPolicy{Reject: true, Prefix: "W-"} }},
		{"a member with its own rules", "Members", func(c *startchat.Config) { c.Policy.Members = []string{"Attributes"} }},
		{"no member", "Members", func(c *startchat.Config) { c.Policy.Members = []string{"customerId"} }},
		{"another spelling to forward", "Members", func(c *startchat.Config) {
			c.Unknown, c.Policy.Members = startchat.ForwardUnknown, []string{"attributes"}
		}},
		{"persistent chat", "Persistent", func(c *startchat.Config) { c.Policy.Persistent = "maybe" }},
		{"signed without a key", "ResumeKeys", func(c *startchat.Config) { c.Policy.Persistent = startchat.PersistentSigned }},
		{"default too short", "DefaultDuration", func(c *startchat.Config) { c.Policy.DefaultDuration = 59 }},
		{"most too long", "MaxDuration", func(c *startchat.Config) { c.Policy.MaxDuration = 10_081 }},
		{"default beyond the most", "DefaultDuration", func(c *startchat.Config) {
			c.Policy.DefaultDuration, c.Policy.MaxDuration = 120, 60
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cfg := public(nil)
			cfg.Starter = &recorder{}
			tt.change(&cfg)
			_, err := startchat.New(cfg)
			fault, ok := errors.AsType[*startchat.PolicyError](err)
			if !ok || fault.Field != tt.field {
				t.Errorf("the error does not name %s: %v", tt.field, err)
			}
		})
	}
	t.Run("all at once", func(t *testing.T) {
		t.Parallel()
		_, err := startchat.New(startchat.Config{
			Starter: &recorder{}, Defaults: startchat.Defaults{DisplayName: strings.Repeat("z", 257)},
			Policy: &startchat.Policy{PinInstance: true, Attributes: []string{"a b"}, MaxDuration: 1},
		})
		for _, part := range []string{"DisplayName", "PinInstance", "Flows", `"a b"`, "MaxDuration"} {
			if err == nil || !strings.Contains(err.Error(), part) {
				t.Errorf("the error does not name %s: %v", part, err)
			}
		}
	})
}

// The line of a request says who asked from where for which flow and how it ended.
func TestLogLine(t *testing.T) {
	t.Parallel()
	ask := func(t *testing.T, cfg startchat.Config, origin, body string) *bytes.Buffer {
		t.Helper()
		h, _, log := newHandler(t, cfg)
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.Header.Set("Origin", origin)
		h.ServeHTTP(httptest.NewRecorder(), r)
		return log
	}
	failing := public(nil)
	failing.Starter = &recorder{err: &startchat.CallError{
		Err: &awswire.Error{Status: 429, Name: "TooManyRequestsException", RequestID: "request-9"}, Metadata: startchat.Metadata{HTTPStatusCode: 429, Attempts: 3},
	}}
	anyFlow := public(func(p *startchat.Policy) { p.AnyFlow = true })
	const shop = "https://shop.example:8443"
	tests := []struct {
		name, origin, body string
		cfg                startchat.Config
		says               []string
	}{
		{"started", shop, `{}`, public(nil), []string{`"outcome":"started"`, `"origin":"` + shop + `"`, `"flow":"` + flow + `"`, `"request_id":"request-1"`, `"contact_id":"contact-1"`, `"upstream_status":200`}},
		{"failed", shop, `{}`, failing, []string{`"outcome":"failed"`, `"origin":"` + shop + `"`, `"flow":"` + flow + `"`, `"request_id":"request-9"`, `"upstream_status":429`, `"attempts":3`}},
		{"refused", "null", `{"ContactFlowId":"` + strangeFlow + `"}`, public(nil), []string{`"outcome":"refused"`, `"origin":"null"`, `"flow":""`, `"rule":"flow-not-allowed"`}},
		{"no origin", "", `[]`, public(nil), []string{`"outcome":"refused"`, `"origin":""`}},
		{"something else as origin", "Pat Smith, 12 High Street", `{}`, public(nil), []string{`"origin":"(not an origin)"`}},
		{"something else as flow", shop, `{"ContactFlowId":"Pat Smith"}`, anyFlow, []string{`"outcome":"started"`, `"flow":""`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			log := ask(t, tt.cfg, tt.origin, tt.body).String()
			for _, part := range tt.says {
				if !strings.Contains(log, part) {
					t.Errorf("the log does not say %s: %s", part, log)
				}
			}
			if strings.Count(log, "\n") != 1 || strings.Contains(log, "Pat") {
				t.Errorf("more than one line, or a customer's data: %s", log)
			}
		})
	}
}

// Secrets wherever a page or a token can have them stay out of the log, whatever becomes of the
// request.
func TestPolicyCanary(t *testing.T) {
	t.Parallel()
	const canary = "CANARY-7f3a"
	claims := &identity.Caller{
		Subject: canary, DisplayName: canary, Attributes: map[string]string{"vip": canary}, SegmentAttributes: map[string]string{"seg": canary},
	}
	bodies := []string{
		`{"Attributes":{"card":"` + canary + `","vip":"` + canary + `","4111 ` + canary + `":"1"},"CustomerId":"` + canary + `","ClientToken":"` + canary + canary + `"}`,
		`{"PersistentChat":{"SourceContactId":"` + canary + `","RehydrationType":"ENTIRE_PAST_SESSION"}}`,
		`{"InstanceId":"` + canary + `"}`, `{"ContactFlowId":"` + canary + `"}`, `{"RelatedContactId":"` + canary + `"}`,
		`{"Attributes":{"4111111111111111":"1"}}`, `{"SegmentAttributes":{"4111111111111111":{"ValueString":"1"}}}`,
	}
	for _, body := range bodies {
		for _, others := range []startchat.OthersPolicy{{}, {Reject: true}, {Prefix: "Web-"}} {
			h, _, log := newHandler(t, public(func(p *startchat.Policy) {
				p.Others, p.Persistent, p.ResumeKeys = others, startchat.PersistentSigned, keys{key("k")}
			}))
			for _, caller := range []*identity.Caller{nil, claims} {
				w := postAs(h, caller, "", body)
				if strings.Contains(log.String(), canary) || strings.Contains(log.String(), "41111111") || strings.Contains(log.String(), token) {
					t.Errorf("%v: the log repeats %s: %s", others, body, log)
				}
				if _, id, found := strings.Cut(w.Body.String(), `"resumeId":"contact-1.`); found && strings.Contains(log.String(), id[:20]) {
					t.Errorf("the log holds the resume id: %s", log)
				}
			}
		}
	}
}
