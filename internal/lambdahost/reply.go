package lambdahost

import (
	"bytes"
	"encoding/base64"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// recorder is the handler's [http.ResponseWriter]: it keeps the answer, because Lambda takes
// it in one piece.
type recorder struct {
	header, sent http.Header
	status       int
	body         bytes.Buffer
}

func newRecorder() *recorder { return &recorder{header: http.Header{}} }

// Header implements [http.ResponseWriter].
func (w *recorder) Header() http.Header { return w.header }

// WriteHeader implements [http.ResponseWriter]. As with a real server, the first call counts,
// later changes of the header do not, and a status that does not exist panics.
func (w *recorder) WriteHeader(status int) {
	if status < 100 || status > 999 {
		panic("invalid status " + strconv.Itoa(status))
	}
	if w.status == 0 && status >= http.StatusOK { // informational answers have no place to go
		w.status, w.sent = status, w.header.Clone()
	}
}

// Write implements [http.ResponseWriter].
func (w *recorder) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	return w.body.Write(p)
}

// startOver forgets the answer so far, except for what lets a page read the next one.
func (w *recorder) startOver() {
	kept := http.Header{}
	for name, values := range w.header {
		if name == "Vary" || strings.HasPrefix(name, "Access-Control-") {
			kept[name] = values
		}
	}
	*w = recorder{header: kept}
}

// finish returns the answer as a server would send it.
func (w *recorder) finish(method string) (status int, header http.Header, body []byte) {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	body = w.body.Bytes()
	if len(body) > 0 && w.sent.Get("Content-Type") == "" {
		w.sent.Set("Content-Type", http.DetectContentType(body))
	}
	if method == http.MethodHead || w.status == http.StatusNoContent || w.status == http.StatusNotModified {
		body = nil
	}
	// The gateway says these of its own connection and its own count.
	for _, name := range []string{"Connection", "Content-Length", "Keep-Alive", "Transfer-Encoding"} {
		w.sent.Del(name)
	}
	return w.status, w.sent, body
}

// reply encodes the answer in the form that the event's sender reads.
func (e *event) reply(w *recorder, method string) []byte {
	status, header, body := w.finish(method)
	dst := make([]byte, 0, 512+len(body)+len(body)/4)
	dst = append(dst, `{"statusCode":`...)
	dst = strconv.AppendInt(dst, int64(status), 10)
	if e.kind == loadBalancer || e.kind == loadBalancerMulti {
		dst = append(dst, `,"statusDescription":`...)
		dst = appendText(dst, strings.TrimSpace(strconv.Itoa(status)+" "+http.StatusText(status)))
	}
	switch e.kind {
	case restAPI, loadBalancerMulti:
		dst = appendMulti(dst, header)
	case httpAPI:
		cookies := header["Set-Cookie"]
		header.Del("Set-Cookie")
		dst = appendSingle(dst, header)
		if len(cookies) > 0 {
			dst = appendList(append(dst, `,"cookies":`...), cookies)
		}
	case loadBalancer:
		dst = appendSingle(dst, header)
	}
	dst = append(dst, `,"body":`...)
	if utf8.Valid(body) {
		dst = appendText(dst, string(body))
		return append(dst, `,"isBase64Encoded":false}`...)
	}
	dst = append(dst, '"')
	dst = base64.StdEncoding.AppendEncode(dst, body)
	return append(dst, `","isBase64Encoded":true}`...)
}

func appendMulti(dst []byte, header http.Header) []byte {
	dst = append(dst, `,"multiValueHeaders":{`...)
	for i, name := range slices.Sorted(maps.Keys(header)) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendText(dst, name), ':')
		dst = appendList(dst, header[name])
	}
	return append(dst, '}')
}

func appendList(dst []byte, list []string) []byte {
	dst = append(dst, '[')
	for i, text := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendText(dst, text)
	}
	return append(dst, ']')
}

// appendSingle writes one value for each name. Several are joined, as HTTP allows for all
// headers but Set-Cookie (RFC 9110, section 5.3).
func appendSingle(dst []byte, header http.Header) []byte {
	dst = append(dst, `,"headers":{`...)
	first := true
	member := func(name, value string) {
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(appendText(dst, name), ':')
		dst = appendText(dst, value)
	}
	for _, name := range slices.Sorted(maps.Keys(header)) {
		if name == "Set-Cookie" {
			for i, cookie := range header[name] {
				member(spelling(name, i), cookie)
			}
			continue
		}
		member(name, strings.Join(header[name], ", "))
	}
	return append(dst, '}')
}

// spelling returns the n-th way to spell a name in upper and lower case: the names of a JSON
// object have to differ, those of headers do not care.
func spelling(name string, n int) string {
	text := []byte(name)
	for i := range text {
		if letter := text[i] | 0x20; letter >= 'a' && letter <= 'z' {
			if n&1 == 1 {
				text[i] ^= 0x20
			}
			n >>= 1
		}
	}
	return string(text)
}

// appendText quotes a text. What is no UTF-8 in it becomes the replacement character.
func appendText(dst []byte, text string) []byte {
	dst, _ = jsontext.AppendQuote(dst, text) // the error is only about that
	return dst
}
