package awscall_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-chat/parley/internal/awsfake"
	"github.com/parley-chat/parley/internal/awswire"
)

// outcome is what a caller sees of a failed call.
type outcome struct {
	status, attempts int
	name             string // of the awswire.Error; "" when there is none
	is               error
	waited           bool
}

func TestFaults(t *testing.T) {
	t.Parallel()
	threeTimes := func(step awsfake.Step) []awsfake.Step { return []awsfake.Step{step, step, step} }
	tests := []struct {
		name   string
		script []awsfake.Step
		want   outcome
	}{
		{"400", []awsfake.Step{{Status: 400, Error: "InvalidRequestException"}}, outcome{status: 400, name: "InvalidRequestException", attempts: 1}},
		{"403", []awsfake.Step{{Status: 403, Error: "AccessDeniedException"}}, outcome{status: 403, name: "AccessDeniedException", attempts: 1}},
		{"404", []awsfake.Step{{Status: 404, Error: "ResourceNotFoundException"}}, outcome{status: 404, name: "ResourceNotFoundException", attempts: 1}},
		{"404 with an address in the name", []awsfake.Step{{Status: 404, Error: "ResourceNotFoundException:http://internal.amazon.com/"}}, outcome{status: 404, name: "ResourceNotFoundException", attempts: 1}},
		{"429 quota", threeTimes(awsfake.Step{Status: 429, Error: "LimitExceededException"}), outcome{status: 429, name: "LimitExceededException", attempts: 3, waited: true}},
		{"429 rate", threeTimes(awsfake.Step{Status: 429, Error: "TooManyRequestsException"}), outcome{status: 429, name: "TooManyRequestsException", attempts: 3, waited: true}},
		{"429 unknown", threeTimes(awsfake.Step{Status: 429, Error: "OtherException"}), outcome{status: 429, name: "OtherException", attempts: 3, waited: true}},
		{"400 throttling", threeTimes(awsfake.Step{Status: 400, Error: "ThrottlingException"}), outcome{status: 400, name: "ThrottlingException", attempts: 3, waited: true}},
		{"500", threeTimes(awsfake.Step{Status: 500, Error: "InternalServiceException"}), outcome{status: 500, name: "InternalServiceException", attempts: 3, waited: true}},
		{"501", []awsfake.Step{{Status: 501, Error: "OtherException"}}, outcome{status: 501, name: "OtherException", attempts: 1}},
		{"502 page", threeTimes(awsfake.Step{Status: 502, Body: "<html>Bad Gateway</html>"}), outcome{status: 502, attempts: 3, waited: true}},
		{"redirect", []awsfake.Step{{Status: 302, Body: "elsewhere"}}, outcome{status: 302, attempts: 1}},
		{"too long", []awsfake.Step{{Status: 200, Body: strings.Repeat(" ", 1<<20) + "{}"}}, outcome{status: 200, attempts: 1, is: awswire.ErrAnswer}},
		{"reset", threeTimes(awsfake.Step{Reset: true}), outcome{attempts: 3, waited: true}},
		{"reset after a 500", []awsfake.Step{{Status: 500, Error: "InternalServiceException"}, {Reset: true}, {Reset: true}}, outcome{attempts: 3, waited: true}},
		{"hang", []awsfake.Step{{Hang: true}}, outcome{attempts: 1, is: context.DeadlineExceeded}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				endpoint := awsfake.New(awsfake.Config{})
				client := newMemoryClient(t, endpoint)
				endpoint.Script(test.script...)
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				started := time.Now()
				result, err := client.start(ctx)
				if result != nil || err == nil {
					t.Fatalf("result %v, error %v", result, err)
				}
				call, ok := errors.AsType[*awswire.CallError](err)
				if !ok {
					t.Fatalf("%v is not a CallError", err)
				}
				got := outcome{status: call.Metadata.HTTPStatusCode, attempts: call.Metadata.Attempts, waited: call.Metadata.TotalRetryDelay > 0}
				if refusal, ok := errors.AsType[*awswire.Error](err); ok {
					got.name = refusal.Name
				}
				if errors.Is(err, test.want.is) {
					got.is = test.want.is
				}
				if got != test.want {
					t.Errorf("got %+v, want %+v (%v)", got, test.want, err)
				}
				if hasID := call.Metadata.RequestID != ""; hasID != (got.status != 0) {
					t.Errorf("request id %q with status %d", call.Metadata.RequestID, got.status)
				}
				if test.want.waited && time.Since(started) != call.Metadata.TotalRetryDelay {
					t.Errorf("waited %v, reported %v", time.Since(started), call.Metadata.TotalRetryDelay)
				}
				if endpoint.Calls() != got.attempts {
					t.Errorf("%d calls on the wire, %d reported", endpoint.Calls(), got.attempts)
				}
				for _, r := range endpoint.Requests() {
					if !r.Accepted || string(r.Body) != startBody {
						t.Errorf("attempt with a bad signature or body: %+v", r)
					}
				}
			})
		})
	}
}

