package sdk_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/awsfake"
)

// compareStarts makes one call with each client against the same script and compares
// what they make of the answers and how many of them they asked for. It returns what
// both made of it.
func compareStarts(t *testing.T, script ...awsfake.Step) outcome {
	t.Helper()
	var outcomes [2]outcome
	synctest.Test(t, func(t *testing.T) {
		clients, endpoints := both(t, awsfake.Config{}, withIDs(script)...)
		for i, c := range clients {
			began := time.Now()
			var err error
			outcomes[i], err = c.start(t.Context(), body(t, ""))
			took := time.Since(began)
			t.Logf("client %d after %s: %+v: %v", i, took, outcomes[i], err)
			if calls := endpoints[i].Calls(); calls != outcomes[i].Attempts {
				t.Errorf("client %d reports %d attempts, the endpoint saw %d", i, outcomes[i].Attempts, calls)
			}
			// In a bubble only waiting takes time.
			if c, ok := c.(*own); ok && c.delay != took {
				t.Errorf("totalRetryDelay is %s, the call waited %s", c.delay, took)
			}
			outcomes[i].settle()
		}
		if diff := cmp.Diff(outcomes[0], outcomes[1]); diff != "" {
			t.Errorf("results (-generated client +connectclient):\n%s", diff)
		}
	})
	return outcomes[1]
}

// withIDs gives every step a request id of its own, the same for both clients.
func withIDs(script []awsfake.Step) []awsfake.Step {
	out := make([]awsfake.Step, len(script))
	for i, step := range script {
		step.Header = step.Header.Clone()
		if step.Header == nil {
			step.Header = http.Header{}
		}
		if step.Header.Get("X-Amzn-Requestid") == "" {
			step.Header.Set("X-Amzn-Requestid", fmt.Sprintf("request-%d", i+1))
		}
		out[i] = step
	}
	return out
}

// settle takes out what differs by chance, the ids of an answer that was not scripted,
// and the blanks around a text, which connectclient cuts off.
func (out *outcome) settle() {
	out.Message = strings.TrimSpace(out.Message)
	for _, id := range []*string{&out.ContactID, &out.ParticipantID, &out.Token} {
		if *id != "" && !strings.HasPrefix(*id, "scripted") {
			*id = "some"
		}
	}
	if !strings.HasPrefix(out.RequestID, "request-") && out.RequestID != "" {
		out.RequestID = "some"
	}
}

// times repeats a step.
func times(n int, step awsfake.Step) []awsfake.Step {
	out := make([]awsfake.Step, n)
	for i := range out {
		out[i] = step
	}
	return out
}

