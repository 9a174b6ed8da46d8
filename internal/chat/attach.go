package chat

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/secret"
	"github.com/parley-chat/parley/internal/transcript"
)

// extensions are the file types chats take by default.
//
// Source: "Amazon Connect service quotas", attachments.
func extensions() []string {
	return []string{
		"csv", "doc", "docx", "heic", "jfif", "jpeg", "jpg", "mov", "mp4", "pdf", "png", "ppt", "pptx", "rtf", "txt", "wav",
		"xls", "xlsx",
	}
}

// StartUpload announces an attachment of a connection token's participant. Errors:
// ErrAccessDenied (also for custom bots), ErrQuota, [InvalidError].
func (s *Service) StartUpload(ctx context.Context, token secret.Text, name, contentType string, size int64) (File, error) {
	e, participantID, err := s.use(token)
	if err != nil {
		return File{}, err
	}
	if err := s.checkFile(name, size); err != nil {
		return File{}, err
	}
	var file File
	err = s.change(ctx, e, func(d *draft) error {
		p, ok := d.contact.Participant(participantID)
		if !ok || !p.Active() || p.Role == transcript.CustomBot {
			return ErrAccessDenied
		}
		n, err := s.store.Files(ctx, d.contact.ID)
		if err != nil {
			return err
		}
		if n >= s.limits.Files {
			return ErrQuota
		}
		file = File{
			ID: newID(), ContactID: d.contact.ID, ParticipantID: participantID, Name: name, ContentType: contentType,
			Size: size, Status: FileStarted, Created: d.now,
		}
		d.file = &file
		return nil
	})
	return file, err
}

func (s *Service) checkFile(name string, size int64) error {
	if size < 1 || size > s.limits.FileBytes {
		return invalid("AttachmentSizeInBytes", "must be from 1 to %d.", s.limits.FileBytes)
	}
	extension := strings.ToLower(strings.TrimPrefix(filepath.Ext(name), "."))
	if !slices.Contains(extensions(), extension) {
		return invalid("AttachmentName", "must end in one of %s.", strings.Join(extensions(), ", "))
	}
	return nil
}

// Uploaded notes that the bytes of an attachment are here.
func (s *Service) Uploaded(ctx context.Context, fileID string) error {
	return s.changeFile(ctx, fileID, func(_ *draft, file *File) error {
		if file.Status != FileStarted && file.Status != FileUploaded {
			return ErrConflict
		}
		file.Status = FileUploaded
		return nil
	})
}

// CompleteUpload sends an uploaded attachment: everyone sees it being scanned, or, when there
// is no scanner, at once. Errors: ErrAccessDenied, ErrConflict for one that was completed
// already, [InvalidError] for one whose bytes never came.
func (s *Service) CompleteUpload(ctx context.Context, token secret.Text, fileID string, scan bool) error {
	_, participantID, err := s.use(token)
	if err != nil {
		return err
	}
	err = s.changeFile(ctx, fileID, func(d *draft, file *File) error {
		p, ok := d.contact.Participant(participantID)
		if !ok || !p.Active() || p.Role == transcript.CustomBot || file.ParticipantID != participantID {
			return ErrAccessDenied
		}
		switch file.Status {
		case FileStarted:
			return invalid("AttachmentIds", "names an attachment whose bytes were not uploaded.")
		case FileScanning, FileApproved, FileRejected:
			return ErrConflict
		case FileUploaded:
		}
		file.Status = FileApproved
		if scan {
			file.Status = FileScanning
		}
		item := by(p, transcript.AttachmentItem, "")
		item.Attachments = []transcript.Attachment{file.shown()}
		file.ItemID = d.add(item, true).ID
		d.heard(p)
		return nil
	})
	if errors.Is(err, ErrNotFound) {
		return invalid("AttachmentIds", "names an attachment that this chat does not have.")
	}
	return err
}

// Decide approves or rejects an attachment that is being scanned. Errors: ErrNotFound,
// ErrConflict.
func (s *Service) Decide(ctx context.Context, fileID string, approve bool) error {
	return s.changeFile(ctx, fileID, func(d *draft, file *File) error {
		if file.Status != FileScanning {
			return ErrConflict
		}
		file.Status = FileRejected
		if approve {
			file.Status = FileApproved
		}
		p, _ := d.contact.Participant(file.ParticipantID)
		item := by(p, transcript.AttachmentItem, "")
		item.ID, item.Attachments = file.ItemID, []transcript.Attachment{file.shown()}
		seq, err := s.store.Find(ctx, d.contact.ID, file.ItemID)
		if err != nil {
			return err
		}
		d.add(item, false) // seen again under its old id, and stored in its old place
		d.items[len(d.items)-1].Seq = seq
		return nil
	})
}

// changeFile changes an attachment of an active contact.
func (s *Service) changeFile(ctx context.Context, fileID string, f func(*draft, *File) error) error {
	found, err := s.store.File(ctx, fileID)
	if err != nil {
		return err
	}
	e := s.find(found.ContactID)
	if e == nil {
		return ErrAccessDenied
	}
	return s.change(ctx, e, func(d *draft) error {
		file, err := s.store.File(ctx, fileID) // again, now that nobody else can change it
		if err != nil {
			return err
		}
		if err := f(d, file); err != nil {
			return err
		}
		d.file = file
		return nil
	})
}

// File returns an attachment that the connection token's participant may read. Errors:
// ErrAccessDenied (also for custom bots), [InvalidError].
func (s *Service) File(ctx context.Context, token secret.Text, fileID string) (File, error) {
	e, participantID, err := s.use(token)
	if err != nil {
		return File{}, err
	}
	e.mu.Lock()
	contact := e.contact
	e.mu.Unlock()
	p, ok := contact.Participant(participantID)
	if !ok || !p.Active() || p.Role == transcript.CustomBot || contact.HasEnded() {
		return File{}, ErrAccessDenied
	}
	file, err := s.store.File(ctx, fileID)
	if errors.Is(err, ErrNotFound) || err == nil && !contact.reaches(file.ContactID) {
		return File{}, invalid("AttachmentId", "names an attachment that this chat does not have.")
	}
	if err != nil {
		return File{}, fmt.Errorf("reading an attachment: %w", err)
	}
	if file.Status != FileApproved {
		return File{}, invalid("AttachmentId", "names an attachment that is not approved.")
	}
	return *file, nil
}

// AnyFile returns an attachment by id, for the addresses that are signed by themselves.
// Errors: ErrNotFound.
func (s *Service) AnyFile(ctx context.Context, fileID string) (File, error) {
	file, err := s.store.File(ctx, fileID)
	if err != nil {
		return File{}, err
	}
	return *file, nil
}

// reaches reports whether a contact is this one or one whose conversation it continues.
func (c *Contact) reaches(contactID string) bool {
	return contactID == c.ID || slices.Contains(c.Past, contactID)
}

// shown is the file as its item shows it.
func (f *File) shown() transcript.Attachment {
	status := transcript.AttachmentInProgress
	switch f.Status {
	case FileApproved:
		status = transcript.AttachmentApproved
	case FileRejected:
		status = transcript.AttachmentRejected
	case FileStarted, FileUploaded, FileScanning:
	}
	return transcript.Attachment{ID: f.ID, Name: f.Name, ContentType: f.ContentType, Status: status}
}
