package guard

import (
	"bufio"
	"io"
	"net"
	"net/http"
)

// writer remembers whether an answer has begun, which net/http does not tell: only
// then can a panic be turned into a proper answer.
//
// It has the optional methods of net/http's own writer, for libraries that ask for
// them by type assertion instead of through [http.ResponseController].
type writer struct {
	http.ResponseWriter
	begun bool
}

var (
	_ http.Flusher  = (*writer)(nil)
	_ http.Hijacker = (*writer)(nil)
	_ io.ReaderFrom = (*writer)(nil)
)

// WriteHeader implements [http.ResponseWriter]. Informational answers (1xx) other
// than 101 leave the final one open.
func (w *writer) WriteHeader(status int) {
	if status >= http.StatusOK || status == http.StatusSwitchingProtocols {
		w.begun = true
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write implements [http.ResponseWriter].
func (w *writer) Write(p []byte) (int, error) {
	w.begun = true
	return w.ResponseWriter.Write(p)
}

// ReadFrom implements [io.ReaderFrom], which lets the server use sendfile.
func (w *writer) ReadFrom(r io.Reader) (int64, error) {
	w.begun = true
	return io.Copy(w.ResponseWriter, r)
}

// Flush implements [http.Flusher].
func (w *writer) Flush() { _ = w.FlushError() } // by its signature it cannot tell

// FlushError is how [http.ResponseController] flushes.
func (w *writer) FlushError() error {
	w.begun = true
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Hijack implements [http.Hijacker].
func (w *writer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	w.begun = w.begun || err == nil
	return conn, rw, err
}

// Unwrap gives [http.ResponseController] the server's own writer.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }
