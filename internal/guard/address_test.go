package guard_test

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-chat/parley/internal/guard"
)

func TestClientAddr(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		remote    string
		forwarded []string
		trusted   int
		want      string
	}{
		"direct":                          {"203.0.113.7:4711", nil, 0, "203.0.113.7"},
		"direct, header ignored":          {"203.0.113.7:4711", []string{"198.51.100.1"}, 0, "203.0.113.7"},
		"direct, v6":                      {"[2001:db8::7]:4711", nil, 0, "2001:db8::7"},
		"direct, v4 in v6":                {"[::ffff:203.0.113.7]:4711", nil, 0, "203.0.113.7"},
		"direct, zone":                    {"[fe80::1%eth0]:4711", nil, 0, "fe80::1"},
		"no port":                         {"203.0.113.7", nil, 0, "203.0.113.7"},
		"no address":                      {"@", nil, 0, "@"},
		"nobody":                          {"0.0.0.0:0", nil, 0, ""},
		"nobody, forged entry":            {"[::]:0", []string{"::"}, 1, ""},
		"one proxy":                       {"10.0.0.1:80", []string{"203.0.113.7"}, 1, "203.0.113.7"},
		"one proxy, forged entry":         {"10.0.0.1:80", []string{"198.51.100.1, 203.0.113.7"}, 1, "203.0.113.7"},
		"one proxy, many forged":          {"10.0.0.1:80", []string{strings.Repeat("198.51.100.1,", 1000) + "203.0.113.7"}, 1, "203.0.113.7"},
		"one proxy, forged header":        {"10.0.0.1:80", []string{"198.51.100.1", "203.0.113.7"}, 1, "203.0.113.7"},
		"one proxy, no spaces":            {"10.0.0.1:80", []string{"a,b,203.0.113.7"}, 1, "203.0.113.7"},
		"one proxy, port appended":        {"10.0.0.1:80", []string{"198.51.100.1, 203.0.113.7:50000"}, 1, "203.0.113.7"},
		"one proxy, v6":                   {"10.0.0.1:80", []string{"198.51.100.1, 2001:db8::7"}, 1, "2001:db8::7"},
		"one proxy, v6 with port":         {"10.0.0.1:80", []string{"[2001:db8::7]:443"}, 1, "2001:db8::7"},
		"one proxy, v6 in brackets":       {"10.0.0.1:80", []string{"[2001:db8::7]"}, 1, "2001:db8::7"},
		"two proxies":                     {"10.0.0.2:80", []string{"203.0.113.7, 10.0.0.1"}, 2, "203.0.113.7"},
		"two proxies, forged entry":       {"10.0.0.2:80", []string{"198.51.100.1, 203.0.113.7, 10.0.0.1"}, 2, "203.0.113.7"},
		"two proxies, over two headers":   {"10.0.0.2:80", []string{"198.51.100.1, 203.0.113.7", "10.0.0.1"}, 2, "203.0.113.7"},
		"two proxies, past the outer one": {"10.0.0.2:80", []string{"203.0.113.7"}, 2, "10.0.0.2"},
		"one proxy, header missing":       {"10.0.0.1:80", nil, 1, "10.0.0.1"},
		"one proxy, no address appended":  {"10.0.0.1:80", []string{"198.51.100.1, unknown"}, 1, "10.0.0.1"},
		"two proxies, empty entry":        {"10.0.0.2:80", []string{"198.51.100.1, , 10.0.0.1"}, 2, "10.0.0.2"},
		"one proxy, empty header":         {"10.0.0.1:80", []string{""}, 1, "10.0.0.1"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := request("POST", endpoint, "{}")
			r.RemoteAddr = test.remote
			if test.forwarded != nil {
				r.Header["X-Forwarded-For"] = test.forwarded
			}
			if got := guard.ClientAddr(r, test.trusted); got != test.want {
				t.Errorf("address %q, want %q", got, test.want)
			}
		})
	}
}

// send has a guard answer a post from an address.
func send(handler http.Handler, remote string, headers ...string) *http.Response {
	r := request("POST", endpoint, "{}", headers...)
	r.RemoteAddr = remote
	rec := httptest.NewRecorder()
	handler.ServeHTTP(rec, r)
	return rec.Result()
}

