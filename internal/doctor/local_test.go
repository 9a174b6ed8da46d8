package doctor_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/connectclient"
	"github.com/parley-chat/parley/internal/diagnosis"
	"github.com/parley-chat/parley/internal/doctor"
	"github.com/parley-chat/parley/internal/emulator"
	"github.com/parley-chat/parley/internal/startchat"
)

func TestConfiguration(t *testing.T) {
	t.Parallel()
	report := doctor.Run(t.Context(), doctor.Config{Addr: "127.0.0.1:0", Settings: []doctor.Setting{
		{"addr", "127.0.0.1:0", "--addr"}, {"region", "us-west-2", "parley.yaml:3"},
	}})
	compare(t, report, map[string]line{"configuration": ok("addr: 127.0.0.1:0 (--addr)\nregion: us-west-2 (parley.yaml:3)")})

	connected := false
	report = doctor.Run(t.Context(), doctor.Config{
		Faults: hinted{errors.New("two faults")}, Embedded: newEmulator(t),
		Connect: func(context.Context) (*connectclient.Client, error) {
			connected = true
			return nil, errors.New("called")
		},
	})
	compare(t, report, map[string]line{
		"configuration": fail("two faults", "read the help"), "port": skip("because Configuration failed"),
		"embedded": skip("because Configuration failed"), "region": skip("because Configuration failed"),
		"permission": skip("because Configuration failed"), "environment": ok(""),
	})
	if connected || !report.Failed() {
		t.Errorf("connected: %v, failed: %v", connected, report.Failed())
	}
}

type hinted struct{ error }

func (hinted) Hint() string { return "read the help" }

func newEmulator(tb testing.TB) *emulator.Emulator {
	tb.Helper()
	e, err := emulator.New(tb.Context(), emulator.Config{Ephemeral: true})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = e.Close() })
	return e
}

func TestPort(t *testing.T) {
	t.Parallel()
	parley := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/status" { // for customers
			diagnosis.New(diagnosis.NotFound, "").Write(w, "")
			return
		}
		diagnosis.New(diagnosis.MethodNotAllowed, "").Write(w, "")
	}))
	t.Cleanup(parley.Close)
	var asked []string
	own := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Path)
		_, _ = io.WriteString(w, `{"version":"v1","upstream":{"kind":"embedded"}}`)
	}))
	t.Cleanup(func() {
		own.Close()
		if len(asked) == 0 || strings.Contains(strings.Join(asked, " "), "startChat") {
			t.Errorf("B the question is recorded: %q", asked)
		}
	})
	other := httptest.NewServer(http.RedirectHandler(parley.URL, http.StatusFound))
	t.Cleanup(other.Close)
	mute, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0") // accepts, never answers
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = mute.Close() })
	_, parleyPort, _ := net.SplitHostPort(parley.Listener.Addr().String())
	for name, tc := range map[string]struct {
		addr string
		want line
	}{
		"free":                {"127.0.0.1:0", ok("is free")},
		"a parley with pages": {own.Listener.Addr().String(), ok("a Parley is running on " + own.Listener.Addr().String() + " (http://localhost:")},
		"a parley":            {parley.Listener.Addr().String(), ok("a Parley is running on")},
		"a parley, any":       {"0.0.0.0:" + parleyPort, ok("a Parley is running on")},
		"another program":     {other.Listener.Addr().String(), fail("in use", "--addr")},
		"a silent program":    {mute.Addr().String(), fail("in use", "--addr")},
		"not an address":      {"localhost", fail("HOST:PORT", "--addr")},
		"a foreign address":   {"192.0.2.1:3000", fail("not one of this machine", "127.0.0.1")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			compare(t, doctor.Run(t.Context(), doctor.Config{Addr: tc.addr}), map[string]line{"port": tc.want})
		})
	}
}

type starter func() (*startchat.Result, error)

func (s starter) StartChatContact(context.Context, *startchat.Request) (*startchat.Result, error) {
	return s()
}

func TestEmbedded(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		starter startchat.Starter
		want    line
	}{
		"well":  {newEmulator(t), ok("could be started")},
		"fails": {starter(func() (*startchat.Result, error) { return nil, &awswire.Error{Name: "Broken"} }), fail("Broken", "report it")},
		"half":  {starter(func() (*startchat.Result, error) { return &startchat.Result{ContactID: "c"}, nil }), fail("without an id", "report it")},
	} {
		report := doctor.Run(t.Context(), doctor.Config{Addr: "127.0.0.1:0", Embedded: tc.starter})
		t.Run(name, func(t *testing.T) { compare(t, report, map[string]line{"embedded": tc.want}) })
	}
}

func TestEnvironment(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "ca.pem")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		env  map[string]string
		want line
	}{
		"nothing": {nil, ok("no variables")},
		"proxy": {
			map[string]string{"HTTPS_PROXY": "http://user:canary@proxy.example:3128/canary", "NO_PROXY": "canary"},
			ok("HTTPS_PROXY (http://proxy.example:3128) is set\nNO_PROXY is set"),
		},
		"odd proxy":   {map[string]string{"https_proxy": "user:canary@proxy"}, ok("https_proxy is set")},
		"other odd":   {map[string]string{"HTTP_PROXY": "http://user:canary%zz@proxy"}, ok("HTTP_PROXY is set")},
		"endpoint":    {map[string]string{"AWS_ENDPOINT_URL": "http://localhost:4566"}, ok("AWS_ENDPOINT_URL (http://localhost:4566) is set")},
		"bundle":      {map[string]string{"AWS_CA_BUNDLE": file, "SSL_CERT_DIR": dir + string(os.PathListSeparator) + dir}, ok("AWS_CA_BUNDLE is set\nSSL_CERT_DIR is set")},
		"lost bundle": {map[string]string{"AWS_CA_BUNDLE": file + ".lost"}, warn("cannot be read", "Correct or unset")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report := doctor.Run(t.Context(), doctor.Config{Addr: "127.0.0.1:0", Getenv: func(n string) string { return tc.env[n] }})
			compare(t, report, map[string]line{"environment": tc.want})
			if strings.Contains(find(t, report, "environment").Detail, "canary") {
				t.Error("the report shows a credential")
			}
		})
	}
}
