package lambdacall

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"strings"

	"github.com/parley-chat/parley/internal/flow"

	"github.com/parley-chat/parley/internal/flowrun"
)

// event is what a function gets. What a chat does not have is null, as in Amazon Connect.
//
// Source: https://docs.aws.amazon.com/connect/latest/adminguide/connect-lambda-functions.html
type event struct {
	Details struct {
		ContactData contactData
		Parameters  map[string]any
	}
	Name string
}

// contactData is what a function learns of the contact. Members that chats do not fill are null and not
// left out.
type contactData struct {
	Attributes       map[string]string
	AwsRegion        string
	Channel          string
	ContactID        string `json:"ContactId"`
	CustomerEndpoint *struct{}
	CustomerID       *string `json:"CustomerId"`
	Description      *string
	InitialContactID string `json:"InitialContactId"`
	InitiationMethod string
	InstanceARN      string
	LanguageCode     string
	MediaStreams     struct {
		Customer struct{ Audio *struct{} }
	}
	Name              *string
	PreviousContactID string `json:"PreviousContactId"`
	Queue             *queue
	References        map[string]reference
	RelatedContactID  *string `json:"RelatedContactId"`
	SegmentAttributes map[string]any
	SystemEndpoint    *struct{}
	Tags              map[string]string
}

// queue is the one that the contact waits in or was set to.
type queue struct {
	ARN, Name        string
	OutboundCallerID *struct{} `json:"OutboundCallerId"`
}

// reference is something that agents are shown beside the contact.
type reference struct{ Type, Value string }

// usualLanguage is that of a contact that no action has given another.
const usualLanguage = "en-US"

// eventOf is the event of a call.
func eventOf(call *flowrun.Call) []byte {
	contact, kept := &call.Contact, &call.Kept
	var e event
	e.Name = "ContactFlowEvent"
	e.Details.Parameters = parameters(call.Ask.Parameters["LambdaInvocationAttributes"])
	data := &e.Details.ContactData
	*data = contactData{
		Attributes: map[string]string{}, AwsRegion: contact.Region, Channel: "CHAT", ContactID: contact.ID,
		CustomerID: optional(cmp.Or(kept.Data["CustomerId"], contact.CustomerID)), Description: optional(kept.Data["Description"]),
		InitialContactID: cmp.Or(contact.InitialID, contact.ID), InitiationMethod: contact.InitiationMethod, InstanceARN: contact.InstanceARN,
		LanguageCode: cmp.Or(kept.Data["LanguageCode"], usualLanguage), Name: optional(kept.Data["Name"]),
		// As events in published logs have it, although the path $.PreviousContactId is empty then.
		PreviousContactID: cmp.Or(contact.PreviousID, contact.ID),
		References:        map[string]reference{}, RelatedContactID: optional(contact.RelatedID),
		SegmentAttributes: map[string]any{"connect:Subtype": map[string]any{"ValueString": "connect:Chat"}},
		Tags:              map[string]string{"aws:connect:instanceId": contact.InstanceARN[strings.LastIndexByte(contact.InstanceARN, '/')+1:]},
	}
	maps.Copy(data.Attributes, contact.Attributes)
	maps.Copy(data.Tags, kept.Tags)
	for name, ref := range kept.References {
		data.References[name] = reference(ref)
	}
	for _, attributes := range []map[string]any{contact.Segment, kept.Segment} {
		for name, value := range attributes {
			data.SegmentAttributes[name] = segmentAttribute(value)
		}
	}
	if q := kept.Queue; q.Chosen() {
		data.Queue = &queue{ARN: q.ARN, Name: q.Name}
	}
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(e); err != nil { // values come out of JSON
		panic(err)
	}
	return bytes.TrimSpace(text.Bytes())
}

// parameters are what the flow passes: texts, and the objects and lists of newer flows.
func parameters(given any) map[string]any {
	all := map[string]any{}
	attributes, _ := given.(map[string]any)
	for name, value := range attributes {
		switch value.(type) {
		case map[string]any, []any:
			all[name] = value
		default:
			all[name] = flow.Text(value)
		}
	}
	return all
}

// segmentAttribute is the value of a segment attribute in the form of the API.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_SegmentAttributeValue.html
func segmentAttribute(value any) any {
	object, ok := value.(map[string]any)
	if !ok {
		if number, is := value.(float64); is {
			return map[string]any{"ValueInteger": number}
		}
		return map[string]any{"ValueString": flow.Text(value)}
	}
	for member := range object {
		if strings.HasPrefix(member, "Value") {
			return value
		}
	}
	inner := make(map[string]any, len(object))
	for name, each := range object {
		inner[name] = segmentAttribute(each)
	}
	return map[string]any{"ValueMap": inner}
}

func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
