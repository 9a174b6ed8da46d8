package connectserver

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"iter"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/instance"
)

// Flow is a contact flow, or a flow module, as the actions show it.
type Flow struct {
	// ID is its id, Type one of the service's types, or MODULE; empty means CONTACT_FLOW.
	ID, Name, Type, Description string
	// Content is the flow's JSON text.
	Content string
	// Saved says that it is not published.
	Saved bool
	// Modified is when it was last changed; zero leaves it out of answers.
	Modified time.Time

	// Archived says that it does not run. Draft is what was saved since it was published.
	Archived bool
	Draft    string
	Tags     map[string]string
	Versions []instance.Version
	Aliases  []instance.Alias
	Settings string
	External bool
	// version is the one that is shown.
	version instance.Version
}

// keptFlow is a flow that was created through the API; its second value is the one given.
func keptFlow(f instance.Flow, found bool) (Flow, bool) { return shownFlow(&f), found }

func shownFlow(f *instance.Flow) Flow {
	shown := Flow{
		ID: f.ID, Name: f.Name, Type: string(f.Kind), Description: f.Description, Content: f.Published, Modified: f.Modified, Archived: f.Archived,
		Draft: f.Draft, Tags: f.Tags, Versions: f.Versions, Aliases: f.Aliases, Settings: f.Settings, External: f.External,
	}
	if f.Published == "" {
		shown.Content, shown.Draft, shown.Saved = f.Draft, "", true
	}
	return shown
}

// each goes through the flows, or the modules: those that were configured first. A flow is there until
// the next one is asked for, so that a list of a thousand needs no copies.
func (s *Service) each(module bool) iter.Seq[*Flow] {
	return func(yield func(*Flow) bool) {
		for _, f := range s.flows() {
			if f.isModule() == module && !yield(&f) {
				return
			}
		}
		var shown Flow
		for _, f := range s.kept.Flows() {
			if (f.Kind == flow.Module) != module {
				continue
			}
			if shown = shownFlow(f); !yield(&shown) {
				return
			}
		}
	}
}

// configured finds a flow, or a module, that only the configuration can change.
func (s *Service) configured(id string, module bool) (Flow, bool) {
	flows := s.flows()
	i := slices.IndexFunc(flows, func(f Flow) bool { return f.ID == id && f.isModule() == module })
	if i < 0 {
		return Flow{}, false
	}
	return flows[i], true
}

// lookUp finds a flow, or a module, that was created or that only the configuration can change.
func (s *Service) lookUp(id string, module bool) (Flow, error) {
	f, found := keptFlow(s.kept.Find(id, module))
	if !found {
		if f, found = s.configured(id, module); !found {
			return Flow{}, noFlow(module)
		}
	}
	return f, nil
}

// find returns a flow, or a module, in the form that a version or $SAVED behind its id asks for.
func (s *Service) find(given string, module bool) (Flow, error) {
	f, err := s.lookUp(idOf(given, module), module)
	if err != nil {
		return Flow{}, err
	}
	switch version := versionOf(given); version {
	case "", "$LATEST":
		if f.Saved {
			refused := resourceNotFound("The contact flow is saved and not published.")
			refused.Name = "ContactFlowNotPublishedException"
			return Flow{}, refused
		}
	case "$SAVED":
		if f.Draft != "" {
			f.Content, f.Saved = f.Draft, true
		}
	default:
		if a := aliasOf(f.Aliases, version); a >= 0 {
			version = strconv.Itoa(f.Aliases[a].Version)
		}
		i := slices.IndexFunc(f.Versions, func(v instance.Version) bool { return strconv.Itoa(v.Number) == version })
		if i < 0 {
			return Flow{}, resourceNotFound("There is no version " + strconv.Quote(version) + " of this flow.")
		}
		f.version = f.Versions[i]
		f.Content, f.Settings, f.Saved = f.version.Content, f.version.Settings, false
	}
	return f, nil
}

