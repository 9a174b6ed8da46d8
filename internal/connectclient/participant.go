package connectclient

import (
	"strings"

	"github.com/parley-chat/parley/internal/awscall"
)

// ParticipantEndpoint returns the address of the Participant Service, without a slash at its
// end: a custom one if it is not empty, else that of AWS_ENDPOINT_URL_CONNECTPARTICIPANT,
// AWS_ENDPOINT_URL or the profile, else the Region's. Errors are an
// [awscall.ConfigError].
//
// Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
func (c *Client) ParticipantEndpoint(custom string) (string, error) {
	found, err := c.Client(participantService, custom)
	if err != nil {
		return "", err
	}
	return found.Endpoint(), nil
}

// SocketDomains returns the domains of the Region's chat sockets; none when no Region is known.
//
// Source: https://docs.aws.amazon.com/connect/latest/adminguide/ccp-networking.html
// ("*.transport.connect.REGION.amazonaws.com").
func (c *Client) SocketDomains() []string {
	region := c.Region()
	if region == "" {
		return nil
	}
	var domains []string
	p, _ := awscall.PartitionOf(region)
	for _, name := range []string{"connect", "connect-fips"} {
		for _, domain := range []string{p.DNS, p.DualStackDNS} {
			domains = append(domains, strings.ToLower("transport."+name+"."+region+"."+domain))
		}
	}
	return domains
}
