package chatsocket_test

import (
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/gobwas/ws"
	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/chatsocket"
)

// FuzzReceive reads any bytes: what they say does not depend on how they come in.
func FuzzReceive(f *testing.F) {
	long := []byte(strings.Repeat("long ", 100))
	for _, seed := range [][]byte{
		slices.Concat(frame(0x01, long), frame(0x89, []byte("ping")), frame(0x00, nil), frame(0x80, long), frame(0x88, []byte{3, 232})),
		slices.Concat(frame(0x81, long[:60]), frame(0x81, long[:58]), frame(0x81, long[:59]), frame(0x8a, long[:57])),
		{0x81, 0xff, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 4, 5},
		{0x82, 0xfe, 0, 2, 1, 2, 3, 4, 5, 6},
		{0x81, 0xfe, 0xff, 0xff},
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, sent []byte) {
		whole, wholeErr := chatsocket.ReadMessages(&pieces{left: sent, size: len(sent)})
		for _, size := range []int{1, 3, 61} {
			inPieces, err := chatsocket.ReadMessages(&pieces{left: sent, size: size})
			if diff := cmp.Diff(whole, inPieces); diff != "" || !errors.Is(err, wholeErr) {
				t.Errorf("in pieces of %d: error %v, want %v; messages (-want +got):\n%s", size, err, wholeErr, diff)
			}
		}
	})
}

// pieces is a connection from which so many bytes at a time can be read.
type pieces struct {
	net.Conn
	left []byte
	size int
}

// Read implements [net.Conn].
func (p *pieces) Read(b []byte) (int, error) {
	if len(p.left) == 0 {
		return 0, io.EOF
	}
	n := copy(b, p.left[:min(p.size, len(p.left))])
	p.left = p.left[n:]
	return n, nil
}

// frame encodes a masked frame whose first byte is head.
func frame(head byte, payload []byte) []byte {
	f := ws.NewFrame(ws.OpCode(head&0x0f), head&0x80 != 0, payload)
	return ws.MustCompileFrame(ws.MaskFrame(f))
}
