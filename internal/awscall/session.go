// Package awscall calls AWS: configuration and credentials as the AWS CLI finds them, endpoints,
// signatures, retries, and AWS's errors. A [Session] holds the configuration, a [Client] calls one
// service.
//
// It takes from AWS's SDK what is hard to get right — the sources of configuration and
// credentials, the rules of retries — and leaves out the generated service clients, which cost
// several times the CPU of all the rest. It is the only package that imports the SDK, which in turn
// reads the AWS_ environment variables and the shared files. It knows three protocols (REST-JSON,
// AWS JSON 1.1, Query) and no operation, and passes bodies through as bytes.
//
// Sessions and clients are safe for concurrent use.
package awscall

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go/logging"
)

// Config says which account and Region to call. The zero value takes everything from the
// environment and the shared files, as the AWS CLI does.
type Config struct {
	// Region wins over the Region of the environment and the profile.
	Region string
	// Profile names a profile of the shared files; it wins over keys in the environment, as
	// --profile of the AWS CLI does.
	Profile string
	// UserAgent names the program to AWS; "parley" when empty.
	UserAgent string
	// MaxIdleConns bounds the connections kept open between calls; 512 when zero.
	MaxIdleConns int
	// Transport carries the calls; nil makes one. The credential chain's own calls (single
	// sign-on, role assumption) do not go through it.
	Transport http.RoundTripper
	// Log receives the SDK's warnings about the configuration; nil discards them.
	Log *slog.Logger
}

// Session is AWS's configuration as it was found: the SDK's result, and the two places it was read
// from.
type Session struct {
	aws    aws.Config
	env    config.EnvConfig
	shared config.SharedConfig
	// profile is the profile that was asked for; empty means the default one. named
	// marks one that wins over the environment, unlike that of AWS_PROFILE.
	profile string
	named   bool

	userAgent string
	transport http.RoundTripper
	source    string // of the credentials, once obtained
}

// Load reads the environment and the shared files. It makes no call. Errors are a [ConfigError].
func Load(ctx context.Context, cfg Config) (*Session, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	options := []func(*config.LoadOptions) error{config.WithLogger(sdkLogger(cfg.Log))}
	if cfg.Region != "" {
		options = append(options, config.WithRegion(cfg.Region))
	}
	if cfg.Profile != "" {
		options = append(options, config.WithSharedConfigProfile(cfg.Profile))
	}
	loaded, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return nil, loadError(err)
	}
	s := &Session{aws: loaded, named: cfg.Profile != "", userAgent: cmp.Or(cfg.UserAgent, "parley"), transport: cfg.Transport}
	for _, source := range loaded.ConfigSources {
		switch found := source.(type) {
		case config.EnvConfig:
			s.env = found
		case config.SharedConfig:
			s.shared = found
		}
	}
	s.profile = cmp.Or(cfg.Profile, s.env.SharedConfigProfile)
	if loaded.AppID != "" {
		s.userAgent += " app/" + loaded.AppID
	}
	if s.transport == nil {
		s.transport = newTransport(loaded.HTTPClient, cmp.Or(cfg.MaxIdleConns, defaultMaxIdleConns))
	}
	return s, nil
}

// Region returns the Region that is called. It is empty when none is configured, which only
// endpoints of the user's own accept.
func (s *Session) Region() string { return s.aws.Region }

// Profile returns the profile of the shared AWS configuration in use, from the configuration or the
// environment; empty for the default one.
func (s *Session) Profile() string { return s.profile }

// SourceOfCredentials returns the source of the credentials, in words for a person. It never names
// a key, and is empty before [Session.Obtain].
func (s *Session) SourceOfCredentials() string { return s.source }

// Format implements [fmt.Formatter]: a session holds keys, and no verb prints them.
func (s *Session) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "awscall.Session(%s)", s.Region()) // fmt reports a failed write itself
}

// ConfigError is a setting that makes calls to AWS impossible.
type ConfigError struct {
	problem, hint string
	err           error
}

// Error implements error.
func (e *ConfigError) Error() string {
	if e.err == nil {
		return e.problem
	}
	return fmt.Sprintf("%s: %v", e.problem, e.err)
}

// Unwrap returns the cause, if there is one.
func (e *ConfigError) Unwrap() error { return e.err }

// Hint says what to do about it.
func (e *ConfigError) Hint() string { return e.hint }

func loadError(err error) error {
	e := &ConfigError{
		problem: "loading the aws configuration", err: err,
		hint: "check the AWS_ environment variables and ~/.aws/config",
	}
	if missing, ok := errors.AsType[config.SharedConfigProfileNotExistError](err); ok {
		e.err = nil
		e.problem = fmt.Sprintf("loading the aws configuration: there is no profile %q", missing.Profile)
		e.hint = "the name comes from --profile or AWS_PROFILE; " + knownProfiles()
	}
	if _, ok := errors.AsType[config.AssumeRoleTokenProviderNotSetError](err); ok {
		e.hint = "a profile with mfa_serial needs a code, which cannot be asked for here; export temporary keys with " +
			"`aws configure export-credentials --profile NAME --format env` and start without --profile"
	}
	return e
}

// newRetryer returns the retryer that a generated client would make of the same
// configuration.
func (s *Session) newRetryer() aws.RetryerV2 {
	standard := func(o *retry.StandardOptions) {
		if s.aws.RetryMaxAttempts > 0 {
			o.MaxAttempts = s.aws.RetryMaxAttempts
		}
	}
	if s.aws.RetryMode == aws.RetryModeAdaptive {
		return retry.NewAdaptiveMode(func(o *retry.AdaptiveModeOptions) {
			o.StandardOptions = append(o.StandardOptions, standard)
		})
	}
	return retry.NewStandard(standard)
}

// sdkLogger passes on what the SDK would otherwise print to standard error.
func sdkLogger(log *slog.Logger) logging.Logger {
	return logging.LoggerFunc(func(class logging.Classification, format string, args ...any) {
		level := slog.LevelDebug
		if class == logging.Warn {
			level = slog.LevelWarn
		}
		log.Log(context.Background(), level, "aws sdk", "text", fmt.Sprintf(format, args...))
	})
}
