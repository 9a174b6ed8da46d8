package guard_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/parley-chat/parley/internal/guard"
	"github.com/parley-chat/parley/internal/memnet"
)

// stand is a guarded server in a bubble, and who calls it: each caller says in X-Forwarded-For where
// it is.
type stand struct {
	t      *testing.T
	guard  *guard.Guard
	listen *memnet.Listener
}

func newStand(t *testing.T, config guard.Config, next http.Handler) *stand {
	t.Helper()
	config.TrustedProxies = 1
	s := &stand{t: t, guard: newGuard(t, config), listen: memnet.Listen()}
	// As package server has it, longer than any body may take.
	server := &http.Server{Handler: s.guard.Wrap(next), ReadTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute}
	ended := make(chan struct{})
	go func() {
		_ = server.Serve(s.listen) // ends with the test
		close(ended)
	}()
	t.Cleanup(func() {
		_ = server.Close()
		<-ended
	})
	return s
}

// sending is a request whose body is on its way.
type sending struct {
	net.Conn
	t     *testing.T
	began time.Time
}

// begin sends the head of a post of size bytes, and the first of them.
func (s *stand) begin(addr string, size int, first string) *sending {
	s.t.Helper()
	conn, err := s.listen.Dial(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = conn.Close() })
	c := &sending{Conn: conn, t: s.t, began: time.Now()}
	c.send(fmt.Sprintf("POST /startChatContact HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: %s\r\nContent-Length: %d\r\n\r\n%s", addr, size, first))
	return c
}

func (c *sending) send(text string) {
	c.t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		c.t.Fatal(err)
	}
}

// want holds the answer to a status, and to how long after its beginning it comes.
func (s *stand) want(c *sending, status int, after time.Duration) *http.Response {
	s.t.Helper()
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		s.t.Fatal(err)
	}
	if took := time.Since(c.began); res.StatusCode != status || took != after {
		s.t.Errorf("answered %d after %v, want %d after %v", res.StatusCode, took, status, after)
	}
	return res
}

// echo answers with what it was sent, and 408 when that did not come.
func echo(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusRequestTimeout)
		return
	}
	_, _ = w.Write(body)
}

// Unfinished bodies take no slots, and those of one address keep no other waiting.
func TestD2UnfinishedBodiesTakeNoSlots(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStand(t, guard.Config{MaxConcurrent: 1}, http.HandlerFunc(echo))
		for range 100 {
			s.begin("192.0.2.1", 100, "{")
		}
		synctest.Wait()
		s.want(s.begin("192.0.2.2", 2, "{}"), 200, 0)
		if s.guard.Busy() {
			t.Error("busy with bodies that have not arrived")
		}
	})
}

// An address has so many unfinished bodies; a further one waits for a second, and is turned away.
func TestD2UnfinishedBodiesOfAnAddress(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		first, other string
		same         bool
	}{
		"the address":        {"192.0.2.1", "192.0.2.1", true},
		"another address":    {"192.0.2.1", "192.0.2.2", false},
		"one /64":            {"2001:db8::1", "2001:db8::ffff:2", true},
		"another /64":        {"2001:db8::1", "2001:db8:0:1::1", false},
		"mapped":             {"192.0.2.1", "::ffff:192.0.2.1", true},
		"written by clients": {"192.0.2.1", "192.0.2.2, 192.0.2.1", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newStand(t, guard.Config{}, http.HandlerFunc(echo))
				var unfinished []*sending
				for range 16 {
					unfinished = append(unfinished, s.begin(test.first, 2, "{"))
				}
				synctest.Wait()
				if !test.same {
					s.want(s.begin(test.other, 2, "{}"), 200, 0)
					return
				}
				res := s.want(s.begin(test.other, 100, "{"), 429, time.Second)
				if res.Header.Get("Retry-After") != "1" || !res.Close {
					t.Errorf("turned away with %v, and the connection closed: %v", res.Header, res.Close)
				}
				next := s.begin(test.other, 2, "{}") // the 16 are 1 s old, and cut off in another one
				unfinished[3].send("}")
				s.want(next, 200, 0)
				s.want(unfinished[3], 200, time.Second)
				s.want(unfinished[4], 408, 2*time.Second)
				s.want(s.begin(test.other, 2, "{}"), 200, 0)
			})
		})
	}
}