// TestErrorNames compares where the two find the name and the text of an error, in all
// the shapes that errors of Amazon Connect and the gateways before it have.
func TestErrorNames(t *testing.T) {
	environment(t, "AWS_MAX_ATTEMPTS=1")
	for name, test := range map[string]struct {
		header, body string
		code, text   string
	}{
		"header":                    {"ResourceNotFoundException", `{"Message":"gone"}`, "ResourceNotFoundException", "gone"},
		"header, small message":     {"InvalidParameterException", `{"message":"bad"}`, "InvalidParameterException", "bad"},
		"header with colon":         {"InvalidRequestException:http://internal.amazon.com/coral/com.amazon.coral/", `{"Message":"x"}`, "InvalidRequestException", "x"},
		"header with namespace":     {"com.amazonaws.connect#InvalidRequestException", `{"Message":"x"}`, "InvalidRequestException", "x"},
		"header with both":          {"aws.protocoltests#LimitExceededException:http://x#y", `{"Message":"x"}`, "LimitExceededException", "x"},
		"code":                      {"", `{"code":"InvalidRequestException","message":"x"}`, "InvalidRequestException", "x"},
		"code, capital":             {"", `{"Code":"AccessDeniedException","Message":"x"}`, "AccessDeniedException", "x"},
		"code with namespace":       {"", `{"code":"a.b#ThrottlingException:http://x","message":"x"}`, "ThrottlingException", "x"},
		"type":                      {"", `{"__type":"InternalServiceException","message":"x"}`, "InternalServiceException", "x"},
		"type with namespace":       {"", `{"__type":"com.amazonaws.connect#ResourceNotFoundException","Message":"x"}`, "ResourceNotFoundException", "x"},
		"code before type":          {"", `{"__type":"B","code":"A","message":"x"}`, "A", "x"},
		"header before code":        {"H", `{"__type":"B","code":"A","message":"x"}`, "H", "x"},
		"not modelled":              {"TooManyRequestsException", `{"message":"slow down"}`, "TooManyRequestsException", "slow down"},
		"no name":                   {"", `{"message":"Access denied"}`, "", "Access denied"},
		"no text":                   {"InvalidRequestException", `{}`, "InvalidRequestException", ""},
		"null text":                 {"InvalidRequestException", `{"Message":null}`, "InvalidRequestException", ""},
		"not modelled, no text":     {"AccessDeniedException", `{}`, "AccessDeniedException", ""},
		"nothing":                   {"", `{}`, "", ""},
		"more members":              {"ResourceNotFoundException", `{"Message":"x","ResourceId":"r","ResourceType":"CONTACT"}`, "ResourceNotFoundException", "x"},
		"a reason":                  {"InvalidRequestException", `{"Message":"x","Reason":{"AttachedFileInvalidRequestExceptionReason":"INVALID_FILE_SIZE"}}`, "InvalidRequestException", "x"},
		"text beyond ascii":         {"InvalidRequestException", `{"Message":"caf\u00e9 \"x\"\n"}`, "InvalidRequestException", "café \"x\""},
		"spaces":                    {"InvalidRequestException", " \n{ \"Message\" : \"x\" }\n", "InvalidRequestException", "x"},
		"numeric code of a gateway": {"", `{"code":"403","message":"Forbidden"}`, "403", "Forbidden"},
	} {
		for _, status := range []int{400, 403, 404, 429, 500} {
			t.Run(fmt.Sprintf("%s/%d", name, status), func(t *testing.T) {
				step := awsfake.Step{Status: status, Body: test.body, Header: http.Header{"Content-Type": {"application/json"}}}
				if test.header != "" {
					step.Header.Set("X-Amzn-Errortype", test.header)
				}
				got := compareStarts(t, step)
				want := outcome{Kind: refused, Code: test.code, Message: test.text, Status: status, RequestID: "request-1", Attempts: 1}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("result (-want +got):\n%s", diff)
				}
			})
		}
	}
}

// TestSignedRequestInText: to a wrong signature AWS answers with the request as it was
// signed, the session token in it. The generated client hands all of that on, connectclient
// only what comes before.
func TestSignedRequestInText(t *testing.T) {
	environment(t)
	synctest.Test(t, func(t *testing.T) {
		const sentence = "The request signature we calculated does not match the signature you provided."
		clients, _ := both(t, awsfake.Config{}, awsfake.Step{
			Status: http.StatusForbidden, Error: "InvalidSignatureException",
			Message: sentence + "\n\nThe Canonical String for this request should have been\n'PUT\n/contact/chat\n\nx-amz-security-token:FwoGcanary'",
		})
		for i, c := range clients {
			out, err := c.start(t.Context(), body(t, ""))
			if !strings.HasPrefix(out.Message, sentence) {
				t.Errorf("client %d: %+v: %v", i, out, err)
			}
			if _, ours := c.(*own); ours && strings.Contains(err.Error(), "canary") {
				t.Errorf("connectclient hands on the session token: %v", err)
			}
		}
	})
}

