//go:build linux

package container_test

import (
	"errors"
	"net/http"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The image as it is shipped: it becomes ready, its health check says so, a termination
// signal is noticed before anything is refused, and whoever is waiting gets an answer.
func TestDrain(t *testing.T) {
	t.Parallel()
	const delay = 20 * time.Second // half of it is for noticing, a quarter for the requests meanwhile
	aws, files, port := newAccount(t), newRoot(t), freePort(t)
	env := append(aws.Environ(), "PARLEY_DRAIN_DELAY="+delay.String())
	s := start(t, files, port, env)
	healthy := func() error { return healthCheck(t, files, port, env) }
	if err := healthy(); err != nil {
		t.Errorf("the health check of a ready container: %v", err)
	}
	if err := startChat(t.Context(), newClient(), s.url); err != nil {
		t.Errorf("before the signal: %v", err)
	}

	aws.hold.Store(true)
	slow := make(chan error, 1)
	go func() { slow <- startChat(t.Context(), newClient(), s.url) }()
	<-aws.held
	signalled := time.Now()
	if err := s.signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	s.await(t, "readiness to go off", func() bool { return s.readiness(t) == http.StatusServiceUnavailable })
	if took := time.Since(signalled); took > delay/2 {
		t.Errorf("readiness went off after %s", took)
	}
	if err := healthy(); err == nil {
		t.Error("the health check calls a draining container ready")
	}
	for i := 0; i < 20 && time.Since(signalled) < delay*3/4; i++ {
		if err := startChat(t.Context(), newClient(), s.url); err != nil {
			t.Errorf("in the delay: %v", err)
		}
	}
	s.await(t, "the socket to close", func() bool { return s.readiness(t) == 0 })
	if took := time.Since(signalled); took < delay {
		t.Errorf("the socket was closed after %s", took)
	}
	select {
	case err := <-slow:
		t.Errorf("the slow request ended early: %v", err)
	default:
	}
	close(aws.release)
	if err := <-slow; err != nil {
		t.Errorf("the slow request: %v", err)
	}
	if err := s.ended(t); err != nil {
		t.Errorf("the container ended with %v, want 0", err)
	}
	if diff := cmp.Diff(tree(t, image.files), tree(t, files.dir)); diff != "" {
		t.Errorf("the container changed its files (-before +after):\n%s", diff)
	}
}

// healthCheck runs the command of the ECS task.
func healthCheck(t *testing.T, files root, port int, env []string) error {
	t.Helper()
	check := readTask(t).ContainerDefinitions[0].HealthCheck.Command
	if check[0] != "CMD" || check[1] != image.entrypoint[0] {
		t.Fatalf("the health check needs what the image does not have: %q", check)
	}
	text, err := command(t, files, append(environ(port), env...), check[2:]...).CombinedOutput()
	if err != nil {
		t.Logf("health check: %s", text)
	}
	return err
}

// Whoever cannot wait sends a second signal.
func TestSecondSignalEndsAtOnce(t *testing.T) {
	t.Parallel()
	aws := newAccount(t)
	s := start(t, newRoot(t), freePort(t), append(aws.Environ(), "PARLEY_DRAIN_DELAY=1h"))
	if err := s.signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	s.await(t, "readiness to go off", func() bool { return s.readiness(t) == http.StatusServiceUnavailable })
	if err := s.signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	// The kernel does not kill the first process of a container by a signal it has no handler
	// for; Go's runtime then exits by itself.
	if _, ok := errors.AsType[*exec.ExitError](s.ended(t)); !ok {
		t.Error("the container was cut off, but says that it ended well")
	}
}

// What is missing is said in one run, at once.
func TestFaultsEndTheContainer(t *testing.T) {
	t.Parallel()
	files := newRoot(t)
	text, err := command(t, files, []string{"PARLEY_ADDRESS_RATES=3/1m", "PARLEY_DRAIN_DELAY=soon"}, image.args...).CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 2 {
		t.Errorf("the container ended with %v, want 2", err)
	}
	for _, name := range []string{"PARLEY_ADDRESS_RATES", "PARLEY_ADDRESS_RATE", "PARLEY_DRAIN_DELAY", "PARLEY_INSTANCE_ID", "PARLEY_CONTACT_FLOW_ID"} {
		if !strings.Contains(string(text), name) {
			t.Errorf("the container's last words do not name %s:\n%s", name, text)
		}
	}
}
