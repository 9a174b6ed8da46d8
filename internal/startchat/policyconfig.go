package startchat

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/arn"
	"github.com/parley-chat/parley/internal/connectmodel"
	"github.com/parley-chat/parley/internal/identity"
)

// Policy narrows what a page may ask for, because on a public endpoint anybody can send
// anything. What a checked token says (package identity) counts for more than the page and is
// never overwritten by it. The zero value allows little: it is for a configured contact flow,
// and lets a page set no attribute but customerName.
type Policy struct {
	// PinInstance refuses every instance but Defaults.InstanceID, which it requires.
	PinInstance bool
	// Flows are the contact flows that a page may choose beside Defaults.ContactFlowID: ids or
	// ARNs. AnyFlow allows all; with PinInstance those of that instance.
	Flows   []string
	AnyFlow bool
	// Attributes are the keys of contact attributes that a page may set; AnyAttribute allows
	// all that no token has set. Keys are case-sensitive.
	Attributes   []string
	AnyAttribute bool
	// Others says what happens to what a page may not set. The zero value leaves it out.
	Others OthersPolicy
	// Members are the members of StartChatContact that a page may set beside those that chat
	// widgets need: CustomerId, SegmentAttributes, ParticipantConfiguration, RelatedContactId,
	// DisconnectOnCustomerExit; with [ForwardUnknown] also undocumented ones. AnyMember allows all.
	Members   []string
	AnyMember bool
	// Persistent says how earlier chats are continued; the zero value means [PersistentOff].
	Persistent PersistentMode
	// ResumeKeys are what resume ids are signed with, required by [PersistentSigned] only.
	ResumeKeys identity.KeySource
	// DefaultDuration is ChatDurationInMinutes for pages that send none, MaxDuration its upper
	// bound; 60 to 10,080, or zero for Amazon Connect's own (1,500 and 10,080).
	DefaultDuration, MaxDuration int
	// ClientAddr returns the address of a request's client, which stands for callers without a
	// token. Without it their ClientToken is replaced by a fresh one.
	ClientAddr func(*http.Request) string
}

// OthersPolicy says what happens to attributes and members that a page may not set.
type OthersPolicy struct {
	// Reject answers 400.
	Reject bool
	// Prefix, when not empty, keeps attributes under a key that begins with it. Everything else
	// is left out and named once in the log.
	Prefix string
}

// PersistentMode says how a page may continue an earlier chat (PersistentChat).
type PersistentMode string

// The ways to continue an earlier chat.
const (
	// PersistentOff answers 403.
	PersistentOff PersistentMode = "off"
	// PersistentOpen takes any contact id, as Amazon Connect does: whoever knows one can read
	// that chat.
	PersistentOpen PersistentMode = "open"
	// PersistentSigned takes the resumeId that an earlier answer carried, from the caller who
	// got it.
	PersistentSigned PersistentMode = "signed"
)

// PolicyError is a field of a [Policy] that cannot be as it is.
type PolicyError struct {
	// Field is the name in Policy, Value the entry at fault, if one is.
	Field, Value string
	// Reason says what is wrong, to stand behind the value: "is not …".
	Reason string
}

// Error implements error.
func (e *PolicyError) Error() string {
	if e.Value == "" {
		return fmt.Sprintf("policy %s %s", e.Field, e.Reason)
	}
	return fmt.Sprintf("policy %s: %q %s", e.Field, e.Value, e.Reason)
}

// policy is a checked Policy, laid out to be looked things up in.
type policy struct {
	Policy
	instance    string // the pinned one, or ""
	defaultFlow string
	flows       []allowedFlow
	attributes  map[string]bool // that pages may set
	members     map[string]bool // that pages may set, aliases included
	model       *connectmodel.Model
	log         *slog.Logger
	noted       once
	forwards    bool // undocumented members, if Members has them
}

// allowedFlow is a contact flow that pages may choose: text is sent, id and instance are
// compared. An empty instance compares with any.
type allowedFlow struct{ text, id, instance string }

// newPolicy checks a policy and lays it out; all faults are in the error. It returns nil
// without one.
func newPolicy(cfg Config, model *connectmodel.Model, log *slog.Logger) (*policy, error) {
	if cfg.Policy == nil {
		return nil, nil //nolint:nilnil // a front door without policy is the developer's
	}
	p := &policy{
		Policy: *cfg.Policy, defaultFlow: cfg.Defaults.ContactFlowID, model: model, log: log, forwards: cfg.Unknown == ForwardUnknown,
		attributes: map[string]bool{}, members: map[string]bool{},
	}
	if p.PinInstance {
		p.instance = arn.InstanceOf(cfg.Defaults.InstanceID)
	}
	errs := slices.Concat(
		p.checkPins(cfg), p.checkAttributes(), p.checkMembers(), p.checkPersistent(), p.checkDurations(),
	)
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	for _, flow := range append(slices.Clone(p.Flows), p.defaultFlow) {
		p.flows = append(p.flows, newAllowedFlow(flow, arn.InstanceOf(cfg.Defaults.InstanceID)))
	}
	for _, key := range p.Attributes {
		p.attributes[key] = true
	}
	for _, name := range slices.Concat(widgetMembers(), []string{aliasInstanceID, aliasCustomerName, aliasUsername}, p.Members) {
		p.members[name] = true
	}
	return p, nil
}

