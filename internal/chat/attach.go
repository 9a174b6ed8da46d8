package chat

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/parley-chat/parley/internal/transcript"
)

// StartUpload announces an attachment of a participant. Errors: [ErrNotFound], [ErrAccessDenied]
// (also for custom bots), [ErrQuota], [InvalidError].
func (s *Service) StartUpload(ctx context.Context, contactID, participantID string, announced transcript.File) (transcript.File, error) {
	file := transcript.File{
		ID: newID(), ContactID: contactID, ParticipantID: participantID, Name: announced.Name, ContentType: announced.ContentType,
		Size: announced.Size, Status: transcript.FileStarted,
	}
	err := s.Step(ctx, contactID, func(step *Step) error {
		if err := step.uploader(participantID); err != nil {
			return err
		}
		rules := s.FileRules(step.contact.InstanceID, ChatFiles)
		if err := rules.check(announced.Name, announced.Size); err != nil {
			return err
		}
		n, err := s.store.Files(ctx, contactID)
		if err != nil {
			return err
		}
		if n >= s.limits.Files {
			return &LimitError{ErrQuota, fmt.Sprintf("A chat may have at most %d attachments, and this one has %d.", s.limits.Files, n)}
		}
		file.Created = step.now
		step.file = &file
		return nil
	})
	if err != nil {
		return transcript.File{}, err
	}
	return file, nil
}

// uploader refuses those who cannot send attachments: custom bots, and those who do not take part.
func (step *Step) uploader(participantID string) error {
	p, err := step.participant(participantID)
	if err != nil || p.Role == transcript.CustomBot {
		return ErrAccessDenied
	}
	return nil
}

// Uploaded notes that the bytes of an attachment are here.
func (s *Service) Uploaded(ctx context.Context, fileID string) error {
	return s.changeFile(ctx, fileID, func(_ *Step, file *transcript.File) error {
		if file.Status != transcript.FileStarted && file.Status != transcript.FileUploaded {
			return ErrConflict
		}
		file.Status = transcript.FileUploaded
		return nil
	})
}

// CompleteUpload sends an uploaded attachment of a participant: everyone sees it being scanned, or,
// when there is no scanner, at once. Errors: [ErrAccessDenied], [ErrConflict] for one that was
// completed already, [InvalidError] for one that is unknown or whose bytes never came.
func (s *Service) CompleteUpload(ctx context.Context, participantID, fileID string, scan bool) error {
	err := s.changeFile(ctx, fileID, func(step *Step, file *transcript.File) error {
		if err := step.uploader(participantID); err != nil || file.ParticipantID != participantID {
			return ErrAccessDenied
		}
		switch file.Status {
		case transcript.FileStarted:
			return invalid("AttachmentIds", "names an attachment whose bytes were not uploaded.")
		case transcript.FileScanning, transcript.FileApproved, transcript.FileRejected:
			return ErrConflict
		case transcript.FileUploaded:
		}
		file.Status = transcript.FileApproved
		if scan {
			file.Status = transcript.FileScanning
		}
		p, _ := step.contact.Participant(participantID)
		item := by(p, transcript.AttachmentItem, "")
		item.Attachments = []transcript.Attachment{shown(file)}
		file.ItemID = step.add(item, true).ID
		step.heard(p)
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
	return s.decide(ctx, fileID, approve, "")
}

// Reject is [Service.Decide] for an attachment that a fault finds unfit, which is named.
func (s *Service) Reject(ctx context.Context, fileID, fault string) error {
	return s.decide(ctx, fileID, false, fault)
}

func (s *Service) decide(ctx context.Context, fileID string, approve bool, fault string) error {
	return s.changeFile(ctx, fileID, func(step *Step, file *transcript.File) error {
		if file.Status != transcript.FileScanning {
			return ErrConflict
		}
		file.Status = transcript.FileRejected
		if approve {
			file.Status = transcript.FileApproved
		}
		p, _ := step.contact.Participant(file.ParticipantID)
		item := by(p, transcript.AttachmentItem, "")
		item.ID, item.Attachments, item.Fault = file.ItemID, []transcript.Attachment{shown(file)}, fault
		seq, err := s.store.Find(ctx, step.contact.ID, file.ItemID)
		if err != nil {
			return err
		}
		step.add(item, false) // seen again under its old id, and stored in its old place
		last := &step.items[len(step.items)-1]
		last.Seq, last.ContactID = seq, step.contact.contactOf(seq)
		return nil
	})
}

// changeFile changes an attachment of an active contact.
func (s *Service) changeFile(ctx context.Context, fileID string, f func(*Step, *transcript.File) error) error {
	found, err := s.store.File(ctx, fileID)
	if err != nil {
		return err
	}
	e := s.find(found.ContactID)
	if e == nil {
		return ErrAccessDenied
	}
	unknown := error(nil)
	err = s.change(ctx, e, func(step *Step) error {
		file, err := s.store.File(ctx, fileID) // again, now that nobody else can change it
		if err != nil {
			unknown = err
			return err
		}
		if err := f(step, file); err != nil {
			return err
		}
		step.file = file
		return nil
	})
	if unknown != nil {
		return unknown
	}
	return denied(err)
}

// ReadFile returns an attachment that a participant may read. Errors: [ErrAccessDenied] (also for
// custom bots), [InvalidError].
func (s *Service) ReadFile(ctx context.Context, contactID, participantID, fileID string) (transcript.File, error) {
	contact, err := s.Contact(ctx, contactID)
	if err != nil {
		return transcript.File{}, denied(err)
	}
	p, ok := contact.Participant(participantID)
	if !ok || !p.Active() || p.Role == transcript.CustomBot || contact.HasEnded() {
		return transcript.File{}, ErrAccessDenied
	}
	file, err := s.File(ctx, fileID)
	if errors.Is(err, ErrNotFound) || err == nil && !contact.reaches(file.ContactID) {
		return transcript.File{}, invalid("AttachmentId", "names an attachment that this chat does not have.")
	}
	if err != nil {
		return transcript.File{}, fmt.Errorf("reading an attachment: %w", err)
	}
	if file.Status != transcript.FileApproved {
		return transcript.File{}, invalid("AttachmentId", "names an attachment that is not approved.")
	}
	return file, nil
}

// File returns an attachment by id, whoever may read it. Errors: [ErrNotFound].
func (s *Service) File(ctx context.Context, fileID string) (transcript.File, error) {
	file, err := s.store.File(ctx, fileID)
	if err != nil {
		return transcript.File{}, err
	}
	return *file, nil
}

// reaches reports whether a contact is this one or one whose conversation it continues.
func (c *Contact) reaches(contactID string) bool {
	return contactID == c.ID || slices.Contains(c.Past, contactID)
}

// shown returns an attachment as its item shows it.
func shown(f *transcript.File) transcript.Attachment {
	status := transcript.AttachmentInProgress
	switch f.Status {
	case transcript.FileApproved:
		status = transcript.AttachmentApproved
	case transcript.FileRejected:
		status = transcript.AttachmentRejected
	case transcript.FileStarted, transcript.FileUploaded, transcript.FileScanning:
	}
	return transcript.Attachment{ID: f.ID, Name: f.Name, ContentType: f.ContentType, Status: status}
}
