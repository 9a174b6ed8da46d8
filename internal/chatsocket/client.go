package chatsocket

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/parley-chat/parley/internal/awswire"
)

// Dial opens a socket (RFC 6455, section 4.1) at a ws or wss address, over the transport that
// carries a client's calls, and returns the connection and the subprotocol that was agreed on.
// header is sent with the request; nil adds nothing. It gives up after 15 seconds. A server that
// refuses leads to an [awswire.Error]. The address is as good as a token: no error repeats it.
func Dial(ctx context.Context, transport http.RoundTripper, address string, header http.Header) (conn io.ReadWriteCloser, protocol string, err error) {
	ctx, cancel := context.WithTimeout(ctx, openTime)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http"+strings.TrimPrefix(address, "ws"), http.NoBody)
	if err != nil || !strings.HasPrefix(address, "ws") {
		return nil, "", fmt.Errorf("%w: the address of the socket is none", awswire.ErrAnswer)
	}
	nonce := make([]byte, 16)
	_, _ = rand.Read(nonce) // crypto/rand never fails: it ends the program instead
	key := base64.StdEncoding.EncodeToString(nonce)
	maps.Copy(request.Header, header)
	for name, value := range map[string]string{
		"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": key,
	} {
		request.Header.Set(name, value)
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return nil, "", err
	}
	conn, upgraded := response.Body.(io.ReadWriteCloser)
	if response.StatusCode == http.StatusSwitchingProtocols && upgraded && response.Header.Get("Sec-WebSocket-Accept") == acceptOf(key) {
		return conn, response.Header.Get("Sec-WebSocket-Protocol"), nil
	}
	defer func() { _ = response.Body.Close() }() // what was read counts
	if response.StatusCode < http.StatusBadRequest {
		return nil, "", fmt.Errorf("%w: no WebSocket", awswire.ErrAnswer)
	}
	const longest = 64 << 10
	text, _ := io.ReadAll(io.LimitReader(response.Body, longest)) // what there is names the error
	refused := awswire.ParseError(response.StatusCode, response.Header, text)
	if refused.Name == "" {
		refused.Name = strings.ReplaceAll(http.StatusText(refused.Status), " ", "") + "Exception"
	}
	return nil, "", refused
}

const (
	// beatPause lies between two heartbeats, as in amazon-connect-chatjs.
	beatPause = 10 * time.Second
	// silence is how long a server may say nothing before its connection counts as broken.
	silence = 25 * time.Second
)

// Client is a chat client's socket: it subscribes, sends heartbeats and answers control frames.
type Client struct {
	side   *Side
	silent *time.Timer
	cancel func() bool   // of the context's hold on the connection
	closed chan struct{} // tells the heartbeats to end
	beaten chan struct{} // closed when they have
}

// Open dials as [Dial] does and subscribes to the chat. The socket is closed when ctx ends, at the
// latest; it has to be closed in any case.
func Open(ctx context.Context, transport http.RoundTripper, address string) (*Client, error) {
	conn, _, err := Dial(ctx, transport, address, nil)
	if err != nil {
		return nil, err
	}
	c := &Client{side: ClientSide(conn), closed: make(chan struct{}), beaten: make(chan struct{})}
	if err := c.say(Subscribe); err != nil {
		c.side.Close()
		return nil, err
	}
	c.cancel = context.AfterFunc(ctx, c.leave)
	c.silent = time.AfterFunc(silence, c.side.Close)
	go c.beat()
	return c, nil
}

func (c *Client) say(text string) error { return c.side.Write(Frame{Text, true, []byte(text)}) }

// beat sends heartbeats. Their answers show that the server is there.
func (c *Client) beat() {
	defer close(c.beaten)
	ticker := time.NewTicker(beatPause)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			if c.say(Heartbeat) != nil {
				return // reading fails, too
			}
		case <-c.closed:
			return
		}
	}
}

// Next returns the next message of the server; it is good until the next call. One goroutine may
// call it.
func (c *Client) Next() ([]byte, error) {
	for {
		frame, err := c.side.Read()
		if err != nil {
			return nil, err
		}
		c.silent.Reset(silence)
		switch frame.Op {
		case Ping:
			frame.Op = Pong
			if err := c.side.Write(frame); err != nil {
				return nil, err
			}
		case Close:
			_ = c.side.Write(frame) // whether it arrives makes no difference
			return nil, fmt.Errorf("the server has closed the socket with code %d", CodeOf(frame.Payload))
		default:
			if text, ok := c.side.Message(frame); ok {
				if !utf8.Valid(text) {
					return nil, errors.New("the server's text is not UTF-8")
				}
				return text, nil
			}
		}
	}
}

// farewell is how long the close frame may take to leave: on a busy machine seconds, also when the server reads.
const farewell = 5 * time.Second

// Close takes leave of the server, closes the connection, which ends Next, and waits for the heartbeats
// to end. It is called once.
func (c *Client) Close() {
	close(c.closed)
	c.silent.Stop()
	c.cancel()
	c.leave()
	<-c.beaten
}

// leave takes leave of the server, which otherwise takes the end for a broken connection, and closes
// the connection.
func (c *Client) leave() {
	late := time.AfterFunc(farewell, c.side.Close)
	_ = c.side.WriteClose(NormalClosure) // whether it arrives makes no difference
	late.Stop()
	c.side.Close()
}
