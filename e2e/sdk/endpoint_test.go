package sdk_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// destination is where a call would have gone, and for which Region it was signed.
type destination struct {
	URL, Host, Region string
	// Refused says that the client would not make the call at all.
	Refused bool
}

// transport answers every call itself and remembers the last one.
type transport struct{ last *http.Request }

func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	t.last = r
	return &http.Response{
		StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r, Header: http.Header{},
		Body: io.NopCloser(strings.NewReader(`{"ContactId":"1","ParticipantId":"2","ParticipantToken":"3"}`)),
	}, nil
}

var scope = regexp.MustCompile(`Credential=[^/]+/[0-9]{8}/([^/]*)/connect/aws4_request`)

func (t *transport) destination() destination {
	if t.last == nil {
		return destination{Refused: true}
	}
	d := destination{URL: t.last.URL.String(), Host: t.last.Host}
	if d.Host == "" {
		d.Host = t.last.URL.Host
	}
	if found := scope.FindStringSubmatch(t.last.Header.Get("Authorization")); found != nil {
		d.Region = found[1]
	}
	return d
}

// compareDestinations sets both clients up from the environment as it is, lets each
// make a call, and compares where it goes. An empty endpoint leaves the choice to them.
func compareDestinations(t *testing.T, endpoint string) destination {
	t.Helper()
	var to [2]destination
	for i := range to {
		carrier := new(transport)
		var c client
		var err error
		if i == 0 {
			c, err = newGenerated(t.Context(), carrier, endpoint)
		} else {
			c, err = newOwn(t.Context(), carrier, endpoint)
		}
		if err == nil {
			_, err = c.start(t.Context(), body(t, ""))
		}
		to[i] = carrier.destination()
		if to[i].Refused {
			t.Logf("client %d: %v", i, err)
		}
	}
	if diff := cmp.Diff(to[0], to[1]); diff != "" {
		t.Errorf("destinations (-generated client +connectclient):\n%s", diff)
	}
	return to[1]
}

// regions are all Regions that AWS has announced, some it has not, and texts that cannot
// be Regions.
var regions = strings.Fields(`
	af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2
	ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7
	ca-central-1 ca-west-1 eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3
	il-central-1 me-central-1 me-south-1 me-west-1 mx-central-1 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2
	us-northeast-1 us-south-9 aws-global
	cn-north-1 cn-northwest-1 cn-south-1
	us-gov-east-1 us-gov-west-1 us-gov-north-1
	eusc-de-east-1 eusc-de-west-2
	us-iso-east-1 us-iso-west-1 us-isob-east-1 us-isob-west-1 eu-isoe-west-1 us-isof-south-1 us-isof-east-1
	fips local xx-nowhere-1 us-east us-east-10 US-EAST-1 us_east_1 us-east-1/ us-east-1@host -us-east-1
`)

func TestEndpointsOfRegions(t *testing.T) {
	for name, variables := range map[string][]string{
		"plain": nil, "fips": {"AWS_USE_FIPS_ENDPOINT=true"}, "dual stack": {"AWS_USE_DUALSTACK_ENDPOINT=true"},
		"fips and dual stack": {"AWS_USE_FIPS_ENDPOINT=true", "AWS_USE_DUALSTACK_ENDPOINT=true"},
		"switched off":        {"AWS_USE_FIPS_ENDPOINT=false", "AWS_USE_DUALSTACK_ENDPOINT=false"},
	} {
		t.Run(name, func(t *testing.T) {
			environment(t, variables...)
			for _, region := range regions {
				t.Run(region, func(t *testing.T) {
					t.Setenv("AWS_REGION", region)
					compareDestinations(t, "")
				})
			}
		})
	}
}

// TestRegionsThatDiffer lists where connectclient goes other ways on purpose, so that a
// difference nobody wanted stands out above.
func TestRegionsThatDiffer(t *testing.T) {
	for region, test := range map[string]struct{ why, want string }{
		"eusc-fr-west-1": {
			"the generated client's rules know the partition's German Regions only and would leave the partition for others",
			"https://connect.eusc-fr-west-1.amazonaws.eu/contact/chat",
		},
		"us-east-1-fips": {
			"a spelling from before AWS_USE_FIPS_ENDPOINT, which the generated client warns of and signs for the Region of that name",
			"https://connect.us-east-1-fips.amazonaws.com/contact/chat",
		},
		"aws-cn-global": {
			"the name of a partition's global endpoint, which Amazon Connect does not have",
			"https://connect.aws-cn-global.amazonaws.com/contact/chat",
		},
		"evil.example": {"a dot in a Region would choose another host; the generated client takes it", ""},
	} {
		t.Run(region, func(t *testing.T) {
			environment(t, "AWS_REGION="+region)
			var to [2]destination
			for i := range to {
				carrier := new(transport)
				if i == 0 {
					if c, err := newGenerated(t.Context(), carrier, ""); err == nil {
						_, _ = c.start(t.Context(), body(t, ""))
					}
				} else if c, err := newOwn(t.Context(), carrier, ""); err == nil {
					_, _ = c.start(t.Context(), body(t, ""))
				}
				to[i] = carrier.destination()
			}
			if to[0] == to[1] {
				t.Errorf("no difference any more (%s): move it to the Regions above", test.why)
			}
			if to[1].URL != test.want {
				t.Errorf("connectclient goes to %q, want %q", to[1].URL, test.want)
			}
		})
	}
}

