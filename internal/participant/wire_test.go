package participant_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lxzan/gws"
)

// frame writes a WebSocket frame as a client does, masked with zeroes.
func frame(head byte, payload []byte) []byte {
	b := []byte{head, 0x80}
	switch n := len(payload); {
	case n < 126:
		b[1] |= byte(n)
	case n <= 0xffff:
		b[1] |= 126
		b = binary.BigEndian.AppendUint16(b, uint16(n))
	default:
		b[1] |= 127
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	return append(append(b, 0, 0, 0, 0), payload...)
}

// raw opens a socket by hand and returns its connection.
func (w *world) raw(tb testing.TB, address string) (net.Conn, *bufio.Reader) {
	tb.Helper()
	conn, err := w.dial(context.Background())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = conn.Close() })
	path := address[strings.Index(address, "/participant"):]
	// As Firefox and Chromium write it, in pieces.
	head := "GET " + path + " HTTP/1.1\r\nHost: " + w.host + "\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n" +
		"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n"
	go func() { _, _ = io.WriteString(conn, head) }()
	r := bufio.NewReader(conn)
	response, err := http.ReadResponse(r, nil)
	if err != nil {
		tb.Fatal(err)
	}
	if response.StatusCode != http.StatusSwitchingProtocols {
		tb.Fatalf("answer %s", response.Status)
	}
	for _, name := range []string{"Sec-Websocket-Protocol", "Sec-Websocket-Extensions"} {
		if got := response.Header.Get(name); got != "" {
			tb.Errorf("%s: %s, but none may be chosen", name, got)
		}
	}
	return conn, r
}

// closeCode reads frames until a close frame and returns its code.
func closeCode(tb testing.TB, r *bufio.Reader) int {
	tb.Helper()
	for {
		var head [2]byte
		if _, err := io.ReadFull(r, head[:]); err != nil {
			tb.Fatalf("before a close frame: %v", err)
		}
		length := int(head[1] & 0x7f)
		if length == 126 { // an item: its length follows
			var long [2]byte
			if _, err := io.ReadFull(r, long[:]); err != nil {
				tb.Fatal(err)
			}
			length = int(binary.BigEndian.Uint16(long[:]))
		}
		payload := make([]byte, length)
		if _, err := io.ReadFull(r, payload); err != nil {
			tb.Fatal(err)
		}
		if head[0] == 0x88 {
			if len(payload) < 2 {
				return 0
			}
			return int(binary.BigEndian.Uint16(payload))
		}
	}
}

// What breaks the protocol closes the socket with the code that says so, on a real network:
// the client gets the close frame although the server has not read all it sent.
func TestCloseCodes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	c := w.newCustomer()
	for _, tt := range []struct {
		name string
		sent []byte
		want int
	}{
		{"binary", frame(0x82, []byte("{}")), 1003},
		{"too long", frame(0x81, bytes.Repeat([]byte("x"), 128<<10+1)), 1009},
		{"fragments too long", append(frame(0x01, bytes.Repeat([]byte("x"), 100<<10)), frame(0x80, bytes.Repeat([]byte("x"), 100<<10))...), 1009},
		{"not masked", []byte{0x81, 2, '{', '}'}, 1002},
		{"reserved bits", frame(0xf1, []byte("{}")), 1002},
		{"unknown opcode", frame(0x83, nil), 1002},
		{"not UTF-8", frame(0x81, []byte{0xff, 0xfe}), 1007},
		{"length beyond all bounds", []byte{0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 1002},
		{"client closes", frame(0x88, []byte{0x03, 0xe8}), 1000},
		{"client closes with a code of its own", frame(0x88, []byte{0x0f, 0xa0}), 4000},
	} {
		t.Run(tt.name, func(t *testing.T) {
			conn, r := w.raw(t, c.socketURL)
			_ = conn.SetDeadline(time.Now().Add(patience))
			if _, err := conn.Write(tt.sent); err != nil {
				t.Fatal(err)
			}
			if code := closeCode(t, r); code != tt.want {
				t.Errorf("close code %d, want %d", code, tt.want)
			}
			_, _ = conn.Write(frame(0x88, nil))
			if _, err := r.ReadByte(); !errors.Is(err, io.EOF) {
				t.Errorf("after the close frame: %v", err)
			}
		})
	}
}

// Frames that ought to be taken.
func TestFramesTaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	c := w.newCustomer()
	const heartbeat = `{"topic":"aws/heartbeat"}`
	for name, sent := range map[string][]byte{
		"plain":            frame(0x81, []byte(heartbeat)),
		"spaced":           frame(0x81, []byte(" {\n\"topic\" : \"aws/heartbeat\" }")),
		"fragments":        append(frame(0x01, []byte(heartbeat[:7])), frame(0x80, []byte(heartbeat[7:]))...),
		"after an empty":   append(frame(0x81, nil), frame(0x81, []byte(heartbeat))...),
		"after no JSON":    append(frame(0x81, []byte("hello")), frame(0x81, []byte(heartbeat))...),
		"after an array":   append(frame(0x81, []byte("[]")), frame(0x81, []byte(heartbeat))...),
		"after a number":   append(frame(0x81, []byte(`{"topic":5}`)), frame(0x81, []byte(heartbeat))...),
		"after a stranger": append(frame(0x81, []byte(`{"topic":"aws/birthday"}`)), frame(0x81, []byte(heartbeat))...),
		"of 128 KiB":       frame(0x81, []byte(heartbeat[:len(heartbeat)-1]+`,"x":"`+strings.Repeat("y", 128<<10-33)+`"}`)),
	} {
		t.Run(name, func(t *testing.T) {
			conn, r := w.raw(t, c.socketURL)
			_ = conn.SetDeadline(time.Now().Add(patience))
			if _, err := conn.Write(sent); err != nil {
				t.Fatal(err)
			}
			want := append([]byte{0x81, byte(len(heartbeat))}, heartbeat...)
			got := make([]byte, len(want))
			if _, err := io.ReadFull(r, got); err != nil || !bytes.Equal(got, want) {
				t.Errorf("answer %q (%v)", got, err)
			}
			_, _ = conn.Write(frame(0x88, nil)) // only five may be open at a time
			closeCode(t, r)
		})
	}
}

