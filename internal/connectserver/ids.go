package connectserver

import (
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

// versionOf is what stands behind the colon of the id of a flow or a module: a version, $SAVED,
// $LATEST; empty for nothing.
func versionOf(given string) string {
	_, version, _ := strings.Cut(arn.ModuleOf(arn.FlowOf(given)), ":")
	return version
}

// moduleID is the id of a flow module, which may be given as an ARN, without its version.
func moduleID(given string) string {
	id, _, _ := strings.Cut(arn.ModuleOf(given), ":")
	return id
}

// idOf is moduleID of a module, else flowID.
func idOf(given string, module bool) string {
	if module {
		return moduleID(given)
	}
	return flowID(given)
}

// knownInstance refuses an instance that is not this one, when strict.
func (s *Service) knownInstance(given string) *awswire.Error {
	if s.strict.Enabled() && instanceID(given) != s.instance.ID {
		return resourceNotFound("Instance not found.")
	}
	return nil
}

// knownFlow refuses a flow that was only saved, or is archived, and when strict one that is not there.
func (s *Service) knownFlow(given string) *awswire.Error {
	id := flowID(given)
	f, found := keptFlow(s.kept.Find(id, false))
	if !found {
		if !s.strict.Enabled() {
			return nil
		}
		f, found = s.configured(id, false)
	}
	if !found || f.Saved || f.Archived {
		return resourceNotFound("Contact flow not found.")
	}
	return nil
}