// TestConfiguredEndpoints compares which of several settings wins.
func TestConfiguredEndpoints(t *testing.T) {
	const own, general = "AWS_ENDPOINT_URL_CONNECT=http://own.invalid", "AWS_ENDPOINT_URL=http://general.invalid"
	const profile = "[default]\nregion = eu-west-2\nendpoint_url = http://profile.invalid\nservices = local\n"
	const services = "[services local]\nconnect =\n  endpoint_url = http://services.invalid:8080/x\n"
	for name, test := range map[string]struct {
		variables      []string
		profile, given string
		want           string
	}{
		"service variable":            {[]string{own}, "", "", "http://own.invalid/contact/chat"},
		"general variable":            {[]string{general}, "", "", "http://general.invalid/contact/chat"},
		"service before general":      {[]string{own, general}, "", "", "http://own.invalid/contact/chat"},
		"another service's":           {[]string{"AWS_ENDPOINT_URL_CONNECTPARTICIPANT=http://p.invalid"}, "", "", "https://connect.us-west-2.amazonaws.com/contact/chat"},
		"given before variables":      {[]string{own, general}, profile + services, "http://given.invalid", "http://given.invalid/contact/chat"},
		"services section":            {nil, profile + services, "", "http://services.invalid:8080/x/contact/chat"},
		"profile":                     {nil, profile, "", "http://profile.invalid/contact/chat"},
		"services of another":         {nil, profile + "[services local]\ns3 =\n  endpoint_url = http://s3.invalid\n", "", "http://profile.invalid/contact/chat"},
		"variable before the profile": {[]string{general}, profile + services, "", "http://general.invalid/contact/chat"},
		"ignored":                     {[]string{own, general, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true"}, profile + services, "", "https://connect.us-west-2.amazonaws.com/contact/chat"},
		"ignored by the profile":      {[]string{own}, "[default]\nignore_configured_endpoint_urls = true\n", "", "https://connect.us-west-2.amazonaws.com/contact/chat"},
		"ignored, but given":          {[]string{own, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true"}, "", "http://given.invalid", "http://given.invalid/contact/chat"},
		"region of the profile":       {[]string{"AWS_REGION="}, profile, "", "http://profile.invalid/contact/chat"},
		"default region":              {[]string{"AWS_REGION=", "AWS_DEFAULT_REGION=eu-central-1"}, "", "", "https://connect.eu-central-1.amazonaws.com/contact/chat"},
		"other profile":               {[]string{"AWS_REGION=", "AWS_PROFILE=p"}, "[profile p]\nregion = us-gov-west-1\nuse_fips_endpoint = true\n", "", "https://connect.us-gov-west-1.amazonaws.com/contact/chat"},
		"fips by the profile":         {nil, "[default]\nuse_fips_endpoint = true\n", "", "https://connect-fips.us-west-2.amazonaws.com/contact/chat"},
		"dual stack by the profile":   {nil, "[default]\nuse_dualstack_endpoint = true\n", "", "https://connect.us-west-2.api.aws/contact/chat"},
		"path":                        {nil, "", "http://given.invalid:1234/a/b", "http://given.invalid:1234/a/b/contact/chat"},
		"path and slash":              {nil, "", "http://given.invalid/a/", "http://given.invalid/a/contact/chat"},
		"slash":                       {nil, "", "http://given.invalid/", "http://given.invalid/contact/chat"},
		"https and port":              {nil, "", "https://given.invalid:8443", "https://given.invalid:8443/contact/chat"},
		"ipv6":                        {nil, "", "http://[::1]:4566", "http://[::1]:4566/contact/chat"},
		"no region, but an endpoint":  {[]string{"AWS_REGION=", own}, "", "", "http://own.invalid/contact/chat"},
		"no region":                   {[]string{"AWS_REGION="}, "", "", ""},
		"fips and an endpoint":        {[]string{own, "AWS_USE_FIPS_ENDPOINT=true"}, "", "", ""},
		"dual stack and an endpoint":  {[]string{own, "AWS_USE_DUALSTACK_ENDPOINT=true"}, "", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			environment(t, test.variables...)
			if test.profile != "" {
				path := filepath.Join(t.TempDir(), "config")
				if err := os.WriteFile(path, []byte(test.profile), 0o600); err != nil {
					t.Fatal(err)
				}
				t.Setenv("AWS_CONFIG_FILE", path)
			}
			if got := compareDestinations(t, test.given); got.URL != test.want {
				t.Errorf("the call goes to %q, want %q", got.URL, test.want)
			}
		})
	}
}
