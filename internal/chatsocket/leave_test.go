package chatsocket_test

import (
	"context"
	"io"
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
			header, err := ws.ReadHeader(conn)
			payload := make([]byte, min(header.Length, 4096))
			if _, short := io.ReadFull(conn, payload); err != nil || short != nil {
				left <- 0
				return
			}
			if header.OpCode == ws.OpClose {
				ws.Cipher(payload, header.Mask, 0)
				code, _ := ws.ParseCloseFrameData(payload)
				left <- code
				return
			}
		}
	}))
	t.Cleanup(server.Close)
	ctx, cancel := context.WithCancel(t.Context())
	client, err := chatsocket.Open(ctx, server.Client().Transport, "ws"+server.URL[len("http"):])
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if code := <-left; code != ws.StatusNormalClosure {
		t.Errorf("the server sees code %d", code)
	}
	client.Close()
}
