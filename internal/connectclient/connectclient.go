// Package connectclient calls Amazon Connect: it is [startchat.Starter] over the real
// service, and what else a chat backend on a developer's machine asks AWS for.
//
// It takes from AWS's SDK what is hard to get right — where configuration and
// credentials come from, the signature, when a call is repeated — and leaves out the
// generated service client, which costs several times the CPU of all the rest. Bodies
// are passed through as bytes, so members newer than this program reach the service.
// It decides nothing about what a page may ask (package startchat) or what an error
// means to a person (package diagnosis), and it is the only package that imports the
// SDK, which in turn reads the AWS_ environment variables and the shared files.
//
// A [Client] is safe for concurrent use.
package connectclient

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/parley-chat/parley/internal/startchat"
)

// defaultMaxIdleConns bounds the connections kept open to the service.
const defaultMaxIdleConns = 512

var _ startchat.Starter = (*Client)(nil)

// Config says which account, Region and endpoint to call. The zero value takes
// everything from the environment and the shared files, as the AWS CLI does.
type Config struct {
	// Region wins over the Region of InstanceID, the environment and the profile.
	Region string
	// Profile names a profile of the shared files; it wins over keys in the
	// environment, as --profile of the AWS CLI does.
	Profile string
	// EndpointURL replaces the Amazon Connect endpoint, and no other service's. It
	// wins over AWS_ENDPOINT_URL_CONNECT, AWS_ENDPOINT_URL and the profile.
	EndpointURL string
	// InstanceID is the instance that will be called. Only its Region is used, when
	// it is an ARN: it wins over the Region of the environment and the profile,
	// because an instance can be reached in no other.
	InstanceID string
	// UserAgent names the program to AWS; "parley" when empty.
	UserAgent string
	// MaxIdleConns bounds the connections kept open between calls; 512 when zero.
	MaxIdleConns int
	// Transport carries the calls; nil makes one. The credential chain's own calls
	// (single sign-on, role assumption) do not go through it.
	Transport http.RoundTripper
	// Log receives the SDK's warnings about the configuration; nil discards them.
	Log *slog.Logger
}

// Client calls Amazon Connect, and STS and IAM where its inspection calls need them.
type Client struct {
	log         *slog.Logger
	userAgent   string
	settings    settings
	credentials aws.CredentialsProvider
	source      string
	signer      signer
	transport   http.RoundTripper
	connect     *service
}

// New loads the configuration and obtains credentials, so that what is missing is
// known before the first chat. No call to Amazon Connect is made; whether the chain
// needs the network depends on where the credentials come from, and it is given a
// bounded time. Errors have a Hint method; those about credentials are a
// [CredentialsError], the others a [ConfigError].
func New(ctx context.Context, cfg Config) (*Client, error) {
	log := cfg.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	loaded, err := load(ctx, cfg, log)
	if err != nil {
		return nil, err
	}
	connect, err := loaded.service(connectService, cfg.EndpointURL)
	if err != nil {
		return nil, err
	}
	source, err := obtain(ctx, loaded)
	if err != nil {
		return nil, err
	}
	c := &Client{
		log: log, userAgent: userAgent(cfg.UserAgent, loaded.aws.AppID), settings: loaded,
		credentials: loaded.aws.Credentials, source: source,
		transport: cfg.Transport, connect: connect,
	}
	if c.transport == nil {
		c.transport = newTransport(loaded.aws.HTTPClient, connect.base.Scheme, cfg.MaxIdleConns)
	}
	return c, nil
}

// Region returns the Region that is called. It is empty when a custom endpoint made
// it unnecessary and none was given.
func (c *Client) Region() string { return c.settings.aws.Region }

// Profile returns the profile of the shared AWS configuration in use, from the
// configuration or the environment; empty for the default one.
func (c *Client) Profile() string { return c.settings.profile }

// Endpoint returns the address of the Amazon Connect endpoint, without a slash at
// its end.
func (c *Client) Endpoint() string { return c.connect.base.String() }

// SourceOfCredentials says where the credentials came from, in words for a person.
// It never names a key.
func (c *Client) SourceOfCredentials() string { return c.source }

// Format implements [fmt.Formatter]: a client holds keys, and no verb prints them.
func (c *Client) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "connectclient.Client(%s)", c.Endpoint()) // fmt reports a failed write itself
}

// LogValue implements [slog.LogValuer].
func (c *Client) LogValue() slog.Value { return slog.StringValue(c.Endpoint()) }

func userAgent(name, appID string) string {
	if name == "" {
		name = "parley"
	}
	if appID != "" {
		name += " app/" + appID
	}
	return name
}

// newRetries reports whether the SDK's newer retry rules are asked for. The SDK
// reads the same variable inside its retryer; the waits computed here must agree.
func newRetries() bool { return os.Getenv("AWS_NEW_RETRIES_2026") == "true" }

// ConfigError is a setting that makes calls to AWS impossible.
type ConfigError struct {
	problem, hint string
	err           error
}

// Error implements error.
func (e *ConfigError) Error() string {
	if e.err == nil {
		return e.problem
	}
	return fmt.Sprintf("%s: %v", e.problem, e.err)
}

// Unwrap returns the cause, if there is one.
func (e *ConfigError) Unwrap() error { return e.err }

// Hint says what to do about it.
func (e *ConfigError) Hint() string { return e.hint }
