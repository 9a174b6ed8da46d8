// Package client is what the program's commands say to a running server: which server that is,
// its API and stream of events, and a chat that is held there by an agent or a customer.
//
// It owns the wire: addresses, the admin token, calls, answers, refusals, sockets, and coming
// back when a connection is lost. It refuses to know commands and terminals: values come back,
// and nothing is printed. Refusals are of type [*RefusalError]; errors that a user can mend have a
// hint (package hint). A [Server] is safe for concurrent use.
package client

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/parley-chat/parley/internal/admintoken"
	"github.com/parley-chat/parley/internal/devcert"
	"github.com/parley-chat/parley/internal/hint"
	"github.com/parley-chat/parley/internal/loopback"
	"github.com/parley-chat/parley/internal/screen"
	"github.com/parley-chat/parley/internal/secret"
	"github.com/parley-chat/parley/internal/settings"
)

const (
	// maxListing bounds what is read of an answer of the API: a long transcript has some MiB.
	maxListing = 64 << 20
	// maxAnswer bounds what is read of an answer to a start request; a real one has a few
	// kilobytes.
	maxAnswer = 1 << 20
	// callTime is what one call of the API may take.
	callTime = 30 * time.Second
)

// Config names a server and describes the program that calls it.
type Config struct {
	// Settings say where the server is, unless Named does, and hold a given admin token.
	Settings *settings.Settings
	// Named is the server's address as a user writes it; empty leaves it to the settings.
	Named string
	// ReadFile reads the URL file, tokens and certificates, as [os.ReadFile] does.
	ReadFile func(name string) ([]byte, error)
	// RuntimeDirs are where a server that keeps nothing shares its admin token.
	RuntimeDirs []string
	// UserAgent is the program's name in calls.
	UserAgent string
	// Lost is called with the reason when a connection is lost, before it is opened again.
	Lost func(reason error)
}

// Server is a running server.
type Server struct {
	config Config
	// base is the server's address without a path; door is where chats are started.
	base *url.URL
	door string
	// token lets calls change something. It is sent to the server that keeps it on this machine,
	// or to the server for which the user gives it, and to no other.
	token secret.Text
	// kept is the file or directory that the token was found in; empty for a given one.
	kept string
	http *http.Client
}

// Open finds the server of a configuration. It is not called yet.
func Open(config Config) (*Server, error) {
	door, err := Address(config)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(door)
	if err != nil {
		return nil, err
	}
	s := &Server{
		config: config, base: &url.URL{Scheme: u.Scheme, Host: u.Host}, door: door,
		http: &http.Client{Transport: Transport(config), CheckRedirect: noRedirects},
	}
	s.token = config.Settings.AdminToken.Text
	if !s.token.IsZero() || !loopback.Host(u.Hostname()) {
		return s, nil
	}
	address := admintoken.Address{Host: u.Hostname(), Port: portOf(u), Dirs: config.RuntimeDirs}
	if s.token, s.kept = admintoken.Shared(address, config.ReadFile); s.token.IsZero() {
		s.kept = config.Settings.DataDir
		s.token, err = admintoken.Kept(s.kept, config.ReadFile)
	}
	return s, err
}

// Close closes connections that wait for further calls.
func (s *Server) Close() { s.http.CloseIdleConnections() }

// URL returns the server's address without a path.
func (s *Server) URL() string { return s.base.String() }

func noRedirects(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// portOf returns the port that an address of a server names or means.
func portOf(u *url.URL) string {
	if port := u.Port(); port != "" || u.Scheme != "https" {
		return cmp.Or(port, "80")
	}
	return "443"
}

// Transport returns a transport to a server. It leaves out the user's proxy, which is meant for
// the world and not for this machine, and trusts the certificate authority that --tls made here.
func Transport(config Config) *http.Transport {
	transport := &http.Transport{}
	if config.Settings.DataDir == "" {
		return transport
	}
	own, err := config.ReadFile(filepath.Join(config.Settings.DataDir, "tls", devcert.PublicName))
	if err != nil {
		return transport
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	pool.AppendCertsFromPEM(own)
	transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	return transport
}

// request makes a request of the API. Only what changes something brings the token.
func (s *Server) request(ctx context.Context, method, path string, body io.Reader) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, method, s.base.String()+path, body)
	if err != nil {
		return nil, err
	}
	request.Header.Set("User-Agent", s.config.UserAgent)
	if method != http.MethodGet && !s.token.IsZero() {
		request.Header.Set("Authorization", "Bearer "+s.token.Reveal())
	}
	return request, nil
}