// TestErrorNamesInOtherCase: the generated client corrects the case of the names in its
// model, connectclient takes them as they come. No service sends them otherwise, and what
// is repeated does not depend on these names.
func TestErrorNamesInOtherCase(t *testing.T) {
	environment(t)
	synctest.Test(t, func(t *testing.T) {
		step := awsfake.Step{Status: http.StatusBadRequest, Error: "invalidrequestexception", Message: "x"}
		clients, _ := both(t, awsfake.Config{}, step)
		for i, c := range clients {
			out, err := c.start(t.Context(), body(t, ""))
			if !strings.EqualFold(out.Code, "InvalidRequestException") || out.Message != "x" {
				t.Errorf("client %d: %+v: %v", i, out, err)
			}
		}
	})
}

// TestUnreadableErrors are error answers whose body is not AWS's JSON. Here the clients
// may differ: the generated one gives up on the whole answer, name in the header
// included, where connectclient keeps the status and the name, so that a person can be told
// more than that something could not be decoded. What they repeat has to be the same as
// far as the status decides.
func TestUnreadableErrors(t *testing.T) {
	environment(t)
	for name, text := range map[string]string{
		"html": "<html><body>502 Bad Gateway</body></html>", "text": "upstream connect error", "array": `["x"]`, "string": `"x"`,
		"cut off": `{"Message":"x`, "null": "null", "two documents": `{"Message":"x"}{"Message":"y"}`,
		"message of another type": `{"Message":{"x":1}}`, "code of another type": `{"code":400,"message":"x"}`, "spaces": "  ",
	} {
		for _, status := range []int{400, 403, 404, 429, 500, 502, 503, 504} {
			t.Run(fmt.Sprintf("%s/%d", name, status), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					clients, endpoints := both(t, awsfake.Config{}, times(5, awsfake.Step{Status: status, Body: text})...)
					for i, c := range clients {
						out, err := c.start(t.Context(), body(t, ""))
						t.Logf("client %d: %+v: %v", i, out, err)
						if out.Status != status || out.Kind == succeeded {
							t.Errorf("client %d: %+v, want the status and a failure", i, out)
						}
					}
					if a, b := endpoints[0].Calls(), endpoints[1].Calls(); a != b {
						t.Errorf("the generated client made %d attempts, connectclient %d", a, b)
					}
				})
			})
		}
	}
}

// names are the error names that mean something to the clients or to people.
var names = []string{
	"InvalidRequestException", "InvalidParameterException", "ResourceNotFoundException", "InternalServiceException",
	"LimitExceededException", "AccessDeniedException", "UnrecognizedClientException", "InvalidSignatureException",
	"SignatureDoesNotMatch", "ExpiredTokenException", "ExpiredToken", "MissingAuthenticationTokenException", "IncompleteSignature",
	"SerializationException", "ValidationException", "RequestEntityTooLargeException", "ServiceQuotaExceededException",
	"ServiceUnavailableException", "UnknownOperationException", "RequestExpired", "RequestTimeTooSkewed", "AuthFailure",
	// throttling
	"Throttling", "ThrottlingException", "ThrottledException", "RequestThrottledException", "RequestThrottled",
	"TooManyRequestsException", "ProvisionedThroughputExceededException", "TransactionInProgressException",
	"RequestLimitExceeded", "BandwidthLimitExceeded", "SlowDown", "PriorRequestNotComplete", "EC2ThrottledException",
	// transient
	"RequestTimeout", "RequestTimeoutException", "TimeoutError", "InternalError", "IDPCommunicationError",
	"",
}

// statuses are those that services and what stands before them answer.
var statuses = []int{
	300, 304, 307, 400, 401, 402, 403, 404, 405, 408, 409, 410, 411, 412, 413, 415, 421, 422, 425, 426, 428, 429, 431, 451, 499,
	500, 501, 502, 503, 504, 505, 507, 508, 509, 511, 520, 522, 524, 529, 599,
}

