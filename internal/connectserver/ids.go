package connectserver

import (
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/arn"
	"github.com/parley-chat/parley/internal/awswire"
)

// instanceID is the id of an instance, which may be given as an ARN.
func instanceID(given string) string { return arn.InstanceOf(given) }

// contactID is the id of a contact, which may be given as an ARN.
func contactID(given string) string { return arn.ContactOf(given) }

// flowID is the id of a flow, which may be given as an ARN, without the version it may end in.
func flowID(given string) string {
	id, _, _ := strings.Cut(arn.FlowOf(given), ":")
	return id
}

// knownInstance refuses an instance that is not this one, when strict.
func (s *Service) knownInstance(given string) *awswire.Error {
	if s.strict.Enabled() && instanceID(given) != s.instance.ID {
		return resourceNotFound("Instance not found.")
	}
	return nil
}

// knownFlow refuses a flow that is not configured or not published, when strict.
func (s *Service) knownFlow(given string) *awswire.Error {
	if s.strict.Enabled() && !slices.ContainsFunc(s.flows(), func(f Flow) bool { return f.ID == flowID(given) && !f.Saved }) {
		return resourceNotFound("Contact flow not found.")
	}
	return nil
}
