package cli_test

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/parley-chat/parley/internal/admintoken"
	"github.com/parley-chat/parley/internal/cli"
	"github.com/parley-chat/parley/internal/runfile"
	"github.com/parley-chat/parley/internal/settings"
)

// tokenFiles returns the files in which a server's admin token is shared.
func tokenFiles(env cli.Env, host, port string) []string {
	return admintoken.Address{Host: host, Port: port, Dirs: settings.RuntimeDirs(env.Environ, env.GOOS)}.Files()
}

// TestSharedTokenStaysHere gives a running server's token to calls on its loopback address that
// change something, and to nothing else; and no token of a server that is gone.
func TestSharedTokenStaysHere(t *testing.T) {
	t.Parallel()
	s := &script{}
	server := s.serve(t)
	at, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	home, elsewhere := t.TempDir(), strings.Replace(server, "127.0.0.1", "0.0.0.0", 1)
	if runtime.GOOS == "windows" {
		elsewhere = server // the other name is not this machine's there
	}
	env, _, _ := newEnv()
	env.Environ = []string{"HOME=" + home}
	file := tokenFiles(env, "127.0.0.1", at.Port())[0]
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	const shared, kept = "shared-while-it-runs", "kept-for-every-start"
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "admin-token"), []byte(kept+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	alive, foreign := shared+"\n%d\n", "two words\n"
	tests := map[string]struct {
		text, server string
		args         []string
		want         string
	}{
		"a change":              {alive, server, []string{"fault", "clear"}, shared},
		"a change, other name":  {alive, strings.Replace(server, "127.0.0.1", "localhost", 1), []string{"fault", "clear"}, shared},
		"a question":            {alive, server, []string{"clock"}, ""},
		"a given token":         {alive, server, []string{"fault", "clear", "--admin-token", testToken}, testToken},
		"elsewhere":             {alive, elsewhere, []string{"fault", "clear"}, ""},
		"of a server that died": {shared + "\n2147483647\n", server, []string{"fault", "clear"}, kept},
		"no token":              {foreign, server, []string{"fault", "clear"}, kept},
		"nothing":               {"", server, []string{"fault", "clear"}, kept},
	}
	for name, test := range tests {
		if test.server == server && name == "elsewhere" {
			continue
		}
		text := strings.Replace(test.text, "%d", strconv.Itoa(os.Getpid()), 1)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		s.token = ""
		env, _, stderr := newEnv(append(test.args, "--data-dir", dir, "--server", test.server)...)
		env.ReadFile, env.Environ = os.ReadFile, []string{"HOME=" + home}
		if code := cli.Run(t.Context(), env); code != cli.ExitOK {
			t.Errorf("%s: exit code %d, stderr %q", name, code, stderr)
		}
		if want := strings.TrimSuffix("Bearer "+test.want, "Bearer "); s.token != want {
			t.Errorf("%s: sent %q, want %q", name, s.token, want)
		}
	}
}

// TestRestartThatFails replaces the program by one that cannot be started: what was left for it
// is removed.
func TestRestartThatFails(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("a socket cannot be handed over there")
	}
	home := t.TempDir()
	urlFile := filepath.Join(home, "url")
	env, stdout, stderr := newEnv("serve", "--ephemeral", "--addr", "127.0.0.1:0", "--url-file", urlFile, "--log-format", "text")
	env.Environ = []string{"HOME=" + home}
	restarts := make(chan os.Signal, 1)
	env.Restart = restarts
	var left []string
	env.Replace = func(sockets []*os.File, _ []string) error {
		text, err := os.ReadFile(urlFile)
		if err != nil {
			return err
		}
		written, err := runfile.Parse(text)
		if err != nil {
			return err
		}
		at, err := url.Parse(written.Value)
		if err != nil {
			return err
		}
		left = append(left, urlFile, tokenFiles(env, at.Hostname(), at.Port())[0])
		for _, name := range left {
			_, missing := os.Stat(name)
			err = errors.Join(err, missing)
		}
		return errors.Join(err, sockets[0].Close(), errors.New("no such program"))
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	code := make(chan int, 1)
	go func() { code <- cli.Run(ctx, env) }()
	stdout.await(t, "Stop with Ctrl+C.")
	restarts <- syscall.SIGTERM
	if got := <-code; got != cli.ExitFailure || !strings.Contains(stderr.String(), "parley: error: no such program") {
		t.Errorf("exit code %d, stderr %q", got, stderr)
	}
	if len(left) != 2 {
		t.Fatalf("left for the successor: %q", left)
	}
	for _, name := range left {
		if _, err := os.Stat(name); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
