package connectclient

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go/logging"

	"github.com/parley-chat/parley/internal/arn"
)

// settings are AWS's configuration as it was found: the SDK's result and the two
// places it was read from.
type settings struct {
	aws    aws.Config
	env    config.EnvConfig
	shared config.SharedConfig
	// profile is the profile that was asked for; empty means the default one. named
	// marks one that wins over the environment, unlike that of AWS_PROFILE.
	profile string
	named   bool
}

// load reads the environment and the shared files.
func load(ctx context.Context, cfg Config, log *slog.Logger) (settings, error) {
	options := []func(*config.LoadOptions) error{config.WithLogger(sdkLogger(log))}
	if region := chooseRegion(cfg, log); region != "" {
		options = append(options, config.WithRegion(region))
	}
	if cfg.Profile != "" {
		options = append(options, config.WithSharedConfigProfile(cfg.Profile))
	}
	loaded, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return settings{}, loadError(err)
	}
	s := settings{aws: loaded}
	for _, source := range loaded.ConfigSources {
		switch found := source.(type) {
		case config.EnvConfig:
			s.env = found
		case *config.EnvConfig:
			s.env = *found
		case config.SharedConfig:
			s.shared = found
		case *config.SharedConfig:
			s.shared = *found
		}
	}
	s.profile, s.named = cfg.Profile, cfg.Profile != ""
	if s.profile == "" {
		s.profile = s.env.SharedConfigProfile
	}
	return s, nil
}

// chooseRegion returns the Region that is known before the environment is read.
func chooseRegion(cfg Config, log *slog.Logger) string {
	instance := arn.RegionOf(cfg.InstanceID)
	if cfg.Region == "" {
		return instance
	}
	if instance != "" && instance != cfg.Region {
		log.Warn("the region is not the one of the instance", "region", cfg.Region, "instance_region", instance)
	}
	return cfg.Region
}

func loadError(err error) error {
	e := &ConfigError{
		problem: "loading the aws configuration", err: err,
		hint: "check the AWS_ environment variables and ~/.aws/config",
	}
	if missing, ok := errors.AsType[config.SharedConfigProfileNotExistError](err); ok {
		e.err = nil
		e.problem = fmt.Sprintf("loading the aws configuration: there is no profile %q", missing.Profile)
		e.hint = "list the profiles with `aws configure list-profiles`; the name comes from --profile or AWS_PROFILE"
	}
	if _, ok := errors.AsType[config.AssumeRoleTokenProviderNotSetError](err); ok {
		e.hint = "a profile with mfa_serial needs a code, which cannot be asked for here; export temporary keys with " +
			"`aws configure export-credentials --profile NAME --format env` and start without --profile"
	}
	return e
}

// newRetryer returns the retryer that a generated client would make of the same
// configuration.
func (s *settings) newRetryer() aws.RetryerV2 {
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
