package sdk_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/awsfake"
	"github.com/parley-chat/parley/internal/frontdoor"
)

// readSecret reads both versions of a secret with the generated client of AWS Secrets Manager.
func readSecret(t *testing.T, transport http.RoundTripper, arn string) (values []string) {
	t.Helper()
	cfg, err := config.LoadDefaultConfig(t.Context(), config.WithRegion(strings.Split(arn, ":")[3]))
	if err != nil {
		t.Fatal(err)
	}
	client := secretsmanager.NewFromConfig(cfg, func(o *secretsmanager.Options) { o.HTTPClient = &http.Client{Transport: transport} })
	for _, stage := range []string{"AWSCURRENT", "AWSPREVIOUS"} {
		value, err := client.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: &arn, VersionStage: &stage})
		if err != nil {
			t.Logf("%s: %v", stage, err)
			return values
		}
		values = append(values, aws.ToString(value.SecretString))
	}
	return values
}

// TestSecretOnTheWire compares the calls that read the key of a public endpoint, and the keys that
// come of them.
func TestSecretOnTheWire(t *testing.T) {
	environment(t, "AWS_SESSION_TOKEN=session")
	const arn = "arn:aws:secretsmanager:" + awsfake.DefaultRegion + ":123456789012:secret:parley/jwt-AbCdEf"
	synctest.Test(t, func(t *testing.T) {
		var endpoints [2]*awsfake.Endpoint
		for i := range endpoints {
			endpoints[i] = awsfake.New(awsfake.Config{SessionToken: "session"})
			endpoints[i].SetSecret(arn, strings.Repeat("a", 32))
			endpoints[i].SetSecret(arn, strings.Repeat("b", 32))
		}
		want := readSecret(t, endpoints[0], arn)
		source, err := frontdoor.NewSecretSource(t.Context(), frontdoor.SecretConfig{ARN: arn, Transport: endpoints[1]})
		if err != nil {
			t.Fatal(err)
		}
		keys, err := source.Keys(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, key := range keys {
			got = append(got, key.Reveal())
		}
		if diff := cmp.Diff(want, got); diff != "" || len(got) != 2 {
			t.Errorf("values (-generated client +frontdoor):\n%s", diff)
		}
		compareRequests(t, endpoints)
	})
}

// secretTransport answers every call with a secret and remembers its address.
type secretTransport struct{ url, scope string }

func (t *secretTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	t.url = r.URL.String()
	_, t.scope, _ = strings.Cut(r.Header.Get("Authorization"), "/")
	t.scope, _, _ = strings.Cut(t.scope, ",")
	return &http.Response{
		StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r, Header: http.Header{}, ContentLength: -1,
		Body: io.NopCloser(strings.NewReader(`{"SecretString":"` + strings.Repeat("a", 32) + `"}`)),
	}, nil
}

func TestSecretEndpointsOfRegions(t *testing.T) {
	for name, variables := range map[string][]string{
		"plain": nil, "fips": {"AWS_USE_FIPS_ENDPOINT=true"}, "dual stack": {"AWS_USE_DUALSTACK_ENDPOINT=true"},
		"fips and dual stack": {"AWS_USE_FIPS_ENDPOINT=true", "AWS_USE_DUALSTACK_ENDPOINT=true"},
		"own variable":        {"AWS_ENDPOINT_URL=http://general.invalid", "AWS_ENDPOINT_URL_SECRETS_MANAGER=http://own.invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			environment(t, variables...)
			for _, region := range regions {
				if region == "aws-global" || strings.Trim(region, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || region[0] == '-' {
					continue // which no ARN of a secret has
				}
				arn := "arn:aws:secretsmanager:" + region + ":123456789012:secret:parley/jwt-AbCdEf"
				var generated, own secretTransport
				readSecret(t, &generated, arn)
				if _, err := frontdoor.NewSecretSource(t.Context(), frontdoor.SecretConfig{ARN: arn, Transport: &own}); err != nil {
					t.Errorf("%s: %v", region, err)
				}
				if diff := cmp.Diff(generated, own, cmp.AllowUnexported(secretTransport{})); diff != "" || own.url == "" {
					t.Errorf("%s: destinations (-generated client +frontdoor):\n%s", region, diff)
				}
			}
		})
	}
}
