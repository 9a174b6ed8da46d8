package runtimeapi_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/runtimeapi"
)

// An answer as large as Lambda takes gets through; a larger one is the function's failure, after which it
// can be given another event.
func TestAnswerOfAnySize(t *testing.T) {
	t.Parallel()
	api, err := runtimeapi.Listen(t.Context(), runtimeapi.Config{Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := api.Close(); err != nil {
			t.Error(err)
		}
	})
	base := "http://" + strings.TrimPrefix(api.Environ(), "AWS_LAMBDA_RUNTIME_API=") + "/2018-06-01/runtime/invocation/"
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	// answer takes an event, and answers with as many bytes.
	answer := func(size int) (status int, err error) {
		event, err := client.Get(base + "next")
		if err != nil {
			return 0, err
		}
		if err := event.Body.Close(); err != nil {
			return 0, err
		}
		said, err := client.Post(base+event.Header.Get("Lambda-Runtime-Aws-Request-Id")+"/response", "application/json", io.LimitReader(zeros{}, int64(size)))
		if err != nil {
			return 0, err
		}
		return said.StatusCode, said.Body.Close()
	}
	const most = 6 << 20
	for _, c := range []struct{ size, status int }{{most, http.StatusAccepted}, {most + 1, http.StatusRequestEntityTooLarge}, {2, http.StatusAccepted}} {
		answered := make(chan error, 1)
		go func() {
			status, err := answer(c.size)
			if err == nil && status != c.status {
				err = errors.New(http.StatusText(status))
			}
			answered <- err
		}()
		body, err := api.Invoke(t.Context(), []byte("{}"))
		if failed, is := errors.AsType[*runtimeapi.Error](err); is != (c.size > most) || is && (failed.Type != "Function.ResponseSizeTooLarge" || failed.Last) {
			t.Errorf("%d bytes: %v", c.size, err)
		}
		if err == nil && !bytes.Equal(body, bytes.Repeat([]byte("0"), c.size)) {
			t.Errorf("%d bytes: %d came", c.size, len(body))
		}
		if err := <-answered; err != nil {
			t.Errorf("%d bytes: %v", c.size, err)
		}
	}
}

// zeros is a text of noughts without an end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '0'
	}
	return len(p), nil
}
