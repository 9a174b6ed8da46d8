// Command forwarder is a limit of the benchmark: a bare net/http server that
// sends every request on as it is, with nothing decoded, checked or signed. What a
// front door written in Go costs above it, it costs for its own work.
package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"time"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: forwarder ADDRESS UPSTREAM-URL")
		os.Exit(2) //nolint:forbidigo // this is a command's main
	}
	// The benchmark holds the other end of standard input: it closes when the
	// benchmark ends, however it ends.
	ctx, stop := context.WithCancel(context.Background())
	go func() { _, _ = io.Copy(io.Discard, os.Stdin); stop() }()
	server := &http.Server{Addr: os.Args[1], Handler: forward(os.Args[2]), ReadHeaderTimeout: time.Minute}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	_ = server.ListenAndServe()
}

// forward does what it can to be cheap: bodies are read at once and written in one
// piece together with their headers, on both sides.
func forward(upstream string) http.HandlerFunc {
	transport := &http.Transport{MaxIdleConns: 1024, MaxIdleConnsPerHost: 1024, DisableCompression: true}
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := readAll(r.Body, r.ContentLength)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		out, err := http.NewRequestWithContext(r.Context(), http.MethodPut, upstream, bytes.NewReader(body))
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		out.Header["Content-Type"] = []string{"application/json"}
		answer, err := transport.RoundTrip(out)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer func() { _ = answer.Body.Close() }()
		text, err := readAll(answer.Body, answer.ContentLength)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		w.Header()["Content-Type"] = answer.Header["Content-Type"]
		w.Header()["Content-Length"] = []string{strconv.Itoa(len(text))}
		w.WriteHeader(answer.StatusCode)
		_, _ = w.Write(text)
	}
}

func readAll(r io.Reader, length int64) ([]byte, error) {
	if length < 0 || length > 1<<20 {
		return io.ReadAll(io.LimitReader(r, 1<<20))
	}
	body := make([]byte, length)
	_, err := io.ReadFull(r, body)
	return body, err
}
