package startchat_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/identity"
	"github.com/parley-chat/parley/internal/secret"
	"github.com/parley-chat/parley/internal/startchat"
)

// Whatever a page sends, the call that is made is for the configured instance and an allowed
// flow, says of the customer what the token says, and nothing that neither the token nor the
// lists allow.
func FuzzPolicy(f *testing.F) {
	const resumable = "c0ffee00-1111-2222-3333-444455556666"
	source := keys{key("a")}
	var id string
	{
		cfg := signed(source)
		cfg.Starter = &recorder{result: startchat.Result{ContactID: resumable, ParticipantToken: secret.New(token)}}
		h, err := startchat.New(cfg)
		if err != nil {
			f.Fatal(err)
		}
		_, rest, _ := strings.Cut(postAs(h, signedIn(), "", `{}`).Body.String(), `"resumeId":"`)
		id, _, _ = strings.Cut(rest, `"`)
	}
	for _, seed := range []string{
		``, `{}`, `{"InstanceId":"` + instance + `","ContactFlowId":"` + otherFlow + `"}`, `{"ConnectInstanceId":"` + instanceARN + `"}`,
		`{"Attributes":{"order":"1","vip":"yes","queue":"x","VIP":"y","customerName":"Pat","v\u0069p":"z"}}`,
		`{"Attributes":"{\"vip\":\"yes\",\"order\":\"2\"}","attributes":{"vip":"yes"}}`, `Attributes.vip=yes&Attributes.order=3&ContactFlowId=` + strangeFlow,
		`{"CustomerId":"c","SegmentAttributes":{"connect:Team":{"ValueString":"red"}},"RelatedContactId":"r","DisconnectOnCustomerExit":["AGENT"]}`,
		`{"ChatDurationInMinutes":"10080","ClientToken":"0123456789abcdef0123","ParticipantDetails":{"DisplayName":"Pat","Role":"AGENT"}}`,
		resumeBody(id), resumeBody(resumable), `{"InitialMessage":{"ContentType":"text/plain","Content":"Hi","Newer":1},"Newest":{"a":[1]}}`,
		`{"ContactFlowId":"` + instanceARN + `/contact-flow/` + otherFlow + `"}`, `{"Attributes":{"taken":"a","Web-taken":"b"}}`,
	} {
		for mode := range uint8(12) {
			f.Add(mode, "application/json", seed)
			f.Add(mode, "application/x-www-form-urlencoded", seed)
		}
	}
	f.Fuzz(func(t *testing.T, mode uint8, contentType, body string) {
		cfg := signed(source)
		cfg.Policy.MaxDuration = 120
		cfg.Policy.Others = []startchat.OthersPolicy{{}, {Reject: true}, {Prefix: "Web-"}}[mode%3]
		cfg.Unknown = []startchat.UnknownMembers{startchat.IgnoreUnknown, startchat.ForwardUnknown}[mode/3%2]
		caller := signedIn()
		caller.Reserved = []string{"Web-taken"}
		if mode/6%2 == 1 {
			caller = nil
		}
		h, starter, _ := newHandler(t, cfg)
		w := postAs(h, caller, contentType, body)
		if !json.Valid(w.Body.Bytes()) {
			t.Fatalf("the answer is not JSON: %s", w.Body)
		}
		if starter.request == nil {
			if w.Code < 400 || w.Code >= 500 {
				t.Errorf("no call, but the answer is %d %s", w.Code, w.Body)
			}
			return
		}
		if w.Code != http.StatusOK {
			t.Errorf("a call, but the answer is %d %s", w.Code, w.Body)
		}
		if !jsontext.Value(starter.request.Body).IsValid() {
			t.Fatalf("the call is not valid, or has a member twice: %s", starter.request.Body)
		}
		checkCall(t, cfg.Policy, caller, starter, resumable)
	})
}

