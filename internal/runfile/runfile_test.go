package runfile_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/parley-chat/parley/internal/runfile"
)

// TestMain lets the test program stand for another process: with RUNFILE_WAIT it waits for
// the end of its input.
func TestMain(m *testing.M) {
	if os.Getenv("RUNFILE_WAIT") != "" {
		_, _ = os.Stdin.Read(make([]byte, 1))
		return
	}
	os.Exit(m.Run()) //nolint:forbidigo // what TestMain is for
}

func TestParse(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text  string
		value string
		pid   int
		fault string
	}{
		"as it is written":    {text: "http://localhost:3000\n4711\n", value: "http://localhost:3000", pid: 4711},
		"by hand":             {text: "http://localhost:3000", value: "http://localhost:3000"},
		"by hand, with line":  {text: "http://localhost:3000\n", value: "http://localhost:3000"},
		"windows line ends":   {text: "http://localhost:3000\r\n4711\r\n", value: "http://localhost:3000", pid: 4711},
		"a later third line":  {text: "v\n1\nmore\n", value: "v", pid: 1},
		"greatest process id": {text: "v\n2147483647\n", value: "v", pid: 2147483647},
		"empty":               {text: "", fault: "first line is empty"},
		"empty first line":    {text: "\n4711\n", fault: "first line is empty"},
		"no process id":       {text: "v\nhello\n", fault: "not a process id"},
		"a group":             {text: "v\n-1\n", fault: "not a process id"},
		"a sign":              {text: "v\n+1\n", fault: "not a process id"},
		"process 0":           {text: "v\n0\n", fault: "not a process id"},
		"cut to process 1":    {text: "v\n4294967297\n", fault: "not a process id"},
	}
	for name, test := range tests {
		got, err := runfile.Parse([]byte(test.text))
		if test.fault == "" {
			if want := (runfile.Content{Value: test.value, PID: test.pid}); err != nil || got != want {
				t.Errorf("%s: %+v, %v, want %+v", name, got, err, want)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), test.fault) || !strings.HasSuffix(err.Error(), "the file was not written by Parley") {
			t.Errorf("%s: %+v, %v, want %q", name, got, err, test.fault)
		}
	}
}

func TestWriteAndRemove(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	name := filepath.Join(dir, "file")
	if err := os.WriteFile(name, []byte("an older one"), 0o644); err != nil {
		t.Fatal(err)
	}
	var writers sync.WaitGroup
	for range 8 {
		writers.Go(func() {
			if err := runfile.Write(name, "a value"); err != nil {
				t.Error(err)
			}
		})
	}
	writers.Wait()
	text, err := os.ReadFile(name)
	if want := "a value\n" + strconv.Itoa(os.Getpid()) + "\n"; err != nil || string(text) != want {
		t.Errorf("the file has %q (%v), want %q", text, err, want)
	}
	info, err := os.Stat(name)
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v (%v), want 0600", info.Mode(), err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("the directory has %v (%v), want the file alone", left, err)
	}
	runfile.Remove(name, "another value")
	if _, err := os.Stat(name); err != nil {
		t.Errorf("another's file was removed: %v", err)
	}
	runfile.Remove(name, "a value")
	if _, err := os.Stat(name); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file is still there: %v", err)
	}
	runfile.Remove(name, "a value") // which is no reason to complain
	if err := runfile.Write(filepath.Join(dir, "none", "file"), "a value"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("writing into no directory: %v", err)
	}
}

func TestGone(t *testing.T) {
	t.Parallel()
	if (runfile.Content{}).Gone() {
		t.Error("a file that names no process is taken for a dead one's")
	}
	if (runfile.Content{PID: os.Getpid()}).Gone() {
		t.Error("this process is taken for a dead one")
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program)
	cmd.Env = append(os.Environ(), "RUNFILE_WAIT=1")
	input, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	other := runfile.Content{PID: cmd.Process.Pid}
	if other.Gone() {
		t.Error("another running process is taken for a dead one")
	}
	if err := input.Close(); err != nil {
		t.Fatal(err)
	}
	awaitEnd(t, cmd.Process.Pid)
	if runtime.GOOS == "linux" && !other.Gone() {
		t.Error("a process that ended is taken for a running one, before its parent asks for its exit code")
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if !other.Gone() {
		t.Error("a process that ended is taken for a running one")
	}
}

func TestPrivateDir(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	dir := filepath.Join(parent, "state", "run")
	if err := runfile.PrivateDir(dir); err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS == "windows" {
		return // access lists are inherited there
	}
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := runfile.PrivateDir(dir); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("mode %v (%v), want 0700", info.Mode(), err)
	}
	file := filepath.Join(parent, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := runfile.PrivateDir(file); err == nil {
		t.Error("a file is taken for a directory")
	}
	if os.Geteuid() != 0 {
		if err := runfile.PrivateDir("/parley-of-nobody"); err == nil {
			t.Error("a directory outside the user's own is used")
		}
		return
	}
	// Only root can give a directory away.
	for _, theirs := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chown(theirs, 65534, -1); err != nil {
			t.Fatal(err)
		}
		if err := runfile.PrivateDir(dir); err == nil || err.Error() != theirs+" belongs to another user" {
			t.Errorf("%s of another user: %v", theirs, err)
		}
		if err := os.Chown(theirs, 0, -1); err != nil {
			t.Fatal(err)
		}
	}
}
