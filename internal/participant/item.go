package participant

import (
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/parley-chat/parley/internal/chatsocket"
	"github.com/parley-chat/parley/internal/strict"
	"github.com/parley-chat/parley/internal/transcript"
)

// timeFormat is how times stand on the wire: UTC, three decimals, the letter Z. Some clients
// parse no other form.
const timeFormat = "2006-01-02T15:04:05.000Z"

func stamp(t time.Time) string { return t.UTC().Format(timeFormat) }

// setting says where an item is shown, which decides the contact ids it carries.
type setting int

const (
	onSocket         setting = iota // both InitialContactId and ContactId, or chatjs drops it
	inTranscript                    // ContactId
	inPastTranscript                // RelatedContactId, and no ContactId
)

// appendItem writes an item. It is written by hand because which members stand there even
// when they are empty depends on the item: the Android SDK loses a message without a
// DisplayName, and an event with a Content is not what clients expect.
func appendItem(dst []byte, item *transcript.Item, in setting) []byte {
	dst = append(dst, `{"AbsoluteTime":"`...)
	dst = item.Time.UTC().AppendFormat(dst, timeFormat)
	dst = append(dst, '"')
	if item.HasContent || item.Type == transcript.MessageItem {
		dst = appendMember(dst, "Content", item.Content)
	}
	if item.Type != transcript.AttachmentItem {
		dst = appendMember(dst, "ContentType", item.ContentType)
	}
	dst = appendMember(dst, "Id", item.ID)
	dst = appendMember(dst, "Type", string(item.Type))
	if item.Type == transcript.MetadataItem { // a receipt says nothing else
		if item.Receipt != nil {
			dst = appendMetadata(dst, item.Receipt.MessageID, nil, []transcript.Receipt{*item.Receipt})
		}
		return append(dst, '}')
	}
	if item.Type == transcript.AttachmentItem {
		dst = appendAttachments(dst, item.Attachments)
	}
	if item.ParticipantID != "" || item.Type == transcript.MessageItem {
		dst = appendMember(dst, "ParticipantId", item.ParticipantID)
		dst = appendMember(dst, "DisplayName", item.DisplayName)
		dst = appendMember(dst, "ParticipantRole", string(item.Role))
	}
	switch {
	case item.Undelivered():
		dst = appendText(append(dst, `,"MessageMetadata":{"MessageId":`...), item.ID)
		dst = append(appendMember(dst, "MessageProcessingStatus", string(item.Processed.Status)), '}')
	case len(item.Receipts) > 0 || item.Part != nil:
		dst = appendMetadata(dst, item.ID, item.Part, item.Receipts)
	}
	switch in {
	case onSocket:
		dst = appendMember(dst, "InitialContactId", item.InitialContactID)
		dst = appendMember(dst, "ContactId", item.ContactID)
	case inTranscript:
		dst = appendMember(dst, "ContactId", item.ContactID)
	case inPastTranscript:
		dst = appendMember(dst, "RelatedContactId", item.ContactID)
	}
	return append(dst, '}')
}

// appendMetadata writes how far a message is that is said in pieces, and who has received and read
// it. A message that was said in pieces is told so wherever it is shown: chatjs throws at a completed
// message that GetTranscript has shown it otherwise. The completed one has no ChunkNumber.
func appendMetadata(dst []byte, messageID string, part *transcript.Part, receipts []transcript.Receipt) []byte {
	dst = append(dst, `,"MessageMetadata":{"MessageId":`...)
	dst = appendText(dst, messageID)
	if part != nil {
		dst = strconv.AppendBool(append(dst, `,"MessageCompleted":`...), part.Completed)
		if !part.Completed {
			dst = strconv.AppendInt(append(dst, `,"ChunkNumber":`...), int64(part.Chunk), 10)
		}
	}
	if part != nil && len(receipts) == 0 {
		return append(dst, '}')
	}
	dst = append(dst, `,"Receipts":[`...)
	for i, r := range receipts {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, '{')
		if !r.Delivered.IsZero() {
			dst = append(dst, `"DeliveredTimestamp":"`...)
			dst = append(r.Delivered.UTC().AppendFormat(dst, timeFormat), `",`...)
		}
		if !r.Read.IsZero() {
			dst = append(dst, `"ReadTimestamp":"`...)
			dst = append(r.Read.UTC().AppendFormat(dst, timeFormat), `",`...)
		}
		dst = append(dst, `"RecipientParticipantId":`...)
		dst = append(appendText(dst, r.RecipientID), '}')
	}
	return append(dst, `]}`...)
}

func appendAttachments(dst []byte, attachments []transcript.Attachment) []byte {
	dst = append(dst, `,"Attachments":[`...)
	for i, a := range attachments {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"ContentType":`...)
		dst = appendText(dst, a.ContentType)
		dst = appendMember(dst, "AttachmentId", a.ID)
		dst = appendMember(dst, "AttachmentName", a.Name)
		dst = appendMember(dst, "Status", string(a.Status))
		dst = append(dst, '}')
	}
	return append(dst, ']')
}

func appendMember(dst []byte, name, value string) []byte {
	dst = append(dst, `,"`...)
	dst = append(dst, name...)
	dst = append(dst, `":`...)
	return appendText(dst, value)
}

// appendText writes a JSON string. Bytes that are not UTF-8 are replaced: a frame with them
// would make the client close the socket.
func appendText[T ~string | ~[]byte](dst []byte, text T) []byte {
	dst, _ = jsontext.AppendQuote(dst, text) // the error tells of the replacement
	return dst
}

// appendFrame writes the frame that shows an item on a socket.
func appendFrame(dst, scratch []byte, item *transcript.Item, rules *strict.Rules) (frame, used []byte) {
	scratch = rules.Extra(appendItem(scratch[:0], item, onSocket))
	return chatsocket.AppendChat(dst, scratch), scratch
}
