package startchat_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/diagnosis"
	"github.com/parley-chat/parley/internal/identity"
	"github.com/parley-chat/parley/internal/startchat"
)

// signedIn is a caller whose token names the customer and sets two attributes.
func signedIn() *identity.Caller {
	return &identity.Caller{
		Subject: "user-7", DisplayName: "Dr. Kim", Attributes: map[string]string{"vip": "no", "tier": `gold "1"`},
		SegmentAttributes: map[string]string{"connect:Team": "blue"},
	}
}

func TestAttributes(t *testing.T) {
	t.Parallel()
	type texts = map[string]any
	claims := func(more texts) texts {
		all := texts{"vip": "no", "tier": `gold "1"`, "customerName": "Dr. Kim"}
		maps.Copy(all, more)
		return all
	}
	refused := func(key string) refusal { return refusal{diagnosis.AttributeNotAllowed, 400, "Attributes." + key} }
	drop, reject, prefix := startchat.OthersPolicy{}, startchat.OthersPolicy{Reject: true}, startchat.OthersPolicy{Prefix: "Web-"}
	tests := []struct {
		name        string
		caller      *identity.Caller
		others      startchat.OthersPolicy
		any         bool
		contentType string
		attributes  string // the page's, as JSON
		body        string // instead of attributes
		want        texts
		refused     refusal
	}{
		{name: "none", others: drop, body: `{}`, want: texts{"customerName": "Customer"}},
		{name: "allowed", others: reject, attributes: `{"order":"42"}`, want: texts{"order": "42", "customerName": "Customer"}},
		{name: "others left out", others: drop, attributes: `{"order":"42","queue":"first"}`, want: texts{"order": "42", "customerName": "Customer"}},
		{name: "others refused", others: reject, attributes: `{"order":"42","queue":"first"}`, refused: refused("queue")},
		{name: "others prefixed", others: prefix, attributes: `{"order":"42","queue":"first"}`, want: texts{"order": "42", "Web-queue": "first", "customerName": "Customer"}},
		{name: "any", any: true, others: reject, attributes: `{"queue":"first"}`, want: texts{"queue": "first", "customerName": "Customer"}},
		{name: "the name's own attribute", others: reject, attributes: `{"customerName":"Pat"}`, want: texts{"customerName": "Pat"}},
		{name: "null counts as absent", others: reject, attributes: `{"queue":null}`, want: texts{"customerName": "Customer"}},
		{name: "no attributes at all", others: drop, attributes: `null`, want: texts{"customerName": "Customer"}},
		{name: "a string that holds null", others: drop, attributes: `"null"`, want: texts{"customerName": "Customer"}},
		{name: "the value is left to the check", others: drop, attributes: `{"order":42}`, refused: refusal{diagnosis.WrongType, 400, "Attributes.order"}},
		{name: "of no value that is left out", others: drop, attributes: `{"queue":42}`, want: texts{"customerName": "Customer"}},

		{name: "the token's", caller: signedIn(), others: reject, body: `{}`, want: claims(nil)},
		{name: "the token's and the page's", caller: signedIn(), others: reject, attributes: `{"order":"42"}`, want: claims(texts{"order": "42"})},
		{name: "spoofed, left out", caller: signedIn(), others: drop, attributes: `{"vip":"yes"}`, want: claims(nil)},
		{name: "spoofed, refused", caller: signedIn(), others: reject, attributes: `{"vip":"yes"}`, refused: refused("vip")},
		{name: "spoofed, prefixed", caller: signedIn(), others: prefix, attributes: `{"vip":"yes"}`, want: claims(texts{"Web-vip": "yes"})},
		{name: "spoofed although any is allowed", caller: signedIn(), any: true, others: drop, attributes: `{"vip":"yes","queue":"q"}`, want: claims(texts{"queue": "q"})},
		{name: "spoofed and refused although any is allowed", caller: signedIn(), any: true, others: reject, attributes: `{"vip":"yes"}`, refused: refused("vip")},
		{name: "spoofed with null", caller: signedIn(), others: drop, attributes: `{"vip":null}`, want: claims(nil)},
		{name: "spoofed with an escape", caller: signedIn(), any: true, others: drop, attributes: `{"v\u0069p":"yes"}`, want: claims(nil)},
		{name: "spoofed in a string", caller: signedIn(), any: true, others: drop, attributes: `"{\"vip\":\"yes\",\"order\":\"42\"}"`, want: claims(texts{"order": "42"})},
		{name: "spoofed with an escape in a string", caller: signedIn(), any: true, others: drop, attributes: `"{\"v\\u0069p\":\"yes\"}"`, want: claims(nil)},
		{name: "spoofed in a form", caller: signedIn(), any: true, others: drop, contentType: "application/x-www-form-urlencoded", body: "Attributes.vip=yes&Attributes.order=42", want: claims(texts{"order": "42"})},
		{name: "spoofed in a form's object", caller: signedIn(), any: true, others: drop, contentType: "application/x-www-form-urlencoded", body: `Attributes=%7B%22vip%22%3A%22yes%22%7D`, want: claims(nil)},
		{name: "given twice", caller: signedIn(), any: true, others: drop, attributes: `{"vip":"no","vip":"yes"}`, refused: refusal{diagnosis.BadJSON, 400, "Attributes.vip"}},
		{name: "given twice in a string", caller: signedIn(), any: true, others: drop, attributes: `"{\"vip\":\"no\",\"vip\":\"yes\"}"`, refused: refusal{diagnosis.WrongType, 400, "Attributes"}},
		{name: "Attributes given twice", caller: signedIn(), any: true, others: drop, body: `{"Attributes":{},"Attributes":{"vip":"yes"}}`, refused: refusal{diagnosis.BadJSON, 400, "Attributes"}},
		{name: "Attributes in small letters", caller: signedIn(), any: true, others: drop, body: `{"attributes":{"vip":"yes"}}`, want: claims(nil)},
		{name: "another spelling, left out", caller: signedIn(), any: true, others: drop, attributes: `{"VIP":"yes","Tier":"x"}`, want: claims(nil)},
		{name: "another spelling, refused", caller: signedIn(), any: true, others: reject, attributes: `{"Vip":"yes"}`, refused: refused("Vip")},
		{name: "another spelling of an allowed key", others: drop, attributes: `{"Order":"42"}`, want: texts{"customerName": "Customer"}},
		{name: "a lookalike is no key", caller: signedIn(), any: true, others: drop, attributes: `{"vіp":"yes"}`, refused: refusal{diagnosis.BadAttributeKey, 400, "Attributes.vіp"}},
		{name: "a lookalike, left out", caller: signedIn(), others: drop, attributes: `{"vіp":"yes"}`, want: claims(nil)},
		{name: "a lookalike that folds to the key", caller: &identity.Caller{Attributes: map[string]string{"kind": "a"}}, any: true, others: drop, attributes: `{"\u212Aind":"b"}`, want: texts{"kind": "a", "customerName": "Customer"}},
		{name: "a blank behind the key", caller: signedIn(), any: true, others: drop, attributes: `{"vip ":"yes"}`, refused: refusal{diagnosis.BadAttributeKey, 400, "Attributes.vip "}},
		{name: "no width behind the key", caller: signedIn(), any: true, others: drop, attributes: `{"vip\u200b":"yes"}`, refused: refusal{diagnosis.BadAttributeKey, 400, "Attributes.vip\u200b"}},

		{name: "spoofed by the prefix", caller: &identity.Caller{Attributes: map[string]string{"Web-vip": "no"}}, others: prefix, attributes: `{"vip":"yes"}`, want: texts{"Web-vip": "no", "customerName": "Customer"}},
		{name: "spoofed by the prefix in another spelling", caller: &identity.Caller{Attributes: map[string]string{"web-VIP": "no"}}, others: prefix, attributes: `{"vip":"yes"}`, want: texts{"web-VIP": "no", "customerName": "Customer"}},
		{name: "the name by the prefix", caller: signedIn(), others: startchat.OthersPolicy{Prefix: "customer"}, attributes: `{"Name":"Pat","name":"Pat"}`, want: claims(nil)},
		{name: "a prefixed name that is taken", others: prefix, attributes: `{"taken":"no","Web-taken":"yes"}`, want: texts{"Web-taken": "yes", "customerName": "Customer"}},
		{name: "a prefixed bad key", others: prefix, attributes: `{"order id":"42"}`, refused: refusal{diagnosis.BadAttributeKey, 400, "Attributes.Web-order id"}},

		{name: "the customer is named by the token", caller: signedIn(), others: drop, attributes: `{"customerName":"Pat"}`, want: claims(nil)},
		{name: "the customer is named by the token, refused", caller: signedIn(), others: reject, attributes: `{"customerName":"Pat"}`, refused: refused("customerName")},
		{name: "the customer is named by the token, prefixed", caller: signedIn(), others: prefix, attributes: `{"customerName":"Pat"}`, want: claims(texts{"Web-customerName": "Pat"})},
		{name: "the customer's name in another spelling", caller: signedIn(), any: true, others: drop, attributes: `{"CUSTOMERNAME":"Pat"}`, want: claims(nil)},
		{name: "the attribute is named by the token", caller: &identity.Caller{DisplayName: "Dr. Kim", Attributes: map[string]string{"customerName": "Kim, Dr."}}, others: drop, attributes: `{"customerName":"Pat"}`, want: texts{"customerName": "Kim, Dr."}},
		{name: "only the attribute is named by the token", caller: &identity.Caller{Attributes: map[string]string{"customerName": "Kim"}}, others: drop, body: `{"ParticipantDetails":{"DisplayName":"Pat"},"Attributes":{"customerName":"Pat"}}`, want: texts{"customerName": "Kim"}},
		{name: "the page's name", caller: &identity.Caller{Subject: "user-7"}, others: drop, body: `{"ParticipantDetails":{"DisplayName":"Pat"}}`, want: texts{"customerName": "Pat"}},

		{name: "taken from tokens, but not from this one", caller: &identity.Caller{Reserved: []string{"tier"}}, any: true, others: drop, attributes: `{"tier":"gold","Tier":"gold"}`, want: texts{"customerName": "Customer"}},
		{name: "taken from tokens, but not from this one, refused", caller: &identity.Caller{Reserved: []string{"order"}}, others: reject, attributes: `{"order":"42"}`, refused: refused("order")},
		{name: "the name is taken from tokens, but not from this one", caller: &identity.Caller{Reserved: []string{"customerName"}}, others: drop, body: `{"customerName":"Pat","Attributes":{"customerName":"Pat","order":"42"}}`, want: texts{"order": "42"}},
		{name: "the name is taken from tokens, and the token names the customer", caller: &identity.Caller{DisplayName: "Kim", Reserved: []string{"customerName"}}, others: drop, attributes: `{"customerName":"Pat"}`, want: texts{"customerName": "Kim"}},

		{name: "room is counted at the end", others: drop, attributes: `{"order":"42","queue":"` + strings.Repeat("x", 40_000) + `"}`, want: texts{"order": "42", "customerName": "Customer"}},
		{name: "no room for what the token says", caller: signedIn(), others: drop, attributes: `{"order":"` + strings.Repeat("x", 32_760) + `"}`, refused: refusal{diagnosis.AttributesTooLarge, 400, "Attributes"}},
		{name: "no room for the token's name", caller: &identity.Caller{DisplayName: "Kim"}, others: drop, attributes: `{"order":"` + strings.Repeat("x", 32_760) + `"}`, refused: refusal{diagnosis.AttributesTooLarge, 400, "Attributes"}},
		{name: "a list", caller: signedIn(), others: drop, attributes: `[{"vip":"yes"}]`, refused: refusal{diagnosis.WrongType, 400, "Attributes"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h, starter, _ := newHandler(t, public(func(p *startchat.Policy) { p.Others, p.AnyAttribute = tt.others, tt.any }))
			body := tt.body
			if body == "" {
				body = `{"Attributes":` + tt.attributes + `}`
			}
			if tt.refused.check(t, postAs(h, tt.caller, tt.contentType, body), starter) {
				return
			}
			if diff := cmp.Diff(tt.want, starter.sent(t)["Attributes"]); diff != "" {
				t.Errorf("attributes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDisplayNameOfTheToken(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{}`, `{"ParticipantDetails":{"DisplayName":"Pat"}}`, `{"ParticipantDetails":{"DisplayName":"Pat","Role":"AGENT"}}`,
		`{"customerName":"Pat"}`, `{"ParticipantDetails":{"DisplayName":7}}`, `{"ParticipantDetails":null,"Username":"Pat"}`,
	} {
		h, starter, _ := newHandler(t, public(func(p *startchat.Policy) { p.Others.Reject = true }))
		if w := postAs(h, signedIn(), "", body); w.Code != 200 {
			t.Errorf("%s: got %d %s", body, w.Code, w.Body)
			continue
		}
		if diff := cmp.Diff(map[string]any{"DisplayName": "Dr. Kim"}, starter.sent(t)["ParticipantDetails"]); diff != "" {
			t.Errorf("%s: ParticipantDetails (-want +got):\n%s", body, diff)
		}
	}
	h, starter, _ := newHandler(t, public(nil))
	refusal{diagnosis.WrongType, 400, "ParticipantDetails"}.check(t, postAs(h, signedIn(), "", `{"ParticipantDetails":"Pat"}`), starter)
}

func TestSegmentAttributes(t *testing.T) {
	t.Parallel()
	team := map[string]any{"connect:Team": map[string]any{"ValueString": "blue"}}
	both := maps.Clone(team)
	both["own"] = map[string]any{"ValueInteger": 7.0}
	allowed := func(p *startchat.Policy) { p.Members = []string{"SegmentAttributes"} }
	strict := func(p *startchat.Policy) { allowed(p); p.Others.Reject = true }
	tests := []struct {
		name, page string
		change     func(*startchat.Policy)
		want       map[string]any
		refused    refusal
	}{
		{name: "the token's alone", page: `null`, want: team},
		{name: "the page may have none", page: `{"own":{"ValueInteger":7},"connect:Team":{"ValueString":"red"}}`, want: team},
		{name: "the page's beside the token's", page: `{"own":{"ValueInteger":7}}`, change: strict, want: both},
		{name: "spoofed, left out", page: `{"own":{"ValueInteger":7},"connect:Team":{"ValueString":"red"}}`, change: allowed, want: both},
		{name: "spoofed in another spelling", page: `{"own":{"ValueInteger":7},"Connect:team":{"ValueString":"red"}}`, change: allowed, want: both},
		{name: "spoofed, refused", page: `{"connect:Team":{"ValueString":"red"}}`, change: strict, refused: refusal{diagnosis.MemberNotAllowed, 400, "SegmentAttributes.connect:Team"}},
		{name: "of another type", page: `[]`, change: allowed, refused: refusal{diagnosis.WrongType, 400, "SegmentAttributes"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h, starter, _ := newHandler(t, public(tt.change))
			if tt.refused.check(t, postAs(h, signedIn(), "", `{"SegmentAttributes":`+tt.page+`}`), starter) {
				return
			}
			if diff := cmp.Diff(tt.want, starter.sent(t)["SegmentAttributes"]); diff != "" {
				t.Errorf("segment attributes (-want +got):\n%s", diff)
			}
		})
	}
}

// Each key that is left out stands in the log once, as far as it can be one, and there is an
// end to it.
func TestDroppedKeysInTheLog(t *testing.T) {
	t.Parallel()
	h, _, log := newHandler(t, public(nil))
	for range 2 {
		post(h, "", `{"Attributes":{"queue":"Pat","Pat Smith":"x","4111111111111111":"y","vip":null}}`)
	}
	for text, times := range map[string]int{
		`"attribute":"queue","treatment":"dropped"`: 1, `"attribute":"(a name that no member can have)"`: 1, "Pat": 0, "411111111111": 0, "vip": 0, // longer than the digits of a time
	} {
		if n := strings.Count(log.String(), text); n != times {
			t.Errorf("%s stands %d times in the log, want %d: %s", text, n, times, log)
		}
	}
	log.Reset()
	var many strings.Builder
	for i := range 2_000 {
		fmt.Fprintf(&many, `,"k%d":"1"`, i)
	}
	post(h, "", `{"Attributes":{`+many.String()[1:]+`}}`)
	if n := strings.Count(log.String(), `"attribute"`); n != 98 {
		t.Errorf("%d keys stand in the log, want 98 beside the two before", n)
	}
}

func TestClientToken(t *testing.T) {
	t.Parallel()
	const long = "0123456789abcdef"
	type call struct {
		caller    *identity.Caller
		addr      string
		flow, own string
	}
	from := func(t *testing.T, cfg startchat.Config, c call) string {
		t.Helper()
		h, starter, _ := newHandler(t, cfg)
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`{"ClientToken":"`+c.own+`","ContactFlowId":"`+c.flow+`"}`))
		r.RemoteAddr = c.addr
		if c.caller != nil {
			r = r.WithContext(identity.With(r.Context(), c.caller))
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != 200 || starter.request.ClientToken != starter.sent(t)["ClientToken"] {
			t.Fatalf("got %d %s", w.Code, w.Body)
		}
		if strings.Contains(string(starter.request.Body), long) {
			t.Errorf("the page's token was sent: %s", starter.request.Body)
		}
		return starter.request.ClientToken
	}
	cfg := public(nil)
	kim, lee := &identity.Caller{Subject: "kim"}, &identity.Caller{Subject: "lee"}
	base := call{nil, "192.0.2.1", flow, long}
	first := from(t, cfg, base)
	if len(first) != 43 || first != from(t, cfg, base) {
		t.Errorf("the same caller's repetition got another token: %s", first)
	}
	if from(t, cfg, call{kim, "192.0.2.1", flow, long}) != from(t, cfg, call{kim, "192.0.2.2", flow, long}) {
		t.Error("a signed-in caller's repetition from another address got another token")
	}
	seen := map[string]bool{first: true}
	for _, other := range []call{
		{nil, "192.0.2.2", flow, long},
		{nil, "192.0.2.1", otherFlow, long},
		{nil, "192.0.2.1", flow, long + "0"},
		{kim, "192.0.2.1", flow, long},
		{lee, "192.0.2.1", flow, long},
		{&identity.Caller{Subject: "192.0.2.1"}, "192.0.2.1", flow, long},
	} {
		got := from(t, cfg, other)
		if len(got) != 43 || seen[got] {
			t.Errorf("%+v got %s, which is no token of its own", other, got)
		}
		seen[got] = true
	}
	unknown := public(func(p *startchat.Policy) { p.ClientAddr = nil })
	for _, fresh := range []struct {
		cfg startchat.Config
		call
	}{
		{cfg, call{nil, "192.0.2.1", flow, long[1:]}}, {cfg, call{nil, "192.0.2.1", flow, ""}}, {unknown, base}, {cfg, call{nil, "", flow, long}},
	} {
		if a, b := from(t, fresh.cfg, fresh.call), from(t, fresh.cfg, fresh.call); len(a) != 36 || a == b {
			t.Errorf("%+v got %s and %s, want two fresh tokens", fresh.call, a, b)
		}
	}
	h, starter, _ := newHandler(t, cfg)
	refusal{diagnosis.WrongType, 400, "ClientToken"}.check(t, post(h, "", `{"ClientToken":7}`), starter)
}
