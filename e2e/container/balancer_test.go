//go:build linux

package container_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// balancer sends each request to one of several replicas, once.
type balancer interface {
	url() string
	// isUp reports whether the replica of that index gets requests.
	isUp(t *testing.T, index int) bool
}

// balancers returns those that this machine has: always our own, and HAProxy where it is
// installed (Debian: apt-get install haproxy).
func balancers(t *testing.T) map[string]func(*testing.T, []*replica) balancer {
	t.Helper()
	known := map[string]func(*testing.T, []*replica) balancer{"a reverse proxy": newReverseProxy}
	program, err := exec.LookPath("haproxy")
	if err != nil {
		t.Log("haproxy is not installed: rolling restarts are tried with the reverse proxy alone")
		return known
	}
	known["haproxy"] = func(t *testing.T, replicas []*replica) balancer {
		t.Helper()
		return newHAProxy(t, program, replicas)
	}
	return known
}

// haproxyConfig tries nothing twice and asks for readiness ten times a second; an answer may
// take longer than that. The Host header is that of a replica's own address, which each answers
// for.
const haproxyConfig = `
defaults
    mode http
    timeout connect 60s
    timeout client 60s
    timeout server 60s
    timeout check 60s
    retries 0
    option forwardfor
frontend chats
    bind 127.0.0.1:%d
    default_backend replicas
frontend statistics
    bind 127.0.0.1:%d
    stats enable
    stats uri /
backend replicas
    balance roundrobin
    option httpchk
    http-check send meth GET uri /readyz ver HTTP/1.1 hdr Host 127.0.0.1
    default-server check inter 100ms fall 2 rise 1
`

// haproxy is HAProxy before the replicas.
type haproxy struct {
	port, statistics int
}

func newHAProxy(t *testing.T, program string, replicas []*replica) balancer {
	t.Helper()
	h := haproxy{freePort(t), freePort(t)}
	text := fmt.Sprintf(haproxyConfig, h.port, h.statistics)
	for i, s := range replicas {
		text += fmt.Sprintf("    server replica%d 127.0.0.1:%d\n", i, s.port)
	}
	config := filepath.Join(t.TempDir(), "haproxy.cfg")
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, "-db", "-f", config)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // at once, without waiting for connections
		_ = cmd.Wait()                          // ended by the signal
		if t.Failed() {
			t.Logf("haproxy said:\n%s", &said)
		}
	})
	return h
}

func (h haproxy) url() string { return "http://127.0.0.1:" + strconv.Itoa(h.port) }

func (h haproxy) isUp(t *testing.T, index int) bool {
	t.Helper()
	_, text, err := ask(t.Context(), newClient(), http.MethodGet, "http://127.0.0.1:"+strconv.Itoa(h.statistics)+"/;csv")
	if err != nil {
		return false // it is still starting
	}
	for line := range strings.Lines(text) {
		if fields := strings.Split(line, ","); len(fields) > 17 && fields[1] == "replica"+strconv.Itoa(index) {
			return fields[17] == "UP"
		}
	}
	return false
}

// reverseProxy is the least that a balancer does: it asks each replica for its readiness,
// and gives requests to those that are ready, in turn.
type reverseProxy struct {
	server   *httptest.Server
	replicas []*target
	turn     atomic.Uint64
}

type target struct {
	proxy *httputil.ReverseProxy
	ready atomic.Bool
}

func newReverseProxy(t *testing.T, replicas []*replica) balancer {
	t.Helper()
	p := &reverseProxy{}
	stop := make(chan struct{})
	var checks sync.WaitGroup
	for _, s := range replicas {
		address, err := url.Parse(s.url)
		if err != nil {
			t.Fatal(err)
		}
		one := &target{proxy: &httputil.ReverseProxy{
			Rewrite: func(r *httputil.ProxyRequest) {
				r.SetURL(address)
				r.SetXForwarded()
			},
			// A connection that is used again can fail in a way that asks for a second try.
			Transport: &http.Transport{DisableKeepAlives: true},
		}}
		p.replicas = append(p.replicas, one)
		checks.Go(func() {
			tick := time.NewTicker(100 * time.Millisecond)
			defer tick.Stop()
			for {
				one.ready.Store(s.readiness(t) == http.StatusOK)
				select {
				case <-tick.C:
				case <-stop:
					return
				}
			}
		})
	}
	p.server = httptest.NewServer(p)
	t.Cleanup(func() {
		close(stop)
		checks.Wait()
		p.server.Close()
	})
	return p
}

func (p *reverseProxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	turn := p.turn.Add(1)
	for i := range uint64(len(p.replicas)) {
		one := p.replicas[(turn+i)%uint64(len(p.replicas))]
		if one.ready.Load() {
			one.proxy.ServeHTTP(w, r)
			return
		}
	}
	http.Error(w, "no replica is ready", http.StatusServiceUnavailable)
}

func (p *reverseProxy) url() string { return p.server.URL }

func (p *reverseProxy) isUp(_ *testing.T, index int) bool { return p.replicas[index].ready.Load() }
