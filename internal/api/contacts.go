package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/connectmodel"
	"github.com/parley-chat/parley/internal/diagnosis"
	"github.com/parley-chat/parley/internal/excerpt"
	"github.com/parley-chat/parley/internal/transcript"
)

const (
	defaultPage = 100
	longestPage = 1000
)

// contact is a contact as the API shows it.
type contact struct {
	ContactID         string                 `json:"contactId"`
	InitialContactID  string                 `json:"initialContactId"`
	State             string                 `json:"state"`
	Customer          string                 `json:"customer"`
	InstanceID        string                 `json:"instanceId"`
	ContactFlowID     string                 `json:"contactFlowId"`
	Attributes        map[string]string      `json:"attributes"`
	SegmentAttributes json.RawMessage        `json:"segmentAttributes,omitempty"`
	ContentTypes      []string               `json:"contentTypes"`
	Participants      []participantOfContact `json:"participants"`
	CustomerID        string                 `json:"customerId,omitempty"`
	RelatedContactID  string                 `json:"relatedContactId,omitempty"`
	PastContactIDs    []string               `json:"pastContactIds,omitempty"`
	Started           time.Time              `json:"started"`
	Connected         *time.Time             `json:"connected,omitempty"`
	Ended             *time.Time             `json:"ended,omitempty"`
	Expires           time.Time              `json:"expires"`
	Reason            string                 `json:"reason,omitempty"`
	Segments          []segmentOfContact     `json:"segments,omitempty"`
}

// segmentOfContact is one of the contacts that a chat has gone through.
type segmentOfContact struct {
	ContactID        string     `json:"contactId"`
	InitiationMethod string     `json:"initiationMethod"`
	Started          time.Time  `json:"started"`
	Ended            *time.Time `json:"ended,omitempty"`
	Reason           string     `json:"reason,omitempty"`
}

// participantOfContact is a participant, with those who have left.
type participantOfContact struct {
	ParticipantID string     `json:"participantId"`
	DisplayName   string     `json:"displayName"`
	Role          string     `json:"role"`
	Joined        time.Time  `json:"joined"`
	Left          *time.Time `json:"left,omitempty"`
}

// States of a contact.
const (
	stateInitiated = "initiated" // the customer has not connected yet
	stateConnected = "connected"
	stateEnded     = "ended"
)

// contactJSON is a contact as the API shows it, under the id of the first one of its chat.
func contactJSON(c *chat.Contact) contact {
	out := contact{
		ContactID: c.ID, InitialContactID: c.ID, State: stateInitiated, Customer: c.Customer().DisplayName,
		InstanceID: c.InstanceID, ContactFlowID: c.FlowID, Attributes: c.Attributes.Map(), SegmentAttributes: c.SegmentAttributes,
		ContentTypes: c.ContentTypes, Participants: []participantOfContact{}, CustomerID: c.CustomerID, RelatedContactID: c.RelatedID,
		PastContactIDs: c.Past, Started: c.Started.UTC(), Connected: moment(c.Connected), Ended: moment(c.Ended),
		Expires: c.Started.Add(c.Duration).UTC(), Reason: string(c.Reason),
	}
	if out.Attributes == nil {
		out.Attributes = map[string]string{}
	}
	if out.ContentTypes == nil {
		out.ContentTypes = []string{}
	}
	for _, p := range c.Participants {
		out.Participants = append(out.Participants, participantOfContact{p.ID, p.DisplayName, string(p.Role), p.Joined.UTC(), moment(p.Left)})
	}
	if c.Latest != nil {
		for _, s := range c.Segments() {
			out.Segments = append(out.Segments, segmentOfContact{s.ID, string(s.Method), s.Started.UTC(), moment(s.Ended), string(s.Reason)})
		}
	}
	switch {
	case c.HasEnded():
		out.State = stateEnded
	case !c.Connected.IsZero():
		out.State = stateConnected
	}
	return out
}

// moment is a time that may not have come yet.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

