package lambdahost_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/frontdoor"
	"github.com/parley-chat/parley/internal/lambdahost"
	"github.com/parley-chat/parley/internal/secret"
	"github.com/parley-chat/parley/internal/settings"
	"github.com/parley-chat/parley/internal/startchat"
)

// BenchmarkInvoke is what the way from event to answer costs by itself: the handler behind it
// only answers, with as much as a started chat takes.
func BenchmarkInvoke(b *testing.B) {
	body := []byte(`{"data":{"startChatResult":{"ParticipantToken":"` + strings.Repeat("A", 400) + `"}}}`)
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(body)
	})
	for _, name := range []string{"rest", "http-stage", "url", "alb", "alb-multi"} {
		b.Run(name, func(b *testing.B) {
			payload, err := os.ReadFile("testdata/events/" + name + ".json")
			if err != nil {
				b.Fatal(err)
			}
			host := lambdahost.New(handler, lambdahost.Options{})
			b.ReportAllocs()
			for b.Loop() {
				if _, err := host.Invoke(b.Context(), payload); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// started is a starter that has no work.
type started struct{}

// StartChatContact implements [startchat.Starter].
func (started) StartChatContact(context.Context, *startchat.Request) (*startchat.Result, error) {
	return &startchat.Result{
		ContactID: "c-1", ParticipantID: "p-1", ParticipantToken: secret.New(strings.Repeat("A", 400)),
		Metadata: startchat.Metadata{HTTPStatusCode: http.StatusOK, RequestID: "r-1", Attempts: 1},
	}, nil
}

// BenchmarkFunction is all the work of an invocation but the call to Amazon Connect: event,
// guard, front door with its policy, answer and log line.
func BenchmarkFunction(b *testing.B) {
	log := slog.New(lambdahost.NewLogHandler(slog.NewJSONHandler(io.Discard, nil), nil)) //nolint:sloglint // writing the line is part of the work
	s, err := settings.LoadLambda([]string{
		"INSTANCE_ID=11111111-1111-4111-8111-111111111111", "CONTACT_FLOW_ID=22222222-2222-4222-8222-222222222222",
		"ALLOWED_ORIGINS=https://shop.example",
	})
	if err != nil {
		b.Fatal(err)
	}
	door, err := frontdoor.NewBehindGateway(frontdoor.Config{Settings: s, Starter: started{}, Public: true, Log: log})
	if err != nil {
		b.Fatal(err)
	}
	host := lambdahost.New(door, lambdahost.Options{Log: log})
	payload, err := os.ReadFile("testdata/events/rest.json")
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
