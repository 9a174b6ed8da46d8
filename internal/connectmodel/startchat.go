// Package connectmodel holds the documented shapes of the requests of Amazon Connect's API:
// their members, types and limits, and for StartChatContact the rules between them.
//
// It is used on both sides: the front door checks what a page sent before a call is
// made, the embedded Amazon Connect checks what a client sent as AWS would. The
// package reads raw JSON, changes nothing and knows no transport. A [Model] is
// immutable and safe for concurrent use.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_StartChatContact.html
package connectmodel

import (
	"fmt"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/parley-chat/parley/internal/rawjson"
)

// Kind tells violations apart the way AWS names its exceptions.
type Kind int

// Kinds of violations.
const (
	// Type is a member of the wrong JSON type: AWS's SerializationException.
	Type Kind = iota + 1
	// Missing is an absent required member: InvalidRequestException.
	Missing
	// Limit is a value out of its documented bounds: InvalidParameterException.
	Limit
	// Rule is a conflict between members: InvalidRequestException.
	Rule
)

// Cause singles out violations that have an explanation of their own.
type Cause int

// Causes of violations.
const (
	OtherCause Cause = iota
	DisplayName
	AttributesSize
	AttributeKey
	TextPlain
	Conflict
)

// Violation is a request that Amazon Connect would refuse.
//
//nolint:errname // it is a finding first; the error interface lets configuration checks join it
type Violation struct {
	Kind  Kind
	Cause Cause
	// Field is the member at fault, as a path: "ParticipantDetails.DisplayName". It has at
	// most 200 bytes.
	Field string
	// Sentence says what is wrong, with the limit. It never repeats a value the
	// caller sent, except a number that is out of range.
	Sentence string
}

// Error implements error.
func (v *Violation) Error() string { return v.Sentence }

// Names of StartChatContact's members that other packages read or fill in.
const (
	InstanceID         = "InstanceId"
	ContactFlowID      = "ContactFlowId"
	ParticipantDetails = "ParticipantDetails"
	Attributes         = "Attributes"
	ClientToken        = "ClientToken"
	ChatDuration       = "ChatDurationInMinutes"
	ContentTypes       = "SupportedMessagingContentTypes"
	PersistentChat     = "PersistentChat"
	RelatedContactID   = "RelatedContactId"
)

// MaxAttributeBytes is the documented limit of all attributes of a contact together.
const MaxAttributeBytes = 32_768

// Model is the shape of one action's request.
type Model struct{ root object }

// StartChatContact returns the model of the request as documented in November 2026.
func StartChatContact() *Model {
	root := object{
		members: map[string]shape{
			InstanceID:          instanceID(),
			ContactFlowID:       flowID(),
			ParticipantDetails:  participantDetails(),
			Attributes:          attributes(),
			"InitialMessage":    initialMessage(),
			ClientToken:         text{max: 500},
			ChatDuration:        integer{min: 60, max: 10_080},
			ContentTypes:        list{item: text{min: 1, max: 100}},
			PersistentChat:      persistentChat(),
			RelatedContactID:    text{min: 1, max: 256},
			"SegmentAttributes": dictionary{key: segmentKey, value: recursive{segmentValue}},
			"CustomerId":        text{min: 1, max: 128},
			"ParticipantConfiguration": object{members: map[string]shape{
				"ResponseMode": text{enum: []string{"INCREMENTAL", "COMPLETE"}},
			}},
			"DisconnectOnCustomerExit": list{min: 1, max: 1, item: text{enum: []string{"AGENT"}}},
		},
		required: []string{InstanceID, ContactFlowID, ParticipantDetails},
	}
	return &Model{root: root}
}

func attributes() shape {
	return dictionary{key: attributeKey, cause: AttributeKey, value: text{max: 32_767}, maxBytes: MaxAttributeBytes}
}

func initialMessage() shape {
	return object{
		members: map[string]shape{
			"ContentType": text{min: 1, max: 100},
			"Content":     text{min: 1, max: 16_384, inBytes: true},
		},
		required: []string{"ContentType", "Content"},
	}
}

