package admintoken_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/admintoken"
	"github.com/parley-chat/parley/internal/settings"
)

func TestFiles(t *testing.T) {
	t.Parallel()
	tests := map[string]string{ // a host and the one that stands for it; empty for none
		"localhost": "localhost", "127.0.0.1": "localhost", "::1": "localhost", "0.0.0.0": "localhost", "::": "localhost",
		"::ffff:127.0.0.1": "localhost", "127.0.0.2": "127.0.0.2", "": "", "192.168.1.5": "", "fe80::1": "",
		"shop.example": "", "localhost.shop.example": "", "../localhost": "",
	}
	for host, name := range tests {
		var want []string
		if name != "" {
			want = []string{
				filepath.FromSlash("/run/user/1/parley/admin-token-" + name + "-3000"),
				filepath.FromSlash("/h/.local/state/parley/run/admin-token-" + name + "-3000"),
			}
		}
		dirs := settings.RuntimeDirs([]string{"XDG_RUNTIME_DIR=/run/user/1", "HOME=/h"}, "linux")
		if diff := cmp.Diff(want, admintoken.Address{Host: host, Port: "3000", Dirs: dirs}.Files()); diff != "" {
			t.Errorf("%q: -want +got:\n%s", host, diff)
		}
	}
}

func open(dir string) (string, error) {
	token, err := admintoken.Open(&settings.Settings{DataDir: dir, Upstream: settings.Embedded}, os.ReadFile)
	return token.Reveal(), err
}

// TestMadeOnce starts many servers' worth of tokens at the same time.
func TestMadeOnce(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new", "data")
	var makers sync.WaitGroup
	tokens := make([]string, 16)
	for i := range tokens {
		makers.Go(func() {
			token, err := open(dir)
			if err != nil {
				t.Error(err)
			}
			tokens[i] = token
		})
	}
	makers.Wait()
	for _, token := range tokens {
		if token != tokens[0] || len(token) < 26 {
			t.Fatalf("the tokens are %q", tokens)
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "admin-token"), []byte("not\x1ba token\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if token, err := open(dir); err == nil || strings.Contains(err.Error(), "a token") {
		t.Errorf("a broken file gives %q, %v", token, err)
	}
}
