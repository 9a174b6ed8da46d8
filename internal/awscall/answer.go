package awscall

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"

	"github.com/parley-chat/parley/internal/awswire"
)

// Answer is a successful answer, read to its end.
type Answer struct {
	Body     []byte
	Header   http.Header
	Metadata awswire.Metadata
}

// JSON decodes an answer of REST-JSON or AWS JSON 1.1. Members that are missing or null stay zero,
// unknown ones are ignored. Errors are those of [Answer.Strange].
func (a *Answer) JSON(out any) error {
	if err := json.Unmarshal(a.Body, out); err != nil {
		return a.Strange(err)
	}
	return nil
}

// Strange returns the error for an answer that is not the service's protocol: an [awswire.CallError]
// around [awswire.ErrAnswer]. It does not quote the answer, which may hold a token.
func (a *Answer) Strange(why error) error {
	return &awswire.CallError{Metadata: a.Metadata, Err: fmt.Errorf("%w: %d bytes: %w", awswire.ErrAnswer, len(a.Body), why)}
}

// Query calls an action of a service of AWS's query protocol and decodes the XML of its answer. The
// form holds the action, its version and its parameters. Errors are those of [Client.Call] and
// [Answer.Strange].
//
// Source: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
func (c *Client) Query(ctx context.Context, form url.Values, out any) error {
	answer, err := c.Call(ctx, Operation{
		Method: http.MethodPost, Path: "/", ContentType: "application/x-www-form-urlencoded; charset=utf-8",
	}, []byte(form.Encode()))
	if err != nil {
		return err
	}
	if err := xml.Unmarshal(answer.Body, out); err != nil {
		return answer.Strange(err)
	}
	return nil
}

// parseQueryError reads a failed answer of the query protocol. Like
// [awswire.ParseError] it never fails itself.
func parseQueryError(status int, header http.Header, body []byte) *awswire.Error {
	var doc struct {
		Error     struct{ Code, Message string }
		RequestID string `xml:"RequestId"`
	}
	if xml.Unmarshal(body, &doc) != nil {
		return awswire.ParseError(status, header, body)
	}
	e := &awswire.Error{
		Name: doc.Error.Code, Message: doc.Error.Message, Status: status, RequestID: doc.RequestID,
		RetryAfter: awswire.RetryAfter(header),
	}
	if e.RequestID == "" {
		e.RequestID = awswire.RequestID(header)
	}
	return e
}