func TestAddressRate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		next := &counter{}
		handler := newGuard(t, guard.Config{
			AllowOrigins: []string{"https://www.example.com"}, AddressRate: guard.Rate{N: 2, Per: 5 * time.Minute},
			DocsURL: "https://parley.test/errors", Log: slog.New(slog.NewTextHandler(&log, nil)),
		}).Wrap(next)
		page := []string{"Origin", "https://www.example.com", "Sec-Fetch-Site", "cross-site"}
		for range 2 {
			if res := send(handler, "203.0.113.7:1", page...); res.StatusCode != http.StatusOK {
				t.Fatalf("within the rate: %d", res.StatusCode)
			}
		}
		res := send(handler, "203.0.113.7:2", page...)
		if res.StatusCode != http.StatusTooManyRequests || res.Header.Get("Retry-After") != "150" {
			t.Errorf("beyond the rate: %d, Retry-After %q", res.StatusCode, res.Header.Get("Retry-After"))
		}
		if res.Header.Get("Access-Control-Allow-Origin") != "https://www.example.com" ||
			!strings.Contains(res.Header.Get("Access-Control-Expose-Headers"), "Retry-After") {
			t.Errorf("the page cannot read the answer: %v", res.Header)
		}
		if body := decode(t, res); body.Code != "TooManyRequests" || body.Hint == "" || body.Docs != "https://parley.test/errors#rate-limited" {
			t.Errorf("answer %+v", body)
		}
		for range 20 {
			send(handler, "203.0.113.7:3", page...)
		}
		if lines := strings.Count(log.String(), "rule=rate-limited"); lines != 1 || !strings.Contains(log.String(), "address=203.0.113.7") {
			t.Errorf("%d log lines:\n%s", lines, log.String())
		}
		if res := send(handler, "203.0.113.8:1", page...); res.StatusCode != http.StatusOK {
			t.Errorf("the neighbour was answered %d", res.StatusCode)
		}
		after(150 * time.Second)
		if res := send(handler, "203.0.113.7:4", page...); res.StatusCode != http.StatusOK {
			t.Errorf("after Retry-After: %d", res.StatusCode)
		}
		if runs := next.runs.Load(); runs != 4 {
			t.Errorf("the handler ran %d times, want 4", runs)
		}
	})
}

// What is counted, and together with what.
func TestAddressRateCounts(t *testing.T) {
	t.Parallel()
	from := func(remote string, r *http.Request) *http.Request {
		r.RemoteAddr = remote
		return r
	}
	const host = "http://localhost:3000"
	tests := map[string]struct {
		trusted int
		first   *http.Request
		counted bool
	}{
		"post":          {0, from("203.0.113.7:1", request("POST", endpoint, "{}")), true},
		"page":          {0, from("203.0.113.7:1", request("GET", host+"/", "")), true},
		"refused later": {0, from("203.0.113.7:1", request("POST", endpoint, strings.Repeat("x", 1<<20))), true},
		"v4 in v6":      {0, from("[::ffff:203.0.113.7]:1", request("POST", endpoint, "{}")), true},
		"other address": {0, from("203.0.113.6:1", request("POST", endpoint, "{}")), false},
		"preflight": {0, from("203.0.113.7:1", request("OPTIONS", endpoint, "", "Origin", "http://localhost:8080",
			"Access-Control-Request-Method", "POST")), false},
		"healthz": {0, from("203.0.113.7:1", request("GET", host+"/healthz", "")), false},
		"readyz":  {0, from("203.0.113.7:1", request("HEAD", host+"/readyz", "")), false},
		"metrics": {0, from("203.0.113.7:1", request("GET", host+"/metrics", "")), false},
		"post to a probe's address": {
			0, from("203.0.113.7:1", request("POST", host+"/readyz", "")), true,
		},
		"foreign page": {0, from("203.0.113.7:1", request("POST", endpoint, "{}", "Origin", "https://evil.example")), false},
		"foreign host": {0, from("203.0.113.7:1", request("POST", "http://evil.example/startChatContact", "{}")), false},
		"header of the caller's": {
			0, from("203.0.113.7:1", request("POST", endpoint, "{}", "X-Forwarded-For", "198.51.100.1")), true,
		},
		"behind a proxy": {
			1, from("10.0.0.1:1", request("POST", endpoint, "{}", "X-Forwarded-For", "198.51.100.1, 203.0.113.7")), true,
		},
		"another behind the same proxy": {
			1, from("203.0.113.7:1", request("POST", endpoint, "{}", "X-Forwarded-For", "198.51.100.1")), false,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			handler := newGuard(t, guard.Config{AddressRate: guard.Rate{N: 1, Per: time.Hour}, TrustedProxies: test.trusted}).Wrap(&counter{})
			handler.ServeHTTP(httptest.NewRecorder(), test.first)
			want := http.StatusOK
			if test.counted {
				want = http.StatusTooManyRequests
			}
			if res := send(handler, "203.0.113.7:1"); res.StatusCode != want {
				t.Errorf("the next request was answered %d, want %d", res.StatusCode, want)
			}
		})
	}
}

