package awsfake_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/parley-chat/parley/internal/awsfake"
)

const startBody = `{"InstanceId":"i-1","ContactFlowId":"f-1","ParticipantDetails":{"DisplayName":"Ana"},"ClientToken":"t-1"}`

// signing says how a request of a test is signed.
type signing struct {
	key             aws.Credentials
	service, region string
	at              time.Time
}

func goodSigning() signing {
	return signing{
		key:     aws.Credentials{AccessKeyID: awsfake.DefaultAccessKeyID, SecretAccessKey: awsfake.DefaultSecretAccessKey},
		service: "connect", region: awsfake.DefaultRegion, at: time.Now(),
	}
}

// newRequest returns a request signed by AWS's own signer.
func newRequest(tb testing.TB, method, url, body string, s signing) *http.Request {
	tb.Helper()
	request, err := http.NewRequestWithContext(tb.Context(), method, url, strings.NewReader(body))
	if err != nil {
		tb.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Amz-Sdk-Request", "attempt=1;  max=3")
	sum := sha256.Sum256([]byte(body))
	if err := v4.NewSigner().SignHTTP(tb.Context(), s.key, request, hex.EncodeToString(sum[:]), s.service, s.region, s.at); err != nil {
		tb.Fatal(err)
	}
	return request
}

func send(tb testing.TB, request *http.Request) (status int, header http.Header, body string) {
	tb.Helper()
	response, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(request)
	if err != nil {
		tb.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		tb.Fatal(err)
	}
	return response.StatusCode, response.Header, string(text)
}

func TestSignaturesAreChecked(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		change  func(*signing)
		tamper  func(*http.Request)
		want    int
		wantErr string
	}{
		{name: "good", want: 200},
		{name: "unsigned", tamper: func(r *http.Request) { r.Header.Del("Authorization") }, want: 403, wantErr: "MissingAuthenticationTokenException"},
		{name: "malformed", tamper: func(r *http.Request) { r.Header.Set("Authorization", "AWS4-HMAC-SHA256 nonsense") }, want: 403, wantErr: "IncompleteSignatureException"},
		{name: "unknown key", change: func(s *signing) { s.key.AccessKeyID = "AKIDOTHER" }, want: 403, wantErr: "UnrecognizedClientException"},
		{name: "wrong secret", change: func(s *signing) { s.key.SecretAccessKey += "x" }, want: 403, wantErr: "InvalidSignatureException"},
		{name: "needless session", change: func(s *signing) { s.key.SessionToken = "x" }, want: 403, wantErr: "UnrecognizedClientException"},
		{name: "wrong region", change: func(s *signing) { s.region = "eu-west-1" }, want: 403, wantErr: "InvalidSignatureException"},
		{name: "wrong service", change: func(s *signing) { s.service = "s3" }, want: 403, wantErr: "InvalidSignatureException"},
		{name: "slow clock", change: func(s *signing) { s.at = s.at.Add(-6 * time.Minute) }, want: 403, wantErr: "InvalidSignatureException"},
		{name: "fast clock", change: func(s *signing) { s.at = s.at.Add(6 * time.Minute) }, want: 403, wantErr: "InvalidSignatureException"},
		{name: "clock within tolerance", change: func(s *signing) { s.at = s.at.Add(4 * time.Minute) }, want: 200},
		{name: "header changed", tamper: func(r *http.Request) { r.Header.Set("Amz-Sdk-Request", "attempt=2") }, want: 403, wantErr: "InvalidSignatureException"},
		{name: "path changed", tamper: func(r *http.Request) { r.URL.Path = "/contact/stop"; r.Method = "POST" }, want: 403, wantErr: "InvalidSignatureException"},
		{name: "body changed", tamper: func(r *http.Request) {
			r.Body = io.NopCloser(strings.NewReader(strings.Replace(startBody, "Ana", "Eva", 1)))
		}, want: 403, wantErr: "InvalidSignatureException"},
		{name: "x-amz header unsigned", tamper: func(r *http.Request) { r.Header.Set("X-Amz-Target", "x") }, want: 403, wantErr: "InvalidSignatureException"},
		{name: "unsigned header added", tamper: func(r *http.Request) { r.Header.Set("X-Other", "x") }, want: 200},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			endpoint := awsfake.Start(t)
			s := goodSigning()
			if test.change != nil {
				test.change(&s)
			}
			request := newRequest(t, http.MethodPut, endpoint.URL+"/contact/chat", startBody, s)
			if test.tamper != nil {
				test.tamper(request)
			}
			status, header, body := send(t, request)
			if status != test.want || header.Get("x-amzn-ErrorType") != test.wantErr {
				t.Errorf("answer %d %q, want %d %q\n%s", status, header.Get("x-amzn-ErrorType"), test.want, test.wantErr, body)
			}
			if header.Get("x-amzn-RequestId") == "" {
				t.Error("the answer has no request id")
			}
			if got := endpoint.Requests()[0].Accepted; got != (test.want == 200) {
				t.Errorf("recorded as accepted: %v", got)
			}
		})
	}
}

