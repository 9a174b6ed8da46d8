//go:build linux

package container_test

import (
	"errors"
	"net"
	"net/url"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/awsfake"
)

// Each platform leads the program to credentials in its own way. Whichever it is, the call
// that starts a chat is signed with what was handed out there, and with nothing else.
func TestCredentials(t *testing.T) {
	t.Parallel()
	const token = "token-of-the-platform-7c1e"
	tests := map[string]struct {
		// variables lead to the stand-in; mount puts the platform's token where it is readable.
		variables func(aws *account, mount func(path string) string) []string
		// operation is the call by which credentials are got, and check looks at it.
		operation string
		check     func(t *testing.T, got awsfake.Request)
	}{
		"ECS task role": {
			variables: func(aws *account, _ func(string) string) []string {
				return []string{"AWS_CONTAINER_CREDENTIALS_FULL_URI=" + aws.URL + awsfake.ContainerCredentialsPath}
			},
			operation: "ContainerCredentials",
			check:     func(*testing.T, awsfake.Request) {},
		},
		"EKS Pod Identity": {
			variables: func(aws *account, mount func(string) string) []string {
				return []string{
					"AWS_CONTAINER_CREDENTIALS_FULL_URI=" + aws.URL + awsfake.ContainerCredentialsPath,
					"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=" + mount("/var/run/secrets/pods.eks.amazonaws.com/serviceaccount/eks-pod-identity-token"),
				}
			},
			operation: "ContainerCredentials",
			check: func(t *testing.T, got awsfake.Request) {
				t.Helper()
				if got.Header.Get("Authorization") != token {
					t.Error("the agent was not shown the pod's token")
				}
			},
		},
		"IAM roles for service accounts": {
			variables: func(_ *account, mount func(string) string) []string {
				return []string{
					"AWS_WEB_IDENTITY_TOKEN_FILE=" + mount("/var/run/secrets/eks.amazonaws.com/serviceaccount/token"),
					"AWS_ROLE_ARN=arn:aws:iam::123456789012:role/parley", "AWS_ROLE_SESSION_NAME=parley",
				}
			},
			operation: "AssumeRoleWithWebIdentity",
			check: func(t *testing.T, got awsfake.Request) {
				t.Helper()
				form, err := url.ParseQuery(string(got.Body))
				if err != nil || form.Get("WebIdentityToken") != token || form.Get("RoleArn") != "arn:aws:iam::123456789012:role/parley" {
					t.Errorf("STS was not shown the pod's token and role (%v)", err)
				}
			},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			aws, files := newAccount(t), newRoot(t)
			env := append(test.variables(aws, func(path string) string { return files.mount(t, path, token) }),
				"AWS_ENDPOINT_URL="+aws.URL, "AWS_ENDPOINT_URL_STS="+aws.URL, // which the chain does not derive from the general one
				"AWS_EC2_METADATA_DISABLED=true")
			s := start(t, files, freePort(t), env)
			asked := aws.Requests(test.operation)
			if len(asked) != 1 {
				t.Fatalf("credentials were asked for %d times before readiness, want once", len(asked))
			}
			test.check(t, asked[0])
			if err := startChat(t.Context(), newClient(), s.url); err != nil {
				t.Fatal(err)
			}
			calls := aws.Requests("StartChatContact")
			if len(calls) != 1 || !calls[0].Accepted {
				t.Fatalf("%d calls, want one with a good signature", len(calls))
			}
			if key := calls[0].Header.Get("Authorization"); !strings.Contains(key, "Credential=ASIA") {
				t.Error("the call is not signed with the key that was handed out")
			}
			session := calls[0].Header.Get("X-Amz-Security-Token")
			var issued []string
			for _, secret := range aws.Issued() {
				issued = append(issued, secret.Reveal())
			}
			if !strings.HasPrefix(session, "session-") || !slices.Contains(issued, session) {
				t.Error("the call does not carry the session token that was handed out")
			}
			for _, secret := range append(issued, token) {
				if strings.Contains(s.text(t), secret) {
					t.Error("the log tells a secret")
				}
			}
		})
	}
}

// A container without a role ends at once and says what it looked at, even where the address
// of the metadata service leads nowhere.
func TestNoCredentials(t *testing.T) {
	t.Parallel()
	// A second and a half for the metadata service, and as much for the rest; a machine that is
	// busy with something else may need another try.
	const (
		atMost = 5 * time.Second
		tries  = 5
	)
	silent, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	tests := map[string]struct {
		env  []string
		says []string
	}{
		"silent metadata service": {
			[]string{"AWS_EC2_METADATA_SERVICE_ENDPOINT=http://" + silent.Addr().String()},
			[]string{"obtaining aws credentials", "environment variables", "container", "instance metadata service", "hint:"},
		},
		"no metadata service": {
			[]string{"AWS_EC2_METADATA_DISABLED=true"},
			[]string{"obtaining aws credentials", "environment variables", "container", "hint:"},
		},
		"token of another": {
			[]string{
				"AWS_EC2_METADATA_DISABLED=true", "AWS_ROLE_ARN=arn:aws:iam::123456789012:role/parley",
				"AWS_WEB_IDENTITY_TOKEN_FILE=/var/run/secrets/eks.amazonaws.com/serviceaccount/token",
			},
			[]string{"obtaining aws credentials", "AWS_WEB_IDENTITY_TOKEN_FILE", "hint:"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := launch(t, newRoot(t), freePort(t), test.env)
			begun := time.Now()
			exit, ok := errors.AsType[*exec.ExitError](s.ended(t))
			took := time.Since(begun)
			for try := 1; took > atMost; try++ {
				if try == tries {
					t.Fatalf("it took %s to say that there are no credentials", took)
				}
				s = launch(t, newRoot(t), freePort(t), test.env)
				begun = time.Now()
				exit, ok = errors.AsType[*exec.ExitError](s.ended(t))
				took = time.Since(begun)
			}
			if !ok || exit.ExitCode() != 1 {
				t.Errorf("the container ended with %v, want 1", exit)
			}
			for _, words := range test.says {
				if !strings.Contains(s.text(t), words) {
					t.Errorf("the last words lack %q:\n%s", words, s.text(t))
				}
			}
		})
	}
}
