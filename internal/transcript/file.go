package transcript

import "time"

// File is an attachment as it is kept.
type File struct {
	ID, ContactID, ParticipantID string
	Name, ContentType            string
	Size                         int64
	Status                       FileStatus
	// ItemID is the transcript item that shows it, once it was completed.
	ItemID  string
	Created time.Time
}

// FileStatus is where an attachment is on its way.
type FileStatus string

// States of a file.
const (
	FileStarted  FileStatus = "started"  // an upload address was given out
	FileUploaded FileStatus = "uploaded" // its bytes are here
	FileScanning FileStatus = "scanning" // completed, not decided
	FileApproved FileStatus = "approved" // shown to everyone
	FileRejected FileStatus = "rejected" // shown as rejected
)
