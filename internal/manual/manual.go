// Package manual makes readable pages of the documentation that is part of the program: README.md and the
// Markdown files of the folder docs.
//
// It owns how Markdown becomes HTML and where links between its pages lead, and refuses to know what
// stands around a page and how it is served. The HTML has no script, no style and nothing from
// another server.
//
// Its functions are safe for concurrent use.
package manual

import (
	"bytes"
	"io/fs"
	"path"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"

	"github.com/parley-chat/parley"
)

// Root is where the pages are served: README.md there, docs/NAME.md at Root/NAME, pictures at Root/images/.
const Root = "/docs"

// repository is where files that are no pages can be read.
const repository = "https://github.com/parley-chat/parley/blob/main/"

// errorsPage is made from the causes themselves, by package console.
const errorsPage = "errors"

// Names returns the pages by the last part of their addresses, first the empty name of README.md.
func Names() []string {
	names := []string{""}
	for _, file := range list("docs") {
		if name, ok := strings.CutSuffix(file, ".md"); ok && name != errorsPage {
			names = append(names, name)
		}
	}
	return names
}

// Images returns the pictures by their addresses, with their content.
func Images() map[string]func() []byte {
	images := map[string]func() []byte{}
	for _, file := range list("docs/images") {
		images[Root+"/images/"+file] = func() []byte { return read("docs/images/" + file) }
	}
	return images
}

// Address is where a page is served.
func Address(name string) string { return strings.TrimSuffix(Root+"/"+name, "/") }

// Title returns the heading of a page.
func Title(name string) string {
	for line := range strings.Lines(string(read(file(name)))) {
		if heading, ok := strings.CutPrefix(line, "# "); ok {
			return strings.ReplaceAll(strings.TrimSpace(heading), "`", "")
		}
	}
	return name
}

// HTML returns a page. base is the path at which a proxy in front puts the server, and what links to
// other pages begin with.
func HTML(name, base string) string {
	markdown := goldmark.New(
		goldmark.WithExtensions(
			extension.Linkify, extension.Strikethrough, extension.TaskList,
			// The pages' policy allows no style of an element.
			extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute)),
		),
		goldmark.WithParserOptions(parser.WithAutoHeadingID()),
	)
	source := read(file(name))
	page := markdown.Parser().Parse(text.NewReader(source))
	err := ast.Walk(page, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Link:
			n.Destination = []byte(target(name, base, string(n.Destination)))
		case *ast.Image:
			n.Destination = []byte(target(name, base, string(n.Destination)))
		}
		return ast.WalkContinue, nil
	})
	var out bytes.Buffer
	if err == nil {
		err = markdown.Renderer().Render(&out, source, page)
	}
	if err != nil { // of the program's own files, into memory
		panic(err)
	}
	// What scrolls can be scrolled with the keyboard. In text these would be escaped.
	return strings.NewReplacer("<pre>", `<pre tabindex="0">`, "<table>", `<table tabindex="0">`).Replace(out.String())
}

// target is where a link of a page leads: to another page here, to a picture here, or to a file in the
// repository.
func target(from, base, link string) string {
	link = strings.TrimPrefix(link, repository)
	if strings.HasPrefix(link, "#") || strings.Contains(link, "://") || strings.HasPrefix(link, "mailto:") {
		return link
	}
	address, anchor, hasAnchor := strings.Cut(link, "#")
	if hasAnchor {
		anchor = "#" + anchor
	}
	if !strings.HasPrefix(address, "docs/") { // or it is seen from the repository's root already
		address = path.Join(path.Dir(file(from)), address)
	}
	switch below, isDoc := strings.CutPrefix(address, "docs/"); {
	case address == "README.md":
		return base + Root + anchor
	case isDoc && path.Dir(below) == ".":
		return base + Root + "/" + strings.TrimSuffix(below, ".md") + anchor
	case isDoc && path.Dir(below) == "images":
		return base + Root + "/" + below
	}
	return repository + address + anchor
}

// file is the file of a page.
func file(name string) string {
	if name == "" {
		return "README.md"
	}
	return "docs/" + name + ".md"
}

func list(dir string) (names []string) {
	entries, err := fs.ReadDir(parley.Documentation, dir)
	if err != nil { // embedded: missing only if the program was built without it
		panic(err)
	}
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

func read(name string) []byte {
	content, err := fs.ReadFile(parley.Documentation, name)
	if err != nil {
		panic(err)
	}
	return content
}
