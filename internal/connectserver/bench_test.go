package connectserver_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/instance"
)

// BenchmarkListContactFlows lists 1,000 flows that were created through the API, and encodes an answer
// of that size alone, which is what the list is held against.
func BenchmarkListContactFlows(b *testing.B) {
	s := newStage(b, nil, nil)
	for i := range 1000 {
		if _, err := s.kept.Create(b.Context(), instance.Flow{Kind: flow.Inbound, Name: fmt.Sprint("flow ", i), Draft: "{}"}); err != nil {
			b.Fatal(err)
		}
	}
	var typed struct {
		ContactFlowSummaryList []struct{ Id, Arn, Name, ContactFlowType, ContactFlowState, ContactFlowStatus string }
		NextToken              string
	}
	list(b, s, "/contact-flows-summary/i-1?maxResults=1000", &typed, func() int { return len(typed.ContactFlowSummaryList) })
}

// BenchmarkListQueues is the same of queues.
func BenchmarkListQueues(b *testing.B) {
	s := newStage(b, nil, nil)
	hours := s.kept.Hours.All()[0].ID
	for i := range 1000 {
		if _, err := s.kept.Queues.Create(b.Context(), instance.Item[instance.Queue]{Name: fmt.Sprint("queue ", i), Is: instance.Queue{HoursID: hours}}); err != nil {
			b.Fatal(err)
		}
	}
	var typed struct {
		QueueSummaryList []struct {
			Arn, Id, LastModifiedRegion string
			LastModifiedTime            float64
			Name, QueueType             string
		}
		NextToken string
	}
	list(b, s, "/queues-summary/i-1?maxResults=1000", &typed, func() int { return len(typed.QueueSummaryList) })
}

// list runs an action that lists 1,000 resources, and encodes its answer from typed, which reads it.
func list(b *testing.B, s *stage, target string, typed any, count func() int) {
	b.Helper()
	body := s.call("GET", target, "").Body.Bytes()
	if err := json.Unmarshal(body, typed); err != nil || count() != 1000 {
		b.Fatal(err, count(), string(body[:min(len(body), 500)]))
	}
	b.Run("list", func(b *testing.B) {
		for b.Loop() {
			w := unread{http.Header{}}
			s.handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, nil))
			if got := w.header.Get("Content-Length"); got != strconv.Itoa(len(body)) {
				b.Fatal(got)
			}
		}
	})
	b.Run("encode", func(b *testing.B) {
		for b.Loop() {
			if _, err := json.Marshal(typed, json.Deterministic(true)); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// unread takes an answer and keeps no copy of its body, as a connection does.
type unread struct{ header http.Header }

func (u unread) Header() http.Header         { return u.header }
func (u unread) Write(b []byte) (int, error) { return len(b), nil }
func (u unread) WriteHeader(int)             {}
