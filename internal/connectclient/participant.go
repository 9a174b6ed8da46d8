package connectclient

import "strings"

// participantService is the service that chat clients call. It is only asked where it is: its
// calls are not signed.
//
//nolint:gochecknoglobals // a constant that Go has no constant form for
var participantService = kind{id: "ConnectParticipant", signing: "participant.connect", title: "the Amazon Connect Participant Service"}

// ParticipantEndpoint returns the address of the Participant Service, without a slash at its
// end: a custom one if it is not empty, else that of AWS_ENDPOINT_URL_CONNECTPARTICIPANT,
// AWS_ENDPOINT_URL or the profile, else the Region's. Errors are a [ConfigError].
//
// Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
func (c *Client) ParticipantEndpoint(custom string) (string, error) {
	found, err := c.settings.service(participantService, custom)
	if err != nil {
		return "", err
	}
	return found.base.String(), nil
}

// SocketDomains returns the domains under which the Region's chat sockets are; none when the
// Region is not known.
//
// Source: https://docs.aws.amazon.com/connect/latest/adminguide/ccp-networking.html
// ("*.transport.connect.REGION.amazonaws.com").
func (c *Client) SocketDomains() []string {
	region := c.Region()
	if region == "" {
		return nil
	}
	var domains []string
	p := partitionOf(region)
	for _, name := range []string{"connect", "connect-fips"} {
		for _, domain := range []string{p.dns, p.dual} {
			domains = append(domains, strings.ToLower("transport."+name+"."+region+"."+domain))
		}
	}
	return domains
}
