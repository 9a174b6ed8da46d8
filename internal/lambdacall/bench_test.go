package lambdacall_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/lambdacall"
)

// serveHandler serves the handler of the program of a test over plain HTTP, and says where.
func serveHandler() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	_, _ = fmt.Fprintln(os.Stdout, listener.Addr())
	panic(http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var event sent
		_ = json.NewDecoder(r.Body).Decode(&event)
		_ = json.NewEncoder(w).Encode(map[string]any{"do": event.Details.Parameters["do"]})
	})))
}

// How long an invocation of a warm program takes: at most twice a bare HTTP call to the same handler in
// another process, side by side. Warm is a program that waits for its event, as it does when a chat
// comes; back to back each invocation would also wait for the program's next request, so that there
// is a pause before each, in both.
func BenchmarkProgram(b *testing.B) {
	path, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	event := []byte(`{"Details":{"Parameters":{"do":""}},"Name":"ContactFlowEvent"}`)
	b.Run("bare HTTP", func(b *testing.B) {
		cmd := exec.CommandContext(b.Context(), path)
		cmd.Env = append(os.Environ(), asProgram+"=http")
		out, err := cmd.StdoutPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			b.Fatal(err)
		}
		defer func() {
			_ = cmd.Process.Kill()
			_ = cmd.Wait() // it was killed
		}()
		address, err := bufio.NewReader(out).ReadString('\n')
		if err != nil {
			b.Fatal(err)
		}
		client := &http.Client{}
		url := "http://" + address[:len(address)-1]
		for b.Loop() {
			request, err := http.NewRequestWithContext(b.Context(), http.MethodPost, url, bytes.NewReader(event))
			if err != nil {
				b.Fatal(err)
			}
			response, err := client.Do(request)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := io.ReadAll(response.Body); err != nil {
				b.Fatal(err)
			}
			_ = response.Body.Close()
			pause(b)
		}
	})
	b.Run("warm program", func(b *testing.B) {
		c, err := lambdacall.New(lambdacall.Config{Functions: map[string]lambdacall.Function{
			"f": {Program: []string{path}, Environment: map[string]string{asProgram: "go"}},
		}})
		if err != nil {
			b.Fatal(err)
		}
		defer func() { _ = c.Close() }()
		for b.Loop() {
			if _, err := c.Invoke(b.Context(), "f", "", event); err != nil {
				b.Fatal(err)
			}
			pause(b)
		}
	})
}

// pause lets a program come to rest, at no cost.
func pause(b *testing.B) {
	b.Helper()
	b.StopTimer()
	<-time.After(time.Millisecond)
	b.StartTimer()
}
