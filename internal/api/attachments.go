package api

import (
	"mime"
	"net/http"
	"time"

	"github.com/parley-chat/parley/internal/chat"
)

// fileAnswer is an attachment.
type fileAnswer struct {
	ID            string    `json:"id"`
	ContactID     string    `json:"contactId"`
	ParticipantID string    `json:"participantId"`
	Name          string    `json:"name"`
	ContentType   string    `json:"contentType"`
	Size          int64     `json:"size"`
	State         string    `json:"state"`
	Created       time.Time `json:"created"`
}

func fileJSON(f chat.File) fileAnswer {
	return fileAnswer{f.ID, f.ContactID, f.ParticipantID, f.Name, f.ContentType, f.Size, string(f.Status), f.Created.UTC()}
}

// listAttachments lists those of a contact, or of all that have not ended.
func (a *API) listAttachments(r *http.Request) (any, error) {
	q := r.URL.Query()
	files, err := a.Chats.Files(r.Context(), q.Get("contact"))
	if err != nil {
		return nil, err
	}
	list := []fileAnswer{}
	for _, file := range files {
		if state := q.Get("state"); state == "" || state == string(file.Status) {
			list = append(list, fileJSON(file))
		}
	}
	return map[string]any{"attachments": list}, nil
}

// attachment answers the bytes of an attachment, to be kept and not to be shown: it may be
// anything.
func (a *API) attachment(w http.ResponseWriter, r *http.Request) error {
	file, err := a.Chats.AnyFile(r.Context(), r.PathValue("file"))
	if err != nil {
		return err
	}
	if a.Blobs == nil {
		return chat.ErrNotFound
	}
	content, err := a.Blobs.Open(file.ID)
	if err != nil {
		return err
	}
	defer func() { _ = content.Close() }() // read only
	header := w.Header()
	header.Set("Content-Type", "application/octet-stream")
	header.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": file.Name}))
	header.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "no-store")
	http.ServeContent(w, r, "", time.Time{}, content)
	return nil
}

// decide approves or rejects an attachment that is being scanned.
func (a *API) decide(r *http.Request) (any, error) {
	var in struct {
		Approve *bool `json:"approve"`
	}
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	if in.Approve == nil {
		return nil, bad("approve", "approve is missing: true or false")
	}
	return nil, a.Chats.Decide(r.Context(), r.PathValue("file"), *in.Approve)
}
