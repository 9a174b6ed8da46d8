package desk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/transcript"
)

// Say lets an agent say something and returns the id of the message and its time. Errors:
// [ErrNoAgent], [ErrNoContact], [ErrNotThere], [*chat.InvalidError].
func (d *Desk) Say(ctx context.Context, agentRef, contactID string, m transcript.Message) (sent chat.Sent, err error) {
	err = d.as(agentRef, contactID, func(participantID string) error {
		sent, err = d.chats.Say(ctx, contactID, participantID, m)
		return err
	})
	return sent, err
}

// Typing shows that an agent is typing. Errors: [ErrNoAgent], [ErrNoContact], [ErrNotThere].
func (d *Desk) Typing(ctx context.Context, agentRef, contactID string) error {
	return d.as(agentRef, contactID, func(participantID string) error {
		_, err := d.chats.Signal(ctx, contactID, participantID, transcript.Typing, "")
		return err
	})
}

// Read tells the others that an agent has read everything up to a message. In a chat of more
// than two there are no receipts, and nothing is told. Errors: [ErrNoAgent], [ErrNoContact],
// [ErrNotThere], [*chat.InvalidError].
func (d *Desk) Read(ctx context.Context, agentRef, contactID, messageID string) error {
	return d.as(agentRef, contactID, func(participantID string) error {
		return d.read(ctx, contactID, participantID, messageID)
	})
}

func (d *Desk) read(ctx context.Context, contactID, participantID, messageID string) error {
	_, err := d.chats.Signal(ctx, contactID, participantID, transcript.MessageRead, fmt.Sprintf(`{"messageId":%q}`, messageID))
	if errors.Is(err, chat.ErrConflict) {
		return nil
	}
	return err
}

// Attachment is a file that an agent sends.
type Attachment struct {
	Name, ContentType string
	// Size is how many bytes Body has.
	Size int64
	Body io.Reader
}

// SendFile lets an agent send an attachment. Errors: [ErrNoFiles], [ErrNoAgent],
// [ErrNoContact], [ErrNotThere], [chat.ErrQuota], [*chat.InvalidError], and what reading Body
// returns.
func (d *Desk) SendFile(ctx context.Context, agentRef, contactID string, a Attachment) (file transcript.File, err error) {
	err = d.as(agentRef, contactID, func(participantID string) error {
		file, err = d.sendFile(ctx, contactID, participantID, a)
		return err
	})
	return file, err
}

func (d *Desk) sendFile(ctx context.Context, contactID, participantID string, a Attachment) (transcript.File, error) {
	if d.files == nil {
		return transcript.File{}, ErrNoFiles
	}
	file, err := d.chats.StartUpload(ctx, contactID, participantID, transcript.File{Name: a.Name, ContentType: a.ContentType, Size: a.Size})
	if err != nil {
		return transcript.File{}, err
	}
	if err := d.keep(file.ID, a); err != nil {
		return transcript.File{}, fmt.Errorf("keeping an attachment: %w", err)
	}
	if err := d.chats.Uploaded(ctx, file.ID); err != nil {
		return transcript.File{}, err
	}
	if err := d.chats.CompleteUpload(ctx, participantID, file.ID, d.scan != nil); err != nil {
		return transcript.File{}, err
	}
	if file, err = d.chats.File(ctx, file.ID); err == nil && d.scan != nil {
		d.spawn(func() { d.scan(file) })
	}
	return file, err
}

// keep writes the bytes of an attachment.
func (d *Desk) keep(id string, a Attachment) (err error) {
	upload, err := d.files.Create(id)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, upload.Close()) }()
	n, err := io.Copy(upload, io.LimitReader(a.Body, a.Size+1))
	if err != nil {
		return err
	}
	if n != a.Size {
		sent := "more" // than was read
		if n < a.Size {
			sent = strconv.FormatInt(n, 10)
		}
		return &chat.InvalidError{
			Field: "AttachmentSizeInBytes", Text: fmt.Sprintf("AttachmentSizeInBytes is %d, but the attachment has %s.", a.Size, sent),
		}
	}
	return upload.Commit()
}
