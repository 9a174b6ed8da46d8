package cli

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/connectmodel"
	"github.com/parley-chat/parley/internal/emulator"
	"github.com/parley-chat/parley/internal/guard"
	"github.com/parley-chat/parley/internal/settings"
	"github.com/parley-chat/parley/internal/startchat"
)

// guardConfig says who may call.
func guardConfig(s *settings.Settings, docs string, log *slog.Logger) guard.Config {
	return guard.Config{
		AllowOrigins: s.AllowOrigins, AllowHosts: s.AllowHosts, Listen: s.Addr,
		// Nobody develops there, and on a private network are other people's pages.
		OnlyNamedOrigins: s.ForCustomers(),
		MaxConcurrent:    s.MaxConcurrent, DocsURL: docs, Log: log,
	}
}

// embeddedConfig says what the embedded Amazon Connect is like.
func embeddedConfig(s *settings.Settings, log *slog.Logger) emulator.Config {
	targets := map[string]string{}
	for _, pair := range s.StreamTargets {
		arn, address, _ := strings.Cut(pair, "=") // checked by package settings
		targets[arn] = address
	}
	var approved []string
	for _, value := range s.ApprovedOrigins {
		if origin, reason := guard.CheckOrigin(value); reason == "" { // those with one were reported
			approved = append(approved, origin)
		}
	}
	return emulator.Config{
		DataDir: s.DataDir, Ephemeral: s.Ephemeral, Keep: time.Duration(s.Keep), Strict: s.Strict, Seed: uint64(max(0, s.Seed)),
		PublicURL: s.PublicURL, Partner: s.Partner, InstanceID: s.InstanceID, ApprovedOrigins: approved,
		Region: s.Region, ViewsDir: s.ViewsDir, StreamTargets: targets, Log: log,
	}
}

// frontDoorConfig says how chats are started, but not by whom.
func frontDoorConfig(s *settings.Settings) startchat.Config {
	defaults := startchat.Defaults{
		InstanceID: s.InstanceID, ContactFlowID: s.ContactFlowID,
		DisplayName: s.DisplayName, ContentTypes: s.ContentTypes,
	}
	if s.Upstream == settings.Embedded {
		// Some clients send no ids at all, because their production endpoint knows them.
		defaults.InstanceID = cmp.Or(defaults.InstanceID, emulator.DefaultInstanceID)
		defaults.ContactFlowID = cmp.Or(defaults.ContactFlowID, emulator.DefaultContactFlowID)
	}
	return startchat.Config{
		Defaults: defaults,
		Unknown:  startchat.UnknownMembers(s.UnknownMembers),
		// The embedded Amazon Connect takes attachments; of an instance only its owner knows.
		Attachments: s.Attachments || s.Upstream == settings.Embedded && !s.Given("attachments"),
		Timeout:     s.UpstreamTimeout,
	}
}

// checkParts lets the parts that the settings configure look at them, so that what only
// they know to be wrong is reported with all other faults, before anything is opened.
func checkParts(s *settings.Settings) []settings.Fault {
	var faults []settings.Fault
	if _, err := guard.New(guardConfig(s, "", nil)); err != nil {
		faults = append(faults, guardFaults(s, err)...)
	}
	for _, value := range s.ApprovedOrigins {
		if _, reason := guard.CheckOrigin(value); reason != "" {
			faults = append(faults, settingFault(s, "approved-origin", value, reason))
		}
	}
	config := frontDoorConfig(s)
	config.Starter = starterFunc(func(context.Context, *startchat.Request) (*startchat.Result, error) {
		return nil, errors.ErrUnsupported // only looked at, never called
	})
	if _, err := startchat.New(config); err != nil {
		faults = append(faults, frontDoorFaults(s, err)...)
	}
	return faults
}

func settingFault(s *settings.Settings, name, value, message string) settings.Fault {
	return settings.Fault{Origin: s.Origin(name), Setting: name, Value: value, Message: message}
}

// frontDoorFaults names the settings behind the members of a request that the front door
// would fill in wrongly.
func frontDoorFaults(s *settings.Settings, err error) []settings.Fault {
	if violation, ok := err.(*connectmodel.Violation); ok { //nolint:errorlint // the error itself: what it may wrap comes below
		if name := settingOf(violation.Field); name != "" {
			return []settings.Fault{settingFault(s, name, "", strings.TrimSuffix(violation.Sentence, "."))}
		}
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var faults []settings.Fault
		for _, part := range joined.Unwrap() {
			faults = append(faults, frontDoorFaults(s, part)...)
		}
		return faults
	}
	if _, ok := errors.AsType[*connectmodel.Violation](errors.Unwrap(err)); ok {
		return frontDoorFaults(s, errors.Unwrap(err))
	}
	return []settings.Fault{{Message: err.Error()}}
}

// settingOf returns the setting whose value stands in a member of a request, or "".
func settingOf(member string) string {
	member, _, _ = strings.Cut(member, "[")
	switch member {
	case connectmodel.InstanceID:
		return "instance-id"
	case connectmodel.ContactFlowID:
		return "contact-flow-id"
	case connectmodel.ParticipantDetails, connectmodel.ParticipantDetails + ".DisplayName":
		return "display-name"
	case connectmodel.ContentTypes:
		return "content-types"
	}
	return ""
}

// guardFaults names the settings behind the guard's faults.
func guardFaults(s *settings.Settings, err error) []settings.Fault {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var faults []settings.Fault
		for _, part := range joined.Unwrap() {
			faults = append(faults, guardFaults(s, part)...)
		}
		return faults
	}
	fault, ok := errors.AsType[*guard.ConfigError](err)
	if !ok {
		return []settings.Fault{{Message: err.Error()}}
	}
	name := map[string]string{
		"AllowOrigins": "allow-origin", "AllowHosts": "allow-host", "Listen": "addr", "MaxConcurrent": "max-concurrent",
	}[fault.Field]
	return []settings.Fault{settingFault(s, name, fault.Value, fault.Reason)}
}
