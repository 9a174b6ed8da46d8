// Package connectclient calls Amazon Connect: it is [startchat.Starter] over the real service, and
// the other questions that a chat backend on a developer's machine asks AWS.
//
// Bodies are passed through as bytes, so members newer than this program reach the service. The
// package owns the operations and the form of their results. Credentials, endpoints, signatures and
// retries are package awscall's; what a page may ask is decided in package startchat, and errors are
// explained to people in package diagnosis.
//
// A [Client] is safe for concurrent use.
package connectclient

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/parley-chat/parley/internal/arn"
	"github.com/parley-chat/parley/internal/awscall"
	"github.com/parley-chat/parley/internal/startchat"
)

// The services that are called. The Participant Service is only located: its calls are not signed.
//
//nolint:gochecknoglobals // constants that Go has no constant form for
var (
	connectService = awscall.Service{
		ID: "Connect", Signing: "connect", Title: "Amazon Connect",
		Modeled: []string{"InternalServiceException", "InvalidParameterException", "InvalidRequestException", "ResourceNotFoundException"},
	}
	participantService = awscall.Service{ID: "ConnectParticipant", Signing: "participant.connect", Title: "the Amazon Connect Participant Service"}
	stsService         = awscall.Service{ID: "STS", Signing: "sts", Title: "AWS STS", Query: true}
	iamService         = awscall.Service{ID: "IAM", Signing: "iam", Title: "AWS IAM", Query: true}
)

var _ startchat.Starter = (*Client)(nil)

// Config says which account, Region and endpoint to call. The zero value takes everything from the
// environment and the shared files, as the AWS CLI does. The fields that package awscall has, too,
// are described there.
type Config struct {
	// Region wins over the Region of InstanceID, the environment and the profile.
	Region  string
	Profile string
	// EndpointURL replaces the Amazon Connect endpoint, and no other service's. It
	// wins over AWS_ENDPOINT_URL_CONNECT, AWS_ENDPOINT_URL and the profile.
	EndpointURL string
	// InstanceID is the instance that will be called. Only its Region is used, when
	// it is an ARN: it wins over the Region of the environment and the profile,
	// because an instance can be reached in no other.
	InstanceID   string
	UserAgent    string
	MaxIdleConns int
	Transport    http.RoundTripper
	Log          *slog.Logger
}

// Client calls Amazon Connect, and STS and IAM where its inspection calls need them.
type Client struct {
	*awscall.Session

	connect *awscall.Client
}

// New loads the configuration and obtains credentials, so that a lack of them is known before the
// first chat. No call to Amazon Connect is made. Errors have a Hint method; those about credentials
// are an [awscall.CredentialsError], the others an [awscall.ConfigError].
func New(ctx context.Context, cfg Config) (*Client, error) {
	instance := arn.RegionOf(cfg.InstanceID)
	if cfg.Log != nil && cfg.Region != "" && instance != "" && instance != cfg.Region {
		cfg.Log.WarnContext(ctx, "the region is not the one of the instance", "region", cfg.Region, "instance_region", instance)
	}
	session, err := awscall.Load(ctx, awscall.Config{
		Region: cmp.Or(cfg.Region, instance), Profile: cfg.Profile, UserAgent: cfg.UserAgent,
		MaxIdleConns: cfg.MaxIdleConns, Transport: cfg.Transport, Log: cfg.Log,
	})
	if err != nil {
		return nil, err
	}
	connect, err := session.Client(connectService, cfg.EndpointURL)
	if err != nil {
		return nil, err
	}
	if err := session.Obtain(ctx); err != nil {
		return nil, err
	}
	return &Client{session, connect}, nil
}

// Endpoint returns the address of the Amazon Connect endpoint, without a slash at its end.
func (c *Client) Endpoint() string { return c.connect.Endpoint() }

// ServerDate asks Amazon Connect for its time; see [awscall.Client.ServerDate].
func (c *Client) ServerDate(ctx context.Context) (time.Time, error) { return c.connect.ServerDate(ctx) }
