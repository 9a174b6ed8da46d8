package inspect_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/emulator"
	"github.com/parley-chat/parley/internal/guard"
	"github.com/parley-chat/parley/internal/inspect"
	"github.com/parley-chat/parley/internal/startchat"
)

// loaded is a server under load, with a recorder or without.
type loaded struct {
	b      *testing.B
	server *httptest.Server
	client *http.Client
	bearer []string
}

func newLoaded(b *testing.B, recorder *inspect.Recorder, durable bool) *loaded {
	b.Helper()
	cfg := emulator.Config{Ephemeral: !durable}
	if durable {
		cfg.DataDir = b.TempDir()
	}
	if recorder != nil {
		cfg.Tap = recorder
	}
	embedded, err := emulator.New(b.Context(), cfg)
	if err != nil {
		b.Fatal(err)
	}
	door, err := startchat.New(startchat.Config{
		Starter:  embedded,
		Defaults: startchat.Defaults{InstanceID: emulator.DefaultInstanceID, ContactFlowID: emulator.DefaultContactFlowID},
	})
	if err != nil {
		b.Fatal(err)
	}
	policy, err := guard.New(guard.Config{Listen: "127.0.0.1:0"})
	if err != nil {
		b.Fatal(err)
	}
	handler := policy.Wrap(embedded.Wrap(door))
	if recorder != nil {
		handler = recorder.Wrap(handler)
	}
	l := &loaded{b: b, server: httptest.NewServer(handler)}
	l.client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	b.Cleanup(func() {
		l.client.CloseIdleConnections()
		l.server.Close()
		if err := embedded.Close(); err != nil {
			b.Error(err)
		}
	})
	return l
}

// post makes a call as a browser's page does.
func (l *loaded) post(path, bearer, body string) string {
	request, err := http.NewRequest(http.MethodPost, l.server.URL+path, strings.NewReader(body))
	if err != nil {
		l.b.Error(err)
		return ""
	}
	for name, value := range map[string]string{
		"Content-Type": "application/json", "Origin": "http://localhost:8080", "Accept": "*/*", "Accept-Language": "en-GB,en;q=0.9",
		"User-Agent":    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
		"Authorization": "AWS4-HMAC-SHA256 Credential=/20261122/us-east-1/execute-api/aws4_request, SignedHeaders=host;x-amz-date, Signature=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
		"X-Amz-Date":    "20261122T063148Z", "X-Amz-User-Agent": "aws-sdk-js/3.716.0 ua/2.1 os/Linux lang/js md/browser#Chrome_126",
		"X-Amz-Bearer": bearer, "Referer": "http://localhost:8080/",
	} {
		if value != "" {
			request.Header.Set(name, value)
		}
	}
	answer, err := l.client.Do(request)
	if err != nil {
		l.b.Error(err)
		return ""
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		l.b.Errorf("%s: %d %s %v", path, answer.StatusCode, text, err)
	}
	return string(text)
}

const startBody = `{"ContactFlowId":"22222222-2222-4222-8222-222222222222","InstanceId":"11111111-1111-4111-8111-111111111111",` +
	`"ParticipantDetails":{"DisplayName":"Pat"},"Attributes":{"customerName":"Pat","plan":"gold"},` +
	`"SupportedMessagingContentTypes":["text/plain","text/markdown"]}`

func memberOf(text, name string) string {
	_, rest, _ := strings.Cut(text, `"`+name+`":"`)
	value, _, _ := strings.Cut(rest, `"`)
	return value
}

// enter starts chats whose customers can speak.
func (l *loaded) enter(n int) {
	for range n {
		started := l.post("/startChatContact", "", startBody)
		connected := l.post("/participant/connection", memberOf(started, "ParticipantToken"), `{"Type":["CONNECTION_CREDENTIALS"]}`)
		l.bearer = append(l.bearer, memberOf(connected, "ConnectionToken"))
	}
}

// spent is what calls have cost.
type spent struct{ processor, clock time.Duration }

