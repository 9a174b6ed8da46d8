package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Contact is a chat, as the API shows it.
type Contact struct {
	ContactID string    `json:"contactId"`
	State     string    `json:"state"`
	Customer  string    `json:"customer"`
	Started   time.Time `json:"started"`
	Reason    string    `json:"reason"`
	Segments  []struct {
		ContactID string `json:"contactId"`
	} `json:"segments"`
	Participants []struct {
		DisplayName string     `json:"displayName"`
		Role        string     `json:"role"`
		Left        *time.Time `json:"left"`
	} `json:"participants"`
}

// Ended is the state of a contact that is over.
const Ended = "ended"

func contactPath(id string) string { return "/api/contacts/" + url.PathEscape(id) }

// Contacts lists chats, the newest first, decoded and as they came. The query has state, limit
// and before.
func (s *Server) Contacts(ctx context.Context, query url.Values) ([]Contact, []byte, error) {
	contacts, _, answer, err := s.ListContacts(ctx, query)
	return contacts, answer, err
}

// ListContacts is Contacts, and says whether there are older ones.
func (s *Server) ListContacts(ctx context.Context, query url.Values) (contacts []Contact, more bool, answer []byte, err error) {
	found, answer, err := call[struct {
		Contacts []Contact `json:"contacts"`
		More     bool      `json:"more"`
	}](ctx, s, http.MethodGet, "/api/contacts?"+query.Encode(), nil)
	return found.Contacts, found.More, answer, err
}

// EndContact ends a chat for all participants.
func (s *Server) EndContact(ctx context.Context, id string) error {
	_, err := s.ask(ctx, http.MethodPost, contactPath(id)+"/end", nil)
	return err
}

// Transcript returns all items of a chat, oldest first, and the answer as it came.
func (s *Server) Transcript(ctx context.Context, id string) ([]json.RawMessage, []byte, error) {
	found, answer, err := call[struct {
		Items []json.RawMessage `json:"items"`
	}](ctx, s, http.MethodGet, contactPath(id)+"/transcript", nil)
	return found.Items, answer, err
}

// Flow returns the steps of a chat's contact flows, oldest first, and the answer as it came.
func (s *Server) Flow(ctx context.Context, id string) ([]json.RawMessage, []byte, error) {
	found, answer, err := call[struct {
		Steps []json.RawMessage `json:"steps"`
	}](ctx, s, http.MethodGet, contactPath(id)+"/flow", nil)
	return found.Steps, answer, err
}

// RecordedTest is a chat as a test of its contact flows.
type RecordedTest struct {
	File    string   `json:"file"`
	Content string   `json:"content"`
	Notes   []string `json:"notes"`
}

// Recorded returns a chat as a test of its contact flows, in a form of the API, and the answer as it came.
func (s *Server) Recorded(ctx context.Context, id, form string) (RecordedTest, []byte, error) {
	return call[RecordedTest](ctx, s, http.MethodGet, contactPath(id)+"/recorded?form="+url.QueryEscape(form), nil)
}

// Follow adds the items of a chat to a view until the chat ends. Every connection begins with the
// whole transcript, so that no item is lost when one breaks.
func (s *Server) Follow(ctx context.Context, id string, view View) error {
	return s.follow(ctx, id, "items", s.Transcript, view)
}

// FollowFlow is Follow for the steps of a chat's contact flows.
func (s *Server) FollowFlow(ctx context.Context, id string, view View) error {
	return s.follow(ctx, id, "flow", s.Flow, view)
}

// follow adds what all lists, and what the events of a topic bring, to a view until the chat ends.
func (s *Server) follow(
	ctx context.Context, id, topic string, all func(context.Context, string) ([]json.RawMessage, []byte, error), view View,
) error {
	event := strings.TrimSuffix(topic, "s") // they are named in the singular
	catchUp := func() error {
		// The state comes first: what an ended chat says next is nothing.
		now, _, err := call[Contact](ctx, s, http.MethodGet, contactPath(id), nil)
		if err != nil {
			return lostUnlessRefused(err)
		}
		found, _, err := all(ctx, id)
		if err != nil {
			return lostUnlessRefused(err)
		}
		over := now.State == Ended
		for _, raw := range found {
			ended, err := view.Add(raw)
			if err != nil {
				return err
			}
			over = over || ended
		}
		if over {
			return ErrEnough
		}
		return nil
	}
	query := url.Values{"topics": {"contacts," + topic}, "contact": {id}}
	return s.Listen(ctx, query, func(e Event) error {
		switch e.Name {
		case HelloEvent:
			return catchUp()
		case event:
			if ended, err := view.Add(e.Data); ended || err != nil {
				return orEnough(err)
			}
		case "contact":
			var changed Contact
			if json.Unmarshal(e.Data, &changed) == nil && changed.State == Ended {
				return catchUp()
			}
		}
		return nil
	})
}

func orEnough(err error) error {
	if err != nil {
		return err
	}
	return ErrEnough
}