// The answer to a client's close frame does not depend on when something was written last.
func TestCloseIsAnsweredLate(t *testing.T) {
	inBubble(t, setup{}, func(w *world) {
		t := w.t
		conn, r := w.raw(t, w.newCustomer().socketURL)
		<-time.After(25 * time.Second)
		_, _ = conn.Write(frame(0x88, []byte{0x03, 0xe8}))
		if code := closeCode(t, r); code != 1000 {
			t.Errorf("close code %d", code)
		}
	})
}

// TLS has its own way of closing one half of a connection.
func TestSocketOverTLS(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	c := w.newCustomer()
	server := httptest.NewTLSServer(w.mux)
	defer server.Close()
	_, address, _ := strings.Cut(c.socketURL, "/participant")
	conn, err := (&tls.Dialer{Config: server.Client().Transport.(*http.Transport).TLSClientConfig}).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	b, _, err := w.openOn(conn, "ws://127.0.0.1/participant"+address)
	if err != nil {
		t.Fatal(err)
	}
	b.send(subscribeFrame)
	b.next()
	a := w.must("connection", c.Token.Reveal(), connectBody)
	w.must("disconnect", a.member(t, "ConnectionCredentials", "ConnectionToken"), `{}`)
	b.item()
	b.item()
	if code := b.waitCode(); code != 1000 {
		t.Errorf("close code %d: %v", code, b.err)
	}
}

// A client that sends before it has the answer to its upgrade loses nothing.
func TestFrameWithTheHandshake(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	c := w.newCustomer()
	conn, err := w.dial(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(patience))
	path := c.socketURL[strings.Index(c.socketURL, "/participant"):]
	_, err = io.WriteString(conn, "GET "+path+" HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"+string(frame(0x81, []byte(`{"topic":"aws/ping"}`))))
	if err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(conn)
	response, err := http.ReadResponse(r, nil)
	if err != nil || response.StatusCode != 101 {
		t.Fatalf("%v %v", response, err)
	}
	got := make([]byte, 10)
	if _, err := io.ReadFull(r, got); err != nil || string(got[2:]) != `{"topic"` {
		t.Errorf("answer %q %v", got, err)
	}
}

func TestHandshakeRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	good := []string{"Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="}
	for name, tt := range map[string]struct {
		at    int
		value string
		want  int
	}{
		"other protocol": {3, "h2c", 426},
		"not upgraded":   {1, "close", 426},
		"old version":    {5, "8", 426},
		"short key":      {7, "AAAA", 400},
	} {
		header := append([]string(nil), good...)
		header[tt.at] = tt.value
		a := w.call(http.MethodGet, "/participant/websocket?t=x", "", "", header...)
		if a.Status != tt.want || a.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: %d %s", name, a.Status, a.Body)
		}
		if tt.want == 426 && (a.Header.Get("Upgrade") != "websocket" || a.Header.Get("Sec-WebSocket-Version") != "13") {
			t.Errorf("%s: the answer does not say what to upgrade to: %v", name, a.Header)
		}
	}
}

// Refusals are held back: chatjs comes back at once, and Chromium spaces attempts by how
// long they take.
func TestRefusalsTakeTheirTime(t *testing.T) {
	inBubble(t, setup{}, func(w *world) {
		t := w.t
		c := w.newCustomer()
		var tabs []*browser
		for range 5 {
			tabs = append(tabs, w.subscribed(c.socketURL))
		}
		for _, tt := range []struct {
			name, address string
			status        int
			code          string
		}{
			{"sixth socket", c.socketURL, 429, "ThrottlingException"},
			{"nonsense", "ws://127.0.0.1:3000/participant/websocket?t=nonsense", 403, "AccessDeniedException"},
			{"nothing", "ws://127.0.0.1:3000/participant/websocket", 403, "AccessDeniedException"},
			{"another token", "ws://127.0.0.1:3000/participant/websocket?t=" + c.token, 403, "AccessDeniedException"},
		} {
			began := time.Now()
			_, a, err := w.open(tt.address)
			if !errors.Is(err, errRefused) || a.Status != tt.status || a.member(t, "__type") != tt.code {
				t.Errorf("%s: %v %d %s", tt.name, err, a.Status, a.Body)
			}
			if took := time.Since(began); took < time.Second || took > 2*time.Second {
				t.Errorf("%s: refused after %s", tt.name, took)
			}
		}
		for _, tab := range tabs { // nobody was evicted
			tab.send(`{"topic":"aws/heartbeat"}`)
			tab.next()
		}
	})
}

// A client that goes away while it is being refused frees its place at once.
func TestRefusedClientLeaves(t *testing.T) {
	inBubble(t, setup{}, func(w *world) {
		t := w.t
		conn, err := w.dial(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			b := &browser{t: t, closed: make(chan struct{})}
			_, _, _ = gws.NewClientFromConn(b, &gws.ClientOption{Addr: "ws://127.0.0.1:3000/participant/websocket?t=x"}, conn)
		}()
		synctest.Wait()
		began := time.Now()
		_ = conn.Close()
		w.shutdown()
		if took := time.Since(began); took > 100*time.Millisecond { // the server looks every now and then
			t.Errorf("the end took %s", took)
		}
	})
}