func newAllowedFlow(text, instance string) allowedFlow {
	if a, ok := arn.Parse(text); ok {
		return allowedFlow{text, a.Flow(), a.Instance()}
	}
	return allowedFlow{text, text, instance}
}

func (p *policy) checkPins(cfg Config) []error {
	var errs []error
	if p.PinInstance && p.instance == "" {
		errs = append(errs, &PolicyError{Field: "PinInstance", Reason: "needs the id of an instance, and none is configured"})
	}
	if !p.AnyFlow && len(p.Flows) == 0 && p.defaultFlow == "" {
		errs = append(errs, &PolicyError{Field: "Flows", Reason: "allow no contact flow at all, and none is configured"})
	}
	for _, flow := range p.Flows {
		if reason := p.checkFlow(flow, cfg.Region); reason != "" {
			errs = append(errs, &PolicyError{Field: "Flows", Value: flow, Reason: reason})
		}
	}
	if arn.Is(p.defaultFlow) {
		if reason := p.checkFlow(p.defaultFlow, cfg.Region); reason != "" {
			errs = append(errs, &PolicyError{Field: "Defaults.ContactFlowID", Value: p.defaultFlow, Reason: reason})
		}
	}
	return errs
}

func (p *policy) checkFlow(flow, region string) string {
	if flow == "" || p.model.Check(connectmodel.ContactFlowID, quote(flow), nil) != nil {
		return "is not the id of a contact flow"
	}
	if flow == "*" {
		return "is no contact flow; AnyFlow allows all"
	}
	if !arn.Is(flow) {
		return ""
	}
	a, _ := arn.Parse(flow)
	switch {
	case a.Flow() == "":
		return "is not the ARN of a contact flow"
	case p.instance != "" && a.Instance() != p.instance:
		return "is a contact flow of another instance than the configured one"
	case region != "" && a.Region != "" && a.Region != region:
		return "is a contact flow in another Region than " + region
	}
	return ""
}

func (p *policy) checkAttributes() []error {
	var errs []error
	for _, key := range p.Attributes {
		if !connectmodel.IsAttributeKey(key) {
			errs = append(errs, &PolicyError{Field: "Attributes", Value: key, Reason: "is not a key of letters, digits, - and _"})
		}
	}
	if p.Others.Prefix != "" && !connectmodel.IsAttributeKey(p.Others.Prefix) {
		errs = append(errs, &PolicyError{Field: "Others", Value: p.Others.Prefix, Reason: "is not a prefix of letters, digits, - and _"})
	}
	if p.Others.Prefix != "" && p.Others.Reject {
		errs = append(errs, &PolicyError{Field: "Others", Reason: "cannot both refuse attributes and keep them under a prefix"})
	}
	return errs
}

// checkMembers refuses names that mean nothing here, because they were meant to mean something.
func (p *policy) checkMembers() []error {
	var errs []error
	for _, name := range p.Members {
		switch {
		case slices.Contains(optionalMembers(), name):
		case p.model.Knows(name):
			errs = append(errs, &PolicyError{Field: "Members", Value: name, Reason: "has rules of its own or is always allowed"})
		case !p.forwards || isMisspelt(name):
			errs = append(errs, &PolicyError{Field: "Members", Value: name, Reason: "is not a member of StartChatContact"})
		}
	}
	return errs
}

// optionalMembers are the documented members that say something about the customer or the
// business, which a page may say only when it is allowed to.
func optionalMembers() []string {
	return []string{customerID, segmentAttributes, "ParticipantConfiguration", connectmodel.RelatedContactID, "DisconnectOnCustomerExit"}
}

// widgetMembers are the documented members that chat widgets need.
func widgetMembers() []string {
	return []string{
		connectmodel.InstanceID, connectmodel.ContactFlowID, connectmodel.ParticipantDetails, connectmodel.Attributes,
		connectmodel.ClientToken, connectmodel.ChatDuration, connectmodel.ContentTypes, connectmodel.PersistentChat, initialMessage,
	}
}

// isMisspelt reports whether a name differs from a documented member's in case only.
func isMisspelt(name string) bool {
	return slices.ContainsFunc(append(optionalMembers(), widgetMembers()...), func(known string) bool {
		return known != name && strings.EqualFold(known, name)
	})
}

func (p *policy) checkPersistent() []error {
	switch p.Persistent {
	case "":
		p.Persistent = PersistentOff
	case PersistentOff, PersistentOpen:
	case PersistentSigned:
		if p.ResumeKeys == nil {
			return []error{&PolicyError{Field: "ResumeKeys", Reason: "are missing: signed resume ids need a key"}}
		}
	default:
		return []error{&PolicyError{Field: "Persistent", Value: string(p.Persistent), Reason: "is not one of open, signed, off"}}
	}
	return nil
}

func (p *policy) checkDurations() []error {
	var errs []error
	for name, minutes := range maps.All(map[string]int{"DefaultDuration": p.DefaultDuration, "MaxDuration": p.MaxDuration}) {
		if minutes != 0 && (minutes < shortestChat || minutes > longestChat) {
			errs = append(errs, &PolicyError{Field: name, Value: fmt.Sprint(minutes), Reason: fmt.Sprintf("is not from %d to %d minutes", shortestChat, longestChat)})
		}
	}
	if p.MaxDuration != 0 && p.DefaultDuration > p.MaxDuration {
		errs = append(errs, &PolicyError{Field: "DefaultDuration", Value: fmt.Sprint(p.DefaultDuration), Reason: "is more than MaxDuration"})
	}
	return errs
}
