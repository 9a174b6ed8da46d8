package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// chatEvent is what a REST API of API Gateway makes of a widget's request.
const chatEvent = `{"resource":"/","path":"/","httpMethod":"POST","headers":{"Content-Type":"text/plain;charset=UTF-8",` +
	`"Host":"api.example.com","Origin":"https://www.example.com"},"multiValueHeaders":{"Content-Type":["text/plain;charset=UTF-8"],` +
	`"Host":["api.example.com"],"Origin":["https://www.example.com"]},"queryStringParameters":null,"requestContext":{"path":"/Prod",` +
	`"stage":"Prod","requestId":"c6af9ac6-7b61-11e6-9a41-93e8deadbeef","identity":{"sourceIp":"192.0.2.1"},"httpMethod":"POST"},` +
	`"body":"{\"ParticipantDetails\":{\"DisplayName\":\"Pat\"},\"SupportedMessagingContentTypes\":[\"text/plain\",\"text/markdown\"]}",` +
	`"isBase64Encoded":false}`

// runtimeAPI is the half of Lambda that a function talks to, for one function and one event
// at a time.
//
// Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
type runtimeAPI struct {
	address string
	server  *http.Server
	ready   chan time.Time
	failed  chan string
	events  chan struct{}
	answers chan []byte
}

func newRuntimeAPI() (*runtimeAPI, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a moment, on this machine
	if err != nil {
		return nil, fmt.Errorf("listening for the function: %w", err)
	}
	a := &runtimeAPI{
		address: listener.Addr().String(), ready: make(chan time.Time, 1), failed: make(chan string, 1),
		events: make(chan struct{}), answers: make(chan []byte, 1),
	}
	mux := http.NewServeMux()
	const root = "/2018-06-01/runtime/"
	mux.HandleFunc("GET "+root+"invocation/next", a.next)
	mux.HandleFunc("POST "+root+"invocation/{id}/response", a.response)
	fail := func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		select {
		case a.failed <- string(text):
		default: // one is enough
		}
		w.WriteHeader(http.StatusAccepted)
	}
	mux.HandleFunc("POST "+root+"invocation/{id}/error", fail)
	mux.HandleFunc("POST "+root+"init/error", fail)
	a.server = &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	go func() { _ = a.server.Serve(listener) }() // ends with close
	return a, nil
}

func (a *runtimeAPI) close() { _ = a.server.Close() }

func (a *runtimeAPI) next(w http.ResponseWriter, r *http.Request) {
	select {
	case a.ready <- time.Now():
	default:
	}
	select {
	case <-a.events:
	case <-r.Context().Done():
		return
	}
	header := w.Header()
	header.Set("Lambda-Runtime-Aws-Request-Id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd")
	header.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(10*time.Second).UnixMilli(), 10))
	header.Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:111122223333:function:startchat")
	_, _ = io.WriteString(w, chatEvent)
}

func (a *runtimeAPI) response(w http.ResponseWriter, r *http.Request) {
	text, _ := io.ReadAll(r.Body)
	w.WriteHeader(http.StatusAccepted)
	a.answers <- text
}

// waitForInit returns when the function asked for its first event.
func (a *runtimeAPI) waitForInit(ctx context.Context) (time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	select {
	case at := <-a.ready:
		return at, nil
	case why := <-a.failed:
		return time.Time{}, errors.New(why)
	case <-ctx.Done():
		return time.Time{}, errors.New("it does not ask for events")
	}
}

// invoke has one chat started.
func (a *runtimeAPI) invoke(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	select {
	case a.events <- struct{}{}:
	case <-ctx.Done():
		return errors.New("it takes no event")
	}
	select {
	case text := <-a.answers:
		var answer struct {
			StatusCode int
			Body       string
		}
		if err := json.Unmarshal(text, &answer); err != nil || answer.StatusCode != http.StatusOK || !strings.Contains(answer.Body, `"ParticipantToken"`) {
			return fmt.Errorf("it started no chat: status %d, %d bytes", answer.StatusCode, len(answer.Body))
		}
		return nil
	case why := <-a.failed:
		return errors.New(why)
	case <-ctx.Done():
		return errors.New("it does not answer")
	}
}
