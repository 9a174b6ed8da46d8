package frontdoor

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"github.com/parley-chat/parley/internal/connectmodel"
	"github.com/parley-chat/parley/internal/guard"
	"github.com/parley-chat/parley/internal/identity"
	"github.com/parley-chat/parley/internal/secret"
	"github.com/parley-chat/parley/internal/settings"
	"github.com/parley-chat/parley/internal/startchat"
)

// Check lets the parts that the settings configure look at them, so that what only they know
// to be wrong is reported with all other faults, before anything is opened. Starter and Keys
// are not needed.
func (c Config) Check() []settings.Fault {
	s := c.Settings
	var faults []settings.Fault
	if _, err := guard.New(Guard(s, "", nil)); err != nil {
		faults = append(faults, guardFaults(s, err)...)
	}
	c.Starter, c.Keys = stand{}, stand{}
	if _, err := startchat.New(c.startChat()); err != nil {
		faults = append(faults, frontDoorFaults(s, err)...)
	}
	if _, err := identity.New(c.identity()); err != nil {
		faults = append(faults, identityFaults(s, err)...)
	}
	return faults
}

// ExamineIssuer asks the identity provider that the settings name for what tokens are checked with.
func (c Config) ExamineIssuer(ctx context.Context) (string, error) {
	return identity.Examine(ctx, c.identity())
}

// stand stands where something is only looked at, and never called.
type stand struct{}

// StartChatContact implements [startchat.Starter].
func (stand) StartChatContact(context.Context, *startchat.Request) (*startchat.Result, error) {
	return nil, errors.ErrUnsupported
}

// Keys implements [identity.KeySource].
func (stand) Keys(context.Context) ([]secret.Text, error) { return nil, errors.ErrUnsupported }

func settingFault(s *settings.Settings, name, value, message string) settings.Fault {
	return settings.Fault{Origin: s.Where(name), Setting: name, Value: value, Message: message}
}

// frontDoorFaults names the settings behind the members of a request that the front door
// would fill in wrongly.
func frontDoorFaults(s *settings.Settings, err error) []settings.Fault {
	if violation, ok := err.(*connectmodel.Violation); ok { //nolint:errorlint // the error itself: what it may wrap comes below
		if name := settingOf(violation.Field); name != "" {
			return []settings.Fault{settingFault(s, name, "", strings.TrimSuffix(violation.Sentence, "."))}
		}
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var faults []settings.Fault
		for _, part := range joined.Unwrap() {
			faults = append(faults, frontDoorFaults(s, part)...)
		}
		return faults
	}
	if wrong, ok := errors.AsType[*startchat.PolicyError](err); ok {
		return []settings.Fault{settingFault(s, policySetting(wrong.Field), wrong.Value, wrong.Reason)}
	}
	if _, ok := errors.AsType[*connectmodel.Violation](errors.Unwrap(err)); ok {
		return frontDoorFaults(s, errors.Unwrap(err))
	}
	return []settings.Fault{{Message: err.Error()}}
}

// policySetting returns the setting behind a field of the policy.
func policySetting(field string) string {
	return map[string]string{
		"PinInstance": "instance-id", "Flows": "allowed-contact-flow-ids", "Defaults.ContactFlowID": "contact-flow-id",
		"Attributes": "attribute-allow-list", "Others": "attribute-others", "Members": "allowed-members",
		"Persistent": "persistent-chat", "ResumeKeys": "persistent-chat",
		"DefaultDuration": "default-chat-duration", "MaxDuration": "max-chat-duration",
	}[field]
}

// settingOf returns the setting whose value stands in a member of a request, or "".
func settingOf(member string) string {
	member, _, _ = strings.Cut(member, "[")
	switch member {
	case connectmodel.InstanceID:
		return "instance-id"
	case connectmodel.ContactFlowID:
		return "contact-flow-id"
	case connectmodel.ParticipantDetails, connectmodel.ParticipantDetails + ".DisplayName":
		return "display-name"
	case connectmodel.ContentTypes:
		return "content-types"
	}
	return ""
}

// identityFaults names the settings behind the verifier's faults.
func identityFaults(s *settings.Settings, err error) []settings.Fault {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var faults []settings.Fault
		for _, part := range joined.Unwrap() {
			faults = append(faults, identityFaults(s, part)...)
		}
		return faults
	}
	fault, ok := errors.AsType[*identity.ConfigError](err)
	if !ok {
		return []settings.Fault{{Message: err.Error()}}
	}
	name := map[string]string{
		"Issuer": "jwt-issuer", "Audience": "jwt-audience", "JWKSURL": "jwt-jwks-url", "ClaimAttributes": "jwt-claim-attributes",
	}[fault.Field]
	return []settings.Fault{settingFault(s, cmp.Or(name, "auth-mode"), "", fault.Reason)}
}

// guardFaults names the settings behind the guard's faults.
func guardFaults(s *settings.Settings, err error) []settings.Fault {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var faults []settings.Fault
		for _, part := range joined.Unwrap() {
			faults = append(faults, guardFaults(s, part)...)
		}
		return faults
	}
	fault, ok := errors.AsType[*guard.ConfigError](err)
	if !ok {
		return []settings.Fault{{Message: err.Error()}}
	}
	name := map[string]string{
		"AllowOrigins": "allow-origin", "AllowHosts": "allow-host", "PublicURL": "public-url", "Listen": "addr", "MaxConcurrent": "max-concurrent",
		"AddressRate": "address-rate", "TrustedProxies": "trusted-proxies",
	}[fault.Field]
	return []settings.Fault{settingFault(s, name, fault.Value, fault.Reason)}
}
