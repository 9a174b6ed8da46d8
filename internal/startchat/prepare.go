package startchat

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"

	"github.com/parley-chat/parley/internal/arn"
	"github.com/parley-chat/parley/internal/connectmodel"
	"github.com/parley-chat/parley/internal/diagnosis"
	"github.com/parley-chat/parley/internal/rawjson"
)

// Members that older clients send beside or instead of AWS's own.
const (
	aliasInstanceID   = "ConnectInstanceId" // iOS and the hosted widget's snippet
	aliasCustomerName = "customerName"      // React Native
	aliasUsername     = "Username"          // chat-interface; has no counterpart at AWS
)

// UnknownMembers says what happens to members that StartChatContact does not document.
type UnknownMembers string

// What may happen to unknown members.
const (
	// IgnoreUnknown leaves them out and names each once in the log. The zero value
	// means the same.
	IgnoreUnknown UnknownMembers = "ignore"
	// ForwardUnknown passes them on, for members newer than this program.
	ForwardUnknown UnknownMembers = "forward"
	// RejectUnknown answers 400.
	RejectUnknown UnknownMembers = "reject"
)

// Defaults stand in for what a page does not send.
type Defaults struct {
	// InstanceID and ContactFlowID may be ids or ARNs; empty means that every page
	// has to send its own.
	InstanceID, ContactFlowID string
	// DisplayName is the customer's name; empty means "Customer".
	DisplayName string
	// ContentTypes are the SupportedMessagingContentTypes; empty means text/plain.
	ContentTypes []string
}

// prepare fills in, converts and checks a page's members. It returns the call to make
// and whether the page can show Markdown. rule is nil without a policy.
func (h *Handler) prepare(doc members, rule *ruling) (*Request, bool, *diagnosis.Problem) {
	if rule != nil {
		if p := rule.admit(&doc); p != nil {
			return nil, false, p
		}
	}
	if p := h.adoptAliases(&doc, rule); p != nil {
		return nil, false, p
	}
	if p := h.sortOutUnknown(&doc); p != nil {
		return nil, false, p
	}
	if p := convert(&doc); p != nil {
		return nil, false, p
	}
	if p := h.identify(&doc); p != nil {
		return nil, false, p
	}
	if rule != nil {
		if p := rule.settle(&doc, h.unknownMember); p != nil {
			return nil, false, p
		}
	}
	if doc.get(connectmodel.ContentTypes) == nil {
		doc.set(connectmodel.ContentTypes, h.contentTypes)
	}
	token := doc.text(connectmodel.ClientToken)
	if doc.get(connectmodel.ClientToken) == nil {
		// With a token of our own, a retry after a lost answer cannot start a second chat.
		token = uuid.NewString()
		doc.set(connectmodel.ClientToken, quote(token))
	}
	if p := h.check(doc); p != nil {
		return nil, false, p
	}
	return &Request{
		Body:          doc.encode(),
		InstanceID:    doc.text(connectmodel.InstanceID),
		ContactFlowID: doc.text(connectmodel.ContactFlowID),
		ClientToken:   token,
	}, connectmodel.Contains(doc.get(connectmodel.ContentTypes), "text/markdown"), nil
}

// adoptAliases takes over what older clients send under other names, and settles the
// customer's name.
func (h *Handler) adoptAliases(doc *members, rule *ruling) *diagnosis.Problem {
	for _, name := range []string{connectmodel.InstanceID, connectmodel.ContactFlowID, connectmodel.ClientToken} {
		if string(doc.get(name)) == `""` { // an unset form field or configuration value
			doc.drop(name)
		}
	}
	if alias := doc.get(aliasInstanceID); alias != nil {
		if doc.get(connectmodel.InstanceID) == nil && string(alias) != `""` {
			doc.set(connectmodel.InstanceID, alias)
		}
		doc.drop(aliasInstanceID)
	}
	customer := doc.text(aliasCustomerName)
	doc.drop(aliasCustomerName)
	doc.drop(aliasUsername)

	name, details := "", doc.get(connectmodel.ParticipantDetails)
	if details.Kind() == '{' {
		given := rawjson.Member(details, "DisplayName")
		if given.Kind() != '"' && given != nil && given.Kind() != 'n' {
			return nil // the check names the member
		}
		name = rawjson.Text(given)
		if name == "" {
			name = cmp.Or(customer, h.defaults.DisplayName)
			parsed := cut(details)
			parsed.set("DisplayName", quote(name))
			doc.set(connectmodel.ParticipantDetails, parsed.encode())
		}
	} else if details == nil {
		name = cmp.Or(customer, h.defaults.DisplayName)
		doc.set(connectmodel.ParticipantDetails, members{{"DisplayName", quote(name)}}.encode())
	}
	if rule != nil && rule.claimed(customerName) {
		return nil // it was set from the token, or has to stay away; the page's name is no substitute
	}
	return nameAttribute(doc, name)
}