// A subscriber can use any address of a /64, and any number of them.
func TestAddressRateOfV6(t *testing.T) {
	t.Parallel()
	handler := newGuard(t, guard.Config{AddressRate: guard.Rate{N: 2, Per: time.Hour}}).Wrap(&counter{})
	for _, step := range []struct {
		remote string
		want   int
	}{
		{"[2001:db8:0:1::1]:1", 200},
		{"[2001:db8:0:1:ffff:ffff:ffff:ffff]:1", 200},
		{"[2001:db8:0:1:abcd::]:1", 429},
		{"[2001:db8:0:2::1]:1", 200},
		{"[2001:db8:1:1::1]:1", 200},
	} {
		if res := send(handler, step.remote); res.StatusCode != step.want {
			t.Errorf("%s was answered %d, want %d", step.remote, res.StatusCode, step.want)
		}
	}
}

// Limits by the leftmost entry could be walked around, and used to lock others out.
func TestAddressRateCannotBeForged(t *testing.T) {
	t.Parallel()
	handler := newGuard(t, guard.Config{AddressRate: guard.Rate{N: 3, Per: time.Hour}, TrustedProxies: 1}).Wrap(&counter{})
	passed := 0
	for i := range 50 {
		forged := "198.51.100." + string(rune('0'+i%10))
		if send(handler, "10.0.0.1:1", "X-Forwarded-For", forged+", 203.0.113.7").StatusCode == http.StatusOK {
			passed++
		}
	}
	if passed != 3 {
		t.Errorf("%d requests passed with forged entries, want 3", passed)
	}
	if res := send(handler, "10.0.0.1:1", "X-Forwarded-For", "198.51.100.1"); res.StatusCode != http.StatusOK {
		t.Errorf("whose address was forged is answered %d", res.StatusCode)
	}
}

func TestRequireOrigin(t *testing.T) {
	t.Parallel()
	const host = "http://localhost:3000"
	tests := map[string]struct {
		request *http.Request
		want    int
	}{
		"no origin":            {request("POST", endpoint, "{}"), 403},
		"empty origin":         {request("POST", endpoint, "{}", "Origin", ""), 403},
		"no origin, said same": {request("POST", endpoint, "{}", "Sec-Fetch-Site", "same-origin"), 403},
		"put":                  {request("PUT", host+"/contact/chat", "{}"), 403},
		"lower case":           {request("post", endpoint, "{}"), 403},
		"post to a probe":      {request("POST", host+"/healthz", "{}"), 403},
		"allowed origin":       {request("POST", endpoint, "{}", "Origin", "https://www.example.com", "Sec-Fetch-Site", "cross-site"), 200},
		"same origin":          {request("POST", endpoint, "{}", "Origin", host, "Sec-Fetch-Site", "same-origin"), 200},
		"foreign origin":       {request("POST", endpoint, "{}", "Origin", "https://evil.example"), 403},
		"page":                 {request("GET", host+"/docs/errors", ""), 200},
		"healthz":              {request("GET", host+"/healthz", ""), 200},
		"readyz":               {request("GET", host+"/readyz", ""), 200},
		"metrics":              {request("HEAD", host+"/metrics", ""), 200},
		"preflight":            {request("OPTIONS", endpoint, "", "Origin", "https://www.example.com", "Access-Control-Request-Method", "POST"), 204},
		"options":              {request("OPTIONS", endpoint, ""), 200},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			next := &counter{}
			res := answer(t, guard.Config{AllowOrigins: []string{"https://www.example.com"}, RequireOrigin: true}, next, test.request)
			if res.StatusCode != test.want {
				t.Errorf("status %d, want %d", res.StatusCode, test.want)
			}
			if ran := next.runs.Load() > 0; ran != (test.want == 200) {
				t.Errorf("the handler ran: %t", ran)
			}
		})
	}
	res := answer(t, guard.Config{RequireOrigin: true, DocsURL: "https://parley.test/errors"}, &counter{}, request("POST", endpoint, "{}"))
	if body := decode(t, res); body.Docs != "https://parley.test/errors#origin-required" || body.Hint == "" || res.Header.Get("Vary") != "Origin" {
		t.Errorf("answer %+v, headers %v", body, res.Header)
	}
	if res := answer(t, guard.Config{}, &counter{}, request("POST", endpoint, "{}")); res.StatusCode != http.StatusOK {
		t.Errorf("without the rule: %d", res.StatusCode)
	}
}

func TestLimitFaults(t *testing.T) {
	t.Parallel()
	_, err := guard.New(guard.Config{TrustedProxies: -1, AddressRate: guard.Rate{N: 3}, MaxConcurrent: -1})
	for _, want := range []string{`TrustedProxies "-1"`, `AddressRate "3 in 0s"`, "MaxConcurrent"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v lacks %s", err, want)
		}
	}
	if _, ok := errors.AsType[*guard.ConfigError](err); !ok {
		t.Errorf("error %v holds no ConfigError", err)
	}
	if _, err := guard.New(guard.Config{AddressRate: guard.Rate{N: -1, Per: time.Second}}); err == nil {
		t.Error("a negative rate was taken")
	}
}
