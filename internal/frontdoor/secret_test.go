package frontdoor_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/awscall"
	"github.com/parley-chat/parley/internal/awsfake"
	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/frontdoor"
	"github.com/parley-chat/parley/internal/hint"
	"github.com/parley-chat/parley/internal/secret"
)

const (
	canary    = "canary-of-a-secret-key-0123456789abcdef"
	secretARN = "arn:aws:secretsmanager:" + awsfake.DefaultRegion + ":123456789012:secret:parley/jwt-AbCdEf"
	firstKey  = canary + "-first"
	secondKey = canary + "-second"
	thirdKey  = canary + "-third"
)

func TestMain(m *testing.M) { awsfake.Main(m) }

func secretConfig(endpoint *awsfake.Endpoint, log *slog.Logger) frontdoor.SecretConfig {
	return frontdoor.SecretConfig{ARN: secretARN, Profile: "fake", Transport: endpoint, Log: log}
}

func wantKeys(t *testing.T, source *frontdoor.SecretSource, want ...string) {
	t.Helper()
	keys, err := source.Keys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, revealed(keys)); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
}

func revealed(keys []secret.Text) []string {
	var plain []string
	for _, key := range keys {
		plain = append(plain, key.Reveal())
	}
	return plain
}

func TestSecretIsCalledAsAWSWantsIt(t *testing.T) {
	endpoint := awsfake.Start(t)
	endpoint.SetSecret(secretARN, firstKey)
	t.Setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", endpoint.URL)
	// The Region of the secret's name wins over the one chats are started in.
	t.Setenv("AWS_REGION", "eu-central-1")
	source, err := frontdoor.NewSecretSource(t.Context(), frontdoor.SecretConfig{ARN: secretARN, Profile: "fake"})
	if err != nil {
		t.Fatal(err)
	}
	wantKeys(t, source, firstKey)
	requests := endpoint.Requests("GetSecretValue")
	if len(requests) != 2 || endpoint.Calls() != 2 {
		t.Fatalf("%d calls, %d of GetSecretValue", endpoint.Calls(), len(requests))
	}
	for i, stage := range []string{"AWSCURRENT", "AWSPREVIOUS"} {
		if want := fmt.Sprintf(`{"SecretId":%q,"VersionStage":%q}`, secretARN, stage); string(requests[i].Body) != want || !requests[i].Accepted {
			t.Errorf("call %d: %s, want %s (signature good: %v)", i, requests[i].Body, want, requests[i].Accepted)
		}
	}
}

func TestSecretValues(t *testing.T) {
	t.Parallel()
	const short = "placeholder"
	for name, test := range map[string]struct {
		values []string
		want   []string
		err    string
	}{
		"text":                            {[]string{firstKey}, []string{firstKey}, ""},
		"json":                            {[]string{`{"key": "` + firstKey + `","other":1}`}, []string{firstKey}, ""},
		"rotated":                         {[]string{firstKey, `{"key":"` + secondKey + `"}`}, []string{secondKey, firstKey}, ""},
		"rotated from a placeholder":      {[]string{short, firstKey}, []string{firstKey}, ""},
		"rotated from json without a key": {[]string{`{"password":"` + canary + `"}`, firstKey}, []string{firstKey}, ""},
		"a key that begins like json":     {[]string{"{" + firstKey}, []string{"{" + firstKey}, ""},
		"json without a key":              {[]string{`{"password":"` + canary + `"}`}, nil, `JSON object without a text member "key"`},
		"json with a number":              {[]string{`{"key":12345678901234567890123456789012}`}, nil, `JSON object without a text member "key"`},
		"short":                           {[]string{short}, nil, "a key of 11 bytes, and 32 are needed"},
		"short in json":                   {[]string{`{"key":"` + short + `"}`}, nil, "a key of 11 bytes, and 32 are needed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			endpoint := awsfake.New(awsfake.Config{})
			for _, value := range test.values {
				endpoint.SetSecret(secretARN, value)
			}
			source, err := frontdoor.NewSecretSource(t.Context(), secretConfig(endpoint, nil))
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Fatalf("error %v, want one with %q", err, test.err)
				}
				noValue(t, err)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			wantKeys(t, source, test.want...)
			if shown := fmt.Sprintf("%v %+v %#v %q", source, source, source, source); strings.Contains(shown, canary) {
				t.Errorf("a value is shown: %s", shown)
			}
		})
	}
}

