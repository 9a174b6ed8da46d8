package diagnosis_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/diagnosis"
)

var update = flag.Bool("update", false, "rewrite generated files")

// Each known cause of a failed call, as it comes from AWS or the network.
func TestFindNamesTheCause(t *testing.T) {
	t.Parallel()
	answer := func(status int, name, message string) error {
		return fmt.Errorf("calling: %w", &awswire.Error{Status: status, Name: name, Message: message})
	}
	tests := []struct {
		want diagnosis.ID
		err  error
	}{
		{diagnosis.CredentialsMissing, fmt.Errorf("loading: %w", awswire.ErrCredentials)},
		{diagnosis.CredentialsExpired, answer(403, "ExpiredTokenException", "The security token included in the request is expired")},
		{diagnosis.ClockSkew, answer(403, "InvalidSignatureException", "Signature expired: 20261122T060000Z is now earlier than …")},
		{diagnosis.ClockSkew, answer(403, "RequestTimeTooSkewed", "")},
		{diagnosis.CredentialsInvalid, answer(403, "UnrecognizedClientException", "The security token included in the request is invalid.")},
		{diagnosis.CredentialsInvalid, answer(403, "InvalidSignatureException", "The request signature we calculated does not match")},
		{diagnosis.AccessDenied, answer(403, "AccessDeniedException", "User: arn:… is not authorized to perform: connect:StartChatContact")},
		{diagnosis.FlowNotPublished, answer(404, "ContactFlowNotPublishedException", "")},
		{diagnosis.InstanceOrFlow, answer(404, "ResourceNotFoundException", "Resource not found of Type: null")},
		{diagnosis.InstanceOrFlow, answer(404, "ResourceNotFoundException", "ContactFlow not found")},
		{diagnosis.SourceContact, answer(404, "ResourceNotFoundException", "Contact not found: c-1")},
		{diagnosis.ActiveChatQuota, answer(429, "LimitExceededException", "")},
		{diagnosis.Throttled, answer(429, "TooManyRequestsException", "")},
		{diagnosis.Throttled, answer(400, "ThrottlingException", "Rate exceeded")},
		{diagnosis.Throttled, answer(429, "", "")},
		{diagnosis.ParameterRefused, answer(400, "InvalidParameterException", "Invalid parameter:  x")},
		{diagnosis.RequestRefused, answer(400, "InvalidRequestException", "")},
		{diagnosis.RequestRefused, answer(400, "SerializationException", "")},
		{diagnosis.UpstreamTimeout, fmt.Errorf("sending: %w", context.DeadlineExceeded)},
		{diagnosis.UpstreamTimeout, &net.OpError{Op: "dial", Err: os.ErrDeadlineExceeded}},
		{diagnosis.HostNotFound, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "connect.us-west2.amazonaws.com", IsNotFound: true}}},
		{diagnosis.ConnectionRefused, &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}},
		{diagnosis.TLSFailure, &tls.CertificateVerificationError{Err: errors.New("unknown authority")}},
		{diagnosis.NotAmazonConnect, fmt.Errorf("%w: <html>", awswire.ErrAnswer)},
		{diagnosis.NotAmazonConnect, answer(403, "", "")},
		{diagnosis.NotAmazonConnect, answer(301, "", "moved")},
		{diagnosis.ServiceFault, answer(500, "InternalServiceException", "")},
		{diagnosis.ServiceFault, answer(503, "", "")},
		{diagnosis.ConnectionLost, fmt.Errorf("sending: %w", io.ErrUnexpectedEOF)},
		{diagnosis.ConnectionLost, &net.OpError{Op: "read", Err: os.NewSyscallError("read", syscall.ECONNRESET)}},
		{diagnosis.UpstreamRefusal, answer(418, "TeapotException", "")},
		{diagnosis.Unknown, errors.New("something else")},
	}
	covered := map[diagnosis.ID]bool{}
	for _, tt := range tests {
		covered[tt.want] = true
		if got := diagnosis.Find(diagnosis.Failure{Err: tt.err}); got.ID != tt.want {
			t.Errorf("%v: rule %s, want %s", tt.err, got.ID, tt.want)
		}
	}
	for _, rule := range diagnosis.Rules() {
		if rule.Group == "What Amazon Connect answered" && !covered[rule.ID] {
			t.Errorf("no failure in this test is explained by rule %s", rule.ID)
		}
	}
}

