package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// A page of figures names the commit that was measured, so that anybody can see which build they
// are of, and what has changed since.

// page is a file of figures and what they depend on most: when that changes, they are measured
// again. Tests do not count.
type page struct {
	name, target string
	paths        []string
}

// pages are all of them.
func pages() []page {
	frontDoor := []string{
		"internal/awscall", "internal/awswire", "internal/connectclient", "internal/connectmodel", "internal/doorpath", "internal/excerpt",
		"internal/frontdoor", "internal/guard", "internal/identity", "internal/loopback", "internal/rawjson", "internal/settings",
		"internal/startchat", "go.mod",
	}
	server := []string{"cmd/parley", "internal/cli", "internal/inspect", "internal/logqueue", "internal/serve", "internal/server"}
	return []page{
		{"docs/benchmarks.md", "bench-proxy", append(append([]string{"bench/forwarder", "bench/node-peer", "npm"}, server...), frontDoor...)},
		{"docs/benchmarks-embedded.md", "bench-embedded", append([]string{
			"internal/blob", "internal/chat", "internal/chatsocket", "internal/clock", "internal/connectserver", "internal/desk",
			"internal/emulator", "internal/fault", "internal/flow", "internal/flowrun", "internal/inbox", "internal/participant", "internal/settings", "internal/startchat",
			"internal/store", "internal/transcript", "go.mod",
		}, server...)},
		{"docs/benchmarks-function.md", "bench-function", append([]string{
			"bench/function-peer", "cmd/parley-lambda", "deploy/lambdazip", "internal/lambdahost",
		}, frontDoor...)},
	}
}

// dirty follows a commit when the program had changes that are in none.
const dirty = "-dirty"

// named finds the commit on a page.
var named = regexp.MustCompile(`(?m)^- commit ([0-9a-f]{7,64})(-dirty)?$`)

// git runs a command of git in the repository.
func git(ctx context.Context, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, "git", args...).Output()
	if err != nil {
		return "", fmt.Errorf("git %s: %w", args[0], err)
	}
	return strings.TrimSpace(string(out)), nil
}

// revision is the line that names what is measured: the commit that the program says it was
// built from, or else the repository's.
func (l *lab) revision(ctx context.Context) string {
	built, changed := builtFrom(ctx, l.program(parley))
	here, _ := filepath.Abs(filepath.Join("bin", "parley")) // what make has built just now
	ours := l.built == "" || l.built == here
	head, err := git(ctx, "rev-parse", "HEAD")
	if err == nil && (built == "" && ours || built == head) {
		// The pages do not count: the first of several runs has written one.
		changes, err := git(ctx, "status", "--porcelain", "--", ".", ":(exclude)docs/benchmarks*.md")
		built, changed = head, err != nil || changes != ""
	}
	switch {
	case built == "":
		return "commit unknown"
	case changed:
		return "commit " + short(built) + dirty
	}
	return "commit " + short(built)
}

// builtFrom asks a Parley for its commit; empty when the program does not know, or is none.
func builtFrom(ctx context.Context, program string) (commit string, changed bool) {
	out, err := exec.CommandContext(ctx, program, "version", "-o", "json").Output()
	if err != nil {
		return "", false
	}
	var build struct {
		Commit   string `json:"commit"`
		Modified bool   `json:"modified"`
	}
	if json.Unmarshal(out, &build) != nil {
		return "", false
	}
	return build.Commit, build.Modified
}

// short is as much of a commit's name as a page shows.
func short(commit string) string { return commit[:min(12, len(commit))] }

// runStale prints which pages are older than what they depend on, and fails when one is.
func runStale(ctx context.Context, args []string, stdout io.Writer) error {
	if len(args) > 0 {
		return fmt.Errorf("unexpected argument %q", args[0])
	}
	if err := enterRepository(); err != nil {
		return err
	}
	old := 0
	for _, p := range pages() {
		why, err := p.stale(ctx)
		if err != nil {
			return err
		}
		line := p.name + ": up to date"
		if why != "" {
			old++
			line = p.name + ": " + why + "; make " + p.target + " measures it again"
		}
		if _, err := fmt.Fprintln(stdout, line); err != nil {
			return fmt.Errorf("printing the result: %w", err)
		}
	}
	if old > 0 {
		return fmt.Errorf("%d of %d pages are out of date", old, len(pages()))
	}
	return nil
}

// stale says why a page is out of date; empty when it is not.
func (p page) stale(ctx context.Context) (why string, err error) {
	text, err := os.ReadFile(filepath.FromSlash(p.name))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("reading the page: %w", err)
	}
	found := named.FindSubmatch(text)
	if found == nil {
		return "names no commit", nil
	}
	commit := string(found[1])
	if len(found[2]) > 0 {
		return "measured changes on top of " + commit + " that no commit has", nil
	}
	if !isHere(ctx, commit) {
		return "names " + commit + ", which is not in this branch", nil
	}
	since := append([]string{"log", "--oneline", commit + "..HEAD", "--", ":(exclude)*_test.go", ":(exclude)*/testdata/*"}, p.paths...)
	changes, err := git(ctx, since...)
	if err != nil || changes == "" {
		return "", err
	}
	last, _, _ := strings.Cut(changes, "\n")
	return fmt.Sprintf("%d later commits touch what it measures, the last %q", strings.Count(changes, "\n")+1, last), nil
}

// isHere reports whether a commit is part of this branch.
func isHere(ctx context.Context, commit string) bool {
	_, err := git(ctx, "merge-base", "--is-ancestor", commit, "HEAD")
	return err == nil
}
