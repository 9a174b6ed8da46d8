// Command fakeaws is the Amazon Connect of the benchmark: package awsfake in a
// process of its own.
//
// It listens at two loopback addresses and prints both. The first is the AWS
// endpoint, which accepts only requests with a valid AWS Signature Version 4; the
// second answers the same without looking, for the limits that are measured
// unsigned.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/parley-chat/parley/internal/awsfake"
)

func main() {
	if err := run(os.Getenv, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "fakeaws:", err)
		os.Exit(1) //nolint:forbidigo // this is a command's main
	}
}

// run serves until stdin closes: the benchmark holds its other end, so that this
// program ends when the benchmark does, however it ends.
func run(getenv func(string) string, stdin io.Reader, stdout io.Writer) error {
	signed := awsfake.New(awsfake.Config{
		AccessKeyID: getenv("AWS_ACCESS_KEY_ID"), SecretAccessKey: getenv("AWS_SECRET_ACCESS_KEY"),
		Region: getenv("AWS_REGION"), Stateless: true,
	})
	defer signed.Close()
	servers := make([]*http.Server, 0, 2)
	errs := make([]error, 2)
	var wg sync.WaitGroup
	for i, handler := range []http.Handler{signed, open()} {
		listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
		if err != nil {
			return fmt.Errorf("listening: %w", err)
		}
		server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
		servers = append(servers, server)
		if _, err := fmt.Fprintf(stdout, "http://%s\n", listener.Addr()); err != nil {
			return fmt.Errorf("printing the address: %w", err)
		}
		wg.Go(func() {
			if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
				errs[i] = err
			}
		})
	}
	_, _ = io.Copy(io.Discard, stdin)
	for _, server := range servers {
		_ = server.Close()
	}
	wg.Wait()
	return errors.Join(errs...)
}

// open answers every request with one chat, in the size that the signed endpoint
// answers.
func open() http.HandlerFunc {
	chat := []byte(`{"ContactId":"0f8c3f5a-7d1e-4f25-8a55-93a74d4eb8f1","ParticipantId":"5b1f0a2c-93a7-4d4e-b8f1-0f8c3f5a7d1e",` +
		`"ParticipantToken":"QVFJREFI` + strings.Repeat("YmVuY2htYXJr", 16) + `cGFybGV5"}`)
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header()["Content-Type"] = []string{"application/json"}
		w.Header()["X-Amzn-Requestid"] = []string{"6b98e469-0c63-4290-9ffe-52e7ca644b2a"}
		_, _ = w.Write(chat)
	}
}
