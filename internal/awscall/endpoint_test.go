package awscall_test

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/awscall"
)

// useConfig makes the text the shared config file of the test.
// called records where calls go, and what they are signed for.
type called struct{ seen *[]string }

func (c called) RoundTrip(r *http.Request) (*http.Response, error) {
	scope := ""
	if _, rest, ok := strings.Cut(r.Header.Get("Authorization"), "Credential="); ok {
		parts := strings.Split(rest, "/")
		scope = parts[3] + " " + parts[2]
	}
	*c.seen = append(*c.seen, r.URL.Host+" "+scope)
	return &http.Response{StatusCode: 403, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("{}")), Request: r}, nil
}

// The table is the one of the endpoint rules of the services' models.
func TestEndpointsOfAllPartitions(t *testing.T) {
	const plain, fips, dual, both = "", "fips", "dual", "fips dual"
	tests := []struct {
		region, mode       string
		connect, sts, iamm string
	}{
		{"us-west-2", plain, "connect.us-west-2.amazonaws.com", "sts.us-west-2.amazonaws.com", "iam.amazonaws.com us-east-1"},
		{"us-west-2", fips, "connect-fips.us-west-2.amazonaws.com", "sts-fips.us-west-2.amazonaws.com", "iam-fips.amazonaws.com us-east-1"},
		{"us-west-2", dual, "connect.us-west-2.api.aws", "sts.us-west-2.api.aws", "iam.amazonaws.com us-east-1"},
		{"us-west-2", both, "connect-fips.us-west-2.api.aws", "sts-fips.us-west-2.api.aws", "iam-fips.amazonaws.com us-east-1"},
		{"mx-central-1", plain, "connect.mx-central-1.amazonaws.com", "sts.mx-central-1.amazonaws.com", "iam.amazonaws.com us-east-1"},
		{"cn-north-1", plain, "connect.cn-north-1.amazonaws.com.cn", "sts.cn-north-1.amazonaws.com.cn", "iam.cn-north-1.amazonaws.com.cn cn-north-1"},
		{"cn-north-1", dual, "connect.cn-north-1.api.amazonwebservices.com.cn", "sts.cn-north-1.api.amazonwebservices.com.cn", "iam.cn-north-1.amazonaws.com.cn cn-north-1"},
		{"us-gov-west-1", plain, "connect.us-gov-west-1.amazonaws.com", "sts.us-gov-west-1.amazonaws.com", "iam.us-gov.amazonaws.com us-gov-west-1"},
		{"us-gov-west-1", fips, "connect.us-gov-west-1.amazonaws.com", "sts.us-gov-west-1.amazonaws.com", "iam.us-gov.amazonaws.com us-gov-west-1"},
		{"us-gov-west-1", both, "connect-fips.us-gov-west-1.api.aws", "sts-fips.us-gov-west-1.api.aws", "iam.us-gov.amazonaws.com us-gov-west-1"},
		{"eusc-de-east-1", plain, "connect.eusc-de-east-1.amazonaws.eu", "sts.eusc-de-east-1.amazonaws.eu", "iam.eusc-de-east-1.amazonaws.eu eusc-de-east-1"},
		{"eusc-de-east-1", dual, "connect.eusc-de-east-1.api.amazonwebservices.eu", "sts.eusc-de-east-1.api.amazonwebservices.eu", "iam.eusc-de-east-1.amazonaws.eu eusc-de-east-1"},
		{"us-iso-east-1", plain, "connect.us-iso-east-1.c2s.ic.gov", "sts.us-iso-east-1.c2s.ic.gov", "iam.us-iso-east-1.c2s.ic.gov us-iso-east-1"},
		{"us-iso-east-1", dual, "connect.us-iso-east-1.api.aws.ic.gov", "sts.us-iso-east-1.api.aws.ic.gov", "iam.us-iso-east-1.c2s.ic.gov us-iso-east-1"},
		{"us-isob-east-1", plain, "connect.us-isob-east-1.sc2s.sgov.gov", "sts.us-isob-east-1.sc2s.sgov.gov", "iam.us-isob-east-1.sc2s.sgov.gov us-isob-east-1"},
		{"us-isob-east-1", dual, "connect.us-isob-east-1.api.aws.scloud", "sts.us-isob-east-1.api.aws.scloud", "iam.us-isob-east-1.sc2s.sgov.gov us-isob-east-1"},
		{"eu-isoe-west-1", plain, "connect.eu-isoe-west-1.cloud.adc-e.uk", "sts.eu-isoe-west-1.cloud.adc-e.uk", "iam.eu-isoe-west-1.cloud.adc-e.uk eu-isoe-west-1"},
		{"eu-isoe-west-1", dual, "connect.eu-isoe-west-1.api.cloud-aws.adc-e.uk", "sts.eu-isoe-west-1.api.cloud-aws.adc-e.uk", "iam.eu-isoe-west-1.cloud.adc-e.uk eu-isoe-west-1"},
		{"us-isof-south-1", fips, "connect-fips.us-isof-south-1.csp.hci.ic.gov", "sts-fips.us-isof-south-1.csp.hci.ic.gov", "iam.us-isof-south-1.csp.hci.ic.gov us-isof-south-1"},
		{"us-isof-south-1", dual, "connect.us-isof-south-1.api.aws.hci.ic.gov", "sts.us-isof-south-1.api.aws.hci.ic.gov", "iam.us-isof-south-1.csp.hci.ic.gov us-isof-south-1"},
	}
	for _, test := range tests {
		t.Run(test.region+" "+test.mode, func(t *testing.T) {
			if strings.Contains(test.mode, fips) {
				t.Setenv("AWS_USE_FIPS_ENDPOINT", "true")
			}
			if strings.Contains(test.mode, dual) {
				t.Setenv("AWS_USE_DUALSTACK_ENDPOINT", "true")
			}
			var seen []string
			client := mustOpen(t, config{Profile: "fake", Region: test.region, Transport: called{&seen}})
			if got := client.connect.Endpoint(); got != "https://"+test.connect {
				t.Errorf("Endpoint() = %s, want https://%s", got, test.connect)
			}
			_, _ = client.start(t.Context()) // only where they go matters
			for _, service := range []awscall.Service{{ID: "STS", Signing: "sts", Query: true}, {ID: "IAM", Signing: "iam", Query: true}} {
				other, err := client.Client(service, "")
				if err != nil {
					t.Fatal(err)
				}
				_ = other.Query(t.Context(), url.Values{}, nil)
			}
			host, region, _ := strings.Cut(test.iamm, " ")
			want := []string{
				test.connect + " connect " + test.region, test.sts + " sts " + test.region, host + " iam " + region,
			}
			if diff := cmp.Diff(want, seen); diff != "" {
				t.Errorf("calls (-want +got)\n%s", diff)
			}
		})
	}
}

