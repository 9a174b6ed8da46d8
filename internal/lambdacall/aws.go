package lambdacall

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/parley-chat/parley/internal/arn"
	"github.com/parley-chat/parley/internal/awscall"
)

// lambda returns a caller of AWS Lambda with the user's credentials.
func lambda(cfg *Config) *awscall.Regional {
	return awscall.NewRegional(awscall.Service{ID: "Lambda", Signing: "lambda", Title: "AWS Lambda"}, awscall.Config{
		Region: cfg.Region, Profile: cfg.Profile, UserAgent: cfg.UserAgent, Log: cfg.Log,
	})
}

// inAWS is the function that an entry names; "aws" and "true" mean the one that is called.
func inAWS(aws *awscall.Regional, name, qualifier string) invoker {
	if name == "aws" || name == "true" {
		name = ""
	}
	return remote{aws, arn.FunctionOf(name), qualifier}
}

// remote is a function of AWS.
type remote struct {
	aws       *awscall.Regional
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
	op := awscall.Operation{
		Method: http.MethodPost, Path: functionsPath + awscall.Escape(name.Unqualified) + invocationsPath, ContentType: "application/json",
	}
	if qualifier != "" {
		op.Query = "Qualifier=" + url.QueryEscape(qualifier)
	}
	answer, err := f.aws.Call(ctx, cmp.Or(name.Region, called.Region), op, event)
	switch {
	case err != nil && ctx.Err() != nil:
		return reply{}, fmt.Errorf("calling AWS Lambda: %w", ctx.Err())
	case err != nil:
		return reply{}, failuref("%s", brief(f.aws.Explain(err)))
	}
	r := reply{body: answer.Body, failed: answer.Header.Get("X-Amz-Function-Error") != ""}
	if n := answer.Metadata.Attempts; n > 1 {
		r.note = fmt.Sprintf("AWS Lambda took the call at attempt %d", n)
	}
	return r, nil
}