func TestEscapedPathsAndQueriesAreSignedRight(t *testing.T) {
	t.Parallel()
	endpoint := awsfake.Start(t, awsfake.Config{Instances: []awsfake.Instance{{
		ID: "i-1", Alias: "shop", Origins: []string{"https://a.example", "https://b.example", "https://c.example"},
		Flows: []awsfake.Flow{{ID: "f-1", Name: "Chat", Status: "SAVED"}},
	}}})
	for path, want := range map[string]string{
		"/instance/arn%3Aaws%3Aconnect%3Aus-west-2%3A123456789012%3Ainstance%2Fi-1": `"InstanceAlias":"shop"`,
		"/contact-flows/i-1/f-1":                                   `"Status":"SAVED"`,
		"/instance/i-1/approved-origins":                           `"NextToken":"2"`,
		"/instance/i-1/approved-origins?nextToken=2&maxResults=25": `{"Origins":["https://c.example"]}`,
		"/instance/other":                                          "Resource not found of Type: null",
	} {
		_, _, body := send(t, newRequest(t, http.MethodGet, endpoint.URL+path, "", goodSigning()))
		if !strings.Contains(body, want) {
			t.Errorf("GET %s answered %s, want %s", path, body, want)
		}
	}
}

func TestStartAndStop(t *testing.T) {
	t.Parallel()
	endpoint := awsfake.Start(t)
	start := func() (answer struct{ ContactId, ParticipantId, ParticipantToken string }) {
		_, _, body := send(t, newRequest(t, http.MethodPut, endpoint.URL+"/contact/chat", startBody, goodSigning()))
		if err := json.Unmarshal([]byte(body), &answer); err != nil {
			t.Fatal(err)
		}
		return answer
	}
	first, second := start(), start()
	if first != second {
		t.Errorf("the same ClientToken gave %v and then %v", first, second)
	}
	if !strings.HasPrefix(first.ParticipantToken, "QVFJREFI") || len(first.ContactId) != 36 || len(first.ParticipantId) != 36 {
		t.Errorf("not a realistic answer: %+v", first)
	}
	if open := endpoint.OpenContacts(); open != 1 {
		t.Errorf("%d open contacts, want 1", open)
	}
	for id, want := range map[string]int{first.ContactId: 200, "unknown": 410} {
		status, _, body := send(t, newRequest(t, http.MethodPost, endpoint.URL+"/contact/stop", `{"InstanceId":"i-1","ContactId":"`+id+`"}`, goodSigning()))
		if status != want {
			t.Errorf("stopping %s answered %d %s, want %d", id, status, body, want)
		}
	}
	if open := endpoint.OpenContacts(); open != 0 {
		t.Errorf("%d open contacts after the stop, want 0", open)
	}
}

func TestScript(t *testing.T) {
	t.Parallel()
	endpoint := awsfake.Start(t)
	endpoint.Script(
		awsfake.Step{Operation: "DescribeInstance", Error: "AccessDeniedException", Status: 403},
		awsfake.Step{Status: 429, Error: "TooManyRequestsException", Message: "slow", Header: http.Header{"Retry-After": {"7"}}},
		awsfake.Step{Status: 200, Body: "<html>"},
		awsfake.Step{Skew: time.Hour},
	)
	call := func() (int, http.Header, string) {
		return send(t, newRequest(t, http.MethodPut, endpoint.URL+"/contact/chat", startBody, goodSigning()))
	}
	status, header, body := call()
	if status != 429 || header.Get("Retry-After") != "7" || header.Get("x-amzn-ErrorType") != "TooManyRequestsException" || body != `{"Message":"slow"}` {
		t.Errorf("first answer %d %v %s", status, header, body)
	}
	if _, _, body := call(); body != "<html>" {
		t.Errorf("second answer %s", body)
	}
	_, header, _ = call()
	date, err := http.ParseTime(header.Get("Date"))
	if ahead := time.Until(date); err != nil || ahead < 59*time.Minute {
		t.Errorf("the third answer's date is %v ahead, %v", ahead, err)
	}
	if left := endpoint.ScriptLeft(); left != 1 {
		t.Errorf("%d steps left, want the one of DescribeInstance", left)
	}
}

func TestBrokenConnections(t *testing.T) {
	t.Parallel()
	endpoint := awsfake.Start(t)
	endpoint.Script(awsfake.Step{Reset: true}, awsfake.Step{Hang: true}, awsfake.Step{Truncate: true, Body: "{"})
	transport := &http.Transport{DisableKeepAlives: true}
	request := newRequest(t, http.MethodPut, endpoint.URL+"/contact/chat", startBody, goodSigning())
	if response, err := transport.RoundTrip(request); err == nil {
		response.Body.Close()
		t.Error("the reset call was answered")
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		_ = endpoint.Await(ctx, 2)
		cancel()
	}()
	request = newRequest(t, http.MethodPut, endpoint.URL+"/contact/chat", startBody, goodSigning())
	if _, err := transport.RoundTrip(request.WithContext(ctx)); !errors.Is(err, context.Canceled) {
		t.Errorf("the hanging call ended with %v", err)
	}
	response, err := transport.RoundTrip(newRequest(t, http.MethodPut, endpoint.URL+"/contact/chat", startBody, goodSigning()))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if text, err := io.ReadAll(response.Body); err == nil {
		t.Errorf("the cut answer was read whole: %s", text)
	}
}

