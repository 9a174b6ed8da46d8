package connectclient

import (
	"context"
	"encoding/xml"
	"net/http"
	"net/url"

	"github.com/parley-chat/parley/internal/awswire"
)

// query calls an action of a service of AWS's query protocol.
//
// Source: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
func (c *Client) query(ctx context.Context, s *service, form url.Values, out any) error {
	answer, err := c.call(ctx, operation{
		service: s, name: form.Get("Action"), method: http.MethodPost, path: "/",
		contentType: "application/x-www-form-urlencoded; charset=utf-8",
	}, []byte(form.Encode()))
	if err != nil {
		return err
	}
	if err := xml.Unmarshal(answer.body, out); err != nil {
		return answer.strange(err)
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
