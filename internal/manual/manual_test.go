package manual_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/manual"
)

// Every page is whole, and its links lead to pages, headings and pictures that there are, wherever a proxy
// puts the server.
func TestB2DocumentationIsLinked(t *testing.T) {
	t.Parallel()
	const base = "/behind"
	pages := map[string]string{base + "/docs/errors": ""} // made elsewhere
	for _, name := range manual.Names() {
		pages[base+manual.Address(name)] = manual.HTML(name, base)
	}
	for _, needed := range []string{"/docs", "/docs/testing", "/docs/settings", "/docs/architecture"} {
		if len(pages[base+needed]) < 1000 {
			t.Errorf("%s has %d bytes", needed, len(pages[base+needed]))
		}
	}
	images := manual.Images()
	for at, page := range pages {
		if strings.Contains(page, "style=") || strings.Contains(page, "<script") {
			t.Errorf("%s has a style or script of its own", at)
		}
		for _, found := range regexp.MustCompile(`(?:href|src)="([^"]*)"`).FindAllStringSubmatch(page, -1) {
			address, anchor, _ := strings.Cut(found[1], "#")
			if strings.Contains(address, "://") {
				if strings.HasSuffix(address, ".md") && strings.Contains(address, "/blob/main/docs/") {
					t.Errorf("%s leads away to %s", at, address)
				}
				continue
			}
			if address == "" {
				address = at
			}
			other, isPage := pages[address]
			if !isPage && images[strings.TrimPrefix(address, base)] == nil {
				t.Errorf("%s links to %s, which is not there", at, found[1])
			}
			if anchor != "" && other != "" && !strings.Contains(other, `id="`+anchor+`"`) {
				t.Errorf("%s links to %s, which has no such heading", at, found[1])
			}
		}
	}
	if !strings.Contains(pages[base+"/docs/settings"], `<table tabindex="0">`) {
		t.Error("the table of settings is no table")
	}
}

func TestB2DocumentationIsNamed(t *testing.T) {
	t.Parallel()
	names := manual.Names()
	if names[0] != "" || slices.Contains(names, "errors") || !slices.Contains(names, "testing") {
		t.Errorf("the pages are %q", names)
	}
	if title := manual.Title("agents"); title != "Agents" {
		t.Errorf("the title is %q", title)
	}
	for address, content := range manual.Images() {
		if !strings.HasPrefix(string(content()), "\x89PNG") {
			t.Errorf("%s is no picture", address)
		}
	}
}
