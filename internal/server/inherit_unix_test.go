//go:build unix

package server_test

import (
	"errors"
	"net"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/parley-chat/parley/internal/server"
)

// TestHandOverLeavesTheListener hands over the socket of a listener that still accepts: the
// socket must not begin to block its callers, because closing it would not wake them up.
func TestHandOverLeavesTheListener(t *testing.T) {
	t.Parallel()
	l, err := server.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	socket, environ, err := server.HandOver(l, os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = errors.Join(socket.Close(), l.Close()) })
	if len(environ) != 3 {
		t.Errorf("the variables are %q", environ)
	}
	raw, err := l.(*net.TCPListener).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if err := raw.Control(func(fd uintptr) {
		flags, err := unix.FcntlInt(fd, unix.F_GETFL, 0)
		if err != nil || flags&unix.O_NONBLOCK == 0 {
			t.Errorf("the listener blocks: flags %#x, %v", flags, err)
		}
	}); err != nil {
		t.Fatal(err)
	}
}
