package connectclient

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/uuid"

	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/startchat"
)

// operation is a call as the service's model describes it.
type operation struct {
	service *service
	// name is AWS's name of the operation.
	name, method string
	// path begins with a slash and is escaped; query is encoded, without "?".
	path, query string
	contentType string
}

// answer is a successful answer, read to its end.
type answer struct {
	body []byte
	meta startchat.Metadata
}

// call makes a call and repeats it as AWS's SDK would, within the context's
// deadline. A failure is a [startchat.CallError] around an [awswire.Error] when the
// service answered, around what went wrong on the way otherwise.
func (c *Client) call(ctx context.Context, op operation, body []byte) (*answer, error) {
	run := exchange{client: c, op: op, body: body, newRules: newRetries()}
	text, err := run.do(ctx)
	if err != nil {
		return nil, &startchat.CallError{Metadata: run.meta, Err: err}
	}
	return &answer{body: text, meta: run.meta}, nil
}

// exchange is one call with all its attempts. It belongs to one goroutine.
type exchange struct {
	client   *Client
	op       operation
	body     []byte
	newRules bool // of repeating calls

	keys       aws.Credentials
	invocation string
	payload    string // hash of the body, in hexadecimal
	meta       startchat.Metadata
	skew       time.Duration // added to the signing time of the next attempt
}

// do runs attempts until one succeeds or repeating makes no sense.
func (x *exchange) do(ctx context.Context) ([]byte, error) {
	service := x.op.service
	keys, err := x.client.credentials.Retrieve(ctx)
	if err != nil {
		return nil, x.client.settings.credentialsError(err)
	}
	x.keys, x.invocation, x.payload = keys, uuid.NewString(), hashOf(x.body)
	if !service.fixedClock {
		x.skew = time.Duration(service.skew.Load())
	}
	release := func(error) error { return nil }
	for {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("calling %s: %w", service.title, ctx.Err())
		}
		releaseAttempt, err := service.retryer.GetAttemptToken(ctx)
		if err != nil {
			return nil, fmt.Errorf("waiting to call %s: %w", service.title, err)
		}
		x.meta.Attempts++
		text, seen, err := x.attempt(ctx)
		// Giving tokens back cannot fail with the SDK's own retryers.
		_ = release(err)
		if !x.newRules || x.meta.Attempts == 1 {
			_ = releaseAttempt(err)
		}
		skewed := x.learnClock(seen, err)
		if err == nil {
			return text, nil
		}
		if ctx.Err() != nil || hopeless(err) {
			return nil, err
		}
		if !skewed && !service.retryer.IsErrorRetryable(err) {
			return nil, err
		}
		if most := service.retryer.MaxAttempts(); most > 0 && x.meta.Attempts >= most {
			return nil, err
		}
		if release, _ = service.retryer.GetRetryToken(ctx, err); release == nil {
			return nil, err // the budget for repeating calls is used up
		}
		if waitErr := x.pause(ctx, err); waitErr != nil {
			return nil, waitErr
		}
	}
}

// hopeless reports failures that repeating cannot mend: an answer that is not the
// service's, and a certificate that is not trusted (which the SDK tries again).
func hopeless(err error) bool {
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	return untrusted || errors.Is(err, awswire.ErrAnswer)
}

// pause waits before the next attempt. When the wait would outlive the deadline, it
// returns the failure at once: a caller is served better by the service's own error
// now than by a timeout later.
func (x *exchange) pause(ctx context.Context, failure error) error {
	n := x.meta.Attempts
	if x.newRules {
		n--
	}
	delay, err := x.op.service.retryer.RetryDelay(n, failure)
	if err != nil {
		return failure
	}
	delay = atLeastAsAsked(delay, failure)
	start := time.Now()
	if deadline, ok := ctx.Deadline(); ok && deadline.Sub(start) <= delay {
		return failure
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		x.meta.TotalRetryDelay += time.Since(start)
		return nil
	case <-ctx.Done():
		x.meta.TotalRetryDelay += time.Since(start)
		return fmt.Errorf("waiting to repeat the call to %s: %w", x.op.service.title, ctx.Err())
	}
}

// atLeastAsAsked lengthens a wait to what the service asked for, by at most five
// seconds: the rule the SDKs have for x-amz-retry-after, here for Retry-After too.
func atLeastAsAsked(delay time.Duration, failure error) time.Duration {
	refusal, ok := errors.AsType[*awswire.Error](failure)
	if !ok {
		return delay
	}
	const most = 5 * time.Second
	return min(max(delay, refusal.RetryAfter), delay+most)
}

// sighting is what an answer tells about the service's clock.
type sighting struct {
	ahead time.Duration
	ok    bool
}

// skewThreshold is the difference from which on a refusal is put down to the clock.
const skewThreshold = 4 * time.Minute

// learnClock keeps the service's time for later signatures and reports whether the
// failure came from signing with the wrong one. These are the SDK's rules: any of
// the codes may mean something else, so the answer's Date decides.
func (x *exchange) learnClock(seen sighting, err error) (skewed bool) {
	if x.op.service.fixedClock {
		return false
	}
	if !seen.ok {
		return false
	}
	used := x.skew
	x.skew = seen.ahead
	x.op.service.skew.Store(int64(seen.ahead))
	refusal, ok := errors.AsType[*awswire.Error](err)
	if !ok {
		return false
	}
	switch refusal.Name {
	case "InvalidSignatureException", "SignatureDoesNotMatch", "AuthFailure", "RequestTimeTooSkewed", "AccessDeniedException":
		return (used - seen.ahead).Abs() > skewThreshold
	}
	return false
}

// sight compares an answer's Date with this machine's clock. Answers of caches and
// of calls that took very long say nothing.
func sight(header http.Header, sent, received time.Time) sighting {
	const longest = 15 * time.Minute
	date := header.Get("Date")
	if date == "" || header.Get("Age") != "" || received.Sub(sent) > longest {
		return sighting{}
	}
	server, err := http.ParseTime(date)
	if err != nil {
		return sighting{}
	}
	return sighting{ahead: server.Sub(received), ok: true}
}