func TestRulesAreComplete(t *testing.T) {
	t.Parallel()
	seen := map[diagnosis.ID]bool{}
	for _, rule := range diagnosis.Rules() {
		if seen[rule.ID] {
			t.Errorf("two rules have the id %s", rule.ID)
		}
		seen[rule.ID] = true
		if !regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`).MatchString(string(rule.ID)) {
			t.Errorf("the id %q is not lower-case words", rule.ID)
		}
		for part, text := range map[string]string{"title": rule.Title, "sentence": rule.Sentence, "remedy": rule.Remedy, "detail": rule.Detail, "group": rule.Group} {
			if text == "" {
				t.Errorf("rule %s has no %s", rule.ID, part)
			}
		}
		if !strings.HasSuffix(rule.Sentence, ".") || !strings.HasSuffix(rule.Remedy, ".") && !strings.HasSuffix(rule.Remedy, "}.") {
			t.Errorf("rule %s: sentence and remedy end with a full stop", rule.ID)
		}
		if diagnosis.Lookup(rule.ID).Title != rule.Title {
			t.Errorf("Lookup(%s) finds another rule", rule.ID)
		}
	}
	if got := diagnosis.Lookup("no-such-rule").ID; got != diagnosis.Unknown {
		t.Errorf("an unknown id is explained by %s", got)
	}
}

func TestProblemAnswer(t *testing.T) {
	t.Parallel()
	p := diagnosis.Explain(diagnosis.Failure{Err: &awswire.Error{
		Status: 429, Name: "TooManyRequestsException", Message: "Rate exceeded", RequestID: "r-1", RetryAfter: 1500 * time.Millisecond,
	}}, false)
	w := httptest.NewRecorder()
	p.Write(w, "http://localhost:3000/docs/errors")
	if w.Code != 429 || w.Header().Get("Retry-After") != "2" || w.Header().Get("Content-Type") != "application/json" ||
		w.Header().Get("X-Amzn-Errortype") != "TooManyRequestsException" {
		t.Errorf("got %d %v", w.Code, w.Header())
	}
	rule := diagnosis.Lookup(diagnosis.Throttled)
	want := map[string]any{
		"error": rule.Sentence, "code": "TooManyRequestsException", "hint": rule.Remedy,
		"docs": "http://localhost:3000/docs/errors#throttled", "requestId": "r-1",
		"data": map[string]any{"Error": map[string]any{
			"name": "TooManyRequestsException", "code": "TooManyRequestsException", "message": "Rate exceeded",
			"statusCode": 429.0, "requestId": "r-1",
		}},
		"__type": "TooManyRequestsException", "message": "Rate exceeded",
	}
	var got map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
}

func TestD3ExplainForThePublic(t *testing.T) {
	t.Parallel()
	const account = "arn:aws:iam::111122223333:role/prod"
	tests := []struct {
		name   string
		err    error
		status int
		code   string
	}{
		{"denied", &awswire.Error{Status: 403, Name: "AccessDeniedException", Message: account}, 502, "Misconfigured"},
		{"credentials", fmt.Errorf("%w: %s", awswire.ErrCredentials, account), 502, "Misconfigured"},
		{"fault", &awswire.Error{Status: 500, Name: "InternalServiceException", Message: account}, 502, "InternalServiceException"},
		{"not found stays", &awswire.Error{Status: 404, Name: "ResourceNotFoundException", Message: account}, 404, "ResourceNotFoundException"},
		{"refused", &awswire.Error{Status: 400, Name: "InvalidParameterException", Message: account}, 400, "InvalidParameterException"},
		{"throttled", &awswire.Error{Status: 429, Name: "TooManyRequestsException", Message: account}, 429, "TooManyRequestsException"},
		{"nothing known", &awswire.Error{Status: 418, Name: "TeapotException", Message: account}, 418, "TeapotException"},
		{"no name", &awswire.Error{Status: 400, Message: account}, 400, "Bad Request"},
		{"ours", diagnosis.New(diagnosis.MaxChatsReached, "%s", account), 429, "MaxChatsReached"},
	}
	neutral := map[string]bool{
		"The chat service is not set up correctly.": true, "The chat service is not available at the moment.": true,
		"The chat service is busy at the moment.": true, "The chat could not be started.": true,
	}
	for _, tt := range tests {
		p := diagnosis.Explain(diagnosis.Failure{Err: tt.err}, true)
		if p.Status != tt.status || p.Code != tt.code {
			t.Errorf("%s: %d %s, want %d %s", tt.name, p.Status, p.Code, tt.status, tt.code)
		}
		body := p.JSON("/docs")
		if strings.Contains(string(body), "111122223333") || strings.Contains(string(body), "#") || strings.Contains(string(body), "--") {
			t.Errorf("%s: the answer says what customers cannot use: %s", tt.name, body)
		}
		var answer struct {
			Error string
			Data  struct {
				Error struct {
					Name, Message string
					StatusCode    int
				}
			}
		}
		if err := json.Unmarshal(body, &answer); err != nil || !neutral[answer.Error] || answer.Data.Error.Message != answer.Error ||
			answer.Data.Error.Name != tt.code || answer.Data.Error.StatusCode != tt.status {
			t.Errorf("%s: %v %s", tt.name, err, body)
		}
		if _, own := tt.err.(*diagnosis.Problem); !own && !errors.Is(p, tt.err) { //nolint:errorlint // the error itself
			t.Errorf("%s: the cause is lost", tt.name)
		}
	}
}

func TestRetryAfterOfEvery429(t *testing.T) {
	t.Parallel()
	for _, rule := range diagnosis.Rules() {
		if rule.Status == 429 && rule.RetryAfter == 0 {
			t.Errorf("rule %s answers 429 without saying how long to wait", rule.ID)
		}
	}
	for asked, want := range map[time.Duration]string{0: "1", 5 * time.Second: "5"} {
		w := httptest.NewRecorder()
		diagnosis.Explain(diagnosis.Failure{Err: &awswire.Error{Status: 429, Name: "TooManyRequestsException", RetryAfter: asked}}, false).Write(w, "")
		if got := w.Header().Get("Retry-After"); got != want {
			t.Errorf("AWS asked for %v: Retry-After = %q, want %q", asked, got, want)
		}
	}
}

// Links lead to the host that was called, which is the only one a phone can reach.
func TestDocsURL(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("POST", "http://10.0.2.2:3000/startChatContact", nil)
	secure := httptest.NewRequest("POST", "https://10.0.2.2:3000/", nil)
	for _, tt := range []struct {
		configured string
		r          *http.Request
		want       string
	}{
		{"", r, ""},
		{"/docs/errors", r, "http://10.0.2.2:3000/docs/errors"},
		{"/docs/errors", secure, "https://10.0.2.2:3000/docs/errors"},
		{"https://chat.example/docs/errors", r, "https://chat.example/docs/errors"},
	} {
		if got := diagnosis.DocsURL(tt.configured, tt.r); got != tt.want {
			t.Errorf("DocsURL(%q) = %q, want %q", tt.configured, got, tt.want)
		}
	}
}

// docs/errors.md is generated from the rules.
func TestErrorsPage(t *testing.T) {
	t.Parallel()
	var want bytes.Buffer
	if err := diagnosis.Markdown(&want); err != nil {
		t.Fatal(err)
	}
	page := filepath.Join("..", "..", "docs", "errors.md")
	if *update {
		if err := os.WriteFile(page, want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.String(), string(got)); diff != "" {
		t.Errorf("docs/errors.md is out of date; run go generate ./... (-want +got):\n%s", diff)
	}
}
