package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestLoad runs the generator against a server that answers in every framing, and
// sometimes with an error.
func TestLoad(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || string(body) != message || r.Header.Get("Origin") != "http://page.example" {
			t.Errorf("got %d bytes, origin %q, error %v", len(body), r.Header.Get("Origin"), err)
		}
		switch r.URL.Path {
		case "/chunked":
			_, _ = io.WriteString(w, "first ")
			_ = http.NewResponseController(w).Flush()
			_, _ = io.WriteString(w, strings.Repeat("x", 5000))
		case "/refused":
			http.Error(w, "no", http.StatusTeapot)
		default:
			_, _ = io.WriteString(w, "whole")
		}
	}))
	t.Cleanup(server.Close)
	address := strings.TrimPrefix(server.URL, "http://")
	for path, bad := range map[string]bool{"/whole": false, "/chunked": false, "/refused": true} {
		r := request{method: http.MethodPost, path: path, origin: "http://page.example"}
		measure := func(window time.Duration) tally {
			now := time.Now()
			return load(t.Context(), address, r.always(address), 4, timing{now, now.Add(window)})
		}
		got := measure(100 * time.Millisecond)
		for window := time.Second; len(got.latencies)+got.errors == 0 && window < time.Minute; window *= 2 { // a busy machine needs longer
			got = measure(window)
		}
		if bad && (got.errors == 0 || len(got.latencies) > 0 || !strings.Contains(got.firstErr.Error(), "418")) {
			t.Errorf("%s: %d good answers, %d errors (%v), want errors only", path, len(got.latencies), got.errors, got.firstErr)
		}
		if !bad && (got.errors > 0 || len(got.latencies) == 0) {
			t.Errorf("%s: %d good answers, %d errors (%v), want no errors", path, len(got.latencies), got.errors, got.firstErr)
		}
	}

	c, err := dial(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.close)
	for _, path := range []string{"/chunked", "/whole", "/chunked"} {
		var body bytes.Buffer
		r := request{method: http.MethodPost, path: path, origin: "http://page.example"}
		if err := c.exchange(r.bytes(address), &body); err != nil {
			t.Fatal(err)
		}
		want := map[string]int{"/whole": 5, "/chunked": 5006}[path]
		if body.Len() != want {
			t.Errorf("%s: a body of %d bytes, want %d", path, body.Len(), want)
		}
	}
}

func TestSpread(t *testing.T) {
	t.Parallel()
	for want, s := range map[string]spread{
		"–": nil, "2.0": {2}, "2.5 (1.0–4.0)": {4, 1, 2, 3}, "3.0 (1.0–9.0)": {9, 3, 1},
	} {
		if got := s.text("%.1f"); got != want {
			t.Errorf("%v is written %q, want %q", []float64(s), got, want)
		}
	}
	if diff := cmp.Diff(spread{2, 3}, divide(spread{4, 5, 9, 7}, spread{2, 0, 3})); diff != "" {
		t.Errorf("divide (-want +got):\n%s", diff)
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	want := "| a  | bé |\n|----|----|\n| 10 | –  |\n"
	if diff := cmp.Diff(want, table([][]string{{"a", "bé"}, {"10", "–"}})); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"": "docs/benchmarks.md", "-rounds 1": "-", "-only node": "-", "-conns 1,2": "-", "-only node -out x.md": "x.md",
	} {
		o, err := parse(strings.Fields(args), io.Discard)
		if err != nil || o.out != want {
			t.Errorf("bench %s writes %q (%v), want %q", args, o.out, err, want)
		}
	}
	for _, args := range []string{"-rounds 0", "-only nobody", "-conns x", "-conns 5000", "more", "-duration 1ms"} {
		if _, err := parse(strings.Fields(args), io.Discard); err == nil {
			t.Errorf("bench %s: no error", args)
		}
	}
}

// The interval of a ratio is around the ratio, and narrower the more the rounds agree.
func TestInterval(t *testing.T) {
	t.Parallel()
	steady := figure{values: [2]spread{{10, 10.1, 9.9, 10}, {11, 11.1, 10.9, 11}}}
	shaky := figure{values: [2]spread{{10, 10.1, 9.9, 10}, {9, 13, 11, 11}}}
	in := steady.interval()
	if in.low >= 1.1 || in.high <= 1.1 || in.width() > 0.01 {
		t.Errorf("steady: %+v", in)
	}
	if shaky.interval().width() < 0.3 {
		t.Errorf("shaky: %+v", shaky.interval())
	}
	o := compareOptions{width: 0.1, limit: 1.05, figures: []figure{steady}}
	if o.verdict() == nil {
		t.Error("a build that costs a tenth more passes")
	}
	o.limit = 1.2
	if err := o.verdict(); err != nil {
		t.Error(err)
	}
	o.figures = append(o.figures, shaky)
	if o.verdict() == nil {
		t.Error("a figure that nobody knows passes")
	}
}
