// Command forwarder is a limit of the benchmark: a bare net/http server that
// sends every request on as it is, with nothing decoded, checked or signed. What a
// front door written in Go costs above it, it costs for its own work.
package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
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

func forward(upstream string) http.HandlerFunc {
	transport := &http.Transport{MaxIdleConns: 1024, MaxIdleConnsPerHost: 1024}
	return func(w http.ResponseWriter, r *http.Request) {
		out, err := http.NewRequestWithContext(r.Context(), http.MethodPut, upstream, r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		out.ContentLength = r.ContentLength
		out.Header.Set("Content-Type", "application/json")
		answer, err := transport.RoundTrip(out)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer func() { _ = answer.Body.Close() }()
		w.Header().Set("Content-Type", answer.Header.Get("Content-Type"))
		w.WriteHeader(answer.StatusCode)
		_, _ = io.Copy(w, answer.Body)
	}
}
