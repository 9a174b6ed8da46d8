package cli

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"github.com/parley-chat/parley/internal/secret"
)

const (
	// beatPause lies between two heartbeats, as in amazon-connect-chatjs; a socket that says
	// nothing for socketSilence is dead.
	beatPause     = 10 * time.Second
	socketSilence = 25 * time.Second
	// maxFrame bounds a message of the server, in bytes.
	maxFrame = 1 << 20
	// dialTime is what opening a socket may take.
	dialTime = 15 * time.Second

	subscribeFrame = `{"topic":"aws/subscribe","content":{"topics":["aws/chat"]}}`
	beatFrame      = `{"topic":"aws/heartbeat"}`
)

// chatSocket is an open socket of the Participant Service. Frames may be sent while one is
// read.
type chatSocket struct {
	conn   net.Conn
	reader *wsutil.Reader
}

// dialSocket opens a socket. The address is as good as a token.
func dialSocket(ctx context.Context, address secret.Text, config *tls.Config) (*chatSocket, error) {
	dialer := ws.Dialer{Timeout: dialTime, TLSConfig: config}
	conn, buffered, _, err := dialer.Dial(ctx, address.Reveal())
	if err != nil {
		if refused, ok := errors.AsType[ws.StatusError](err); ok {
			return nil, fmt.Errorf("the socket is refused with status %d", int(refused))
		}
		if network, ok := errors.AsType[net.Error](err); ok {
			return nil, network // not the library's text, which could name the address
		}
		return nil, errors.New("the socket cannot be opened")
	}
	s := &chatSocket{conn: conn}
	source := io.Reader(conn)
	if buffered != nil {
		source = bufio.NewReader(io.MultiReader(buffered, conn))
	}
	s.reader = &wsutil.Reader{
		Source: source, State: ws.StateClientSide, CheckUTF8: true, MaxFrameSize: maxFrame, MaxMessageSize: maxFrame,
		OnIntermediate: s.control,
	}
	return s, nil
}

// write sends one frame in one piece, so that frames of several goroutines do not mix.
func (s *chatSocket) write(frame ws.Frame) error {
	bytes, err := ws.CompileFrame(ws.MaskFrame(frame))
	if err != nil {
		return err
	}
	if err := s.conn.SetWriteDeadline(time.Now().Add(dialTime)); err != nil {
		return err
	}
	_, err = s.conn.Write(bytes)
	return err
}

func (s *chatSocket) say(text string) error { return s.write(ws.NewTextFrame([]byte(text))) }

// control answers control frames.
func (s *chatSocket) control(header ws.Header, body io.Reader) error {
	payload, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	switch header.OpCode {
	case ws.OpPing:
		return s.write(ws.NewPongFrame(payload))
	case ws.OpClose:
		code, _ := ws.ParseCloseFrameData(payload)
		_ = s.write(ws.NewCloseFrame(payload)) // whether it arrives makes no difference
		return fmt.Errorf("the server has closed the socket with code %d", code)
	default:
		return nil
	}
}

// next reads the next message.
func (s *chatSocket) next() ([]byte, error) {
	for {
		if err := s.conn.SetReadDeadline(time.Now().Add(socketSilence)); err != nil {
			return nil, err
		}
		header, err := s.reader.NextFrame()
		if err != nil {
			return nil, err
		}
		if header.OpCode.IsControl() {
			if err := s.control(header, s.reader); err != nil {
				return nil, err
			}
			continue
		}
		return io.ReadAll(s.reader)
	}
}

// listenOnce opens a socket and prints what comes until it breaks or the chat has ended. What
// was said before it was open is fetched. opened is called when it works.
func (c *customerSide) listenOnce(ctx context.Context, address secret.Text, view *shown, opened func()) (ended bool, err error) {
	var config *tls.Config
	if transport, ok := c.r.http.Transport.(*http.Transport); ok {
		config = transport.TLSClientConfig
	}
	s, err := dialSocket(ctx, address, config)
	if err != nil {
		return false, err
	}
	stop := context.AfterFunc(ctx, func() { _ = s.conn.Close() }) // ends reading
	beats := make(chan struct{})
	done := make(chan struct{})
	defer func() {
		stop()
		close(beats)
		_ = s.conn.Close() // nothing more is to be said
		<-done
	}()
	go func() {
		defer close(done)
		s.beat(beats)
	}()
	if err := s.say(subscribeFrame); err != nil {
		return false, err
	}
	for {
		frame, err := s.next()
		if err != nil {
			return false, err
		}
		var message struct {
			Topic   string          `json:"topic"`
			Content json.RawMessage `json:"content"`
		}
		if json.Unmarshal(frame, &message) != nil {
			continue
		}
		switch message.Topic {
		case "aws/subscribe":
			opened()
			ended, err = c.catchUp(ctx, view)
		case "aws/chat":
			var text string
			if json.Unmarshal(message.Content, &text) == nil {
				ended, err = view.add(json.RawMessage(text))
			}
		}
		if ended || err != nil {
			return ended, err
		}
	}
}

// beat sends heartbeats, whose answers show that the other side is there.
func (s *chatSocket) beat(stop <-chan struct{}) {
	ticker := time.NewTicker(beatPause)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			if s.say(beatFrame) != nil {
				return // reading fails, too
			}
		case <-stop:
			return
		}
	}
}