func TestPartitionOf(t *testing.T) {
	t.Parallel()
	for region, want := range map[string]string{
		"us-west-2": "aws", "mx-central-1": "aws", "cn-north-1": "aws-cn", "us-gov-west-1": "aws-us-gov",
		"eusc-de-east-1": "aws-eusc", "us-iso-east-1": "aws-iso", "us-isob-east-1": "aws-iso-b",
		"eu-isoe-west-1": "aws-iso-e", "us-isof-south-1": "aws-iso-f",
	} {
		if got, known := awscall.PartitionOf(region); got.ID != want || !known {
			t.Errorf("PartitionOf(%q) = %q, %v, want %q", region, got.ID, known, want)
		}
	}
	for _, region := range []string{"", "us-west", "us-west-2a", "US-WEST-2", "mars-west-1", "eusc-west-1", "xus-west-2"} {
		if got, known := awscall.PartitionOf(region); known {
			t.Errorf("PartitionOf(%q) = %q, known", region, got.ID)
		}
	}
}

func TestConfiguredEndpoints(t *testing.T) {
	const file = `[profile fake]
region = us-west-2
aws_access_key_id = AKIDFAKE
aws_secret_access_key = secret
endpoint_url = http://profile.invalid
[profile own]
region = us-west-2
aws_access_key_id = AKIDFAKE
aws_secret_access_key = secret
endpoint_url = http://profile.invalid
services = mine
[services mine]
connect =
  endpoint_url = http://profile-connect.invalid/x
`
	const amazon = "https://connect.us-west-2.amazonaws.com"
	tests := []struct {
		name, profile, flag string
		env                 map[string]string
		want                string
	}{
		{"profile", "fake", "", nil, "http://profile.invalid"},
		{"services section", "own", "", nil, "http://profile-connect.invalid/x"},
		{"general variable", "own", "", map[string]string{"AWS_ENDPOINT_URL": "http://general.invalid"}, "http://general.invalid"},
		{"own variable", "own", "", map[string]string{"AWS_ENDPOINT_URL": "http://general.invalid", "AWS_ENDPOINT_URL_CONNECT": "http://own.invalid/"}, "http://own.invalid"},
		{"variable of another service", "fake", "", map[string]string{"AWS_ENDPOINT_URL_CONNECTPARTICIPANT": "http://other.invalid"}, "http://profile.invalid"},
		{"ignored", "own", "", map[string]string{"AWS_ENDPOINT_URL_CONNECT": "http://own.invalid", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}, amazon},
		{"flag", "own", "http://flag.invalid", map[string]string{"AWS_ENDPOINT_URL_CONNECT": "http://own.invalid"}, "http://flag.invalid"},
		{"flag although others are ignored", "own", "http://flag.invalid", map[string]string{"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}, "http://flag.invalid"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			useConfig(t, file)
			for name, value := range test.env {
				t.Setenv(name, value)
			}
			client := mustOpen(t, config{Profile: test.profile, EndpointURL: test.flag})
			if got := client.connect.Endpoint(); got != test.want {
				t.Errorf("Endpoint() = %s, want %s", got, test.want)
			}
		})
	}
}

