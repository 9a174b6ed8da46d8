package chatclient

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/lxzan/gws"
)

// Frames that a page sends.
const (
	// Heartbeat and Ping are the two kinds of heartbeats; both are answered with a frame
	// that begins like them.
	Heartbeat = `{"topic":"aws/heartbeat"}`
	Ping      = `{"topic":"aws/ping"}`
	subscribe = `{"topic":"aws/subscribe","content":{"topics":["aws/chat"]}}`
)

// Socket is an open, subscribed chat socket.
type Socket struct {
	conn    *gws.Conn
	frame   func([]byte)
	acked   chan error // the answer to the subscription
	answer  sync.Once
	reading sync.WaitGroup
}

// Listen opens a socket and subscribes. frame is called with every frame but the answer to the
// subscription, one after the other, from a goroutine of the socket; it must not keep the
// bytes. The caller must call [Socket.Close].
func Listen(ctx context.Context, url string, frame func([]byte)) (*Socket, error) {
	return ListenOver(ctx, url, nil, frame)
}

// ListenOver is [Listen] over a connection that dial opens and, where the address says so,
// encrypts; nil opens one to the address.
func ListenOver(ctx context.Context, url string, dial func() (net.Conn, error), frame func([]byte)) (*Socket, error) {
	patience := time.Minute
	if deadline, ok := ctx.Deadline(); ok {
		patience = min(patience, time.Until(deadline))
	}
	s := &Socket{frame: frame, acked: make(chan error, 1)}
	option := &gws.ClientOption{Addr: url, HandshakeTimeout: patience, ReadBufferSize: 1 << 10, Logger: complaints{}}
	var conn *gws.Conn
	var response *http.Response
	var err error
	if dial == nil {
		conn, response, err = gws.NewClient(events{s: s}, option) //nolint:bodyclose // the library closes the connection
	} else {
		var under net.Conn
		if under, err = dial(); err == nil {
			conn, response, err = gws.NewClientFromConn(events{s: s}, option, under) //nolint:bodyclose // as above
		}
	}
	if err != nil {
		if response != nil {
			// The connection is closed already, and the body with it.
			err = fmt.Errorf("%w: %s", err, response.Status)
		}
		return nil, fmt.Errorf("opening a socket: %w", err)
	}
	s.conn = conn
	s.reading.Go(conn.ReadLoop)
	if err := s.Say(subscribe); err != nil {
		s.Close()
		return nil, err
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case err = <-s.acked:
	case <-timer.C:
		err = errors.New("no answer in time")
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	if err != nil {
		s.Close()
		return nil, fmt.Errorf("subscribing: %w", err)
	}
	return s, nil
}

// Say sends a frame.
func (s *Socket) Say(frame string) error {
	if err := s.conn.WriteString(frame); err != nil {
		return fmt.Errorf("sending a frame: %w", err)
	}
	return nil
}

// Close ends the connection and waits for the last frame to be handed over.
func (s *Socket) Close() {
	_ = s.conn.NetConn().Close() // reading ends with it
	s.reading.Wait()
}

// Shown returns the item that a frame shows; false for other frames.
func Shown(frame []byte) (Item, bool) {
	var outer struct{ Topic, Content string }
	var item Item
	if json.Unmarshal(frame, &outer) != nil || outer.Topic != "aws/chat" || json.Unmarshal([]byte(outer.Content), &item) != nil {
		return Item{}, false
	}
	return item, true
}

// events passes on what the library reads.
type events struct {
	gws.BuiltinEventHandler
	s *Socket
}

// OnMessage implements [gws.Event].
func (e events) OnMessage(_ *gws.Conn, message *gws.Message) {
	frame := message.Bytes()
	if bytes.HasPrefix(frame, []byte(`{"topic":"aws/subscribe"`)) {
		e.s.answer.Do(func() {
			if bytes.Contains(frame, []byte(`"status":"success"`)) {
				e.s.acked <- nil
			} else {
				e.s.acked <- fmt.Errorf("refused: %s", frame)
			}
		})
	} else {
		e.s.frame(frame)
	}
	_ = message.Close() // gives the buffer back
}

// OnPing implements [gws.Event]. The answer carries what the ping did (RFC 6455, section
// 5.5.3).
func (events) OnPing(conn *gws.Conn, payload []byte) { _ = conn.WritePong(payload) }

// OnClose implements [gws.Event].
func (e events) OnClose(_ *gws.Conn, err error) {
	e.s.answer.Do(func() { e.s.acked <- err })
}

// complaints drops what the library says of connections that break, which is what tests
// break them for.
type complaints struct{}

// Error implements [gws.Logger].
func (complaints) Error(...any) {}
