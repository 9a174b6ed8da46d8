package sdk_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/connect"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/parley-chat/parley/internal/awsfake"
	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/connectclient"
	"github.com/parley-chat/parley/internal/startchat"
)

// What came of a call.
const (
	succeeded = "success"
	refused   = "error of the service"
	garbled   = "answer that is not the service's"
	ended     = "ended by the caller"
	unheard   = "no answer"
)

// outcome is what a client makes of a call, in terms that both can be put in.
type outcome struct {
	Kind          string
	Code, Message string
	// Status, RequestID, ExtendedRequestID, CFID and Attempts are $metadata.
	Status                             int
	RequestID, ExtendedRequestID, CFID string
	Attempts                           int
	// ContactID, ParticipantID, Token and Continued are the answer.
	ContactID, ParticipantID, Token, Continued string
}

// client is one of the two clients that are compared.
type client interface {
	start(ctx context.Context, body []byte) (outcome, error)
	stop(ctx context.Context, instance, contact string) (outcome, error)
}

// environment gives the test an AWS set-up that is wholly its own: nothing in the
// user's variables and files takes part. Further variables come as NAME=value.
func environment(t *testing.T, variables ...string) {
	t.Helper()
	for _, entry := range os.Environ() {
		if name, value, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, value) // puts it back in the end
			if err := os.Unsetenv(name); err != nil {
				t.Fatal(err)
			}
		}
	}
	dir := t.TempDir()
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(dir, "config"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(dir, "credentials"))
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("AWS_REGION", awsfake.DefaultRegion)
	t.Setenv("AWS_ACCESS_KEY_ID", awsfake.DefaultAccessKeyID)
	t.Setenv("AWS_SECRET_ACCESS_KEY", awsfake.DefaultSecretAccessKey)
	for _, entry := range variables {
		name, value, _ := strings.Cut(entry, "=")
		t.Setenv(name, value)
	}
}

// generated is AWS's client.
type generated struct{ client *connect.Client }

// newGenerated sets the client up as its documentation says, from the environment. An
// empty endpoint leaves the choice to it.
func newGenerated(ctx context.Context, transport http.RoundTripper, endpoint string) (*generated, error) {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, err
	}
	return &generated{connect.NewFromConfig(cfg, func(o *connect.Options) {
		o.HTTPClient = &http.Client{Transport: transport}
		if endpoint != "" {
			o.BaseEndpoint = aws.String(endpoint)
		}
	})}, nil
}

func (g *generated) start(ctx context.Context, body []byte) (outcome, error) {
	in, err := input(body)
	if err != nil {
		return outcome{}, err
	}
	var metadata middleware.Metadata
	answer, err := g.client.StartChatContact(ctx, in, capture(&metadata))
	out := describe(metadata, err)
	if err == nil {
		out.ContactID, out.ParticipantID = aws.ToString(answer.ContactId), aws.ToString(answer.ParticipantId)
		out.Token, out.Continued = aws.ToString(answer.ParticipantToken), aws.ToString(answer.ContinuedFromContactId)
	}
	return out, err
}

func (g *generated) stop(ctx context.Context, instance, contact string) (outcome, error) {
	var metadata middleware.Metadata
	_, err := g.client.StopContact(ctx, &connect.StopContactInput{InstanceId: &instance, ContactId: &contact}, capture(&metadata))
	return describe(metadata, err), err
}

// input reads a body into the generated type, whose members have AWS's names; a member
// that the type does not have is an error.
func input(body []byte) (*connect.StartChatContactInput, error) {
	decoder := json.NewDecoder(strings.NewReader(string(body)))
	decoder.DisallowUnknownFields()
	in := new(connect.StartChatContactInput)
	return in, decoder.Decode(in)
}

// capture keeps the metadata of failed calls, too, which the operation does not return.
func capture(metadata *middleware.Metadata) func(*connect.Options) {
	return func(o *connect.Options) {
		o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
			return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("capture",
				func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (
					middleware.InitializeOutput, middleware.Metadata, error,
				) {
					out, m, err := next.HandleInitialize(ctx, in)
					*metadata = m
					return out, m, err
				}), middleware.Before)
		})
	}
}

