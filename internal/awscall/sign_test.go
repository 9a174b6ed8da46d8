package awscall

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/google/go-cmp/cmp"
)

// TestSignAsTheSDK holds the signer against the SDK's, which is the reference.
func TestSignAsTheSDK(t *testing.T) {
	t.Parallel()
	keys := aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}
	session := keys
	session.SessionToken = "FwoGZXIvYXdzEXAMPLE//////////wEa=="
	var own signer
	reference := v4.NewSigner()
	for _, region := range []string{"us-west-2", "", "us-gov-west-1"} {
		for _, signing := range []string{"connect", "sts"} {
			for _, used := range []aws.Credentials{keys, session, {AccessKeyID: "OTHER", SecretAccessKey: "x"}} {
				for _, address := range []string{
					"https://connect.us-west-2.amazonaws.com/contact/chat", "http://127.0.0.1:4566", "http://[::1]:4566/", "http://h:1/x/contact/chat",
					"https://h/instance/" + Escape("arn:aws:connect:us-west-2:1:instance/x y+z~-_.!*'()%é"),
					"https://h/contact-flows/a/" + Escape("é/\u2028"), "https://h/i/o?" + url.Values{"maxResults": {"25"}, "nextToken": {"a b+/=&é"}}.Encode(),
				} {
					for _, body := range []string{"", "{}", strings.Repeat("x", 70000)} {
						for _, at := range []time.Time{time.Unix(0, 0), time.Date(2026, 11, 22, 23, 59, 59, 9, time.FixedZone("", -3600))} {
							want, got := signable(t, address, body), signable(t, address, body)
							err := reference.SignHTTP(t.Context(), used, want, hashOf([]byte(body)), signing, region, at)
							if err != nil {
								t.Fatal(err)
							}
							to := signingScope{region, signing}
							own.sign(got, used, hashOf([]byte(body)), to, at)
							if diff := cmp.Diff(want.Header, got.Header); diff != "" {
								t.Fatalf("%s with %d bytes for %q at %v (-sdk +own):\n%s", address, len(body), region, at, diff)
							}
							if want.URL.String() != got.URL.String() {
								t.Fatalf("the address became %s, want %s", got.URL, want.URL)
							}
						}
					}
				}
			}
		}
	}
}

// signable returns a request with every header that calls have.
func signable(t *testing.T, address, body string) *http.Request {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header = http.Header{
		"Amz-Sdk-Invocation-Id": {"d5b8e1c2-0000-4000-8000-000000000001"}, "Amz-Sdk-Request": {"attempt=1; max=3"},
		"User-Agent": {"parley/0"},
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
		request.Header.Set("X-Amz-Target", "secretsmanager.GetSecretValue")
	}
	return request
}

func BenchmarkSign(b *testing.B) {
	keys := aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "secret"}
	to := signingScope{"us-west-2", "connect"}
	request, err := http.NewRequestWithContext(b.Context(), http.MethodPut, "http://h/contact/chat", strings.NewReader("{}"))
	if err != nil {
		b.Fatal(err)
	}
	request.Header = http.Header{"Amz-Sdk-Invocation-Id": {"1"}, "Amz-Sdk-Request": {"attempt=1; max=3"}, "Content-Type": {"application/json"}}
	hash, at := hashOf([]byte("{}")), time.Unix(1_800_000_000, 0)
	b.Run("own", func(b *testing.B) {
		var own signer
		b.ReportAllocs()
		for b.Loop() {
			own.sign(request, keys, hash, to, at)
		}
	})
	b.Run("sdk", func(b *testing.B) {
		sdk := v4.NewSigner()
		b.ReportAllocs()
		for b.Loop() {
			if err := sdk.SignHTTP(b.Context(), keys, request, hash, "connect", "us-west-2", at); err != nil {
				b.Fatal(err)
			}
		}
	})
}
