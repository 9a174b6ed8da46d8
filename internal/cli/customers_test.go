package cli_test

import (
	"context"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/awsfake"
	"github.com/parley-chat/parley/internal/cli"
)

// A server that customers use lets only pages of named origins call, and nothing that names
// none. While somebody develops, pages of the machine may, and scripts; pages of the network may when
// the server listens there.
//
// It sets environment variables, because the AWS SDK reads them itself, so it is not parallel.
func TestPagesThatMayCall(t *testing.T) {
	fake := awsfake.Start(t)
	for _, pair := range fake.Environ() {
		name, value, _ := strings.Cut(pair, "=")
		t.Setenv(name, value)
	}
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(t.TempDir(), "none"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(t.TempDir(), "none"))
	const (
		neighbour = "http://192.168.1.5:8080"
		site      = "https://www.example.com"
		warning   = "no web page of another origin may call"
	)
	aws := []string{"--upstream", "aws", "--instance-id", "i-1", "--contact-flow-id", "f-1", "--end-on-exit=false"}
	for name, test := range map[string]struct {
		args                    []string
		neighbour, site, script int
		warned                  bool
	}{
		"embedded, beyond loopback": {[]string{"--addr", "0.0.0.0:0", "--ephemeral"}, 200, 403, 200, false},
		"embedded, loopback":        {[]string{"--addr", "127.0.0.1:0", "--ephemeral"}, 403, 403, 200, false},
		"aws, loopback":             {append([]string{"--addr", "127.0.0.1:0"}, aws...), 403, 403, 200, false},
		"aws, beyond loopback":      {append([]string{"--addr", "0.0.0.0:0"}, aws...), 403, 403, 403, true},
		"aws, named":                {append([]string{"--addr", "0.0.0.0:0", "--allow-origin", site}, aws...), 403, 200, 403, false},
		"aws, named, and apps": {
			append([]string{"--addr", "0.0.0.0:0", "--allow-origin", site, "--require-origin=false"}, aws...), 403, 200, 200, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			env, stdout, stderr := newEnv(append([]string{"serve"}, test.args...)...)
			env.Environ = environ(t)
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			code := make(chan int, 1)
			go func() { code <- cli.Run(ctx, env) }()
			stdout.await(t, "Stop with Ctrl+C.")
			url := regexp.MustCompile(`http://localhost:\d+`).FindString(stdout.String())
			for origin, want := range map[string]int{neighbour: test.neighbour, site: test.site, url: 200, "": test.script} {
				if got := startFrom(t, url, origin); got != want {
					t.Errorf("a page of %q is answered %d, want %d", origin, got, want)
				}
			}
			public := strings.HasPrefix(name, "aws, ") && name != "aws, loopback"
			for _, path := range []string{"/", "/api/events", "/api/exchanges", "/console/inspector", "/docs/errors"} {
				if got := statusOf(t, url+path); (got == http.StatusNotFound || got == http.StatusMethodNotAllowed) != public {
					t.Errorf("GET %s is answered %d", path, got)
				}
			}
			stop()
			if got := <-code; got != cli.ExitOK {
				t.Errorf("exit code %d", got)
			}
			if got := strings.Contains(stderr.String(), warning); got != test.warned {
				t.Errorf("warned: %v, want %v", got, test.warned)
			}
		})
	}
}

// startFrom starts a chat as a page of the origin does; empty is no page.
func startFrom(t *testing.T, url, origin string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/startChatContact", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	if origin != "" {
		request.Header.Set("Origin", origin)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	return answer.StatusCode
}

// statusOf asks for a page and returns the status of the answer, without reading it.
func statusOf(t *testing.T, url string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	return answer.StatusCode
}
