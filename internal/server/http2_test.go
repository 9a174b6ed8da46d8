package server_test

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/parley-chat/parley/internal/server"
)

// only returns a client that speaks one protocol, and dials as it is told.
func only(t *testing.T, set func(*http.Protocols, bool), dial func(ctx context.Context, network, addr string) (net.Conn, error)) *http.Client {
	t.Helper()
	transport := &http.Transport{Protocols: new(http.Protocols), DialContext: dial, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	set(transport.Protocols, true)
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: limit}
}

func get(t *testing.T, client *http.Client, url string) (proto, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := client.Do(r)
	if err != nil {
		t.Fatalf("GET %s: %v", url, err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("GET %s: %v", url, err)
	}
	return res.Proto, string(text)
}

// crumbs is a connection whose first write goes out a byte at a time.
type crumbs struct {
	net.Conn
	begun bool
}

func (c *crumbs) Write(p []byte) (int, error) {
	if c.begun {
		return c.Conn.Write(p)
	}
	c.begun = true
	for n := range p {
		if _, err := c.Conn.Write(p[n : n+1]); err != nil {
			return n, err
		}
	}
	return len(p), nil
}

func inCrumbs(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, addr)
	return &crumbs{Conn: conn}, err
}

var protocols = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Proto) })

// One port speaks both, and HTTP/1.1 is not changed by it. Source: RFC 9113, section 3.3.
func TestHTTP2BesideHTTP1(t *testing.T) {
	t.Parallel()
	s := start(t, server.Config{Handler: protocols})
	for name, client := range map[string]*http.Client{
		"HTTP/1.1":                only(t, (*http.Protocols).SetHTTP1, nil),
		"HTTP/1.1 byte by byte":   only(t, (*http.Protocols).SetHTTP1, inCrumbs),
		"HTTP/2.0":                only(t, (*http.Protocols).SetUnencryptedHTTP2, nil),
		"HTTP/2.0 byte by byte":   only(t, (*http.Protocols).SetUnencryptedHTTP2, inCrumbs),
		"HTTP/2.0, a second time": only(t, (*http.Protocols).SetUnencryptedHTTP2, nil),
	} {
		for range 3 {
			if proto, body := get(t, client, "http://"+s.addr); body != proto || proto != name[:len(proto)] {
				t.Errorf("%s: the answer is %s, the request was %s", name, proto, body)
			}
		}
	}
}

// Over TLS only who offers nothing else gets HTTP/2.
func TestHTTP2OverTLS(t *testing.T) {
	t.Parallel()
	certificate := httptest.NewUnstartedServer(nil)
	certificate.StartTLS()
	t.Cleanup(certificate.Close)
	config := &tls.Config{Certificates: certificate.TLS.Certificates, NextProtos: []string{"http/1.1"}, MinVersion: tls.VersionTLS12}
	s := start(t, server.Config{Handler: protocols, TLS: config})
	both := only(t, (*http.Protocols).SetHTTP1, nil)
	both.Transport.(*http.Transport).Protocols.SetHTTP2(true) //nolint:forcetypeassert // made above
	for want, client := range map[string]*http.Client{"HTTP/1.1": both, "HTTP/2.0": only(t, (*http.Protocols).SetHTTP2, nil)} {
		if proto, body := get(t, client, "https://"+s.addr); proto != want || body != want {
			t.Errorf("the answer is %s, the request was %s; want %s", proto, body, want)
		}
	}
	s.stop()
	if err := await(t, s.result, "Serve"); err != nil {
		t.Errorf("Serve: %v, want nil: a connection that waits holds nothing up", err)
	}
}

// A connection of HTTP/2 ends in order: its request is answered, and it is kept for no successor,
// however its first bytes arrived.
func TestHTTP2Drains(t *testing.T) {
	t.Parallel()
	for name, dial := range map[string]func(context.Context, string, string) (net.Conn, error){"at once": nil, "byte by byte": inCrumbs} {
		entered, leave, draining := make(chan struct{}), make(chan struct{}), make(chan struct{})
		s := start(t, server.Config{
			OnDrain: func() { close(draining) },
			Keep:    func(*os.File) { t.Errorf("%s: a connection of HTTP/2 was kept for a successor", name) },
			Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/slow" {
					close(entered)
					<-leave
				}
				_, _ = io.WriteString(w, "finished")
			}),
		})
		idle := only(t, (*http.Protocols).SetUnencryptedHTTP2, dial)
		get(t, idle, "http://"+s.addr)
		answer := make(chan string, 1)
		go func() {
			_, body := get(t, only(t, (*http.Protocols).SetUnencryptedHTTP2, dial), "http://"+s.addr+"/slow")
			answer <- body
		}()
		await(t, entered, "the request")
		s.stop()
		await(t, draining, "OnDrain")
		close(leave)
		if body := await(t, answer, "the answer"); body != "finished" {
			t.Errorf("%s: answer %q, want the whole of it", name, body)
		}
		if err := await(t, s.result, "Serve"); err != nil {
			t.Errorf("%s: Serve: %v, want nil", name, err)
		}
	}
}

// Without the setting nobody is spoken HTTP/2 to.
func TestHTTP2IsOffByDefault(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	result := make(chan error, 1)
	go func() { result <- server.Serve(ctx, server.Config{Listener: l, Handler: protocols}) }()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+l.Addr().String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if res, err := only(t, (*http.Protocols).SetUnencryptedHTTP2, nil).Do(r); err == nil {
		_ = res.Body.Close()
		t.Errorf("answered with %s", res.Proto)
	}
	stop()
	if err := await(t, result, "Serve"); err != nil {
		t.Error(err)
	}
}
