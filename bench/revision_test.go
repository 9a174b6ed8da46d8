package main

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestPaths: a path that is not there would never make its page old.
func TestPaths(t *testing.T) {
	t.Parallel()
	for _, p := range pages() {
		for _, path := range p.paths {
			if _, err := os.Stat(filepath.Join("..", filepath.FromSlash(path))); err != nil {
				t.Errorf("%s: %v", p.name, err)
			}
		}
		makefile, err := os.ReadFile(filepath.Join("..", "Makefile"))
		if err != nil || !bytes.Contains(makefile, []byte("\n"+p.target+":")) {
			t.Errorf("there is no target %s (%v)", p.target, err)
		}
	}
}

// repository makes an empty repository, goes there, and returns a way to commit a file.
func repository(t *testing.T) func(name, content string) (commit string) {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	dir := t.TempDir()
	t.Chdir(dir)
	run := func(args ...string) string {
		cmd := exec.CommandContext(t.Context(), "git", append([]string{"-c", "user.name=t", "-c", "user.email=t@example.com"}, args...)...)
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		return strings.TrimSpace(string(out))
	}
	run("init", "-q")
	return func(name, content string) string {
		write(t, name, content)
		run("add", "-A")
		run("commit", "-q", "-m", "change of "+name)
		return run("rev-parse", "HEAD")
	}
}

func write(t *testing.T, name, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

//nolint:paralleltest // it changes the directory
func TestStale(t *testing.T) {
	commit := repository(t)
	p := page{name: "docs/benchmarks.md", target: "bench-proxy", paths: []string{"internal/cli"}}
	expect := func(when, want string) {
		t.Helper()
		if why, err := p.stale(t.Context()); err != nil || want == "" && why != "" || !strings.Contains(why, want) {
			t.Errorf("%s: %q (%v), want %q", when, why, err, want)
		}
	}
	first := commit("internal/cli/cli.go", "package cli")
	expect("without a page", "names no commit")
	commit(p.name, "# Benchmarks\n\n- commit "+short(first)+"\n- go1.26\n")
	expect("with a page of this commit", "")
	commit("internal/other/other.go", "package other")
	commit("internal/cli/cli_test.go", "package cli")
	expect("after changes elsewhere", "")
	commit("internal/cli/cli.go", "package cli // changed")
	expect("after a change", `the last "`)
	commit(p.name, "- commit "+short(first)+"-dirty\n")
	expect("of no commit", "no commit has")
	commit(p.name, "- commit 0123456789ab\n")
	expect("of an unknown commit", "not in this branch")
}

//nolint:paralleltest // it changes the directory
func TestRevision(t *testing.T) {
	commit := repository(t)
	first := commit("docs/benchmarks.md", "old")
	l := &lab{dir: t.TempDir()}
	expect := func(when, want string) {
		t.Helper()
		if got := l.revision(t.Context()); got != want {
			t.Errorf("%s: %q, want %q", when, got, want)
		}
	}
	expect("a clean tree", "commit "+short(first))
	write(t, "docs/benchmarks.md", "new")
	expect("a page that another run has written", "commit "+short(first))
	if !named.MatchString("- commit " + short(first)) {
		t.Error("a page's commit is not found on it")
	}
	write(t, "main.go", "package main")
	expect("a change", "commit "+short(first)+"-dirty")

	// A program that was built elsewhere says itself what it is.
	l.built = filepath.Join(t.TempDir(), "parley")
	expect("no program", "commit unknown")
	program := func(json string) {
		write(t, l.built, "#!/bin/sh\necho '"+json+"'\n")
		if err := os.Chmod(l.built, fs.ModePerm); err != nil {
			t.Fatal(err)
		}
	}
	program(`{"version":"devel"}`)
	expect("a program that does not know", "commit unknown")
	program(`{"version":"devel","commit":"abcdef0123456789","modified":true}`)
	expect("another commit's program", "commit abcdef012345-dirty")
}

//nolint:paralleltest // it changes the directory
func TestRevisionWithoutGit(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("GIT_DIR", filepath.Join(t.TempDir(), "none"))
	if got := (&lab{dir: t.TempDir()}).revision(context.Background()); got != "commit unknown" {
		t.Errorf("%q", got)
	}
}
