package awscall

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"

	"github.com/parley-chat/parley/internal/awswire"
)

// Service names an AWS service.
type Service struct {
	// ID is the SDK's name, which the spelling of AWS_ENDPOINT_URL_… and of the profile's services
	// section follows. Signing is the name in the signature and in host names, Title the name for
	// people.
	ID, Signing, Title string
	// Host is the name in host names where it is not that in the signature.
	Host string
	// Query marks AWS's query protocol: forms in, XML out.
	Query bool
	// Modeled are the exceptions that the SDK's generated client has types for. Its rules take a
	// status of 429 for throttling unless the exception has one.
	Modeled []string
}

// modeledError is an exception with a type of its own, for the SDK's rules.
type modeledError struct{ refusal *awswire.Error }

var _ smithy.APIError = modeledError{}

// Error implements error, ErrorCode and ErrorMessage [smithy.APIError].
func (e modeledError) Error() string { return e.refusal.Error() }

func (e modeledError) ErrorCode() string    { return e.refusal.Name }
func (e modeledError) ErrorMessage() string { return e.refusal.Message }

// ErrorFault implements [smithy.APIError], by which the SDK knows such a type.
func (modeledError) ErrorFault() smithy.ErrorFault { return smithy.FaultUnknown }

// Unwrap returns the exception.
func (e modeledError) Unwrap() error { return e.refusal }

// judged returns a failure as the SDK's rules for retries are to see it.
func (s *Service) judged(failure error) error {
	if refusal, ok := errors.AsType[*awswire.Error](failure); ok && slices.Contains(s.Modeled, refusal.Name) {
		return modeledError{refusal}
	}
	return failure
}

// Signing names of the services whose endpoints follow rules of their own: IAM has one endpoint a
// partition; for Secrets Manager see [Service.host].
const signingIAM, signingSecrets = "iam", "secretsmanager"

// Client calls one service.
type Client struct {
	session *Session
	service Service
	signer  signer
	region  string   // in the signature
	base    *url.URL // without a slash at its end
	retryer aws.RetryerV2
	// attempts are the values of amz-sdk-request, by attempt.
	attempts []string
	// skew is the service's clock minus this machine's, in nanoseconds, as last seen.
	skew atomic.Int64
	// fixedClock switches the correction of the signing time off.
	fixedClock bool
}

// Client returns a client of a service. endpoint replaces the service's address; when it is empty,
// that of the environment or the profile does, else the Region's is used. No call is made. Errors
// are a [ConfigError].
func (s *Session) Client(service Service, endpoint string) (*Client, error) {
	custom := endpoint
	region := s.aws.Region
	source := "the endpoint URL"
	if custom == "" {
		custom, source = s.configuredEndpoint(service.ID)
	}
	fips := s.fips()
	dual := s.dualStack()
	if custom == "" && region == "" {
		return nil, &ConfigError{
			problem: "finding the aws region: none is set",
			hint: "set --region or AWS_REGION (for example us-west-2), give the profile a region, " +
				"or use the instance's ARN as its id",
		}
	}
	if region != "" && !isHostLabel(region) {
		return nil, &ConfigError{
			problem: fmt.Sprintf("finding the aws region: %q is not the name of a region", region),
			hint:    "a Region is spelt like us-west-2",
		}
	}
	if custom != "" && (fips || dual) {
		return nil, &ConfigError{
			problem: fmt.Sprintf("choosing the endpoint: %s cannot be combined with FIPS or dual-stack endpoints", source),
			hint:    "unset AWS_USE_FIPS_ENDPOINT and AWS_USE_DUALSTACK_ENDPOINT (use_… in the profile), or the endpoint URL",
		}
	}
	address := custom
	if address == "" {
		address = "https://" + service.host(region, fips, dual)
	}
	base, err := parseEndpoint(address, source)
	if err != nil {
		return nil, err
	}
	made := &Client{
		session: s, service: service, region: region, base: base, retryer: s.newRetryer(), fixedClock: s.aws.DisableClockSkewCorrection,
	}
	if service.Signing == signingIAM {
		made.region = partitionOf(region).iamRegion
	}
	const prepared = 10
	for n := 1; n <= min(prepared, made.retryer.MaxAttempts()); n++ {
		made.attempts = append(made.attempts, attemptHeader(n, made.retryer.MaxAttempts()))
	}
	return made, nil
}