func TestRecoveryIsReported(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		endpoint := awsfake.New(awsfake.Config{})
		client := newMemoryClient(t, endpoint)
		endpoint.Script(awsfake.Step{Status: 500, Error: "InternalServiceException"}, awsfake.Step{Reset: true})
		started := time.Now()
		result, err := client.start(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		meta := result.Metadata
		if meta.Attempts != 3 || meta.HTTPStatusCode != 200 || meta.TotalRetryDelay != time.Since(started) || meta.TotalRetryDelay <= 0 {
			t.Errorf("metadata %+v after %v", meta, time.Since(started))
		}
	})
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	tests := []struct {
		header          http.Header
		deadline        time.Duration
		attempts        int
		atLeast, atMost time.Duration
	}{
		{http.Header{"Retry-After": {"4"}}, time.Minute, 3, 8 * time.Second, 8 * time.Second},
		{http.Header{"X-Amz-Retry-After": {"4500"}}, time.Minute, 3, 9 * time.Second, 9 * time.Second},
		// A service may not make callers wait for ever: five seconds more than planned.
		{http.Header{"Retry-After": {"3600"}}, time.Minute, 3, 10 * time.Second, 16 * time.Second},
		// No time left: the service's own answer, at once.
		{http.Header{"Retry-After": {"4"}}, 3 * time.Second, 1, 0, 0},
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("%v within %v", test.header, test.deadline), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				endpoint := awsfake.New(awsfake.Config{})
				client := newMemoryClient(t, endpoint)
				step := awsfake.Step{Status: 429, Error: "TooManyRequestsException", Header: test.header}
				endpoint.Script(step, step, step)
				ctx, cancel := context.WithTimeout(t.Context(), test.deadline)
				defer cancel()
				started := time.Now()
				_, err := client.start(ctx)
				took := time.Since(started)
				call, ok := errors.AsType[*awswire.CallError](err)
				if !ok || call.Metadata.Attempts != test.attempts || took < test.atLeast || took > test.atMost {
					t.Errorf("%d attempts in %v, want %d in %v to %v (%v)", call.Metadata.Attempts, took, test.attempts, test.atLeast, test.atMost, err)
				}
				refusal, ok := errors.AsType[*awswire.Error](err)
				if !ok || refusal.RetryAfter == 0 {
					t.Errorf("the error does not carry the wait: %v", err)
				}
			})
		})
	}
}

func TestWaitDoesNotOutliveTheDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		endpoint := awsfake.New(awsfake.Config{})
		client := newMemoryClient(t, endpoint)
		for range 100 {
			endpoint.Script(awsfake.Step{Status: 500, Error: "InternalServiceException"})
		}
		early := 0
		for range 20 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			started := time.Now()
			_, err := client.start(ctx)
			cancel()
			if refusal, ok := errors.AsType[*awswire.Error](err); !ok || refusal.Status != 500 {
				t.Fatalf("a call that ran out of time to repeat gave %v, want the last answer", err)
			}
			if call, ok := errors.AsType[*awswire.CallError](err); ok && call.Metadata.Attempts < 3 {
				early++
			}
			if took := time.Since(started); took >= time.Second {
				t.Errorf("the call took %v, past its deadline", took)
			}
		}
		if early == 0 {
			t.Error("no wait was longer than the deadline: the test shows nothing")
		}
	})
}

func TestCancelDuringAWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		endpoint := awsfake.New(awsfake.Config{})
		client := newMemoryClient(t, endpoint)
		endpoint.Script(awsfake.Step{Status: 429, Error: "TooManyRequestsException", Header: http.Header{"Retry-After": {"4"}}})
		ctx, cancel := context.WithCancel(t.Context())
		started := time.Now()
		time.AfterFunc(time.Second, cancel)
		_, err := client.start(ctx)
		if !errors.Is(err, context.Canceled) || time.Since(started) != time.Second {
			t.Errorf("after %v: %v", time.Since(started), err)
		}
		if call, ok := errors.AsType[*awswire.CallError](err); !ok || call.Metadata.TotalRetryDelay != time.Second {
			t.Errorf("the wait that was cut short is not reported: %+v", call)
		}
	})
}

