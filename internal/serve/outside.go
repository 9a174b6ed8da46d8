package serve

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"

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
		return nil, hint.Misuse(err, "docs/functions.md shows each member")
	}
	calls, err := lambdacall.New(lambdacall.Config{
		Functions: functions, Folder: filepath.Dir(s.Config), Region: s.Region, Profile: s.Profile, UserAgent: userAgent, Log: log,
	})
	if err != nil {
		return nil, hint.Misuse(placed(err, "functions", s.Functions), "correct the entry in "+s.Config+"; docs/functions.md shows each kind")
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
		return nil, hint.Misuse(err, "docs/bots.md shows each member")
	}
	opened, err := lexbot.New(lexbot.Config{
		Bots: bots, Folder: filepath.Dir(s.Config), Functions: calls, Region: s.Region, Profile: s.Profile, UserAgent: userAgent, Log: log,
	})
	if err != nil {
		return nil, hint.Misuse(placed(err, "bots", s.Bots), cmp.Or(hint.Of(err), "correct the entry in "+s.Config+"; docs/bots.md shows each kind"))
	}
	return opened, nil
}

// openApplications reads what answers for applications of Agentic CX Designer.
func openApplications(s *settings.Settings, log *slog.Logger) (*lexbot.Applications, error) {
	entries, err := settings.Decoded[lexbot.Application](s.AgenticCX)
	if err != nil {
		return nil, hint.Misuse(err, "docs/bots.md shows each member")
	}
	opened, err := lexbot.NewApplications(entries, log)
	if err != nil {
		return nil, hint.Misuse(placed(err, "agentic-cx", s.AgenticCX), "correct the entry in "+s.Config+"; docs/bots.md shows each member")
	}
	return opened, nil
}

// placed puts the line of an entry before an error about it, which begins with the table's and the entry's
// names: what opens the entries does not know where they stand.
func placed(err error, table string, entries []settings.Entry) error {
	for i := range entries {
		if e := &entries[i]; strings.HasPrefix(err.Error(), table+"."+e.Key+": ") {
			return fmt.Errorf("%s: %w", e.Origin, err)
		}
	}
	return err
}

// tell logs which functions, bots and applications of flows are not configured.
func (o *Outside) tell(ctx context.Context, library *flowrun.Library, log *slog.Logger) {
	for _, of := range []struct {
		kind  flow.ResourceKind
		table string
		has   func(n *flowrun.Named) bool
	}{
		{flow.FunctionResource, "functions", func(n *flowrun.Named) bool { return o.functions.Has(n.Value, n.Shown) }},
		{flow.BotResource, "bots", func(n *flowrun.Named) bool { return o.Answers(&n.Ask) }},
		{flow.ApplicationResource, "agentic-cx", func(n *flowrun.Named) bool { return o.Answers(&n.Ask) }},
	} {
		for _, n := range library.Named(of.kind) {
			if !of.has(&n) {
				log.WarnContext(ctx, "a contact flow names what nobody configured: its block takes the error branch; say in parley.yaml where it is",
					slog.String("kind", string(of.kind)), slog.String("under", of.table),
					slog.String("flow", n.Flow), slog.String("block", n.Action), slog.String("names", n.Value), slog.String("shown_as", n.Shown))
			}
		}
	}
}

// Close ends programs and calls in progress.
func (o *Outside) Close() error { return o.functions.Close() }
