package guard_test

import (
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-chat/parley/internal/guard"
)

// after waits for the time of a bubble of synctest to pass.
func after(d time.Duration) { <-time.After(d) }

func TestLimiterHoldsToTheRate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := guard.NewLimiter[string](guard.Rate{N: 3, Per: 30 * time.Second}, 10)
		for i := range 3 {
			if wait, ok := l.Allow("a"); !ok || wait != 0 {
				t.Fatalf("request %d: wait %s", i, wait)
			}
		}
		if wait, ok := l.Allow("a"); ok || wait != 10*time.Second {
			t.Errorf("beyond the rate: %t, wait %s, want 10s", ok, wait)
		}
		if _, ok := l.Allow("b"); !ok {
			t.Error("one key is held to what another one used up")
		}
		after(4 * time.Second)
		wait, ok := l.Allow("a")
		if ok || wait != 6*time.Second {
			t.Errorf("4 s later: %t, wait %s, want 6s", ok, wait)
		}
		after(wait)
		if wait, ok := l.Allow("a"); !ok {
			t.Errorf("whoever waits for as long as was said is told to wait for %s more", wait)
		}
		if _, ok := l.Allow("a"); ok {
			t.Error("a second request passed after waiting for one")
		}
		after(time.Hour)
		for i := range 3 {
			if _, ok := l.Allow("a"); !ok {
				t.Errorf("after an hour of quiet, request %d was refused", i)
			}
		}
		if _, ok := l.Allow("a"); ok {
			t.Error("quiet hours are saved up")
		}
	})
}

// However requests are spread, none of the windows holds more than twice N.
func TestLimiterInAnyWindow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const n = 7
		per := 13 * time.Second
		l := guard.NewLimiter[int](guard.Rate{N: n, Per: per}, 10)
		random := rand.New(rand.NewPCG(1, 2))
		var passed []time.Time
		for range 5000 {
			if wait, ok := l.Allow(1); ok {
				passed = append(passed, time.Now())
			} else if random.IntN(4) == 0 {
				after(wait)
			}
			after(time.Duration(random.IntN(300)) * time.Millisecond)
		}
		for i := 2 * n; i < len(passed); i++ {
			if window := passed[i].Sub(passed[i-2*n]); window < per {
				t.Fatalf("%d requests passed within %s", 2*n+1, window)
			}
		}
		if len(passed) < 300 { // 5000 waits of 150 ms on average hold 57 times 13 s
			t.Errorf("only %d requests passed", len(passed))
		}
	})
}

func TestLimiterForgetsTheOldest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := guard.NewLimiter[string](guard.Rate{N: 1, Per: time.Hour}, 3)
		for _, key := range []string{"a", "b", "c"} {
			if _, ok := l.Allow(key); !ok {
				t.Fatalf("%s was refused", key)
			}
		}
		if _, ok := l.Allow("a"); ok { // a refusal is a use, too: whoever insists is remembered
			t.Fatal("a was allowed twice")
		}
		for _, step := range []struct {
			key string
			ok  bool
		}{
			{"d", true}, // in the place of b
			{"a", false},
			{"c", false},
			{"d", false},
			{"b", true}, // in the place of a
			{"c", false},
			{"d", false},
			{"b", false},
			{"a", true}, // in the place of c
		} {
			if _, ok := l.Allow(step.key); ok != step.ok {
				t.Errorf("%s: %t, want %t", step.key, ok, step.ok)
			}
			if l.Len() != 3 {
				t.Errorf("%d keys are remembered, want 3", l.Len())
			}
		}
	})
}

// A million keys take no more memory than those that are remembered.
func TestLimiterIsBounded(t *testing.T) { //nolint:paralleltest // it looks at the whole heap
	const (
		keys = 1_000_000
		size = 1 << 16
		most = 24 << 20
	)
	l := guard.NewLimiter[[16]byte](guard.Rate{N: 2, Per: time.Hour}, size)
	before := heap()
	var key [16]byte
	for i := range uint64(keys) {
		binary.BigEndian.PutUint64(key[:], i)
		if _, ok := l.Allow(key); !ok {
			t.Fatalf("the first request of key %d was refused", i)
		}
	}
	grown := int64(heap()) - int64(before)
	t.Logf("%d keys, %d KiB", keys, grown>>10)
	if grown > most || l.Len() != size {
		t.Errorf("the heap has grown by %d KiB, want at most %d; %d keys are remembered", grown>>10, most>>10, l.Len())
	}
}

// The guard remembers no more addresses than that either.
func TestAddressLimitIsBounded(t *testing.T) { //nolint:paralleltest // it looks at the whole heap
	const (
		addresses = 150_000
		most      = 24 << 20
	)
	g := newGuard(t, guard.Config{AddressRate: guard.Rate{N: 2, Per: time.Hour}})
	next := &counter{}
	handler := g.Wrap(next)
	w := &sink{header: make(http.Header)}
	r := request("POST", endpoint, "")
	r.Body = http.NoBody
	before := heap()
	for i := range addresses {
		r.RemoteAddr = netip.AddrPortFrom(netip.AddrFrom4([4]byte{100, byte(i >> 16), byte(i >> 8), byte(i)}), 1).String()
		clear(w.header)
		handler.ServeHTTP(w, r)
	}
	if grown := int64(heap()) - int64(before); grown > most {
		t.Errorf("the heap has grown by %d KiB, want at most %d", grown>>10, most>>10)
	}
	if runs := next.runs.Load(); runs != addresses {
		t.Errorf("%d of %d first requests passed", runs, addresses)
	}
	// The latest ones are still remembered.
	for range 2 {
		handler.ServeHTTP(w, r)
	}
	if runs := next.runs.Load(); runs != addresses+1 {
		t.Errorf("the last address was let through %d times", runs-addresses+1)
	}
	runtime.KeepAlive(g)
}

