package chat

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/transcript"
)

// TranscriptQuery is what GetTranscript asks for.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_connect-participant_GetTranscript.html
type TranscriptQuery struct {
	// ContactID is one contact of the conversation; empty means the chat as it is now, with all the
	// contacts it has gone through, and those that it continues.
	ContactID string
	// MaxResults is the page's size, 1 to 100; zero means 10.
	MaxResults int
	// Forward collects newer items than the start, otherwise older ones. It decides which
	// items are on the page; Descending only how the page is ordered. Forward needs a Start
	// or a NextToken (https://github.com/amazon-connect/amazon-connect-chatjs/issues/19).
	Forward, Descending bool
	Start               *StartPosition
	// For is the participant who reads: what was not delivered is shown to its sender alone, also while
	// it is being processed. Empty is somebody who may see everything.
	For string
	// NextToken continues an earlier query in its direction.
	NextToken string
}

// StartPosition is where a transcript query starts; one member is set.
type StartPosition struct {
	ID   string
	Time time.Time
	// MostRecent counts back from the newest item; nil when not set.
	MostRecent *int
}

// Page is a part of a transcript.
type Page struct {
	InitialContactID string
	Items            []transcript.Item
	// Past says that the items are of an earlier chat of the same conversation.
	Past bool
	// NextToken asks for the next page; empty on the last.
	NextToken string
}

// cursor is what a NextToken says. It holds nothing its owner may not know: the chain is
// looked up anew for whoever presents it.
type cursor struct {
	Forward bool `json:"f,omitempty"`
	// Link is the contact in the chain: 0 the current one, 1 the newest past one, and so on.
	Link int `json:"l,omitempty"`
	// Seq is the exclusive bound to go on from.
	Seq int64 `json:"s,omitempty"`
}

const (
	defaultPage = 10
	largestPage = 100
)

// Transcript returns a page of a contact's transcript, ended contacts too. Errors: [ErrNotFound],
// [InvalidError].
func (s *Service) Transcript(ctx context.Context, contactID string, q TranscriptQuery) (Page, error) {
	var contact Contact
	var newest int64
	if e := s.find(contactID); e != nil {
		e.mu.Lock()
		contact, newest = *e.contact, e.lastSeq
		e.mu.Unlock()
		return s.transcript(ctx, &contact, newest, q)
	}
	contact, err := s.Contact(ctx, contactID)
	if err != nil {
		return Page{}, err
	}
	if newest, err = s.newest(ctx, span{chat: contact.ID}); err != nil {
		return Page{}, err
	}
	return s.transcript(ctx, &contact, newest, q)
}

// newest returns the place of the last item of a span; zero for none.
func (s *Service) newest(ctx context.Context, of span) (int64, error) {
	items, err := s.store.Items(ctx, ItemQuery{ContactID: of.chat, Before: of.before, Limit: 1, Newest: true})
	if err != nil || len(items) == 0 {
		return 0, err
	}
	return items[0].Seq, nil
}

func (s *Service) transcript(ctx context.Context, contact *Contact, newest int64, q TranscriptQuery) (Page, error) {
	if q.MaxResults < 0 || q.MaxResults > largestPage {
		return Page{}, Outside("MaxResults", 0, largestPage, q.MaxResults)
	}
	if q.MaxResults == 0 {
		q.MaxResults = defaultPage
	}
	chain := append([]string{contact.ID}, contact.Past...)
	at, query, err := s.position(ctx, contact, chain, newest, q)
	if errors.Is(err, ErrNotFound) { // a start that does not exist has nothing before or after it
		return Page{InitialContactID: contact.ID}, nil
	}
	if err != nil {
		return Page{}, err
	}
	for {
		of, err := s.span(ctx, contact, chain, at.Link, q.ContactID)
		if err != nil {
			return Page{}, err
		}
		items, more, err := s.collect(ctx, of.narrow(query), q)
		if err != nil {
			return Page{}, err
		}
		page := Page{InitialContactID: contact.ID, Items: items, Past: at.Link > 0}
		if pending := contact.pending(q); len(pending) > 0 && at.Link == 0 {
			page.Items = append(pending, items...) // beside the page's size, as they have no place yet
		}
		switch {
		case more:
			page.NextToken = cursor{at.Forward, at.Link, items[len(items)-1].Seq}.encode()
		case !at.Forward && at.Link+1 < len(chain) && q.ContactID == "":
			if len(items) == 0 && at.Link > 0 { // an earlier chat in which nobody said anything
				at = cursor{Link: at.Link + 1}
				query = ItemQuery{Newest: true}
				continue
			}
			page.NextToken = cursor{Link: at.Link + 1}.encode()
		}
		if q.Descending == at.Forward { // the order of the page is the caller's
			slices.Reverse(page.Items)
		}
		return page, nil
	}
}

