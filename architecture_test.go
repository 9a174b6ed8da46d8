package parley_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A package whose place nobody wrote down is found by nobody: each has its row in
// docs/architecture.md, with what it owns and what it refuses to know, and its place in the picture.
func TestEveryRoomIsDescribed(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(page), "```")
	if len(blocks) < 4 {
		t.Fatal("docs/architecture.md has no second picture, which is that of all rooms")
	}
	picture := regexp.MustCompile(`[a-z0-9/-]+`).FindAllString(blocks[3], -1)
	rows := map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\|(.*)\\|(.*)\\|$").FindAllStringSubmatch(string(page), -1) {
		rows[row[1]] = strings.TrimSpace(row[2]) != "" && strings.TrimSpace(row[3]) != ""
	}
	for name := range allowed {
		if name == "examples/flows" { // in the row of the folder
			continue
		}
		if filled, ok := rows[name]; !ok || !filled {
			t.Errorf("docs/architecture.md has no row for %s, or an empty cell in it", name)
		}
		room, inside := strings.CutPrefix(name, "internal/")
		if inside && !slices.Contains(testOnly, name) && !slices.Contains(picture, room) {
			t.Errorf("the picture of all rooms in docs/architecture.md leaves %s out", room)
		}
	}
	for name := range rows {
		if _, err := os.Stat(name); err != nil && !strings.Contains(name, ".") {
			t.Errorf("docs/architecture.md has a row for a room that is not there: %v", err)
		}
	}
}

// The files that the page tells readers to open are there.
func TestFilesOfArchitectureAreThere(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`([a-z]+/[a-z/_]+\\.go)`").FindAllStringSubmatch(string(page), -1)
	if len(named) < 20 {
		t.Errorf("the page names %d files: the form of its walks has changed", len(named))
	}
	for _, file := range named {
		if _, err := os.Stat("internal/" + strings.TrimPrefix(file[1], "internal/")); err != nil {
			t.Errorf("docs/architecture.md sends readers to a file that is not there: %v", err)
		}
	}
}