func TestClockAndExpiry(t *testing.T) {
	t.Parallel()
	endpoint := awsfake.Start(t)
	call := func(s signing) string {
		_, header, _ := send(t, newRequest(t, http.MethodPut, endpoint.URL+"/contact/chat", startBody, s))
		return header.Get("x-amzn-ErrorType")
	}
	endpoint.SetClock(3 * time.Hour)
	s := goodSigning()
	if got := call(s); got != "InvalidSignatureException" {
		t.Errorf("signed with a slow clock: %q", got)
	}
	s.at = s.at.Add(3 * time.Hour)
	if got := call(s); got != "" {
		t.Errorf("signed with the endpoint's clock: %q", got)
	}
	endpoint.ExpireCredentials()
	if got := call(s); got != "ExpiredTokenException" {
		t.Errorf("signed with expired credentials: %q", got)
	}
}

func TestQueryProtocol(t *testing.T) {
	t.Parallel()
	endpoint := awsfake.Start(t)
	tests := []struct{ service, region, form, want string }{
		{"sts", awsfake.DefaultRegion, "Action=GetCallerIdentity&Version=2011-06-15", "<Account>123456789012</Account>"},
		{"sts", awsfake.DefaultRegion, "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr", "<SessionToken>session-"},
		{"iam", "us-east-1", "Action=SimulatePrincipalPolicy&Version=2010-05-08&ActionNames.member.1=connect%3AStartChatContact", "<EvalDecision>allowed</EvalDecision>"},
		{"sts", "eu-west-1", "Action=GetCallerIdentity&Version=2011-06-15", "<Code>SignatureDoesNotMatch</Code>"},
	}
	for _, test := range tests {
		s := goodSigning()
		s.service, s.region = test.service, test.region
		_, _, body := send(t, newRequest(t, http.MethodPost, endpoint.URL+"/", test.form, s))
		if !strings.Contains(body, test.want) {
			t.Errorf("%s answered %s, want %s", test.form, body, test.want)
		}
	}
}

// BenchmarkStartChat measures what the endpoint itself costs a benchmark.
func BenchmarkStartChat(b *testing.B) {
	endpoint := awsfake.New(awsfake.Config{Stateless: true})
	request := newRequest(b, http.MethodPut, "http://connect.invalid/contact/chat", startBody, goodSigning())
	request.Host = "connect.invalid"
	body := bytes.NewReader([]byte(startBody))
	request.Body = io.NopCloser(body)
	b.ReportAllocs()
	for b.Loop() {
		body.Reset([]byte(startBody))
		w := httptest.NewRecorder()
		endpoint.ServeHTTP(w, request)
		if w.Code != http.StatusOK {
			b.Fatal(w.Body)
		}
	}
}

func TestSecrets(t *testing.T) {
	t.Parallel()
	endpoint := awsfake.Start(t)
	const name = "arn:aws:secretsmanager:us-west-2:123456789012:secret:s-AbCdEf"
	call := func(service, id, stage string) (int, string) {
		s := goodSigning()
		s.service = service
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, endpoint.URL+"/",
			strings.NewReader(`{"SecretId":"`+id+`","VersionStage":"`+stage+`"}`))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("X-Amz-Target", "secretsmanager.GetSecretValue")
		sum := sha256.Sum256([]byte(`{"SecretId":"` + id + `","VersionStage":"` + stage + `"}`))
		if err := v4.NewSigner().SignHTTP(t.Context(), s.key, request, hex.EncodeToString(sum[:]), s.service, s.region, s.at); err != nil {
			t.Fatal(err)
		}
		status, _, body := send(t, request)
		return status, body
	}
	endpoint.SetSecret(name, "one")
	endpoint.SetSecret(name, "two")
	for _, test := range []struct {
		service, id, stage string
		status             int
		want               string
	}{
		{"secretsmanager", name, "AWSCURRENT", 200, `"SecretString":"two"`},
		{"secretsmanager", name, "AWSPREVIOUS", 200, `"SecretString":"one"`},
		{"secretsmanager", name, "AWSPENDING", 400, `"__type":"ResourceNotFoundException"`},
		{"secretsmanager", "other", "AWSCURRENT", 400, `"__type":"ResourceNotFoundException"`},
		{"connect", name, "AWSCURRENT", 403, `"__type":"InvalidSignatureException"`},
	} {
		if status, body := call(test.service, test.id, test.stage); status != test.status || !strings.Contains(body, test.want) {
			t.Errorf("%s of %s, signed for %s: %d %s", test.stage, test.id, test.service, status, body)
		}
	}
}
