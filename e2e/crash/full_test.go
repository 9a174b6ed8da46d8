//go:build linux

package crash_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/chatclient"
)

// A full disk is told as that, not as an outage of AWS: to the page that starts a chat, to a chat
// client and to a backend. Everything goes on when there is room again, and the end is in order.
func TestD6FullDisk(t *testing.T) {
	t.Parallel()
	place := newSite(t)
	if err := os.Mkdir(place.data, 0o700); err != nil {
		t.Fatal(err)
	}
	// A file system of 1 MiB, which is seen by the server alone. The server's file grows in it.
	enter := []string{"unshare", "--user", "--map-root-user", "--mount", "sh", "-c", `mount -t tmpfs -o size=1m none "$0" && exec "$@"`, place.data}
	if out, err := exec.Command(enter[0], append(enter[1:], "true")...).CombinedOutput(); err != nil {
		t.Skipf("no file system can be mounted here: %v: %s", err, out)
	}
	place.within = enter
	running := place.start()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	api := chatclient.New(running.url, 2)
	defer api.Close()
	chat, err := api.Start(ctx, "Jane", "")
	if err != nil {
		t.Fatal(err)
	}
	connection, err := api.Connect(ctx, chat.ParticipantToken)
	if err != nil {
		t.Fatal(err)
	}
	filling := filepath.Join("/proc", running.pid(), "root", place.data, "filling")
	full := bytes.Repeat([]byte("x"), 1<<20)
	if err := os.WriteFile(filling, full, 0o600); err == nil {
		t.Fatal("the disk takes more than there is room for")
	}
	told := func(what, code string, err error) {
		t.Helper()
		status, ok := errors.AsType[*chatclient.StatusError](err)
		if !ok || !strings.Contains(status.Body, "disk") || !strings.Contains(status.Body, "is full") || !strings.Contains(status.Body, code) || strings.Contains(status.Body, "Health Dashboard") {
			t.Errorf("%s: %v, want one that tells of the disk", what, err)
		}
	}
	for err == nil { // what room the log of the database has is used up
		_, err = api.Send(ctx, connection.Token, strings.Repeat("x", 1000), "")
	}
	told("a message", "InternalServerException", err)
	_, err = api.Start(ctx, "Joe", "")
	told("a start", "DiskFull", err)
	_, err = api.Join(ctx, chat.ContactID, "Bot", "once")
	told("a backend's call", "InternalServiceException", err)
	if err := os.Remove(filling); err != nil {
		t.Fatal(err)
	}
	if _, err := api.Start(ctx, "Joe", ""); err != nil {
		t.Errorf("with room again: %v", err)
	}
	running.stop(t)
}
