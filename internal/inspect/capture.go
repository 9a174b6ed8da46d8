package inspect

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"
)

// raw is an exchange as it went by, before it is masked and put in order. It is never shown.
type raw struct {
	seq   uint64
	kind  Kind
	began time.Time
	// firstByte and took are measured from its beginning.
	firstByte, took time.Duration

	request                       *http.Request // its headers and address; the body is gone
	action, contact, caller, role string
	why, fault                    string
	status                        int
	answered                      http.Header
	asked, answer                 *[]byte // from the pool
	askedSize, answerSize         int64
	askedOmitted, answerOmitted   bool
	socket                        uint64
	out                           bool
	code                          int
	text                          string
	textSize                      int
	flow                          *FlowStep
}

// size is how much an exchange holds while it waits.
func (x *raw) size() int {
	n := len(x.text) + 512
	if x.flow != nil {
		n += x.flow.size()
	}
	for _, body := range [...]*[]byte{x.asked, x.answer} {
		if body != nil {
			n += len(*body)
		}
	}
	return n
}

// capture is an exchange while it goes on: the writer that its handler is given, the body it
// reads, and what taps tell of it.
type capture struct {
	http.ResponseWriter
	r     *Recorder
	start time.Time

	body    body
	context recorded

	mu   sync.Mutex // a handler's goroutines may read the body after it has returned
	done bool       // x is handed over
	x    raw
}

var (
	_ http.Flusher  = (*capture)(nil)
	_ http.Hijacker = (*capture)(nil)
	_ io.ReaderFrom = (*capture)(nil)
)

// recorded is the context of a request that is recorded.
type recorded struct {
	context.Context //nolint:containedctx // it is a context itself, without an allocation of its own
	c               *capture
}

// captureKey is what a request's context holds its capture by.
type captureKey struct{}

// Value implements [context.Context].
func (r *recorded) Value(key any) any {
	if _, ok := key.(captureKey); ok {
		return r.c
	}
	return r.Context.Value(key)
}

func captureOf(r *http.Request) *capture { return captureIn(r.Context()) }

func captureIn(ctx context.Context) *capture {
	c, _ := ctx.Value(captureKey{}).(*capture)
	return c
}

// Wrap records what a handler is asked and answers. It belongs outside of everything else, so
// that refusals are seen, too. Nothing is held back: answers are passed on as they are written,
// and writers keep their abilities (flushing, hijacking, deadlines).
func (r *Recorder) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		if !r.records(request) {
			next.ServeHTTP(w, request)
			return
		}
		c := &capture{ResponseWriter: w, r: r, start: time.Now()}
		c.x.kind, c.x.began, c.x.request = HTTP, c.start, request
		if r.clock != nil {
			c.x.began = r.clock()
		}
		c.context = recorded{request.Context(), c}
		inner := request.WithContext(&c.context)
		if request.Body != nil && request.Body != http.NoBody {
			c.x.askedOmitted = isAttachment(request) || !isText(only(request.Header["Content-Type"]))
			c.body = body{request.Body, c}
			inner.Body = &c.body
		}
		returned := false
		defer func() { c.finish(returned) }()
		next.ServeHTTP(c, inner)
		returned = true
	})
}

// records reports whether a request is recorded: not those for the server's own pages, its API
// and its health.
func (r *Recorder) records(request *http.Request) bool {
	clean := request.URL.Path
	if len(clean) < 2 || strings.Contains(clean, "//") || strings.Contains(clean, "/.") || clean[len(clean)-1] == '/' || clean[0] != '/' {
		clean = path.Clean("/" + clean)
	}
	switch clean {
	case "/":
		if request.Method == http.MethodGet || request.Method == http.MethodHead {
			return false
		}
	case "/api", "/console", "/docs", "/healthz", "/readyz", "/metrics", "/parley.js", "/favicon.ico", "/robots.txt":
		return false
	}
	for _, below := range [...]string{"/api/", "/console/", "/docs/"} {
		if strings.HasPrefix(clean, below) {
			return false
		}
	}
	return r.skip == nil || !r.skip(request)
}

// isAttachment reports whether a request carries or fetches the bytes of an attachment.
func isAttachment(r *http.Request) bool { return strings.Contains(r.URL.Path, "/attachments/") }

