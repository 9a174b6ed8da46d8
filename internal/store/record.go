package store

import (
	"cmp"
	"database/sql"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/transcript"
)

// The records below are the JSON texts in the database. Their member names are part of the
// schema. Strings are UTF-8.

// contactRecord is the body of a contact.
type contactRecord struct {
	InstanceID        string              `json:"instance,omitempty"`
	FlowID            string              `json:"flow,omitempty"`
	Participants      []participantRecord `json:"participants,omitempty"`
	Attributes        map[string]string   `json:"attributes,omitempty"`
	SegmentAttributes []byte              `json:"segmentAttributes,omitempty"`
	ContentTypes      []string            `json:"contentTypes,omitempty"`
	Opening           string              `json:"opening,omitempty"`
	Incremental       bool                `json:"incremental,omitempty"`
	DismissOnExit     bool                `json:"dismissOnExit,omitempty"`
	RelatedID         string              `json:"related,omitempty"`
	Past              []string            `json:"past,omitempty"`
	CustomerID        string              `json:"customer,omitempty"`
	Streaming         []streamRecord      `json:"streaming,omitempty"`
	Timers            []timerRecord       `json:"timers,omitempty"`
	Started           time.Time           `json:"started,omitzero"`
	Connected         time.Time           `json:"connected,omitzero"`
	Ended             time.Time           `json:"ended,omitzero"`
	Duration          time.Duration       `json:"duration,omitempty"` // in nanoseconds
	Reason            chat.Reason         `json:"reason,omitempty"`
	Queue             *queueRecord        `json:"queue,omitempty"`
	Flow              *flowRecord         `json:"runs,omitempty"`
	Successors        []successorRecord   `json:"successors,omitempty"` // the newest first
	Processing        *processingRecord   `json:"processing,omitempty"`
}

// successorRecord is a contact that followed another one of the chat.
type successorRecord struct {
	ID     string      `json:"id"`
	Method chat.Method `json:"method,omitempty"`
	Began  time.Time   `json:"began,omitzero"`
	Reason chat.Reason `json:"reason,omitempty"` // of the end of the one before
	First  int64       `json:"first,omitempty"`
	Came   int         `json:"came,omitempty"`
}

// flowRecord is a running contact flow.
type flowRecord struct {
	State []byte `json:"state,omitempty"`
	Heard int64  `json:"heard,omitempty"`
}

type queueRecord struct {
	Name  string    `json:"name,omitempty"`
	Since time.Time `json:"since,omitzero"`

	Priority   int           `json:"priority,omitempty"`
	Age        time.Duration `json:"age,omitempty"`
	Agent      string        `json:"agent,omitempty"`
	Interrupts bool          `json:"interrupts,omitempty"`
	Until      time.Time     `json:"until,omitzero"`
}

type participantRecord struct {
	ID          string          `json:"id"`
	DisplayName string          `json:"name,omitempty"`
	Role        transcript.Role `json:"role,omitempty"`
	Joined      time.Time       `json:"joined,omitzero"`
	Left        time.Time       `json:"left,omitzero"`
	Connected   time.Time       `json:"connected,omitzero"`
}

type streamRecord struct {
	ID       string `json:"id"`
	Endpoint string `json:"endpoint,omitempty"`
}

type timerRecord struct {
	Role  transcript.Role `json:"role,omitempty"`
	Type  chat.TimerType  `json:"type,omitempty"`
	After time.Duration   `json:"after,omitempty"` // in nanoseconds
}

// fileRecord is the body of an attachment.
type fileRecord struct {
	ContactID     string                `json:"contact"`
	ParticipantID string                `json:"participant,omitempty"`
	Name          string                `json:"name,omitempty"`
	ContentType   string                `json:"contentType,omitempty"`
	Size          int64                 `json:"size,omitempty"`
	Status        transcript.FileStatus `json:"status,omitempty"`
	ItemID        string                `json:"item,omitempty"`
	Created       time.Time             `json:"created,omitzero"`
}

