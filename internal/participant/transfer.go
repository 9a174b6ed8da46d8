package participant

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/secret"
	"github.com/parley-chat/parley/internal/transcript"
)

// transferTime is how long size bytes of an attachment may be on their way: the server's own
// limits are for small bodies. It is a minute and the time at 1 Mbit/s, doubled.
func transferTime(size int64) time.Duration {
	return time.Minute + time.Duration(size)*16*time.Microsecond
}

// serveUpload takes the bytes of an attachment at the address StartAttachmentUpload gave out.
// Its headers have to be those that were given out with it, but the Content-Type.
func (s *Service) serveUpload(w http.ResponseWriter, r *http.Request) {
	if err := s.upload(w, r); err != nil {
		s.denied(r, uploadAction, secret.Text{}, err)
		s.fail(w, r, "upload", uuid.NewString(), err)
		return
	}
	w.WriteHeader(http.StatusOK)
}

func (s *Service) upload(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), r.PathValue("id")
	if err := first(s.needBlobs(), s.signer.check(http.MethodPut, r, id, s.chats.Clock().Now())); err != nil {
		return err
	}
	file, err := s.chats.File(ctx, id)
	if err != nil {
		return err
	}
	s.calledFor(r, uploadAction, file)
	contact, err := s.chats.Contact(ctx, file.ContactID)
	if err != nil {
		return errors.Join(chat.ErrAccessDenied, err)
	}
	if err := signedHeaders(r.Header, s.uploadHeaders(&file, &contact)); err != nil {
		return err
	}
	if file.Status != transcript.FileStarted && file.Status != transcript.FileUploaded {
		return chat.ErrConflict
	}
	if contact.HasEnded() {
		return chat.ErrAccessDenied
	}
	if r.ContentLength >= 0 && r.ContentLength != file.Size {
		return wrongSize(file.Size, strconv.FormatInt(r.ContentLength, 10))
	}
	limits := http.NewResponseController(w)
	_ = limits.SetReadDeadline(time.Now().Add(transferTime(file.Size))) // not every transport has deadlines
	_ = limits.SetWriteDeadline(time.Now().Add(transferTime(file.Size) + time.Minute))
	if err := s.keep(id, file.Size, r.Body); err != nil {
		return err
	}
	return s.chats.Uploaded(ctx, id)
}

// keep stores exactly size bytes.
func (s *Service) keep(id string, size int64, from io.Reader) error {
	blob, err := s.blobs.Create(id)
	if err != nil {
		return fmt.Errorf("storing an attachment: %w", err)
	}
	source := &source{from: io.LimitReader(from, size+1)}
	n, err := io.Copy(blob, source)
	switch {
	case source.err != nil:
		err = &chat.InvalidError{Text: fmt.Sprintf("The attachment did not arrive in full: it was announced with %d bytes, of which %d came.", size, n)}
	case err != nil:
		err = fmt.Errorf("storing an attachment: %w", err)
	case n > size: // as much as was read
		err = wrongSize(size, "more")
	case n < size:
		err = wrongSize(size, strconv.FormatInt(n, 10))
	default:
		if err = blob.Commit(); err != nil {
			err = fmt.Errorf("storing an attachment: %w", err)
		}
	}
	if closing := blob.Close(); closing != nil && err == nil {
		err = fmt.Errorf("storing an attachment: %w", closing)
	}
	return err
}

// source remembers that reading failed, which is the sender's fault and not the store's.
type source struct {
	from io.Reader
	err  error
}

// Read implements [io.Reader].
func (s *source) Read(p []byte) (int, error) {
	n, err := s.from.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

func wrongSize(size int64, sent string) error {
	return &chat.InvalidError{Text: fmt.Sprintf("The attachment was announced with %d bytes, but has %s.", size, sent)}
}

// serveDownload serves the bytes of an attachment at the address GetAttachment gave out. What
// a participant sent must not run as a page of this server.
func (s *Service) serveDownload(w http.ResponseWriter, r *http.Request) {
	file, blob, err := s.download(r)
	if err != nil {
		s.denied(r, downloadAction, secret.Text{}, err)
		s.fail(w, r, "download", uuid.NewString(), err)
		return
	}
	defer func() { _ = blob.Close() }() // it was only read
	h := w.Header()
	h.Set("Content-Type", file.ContentType)
	h.Set("Content-Disposition", disposition(file.Name))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "private, no-store")
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(transferTime(file.Size))) // not every transport has deadlines
	http.ServeContent(w, r, "", time.Time{}, blob)
}

func (s *Service) download(r *http.Request) (transcript.File, io.ReadSeekCloser, error) {
	ctx, id := r.Context(), r.PathValue("id")
	if err := first(s.needBlobs(), s.signer.check(http.MethodGet, r, id, s.chats.Clock().Now())); err != nil {
		return transcript.File{}, nil, err
	}
	file, err := s.chats.File(ctx, id)
	if err != nil {
		return transcript.File{}, nil, err
	}
	s.calledFor(r, downloadAction, file)
	if file.Status != transcript.FileApproved {
		return transcript.File{}, nil, chat.ErrAccessDenied
	}
	blob, err := s.blobs.Open(id)
	if err != nil {
		return transcript.File{}, nil, fmt.Errorf("opening an attachment: %w", err)
	}
	return file, blob, nil
}

// disposition tells a browser to save a file under a name that cannot be a path.
func disposition(name string) string {
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	name = strings.Map(func(c rune) rune {
		if unicode.IsControl(c) || !unicode.IsPrint(c) && c != ' ' || strings.ContainsRune(`/\:*?"<>|`, c) {
			return '_'
		}
		return c
	}, name)
	if strings.IndexFunc(name, func(c rune) bool { return c > unicode.MaxASCII }) < 0 {
		return `attachment; filename="` + name + `"`
	}
	if header := mime.FormatMediaType("attachment", map[string]string{"filename": name}); header != "" {
		return header
	}
	return "attachment"
}