// only returns the first value of a header field, which usually is its only one.
func only(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

// isText reports whether a body of a content type may be text. Clients label theirs as they
// like, so what is not known to be something else is.
func isText(contentType string) bool {
	for _, other := range [...]string{
		"image/", "video/", "audio/", "font/", "multipart/", "application/octet-stream", "application/pdf", "application/zip",
	} {
		if len(contentType) >= len(other) && strings.EqualFold(contentType[:len(other)], other) {
			return false
		}
	}
	return true
}

// body is a request's body that is recorded as it is read.
type body struct {
	io.ReadCloser
	c *capture
}

// Read implements [io.Reader].
func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if n > 0 {
		c := b.c
		c.mu.Lock()
		if !c.done {
			c.x.askedSize += int64(n)
			if !c.x.askedOmitted {
				c.r.copy(&c.x.asked, p[:n])
			}
		}
		c.mu.Unlock()
	}
	return n, err
}

// copy adds to what is kept of a body, up to what may be and one byte, which shows that it was
// longer.
func (r *Recorder) copy(to **[]byte, p []byte) {
	if *to == nil {
		buffer, ok := r.buffers.Get().(*[]byte)
		if !ok {
			buffer = new([]byte)
		}
		*buffer = (*buffer)[:0]
		*to = buffer
	}
	kept := *to
	*kept = append(*kept, p[:min(len(p), r.maxBody+1-len(*kept))]...)
}

// WriteHeader implements [http.ResponseWriter]. Informational answers (1xx) other than 101 leave
// the final one open.
func (c *capture) WriteHeader(status int) {
	if status >= http.StatusOK || status == http.StatusSwitchingProtocols {
		c.mu.Lock()
		c.begin(status)
		c.mu.Unlock()
	}
	c.ResponseWriter.WriteHeader(status)
}

// begin notes that the answer begins. The caller holds the lock.
func (c *capture) begin(status int) {
	if c.done || c.x.status != 0 {
		return
	}
	header := c.Header()
	c.x.status, c.x.firstByte = status, time.Since(c.start)
	c.x.answerOmitted = status < http.StatusBadRequest && isAttachment(c.x.request) ||
		!isText(only(header["Content-Type"])) || len(header["Content-Encoding"]) > 0
}

// Write implements [http.ResponseWriter].
func (c *capture) Write(p []byte) (int, error) {
	c.wrote(p)
	return c.ResponseWriter.Write(p)
}

// wrote records a part of the answer.
func (c *capture) wrote(p []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.done {
		return
	}
	c.begin(http.StatusOK)
	c.x.answerSize += int64(len(p))
	if !c.x.answerOmitted {
		c.r.copy(&c.x.answer, p)
	}
}

// ReadFrom implements [io.ReaderFrom], which lets the server use sendfile for attachments.
func (c *capture) ReadFrom(from io.Reader) (int64, error) {
	c.mu.Lock()
	c.begin(http.StatusOK)
	omitted := c.x.answerOmitted
	c.mu.Unlock()
	if !omitted {
		return io.Copy(struct{ io.Writer }{c}, from)
	}
	n, err := io.Copy(c.ResponseWriter, from)
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.done {
		c.x.answerSize += n
	}
	return n, err
}

// Flush implements [http.Flusher].
func (c *capture) Flush() { _ = c.FlushError() } // by its signature it cannot tell

// FlushError is how [http.ResponseController] flushes.
func (c *capture) FlushError() error {
	c.mu.Lock()
	c.begin(http.StatusOK)
	c.mu.Unlock()
	return http.NewResponseController(c.ResponseWriter).Flush()
}

// Hijack implements [http.Hijacker].
func (c *capture) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(c.ResponseWriter).Hijack()
	if err == nil {
		c.mu.Lock()
		c.begin(http.StatusSwitchingProtocols)
		c.mu.Unlock()
	}
	return conn, rw, err
}

// Unwrap gives [http.ResponseController] the server's own writer.
func (c *capture) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// finish hands the exchange over, once, and returns its sequence number. A handler that has
// returned without a word has answered 200; one that has not cuts the connection.
func (c *capture) finish(returned bool) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.done {
		return c.x.seq
	}
	if returned {
		c.begin(http.StatusOK)
	}
	c.done = true
	c.x.took, c.x.answered = time.Since(c.start), c.Header()
	return c.r.record(&c.x)
}
