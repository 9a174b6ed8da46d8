package lambdacall

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"sync"

	"github.com/parley-chat/parley/internal/arn"
	"github.com/parley-chat/parley/internal/awscall"
	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/hint"
)

// account is AWS Lambda with the user's credentials.
type account struct {
	region, profile, userAgent string
	log                        *slog.Logger

	mu       sync.Mutex
	sessions map[string]awsClient // by Region
}

// awsClient calls AWS Lambda in one Region.
type awsClient interface {
	Call(ctx context.Context, op awscall.Operation, body []byte) (*awscall.Answer, error)
}

// function is a function of the account. "aws" and "true" mean the one that is called.
func (a *account) function(name, qualifier string) invoker {
	if name == "aws" || name == "true" {
		name = ""
	}
	return remote{a, arn.FunctionOf(name), qualifier}
}

// client returns the client of a Region.
func (a *account) client(ctx context.Context, region string) (awsClient, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if c := a.sessions[region]; c != nil {
		return c, nil
	}
	session, err := awscall.Load(ctx, awscall.Config{Region: region, Profile: a.profile, UserAgent: a.userAgent, Log: a.log})
	if err != nil {
		return nil, err
	}
	c, err := session.Client(awscall.Service{ID: "Lambda", Signing: "lambda", Title: "AWS Lambda"}, "")
	if err != nil {
		return nil, err
	}
	a.sessions[region] = c
	return c, nil
}

// remote is a function of AWS.
type remote struct {
	*account
	named     arn.Function // in the configuration; empty for the one that is called
	qualifier string
}

// invoke implements invoker. Refusals for too many calls and failures of the service are tried
// again, as Amazon Connect does; failures of the function are not.
func (f remote) invoke(ctx context.Context, called arn.Function, event []byte) (reply, error) {
	name := called
	if f.named.Name != "" {
		name = f.named
	}
	qualifier := cmp.Or(f.qualifier, name.Qualifier)
	client, err := f.client(ctx, cmp.Or(name.Region, called.Region, f.region))
	if err != nil {
		return reply{}, awsFailure(ctx, err)
	}
	op := awscall.Operation{
		Method: http.MethodPost, Path: functionsPath + awscall.Escape(name.Unqualified) + invocationsPath, ContentType: "application/json",
	}
	if qualifier != "" {
		op.Query = "Qualifier=" + url.QueryEscape(qualifier)
	}
	answer, err := client.Call(ctx, op, event)
	if err != nil {
		return reply{}, awsFailure(ctx, err)
	}
	r := reply{body: answer.Body, failed: answer.Header.Get("X-Amz-Function-Error") != ""}
	if n := answer.Metadata.Attempts; n > 1 {
		r.note = fmt.Sprintf("AWS Lambda took the call at attempt %d", n)
	}
	return r, nil
}

// awsFailure is an error of a call to AWS, with the next step where there is one.
func awsFailure(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("calling AWS Lambda: %w", ctx.Err())
	}
	text := err.Error()
	if refused, ok := errors.AsType[*awswire.Error](err); ok && refused.Name != "" {
		text = fmt.Sprintf("AWS Lambda refuses the call: %s: %s", refused.Name, refused.Message)
	}
	if next := hint.Of(err); next != "" {
		text += "; " + next
	}
	return failuref("%s", brief(text))
}
