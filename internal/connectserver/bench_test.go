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
	const target = "/contact-flows-summary/i-1?maxResults=1000"
	body := s.call("GET", target, "").Body.Bytes()
	var typed struct {
		ContactFlowSummaryList []struct{ Id, Arn, Name, ContactFlowType, ContactFlowState, ContactFlowStatus string }
		NextToken              string
	}
	if err := json.Unmarshal(body, &typed); err != nil || len(typed.ContactFlowSummaryList) != 1000 {
		b.Fatal(err, len(typed.ContactFlowSummaryList))
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