// span is the part of a chat's items that a page is taken from.
type span struct {
	chat string
	// after and before are exclusive bounds of Seq; zero before means no bound.
	after, before int64
}

// spanOf is the part that is one contact of a chat.
func spanOf(c *Contact, contactID string) span {
	segment, ok := c.Segment(contactID)
	if !ok || c.Latest == nil {
		return span{chat: c.ID}
	}
	return span{c.ID, segment.First - 1, segment.Next}
}

// narrow is a query within the span.
func (s span) narrow(query ItemQuery) ItemQuery {
	query.ContactID, query.After = s.chat, max(query.After, s.after)
	if s.before > 0 && (query.Before == 0 || query.Before > s.before) {
		query.Before = s.before
	}
	return query
}

// span finds the items of a link of the chain. The current chat is read as a whole, whatever contacts
// it has gone through, unless one of them was asked for: a client that reloads wants what was said. An
// earlier one is read by its contacts, because a conversation can continue from any of them.
func (s *Service) span(ctx context.Context, contact *Contact, chain []string, link int, asked string) (span, error) {
	if link == 0 {
		return spanOf(contact, asked), nil
	}
	past, err := s.store.Contact(ctx, chain[link])
	if errors.Is(err, ErrNotFound) { // it is not kept any more
		return span{chat: chain[link]}, nil
	}
	if err != nil {
		return span{}, err
	}
	return spanOf(past, chain[link]), nil
}

// position finds where a query begins.
func (s *Service) position(ctx context.Context, contact *Contact, chain []string, newest int64, q TranscriptQuery) (cursor, ItemQuery, error) {
	if q.NextToken != "" {
		at, err := decodeCursor(q.NextToken)
		if err != nil || at.Link < 0 || at.Link >= len(chain) {
			return cursor{}, ItemQuery{}, invalid("NextToken", "is not one of this transcript.")
		}
		if at.Forward {
			return at, ItemQuery{After: at.Seq}, nil
		}
		return at, ItemQuery{Before: at.Seq, Newest: true}, nil
	}
	at := cursor{Forward: q.Forward}
	if q.ContactID != "" {
		if _, current := contact.Segment(q.ContactID); !current {
			if at.Link = slices.Index(chain, q.ContactID); at.Link < 0 {
				return cursor{}, ItemQuery{}, invalid("ContactId", "is not a contact of this chat.")
			}
		}
	}
	of, err := s.span(ctx, contact, chain, at.Link, q.ContactID)
	if err != nil {
		return cursor{}, ItemQuery{}, err
	}
	switch {
	case at.Link > 0:
		if newest, err = s.newest(ctx, of); err != nil {
			return cursor{}, ItemQuery{}, err
		}
	case of.before > 0:
		newest = of.before - 1
	}
	query := ItemQuery{Newest: !q.Forward}
	switch {
	case q.Start == nil && q.Forward: // the start is the newest item: nothing is newer, and AWS refuses to look
		return cursor{}, ItemQuery{}, invalid("StartPosition",
			"needs one of Id, AbsoluteTime and MostRecent when ScanDirection is FORWARD; without a StartPosition, only BACKWARD reads the transcript.")
	case q.Start == nil:
		return at, query, nil
	case !q.Start.Time.IsZero():
		if q.Forward {
			query.From = q.Start.Time
		} else {
			query.To = q.Start.Time
		}
		return at, query, nil
	}
	start, err := s.startSeq(ctx, of.chat, newest, q.Start)
	if err != nil {
		return cursor{}, ItemQuery{}, err
	}
	if q.Forward {
		query.After = start - 1
	} else {
		query.Before = start + 1
	}
	return at, query, nil
}