// ask calls the API and returns the answer as it came; it is empty where there is nothing to
// say. A refusal is an error. body is nil or becomes JSON.
func (s *Server) ask(ctx context.Context, method, path string, body any) ([]byte, error) {
	text, contentType := []byte(nil), ""
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return nil, err
		}
		contentType = "application/json"
	}
	return s.post(ctx, method, path, contentType, text)
}

// post is ask with a body of any type.
func (s *Server) post(ctx context.Context, method, path, contentType string, body []byte) ([]byte, error) {
	bounded, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	request, err := s.request(bounded, method, path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	status, _, text, err := s.send(request)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, callError(err, s.URL())
	case status/100 != 2:
		return nil, s.refused(status, text)
	}
	return text, nil
}

// send sends a request and reads the answer to its end.
func (s *Server) send(request *http.Request) (status int, header http.Header, text []byte, err error) {
	answer, err := s.http.Do(request)
	if err != nil {
		return 0, nil, nil, err
	}
	defer func() { _ = answer.Body.Close() }() // read to its end or given up
	text, err = io.ReadAll(io.LimitReader(answer.Body, maxListing))
	return answer.StatusCode, answer.Header, text, err
}

// call calls the API and returns the answer, decoded and as it came.
func call[T any](ctx context.Context, s *Server, method, path string, body any) (value T, answer []byte, err error) {
	if answer, err = s.ask(ctx, method, path, body); err == nil {
		err = decodeAnswer(answer, &value)
	}
	return value, answer, err
}

func decodeAnswer(text []byte, into any) error {
	if json.Unmarshal(text, into) != nil {
		return notParley(http.StatusOK, text)
	}
	return nil
}

// notParley is an answer that the API does not give.
func notParley(status int, text []byte) error {
	next := "check --server: another program, or an older Parley, may listen there"
	if status == http.StatusBadRequest && bytes.Contains(text, []byte("HTTPS server")) { // of package net/http
		next = "the server speaks HTTPS: give --tls, or an address that begins with https:// to --server"
	}
	return hint.New(fmt.Errorf("the server answered %d with something that is not an answer of Parley's API", status), next)
}

// refused turns an answer other than success into an error.
func (s *Server) refused(status int, text []byte) error {
	var answer StartAnswer
	if json.Unmarshal(text, &answer) != nil || answer.Error == "" {
		return notParley(status, text)
	}
	refusal := &RefusalError{Status: status, Answer: answer, Text: text}
	if answer.Code == adminTokenRequired {
		return hint.New(refusal, s.tokenHint())
	}
	return refusal
}

// adminTokenRequired is the code of an answer to calls without the admin token.
const adminTokenRequired = "AdminTokenRequired"

// tokenHint says where the token is that the server wants.
func (s *Server) tokenHint() string {
	switch {
	case !s.config.Settings.AdminToken.IsZero():
		return "the server's admin token is another than the one given by " + s.config.Settings.Origin("admin-token").String()
	case !loopback.Host(s.base.Hostname()):
		return "give the server's admin token in PARLEY_ADMIN_TOKEN; the one kept on this machine is not sent elsewhere"
	case s.token.IsZero():
		return "give the token that the server printed in PARLEY_ADMIN_TOKEN, or its data directory with --data-dir"
	}
	return "the token in " + screen.Printable(s.kept) + " is another server's: give this one's in PARLEY_ADMIN_TOKEN, or its data directory with --data-dir"
}

// isCode reports whether an error is a refusal with one of some codes.
func isCode(err error, codes ...string) bool {
	refusal, ok := errors.AsType[*RefusalError](err)
	return ok && slices.Contains(codes, refusal.Answer.Code)
}

// callError explains why no answer came.
func callError(err error, address string) error {
	if inner, ok := errors.AsType[*url.Error](err); ok {
		err = inner.Err // the address is in the message already
	}
	if errors.Is(err, syscall.ECONNREFUSED) {
		return hint.New(
			fmt.Errorf("nothing listens at %s", address),
			"start a server in another terminal with `parley serve`, or name another one with --server URL",
		)
	}
	return hint.New(fmt.Errorf("posting to %s: %w", address, err), "check --server (or --addr), and that the server is running")
}
