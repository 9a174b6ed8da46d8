package chatsocket

import "net"

// Message is a message or control frame as it was read.
type Message struct {
	Op      Op
	Payload string
}

// ReadMessages reads a connection to its end, or to a frame that must not be sent.
func ReadMessages(conn net.Conn) ([]Message, error) {
	c := &Conn{Conn: conn}
	var all []Message
	for {
		op, payload, err := c.next()
		if err != nil {
			return all, err
		}
		all = append(all, Message{op, string(payload)})
	}
}
