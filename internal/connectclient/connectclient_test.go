package connectclient_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/awsfake"
	"github.com/parley-chat/parley/internal/connectclient"
	"github.com/parley-chat/parley/internal/startchat"
)

const startBody = `{"InstanceId":"i-1","ContactFlowId":"f-1","ParticipantDetails":{"DisplayName":"Ana"},"ClientToken":"t-1","NewerMember":{"a":[1,2]}}`

func TestMain(m *testing.M) { awsfake.Main(m) }

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
