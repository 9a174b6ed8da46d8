package connectclient_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/awsfake"
	"github.com/parley-chat/parley/internal/connectclient"
	"github.com/parley-chat/parley/internal/startchat"
)

const startBody = `{"InstanceId":"i-1","ContactFlowId":"f-1","ParticipantDetails":{"DisplayName":"Ana"},"ClientToken":"t-1","NewerMember":{"a":[1,2]}}`

// TestMain takes the developer's own AWS settings away and puts a profile "fake" in
// their place, so that tests can run in parallel.
func TestMain(m *testing.M) {
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "AWS_") {
			os.Unsetenv(name)
		}
	}
	dir, err := os.MkdirTemp("", "connectclient")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "config")
	text := "[profile fake]\nregion = " + awsfake.DefaultRegion + "\naws_access_key_id = " + awsfake.DefaultAccessKeyID +
		"\naws_secret_access_key = " + awsfake.DefaultSecretAccessKey + "\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		panic(err)
	}
	os.Setenv("AWS_CONFIG_FILE", file)
	os.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(dir, "none"))
	os.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	m.Run()
}

// newClient returns a client of a listening endpoint.
func newClient(tb testing.TB, endpoint *awsfake.Endpoint) *connectclient.Client {
	tb.Helper()
	return mustNew(tb, connectclient.Config{Profile: "fake", EndpointURL: endpoint.URL})
}

func mustNew(tb testing.TB, config connectclient.Config) *connectclient.Client {
	tb.Helper()
	client, err := connectclient.New(tb.Context(), config)
	if err != nil {
		tb.Fatal(err)
	}
	return client
}

func startRequest() *startchat.Request {
	return &startchat.Request{Body: []byte(startBody), InstanceID: "i-1", ContactFlowID: "f-1", ClientToken: "t-1"}
}

// inMemory leads requests to a handler without a socket, so that waits can be
// tested in a synctest bubble. A handler that aborts breaks the connection.
type inMemory struct{ handler http.Handler }

func (m inMemory) RoundTrip(request *http.Request) (response *http.Response, err error) {
	defer func() {
		if recover() != nil {
			response, err = nil, io.EOF
			if request.Context().Err() != nil {
				err = request.Context().Err()
			}
		}
	}()
	served := request.Clone(request.Context())
	if served.Body == nil {
		served.Body = http.NoBody
	}
	if served.Host == "" { // what a request has on the wire stands elsewhere before
		served.Host = served.URL.Host
	}
	if served.ContentLength > 0 {
		served.Header.Set("Content-Length", strconv.FormatInt(served.ContentLength, 10))
	}
	recorder := httptest.NewRecorder()
	m.handler.ServeHTTP(recorder, served)
	if recorder.Header().Get("Date") == "" { // a server of net/http sets it
		recorder.Result().Header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	}
	return recorder.Result(), nil
}

// newMemoryClient returns a client of an endpoint that does not listen.
func newMemoryClient(tb testing.TB, endpoint *awsfake.Endpoint) *connectclient.Client {
	tb.Helper()
	return mustNew(tb, connectclient.Config{
		Profile: "fake", EndpointURL: "http://connect.invalid", Transport: inMemory{endpoint},
	})
}

// roundTrip is a transport written as a function.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// canned answers every request with a chat, at the cost of reading the request.
func canned(request *http.Request) (*http.Response, error) {
	if _, err := io.Copy(io.Discard, request.Body); err != nil {
		return nil, err
	}
	const text = `{"ContactId":"5a1b2c3d-0000-4000-8000-000000000000","ParticipantId":"5a1b2c3d-0000-4000-8000-000000000001","ParticipantToken":"QVFJREFIhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWF"}`
	return &http.Response{
		StatusCode: 200, Header: http.Header{"X-Amzn-Requestid": {"r-1"}, "Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(text)), ContentLength: int64(len(text)), Request: request,
	}, nil
}

func BenchmarkStartChatContact(b *testing.B) {
	request := startRequest()
	b.Run("in process", func(b *testing.B) {
		client := mustNew(b, connectclient.Config{Profile: "fake", Transport: roundTrip(canned)})
		benchmark(b, client, request)
	})
	b.Run("loopback", func(b *testing.B) {
		endpoint := awsfake.Start(b, awsfake.Config{Stateless: true})
		benchmark(b, newClient(b, endpoint), request)
	})
}

func benchmark(b *testing.B, client *connectclient.Client, request *startchat.Request) {
	b.Helper()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := client.StartChatContact(context.Background(), request); err != nil {
			b.Fatal(err)
		}
	}
}
