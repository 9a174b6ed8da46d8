package serve

import (
	"cmp"
	"log/slog"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/emulator"
	"github.com/parley-chat/parley/internal/frontdoor"
	"github.com/parley-chat/parley/internal/guard"
	"github.com/parley-chat/parley/internal/settings"
)

// embeddedConfig returns the embedded Amazon Connect that the settings describe.
func embeddedConfig(s *settings.Settings, log *slog.Logger) emulator.Config {
	targets := map[string]string{}
	for _, pair := range s.StreamTargets {
		arn, address, _ := strings.Cut(pair, "=") // checked by package settings
		targets[arn] = address
	}
	return emulator.Config{
		DataDir: s.DataDir, Ephemeral: s.Ephemeral, Keep: time.Duration(s.Keep), Strict: s.Strict, Seed: uint64(max(0, s.Seed)),
		PublicURL: s.PublicURL, Partner: s.Partner, InstanceID: s.InstanceID, ApprovedOrigins: origins(s.ApprovedOrigins),
		Region: s.Region, ViewsDir: s.ViewsDir, StreamTargets: targets, Queues: s.Queues,
		HoldAttachments: s.HoldAttachments, EncryptedAttachments: s.EncryptedFiles,
		AttachmentBytes: int64(s.FileBytes), AttachmentTypes: s.FileTypes, Greeting: s.Greeting, Log: log,
	}
}

// origins returns origins that somebody has named as browsers send them. Wrong ones were reported.
func origins(named []string) []string {
	var exact []string
	for _, value := range named {
		if origin, reason := guard.CheckOrigin(value); reason == "" {
			exact = append(exact, origin)
		}
	}
	return exact
}

// frontDoor returns the front door's settings, without the Starter.
func frontDoor(s *settings.Settings) frontdoor.Config {
	if s.Upstream == settings.AWS {
		return frontdoor.Config{Settings: s}
	}
	// Some clients send no ids at all, because their production endpoint knows them. The
	// embedded Amazon Connect takes attachments, and so does a recording; of an instance only its owner knows.
	config := frontdoor.Config{
		Settings: s, Attachments: true,
		InstanceID: emulator.DefaultInstanceID, ContactFlowID: emulator.DefaultContactFlowID,
	}
	if s.Strict {
		config.Widgets = []string{cmp.Or(s.JWTAudience, emulator.DefaultWidgetID)}
	}
	return config
}

// Check has the parts that the settings configure check them, so that faults which only these
// parts know are reported with all others, before anything is opened.
func Check(s *settings.Settings) []settings.Fault {
	faults := frontDoor(s).Check()
	for _, value := range s.ApprovedOrigins {
		if _, reason := guard.CheckOrigin(value); reason != "" {
			faults = append(faults, settings.Fault{Origin: s.Where("approved-origin"), Setting: "approved-origin", Value: value, Message: reason})
		}
	}
	return faults
}
