package connectclient_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/connectclient"
	"github.com/parley-chat/parley/internal/startchat"
)

// FuzzAnswers feeds the client whatever a server, a proxy or a captive portal may
// answer: there is a result with all its parts, or an error that says how the call
// went, and no panic.
func FuzzAnswers(f *testing.F) {
	f.Add(true, "ResourceNotFoundException:http://x", `{"ContactId":"c","ParticipantId":"p","ParticipantToken":"t"}`)
	f.Add(false, "", `{"__type":"com.amazonaws.connect#LimitExceededException","message":"m"}`)
	f.Add(false, "", `<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>`)
	f.Add(true, "", `<html>`)
	f.Fuzz(func(t *testing.T, good bool, name, body string) {
		status := http.StatusBadRequest
		if good {
			status = http.StatusOK
		}
		client := mustNew(t, connectclient.Config{Profile: "fake", Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			return &http.Response{
				StatusCode: status, Header: http.Header{"X-Amzn-Errortype": {name}}, ContentLength: -1,
				Body: io.NopCloser(strings.NewReader(body)), Request: r,
			}, nil
		})})
		// Too short for a wait, so that throttling is not tried again.
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		result, err := client.StartChatContact(ctx, startRequest())
		if (result == nil) == (err == nil) {
			t.Fatalf("result %v with error %v", result, err)
		}
		if result != nil && (result.ContactID == "" || result.ParticipantID == "" || result.ParticipantToken.IsZero()) {
			t.Errorf("incomplete result %+v", result)
		}
		if _, ok := errors.AsType[*startchat.CallError](err); err != nil && !ok {
			t.Errorf("%v does not say how the call went", err)
		}
		_, _ = client.CallerIdentity(ctx) // the query protocol's parser must not panic either
	})
}
