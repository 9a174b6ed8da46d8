// Package awswire is AWS's REST-JSON protocol as far as Amazon Connect uses it:
// how errors and request ids travel over HTTP, in both directions.
//
// It knows no operation and no AWS SDK. Everything in it is safe for concurrent
// use.
//
// Source: https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html
package awswire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Header names of the protocol, in the spelling AWS sends.
const (
	HeaderErrorType = "x-amzn-ErrorType"
	HeaderRequestID = "x-amzn-RequestId"
)

// Error is a failed AWS call as it stands on the wire.
type Error struct {
	// Name is the exception, e.g. "ResourceNotFoundException"; empty when the
	// answer named none (its body was not AWS's JSON, for example).
	Name string
	// Message is the service's own text. It can name accounts and roles: show it
	// to a developer, never to the public.
	Message string
	// Status is the HTTP status.
	Status int
	// RequestID identifies the call in AWS's logs; empty when none was sent.
	RequestID string
	// RetryAfter is what the service asked callers to wait; zero when it did not.
	RetryAfter time.Duration
	// Members are further members of the answer's body, by name; nil for none.
	Members map[string]any
	// Cause is what failed where the answer was made, when that is this process; it is never sent.
	Cause error
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Error implements error.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Name != "" {
		b.WriteString(e.Name)
	} else {
		fmt.Fprintf(&b, "http status %d", e.Status)
	}
	if e.Message != "" {
		b.WriteString(": " + e.Message)
	}
	if e.RequestID != "" {
		b.WriteString(" (request id " + e.RequestID + ")")
	}
	return b.String()
}

// ErrorCode returns the exception's name, as the AWS SDK's retry rules read it.
func (e *Error) ErrorCode() string { return e.Name }

// ErrorMessage returns the service's text.
func (e *Error) ErrorMessage() string { return e.Message }

// HTTPStatusCode returns the status, as the AWS SDK's retry rules read it.
func (e *Error) HTTPStatusCode() int { return e.Status }

// ParseError reads a failed answer. It never fails itself: what is missing stays
// empty. The name is looked for where AWS SDKs look, in their order: the
// x-amzn-errortype header, then the body's "code", then its "__type"; it is cut
// at a colon and freed from a namespace before "#".
func ParseError(status int, header http.Header, body []byte) *Error {
	e := &Error{Status: status, RequestID: RequestID(header), RetryAfter: RetryAfter(header)}
	var doc map[string]json.RawMessage
	if json.Unmarshal(body, &doc) != nil {
		doc = nil
	}
	name := header.Get(HeaderErrorType)
	if name == "" {
		name = textMember(doc, "code")
	}
	if name == "" {
		name = textMember(doc, "__type")
	}
	e.Name = cleanName(name)
	e.Message = withoutCanonicalRequest(textMember(doc, "message"))
	return e
}

// withoutCanonicalRequest cuts what AWS appends when a signature does not match: the
// request as AWS signed it, the session token among its headers.
func withoutCanonicalRequest(message string) string {
	lower := strings.ToLower(message)
	for _, mark := range []string{"the canonical string", "canonical request", "the string-to-sign", "x-amz-security-token"} {
		if i := strings.Index(lower, mark); i >= 0 {
			message, lower = message[:i], lower[:i]
		}
	}
	return strings.TrimSpace(message)
}

// RequestID returns the id AWS gave the call, or "".
func RequestID(header http.Header) string {
	for _, key := range []string{"X-Amzn-Requestid", "X-Amzn-Request-Id", "X-Amz-Request-Id", "X-Amz-Requestid"} {
		if id := header.Get(key); id != "" {
			return id
		}
	}
	return ""
}

// RetryAfter reads the waits AWS may ask for: x-amz-retry-after in milliseconds,
// or Retry-After in seconds or as a date (RFC 9110, section 10.2.3).
func RetryAfter(header http.Header) time.Duration {
	if ms, err := time.ParseDuration(header.Get("X-Amz-Retry-After") + "ms"); err == nil && ms > 0 {
		return ms
	}
	value := header.Get("Retry-After")
	if s, err := time.ParseDuration(value + "s"); err == nil && s > 0 {
		return s
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, time.Until(at))
	}
	return 0
}

// textMember finds a member whatever its case: live services write both
// "message" and "Message".
func textMember(doc map[string]json.RawMessage, name string) string {
	for key, raw := range doc {
		if strings.EqualFold(key, name) && bytes.HasPrefix(raw, []byte(`"`)) {
			var text string
			if json.Unmarshal(raw, &text) == nil {
				return text
			}
		}
	}
	return ""
}

func cleanName(name string) string {
	name, _, _ = strings.Cut(name, ":")
	if i := strings.LastIndexByte(name, '#'); i >= 0 {
		name = name[i+1:]
	}
	return strings.TrimSpace(name)
}

// Errors that stand for a call that never reached the service, so that packages
// which do not know the AWS SDK can tell them apart.
var (
	// ErrCredentials marks a failure to obtain AWS credentials.
	ErrCredentials = errors.New("no aws credentials")
	// ErrAnswer marks an answer that is not the service's protocol: not JSON, too
	// long, or cut off.
	ErrAnswer = errors.New("not an answer of the service")
)
