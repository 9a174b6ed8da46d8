package inspect

import (
	"context"
	"net/http"
)

// The methods of this file are taps: the parts of the server tell by them what they know of an
// exchange. They do not block. A request that is not recorded is told about in vain.

// Called names the action of a request and whose it is.
func (r *Recorder) Called(request *http.Request, action, contactID, participantID, role string) {
	c := captureOf(request)
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	x := &c.x
	if c.done {
		return
	}
	x.action = action
	if contactID != "" {
		x.contact = contactID
	}
	if participantID != "" {
		x.caller = participantID
	}
	if role != "" {
		x.role = role
	}
}

// Denied says why a request was answered with AccessDeniedException: an id of the causes this
// package knows, others are ignored.
func (r *Recorder) Denied(request *http.Request, why string) {
	if c := captureOf(request); c != nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		if !c.done {
			c.x.why = why
		}
	}
}

// Injected says that the answer to a request is due to a fault that was injected, and names it. The
// context is that of the request.
func (r *Recorder) Injected(ctx context.Context, fault string) {
	if c := captureIn(ctx); c != nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		if !c.done {
			c.x.fault = fault
		}
	}
}

// Opened tells that a request has become a WebSocket, and returns the number that it has in the
// other methods.
func (r *Recorder) Opened(request *http.Request, contactID, participantID, role string) (socket uint64) {
	c := captureOf(request)
	if c == nil {
		return 0
	}
	r.Called(request, webSocket, contactID, participantID, role)
	c.mu.Lock()
	if !c.done {
		c.begin(http.StatusSwitchingProtocols)
		c.x.socket = 1 // any: it is known by its sequence number
	}
	c.mu.Unlock()
	// Its frames come after it, although the handler has not returned.
	return c.finish(true)
}

// Frame records a text frame that came in or was sent out on a socket, and the name of the fault that
// struck it. The text may be changed afterwards.
func (r *Recorder) Frame(socket uint64, out bool, text []byte, fault string) {
	if socket == 0 {
		return
	}
	kept := text[:min(len(text), r.maxBody+1)]
	r.record(&raw{kind: Frame, began: r.now(), socket: socket, out: out, text: string(kept), textSize: len(text), fault: fault})
}

// Closed records the end of a socket: the code of the first close frame, and whether it was
// sent out. fault names what has ended it on purpose.
func (r *Recorder) Closed(socket uint64, out bool, code int, fault string) {
	if socket != 0 {
		r.record(&raw{kind: Socket, began: r.now(), socket: socket, out: out, code: code, fault: fault})
	}
}