func heap() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

func TestLimiterRaces(t *testing.T) {
	t.Parallel()
	const n, keys = 50, 8
	l := guard.NewLimiter[int](guard.Rate{N: n, Per: 24 * time.Hour}, keys/2+keys)
	var passed [keys]atomic.Int64
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			random := rand.New(rand.NewPCG(uint64(worker), 1))
			for range 2000 {
				key := random.IntN(keys)
				if _, ok := l.Allow(key); ok {
					passed[key].Add(1)
				}
			}
		})
	}
	all.Wait()
	for key := range passed {
		if got := passed[key].Load(); got != n {
			t.Errorf("key %d passed %d times, want %d", key, got, n)
		}
	}
	// And with fewer places than keys, where buckets go from key to key.
	crowded := guard.NewLimiter[int](guard.Rate{N: 1, Per: time.Hour}, 3)
	for range 8 {
		all.Go(func() {
			for i := range 2000 {
				crowded.Allow(i % keys)
			}
		})
	}
	all.Wait()
	if crowded.Len() != 3 {
		t.Errorf("%d keys are remembered, want 3", crowded.Len())
	}
}

func TestSubjectLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		next := &counter{}
		limit := guard.NewSubjectLimit(guard.Rate{N: 2, Per: time.Minute},
			func(r *http.Request) string { return r.Header.Get("X-Subject") }, "https://parley.test/errors", nil)
		handler := limit.Wrap(next)
		ask := func(subject string) *http.Response {
			rec := httptest.NewRecorder()
			handler.ServeHTTP(rec, request("POST", endpoint, "{}", "X-Subject", subject))
			return rec.Result()
		}
		for _, subject := range []string{"anna", "anna", "ben", "", "", "", "ben"} {
			if res := ask(subject); res.StatusCode != http.StatusOK {
				t.Errorf("%q was answered %d", subject, res.StatusCode)
			}
		}
		res := ask("anna")
		if res.StatusCode != http.StatusTooManyRequests || res.Header.Get("Retry-After") != "30" {
			t.Errorf("beyond the rate: %d, Retry-After %q", res.StatusCode, res.Header.Get("Retry-After"))
		}
		if body := decode(t, res); body.Docs != "https://parley.test/errors#rate-limited" || body.Code != "TooManyRequests" {
			t.Errorf("answer %+v", body)
		}
		after(30 * time.Second)
		if res := ask("anna"); res.StatusCode != http.StatusOK {
			t.Errorf("after Retry-After: %d", res.StatusCode)
		}
		if runs := next.runs.Load(); runs != 8 {
			t.Errorf("the handler ran %d times, want 8", runs)
		}
	})
}

func TestSubjectLimitOff(t *testing.T) {
	t.Parallel()
	next := &counter{}
	handler := guard.NewSubjectLimit(guard.Rate{}, func(*http.Request) string { return "anna" }, "", nil).Wrap(next)
	for range 100 {
		handler.ServeHTTP(httptest.NewRecorder(), request("POST", endpoint, "{}"))
	}
	if runs := next.runs.Load(); runs != 100 {
		t.Errorf("without a rate %d of 100 requests passed", runs)
	}
}

func BenchmarkLimiter(b *testing.B) {
	rate := guard.Rate{N: 1 << 30, Per: time.Second}
	b.Run("one key", func(b *testing.B) {
		l := guard.NewLimiter[[16]byte](rate, 1<<16)
		b.ReportAllocs()
		for b.Loop() {
			l.Allow([16]byte{1})
		}
	})
	b.Run("refused", func(b *testing.B) {
		l := guard.NewLimiter[[16]byte](guard.Rate{N: 1, Per: time.Hour}, 1<<16)
		b.ReportAllocs()
		for b.Loop() {
			l.Allow([16]byte{1})
		}
	})
	b.Run("many keys in parallel", func(b *testing.B) {
		l := guard.NewLimiter[[16]byte](rate, 1<<16)
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			random := rand.New(rand.NewPCG(rand.Uint64(), 1))
			var key [16]byte
			for pb.Next() {
				binary.BigEndian.PutUint64(key[:], random.Uint64()%(1<<15))
				l.Allow(key)
			}
		})
	})
	b.Run("new key each time, full", func(b *testing.B) {
		l := guard.NewLimiter[[16]byte](rate, 1<<16)
		var key [16]byte
		var i uint64
		b.ReportAllocs()
		for b.Loop() {
			i++
			binary.BigEndian.PutUint64(key[:], i)
			l.Allow(key)
		}
	})
	b.Run("subject", func(b *testing.B) {
		l := guard.NewLimiter[[sha256.Size]byte](rate, 1<<16)
		b.ReportAllocs()
		for b.Loop() {
			l.Allow(sha256.Sum256([]byte("auth0|5f7c8ec7c33c6c004bbafe82")))
		}
	})
}
