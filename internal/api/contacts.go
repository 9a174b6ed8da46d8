package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/diagnosis"
	"github.com/parley-chat/parley/internal/participant"
)

const (
	defaultPage = 100
	longestPage = 1000
	// itemsPage is how many items are read from the store at a time.
	itemsPage = 100
	// mostItems bounds a transcript that is answered as a whole.
	mostItems = 10_000
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
}

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

func contactJSON(c *chat.Contact) contact {
	out := contact{
		ContactID: c.ID, InitialContactID: c.InitialID, State: stateInitiated, Customer: c.Customer().DisplayName,
		InstanceID: c.InstanceID, ContactFlowID: c.FlowID, Attributes: c.Attributes, SegmentAttributes: c.SegmentAttributes,
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
		return nil, bad("state", fmt.Sprintf("state %q is not one of active, ended, all", shorten(state)))
	}
	limit, err := number(q.Get("limit"), defaultPage, longestPage)
	if err != nil {
		return nil, bad("limit", err.Error())
	}
	query.Limit = limit
	found, err := a.Chats.Contacts(r.Context(), query)
	if err != nil {
		return nil, err
	}
	list := make([]contact, 0, len(found))
	for i := range found {
		list = append(list, contactJSON(&found[i]))
	}
	return map[string]any{"contacts": list}, nil
}

// number reads a number from 1 to most.
func number(text string, otherwise, most int) (int, error) {
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		return 0, fmt.Errorf("%q is not a number from 1 to %d", shorten(text), most)
	}
	return n, nil
}

func (a *API) getContact(r *http.Request) (any, error) {
	found, err := a.Chats.Contact(r.Context(), r.PathValue("contact"))
	if err != nil {
		return nil, err
	}
	return contactJSON(&found), nil
}

// patchContact changes the attributes of a contact: those that are named, null removes one.
func (a *API) patchContact(r *http.Request) (any, error) {
	var in struct {
		Attributes map[string]*string `json:"attributes"`
	}
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	var changed chat.Contact
	err := a.Chats.Annotate(r.Context(), r.PathValue("contact"), func(c *chat.Contact) error {
		if c.Attributes == nil {
			c.Attributes = map[string]string{}
		}
		for key, value := range in.Attributes {
			if value == nil {
				delete(c.Attributes, key)
				continue
			}
			c.Attributes[key] = *value
		}
		changed = *c
		return nil
	})
	if err != nil {
		return nil, err
	}
	return contactJSON(&changed), nil
}

func (a *API) endContact(r *http.Request) (any, error) {
	return nil, a.Chats.End(r.Context(), r.PathValue("contact"), chat.AgentDisconnect)
}

// transcript answers all items of a contact, as frames show them; ?format=text as lines.
func (a *API) transcript(w http.ResponseWriter, r *http.Request) error {
	found, err := a.Chats.Contact(r.Context(), r.PathValue("contact"))
	if err != nil {
		return err
	}
	items, err := a.items(r.Context(), found.ID)
	if err != nil {
		return err
	}
	switch format := r.URL.Query().Get("format"); format {
	case "text":
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Content-Disposition", `attachment; filename="transcript-`+found.ID+`.txt"`)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		_, _ = w.Write(transcriptText(items)) // the caller is gone
	case "", "json":
		list := make([]json.RawMessage, 0, len(items))
		for i := range items {
			list = append(list, participant.Encode(&items[i]))
		}
		a.write(w, map[string]any{"contactId": found.ID, "items": list})
	default:
		return bad("format", fmt.Sprintf("format %q is not one of json, text", shorten(format)))
	}
	return nil
}

// items reads a transcript, oldest first. Of one that is longer than mostItems it is the end.
func (a *API) items(ctx context.Context, contactID string) ([]chat.Item, error) {
	var pages [][]chat.Item
	total, token := 0, ""
	for total < mostItems {
		page, err := a.Chats.ReadTranscript(ctx, contactID, chat.TranscriptQuery{MaxResults: itemsPage, NextToken: token})
		if err != nil {
			return nil, err
		}
		pages = append(pages, page.Items)
		total += len(page.Items)
		if token = page.NextToken; token == "" {
			break
		}
	}
	all := make([]chat.Item, 0, total)
	for i := len(pages) - 1; i >= 0; i-- {
		all = append(all, pages[i]...)
	}
	return all, nil
}

// transcriptText writes a conversation as people paste it into a ticket.
func transcriptText(items []chat.Item) []byte {
	var b strings.Builder
	for i := range items {
		item := &items[i]
		who := item.DisplayName
		if item.Role != "" {
			who = strings.TrimSpace(who + " (" + string(item.Role) + ")")
		}
		fmt.Fprintf(&b, "%s  ", item.Time.UTC().Format("2006-01-02 15:04:05.000"))
		switch item.Type {
		case chat.MessageItem:
			fmt.Fprintf(&b, "%s: %s\n", who, strings.ReplaceAll(item.Content, "\n", "\n    "))
		case chat.AttachmentItem:
			for _, file := range item.Attachments {
				fmt.Fprintf(&b, "%s: [%s, %s, %s]\n", who, file.Name, file.ContentType, file.Status)
			}
		case chat.EventItem, chat.MetadataItem:
			name := item.ContentType[strings.LastIndex(item.ContentType, "event.")+len("event."):]
			fmt.Fprintf(&b, "-- %s %s\n", name, who)
		}
	}
	return []byte(b.String())
}

// The clock.

func (a *API) getClock(*http.Request) (any, error) { return a.clock(), nil }

func (a *API) clock() map[string]any {
	clock := a.Chats.Clock()
	now := clock.Now()
	answer := map[string]any{"now": now.UTC(), "offsetMs": time.Until(now).Round(time.Millisecond).Milliseconds(), "nextTimerMs": nil}
	if next, ok := clock.Next(); ok {
		answer["nextTimerMs"] = max(0, next.Milliseconds())
	}
	return answer
}

// longestSkip is how far the clock can be moved at once.
const longestSkip = 30 * 24 * time.Hour

func (a *API) skip(r *http.Request) (any, error) {
	var in struct {
		SkipMs      int64 `json:"skipMs"`
		ToNextTimer bool  `json:"toNextTimer"`
	}
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	switch {
	case in.ToNextTimer == (in.SkipMs != 0):
		return nil, bad("skipMs", "give either skipMs or toNextTimer")
	case in.ToNextTimer:
		if _, ok := a.Chats.Clock().SkipToNext(); !ok {
			return nil, diagnosis.New(diagnosis.WrongState, "No timer is running.")
		}
	case in.SkipMs < 0 || in.SkipMs > longestSkip.Milliseconds():
		return nil, bad("skipMs", fmt.Sprintf("skipMs must be from 1 to %d (30 days): time only goes forward", longestSkip.Milliseconds()))
	default:
		a.Chats.Clock().Skip(time.Duration(in.SkipMs) * time.Millisecond)
	}
	a.Events.Clock()
	return a.clock(), nil
}
