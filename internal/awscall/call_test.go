package awscall_test

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/awsfake"
	"github.com/parley-chat/parley/internal/awswire"
)

func TestTruncatedAnswer(t *testing.T) {
	t.Parallel()
	endpoint := awsfake.Start(t)
	endpoint.Script(awsfake.Step{Truncate: true, Body: `{"ContactId":"c`})
	_, err := newClient(t, endpoint).start(t.Context())
	if !errors.Is(err, awswire.ErrAnswer) || endpoint.Calls() != 1 {
		t.Errorf("after %d calls: %v", endpoint.Calls(), err)
	}
}

// A broken connection is tried again over a new one, after a short wait.
func TestResetConnectionOnARealSocket(t *testing.T) {
	t.Parallel()
	endpoint := awsfake.Start(t)
	client := newClient(t, endpoint)
	endpoint.Script(awsfake.Step{Reset: true})
	result, err := client.start(t.Context())
	if err != nil || result.Metadata.Attempts != 2 {
		t.Fatalf("after one reset: %+v, %v", result, err)
	}
	sent := endpoint.Requests()
	if sent[0].Header.Get("Amz-Sdk-Invocation-Id") != sent[1].Header.Get("Amz-Sdk-Invocation-Id") {
		t.Error("the invocation id changed between attempts")
	}
	if got := sent[1].Header.Get("Amz-Sdk-Request"); got != "attempt=2; max=3" {
		t.Errorf("amz-sdk-request of the second attempt is %q", got)
	}
}

func TestHangOnARealSocketEndsWithTheContext(t *testing.T) {
	t.Parallel()
	endpoint := awsfake.Start(t)
	client := newClient(t, endpoint)
	endpoint.Script(awsfake.Step{Hang: true})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		_ = endpoint.Await(ctx, 1)
		cancel()
	}()
	if _, err := client.start(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled call gave %v", err)
	}
}

func TestRefusedConnection(t *testing.T) {
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
	client := mustOpen(t, config{Profile: "fake", EndpointURL: "http://127.0.0.1:1"}) // where nobody listens
	_, err := client.start(t.Context())
	if _, ok := errors.AsType[*net.OpError](err); !ok {
		t.Errorf("a refused connection gave %v, want a net.OpError in the chain", err)
	}
	call, ok := errors.AsType[*awswire.CallError](err)
	if !ok || call.Metadata.Attempts != 1 {
		t.Errorf("metadata of a refused connection: %+v", call)
	}
}

// Connections are used again whatever was answered, so that a faulty stretch does
// not cost a handshake a call.
func TestConnectionsAreReused(t *testing.T) {
	t.Parallel()
	endpoint := awsfake.New(awsfake.Config{})
	var mu sync.Mutex
	opened := 0
	server := httptest.NewUnstartedServer(endpoint)
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			mu.Lock()
			opened++
			mu.Unlock()
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	client := mustOpen(t, config{Profile: "fake", EndpointURL: server.URL})
	endpoint.Script(
		awsfake.Step{}, awsfake.Step{Status: 400, Error: "InvalidRequestException"},
		awsfake.Step{Status: 200, Body: "garbage"}, awsfake.Step{Status: 404, Body: strings.Repeat("x", 100_000)}, awsfake.Step{},
	)
	for range 5 {
		_, _ = client.start(t.Context()) // each has its own outcome
	}
	mu.Lock()
	defer mu.Unlock()
	if opened != 1 {
		t.Errorf("5 calls opened %d connections, want 1", opened)
	}
}

func TestCustomCertificateAuthority(t *testing.T) {
	server := httptest.NewUnstartedServer(awsfake.New(awsfake.Config{}))
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.StartTLS()
	t.Cleanup(server.Close)
	client := mustOpen(t, config{Profile: "fake", EndpointURL: server.URL})
	_, err := client.start(t.Context())
	call, ok := errors.AsType[*awswire.CallError](err)
	if _, untrusted := errors.AsType[*tls.CertificateVerificationError](err); !ok || !untrusted || call.Metadata.Attempts != 1 {
		t.Fatalf("an unknown certificate gave %v", err)
	}
	bundle := filepath.Join(t.TempDir(), "ca.pem")
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(bundle, certificate, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CA_BUNDLE", bundle)
	client = mustOpen(t, config{Profile: "fake", EndpointURL: server.URL})
	if _, err := client.start(t.Context()); err != nil {
		t.Errorf("with AWS_CA_BUNDLE: %v", err)
	}
}

func TestCallThatIsCancelledBeforeIsNotSent(t *testing.T) {
	t.Parallel()
	endpoint := awsfake.Start(t)
	client := newClient(t, endpoint)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := client.start(ctx); !errors.Is(err, context.Canceled) || endpoint.Calls() != 0 {
		t.Errorf("%d calls, %v", endpoint.Calls(), err)
	}
}

func TestManyCallsAtOnce(t *testing.T) {
	t.Parallel()
	endpoint := awsfake.Start(t)
	client := newClient(t, endpoint)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			if _, err := client.start(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if open := endpoint.OpenContacts(); open != 1 {
		t.Errorf("%d contacts for one ClientToken", open)
	}
}
