package connectclient_test

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

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/awsfake"
	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/connectclient"
	"github.com/parley-chat/parley/internal/startchat"
)

func TestStartChatContactOnTheWire(t *testing.T) {
	t.Parallel()
	endpoint := awsfake.Start(t)
	endpoint.Script(awsfake.Step{Header: http.Header{"X-Amz-Id-2": {"ext"}, "X-Amz-Cf-Id": {"cf"}}})
	client := mustNew(t, connectclient.Config{Profile: "fake", EndpointURL: endpoint.URL + "/prefix/", UserAgent: "parley/test"})
	if got, want := client.Endpoint(), endpoint.URL+"/prefix"; got != want {
		t.Errorf("Endpoint() = %q, want %q", got, want)
	}
	// The path below the prefix is no operation of the endpoint: only the signature counts here.
	if _, err := client.StartChatContact(t.Context(), startRequest()); err != nil {
		if refusal, ok := errors.AsType[*awswire.Error](err); !ok || refusal.Name != "UnknownOperationException" {
			t.Errorf("below a prefix: %v", err)
		}
	}

	endpoint.Script(awsfake.Step{Header: http.Header{"X-Amz-Id-2": {"ext"}, "X-Amz-Cf-Id": {"cf"}}})
	client = mustNew(t, connectclient.Config{Profile: "fake", EndpointURL: endpoint.URL, UserAgent: "parley/test"})
	result, err := client.StartChatContact(t.Context(), startRequest())
	if err != nil {
		t.Fatal(err)
	}
	if len(result.ContactID) != 36 || len(result.ParticipantID) != 36 || !strings.HasPrefix(result.ParticipantToken.Reveal(), "QVFJREFI") {
		t.Errorf("result %+v", result)
	}
	meta := result.Metadata
	if meta.RequestID == "" {
		t.Error("no request id")
	}
	meta.RequestID = ""
	want := startchat.Metadata{HTTPStatusCode: 200, ExtendedRequestID: "ext", CFID: "cf", Attempts: 1}
	if diff := cmp.Diff(want, meta); diff != "" {
		t.Errorf("metadata (-want +got)\n%s", diff)
	}

	prefixed, plain := endpoint.Requests()[0], endpoint.Requests()[1]
	if prefixed.Path != "/prefix/contact/chat" || !prefixed.Accepted {
		t.Errorf("below a prefix: path %s, accepted %v", prefixed.Path, prefixed.Accepted)
	}
	if plain.Method != http.MethodPut || plain.Path != "/contact/chat" || string(plain.Body) != startBody || !plain.Accepted {
		t.Errorf("sent %+v", plain)
	}
	for name, want := range map[string]string{
		"Content-Type": "application/json", "Amz-Sdk-Request": "attempt=1; max=3", "User-Agent": "parley/test", "Accept-Encoding": "",
	} {
		if got := plain.Header.Get(name); got != want {
			t.Errorf("header %s is %q, want %q", name, got, want)
		}
	}
	if id := plain.Header.Get("Amz-Sdk-Invocation-Id"); len(id) != 36 {
		t.Errorf("invocation id %q", id)
	}
	if signed := plain.Header.Get("Authorization"); !strings.Contains(signed, "amz-sdk-invocation-id;amz-sdk-request;content-length;content-type;host;x-amz-date") {
		t.Errorf("the signature does not cover what the SDK's covers: %s", signed)
	}
}

func TestStopContact(t *testing.T) {
	t.Parallel()
	endpoint := awsfake.Start(t)
	client := newClient(t, endpoint)
	result, err := client.StartChatContact(t.Context(), startRequest())
	if err != nil {
		t.Fatal(err)
	}
	if err := client.StopContact(t.Context(), "arn:aws:connect:us-west-2:123456789012:instance/i-1", result.ContactID); err != nil {
		t.Errorf("stopping a contact: %v", err)
	}
	if open := endpoint.OpenContacts(); open != 0 {
		t.Errorf("%d contacts are open", open)
	}
	if got := string(endpoint.Requests("StopContact")[0].Body); !strings.Contains(got, `"InstanceId":"arn:aws:connect:`) {
		t.Errorf("the instance's ARN was not sent as it is: %s", got)
	}
	gone, ok := errors.AsType[*awswire.Error](client.StopContact(t.Context(), "i-1", "unknown"))
	if !ok || gone.Status != http.StatusGone || gone.Name != "ContactNotFoundException" {
		t.Errorf("stopping an unknown contact gave %v, want ContactNotFoundException", gone)
	}
	endpoint.Script(awsfake.Step{Status: 403, Error: "AccessDeniedException"})
	refusal, ok := errors.AsType[*awswire.Error](client.StopContact(t.Context(), "i-1", result.ContactID))
	if !ok || refusal.Name != "AccessDeniedException" {
		t.Errorf("a refused stop gave %v", refusal)
	}
}