func (s *Service) startSeq(ctx context.Context, contactID string, newest int64, start *StartPosition) (int64, error) {
	if start.MostRecent != nil {
		return max(1, newest-int64(max(1, *start.MostRecent))+1), nil
	}
	return s.store.Find(ctx, contactID, start.ID)
}

// collect reads a page of one contact and whether there is more, with receipts filled in.
func (s *Service) collect(ctx context.Context, query ItemQuery, q TranscriptQuery) ([]transcript.Item, bool, error) {
	size := q.MaxResults
	query.Limit = size + 1
	items, err := s.store.Items(ctx, query)
	if err != nil {
		return nil, false, err
	}
	if items, err = s.without(ctx, query, items, q.For); err != nil {
		return nil, false, err
	}
	more := len(items) > size
	if more {
		items = items[:size]
	}
	marks, err := s.store.Marks(ctx, query.ContactID)
	if err != nil {
		return nil, false, err
	}
	for i := range items {
		items[i].Receipts = receipts(&items[i], marks)
	}
	return items, more, nil
}

// without leaves out what a reader is not shown, and reads on in its place.
func (s *Service) without(ctx context.Context, query ItemQuery, items []transcript.Item, reader string) ([]transcript.Item, error) {
	hidden := func(item transcript.Item) bool { return reader != "" && item.Only != "" && item.Only != reader }
	for slices.ContainsFunc(items, hidden) {
		full, last := len(items) == query.Limit, items[len(items)-1].Seq
		items = slices.DeleteFunc(items, hidden)
		if !full {
			break
		}
		next := query
		if next.Limit -= len(items); query.Newest {
			next.Before = last
		} else {
			next.After = last
		}
		more, err := s.store.Items(ctx, next)
		if err != nil {
			return nil, err
		}
		items = append(items, more...)
		if len(more) < next.Limit {
			items = slices.DeleteFunc(items, hidden)
			break
		}
	}
	return items, nil
}

// pending are the reader's own messages that are being processed, the newest first, for the page with
// the newest items.
func (c *Contact) pending(q TranscriptQuery) (list []transcript.Item) {
	if c.Processing == nil || q.For == "" || q.Forward || q.Start != nil || q.NextToken != "" || q.ContactID != "" && q.ContactID != c.Current() {
		return nil
	}
	for _, h := range slices.Backward(c.Processing.Held) {
		if h.Stored && h.Item.ParticipantID == q.For {
			item := h.shown()
			item.ContactID, item.InitialContactID = c.Current(), c.ID
			list = append(list, item)
		}
	}
	return list
}

// receipts says who had received and read a message, and when. Marks are in the order they
// were set; the first that reaches the message counts.
func receipts(item *transcript.Item, marks []Mark) []transcript.Receipt {
	if item.Type != transcript.MessageItem || item.Undelivered() {
		return nil
	}
	var list []transcript.Receipt
	for _, m := range marks {
		if m.ParticipantID == item.ParticipantID || m.Seq < item.Seq {
			continue
		}
		i := slices.IndexFunc(list, func(r transcript.Receipt) bool { return r.RecipientID == m.ParticipantID })
		if i < 0 {
			list = append(list, transcript.Receipt{MessageID: item.ID, RecipientID: m.ParticipantID, Delivered: m.At})
			i = len(list) - 1
		}
		if m.Read && list[i].Read.IsZero() {
			list[i].Read = m.At
		}
	}
	return list
}

func (c cursor) encode() string {
	raw, err := json.Marshal(c)
	if err != nil { // two numbers and a bool always encode
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

func decodeCursor(token string) (cursor, error) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return cursor{}, err
	}
	var c cursor
	err = json.Unmarshal(raw, &c)
	return c, err
}
