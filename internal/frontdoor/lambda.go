package frontdoor

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/parley-chat/parley/internal/connectclient"
	"github.com/parley-chat/parley/internal/guard"
	"github.com/parley-chat/parley/internal/identity"
	"github.com/parley-chat/parley/internal/settings"
)

// Keys opens the place the settings name for the key that tokens are checked and resume ids
// are signed with. It returns nil when they name none.
func Keys(ctx context.Context, s *settings.Settings, log *slog.Logger) (identity.KeySource, error) {
	switch {
	case s.JWTKeyARN != "":
		return NewSecretSource(ctx, SecretConfig{ARN: s.JWTKeyARN, Profile: s.Profile, Log: log})
	case s.JWTKeyFile != "":
		return identity.FileKeys(s.JWTKeyFile, log)
	}
	return nil, nil //nolint:nilnil // there is no key, and that is no error
}

// NewLambda returns the whole production function as one handler: the guard, and the front
// door at whatever path the request came to, because the gateway in front has chosen it. s and
// loadErr are what [settings.LoadLambda] returned. Everything that can be refused is refused
// here, so that Lambda shows it as the reason why the function does not start. userAgent is
// what AWS is told of the program.
func NewLambda(ctx context.Context, s *settings.Settings, loadErr error, userAgent string, log *slog.Logger) (http.Handler, error) {
	config := Config{Settings: s, Public: true, Log: log}
	if err := settings.Join(loadErr, config.Check()); err != nil {
		return nil, err
	}
	client, clientErr := connectclient.New(ctx, connectclient.Config{
		Region: s.Region, InstanceID: s.InstanceID, UserAgent: userAgent, MaxIdleConns: 1, Log: log,
	})
	keys, keysErr := Keys(ctx, s, log)
	if err := errors.Join(clientErr, keysErr); err != nil {
		return nil, err
	}
	config.Starter, config.Region, config.Keys = client, client.Region(), keys
	return NewBehindGateway(config)
}

// NewBehindGateway returns the front door with its guard for a function that a gateway
// routes to by name and path: it has no host and no path of its own to compare.
func NewBehindGateway(c Config) (http.Handler, error) {
	rules := Guard(c.Settings, c.DocsURL, c.Log)
	rules.BehindGateway = true
	access, err := guard.New(rules)
	if err != nil {
		return nil, err
	}
	door, err := New(c)
	if err != nil {
		return nil, err
	}
	return access.Wrap(door), nil
}