// extraRecord is what few items have.
type extraRecord struct {
	Attachments []attachmentRecord `json:"attachments,omitempty"`
	Receipt     *receiptRecord     `json:"receipt,omitempty"`
	// Streamed says that the message was said in pieces.
	Streamed bool `json:"streamed,omitempty"`
	// Processed says what became of a message on its way.
	Processed *processedRecord `json:"processed,omitempty"`
	// Contact is the contact that the item belongs to when it is not the first one of the chat.
	Contact string `json:"contact,omitempty"`
}

type attachmentRecord struct {
	ID          string                      `json:"id"`
	Name        string                      `json:"name,omitempty"`
	ContentType string                      `json:"contentType,omitempty"`
	Status      transcript.AttachmentStatus `json:"status,omitempty"`
}

type receiptRecord struct {
	MessageID   string    `json:"message,omitempty"`
	RecipientID string    `json:"recipient,omitempty"`
	Delivered   time.Time `json:"delivered,omitzero"`
	Read        time.Time `json:"read,omitzero"`
}

func encodeContact(c *chat.Contact) (string, error) {
	r := contactRecord{
		InstanceID: c.InstanceID, FlowID: c.FlowID, Attributes: c.Attributes.Map(), SegmentAttributes: c.SegmentAttributes,
		ContentTypes: c.ContentTypes, Incremental: c.Incremental, DismissOnExit: c.DismissOnExit, Opening: c.Opening, RelatedID: c.RelatedID, Past: c.Past, CustomerID: c.CustomerID,
		Started: c.Started.UTC(), Connected: c.Connected.UTC(), Ended: c.Ended.UTC(), Duration: c.Duration, Reason: c.Reason,
		Processing: copied(c.Processing, recordProcessing),
	}
	if c.Queue != nil {
		queue := queueRecord(*c.Queue)
		queue.Since = queue.Since.UTC()
		r.Queue = &queue
	}
	if c.Flow != nil {
		state, err := c.Flow.State.MarshalBinary()
		if err != nil {
			return "", err
		}
		r.Flow = &flowRecord{state, c.Flow.Heard}
	}
	for s := c.Latest; s != nil; s = s.Before {
		r.Successors = append(r.Successors, successorRecord{s.ID, s.Method, s.Began.UTC(), s.Reason, s.First, s.Came})
	}
	for _, p := range c.Participants {
		r.Participants = append(r.Participants, participantRecord{p.ID, p.DisplayName, p.Role, p.Joined.UTC(), p.Left.UTC(), p.Connected.UTC()})
	}
	for _, st := range c.Streaming {
		r.Streaming = append(r.Streaming, streamRecord(st))
	}
	for _, t := range c.Timers {
		r.Timers = append(r.Timers, timerRecord(t))
	}
	return encode(r)
}

func decodeContact(id, body string) (*chat.Contact, error) {
	var r contactRecord
	if err := json.Unmarshal([]byte(body), &r); err != nil {
		return nil, fmt.Errorf("reading contact %s: %w", id, err)
	}
	c := &chat.Contact{
		ID: id, InstanceID: r.InstanceID, FlowID: r.FlowID, Attributes: chat.AttributesOf(r.Attributes),
		SegmentAttributes: r.SegmentAttributes, ContentTypes: r.ContentTypes, Incremental: r.Incremental, DismissOnExit: r.DismissOnExit, Opening: r.Opening, RelatedID: r.RelatedID, Past: r.Past,
		CustomerID: r.CustomerID, Started: r.Started, Connected: r.Connected, Ended: r.Ended, Duration: r.Duration, Reason: r.Reason,
	}
	if r.Queue != nil {
		queue := chat.Queued(*r.Queue)
		c.Queue = &queue
	}
	c.Processing = copied(r.Processing, processing)
	if r.Flow != nil {
		c.Flow = &chat.FlowState{State: chat.Encoded(r.Flow.State), Heard: r.Flow.Heard}
	}
	for _, s := range slices.Backward(r.Successors) {
		c.Latest = &chat.Successor{ID: s.ID, Method: s.Method, Began: s.Began, Reason: s.Reason, First: s.First, Came: s.Came, Before: c.Latest}
	}
	for _, p := range r.Participants {
		c.Participants = append(c.Participants, chat.Participant(p))
	}
	for _, st := range r.Streaming {
		c.Streaming = append(c.Streaming, chat.Stream(st))
	}
	for _, t := range r.Timers {
		c.Timers = append(c.Timers, chat.Timer(t))
	}
	return c, nil
}

