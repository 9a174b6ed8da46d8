package serve

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"path/filepath"

	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowrun"
	"github.com/parley-chat/parley/internal/hint"
	"github.com/parley-chat/parley/internal/lambdacall"
	"github.com/parley-chat/parley/internal/lexbot"
	"github.com/parley-chat/parley/internal/settings"
)

// Outside is what answers for the functions and bots of contact flows, as the settings say. Close
// ends it.
type Outside struct {
	flowrun.Outsides
	functions *lambdacall.Calls
	bots      *lexbot.Bots
}

// OpenOutside opens what the settings name; programs start at once.
func OpenOutside(s *settings.Settings, userAgent string, log *slog.Logger) (*Outside, error) {
	functions, err := settings.Decoded[lambdacall.Function](s.Functions)
	if err != nil {
		return nil, err
	}
	calls, err := lambdacall.New(lambdacall.Config{
		Functions: functions, Folder: filepath.Dir(s.Config), Region: s.Region, Profile: s.Profile, UserAgent: userAgent, Log: log,
	})
	if err != nil {
		return nil, hint.New(err, "correct the entry in "+s.Config+"; docs/functions.md shows each kind")
	}
	bots, err := openBots(s, calls, userAgent, log)
	if err != nil {
		return nil, errors.Join(err, calls.Close())
	}
	applications, err := openApplications(s, log)
	if err != nil {
		return nil, errors.Join(err, calls.Close())
	}
	return &Outside{Outsides: flowrun.Outsides{calls, bots, applications}, functions: calls, bots: bots}, nil
}

// Functions are those of code hooks.
func (o *Outside) Functions() lexbot.Functions { return o.functions }

// openBots opens the bots that the settings name. Their code hooks are called as functions are.
func openBots(s *settings.Settings, calls *lambdacall.Calls, userAgent string, log *slog.Logger) (*lexbot.Bots, error) {
	bots, err := settings.Decoded[lexbot.Bot](s.Bots)
	if err != nil {
		return nil, hint.New(err, "docs/bots.md shows each member")
	}
	opened, err := lexbot.New(lexbot.Config{
		Bots: bots, Folder: filepath.Dir(s.Config), Functions: calls, Region: s.Region, Profile: s.Profile, UserAgent: userAgent, Log: log,
	})
	if err != nil {
		return nil, hint.New(err, cmp.Or(hint.Of(err), "correct the entry in "+s.Config+"; docs/bots.md shows each kind"))
	}
	return opened, nil
}

// openApplications reads what answers for applications of Agentic CX Designer.
func openApplications(s *settings.Settings, log *slog.Logger) (*lexbot.Applications, error) {
	entries, err := settings.Decoded[lexbot.Application](s.AgenticCX)
	if err != nil {
		return nil, hint.New(err, "docs/bots.md shows each member")
	}
	opened, err := lexbot.NewApplications(entries, log)
	if err != nil {
		return nil, hint.New(err, "correct the entry in "+s.Config+"; docs/bots.md shows each member")
	}
	return opened, nil
}

// tell logs which functions of flows are not configured.
func (o *Outside) tell(ctx context.Context, library *flowrun.Library, log *slog.Logger) {
	for _, m := range library.Named(flow.FunctionResource) {
		if !o.functions.Has(m.Value, m.Shown) {
			log.WarnContext(ctx, "a contact flow names a function that nobody configured: its block takes the error branch; say in parley.yaml under functions where it is",
				slog.String("flow", m.Flow), slog.String("block", m.Action), slog.String("names", m.Value), slog.String("shown_as", m.Shown))
		}
	}
}

// Close ends programs and calls in progress.
func (o *Outside) Close() error { return o.functions.Close() }
