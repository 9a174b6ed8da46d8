package costguard_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/costguard"
)

// childDir names the variable that makes this test program a run of its own.
const childDir = "PARLEY_TEST_COSTGUARD_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		if err := childRun(dir); err != nil {
			_, _ = fmt.Fprintln(os.Stdout, err)
		}
		return
	}
	m.Run()
}

// childRun starts two chats, says so, and waits to be killed.
func childRun(dir string) error {
	a := newAccount()
	g, err := costguard.New(costguard.Config{Starter: a, Stopper: a, EndOnExit: true, Dir: dir, Target: target})
	if err != nil {
		return err
	}
	for range 2 {
		if _, err := g.StartChatContact(context.Background(), request("flow", "")); err != nil {
			return err
		}
	}
	_, _ = fmt.Fprintln(os.Stdout, "started")
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

func TestAKilledRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), program)
	child.Env = append(os.Environ(), childDir+"="+dir)
	if _, err := child.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	output, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(output).ReadString('\n'); line != "started\n" {
		t.Fatalf("the child says %q, %v", line, err)
	}

	a := newAccount()
	a.open["contact-1"], a.open["contact-2"] = true, true
	g := guard(t, a, dir)
	if err := g.Recover(t.Context()); err != nil {
		t.Error(err)
	}
	if len(a.stops) != 0 {
		t.Errorf("ended %v of a run that is alive", a.stops)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // it was killed
	if err := g.Recover(t.Context()); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string(nil), a.openIDs()); diff != "" {
		t.Error(diff)
	}
	if err := g.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if left := files(t, dir); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}
