package strict

import (
	"bytes"
	"math/rand/v2"
)

// EchoLate decides whether the sender of a message sees it on its own socket only after the
// HTTP answer (true) or already before. AWS promises neither order.
func (r *Rules) EchoLate() bool { return r != nil && r.decide(r.late, 2) }

// Twice decides whether a frame is delivered twice. Clients tell by its Id.
func (r *Rules) Twice() bool { return r != nil && r.decide(r.twice, 8) }

// Swaps decides whether a piece of a message comes after the one that follows it. AWS promises no order
// of frames, and clients repair the text with the whole.
func (r *Rules) Swaps() bool { return r != nil && r.decide(r.swap, 8) }

// Extra adds a member that no client knows to a JSON object, now and then: AWS adds members
// without notice. Anything but a JSON object is returned as it is.
func (r *Rules) Extra(object []byte) []byte {
	end := bytes.TrimRight(object, " \t\r\n")
	if r == nil || len(end) < 2 || end[0] != '{' || end[len(end)-1] != '}' || !r.decide(r.extra, 4) {
		return object
	}
	inside := end[:len(end)-1]
	extended := append(make([]byte, 0, len(end)+64), inside...)
	if len(bytes.TrimSpace(inside)) > 1 {
		extended = append(extended, ',')
	}
	return append(extended, `"ParleyUnknownMember":{"Text":"ignore me","Numbers":[1,2.5],"Nothing":null}}`...)
}

// decide is true once in n times.
func (r *Rules) decide(from *rand.Rand, n int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return from.IntN(n) == 0
}