// A body that comes too slowly is cut off.
func TestD2SlowBodies(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		size, piece int
		every       time.Duration
		status      int
		after       time.Duration
	}{
		"nothing comes":          {100, 0, time.Second, 408, 2 * time.Second},
		"too little":             {8 << 10, 500, time.Second, 408, 2 * time.Second},
		"half of it":             {64 << 10, 1100, 1900 * time.Millisecond, 408, 3 * time.Second},
		"just enough":            {8 << 10, 1 << 10, time.Second, 200, 8 * time.Second},
		"just enough, too long":  {16 << 10, 1 << 10, time.Second, 408, 10 * time.Second},
		"as much as fits":        {64 << 10, 8 << 10, time.Second, 200, 8 * time.Second},
		"a little late":          {100, 100, 1900 * time.Millisecond, 200, 1900 * time.Millisecond},
		"much, and then nothing": {64 << 10, 30 << 10, 20 * time.Second, 408, 2 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newStand(t, guard.Config{}, http.HandlerFunc(echo))
				c := s.begin("192.0.2.1", test.size, "")
				ended := make(chan struct{})
				go func() {
					defer close(ended)
					for sent := 0; sent < test.size && test.piece > 0; sent += test.piece {
						<-time.After(test.every)
						if _, err := io.WriteString(c, strings.Repeat("x", min(test.piece, test.size-sent))); err != nil {
							return // it was cut off
						}
					}
				}()
				s.want(c, test.status, test.after)
				_ = c.Close()
				<-ended
			})
		})
	}
}

// A handler may take longer than a body: the time for reading ends with the body.
func TestD2HandlersAreNotCutOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStand(t, guard.Config{}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			<-time.After(25 * time.Second)
			if err := r.Context().Err(); err != nil {
				t.Errorf("the handler's context: %v", err)
			}
			echo(w, r)
		}))
		c := s.begin("192.0.2.1", 2, "{}")
		s.want(c, 200, 25*time.Second)
		c.began = time.Now()
		c.send("POST /startChatContact HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}") // on the same connection
		s.want(c, 200, 25*time.Second)
	})
}

// The memory of all unfinished bodies is bounded, whoever sends them, and Busy says when it is used up.
func TestD2MemoryOfUnfinishedBodies(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStand(t, guard.Config{}, http.HandlerFunc(echo))
		beginning := strings.Repeat("x", 40<<10) // for which 64 KiB are taken
		for i := range 1024 {
			s.begin(fmt.Sprintf("198.51.100.%d", i/16), 64<<10, beginning)
		}
		synctest.Wait()
		if !s.guard.Busy() {
			t.Error("64 MiB of bodies are unfinished, and more are taken")
		}
		if res := s.want(s.begin("192.0.2.1", 100, "{"), 503, 0); res.Header.Get("Retry-After") != "1" || !res.Close {
			t.Errorf("turned away with %v, and the connection closed: %v", res.Header, res.Close)
		}
		<-time.After(11 * time.Second) // by then all are cut off
		synctest.Wait()
		if s.guard.Busy() {
			t.Error("busy after the bodies were cut off")
		}
		s.want(s.begin("192.0.2.1", 2, "{}"), 200, 0)
	})
}

// Files are for their handlers to read, piece by piece; all else arrives whole.
func TestD2WhatHandlersRead(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		limit int64
		size  int
		first int // how many bytes the handler's first Read gives when asked for all
	}{
		"usual":     {0, 60 << 10, 60 << 10},
		"empty":     {0, 0, 0},
		"api":       {1 << 20, 1 << 20, 1 << 20},
		"file":      {1<<20 + 1, 100, 50},
		"two reads": {0, 100, 100},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				first := make(chan int, 1)
				s := newStand(t, guard.Config{MaxBodyFor: func(*http.Request) int64 { return test.limit }},
					http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						n, _ := r.Body.Read(make([]byte, 2<<20)) // what follows is read by echo
						first <- n
						echo(w, r)
					}))
				c := s.begin("192.0.2.1", test.size, strings.Repeat("x", test.size/2))
				synctest.Wait()
				c.send(strings.Repeat("x", test.size-test.size/2))
				s.want(c, 200, 0)
				if got := <-first; got != test.first {
					t.Errorf("the first read gives %d bytes, want %d", got, test.first)
				}
			})
		})
	}
}

// A handler can take a body that is read before it as it is, with the error behind it, and what it has read
// already is not there again.
func TestBodiesAreTakenWithoutACopy(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name       string
		body       io.Reader
		first      int
		rest, want string
	}{
		{"whole", strings.NewReader("abcdef"), 0, "abcdef", ""},
		{"begun", strings.NewReader("abcdef"), 2, "cdef", ""},
		{"broken", io.MultiReader(strings.NewReader("abc"), iotest.ErrReader(errors.New("gone"))), 0, "abc", "gone"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var content []byte
			var err error
			handler := newGuard(t, guard.Config{}).Wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				_, _ = io.ReadFull(r.Body, make([]byte, c.first))
				body, ok := r.Body.(interface{ Content() ([]byte, error) })
				if !ok {
					t.Errorf("%T cannot be taken as it is", r.Body)
					return
				}
				content, err = body.Content()
				if n, _ := r.Body.Read(make([]byte, 9)); n != 0 {
					t.Errorf("%d bytes came again", n)
				}
			}))
			r := request("POST", "http://localhost:3000/startChatContact", "")
			r.Body, r.ContentLength = io.NopCloser(c.body), -1
			handler.ServeHTTP(httptest.NewRecorder(), r)
			if got := fmt.Sprint(err); string(content) != c.rest || (err != nil) != (c.want != "") || err != nil && got != c.want {
				t.Errorf("%q, %v", content, err)
			}
		})
	}
}