// round makes calls from several pages at once.
func (l *loaded) round(pages, calls int, call func(page, i int)) spent {
	processor, began := processTime(l.b), time.Now()
	var all sync.WaitGroup
	for page := range pages {
		all.Go(func() {
			for i := range calls {
				call(page, i)
			}
		})
	}
	all.Wait()
	return spent{processTime(l.b) - processor, time.Since(began)}
}

// BenchmarkOverhead compares a server that records with one that does not. Short rounds of both
// alternate, so that what else the machine does meets both, and the median of the pairs counts:
// of the processor time they take, which is what bounds throughput, and of the time itself. The
// client's part is in both.
func BenchmarkOverhead(b *testing.B) {
	const pages, calls = 16, 60
	start := func(l *loaded, _, _ int) { l.post("/startChatContact", "", startBody) }
	message := func(l *loaded, page, i int) {
		l.post("/participant/message", l.bearer[page],
			fmt.Sprintf(`{"ClientToken":"%08d-0000-4000-8000-000000000000","Content":"message number %d, and some words more","ContentType":"text/plain"}`, i, i))
	}
	transcript := func(l *loaded, page, _ int) {
		l.post("/participant/transcript", l.bearer[page], `{"MaxResults":15,"SortOrder":"ASCENDING"}`)
	}
	for _, each := range []struct {
		name    string
		durable bool
		do      func(l *loaded, page, i int)
	}{
		{"start", true, start},
		{"start-ephemeral", false, start},
		{"message", true, message},
		{"message-ephemeral", false, message},
		{"transcript-ephemeral", false, transcript},
	} {
		do := each.do
		b.Run(each.name, func(b *testing.B) {
			with, without := newLoaded(b, inspect.New(inspect.Config{}), each.durable), newLoaded(b, nil, each.durable)
			with.enter(pages)
			without.enter(pages)
			var processor, clock []float64
			var took, used [2]time.Duration
			for b.Loop() {
				first := without.round(pages, calls, func(page, i int) { do(without, page, i) })
				second := with.round(pages, calls, func(page, i int) { do(with, page, i) })
				took[0], took[1] = took[0]+first.clock, took[1]+second.clock
				used[0], used[1] = used[0]+first.processor, used[1]+second.processor
				processor = append(processor, float64(second.processor)/float64(first.processor))
				clock = append(clock, float64(second.clock)/float64(first.clock))
			}
			slices.Sort(processor)
			slices.Sort(clock)
			n := float64(len(clock)) * pages * calls
			b.ReportMetric(100*(processor[len(processor)/2]-1), "%processor")
			b.ReportMetric(100*(clock[len(clock)/2]-1), "%time")
			b.ReportMetric(float64(used[0].Nanoseconds())/1000/n, "µs-without")
			b.ReportMetric(float64(used[1].Nanoseconds())/1000/n, "µs-with")
			b.ReportMetric(n/took[0].Seconds(), "calls/s-without")
			b.ReportMetric(n/took[1].Seconds(), "calls/s-with")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkRecord is what recording one call costs by itself, masking included.
func BenchmarkRecord(b *testing.B) {
	for _, recorded := range []bool{false, true} {
		b.Run(fmt.Sprint(recorded), func(b *testing.B) {
			handler := http.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				w.Header().Set("Content-Type", "application/json")
				_, _ = io.WriteString(w, `{"AbsoluteTime":"2026-11-22T06:31:48.025Z","Id":"a0000000-0000-4000-8000-000000000010"}`)
			}))
			recorder := inspect.New(inspect.Config{})
			if recorded {
				handler = recorder.Wrap(handler)
			}
			const body = `{"ClientToken":"00000000-0000-4000-8000-000000000000","Content":"message number 1, and some words more","ContentType":"text/plain"}`
			token := "QVFJREFI" + strings.Repeat("abcdEFGH0123", 8)
			b.ReportAllocs()
			for b.Loop() {
				request := httptest.NewRequest(http.MethodPost, "/participant/message", strings.NewReader(body))
				request.Header.Set("X-Amz-Bearer", token)
				request.Header.Set("Content-Type", "application/json")
				request.Header.Set("Origin", "http://localhost:8080")
				request.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36")
				handler.ServeHTTP(httptest.NewRecorder(), request)
			}
		})
	}
}
