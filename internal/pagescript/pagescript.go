// Package pagescript serves the script that points a web page's chat client at this server.
//
// It owns the script and how it is served; it knows nothing of chats. The page loads it with
// one tag, which is all that is changed in the page.
package pagescript

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"html"
	"net/http"
	"time"
)

// Path is where the script is served.
const Path = "/parley.js"

//go:embed parley.js
var script []byte

// Tag returns the line to put into a page, for a server at an address without a slash at the
// end.
func Tag(url string) string {
	return `<script src="` + html.EscapeString(url+Path) + `"></script>`
}

// Handler answers GET and HEAD at [Path]. Which pages may load the script is decided before it.
func Handler() http.Handler {
	sum := sha256.Sum256(script)
	etag := `"` + hex.EncodeToString(sum[:12]) + `"`
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "This address takes GET.", http.StatusMethodNotAllowed)
			return
		}
		header := w.Header()
		header.Set("Content-Type", "text/javascript; charset=utf-8")
		header.Set("X-Content-Type-Options", "nosniff")
		// Asked for again each time, so that a page never runs the script of an older server.
		header.Set("Cache-Control", "no-cache")
		header.Set("ETag", etag)
		// For pages that are isolated from other origins (COEP).
		header.Set("Cross-Origin-Resource-Policy", "cross-origin")
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(script))
	})
}
