package connectclient

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// kind is one of the services that are called.
type kind struct {
	// id is the SDK's name, which AWS_ENDPOINT_URL_… and the profile's services
	// section are spelt after; signing is the name in the signature; title is for
	// people.
	id, signing, title string
	// query marks AWS's query protocol: forms in, XML out.
	query bool
}

//nolint:gochecknoglobals // constants that Go has no constant form for
var (
	connectService = kind{id: "Connect", signing: "connect", title: "Amazon Connect"}
	stsService     = kind{id: "STS", signing: "sts", title: "AWS STS", query: true}
	iamService     = kind{id: "IAM", signing: "iam", title: "AWS IAM", query: true}
)

// service is a service as it is called from here.
type service struct {
	kind

	region  string   // in the signature
	base    *url.URL // without a slash at its end
	retryer aws.RetryerV2
	// attempts are the values of amz-sdk-request, by attempt.
	attempts []string
	// skew is how far the service's clock is ahead, in nanoseconds, as last seen.
	skew atomic.Int64
	// fixedClock switches the correction of the signing time off.
	fixedClock bool
}

// service finds out where a service is. A custom address may be "".
func (s *settings) service(k kind, custom string) (*service, error) {
	region := s.aws.Region
	source := "the endpoint URL"
	if custom == "" {
		custom, source = s.configuredEndpoint(k)
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
		address = "https://" + k.host(region, fips, dual)
	}
	base, err := parseEndpoint(address, source)
	if err != nil {
		return nil, err
	}
	made := &service{
		kind: k, region: k.signingRegion(region), base: base, retryer: s.newRetryer(), fixedClock: s.aws.DisableClockSkewCorrection,
	}
	const prepared = 10
	for n := 1; n <= min(prepared, made.retryer.MaxAttempts()); n++ {
		made.attempts = append(made.attempts, attemptHeader(n, made.retryer.MaxAttempts()))
	}
	return made, nil
}

// configuredEndpoint returns the address set for a service outside this program, and
// where it stands. The order is the SDK's: the environment before the profile, and in
// each the service's own setting before the general one.
//
// Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
func (s *settings) configuredEndpoint(k kind) (address, source string) {
	if s.ignoresEndpoints() {
		return "", ""
	}
	ctx := context.Background() // the getters read what is loaded already
	if own, found, err := s.env.GetServiceBaseEndpoint(ctx, k.id); err == nil && found {
		return own, "AWS_ENDPOINT_URL_" + strings.ToUpper(k.id)
	}
	if s.env.BaseEndpoint != "" {
		return s.env.BaseEndpoint, "AWS_ENDPOINT_URL"
	}
	if own, found, err := s.shared.GetServiceBaseEndpoint(ctx, k.id); err == nil && found {
		return own, "the services section of the profile"
	}
	return s.shared.BaseEndpoint, "endpoint_url of the profile"
}

func (s *settings) ignoresEndpoints() bool {
	if s.env.IgnoreConfiguredEndpoints != nil {
		return *s.env.IgnoreConfiguredEndpoints
	}
	return s.shared.IgnoreConfiguredEndpoints != nil && *s.shared.IgnoreConfiguredEndpoints
}

func (s *settings) fips() bool {
	state := s.env.UseFIPSEndpoint
	if state == aws.FIPSEndpointStateUnset {
		state = s.shared.UseFIPSEndpoint
	}
	return state == aws.FIPSEndpointStateEnabled
}

func (s *settings) dualStack() bool {
	state := s.env.UseDualStackEndpoint
	if state == aws.DualStackEndpointStateUnset {
		state = s.shared.UseDualStackEndpoint
	}
	return state == aws.DualStackEndpointStateEnabled
}

// regionSpelling is how the Regions of all partitions are spelt: area, part of the area,
// number.
//
// Source: partitions.json of the AWS SDKs.
var regionSpelling = regexp.MustCompile(
	`^(us|eu|ap|sa|ca|me|af|il|mx|cn|us-gov|eusc-de|us-iso|us-isob|eu-isoe|us-isof)-[a-z]+-\d+$`)

// PartitionOf returns the partition of a Region, "aws-cn" for example, and whether the name
// is spelt like one of AWS's Regions. A name that is not is taken for one of the commercial
// partition unless its beginning says otherwise.
func PartitionOf(region string) (id string, known bool) {
	return partitionOf(region).id, regionSpelling.MatchString(region)
}

// partition is a group of Regions with names of their own.
type partition struct {
	id, prefix string
	dns, dual  string
	// iamHost is where IAM, which has one endpoint a partition, is, and iamRegion
	// what its calls are signed for.
	iamHost, iamFIPS, iamRegion string
}

// partitionOf returns the partition of a Region, by its prefix as AWS's own rules
// do; an unknown one is taken for the commercial partition.
func partitionOf(region string) partition {
	for _, p := range []partition{
		{"aws-cn", "cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn", "iam.cn-north-1.amazonaws.com.cn", "", "cn-north-1"},
		{"aws-us-gov", "us-gov-", "amazonaws.com", "api.aws", "iam.us-gov.amazonaws.com", "iam.us-gov.amazonaws.com", "us-gov-west-1"},
		{"aws-eusc", "eusc-", "amazonaws.eu", "api.amazonwebservices.eu", "iam.eusc-de-east-1.amazonaws.eu", "", "eusc-de-east-1"},
		{"aws-iso", "us-iso-", "c2s.ic.gov", "api.aws.ic.gov", "iam.us-iso-east-1.c2s.ic.gov", "", "us-iso-east-1"},
		{"aws-iso-b", "us-isob-", "sc2s.sgov.gov", "api.aws.scloud", "iam.us-isob-east-1.sc2s.sgov.gov", "", "us-isob-east-1"},
		{"aws-iso-e", "eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk", "iam.eu-isoe-west-1.cloud.adc-e.uk", "", "eu-isoe-west-1"},
		{"aws-iso-f", "us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov", "iam.us-isof-south-1.csp.hci.ic.gov", "", "us-isof-south-1"},
	} {
		if strings.HasPrefix(region, p.prefix) {
			return p
		}
	}
	return partition{"aws", "", "amazonaws.com", "api.aws", "iam.amazonaws.com", "iam-fips.amazonaws.com", "us-east-1"}
}

// host returns the name AWS's endpoint rules give a service.
func (k kind) host(region string, fips, dual bool) string {
	p := partitionOf(region)
	if k.signing == iamService.signing {
		if fips && p.iamFIPS != "" {
			return p.iamFIPS
		}
		return p.iamHost
	}
	name, domain := k.signing, p.dns
	if dual {
		domain = p.dual
	}
	// The standard endpoints of GovCloud are validated ones already.
	if fips && (dual || p.id != "aws-us-gov") {
		name += "-fips"
	}
	return name + "." + region + "." + domain
}

func (k kind) signingRegion(region string) string {
	if k.signing == iamService.signing {
		return partitionOf(region).iamRegion
	}
	return region
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
