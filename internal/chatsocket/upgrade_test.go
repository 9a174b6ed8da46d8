package chatsocket_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/parley-chat/parley/internal/chatsocket"
)

// following is a connection of a server that follows its requests.
type following struct{ *net.TCPConn }

func (f following) Hijacked() net.Conn { return f.TCPConn }

type follower struct{ net.Listener }

func (l follower) Accept() (net.Conn, error) {
	accepted, err := l.Listener.Accept()
	if tcp, ok := accepted.(*net.TCPConn); ok {
		return following{tcp}, err
	}
	return accepted, err
}

// A socket holds nothing of the server that its request came through.
func TestUpgradeTakesTheBareConnection(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key, ok := chatsocket.Handshake(w, r)
		if !ok {
			return
		}
		conn, err := chatsocket.Upgrade(w, key, "")
		if err != nil {
			t.Error(err)
			return
		}
		if _, ok := conn.Conn.(*net.TCPConn); !ok {
			t.Errorf("the socket holds a %T", conn.Conn)
		}
		conn.Abort()
	}))
	server.Listener = follower{server.Listener}
	server.Start()
	t.Cleanup(server.Close)
	client, err := chatsocket.Open(t.Context(), server.Client().Transport, "ws"+server.URL[len("http"):])
	if err != nil {
		t.Fatal(err)
	}
	client.Close()
}