// describe puts the generated client's result in common terms.
func describe(metadata middleware.Metadata, err error) outcome {
	var out outcome
	if results, ok := retry.GetAttemptResults(metadata); ok {
		out.Attempts = len(results.Results)
	}
	out.RequestID, _ = awsmiddleware.GetRequestIDMetadata(metadata)
	if raw, ok := awsmiddleware.GetRawResponse(metadata).(*smithyhttp.Response); ok && raw != nil {
		out.Status = raw.StatusCode
		out.ExtendedRequestID, out.CFID = raw.Header.Get("X-Amz-Id-2"), raw.Header.Get("X-Amz-Cf-Id")
	}
	if answered, ok := errors.AsType[*awshttp.ResponseError](err); ok && out.RequestID == "" {
		out.RequestID = answered.ServiceRequestID()
	}
	_, undecodable := errors.AsType[*smithy.DeserializationError](err)
	switch api, ok := errors.AsType[smithy.APIError](err); {
	case err == nil:
		out.Kind = succeeded
	case ok:
		out.Kind, out.Code, out.Message = refused, api.ErrorCode(), api.ErrorMessage()
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		out.Kind = ended
	case undecodable:
		out.Kind = garbled
	default:
		out.Kind = unheard
	}
	// The generated client says "UnknownError" where the answer said nothing.
	if out.Code == "UnknownError" {
		out.Code = ""
	}
	if out.Message == "UnknownError" {
		out.Message = ""
	}
	return out
}

// own is Parley's client.
type own struct {
	client *connectclient.Client
	// delay is the time that the last start says it waited between its attempts.
	delay time.Duration
}

func newOwn(ctx context.Context, transport http.RoundTripper, endpoint string) (*own, error) {
	client, err := connectclient.New(ctx, connectclient.Config{EndpointURL: endpoint, UserAgent: "parley/0", Transport: transport})
	return &own{client: client}, err
}

func (o *own) start(ctx context.Context, body []byte) (outcome, error) {
	result, err := o.client.StartChatContact(ctx, &startchat.Request{Body: body})
	var out outcome
	var metadata startchat.Metadata
	if result != nil {
		metadata = result.Metadata
		out.ContactID, out.ParticipantID = result.ContactID, result.ParticipantID
		out.Token, out.Continued = result.ParticipantToken.Reveal(), result.ContinuedFromContactID
	}
	if failed, ok := errors.AsType[*startchat.CallError](err); ok {
		metadata = failed.Metadata
	}
	out.Status, out.RequestID, out.Attempts = metadata.HTTPStatusCode, metadata.RequestID, metadata.Attempts
	out.ExtendedRequestID, out.CFID = metadata.ExtendedRequestID, metadata.CFID
	out.read(err)
	o.delay = metadata.TotalRetryDelay
	return out, err
}

func (o *own) stop(ctx context.Context, instance, contact string) (outcome, error) {
	err := o.client.StopContact(ctx, instance, contact)
	var out outcome
	out.read(err)
	return out, err
}

// read puts an error of connectclient in common terms.
func (out *outcome) read(err error) {
	switch answer, ok := errors.AsType[*awswire.Error](err); {
	case err == nil:
		out.Kind = succeeded
	case ok:
		out.Kind, out.Code, out.Message = refused, answer.Name, answer.Message
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		out.Kind = ended
	case errors.Is(err, awswire.ErrAnswer):
		out.Kind = garbled
	default:
		out.Kind = unheard
	}
}

// both returns the two clients, each with its own network to its own endpoint.
func both(t *testing.T, config awsfake.Config, script ...awsfake.Step) (clients [2]client, endpoints [2]*awsfake.Endpoint) {
	t.Helper()
	for i := range endpoints {
		endpoints[i] = awsfake.New(config)
		endpoints[i].Script(script...)
		transport := network(t, endpoints[i])
		var err error
		if i == 0 {
			clients[i], err = newGenerated(t.Context(), transport, "http://connect.invalid")
		} else {
			clients[i], err = newOwn(t.Context(), transport, "http://connect.invalid")
		}
		if err != nil {
			t.Fatalf("setting up client %d: %v", i, err)
		}
	}
	return clients, endpoints
}