// TestRetryDecisions compares, for every name with some statuses and for every status
// with some names, how often a call is made.
func TestRetryDecisions(t *testing.T) {
	for mode, variables := range map[string][]string{
		"default": nil, "five attempts": {"AWS_MAX_ATTEMPTS=5"},
	} {
		t.Run(mode, func(t *testing.T) {
			environment(t, variables...)
			decide := func(status int, name string) {
				t.Run(fmt.Sprintf("%d %s", status, name), func(t *testing.T) {
					compareStarts(t, times(6, awsfake.Step{
						Status: status, Error: name, Message: "x", Body: `{"message":"x"}`,
						Header: http.Header{"X-Amzn-Errortype": {name}},
					})...)
				})
			}
			for _, name := range names {
				for _, status := range []int{400, 403, 429, 500} {
					decide(status, name)
				}
			}
			for _, status := range statuses {
				for _, name := range []string{"", "InvalidRequestException", "OtherException"} {
					decide(status, name)
				}
			}
		})
	}
}

// TestAdaptiveMode leaves throttling out: after it, the SDK's rate limiter asks the clock
// again and again until it has moved on, and in a bubble it moves only while all sleep.
func TestAdaptiveMode(t *testing.T) {
	environment(t, "AWS_RETRY_MODE=adaptive", "AWS_MAX_ATTEMPTS=4")
	for _, step := range []awsfake.Step{
		{},
		{Status: 500},
		{Status: 501},
		{Status: 503, Error: "ServiceUnavailableException"},
		{Reset: true},
		{Status: 400, Error: "InvalidRequestException"},
		{Status: 400, Error: "RequestTimeout"},
	} {
		t.Run(fmt.Sprintf("%d %s", step.Status, step.Error), func(t *testing.T) { compareStarts(t, times(6, step)...) })
	}
}

// TestSuccessAfterFailures compares results and metadata of calls that succeed in the
// end, or not.
func TestSuccessAfterFailures(t *testing.T) {
	environment(t)
	unavailable := awsfake.Step{Status: http.StatusServiceUnavailable, Error: "ServiceUnavailableException", Message: "later"}
	limited := awsfake.Step{Status: http.StatusTooManyRequests, Error: "LimitExceededException", Message: "too many chats"}
	edge := http.Header{"X-Amz-Id-2": {"extended"}, "X-Amz-Cf-Id": {"edge"}}
	for name, test := range map[string]struct {
		script []awsfake.Step
		want   outcome
	}{
		"at once":                  {nil, outcome{Kind: succeeded, Attempts: 1, Status: 200}},
		"second":                   {times(1, unavailable), outcome{Kind: succeeded, Attempts: 2, Status: 200}},
		"third":                    {times(2, limited), outcome{Kind: succeeded, Attempts: 3, Status: 200}},
		"never":                    {times(3, limited), outcome{Kind: refused, Attempts: 3, Status: 429, Code: "LimitExceededException"}},
		"mixed":                    {[]awsfake.Step{limited, unavailable}, outcome{Kind: succeeded, Attempts: 3, Status: 200}},
		"cut off":                  {times(1, awsfake.Step{Reset: true}), outcome{Kind: succeeded, Attempts: 2, Status: 200}},
		"no answer":                {times(3, awsfake.Step{Reset: true}), outcome{Kind: unheard, Attempts: 3}},
		"no answer after an error": {[]awsfake.Step{unavailable, {Reset: true}, {Reset: true}}, outcome{Kind: unheard, Attempts: 3}},
		"error after no answer": {
			[]awsfake.Step{{Reset: true}, {Reset: true}, limited},
			outcome{Kind: refused, Attempts: 3, Status: 429, Code: "LimitExceededException"},
		},
		"all headers": {
			times(1, awsfake.Step{Header: edge}),
			outcome{Kind: succeeded, Attempts: 1, Status: 200, ExtendedRequestID: "extended", CFID: "edge"},
		},
		"all headers of an error": {
			times(1, awsfake.Step{Header: edge, Status: 404, Error: "ResourceNotFoundException"}),
			outcome{Kind: refused, Code: "ResourceNotFoundException", Attempts: 1, Status: 404, ExtendedRequestID: "extended", CFID: "edge"},
		},
		"all members": {
			times(1, awsfake.Step{Body: `{"ContactId":"scripted-1","ParticipantId":"scripted-2","ParticipantToken":"scripted-3","ContinuedFromContactId":"4"}`}),
			outcome{Kind: succeeded, Attempts: 1, Status: 200, Continued: "4"},
		},
		"unknown members": {
			times(1, awsfake.Step{Body: `{"New":{"a":[1]},"ContactId":"scripted-1","ParticipantId":"scripted-2","ParticipantToken":"scripted-3","ContinuedFromContactId":null}`}),
			outcome{Kind: succeeded, Attempts: 1, Status: 200},
		},
		"another 2xx": {
			times(1, awsfake.Step{Status: 202, Body: `{"ContactId":"scripted-1","ParticipantId":"scripted-2","ParticipantToken":"scripted-3"}`}),
			outcome{Kind: succeeded, Attempts: 1, Status: 202},
		},
		"html":           {times(1, awsfake.Step{Body: "<html>login</html>"}), outcome{Kind: garbled, Attempts: 1, Status: 200}},
		"array":          {times(1, awsfake.Step{Body: "[]"}), outcome{Kind: garbled, Attempts: 1, Status: 200}},
		"other type":     {times(1, awsfake.Step{Body: `{"ContactId":7}`}), outcome{Kind: garbled, Attempts: 1, Status: 200}},
		"half an answer": {times(1, awsfake.Step{Body: `{"ContactId":"1","Part`, Truncate: true}), outcome{Kind: garbled, Attempts: 1, Status: 200}},
		"half a 500":     {times(1, awsfake.Step{Status: 500, Body: `{"Mess`, Truncate: true}), outcome{Kind: succeeded, Attempts: 2, Status: 200}},
	} {
		t.Run(name, func(t *testing.T) {
			got := compareStarts(t, test.script...)
			got.Message, got.RequestID, got.ContactID, got.ParticipantID, got.Token = "", "", "", "", ""
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("result (-want +got):\n%s", diff)
			}
		})
	}
}

