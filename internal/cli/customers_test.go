package cli_test

import (
	"context"
	"io"
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
	fakeAWS(t)
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
			env.StdoutTerminal = true
			env.Environ = environ(t)
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			code := make(chan int, 1)
			go func() { code <- cli.Run(ctx, env) }()
			stdout.await(t, "Stop with Ctrl+C.")
			url := regexp.MustCompile(`http://localhost:\d+`).FindString(stdout.String())
			for origin, want := range map[string]int{neighbour: test.neighbour, site: test.site, url: 200, "": test.script} {
				if got, _ := startFrom(t, url, origin); got != want {
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

// What AWS says about a failure stays in the log of a server that customers use; whoever develops
// reads it, and what to do.
//
// It sets environment variables, because the AWS SDK reads them itself, so it is not parallel.
func TestD3WhatPagesReadOfAWS(t *testing.T) {
	fake := fakeAWS(t)
	const said = "said by AWS about arn:aws:connect:eu-west-1:111122223333:instance/i-1"
	for addr, told := range map[string]bool{"127.0.0.1:0": true, "0.0.0.0:0": false} {
		env, stdout, stderr := newEnv("serve", "--upstream", "aws", "--instance-id", "i-1", "--contact-flow-id", "f-1",
			"--end-on-exit=false", "--require-origin=false", "--addr", addr)
		env.StdoutTerminal = true
		env.Environ = environ(t)
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		code := make(chan int, 1)
		go func() { code <- cli.Run(ctx, env) }()
		stdout.await(t, "Stop with Ctrl+C.")
		url := regexp.MustCompile(`http://localhost:\d+`).FindString(stdout.String())
		for status, name := range map[int]string{400: "InvalidParameterException", 404: "ResourceNotFoundException", 402: "ServiceQuotaExceededException"} {
			fake.Script(awsfake.Step{Status: status, Error: name, Message: said})
			answer, body := startFrom(t, url, "")
			if !strings.Contains(body, `"name":"`+name+`"`) || answer != status && status != 402 {
				t.Errorf("%s: AWS's %d %s became %d %s", addr, status, name, answer, body)
			}
			if got := strings.Contains(body, said); got != told {
				t.Errorf("%s: the page reads AWS's text: %v, want %v: %s", addr, got, told, body)
			}
		}
		stop()
		<-code
		if !strings.Contains(stderr.String(), said) {
			t.Errorf("%s: the log lacks AWS's text: %s", addr, stderr)
		}
	}
}

// fakeAWS points this process's AWS SDK at an endpoint of the test's own.
func fakeAWS(t *testing.T) *awsfake.Endpoint {
	t.Helper()
	fake := awsfake.Start(t)
	for _, pair := range fake.Environ() {
		name, value, _ := strings.Cut(pair, "=")
		t.Setenv(name, value)
	}
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(t.TempDir(), "none"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(t.TempDir(), "none"))
	return fake
}

// startFrom starts a chat as a page of the origin does; empty is no page.
func startFrom(t *testing.T, url, origin string) (status int, body string) {
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
	all, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(all)
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