func TestClockSkewIsCorrected(t *testing.T) {
	t.Parallel()
	for _, offset := range []time.Duration{-3 * time.Hour, -270*time.Second - time.Minute, 3 * time.Hour} {
		t.Run(offset.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				endpoint := awsfake.New(awsfake.Config{})
				endpoint.SetClock(offset)
				client := newMemoryClient(t, endpoint)
				for call, want := range []int{2, 1} {
					result, err := client.start(t.Context())
					if err != nil || result.Metadata.Attempts != want {
						t.Fatalf("call %d: %+v, %v, want %d attempts", call, result, err, want)
					}
				}
				endpoint.SetClock(0)
				result, err := client.start(t.Context())
				if err != nil || result.Metadata.Attempts != 2 {
					t.Errorf("after the clock was set right: %+v, %v", result, err)
				}
			})
		})
	}
}

func TestRefusalsAreRepeatedOnlyWhenTheClockIsOff(t *testing.T) {
	t.Parallel()
	for skew, want := range map[time.Duration]int{0: 1, 3 * time.Minute: 1, 270 * time.Second: 2, -270 * time.Second: 2} {
		t.Run(skew.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				endpoint := awsfake.New(awsfake.Config{})
				client := newMemoryClient(t, endpoint)
				step := awsfake.Step{Status: 403, Error: "AccessDeniedException", Skew: skew}
				endpoint.Script(step, step, step)
				_, err := client.start(t.Context())
				call, ok := errors.AsType[*awswire.CallError](err)
				if !ok || call.Metadata.Attempts != want {
					t.Errorf("%d attempts, want %d: %v", call.Metadata.Attempts, want, err)
				}
			})
		})
	}
}

func TestClockSkewCorrectionCanBeSwitchedOff(t *testing.T) {
	t.Setenv("AWS_DISABLE_CLOCK_SKEW_CORRECTION", "true")
	endpoint := awsfake.New(awsfake.Config{})
	endpoint.SetClock(3 * time.Hour)
	_, err := newMemoryClient(t, endpoint).start(t.Context())
	if refusal, ok := errors.AsType[*awswire.Error](err); !ok || refusal.Name != "InvalidSignatureException" || endpoint.Calls() != 1 {
		t.Errorf("after %d calls: %v", endpoint.Calls(), err)
	}
}

// A service that fails all the time is not asked three times a call for ever: 500
// tokens pay for 100 repetitions.
func TestRetryBudget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		endpoint := awsfake.New(awsfake.Config{})
		client := newMemoryClient(t, endpoint)
		for range 400 {
			endpoint.Script(awsfake.Step{Status: 500, Error: "InternalServiceException"})
		}
		for range 60 {
			if _, err := client.start(t.Context()); err == nil {
				t.Fatal("the call succeeded")
			}
		}
		if got, want := endpoint.Calls(), 60+500/14; got != want {
			t.Errorf("%d calls on the wire, want %d", got, want)
		}
	})
}

func TestRetryModeAndAttemptsFromTheEnvironment(t *testing.T) {
	for _, mode := range []string{"standard", "adaptive"} {
		t.Run(mode, func(t *testing.T) {
			t.Setenv("AWS_RETRY_MODE", mode)
			t.Setenv("AWS_MAX_ATTEMPTS", "12")
			synctest.Test(t, func(t *testing.T) {
				endpoint := awsfake.New(awsfake.Config{})
				client := newMemoryClient(t, endpoint)
				for range 12 {
					endpoint.Script(awsfake.Step{Status: 503, Error: "ServiceUnavailable"})
				}
				if _, err := client.start(t.Context()); err == nil {
					t.Fatal("the call succeeded")
				}
				sent := endpoint.Requests()
				if len(sent) != 12 || sent[11].Header.Get("Amz-Sdk-Request") != "attempt=12; max=12" {
					t.Errorf("%d attempts", len(sent))
				}
			})
		})
	}
}

func TestExpiredAndWrongCredentials(t *testing.T) {
	t.Parallel()
	tests := map[string]*awsfake.Endpoint{
		"ExpiredTokenException":       awsfake.New(awsfake.Config{}),
		"UnrecognizedClientException": awsfake.New(awsfake.Config{AccessKeyID: "AKIDOTHER"}),
		"InvalidSignatureException":   awsfake.New(awsfake.Config{SecretAccessKey: "other"}),
	}
	tests["ExpiredTokenException"].ExpireCredentials()
	for want, endpoint := range tests {
		_, err := newMemoryClient(t, endpoint).start(t.Context())
		refusal, ok := errors.AsType[*awswire.Error](err)
		if !ok || refusal.Name != want || refusal.Status != 403 || endpoint.Calls() != 1 {
			t.Errorf("want %s, got %v after %d calls", want, err, endpoint.Calls())
		}
	}
}