// Endpoint returns the address of the service, without a slash at its end.
func (c *Client) Endpoint() string { return c.base.String() }

// configuredEndpoint returns the address set for a service outside this program, and
// the place of that setting. The order is the SDK's: the environment before the profile, and in
// each the service's own setting before the general one.
//
// Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
func (s *Session) configuredEndpoint(serviceID string) (address, source string) {
	if s.ignoresEndpoints() {
		return "", ""
	}
	ctx := context.Background() // the getters read what is loaded already
	if own, found, err := s.env.GetServiceBaseEndpoint(ctx, serviceID); err == nil && found {
		return own, "AWS_ENDPOINT_URL_" + strings.ToUpper(strings.ReplaceAll(serviceID, " ", "_"))
	}
	if s.env.BaseEndpoint != "" {
		return s.env.BaseEndpoint, "AWS_ENDPOINT_URL"
	}
	if own, found, err := s.shared.GetServiceBaseEndpoint(ctx, serviceID); err == nil && found {
		return own, "the services section of the profile"
	}
	return s.shared.BaseEndpoint, "endpoint_url of the profile"
}

func (s *Session) ignoresEndpoints() bool {
	ignores := cmp.Or(s.env.IgnoreConfiguredEndpoints, s.shared.IgnoreConfiguredEndpoints)
	return ignores != nil && *ignores
}

func (s *Session) fips() bool {
	return cmp.Or(s.env.UseFIPSEndpoint, s.shared.UseFIPSEndpoint) == aws.FIPSEndpointStateEnabled
}

func (s *Session) dualStack() bool {
	return cmp.Or(s.env.UseDualStackEndpoint, s.shared.UseDualStackEndpoint) == aws.DualStackEndpointStateEnabled
}

// host returns the host name of the service by AWS's endpoint rules.
func (s Service) host(region string, fips, dual bool) string {
	p := partitionOf(region)
	if s.Signing == signingIAM {
		if fips && p.iamFIPS != "" {
			return p.iamFIPS
		}
		return p.iamHost
	}
	secrets := s.Signing == signingSecrets
	name, domain := cmp.Or(s.Host, s.Signing), p.DNS
	// In these partitions the plain names of Secrets Manager are dual-stack ones already.
	plain := secrets && (p.ID == "aws" || p.ID == "aws-us-gov" || p.ID == "aws-cn" && !fips)
	if dual && !plain {
		domain = p.DualStackDNS
	}
	// The plain endpoints of GovCloud are validated ones already, but for Secrets Manager.
	if fips && (dual || secrets || p.ID != "aws-us-gov") {
		name += "-fips"
	}
	return name + "." + region + "." + domain
}

func parseEndpoint(address, source string) (*url.URL, error) {
	shown := " " + strconv.Quote(address)
	if strings.Contains(address, "@") {
		shown = "" // there may be a password in it
	}
	bad := func(problem string) error {
		return &ConfigError{
			problem: fmt.Sprintf("reading %s%s: %s", source, shown, problem),
			hint:    "an endpoint is an address like http://localhost:4566 or https://connect.us-west-2.amazonaws.com",
		}
	}
	base, err := url.Parse(address)
	switch {
	case err != nil:
		return nil, bad("it is not a URL")
	case base.Scheme != "http" && base.Scheme != "https":
		return nil, bad("it does not begin with http:// or https://")
	case base.Host == "":
		return nil, bad("it names no host")
	case base.User != nil:
		return nil, bad("it must not hold a user name or password")
	case base.RawQuery != "" || base.Fragment != "":
		return nil, bad("it may have a host and a path only")
	}
	base.Path, base.RawPath = strings.TrimRight(base.Path, "/"), strings.TrimRight(base.RawPath, "/")
	return base, nil
}

// isHostLabel reports whether text can be a label of a host name (RFC 1123, section
// 2.1), so that a Region cannot lead the call to another host.
func isHostLabel(text string) bool {
	if text == "" || len(text) > 63 || text[0] == '-' {
		return false
	}
	for i := range len(text) {
		switch c := text[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-':
		default:
			return false
		}
	}
	return true
}

func attemptHeader(n, most int) string {
	text := "attempt=" + strconv.Itoa(n)
	if most > 0 {
		text += "; max=" + strconv.Itoa(most)
	}
	return text
}
