package participant

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/chatsocket"
	"github.com/parley-chat/parley/internal/secret"
	"github.com/parley-chat/parley/internal/transcript"
)

// Tap hears of calls and frames as they pass, for whoever records them. Its methods are called
// on the way of requests and frames: they must not block, and must not keep a text after they
// have returned. Ids and roles are empty where they are not known. A Tap is used by many
// goroutines at once.
type Tap interface {
	// Called names the action of a request, and whose token came with it, whether or not the
	// token still works.
	Called(r *http.Request, action, contactID, participantID, role string)
	// Denied says why a call was answered AccessDeniedException, which the answer does not:
	// one of the Why constants.
	Denied(r *http.Request, why string)
	// Opened tells of a socket that was opened by a request, and returns what the other
	// methods are to call it.
	Opened(r *http.Request, contactID, participantID, role string) (socket uint64)
	// Frame hands over a text frame that has come, or that is about to be sent (out), with the name of
	// the fault that strikes it; a fault may also lose it. Heartbeats and their answers, and control
	// frames, are left out.
	Frame(socket uint64, out bool, text []byte, fault string)
	// Closed tells that a socket is closed, with the code of the first close frame and whether
	// the server sent it. 1006 is a connection that was lost without one, and 1005 a close
	// frame without a code (RFC 6455, section 7.4.1). fault names what has ended it on purpose.
	Closed(socket uint64, out bool, code int, fault string)
}

// Why a call was denied, beyond what AWS tells.
const (
	WhyNoToken        = "token-missing"
	WhyUnknownToken   = "token-unknown"
	WhyParticipant    = "token-of-participant" // where a connection token is due
	WhyConnection     = "token-of-connection"  // where a participant token is due
	WhyExpired        = "token-expired"
	WhyChatEnded      = "chat-ended"
	WhyLeft           = "participant-left"
	WhyOrigin         = "origin-not-approved"
	WhyAddressExpired = "attachment-address-expired"
	WhyAddressAltered = "attachment-address-altered"
	WhyUploadHeaders  = "attachment-headers"
	WhyNotApproved    = "attachment-not-approved"
	WhyNotAllowed     = "not-allowed"
	websocketAction   = "WebSocket"
	uploadAction      = "UploadAttachment"
	downloadAction    = "DownloadAttachment"
)

// called tells the tap of a call and of the holder of its token, who is the zero value when the
// token was not checked or did not work.
func (s *Service) called(r *http.Request, action string, token secret.Text, holder chat.Holder) {
	if s.tap == nil {
		return
	}
	if holder.ContactID == "" {
		holder, _ = s.chats.Holder(token)
	}
	s.tap.Called(r, action, holder.ContactID, holder.ParticipantID, string(holder.Role))
}

// calledFor tells the tap of a transfer of an attachment's bytes.
func (s *Service) calledFor(r *http.Request, action string, file transcript.File) {
	if s.tap != nil {
		s.tap.Called(r, action, file.ContactID, file.ParticipantID, "")
	}
}

// denied tells the tap why a call failed, if it was for want of permission.
func (s *Service) denied(r *http.Request, action string, token secret.Text, err error) {
	if s.tap == nil || !errors.Is(err, chat.ErrAccessDenied) {
		return
	}
	why := s.why(r, action, token)
	if _, signed := errors.AsType[*storageError](err); signed && why == WhyChatEnded { // the address itself is good
		why = WhyUploadHeaders
	}
	s.tap.Denied(r, why)
}

// why finds out what was wrong with a call that was denied.
func (s *Service) why(r *http.Request, action string, token secret.Text) string {
	if action == uploadAction || action == downloadAction {
		return s.whyTransfer(r, action)
	}
	holder, ok := s.chats.Holder(token)
	due := chat.ConnectionTokens
	switch action {
	case createConnectionName:
		due = chat.ParticipantTokens
	case websocketAction:
		due = chat.SocketTickets
	}
	switch {
	case !s.approves(r):
		return WhyOrigin
	case token.IsZero():
		return WhyNoToken
	case !ok:
		return WhyUnknownToken
	case holder.Kind != due && holder.Kind == chat.ParticipantTokens:
		return WhyParticipant
	case holder.Kind != due && holder.Kind == chat.ConnectionTokens:
		return WhyConnection
	case holder.Kind != due:
		return WhyUnknownToken
	case holder.Ended:
		return WhyChatEnded
	case holder.Left:
		return WhyLeft
	case holder.Expired:
		return WhyExpired
	}
	return WhyNotAllowed
}

// whyTransfer is why for the address of an attachment.
func (s *Service) whyTransfer(r *http.Request, action string) string {
	now, id := s.chats.Clock().Now(), r.PathValue("id")
	method := http.MethodGet
	if action == uploadAction {
		method = http.MethodPut
	}
	if s.signer.check(method, r, id, now) != nil {
		seconds, err := strconv.ParseInt(r.URL.Query().Get("expires"), 10, 64)
		if err == nil && now.Unix() > seconds {
			return WhyAddressExpired
		}
		return WhyAddressAltered
	}
	if action == downloadAction {
		return WhyNotApproved
	}
	return WhyChatEnded
}

// tapped tells the tap of a frame that has come.
func (k *socket) tapped(frame []byte, fault string) {
	if tap := k.service.tap; tap != nil {
		tap.Frame(k.number, false, frame, fault)
	}
}

// tappedOut tells the tap of a frame that is about to be sent.
func (k *socket) tappedOut(out outgoing, frame []byte) {
	tap := k.service.tap
	if tap != nil && out.opcode() == chatsocket.Text && !out.quiet {
		tap.Frame(k.number, true, frame, out.fault)
	}
}
