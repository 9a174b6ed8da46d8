// Package console serves the web pages of a running server: the workbench with a
// customer's chat beside an agent's desk, the desk for all queues and chats, the
// inspector, faults and time, how to point a chat client here, and what errors mean.
//
// It owns the pages and their files, which are embedded and served as they are
// written: no bundler, no inline script or style, nothing from another server. It
// refuses to know what happens in a chat: the pages start chats at the front door and
// talk in them like any client, and everything else they ask of the JSON API (package
// api). Who may see the pages is decided by package guard.
//
// The handler is safe for concurrent use.
package console

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/parley-chat/parley/internal/diagnosis"
	"github.com/parley-chat/parley/internal/manual"
)

//go:embed static pages
var files embed.FS

// policy allows the pages what they need: their own files and calls to their own
// server. It makes the browser refuse strings where code or markup could be made of
// them (Trusted Types), but for the one policy by which a page starts the shared worker.
const policy = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; " +
	"require-trusted-types-for 'script'; trusted-types parley"

// Config is what the pages tell about the server.
type Config struct {
	// URL is the server's own address, without a slash at the end. The page shows the
	// address it was loaded from instead, when that is another one.
	URL string
	// Base is the path at which a proxy in front puts the server, without a slash at the end:
	// what the pages' own links and files begin with. Empty for most.
	Base string
	// Upstream describes who answers, as in "Amazon Connect in eu-central-1".
	Upstream string
	// Embedded is set when that is the embedded Amazon Connect: chats cost nothing. Strict is
	// set when it refuses ids other than its own; otherwise any id works.
	Embedded, Strict bool
	// InstanceID and ContactFlowID are the embedded Amazon Connect's own ids, for snippets
	// and forms; not used unless Embedded.
	InstanceID, ContactFlowID string
	// HasInstanceID and HasContactFlowID tell whether the server has one configured; a page
	// need not send it then.
	HasInstanceID, HasContactFlowID bool
	// DocsURL is the page that explains errors, for answers to link to; empty leaves the
	// link out.
	DocsURL string
	// NetworkURLs are the addresses for other machines; empty when there are none.
	NetworkURLs []string
	// Version is the program's version.
	Version string
}

// file is one address's content. It is made when it is first asked for and kept in memory
// from then on: a server that only starts chats never makes one, and none delays its start.
type file struct {
	contentType string
	plain       func() content
	// packed is the plain content compressed with gzip.
	packed func() content
}

// content is what is sent of a file, and its entity tag.
type content struct {
	bytes []byte
	etag  string
}

// newFile returns a file whose content is made by read, once.
func newFile(contentType string, read func() []byte) file {
	plain := sync.OnceValue(func() content {
		text := read()
		sum := sha256.Sum256(text)
		return content{text, `"` + hex.EncodeToString(sum[:12]) + `"`}
	})
	packed := sync.OnceValue(func() content {
		of := plain()
		// Another representation has another tag (RFC 9110, section 8.8.3.3).
		return content{pack(of.bytes), strings.TrimSuffix(of.etag, `"`) + `-gzip"`}
	})
	return file{contentType, plain, packed}
}

// pack compresses a file.
func pack(content []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, err := w.Write(content)
	if err = errors.Join(err, w.Close()); err != nil { // into memory
		panic(err)
	}
	return out.Bytes()
}

// Handles reports whether an address is the console's, for GET and HEAD. A POST to / is
// the front door's. Addresses are compared after cleaning.
func Handles(address string) bool {
	address = clean(address)
	switch address {
	case "/", "/favicon.ico", "/console":
		return true
	}
	if _, ok := short()[address]; ok {
		return true
	}
	return strings.HasPrefix(address, "/console/") || address == manual.Root || strings.HasPrefix(address, manual.Root+"/")
}

// short are the addresses that people type, and where the pages are.
func short() map[string]string {
	return map[string]string{
		"/desk": "/console/desk", "/inspector": "/console/inspector", "/faults": "/console/faults", "/connect": "/console/connect",
	}
}

// clean leaves doubled and trailing slashes and dots out of an address.
func clean(address string) string { return path.Clean("/" + address) }

// New returns the handler of GET /, /docs, /docs/…, /console/…, /favicon.ico and the short addresses of pages. Each page is
// rendered once, when it is first asked for.
func New(config Config) http.Handler {
	served := sync.OnceValue(func() map[string]file { return servedBy(config) })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			p := diagnosis.New(diagnosis.MethodNotAllowed, "")
			p.Allow = "GET, HEAD"
			p.Write(w, diagnosis.DocsURL(config.DocsURL, r))
			return
		}
		address := clean(r.URL.Path)
		if address == "/console" {
			http.Redirect(w, r, config.Base+"/", http.StatusFound)
			return
		}
		f, ok := served()[address]
		if page := short()[address]; page != "" && served()[page].plain != nil {
			to := url.URL{Path: config.Base + page, RawQuery: r.URL.RawQuery}
			http.Redirect(w, r, to.String(), http.StatusFound)
			return
		}
		if !ok {
			diagnosis.New(diagnosis.NotFound, "").Write(w, diagnosis.DocsURL(config.DocsURL, r))
			return
		}
		f.serve(w, r)
	})
}

// servedBy are the files of a console, by address.
func servedBy(config Config) map[string]file {
	served := map[string]file{}
	for _, name := range static() {
		served["/console/"+name] = newFile(contentTypes()[path.Ext(name)], func() []byte { return read(name) })
	}
	served["/favicon.ico"] = served["/console/favicon.svg"]
	for _, p := range pages(config.Embedded) {
		served[p.address] = newFile("text/html; charset=utf-8", func() []byte { return p.render(config) })
	}

	for _, name := range manual.Names() {
		served[manual.Address(name)] = newFile("text/html; charset=utf-8", func() []byte { return documentation(config, name) })
	}
	for address, content := range manual.Images() {
		served[address] = newFile(contentTypes()[path.Ext(address)], content)
	}
	return served
}

func (f file) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", f.contentType)
	// Kept by the browser, but asked for each time: a new version shows at once.
	h.Set("Cache-Control", "no-cache")
	h.Set("Content-Security-Policy", policy)
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Vary", "Accept-Encoding")
	sent := f.plain
	if acceptsGzip(r) {
		sent = f.packed
		h.Set("Content-Encoding", "gzip")
	}
	is := sent()
	h.Set("Etag", is.etag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(is.bytes))
}

// acceptsGzip reports whether the client takes a compressed answer (RFC 9110, section 12.5.3).
func acceptsGzip(r *http.Request) bool {
	for coding := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, parameters, _ := strings.Cut(coding, ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			return !strings.Contains(strings.ReplaceAll(parameters, " ", ""), "q=0") || strings.Contains(parameters, "q=0.")
		}
	}
	return false
}

// static returns the names of the embedded files.
func static() []string {
	entries, err := fs.ReadDir(files, "static")
	if err != nil { // embedded: missing only if the program was built without it
		panic(err)
	}
	names := make([]string, len(entries))
	for i, entry := range entries {
		names[i] = entry.Name()
	}
	return names
}

// read returns the content of an embedded file.
func read(name string) []byte {
	text, err := fs.ReadFile(files, "static/"+name)
	if err != nil {
		panic(err)
	}
	return text
}

// contentTypes are those of the embedded files, by their ending.
func contentTypes() map[string]string {
	return map[string]string{
		".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
		".png": "image/png",
	}
}
