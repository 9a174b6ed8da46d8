package cli_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/parley-chat/parley/internal/cli"
)

// withParent runs a server. When gone is closed, its parent has ended, or cannot be watched for
// the reason err.
func withParent(t *testing.T, gone <-chan struct{}, err error, restarts <-chan os.Signal) (stderr *screen, code <-chan int) {
	t.Helper()
	env, stderr := serverEnv("--exit-with-parent")
	env.AwaitParent = func(ctx context.Context) error {
		select {
		case <-gone:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	env.Restart = restarts
	env.Replace = func([]*os.File, []string) error {
		t.Error("the server is started anew")
		return nil
	}
	ended := make(chan int, 1)
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { ended <- cli.Run(ctx, env) })
	t.Cleanup(func() { stop(); running.Wait() })
	stderr.await(t, `"msg":"listening"`)
	return stderr, ended
}

func serverEnv(flags ...string) (env cli.Env, stderr *screen) {
	env, _, stderr = newEnv(append([]string{"serve", "--ephemeral", "--addr", "127.0.0.1:0", "--log-format", "json"}, flags...)...)
	return env, stderr
}

func TestServerEndsWithItsParent(t *testing.T) {
	t.Parallel()
	gone := make(chan struct{})
	stderr, code := withParent(t, gone, nil, nil)
	close(gone)
	if code := <-code; code != cli.ExitOK {
		t.Errorf("exit code %d", code)
	}
	if !regexp.MustCompile(`(?s)"stopping: the parent process has ended".*"draining"`).MatchString(stderr.String()) {
		t.Errorf("the log is %s", stderr)
	}
}

func TestParentThatCannotBeWatched(t *testing.T) {
	t.Parallel()
	gone := make(chan struct{})
	close(gone)
	stderr, _ := withParent(t, gone, errors.New("access is denied"), nil)
	stderr.await(t, `exit-with-parent has no effect","cause":"access is denied"`)
	if status := ready(t, serverURL(t, stderr)); status != http.StatusOK {
		t.Errorf("the server says %d", status)
	}
}

func serverURL(t *testing.T, stderr *screen) string {
	t.Helper()
	found := regexp.MustCompile(`"url":"(http://localhost:\d+)"`).FindStringSubmatch(stderr.String())
	if found == nil {
		t.Fatalf("the log names no address: %s", stderr)
	}
	return found[1]
}

// Without the setting nothing is watched.
func TestServerOutlivesItsParent(t *testing.T) {
	t.Parallel()
	env, stderr := serverEnv()
	env.AwaitParent = func(context.Context) error {
		t.Error("the parent is watched")
		return nil
	}
	ctx, stop := context.WithCancel(t.Context())
	code := make(chan int)
	go func() { code <- cli.Run(ctx, env) }()
	stderr.await(t, `"msg":"listening"`)
	stop()
	if code := <-code; code != cli.ExitOK {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

// A restart is under way when the parent ends: the program started anew would take the process
// that adopted it for its parent, and stay for ever.
func TestNoRestartWithoutParent(t *testing.T) {
	t.Parallel()
	gone, restarts := make(chan struct{}), make(chan os.Signal, 1)
	stderr, code := withParent(t, gone, nil, restarts)
	// A request whose body is not complete holds up the end.
	host := strings.TrimPrefix(serverURL(t, stderr), "http://")
	conn, err := net.Dial("tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST /startChatContact HTTP/1.1\r\nHost: %s\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n", host)
	answers := bufio.NewReader(conn)
	if line, err := answers.ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
		t.Fatalf("the server says %q, %v", line, err)
	}
	restarts <- os.Interrupt
	stderr.await(t, `"msg":"draining","in_flight":1`)
	close(gone)
	stderr.await(t, "the parent process has ended")
	if _, err := io.WriteString(conn, "{}"); err != nil {
		t.Fatal(err)
	}
	if code := <-code; code != cli.ExitOK {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}