func TestTruncatedAnswer(t *testing.T) {
	t.Parallel()
	endpoint := awsfake.Start(t)
	endpoint.Script(awsfake.Step{Truncate: true, Body: `{"ContactId":"c`})
	_, err := newClient(t, endpoint).StartChatContact(t.Context(), startRequest())
	if !errors.Is(err, awswire.ErrAnswer) || endpoint.Calls() != 1 {
		t.Errorf("after %d calls: %v", endpoint.Calls(), err)
	}
}

// A broken connection is tried again over a new one; the waits are those of the
// newer retry rules, which are short.
func TestResetConnectionOnARealSocket(t *testing.T) {
	t.Setenv("AWS_NEW_RETRIES_2026", "true")
	endpoint := awsfake.Start(t)
	client := newClient(t, endpoint)
	endpoint.Script(awsfake.Step{Reset: true})
	result, err := client.StartChatContact(t.Context(), startRequest())
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
	if _, err := client.StartChatContact(ctx, startRequest()); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled call gave %v", err)
	}
}

func TestRefusedConnection(t *testing.T) {
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
	client := mustNew(t, connectclient.Config{Profile: "fake", EndpointURL: "http://127.0.0.1:1"}) // where nobody listens
	_, err := client.StartChatContact(t.Context(), startRequest())
	if _, ok := errors.AsType[*net.OpError](err); !ok {
		t.Errorf("a refused connection gave %v, want a net.OpError in the chain", err)
	}
	call, ok := errors.AsType[*startchat.CallError](err)
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
	client := mustNew(t, connectclient.Config{Profile: "fake", EndpointURL: server.URL})
	endpoint.Script(
		awsfake.Step{}, awsfake.Step{Status: 400, Error: "InvalidRequestException"},
		awsfake.Step{Status: 200, Body: "garbage"}, awsfake.Step{Status: 404, Body: strings.Repeat("x", 100_000)}, awsfake.Step{},
	)
	for range 5 {
		_, _ = client.StartChatContact(t.Context(), startRequest()) // each has its own outcome
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
	client := mustNew(t, connectclient.Config{Profile: "fake", EndpointURL: server.URL})
	_, err := client.StartChatContact(t.Context(), startRequest())
	call, ok := errors.AsType[*startchat.CallError](err)
	if _, untrusted := errors.AsType[*tls.CertificateVerificationError](err); !ok || !untrusted || call.Metadata.Attempts != 1 {
		t.Fatalf("an unknown certificate gave %v", err)
	}
	bundle := filepath.Join(t.TempDir(), "ca.pem")
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(bundle, certificate, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CA_BUNDLE", bundle)
	client = mustNew(t, connectclient.Config{Profile: "fake", EndpointURL: server.URL})
	if _, err := client.StartChatContact(t.Context(), startRequest()); err != nil {
		t.Errorf("with AWS_CA_BUNDLE: %v", err)
	}
}

func TestCallThatIsCancelledBeforeIsNotSent(t *testing.T) {
	t.Parallel()
	endpoint := awsfake.Start(t)
	client := newClient(t, endpoint)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := client.StartChatContact(ctx, startRequest()); !errors.Is(err, context.Canceled) || endpoint.Calls() != 0 {
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
			if _, err := client.StartChatContact(ctx, startRequest()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if open := endpoint.OpenContacts(); open != 1 {
		t.Errorf("%d contacts for one ClientToken", open)
	}
}
