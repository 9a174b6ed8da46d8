//go:build linux

package container_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	// containerUser is who the image's program runs as.
	containerUser = 65532
	// patience bounds everything that is waited for.
	patience = 60 * time.Second
	// origin is the page's.
	origin = "https://www.example.com"
)

// environ is what every container is told, beside what the image says.
func environ(port int) []string {
	return []string{
		"PARLEY_ADDR=0.0.0.0:" + strconv.Itoa(port), "PARLEY_REGION=us-west-2", "PARLEY_ALLOW_ORIGIN=" + origin,
		"PARLEY_INSTANCE_ID=11111111-1111-4111-8111-111111111111",
		"PARLEY_CONTACT_FLOW_ID=22222222-2222-4222-8222-222222222222",
	}
}

// replica is a running container.
type replica struct {
	port   int
	url    string
	pid    int
	signal func(os.Signal) error
	result chan error // what the program ended with
	log    string     // the file with its log
}

// command prepares the image's program as a container runs it.
func command(t *testing.T, r root, environ []string, args ...string) *exec.Cmd {
	t.Helper()
	path := image.entrypoint[0]
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), path, append(image.entrypoint[1:], args...)...)
	cmd.Env = slices.Concat(image.env, environ)
	if os.Getuid() != 0 {
		t.Log("not root: the program runs outside of its root file system, as this user")
		cmd.Path = filepath.Join(r.dir, path)
		return cmd
	}
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Chroot: r.dir, Credential: &syscall.Credential{Uid: containerUser, Gid: containerUser},
	}
	if image.private {
		cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWPID
	} else {
		t.Log("the program is not the first process here, as it is in a container")
	}
	return cmd
}

// launch starts a container and does not wait for it. The test ends with the container gone.
func launch(t *testing.T, r root, port int, env []string) *replica {
	t.Helper()
	log, err := os.CreateTemp(t.TempDir(), "log")
	if err != nil {
		t.Fatal(err)
	}
	cmd := command(t, r, slices.Concat(environ(port), env), image.args...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s := &replica{
		port: port, url: "http://127.0.0.1:" + strconv.Itoa(port), pid: cmd.Process.Pid, signal: cmd.Process.Signal,
		result: make(chan error, 1), log: log.Name(),
	}
	ended := make(chan struct{})
	go func() { // ends with the process
		s.result <- cmd.Wait()
		close(ended)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended
		<-ended
		_ = log.Close() // the text counts
		if t.Failed() {
			t.Logf("the log of the container at port %d:\n%s", port, s.text(t))
		}
	})
	return s
}

// start starts a container and waits until it is ready.
func start(t *testing.T, r root, port int, env []string) *replica {
	t.Helper()
	s := launch(t, r, port, env)
	s.await(t, "readiness", func() bool { return s.readiness(t) == http.StatusOK })
	return s
}

// await asks again and again until the answer is yes.
func (s *replica) await(t *testing.T, what string, reached func() bool) {
	t.Helper()
	end := time.NewTimer(patience)
	defer end.Stop()
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for !reached() {
		select {
		case err := <-s.result:
			t.Fatalf("waiting for %s: the container ended with %v and said:\n%s", what, err, s.text(t))
		case <-end.C:
			t.Fatalf("waiting for %s: nothing within %s", what, patience)
		case <-again.C:
		}
	}
}

// readiness returns the status of /readyz, or 0 when nobody answers.
func (s *replica) readiness(t *testing.T) int {
	t.Helper()
	status, _, _ := ask(t.Context(), newClient(), http.MethodGet, s.url+"/readyz") // nobody answers: 0
	return status
}

// ended waits for the program's end and returns what it ended with.
func (s *replica) ended(t *testing.T) error {
	t.Helper()
	select {
	case err := <-s.result:
		return err
	case <-time.After(patience):
		t.Fatalf("the container at port %d has not ended within %s", s.port, patience)
		return nil
	}
}

func (s *replica) text(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(s.log)
	if err != nil {
		t.Error(err)
	}
	return string(text)
}

// newClient returns a client that opens a connection for each request and tries nothing twice.
func newClient() *http.Client {
	return &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
}

// ask sends a request as a page of the allowed origin does, and returns the answer's status
// and text.
func ask(ctx context.Context, client *http.Client, method, url string) (int, string, error) {
	request, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader("{}"))
	if err != nil {
		return 0, "", err
	}
	if method == http.MethodGet {
		request.Body = http.NoBody
	} else {
		request.Header.Set("Origin", origin)
	}
	answer, err := client.Do(request)
	if err != nil {
		return 0, "", err
	}
	text, err := io.ReadAll(answer.Body)
	if err = errors.Join(err, answer.Body.Close()); err != nil {
		return 0, "", err
	}
	return answer.StatusCode, string(text), nil
}

// startChat starts a chat at a server's or balancer's address.
func startChat(ctx context.Context, client *http.Client, url string) error {
	status, text, err := ask(ctx, client, http.MethodPost, url+"/startChatContact")
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("status %d: %s", status, text)
	}
	return err
}

// freePort returns a port nobody listens on, out of those that the system does not give to
// connections: a container that comes back needs it again.
func freePort(t *testing.T) int {
	t.Helper()
	for range 100 {
		port := 20000 + rand.IntN(12000)
		l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "0.0.0.0:"+strconv.Itoa(port))
		if err != nil {
			continue
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		return port
	}
	t.Fatal("no free port was found")
	return 0
}
