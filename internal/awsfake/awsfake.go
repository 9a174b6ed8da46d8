// Package awsfake is a scripted AWS endpoint for tests and benchmarks: as much of
// Amazon Connect, Lambda, STS, IAM and Secrets Manager as Parley calls, on one address.
//
// It checks signatures for real: the canonical request is computed again from the
// request as it came over the wire, with code that shares nothing with the signer
// under test, and a wrong key, Region, service, clock or byte is answered as AWS
// answers it. Answers are realistic by default and can be scripted call by call
// ([Endpoint.Script]): AWS errors, garbage, waits, broken connections, a wrong Date.
//
// The package owns no chat: contacts are ids that can be stopped, nothing more. It
// must not be part of a shipped binary. Everything in it is safe for concurrent use.
package awsfake

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// The identity and place a zero [Config] stands for.
const (
	DefaultAccessKeyID     = "AKIDPARLEYFAKE000000"
	DefaultSecretAccessKey = "parley-fake-secret-access-key-000000000"
	DefaultRegion          = "us-west-2"
	DefaultAccount         = "123456789012"
	DefaultCallerARN       = "arn:aws:sts::123456789012:assumed-role/Developer/session"
)

// Config describes the account behind the endpoint. The zero value is an account
// with one key pair (the Default constants), which knows any instance and any flow.
type Config struct {
	// AccessKeyID and SecretAccessKey are the key pair that signs well. An empty
	// SessionToken means that the key is a long-term one.
	AccessKeyID, SecretAccessKey, SessionToken string
	// Region is where Amazon Connect and STS are; IAM is signed for us-east-1.
	Region string
	// CallerARN is who STS says is calling.
	CallerARN string
	// Instances are the account's instances. When empty, every instance and every
	// flow exists.
	Instances []Instance
	// Decision is what IAM's simulation answers: "allowed" (the default),
	// "implicitDeny" or "explicitDeny".
	Decision string
	// Stateless keeps neither requests nor contacts, so that a benchmark measures
	// the caller: no idempotency, and any contact can be stopped.
	Stateless bool
}

// Instance is an Amazon Connect instance.
type Instance struct {
	ID, Alias string
	// Status is "ACTIVE" unless set.
	Status string
	// Origins are the approved origins; they are listed two a page.
	Origins []string
	Flows   []Flow
}

// Flow is a contact flow. Type, State and Status are CONTACT_FLOW, ACTIVE and
// PUBLISHED unless set.
type Flow struct {
	ID, Name, Type, State, Status string
}

// Request is a request as it came over the wire.
type Request struct {
	// Operation is AWS's name of the call, e.g. "StartChatContact".
	Operation string
	Method    string
	// Path is the path as it was escaped by the sender; Query is without its "?".
	Path, Query string
	Host        string
	Header      http.Header
	Body        []byte
	// Accepted reports whether the signature was good.
	Accepted bool
}

// Endpoint is a scripted AWS endpoint. It implements [http.Handler].
type Endpoint struct {
	// URL is where the endpoint listens, without a slash at the end; empty unless
	// it was started by [Start].
	URL string

	config Config
	keys   keyring
	calls  atomic.Int64
	closed chan struct{}
	close  sync.Once

	mu         sync.Mutex
	script     []Step
	offset     time.Duration
	expired    bool
	requests   []Request
	arrived    chan struct{} // closed and replaced at each recorded request
	contacts   map[string]bool
	byToken    map[string]chat
	secrets    map[string][]string // by ARN, the current value first
	invoked    func(Invocation) Invoked
	recognized func(Recognition) []byte
}

// New returns an endpoint that does not listen yet: put it behind an [http.Server]
// or call its ServeHTTP.
func New(config Config) *Endpoint {
	setDefault(&config.AccessKeyID, DefaultAccessKeyID)
	setDefault(&config.SecretAccessKey, DefaultSecretAccessKey)
	setDefault(&config.Region, DefaultRegion)
	setDefault(&config.CallerARN, DefaultCallerARN)
	setDefault(&config.Decision, "allowed")
	e := &Endpoint{
		config: config, closed: make(chan struct{}), arrived: make(chan struct{}),
		contacts: map[string]bool{}, byToken: map[string]chat{}, secrets: map[string][]string{},
	}
	e.keys.add(keyPair{id: config.AccessKeyID, secret: config.SecretAccessKey, session: config.SessionToken})
	return e
}

