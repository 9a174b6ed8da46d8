package participant

import (
	"context"
	"fmt"
	"mime"
	"net/http"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/transcript"
)

const (
	longestMIME   = 255
	longestName   = 256
	shortestURL   = 5
	longestURL    = 300
	defaultExpiry = 300
)

func (s *Service) needBlobs() error {
	if s.blobs == nil {
		return &chat.InvalidError{Text: "Attachments are not enabled for this instance."}
	}
	return nil
}

// startUpload is StartAttachmentUpload.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_connect-participant_StartAttachmentUpload.html
func (s *Service) startUpload(ctx context.Context, c *call) ([]byte, error) {
	var in struct {
		AttachmentName, ContentType, ClientToken string
		AttachmentSizeInBytes                    int64
	}
	err := decode(c.body, &in)
	if err == nil {
		err = first(
			s.needBlobs(), required("AttachmentName", in.AttachmentName, longestName),
			required("ContentType", in.ContentType, longestMIME), required("ClientToken", in.ClientToken, longestClientToken))
	}
	if err != nil {
		return nil, err
	}
	if _, _, err := mime.ParseMediaType(in.ContentType); err != nil {
		return nil, &chat.InvalidError{Field: "ContentType", Text: "ContentType is not a MIME type."}
	}
	file, err := s.chats.StartUpload(ctx, c.contactID, c.participantID, transcript.File{
		Name: in.AttachmentName, ContentType: in.ContentType, Size: in.AttachmentSizeInBytes,
	})
	if err != nil {
		return nil, err
	}
	contact, err := s.chats.Contact(ctx, c.contactID)
	if err != nil {
		return nil, err
	}
	expiry := s.chats.Clock().Now().Add(s.chats.Limits().UploadLife)
	var out struct {
		AttachmentID   string `json:"AttachmentId"`
		UploadMetadata struct {
			URL              string `json:"Url"`
			URLExpiry        string `json:"UrlExpiry"`
			HeadersToInclude map[string]string
		}
	}
	out.AttachmentID = file.ID
	upload := &out.UploadMetadata
	upload.URL = s.baseOf(c.request).http(s.signer.path(http.MethodPut, file.ID, expiry))
	upload.URLExpiry = stamp(expiry)
	upload.HeadersToInclude = s.uploadHeaders(&file, &contact)
	return encode(out)
}

// completeUpload is CompleteAttachmentUpload. chatjs calls it whatever became of the upload,
// so what counts is what has arrived here. A repeat by an SDK is answered like the first.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_connect-participant_CompleteAttachmentUpload.html
func (s *Service) completeUpload(ctx context.Context, c *call) ([]byte, error) {
	var in struct {
		AttachmentIDs []string `json:"AttachmentIds"`
		ClientToken   string
	}
	err := decode(c.body, &in)
	if err == nil {
		err = first(s.needBlobs(), required("ClientToken", in.ClientToken, longestClientToken))
	}
	if err == nil && len(in.AttachmentIDs) != 1 {
		err = &chat.InvalidError{
			Field: "AttachmentIds", Text: fmt.Sprintf("AttachmentIds must hold exactly 1 id, but holds %d.", len(in.AttachmentIDs)),
		}
	}
	if err == nil {
		err = required("AttachmentIds[0]", in.AttachmentIDs[0], longestID)
	}
	if err != nil {
		return nil, err
	}
	id := in.AttachmentIDs[0]
	key := repeatKey("complete "+id, c.token, in.ClientToken)
	if s.recent.has(key) {
		return nothing(), nil
	}
	scan := s.scan
	if s.faults != nil {
		if fault := s.faults.RejectsAttachment(c.request, c.contactID, c.participantID); fault != "" {
			scan = func(file transcript.File) { s.rejectLater(ctx, file, fault) }
		}
	}
	if err := s.chats.CompleteUpload(ctx, c.participantID, id, scan != nil); err != nil {
		return nil, err
	}
	s.recent.add(key)
	return nothing(), s.scanLater(ctx, id, scan)
}

// scanLater hands an attachment to the scanner; nil is none.
func (s *Service) scanLater(ctx context.Context, id string, scan func(transcript.File)) error {
	if scan == nil {
		return nil
	}
	file, err := s.chats.File(ctx, id)
	if err != nil {
		return err
	}
	if !s.sockets.TryGo(func() { scan(file) }) { // nothing waits for goroutines that begin now
		scan(file)
	}
	return nil
}

// getAttachment is GetAttachment.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_connect-participant_GetAttachment.html
func (s *Service) getAttachment(ctx context.Context, c *call) ([]byte, error) {
	var in struct {
		AttachmentID       string `json:"AttachmentId"`
		URLExpiryInSeconds *int   `json:"UrlExpiryInSeconds"`
	}
	err := decode(c.body, &in)
	if err == nil {
		err = first(s.needBlobs(), required("AttachmentId", in.AttachmentID, longestID))
	}
	if err != nil {
		return nil, err
	}
	seconds := defaultExpiry
	if in.URLExpiryInSeconds != nil {
		seconds = *in.URLExpiryInSeconds
	}
	if seconds < shortestURL || seconds > longestURL {
		return nil, chat.Outside("UrlExpiryInSeconds", shortestURL, longestURL, seconds)
	}
	file, err := s.chats.ReadFile(ctx, c.contactID, c.participantID, in.AttachmentID)
	if err != nil {
		return nil, err
	}
	expiry := s.chats.Clock().Now().Add(time.Duration(seconds) * time.Second)
	return encode(struct {
		URL                   string `json:"Url"`
		URLExpiry             string `json:"UrlExpiry"`
		AttachmentSizeInBytes int64
	}{s.baseOf(c.request).http(s.signer.path(http.MethodGet, file.ID, expiry)), stamp(expiry), file.Size})
}
