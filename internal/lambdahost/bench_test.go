package lambdahost_test

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/lambdahost"
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