// Start returns an endpoint that listens on a loopback port until the test ends. At
// most one configuration is used.
func Start(tb testing.TB, configs ...Config) *Endpoint {
	tb.Helper()
	var config Config
	if len(configs) > 0 {
		config = configs[0]
	}
	e := New(config)
	var lc net.ListenConfig
	listener, err := lc.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatalf("listening for the fake aws endpoint: %v", err)
	}
	e.URL = "http://" + listener.Addr().String()
	server := &http.Server{Handler: e, ReadHeaderTimeout: time.Minute}
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	tb.Cleanup(func() {
		e.Close()
		_ = server.Close() // connections a test left open are cut on purpose
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			tb.Errorf("serving the fake aws endpoint: %v", err)
		}
	})
	return e
}

// Close ends the calls that hang. It does not close the listener of a server that
// is not the endpoint's own.
func (e *Endpoint) Close() { e.close.Do(func() { close(e.closed) }) }

// Config returns the configuration, defaults filled in.
func (e *Endpoint) Config() Config { return e.config }

// Environ returns the environment variables that lead an AWS SDK to this endpoint,
// as NAME=value.
func (e *Endpoint) Environ() []string {
	env := []string{
		"AWS_ACCESS_KEY_ID=" + e.config.AccessKeyID,
		"AWS_SECRET_ACCESS_KEY=" + e.config.SecretAccessKey,
		"AWS_REGION=" + e.config.Region,
		"AWS_ENDPOINT_URL=" + e.URL,
	}
	if e.config.SessionToken != "" {
		env = append(env, "AWS_SESSION_TOKEN="+e.config.SessionToken)
	}
	return env
}

// Calls counts all requests so far, well signed or not.
func (e *Endpoint) Calls() int { return int(e.calls.Load()) }

// Requests returns a copy of the requests so far, in order of arrival. With
// operations given, only theirs are returned.
func (e *Endpoint) Requests(operations ...string) []Request {
	e.mu.Lock()
	defer e.mu.Unlock()
	var found []Request
	for _, r := range e.requests {
		if len(operations) == 0 {
			found = append(found, r)
			continue
		}
		for _, name := range operations {
			if r.Operation == name {
				found = append(found, r)
			}
		}
	}
	return found
}

// Await returns when at least n requests have arrived, or with the context's error.
func (e *Endpoint) Await(ctx context.Context, n int) error {
	for {
		e.mu.Lock()
		have, arrived := len(e.requests), e.arrived
		e.mu.Unlock()
		if have >= n {
			return nil
		}
		select {
		case <-arrived:
		case <-ctx.Done():
			return fmt.Errorf("waiting for request %d of the fake aws endpoint (%d so far): %w", n, have, ctx.Err())
		}
	}
}

// OpenContacts counts the contacts that were started and not stopped.
func (e *Endpoint) OpenContacts() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	open := 0
	for _, stopped := range e.contacts {
		if !stopped {
			open++
		}
	}
	return open
}

// SetClock moves the endpoint's clock, against which signing times are checked and
// which every Date header shows.
func (e *Endpoint) SetClock(offset time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.offset = offset
}

// ExpireCredentials makes every further call fail with ExpiredTokenException.
func (e *Endpoint) ExpireCredentials() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.expired = true
}

// record keeps a request, unless the endpoint keeps none.
func (e *Endpoint) record(r *http.Request, operation string, body []byte, accepted bool) {
	e.calls.Add(1)
	if e.config.Stateless {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.requests = append(e.requests, Request{
		Operation: operation, Method: r.Method, Path: r.URL.EscapedPath(), Query: r.URL.RawQuery, Host: r.Host,
		Header: r.Header.Clone(), Body: append([]byte(nil), body...), Accepted: accepted,
	})
	close(e.arrived)
	e.arrived = make(chan struct{})
}

func setDefault(member *string, value string) {
	if *member == "" {
		*member = value
	}
}
