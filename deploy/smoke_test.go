//go:build unix

package deploy_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/program"
)

const (
	shop = "https://shop.example"
	// patience bounds everything that is waited for.
	patience = 60 * time.Second
)

// binary is the program under test.
var binary string

func TestMain(m *testing.M) {
	os.Exit(program.WithServer(func(path string) int { //nolint:forbidigo // what TestMain is for
		binary = path
		return m.Run()
	}))
}

// serve starts the built program as a public endpoint and returns its address. It answers for
// Amazon Connect itself, so that the chat of the smoke test can be held and ended.
func serve(t *testing.T, flags ...string) string {
	t.Helper()
	dir := t.TempDir()
	urlFile := filepath.Join(dir, "url")
	cmd := exec.CommandContext(t.Context(), binary, append([]string{
		"serve", "--addr", "127.0.0.1:0", "--url-file", urlFile, "--ephemeral", "--partner=false",
		"--instance-id", anID, "--contact-flow-id", anotherID, "--allow-origin", shop,
	}, flags...)...)
	var log strings.Builder
	cmd.Stderr = &log
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir}
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Wait() // it was told to stop with the test
		if t.Failed() {
			t.Logf("the server's log:\n%s", log.String())
		}
	})
	ready, err := exec.CommandContext(t.Context(), binary, "ready", "--url-file", urlFile, "--wait", patience.String()).Output()
	if err != nil {
		t.Fatalf("the server did not become ready: %v", err)
	}
	return strings.TrimSpace(string(ready))
}

// smoke runs the script and returns its lines, without what varies, and its exit code.
func smoke(t *testing.T, environ []string, args ...string) ([]string, int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*patience) // some forty programs
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", append([]string{"smoke.sh"}, args...)...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "TMPDIR=" + t.TempDir(), "PAUSE=0"}, environ...)
	out, err := cmd.Output()
	code := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		code = exit.ExitCode()
		if len(exit.Stderr) > 0 && code != 2 {
			t.Errorf("the script says %s", exit.Stderr)
		}
	} else if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(string(out)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "ok    of 20 requests at once") {
			line = "ok    of 20 requests at once some are turned away"
		}
		lines = append(lines, line)
	}
	return lines, code
}

// public are the flags that make the server what the production function is by itself.
var public = []string{"--allowed-contact-flow-ids", anotherID, "--require-origin=true", "--address-rate", "15/10m"}

func TestSmoke(t *testing.T) {
	t.Parallel()
	url := serve(t, public...)
	lines, code := smoke(t, []string{"PARTICIPANT=" + url}, url+"/startChatContact", shop)
	want := []string{
		"ok    preflight of https://shop.example is allowed",
		"ok    preflight of https://smoke-test.invalid is not",
		"ok    a broken request is refused, and the page can read why",
		"ok    a page of https://smoke-test.invalid is refused",
		"ok    a request without an origin is refused",
		"ok    a page cannot choose the instance",
		"ok    a chat is started",
		"ok    its customer is let in",
		"ok    its customer has left again",
		"ok    of 20 requests at once some are turned away",
		"ok    and the page can read that",
	}
	if diff := cmp.Diff(want, lines); diff != "" || code != 0 {
		t.Errorf("exit code %d, lines (-want +got):\n%s", code, diff)
	}
}

func TestSmokeWithTokens(t *testing.T) {
	t.Parallel()
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte(strings.Repeat("k", 44)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	url := serve(t, "--allowed-contact-flow-ids", anotherID, "--address-rate", "15/10m", "--auth-mode", "hs256", "--jwt-key-file", key, "--jwt-audience", "shop")
	lines, code := smoke(t, []string{"CHAT=no", "BURST=0"}, url+"/startChatContact", shop)
	want := []string{
		"ok    preflight of https://shop.example is allowed",
		"ok    preflight of https://smoke-test.invalid is not",
		"ok    a request without a token is refused",
		"skip  a broken request is refused: TOKEN is not set",
		"ok    a page of https://smoke-test.invalid is refused",
		"ok    a request without an origin is refused",
		"skip  a chat is started: CHAT is no",
		"skip  of many requests at once some are turned away: BURST is 0",
	}
	if diff := cmp.Diff(want, lines); diff != "" || code != 0 {
		t.Errorf("without a token: exit code %d, lines (-want +got):\n%s", code, diff)
	}

	token, err := exec.CommandContext(t.Context(), binary, "token", "--jwt-key-file", key, "--jwt-audience", "shop", "--subject", "c-42").Output()
	if err != nil {
		t.Fatal(err)
	}
	lines, code = smoke(t, []string{"PARTICIPANT=" + url, "TOKEN=" + strings.TrimSpace(string(token))}, url+"/startChatContact", shop)
	want = []string{
		"ok    preflight of https://shop.example is allowed",
		"ok    preflight of https://smoke-test.invalid is not",
		"ok    a broken request is refused, and the page can read why",
		"ok    a page of https://smoke-test.invalid is refused",
		"ok    an app without an origin gets in with its token",
		"ok    a request without a token is refused",
		"ok    a forged token is refused",
		"ok    a page cannot choose the instance",
		"ok    a chat is started",
		"ok    its customer is let in",
		"ok    its customer has left again",
		"ok    of 20 requests at once some are turned away",
		"ok    and the page can read that",
	}
	if diff := cmp.Diff(want, lines); diff != "" || code != 0 {
		t.Errorf("with a token: exit code %d, lines (-want +got):\n%s", code, diff)
	}
}

// TestSmokeNotices: an endpoint that lets everybody in, as the original does, fails.
func TestSmokeNotices(t *testing.T) {
	t.Parallel()
	original := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		_, _ = w.Write([]byte(`{"data":{"startChatResult":{"ContactId":"c"}}}`)) // a client that is gone needs no answer
	}))
	t.Cleanup(original.Close)
	lines, code := smoke(t, []string{"PARTICIPANT=" + original.URL}, original.URL, shop)
	failed := 0
	for _, line := range lines {
		if strings.HasPrefix(line, "FAIL  ") {
			failed++
		} else {
			t.Errorf("did not notice: %s", line)
		}
	}
	if len(lines) == 0 || code != 1 {
		t.Errorf("%d lines failed, exit code %d:\n%s", failed, code, strings.Join(lines, "\n"))
	}
}

// TestSmokeUsage: what is not an endpoint at all.
func TestSmokeUsage(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{}, {"https://a.example"}, {"a.example", shop}, {"https://a.example", "shop.example"}} {
		if _, code := smoke(t, nil, args...); code != 2 {
			t.Errorf("with %v: exit code %d, want 2", args, code)
		}
	}
	const nobody = "http://127.0.0.1:1"
	lines, code := smoke(t, []string{"CHAT=no", "BURST=2"}, nobody, shop)
	if code != 1 || len(lines) == 0 || !strings.HasSuffix(lines[0], ": no answer") {
		t.Errorf("nobody there: exit code %d\n%s", code, strings.Join(lines, "\n"))
	}
}
