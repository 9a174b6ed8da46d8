package cli_test

import (
	"context"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/awsfake"
	"github.com/parley-chat/parley/internal/cli"
)

// canary stands in every secret of this test. Nothing the program prints, answers or keeps
// may hold it.
const canary = "CANARY0secret"

// Secrets are planted wherever one can stand: the AWS keys, what AWS answers, what a page
// sends. All outputs of the program are searched for them: both streams at the lowest log
// level, the answers to pages, the files it leaves.
//
// It sets environment variables, because the AWS SDK reads them itself, so it is not parallel.
func TestCanary(t *testing.T) {
	fake := awsfake.Start(t, awsfake.Config{SecretAccessKey: canary + "key", SessionToken: canary + "session"})
	for _, pair := range fake.Environ() {
		name, value, _ := strings.Cut(pair, "=")
		t.Setenv(name, value)
	}
	t.Setenv("AWS_ENDPOINT_URL_STS", fake.URL)
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(t.TempDir(), "none"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(t.TempDir(), "none"))
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
	data := t.TempDir()
	aws := []string{"--upstream", "aws", "--instance-id", "i-1", "--contact-flow-id", "f-1", "--data-dir", data, "--log-level", "debug"}

	var outputs strings.Builder
	run := func(ctx context.Context, args ...string) (stdout *screen, done func() int) {
		env, stdout, stderr := newEnv(append(args, aws...)...)
		env.StdoutTerminal = true
		env.Environ = environ(t)
		code := make(chan int, 1)
		go func() { code <- cli.Run(ctx, env) }()
		return stdout, func() int {
			got := <-code
			outputs.WriteString(stdout.String() + stderr.String())
			return got
		}
	}

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	stdout, done := run(ctx, "serve", "--addr", "127.0.0.1:0", "--end-on-exit=false", "--max-chats", "50")
	stdout.await(t, "Stop with Ctrl+C.")
	url := regexp.MustCompile(`http://localhost:\d+`).FindString(stdout.String())

	token := startWithSecrets(t, url, &outputs)
	failWithSecrets(t, fake, url, &outputs)
	for _, path := range []string{"/", "/docs/errors", "/api/status", "/healthz", "/readyz", "/" + canary[:3]} {
		outputs.WriteString(call(t, http.MethodGet, url+path, ""))
	}
	stop()
	if code := done(); code != cli.ExitOK {
		t.Errorf("serve ended with %d", code)
	}
	for _, args := range [][]string{{"doctor", "-o", "json"}, {"doctor"}, {"config", "print"}, {"config", "print", "-o", "json"}, {"start", "--name", "Pat"}} {
		_, done := run(t.Context(), args...)
		done()
	}
	// Passwords in addresses, where people put them although they must not stand there.
	const address = "http://user:" + canary + "@127.0.0.1:9"
	for _, args := range [][]string{
		{"config", "print", "--endpoint-url", address},
		{"config", "print", "-o", "json", "--public-url", address, "--allow-origin", address, "--approved-origin", address},
		{"config", "print", "--stream-target", "arn:aws:sns:r:1:t=" + address, "--allow-host", address, "--addr", address},
		{"doctor", "--endpoint-url", address},
		{"doctor", "-o", "json", "--public-url", address},
		{"serve", "--endpoint-url", address},
		{"start", "--server", address},
		{"ready", "--server", address},
		{"serve", address},
		{"version", address},
	} {
		_, done := run(t.Context(), args...)
		if code := done(); code == cli.ExitOK {
			t.Errorf("%v was not refused", args)
		}
	}
	t.Setenv("AWS_ENDPOINT_URL_CONNECT", address)
	for _, args := range [][]string{{"doctor"}, {"doctor", "-o", "json"}, {"start"}, {"serve", "--addr", "127.0.0.1:0"}} {
		_, done := run(t.Context(), args...)
		if code := done(); code != cli.ExitFailure {
			t.Errorf("%v with a password in AWS_ENDPOINT_URL_CONNECT: exit code %d", args, code)
		}
	}
	outputs.WriteString(files(t, data))

	for name, secret := range map[string]string{"a planted secret": canary, "the participant token": token} {
		if at := strings.Index(outputs.String(), secret); at >= 0 {
			t.Errorf("%s was given away: …%s…", name, outputs.String()[max(0, at-200):min(outputs.Len(), at+100)])
		}
	}
	if !strings.Contains(outputs.String(), "chat started") || !strings.Contains(outputs.String(), "no chat started") {
		t.Error("the outputs that were searched lack the program's log")
	}
}

// startWithSecrets starts a chat with secrets in every part of the request, and returns the
// participant token, which only the page may see.
func startWithSecrets(t *testing.T, url string, outputs *strings.Builder) string {
	t.Helper()
	body := `{"ParticipantDetails":{"DisplayName":"` + canary + `"},"Attributes":{"a":"` + canary + `"},"CustomerId":"` + canary + `",` +
		`"InitialMessage":{"ContentType":"text/plain","Content":"` + canary + `"},"Unknown":"` + canary + `","ClientToken":"` + canary + `"}`
	answer := call(t, http.MethodPost, url+"/startChatContact?t="+canary, body)
	token := regexp.MustCompile(`"ParticipantToken":"([^"]+)"`).FindStringSubmatch(answer)
	if token == nil {
		t.Fatalf("no chat was started: %s", answer)
	}
	outputs.WriteString(strings.ReplaceAll(answer, token[1], ""))
	return token[1]
}

// failWithSecrets lets AWS fail in ways that repeat secrets.
func failWithSecrets(t *testing.T, fake *awsfake.Endpoint, url string, outputs *strings.Builder) {
	t.Helper()
	steps := []awsfake.Step{
		{
			Status: 403, Error: "InvalidSignatureException",
			Message: "The request signature we calculated does not match.\n\nThe Canonical String for this request should have been\n'PUT\nx-amz-security-token:" + canary + "'",
		},
		{Status: 200, Body: `<html>` + canary},
		{Status: 500, Body: canary},
		{Status: 200, Body: `{"ParticipantToken":"` + canary, Truncate: true},
		{Reset: true},
	}
	for _, step := range steps {
		fake.Script(step)
		answer := call(t, http.MethodPost, url+"/startChatContact", "{}")
		if strings.Contains(answer, "ContactId") {
			t.Errorf("a failure of AWS was answered with a chat: %s", answer)
		}
		outputs.WriteString(answer)
	}
	for _, body := range []string{canary, `"` + canary + `"`, `{"ParticipantDetails":{"DisplayName":["` + canary + `"]}}`, `{"Attributes":"` + canary + `"}`} {
		outputs.WriteString(call(t, http.MethodPost, url+"/startChatContact", body))
	}
}

// call sends a request with secrets in its headers and returns the whole answer as text.
func call(t *testing.T, method, url, body string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, header := range []string{"Authorization", "Cookie", "X-Amz-Security-Token", "X-Amz-Bearer", "X-Api-Key"} {
		request.Header.Set(header, canary)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	var headers strings.Builder
	if err := response.Header.Write(&headers); err != nil {
		t.Fatal(err)
	}
	return headers.String() + string(text)
}

// files returns everything the program left in a directory.
func files(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		all.WriteString(path + string(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}