// nameAttribute puts the customer's name among the contact attributes, where the
// original production endpoint puts it and contact flows look for it. A page's own
// customerName stays. Attributes may come as a string that holds the object.
func nameAttribute(doc *members, name string) *diagnosis.Problem {
	raw, problem := attributeObject(doc.get(connectmodel.Attributes))
	if problem != nil {
		return problem
	}
	if raw != nil && raw.Kind() != '{' && raw.Kind() != 'n' {
		return nil // the check names the member
	}
	var attributes members
	if raw.Kind() == '{' {
		if own := rawjson.Member(raw, customerName); own != nil && own.Kind() != 'n' {
			doc.set(connectmodel.Attributes, raw)
			return nil
		}
		attributes = cut(raw)
	}
	if size(attributes)+len(customerName)+len(name) <= connectmodel.MaxAttributeBytes {
		attributes.set(customerName, quote(name))
	}
	doc.set(connectmodel.Attributes, attributes.encode())
	return nil
}

// size is what attributes count for, in bytes.
func size(attributes members) int {
	n := 0
	for _, m := range attributes {
		n += len(m.name) + rawjson.TextLength(m.value)
	}
	return n
}

// convert accepts two things that existing clients send and the original endpoint took:
// a duration as a string of digits, and half of a PersistentChat, which means none.
func convert(doc *members) *diagnosis.Problem {
	if raw := doc.get(connectmodel.ChatDuration); raw.Kind() == '"' {
		minutes, err := strconv.Atoi(strings.TrimSpace(rawjson.Text(raw)))
		if err != nil {
			p := diagnosis.New(diagnosis.WrongType, "%s must be a whole number, not a string.", connectmodel.ChatDuration)
			p.Field = connectmodel.ChatDuration
			return p
		}
		doc.set(connectmodel.ChatDuration, jsontext.Value(strconv.Itoa(minutes)))
	}
	if raw := doc.get(connectmodel.PersistentChat); raw.Kind() == '{' {
		chat := cut(raw)
		if !present(chat.get(sourceContactID)) || !present(chat.get("RehydrationType")) {
			doc.drop(connectmodel.PersistentChat)
		}
	}
	return nil
}

func present(raw jsontext.Value) bool { return raw != nil && string(raw) != `""` }

// sortOutUnknown deals with members StartChatContact does not document, as configured.
func (h *Handler) sortOutUnknown(doc *members) *diagnosis.Problem {
	known := (*doc)[:0]
	for _, m := range *doc {
		if !h.model.Knows(m.name) {
			if p := h.unknownMember(m.name, h.unknown); p != nil {
				return p
			}
			if h.unknown != ForwardUnknown {
				continue
			}
		}
		known = append(known, m)
	}
	*doc = known
	return nil
}

// unknownMember notes one member that is not documented.
func (h *Handler) unknownMember(path string, treatment UnknownMembers) *diagnosis.Problem {
	if h.unknown != RejectUnknown {
		h.noteUnknown(path, treatment)
		return nil
	}
	p := diagnosis.New(diagnosis.UnknownMember, "StartChatContact has no member %q.", connectmodel.Shorten(path))
	p.Field = connectmodel.Shorten(path)
	return p
}