// TestClock compares what wrong clocks do: with a Date that is more than four minutes
// off, some refusals are put down to the clock and the call is signed anew.
//
// AWS_DISABLE_CLOCK_SKEW_CORRECTION is not among the settings: this version of the
// generated client is older than it.
func TestClock(t *testing.T) {
	for name, variables := range map[string][]string{
		"default": nil,
	} {
		t.Run(name, func(t *testing.T) {
			environment(t, variables...)
			for _, code := range names {
				for _, skew := range []time.Duration{3 * time.Minute, 270 * time.Second, -270 * time.Second, 3 * time.Hour, -3 * time.Hour} {
					t.Run(fmt.Sprintf("%s %s", code, skew), func(t *testing.T) {
						compareStarts(t, times(4, awsfake.Step{Status: http.StatusForbidden, Error: code, Message: "x", Skew: skew})...)
					})
				}
			}
			t.Run("answer of a cache", func(t *testing.T) {
				compareStarts(t, times(4, awsfake.Step{
					Status: 403, Error: "AccessDeniedException", Skew: 3 * time.Hour, Header: http.Header{"Age": {"0"}},
				})...)
			})
			for _, offset := range []time.Duration{-26 * time.Hour, -6 * time.Minute, 0, 6 * time.Minute, 26 * time.Hour} {
				t.Run("clock "+offset.String(), func(t *testing.T) { compareClocks(t, offset) })
			}
		})
	}
}

