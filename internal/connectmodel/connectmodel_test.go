package connectmodel_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/connectmodel"
)

// quoted is a JSON string of n times the text.
func quoted(text string, n int) string {
	raw, err := json.Marshal(strings.Repeat(text, n))
	if err != nil { // strings always encode
		panic(err)
	}
	return string(raw)
}

// nested puts a value n times into a text that has a %s for what is in it.
func nested(around, value string, n int) string {
	for range n {
		value = fmt.Sprintf(around, value)
	}
	return value
}

// Every shape and every limit, from both sides. An empty field means that the value is
// allowed.
func TestCheck(t *testing.T) {
	t.Parallel()
	type violation struct {
		kind            connectmodel.Kind
		cause           connectmodel.Cause
		field, sentence string
	}
	const (
		wrong   = connectmodel.Type
		missing = connectmodel.Missing
		limit   = connectmodel.Limit
		rule    = connectmodel.Rule
		other   = connectmodel.OtherCause
	)
	ok := violation{}
	for name, test := range map[string]struct {
		member, value string
		want          violation
	}{
		"null is absent":          {"InstanceId", `null`, ok},
		"member not of the model": {"Colour", `[{}]`, ok},

		"text":                    {"InstanceId", `"i-1"`, ok},
		"text, longest":           {"InstanceId", quoted("i", 100), ok},
		"text, too long":          {"InstanceId", quoted("i", 101), violation{limit, other, "InstanceId", "InstanceId must have 1 to 100 characters, but has 101."}},
		"text, empty":             {"InstanceId", `""`, violation{limit, other, "InstanceId", "InstanceId must have 1 to 100 characters, but has 0."}},
		"text, number":            {"InstanceId", `7`, violation{wrong, other, "InstanceId", "InstanceId must be a string, not a number."}},
		"text, true":              {"InstanceId", `true`, violation{wrong, other, "InstanceId", "InstanceId must be a string, not true or false."}},
		"text, list":              {"InstanceId", `["i"]`, violation{wrong, other, "InstanceId", "InstanceId must be a string, not a list."}},
		"text, object":            {"InstanceId", `{"a":"i"}`, violation{wrong, other, "InstanceId", "InstanceId must be a string, not an object."}},
		"characters, not bytes":   {"InstanceId", quoted("é", 100), ok},
		"too many characters":     {"InstanceId", quoted("é", 101), violation{limit, other, "InstanceId", "InstanceId must have 1 to 100 characters, but has 101."}},
		"escapes are one":         {"InstanceId", `"` + strings.Repeat(`\u0041`, 100) + `"`, ok},
		"too many escapes":        {"InstanceId", `"` + strings.Repeat(`\u0041`, 101) + `"`, violation{limit, other, "InstanceId", "InstanceId must have 1 to 100 characters, but has 101."}},
		"surrogates are one":      {"InstanceId", `"` + strings.Repeat(`\ud83d\ude00`, 100) + `"`, ok},
		"text without a minimum":  {"ClientToken", `""`, ok},
		"at most":                 {"ClientToken", quoted("t", 501), violation{limit, other, "ClientToken", "ClientToken must have at most 500 characters, but has 501."}},
		"flow id":                 {"ContactFlowId", quoted("f", 500), ok},
		"flow id, too long":       {"ContactFlowId", quoted("f", 501), violation{limit, other, "ContactFlowId", "ContactFlowId must have 1 to 500 characters, but has 501."}},
		"related contact":         {"RelatedContactId", quoted("c", 256), ok},
		"related contact, longer": {"RelatedContactId", quoted("c", 257), violation{limit, other, "RelatedContactId", "RelatedContactId must have 1 to 256 characters, but has 257."}},
		"customer":                {"CustomerId", quoted("c", 128), ok},
		"customer, too long":      {"CustomerId", quoted("c", 129), violation{limit, other, "CustomerId", "CustomerId must have 1 to 128 characters, but has 129."}},

		"name":           {"ParticipantDetails", `{"DisplayName":` + quoted("n", 256) + `}`, ok},
		"name, too long": {"ParticipantDetails", `{"DisplayName":` + quoted("n", 257) + `}`, violation{limit, connectmodel.DisplayName, "ParticipantDetails.DisplayName", "ParticipantDetails.DisplayName must have 1 to 256 characters, but has 257."}},
		"name, empty":    {"ParticipantDetails", `{"DisplayName":""}`, violation{limit, connectmodel.DisplayName, "ParticipantDetails.DisplayName", "ParticipantDetails.DisplayName must have 1 to 256 characters, but has 0."}},
		"name, missing":  {"ParticipantDetails", `{}`, violation{missing, other, "ParticipantDetails.DisplayName", "ParticipantDetails.DisplayName is missing."}},
		"name, null":     {"ParticipantDetails", `{"DisplayName":null}`, violation{missing, other, "ParticipantDetails.DisplayName", "ParticipantDetails.DisplayName is missing."}},
		"no object":      {"ParticipantDetails", `"Pat"`, violation{wrong, other, "ParticipantDetails", "ParticipantDetails must be an object, not a string."}},

		"message":             {"InitialMessage", `{"ContentType":"text/plain","Content":` + quoted("m", 16_384) + `}`, ok},
		"message, bytes":      {"InitialMessage", `{"ContentType":"text/plain","Content":` + quoted("é", 8_193) + `}`, violation{limit, other, "InitialMessage.Content", "InitialMessage.Content must have 1 to 16,384 bytes, but has 16,386."}},
		"message, no type":    {"InitialMessage", `{"Content":"m"}`, violation{missing, other, "InitialMessage.ContentType", "InitialMessage.ContentType is missing."}},
		"message, no content": {"InitialMessage", `{"ContentType":"text/plain"}`, violation{missing, other, "InitialMessage.Content", "InitialMessage.Content is missing."}},

		"duration, shortest":  {"ChatDurationInMinutes", `60`, ok},
		"duration, longest":   {"ChatDurationInMinutes", `10080`, ok},
		"duration, too short": {"ChatDurationInMinutes", `59`, violation{limit, other, "ChatDurationInMinutes", "ChatDurationInMinutes must be from 60 to 10,080, but is 59."}},
		"duration, too long":  {"ChatDurationInMinutes", `10081`, violation{limit, other, "ChatDurationInMinutes", "ChatDurationInMinutes must be from 60 to 10,080, but is 10081."}},
		"duration, negative":  {"ChatDurationInMinutes", `-60`, violation{limit, other, "ChatDurationInMinutes", "ChatDurationInMinutes must be from 60 to 10,080, but is -60."}},
		"duration, fraction":  {"ChatDurationInMinutes", `60.0`, violation{wrong, other, "ChatDurationInMinutes", "ChatDurationInMinutes must be a whole number without fraction or exponent."}},
		"duration, exponent":  {"ChatDurationInMinutes", `6e1`, violation{wrong, other, "ChatDurationInMinutes", "ChatDurationInMinutes must be a whole number without fraction or exponent."}},
		"duration, enormous":  {"ChatDurationInMinutes", strings.Repeat("9", 400), violation{wrong, other, "ChatDurationInMinutes", "ChatDurationInMinutes must be a whole number without fraction or exponent."}},
		"duration, string":    {"ChatDurationInMinutes", `"60"`, violation{wrong, other, "ChatDurationInMinutes", "ChatDurationInMinutes must be a whole number, not a string."}},

		"types":             {"SupportedMessagingContentTypes", `["text/plain","x"]`, ok},
		"types, none":       {"SupportedMessagingContentTypes", `[]`, ok}, // a rule between members, see below
		"types, no list":    {"SupportedMessagingContentTypes", `"text/plain"`, violation{wrong, other, "SupportedMessagingContentTypes", "SupportedMessagingContentTypes must be a list, not a string."}},
		"types, wrong item": {"SupportedMessagingContentTypes", `["text/plain",1]`, violation{wrong, other, "SupportedMessagingContentTypes[1]", "SupportedMessagingContentTypes[1] must be a string, not a number."}},
		"types, null":       {"SupportedMessagingContentTypes", `["text/plain", null]`, violation{wrong, other, "SupportedMessagingContentTypes[1]", "SupportedMessagingContentTypes[1] must be a value, not null."}},
		"types, long item":  {"SupportedMessagingContentTypes", `["text/plain","a",` + quoted("t", 101) + `]`, violation{limit, other, "SupportedMessagingContentTypes[2]", "SupportedMessagingContentTypes[2] must have 1 to 100 characters, but has 101."}},

		"exit":                {"DisconnectOnCustomerExit", `["AGENT"]`, ok},
		"exit, one value":     {"DisconnectOnCustomerExit", `["CUSTOMER"]`, violation{limit, other, "DisconnectOnCustomerExit[0]", "DisconnectOnCustomerExit[0] must be AGENT."}},
		"exit, none":          {"DisconnectOnCustomerExit", `[]`, violation{limit, other, "DisconnectOnCustomerExit", "DisconnectOnCustomerExit must have exactly 1 item, but has 0."}},
		"exit, two":           {"DisconnectOnCustomerExit", `["AGENT","AGENT"]`, violation{limit, other, "DisconnectOnCustomerExit", "DisconnectOnCustomerExit must have exactly 1 item, but has 2."}},
		"mode":                {"ParticipantConfiguration", `{"ResponseMode":"COMPLETE"}`, ok},
		"mode, other":         {"ParticipantConfiguration", `{"ResponseMode":"complete"}`, violation{limit, other, "ParticipantConfiguration.ResponseMode", "ParticipantConfiguration.ResponseMode must be INCREMENTAL or COMPLETE."}},
		"mode, wrong type":    {"ParticipantConfiguration", `{"ResponseMode":1}`, violation{wrong, other, "ParticipantConfiguration.ResponseMode", "ParticipantConfiguration.ResponseMode must be a string, not a number."}},
		"persistent":          {"PersistentChat", `{"RehydrationType":"FROM_SEGMENT","SourceContactId":"c"}`, ok},
		"persistent, unknown": {"PersistentChat", `{"RehydrationType":"SOME"}`, violation{limit, other, "PersistentChat.RehydrationType", "PersistentChat.RehydrationType must be ENTIRE_PAST_SESSION or FROM_SEGMENT."}},
		"persistent, source":  {"PersistentChat", `{"SourceContactId":""}`, violation{limit, other, "PersistentChat.SourceContactId", "PersistentChat.SourceContactId must have 1 to 256 characters, but has 0."}},

		"attributes":               {"Attributes", `{"a-b_1":"","B":"é"}`, ok},
		"attributes, as many":      {"Attributes", `{"a":` + quoted("v", 32_767) + `}`, ok},
		"attributes, too much":     {"Attributes", `{"ab":` + quoted("v", 32_767) + `}`, violation{rule, connectmodel.AttributesSize, "Attributes", "Attributes has 32,769 bytes of keys and values together; at most 32,768 are allowed."}},
		"attributes, in bytes":     {"Attributes", `{"a":` + quoted("é", 16_384) + `}`, violation{rule, connectmodel.AttributesSize, "Attributes", "Attributes has 32,769 bytes of keys and values together; at most 32,768 are allowed."}},
		"attributes, long value":   {"Attributes", `{"a":` + quoted("v", 32_768) + `}`, violation{limit, other, "Attributes.a", "Attributes.a must have at most 32,767 characters, but has 32,768."}},
		"attributes, no object":    {"Attributes", `"a=b"`, violation{wrong, other, "Attributes", "Attributes must be an object, not a string."}},
		"attributes, number":       {"Attributes", `{"a":1}`, violation{wrong, other, "Attributes.a", "Attributes.a must be a string, not a number."}},
		"attributes, null":         {"Attributes", `{"a":null}`, violation{wrong, other, "Attributes.a", "Attributes.a must be a string, not null."}},
		"attributes, blank in key": {"Attributes", `{"a b":"c"}`, violation{limit, connectmodel.AttributeKey, "Attributes.a b", `The key "a b" of Attributes may hold only letters, digits, - and _.`}},
		"attributes, empty key":    {"Attributes", `{"":"c"}`, violation{limit, connectmodel.AttributeKey, "Attributes.", `The key "" of Attributes must have 1 to 32,767 characters, but has 0.`}},
		"attributes, colon in key": {"Attributes", `{"a:b":"c"}`, violation{limit, connectmodel.AttributeKey, "Attributes.a:b", `The key "a:b" of Attributes may hold only letters, digits, - and _.`}},
		"attributes, long key": {"Attributes", `{` + quoted("é", 65) + `:"c"}`, violation{
			limit, connectmodel.AttributeKey, "Attributes." + strings.Repeat("é", 64) + "…",
			`The key "` + strings.Repeat("é", 64) + `…" of Attributes may hold only letters, digits, - and _.`,
		}},

		"segments":            {"SegmentAttributes", `{"connect:Subtype":{"ValueString":"connect:Guide"}}`, ok},
		"segments, all kinds": {"SegmentAttributes", `{"a":{"ValueMap":{"b":{"ValueInteger":-7}}},"c":{"ValueList":[{"ValueArn":"arn:"},{}]}}`, ok},
		"segments, bad key":   {"SegmentAttributes", `{"a b":{}}`, violation{limit, other, "SegmentAttributes.a b", `The key "a b" of SegmentAttributes may hold only letters, digits, -, _ and :.`}},
		"segments, long key":  {"SegmentAttributes", `{` + quoted("k", 129) + `:{}}`, violation{limit, other, "SegmentAttributes." + strings.Repeat("k", 64) + "…", `The key "` + strings.Repeat("k", 64) + `…" of SegmentAttributes must have 1 to 128 characters, but has 129.`}},
		"segments, no object": {"SegmentAttributes", `{"a":"b"}`, violation{wrong, other, "SegmentAttributes.a", "SegmentAttributes.a must be an object, not a string."}},
		"segments, string":    {"SegmentAttributes", `{"a":{"ValueString":` + quoted("s", 1_025) + `}}`, violation{limit, other, "SegmentAttributes.a.ValueString", "SegmentAttributes.a.ValueString must have at most 1,024 characters, but has 1,025."}},
		"segments, integer":   {"SegmentAttributes", `{"a":{"ValueInteger":-9007199254740993}}`, violation{limit, other, "SegmentAttributes.a.ValueInteger", "SegmentAttributes.a.ValueInteger must be from -9,007,199,254,740,992 to 9,007,199,254,740,992, but is -9007199254740993."}},
		"segments, in a list": {"SegmentAttributes", `{"a":{"ValueList":[{},{"ValueMap":{"b":{"ValueInteger":"1"}}}]}}`, violation{wrong, other, "SegmentAttributes.a.ValueList[1].ValueMap.b.ValueInteger", "SegmentAttributes.a.ValueList[1].ValueMap.b.ValueInteger must be a whole number, not a string."}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if !json.Valid([]byte(test.value)) {
				t.Fatalf("the test's value is not JSON: %s", test.value)
			}
			found := connectmodel.StartChatContact().Check(test.member, jsontext.Value(test.value), nil)
			got := violation{}
			if found != nil {
				got = violation{found.Kind, found.Cause, found.Field, found.Sentence}
				if found.Error() != found.Sentence {
					t.Errorf("Error() = %q", found.Error())
				}
			}
			if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(violation{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Values of segment attributes may hold others, up to a depth, which is counted along one
// way and not over all of them. The attributes themselves are the first level.
func TestDepth(t *testing.T) {
	t.Parallel()
	for _, around := range []string{`{"ValueList":[%s]}`, `{"ValueMap":{"b":%s}}`} {
		levels := 15
		if strings.Contains(around, "Map") {
			levels = 7 // each has two: the value and the map in it
		}
		deepest := `{"a":` + nested(around, "{}", levels-1) + `}`
		if v := connectmodel.StartChatContact().Check("SegmentAttributes", jsontext.Value(deepest), nil); v != nil {
			t.Errorf("%d times %s: %v", levels-1, around, v)
		}
		deeper := `{"a":` + nested(around, "{}", levels+1) + `}`
		v := connectmodel.StartChatContact().Check("SegmentAttributes", jsontext.Value(deeper), nil)
		if v == nil || v.Kind != connectmodel.Limit || !strings.HasPrefix(v.Field, "SegmentAttributes") ||
			v.Sentence != v.Field+" is nested more than 16 levels deep." {
			t.Errorf("%d times %s: %+v", levels+1, around, v)
		}
	}
	wide := `{"a":{"ValueList":[` + strings.TrimSuffix(strings.Repeat(`{"ValueMap":{"b":{}}},`, 100), ",") + `]}}`
	if v := connectmodel.StartChatContact().Check("SegmentAttributes", jsontext.Value(wide), nil); v != nil {
		t.Error(v)
	}
}

// Of a path that a caller makes long, its begin and end are kept.
func TestLongPaths(t *testing.T) {
	t.Parallel()
	key := strings.Repeat("k", 100)
	value := `{"` + key + `":` + nested(`{"ValueMap":{"`+key+`":%s}}`, `{"ValueInteger":"no"}`, 6) + `}`
	v := connectmodel.StartChatContact().Check("SegmentAttributes", jsontext.Value(value), nil)
	if v == nil || len(v.Field) > 200 || len(v.Sentence) > 300 || !strings.HasPrefix(v.Field, "SegmentAttributes…") ||
		!strings.HasSuffix(v.Field, ".ValueMap."+key[:64]+"….ValueInteger") {
		t.Errorf("violation %+v", v)
	}
}

func TestUnknownMembers(t *testing.T) {
	t.Parallel()
	model := connectmodel.StartChatContact()
	for _, test := range []struct {
		member, value string
		want          []string
	}{
		{"ParticipantDetails", `{"DisplayName":"Pat","Age":7,"Colour":null}`, []string{"ParticipantDetails.Age"}},
		{"InitialMessage", `{"ContentType":"t","Content":"c","x":{"y":1}}`, []string{"InitialMessage.x"}},
		{"SegmentAttributes", `{"a":{"b":1,"ValueList":[{},{"c":{}}],"d":2}}`, []string{"SegmentAttributes.a.b", "SegmentAttributes.a.ValueList[1].c", "SegmentAttributes.a.d"}},
		{"PersistentChat", `{` + quoted("x", 1_000) + `:1}`, []string{"PersistentChat." + strings.Repeat("x", 64) + "…"}},
		{"Attributes", `{"Any":"thing"}`, nil},
		{"Colour", `{"a":1}`, nil},
	} {
		var got []string
		if v := model.Check(test.member, jsontext.Value(test.value), func(path string) { got = append(got, path) }); v != nil {
			t.Errorf("%s: %v", test.member, v)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: unknown members (-want +got):\n%s", test.member, diff)
		}
		if v := model.Check(test.member, jsontext.Value(test.value), nil); v != nil { // nobody is told
			t.Errorf("%s: %v", test.member, v)
		}
	}
	if !model.Knows("InstanceId") || model.Knows("instanceId") || model.Knows("") {
		t.Error("Knows does not go by the exact name")
	}
}

func TestRules(t *testing.T) {
	t.Parallel()
	conflict := &connectmodel.Violation{
		Kind: connectmodel.Rule, Cause: connectmodel.Conflict, Field: "RelatedContactId",
		Sentence: "PersistentChat and RelatedContactId cannot be used together.",
	}
	plain := &connectmodel.Violation{
		Kind: connectmodel.Rule, Cause: connectmodel.TextPlain, Field: "SupportedMessagingContentTypes",
		Sentence: "SupportedMessagingContentTypes must contain text/plain.",
	}
	const types, persistent, related = "SupportedMessagingContentTypes", "PersistentChat", "RelatedContactId"
	for name, test := range map[string]struct {
		request map[string]string
		want    *connectmodel.Violation
	}{
		"nothing":           {nil, nil},
		"plain text":        {map[string]string{types: `["text/markdown", "text/plain"]`}, nil},
		"escaped":           {map[string]string{types: `["text\/plain"]`}, nil},
		"no plain text":     {map[string]string{types: `["text/markdown"]`}, plain},
		"nearly plain text": {map[string]string{types: `["text/plain;charset=utf-8","TEXT/PLAIN",["text/plain"]]`}, plain},
		"no types":          {map[string]string{types: `[]`}, plain},
		"null types":        {map[string]string{types: `null`}, nil},
		"persistent":        {map[string]string{persistent: `{}`}, nil},
		"related":           {map[string]string{related: `"c"`}, nil},
		"both":              {map[string]string{persistent: `{}`, related: `"c"`}, conflict},
		"both, one null":    {map[string]string{persistent: `null`, related: `"c"`}, nil},
		"both wrong":        {map[string]string{types: `[]`, persistent: `{}`, related: `"c"`}, plain},
	} {
		got := connectmodel.StartChatContact().CheckRules(func(member string) jsontext.Value {
			if value, ok := test.request[member]; ok {
				return jsontext.Value(value)
			}
			return nil
		})
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// models are the requests of all actions.
func models() map[string]*connectmodel.Model {
	return map[string]*connectmodel.Model{
		"StartChatContact": connectmodel.StartChatContact(), "StopContact": connectmodel.StopContact(),
		"DescribeContact": connectmodel.DescribeContact(), "GetContactAttributes": connectmodel.GetContactAttributes(),
		"UpdateContactAttributes": connectmodel.UpdateContactAttributes(), "CreateParticipant": connectmodel.CreateParticipant(),
		"StartContactStreaming": connectmodel.StartContactStreaming(), "StopContactStreaming": connectmodel.StopContactStreaming(),
		"CreatePersistentContactAssociation": connectmodel.CreatePersistentContactAssociation(),
		"StartContactMediaProcessing":        connectmodel.StartContactMediaProcessing(),
		"StopContactMediaProcessing":         connectmodel.StopContactMediaProcessing(),
		"UpdateParticipantRoleConfig":        connectmodel.UpdateParticipantRoleConfig(),
		"SendChatIntegrationEvent":           connectmodel.SendChatIntegrationEvent(),
		"StartAssistantContact":              connectmodel.StartAssistantContact(),
		"ListContactFlows":                   connectmodel.ListContactFlows(),
		"DescribeContactFlow":                connectmodel.DescribeContactFlow(),
		"ListInstances":                      connectmodel.ListInstances(), "DescribeInstance": connectmodel.DescribeInstance(),
		"ListApprovedOrigins": connectmodel.ListApprovedOrigins(),
	}
}

// What each request must have, and that the model knows it. A caller cannot change it.
func TestRequired(t *testing.T) {
	t.Parallel()
	want := map[string][]string{
		"StartChatContact":                   {"InstanceId", "ContactFlowId", "ParticipantDetails"},
		"StopContact":                        {"ContactId", "InstanceId"},
		"DescribeContact":                    {"ContactId", "InstanceId"},
		"GetContactAttributes":               {"InitialContactId", "InstanceId"},
		"UpdateContactAttributes":            {"Attributes", "InitialContactId", "InstanceId"},
		"CreateParticipant":                  {"ContactId", "InstanceId", "ParticipantDetails"},
		"StartContactStreaming":              {"ChatStreamingConfiguration", "ClientToken", "ContactId", "InstanceId"},
		"StopContactStreaming":               {"ContactId", "InstanceId", "StreamingId"},
		"StartContactMediaProcessing":        {"ContactId", "FailureMode", "InstanceId", "ProcessorArn"},
		"StopContactMediaProcessing":         {"ContactId", "InstanceId"},
		"CreatePersistentContactAssociation": {"InitialContactId", "InstanceId", "RehydrationType", "SourceContactId"},
		"UpdateParticipantRoleConfig":        {"ChannelConfiguration", "ContactId", "InstanceId"},
		"SendChatIntegrationEvent":           {"DestinationId", "Event", "SourceId"},
		"StartAssistantContact":              {"AiAgent", "InstanceId", "ParticipantDetails"},
		"ListContactFlows":                   {"InstanceId"},
		"DescribeContactFlow":                {"ContactFlowId", "InstanceId"},
		"ListInstances":                      nil,
		"DescribeInstance":                   {"InstanceId"},
		"ListApprovedOrigins":                {"InstanceId"},
	}
	got := map[string][]string{}
	for name, model := range models() {
		got[name] = model.Required()
		for i, member := range model.Required() {
			if !model.Knows(member) {
				t.Errorf("%s requires %s, which it does not know", name, member)
			}
			model.Required()[i] = "changed"
		}
		if slices.Contains(model.Required(), "changed") {
			t.Errorf("%s: a caller changed what is required", name)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("required members (-want +got):\n%s", diff)
	}
}

// Limits of the other actions, one for each shape they add.
func TestOtherActions(t *testing.T) {
	t.Parallel()
	timer := func(minutes string) string {
		return `{"ParticipantRole":"AGENT","TimerType":"IDLE","TimerValue":{"ParticipantTimerDurationInMinutes":` + minutes + `}}`
	}
	timers := func(list ...string) string {
		return `{"Chat":{"ParticipantTimerConfigList":[` + strings.Join(list, ",") + `]}}`
	}
	for name, test := range map[string]struct{ action, member, value, field, sentence string }{
		"timers":           {"UpdateParticipantRoleConfig", "ChannelConfiguration", timers(timer("2"), timer("480")), "", ""},
		"timer too short":  {"UpdateParticipantRoleConfig", "ChannelConfiguration", timers(timer("2"), timer("1")), "ChannelConfiguration.Chat.ParticipantTimerConfigList[1].TimerValue.ParticipantTimerDurationInMinutes", "must be from 2 to 480, but is 1."},
		"no timers":        {"UpdateParticipantRoleConfig", "ChannelConfiguration", timers(), "ChannelConfiguration.Chat.ParticipantTimerConfigList", "must have 1 to 6 items, but has 0."},
		"too many timers":  {"UpdateParticipantRoleConfig", "ChannelConfiguration", timers(slices.Repeat([]string{timer("2")}, 7)...), "ChannelConfiguration.Chat.ParticipantTimerConfigList", "must have 1 to 6 items, but has 7."},
		"no chat":          {"UpdateParticipantRoleConfig", "ChannelConfiguration", `{}`, "ChannelConfiguration.Chat", "is missing."},
		"role":             {"CreateParticipant", "ParticipantDetails", `{"ParticipantRole":"BOT"}`, "ParticipantDetails.ParticipantRole", "must be one of AGENT, CUSTOMER, SYSTEM, CUSTOM_BOT, SUPERVISOR."},
		"event":            {"SendChatIntegrationEvent", "Event", `{"Type":"MESSAGE","Content":` + quoted("é", 8_193) + `}`, "Event.Content", "must have 1 to 16,384 bytes, but has 16,386."},
		"flow types":       {"ListContactFlows", "contactFlowTypes", `[` + strings.TrimSuffix(strings.Repeat(`"CAMPAIGN",`, 11), ",") + `]`, "contactFlowTypes", "must have at most 10 items, but has 11."},
		"page size":        {"ListInstances", "maxResults", `11`, "maxResults", "must be from 1 to 10, but is 11."},
		"stream":           {"StartContactStreaming", "ChatStreamingConfiguration", `{"StreamingEndpointArn":""}`, "ChatStreamingConfiguration.StreamingEndpointArn", "must have 1 to 350 characters, but has 0."},
		"attributes":       {"UpdateContactAttributes", "Attributes", `{"a b":""}`, "Attributes.a b", `may hold only letters, digits, - and _.`},
		"assistant's name": {"StartAssistantContact", "ParticipantDetails", `{"DisplayName":""}`, "ParticipantDetails.DisplayName", "must have 1 to 256 characters, but has 0."},
	} {
		v := models()[test.action].Check(test.member, jsontext.Value(test.value), nil)
		switch {
		case v == nil && test.field != "":
			t.Errorf("%s: no violation, want %s %s", name, test.field, test.sentence)
		case v != nil && (v.Field != test.field || !strings.HasSuffix(v.Sentence, " "+test.sentence)):
			t.Errorf("%s: %s: %s, want %s %s", name, v.Field, v.Sentence, test.field, test.sentence)
		}
	}
}

func TestContains(t *testing.T) {
	t.Parallel()
	for array, want := range map[string]bool{
		`["a","b"]`: true, `["\u0062"]`: true, `["a"]`: false, `[]`: false, `["B"]`: false, `[["b"],{"b":"b"},1,null]`: false, `"b"`: false, `{"b":"b"}`: false,
	} {
		if got := connectmodel.Contains(jsontext.Value(array), "b"); got != want {
			t.Errorf("Contains(%s) = %v, want %v", array, got, want)
		}
	}
}

// Whatever a member holds: no panic, and what is wrong has a member and a sentence that can
// be shown, neither of them as long as a caller likes.
func FuzzCheck(f *testing.F) {
	for _, seed := range []struct{ member, value string }{
		{"InstanceId", `"i"`},
		{"ParticipantDetails", `{"DisplayName":""}`},
		{"Attributes", `{"a b":"c"}`},
		{"SegmentAttributes", `{"a":{"ValueMap":{"b":{"ValueList":[{"ValueInteger":1e9}]}}}}`},
		{"SegmentAttributes", `{"` + strings.Repeat("é", 64) + `":` + nested(`{"ValueMap":{"`+strings.Repeat("k", 99)+`":%s}}`, "1", 6) + `}`},
		{"ChatDurationInMinutes", `-0`},
		{"SupportedMessagingContentTypes", `["text/plain",null]`},
		{"ChannelConfiguration", `{"Chat":{"ParticipantTimerConfigList":[{}]}}`},
		{"Event", `{"Type":"","\ud800":1}`},
		{"InitialMessage", `{"ContentType":"`},
		{"DisconnectOnCustomerExit", `[`},
		{"", ``},
	} {
		f.Add(seed.member, seed.value)
	}
	all := models()
	f.Fuzz(func(t *testing.T, member, value string) {
		raw := jsontext.Value(strings.TrimSpace(value))
		for action, model := range all {
			v := model.Check(member, raw, func(path string) {
				if path == "" || len(path) > 200 {
					t.Errorf("%s: an unknown member has a path of %d bytes: %q", action, len(path), path)
				}
			})
			rule := model.CheckRules(func(string) jsontext.Value { return raw })
			for _, v := range []*connectmodel.Violation{v, rule} {
				if v != nil && (v.Kind == 0 || v.Field == "" || len(v.Field) > 200 || v.Sentence == "" || len(v.Sentence) > 1_500) {
					t.Errorf("%s: violation %+v", action, v)
				}
			}
		}
	})
}
