// Package console serves the web pages of a running server: what it is and how to
// point a chat client at it, a form that starts a chat, and the page that explains
// errors.
//
// It owns the pages and their files, which are embedded and served as they are
// written: no bundler, no inline script or style, nothing from another server. It
// refuses to know how chats are started: the page posts to the front door like any
// widget. Who may see the pages is decided by package guard.
//
// The handler is safe for concurrent use.
package console

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/diagnosis"
)

//go:embed static pages
var files embed.FS

// policy allows the pages what they need: their own files and calls to their own
// server. It makes the browser refuse strings where code or markup could be made of
// them (Trusted Types).
const policy = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; " +
	"require-trusted-types-for 'script'"

// Ids that the page offers while the embedded Amazon Connect answers, which takes
// any.
const (
	sampleInstance = "11111111-1111-1111-1111-111111111111"
	sampleFlow     = "22222222-2222-2222-2222-222222222222"
)

// Config is what the pages tell about the server.
type Config struct {
	// URL is the server's own address, without a slash at the end. The page shows the
	// address it was loaded from instead, when that is another one.
	URL string
	// Upstream describes who answers, as in "Amazon Connect in eu-central-1".
	Upstream string
	// Embedded is set when that is the embedded Amazon Connect: chats cost nothing, and
	// any id will do.
	Embedded bool
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

// status is what scripts and the page may ask for.
type status struct {
	Version  string         `json:"version"`
	Upstream statusUpstream `json:"upstream"`
	// Configured tells which ids a request may leave out.
	Configured statusConfigured `json:"configured"`
}

type statusUpstream struct {
	Kind        string `json:"kind"`
	Description string `json:"description"`
}

type statusConfigured struct {
	InstanceID    bool `json:"instanceId"`
	ContactFlowID bool `json:"contactFlowId"`
}

// file is one address's content, complete in memory.
type file struct {
	contentType, etag string
	content           []byte
}

// Handles reports whether an address is the console's, for GET and HEAD. A POST to / is
// the front door's. Addresses are compared after cleaning.
func Handles(address string) bool {
	address = clean(address)
	switch address {
	case "/", "/docs/errors", "/api/status", "/favicon.ico", "/console":
		return true
	}
	return strings.HasPrefix(address, "/console/")
}

// clean leaves doubled and trailing slashes and dots out of an address.
func clean(address string) string { return path.Clean("/" + address) }

// New returns the handler of GET /, /docs/errors, /console/…, /api/status and
// /favicon.ico. The pages are rendered once, here.
func New(config Config) http.Handler {
	served := map[string]file{}
	add := func(path, contentType string, content []byte) {
		sum := sha256.Sum256(content)
		served[path] = file{contentType, `"` + hex.EncodeToString(sum[:12]) + `"`, content}
	}
	for name, contentType := range map[string]string{
		"style.css": "text/css; charset=utf-8", "app.js": "text/javascript; charset=utf-8",
		"copy.js": "text/javascript; charset=utf-8", "start.js": "text/javascript; charset=utf-8",
		"tabs.js": "text/javascript; charset=utf-8", "favicon.svg": "image/svg+xml",
	} {
		add("/console/"+name, contentType, mustRead(name))
	}
	add("/favicon.ico", "image/svg+xml", mustRead("favicon.svg"))
	const html = "text/html; charset=utf-8"
	add("/", html, render("index.html", newIndex(config)))
	add("/docs/errors", html, render("errors.html", newErrors(config)))
	add("/api/status", "application/json", statusJSON(config))

	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			p := diagnosis.New(diagnosis.MethodNotAllowed, "")
			p.Allow = "GET, HEAD"
			p.Write(w, diagnosis.DocsURL(config.DocsURL, r))
			return
		}
		address := clean(r.URL.Path)
		if address == "/console" {
			http.Redirect(w, r, "/", http.StatusFound)
			return
		}
		f, ok := served[address]
		if !ok {
			diagnosis.New(diagnosis.NotFound, "").Write(w, diagnosis.DocsURL(config.DocsURL, r))
			return
		}
		f.serve(w, r)
	})
}

func (f file) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", f.contentType)
	h.Set("Etag", f.etag)
	// Kept by the browser, but asked for each time: a new version shows at once.
	h.Set("Cache-Control", "no-cache")
	h.Set("Content-Security-Policy", policy)
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.content))
}

func statusJSON(config Config) []byte {
	s := status{
		Version:    config.Version,
		Upstream:   statusUpstream{Kind: "aws", Description: config.Upstream},
		Configured: statusConfigured{InstanceID: config.HasInstanceID, ContactFlowID: config.HasContactFlowID},
	}
	if config.Embedded {
		s.Upstream.Kind = "embedded"
	}
	body, err := json.Marshal(s)
	if err != nil { // strings and booleans always encode
		panic(err)
	}
	return append(body, '\n')
}

// index is the data of the landing page.
type index struct {
	Config
	// Title is the page's name in the browser.
	Title string
	// Instance and Flow are the ids to show in snippets; empty when the server has its
	// own.
	Instance, Flow string
	// Emulator is the server's address as an Android emulator sees it, Port its port.
	Emulator, Port string
}

func newIndex(config Config) index {
	data := index{Config: config, Title: "Parley"}
	if !config.HasInstanceID {
		data.Instance = "YOUR_INSTANCE_ID"
	}
	if !config.HasContactFlowID {
		data.Flow = "YOUR_CONTACT_FLOW_ID"
	}
	if config.Embedded {
		data.Instance, data.Flow = sampleInstance, sampleFlow
	}
	if u, err := url.Parse(config.URL); err == nil {
		data.Port = u.Port()
	}
	data.Emulator = "http://10.0.2.2"
	if data.Port != "" {
		data.Emulator += ":" + data.Port
	}
	return data
}

// errorsPage is the data of the page that explains errors.
type errorsPage struct {
	Config
	Title  string
	Groups []group
}

// group is a heading with its rules.
type group struct {
	Name, Anchor string
	Rules        []diagnosis.Rule
}

func newErrors(config Config) errorsPage {
	page := errorsPage{Config: config, Title: "What goes wrong, and what to do · Parley"}
	for _, rule := range diagnosis.Rules() {
		last := len(page.Groups) - 1
		if last < 0 || page.Groups[last].Name != rule.Group {
			page.Groups = append(page.Groups, group{Name: rule.Group, Anchor: "group-" + slug(rule.Group)})
			last++
		}
		page.Groups[last].Rules = append(page.Groups[last].Rules, rule)
	}
	return page
}

// slug turns a heading into an anchor.
func slug(heading string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(heading), func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < '0' || c > '9')
	}), "-")
}

// span is a piece of a rule's text: prose, or code that stood between backquotes.
type span struct {
	Text string
	Code bool
}

// spans splits the little Markdown that rules use.
func spans(text string) []span {
	var out []span
	for i, part := range strings.Split(text, "`") {
		if part != "" {
			out = append(out, span{part, i%2 == 1})
		}
	}
	return out
}

// render executes a page. The pages are part of the program, so a failure is a
// mistake in them that every test of this package would show.
func render(name string, data any) []byte {
	page := template.Must(template.New(name).Funcs(template.FuncMap{"spans": spans}).
		ParseFS(files, "pages/"+name, "pages/frame.html"))
	var out bytes.Buffer
	if err := page.Execute(&out, data); err != nil {
		panic(err)
	}
	return out.Bytes()
}

func mustRead(name string) []byte {
	content, err := fs.ReadFile(files, "static/"+name)
	if err != nil { // embedded: missing only if the program was built without it
		panic(err)
	}
	return content
}
