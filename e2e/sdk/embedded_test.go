package sdk_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/connect"
	"github.com/aws/smithy-go"

	"github.com/parley-chat/parley/internal/emulator"
	"github.com/parley-chat/parley/internal/server"
)

// startEmbedded starts an embedded Amazon Connect, and returns it with its address.
func startEmbedded(t *testing.T, cfg emulator.Config) (embedded *emulator.Emulator, address string) {
	t.Helper()
	embedded, err := emulator.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() {
		ended <- server.Serve(ctx, server.Config{Listener: listener, Handler: embedded.Handler(), HTTP2: true})
	}()
	t.Cleanup(func() {
		stop()
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := errors.Join(<-ended, embedded.Shutdown(ctx)); err != nil {
			t.Error(err)
		}
	})
	return embedded, "http://" + listener.Addr().String()
}

// connectAt is the generated client of Amazon Connect for an address.
func connectAt(address string) *connect.Client {
	return connect.New(connect.Options{
		Region: "us-east-1", BaseEndpoint: &address, Credentials: credentials.NewStaticCredentialsProvider("id", "key", ""),
	})
}

// must ends a test whose call was refused.
func must(t *testing.T, what string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// refuses holds the exception that a call was refused with.
func refuses(t *testing.T, what, want string, err error) {
	t.Helper()
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != want {
		t.Errorf("%s: %v, not %s", what, err, want)
	}
}
