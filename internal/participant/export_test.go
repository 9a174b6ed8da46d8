package participant

import (
	"net"

	"github.com/gobwas/ws"
)

// Message is a message or control frame as it was read.
type Message struct {
	Op      ws.OpCode
	Payload string
}

// ReadMessages reads a connection to its end, or to what must not be sent.
func ReadMessages(conn net.Conn) ([]Message, error) {
	c := &wire{Conn: conn}
	var all []Message
	for {
		op, payload, err := c.next()
		if err != nil {
			return all, err
		}
		all = append(all, Message{op, string(payload)})
	}
}
