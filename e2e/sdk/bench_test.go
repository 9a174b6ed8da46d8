package sdk_test

import (
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/frontdoor"
	"github.com/parley-chat/parley/internal/lambdahost"
	"github.com/parley-chat/parley/internal/settings"
)

// canned answers every call with a started chat, without a network.
type canned struct{}

// RoundTrip implements [http.RoundTripper].
func (canned) RoundTrip(r *http.Request) (*http.Response, error) {
	_, _ = io.Copy(io.Discard, r.Body) // a transport reads what it sends
	body := `{"ContactId":"c-1","ParticipantId":"p-1","ParticipantToken":"` + strings.Repeat("A", 400) + `"}`
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}, "X-Amzn-Requestid": {"r-1"}},
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)), Request: r,
	}, nil
}

// place gives both clients credentials and a Region.
func place(b *testing.B) {
	b.Helper()
	for name, value := range map[string]string{
		"AWS_REGION": "us-west-2", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "example",
		"AWS_CONFIG_FILE": filepath.Join(b.TempDir(), "none"), "AWS_SHARED_CREDENTIALS_FILE": filepath.Join(b.TempDir(), "none"),
	} {
		b.Setenv(name, value)
	}
}

// BenchmarkBareCall is one StartChatContact of the generated client and nothing else, to hold
// BenchmarkInvocation against.
func BenchmarkBareCall(b *testing.B) {
	place(b)
	client, err := newGenerated(b.Context(), canned{}, "")
	if err != nil {
		b.Fatal(err)
	}
	body := []byte(`{"InstanceId":"11111111-1111-4111-8111-111111111111","ContactFlowId":"22222222-2222-4222-8222-222222222222",` +
		`"ParticipantDetails":{"DisplayName":"Pat"},"ClientToken":"33333333-3333-4333-8333-333333333333"}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := client.start(b.Context(), body); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkInvocation is a whole invocation of the production function with its call: event,
// guard, policy, signing, answer and log line.
func BenchmarkInvocation(b *testing.B) {
	place(b)
	log := slog.New(lambdahost.NewLogHandler(slog.NewJSONHandler(io.Discard, nil), nil)) //nolint:sloglint // writing the line is part of the work
	s, err := settings.LoadLambda([]string{
		"INSTANCE_ID=11111111-1111-4111-8111-111111111111", "CONTACT_FLOW_ID=22222222-2222-4222-8222-222222222222",
		"ALLOWED_ORIGINS=https://shop.example",
	})
	if err != nil {
		b.Fatal(err)
	}
	client, err := newOwn(b.Context(), canned{}, "")
	if err != nil {
		b.Fatal(err)
	}
	door, err := frontdoor.NewBehindGateway(frontdoor.Config{Settings: s, Starter: client.client, Public: true, Log: log})
	if err != nil {
		b.Fatal(err)
	}
	host := lambdahost.New(door, lambdahost.Options{Log: log})
	payload, err := os.ReadFile("../../internal/lambdahost/testdata/events/rest.json")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		out, err := host.Invoke(b.Context(), payload)
		if err != nil || !strings.HasPrefix(string(out), `{"statusCode":200,`) {
			b.Fatalf("%s: %v", out, err)
		}
	}
}