// noValue fails when an error, in whatever form, holds a value, or lacks the ARN or a hint.
func noValue(t *testing.T, err error) {
	t.Helper()
	if hint.Of(err) == "" {
		t.Fatalf("%v has no hint", err)
	}
	if !strings.Contains(err.Error(), secretARN) {
		t.Errorf("%q does not name the secret", err)
	}
	for e := err; e != nil; e = errors.Unwrap(e) {
		if shown := fmt.Sprintf("%v %+v %#v", e, e, e); strings.Contains(shown, canary) {
			t.Errorf("a value is shown: %s", shown)
		}
	}
}

func TestSecretThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		step awsfake.Step
		text string
		hint string
	}{
		"no permission": {
			awsfake.Step{Status: 400, Error: "AccessDeniedException", Message: "User: arn:aws:sts::1:x is not authorized"},
			"AccessDeniedException: User", "secretsmanager:GetSecretValue",
		},
		"another region":        {awsfake.Step{Error: "ResourceNotFoundException", Message: "can't find"}, "ResourceNotFoundException", awsfake.DefaultRegion},
		"no use of the key":     {awsfake.Step{Error: "DecryptionFailure", Message: "no"}, "DecryptionFailure", "KMS key"},
		"about to be deleted":   {awsfake.Step{Error: "InvalidRequestException", Message: "marked for deletion"}, "marked for deletion", "restore-secret"},
		"expired credentials":   {awsfake.Step{Error: "ExpiredTokenException", Message: "expired"}, "ExpiredTokenException", "renew them"},
		"something else":        {awsfake.Step{Error: "InvalidParameterException", Message: "?"}, "InvalidParameterException", "GetSecretValue"},
		"an answer not of AWS":  {awsfake.Step{Body: `<html>` + canary}, "", "could not be reached"},
		"a value that is cut":   {awsfake.Step{Body: `{"SecretString":"` + canary}, "", "could not be reached"},
		"no value in an answer": {awsfake.Step{Body: `{"ARN":"` + canary + `"}`}, "is binary and not text", "openssl rand"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			endpoint := awsfake.New(awsfake.Config{})
			endpoint.SetSecret(secretARN, firstKey)
			endpoint.Script(test.step)
			_, err := frontdoor.NewSecretSource(t.Context(), secretConfig(endpoint, nil))
			if err == nil || !strings.Contains(err.Error(), test.text) {
				t.Fatalf("error %v, want one with %q", err, test.text)
			}
			noValue(t, err)
			if got := hint.Of(err); !strings.Contains(got, test.hint) {
				t.Errorf("hint %q, want one with %q", got, test.hint)
			}
		})
	}
}

func TestSecretConfigIsChecked(t *testing.T) {
	t.Parallel()
	for _, arn := range []string{"", "parley/jwt", "arn:aws:kms:us-west-2:123456789012:key/k", "arn:aws:secretsmanager::123456789012:secret:x", "arn:aws:secretsmanager:us-west-2:123456789012:x"} {
		_, err := frontdoor.NewSecretSource(t.Context(), frontdoor.SecretConfig{ARN: arn, Profile: "fake"})
		if problem, ok := errors.AsType[*frontdoor.SecretError](err); !ok || problem.Hint() == "" {
			t.Errorf("%q gave %v, want a SecretError", arn, err)
		}
	}
	_, err := frontdoor.NewSecretSource(t.Context(), frontdoor.SecretConfig{ARN: secretARN, Profile: "absent"})
	if _, ok := errors.AsType[*awscall.ConfigError](err); !ok {
		t.Errorf("an unknown profile gave %v", err)
	}
}

func TestSecretWithoutCredentials(t *testing.T) {
	t.Setenv("AWS_CONFIG_FILE", os.DevNull)
	_, err := frontdoor.NewSecretSource(t.Context(), frontdoor.SecretConfig{ARN: secretARN})
	if !errors.Is(err, awswire.ErrCredentials) {
		t.Errorf("error %v, want ErrCredentials", err)
	}
}

func TestSecretThatHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		endpoint := awsfake.New(awsfake.Config{})
		endpoint.Script(awsfake.Step{Hang: true}, awsfake.Step{Hang: true}, awsfake.Step{Hang: true})
		started := time.Now()
		_, err := frontdoor.NewSecretSource(t.Context(), secretConfig(endpoint, nil))
		if took := time.Since(started); !errors.Is(err, context.DeadlineExceeded) || took > 9*time.Second {
			t.Errorf("after %v: %v", took, err)
		}
		noValue(t, err)
	})
}

func TestSecretIsReadAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		endpoint := awsfake.New(awsfake.Config{})
		endpoint.SetSecret(secretARN, firstKey)
		source, err := frontdoor.NewSecretSource(t.Context(), secretConfig(endpoint, slog.New(slog.NewTextHandler(&log, nil))))
		if err != nil {
			t.Fatal(err)
		}
		endpoint.SetSecret(secretARN, secondKey)
		<-time.After(4*time.Minute + 59*time.Second)
		wantKeys(t, source, firstKey)
		if calls := endpoint.Calls(); calls != 2 {
			t.Errorf("%d calls before the secret is old", calls)
		}
		<-time.After(time.Second)
		wantKeys(t, source, secondKey, firstKey)
		wantKeys(t, source, secondKey, firstKey)
		if calls := endpoint.Calls(); calls != 4 {
			t.Errorf("%d calls, want two readings of two", calls)
		}

		// Failures keep the keys, are tried again after half a minute, and are logged once.
		const refused = 20
		for range refused {
			endpoint.Script(awsfake.Step{Status: 400, Error: "AccessDeniedException", Message: "no longer"})
		}
		<-time.After(5 * time.Minute)
		for range 10 {
			wantKeys(t, source, secondKey, firstKey)
			wantKeys(t, source, secondKey, firstKey)
			<-time.After(30 * time.Second)
		}
		if used := refused - endpoint.ScriptLeft(); used != 10 {
			t.Errorf("%d tries in five minutes, want 10", used)
		}
		text := log.String()
		if n := strings.Count(text, "cannot read the secret again"); n != 1 || !strings.Contains(text, "secretsmanager:GetSecretValue") ||
			!strings.Contains(text, secretARN) {
			t.Errorf("%d log lines about it:\n%s", n, text)
		}

		// The end of it is logged too, and the next failure anew.
		for endpoint.ScriptLeft() > 0 {
			wantKeys(t, source, secondKey, firstKey)
			<-time.After(30 * time.Second)
		}
		endpoint.SetSecret(secretARN, thirdKey)
		wantKeys(t, source, thirdKey, secondKey)
		endpoint.Script(awsfake.Step{Error: "ResourceNotFoundException", Message: "gone"})
		<-time.After(5 * time.Minute)
		wantKeys(t, source, thirdKey, secondKey)
		text = log.String()
		if strings.Count(text, "can be read again") != 1 || strings.Count(text, "cannot read") != 2 {
			t.Errorf("log:\n%s", text)
		}
		if strings.Contains(text, canary) {
			t.Errorf("a value in the log:\n%s", text)
		}
	})
}

// However many ask for an old secret, one of them reads it; the others do not wait.
func TestSecretIsReadOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		endpoint := awsfake.New(awsfake.Config{})
		endpoint.SetSecret(secretARN, firstKey)
		slow := &slowTransport{next: endpoint}
		config := secretConfig(endpoint, nil)
		config.Transport = slow
		source, err := frontdoor.NewSecretSource(t.Context(), config)
		if err != nil {
			t.Fatal(err)
		}
		endpoint.SetSecret(secretARN, secondKey)
		<-time.After(6 * time.Minute)
		slow.set(time.Second)
		started := time.Now()
		type outcome struct {
			took time.Duration
			keys int
		}
		const callers = 100
		outcomes := make(chan outcome, callers)
		for range callers {
			go func() {
				// Whoever goes away does not take the reading along.
				ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
				defer cancel()
				keys, err := source.Keys(ctx)
				if err != nil {
					t.Error(err)
				}
				outcomes <- outcome{time.Since(started), len(keys)}
			}()
		}
		got := map[outcome]int{}
		for range callers {
			got[<-outcomes]++
		}
		if calls := endpoint.Calls(); calls != 4 {
			t.Errorf("%d calls, want two readings of two", calls)
		}
		want := map[outcome]int{{0, 1}: callers - 1, {2 * time.Second, 2}: 1} // one waits for the new key
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(outcome{})); diff != "" {
			t.Errorf("how long callers waited, and how many keys they got (-want +got):\n%s", diff)
		}
	})
}

// slowTransport answers late.
type slowTransport struct {
	next http.RoundTripper
	mu   sync.Mutex
	wait time.Duration
}

func (s *slowTransport) set(wait time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wait = wait
}

func (s *slowTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	s.mu.Lock()
	wait := s.wait
	s.mu.Unlock()
	select {
	case <-time.After(wait):
		return s.next.RoundTrip(request)
	case <-request.Context().Done():
		return nil, request.Context().Err()
	}
}
