package api

import (
	"cmp"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/desk"
	"github.com/parley-chat/parley/internal/diagnosis"
	"github.com/parley-chat/parley/internal/excerpt"
	"github.com/parley-chat/parley/internal/transcript"
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

func fileJSON(f transcript.File) fileAnswer {
	return fileAnswer{f.ID, f.ContactID, f.ParticipantID, f.Name, f.ContentType, f.Size, string(f.Status), f.Created.UTC()}
}

// listAttachments lists those of a contact, or of all that have not ended.
func (a *API) listAttachments(r *http.Request) (any, error) {
	q := r.URL.Query()
	state := transcript.FileStatus(q.Get("state"))
	states := []transcript.FileStatus{transcript.FileStarted, transcript.FileUploaded, transcript.FileScanning, transcript.FileApproved, transcript.FileRejected}
	if state != "" && !slices.Contains(states, state) {
		return nil, bad("state", fmt.Sprintf("state %q is not one of started, uploaded, scanning, approved, rejected", excerpt.Of(string(state), longestQuote)))
	}
	contactID := q.Get("contact")
	if contactID != "" {
		found, err := a.cfg.Chats.Contact(r.Context(), contactID)
		if err != nil {
			return nil, err
		}
		contactID = found.ID
	}
	files, err := a.cfg.Chats.Files(r.Context(), contactID)
	if err != nil {
		return nil, err
	}
	list := []fileAnswer{}
	for _, file := range files {
		if state == "" || state == file.Status {
			list = append(list, fileJSON(file))
		}
	}
	return map[string]any{"attachments": list}, nil
}

// attachment answers the bytes of an attachment, to be kept and not to be shown: it may be
// anything.
func (a *API) attachment(w http.ResponseWriter, r *http.Request) error {
	file, err := a.cfg.Chats.File(r.Context(), r.PathValue("file"))
	if errors.Is(err, chat.ErrNotFound) {
		return diagnosis.New(diagnosis.NothingSuch, "There is no such attachment.")
	}
	if err != nil {
		return err
	}
	content, err := a.cfg.Blobs.Open(file.ID)
	switch {
	case errors.Is(err, chat.ErrNotFound) && file.Status == transcript.FileStarted:
		return diagnosis.New(diagnosis.WrongState, "The bytes of this attachment have not come yet: its sender was given an address, and has to PUT them there.")
	case errors.Is(err, chat.ErrNotFound):
		return diagnosis.New(diagnosis.NothingSuch, "The bytes of this attachment are not kept any more.")
	case err != nil:
		return err
	}
	defer func() { _ = content.Close() }() // read only
	describe(w, "application/octet-stream")
	header := w.Header()
	header.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": saveAs(file.Name)}))
	header.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	http.ServeContent(w, r, "", time.Time{}, content)
	return nil
}

// saveAs is the name of a file on the disk of whoever saves it: without what takes it
// elsewhere, or makes it look like another kind of file.
func saveAs(name string) string {
	name = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, r) || !unicode.IsPrint(r) {
			return '_'
		}
		return r
	}, name)
	return cmp.Or(strings.TrimLeft(name, ". "), "attachment")
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
	return nil, a.cfg.Chats.Decide(r.Context(), r.PathValue("file"), *in.Approve)
}

// How many characters the name and the type of an attachment may have, as for customers.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_connect-participant_StartAttachmentUpload.html
const longestName, longestType = 256, 255

// sendFile sends the request's body as an agent's attachment, named by ?name=.
func (a *API) sendFile(r *http.Request) (any, error) {
	name := r.URL.Query().Get("name")
	contentType := cmp.Or(r.Header.Get("Content-Type"), "application/octet-stream")
	_, _, err := mime.ParseMediaType(contentType)
	switch {
	case r.ContentLength < 0:
		return nil, bad("Content-Length", "the length of an attachment has to be known: send Content-Length")
	case name == "" || !utf8.ValidString(name):
		return nil, bad("name", "name is missing in the address, or is no text")
	case utf8.RuneCountInString(name) > longestName:
		return nil, bad("name", chat.TooLong("name", longestName, utf8.RuneCountInString(name)).Text)
	case err != nil:
		return nil, bad("Content-Type", "the Content-Type is not the type of a file")
	case len(contentType) > longestType:
		return nil, bad("Content-Type", chat.TooLong("the Content-Type", longestType, len(contentType)).Text)
	}
	file, err := a.cfg.Desk.SendFile(r.Context(), r.PathValue("agent"), r.PathValue("contact"), desk.Attachment{
		Name: name, ContentType: contentType, Size: r.ContentLength, Body: r.Body,
	})
	if err != nil {
		return nil, err
	}
	return fileJSON(file), nil
}