func persistentChat() shape {
	return object{members: map[string]shape{
		"RehydrationType": rehydrationType(),
		"SourceContactId": text{min: 1, max: 256},
	}}
}

func rehydrationType() shape {
	return text{enum: []string{"ENTIRE_PAST_SESSION", "FROM_SEGMENT"}}
}

func participantDetails() shape {
	return object{
		members:  map[string]shape{"DisplayName": text{min: 1, max: 256, cause: DisplayName}},
		required: []string{"DisplayName"},
	}
}

// segmentValue is a SegmentAttributeValue, which can hold others.
func segmentValue() shape {
	return object{members: map[string]shape{
		"ValueString":  text{max: 1_024},
		"ValueMap":     dictionary{key: segmentKey, value: recursive{segmentValue}},
		"ValueInteger": integer{min: -1 << 53, max: 1 << 53},
		"ValueList":    list{item: recursive{segmentValue}},
		"ValueArn":     text{max: 1_024},
	}}
}

// Knows reports whether the request has a member of this name.
func (m *Model) Knows(name string) bool {
	_, known := m.root.members[name]
	return known
}

// Required returns the names of the members every request must have.
func (m *Model) Required() []string { return slices.Clone(m.root.required) }

// Check holds one member against its documented shape. The value is valid JSON; null
// counts as absent. unknown, if not nil, is told the paths of nested members that AWS
// does not document. A member the model does not know is not checked.
func (m *Model) Check(name string, value jsontext.Value, unknown func(path string)) *Violation {
	member, known := m.root.members[name]
	if !known || value.Kind() == 'n' {
		return nil
	}
	if unknown == nil {
		unknown = func(string) {}
	}
	return member.check(&visit{unknown: unknown}, name, value)
}

// CheckRules holds the rules between the members of a request that starts a chat. member
// returns a member's value, or nil when the request has none; null counts as absent, and so
// does a member that the model does not know.
func (m *Model) CheckRules(member func(name string) jsontext.Value) *Violation {
	given := func(name string) bool {
		value := member(name)
		return m.Knows(name) && value != nil && value.Kind() != 'n'
	}
	if types := member(ContentTypes); given(ContentTypes) && !Contains(types, "text/plain") {
		return &Violation{
			Kind: Rule, Cause: TextPlain, Field: ContentTypes,
			Sentence: ContentTypes + " must contain text/plain.",
		}
	}
	if given(PersistentChat) && given(RelatedContactID) {
		return &Violation{
			Kind: Rule, Cause: Conflict, Field: RelatedContactID,
			Sentence: fmt.Sprintf("%s and %s cannot be used together.", PersistentChat, RelatedContactID),
		}
	}
	return nil
}

// Contains reports whether a JSON array of strings has the given item.
func Contains(array jsontext.Value, item string) bool {
	for raw := range rawjson.Items(array) {
		if raw.Kind() == '"' && rawjson.Text(raw) == item {
			return true
		}
	}
	return false
}

// attributeKey says what is wrong with the key of a contact attribute.
func attributeKey(name string) string {
	if name == "" || len(name) > 32_767 {
		return "must have 1 to 32,767 characters, but has " + group(len(name))
	}
	if !IsAttributeKey(name) {
		return "may hold only letters, digits, - and _"
	}
	return ""
}

// IsAttributeKey reports whether a contact attribute can have a key: letters of ASCII, digits,
// - and _. Contact flows refer to attributes as $.Attributes.key.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_StartChatContact.html
func IsAttributeKey(key string) bool {
	for _, c := range []byte(key) {
		if !isKeyByte(c) {
			return false
		}
	}
	return key != ""
}

// segmentKey is like attributeKey; system-defined keys also hold a colon
// ("connect:Subtype").
func segmentKey(name string) string {
	if name == "" || len(name) > 128 {
		return "must have 1 to 128 characters, but has " + group(len(name))
	}
	for _, c := range []byte(name) {
		if c != ':' && !isKeyByte(c) {
			return "may hold only letters, digits, -, _ and :"
		}
	}
	return ""
}

func isKeyByte(c byte) bool {
	return c == '-' || c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
