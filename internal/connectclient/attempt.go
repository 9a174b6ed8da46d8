package connectclient

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
	"time"

	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/parley-chat/parley/internal/awswire"
)

// maxAnswer bounds what is read of an answer. Real ones are below a kilobyte, but
// for lists and flows.
const maxAnswer = 1 << 20

// attempt sends the call once. It returns the answer's body, what the answer tells
// about the clock, and the failure.
func (x *exchange) attempt(ctx context.Context) ([]byte, sighting, error) {
	x.meta.HTTPStatusCode, x.meta.RequestID, x.meta.ExtendedRequestID, x.meta.CFID = 0, "", "", ""
	request := x.newRequest(ctx)
	at := time.Now().Add(x.skew)
	service := x.op.service
	x.client.signer.sign(request, x.keys, x.payload, service, at)
	sent := time.Now()
	response, err := x.client.transport.RoundTrip(request)
	received := time.Now()
	if err != nil {
		return nil, sighting{}, x.sendError(ctx, err)
	}
	defer func() { _ = response.Body.Close() }() // nothing is left to read
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
		if service.query {
			return nil, seen, parseQueryError(response.StatusCode, response.Header, text)
		}
		return nil, seen, awswire.ParseError(response.StatusCode, response.Header, text)
	}
	if err != nil {
		return nil, seen, fmt.Errorf("reading the answer of %s: %w: %w", service.title, awswire.ErrAnswer, err)
	}
	return text, seen, nil
}

// sendError marks a failure of the transport as the SDK does, so that its rules
// about repeating calls see what they expect.
func (x *exchange) sendError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("calling %s: %w", x.op.service.title, ctx.Err())
	}
	return fmt.Errorf("calling %s: %w", x.op.service.title, &smithyhttp.RequestSendError{Err: err})
}

// newRequest builds the request of one attempt, unsigned. It is written out by hand
// because http.NewRequest would parse the same address for every call.
func (x *exchange) newRequest(ctx context.Context) *http.Request {
	service := x.op.service
	request := (&http.Request{
		Method: x.op.method, URL: service.address(x.op.path, x.op.query), Host: service.base.Host,
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
	n := x.meta.Attempts
	values := []string{x.invocation, "", x.client.userAgent, x.op.contentType}
	if n <= len(x.op.service.attempts) {
		values[1] = x.op.service.attempts[n-1]
	} else {
		values[1] = attemptHeader(n, x.op.service.retryer.MaxAttempts())
	}
	header := make(http.Header, 8) // the signer adds up to three
	header["Amz-Sdk-Invocation-Id"] = values[0:1:1]
	header["Amz-Sdk-Request"] = values[1:2:2]
	header["User-Agent"] = values[2:3:3]
	if x.op.contentType != "" {
		header["Content-Type"] = values[3:4:4]
	}
	return header
}

// address returns the URL of an escaped path below the endpoint.
func (s *service) address(path, query string) *url.URL {
	address := *s.base
	address.RawQuery = query
	if s.base.Path == "" {
		address.Path = path
	} else {
		address.Path = s.base.Path + path
	}
	if plain, err := url.PathUnescape(address.Path); err == nil && plain != address.Path {
		address.Path, address.RawPath = plain, s.base.EscapedPath()+path
	}
	return &address
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
