package lambdacall_test

import (
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/awsfake"
	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/lambdacall"
)

// account leads the SDK's configuration to a fake that verifies signatures.
func account(t *testing.T) *awsfake.Endpoint {
	t.Helper()
	endpoint := awsfake.Start(t)
	for _, pair := range endpoint.Environ() {
		name, value, _ := strings.Cut(pair, "=")
		t.Setenv(name, value)
	}
	t.Setenv("AWS_NEW_RETRIES_2026", "true") // short waits
	t.Setenv("AWS_CONFIG_FILE", "/nowhere")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
	return endpoint
}

// The real Lambda is called with a signature, under the name of the flow or that of the configuration.
func TestRealLambda(t *testing.T) {
	endpoint := account(t)
	endpoint.Functions(func(i awsfake.Invocation) awsfake.Invoked {
		switch i.Function {
		case "fail":
			return awsfake.Invoked{Failed: true, Answer: []byte(`{"errorMessage":"no","errorType":"E"}`)}
		case "message":
			return awsfake.Invoked{Answer: []byte(`{"errorMessage":"x"}`)}
		}
		return awsfake.Invoked{Answer: []byte(`{"function":"` + i.Function + `","qualifier":"` + i.Qualifier + `"}`)}
	})
	const flowARN = "arn:aws:lambda:us-west-2:123456789012:function:order:live"
	c, _ := calls(t, map[string]lambdacall.Function{
		"*": {AWS: "aws"}, "mine": {AWS: "staging-order", Qualifier: "3"}, "arn:*:cross": {AWS: "arn:aws:lambda:us-west-2:210987654321:function:x:y"},
	})
	for ref, want := range map[string]string{
		flowARN: `{"function":"arn:aws:lambda:us-west-2:123456789012:function:order","qualifier":"live"}`,
		"mine":  `{"function":"staging-order","qualifier":"3"}`,
		"arn:aws:lambda:us-west-2:1:function:cross": `{"function":"arn:aws:lambda:us-west-2:210987654321:function:x","qualifier":"y"}`,
		"plain": `{"function":"plain","qualifier":""}`,
	} {
		if got := external(t, c.Answer(t.Context(), call(ref))); got != want {
			t.Errorf("%s: %s, want %s", ref, got, want)
		}
	}
	before := endpoint.Calls()
	failed(t, c.Answer(t.Context(), call("fail")), "", "the function failed: E: no")
	if n := endpoint.Calls() - before; n != 1 {
		t.Errorf("a function that failed was called %d times", n)
	}
	failed(t, c.Answer(t.Context(), call("message")), "", "as its answer has errorMessage")
	for _, r := range endpoint.Requests() {
		if !r.Accepted || r.Operation != "Invoke" {
			t.Errorf("%s %s: accepted %v", r.Operation, r.Path, r.Accepted)
		}
	}
}

// Only the service's own refusals are tried again, and within the limit.
func TestRealLambdaRefuses(t *testing.T) {
	endpoint := account(t)
	endpoint.Functions(func(awsfake.Invocation) awsfake.Invoked { return awsfake.Invoked{Answer: []byte(`{}`)} })
	c, _ := calls(t, map[string]lambdacall.Function{"f": {AWS: "true"}})
	for name, test := range map[string]struct {
		steps []awsfake.Step
		calls int
		error string
		note  string
	}{
		"throttled":   {[]awsfake.Step{{Status: 429, Error: "TooManyRequestsException"}}, 2, "", "AWS Lambda took the call at attempt 2"},
		"500":         {[]awsfake.Step{{Status: 500, Error: "ServiceException"}, {Status: 503}}, 3, "", "AWS Lambda took the call at attempt 3"},
		"not found":   {[]awsfake.Step{{Status: 404, Error: "ResourceNotFoundException", Message: "no f"}}, 1, "", "AWS Lambda refuses the call: ResourceNotFoundException: no f"},
		"not allowed": {[]awsfake.Step{{Status: 403, Error: "AccessDeniedException", Message: "no"}}, 1, "", "AccessDeniedException"},
		"hangs":       {[]awsfake.Step{{Hang: true}}, 1, "TimeLimitExceeded", "no answer within 8s"},
	} {
		before, limit := endpoint.Calls(), newLimit(t)
		endpoint.Script(test.steps...)
		if arrived := len(endpoint.Requests()) + 1; test.error != "" {
			go func() {
				if err := endpoint.Await(t.Context(), arrived); err != nil {
					t.Error(err)
				}
				close(limit.over)
			}()
		}
		e := c.Answer(limit, call("f"))
		if test.calls > 1 && e.Kind == flow.Answered {
			if e.Note != test.note {
				t.Errorf("%s: note %q", name, e.Note)
			}
		} else {
			failed(t, e, test.error, test.note)
		}
		if n := endpoint.Calls() - before; n != test.calls {
			t.Errorf("%s: %d calls, want %d", name, n, test.calls)
		}
	}
	endpoint.ExpireCredentials()
	failed(t, c.Answer(t.Context(), call("f")), "", "ExpiredToken")
}
