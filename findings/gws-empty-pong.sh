#!/usr/bin/env bash
# A good guess says that a WebSocket server built on a library answers a ping with its own payload, as RFC 6455 (section
# 5.5.3) demands of a pong, so that any client can measure the line. BuiltinEventHandler of github.com/lxzan/gws 1.8.9, which
# its README starts servers with, answers every ping with an empty pong.
# A client that looks for its payload never finds it: Ping of github.com/coder/websocket 1.8.15 waits until its context ends,
# although the pong is there and messages go both ways. With an OnPing that hands the payload on, it returns at once.
# A health check of chat sockets then takes each of them for dead; gws's own clients and those that count any pong see nothing.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >go.mod <<'MOD'
module finding

go 1.25
MOD
cat >main.go <<'GO'
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	"github.com/coder/websocket"
	"github.com/lxzan/gws"
)

type echo struct{ gws.BuiltinEventHandler }

func (echo) OnMessage(socket *gws.Conn, message *gws.Message) {
	defer message.Close()
	_ = socket.WriteMessage(message.Opcode, message.Bytes())
}

type exact struct{ echo }

func (exact) OnPing(socket *gws.Conn, payload []byte) { _ = socket.WritePong(payload) }

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// ping tells how a ping ends, the payloads of the pongs that came, and an echo that goes over the same line after it.
func ping(handler gws.Event, patience time.Duration) (error, []string, string) {
	upgrader := gws.NewUpgrader(handler, nil)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		must(upgrader.Upgrade(w, r)).ReadLoop()
	}))
	defer server.Close()
	pongs, lines := make(chan string, 2), make(chan string, 1)
	client, _, err := websocket.Dial(context.Background(), server.URL, &websocket.DialOptions{
		OnPongReceived: func(_ context.Context, payload []byte) { pongs <- string(payload) },
	})
	must(client, err)
	defer client.CloseNow()
	go func() {
		_, line, err := client.Read(context.Background())
		lines <- string(must(line, err))
	}()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	result := client.Ping(ctx)
	if err := client.Write(context.Background(), websocket.MessageText, []byte("still here")); err != nil {
		panic(err)
	}
	line := <-lines
	return result, []string{<-pongs}, line
}

func main() {
	changed := false
	expect := func(what string, got, want any) {
		fmt.Printf("%s: %v\n", what, got)
		if got != want {
			fmt.Printf("  changed, it was: %v\n", want)
			changed = true
		}
	}
	err, pongs, line := ping(echo{}, 3*time.Second)
	expect("built-in handler: the ping ends with the deadline", errors.Is(err, context.DeadlineExceeded), true)
	expect("built-in handler: payload of the pong", fmt.Sprintf("%q", pongs), `[""]`)
	expect("built-in handler: a message afterwards", line, "still here")
	err, pongs, _ = ping(exact{}, time.Minute)
	expect("payload handed on: the ping's error", err, nil)
	expect("payload handed on: a payload in the pong", pongs[0] != "", true)
	if changed {
		os.Exit(1)
	}
}
GO
go get github.com/lxzan/gws@v1.8.9 github.com/coder/websocket@v1.8.15 2>/dev/null
go list -m github.com/lxzan/gws github.com/coder/websocket
go run .