// identify settles instance and contact flow: the page's own, or the configured ones. An
// instance ARN becomes its id, and a contact flow ARN gives the instance when nothing
// else does.
func (h *Handler) identify(doc *members) *diagnosis.Problem {
	if doc.get(connectmodel.ContactFlowID) == nil && h.defaults.ContactFlowID != "" {
		doc.set(connectmodel.ContactFlowID, quote(h.defaults.ContactFlowID))
	}
	instance, flow := doc.text(connectmodel.InstanceID), doc.text(connectmodel.ContactFlowID)
	if swapped(instance, flow) || flow != "" && flow == arn.InstanceOf(h.defaults.InstanceID) {
		p := diagnosis.New(diagnosis.SwappedIDs, "")
		p.Field = connectmodel.InstanceID
		return p
	}
	if doc.get(connectmodel.InstanceID) == nil {
		instance = h.defaults.InstanceID
		if instance == "" && arn.Is(flow) {
			instance = flow
		}
	}
	if id := arn.InstanceOf(instance); id != "" {
		doc.set(connectmodel.InstanceID, quote(id))
	}
	for _, name := range []string{instance, flow} {
		if region := arn.RegionOf(name); region != "" && h.region != "" && region != h.region {
			p := diagnosis.New(diagnosis.WrongRegion, "The instance is in Region %s, but this server calls Amazon Connect in %s.",
				connectmodel.Shorten(region), h.region)
			p.Field = connectmodel.InstanceID
			return p
		}
	}
	return nil
}

// swapped reports whether ARNs show that each id stands in the other's place.
func swapped(instance, flow string) bool {
	if a, ok := arn.Parse(instance); ok && a.Flow() != "" {
		return true
	}
	a, ok := arn.Parse(flow)
	return ok && a.IsInstance()
}

// check holds the finished request against the documented model.
func (h *Handler) check(doc members) *diagnosis.Problem {
	for _, name := range h.required {
		if doc.get(name) == nil {
			p := diagnosis.New(diagnosis.MissingMember, "%s is missing, and the server has none configured.", name)
			p.Field = name
			return p
		}
	}
	var refused *diagnosis.Problem
	nested := func(path string) {
		// AWS ignores it where it stands, so the object need not be written anew.
		if p := h.unknownMember(path, ForwardUnknown); p != nil && refused == nil {
			refused = p
		}
	}
	for _, m := range doc {
		if violation := h.model.Check(m.name, m.value, nested); violation != nil {
			return violationProblem(violation)
		}
	}
	if refused != nil {
		return refused
	}
	if violation := h.model.CheckRules(doc.get); violation != nil {
		return violationProblem(violation)
	}
	return nil
}

// violationProblem explains a violation by the rule that fits it best.
func violationProblem(v *connectmodel.Violation) *diagnosis.Problem {
	p := diagnosis.New(violationRule(v), "%s", v.Sentence)
	p.Field = v.Field
	return p
}

func violationRule(v *connectmodel.Violation) diagnosis.ID {
	switch v.Cause {
	case connectmodel.DisplayName:
		return diagnosis.DisplayNameLength
	case connectmodel.AttributesSize:
		return diagnosis.AttributesTooLarge
	case connectmodel.AttributeKey:
		return diagnosis.BadAttributeKey
	case connectmodel.TextPlain:
		return diagnosis.TextPlainMissing
	case connectmodel.Conflict:
		return diagnosis.ConflictingMembers
	case connectmodel.OtherCause:
	}
	switch v.Kind {
	case connectmodel.Type:
		return diagnosis.WrongType
	case connectmodel.Missing:
		return diagnosis.MissingMember
	case connectmodel.Limit, connectmodel.Rule:
	}
	return diagnosis.BadValue
}

// validate holds the configured defaults against the model, so that a mistake in the
// configuration is found at start and not by the first customer.
func (d Defaults) validate(model *connectmodel.Model) error {
	doc := members{
		{connectmodel.InstanceID, quote(arn.InstanceOf(d.InstanceID))},
		{connectmodel.ContactFlowID, quote(d.ContactFlowID)},
		{connectmodel.ParticipantDetails, members{{"DisplayName", quote(d.DisplayName)}}.encode()},
		{connectmodel.ContentTypes, listValue(d.ContentTypes)},
	}
	var errs []error
	for _, m := range doc {
		if string(m.value) == `""` {
			continue // pages send their own
		}
		if violation := model.Check(m.name, m.value, nil); violation != nil {
			errs = append(errs, violation)
		}
	}
	if violation := model.CheckRules(doc.get); violation != nil {
		errs = append(errs, violation)
	}
	if len(errs) > 0 {
		return fmt.Errorf("checking the defaults of the front door: %w", errors.Join(errs...))
	}
	return nil
}
