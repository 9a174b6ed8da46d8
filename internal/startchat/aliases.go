package startchat

import (
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

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

// adoptAliases is the third stage: it takes over what clients send under other names or in other
// forms than AWS's, and sorts out members that StartChatContact does not document. Afterwards
// every member has its documented name.
func (h *Handler) adoptAliases(doc members) (members, *diagnosis.Problem) {
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
	if customer := doc.text(aliasCustomerName); customer != "" {
		nameCustomer(&doc, customer)
	}
	doc.drop(aliasCustomerName)
	doc.drop(aliasUsername)
	doc, problem := h.sortOutUnknown(doc)
	if problem != nil {
		return nil, problem
	}
	problem = convert(&doc)
	return doc, problem
}

// nameCustomer puts a name into ParticipantDetails where they have none, and returns the name
// they have then. ok is false when the members are of other types, which the check names.
func nameCustomer(doc *members, fallback string) (name string, ok bool) {
	details := doc.get(connectmodel.ParticipantDetails)
	if details == nil {
		doc.set(connectmodel.ParticipantDetails, members{{"DisplayName", quote(fallback)}}.encode())
		return fallback, true
	}
	if details.Kind() != '{' {
		return "", false
	}
	given := rawjson.Member(details, "DisplayName")
	if given != nil && given.Kind() != '"' && given.Kind() != 'n' {
		return "", false
	}
	if name = rawjson.Text(given); name != "" {
		return name, true
	}
	parsed := cut(details)
	parsed.set("DisplayName", quote(fallback))
	doc.set(connectmodel.ParticipantDetails, parsed.encode())
	return fallback, true
}

// sortOutUnknown deals with members StartChatContact does not document, as configured.
func (h *Handler) sortOutUnknown(doc members) (members, *diagnosis.Problem) {
	known := doc[:0]
	for _, m := range doc {
		if !h.model.Knows(m.name) {
			if p := h.unknownMember(m.name, h.unknown); p != nil {
				return nil, p
			}
			if h.unknown != ForwardUnknown {
				continue
			}
		}
		known = append(known, m)
	}
	return known, nil
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
