package startchat

import (
	"errors"
	"fmt"

	"github.com/parley-chat/parley/internal/arn"
	"github.com/parley-chat/parley/internal/connectmodel"
	"github.com/parley-chat/parley/internal/diagnosis"
	"github.com/parley-chat/parley/internal/rawjson"
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

// fillIn is the fourth stage: it adds what a page left out.
func (h *Handler) fillIn(doc members, run *policyRun) (members, *diagnosis.Problem) {
	if p := h.identify(&doc); p != nil {
		return nil, p
	}
	if name, ok := nameCustomer(&doc, h.defaults.DisplayName); ok && !run.namesCustomer() && h.prefix == "" {
		nameAttribute(&doc, name)
	}
	if doc.get(connectmodel.ContentTypes) == nil {
		doc.set(connectmodel.ContentTypes, h.contentTypes)
	}
	return doc, nil
}

// identify sets instance and contact flow: the page's own, or the configured ones. An
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

// nameAttribute puts the customer's name among the contact attributes, where the
// original production endpoint puts it and contact flows look for it. A page's own
// customerName stays.
func nameAttribute(doc *members, name string) {
	var attributes members
	if raw := doc.get(connectmodel.Attributes); raw != nil {
		if raw.Kind() != '{' {
			return // the check names the member
		}
		if own := rawjson.Member(raw, customerName); own != nil && own.Kind() != 'n' {
			return
		}
		attributes = cut(raw)
	}
	if size(attributes)+len(customerName)+len(name) <= connectmodel.MaxAttributeBytes {
		attributes.set(customerName, quote(name))
	}
	doc.set(connectmodel.Attributes, attributes.encode())
}

// size is what attributes count for, in bytes.
func size(attributes members) int {
	n := 0
	for _, m := range attributes {
		n += len(m.name) + rawjson.TextLength(m.value)
	}
	return n
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
