package chatsocket_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gobwas/ws"

	"github.com/parley-chat/parley/internal/chatsocket"
)

// A client whose context ends takes leave as one that is closed does: a server that is told nothing
// counts it as a connection that broke.
func TestB5ClosesWith1000(t *testing.T) {
	t.Parallel()
	left := make(chan ws.StatusCode, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, _, _, err := ws.UpgradeHTTP(r, w)
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		for {
			frame, err := ws.ReadFrame(conn)
			if err != nil {
				left <- 0
				return
			}
			if frame.Header.OpCode == ws.OpClose {
				code, _ := ws.ParseCloseFrameData(ws.UnmaskFrame(frame).Payload)
				left <- code
				return
			}
		}
	}))
	t.Cleanup(server.Close)
	ctx, cancel := context.WithCancel(t.Context())
	client, err := chatsocket.Open(ctx, http.DefaultTransport, "ws"+server.URL[len("http"):])
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if code := <-left; code != ws.StatusNormalClosure {
		t.Errorf("the server sees code %d", code)
	}
	client.Close()
}
