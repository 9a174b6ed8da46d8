package awswire_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/awswire"
)

func TestWriteError(t *testing.T) {
	t.Parallel()
	rec := httptest.NewRecorder()
	sent := &awswire.Error{
		Name: "AccessDeniedException", Message: `Access "denied" <b>`, Status: http.StatusForbidden,
		RequestID: "0d15ea5e-0000-4000-8000-00000000f00d", RetryAfter: 1500 * time.Millisecond,
	}
	awswire.WriteError(rec, sent)
	got := awswire.ParseError(rec.Code, rec.Header(), rec.Body.Bytes())
	want := *sent
	want.RetryAfter = 2 * time.Second // the header holds whole seconds
	if diff := cmp.Diff(&want, got); diff != "" {
		t.Errorf("read back (-want +got):\n%s", diff)
	}
	if got := rec.Header().Get("Content-Type"); got != "application/json" {
		t.Errorf("Content-Type %q", got)
	}
}

// A browser hides headers that were not exposed: the name has to be in the body too.
func TestErrorNameStandsInBody(t *testing.T) {
	t.Parallel()
	rec := httptest.NewRecorder()
	awswire.WriteError(rec, &awswire.Error{Name: "ValidationException", Message: "Content is missing.", Status: 400, RequestID: "r"})
	const want = `{"__type":"ValidationException","Message":"Content is missing.","message":"Content is missing."}`
	if got := rec.Body.String(); got != want {
		t.Errorf("body\n%s, want\n%s", got, want)
	}
}

func TestWriteJSON(t *testing.T) {
	t.Parallel()
	rec := httptest.NewRecorder()
	awswire.WriteJSON(rec, "", []byte(`{"a":1}`))
	if rec.Code != http.StatusOK || rec.Body.String() != `{"a":1}` {
		t.Errorf("answer %d %s", rec.Code, rec.Body)
	}
	if id := awswire.RequestID(rec.Header()); len(id) != 36 {
		t.Errorf("request id %q, want a new UUID", id)
	}
}
