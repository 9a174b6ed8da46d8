// Package chatsocket is a chat socket on the wire, as the clients of Amazon Connect know it. It
// owns the check of an upgrade and its answer, the pause before a refusal, the list of open
// sockets and their draining ([Hub]), frames and close codes ([Conn] for a server's end, [Side]
// for a relayed one, [Client] for a client's), the topics with their texts, and the limits.
//
// It refuses to know chats, tokens and storage. Each server decides by itself which request is
// admitted, between [Handshake] and [Upgrade]; a refusal goes through [Hub.Refuse].
//
// A socket is refused before the upgrade or not at all: one that is accepted and then closed
// makes a page of amazon-connect-chatjs come back 80 times a second.
//
// A [Hub] is safe for concurrent use; for the other types see their methods. A hub's lock is
// never held while a socket is called.
//
// This package alone imports the WebSocket library. It is gobwas/ws because of memory, which
// bounds how many chats a server holds: ten thousand may cost 12 KiB each with everything they
// hold. The library decodes, checks and encodes single frames; fragments, control frames and the
// closing handshake are done here. With lxzan/gws, the leanest library that does those too, a
// chat took 15 KiB. The difference is the stack of the goroutine that waits for the client's next
// frame: it fits into the smallest stack, 2 KiB, only while few calls lie between it and the
// network, and a stack that has grown to 4 KiB stays. So [Conn] waits high up, and a goroutine
// that had to go deep hands over to a fresh one. `make bench-embedded` shows it when that is lost.
//
// permessage-deflate is not offered: a compressor per socket costs tens of KiB, and the messages
// of a chat are short.
package chatsocket

import (
	"fmt"
	"time"

	"github.com/gobwas/ws"
)

// Path is the path of the chat socket on every server of this program.
const Path = "/participant/websocket"

// Limits on frames and messages, in bytes. A longer one closes the socket with [MessageTooBig].
const (
	// MaxFromClient is for what a client sends: the limit of API Gateway.
	MaxFromClient = 128 << 10
	// MaxFromServer is for what a server sends.
	MaxFromServer = 1 << 20
)

const (
	// writeTime is how long the peer may take to accept what is written to it, slowTime how
	// long a peer that was found too slow may go on with the frame it is reading.
	writeTime = 10 * time.Second
	slowTime  = 5 * time.Second
	// parting is how long a peer may take to answer a close frame.
	parting = time.Second
	// openTime is how long a server may take to open a socket.
	openTime = 15 * time.Second
)

// Code is a close code (RFC 6455, section 7.4). Zero stands for a close frame without a code.
type Code = ws.StatusCode

// Close codes that the program uses.
const (
	NormalClosure   = ws.StatusNormalClosure
	GoingAway       = ws.StatusGoingAway
	UnsupportedData = ws.StatusUnsupportedData
	MessageTooBig   = ws.StatusMessageTooBig
	// TooSlow is for a client that does not read what a server has for it.
	TooSlow = ws.StatusPolicyViolation
	// NoCode stands for a close frame without a code, and AbnormalClosure for the end of a
	// connection without a close frame. Neither is ever sent.
	NoCode          = ws.StatusNoStatusRcvd
	AbnormalClosure = ws.StatusAbnormalClosure
)

// Op is the kind of a frame (RFC 6455, section 5.2).
type Op = ws.OpCode

// Kinds of frames.
const (
	Continuation = ws.OpContinuation
	Text         = ws.OpText
	Binary       = ws.OpBinary
	Close        = ws.OpClose
	Ping         = ws.OpPing
	Pong         = ws.OpPong
)

// ViolationError is the error for a frame that the peer must not send. Its value is the close code
// that answers the frame.
type ViolationError Code

// Error implements error.
func (v ViolationError) Error() string {
	return fmt.Sprintf("the peer's frame is answered with close code %d", uint16(v))
}