func encodeFile(f *transcript.File) (string, error) {
	return encode(fileRecord{
		f.ContactID, f.ParticipantID, f.Name, f.ContentType, f.Size, f.Status, f.ItemID, f.Created.UTC(),
	})
}

func decodeFile(id, body string) (*transcript.File, error) {
	var r fileRecord
	if err := json.Unmarshal([]byte(body), &r); err != nil {
		return nil, fmt.Errorf("reading attachment %s: %w", id, err)
	}
	return &transcript.File{
		ID: id, ContactID: r.ContactID, ParticipantID: r.ParticipantID, Name: r.Name, ContentType: r.ContentType,
		Size: r.Size, Status: r.Status, ItemID: r.ItemID, Created: r.Created,
	}, nil
}

// encodeExtra returns null for the many items that have nothing more.
func encodeExtra(item *transcript.Item) (sql.NullString, error) {
	later := item.ContactID != item.InitialContactID
	if len(item.Attachments) == 0 && item.Receipt == nil && item.Part == nil && item.Processed == nil && !later {
		return sql.NullString{}, nil
	}
	r := extraRecord{Streamed: item.Part != nil, Processed: copied(item.Processed, recordProcessed)}
	if later {
		r.Contact = item.ContactID
	}
	for _, a := range item.Attachments {
		r.Attachments = append(r.Attachments, attachmentRecord(a))
	}
	if item.Receipt != nil {
		receipt := receiptRecord(*item.Receipt)
		receipt.Delivered, receipt.Read = receipt.Delivered.UTC(), receipt.Read.UTC()
		r.Receipt = &receipt
	}
	text, err := encode(r)
	return sql.NullString{String: text, Valid: true}, err
}

func decodeExtra(text string, item *transcript.Item) error {
	var r extraRecord
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return fmt.Errorf("reading item %d of contact %s: %w", item.Seq, item.ContactID, err)
	}
	item.ContactID = cmp.Or(r.Contact, item.ContactID)
	for _, a := range r.Attachments {
		item.Attachments = append(item.Attachments, transcript.Attachment(a))
	}
	if r.Streamed { // only the whole is stored
		item.Part = &transcript.Part{Completed: true}
	}
	if item.Processed = copied(r.Processed, processed); item.Undelivered() {
		item.Only = item.ParticipantID
	}
	if r.Receipt != nil {
		receipt := transcript.Receipt(*r.Receipt)
		item.Receipt = &receipt
	}
	return nil
}

func encode(record any) (string, error) {
	raw, err := json.Marshal(record)
	if err != nil {
		return "", fmt.Errorf("writing a record: %w", err)
	}
	return string(raw), nil
}

// packID returns the 16 bytes of a UUID in its usual spelling, and any other id as it is.
func packID(id string) any {
	if len(id) == 36 {
		if u, err := uuid.Parse(id); err == nil && u.String() == id {
			return u[:]
		}
	}
	return id
}

// unpackID undoes packID.
func unpackID(value any) (string, error) {
	switch v := value.(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case []byte:
		u, err := uuid.FromBytes(v)
		if err != nil {
			return "", fmt.Errorf("reading an id: %w", err)
		}
		return u.String(), nil
	}
	return "", fmt.Errorf("reading an id: it is a %T", value)
}

// optional stores an empty text as null.
func optional(text string) sql.NullString { return sql.NullString{String: text, Valid: text != ""} }

// millis is a time as the database has it.
func millis(t time.Time) int64 { return t.UnixMilli() }

func fromMillis(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// fromBound and toBound are inclusive bounds of times; zero is none.
func fromBound(t time.Time) int64 {
	if t.IsZero() {
		return math.MinInt64
	}
	if t.Nanosecond()%int(time.Millisecond) != 0 {
		return t.UnixMilli() + 1
	}
	return t.UnixMilli()
}

func toBound(t time.Time) int64 {
	if t.IsZero() {
		return math.MaxInt64
	}
	return t.UnixMilli()
}
