package awscall

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/processcreds"
	"github.com/aws/aws-sdk-go-v2/credentials/ssocreds"

	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/excerpt"
)

// How long the credential chain may take at start. The metadata service of an
// instance answers within milliseconds or not at all: off EC2 its address leads
// nowhere, and packets to it are dropped silently. Other sources ask servers, or
// run a program of the user's.
const (
	metadataWait = 1500 * time.Millisecond
	chainWait    = 20 * time.Second
)

// CredentialsError says that no credentials could be obtained. It wraps
// [awswire.ErrCredentials]. Its text never contains a key.
type CredentialsError struct {
	// Tried are the sources in the order of the search, each with its content.
	Tried []string

	text, hint string
	cause      error
}

// Error implements error.
func (e *CredentialsError) Error() string { return e.text }

// Unwrap returns [awswire.ErrCredentials] and, when a deadline or a cancellation
// ended the search, that.
func (e *CredentialsError) Unwrap() []error {
	if e.cause != nil {
		return []error{awswire.ErrCredentials, e.cause}
	}
	return []error{awswire.ErrCredentials}
}

// Hint says what to do about it.
func (e *CredentialsError) Hint() string { return e.hint }

// Obtain asks the credential chain for credentials, which the session then keeps and renews, so
// that a lack of them is known before the first call. The chain is given a bounded time; whether it
// needs the network depends on the source. Errors are a [CredentialsError].
func (s *Session) Obtain(ctx context.Context) error {
	wait := chainWait
	if s.usesMetadata() {
		wait = metadataWait
	}
	bounded, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	found, err := s.aws.Credentials.Retrieve(bounded)
	switch {
	case err == nil:
		s.source = s.sourceName(found.Source)
		return nil
	case ctx.Err() != nil:
		err = ctx.Err()
	case bounded.Err() != nil:
		err = fmt.Errorf("no answer within %v", wait)
	}
	return s.credentialsError(err)
}

// usesMetadata reports whether the credentials come from the metadata service of an instance, be it
// for an assumed role.
func (s *Session) usesMetadata() bool {
	provider, ok := s.aws.Credentials.(aws.CredentialProviderSource)
	return ok && slices.Contains(provider.ProviderSources(), aws.CredentialSourceIMDS)
}

// credentialsError explains a failure of the chain. The cause's text is kept, its
// value is not: errors of the SDK carry whole requests.
func (s *Session) credentialsError(err error) *CredentialsError {
	e := &CredentialsError{Tried: s.tried(), hint: s.credentialsHint(err)}
	for _, kept := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, kept) {
			e.cause = kept
		}
	}
	// The keys go before the text is cut: a cut through a key would leave a part of it that is not found.
	e.text = fmt.Sprintf("obtaining aws credentials: %s (tried %s)", excerpt.Of(s.scrub(plain(err)), 400), strings.Join(e.Tried, "; "))
	return e
}

// plain returns the text of an error of the SDK as one line, without the SDK's outer layers.
func plain(err error) string {
	var process *processcreds.ProviderError
	if errors.As(err, &process) && strings.Contains(process.Error(), "parse failed") {
		// The SDK quotes what the program printed, which is the keys.
		return "the credential_process command printed something else than the expected JSON"
	}
	text := strings.Join(strings.Fields(err.Error()), " ")
	return strings.TrimPrefix(text, "failed to refresh cached credentials, ")
}

// scrub removes the keys of the configuration from a text.
func (s *Session) scrub(text string) string {
	known := []aws.Credentials{s.env.Credentials}
	for profile := &s.shared; profile != nil; profile = profile.Source {
		known = append(known, profile.Credentials)
	}
	for _, keys := range known {
		for _, secret := range []string{keys.SecretAccessKey, keys.SessionToken, keys.AccessKeyID, s.env.ContainerAuthorizationToken} {
			if secret != "" {
				text = strings.ReplaceAll(text, secret, "[redacted]")
			}
		}
	}
	return text
}

