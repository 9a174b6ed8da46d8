package awscall

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/parley-chat/parley/internal/awswire"
)

// maxAnswer is the longest answer that is read, in bytes. Real ones are below a kilobyte, but for
// lists and flows.
const maxAnswer = 1 << 20

// attempt sends the call once. It returns the answer's body, its evidence of the service's clock,
// and the failure.
func (x *exchange) attempt(ctx context.Context) ([]byte, sighting, error) {
	x.meta.HTTPStatusCode, x.meta.RequestID, x.meta.ExtendedRequestID, x.meta.CFID = 0, "", "", ""
	request := x.newRequest(ctx)
	c, sent := x.client, time.Now()
	c.signer.sign(request, x.keys, x.payload, signingScope{c.region, c.service.Signing}, sent.Add(x.skew))
	response, err := c.session.transport.RoundTrip(request)
	received := time.Now()
	if err != nil {
		return nil, sighting{}, x.sendError(ctx, err)
	}
	defer func() { _ = response.Body.Close() }() // nothing is left to read
	x.answered = response.Header
	x.meta.HTTPStatusCode = response.StatusCode
	x.meta.RequestID = awswire.RequestID(response.Header)
	x.meta.ExtendedRequestID = response.Header.Get("X-Amz-Id-2")
	x.meta.CFID = response.Header.Get("X-Amz-Cf-Id")
	seen := sight(response.Header, sent, received)

	text, err := readAnswer(response)
	if ctx.Err() != nil && err != nil {
		return nil, seen, x.sendError(ctx, err)
	}
	if response.StatusCode/100 != 2 {
		// Whatever of the body arrived is good enough for an error.
		if c.service.Query {
			return nil, seen, parseQueryError(response.StatusCode, response.Header, text)
		}
		return nil, seen, awswire.ParseError(response.StatusCode, response.Header, text)
	}
	if err != nil {
		return nil, seen, fmt.Errorf("reading the answer of %s: %w: %w", c.service.Title, awswire.ErrAnswer, err)
	}
	return text, seen, nil
}

// sendError marks a failure of the transport as the SDK does, so that its rules
// about repeating calls see what they expect.
func (x *exchange) sendError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("calling %s: %w", x.client.service.Title, ctx.Err())
	}
	return fmt.Errorf("calling %s: %w", x.client.service.Title, &smithyhttp.RequestSendError{Err: err})
}

// newRequest builds the request of one attempt, unsigned. It is written out by hand
// because http.NewRequest would parse the same address for every call.
func (x *exchange) newRequest(ctx context.Context) *http.Request {
	request := (&http.Request{
		Method: x.op.Method, URL: x.client.address(x.op.Path, x.op.Query), Host: x.client.base.Host,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: x.header(),
	}).WithContext(ctx)
	if len(x.body) > 0 {
		body := x.body
		request.ContentLength = int64(len(body))
		request.Body = newPayload(body)
		request.GetBody = func() (io.ReadCloser, error) { return newPayload(body), nil }
	}
	return request
}

// header returns the headers that are signed along, in canonical spelling.
func (x *exchange) header() http.Header {
	c, n := x.client, x.meta.Attempts
	values := []string{x.invocation, "", c.session.userAgent, x.op.ContentType}
	if n <= len(c.attempts) {
		values[1] = c.attempts[n-1]
	} else {
		values[1] = attemptHeader(n, c.retryer.MaxAttempts())
	}
	header := make(http.Header, 8) // the signer adds up to three
	header["Amz-Sdk-Invocation-Id"] = values[0:1:1]
	header["Amz-Sdk-Request"] = values[1:2:2]
	header["User-Agent"] = values[2:3:3]
	if x.op.ContentType != "" {
		header["Content-Type"] = values[3:4:4]
	}
	if x.op.Target != "" {
		header["X-Amz-Target"] = []string{x.op.Target}
	}
	return header
}

// address returns the URL of an escaped path below the endpoint.
func (c *Client) address(path, query string) *url.URL {
	address := *c.base
	address.RawQuery = query
	if c.base.Path == "" {
		address.Path = path
	} else {
		address.Path = c.base.Path + path
	}
	if plain, err := url.PathUnescape(address.Path); err == nil && plain != address.Path {
		address.Path, address.RawPath = plain, c.base.EscapedPath()+path
	}
	return &address
}

// Escape encodes a path label: everything but RFC 3986's unreserved characters, the
// slashes of an ARN included.
func Escape(label string) string {
	return strings.ReplaceAll(strings.ReplaceAll(url.QueryEscape(label), "+", "%20"), "%7E", "~")
}

// newPayload returns a request body that can be read once. It is of a type that
// net/http knows to be in memory: for any other it sends the headers in a write of
// their own.
func newPayload(body []byte) io.ReadCloser { return io.NopCloser(bytes.NewReader(body)) }

var errTooLong = errors.New("longer than 1 MiB")

// readAnswer reads a body to its end, so that the connection can be used again.
func readAnswer(response *http.Response) ([]byte, error) {
	if length := response.ContentLength; length >= 0 && length <= maxAnswer {
		text := make([]byte, length)
		n, err := io.ReadFull(response.Body, text)
		return text[:n], err
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err == nil && len(text) > maxAnswer {
		err = errTooLong
	}
	return text, err
}

// hashOf returns the hexadecimal SHA-256 of a body, which the signature covers.
func hashOf(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}
