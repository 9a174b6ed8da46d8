package server_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-chat/parley/internal/memnet"
	"github.com/parley-chat/parley/internal/server"
)

// connected lets a client connect to a server with the usual limits, in a bubble, and ends both after it.
func connected(t *testing.T, handler http.HandlerFunc, client func(t *testing.T, conn net.Conn)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		listener := memnet.Listen()
		result := make(chan error, 1)
		go func() {
			result <- server.Serve(ctx, server.Config{Listener: listener, Handler: handler})
		}()
		conn, err := listener.Dial(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		client(t, conn)
		_ = conn.Close()
		stop()
		if err := <-result; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
}

// A client that is held up between its connection and its request, as on a machine with too much to
// do, is answered all the same.
func TestAHeldUpClientIsAnswered(t *testing.T) {
	t.Parallel()
	connected(t, func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.ReadAll(r.Body); err != nil {
			t.Errorf("the body: %v", err)
		}
		w.WriteHeader(http.StatusNoContent)
	}, func(t *testing.T, conn net.Conn) {
		t.Helper()
		<-time.After(15 * time.Second) // the bubble's time
		if _, err := io.WriteString(conn, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		<-time.After(10 * time.Second) // the bubble's time
		if _, err := io.WriteString(conn, "{}"); err != nil {
			t.Fatal(err)
		}
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusNoContent {
			t.Errorf("status %d, want 204", res.StatusCode)
		}
	})
}

// A client that stays silent is cut off after twenty seconds.
func TestASilentClientIsCutOff(t *testing.T) {
	t.Parallel()
	connected(t, http.NotFound, func(t *testing.T, conn net.Conn) {
		t.Helper()
		began := time.Now()           // the bubble's
		answer, _ := io.ReadAll(conn) // how it was cut off is no matter
		if waited := time.Since(began); len(answer) > 0 || waited != 20*time.Second {
			t.Errorf("after %s: %q", waited, answer)
		}
	})
}