func (a *API) listContacts(r *http.Request) (any, error) {
	q := r.URL.Query()
	query := chat.ContactQuery{Limit: defaultPage, BeforeID: q.Get("before")}
	switch state := q.Get("state"); state {
	case "", "all":
	case "active", "ended":
		ended := state == "ended"
		query.Ended = &ended
	default:
		return nil, bad("state", fmt.Sprintf("state %q is not one of active, ended, all", excerpt.Of(state, longestQuote)))
	}
	limit, err := number(q.Get("limit"), defaultPage, longestPage)
	if err != nil {
		return nil, bad("limit", err.Error())
	}
	query.Limit = limit + 1 // one more tells whether there are more
	found, err := a.cfg.Chats.Contacts(r.Context(), query)
	if err != nil {
		return nil, err
	}
	more := len(found) > limit
	found = found[:min(len(found), limit)]
	list := make([]contact, 0, len(found))
	for i := range found {
		list = append(list, contactJSON(&found[i]))
	}
	return map[string]any{"contacts": list, "more": more}, nil
}

func (a *API) getContact(r *http.Request) (any, error) {
	found, err := a.cfg.Chats.Contact(r.Context(), r.PathValue("contact"))
	if err != nil {
		return nil, err
	}
	return contactJSON(&found), nil
}

// chat returns the id of a chat, which is that of its first contact, for any of its contacts. What no
// chat here has is returned as it is: calls to an Amazon Connect elsewhere are recorded as well.
func (a *API) chat(ctx context.Context, contactID string) string {
	if a.cfg.Chats == nil || contactID == "" {
		return contactID
	}
	found, err := a.cfg.Chats.Contact(ctx, contactID)
	if err != nil {
		return contactID
	}
	return found.ID
}

// patchContact changes the attributes of a contact: those that are named, null removes one.
func (a *API) patchContact(r *http.Request) (any, error) {
	var in struct {
		Attributes map[string]*string `json:"attributes"`
	}
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	for key := range in.Attributes {
		if !connectmodel.IsAttributeKey(key) {
			p := diagnosis.New(diagnosis.BadAttributeKey, "")
			p.Field = "attributes." + excerpt.Of(key, longestQuote)
			return nil, p
		}
	}
	var changed contact
	err := a.cfg.Chats.Annotate(r.Context(), r.PathValue("contact"), func(step *chat.Step) error {
		step.SetAttributes(func(attributes map[string]string) {
			for key, value := range in.Attributes {
				if value == nil {
					delete(attributes, key)
					continue
				}
				attributes[key] = *value
			}
		})
		if size := step.Contact().Attributes.Size(); size > connectmodel.MaxAttributeBytes {
			return diagnosis.New(diagnosis.AttributesTooLarge, "The contact would have %d bytes of attributes; at most %d are allowed.", size, connectmodel.MaxAttributeBytes)
		}
		changed = contactJSON(step.Contact())
		return nil
	})
	if err != nil {
		return nil, err
	}
	return changed, nil
}

// signIn asks the customer of a contact to sign in, tells how that went, or gives the customer the
// name that a profile knows, in one step.
func (a *API) signIn(r *http.Request) (any, error) {
	var in struct {
		Outcome     string `json:"outcome"`
		DisplayName string `json:"displayName"`
	}
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	outcomes := map[string]string{
		"": "", "asked": transcript.AuthInitiated, "succeeded": transcript.AuthSucceeded, "failed": transcript.AuthFailed,
		"timeout": transcript.AuthTimeout, "expired": transcript.AuthExpired, "cancelled": transcript.AuthCancelled,
	}
	outcome, known := outcomes[in.Outcome]
	switch {
	case !known:
		return nil, bad("outcome", "outcome is one of asked, succeeded, failed, timeout, expired, cancelled")
	case in.DisplayName != "" && outcome != "" && outcome != transcript.AuthSucceeded:
		return nil, bad("displayName", "displayName comes alone or with the outcome succeeded")
	case in.DisplayName == "" && outcome == "":
		return nil, bad("outcome", "give outcome, displayName or both")
	}
	return nil, a.cfg.Chats.Step(r.Context(), r.PathValue("contact"), func(step *chat.Step) error {
		switch outcome {
		case "":
		case transcript.AuthInitiated:
			step.AskSignIn()
		default:
			if err := step.EndSignIn("", outcome); err != nil {
				return err
			}
		}
		if in.DisplayName == "" {
			return nil
		}
		return step.Rename(in.DisplayName)
	})
}

// endContact ends a contact for everybody; one that has ended stays as it is.
func (a *API) endContact(r *http.Request) (any, error) {
	return nil, a.cfg.Chats.End(r.Context(), r.PathValue("contact"), chat.AgentDisconnect)
}
