// Package recording keeps chats in a file and plays them again, so that a chat held once, with
// Amazon Connect or the embedded one, becomes a test that needs neither.
//
// It owns the file's format ([Writer], [Read]) and how a recording answers ([Player]). What it
// writes comes from package inspect, which masks secrets before anything is kept: a file is
// safe to commit. It refuses to know who may call and where files are.
//
// A file is lines of JSON: a [Header], then one [Event] a line, in the order in which they were
// over. Members that are unknown are ignored; what is written by a newer version is refused.
package recording

import (
	"bytes"
	"encoding/json"
	"errors"
	"time"

	"github.com/parley-chat/parley/internal/participant"
)

const (
	format = "parley-recording"
	// Version is that of the format that is written, and the newest that is read.
	Version = 1
)

// Header is the first line of a file.
type Header struct {
	Format  string    `json:"format"`
	Version int       `json:"version"`
	Created time.Time `json:"created"`
	// Upstream is who answered, in words for people.
	Upstream string `json:"upstream,omitempty"`
}

// Kind is what an [Event] is.
type Kind string

// Kinds of events.
const (
	// Call is a request and its answer.
	Call Kind = "call"
	// Open is a socket that was opened, Close its end.
	Open  Kind = "open"
	Close Kind = "close"
	// Frame is one text frame.
	Frame Kind = "frame"
)

// Event is one thing that happened in a chat. Secrets are masked.
type Event struct {
	Kind Kind `json:"kind"`
	// At is when it began, and Took how long it took, in milliseconds; At counts from
	// [Header.Created].
	At   float64 `json:"at"`
	Took float64 `json:"took,omitempty"`
	// Contact and Participant say whose it is; both are empty for a chat that did not start.
	Contact     string `json:"contact,omitempty"`
	Participant string `json:"participant,omitempty"`
	// Action is a call's: "SendMessage". Path is where it was made.
	Action string `json:"action,omitempty"`
	Path   string `json:"path,omitempty"`
	Status int    `json:"status,omitempty"`
	// Error is the name of the exception that was answered.
	Error    string `json:"error,omitempty"`
	Request  Text   `json:"request,omitempty"`
	Response Text   `json:"response,omitempty"`
	// Truncated says that a text was too long to be kept.
	Truncated bool `json:"truncated,omitempty"`
	// Socket tells sockets apart. Out is true for what the server sent; Code is that of the
	// first close frame.
	Socket string `json:"socket,omitempty"`
	Out    bool   `json:"out,omitempty"`
	Text   Text   `json:"text,omitempty"`
	Code   int    `json:"code,omitempty"`

	line int // in the file
}

// Text is a body or frame. A JSON object stands in the file as it is, so that people can read
// and change it there; everything else is a string.
type Text string

// MarshalJSON implements [json.Marshaler].
func (t Text) MarshalJSON() ([]byte, error) {
	if raw := []byte(t); isObject(raw) && json.Valid(raw) {
		return raw, nil
	}
	var quoted bytes.Buffer
	encoder := json.NewEncoder(&quoted)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(string(t))
	return quoted.Bytes(), err
}

func isObject(text []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) }

// UnmarshalJSON implements [json.Unmarshaler].
func (t *Text) UnmarshalJSON(raw []byte) error {
	if isObject(raw) {
		var compact bytes.Buffer
		if err := json.Compact(&compact, raw); err != nil {
			return err
		}
		*t = Text(compact.String())
		return nil
	}
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return errors.New("a text is neither an object nor a string")
	}
	*t = Text(text)
	return nil
}

// startAction is the one action that is not the Participant Service's.
const startAction = "StartChatContact"

// records reports whether an action belongs into a recording: what a customer's chat client
// asks for, but the bytes of attachments.
func records(action string) bool {
	if action == startAction {
		return true
	}
	for _, known := range participant.Actions() {
		if known.Name == action {
			return action != "UploadAttachment" && action != "DownloadAttachment"
		}
	}
	return false
}