// tried lists the sources of the chain in its order, each with its content. A profile that was asked
// for by name comes before the environment.
func (s *Session) tried() []string {
	var tried []string
	if !s.named {
		tried = append(tried, "environment variables: "+describeKeys())
		if s.env.Credentials.HasKeys() {
			return tried
		}
		if s.env.WebIdentityTokenFilePath != "" {
			return append(tried, "web identity: AWS_WEB_IDENTITY_TOKEN_FILE is set")
		}
	}
	profile := describeProfile(&s.shared)
	tried = append(tried, fmt.Sprintf("profile %q: %s", s.profileName(), profile))
	if profile != noCredentials {
		return tried
	}
	if s.env.ContainerCredentialsRelativePath != "" || s.env.ContainerCredentialsEndpoint != "" {
		return append(tried, "container: its credentials endpoint is set")
	}
	return append(tried, "container: no AWS_CONTAINER_CREDENTIALS_ variable is set", "instance metadata service")
}

// describeKeys names the half of a key pair that is missing from the environment. The SDK drops a
// lone half, so this reads the variables, and only whether they are set.
func describeKeys() string {
	isSet := func(names ...string) bool {
		return slices.ContainsFunc(names, func(name string) bool { return os.Getenv(name) != "" })
	}
	id, key := isSet("AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY"), isSet("AWS_SECRET_ACCESS_KEY", "AWS_SECRET_KEY")
	switch {
	case id && key:
		return "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are set"
	case id:
		return "AWS_SECRET_ACCESS_KEY is not set"
	}
	return "AWS_ACCESS_KEY_ID is not set"
}

func (s *Session) profileName() string {
	switch {
	case s.profile != "":
		return s.profile
	case s.shared.Profile != "":
		return s.shared.Profile
	}
	return "default"
}

const noCredentials = "no credentials in it"

func describeProfile(p *config.SharedConfig) string {
	switch {
	case p.RoleARN != "" && p.WebIdentityTokenFile != "":
		return "a role by web identity"
	case p.RoleARN != "":
		return "the role " + p.RoleARN
	case p.Credentials.HasKeys():
		return "keys"
	case p.SSOSession != nil || p.SSOStartURL != "":
		return "single sign-on"
	case p.LoginSession != "":
		return "a login session"
	case p.CredentialProcess != "":
		return "a credential_process"
	case p.CredentialSource != "":
		return "credentials of " + p.CredentialSource
	}
	return noCredentials
}

func (s *Session) credentialsHint(err error) string {
	var invalid *ssocreds.InvalidTokenError
	profile := s.profileName()
	switch described := describeProfile(&s.shared); {
	case s.env.Credentials.HasKeys() && !s.named:
		return "check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN"
	case errors.As(err, &invalid), described == "single sign-on":
		return "sign in with `aws sso login --profile " + profile + "`"
	case described == "a login session":
		return "sign in with `aws login --profile " + profile + "`"
	case described == "a credential_process":
		return fmt.Sprintf("run the credential_process command of profile %q by hand and look at what it prints", profile)
	case s.shared.RoleARN != "":
		return fmt.Sprintf("try `aws sts get-caller-identity --profile %s`: the role of the profile could not be assumed", profile)
	case s.env.WebIdentityTokenFilePath != "" && !s.named:
		return "check AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN"
	}
	return "run `aws sso login` or `aws configure`, name a profile with --profile, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
}

// sourceName puts the SDK's name of a credential provider into words.
func (s *Session) sourceName(provider string) string {
	name, _, _ := strings.Cut(provider, ":")
	profile := fmt.Sprintf("profile %q", s.profileName())
	words := map[string]string{
		"EnvConfigCredentials":        "environment variables",
		"SharedConfigCredentials":     profile,
		"StaticCredentials":           "fixed keys",
		"AssumeRoleProvider":          "an assumed role of " + profile,
		"WebIdentityCredentials":      "a role by web identity",
		"SSOProvider":                 "single sign-on of " + profile,
		"LoginProvider":               "the login session of " + profile,
		"ProcessProvider":             "credential_process of " + profile,
		"CredentialsEndpointProvider": "the container's credentials endpoint",
		"EC2RoleProvider":             "the instance's role",
	}
	if text, ok := words[name]; ok {
		return text
	}
	return "another source"
}