func noFlow(module bool) *awswire.Error {
	if module {
		return resourceNotFound("Contact flow module not found.")
	}
	return resourceNotFound("Contact flow not found.")
}

// notKept says why a flow cannot be changed, given the error of the keeper.
func (s *Service) notKept(err error, id string, module bool) error {
	if invalid, ok := errors.AsType[*instance.InvalidError](err); ok {
		return invalidFlow(invalid, module)
	}
	what := "flow"
	if module {
		what = "module"
	}
	switch {
	case errors.Is(err, instance.ErrNotFound):
		if _, fixed := s.configured(id, module); fixed {
			return refusal(invalidRequest, "This "+what+" comes from the folder of contact flows, or with Parley: change its file, or create another one.")
		}
		return noFlow(module)
	case errors.Is(err, instance.ErrDuplicate):
		return &awswire.Error{Status: http.StatusConflict, Name: "DuplicateResourceException", Message: "Another " + what + " has this name."}
	case errors.Is(err, instance.ErrLimit):
		return &awswire.Error{Status: http.StatusTooManyRequests, Name: "LimitExceededException", Message: "The instance has as many " + what + "s as its quota allows."}
	}
	return err
}

// invalidFlow says what the problems of a flow are. The two exceptions spell their member differently.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_CreateContactFlow.html and
// https://docs.aws.amazon.com/connect/latest/APIReference/API_CreateContactFlowModule.html
func invalidFlow(invalid *instance.InvalidError, module bool) *awswire.Error {
	type detail struct {
		Message string `json:"message"`
	}
	problems := make([]detail, len(invalid.Problems))
	for i, text := range invalid.Problems {
		problems[i].Message = text
	}
	name, member := "InvalidContactFlowException", "problems"
	if module {
		name, member = "InvalidContactFlowModuleException", "Problems"
	}
	return &awswire.Error{Status: http.StatusBadRequest, Name: name, Message: "The flow is not valid: " + strings.Join(invalid.Problems, "; "), Members: map[string]any{member: problems}}
}

// flowOutput is a contact flow.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_ContactFlow.html
type flowOutput struct {
	ARN                string `json:"Arn"`
	ID                 string `json:"Id"`
	Name               string
	Type               string
	State              string
	Status             string
	Description        string `json:",omitzero"`
	Content            string
	Tags               map[string]string `json:",omitzero"`
	Hash               string            `json:"FlowContentSha256"`
	Version            int               `json:",omitzero"`
	VersionDescription string            `json:",omitzero"`
	LastModified       epoch             `json:"LastModifiedTime,omitzero"`
	Region             string            `json:"LastModifiedRegion"`
}

func (s *Service) flowOutput(given string, f *Flow) flowOutput {
	return flowOutput{
		ARN: s.flowARN(given, f.ID), ID: f.ID, Name: f.Name, Type: f.kind(), State: f.state(), Status: f.status(),
		Description: f.Description, Content: f.Content, Tags: f.Tags, Hash: hashOf(f.Content), Version: f.version.Number,
		VersionDescription: f.version.Description, LastModified: epoch{f.Modified}, Region: s.region,
	}
}

func hashOf(content string) string {
	hash := sha256.Sum256([]byte(content))
	return hex.EncodeToString(hash[:])
}

func (s *Service) flowARN(instance, id string) string {
	return s.instanceARN(instanceID(instance)) + "/contact-flow/" + id
}

func (f *Flow) isModule() bool { return f.Type == string(flow.Module) }

// kind is the flow's type as the service names it.
func (f *Flow) kind() string {
	if f.Type == "" {
		return "CONTACT_FLOW"
	}
	return f.Type
}

func (f *Flow) state() string {
	if f.Archived {
		return archived
	}
	return "ACTIVE"
}

// archived is the state of flows that do not run.
const archived = "ARCHIVED"

// saved is the status of flows that do not run for chats.
const saved = "SAVED"

// status says whether the flow runs for chats.
func (f *Flow) status() string {
	if f.Saved {
		return saved
	}
	return "PUBLISHED"
}
