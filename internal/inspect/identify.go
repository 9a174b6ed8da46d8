package inspect

import (
	"hash/maphash"
	"net/http"
)

const (
	startChat   = "StartChatContact"
	sendMessage = "SendMessage"
	webSocket   = "WebSocket"
	preflight   = "Preflight"
	customer    = "CUSTOMER"
)

// participantAction names the action at a path of the Participant Service, for calls that were
// refused before they came there.
func participantAction(r *http.Request) string {
	switch r.URL.Path {
	case "/participant/connection":
		return "CreateParticipantConnection"
	case "/participant/message":
		return sendMessage
	case "/participant/event":
		return "SendEvent"
	case "/participant/transcript":
		return "GetTranscript"
	case "/participant/disconnect":
		return "DisconnectParticipant"
	case "/participant/start-attachment-upload":
		return "StartAttachmentUpload"
	case "/participant/complete-attachment-upload":
		return "CompleteAttachmentUpload"
	case "/participant/attachment":
		return "GetAttachment"
	case "/participant/websocket":
		return webSocket
	case "/contact/chat":
		return startChat
	}
	if isAttachment(r) {
		if r.Method == http.MethodPut {
			return "UploadAttachment"
		}
		return "DownloadAttachment"
	}
	return ""
}

// identify finds out what an exchange is and whose, where no tap has told.
func (r *Recorder) identify(x *raw, e *Exchange) {
	if e.Action == "" {
		switch {
		case isPreflight(x.request):
			e.Action = preflight
		case x.request.Method == http.MethodPost && r.paths.Has(x.request.URL.Path):
			e.Action = startChat
		default:
			e.Action = participantAction(x.request)
		}
	}
	if e.Status == http.StatusOK && (e.ContactID == "" || e.ParticipantID == "") {
		switch e.Action {
		case startChat, "StartAssistantContact":
			e.ContactID, e.ParticipantID, e.Role = member(e.ResponseBody, "ContactId"), member(e.ResponseBody, "ParticipantId"), customer
		case "SendChatIntegrationEvent":
			e.ContactID = member(e.ResponseBody, "InitialContactId")
		}
	}
	e.Role = r.seen.role(e.ParticipantID, e.Role)
}

// seen is what is known from earlier exchanges, within bounds.
type seen struct {
	// roles are the participants of each role, by a hash of the id: the id itself may be a part of
	// a body, which it would keep alive, or of a buffer that is used again.
	roles   map[string]map[uint64]struct{}
	sockets map[uint64]*openSocket
	// calls and earlier are the last calls with a client token: hashes of what tells such a
	// call from others, and of its body.
	calls, earlier map[uint64]uint64
	seed           maphash.Seed
}

// openSocket is a socket that is not closed.
type openSocket struct {
	exchange   Exchange // what its frames share
	subscribed bool
}

const (
	mostRoles = 20_000 // participants of one role
	mostCalls = 1_000
)

func newSeen() *seen {
	return &seen{roles: map[string]map[uint64]struct{}{}, sockets: map[uint64]*openSocket{}, calls: map[uint64]uint64{}, seed: maphash.MakeSeed()}
}

// role returns a participant's role, and remembers it where it is known: when a chat has ended,
// nobody else does.
func (s *seen) role(participantID, role string) string {
	if participantID == "" {
		return role
	}
	key := maphash.String(s.seed, participantID)
	if role == "" {
		for known, participants := range s.roles {
			if _, has := participants[key]; has {
				return known
			}
		}
		return ""
	}
	if s.roles[role] == nil || len(s.roles[role]) >= mostRoles {
		s.roles[role] = map[uint64]struct{}{}
	}
	s.roles[role][key] = struct{}{}
	return role
}

// open begins a socket with the exchange of its request.
func (s *seen) open(number uint64, e *Exchange) {
	s.sockets[number] = &openSocket{exchange: Exchange{
		ContactID: e.ContactID, ParticipantID: e.ParticipantID, Role: e.Role, Action: webSocket,
		Scheme: e.Scheme, Host: e.Host, Origin: e.Origin, SocketID: e.ID,
	}}
}

// part begins the exchange of something that happened on a socket.
func (s *seen) part(x *raw) *Exchange {
	e := &Exchange{Action: webSocket, SocketID: idOf(x.socket)}
	if open := s.sockets[x.socket]; open != nil {
		*e = open.exchange
	}
	e.ID, e.Seq, e.Time, e.Direction, e.Fault = idOf(x.seq), x.seq, stamp(x.began), In, x.fault
	if x.out {
		e.Direction = Out
	}
	return e
}

// frame notes what a frame says about its socket.
func (s *seen) frame(x *raw, e *Exchange) *Problem {
	open := s.sockets[x.socket]
	if open == nil || e.Topic != "aws/subscribe" {
		return nil
	}
	if e.Direction == In {
		open.subscribed = true
		return nil
	}
	if member(memberValue(e.ResponseBody, "content"), "status") == "failure" {
		return problemOf("subscribe-failed")
	}
	return nil
}

// closed ends a socket.
func (s *seen) closed(x *raw) *Problem {
	open := s.sockets[x.socket]
	delete(s.sockets, x.socket)
	if p := closeProblem(x); p != nil {
		return p
	}
	if open != nil && !open.subscribed && x.code != 1006 {
		return problemOf("subscribe-missing")
	}
	return nil
}

// reused reports whether a call has the client token of an earlier one and is another call: the
// service answers such a call like the earlier one, and does nothing.
func (s *seen) reused(e *Exchange) bool {
	if e.Action != sendMessage && e.Action != startChat || e.Status != http.StatusOK {
		return false
	}
	token := member(e.RequestBody, "ClientToken")
	if token == "" {
		return false
	}
	var hash maphash.Hash
	hash.SetSeed(s.seed)
	for _, part := range [...]string{e.Action, "\x00", token} {
		_, _ = hash.WriteString(part) // never fails
	}
	if e.Action == sendMessage {
		_, _ = hash.WriteString(e.ParticipantID) // never fails
	}
	key, sum := hash.Sum64(), maphash.String(s.seed, e.RequestBody)
	for _, calls := range [...]map[uint64]uint64{s.calls, s.earlier} {
		if before, known := calls[key]; known {
			return before != sum
		}
	}
	if len(s.calls) >= mostCalls {
		s.calls, s.earlier = map[uint64]uint64{}, s.calls
	}
	s.calls[key] = sum
	return false
}
