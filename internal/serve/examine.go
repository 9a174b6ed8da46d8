package serve

import (
	"context"
	"log/slog"

	"github.com/parley-chat/parley/internal/connectclient"
	"github.com/parley-chat/parley/internal/doctor"
	"github.com/parley-chat/parley/internal/emulator"
	"github.com/parley-chat/parley/internal/settings"
)

// Examine runs the doctor on the upstream that the settings choose, beside everything that config
// names. On AWS no chat is started; the embedded Amazon Connect is one of its own, in memory.
func Examine(ctx context.Context, s *settings.Settings, userAgent string, config doctor.Config) (doctor.Report, error) {
	if s.AuthMode == settings.AuthOIDC {
		config.Issuer = frontDoor(s).ExamineIssuer
	}
	if s.Upstream == settings.AWS {
		config.Connect = func(ctx context.Context) (*connectclient.Client, error) {
			return ConnectClient(ctx, s, userAgent, slog.New(slog.DiscardHandler))
		}
		return doctor.Run(ctx, config), nil
	}
	embedded, err := emulator.New(ctx, emulator.Config{Ephemeral: true})
	if err != nil {
		return doctor.Report{}, err
	}
	config.Embedded = embedded
	return doctor.Run(ctx, config), embedded.Close()
}