func TestBadSettings(t *testing.T) {
	const keys = "aws_access_key_id = AKIDFAKE\naws_secret_access_key = secret-canary\n"
	tests := []struct {
		name   string
		config config
		env    map[string]string
		want   string
	}{
		{"no region", config{Profile: "bare"}, nil, "none is set"},
		{"no host label", config{Profile: "bare", Region: "us-west-2.evil.example/"}, nil, `"us-west-2.evil.example/" is not the name of a region`},
		{"not a URL", config{Profile: "fake", EndpointURL: "http://[::1"}, nil, "not a URL"},
		{"no scheme", config{Profile: "fake", EndpointURL: "localhost:4566"}, nil, "does not begin with http"},
		{"no host", config{Profile: "fake", EndpointURL: "http:///x"}, nil, "names no host"},
		{"query", config{Profile: "fake", EndpointURL: "http://h/?x=1"}, nil, "host and a path only"},
		{"password", config{Profile: "fake", EndpointURL: "http://user:secret-canary@h"}, nil, "reading the endpoint URL: it must not hold a user name or password"},
		{"password in a variable", config{Profile: "fake"}, map[string]string{"AWS_ENDPOINT_URL": "https://user:secret-canary@h"}, "AWS_ENDPOINT_URL: it must not"},
		{"password in no URL", config{Profile: "fake", EndpointURL: "user:secret-canary@h"}, nil, "does not begin with http"},
		{"password with a blank", config{Profile: "fake", EndpointURL: "http://user: secret-canary@h"}, nil, "not a URL"},
		{"bad variable", config{Profile: "fake"}, map[string]string{"AWS_ENDPOINT_URL_CONNECT": "nonsense"}, "AWS_ENDPOINT_URL_CONNECT"},
		{"fips with an endpoint", config{Profile: "fake", EndpointURL: "http://h"}, map[string]string{"AWS_USE_FIPS_ENDPOINT": "true"}, "FIPS"},
		{"dual-stack with an endpoint", config{Profile: "fake"}, map[string]string{"AWS_USE_DUALSTACK_ENDPOINT": "true", "AWS_ENDPOINT_URL": "http://h"}, "AWS_ENDPOINT_URL cannot be combined"},
		{"no such profile", config{Profile: "nobody"}, nil, `there is no profile "nobody"`},
		{"no such profile in the environment", config{}, map[string]string{"AWS_PROFILE": "nobody"}, `there is no profile "nobody"`},
		{"attempts", config{Profile: "fake"}, map[string]string{"AWS_MAX_ATTEMPTS": "many"}, "AWS_MAX_ATTEMPTS"},
		{"missing certificate authorities", config{Profile: "fake"}, map[string]string{"AWS_CA_BUNDLE": "/nonexistent/ca.pem"}, "ca.pem"},
		{"mfa", config{Profile: "mfa"}, nil, "MFA"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			useConfig(t, "[profile bare]\n"+keys+"[profile fake]\nregion = us-west-2\n"+keys+
				"[profile mfa]\nregion = us-west-2\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = fake\nmfa_serial = m\n")
			for name, value := range test.env {
				t.Setenv(name, value)
			}
			_, err := open(t.Context(), test.config)
			bad, ok := errors.AsType[*awscall.ConfigError](err)
			if !ok || !strings.Contains(err.Error(), test.want) || bad.Hint() == "" {
				t.Fatalf("New gave %v, want a ConfigError with %q and a hint", err, test.want)
			}
			if strings.Contains(err.Error()+bad.Hint(), "canary") {
				t.Errorf("the error shows a key: %v", err)
			}
		})
	}
}

// An endpoint of one's own needs no Region, as with the SDK.
func TestNoRegionWithAnEndpoint(t *testing.T) {
	useConfig(t, "[profile bare]\naws_access_key_id = AKIDFAKE\naws_secret_access_key = secret\n")
	var seen []string
	client := mustOpen(t, config{Profile: "bare", EndpointURL: "http://localhost:1", Transport: called{&seen}})
	_, _ = client.start(t.Context()) // only where it goes matters
	if want := []string{"localhost:1 connect "}; !cmp.Equal(want, seen) {
		t.Errorf("called %q, want %q", seen, want)
	}
}
