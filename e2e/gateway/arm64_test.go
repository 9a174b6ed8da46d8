//go:build unix

package gateway_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/e2e/gateway"
	"github.com/parley-chat/parley/internal/awsfake"
	"github.com/parley-chat/parley/internal/program"
)

// The zip for arm64, which the template takes by default, holds a program that runs: built as
// `make dist` does, it starts a chat on an emulated processor (Debian's qemu-user-static).
func TestArm64(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bootstrap := filepath.Join(dir, "bootstrap")
	if err := program.Function(t.Context(), bootstrap, "GOOS=linux", "GOARCH=arm64"); err != nil {
		t.Fatal(err)
	}
	if !runsArm64(t, &bootstrap) {
		return
	}

	aws := awsfake.Start(t)
	function := gateway.Start(t, gateway.Config{Program: bootstrap, Env: environ(aws), Timeout: time.Minute})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := function.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	g := &gateway.Gateway{Kind: gateway.RESTAPI, Function: function, Responses: responses}
	server := httptest.NewServer(g)
	defer server.Close()
	s := &site{aws: aws, function: function, urls: map[gateway.Kind]string{gateway.RESTAPI: server.URL + g.Root()}}
	got := s.call(t, gateway.RESTAPI, from(shop, `{"ParticipantDetails":{"DisplayName":"Pat"}}`))
	if got.status != http.StatusOK || !strings.Contains(got.body, `"ParticipantToken"`) || aws.Calls() != 1 {
		t.Errorf("answer %d %s after %d calls", got.status, got.body, aws.Calls())
	}
}

// runsArm64 reports whether this machine can run the program, which it replaces by one that
// starts it under an emulator where it takes one.
func runsArm64(t *testing.T, program *string) bool {
	t.Helper()
	version := exec.CommandContext(t.Context(), "uname", "-sm")
	if out, err := version.Output(); err == nil && strings.TrimSpace(string(out)) == "Linux aarch64" {
		return true
	}
	for _, name := range []string{"qemu-aarch64-static", "qemu-aarch64"} {
		emulator, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		script := "#!/bin/sh\nexec '" + emulator + "' '" + *program + "'\n"
		*program += ".sh"
		if err := os.WriteFile(*program, []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
		return true
	}
	t.Log("the program for arm64 was built but not run: this machine is another one, and qemu-aarch64-static is not installed (Debian: qemu-user-static)")
	return false
}
