package inspect

import (
	"strconv"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/excerpt"
)

// Kind is what an [Exchange] is.
type Kind string

// Kinds of exchanges.
const (
	// HTTP is a request and its answer.
	HTTP Kind = "http"
	// Socket is the beginning (the request that was upgraded, status 101) or the end of a
	// WebSocket (a close code and no request).
	Socket Kind = "socket"
	// Frame is one text frame.
	Frame Kind = "frame"
	// Flow is a step of a contact flow: nothing on the wire, but what led to it.
	Flow Kind = "flow"
)

// Direction is the way a frame went, as the server sees it.
type Direction string

// Directions. Closing has one, too: that of the first close frame.
const (
	In  Direction = "in"
	Out Direction = "out"
)

// Exchange is one thing that went over the wire, with every secret masked.
type Exchange struct {
	// ID names it, Seq orders it by when it was over. Both are of one run of the server.
	ID  string `json:"id"`
	Seq uint64 `json:"seq"`
	// Time is when it began, UTC.
	Time time.Time `json:"time"`
	Kind Kind      `json:"kind"`
	// ContactID, ParticipantID and Role say whose it is, as far as that is known.
	ContactID     string `json:"contactId,omitempty"`
	ParticipantID string `json:"participantId,omitempty"`
	Role          string `json:"role,omitempty"`
	// Action is the operation: "StartChatContact", "SendMessage", "WebSocket".
	Action    string    `json:"action,omitempty"`
	Direction Direction `json:"direction,omitempty"`

	Method string `json:"method,omitempty"`
	// Scheme and Host are how the client reached the server, Path is the path and query.
	Scheme   string `json:"scheme,omitempty"`
	Host     string `json:"host,omitempty"`
	Path     string `json:"path,omitempty"`
	Protocol string `json:"protocol,omitempty"`
	Origin   string `json:"origin,omitempty"`
	// Status is the HTTP status; zero for frames.
	Status int `json:"status,omitempty"`

	RequestHeaders []Header `json:"requestHeaders,omitempty"`
	// RequestBody and ResponseBody are the text that was sent and answered, up to
	// Config.MaxBody. A frame's text is in RequestBody when it came in, else in ResponseBody.
	RequestBody     string   `json:"requestBody,omitempty"`
	ResponseHeaders []Header `json:"responseHeaders,omitempty"`
	ResponseBody    string   `json:"responseBody,omitempty"`
	// Truncated says that a body was longer than what is kept, RequestOmitted and
	// ResponseOmitted that it is left out: that of an attachment, or one that is no text.
	Truncated       bool `json:"truncated,omitempty"`
	RequestOmitted  bool `json:"requestOmitted,omitempty"`
	ResponseOmitted bool `json:"responseOmitted,omitempty"`

	// FirstByteMs is the time to the answer's first byte, DurationMs that to its end, in
	// milliseconds.
	FirstByteMs float64 `json:"firstByteMs,omitempty"`
	DurationMs  float64 `json:"durationMs,omitempty"`
	// RequestSize and Size are the lengths of the request's body and of the answer's, or of a
	// frame, in bytes.
	RequestSize int64 `json:"requestSize,omitempty"`
	Size        int64 `json:"size"`
	// ContentType is that of the answer; of a frame, that of the item it shows.
	ContentType string `json:"contentType,omitempty"`
	// Topic is a frame's, SocketID the exchange that began its socket.
	Topic    string `json:"topic,omitempty"`
	SocketID string `json:"socketId,omitempty"`
	// CloseCode is the code of the first close frame (RFC 6455, section 7.4).
	CloseCode int `json:"closeCode,omitempty"`
	// Fault names the fault that was injected.
	Fault string `json:"fault,omitempty"`
	// Preview is what was said, or who or what it is about: of a [Exchange.Summary] only.
	Preview string `json:"preview,omitempty"`
	// Problem says what is wrong.
	Problem *Problem `json:"problem,omitempty"`
	// Flow is the step of a contact flow.
	Flow *FlowStep `json:"flow,omitempty"`
}

// Problem is what went wrong, and what to do.
type Problem struct {
	// Rule names the cause; ids are stable.
	Rule     string `json:"rule"`
	Sentence string `json:"sentence"`
	Hint     string `json:"hint,omitempty"`
	// Docs is the address of a page about it.
	Docs string `json:"docs,omitempty"`
}

// Summary returns the exchange without headers and bodies, and without the values of a flow.
func (e Exchange) Summary() Exchange {
	e.Preview = preview(&e)
	e.RequestHeaders, e.ResponseHeaders, e.RequestBody, e.ResponseBody = nil, nil, "", ""
	if e.Flow != nil {
		step := *e.Flow
		step.Parameters, step.External = nil, nil
		e.Flow = &step
	}
	return e
}

const longestPreview = 120

// preview is a message's text, or what an event tells, or the name of who begins a chat and of what is made or
// changed: what tells one call of an action from another one.
func preview(e *Exchange) string {
	text := ""
	switch {
	case e.Kind == Frame:
		text = member(member(e.Text(), "content"), "Content")
	case e.Action == sendMessage:
		text = member(e.RequestBody, "Content")
	case e.Action == startChat:
		text = member(memberValue(e.RequestBody, "ParticipantDetails"), "DisplayName")
	case e.Action == "SendEvent":
		_, text, _ = strings.Cut(member(e.RequestBody, "ContentType"), ".connect.event.")
	case e.Action == "StartAttachmentUpload":
		text = member(e.RequestBody, "AttachmentName")
	case e.Action == "CreateUser":
		text = member(e.RequestBody, "Username")
	case e.Action != "":
		text = member(e.RequestBody, "Name")
	}
	return excerpt.Of(text, longestPreview)
}

// Text is the text of a frame.
func (e Exchange) Text() string {
	if e.Direction == In {
		return e.RequestBody
	}
	return e.ResponseBody
}

// Failed reports whether something is wrong with the exchange.
func (e Exchange) Failed() bool { return e.Status >= 400 || e.Problem != nil }

// URL is the address as the client called it.
func (e Exchange) URL() string { return e.Scheme + "://" + e.Host + e.Path }

// idOf is the id of what has a sequence number.
func idOf(seq uint64) string { return strconv.FormatUint(seq, 10) }
