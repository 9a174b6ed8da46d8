package awscall

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/google/uuid"

	"github.com/parley-chat/parley/internal/awswire"
)

// Operation describes a call as the service's model does.
type Operation struct {
	Method string
	// Path begins with a slash and is escaped, see [Escape]; Query is encoded, without "?".
	Path, Query string
	ContentType string
	// Target names the operation in AWS JSON 1.1, in the header X-Amz-Target.
	Target string
}

// Call makes a call and repeats it as AWS's SDK would, within the context's deadline. The body is
// sent as it is. Errors are an
// [awswire.CallError].
func (c *Client) Call(ctx context.Context, op Operation, body []byte) (*Answer, error) {
	run := exchange{client: c, op: op, body: body}
	text, err := run.do(ctx)
	if err != nil {
		return nil, &awswire.CallError{Metadata: run.meta, Err: err}
	}
	return &Answer{Body: text, Header: run.answered, Metadata: run.meta}, nil
}

// exchange is one call with all its attempts. It belongs to one goroutine.
type exchange struct {
	client *Client
	op     Operation
	body   []byte

	keys       aws.Credentials
	invocation string
	payload    string // hash of the body, in hexadecimal
	meta       awswire.Metadata
	answered   http.Header   // of the last answer
	skew       time.Duration // added to the signing time of the next attempt
}

// do runs attempts until one succeeds or repeating makes no sense.
func (x *exchange) do(ctx context.Context) ([]byte, error) {
	c := x.client
	keys, err := c.session.aws.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, c.session.credentialsError(err)
	}
	x.keys, x.invocation, x.payload = keys, uuid.NewString(), hashOf(x.body)
	if !c.fixedClock {
		x.skew = time.Duration(c.skew.Load())
	}
	release := func(error) error { return nil }
	for {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("calling %s: %w", c.service.Title, ctx.Err())
		}
		asked := time.Now()
		releaseAttempt, err := c.retryer.GetAttemptToken(ctx)
		if x.meta.Attempts > 0 { // the adaptive mode waits here, too
			x.meta.TotalRetryDelay += time.Since(asked)
		}
		if err != nil {
			return nil, fmt.Errorf("waiting to call %s: %w", c.service.Title, err)
		}
		x.meta.Attempts++
		text, seen, err := x.attempt(ctx)
		// Giving tokens back cannot fail with the SDK's own retryers.
		judged := c.service.judged(err)
		_ = release(judged)
		// What a first attempt earns, a repeated one must not earn again; the SDK sees which it is
		// only in its own client. The adaptive mode learns from each answer.
		if _, adaptive := c.retryer.(*retry.AdaptiveMode); adaptive || x.meta.Attempts == 1 {
			_ = releaseAttempt(judged)
		}
		skewed := x.learnClock(seen, err)
		if err == nil {
			return text, nil
		}
		if ctx.Err() != nil || hopeless(err) {
			return nil, err
		}
		if !skewed && !c.retryer.IsErrorRetryable(judged) {
			return nil, err
		}
		if most := c.retryer.MaxAttempts(); most > 0 && x.meta.Attempts >= most {
			return nil, err
		}
		if release, _ = c.retryer.GetRetryToken(ctx, judged); release == nil {
			return nil, err // the budget for repeating calls is used up
		}
		if waitErr := x.pause(ctx, err); waitErr != nil {
			return nil, waitErr
		}
	}
}

// hopeless reports failures that a retry cannot mend: an answer that is not the service's, and a
// certificate that is not trusted (for which the SDK tries again).
func hopeless(err error) bool {
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	return untrusted || errors.Is(err, awswire.ErrAnswer)
}

// pause waits before the next attempt. When the wait would outlive the deadline, it
// returns the failure at once: a caller is served better by the service's own error
// now than by a timeout later.
func (x *exchange) pause(ctx context.Context, failure error) error {
	delay, err := x.client.retryer.RetryDelay(x.meta.Attempts, x.client.service.judged(failure))
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
		return fmt.Errorf("waiting to repeat the call to %s: %w", x.client.service.Title, ctx.Err())
	}
}

// atLeastAsAsked lengthens a wait to the time the service asked for, by at most five
// seconds: the rule the SDKs have for x-amz-retry-after, here for Retry-After too.
func atLeastAsAsked(delay time.Duration, failure error) time.Duration {
	refusal, ok := errors.AsType[*awswire.Error](failure)
	if !ok {
		return delay
	}
	const most = 5 * time.Second
	return min(max(delay, refusal.RetryAfter), delay+most)
}
