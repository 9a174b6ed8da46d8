//go:build unix

package cli_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// program is the built program as a server, as a test of a user's own starts it.
type program struct {
	url, urlFile string
	cmd          *exec.Cmd
	stderr       *os.File // the end of the pipe to read from
}

// startProgram starts a server whose standard output and standard error are pipes that nobody
// reads, by the command line shell, or directly when it is empty. In it "$@" is the server.
func startProgram(t *testing.T, shell string, flags ...string) *program {
	t.Helper()
	p := &program{urlFile: filepath.Join(t.TempDir(), "url")}
	args := append([]string{"parley", "serve", "--addr", "127.0.0.1:0", "--ephemeral", "--partner=false", "--url-file", p.urlFile}, flags...)
	if shell != "" {
		args = append([]string{"sh", "-c", shell, "sh"}, args...)
	}
	p.cmd = exec.Command(args[0], args[1:]...)
	p.cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0", "HOME="+t.TempDir())
	var outputs [2]*os.File
	for i := range outputs {
		reader, writer, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = reader.Close() })
		outputs[i], p.stderr = writer, reader
	}
	p.cmd.Stdout, p.cmd.Stderr = outputs[0], outputs[1]
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.cmd.Process.Kill() }) // it has ended, unless the test failed
	for _, output := range outputs {
		if err := output.Close(); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "the server is ready", func() bool {
		text, err := os.ReadFile(p.urlFile)
		p.url, _, _ = strings.Cut(string(text), "\n")
		return err == nil
	})
	return p
}

// eventually asks until the answer is yes, with the patience of a loaded machine.
func eventually(t *testing.T, what string, ask func() bool) {
	t.Helper()
	deadline := time.After(time.Minute)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !ask() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("waiting until %s: in vain", what)
		}
	}
}

// startChats starts chats, of which each writes a line to the log.
func (p *program) startChats(t *testing.T, number int) {
	t.Helper()
	client := http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 8}}
	defer client.CloseIdleConnections()
	var left atomic.Int64
	left.Store(int64(number))
	var asking sync.WaitGroup
	for range 8 {
		asking.Go(func() {
			for left.Add(-1) >= 0 {
				answer, err := client.Post(p.url+"/startChatContact", "application/json", strings.NewReader("{}"))
				if err != nil {
					t.Error(err)
					return
				}
				_, err = io.Copy(io.Discard, answer.Body)
				_ = answer.Body.Close()
				if err != nil || answer.StatusCode != http.StatusOK {
					t.Errorf("answered %s, %v", answer.Status, err)
					return
				}
			}
		})
	}
	asking.Wait()
}

// interrupt stops the server, which must end in order.
func (p *program) interrupt(t *testing.T) (took time.Duration) {
	t.Helper()
	begun := time.Now()
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	p.ended(t)
	return time.Since(begun)
}

// ended waits for the end of the server, which must be in order.
func (p *program) ended(t *testing.T) {
	t.Helper()
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("the server ends with %v", err)
	}
	p.tidy(t)
}

// tidy checks that the server has left nothing behind.
func (p *program) tidy(t *testing.T) {
	t.Helper()
	if _, err := os.Stat(p.urlFile); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the url file is still there: %v", err)
	}
}

// line is what the tests read of a line of the log.
type line struct {
	Message string `json:"msg"`
	Dropped int
}

// readLog returns the lines of the log, and ends with it.
func readLog(t *testing.T, log io.Reader) <-chan line {
	t.Helper()
	lines := make(chan line)
	go func() {
		defer close(lines)
		for scanner := bufio.NewScanner(log); scanner.Scan(); {
			var l line
			if err := json.Unmarshal(scanner.Bytes(), &l); err != nil {
				t.Errorf("%v: %s", err, scanner.Text())
			}
			lines <- l
		}
	}()
	return lines
}

const manyChats = 2000 // more than the pipe and the queue hold

// A server whose output nobody reads answers all the same, restarts in place, and ends.
func TestUnreadOutput(t *testing.T) {
	t.Parallel()
	p := startProgram(t, "")
	p.startChats(t, manyChats)

	before, err := os.Stat(p.urlFile)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Process.Signal(syscall.SIGUSR2); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the server is started anew", func() bool {
		after, err := os.Stat(p.urlFile)
		return err == nil && !os.SameFile(before, after)
	})
	p.startChats(t, 200) // the pipe is full, so that none of them is written

	// Five seconds for the last lines, and what a loaded machine needs for the rest.
	if took := p.interrupt(t); took < 5*time.Second || took > patience {
		t.Errorf("the server takes %s to end", took)
	}
}

// What was dropped while nobody read is told, and what is left is written at the end.
func TestOutputReadAtTheEnd(t *testing.T) {
	t.Parallel()
	p := startProgram(t, "")
	p.startChats(t, manyChats)
	var lines []line
	started, dropped := 0, 0
	for l := range readLog(t, p.stderr) {
		if dropped == 0 && l.Dropped > 0 { // so far only what was kept is read
			if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
		}
		lines = append(lines, l)
		dropped += l.Dropped
		if l.Message == "chat started" {
			started++
		}
	}
	p.ended(t)
	if started+dropped != manyChats || dropped == 0 {
		t.Errorf("the log has %d chats and tells of %d dropped lines, of %d", started, dropped, manyChats)
	}
	if first, last := lines[0].Message, lines[len(lines)-1].Message; first != "listening" || last != "draining" {
		t.Errorf("the log begins with %q and ends with %q", first, last)
	}
}

// A server that has lost the reader of its log goes on, and ends in order.
func TestOutputClosed(t *testing.T) {
	t.Parallel()
	p := startProgram(t, "")
	if err := p.stderr.Close(); err != nil {
		t.Fatal(err)
	}
	p.startChats(t, 20)
	p.interrupt(t)
}

// The parent is killed, and has no time to stop its server.
func TestParentKilled(t *testing.T) {
	t.Parallel()
	p := startProgram(t, `"$@" & wait`, "--exit-with-parent")
	p.startChats(t, 1)
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Wait(); err == nil {
		t.Error("the shell was not killed")
	}
	var messages []string
	for l := range readLog(t, p.stderr) { // ends with the server, which alone still has the pipe
		messages = append(messages, l.Message)
	}
	if want := "[listening chat started stopping: the parent process has ended draining]"; fmt.Sprint(messages) != want {
		t.Errorf("the log is %s, want %s", messages, want)
	}
	p.tidy(t)
}
