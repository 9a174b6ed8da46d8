package fault_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/fault"
)

func TestParseRule(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]fault.Rule{
		`{"effect":{"type":"throttle"}}`: {Name: "throttle", Action: "*", Percent: 100, Effect: fault.Effect{Type: fault.Throttle}},
		`{"id":"x","hits":9,"name":"Mine","action":"SendMessage","contactId":"c","percent":30,"times":2,"forMs":5,` +
			`"effect":{"type":"status","status":503,"error":"E","message":"m"}}`: {
			Name: "Mine", Action: "SendMessage", ContactID: "c", Percent: 30, Times: 2, ForMs: 5,
			Effect: fault.Effect{Type: fault.Status, Status: 503, Error: "E", Message: "m"},
		},
		`{"percent":5,"effect":{"type":"cutSocket","status":1001}}`: {
			Name: "WebSocket: cutSocket 1001, 5 %", Action: "WebSocket", Percent: 5, Effect: fault.Effect{Type: fault.CutSocket, Status: 1001},
		},
		`{"action":"StartChatContact","effect":{"type":"delay","delayMs":20}}`: {
			Name: "StartChatContact: delay 20 ms", Action: "StartChatContact", Percent: 100, Effect: fault.Effect{Type: fault.Delay, DelayMs: 20},
		},
		`{"effect":{"type":"rejectAttachment"}}`: {
			Name: "CompleteAttachmentUpload: rejectAttachment", Action: "CompleteAttachmentUpload", Percent: 100,
			Effect: fault.Effect{Type: fault.RejectAttachment},
		},
		` {"effect":{"type":"drop","before":true}} `: {Name: "drop", Action: "*", Percent: 100, Effect: fault.Effect{Type: fault.Drop, Before: true}},
	} {
		got, err := fault.ParseRule([]byte(text))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

func TestParseRuleRefuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		``:                                     "the rule is not valid JSON at byte 0",
		`[]`:                                   "the rule is not a JSON object",
		`null`:                                 "the rule is not a JSON object",
		`7`:                                    "the rule is not a JSON object",
		`{"effect":`:                           "effect is not valid JSON at byte 10",
		`{}`:                                   "effect.type is missing: one of status,",
		`{"effect":"x"}`:                       `effect has to be an object such as {"type":"throttle"}`,
		`{"effect":{"type":"explode"}}`:        "effect.type has to be one of status,",
		`{"effect":{"type":3}}`:                "effect.type has to be a text",
		`{"colour":1}`:                         "colour is no member of a rule",
		`{"effect":{"type":"drop","delay":1}}`: "effect.delay is no member of a rule",
		`{"percent":"30","effect":{"type":"drop"}}`:                                 "percent has to be a whole number",
		`{"percent":1.5,"effect":{"type":"drop"}}`:                                  "percent has to be a whole number",
		`{"times":99999999999999999999,"effect":{"type":"drop"}}`:                   "times has to be a whole number",
		`{"percent":101,"effect":{"type":"drop"}}`:                                  "percent has to be from 1 to 100, and is 101",
		`{"percent":-1,"effect":{"type":"drop"}}`:                                   "percent has to be from 1 to 100, and is -1",
		`{"times":-1,"effect":{"type":"drop"}}`:                                     "times has to be from 0 to 1000000, and is -1",
		`{"forMs":86400001,"effect":{"type":"drop"}}`:                               "forMs has to be from 0 to 86400000, and is 86400001",
		`{"name":"` + strings.Repeat("ü", 101) + `","effect":{"type":"drop"}}`:      "name has to be at most 100 characters, and has 101",
		`{"contactId":"` + strings.Repeat("c", 257) + `","effect":{"type":"drop"}}`: "contactId has to be at most 256 characters, and has 257",
		`{"action":"SendMesage","effect":{"type":"drop"}}`:                          "action names no action",
		`{"action":"SendMessage","effect":{"type":"halfOpen"}}`:                     "action has to be one of WebSocket, * for halfOpen",
		`{"action":"SendMessage","effect":{"type":"rejectAttachment"}}`:             "action has to be one of CompleteAttachmentUpload, * for rejectAttachment",
		`{"action":"WebSocket","effect":{"type":"expireTokens"}}`:                   "action cannot be WebSocket for expireTokens",
		`{"effect":{"type":"status","status":200}}`:                                 "effect.status has to be from 400 to 599, and is 200",
		`{"effect":{"type":"refuseSocket","status":101}}`:                           "effect.status has to be from 400 to 599",
		`{"effect":{"type":"cutSocket","status":1006}}`:                             "effect.status has to be the code of a close frame",
		`{"effect":{"type":"throttle","status":429}}`:                               "effect.status has no meaning for throttle",
		`{"effect":{"type":"status","error":"<b>"}}`:                                "effect.error has to be a name",
		`{"effect":{"type":"drop","error":"E"}}`:                                    "effect.error has no meaning for drop",
		`{"effect":{"type":"drop","message":"m"}}`:                                  "effect.message has no meaning for drop",
		`{"effect":{"type":"delay"}}`:                                               "effect.delayMs has to be from 1 to 300000",
		`{"effect":{"type":"delay","delayMs":300001}}`:                              "effect.delayMs has to be from 1 to 300000, and is 300001",
		`{"effect":{"type":"drop","delayMs":1}}`:                                    "effect.delayMs has no meaning for drop",
		`{"effect":{"type":"delay","delayMs":1,"before":true}}`:                     "effect.before has no meaning for delay",
		`{"effect":{"type":"drop","before":"yes"}}`:                                 "effect.before has to be true or false",
	} {
		_, err := fault.ParseRule([]byte(text))
		invalid, ok := errors.AsType[*fault.InvalidError](err)
		if !ok || !strings.HasPrefix(invalid.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

func TestActions(t *testing.T) {
	t.Parallel()
	actions := fault.Actions()
	for _, want := range []string{
		"StartChatContact", "StopContact", "CreateParticipantConnection", "SendMessage", "GetTranscript", "UploadAttachment", "WebSocket",
	} {
		if !slices.Contains(actions, want) {
			t.Errorf("%s is missing in %v", want, actions)
		}
	}
	if !slices.IsSorted(actions) || len(slices.Compact(slices.Clone(actions))) != len(actions) {
		t.Errorf("not sorted, or not unique: %v", actions)
	}
}

// What a rule is shown as can be handed in again.
func FuzzParseRule(f *testing.F) {
	for _, seed := range []string{
		`{"effect":{"type":"throttle"}}`, `{"action":"SendMessage","percent":30,"effect":{"type":"status","status":500}}`,
		`{"effect":{"type":"cutSocket","status":4000},"times":1,"forMs":10}`, `{"effect":{"type":"delay","delayMs":1}}`,
		`{"effect":{"type":"drop","before":true},"contactId":"c","name":"n"}`, `{"effect":[]}`, `{"a":{"b":1}}`, `nul`, ``,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		rule, err := fault.ParseRule(text)
		if err != nil {
			invalid, ok := errors.AsType[*fault.InvalidError](err)
			if !ok || invalid.Text == "" || len(invalid.Field) > 200 {
				t.Fatalf("%q: %T %v", text, err, err)
			}
			return
		}
		shown, err := json.Marshal(rule)
		if err != nil {
			t.Fatal(err)
		}
		again, err := fault.ParseRule(shown)
		if err != nil || again != rule {
			t.Fatalf("%q became %s, which is %+v (%v)", text, shown, again, err)
		}
	})
}
