package identity

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"golang.org/x/time/rate"
)

const (
	// fetchBurst and fetchEvery bound the fetches of one document. Anybody can send tokens
	// with key ids that nobody knows, and each would cost one.
	fetchBurst = 3
	fetchEvery = 30 * time.Second
	// fetchTimeout bounds a fetch, the answer's body included.
	fetchTimeout = 5 * time.Second
	// maxDocument bounds what is read of an answer. Real ones are a few kilobytes.
	maxDocument = 256 << 10
)

// errLimited says that a document was fetched too often lately.
var errLimited = errors.New("fetched too often lately")

// statusError is the status of an answer that is no document.
type statusError int

// Error implements error.
func (s statusError) Error() string { return fmt.Sprintf("the answer has the status %d", int(s)) }

// limited fetches documents of bounded size, so many in a time. Answers are read whole and
// only good ones are passed on, because what the library makes of the others has their whole
// text in it.
type limited struct {
	base    http.RoundTripper
	limiter *rate.Limiter
}

// RoundTrip implements [http.RoundTripper].
func (l *limited) RoundTrip(request *http.Request) (*http.Response, error) {
	if !l.limiter.Allow() {
		return nil, errLimited
	}
	response, err := l.base.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	body := response.Body
	defer func() { _ = body.Close() }() // it is read to its end, or not wanted
	if response.StatusCode != http.StatusOK {
		return nil, statusError(response.StatusCode)
	}
	text, err := io.ReadAll(io.LimitReader(body, maxDocument+1))
	if err != nil {
		return nil, fmt.Errorf("reading the answer: %w", err)
	}
	if len(text) > maxDocument {
		return nil, fmt.Errorf("the answer is longer than %d bytes", maxDocument)
	}
	response.Body = io.NopCloser(bytes.NewReader(text))
	return response, nil
}

// newClient returns a client with a limit of its own. A redirect is an answer like any other
// that is not 200: keys come from where the configuration says.
func newClient(given *http.Client) *http.Client {
	client := &http.Client{Timeout: fetchTimeout}
	var base http.RoundTripper
	if given != nil {
		base = given.Transport
		if given.Timeout > 0 {
			client.Timeout = given.Timeout
		}
	}
	if base == nil {
		base = &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            (&net.Dialer{Timeout: client.Timeout}).DialContext,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout:    client.Timeout,
			ResponseHeaderTimeout:  client.Timeout,
			MaxResponseHeaderBytes: 64 << 10,
			IdleConnTimeout:        30 * time.Second,
			MaxIdleConns:           1,
			ForceAttemptHTTP2:      true,
		}
	}
	client.Transport = &limited{base: base, limiter: rate.NewLimiter(rate.Every(fetchEvery), fetchBurst)}
	return client
}