// checkCall holds a call against the policy, independently of how it came about.
func checkCall(t *testing.T, policy *startchat.Policy, caller *identity.Caller, starter *recorder, resumable string) {
	t.Helper()
	var call struct {
		InstanceId, ContactFlowId, ClientToken, CustomerId, RelatedContactId string
		ChatDurationInMinutes                                                int
		Attributes                                                           map[string]string
		SegmentAttributes                                                    map[string]map[string]string
		ParticipantDetails, PersistentChat                                   map[string]string
	}
	sent := starter.sent(t)
	dec := json.NewDecoder(strings.NewReader(string(starter.request.Body)))
	if err := dec.Decode(&call); err != nil {
		t.Fatalf("the call is of another shape: %v: %s", err, starter.request.Body)
	}
	if call.InstanceId != instance || !slices.Contains([]string{flow, otherFlow}, call.ContactFlowId) {
		t.Errorf("the call is for instance %q, flow %q", call.InstanceId, call.ContactFlowId)
	}
	allowed := []string{
		"InstanceId", "ContactFlowId", "ClientToken", "ChatDurationInMinutes", "Attributes", "ParticipantDetails",
		"PersistentChat", "InitialMessage", "SupportedMessagingContentTypes",
	}
	if caller != nil {
		allowed = append(allowed, "SegmentAttributes")
	}
	for name := range sent {
		if !slices.Contains(allowed, name) {
			t.Errorf("the call has %s", name)
		}
	}
	if call.ChatDurationInMinutes < 60 || call.ChatDurationInMinutes > policy.MaxDuration {
		t.Errorf("the call is for %d minutes", call.ChatDurationInMinutes)
	}
	if n := len(call.ClientToken); n != 36 && n != 43 {
		t.Errorf("ClientToken = %q, which the page may have chosen", call.ClientToken)
	}
	if call.PersistentChat != nil && call.PersistentChat["SourceContactId"] != resumable || len(call.PersistentChat) > 2 {
		t.Errorf("PersistentChat = %v", call.PersistentChat)
	}
	if len(call.ParticipantDetails) != 1 {
		t.Errorf("ParticipantDetails = %v", call.ParticipantDetails)
	}
	checkSayings(t, policy, caller, call.Attributes)
	if caller == nil {
		return
	}
	if call.ParticipantDetails["DisplayName"] != caller.DisplayName || call.Attributes["customerName"] != caller.DisplayName {
		t.Errorf("the customer's name is %v and %q", call.ParticipantDetails, call.Attributes["customerName"])
	}
	want := map[string]map[string]string{}
	for key, value := range caller.SegmentAttributes {
		want[key] = map[string]string{"ValueString": value}
	}
	if diff := cmp.Diff(want, call.SegmentAttributes); diff != "" {
		t.Errorf("segment attributes (-want +got):\n%s", diff)
	}
}

// checkSayings holds the attributes of a call against the lists and the token.
func checkSayings(t *testing.T, policy *startchat.Policy, caller *identity.Caller, attributes map[string]string) {
	t.Helper()
	claims := map[string]string{}
	if caller != nil {
		claims = caller.Attributes
	}
	for key, value := range claims {
		if attributes[key] != value {
			t.Errorf("attribute %s is %q, the token says %q", key, attributes[key], value)
		}
	}
	if _, set := attributes["Web-taken"]; set && caller != nil {
		t.Error("attribute Web-taken is set, which only tokens may set")
	}
	for key := range attributes {
		_, claimed := claims[key]
		prefixed := policy.Others.Prefix != "" && strings.HasPrefix(key, policy.Others.Prefix)
		if !claimed && !prefixed && key != "customerName" && !slices.Contains(policy.Attributes, key) {
			t.Errorf("attribute %s is from neither the token nor the list", key)
		}
	}
}

// BenchmarkPolicy is BenchmarkHandler with all that a policy has to do.
func BenchmarkPolicy(b *testing.B) {
	cfg := signed(keys{key("a"), key("b")})
	cfg.Policy.MaxDuration = 1440
	cfg.Starter = &recorder{}
	h, err := startchat.New(cfg)
	if err != nil {
		b.Fatal(err)
	}
	const body = `{"InstanceId":"` + instance + `","ContactFlowId":"` + flow + `","ParticipantDetails":{"DisplayName":"Pat"},"Username":"pat1",
		"Attributes":{"customerName":"Patricia","order":"42"},"SupportedMessagingContentTypes":["text/plain","text/markdown"],
		"InitialMessage":{"ContentType":"text/plain","Content":"Where is my order?"},"ClientToken":"0123456789abcdef"}`
	b.ReportAllocs()
	for b.Loop() {
		if w := postAs(h, signedIn(), "text/plain", body); w.Code != http.StatusOK {
			b.Fatal(w.Body)
		}
	}
}