// compareClocks makes several calls to endpoints whose clock is off: the first has to
// find that out, the later ones must know.
func compareClocks(t *testing.T, offset time.Duration) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		clients, endpoints := both(t, awsfake.Config{})
		for _, endpoint := range endpoints {
			endpoint.SetClock(offset)
		}
		for call := range 3 {
			var outcomes [2]outcome
			for i, c := range clients {
				out, err := c.start(t.Context(), body(t, ""))
				t.Logf("call %d of client %d: %+v: %v", call, i, out, err)
				out.settle()
				out.Message = "" // it names the time
				outcomes[i] = out
			}
			if diff := cmp.Diff(outcomes[0], outcomes[1]); diff != "" {
				t.Errorf("call %d (-generated client +connectclient):\n%s", call, diff)
			}
		}
	})
}

// TestRetryBudget compares how long the clients go on repeating calls against a service
// that is down, and how they recover.
func TestRetryBudget(t *testing.T) {
	for mode, variables := range map[string][]string{
		"default": nil,
	} {
		for name, step := range map[string]awsfake.Step{
			"transient": {Status: 500, Error: "InternalServiceException"}, "throttling": {Status: 429, Error: "LimitExceededException"},
			"timeout": {Status: 400, Error: "RequestTimeout"}, "no answer": {Reset: true},
		} {
			t.Run(mode+"/"+name, func(t *testing.T) {
				environment(t, variables...)
				synctest.Test(t, func(t *testing.T) {
					clients, endpoints := both(t, awsfake.Config{}, times(2000, step)...)
					for call := range 80 {
						for _, c := range clients {
							_, _ = c.start(t.Context(), body(t, ""))
						}
						if a, b := endpoints[0].Calls(), endpoints[1].Calls(); a != b {
							t.Fatalf("after %d failed calls the generated client made %d attempts, connectclient %d", call+1, a, b)
						}
					}
					if endpoints[0].Calls() >= 80*3 {
						t.Error("the budget was never used up: the test compares nothing")
					}
				})
			})
		}
	}
}

// TestDeadline compares calls that their caller ends.
func TestDeadline(t *testing.T) {
	environment(t)
	for name, script := range map[string][]awsfake.Step{
		"service that hangs":    times(1, awsfake.Step{Hang: true}),
		"hangs after a failure": {{Reset: true}, {Hang: true}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				clients, endpoints := both(t, awsfake.Config{}, script...)
				for i, c := range clients {
					ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
					began := time.Now()
					out, err := c.start(ctx, body(t, ""))
					cancel()
					t.Logf("client %d: %+v: %v", i, out, err)
					if out.Kind != ended || time.Since(began) != 20*time.Second || out.Attempts != len(script) || endpoints[i].Calls() != len(script) {
						t.Errorf("client %d: %+v after %s", i, out, time.Since(began))
					}
				}
			})
		})
	}
}

// TestOverLoopback makes the calls over real connections, one of which is reset: what is
// compared in memory above must not depend on that. The clients wait 50 ms at most before a
// second attempt.
func TestOverLoopback(t *testing.T) {
	environment(t)
	var outcomes [2]outcome
	for i := range outcomes {
		endpoint := awsfake.Start(t)
		endpoint.Script(awsfake.Step{Reset: true}, awsfake.Step{Header: http.Header{"X-Amzn-Requestid": {"request-2"}}})
		transport := new(http.Transport)
		t.Cleanup(transport.CloseIdleConnections)
		var c client
		var err error
		if i == 0 {
			c, err = newGenerated(t.Context(), transport, endpoint.URL)
		} else {
			c, err = newOwn(t.Context(), transport, endpoint.URL)
		}
		if err != nil {
			t.Fatal(err)
		}
		if outcomes[i], err = c.start(t.Context(), body(t, "")); err != nil {
			t.Errorf("client %d: %v", i, err)
		}
		outcomes[i].settle()
	}
	if diff := cmp.Diff(outcomes[0], outcomes[1]); diff != "" || outcomes[1].Attempts != 2 {
		t.Errorf("results (-generated client +connectclient):\n%s\n%+v", diff, outcomes[1])
	}
}
