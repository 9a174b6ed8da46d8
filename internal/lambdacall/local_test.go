package lambdacall_test

import (
	"context"
	"io"
	"maps"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/lambdacall"
)

// The name is cut out of the ARN, the alias goes along as Qualifier, and the configuration can say
// otherwise.
func TestInvokeEndpoint(t *testing.T) {
	t.Parallel()
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.Header.Get("X-Amz-Invocation-Type") != "RequestResponse" {
			http.Error(w, "no", http.StatusBadRequest)
			return
		}
		_, _ = io.WriteString(w, `{"path":"`+r.URL.EscapedPath()+`","query":"`+r.URL.RawQuery+`"}`)
	})
	c, _ := calls(t, map[string]lambdacall.Function{
		"*": {Invoke: url + "/"}, "other": {Invoke: url, Name: "my service-dev-other", Qualifier: "7"},
		"copied": {URL: url + "/2015-03-31/functions/there/invocations"},
	})
	for ref, want := range map[string]string{
		"order": `{"path":"/2015-03-31/functions/order/invocations","query":""}`,
		"arn:aws:lambda:us-east-1:123456789012:function:order:live": `{"path":"/2015-03-31/functions/order/invocations","query":"Qualifier=live"}`,
		"arn:aws:lambda:us-east-1:123456789012:function:other":      `{"path":"/2015-03-31/functions/my%20service-dev-other/invocations","query":"Qualifier=7"}`,
		"copied": `{"path":"/2015-03-31/functions/there/invocations","query":""}`,
	} {
		if got := external(t, c.Answer(t.Context(), call(ref))); got != want {
			t.Errorf("%s: %s, want %s", ref, got, want)
		}
	}
}

// What local endpoints answer when something is wrong. Each is called once, whatever the status.
func TestLocalFailures(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status            int
		header            http.Header
		body, error, note string
	}{
		"thrown":        {200, http.Header{"X-Amz-Function-Error": {"Unhandled"}}, `{"errorMessage":"no order","errorType":"Error","trace":[]}`, "", "the function failed: Error: no order"},
		"thrown text":   {200, http.Header{"X-Amz-Function-Error": {"Unhandled"}}, `oh`, "", "the function failed: oh"},
		"own limit":     {200, http.Header{"X-Amz-Function-Error": {"Unhandled"}}, `{"errorMessage":"2026 x Task timed out after 3.00 seconds"}`, "TimeLimitExceeded", "longer than its own limit"},
		"unknown":       {404, http.Header{"X-Amzn-Errortype": {"ResourceNotFoundException"}}, `{"Type":"User","Message":"Function not found: f"}`, "", `status 404: ResourceNotFoundException: Function not found: f; it was called "f": `},
		"unknown, text": {404, nil, "404 page not found\n", "", "status 404: 404 page not found"},
		"502":           {502, nil, "", "", "answered with status 502"},
		"503":           {503, nil, "busy", "", "answered with status 503: busy"},
		"spoken of":     {500, nil, "the upstream answered 404, or 502", "", "answered with status 500"},
		"redirect":      {307, http.Header{"Location": {"/other"}}, "", "", "answered with status 307"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int64
			url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				asked.Add(1)
				maps.Copy(w.Header(), test.header)
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.body)
			})
			c, _ := calls(t, map[string]lambdacall.Function{"f": {Invoke: url}, "e": {URL: url + "/2015-03-31/functions/function/invocations"}})
			e := c.Answer(t.Context(), call("f"))
			failed(t, e, test.error, test.note)
			if (test.status == 404) != strings.Contains(e.Note, "it was called") {
				t.Errorf("note: %s", e.Note)
			}
			if e := c.Answer(t.Context(), call("e")); (test.status == 502) != strings.Contains(e.Note, "see the emulator's log") {
				t.Errorf("note of an emulator: %s", e.Note)
			}
			if n := asked.Load(); n != 2 {
				t.Errorf("called %d times, once each was right", n)
			}
		})
	}
}

// Endpoints that are not there, die in the call, or do not answer in time.
func TestNoAnswer(t *testing.T) {
	t.Parallel()
	const dead = "http://127.0.0.1:1" // where nobody may listen
	broken := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, "{")
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})
	never := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body) // only then the end of the connection is seen
		<-r.Context().Done()
	})
	c, _ := calls(t, map[string]lambdacall.Function{"dead": {URL: dead}, "broken": {URL: broken}, "never": {Invoke: never}})
	failed(t, c.Answer(t.Context(), call("dead")), "", dead+" does not answer (is it running?): ")
	failed(t, c.Answer(t.Context(), call("broken")), "", broken+" broke off its answer")
	failed(t, c.Answer(t.Context(), call("never", map[string]any{"InvocationTimeLimitSeconds": "1"})), "TimeLimitExceeded", "no answer within 1s")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := c.Invoke(ctx, "never", "", []byte("{}")); err == nil || !strings.Contains(err.Error(), "no answer within") {
		t.Errorf("error %v", err)
	}
	if _, err := c.Invoke(ctx, "nobody", "", nil); err == nil || err.Error() != `no function is configured for "nobody"` {
		t.Errorf("error %v", err)
	}
}

// The emulator gets one call at a time: the next waits, which counts, and a call that the flow no
// longer waits for keeps its turn until the emulator has ended it.
func TestEmulatorTakesOneCall(t *testing.T) {
	t.Parallel()
	var running, most, total atomic.Int64
	arrived, release := make(chan struct{}, 10), make(chan struct{})
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/2015-03-31/functions/function/invocations" {
			http.NotFound(w, r)
			return
		}
		most.Store(max(most.Load(), running.Add(1)))
		total.Add(1)
		arrived <- struct{}{}
		<-release
		running.Add(-1)
		_, _ = io.WriteString(w, `{}`)
	})
	c, _ := calls(t, map[string]lambdacall.Function{"a": {Emulator: url}, "b": {Emulator: url + "/"}})
	begun := newLimit(t)
	go func() {
		<-arrived
		close(begun.over)
	}()
	failed(t, c.Answer(begun, call("a")), "TimeLimitExceeded", "no answer within 8s")
	e := c.Answer(t.Context(), call("b", map[string]any{"InvocationTimeLimitSeconds": "1"}))
	failed(t, e, "TimeLimitExceeded", "no answer within 1s; an earlier call kept the emulator busy")
	waits, answers := newLimit(t), make(chan flow.Event, 1)
	go func() { answers <- c.Answer(waits, call("b")) }()
	<-waits.asked
	select {
	case <-arrived:
		t.Error("a second call reached the emulator")
	case <-time.After(200 * time.Millisecond):
	}
	close(release)
	if e := <-answers; e.Kind != flow.Answered || !strings.Contains(e.Note, "for its turn: the emulator takes one call at a time") {
		t.Errorf("%v %s", e.Kind, e.Note)
	}
	if most.Load() != 1 || total.Load() != 2 {
		t.Errorf("%d calls, %d at once", total.Load(), most.Load())
	}
}
